"""The search of the DSL `loops` for labels that are strings or numbers.

Strings are numbered, and so are the functions of letters of `map`, `filter` and `scan`: see `tries`
and `forms`.  Then an ordinary enumeration makes all programs up to some bits, functions that are
run over what other functions have made included.  Longer programs whose last function of letters
follows from the labels, or whose two parts do, are solved: see `transducers` and `joins`.
"""

import copy
import math

import numpy as np

from synth.engine.enumerator import Enumerator
from synth.engine.forms import Forms, stacked
from synth.engine.joins import joined
from synth.engine.labelling import SCORE_ROWS, Labelling
from synth.engine.scoring import SAME
from synth.engine.transducers import transduced
from synth.engine.tries import Strings, numbered, of_functions
from synth.language import UNIT, Constant, Grammar, Primitive, Program
from synth.records import StopReason

#: How many members of each form are made for the enumeration, the cheapest.
MEMBERS = 5_000
#: After how many programs longer ones are solved from the labels, and how many are made in all,
#: unless limits say otherwise: about 10 s.
FIRST, PROGRAMS = 20_000, 100_000
#: The most bytes of what all programs say, of those that the search may take.
SHARE = 0.75

_WHOLE = (StopReason.EXHAUSTED, StopReason.MAX_BITS)


