"""What would win: a run's hypotheses weighed again, with other noise, rows or decay.

A case holds what a run says about its programs: their bits, and the share of training rows on
which they are wrong. These alone give the expected bits of each hypothesis for another number
of rows of the same kind, if each label is drawn anew with probability q. Decay is the weight of
the description relative to the exceptions; 1 is MDL. The front of a search is enough, since
noise and rows change every program's share of exceptions by the same increasing function: the
winner is always on the front.

The page's script computes the same as `weigh` whenever a slider moves; a test compares the two.
With the sliders at the run's own values, the bits are those of the saved run.
"""

import math
from dataclasses import asdict, dataclass

from synth.codes import (
    PROGRAM_FLAG,
    TABLE_FLAG,
    constant_bits,
    exception_bits,
    frequency_table_bits,
    log2_binomial,
    log2_multinomial,
    most_exceptions,
    program_total,
    uniform_table_bits,
)
from synth.report.words import in_words

#: Totals that differ by less are equal.
SAME = 1e-6


@dataclass(frozen=True)
class Case:
    """One labelling of one task.

    Parameters
    ----------
    name : str
    programs : tuple of (str, float, float)
        The name of each program, its bits with those of its language, and the share of training
        rows on which it is wrong.
    n : int
        The number of training rows.
    k : int
        The number of label values.
    outside : bool
        Whether predictions may be values that are not labels.
    minority : float or None
        The share of the rarer of two labels, if it is known.
    tables : str
        The tables whose bits can be computed: "both", "uniform", or "fixed" if only the saved
        bits are known.
    table : float or None
        The saved bits of the table.
    beta : float or None
        The energy of an exception in bits, for runs of a stochastic search.
    constant : (float, float) or None
        The bits of the constant, and the share of training rows on which it is wrong. None if
        there is none beside the programs, or its share is not known.
    """

    name: str
    programs: tuple
    n: int
    k: int
    outside: bool = False
    minority: float | None = None
    tables: str = "uniform"
    table: float | None = None
    beta: float | None = None
    constant: tuple | None = None

    def to_dict(self):
        """The case as plain data."""
        return asdict(self)


def weigh(case, *, noise=0.0, rows=None, decay=1.0):
    """Weighs all hypotheses of a case.

    Parameters
    ----------
    case : Case
    noise : float, optional
        The chance that a training label is drawn anew.
    rows : int, optional
        The number of training rows; by default the case's own.
    decay : float, optional
        The weight of the description.

    Returns
    -------
    list of (str, float, float)
        The name of each hypothesis; the bits of its description, weighted by decay; the bits of
        the class flag and the exceptions. The least sum wins.
    """
    n = case.n if rows is None else rows
    if case.beta is not None:
        return _energies(case, n, decay)
    found = []
    for text, bits, share in case.programs:
        e = n * ((1 - noise) * share + noise * (case.k - 1) / case.k)
        rest = PROGRAM_FLAG + exception_bits(n, e, case.k, case.outside)
        found.append((text, decay * bits, rest))
    found.append(("table", decay * (_table(case, n, noise) - TABLE_FLAG), float(TABLE_FLAG)))
    if case.constant is not None:
        bits, share = case.constant
        e = n * ((1 - noise) * share + noise * (case.k - 1) / case.k)
        rest = PROGRAM_FLAG + math.log2(most_exceptions(n, case.k) + 1) + log2_binomial(n, e)
        found.append(("constant", decay * bits, rest + e * math.log2(case.k - 1)))
    return found


def winner(weighed):
    """The first hypothesis with the least sum."""
    least = min(description + rest for _, description, rest in weighed)
    return next(h for h in weighed if h[1] + h[2] <= least + SAME)


def _table(case, n, noise):
    if case.tables == "fixed":
        return case.table
    uniform = uniform_table_bits(n, case.k)
    if case.tables == "uniform":
        return uniform
    share = (1 - noise) * case.minority + noise / 2
    # Expected counts are no integers. Of two labels, the counts and their rows cost as much as
    # the number of exceptions and their rows, if the label of an exception costs nothing.
    return min(uniform, TABLE_FLAG + exception_bits(n, n * share, 2, outside=False))


def _energies(case, n, decay):
    """The energies of pure states of the stochastic search, see `synth.dynamics.chain`."""
    empty = exception_bits(n, 0, case.k, outside=True)
    found = [
        (text, decay * (bits + empty), case.beta * n * share) for text, bits, share in case.programs
    ]
    guesses = case.beta * n * (case.k - 1) / case.k
    table = exception_bits(n, n, case.k, outside=True)
    return [*found, ("table", decay * table, 0.0), ("neither", decay * empty, guesses)]


def search_case(result, name):
    """The case of a `Result`; None if it has no program, fewer than two labels, or a sequence.

    A law has no exceptions, and the terms of a sequence are not rows that others could replace.
    """
    n, k = result.rows["train"], result.rows["labels"]
    if not result.front or n < 1 or k < 2 or result.continuation is not None:
        return None
    if not all(0 <= p.bits < math.inf and 0 <= p.exceptions <= n for p in result.front):
        raise ValueError("the front has impossible bits or exceptions")
    programs = tuple(
        (f"program {in_words(p)}", float(p.bits + result.language_bits), p.exceptions / n)
        for p in result.front
    )
    minority, tables = None, "uniform"
    if k == 2:
        minority = _minority(result, n)
        tables = "both" if minority is not None else "uniform"
    elif result.table.kind == "frequency":
        tables = "fixed"  # the bits do not determine the counts of more than two labels
    return Case(
        name,
        programs,
        n=n,
        k=k,
        outside=_outside(result, n, k),
        minority=minority,
        tables=tables,
        table=float(result.table.bits),
        constant=_constant(result, minority, n, k),
    )


def _constant(result, minority, n, k):
    """The bits and the share of the constant, as far as the run says it: see `Case`."""
    if not result.languages:
        return None
    if result.program is not None and result.program.kind == "constant":
        return constant_bits(k), result.program.exceptions / n
    return None if minority is None else (constant_bits(k), minority)


def _outside(result, n, k):
    """Whether an exception costs log2 k, according to a program that has some."""
    for p in result.front:
        if p.exceptions:
            whole = p.bits + result.language_bits
            inside, outside = (
                abs(program_total(whole, n, p.exceptions, k, outside) - p.total_bits)
                for outside in (False, True)
            )
            return outside < inside
    return False


def _minority(result, n):
    """The share of the rarer of two labels, from bits that depend on the counts of labels."""
    if result.log2_chance_bound < 0:
        bits_of, known = log2_multinomial, result.total_bits - result.log2_chance_bound
    elif result.table.kind == "frequency":
        bits_of, known = frequency_table_bits, result.table.bits
    else:
        return None
    return min(range(n // 2 + 1), key=lambda m: abs(bits_of([n - m, m]) - known)) / n
