"""Code lengths of labels that are real numbers, in bits.

Labels are known to a precision: they are multiples of a step, within a range.  The step and the
range are told to all hypotheses alike, and cost nothing.  A flag says which kind of hypothesis
follows: it costs 1 bit for a program, and 2 bits for a constant and for a histogram.

A program and a constant say what noise they have: normal noise; or normal noise but for some labels
that are stated one by one (`synth.codes.real_exceptions`); or a program has no noise, and labels
are its values rounded to the precision (`synth.codes.real_rounding`).

The scale of normal noise and the coefficients of a program are integrated out: a Bayesian mixture
(Grünwald 2007), with the prior of coefficients of Zellner (1986).  So a program costs its bits and
those of its labels, and no coefficient has to be written down.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammainc, gammaln

from synth.codes.real_exceptions import exceptions_bits
from synth.codes.values import PROGRAM_FLAG, TABLE_FLAG, log2_factorial
from synth.errors import SettingError

#: Bits that say which noise a program has, and which a constant has.
NOISES = {"normal": 1.0, "exceptions": 2.0, "rounding": 2.0}
CONSTANT_NOISES = {"normal": 1.0, "exceptions": 1.0}
#: A histogram has 2**m bins, and one of these m.
BINS = (1, 2, 3, 4, 5)
#: Labels are told apart by so many bits of the largest one, as the type Real has them.
MANTISSA = 40
#: Below this, an incomplete gamma function is near the least float, and a series takes its place.
_TINY = 1e-280

_LN2 = math.log(2)


@dataclass(frozen=True)
class Scale:
    """What all hypotheses are told about labels.

    Parameters
    ----------
    precision : float
        The step of which labels are multiples, above 0.
    middle : float
        The middle of the range.
    cells : int
        How many labels the range has, 2 or more.

    Raises
    ------
    SettingError
        If the precision is not above 0, or there are fewer than 2 cells.
    """

    precision: float
    middle: float
    cells: int

    def __post_init__(self) -> None:
        if not 0 < self.precision < math.inf:
            raise SettingError(f"precision={self.precision!r}; allowed: numbers above 0")
        if self.cells < 2:
            raise SettingError(
                f"precision={self.precision!r}: all labels are equal to this precision; allowed: "
                "a precision that tells labels apart"
            )

    @classmethod
    def of(cls, labels: ArrayLike, precision: float | None = None) -> Self:
        """The scale of some labels: from the least to the greatest.

        Parameters
        ----------
        labels : array_like, shape (n,)
            Finite numbers.
        precision : float, optional
            The step; by default the place of their last decimal.

        Raises
        ------
        SettingError
            If the precision is not above 0, or does not tell labels apart.

        Examples
        --------
        >>> Scale.of([0.25, 1.5, 3])
        Scale(precision=0.01, middle=1.625, cells=276)
        """
        labels = np.asarray(labels, float)
        step = last_place(labels) if precision is None else precision
        least, greatest = float(labels.min()), float(labels.max())
        cells = round((greatest - least) / step) + 1 if step > 0 else 0
        return cls(float(step), (least + greatest) / 2, cells)

    @property
    def range(self) -> float:
        """The width of the range: each label takes one step of it."""
        return self.precision * self.cells

    def place(self, labels: ArrayLike) -> NDArray[np.int64]:
        """The cell of each label, 0..cells-1; those of labels outside the range are outside too."""
        least = self.middle - self.precision * (self.cells - 1) / 2
        return np.rint((np.asarray(labels, float) - least) / self.precision).astype(np.int64)

    def rounded(self, labels: ArrayLike) -> NDArray[np.float64]:
        """The nearest labels that are multiples of the precision from the middle on."""
        steps = self.place(labels) - (self.cells - 1) / 2
        return np.asarray(self.middle + self.precision * steps, np.float64)


def last_place(labels: ArrayLike) -> float:
    """The place of the last decimal of some labels: 0.01 for 0.25 and 3.

    Labels are read as the type Real has them, with 40 bits of the largest one.

    Parameters
    ----------
    labels : array_like, shape (n,)
        Finite numbers, not all 0.
    """
    labels = np.asarray(labels, float)
    most = float(np.abs(labels).max())
    if not 0 < most < math.inf:
        raise SettingError(f"labels up to {most!r}; allowed: finite numbers, not all 0")
    first = -math.floor(math.log10(most))
    for decimals in range(first, first + math.ceil(MANTISSA / math.log2(10))):
        # The quotient by a power of ten that is exact as a float, so that 0.1 is the nearest float.
        step = 10.0 ** abs(decimals)
        near = np.rint(labels * step) / step if decimals > 0 else np.rint(labels / step) * step
        if (np.abs(near - labels) <= most * 2.0**-MANTISSA).all():
            break
    return 1 / step if decimals > 0 else step


def program_total(
    terms: Sequence[ArrayLike],
    rss: ArrayLike,
    total: float,
    n: int,
    scale: Scale,
    exceptions: int = 0,
) -> NDArray[np.float64]:
    """Total bits of "a constant and multiples of these programs, with normal noise".

    t programs cost t bits for their number and the bits of each, less log2 t! since no two are
    equal and their order says nothing.

    Parameters
    ----------
    terms : sequence of array_like
        The bits of each program, of the shape of `rss` or one number.
    rss, total
        As `noise_bits` takes them, of the labels that are no exceptions.
    n : int
        The number of all labels.
    scale
        As `noise_bits` takes it.
    exceptions : int
        How many labels are stated one by one; 0 if all have normal noise.

    Returns
    -------
    ndarray of float64
        Of the shape of `rss`.
    """
    stated = NOISES["normal"]
    if exceptions:
        stated = NOISES["exceptions"] + exceptions_bits(exceptions, n, scale.cells)
    noise = noise_bits(rss, total, n - exceptions, 1 + len(terms), scale)
    return PROGRAM_FLAG + stated + sum_bits(len(terms)) + sum(map(np.asarray, terms)) + noise


def sum_bits(count: int) -> float:
    """Bits that say how many programs are in a sum, less what their order would say."""
    return count - log2_factorial(count)


def constant_total(labels: ArrayLike, scale: Scale, exceptional: ArrayLike | None = None) -> float:
    """Total bits of the hypothesis "a constant, with normal noise".

    Parameters
    ----------
    labels : array_like, shape (n,)
        The training labels.
    scale : Scale
        Their scale.
    exceptional : array_like of bool, shape (n,), optional
        Which labels are stated one by one; not all of them.
    """
    kept = np.asarray(labels, float)
    n, stated = len(kept), CONSTANT_NOISES["normal"]
    if exceptional is not None and np.any(exceptional):
        count = int(np.sum(exceptional))
        stated = CONSTANT_NOISES["exceptions"] + exceptions_bits(count, n, scale.cells)
        kept = kept[~np.asarray(exceptional, bool)]
    rss = np.square(kept - kept.mean()).sum()
    bits = float(noise_bits(rss, squares(kept, scale), len(kept), 1, scale))
    return TABLE_FLAG + stated + bits


def squares(labels: ArrayLike, scale: Scale) -> float:
    """The sum of squares of labels about the middle of their range."""
    return float(np.square(np.asarray(labels, float) - scale.middle).sum())


def noise_bits(
    rss: ArrayLike, total: float, n: int, coefficients: int, scale: Scale
) -> NDArray[np.float64]:
    """Bits of n labels, given what a least squares fit leaves of them.

    They are -log2 of the mean over g = n 4^k of the probability that labels have under a normal law
    of mean `scale.middle` and covariance s^2 (I + g H), where H projects on the columns of the fit,
    and log s is uniform from the precision to the range.  g goes up to n (range/precision)^2.

    The probabilities of all labels with this precision add up to at most 1 + 5.4e-9 n, for the
    sum of a normal density over the multiples of a step of at most s deviates from its integral
    by no more than that.

    Parameters
    ----------
    rss : array_like
        The sum of squares of the residuals, at least 0.
    total : float
        The sum of squares of the labels about the middle of their range: see `squares`.
    n : int
        The number of labels.
    coefficients : int
        The number of columns, the constant included.
    scale : Scale
        The scale of the labels, all of which are within its range.

    Returns
    -------
    ndarray of float64
        Of the shape of `rss`.
    """
    x, logs = _by_scale(rss, total, n, coefficients, scale)
    mean = np.logaddexp.reduce(logs, axis=-1) - math.log(x.shape[-1])
    constant = n / 2 * math.log(2 * math.pi) + math.log(2 * math.log(scale.cells))
    return (constant - mean) / _LN2


def noise_variance(rss: float, total: float, n: int, coefficients: int, scale: Scale) -> float:
    """The mean of the square of the scale of the noise, given the labels.

    Parameters
    ----------
    rss, total, n, coefficients, scale
        As `noise_bits` takes them, with n of 3 or more.
    """
    x, logs = _by_scale(rss, total, n, coefficients, scale)
    shares = np.exp(logs - np.logaddexp.reduce(logs))
    means = np.exp(_log_between(n / 2 - 1, x, scale.cells) - _log_between(n / 2, x, scale.cells))
    return scale.precision**2 * float(shares @ means)


def _by_scale(
    rss: ArrayLike, total: float, n: int, coefficients: int, scale: Scale
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each g: S_g / 2 in squares of the precision, and ln of the probability of the labels.

    The probability lacks the factors that neither g nor `rss` changes.
    """
    rss = np.asarray(rss, float)[..., None]
    g = n * 4.0 ** np.arange(math.ceil(math.log2(scale.cells)) + 1)
    x = np.maximum(rss + (total - rss) / (1 + g), 0) / (2 * scale.precision**2)
    return x, _log_between(n / 2, x, scale.cells) - coefficients / 2 * np.log1p(g)


