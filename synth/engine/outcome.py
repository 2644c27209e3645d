"""What a search has found so far: a `Result`, made from the engine's banks and a labelling."""

import numpy as np

from synth import codes
from synth._version import __version__
from synth.engine.held_out import continuation, majority_accuracy, matches, row_counts
from synth.engine.reach import digest
from synth.engine.scoring import SAME
from synth.errors import DSLError
from synth.language import UNIT
from synth.records import (
    Branch,
    Card,
    FrontPoint,
    Hypothesis,
    ProgramScore,
    Result,
    StopReason,
    TableScore,
    source_of,
)
from synth.tasks import Rule


class Maker:
    """Makes the `Result` of each labelling of a search.

    Parameters
    ----------
    engine : Enumerator
        The enumerator.
    dsl : DSL
        The DSL that was searched.
    settings : dict
        Limits and other settings, as the result lists them.
    backward : BackwardSearch, optional
        What sought a program without exceptions, if one was sought.
    reaches : mapping of Labelling to Reach
        What went on from the enumeration.
    """

    def __init__(self, engine, dsl, settings, backward=None, reaches=None):
        self.engine, self.dsl, self.settings, self.backward = engine, dsl, settings, backward
        self.reaches = reaches or {}
        self.reason = engine.stop_reason or StopReason.PAUSED
        #: Whether the search went on from a file.
        self.resumed = False

    def result(self, labelling):
        """The `Result` of a `Labelling`."""
        engine, task = self.engine, labelling.task
        bits = labelling.table_bits
        reach = self.reaches.get(labelling)
        found = _Found(engine, labelling, reach and reach.so_far)
        if self.backward is None:
            program, best = found.best_program()
            constant = found.constant()
            if constant and (program is None or constant.total_bits < program.total_bits - SAME):
                program, best = constant, None
            proven = labelling.is_proven(engine.certified_bits, found.least)
        else:
            program, best = found.exact_program(self.backward.best, self.backward.found_by)
            proven = self.backward.proven
        total = bits if program is None else min(bits, program.total_bits)
        chance, uniform = labelling.log2_chances(total)
        return Result(
            task=task.name,
            dsl=self.dsl.name,
            labelling=task.labelling,
            inputs={name: str(type_) for name, type_ in task.original.types.items()},
            rows=row_counts(task),
            label_names=_label_names(task),
            chosen=_chosen(program, bits),
            program=program,
            table=TableScore(bits, labelling.table_kind, 1.0, majority_accuracy(task, engine.root)),
            total_bits=total,
            saved_bits=None if program is None else bits - program.total_bits,
            chance_bound=2.0**chance,
            log2_chance_bound=chance,
            chance_bound_uniform=2.0**uniform,
            log2_chance_bound_uniform=uniform,
            certified_bits=engine.certified_bits,
            optimal=bool(proven),
            stop_reason=self._stop_reason(proven),
            exact_bound=self._exact_bound(labelling),
            candidates=engine.candidates,
            distinct=len(engine.bank),
            seconds=engine.seconds,
            front=found.front(),
            top=found.top(),
            levels=engine.level_records(),
            settings={**task.settings, **self.settings},
            version=__version__,
            language_bits=labelling.language_bits,
            reach=reach and reach.record(),
            continuation=None if task.sequence is None else continuation(task, best)[0],
            resumed=self.resumed,
            source=source_of(task, self.dsl),
            label=task.label,
            best=best,
            trained_on=task,
        )

    def _exact_bound(self, labelling):
        """The `exact_bound` of the `Result`: of a sequence, what each law costs more is added."""
        bound = None if self.backward is None else self.backward.bound_bits
        if bound is None or labelling.task.sequence is None:
            return bound
        return bound + float(labelling.score.code[0])

    def _stop_reason(self, proven):
        if self.reason == StopReason.OPTIMAL and not proven:
            # A twin whose own best is not proven was searched as far as the task's needed.
            return StopReason.STRUCTURED_OPTIMAL
        return self.reason


