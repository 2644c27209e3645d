"""Sums whose noise has exceptions: which labels of the best sums are stated one by one.

All sums are scored with normal noise, which one label far from all others can spoil.  So if a
constant is shorter with exceptions, the labels are scored once more beside themselves, each one
moved to the nearest label that is no exception.  The best sums of both lists may then have
exceptions, each its own.
"""

import numpy as np

from synth.codes import real
from synth.codes.real_exceptions import exceptional
from synth.errors import SettingError
from synth.records import LeastSquares


def moved_in(target):
    """The labelling with its exceptions moved to the nearest other label, or None.

    It is None if a constant has no exceptions, or if all labels are then equal.
    """
    if not target.exceptional.any():
        return None
    others = target.labels[~target.exceptional]
    try:
        return target.with_labels(np.clip(target.labels, others.min(), others.max()))
    except SettingError:
        return None


def settle(engine, target, beside):
    """List the best sums, each with the noise that costs least: `target.settled`.

    Entries are (total, bits, programs, exceptions), the last bool (n,).

    beside: what `moved_in` made of the labelling, with its own best sums; or None.
    """
    none, found, seen = np.zeros(target.n, bool), [], set()
    for _, bits, programs in [*target.best, *([] if beside is None else beside.best)]:
        if frozenset(programs) in seen:
            continue
        seen.add(frozenset(programs))
        values = target.values(engine, programs)
        normal = bits + target.noise(values)[0]
        total, some = with_exceptions(target, values, bits)
        found.append((normal, bits, programs, none) if normal <= total else
                     (total, bits, programs, some))  # fmt: skip
    target.settled = sorted(found, key=lambda entry: entry[:2])[: target.listed]
    target.won = min([target.won, *(entry[0] for entry in target.settled[:1])])


def with_exceptions(target, values, bits):
    """The total of a sum whose noise has exceptions, and which; inf if none pays.

    values: those of the programs, (terms, n); bits: theirs.
    """
    scale, labels = target.scale, target.labels
    some = exceptional(values, labels, scale.precision, scale.cells)
    if not some.any() or not _is_independent(values[:, ~some]):
        return np.inf, some
    rss = LeastSquares(values[:, ~some], labels[~some]).rss
    about = real.squares(labels[~some], scale)
    terms = [0.0] * len(values)
    total = real.program_total(terms, rss, about, target.n, scale, exceptions=int(some.sum()))
    return float(bits + target.language_bits + total), some


def _is_independent(values):
    """Whether no column is constant or a multiple of another, by far more than rounding."""
    left = values - values.mean(axis=1, keepdims=True)
    lengths = np.sqrt(np.square(left).sum(axis=1))
    if not (lengths > 1e-9 * np.abs(values).max(axis=1)).all():
        return False
    left /= lengths[:, None]
    return len(left) < 2 or abs(float(left[0] @ left[1])) < 1 - 1e-9