def _log_between(a: float, x: NDArray[np.float64], ratio: float) -> NDArray[np.float64]:
    """ln of the integral of u^(a-1) e^(-xu) for u from ratio^-2 to 1, for a > 0 and x >= 0.

    u is the square of the precision divided by the scale of the noise.
    """
    whole = _log_lower(a, x)
    left_out = _log_lower(a, x / ratio**2) - 2 * a * math.log(ratio)
    return whole + np.log1p(-np.exp(np.minimum(left_out - whole, 0)))


def _log_lower(a: float, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The logarithm of the integral of u^(a-1) e^(-xu) for u from 0 to 1, for x >= 0.

    It is x^-a times the lower incomplete gamma function, which has no digits left for small x and
    large a.  The series is e^-x (1/a + x/(a(a+1)) + ...); terms of both kinds agree to 1e-13.
    """
    share = gammainc(a, x)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(share) + gammaln(a) - a * np.log(x)
    small = (share < _TINY) | (2 * x < a)
    if small.any():
        y = x[small]
        term = np.ones_like(y)
        sum_, k = term.copy(), 0
        while (term > 1e-17 * sum_).any():
            k += 1
            term = term * (y / (a + k))
            sum_ += term
        logs[small] = np.log(sum_) - y - math.log(a)
    return logs


def table_total(labels: ArrayLike, scale: Scale) -> tuple[float, int]:
    """Total bits of the shortest histogram, and the number of its bins.

    A histogram divides the range in 2, 4, 8, 16 or 32 equal bins.  The label of the next row is in
    a bin with probability (c + 1/2) / (i + b/2), where c of i labels before it were and there are b
    bins (Krichevsky and Trofimov 1981), and within a bin all labels are alike.

    Parameters
    ----------
    labels : array_like, shape (n,)
        The training labels.
    scale : Scale
        Their scale.  If it has only 2 or 3 cells, there are not more bins.

    Returns
    -------
    bits : float
    bins : int
    """
    place = scale.place(labels)
    bins = [2**m for m in BINS if 2**m <= scale.cells]
    found = [(_histogram_bits(place, b, scale.cells), b) for b in bins]
    bits, best = min(found)
    return TABLE_FLAG + math.log2(len(BINS)) + bits, best


def _histogram_bits(place: NDArray[np.int64], bins: int, cells: int) -> float:
    """Bits of labels, given as the cells they are in, under a histogram of so many bins."""
    # Integers of Python: there may be 2**44 cells.
    ends = [-(-cells * b // bins) for b in range(bins + 1)]
    counts = np.histogram(place, ends)[0]
    widths = np.diff(ends)
    within = float((counts * np.log2(widths)).sum())
    n = len(place)
    logs = gammaln(n + bins / 2) - gammaln(bins / 2)
    logs -= (gammaln(counts + 0.5) - gammaln(0.5)).sum()
    return within + float(logs) / _LN2


def log2_chance(saved_bits: float) -> float:
    """log2 of a bound on the chance that any program saves so many bits.

    The labels are drawn from the code of a histogram with one of the numbers of bins, or from that
    of a constant, in a range and with a precision that are given.  All programs together have half
    of the probability, and a rival has 2^-2/5 of it, or 2^-3.  So they save s bits with a
    probability of at most 10 * 2^-s.

    Parameters
    ----------
    saved_bits : float
        The bits of the shorter rival, less those of the best program.
    """
    return min(0.0, TABLE_FLAG + math.log2(len(BINS)) - PROGRAM_FLAG - saved_bits)