class _Found:
    """What one labelling has found; reached: what reach has found, or None."""

    def __init__(self, engine, labelling, reached=None):
        self.engine, self.labelling, self.reached = engine, labelling, reached
        self.task, self.score, self.n = labelling.task, labelling.score, labelling.n
        self.held_out = ~self.task.train
        self._counted = {}

    def checked(self, program, units, wrong, inverted):
        """The program, after it was evaluated again as a whole: its bits and its exceptions.

        All that is printed goes through here, since rows may come from a file, and a primitive
        may have no fixed answers.
        """
        if program not in self._counted:
            values, defined = program.outputs(self.task.columns)
            train, coarse = self.task.train, self.engine.root.coarse(values)
            labels = self.engine.root.coarse(self.labelling.values)
            missed = np.count_nonzero(coarse[train] != labels)
            constant = values[0] if (coarse == coarse[0]).all() else None
            self._counted[program] = bool(defined.all()), int(missed), constant
        whole, missed, _ = self._counted[program]
        found = program.units(self.engine.grammar), self.n - missed if inverted else missed
        if not whole or found != (units, wrong):
            raise DSLError(
                f"{program.text} has {found[0] / UNIT:g} bits and {found[1]} exceptions "
                f"{'' if whole else 'and no value on some row '}where the search has "
                f"{units / UNIT:g} and {wrong}; has a primitive no fixed answers, or was a "
                "checkpoint changed?"
            )
        return program

    def texts(self, program, inverted):
        """The fields `text`, `inverted`, `written` and `kind` of a program that was checked."""
        value = self._counted[program][2]
        if value is None:
            return {"text": program.text, "inverted": inverted, "written": None, "kind": "program"}
        value = value.astype(self.engine.root.number).item()
        said = sum(self.task.alphabet) - value if inverted else value
        # The label that it says, which may differ in digits that labels are not compared by.
        *labels, one = self.engine.root.coarse(np.array([*self.task.alphabet, said]))
        label = self.task.alphabet[labels.index(one)] if one in labels else None
        text = self.engine.root.format(value) if label is None else self.task.label_text(label)
        return {"text": text, "inverted": inverted, "written": program.text, "kind": "constant"}

    def constant(self):
        """The record of a constant where it is a hypothesis of its own; None elsewhere."""
        total, counts = self.labelling.constant_bits, self.task.counts()
        if total == np.inf:
            return None
        most = int(counts.max())
        return ProgramScore(
            text=self.task.label_text(self.task.majority()),
            bits=codes.constant_bits(len(counts)),
            exceptions=self.n - most,
            total_bits=total,
            train_accuracy=most / self.n,
            test_accuracy=majority_accuracy(self.task, self.engine.root),
            ties=1,
            inverted=False,
            found_by="counts",
            kind="constant",
        )

    def best_program(self):
        """The best program's record, and the program; (None, None) before there is one."""
        score, n = self.score, self.n
        if self.reached and self.least < (np.inf if score.best is None else score.best - SAME):
            return self._reached_program()
        if score.best is None:
            return None, None
        ties = score.tied_rows()
        accuracies, chosen = [], None
        for units, wrong, row in ties:
            inverted = self._inverted(row)
            right = self._right(self.engine.bank.values(row, row + 1)[0, n:], inverted)
            accuracies.append((1 - wrong / n, np.mean(right) if len(right) else 0))
            # Among equals, one is shown that need not be read as its opposite.
            if chosen is None or (chosen[3] and not inverted and chosen[:2] == (units, wrong)):
                chosen = units, wrong, row, inverted
        units, wrong, row, inverted = chosen
        best = self.checked(self.engine.program(row), units, wrong, inverted)
        train, test = np.mean(accuracies, axis=0).tolist()
        return ProgramScore(
            **self.texts(best, inverted),
            **self._rule(best, inverted),
            bits=units / UNIT,
            exceptions=wrong,
            total_bits=score.best,
            train_accuracy=train,
            test_accuracy=test if self.held_out.any() else None,
            ties=len(ties),
            found_by="labels" if self._is_solved(row) else "enumeration",
        ), best

    def _is_solved(self, row):
        """Whether a row was solved from the labels, and not enumerated."""
        return hasattr(self.engine, "is_solved") and self.engine.is_solved(row)

    @property
    def least(self):
        """The least total that reach has found; infinite without one."""
        return self.reached.best[0] if self.reached else np.inf

    def _reached_program(self):
        """The record of the best program that reach has found, and the program."""
        found, n = self.reached, self.n
        ties = [entry for entry in found.top if entry[0] <= self.least + SAME]
        accuracies = []
        for _, wrong, _, program, _ in ties:
            values = found.problem.values(program)[n:]
            right = self._right(values, found.is_inverted(program))
            accuracies.append((1 - wrong / n, np.mean(right) if len(right) else 0))
        train, test = np.mean(accuracies, axis=0).tolist()
        # Among equals, one is shown that need not be read as its opposite.
        total, wrong, units, best, _ = min(ties, key=lambda e: (e[1:3], found.is_inverted(e[3])))
        self.checked(best, units, wrong, found.is_inverted(best))
        return ProgramScore(
            **self.texts(best, found.is_inverted(best)),
            **self._rule(best, found.is_inverted(best)),
            bits=units / UNIT,
            exceptions=wrong,
            total_bits=total,
            train_accuracy=train,
            test_accuracy=test if self.held_out.any() else None,
            ties=len(ties),
            found_by=found.found_by,
        ), best

    def exact_program(self, found, found_by):
        """The record of a program without exceptions, and the program; or (None, None).

        found: its cost and the program, or None; found_by: as `ProgramScore` has it.
        """
        if found is None:
            return None, None
        cost, best = found
        units = cost >> self.engine.grammar.shift
        self.checked(best, units, 0, False)
        bits, accuracy = units / UNIT, None
        if self.task.sequence is not None:
            accuracy = continuation(self.task, best)[1]
        elif self.held_out.any():
            columns = {name: c[self.held_out] for name, c in self.task.columns.items()}
            values, defined = best.outputs(columns)
            accuracy = float(np.mean(defined & self._right(values)))
        return ProgramScore(
            **self.texts(best, False),
            **self._rule(best, False),
            bits=bits,
            exceptions=0,
            total_bits=bits + float(self.score.code[0]),
            train_accuracy=1.0,
            test_accuracy=accuracy,
            ties=1,
            found_by=found_by,
        ), best

    def _rule(self, program, inverted):
        """The fields of a program's record about its rule."""
        rule = self._about(program, inverted)
        branches = tuple(Branch(**each) for each in (rule.branches() if rule else ()))
        card = rule and rule.card()
        return {
            "rule": rule and rule.text,
            "branches": branches,
            "card": card and Card.from_dict(card),
        }

    def _about(self, program, inverted):
        """The rule of a program that is about the columns of a table; else None."""
        is_table = self.task.meanings is not None or self.task.original.meanings is not None
        is_constant = self._counted[program][2] is not None
        return Rule(program, self.task, inverted) if is_table and not is_constant else None

    def _words(self, program, inverted):
        rule = self._about(program, inverted)
        return rule and rule.text

    def front(self):
        """The fewest exceptions for each length, of all programs that were scored or found."""
        points = [
            (units, wrong, self.engine.program(row), self._inverted(row), row)
            for units, wrong, row in self.score.front
        ]
        if self.reached:
            is_inverted = self.reached.is_inverted
            points += [(u, w, p, is_inverted(p), None) for u, w, p in self.reached.front]
        kept, fewest = [], np.inf
        for units, wrong, program, inverted, row in sorted(points, key=lambda p: p[:2]):
            if wrong < fewest:
                fewest = wrong
                self.checked(program, units, wrong, inverted)
                total = self.score.row_total(units, wrong, row)
                texts = self.texts(program, inverted)
                texts["rule"] = self._words(program, inverted)
                texts.pop("kind")
                kept.append(FrontPoint(units / UNIT, wrong, total, **texts))
        return tuple(kept)

    def top(self):
        """The least totals of programs and tables, with their shares of the posterior."""
        rows, bank = self.score.top_rows, self.engine.bank
        found = [
            (total, wrong, units, self.engine.program(row), self._inverted(row), True)
            for total, row, units, wrong in rows
        ]
        if self.reached:
            known = {digest(bank.values(row, row + 1)[0]) for _, row, *_ in rows}
            found += [
                (total, wrong, units, program, self.reached.is_inverted(program), False)
                for total, wrong, units, program, key in self.reached.top
                if key not in known
            ]
            found = sorted(found, key=lambda e: (round(e[0] / SAME), e[1], e[2]))
            found = found[: self.score.top]
        told = [(*entry[:5], self._told(*entry[1:5])) for entry in found]
        table = self.labelling.table_bits
        # What is among the best and not among the best rows was not enumerated.
        more = [-total for total, *_, enumerated in found if not enumerated]
        if self.reached and (certified := self.engine.certified_bits) is not None:
            others = self.reached.unlisted([entry[3] for entry in found], certified * UNIT)
            more += [-units / UNIT - float(self.score.code[wrong]) for units, wrong in others]
        constant = self.constant()
        more += [] if constant is None else [-constant.total_bits]
        mass = float(np.logaddexp2.reduce([self.score.log2_mass, -table, *more]))
        made = [
            Hypothesis(
                bits=units / UNIT,
                exceptions=wrong,
                total_bits=total,
                share=2.0 ** (-total - mass),
                **texts,
                rule=self._words(program, inverted),
            )
            for total, wrong, units, program, inverted, texts in told
            if constant is None or (texts["kind"], texts["text"]) != ("constant", constant.text)
        ]
        if constant is not None:
            keys = ("kind", "text", "bits", "exceptions", "total_bits", "inverted")
            given = {key: getattr(constant, key) for key in keys}
            made.append(Hypothesis(share=2.0 ** (-constant.total_bits - mass), **given))
        share, name = 2.0 ** (-table - mass), f"{self.labelling.table_kind} table"
        made.append(
            Hypothesis(
                kind="table",
                text=name,
                bits=None,
                exceptions=None,
                total_bits=table,
                share=share,
                inverted=False,
            )
        )
        return tuple(sorted(made, key=lambda h: h.total_bits)[: self.score.top])

    def _told(self, wrong, units, program, inverted):
        return self.texts(self.checked(program, units, wrong, inverted), inverted)

    def _right(self, said, inverted=False):
        return matches(self.task, self.engine.root, said, inverted)

    def _inverted(self, row):
        """Whether a program speaks for the other of two labels: it is wrong more than not."""
        labels = self.labelling.values[None]
        wrong = int(self.engine.bank.errors(row, row + 1, labels, self.n)[0, 0])
        return self.score.two and 2 * wrong > self.n


def _chosen(program, table_bits):
    """The kind of the hypothesis of least total: "program", "constant" or "table"."""
    if program is None or program.total_bits >= table_bits - SAME:
        return "table"
    return program.kind


def _label_names(task):
    """What label values stand for, by their text in programs; None for themselves."""
    named = None if task.label_type.names else task.label_names
    return named and {task.label_type.format(v): name for v, name in named.items()}
