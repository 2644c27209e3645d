"""Comparisons of columns of numbers with thresholds, for DSLs whose inputs are such conditions.

The thresholds of a column are at quantiles of the training rows, between two neighbouring values,
and do not depend on labels.
"""

import itertools
import math
from dataclasses import replace
from functools import reduce

import numpy as np

from synth.errors import TaskError
from synth.language.meaning import Term, column, constant, substituted
from synth.language.thresholds import around_zero, quantile_thresholds
from synth.language.types import INT_LIMIT, Bool, Int, Real, rounded

#: The families of types that are numbers with an order.
NUMBERS = ("Real", "Int", "Mod")
#: By which factor typical values of columns of one unit may differ, and the most pairs of them.
ALIKE, MOST_PAIRS = 4, 66
#: What parts of dates, and places of letters, count from is a convention: they have no ratios.
POINTS = ("year", "month", "day", "hour", "minute", "date", "time", "place")
#: What whole numbers are divided by in tests of their remainders: of years too.
DIVISORS = (*range(2, 13), 100, 400)
#: The most columns of which one is compared with the sum of two others: 8 make 364 comparisons.
MOST_RELATED = 8


def refuse_others(given, name):
    """Raise TaskError if a column is neither of numbers nor of truth values.

    given: `TypedColumns`; name: that of the DSL, for the message.
    """
    for what, type_ in given.types.items():
        if type_ != Bool and type_.family not in NUMBERS:
            allowed = ", ".join((*NUMBERS, "Bool"))
            raise TaskError(f"column {what} is {type_}; the {name} DSL takes {allowed}")


def groups_of(given, thresholds, sums, most, differences=()):
    """The comparisons of columns and of sums of columns with thresholds.

    Parameters
    ----------
    given : TypedColumns
        The columns, of numbers and of truth values.
    thresholds : int
        The most thresholds of a column or a sum.
    sums : int
        The most columns in a sum, 1 or more.
    most : int
        The most comparisons.
    differences : collection of str
        The columns that are differences: they are compared with 0 too.

    Returns
    -------
    list of (tuple of str, tuple of float or None, tuple of str), or None
        The columns of each sum, its thresholds, and the names of the comparisons.  A column of
        truth values keeps its name and has None for its thresholds.  None if there would be more
        than `most` comparisons.
    """
    groups = [((n,), None, (n,)) for n, t in given.types.items() if t == Bool]
    trained = {
        n: given.columns[n][given.train] for n, t in given.types.items() if t.family in NUMBERS
    }
    # A constant column would not change the order of any sum.
    trained = {n: column for n, column in trained.items() if np.unique(_held(column)).size > 1}
    held = len(groups)
    if held + sum(math.comb(len(trained), r) for r in range(1, sums + 1)) > most:
        return None
    for r in range(1, sums + 1):
        for names in itertools.combinations(trained, r):
            values = _sum(trained, names)
            values, rounding = values[np.isfinite(values)], _rounding(names)
            found = quantile_thresholds(values, thresholds, rounding)
            if names[0] in differences:
                found = sorted({*found, *around_zero(np.unique(values), rounding)})
            held += len(found)
            if found:
                texts = tuple(f"{' + '.join(names)} < {_text(t)}" for t in found)
                groups.append((names, tuple(found), texts))
            if held > most:
                return None
    return groups


def expressed(groups, columns):
    """The comparisons of typed columns, by name.

    Parameters
    ----------
    groups : list
        What `groups_of` returned.
    columns : mapping of str to ndarray, shape (rows,)
        The columns, of these rows or of others.

    Returns
    -------
    dict of str to ndarray of bool, shape (rows,)
        A comparison with a missing number is false.
    """
    made = {}
    for names, thresholds, texts in groups:
        if thresholds is None:
            made[texts[0]] = columns[names[0]]
            continue
        total = _sum(columns, names)
        # Rows are rounded, and a row that has the threshold as its number is not below it.
        rounds = _rounding(names) if total.dtype.kind == "f" else np.asarray
        for threshold, text in zip(thresholds, texts, strict=True):
            made[text] = total < rounds(np.array(threshold))
    return made


