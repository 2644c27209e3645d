"""Searches for real labels with noise, in one language or several; many labellings share them.

An enumeration makes the behaviours, `sums` scores each of them and the sums of two, and `inversion`
tries longer programs.
"""

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any, Unpack

import numpy as np

from synth.engine.arguments import DSLLike, TaskLike, alike, loaded
from synth.engine.enumerator import Enumerator
from synth.engine.fits import regression_of
from synth.engine.interrupts import interrupts
from synth.engine.inversion import propose
from synth.engine.limits import Limits, LimitSettings, read_limits, shared
from synth.engine.products import score_products
from synth.engine.scoring import SAME
from synth.engine.sums import Singles, Target, score_pairs
from synth.engine.tails import moved_in, settle
from synth.engine.watch import Watch
from synth.errors import SettingError, TaskError
from synth.language import Bool, checked_columns, load_dsl, numeric_languages
from synth.records import Language, Regression, RegressionContrast, StopReason
from synth.tasks import Task, fit_all, with_real_numbers


def regress(
    task: TaskLike | Sequence[Task],
    dsl: DSLLike | None = None,
    *,
    precision: float | None = None,
    pairs: int = 2000,
    top: int = 10,
    progress: Callable[[Enumerator], Any] | None = None,
    spent: float = 0.0,
    **limits: Unpack[LimitSettings],
) -> list[Regression]:
    """Find the program, or the sum of two, that says real labels in the fewest bits, with noise.

    Programs are enumerated in order of bits.  Each is scored as a + b f, and then the sums
    a + b f + c g of any two of the cheapest.  Longer programs of some shapes are tried, which no
    claim covers.  Coefficients are those of least squares on the training rows.  The rivals are a
    constant with noise and a histogram.

    Parameters
    ----------
    task : Task, str, path or sequence of Task
        A task, or several that differ only in their labels, such as a task and its permuted twins:
        they are scored in one enumeration, which ends by a proof only if all are proven.  A DSL of
        Real numbers reads Int and Bool columns, and Int labels, as Real.
    dsl : DSL, str or path, optional
        A DSL of numbers or its specification.  By default `real` and `real:functions=true` are
        searched, each with an equal share of programs and seconds.  A program is charged the
        `language_bits` that say in which of them it is, and the result is that of the shorter one.
    precision : float, optional
        The step of which labels are multiples; by default the place of their last decimal.
    pairs : int
        Among how many of the cheapest behaviours to seek sums of two, and longer programs; or 0.
    top : int
        How many of the best sums to list.
    progress : callable, optional
        Called with the `Enumerator` after every band.
    spent : float
        Seconds that were spent before, such as for reading a table; they count for `seconds`.
    **limits
        See `Limits`.

    Returns
    -------
    list of Regression
        One for each task.

    Raises
    ------
    SettingError
        If a setting is wrong, or all training labels are equal to this precision.
    TaskError
        If labels are no numbers, the task is a sequence, or the tasks differ in rows or types.
    DSLError
        If no DSL fits.

    Examples
    --------
    >>> from synth import Real, Task
    >>> x, z = np.random.default_rng(0).uniform(1, 3, (2, 60)).round(2)
    >>> labels = np.round(x * z + 0.5 * x, 2)
    >>> made = Task("product", {"x": x, "z": z}, {"x": Real, "z": Real}, labels, Real)
    >>> found, twin = regress([made, made.permuted()], max_bits=16)
    >>> found.chosen, found.program.text, twin.chosen
    ('program', '0.5 * x + 0.9999 * (x * z)', 'table')
    """
    for name, value, least in (("pairs", pairs, 0), ("top", top, 1)):
        if not isinstance(value, (int, np.integer)) or value < least:
            raise SettingError(f"{name}={value!r}; allowed: {least} and more")
    given = [loaded(task)] if isinstance(task, (Task, str, os.PathLike)) else alike(list(task))
    name, label_type = given[0].name, given[0].label_type
    if given[0].sequence is not None:
        raise TaskError(f"task {name}: a sequence has no normal noise; use search or contrast")
    if label_type.family not in ("Int", "Real") or label_type == Bool:
        raise TaskError(f"task {name}: labels of {label_type}; allowed: Int and Real")
    specs: list[DSLLike] = [dsl] if dsl is not None else [*numeric_languages()]
    limits_of_all, each = read_limits(dict(limits)), []
    asked = {"precision": precision, "pairs": int(pairs), "top": int(top)}
    made = [Target(each, precision, int(top), math.log2(len(specs))) for each in given]
    targets = [(target, moved_in(target)) for target in made]
    for k, spec in enumerate(specs):
        own = Limits(**shared(limits_of_all, len(specs), len(specs) - k, spent))
        found = _in_language((given, targets), spec, (own, spent), progress, asked)
        each.append([replace(f, settings={**f.settings, **asdict(limits_of_all)}) for f in found])
        if found[0].stop_reason == StopReason.INTERRUPTED:
            break
        spent = found[0].seconds
        targets = [(one.anew(), two and two.anew()) for one, two in targets]
    if dsl is not None:
        return each[0]
    return [_won(results, len(specs)) for results in zip(*each, strict=True)]


