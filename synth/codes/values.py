"""Code lengths of data with a few label values, in bits; `real` has those of real labels.

The codes are two-part codes (Rissanen 1978; Grünwald 2007).  A flag says which kind of
hypothesis follows: it costs 1 bit for a program with exceptions and 2 bits for each of the
two look-up tables.  Throughout, `n` is the number of training rows and `k` the number of
label values.
"""

import math

import numpy as np

#: Bits of the flag that announces a program, and of the flag that announces a table.
PROGRAM_FLAG = 1
TABLE_FLAG = 2

#: Where the language is chosen for a table: the probability that a program reads the inputs, and
#: not that it is a constant.  A program has to save log2(200) bits for that; with fewer, single
#: conditions win on one permuted table in fifty.
READING = 1 / 200

#: The strengths of the Dirichlets in the leaves of a tree: see `leaf_bits`.
STRENGTHS = (2.0, 0.5, 0.1)


_LN2 = math.log(2)


def log2_factorial(n):
    """log2(n!)."""
    return math.lgamma(n + 1) / _LN2


def log2_binomial(n, e):
    """log2 of n choose e, where 0 <= e <= n."""
    return log2_factorial(n) - log2_factorial(e) - log2_factorial(n - e)


def log2_multinomial(counts):
    """log2 of the number of distinct orders of labels that occur this often.

    Parameters
    ----------
    counts : sequence of int, shape (k,)
        How often each label value occurs.
    """
    counts = [int(c) for c in counts]
    return log2_factorial(sum(counts)) - sum(map(log2_factorial, counts))


def exception_bits(n, e, k, outside):
    """Bits of the labels given a program that is wrong on e of n rows.

    log2(n+1) for the number of exceptions, log2 C(n,e) for their rows, and the right label
    of each of them: log2(k-1), or log2(k) if the program may predict values `outside` the
    labels.

    Parameters
    ----------
    n : int
        Number of training rows.
    e : int or float
        Number of exceptions, 0 <= e <= n.
    k : int
        Number of label values.
    outside : bool
        Whether a prediction can be a value that no label has.
    """
    return math.log2(n + 1) + log2_binomial(n, e) + e * _correction_bits(k, outside)


def program_total(bits, n, e, k, outside):
    """Total bits of the hypothesis "this program, with e exceptions".

    Parameters
    ----------
    bits : float
        Bits of the program.
    n, e, k, outside
        As `exception_bits` takes them.
    """
    return PROGRAM_FLAG + bits + exception_bits(n, e, k, outside)


