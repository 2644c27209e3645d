"""Rules over tables of numbers: comparisons with thresholds, joined by and, or and not.

Every column of numbers becomes comparisons such as `alcohol < 12.8`, and so do sums of a few
columns, such as `alcohol + ash < 14.1`; columns of truth values stay as they are.  The thresholds
of a column are at quantiles of the training rows, between two neighbouring values, and do not
depend on labels.  A comparison with a missing number is false.  The bits of a comparison name three
things: how many columns are summed (sums of r columns have twice the probability of sums of r + 1),
which columns, and which threshold (log2 of the number of thresholds).
"""

from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np

from synth.errors import SettingError, TaskError
from synth.language.columns import TypedColumns
from synth.language.comparisons import NUMBERS, expressed, groups_of, meanings_of, refuse_others
from synth.language.dsl import DSL
from synth.language.types import Bool

#: The most comparisons that `most` may allow: the engine numbers productions with 16 bits.
MOST = 65_000
DEFAULT_MOST = 20_000
#: More different whole numbers than this are a numeric label: a message asks for a threshold.
MANY_NUMBERS = 12


def fits(types):
    """Whether all types are numbers or Bool, at least one of them Real."""
    families = {t.family for t in types}
    return "Real" in families and families <= {*NUMBERS, "Bool"}


def build(types=(), thresholds: int = 8, sums: int | None = None, most: int = DEFAULT_MOST):
    """The DSL of comparisons.

    Parameters
    ----------
    types : sequence of Type
        Not used.
    thresholds : int
        The most thresholds of a column or a sum, 1..1000.
    sums : int, optional
        The most columns in a sum, 1..3.  By default 2, or 1 if sums of 2 would make more than
        `most` comparisons; the settings of a result say which.
    most : int
        The most comparisons, 1..65,000.

    Raises
    ------
    SettingError
        If a setting is outside its range.
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
    """Replace columns of numbers by comparisons, with the weights that give them their bits.

    Parameters
    ----------
    given : TypedColumns
        The columns of a task.
    thresholds, sums, most
        As `build` takes them.

    Returns
    -------
    TypedColumns

    Raises
    ------
    TaskError
        If the labels do not have two values, a column is Complex, all columns are constant on
        the training rows, or there would be more than `most` comparisons.
    """
    if given.label_type != Bool:
        raise TaskError(_about_labels(given))
    refuse_others(given, "features")
    if all(t == Bool for t in given.types.values()):
        return given
    groups = groups_of(given, thresholds, 2 if sums is None else sums, most)
    if groups is None and sums is None:
        groups = groups_of(given, thresholds, 1, most)
    if groups is None:
        numbers = sum(t.family in NUMBERS for t in given.types.values())
        raise TaskError(
            f"task {given.name}: sums of {sums or 1} of {numbers} columns make more than "
            f"{most} comparisons; allowed: fewer sums or thresholds, or most={MOST} at most"
        )
    if not groups:
        raise TaskError(f"task {given.name}: all columns are constant on the training rows")
    columns = expressed(groups, given.columns)
    if len(columns) < sum(len(texts) for _, _, texts in groups):
        raise TaskError(f"task {given.name}: two columns make the same comparison; rename one")
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
        express=partial(expressed, groups),
        meanings=meanings_of(groups, given),
    )


def _weights(groups):
    """The share of each comparison among the leaves, as an exact fraction."""
    sets = {}
    for names, _, _ in groups:
        sets[len(names)] = sets.get(len(names), 0) + 1
    orders = sum(Fraction(1, 2**r) for r in sets)
    return {
        text: Fraction(1, 2 ** len(names)) / orders / sets[len(names)] / len(texts)
        for names, _, texts in groups
        for text in texts
    }


def _about_labels(given):
    """What to do if the labels do not have two values."""
    values = given.label_values
    shown = ", ".join(values[:4]) + ", ..." * (len(values) > 4)
    family, name = given.label_type.family, given.label
    such = {"Real": ", such as real", "Int": ", such as integer"}.get(family, "")
    what, way = "labels", f"compare one value with all others with --label {name}={values[0]}"
    if family == "Real" or (family == "Int" and len(values) > MANY_NUMBERS):
        what = "different numbers as labels"
        way = f"ask for a threshold with --label '{name}>={values[len(values) // 2]}'"
    return (
        f"task {given.name}: {len(values)} {what} ({shown}); the features DSL needs two: {way}, or "
        f"give a DSL for {given.label_type} labels with --dsl{such}"
    )