def pairs_of(given):
    """The differences and ratios of columns of one unit, by name: (sign, first, second).

    Two columns are taken to be of one unit if the medians of their training rows are above 0 and
    differ by a factor of at most `ALIKE`, and if the table gives them no different units, such as
    euros and months.  A divisor is above 0 on all training rows; dates have no ratios.  There are
    none if there are more than `MOST_PAIRS` pairs.
    """
    trained = {
        n: given.columns[n][given.train].astype(float)
        for n, t in given.types.items()
        if t.family in NUMBERS
    }
    held = {name: _held(column) for name, column in trained.items()}
    typical = {name: float(np.median(column)) for name, column in held.items() if column.size}
    pairs = [
        (a, b)
        for a, b in itertools.combinations([n for n, value in typical.items() if value > 0], 2)
        if given.units.get(a) == given.units.get(b)
        and max(typical[a], typical[b]) <= ALIKE * min(typical[a], typical[b])
    ]
    if len(pairs) > MOST_PAIRS:
        return {}
    found = {f"{a} - {b}": ("-", a, b) for a, b in pairs}
    ratios = [(a, b) for a, b in pairs if given.units.get(a) not in POINTS]
    found |= {f"{a} / {b}": ("/", a, b) for a, b in ratios if (held[b] > 0).all()}
    return {name: pair for name, pair in found.items() if name not in given.types}


def widened(pairs, columns):
    """Columns with the differences and ratios of `pairs_of`; where one has no value, it is NaN."""
    made = dict(columns)
    for name, (sign, first, second) in pairs.items():
        if sign == "-" and {columns[first].dtype.kind, columns[second].dtype.kind} == {"i"}:
            made[name] = columns[first].astype(np.int64) - columns[second]
            continue
        a, b = columns[first].astype(float), columns[second].astype(float)
        with np.errstate(all="ignore"):
            values = a - b if sign == "-" else a / b
        # 3.9 / 3 has to equal 1.3, or a threshold could fall between the two.
        made[name] = Real.coarse(np.where(np.isfinite(values), values, np.nan))
    return made


def types_of_pairs(pairs, given):
    """The types of differences and ratios: Int for a difference of whole numbers."""
    made = {}
    for name, (sign, *names) in pairs.items():
        one, two = (given.types[n] for n in names)
        ends = INT_LIMIT + 1, 0
        if sign == "-" and one.family == two.family == "Int":
            ends = one.low - two.high, one.high - two.low
        within = max(map(abs, ends)) <= INT_LIMIT
        made[name] = Int(*ends) if within else Real
    return made


def meanings_of_pairs(pairs, given, meanings):
    """What comparisons say of the columns, if some are about differences and ratios.

    A difference of whole numbers below 0 says that one is below the other, and one below 1 that
    it is not above.
    """
    terms = {
        name: Term(sign, tuple(column(n, given.types[n].family, _has_gaps(given.columns[n]))
                               for n in names))
        for name, (sign, *names) in pairs.items()
    }  # fmt: skip
    made = dict(meanings)
    for text, term in meanings.items():
        if any(source.name in terms for source in term.sources()):
            made[text] = replace(substituted(term, terms), value="coarse")
    for name, type_ in types_of_pairs(pairs, given).items():
        signs = (("<", 0), ("<=", 1)) if type_.family == "Int" else ()
        for sign, end in signs:
            if f"{name} < {end}" in made:
                made[f"{name} < {end}"] = Term(sign, terms[name].arguments)
    return made


def relations_of(pairs, given):
    """Comparisons of columns of one unit with one another and with sums of two, by name.

    Those that say the same on all training rows are left out, and so are all of more than
    `MOST_RELATED` columns.  That one column is below another is a test of their difference.

    Parameters
    ----------
    pairs : dict
        What `pairs_of` returned.
    given : TypedColumns
        The columns.

    Returns
    -------
    dict of str to (str, str, tuple of (str, tuple of str))
        The sign, "<" or "=="; and pairs of a column on the left and columns whose sum is on the
        right, joined by "and" or "or": one pair, the three of a triangle inequality, or three
        columns of which all, or some two, are equal.
    """
    read = {name for _, *names in pairs.values() for name in names}
    alike = [name for name in given.types if name in read]
    if len(alike) > MOST_RELATED:
        return {}
    every = [("==", (a, (b,))) for a, b in itertools.combinations(alike, 2)]
    found = {}
    for three in itertools.combinations(alike, 3):
        sums = [(a, tuple(b for b in three if b != a)) for a in three]
        every += [(sign, each) for each in sums for sign in ("<", "==")]
        same = [(a, (b,)) for a, b in itertools.combinations(three, 2)]
        said = ", ".join(three)
        found[f"triangle({said})"] = "<", "and", tuple(sums)
        found[f"all_equal({said})"] = "==", "and", tuple(same[::2])  # of a, b and of b, c
        found[f"two_equal({said})"] = "==", "or", tuple(same)
    for sign, (a, right) in every:
        found[f"{a} {sign} {' + '.join(right)}"] = sign, "and", ((a, right),)
    said = {name: values[given.train] for name, values in related(found, given.columns).items()}
    return {n: found[n] for n, v in said.items() if n not in given.types and v.any() != v.all()}


