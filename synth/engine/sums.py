"""Behaviours, and sums of two of them, scored by their least squares fits to real labels.

A behaviour counts by its values on the training rows, less their mean and divided by their length.
Then one dot product with the labels says what a fit leaves, and the code of real labels
(`synth.codes.real`) how many bits that is.
"""

from copy import copy

import numpy as np

from synth.codes import PROGRAM_FLAG, real
from synth.codes.real_exceptions import exceptional
from synth.codes.real_rounding import rounded_line, rounding_floor
from synth.engine.scoring import SAME
from synth.kernels import pairs
from synth.language import UNIT, Program
from synth.records import LeastSquares, scaled

#: Values of behaviours that are scored at a time, and rows of the matrix of pairs.
BLOCK, PAIR_BLOCK = 2**20, 64
#: Two behaviours are no pair if 1 - r2 is below this: they differ by the rounding to 40 bits.
ALIKE = 2.0**-76
#: Squares below this share of all may be rounding: the values of programs have 40 bits.
ROUNDED = 2.0**-40
#: Columns whose squares about their mean are less than this share of all have that mean subtracted
#: before anything else; of others, one pass gives what is needed.
VARIED, EPSILON = 2.0**-20, 2.0**-53
NEAR = 1e-6  #: Below this, the difference of two behaviours is computed.
#: What a dot product says of the squares that are left is wrong by up to this share of all; and
#: what the difference of two behaviours says, by up to this share divided by its length.
SLACK, NEAR_SLACK = 1e-13, 2.0**-49
#: The code is interpolated between so many sums of squares, which is wrong by less than this share
#: of a bit a row; what may be among the best is then scored by the code itself.
POINTS, MARGIN = 2000, 1e-3
#: So many of the best sums are kept, at least, so that some may win with exceptions.
KEPT = 20


