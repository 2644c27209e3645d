"""Code lengths of data, in bits: the only place where they live.

Two-part codes (Rissanen 1978; Grünwald 2007).  A class flag says what follows: a
program with exceptions costs 1 bit for it, each of the two look-up tables 2 bits.
`n` is the number of training rows and `k` that of label values throughout.
"""

import math

import numpy as np

#: Bits of the flag that announces a program, and of the one that announces a table.
PROGRAM_FLAG = 1
TABLE_FLAG = 2

_LN2 = math.log(2)


def log2_factorial(n):
    """log2(n!)."""
    return math.lgamma(n + 1) / _LN2


def log2_binomial(n, e):
    """log2 of n choose e; 0 <= e <= n."""
    return log2_factorial(n) - log2_factorial(e) - log2_factorial(n - e)


def exception_bits(n, e, k, outside):
    """Bits of the labels given a program that is wrong on e of n rows.

    log2(n+1) for e, log2 C(n,e) for which rows, and for each of them log2(k-1)
    for the right label, or log2(k) where predictions can be `outside` the labels.
    """
    label = math.log2(k if outside else k - 1)
    return math.log2(n + 1) + log2_binomial(n, e) + e * label


def program_total(bits, n, e, k, outside):
    """Total bits of the hypothesis "this program of `bits` bits, with e exceptions"."""
    return PROGRAM_FLAG + bits + exception_bits(n, e, k, outside)


def program_totals(n, k, outside):
    """`program_total` less the program's own bits for e = 0..n, float64 (n+1,)."""
    # log2 C(n, e) is symmetric; computing it so keeps equal totals equal.
    half = [log2_binomial(n, e) for e in range(n // 2 + 1)]
    choose = np.array(half + half[: (n + 1) // 2][::-1])
    label = math.log2(k if outside else k - 1)
    return PROGRAM_FLAG + math.log2(n + 1) + choose + label * np.arange(n + 1)


def uniform_table_bits(n, k):
    """Total bits of the table that lists every label with one fixed-length code."""
    return TABLE_FLAG + n * math.log2(k)


def frequency_table_bits(counts):
    """Total bits of the table that states the label counts, then which row has which.

    counts: how often each of the k label values occurs, (k,).
    """
    n, k = sum(counts), len(counts)
    return TABLE_FLAG + log2_binomial(n + k - 1, k - 1) + log2_multinomial(counts)


def log2_multinomial(counts):
    """log2 of the number of orders of n labels with these counts."""
    counts = [int(c) for c in counts]
    return log2_factorial(sum(counts)) - sum(map(log2_factorial, counts))


def table_bits(counts):
    """Total bits of the better of the two tables, and its kind."""
    uniform = uniform_table_bits(sum(counts), len(counts))
    frequency = frequency_table_bits(counts)
    return (frequency, "frequency") if frequency < uniform else (uniform, "uniform")


def decision_list_bits(totals, rest):
    """Total bits of a list of programs, each of which tells one class from all that are left.

    While r > 2 classes are left, log2(r+1) bits say which of them comes next, or that the list
    ends.  The labels that are left at its end are listed by the better of the two tables.

    Parameters
    ----------
    totals : sequence of float
        Total bits of each program (`program_total`) on the rows that are left for it.
    rest : int (r,)
        How often each class that is left at the end occurs.
    """
    bits, left = float(PROGRAM_FLAG), len(totals) + len(rest)
    for total in totals:
        bits += total + _next_class_bits(left)
        left -= 1
    if left > 1:
        bits += table_bits(rest)[0] + _next_class_bits(left)
    return bits


def _next_class_bits(left):
    return math.log2(left + 1) if left > 2 else 0


def log2_chance_bound(counts, total):
    """log2 of a bound on the chance that permuted labels reach `total` bits; at most 0.

    There are n!/prod(n_i!) orders of the labels, and by Kraft's inequality at most
    2**total of them have a code of `total` bits or fewer.
    """
    return min(0.0, total - log2_multinomial(counts))


def log2_chance_bound_uniform(n, k, total):
    """The same for labels drawn uniformly, of which there are k**n."""
    return min(0.0, total - n * math.log2(k))
