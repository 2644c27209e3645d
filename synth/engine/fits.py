"""The `Regression` of a labelling: the sums that were found, with their coefficients."""

import numpy as np

from synth._version import __version__
from synth.codes import real
from synth.records import (
    MOST_POINTS,
    LeastSquares,
    LinearSum,
    Points,
    Regression,
    RoundedFit,
    StopReason,
    source_of,
)


def regression_of(engine, dsl, labelling, ends, settings):
    """The record of a labelling.

    Parameters
    ----------
    engine : Enumerator
        The enumeration, which has ended.
    dsl : DSL
        The DSL.
    labelling : tuple of Task, Task and Target
        The task as it was given and as the DSL reads it, and its labelling with the best sums.
    ends : tuple of float or None
        Up to which bits all sums of two were scored, and all products of two.
    settings : dict
        The settings of the search.
    """
    given, task, target = labelling
    pair_bits, product_bits = ends
    scale = target.scale
    sums = tuple(_sum(engine, target, *found) for found in target.settled)
    constant = _sum(engine, target, target.constant_bits, 0.0, (), target.exceptional)
    program = sums[0] if sums else None
    if program is not None and program.total_bits < target.rival_bits:
        chosen = "program"
    else:
        chosen = "constant" if target.constant_bits < target.table_bits else "table"
    saved = None if program is None else target.rival_bits - program.total_bits
    labels = task.labels[task.train].astype(float)
    certified = engine.certified_bits
    return Regression(
        task=task.name,
        dsl=dsl.name,
        labelling=task.labelling,
        label=task.label,
        inputs={name: str(t) for name, t in given.original.types.items()},
        rows={"train": target.n, "test": task.rows - target.n},
        precision=scale.precision,
        low=float(labels.min()),
        high=float(labels.max()),
        chosen=chosen,
        program=program,
        constant=constant,
        table_bits=target.table_bits,
        bins=target.bins,
        total_bits=min(target.rival_bits, program.total_bits if program else target.rival_bits),
        saved_bits=saved,
        log2_chance_bound=0.0 if saved is None else real.log2_chance(saved),
        **_said(task, {"program": program, "constant": constant}.get(chosen), target.mean),
        certified_bits=certified,
        pair_bits=pair_bits,
        product_bits=product_bits,
        optimal=(certified is None or target.is_proven(certified, 1))
        and (pair_bits is None or target.is_proven(pair_bits, 2))
        and target.is_proven(target.left_out, 2),
        stop_reason=StopReason(engine.stop_reason),
        candidates=engine.candidates,
        distinct=len(engine.bank),
        seconds=engine.seconds,
        top=sums,
        settings={**given.settings, **settings},
        version=__version__,
        source=source_of(given, dsl),
        trained_on=given,
        language_bits=target.language_bits,
        fitted=task,
    )


def _said(task, used, mean):
    """What labels deviate from the hypothesis that is used, in training and held out; points.

    used: a `LinearSum`; None for a histogram, which predicts the mean.
    """
    labels = task.labels.astype(float)
    predicted = np.full(len(labels), mean) if used is None else used.predict(task.columns)
    left, about = labels - predicted, labels - mean
    test = ~task.train & ~task.unknown
    spread = float(np.square(about[test]).sum())
    known = np.flatnonzero(task.train | test)
    some = known[np.linspace(0, len(known) - 1, min(len(known), MOST_POINTS)).round().astype(int)]
    return {
        "points": Points(*(tuple(part[some].tolist()) for part in (predicted, labels, task.train))),
        "train_error": _root_mean_square(left[task.train]),
        "test_error": _root_mean_square(left[test]) if test.any() else None,
        "test_r2": 1 - float(np.square(left[test]).sum()) / spread if spread else None,
    }


def _sum(engine, target, total, bits, programs, exceptional):
    """The `LinearSum` of some programs; exceptional: which labels are exceptions, bool (n,)."""
    values, labels = target.values(engine, programs), target.labels
    line = target.noise(values)[1] if programs and not exceptional.any() else None
    some = ~exceptional
    if line is not None:
        fit = RoundedFit(values, labels, line, target.scale.precision)
        deviation = fit.deviation
    else:
        fit = LeastSquares(values[:, some] if len(values) else values, labels[some])
        deviation = _deviation(fit.rss, int(some.sum()), 1 + len(programs), target.scale)
    return LinearSum.of(
        programs,
        fit,
        deviation,
        bits=bits,
        total_bits=total,
        noise="rounding" if line else "exceptions" if exceptional.any() else "normal",
        exceptions=np.flatnonzero(exceptional).tolist(),
    )


def _deviation(rss, n, coefficients, scale):
    """The standard deviation of noise, at least that of rounding labels to their precision."""
    rounding = scale.precision**2 / 12
    return float(np.sqrt(max(rss / max(n - coefficients, 1), rounding)))


def _root_mean_square(left):
    return float(np.sqrt(np.square(left).mean()))
