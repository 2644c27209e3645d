"""What would win if: the hypotheses of a run weighed anew, at other noise, rows or decay.

A case holds what a run's rows say of its programs: their bits and the share of training rows
they are wrong on.  From these alone follow the bits of each hypothesis with so many rows of
the same kind, each label drawn anew with probability q, in expectation; decay weighs the
description against the exceptions, 1 being MDL.  The front of a search suffices for that:
noise and rows change every program's share of exceptions by the same rising function, so
that what wins is always on the front.

`weigh` is what the page's script computes too, at every move of a slider; a test compares
them.  Where nothing is moved it gives the saved run's own bits.
"""

import math
from dataclasses import asdict, dataclass

from synth.codes import PROGRAM_FLAG, TABLE_FLAG

#: Totals that differ by less are equal.
SAME = 1e-6


@dataclass(frozen=True)
class Case:
    """One labelling of one task.

    programs: (what it is called, bits, share of training rows it is wrong on); n: training
    rows; k: label values; outside: predictions may be no label; minority: share of the rarer
    of two labels, None where it is not known; tables: "both", "uniform", or "fixed" where only
    the saved bits are known; table: those bits; beta: energy of an exception, bits, for runs
    of a stochastic search, else None.
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

    def to_dict(self):
        return asdict(self)


def weigh(case, *, noise=0.0, rows=None, decay=1.0):
    """[(name, description, rest)] of all hypotheses, in bits; the least sum wins.

    description: of the hypothesis, weighed by decay; rest: the class flag and exceptions.
    """
    n = case.n if rows is None else rows
    if case.beta is not None:
        return _energies(case, n, decay)
    label = math.log2(case.k if case.outside else case.k - 1)
    found = []
    for text, bits, share in case.programs:
        e = n * ((1 - noise) * share + noise * (case.k - 1) / case.k)
        rest = PROGRAM_FLAG + math.log2(n + 1) + _choose(n, e) + e * label
        found.append((text, decay * bits, rest))
    return [*found, ("table", decay * (_table(case, n, noise) - TABLE_FLAG), float(TABLE_FLAG))]


def winner(weighed):
    """The first hypothesis of the least sum."""
    least = min(description + rest for _, description, rest in weighed)
    return next(h for h in weighed if h[1] + h[2] <= least + SAME)


def _table(case, n, noise):
    if case.tables == "fixed":
        return case.table
    uniform = TABLE_FLAG + n * math.log2(case.k)
    if case.tables == "uniform":
        return uniform
    share = (1 - noise) * case.minority + noise / 2
    return min(uniform, TABLE_FLAG + math.log2(n + 1) + _choose(n, n * share))


def _energies(case, n, decay):
    """Of pure states of the stochastic search: see `synth.dynamics.chain`."""
    empty = math.log2(n + 1)
    found = [
        (text, decay * (bits + empty), case.beta * n * share) for text, bits, share in case.programs
    ]
    guesses = case.beta * n * (case.k - 1) / case.k
    table = empty + n * math.log2(case.k)
    return [*found, ("table", decay * table, 0.0), ("neither", decay * empty, guesses)]


def _choose(n, e):
    return (math.lgamma(n + 1) - math.lgamma(e + 1) - math.lgamma(n - e + 1)) / math.log(2)


def search_case(result, name):
    """The case of a `Result`; None where it has no program, or fewer than two labels."""
    n, k = result.rows["train"], result.rows["labels"]
    if not result.front or n < 1 or k < 2:
        return None
    if not all(0 <= p.bits < math.inf and 0 <= p.exceptions <= n for p in result.front):
        raise ValueError("the front has bits or exceptions that no program has")
    programs = tuple(
        (
            f"program not [{p.text}]" if p.inverted else f"program {p.text}",
            float(p.bits),
            p.exceptions / n,
        )
        for p in result.front
    )
    minority, tables = None, "uniform"
    if k == 2:
        minority = _minority(result, n)
        tables = "both" if minority is not None else "uniform"
    elif result.table.kind == "frequency":
        tables = "fixed"  # the counts of more than two labels do not follow from the bits
    outside = _outside(result.front, n, k)
    return Case(name, programs, n, k, outside, minority, tables, float(result.table.bits))


def _outside(front, n, k):
    """Whether an exception costs log2 k, read off a program that has some."""
    for p in front:
        if p.exceptions:
            rest = p.total_bits - p.bits - PROGRAM_FLAG - math.log2(n + 1)
            per = (rest - _choose(n, p.exceptions)) / p.exceptions
            return abs(per - math.log2(k)) < abs(per - math.log2(k - 1))
    return False


def _minority(result, n):
    """The share of the rarer of two labels, from the bits that state which rows have it."""
    orders = None
    if result.log2_chance_bound < 0:
        orders = result.total_bits - result.log2_chance_bound
    elif result.table.kind == "frequency":
        orders = result.table.bits - TABLE_FLAG - math.log2(n + 1)
    if orders is None:
        return None
    return min(range(n // 2 + 1), key=lambda m: abs(_choose(n, m) - orders)) / n