class StringSearch:
    """The programs that make strings or numbers, for several labellings of a task.

    It stands for an `Enumerator` where results are made.

    Parameters
    ----------
    fitted : list of Fitted
        The labellings of a task, and the DSL.
    top : int
        How many hypotheses to list.
    watch : Watch
        The limits.
    proven : int, optional
        How many labellings, the first ones, have to be proven; by default all.
    """

    def __init__(self, fitted, top, watch, proven=None):
        first = fitted[0]
        self.dsl, self.grammar, self.root = first.dsl, first.grammar, first.root
        self.watch, self.family = watch, first.dsl.family
        self.labellings = [Labelling.of(each.task, self.root, top) for each in fitted]
        self.needed = self.labellings[:proven]
        order = np.argsort(~first.task.train, kind="stable")
        columns = {i.name: first.task.columns[i.name][order] for i in self.grammar.inputs}
        self.strings = Strings(max(int(np.char.str_len(c).max()) for c in columns.values()))
        self.forms = Forms(self.family, watch)
        self._make_members()
        self._types = {t: numbered(t) if t.letters else t for t in self.dsl.types}
        self._outer = {}  # the heads of the DSL by those of the grammar of numbers
        grammar = self._numbered_grammar()
        given = {
            i.name: self.strings.numbers(columns[i.name], i.type.letters)
            for i in self.grammar.inputs
        }
        self.engine = Enumerator(grammar, given, self._types[self.root], watch)
        self.labels = [self._as_values(each.values) for each in self.labellings]
        self.solved = []  # (program, values on all rows, for which labelling, units)
        self.bank = _Bank(self)
        if self.forms.cut:
            self.engine.stop_reason = StopReason.INTERRUPTED

    def __getattr__(self, name):
        return getattr(self.engine, name)

    def _make_members(self):
        """The members for the enumeration, and up to how many bits of a program all are made."""
        self.members, self.most = [], math.inf
        for functions in self.forms.every:
            made, most = self.forms.members(functions, MEMBERS)
            self.members += made
            form = functions.form
            around = self.grammar.family_units(form.result)
            around += self.grammar.cheapest[form.argument] >> self.grammar.shift
            self.most = min(self.most, most + around / UNIT)
        self.tables = stacked([member.table for member in self.members])

    def _numbered_grammar(self):
        """The grammar of numbers: the DSL's own, and functions that are applied to strings."""
        dsl = copy.copy(self.dsl)
        dsl.family, dsl.prepare = None, None
        kinds = {
            (f.form.argument, f.form.result): of_functions(f.form.argument, f.form.result)
            for f in self.forms.every
        }
        dsl.types = [*self._types.values(), *kinds.values()]
        dsl.primitives, dsl.constants, costs = [], [], {}
        for production in self.grammar:
            item = production.item
            if isinstance(item, Primitive):
                made = Primitive(
                    item.name,
                    self.strings.function_of(item),
                    tuple(self._types[a] for a in item.arguments),
                    self._types[item.result],
                    commutative=item.commutative,
                )
                dsl.primitives.append(made)
            elif isinstance(item, Constant):
                value = item.value
                if item.type.letters:
                    [value] = self.strings.numbers([value], item.type.letters).tolist()
                made = Constant(f"{item.type} {item.name}", self._types[item.type], value)
                dsl.constants.append(made)
            else:
                costs[item.name] = production.bits
                continue
            costs[made], self._outer[made] = production.bits, item
        for (argument, result), kind in kinds.items():
            run = Primitive(
                f"run {argument} {result}",
                self._run,
                (kind, self._types[argument]),
                self._types[result],
            )
            dsl.primitives.append(run)
            costs[run] = self.grammar.family_units(result) / UNIT
        for k, member in enumerate(self.members):
            kind = kinds[member.form.argument, member.form.result]
            made = Constant(f"function {k}", kind, k)
            dsl.constants.append(made)
            costs[made], self._outer[made] = member.bits, member
        inputs = {i.name: self._types[i.type] for i in self.grammar.inputs}
        return Grammar(dsl, inputs, costs=lambda i: costs[i] if i in costs else costs[i.name])

    def numbers_of(self, type_):
        """The type of the numbers of strings of a type."""
        return self._types[type_]

    def _run(self, functions, strings):
        return self.strings.scanned(self.tables, functions, strings)

    def _as_values(self, labels):
        """Labels as the grammar of numbers has them."""
        letters = self.root.letters
        return self.strings.numbers(labels, letters) if letters else labels

    @property
    def certified_bits(self):
        """Every program of up to so many bits was scored."""
        found = self.engine.certified_bits
        bound = self.most if found is None else min(self.most, found)
        return None if bound == math.inf else bound

    def program(self, row):
        """The program of a row of the bank."""
        if row >= len(self.engine.bank):
            return self.solved[row - len(self.engine.bank)][0]
        return self.whole(self.engine.program(row))

    def is_solved(self, row):
        """Whether a row of the bank was solved from the labels."""
        return row >= len(self.engine.bank)

    def whole(self, program):
        """A program of the DSL, of one of numbers."""
        made = {}
        for part in program.parts():
            head, arguments = part.head, [made.get(a) for a in part.arguments]
            if part.head in self._outer and not hasattr(self._outer[head], "table"):
                made[part] = Program(self._outer[head], arguments)
            elif part.head in self._outer:
                made[part] = self.forms.program(self._outer[head])
            elif part.arguments:  # a function that is applied to a string
                made[part] = Program(arguments[0], [arguments[1]])
            else:
                [given] = [i for i in self.grammar.inputs if i.name == head.name]
                made[part] = Program(given)
        return made[program]

    def run(self, progress=None):
        """Work until the best is proven, or to a limit."""
        engine, solved = self.engine, 0
        most = self.watch.limits.max_programs or PROGRAMS
        while engine.stop_reason is None:
            self._score(engine.advance())
            if progress is not None:
                progress(self)
            if engine.stop_reason is None and self._is_full():
                engine.stop_reason = StopReason.MEMORY
            if engine.stop_reason is None and engine.candidates >= most:
                engine.stop_reason = StopReason.MAX_PROGRAMS
            ended = engine.stop_reason is not None
            if ended or (not solved and engine.candidates >= FIRST):
                solved += 1
                self._solve()
            self._narrow()
            if engine.stop_reason in (None, *_WHOLE) and self._is_proven():
                engine.stop_reason = StopReason.OPTIMAL
            if engine.stop_reason in _WHOLE and self.certified_bits != engine.certified_bits:
                engine.stop_reason = StopReason.MAX_PROGRAMS  # of the functions
        if not self.forms.cut:
            self._score_solved()
        engine.close()

    def _is_full(self):
        return self.engine.nbytes + self.strings.nbytes > SHARE * self.watch.limits.memory

    def _score(self, rows):
        """Score rows of the root's bank, level by level."""
        bank, first, n = self.engine.bank, rows.start, self.labellings[0].n
        some = max(1, SCORE_ROWS // 16)
        while first < rows.stop:
            level = int(np.searchsorted(bank.ends, first, side="right"))
            units = bank.costs[level] >> self.engine.grammar.shift
            stop = min(first + some, bank.ends[level])
            said = bank.values(first, stop)[:, :n]
            for labelling, labels in zip(self.labellings, self.labels, strict=True):
                labelling.score.add_rows(units, first, said != labels)
            first = stop

    def _solve(self):
        """Look for longer programs, whose last function of letters follows from the labels."""
        if not self.root.letters or self.watch.limits.max_bits is not None:
            return
        for labelling, labels in zip(self.labellings, self.labels, strict=True):
            least = self._solved_total(labelling)
            if labelling.is_proven(self.certified_bits, least) or self.watch.is_late():
                continue
            least = min(least, labelling.least_program)
            for solve in (joined, transduced):
                found = solve(self, labelling, labels, least)
                if found is not None:
                    self.solved.append((*found, labelling))

    def _score_solved(self):
        """Score the best that was solved, if it is better than what was enumerated.

        What was solved before something better is left out: scores take programs in order of bits.
        """
        kept = []
        for program, values, labelling in sorted(self.solved, key=self._total):
            units, wrong = program.units(self.grammar), self._wrong(values, labelling)
            if labelling.score.total(units, wrong)[0] < labelling.least_program - SAME:
                kept.append((program, values, labelling))
                row = len(self.engine.bank) + len(kept) - 1
                labelling.score.add_rows(units, row, wrong)
        self.solved = kept

    def _wrong(self, values, labelling):
        """Which training rows values are wrong on, (1, n)."""
        labels = self.labels[self.labellings.index(labelling)]
        return (values[: labelling.n] != labels)[None]

    def _total(self, solved):
        """The total of what was solved."""
        program, values, labelling = solved
        wrong = self._wrong(values, labelling)
        return float(labelling.score.total(program.units(self.grammar), wrong)[0])

    def _solved_total(self, labelling):
        """The least total of what was solved for a labelling."""
        totals = [self._total(each) for each in self.solved if each[2] is labelling]
        return min(totals, default=math.inf)

    def _is_proven(self):
        bits = self.certified_bits
        return all(each.is_proven(bits, self._solved_total(each)) for each in self.needed)

    def _narrow(self):
        """Tell the enumeration beyond how many bits no program can win any more."""
        if all(each.score.best is not None for each in self.needed):
            best = max(min(e.least, self._solved_total(e)) for e in self.needed)
            bits = best - SAME - self.needed[0].score.least_code
            self.engine.narrow(math.ceil(bits * UNIT) / UNIT)


class _Bank:
    """What programs say, as the values of the DSL: enumerated ones, and then those solved."""

    def __init__(self, search):
        self.search = search

    def __len__(self):
        return len(self.search.engine.bank) + len(self.search.solved)

    def values(self, first, stop):
        """The values of some rows, (stop - first, rows)."""
        search, letters = self.search, self.search.root.letters
        found = [self._numbers(row) for row in range(first, stop)]
        made = [search.strings.texts(row, letters) if letters else row for row in found]
        return np.stack(made)

    def _numbers(self, row):
        bank = self.search.engine.bank
        if row < len(bank):
            return bank.values(row, row + 1)[0]
        return self.search.solved[row - len(bank)][1]

    def errors(self, first, stop, labels, count):
        """The exceptions of some rows for each labelling, int32 (labellings, stop - first)."""
        rows = self.values(first, stop)[:, :count]
        return (rows[None] != labels[:, None]).sum(axis=2, dtype=np.int32)
