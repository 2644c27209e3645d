"""What a search that has ended found: its `Result`, from the engine's banks and a `Score`."""

from dataclasses import asdict

import numpy as np

from synth import codes
from synth._version import __version__
from synth.engine.scoring import SAME
from synth.language import UNIT
from synth.records import FrontPoint, Hypothesis, ProgramScore, Result, StopReason, TableScore


def result(engine, task, dsl, score, table, labels, n, limits, solver):
    """The `Result` for one labelling.

    labels: of the n training rows; table: (bits, kind) of the better one;
    solver: the `Solver` of a search for programs without exceptions, else None.
    """
    bits, kind = table
    counts = task.counts()
    if solver is None:
        program, best = _best_program(engine, score, task, labels, n)
        proven = score.proven(engine.certified_bits, bits)
    else:
        program, best = _exact_program(engine, solver, score, task)
        proven = solver.proven
    stop_reason = engine.stop_reason
    if stop_reason == StopReason.OPTIMAL and not proven:
        # A twin whose own best is not proven was searched as far as the task's needed.
        stop_reason = StopReason.STRUCTURED_OPTIMAL
    total = bits if program is None else min(bits, program.total_bits)
    chance = codes.log2_chance_bound(counts, total)
    uniform = codes.log2_chance_bound_uniform(n, len(task.alphabet), total)
    most = engine.root.check(task.majority(), "the majority label")
    majority = float(np.mean(_right(engine, task, most))) if n < task.rows else None
    return Result(
        task=task.name,
        dsl=dsl.name,
        labelling=task.labelling,
        inputs={name: str(type_) for name, type_ in task.original.types.items()},
        rows={
            "train": n,
            "test": task.rows - n,
            "labels": len(task.alphabet),
            "unseen_labels": int(task.unseen.sum()),
        },
        label_names=_label_names(task),
        chosen="program" if program and program.total_bits < bits - SAME else "table",
        program=program,
        table=TableScore(bits, kind, 1.0, majority),
        total_bits=total,
        saved_bits=None if program is None else bits - program.total_bits,
        chance_bound=2.0**chance,
        log2_chance_bound=chance,
        chance_bound_uniform=2.0**uniform,
        log2_chance_bound_uniform=uniform,
        certified_bits=engine.certified_bits,
        optimal=bool(proven),
        stop_reason=stop_reason,
        exact_bound=None if solver is None else solver.bound_bits,
        candidates=engine.candidates,
        distinct=len(engine.bank),
        seconds=engine.seconds,
        front=_front(engine, score, labels, n),
        top=_top(engine, score, bits, kind, labels, n),
        levels=engine.level_records(),
        settings={**task.settings, **asdict(limits), "top": score.top, "exact": bool(solver)},
        version=__version__,
        best=best,
        trained_on=task,
    )


def _right(engine, task, said, inverted=False):
    """Where values of the root's type are the held-out labels, bool; never on unknown ones.

    said: (held-out rows,), or one value for all; inverted: the other label of two is meant.
    """
    # No check: a held-out label that the root's type lacks is one that no program says.
    truth = task.labels[~task.train].astype(engine.root.dtype)
    same = engine.root.coarse(said) == engine.root.coarse(truth)
    return (same != inverted) & ~task.unknown[~task.train]


def _best_program(engine, score, task, labels, n):
    """The best program's record, and the program; (None, None) before there is one."""
    if score.best is None:
        return None, None
    ties = score.tied_rows()
    accuracies, chosen = [], None
    for units, wrong, row in ties:
        inverted = _inverted(engine, score, row, labels, n)
        seen = engine.bank.values(row, row + 1)[0, n:]
        right = _right(engine, task, seen, inverted)
        accuracies.append((1 - wrong / n, np.mean(right) if len(right) else 0))
        # Of equals, one that needs not be read as its opposite is shown.
        if chosen is None or (chosen[3] and not inverted and chosen[:2] == (units, wrong)):
            chosen = units, wrong, row, inverted
    units, wrong, row, inverted = chosen
    best = engine.program(row)
    train, test = np.mean(accuracies, axis=0).tolist()
    return ProgramScore(
        text=best.text,
        bits=units / UNIT,
        exceptions=wrong,
        total_bits=score.best,
        train_accuracy=train,
        test_accuracy=test if n < task.rows else None,
        ties=len(ties),
        inverted=inverted,
    ), best


def _exact_program(engine, solver, score, task):
    """The record of the program that a solver found, and the program; or (None, None)."""
    if solver.best is None:
        return None, None
    cost, best = solver.best
    bits = (cost >> engine.grammar.shift) / UNIT
    held_out = {name: column[~task.train] for name, column in task.columns.items()}
    accuracy = None
    if not task.train.all():
        values, defined = best.outputs(held_out)
        accuracy = float(np.mean(defined & _right(engine, task, values)))
    return ProgramScore(
        text=best.text,
        bits=bits,
        exceptions=0,
        total_bits=bits + float(score.code[0]),
        train_accuracy=1.0,
        test_accuracy=accuracy,
        ties=1,
        inverted=False,
    ), best


def _inverted(engine, score, row, labels, n):
    """Whether a program speaks for the other of two labels: it is wrong more than not."""
    wrong = int(engine.bank.errors(row, row + 1, labels[None], n)[0, 0])
    return score.two and 2 * wrong > n


def _front(engine, score, labels, n):
    return tuple(
        FrontPoint(
            bits=units / UNIT,
            exceptions=wrong,
            total_bits=units / UNIT + float(score.code[wrong]),
            text=engine.program(row).text,
            inverted=_inverted(engine, score, row, labels, n),
        )
        for units, wrong, row in score.front
    )


def _top(engine, score, table, kind, labels, n):
    """The least totals of programs and tables, with their shares of the posterior."""
    mass = float(np.logaddexp2(score.log2_mass, -table))
    found = [
        Hypothesis(
            kind="program",
            text=engine.program(row).text,
            bits=units / UNIT,
            exceptions=wrong,
            total_bits=total,
            share=2.0 ** (-total - mass),
            inverted=_inverted(engine, score, row, labels, n),
        )
        for total, row, units, wrong in score.top_rows
    ]
    share = 2.0 ** (-table - mass)
    found.append(Hypothesis("table", f"{kind} table", None, None, table, share, False))
    return tuple(sorted(found, key=lambda h: h.total_bits)[: score.top])


def _label_names(task):
    """What label values stand for, by their text in programs; None for themselves."""
    if task.label_names is None:
        return None
    return {task.label_type.format(v): name for v, name in task.label_names.items()}
