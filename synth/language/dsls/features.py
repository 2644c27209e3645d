"""Rules over tables of numbers: comparisons with thresholds, joined by and, or and not.

Every column of numbers becomes comparisons such as `alcohol < 12.8`, and so do sums of
few columns, `alcohol + ash < 14.1`; columns of truth values stay as they are.  The
thresholds of a column lie at quantiles of the training rows, between two neighbouring
values, and labels have no part in them.  A comparison costs what it takes to name how
many columns are summed (r of them have twice the probability of r + 1), then which
columns, then which threshold: log2 of how many thresholds there are.
"""

import itertools
import math
from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal, localcontext
from fractions import Fraction
from functools import lru_cache, partial

import numpy as np

from synth.errors import SettingError, TaskError
from synth.language.columns import TypedColumns
from synth.language.dsl import DSL
from synth.language.types import Bool, Real

#: The most comparisons that can be asked for: the engine numbers what makes programs
#: with 16 bits.
MOST = 65_000
DEFAULT_MOST = 20_000

NUMBERS = ("Real", "Int", "Mod")


def fits(types):
    families = {t.family for t in types}
    return "Real" in families and families <= {*NUMBERS, "Bool"}


def build(types=(), thresholds: int = 8, sums: int | None = None, most: int = DEFAULT_MOST):
    """The DSL of comparisons; thresholds: of a column or a sum, at most.

    sums: of how many columns at most, 1..3; unless given 2, or 1 where sums of 2 would
    make more than `most` comparisons.  The settings in a result say which.
    """
    for key, value, high in (
        ("thresholds", thresholds, 1000),
        ("sums", sums, 3),
        ("most", most, MOST),
    ):
        if value is not None and not 1 <= value <= high:
            raise SettingError(f"features: {key}={value}; allowed: 1..{high}")
    given = {"thresholds": thresholds, "sums": sums}
    given["most"] = None if most == DEFAULT_MOST else most
    name = ",".join(f"{k}={v}" for k, v in given.items() if v is not None)
    dsl = DSL(f"features:{name}", types=(Bool,), description=__doc__)
    two = "Bool, Bool -> Bool"
    dsl.add(np.logical_and, two, name="and_", symbol="&", commutative=True)
    dsl.add(np.logical_or, two, name="or_", symbol="|", commutative=True)
    dsl.add(np.logical_not, "Bool -> Bool", name="not_", symbol="~")
    return dsl


def prepare(
    given: TypedColumns,
    thresholds: int = 8,
    sums: int | None = None,
    most: int = DEFAULT_MOST,
) -> TypedColumns:
    """Columns of comparisons instead of numbers, and the weights that price them.

    Raises TaskError where the labels are not of two values, a column is Complex, no
    column differs among the training rows, or there would be more than `most`
    comparisons.
    """
    if given.label_type != Bool:
        raise TaskError(_about_labels(given))
    for name, type_ in given.types.items():
        if type_ != Bool and type_.family not in NUMBERS:
            raise TaskError(f"column {name} is {type_}; features takes {', '.join(NUMBERS)}, Bool")
    if all(t == Bool for t in given.types.values()):
        return given
    groups = _groups(given, thresholds, 2 if sums is None else sums, most)
    if groups is None and sums is None:
        groups = _groups(given, thresholds, 1, most)
    if groups is None:
        numbers = sum(t.family in NUMBERS for t in given.types.values())
        raise TaskError(
            f"task {given.name}: sums of {sums or 1} of {numbers} columns make more than "
            f"{most} comparisons; allowed: fewer sums or thresholds, or most={MOST} at most"
        )
    if not groups:
        raise TaskError(f"task {given.name}: no column differs among the training rows")
    columns = _expressed(groups, given.columns)
    if len(columns) < sum(len(texts) for _, _, texts in groups):
        raise TaskError(f"task {given.name}: two columns make one comparison; rename one of them")
    made = {
        "thresholds": thresholds,
        "sums": max(len(names) for names, _, _ in groups),
        "comparisons": len(columns),
    }
    return replace(
        given,
        columns=columns,
        types=dict.fromkeys(columns, Bool),
        settings=made,
        weights=_weights(groups),
        express=partial(_expressed, groups),
    )