def _in_language(labellings, spec, limits, progress, asked):
    """The `Regression` of each labelling in one language.

    labellings: the tasks and their targets, each beside what is scored for its exceptions, or None;
    limits: those of the language, and seconds spent.
    """
    (given, both), (settings, spent) = labellings, limits
    targets, every = [one for one, _ in both], [each for pair in both for each in pair if each]
    dsl = load_dsl(spec, (*given[0].types.values(), given[0].label_type))
    fitted = fit_all(dsl, [with_real_numbers(dsl, each) for each in given])
    grammar, first = fitted[0].grammar, fitted[0].task
    order = np.argsort(~first.train, kind="stable")
    columns = checked_columns(grammar, {n: column[order] for n, column in first.columns.items()})
    with interrupts() as interrupted:
        half = settings.seconds and (settings.seconds + spent) / 2  # sums take what is left
        watch = Watch(settings, interrupted, spent)
        sooner = Watch(replace(settings, seconds=half), interrupted, spent)
        engine = Enumerator(grammar, columns, fitted[0].root, sooner)
        singles = Singles(engine, every)
        while engine.stop_reason is None:
            before, rows = engine.frontier, engine.advance()
            if not singles.score(rows, watch.is_late):  # then this band is not certified
                engine.frontier, engine.stop_reason = before, watch.reason(engine.candidates)
            if progress is not None:
                progress(engine)
            certified = engine.certified_bits
            if certified is not None and all(t.is_proven(certified, 1) for t in targets):
                engine.stop_reason = engine.stop_reason or StopReason.OPTIMAL
        engine.close()
        pairs = asked["pairs"]
        sums = score_pairs(engine, every, pairs, watch.is_late)
        ends = sums, score_products(engine, every, pairs**2 // 4, watch.is_late)
        propose(engine, every, pairs**2 // 2, watch.is_late)
        for target, beside in both:
            settle(engine, target, beside)
        if interrupted():
            engine.stop_reason = StopReason.INTERRUPTED
    return [
        regression_of(engine, fitted[0].dsl, (made, each.task, target), ends, asked)
        for made, each, target in zip(given, fitted, targets, strict=True)
    ]


def _won(results, count):
    """The result of the language whose program is the shortest, with what all of them are."""
    best = min(results, key=lambda r: math.inf if r.program is None else r.program.total_bits)
    # A search that went on from another says `optimal` of both.
    proven = len(results) == count and all(r.optimal for r in results)
    stopped = StopReason.INTERRUPTED in [r.stop_reason for r in results]
    begun = [
        Language(r.dsl, r.program and r.program.total_bits, r.certified_bits, r.stop_reason,
                 r.candidates)
        for r in results
    ]  # fmt: skip
    left = numeric_languages()[len(results) :]
    begun += [Language(name, None, 0.0, StopReason.INTERRUPTED, 0) for name in left]
    return replace(
        best,
        optimal=proven,
        stop_reason=StopReason.INTERRUPTED if stopped else best.stop_reason,
        seconds=results[-1].seconds,
        languages=tuple(begun),
    )


def regress_contrast(
    task: TaskLike, dsl: DSLLike | None = None, *, twins: int = 19, seed: int = 0, **settings: Any
) -> RegressionContrast:
    """Search for a task with real labels and for permuted twins, in one enumeration.

    Parameters
    ----------
    task, dsl
        As `regress` takes them.
    twins : int
        How many twins there are, 1 or more.
    seed : int
        The seed of the first twin; those of the others follow.
    **settings
        Further arguments of `regress`.

    Raises
    ------
    SettingError, TaskError, DSLError
        As in `regress`.
    """
    if not isinstance(twins, (int, np.integer)) or twins < 1:
        raise SettingError(f"twins={twins!r}; allowed: 1 and more")
    task = loaded(task)
    made = [task.permuted(seed + k) for k in range(twins)]
    found, *others = regress([task, *made], dsl, **settings)
    saved = tuple(other.saved_bits for other in others)
    return RegressionContrast(found, others[0], saved, rank(found.saved_bits, saved))


def rank(saved: float | None, others: Sequence[float | None]) -> float:
    """The share of all labellings that save at least as many bits as the first, itself included.

    Parameters
    ----------
    saved : float or None
        What the first labelling saves; None if it has no program.
    others : sequence of float or None
        What the others save.
    """
    first, *rest = (-np.inf if each is None else each for each in (saved, *others))
    return (1 + sum(each >= first - SAME for each in rest)) / (1 + len(rest))