class Target:
    """One labelling: its code, and the best sums so far.

    `best` lists (total, bits, programs) of the `top` sums of fewest bits in one language, with
    normal noise or with rounding alone, and `before` is the least total in those that were searched
    before.  The first `listed` of them, and some with exceptions, are `settled` in the end (see
    `tails`), and `won` is the least total of those.  language_bits: what says in which language a
    program is.
    """

    def __init__(self, task, precision, listed, language_bits=0.0):
        self.listed, self.top, self.before, self.won = listed, max(listed, KEPT), np.inf, np.inf
        self.language_bits = language_bits
        self._read(task.labels[task.train].astype(float), precision)

    def with_labels(self, labels):
        """The same for other labels of these rows, with the same precision."""
        other = copy(self)
        other._read(labels, self.scale.precision)
        return other

    def _read(self, given, precision):
        self.n = len(given)
        self.scale = real.Scale.of(given, precision)
        self.labels = self.scale.rounded(given)
        self.places = self.scale.place(given)
        self.mean = float(self.labels.mean())
        self.centred = self.labels - self.mean
        self.total = real.squares(self.labels, self.scale)
        self.about_mean = float(self.centred @ self.centred)
        self.exceptional = exceptional([], self.labels, self.scale.precision, self.scale.cells)
        self.constant_bits = real.constant_total(self.labels, self.scale)
        stated = real.constant_total(self.labels, self.scale, self.exceptional)
        if stated < self.constant_bits:
            self.constant_bits = stated
        else:
            self.exceptional[:] = False
        self.table_bits, self.bins = real.table_total(self.labels, self.scale)
        self.rival_bits = min(self.constant_bits, self.table_bits)
        self.best, self.settled = [], []
        # The fewest bits of two behaviours that are too alike to be scored as a pair.
        self.left_out = np.inf
        # From less than one step in one label on, the code depends on the squares no longer.
        least = self.scale.precision**2 / self.n / 2**20
        self._grid = np.linspace(np.log2(least), np.log2(self.about_mean), POINTS)
        self._codes = {t: self._code(np.exp2(self._grid), t) for t in (1, 2)}
        # What rounding alone leaves is half a step a row at most.
        stated = PROGRAM_FLAG + real.NOISES["rounding"] + real.sum_bits(1) + self.language_bits
        self._rounding = stated, self.n * (self.scale.precision / 2) ** 2 * (1 + 2.0**-20)
        self._least = self._codes.copy()
        few = np.searchsorted(self._grid, np.log2(self._rounding[1])) + 1
        least = stated + rounding_floor(self.scale.cells)
        self._least[1] = np.minimum(
            self._codes[1], np.where(np.arange(POINTS) < few, least, np.inf)
        )

    def _code(self, rss, terms):
        """Total bits of sums of so many programs with normal noise, without those of programs."""
        total = real.program_total([0.0] * terms, rss, self.total, self.n, self.scale)
        return total + self.language_bits

    def estimate(self, squares):
        """About the least total bits of a program that leaves so many squares, without its own."""
        # What rounding leaves of an exact program may be 4 times too large; more is known well.
        margin = 2.0 if squares < ROUNDED * self.about_mean else 0.1
        left = np.log2(max(squares, 1e-300)) - margin
        return float(np.interp(left, self._grid, self._least[1]))

    @property
    def least(self):
        """The least total so far in all languages, in bits."""
        own = self.best[0][0] if self.best else np.inf
        return min(self.rival_bits, self.before, own)

    def anew(self):
        """The labelling for a search in the next language."""
        other = copy(self)
        other.before, other.best, other.settled, other.left_out = self.least, [], [], np.inf
        return other

    @property
    def bound(self):
        """The total that a sum has to beat to be listed."""
        return self.best[-1][0] if len(self.best) == self.top else np.inf

    def is_proven(self, bits, terms):
        """Whether no sum of so many programs of more bits can win, exceptions aside."""
        least = min(float(self._code(0.0, terms)), float(self._least[terms][0]))
        return bits + least >= min(self.least, self.won) - SAME

    def likely(self, explained, slack, bits, terms):
        """Which sums may be among the best, given the squares that they explain: their indices.

        slack: by how much `explained` can be wrong.
        """
        left, bound = self.about_mean - explained, self.bound
        # Most sums leave too much for any bits of theirs.
        codes, least = self._least[terms], float(bits.min())
        place = int(np.searchsorted(codes, bound + MARGIN * self.n - least, side="right"))
        enough = np.exp2(self._grid[place]) if place < POINTS else np.inf
        some = np.flatnonzero(left - slack <= enough)
        left, bits = left.ravel()[some], bits.ravel()[some]
        slack = np.broadcast_to(slack, explained.shape).ravel()[some]
        with np.errstate(divide="ignore"):
            logs = np.log2(np.maximum(left - slack, 0))
        lower = bits + np.interp(logs, self._grid, codes) - MARGIN * self.n
        if lower.size > self.top:
            # So many sums have no more bits than this, and no others are listed.
            best = np.argpartition(lower, self.top - 1)[: self.top]
            most = np.maximum(left + slack, 0)[best]
            bound = min(bound, float((bits[best] + self._code(most, terms)).max()))
        return some[lower <= bound]

    def values(self, engine, rows):
        """The values of programs or rows of the bank on the training rows, float64 (terms, n)."""
        values = [
            row.outputs(engine.columns)[0]
            if isinstance(row, Program)
            else engine.bank.values(row, row + 1)[0]
            for row in rows
        ]
        return np.array([v[: self.n] for v in values], float)

    def noise(self, values):
        """The least total of a sum, without the bits of programs, with normal noise or rounding.

        values: those of programs, (terms, n).  Returns it and the `RoundedLine`, None if the noise
        is normal.
        """
        rss = LeastSquares(values, self.labels).rss
        normal, (stated, most) = float(self._code(rss, len(values))), self._rounding
        if len(values) == 1 and rss <= most:
            line = rounded_line(values[0], self.places, self.scale)
            if line is not None and stated + line.bits < normal:
                return stated + line.bits, line
        return normal, None

    def add(self, engine, rows, bits):
        """Score the sum of some programs or rows of the bank by its least squares fit."""
        total = float(bits) + self.noise(self.values(engine, rows))[0]
        if total < self.bound:
            rows = tuple(r if isinstance(r, Program) else engine.program(r) for r in rows)
            if all(set(rows) != set(other) for *_, other in self.best):
                found = [*self.best, (total, float(bits), rows)]
                self.best = sorted(found, key=lambda entry: entry[:2])[: self.top]


def _units(values, n):
    """Behaviours on n training rows, less their mean and of length 1; and which are no constants.

    Returns float64 (m, n) and bool (m,).
    """
    values = scaled(values[:, :n].astype(float))[0]
    values -= values[:, :1].copy()  # exact for values near each other
    values -= values.mean(axis=1, keepdims=True)
    length = np.sqrt(np.einsum("ij,ij->i", values, values))
    some = length > 0
    values /= np.where(some, length, 1)[:, None]
    return values, some


class Singles:
    """Scores the rows of an enumerator's bank by themselves."""

    def __init__(self, engine, targets):
        self.engine, self.targets = engine, targets
        self.labels = np.stack([target.centred for target in targets])

    def score(self, rows, is_late):
        """Score a range of rows, the first of them even if late; says whether all were scored."""
        step, n = _block(self.engine), self.labels.shape[1]
        for first in range(rows.start, rows.stop, step):
            if first > rows.start and is_late():  # so that something is scored in any case
                return False
            stop = min(first + step, rows.stop)
            values = scaled(self.engine.bank.values(first, stop)[:, :n].astype(float))[0]
            bits = self.engine.row_bits(first, stop)
            dots = np.empty((len(values), len(self.labels)))
            squares, apart = np.empty((2, len(values)))
            pairs.moments(values, self.labels, dots, squares, apart)
            varied = apart > VARIED * squares
            slack = 8 * n * EPSILON * squares[varied] / apart[varied]
            explained = np.square(dots[varied]) / apart[varied, None]
            self._likely(first + np.flatnonzero(varied), explained, slack, bits[varied])
            alike = np.flatnonzero(~varied)
            units, some = _units(values[alike], n)
            if some.any():
                places = alike[some]
                explained = np.square(units[some] @ self.labels.T)
                self._likely(first + places, explained, SLACK, bits[places])
        return True

    def _likely(self, rows, explained, slack, bits):
        """Score rows that may be among the best; slack: the error of what they explain."""
        if not len(rows):
            return
        for target, squares in zip(self.targets, explained.T, strict=True):
            for k in target.likely(squares, slack * target.about_mean, bits, 1):
                target.add(self.engine, (int(rows[k]),), bits[k])