def program_totals(n, k, outside):
    """`program_total` without the bits of the program, for e = 0..n.

    Returns
    -------
    ndarray of float64, shape (n + 1,)
        In bits.
    """
    # log2 C(n, e) is symmetric in e; computing only one half keeps equal totals equal to the bit.
    half = [log2_binomial(n, e) for e in range(n // 2 + 1)]
    choose = np.array(half + half[: (n + 1) // 2][::-1])
    corrections = _correction_bits(k, outside) * np.arange(n + 1)
    return PROGRAM_FLAG + math.log2(n + 1) + choose + corrections


def _correction_bits(k, outside):
    """Bits of the right label of one exception."""
    return math.log2(k if outside else k - 1)


def language_bits(languages):
    """Bits that a program costs beside its own where it is of one of several languages.

    They say that the hypothesis reads the inputs, and in which language it is written.

    Parameters
    ----------
    languages : int
        How many languages there are, 1 or more.
    """
    return -math.log2(READING) + math.log2(languages)


def constant_bits(k):
    """Bits of a constant where programs cost `language_bits`: that it is one, and its value.

    Parameters
    ----------
    k : int
        Number of label values.
    """
    return -math.log2(1 - READING) + math.log2(k)


def most_exceptions(n, k):
    """On how many of n rows the most frequent of k labels can be wrong.

    Of more than two labels, a program that is wrong on more rows is no hypothesis: it would save
    bits by what it rules out, and predict nothing.
    """
    return n - math.ceil(n / k)


def constant_total(counts):
    """Total bits of the hypothesis "the most frequent label, with exceptions".

    The label is at least as frequent as all others, so that it has 0 to n - ceil(n/k) exceptions.

    Parameters
    ----------
    counts : sequence of int, shape (k,)
        How often each label value occurs.
    """
    n, k = int(sum(counts)), len(counts)
    e = n - int(max(counts))
    number = math.log2(most_exceptions(n, k) + 1)
    return PROGRAM_FLAG + constant_bits(k) + number + log2_binomial(n, e) + e * math.log2(k - 1)


def uniform_table_bits(n, k):
    """Total bits of the table that lists every label in a fixed-length code."""
    return TABLE_FLAG + n * math.log2(k)


def frequency_table_bits(counts):
    """Total bits of the table that states how often each label occurs, then their order.

    Parameters
    ----------
    counts : sequence of int, shape (k,)
        How often each label value occurs.
    """
    return TABLE_FLAG + counts_bits(counts) + log2_multinomial(counts)


def counts_bits(counts):
    """Bits that say how often each label occurs, where the number of rows is known.

    Parameters
    ----------
    counts : sequence of int, shape (k,)
        How often each label value occurs.
    """
    return log2_binomial(sum(counts) + len(counts) - 1, len(counts) - 1)


def leaf_bits(counts, shares):
    """Bits of the labels of a leaf: -log2 of the mean of their probabilities under Dirichlets.

    A Dirichlet of strength s gives a label of share b, after i of n rows with it, the probability
    (s b + i) / (s + n).  Weak ones expect leaves with one label, the strong one leaves like the
    whole.

    Parameters
    ----------
    counts : sequence of int, shape (k,)
        How often each label value occurs in the leaf.
    shares : sequence of float, shape (k,)
        The mean of each Dirichlet; adds up to 1.
    """
    tables = leaf_tables(int(sum(counts)), shares)
    logs = tables[:, np.arange(len(counts)), list(counts)].sum(axis=1) - tables[:, -1, sum(counts)]
    return -float(np.logaddexp2.reduce(logs) - math.log2(len(STRENGTHS)))


def leaf_tables(n, shares):
    """log2 of rising factorials, of which the bits of a leaf are sums.

    Parameters
    ----------
    n : int
        Number of rows.
    shares : sequence of float, shape (k,)
        As `leaf_bits` takes them.

    Returns
    -------
    ndarray of float64, shape (strengths, k + 1, n + 2)
        Of the strength times each share, and last of the strength, by the number of factors.
    """
    bases = np.multiply.outer(STRENGTHS, [*shares, 1.0])
    logs = np.log2(bases[..., None] + np.arange(n + 1))
    return np.concatenate([np.zeros((*bases.shape, 1)), np.cumsum(logs, axis=2)], axis=2)


def table_bits(counts):
    """Total bits of the shorter of the two tables, and its kind.

    Parameters
    ----------
    counts : sequence of int, shape (k,)
        How often each label value occurs.

    Returns
    -------
    bits : float
    kind : str
        "uniform" or "frequency"; "uniform" if both are equally long.
    """
    uniform = uniform_table_bits(sum(counts), len(counts))
    frequency = frequency_table_bits(counts)
    return (frequency, "frequency") if frequency < uniform else (uniform, "uniform")


def rows_needed(bits, counts, most=10**6):
    """How many rows, with labels as frequent as these, let a program without exceptions win.

    Parameters
    ----------
    bits : float
        Bits of the program, with those of `language_bits`.
    counts : sequence of int, shape (k,)
        How often each label value occurs.
    most : int
        The most rows that are tried.

    Returns
    -------
    int or None
        The least number of rows for which the program has fewer bits than a constant and than the
        tables; None if `most` are not enough.
    """
    n, k = sum(counts), len(counts)
    low, high = 0, 1
    while not _wins(bits, [c * high / n for c in counts], k):
        low, high = high, 2 * high
        if low >= most:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        wins = _wins(bits, [c * middle / n for c in counts], k)
        low, high = (low, middle) if wins else (middle, high)
    return high


def _wins(bits, counts, k):
    """Whether a program without exceptions has fewer bits than all that reads no input."""
    n = sum(counts)
    order = log2_factorial(n) - sum(map(log2_factorial, counts))
    e = n - max(counts)
    place = math.log2(n - n / k + 1) + log2_binomial(n, e) + e * math.log2(k - 1)
    rivals = (
        uniform_table_bits(n, k),
        TABLE_FLAG + log2_binomial(n + k - 1, k - 1) + order,
        PROGRAM_FLAG + constant_bits(k) + place,
    )
    return PROGRAM_FLAG + bits + math.log2(n + 1) < min(rivals)


def log2_chance_bound(counts, total):
    """log2 of a bound on the probability that permuted labels reach `total` bits.

    The labels have n!/prod(n_i!) orders, and by Kraft's inequality at most 2**total of them
    have a code of at most `total` bits.

    Parameters
    ----------
    counts : sequence of int, shape (k,)
        How often each label value occurs.
    total : float
        Total bits of a hypothesis.

    Returns
    -------
    float
        At most 0.
    """
    return min(0.0, total - log2_multinomial(counts))


def log2_chance_bound_uniform(n, k, total):
    """`log2_chance_bound` for labels drawn uniformly: there are k**n labellings of n rows."""
    return min(0.0, total - n * math.log2(k))
