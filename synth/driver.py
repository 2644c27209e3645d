"""The driver: one enumeration, scored for one labelling or for several at once.

A task and its twin have the same inputs, so they have the same behaviours: a
contrast scores both labellings in a single enumeration, and the twin is shown
exactly the programs that the task is.
"""

import math
import os
import signal
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, Self, TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth import codes, dsls, tasks
from synth._version import __version__
from synth.checkpoint import DEFAULT_EVERY, Checkpoint, digest_of_columns, digest_of_grammar
from synth.dsl import DSL
from synth.engine import Enumerator, Level
from synth.errors import DSLError, SettingError, TaskError
from synth.goal import Pace, Solver
from synth.grammar import UNIT, Grammar
from synth.program import Program
from synth.result import Contrast, FrontPoint, Hypothesis, ProgramScore, Result, TableScore
from synth.score import SAME, Aim, Score
from synth.task import Task
from synth.types import Type

#: How long a search goes on where nothing else ends it.
DEFAULT_SECONDS = 30.0

#: The share of the memory that an exact search fills with behaviours; the rest is for
#: indexing them by what a target asks.
EXACT_MEMORY = 0.7

#: Rows that are scored at a time.
SCORE_ROWS = 2**16


def default_memory() -> int:
    """Half of the machine's memory, in bytes; 2 GiB where that is not known."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, ValueError, OSError):
        return 2**31


@dataclass(frozen=True)
class Limits:
    """Where a search ends at the latest.

    max_bits: of a program, at least 0 (None: no such limit); max_programs: made,
    at least 1; seconds: above 0, what compiling kernels takes not counted (None: no such
    limit); memory: bytes for the banks, at least 1 MiB; threads: how many work side by side
    (None: as many as there are cores), which changes no result.  Raises SettingError.
    """

    max_bits: float | None = None
    max_programs: int | None = None
    seconds: float | None = DEFAULT_SECONDS
    memory: int = field(default_factory=default_memory)
    threads: int | None = None

    def __post_init__(self) -> None:
        for name, least, what in (
            ("max_bits", 0, "0 and more, up to a million"),
            ("max_programs", 1, "1 and more"),
            ("seconds", 0, "0 and more"),
            ("memory", 2**20, "1 MiB (1048576) and more"),
            ("threads", 1, "1 and more, up to 1024"),
        ):
            value = getattr(self, name)
            if value is None and name != "memory":
                continue
            if not isinstance(value, (int, float, np.number)) or not least <= value < 2**50:
                raise SettingError(f"{name}={value!r}; allowed: {what}")
            kind = float if name in ("max_bits", "seconds") else int
            object.__setattr__(self, name, kind(value))
        if self.threads is not None and self.threads > 1024:
            raise SettingError(f"threads={self.threads!r}; allowed: 1 and more, up to 1024")
        if self.max_bits is not None and self.max_bits > 10**6:
            raise SettingError(f"max_bits={self.max_bits!r}; allowed: 0..1000000")


class LimitSettings(TypedDict, total=False):
    """The fields of `Limits`, as `search` and others take them by name."""

    max_bits: float | None
    max_programs: int | None
    seconds: float | None
    memory: int
    threads: int | None


#: A task, its specification or the path of a CSV file; a DSL or its specification.
TaskLike = Task | str | os.PathLike[str]
DSLLike = DSL | str | os.PathLike[str]


def search(
    task: TaskLike,
    dsl: DSLLike | None = None,
    *,
    top: int = 10,
    exact: bool = False,
    progress: Callable[[Enumerator], object] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    every: float = DEFAULT_EVERY,
    **limits: Unpack[LimitSettings],
) -> Result:
    """The best hypothesis for a task: a `Result`.

    task: a `Task`, or the name of one, or the path of a CSV file; dsl: a DSL, or its
    name, or None for the built-in one that fits the task; top: how many of the best
    hypotheses to list; exact: seek the least program without exceptions, see below;
    progress: called with the `Enumerator` after every band; checkpoint: the path of a
    file that keeps the search every so many seconds, and from which it goes on where
    the file is there already; limits: see `Limits`.

    The search ends when no program beyond can win ("optimal"), when there are no
    further behaviours ("exhausted"), or at a limit; Ctrl-C ends it too, and the
    best so far is returned ("interrupted").

    With `exact`, nothing but a program that is right on all training rows counts; the last
    steps are solved from the labels, which about doubles the length that is reached.
    The result's program is such a one or None, `optimal` says whether it is proven to be
    the shortest, and `exact_bound` below how many bits there is none.
    """
    kept = _kept(checkpoint, every)
    if kept and exact:
        raise SettingError("checkpoint and exact: allowed: one of them")
    return _run([_task(task)], dsl, top, progress, _limits(limits), exact, kept)[0]


def contrast(
    task: TaskLike,
    dsl: DSLLike | None = None,
    *,
    twin: Literal["permuted", "uniform"] = "permuted",
    seed: int = 0,
    top: int = 10,
    progress: Callable[[Enumerator], object] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    every: float = DEFAULT_EVERY,
    **limits: Unpack[LimitSettings],
) -> Contrast:
    """A task beside its random-label twin: a `Contrast`.

    twin: "permuted" or "uniform"; seed: of the twin's labels; the rest: see `search`.
    Both labellings are scored in one enumeration.  It ends when the task's best
    hypothesis is proven optimal (and the twin's has been sought as far), or, where
    `max_bits` is given, when both are or all programs of so many bits are scored; or at
    another limit.
    """
    if twin not in ("permuted", "uniform"):
        raise SettingError(f"twin={twin!r}; allowed: permuted, uniform")
    task = _task(task)
    twins = [task, getattr(task, twin)(seed)]
    kept = _kept(checkpoint, every)
    return Contrast(*_run(twins, dsl, top, progress, _limits(limits), False, kept))


def search_labellings(
    tasks: Iterable[Task],
    dsl: DSLLike | None = None,
    *,
    top: int = 10,
    progress: Callable[[Enumerator], object] | None = None,
    **limits: Unpack[LimitSettings],
) -> list[Result]:
    """The best hypothesis for each of several labellings: a list of `Result`, in their order.

    tasks: with the same columns, training rows and label type, and different labels; the
    rest: see `search`.  All are scored in one enumeration, which goes on until the best
    hypothesis for each is proven optimal, or to a limit.  Raises TaskError for no task, or
    tasks whose rows or types differ.
    """
    tasks = list(tasks)
    for task in tasks:
        alike = task.types == tasks[0].types and task.label_type == tasks[0].label_type
        if not alike or not np.array_equal(task.train, tasks[0].train):
            raise TaskError(f"task {task.name}: rows or types unlike those of {tasks[0].name}")
    if not tasks:
        raise TaskError("tasks: none; allowed: 1 and more")
    return _run(tasks, dsl, top, progress, _limits(limits), all_count=True)


def enumerate_programs(
    grammar: Grammar,
    columns: Mapping[str, ArrayLike],
    *,
    type: Type | None = None,
    **limits: Unpack[LimitSettings],
) -> "Enumeration":
    """Every distinct behaviour of a type on columns, cheapest program first.

    columns: a mapping of input names to arrays (rows,); type: the one type of the
    grammar unless given.  Returns an `Enumeration`.  Behaviours that only programs
    beyond a limit have are not in it; see its `stop_reason`.
    """
    type = root_type(grammar, type)
    bounds = _limits({"seconds": None, **limits})
    columns = checked_columns(grammar, columns)
    with _interrupts() as interrupted:
        engine = Enumerator(grammar, columns, type, bounds, interrupted)
        while engine.stop_reason is None:
            engine.advance()
    return Enumeration(engine)


class Enumeration:
    """What `enumerate_programs` found; behaviours are numbered 0.. in order of bits.

    levels: a `Level` an exact cost, over all types; stop_reason: as of a `Result`;
    certified_bits: every program up to so many bits is accounted for (None: all).
    """

    levels: tuple[Level, ...]
    stop_reason: str
    certified_bits: float | None
    candidates: int

    def __init__(self, engine: Enumerator) -> None:
        self._engine = engine
        self.levels = engine.level_records()
        self.stop_reason = str(engine.stop_reason)
        self.certified_bits = engine.certified_bits
        self.candidates = engine.candidates

    def __len__(self) -> int:
        return len(self._engine.bank)

    def __repr__(self) -> str:
        return f"Enumeration({len(self)} behaviours, stopped: {self.stop_reason})"

    def whole(self) -> Self:
        """Itself, where no limit but that of bits ended it: else programs are missing.

        Raises KeyboardInterrupt after Ctrl-C, SettingError after another limit.
        """
        if self.stop_reason == "interrupted":
            raise KeyboardInterrupt
        if self.stop_reason not in ("exhausted", "max_bits"):
            known = "" if self.certified_bits is None else f" beyond {self.certified_bits:g} bits"
            raise SettingError(
                f"programs{known} are missing, since {self.stop_reason} ended their enumeration; "
                "allowed: fewer bits, or more of that"
            )
        return self

    @property
    def bits(self) -> NDArray[np.float64]:
        """Of the cheapest program of each behaviour, float64 (len(self),)."""
        return self._engine.row_bits(0, len(self))

    @property
    def values(self) -> np.ndarray:
        """The behaviours, (len(self), rows) of the type's dtype."""
        return self._engine.bank.values(0, len(self))

    def program(self, i: int) -> Program:
        """The cheapest program of behaviour i, ties to the first in canonical order."""
        if not -len(self) <= i < len(self):
            raise IndexError(f"behaviour {i}; allowed: 0..{len(self) - 1}")
        return self._engine.program(i % len(self))


def _task(given: TaskLike) -> Task:
    return given if isinstance(given, Task) else tasks.load_task(given)


def _limits(given: Mapping[str, Any]) -> Limits:
    unknown = [name for name in given if name not in Limits.__dataclass_fields__]
    if unknown:
        known = ", ".join(Limits.__dataclass_fields__)
        raise SettingError(f"no limit {unknown[0]}={given[unknown[0]]!r}; allowed: {known}")
    return Limits(**given)


def root_type(grammar: Grammar, type: Type | None) -> Type:
    """The grammar's own type for `type`, or its only one for None.

    Raises DSLError where there is none, or more than one to choose from.
    """
    if type is None:
        if len(grammar.types) != 1:
            known = ", ".join(map(str, grammar.types))
            raise DSLError(f"type=None; give one of the grammar's types: {known}")
        type = grammar.types[0]
    if not isinstance(type, Type):
        raise DSLError(f"type={type!r}; allowed: {', '.join(map(str, grammar.types))}")
    type = grammar.dsl.type_for(type)
    if type not in grammar.types:
        raise DSLError(f"no program of the grammar is of type {type}")
    return type


def checked_columns(grammar: Grammar, columns: Mapping[str, ArrayLike]) -> dict[str, np.ndarray]:
    """The columns of a grammar's inputs, by name, as arrays of their types.

    Raises DSLError where one is missing or they are not of one length, 1 and more.
    """
    missing = [i.name for i in grammar.inputs if i.name not in columns]
    if missing:
        raise DSLError(f"no column for input {missing[0]}; given: {', '.join(columns)}")
    if not grammar.inputs:
        raise DSLError("a grammar without inputs has no rows; give it one input at least")
    checked = {i.name: i.type.check(columns[i.name], f"column {i.name}") for i in grammar.inputs}
    shapes = {c.shape for c in checked.values()}
    if len(shapes) > 1 or len(min(shapes)) != 1 or min(shapes) == (0,):
        raise DSLError(f"columns of shapes {sorted(shapes)}; allowed: one length, 1 and more")
    return checked


def _kept(path, every):
    """(path, seconds between checkpoints), or None."""
    if path is None:
        return None
    if not isinstance(every, (int, float)) or not 0 <= every < 2**50:
        raise SettingError(f"every={every!r}; allowed: seconds, 0 and more")
    return path, float(every)


def _keep(kept, engine, scores, columns, labels, limits):
    """Makes the engine keep checkpoints, and go on from the one that is there."""
    checkpoint = Checkpoint(*kept, {
        "dsl": digest_of_grammar(engine.grammar, engine.rules),
        "task": digest_of_columns(columns, labels),
        "rows": [len(labels[0]), scores[0].n],
        "top": scores[0].top,
        "max_bits": limits.max_bits,
        "memory": limits.memory,
    })  # fmt: skip
    checkpoint.load(engine, scores)

    def keep(place, ending):
        if ending or checkpoint.due():
            checkpoint.save(engine, scores, place and place())

    engine.keep = keep


def _run(labellings, dsl, top, progress, limits, exact=False, kept=None, all_count=False):
    if not isinstance(top, (int, np.integer)) or top < 1:
        raise SettingError(f"top={top!r}; allowed: 1 and more")
    chosen, labellings = _fitted(labellings, dsl)
    task = labellings[0]
    # Training rows first: a labelling is then compared with a prefix of each row.
    order = np.argsort(~task.train, kind="stable")
    grammar = Grammar(chosen, task.types, input_weights=task.input_weights)
    root = grammar.dsl.type_for(task.label_type)
    if root not in grammar.types:
        raise DSLError(f"DSL {chosen.name} makes no {root} from the columns of {task.name}")
    columns = {name: column[order] for name, column in task.columns.items()}
    grammar_columns = checked_columns(grammar, columns)
    n = task.training
    labels = [root.check(t.labels[order], f"label column {t.label}") for t in labellings]
    scores = [Score(n, len(t.alphabet), root.size > len(t.alphabet), int(top)) for t in labellings]
    tables = [codes.table_bits(t.counts()) for t in labellings]
    if exact and root.inexact:
        raise SettingError(f"exact: labels of {root}; allowed: Bool, Mod and Int")
    # How many have to be proven; a contrast goes on for the twin where it is told how far.
    count = len(scores) if all_count or limits.max_bits is not None else 1
    with _interrupts() as interrupted:
        training = np.stack([values[:n] for values in labels])
        if exact:
            given = replace(limits, memory=int(EXACT_MEMORY * limits.memory))
            engine = Enumerator(grammar, grammar_columns, root, given, interrupted)
            solver = _solve(engine, training, scores, limits, progress)
        else:
            # Labels of inexact types are compared here, not by the kernels that score alone.
            aim, solver = None if root.inexact else Aim(training, scores), None
            engine = Enumerator(grammar, grammar_columns, root, limits, interrupted, aim)
            if kept is not None:
                _keep(kept, engine, scores, grammar_columns, labels, limits)
        while engine.stop_reason is None:
            _score(engine, engine.advance(), training, scores)
            _narrow(engine, scores[:count], tables, n)
            if progress is not None:
                progress(engine)
            if engine.stop_reason is None:
                optimal = [
                    _optimal(engine, score, table[0], n)
                    for score, table in zip(scores, tables, strict=True)
                ]
                if all(optimal[:count]):
                    engine.stop_reason = "optimal"
    return [
        _result(engine, t, chosen, score, table, values, n, limits, solver)
        for t, score, table, values in zip(labellings, scores, tables, labels, strict=True)
    ]


def _fitted(labellings, dsl):
    """The labellings as the DSL reads them, and the DSL that was asked for or fits."""
    chosen, first = dsls.fitted(dsl, labellings[0])
    if first is labellings[0]:
        return chosen, labellings
    # Inputs and training rows are common to all labellings.
    return chosen, [replace(first, labels=t.labels, labelling=t.labelling) for t in labellings]


def _score(engine, rows, training, scores):
    bank = engine.bank
    count = training.shape[1]
    first = rows.start
    while first < rows.stop:
        level = int(np.searchsorted(bank.ends, first, side="right"))
        units = bank.costs[level] >> engine.grammar.shift
        stop = min(first + SCORE_ROWS, bank.ends[level])
        for score, errors in zip(scores, bank.errors(first, stop, training, count), strict=True):
            score.add(units, first, errors)
        first = stop


def _solve(engine, training, scores, limits, progress):
    """Enumerates and solves in turn; returns the `Solver`, the engine's stop reason is set."""
    solver, pace = Solver(engine, training[0]), Pace(engine, limits.seconds)
    while engine.stop_reason is None and not pace.enumerated_enough(solver.best):
        _score(engine, engine.advance(), training, scores)
        if progress is not None:
            progress(engine)
        if engine.stop_reason is None and pace.due():
            solver.solve(pace.over, most_contexts=1)
    if engine.stop_reason != "interrupted":
        solver.solve(pace.over)
    most = 2**61 if engine.most is None else engine.most
    if solver.best is not None and solver.bound >= solver.best[0]:
        engine.stop_reason = "optimal"
    elif engine.interrupted():
        engine.stop_reason = "interrupted"
    elif solver.bound > most and engine.stop_reason != "exhausted":
        engine.stop_reason = "max_bits"
    elif engine.stop_reason is None:
        engine.stop_reason = "seconds"
    engine.close()
    return solver


def _narrow(engine, scores, tables, n):
    """Tells the engine beyond how many bits no program can win any more."""
    if any(score.best is None for score in scores):
        return
    best = max(min(table[0], score.best) for score, table in zip(scores, tables, strict=False))
    bits = best - SAME - codes.PROGRAM_FLAG - np.log2(n + 1)
    engine.narrow(math.ceil(bits * UNIT) / UNIT)


def _optimal(engine, score, table, n):
    """Whether no program that is not yet scored can beat the best total."""
    if engine.stop_reason == "exhausted":
        return True
    if score.best is None:  # the table may well win, but beside a program
        return False
    best = min(table, score.best)
    return engine.certified_bits + codes.PROGRAM_FLAG + np.log2(n + 1) >= best - SAME


def _stop_reason(engine, score, table, n):
    """A twin whose own best is not proven was searched as far as the task's needed."""
    if engine.stop_reason == "optimal" and not _optimal(engine, score, table, n):
        return "structured-optimal"
    return engine.stop_reason


def _result(engine, task, dsl, score, table, labels, n, limits, solver):
    bits, kind = table
    counts = task.counts()
    if solver is None:
        program, best = _best_program(engine, score, labels, n)
    else:
        program, best = _exact_program(engine, solver, score, task)
    total = bits if program is None else min(bits, program.total_bits)
    chance = codes.log2_chance_bound(counts, total)
    uniform = codes.log2_chance_bound_uniform(n, len(task.alphabet), total)
    test = labels[n:]
    most = engine.root.check(task.majority(), "the majority label")
    same = engine.root.coarse(test) == engine.root.coarse(most)
    majority = float(np.mean(same)) if len(test) else None
    return Result(
        task=task.name,
        dsl=dsl.name,
        labelling=task.labelling,
        inputs={name: str(type_) for name, type_ in task.original.types.items()},
        rows={"train": n, "test": task.rows - n, "labels": len(task.alphabet)},
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
        optimal=bool(_optimal(engine, score, bits, n) if solver is None else solver.proven),
        stop_reason=_stop_reason(engine, score, bits, n) if solver is None else engine.stop_reason,
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


def _best_program(engine, score, labels, n):
    """The best program's record, and the program; (None, None) before there is one."""
    if score.best is None:
        return None, None
    ties = score.tied_rows()
    accuracies, chosen = [], None
    for units, wrong, row in ties:
        inverted = _inverted(engine, score, row, labels, n)
        seen = engine.bank.values(row, row + 1)[0, n:]
        agree = engine.root.coarse(seen) == engine.root.coarse(labels[n:])
        accuracies.append((1 - wrong / n, np.mean(agree != inverted) if len(agree) else 0))
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
        test_accuracy=test if n < len(labels) else None,
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
        accuracy = float(np.mean(defined & (values == task.labels[~task.train])))
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
    wrong = int(engine.bank.errors(row, row + 1, labels[None, :n], n)[0, 0])
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


@contextmanager
def _interrupts():
    """Turns the first Ctrl-C into a flag; the second one interrupts as usual."""
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if ignored or threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    pressed = []

    def note(number, frame):
        pressed.append(number)
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)