def score_pairs(engine, targets, most, is_late):
    """Score the sums of two among the cheapest behaviours that are no constants, until it is late.

    Returns the bits up to which all sums but those too alike were scored; None for all there are.
    """
    units, rows, bits = _cheapest(engine, targets[0].n, most + 1)
    ends = [] if engine.certified_bits is None else [engine.certified_bits]
    if len(rows) > most:
        ends.append(bits[-1] - 1 / UNIT)
    edge = min(ends) + float(bits[0] if len(bits) else 0) if ends else None
    units, rows, bits = units[:most], rows[:most], bits[:most]
    labels = np.stack([target.centred for target in targets])
    dots = units @ labels.T
    for first in range(0, len(rows), PAIR_BLOCK):
        if is_late():  # the pairs that are left have at least twice these bits
            return min(2 * float(bits[first]) - 1 / UNIT, np.inf if edge is None else edge)
        block = slice(first, first + PAIR_BLOCK)
        likeness = units[block] @ units[first:].T
        apart = 1 - np.square(likeness)
        count = len(likeness)
        later = np.arange(likeness.shape[1]) > np.arange(count)[:, None]
        near = np.argwhere(later & (apart < NEAR)) + first
        apart[tuple(near.T - first)], found = _nearly_alike(units, near, labels)
        counted = later & (apart > ALIKE)
        together = np.where(later, bits[block, None] + bits[first:], np.inf)
        for target in targets:
            target.left_out = min(target.left_out, together[~counted].min(initial=np.inf))
        apart, together = np.where(counted, apart, 1), np.where(counted, together, np.inf)
        slack = np.where(apart < NEAR, NEAR_SLACK / np.sqrt(apart), SLACK / apart)
        for target, d, more in zip(targets, dots.T, found.T, strict=True):
            one, other = d[block, None], d[first:]
            explained = (one**2 + other**2 - 2 * likeness * one * other) / apart
            explained[tuple(near.T - first)] = d[near[:, 0]] ** 2 + more
            for k in target.likely(explained, slack * target.about_mean, together, 2):
                i, j = (int(p) for p in np.unravel_index(k, counted.shape))
                if counted[i, j]:
                    pair = tuple(int(rows[first + p]) for p in (i, j))
                    target.add(engine, pair, together[i, j])
    return edge


def _nearly_alike(units, pairs, labels):
    """What the second of two units has beside the first, for pairs of them (m, 2).

    Returns the square of its length, float64 (m,), and the squares of labels (targets, n) that it
    explains, float64 (m, targets).
    """
    apart, explained = np.zeros(len(pairs)), np.zeros((len(pairs), len(labels)))
    step = max(1, BLOCK // units.shape[1])
    for first in range(0, len(pairs), step):
        block = slice(first, first + step)
        one, rest = units[pairs[block, 0]], units[pairs[block, 1]]
        for _ in range(2):  # once more, for what rounding leaves
            rest -= np.einsum("ij,ij->i", one, rest)[:, None] * one
        apart[block] = np.einsum("ij,ij->i", rest, rest)
        length = np.sqrt(np.maximum(apart[block], ALIKE))
        explained[block] = np.square(rest @ labels.T / length[:, None])
    return apart, explained


def _block(engine):  # how many behaviours are worked on at a time
    return max(1, BLOCK // engine.rows)


def _cheapest(engine, n, most):
    """The cheapest behaviours that are no constants on n training rows, at most so many.

    Returns their units (m, n), their rows in the bank (m,) and their bits (m,).
    """
    units, rows = [np.zeros((0, n))], []
    step = _block(engine)
    for first in range(0, len(engine.bank), step):
        stop = min(first + step, len(engine.bank))
        made, some = _units(engine.bank.values(first, stop), n)
        units.append(made[some])
        rows += (first + np.flatnonzero(some)).tolist()
        if len(rows) >= most:
            break
    bits = engine.row_bits(0, len(engine.bank))
    rows = np.array(rows[:most], np.int64)
    return np.concatenate(units)[:most], rows, bits[rows]