def quantile_thresholds(values, most):
    """At most `most` numbers that part the values, finite (n,), at their quantiles.

    Each stands between two neighbouring values, above the one and at most the other,
    where the share of rows below is nearest to j / (most + 1) for some j = 1..most.
    """
    distinct, counts = np.unique(values, return_counts=True)
    below = np.cumsum(counts)[:-1]
    cuts = np.arange(len(below))
    if len(cuts) > most:
        wanted = len(values) * np.arange(1, most + 1)
        cuts = np.unique(np.argmin(np.abs(below * (most + 1) - wanted[:, None]), axis=1))
    return [separating(*distinct[c : c + 2].tolist()) for c in cuts]


@lru_cache(maxsize=2**16, typed=True)
def separating(low, high):
    """The middle of two numbers, with as few digits as stay above `low`, at most `high`.

    Between whole numbers (int) it is one too.
    """
    with localcontext(prec=2000):  # more digits than any sum of two floats has
        low_, high_ = Decimal(low), Decimal(high)
        middle, exponent = (low_ + high_) * Decimal("0.5"), (high_ - low_).adjusted() - 1
        if middle:
            exponent = max(exponent, middle.adjusted())
        if isinstance(low, int):
            exponent = max(exponent, 0)
        while True:
            unit = Decimal(1).scaleb(exponent)
            down = middle.scaleb(-exponent).to_integral_value(ROUND_FLOOR) * unit
            between = [c for c in (down + unit, down) if low < float(c) <= high]
            if between:
                return float(min(between, key=lambda c: abs(c - middle)))
            exponent -= 1


def _groups(given, thresholds, sums, most):
    """(columns, thresholds, names) of every column and sum; None where they are too many.

    A column of truth values has no thresholds, None, and its own name.
    """
    groups = [((n,), None, (n,)) for n, t in given.types.items() if t == Bool]
    trained = {
        n: given.columns[n][given.train] for n, t in given.types.items() if t.family in NUMBERS
    }
    # A column that is constant changes no sum.
    trained = {n: column for n, column in trained.items() if (column != column[0]).any()}
    held = len(groups)
    if held + sum(math.comb(len(trained), r) for r in range(1, sums + 1)) > most:
        return None
    for r in range(1, sums + 1):
        for names in itertools.combinations(trained, r):
            values = _sum(trained, names)
            found = quantile_thresholds(values[np.isfinite(values)], thresholds)
            held += len(found)
            if found:
                texts = tuple(f"{' + '.join(names)} < {_text(t)}" for t in found)
                groups.append((names, tuple(found), texts))
            if held > most:
                return None
    return groups


def _sum(columns, names):
    first, *rest = (columns[n] for n in names)
    if not rest:
        return first
    with np.errstate(over="ignore", invalid="ignore"):
        total = sum(rest, first)
    # 0.1 + 0.2 is to be 0.3, or a threshold could fall between the two.
    return Real.coarse(total) if total.dtype.kind == "f" else total


def _expressed(groups, columns):
    """The comparisons of typed columns (rows,), by name: bool (rows,)."""
    made = {}
    for names, thresholds, texts in groups:
        if thresholds is None:
            made[texts[0]] = columns[names[0]]
            continue
        total = _sum(columns, names)
        for threshold, text in zip(thresholds, texts, strict=True):
            made[text] = total < threshold
    return made


def _weights(groups):
    """The share of each comparison among the leaves, an exact fraction."""
    sets = {}
    for names, _, _ in groups:
        sets[len(names)] = sets.get(len(names), 0) + 1
    orders = sum(Fraction(1, 2**r) for r in sets)
    return {
        text: Fraction(1, 2 ** len(names)) / orders / sets[len(names)] / len(texts)
        for names, _, texts in groups
        for text in texts
    }


def _text(number):
    return str(int(number)) if number.is_integer() and abs(number) < 10**15 else repr(number)


def _about_labels(given):
    """What to do where labels are not of two values."""
    values = given.label_values
    shown = ", ".join(values[:4]) + ", ..." * (len(values) > 4)
    such = {"Real": ", such as real", "Int": ", such as integer"}.get(given.label_type.family, "")
    return (
        f"task {given.name}: {len(values)} labels ({shown}); features needs two: make one value "
        f"the label against all others with --label {given.label}={values[0]}, or give a DSL "
        f"for {given.label_type} labels with --dsl{such}"
    )