def related(relations, columns):
    """The comparisons of `relations_of`, by name; one with a missing number is false."""
    made = {}
    for name, (sign, how, sums) in relations.items():
        each = [_compared(sign, a, names, columns) for a, names in sums]
        made[name] = np.all(each, axis=0) if how == "and" else np.any(each, axis=0)
    return made


def _compared(sign, a, names, columns):
    left, right = _sum(columns, (a,)), _sum(columns, names)
    if "f" in (left.dtype.kind, right.dtype.kind):
        left, right = Real.coarse(left.astype(float)), Real.coarse(right.astype(float))
    return left < right if sign == "<" else left == right


def meanings_of_relations(relations, given):
    """What the comparisons of `relations_of` say of the columns, by name."""
    made = {}
    for name, (sign, how, sums) in relations.items():
        terms = []
        for each in sums:
            types = {n: given.types[n].family for n in (each[0], *each[1])}
            left, *right = (column(n, f, _has_gaps(given.columns[n])) for n, f in types.items())
            sides = left, reduce(lambda one, two: Term("+", (one, two)), right)
            terms.append(Term(sign, sides, "coarse" if "Real" in types.values() else None))
        made[name] = Term(how, tuple(terms)) if terms[1:] else terms[0]
    return made


def residues_of(given):
    """Which whole numbers leave which remainder, by name: (column, divisor, remainder).

    Divisors are those of `DIVISORS` that are below the range of the training values, and what says
    the same on all training rows is left out.  Of the remainders by 2, and by 100 and 400, there
    is 0 alone.

    given: `TypedColumns`.
    """
    found = {}
    for name, type_ in given.types.items():
        values = given.columns[name][given.train]
        if type_.family != "Int" or not len(values):
            continue
        for divisor in DIVISORS:
            if divisor > int(values.max()) - int(values.min()):
                break
            rests = range(divisor if 2 < divisor < 100 else 1)
            found |= {f"{name} % {divisor} == {r}": (name, divisor, r) for r in rests}
    said = {name: values[given.train] for name, values in remaining(found, given.columns).items()}
    return {n: found[n] for n, v in said.items() if n not in given.types and v.any() != v.all()}


def remaining(residues, columns):
    """The tests of `residues_of`, by name."""
    return {
        name: np.asarray(columns[column]) % divisor == rest
        for name, (column, divisor, rest) in residues.items()
    }


def meanings_of_residues(residues, given):
    """What the tests of `residues_of` say of the columns, by name."""
    made = {}
    for name, (what, divisor, rest) in residues.items():
        number = column(what, given.types[what].family, False)
        made[name] = Term("==", (Term("%", (number, constant(divisor)), True), constant(rest)))
    return made


def _rounding(names):
    """How the numbers of a column, or of a sum of several, are rounded."""
    return rounded if len(names) == 1 else Real.coarse


def meanings_of(groups, given):
    """What the comparisons of `groups_of` say of the columns, by name."""
    made = {}
    for names, thresholds, texts in groups:
        terms = [column(n, given.types[n].family, _has_gaps(given.columns[n])) for n in names]
        total = reduce(lambda one, two: Term("+", (one, two)), terms)
        is_real = any(given.types[n] == Real for n in names)
        how = ("fine" if len(names) == 1 else "coarse") if is_real else None
        for threshold, text in zip(thresholds or (), texts, strict=False):
            value = int(threshold) if float(threshold).is_integer() else float(threshold)
            made[text] = Term("<", (total, constant(value)), how)
    return made


def _has_gaps(values):
    return bool(values.dtype.kind == "f" and np.isnan(values).any())


def _held(column):
    """The numbers of a column without its gaps."""
    return column[~np.isnan(column)]


def _sum(columns, names):
    first, *rest = (columns[n] for n in names)
    if not rest:
        return first
    with np.errstate(over="ignore", invalid="ignore"):
        total = sum(rest, first)
    # 0.1 + 0.2 has to equal 0.3, or a threshold could fall between the two.
    return Real.coarse(total) if total.dtype.kind == "f" else total


def _text(number):
    return str(int(number)) if number.is_integer() and abs(number) < 10**15 else repr(number)
