"""Rules over tables: tests of single columns, joined by and, or, not and choice.

A test is `age < 64`, `colour=red` or `age is missing`; columns of truth values stay as they are.
Its bits name the column (log2 of the number of columns) and the test of this column (log2 of their
number).  The tests that one text column or one date became count as tests of one column.  The
thresholds of a column are at quantiles of the training rows, between two neighbouring values, and
do not depend on labels: 16 below 250 training rows, 32 up to 600, and 64 above.  A comparison
with a missing number is false.  With `ratios`, tests are also of the difference and the ratio of
two columns of one unit, as in `length / width < 1.5`; these count as columns, and differences are
compared with 0 too.  So do two lists of
tests: that one such column is below the sum of two others, or each of three is; and that one equals
another or such a sum, or that all or some two of three are equal.  With `residues`, tests are also
of the remainders of whole numbers, as in `year % 4 = 0`.  A choice says one of two conditions as a
third decides, so that a tree or a list of rules names each of its tests once.
"""

from dataclasses import replace
from fractions import Fraction
from functools import partial
from types import MappingProxyType

import numpy as np

from synth.errors import DSLError, SettingError, TaskError
from synth.language.columns import TypedColumns
from synth.language.comparisons import (
    NUMBERS,
    expressed,
    groups_of,
    meanings_of,
    meanings_of_pairs,
    meanings_of_relations,
    meanings_of_residues,
    pairs_of,
    refuse_others,
    related,
    relations_of,
    remaining,
    residues_of,
    types_of_pairs,
    widened,
)
from synth.language.dsl import DSL
from synth.language.types import Bool

#: The thresholds of a column by the training rows: of at least so many rows, so many.
GRID = ((600, 64), (250, 32), (0, 16))


#: The most whole numbers, from the least label to the largest, that can be labels.
MOST_NUMBERS = 32
#: The most different numbers that are labels if they are named, and the fewest training rows of
#: each on average.
MOST_NAMED, LEAST_ROWS = 16, 3
#: The thresholds of the language with more of them, and the most columns of numbers that it takes.
FINE, FINE_COLUMNS = 128, 8
#: The most columns of whole numbers of the language with remainders.
WHOLE_COLUMNS = 4
#: The most tests: the engine numbers productions with 16 bits.
MOST = 65_000


def fits(types):
    """Never: the language is for tables, and `languages` names it."""
    return False


def build(
    types=(),
    thresholds: int | None = None,
    ratios: bool = False,
    residues: bool = False,
    labels: tuple = (),
):
    """The DSL of rules.

    Parameters
    ----------
    types : sequence of Type
        The types of the task's columns and labels.  Labels that are whole numbers are constants,
        between which a choice decides, as between names.
    thresholds : int, optional
        The most thresholds of a column, 1..1000.  By default 16, 32 or 64.
    ratios : bool
        Adds tests of differences and ratios of columns of one unit: whose medians are above 0 and
        differ by a factor of 4 at most.  Compares these also with one another, and with sums of
        two others, if they are at most 8.
    residues : bool
        Adds tests of the remainders of whole numbers by 2 to 12, 100 and 400.
    labels : tuple of float, optional
        The numbers that labels can be.  By default all whole numbers of their range.

    Raises
    ------
    SettingError
        If the number of thresholds is outside its range, or both ratios and residues are asked for.
    DSLError
        If labels are numbers of too wide a range, or have fractions, and are not named.
    """
    if thresholds is not None and not 1 <= thresholds <= 1000:
        raise SettingError(f"rules: thresholds={thresholds}; allowed: 1..1000")
    if ratios and residues:
        raise SettingError("rules: ratios and residues; allowed: one of them")
    given = [f"thresholds={thresholds}" * (thresholds is not None), "ratios=true" * ratios]
    given += ["residues=true" * residues, _said(labels)]
    name = ":".join(filter(None, ["rules", ",".join(filter(None, given))]))
    label = types[-1] if types else Bool
    if label.family == "Int" and label.size > MOST_NUMBERS and not labels:
        raise DSLError(f"labels of {label}; the rules DSL takes {MOST_NUMBERS} whole numbers")
    if label.family == "Real" and not labels:
        raise DSLError(f"labels of {label}; the rules DSL needs them named: labels=1.5/2.5")
    dsl = DSL(name, types=(Bool,), description=__doc__)
    two = "Bool, Bool -> Bool"
    dsl.add(np.logical_and, two, name="and_", symbol="&", commutative=True)
    dsl.add(np.logical_or, two, name="or_", symbol="|", commutative=True)
    dsl.add(np.logical_not, "Bool -> Bool", name="not_", symbol="~")
    dsl.add(np.where, "Bool, Bool, Bool -> Bool", name="ite")
    if label.family in ("Int", "Real"):
        dsl.types.append(label)
        dsl.add(np.where, f"Bool, {label}, {label} -> {label}", name="where")
        for value in labels or range(int(label.low), int(label.high) + 1):
            dsl.constant(value, label)
    return dsl


def for_numbers(given: TypedColumns) -> list[str]:
    """The DSL for labels that are numbers, as a specification: they are named if they are few.

    Parameters
    ----------
    given : TypedColumns
        The columns of the table.

    Returns
    -------
    list of str
        Empty if labels are too many different numbers.
    """
    label, values = given.label_type, sorted(map(float, given.label_values))
    if label.family == "Int" and label.size <= MOST_NUMBERS:
        return ["rules"]
    if len(values) > min(MOST_NAMED, int(given.train.sum()) // LEAST_ROWS):
        return []
    return [f"rules:{_said(values)}"]


def finer(given: TypedColumns, spec: str = "rules") -> list[str]:
    """The same DSL with more thresholds, as a specification, if some column has more values.

    An exact limit, such as the 65 years of a pension, is seldom a quantile.

    Parameters
    ----------
    given : TypedColumns
        The columns of the table.
    spec : str
        The DSL.

    Returns
    -------
    list of str
        Empty if there would be no more thresholds, or if there are many columns of numbers.
    """
    usual = thresholds_of(given)
    held = [given.columns[n][given.train] for n, t in given.types.items() if t.family in NUMBERS]
    more = any(len(np.unique(column[~np.isnan(column)])) > usual + 1 for column in held)
    if not more or len(held) > FINE_COLUMNS:
        return []
    return [_with_setting(spec, f"thresholds={FINE}")]


def with_residues(given: TypedColumns, spec: str = "rules") -> list[str]:
    """The same DSL with remainders, as a specification, if some column has any; see `finer`.

    With more than `WHOLE_COLUMNS` columns of whole numbers it would be slow, and such numbers are
    seldom ones of which remainders say something.
    """
    whole = [n for n, t in given.types.items() if t.family == "Int"]
    if len(whole) > WHOLE_COLUMNS or not residues_of(given):
        return []
    return [_with_setting(spec, "residues=true")]


def _with_setting(spec, setting):
    name, colon, settings = spec.partition(":")
    return f"{name}:{setting}{',' * bool(colon)}{settings}"


def thresholds_of(given: TypedColumns) -> int:
    """The most thresholds of a column by default, by the number of training rows."""
    n = int(given.train.sum())
    return next(most for rows, most in GRID if n >= rows)


def _said(labels):
    """The setting that names labels; empty without labels."""
    return (
        f"labels={'/'.join(f'{value!r}'.removesuffix('.0') for value in labels)}" if labels else ""
    )


def prepare(
    given: TypedColumns,
    thresholds: int | None = None,
    ratios: bool = False,
    residues: bool = False,
    labels: tuple = (),
) -> TypedColumns:
    """Replace columns of numbers by comparisons, with the weights that give tests their bits.

    Parameters
    ----------
    given : TypedColumns
        The columns of a task.
    thresholds, ratios, residues, labels
        As `build` takes them.

    Returns
    -------
    TypedColumns

    Raises
    ------
    TaskError
        If a column is Complex, all columns are constant on the training rows, or ratios are asked
        for and no two columns are of one unit, or residues and there are none.
    """
    refuse_others(given, "rules")
    if residues:
        return _with_residues(given, thresholds)
    return _with_ratios(given, thresholds) if ratios else _with_tests(given, thresholds)


def _with_tests(given, thresholds, together=MappingProxyType({}), differences=()):
    """Comparisons of columns.

    together: of columns that count as one, by their names, what they are together; differences:
    the names of those that are differences.
    """
    if thresholds is None:
        thresholds = thresholds_of(given)
    groups = groups_of(given, thresholds, 1, MOST, differences)
    if groups is None:
        raise TaskError(f"task {given.name}: more than {MOST} tests; allowed: fewer thresholds")
    if not groups:
        raise TaskError(f"task {given.name}: all columns are constant on the training rows")
    return replace(
        given,
        columns=expressed(groups, given.columns),
        types=dict.fromkeys((text for *_, texts in groups for text in texts), Bool),
        settings={"thresholds": thresholds, "tests": sum(len(texts) for *_, texts in groups)},
        weights=_weights(groups, together),
        express=partial(expressed, groups),
        meanings=meanings_of(groups, given),
    )


def _with_ratios(given, thresholds):
    """Comparisons of columns, and of differences and ratios as if they were columns."""
    pairs = pairs_of(given)
    if not pairs:
        raise TaskError(f"task {given.name}: no two columns of numbers are of one unit")
    relations = relations_of(pairs, given)
    columns = widened(pairs, given.columns) | related(relations, given.columns)
    types = given.types | types_of_pairs(pairs, given) | dict.fromkeys(relations, Bool)
    every = replace(given, columns=columns, types=types)
    signs = {name: sign for name, (sign, *_) in relations.items()}
    differences = {name for name, (sign, *_) in pairs.items() if sign == "-"}
    found = _with_tests(every, thresholds, signs, differences)
    meanings = meanings_of_pairs(pairs, given, found.meanings)
    return replace(
        found,
        express=partial(_expressed, pairs, relations, found.express),
        meanings=meanings | meanings_of_relations(relations, given),
    )


def _with_residues(given, thresholds):
    """Comparisons of columns, and tests of the remainders of whole numbers."""
    residues = residues_of(given)
    if not residues:
        raise TaskError(f"task {given.name}: no column of whole numbers has remainders")
    made, divisors = _with_tests(given, thresholds), {}
    for name, (column, divisor, _) in residues.items():
        divisors.setdefault(column, {}).setdefault(divisor, []).append(name)
    # Columns have equal shares, and what one text became shares that of the text.
    before = len({source_of(name) for name in given.types})
    count = before + len(divisors)
    weights = {name: share * before / count for name, share in made.weights.items()}
    for each in divisors.values():
        for names in each.values():
            weights |= dict.fromkeys(names, Fraction(1, count * len(each) * len(names)))
    return replace(
        made,
        columns=dict(made.columns) | remaining(residues, given.columns),
        types=dict(made.types) | dict.fromkeys(residues, Bool),
        settings=made.settings | {"tests": len(weights)},
        weights=weights,
        express=partial(_with_remaining, residues, made.express),
        meanings=dict(made.meanings) | meanings_of_residues(residues, given),
    )


def _with_remaining(residues, express, columns):
    """The comparisons and the remainders of unseen rows."""
    return express(columns) | remaining(residues, columns)


def _expressed(pairs, relations, express, columns):
    """The comparisons of unseen rows."""
    return express(widened(pairs, columns) | related(relations, columns))


def _weights(groups, together):
    """The share of each test among the leaves: equal for columns, and for the tests of each."""
    tests = {}
    for (name, *_), _, texts in groups:
        tests.setdefault(together.get(name) or source_of(name), []).extend(texts)
    return {
        text: Fraction(1, len(tests) * len(texts)) for texts in tests.values() for text in texts
    }


def source_of(name):
    """The column of a table that an input was made of: `colour` for `colour=red`."""
    for mark in (" is missing", "="):
        source, found, rest = name.partition(mark)
        # A comparison sign belongs to a name that its table has.
        if found and source and source[-1] not in "<>!" and not rest.startswith("="):
            return source
    return name
