"""The least number of operators of every boolean function of up to five inputs.

Functions are found level by level, from one function of each class and all functions of a lower
level (Cox, "Minimal Boolean Formulas", 2011, Algorithm 4). Without exclusive or, the functions
that remain are split from their side at once: the best conjunction for each is found by a minimum
over subsets (see `kernels.atlas.split`). What the known functions make is then settled for all
later levels, and only pairs with a function of a later level remain to be made.
"""

import numpy as np

from synth.atlas import moves
from synth.kernels import atlas as kernels

#: The number of classes by the number of inputs (Harrison, 1965).
CLASSES = {1: 2, 2: 4, 3: 14, 4: 222, 5: 616_126}
#: The largest number of look-ups of a call of a kernel: a second or less.
CALL = 10**8
#: A split pays if it costs fewer look-ups than the next level, with so many for each set of half of
#: the rows: functions that are true on fewer rows than on half of them have many more such sets.
#: With 5 inputs it then takes place at level 18. At level 16 it takes several times as long.
SPLIT_COST = 1.5


class Levels:
    """The functions by their least number of operators; iterating gives one level after the other.

    Parameters
    ----------
    inputs : int
        The number of inputs, 1 to 5.
    xor : bool
        Whether exclusive or is an operator, beside conjunction and disjunction.
    first_split : int, optional
        The first level at which the rest is split from its side; by default, when that is the
        quicker way. Never with `xor`.
    progress : callable, optional
        Called with a text now and then.

    Attributes
    ----------
    found : uint32 (C, 4)
        The classes; see `kernels.atlas`.
    ends : list of int
        The number of classes up to each level.
    """

    def __init__(self, inputs, xor, *, first_split=None, progress=None):
        self.inputs, self.xor, self.first_split = inputs, xor, first_split
        self.tell = progress or (lambda text: None)
        self.moves = moves(inputs)
        self.places = 2 ** (2**inputs - 1)
        self.table = np.full(self.places, kernels.UNSEEN, np.uint8)
        self.found = np.zeros((CLASSES[inputs], 4), np.uint32)
        self.state = np.zeros(1, np.int64)
        self.ends = []
        # The level of the last split, what it found, and the classes that it left open.
        self.base, self.pairs, self.bounds, self.open = 0, None, None, None
        self._members = {}

    @property
    def level(self):
        """The level that comes next."""
        return len(self.ends)

    def __len__(self):
        return int(self.state[0])

    @property
    def complete(self):
        """Whether every function has been found."""
        return len(self) == len(self.found)

    def state_of(self):
        """Arrays from which `restore` goes on."""
        arrays = {"found": self.found[: len(self)], "ends": np.array(self.ends, np.int64)}
        if self.pairs is not None:
            arrays |= {"pairs": self.pairs, "bounds": self.bounds, "base": np.array(self.base)}
        return arrays

    def restore(self, arrays):
        """Goes on from the levels in `arrays`, which `state_of` gave."""
        found = arrays["found"]
        self.found[: len(found)] = found
        self.state[0] = len(found)
        self.ends = arrays["ends"].tolist()
        kernels.spread_all(found, self.values, self.table, *self.moves)
        if "pairs" in arrays:
            self.pairs, self.bounds = arrays["pairs"], arrays["bounds"]
            self.base, self.open = int(arrays["base"]), self.pairs[:, kernels.FUNCTION].copy()

    @property
    def values(self):
        """The number of operators of each class that was found, uint8."""
        return np.repeat(np.arange(self.level, dtype=np.uint8), np.diff(self.ends, prepend=0))

    def __iter__(self):
        while not self.complete:
            if not self.ends:
                self._start()
            else:
                self._step()
            self.ends.append(len(self))
            yield self.level - 1

    def _start(self):
        """The inputs, which need no operator."""
        rows = 2**self.inputs
        first = sum(1 << row for row in range(0, rows, 2))  # the negation of input 0
        size = kernels.spread(first, 0, self.table, *self.moves)
        self.found[0] = first, first, first, size
        self.state[0] = 1

    def _step(self):
        """The next level."""
        level = self.level
        if not self.xor and self._split_pays():
            self._split()
        if self.pairs is not None:
            args = self.table, *self.moves, self.found, self.state
            kernels.settle(self.pairs, self.bounds, level, *args)
        for high, low in self._meetings():
            self._meet(self.classes(high), self.members(low), level)

    def _meetings(self):
        """The pairs of levels that make the next one, apart from what was split."""
        total = self.level - 1
        return [(high, total - high) for high in range(max(self.base, -(-total // 2)), total + 1)]

    def _split_pays(self):
        """Whether the rest should be split now."""
        if self.first_split is not None and self.pairs is None:
            return self.level >= self.first_split
        made = sum(4 * len(self.classes(a)) * self.counts(b) for a, b in self._meetings())
        rest = len(self.found) - len(self)
        return made > SPLIT_COST * rest * 2 ** (2 ** (self.inputs - 1) + 1)

    def classes(self, level):
        """One place of each class of a level."""
        start = self.ends[level - 1] if level else 0
        return np.ascontiguousarray(self.found[start : self.ends[level], kernels.FUNCTION])

    def counts(self, level):
        """The number of places of a level."""
        start = self.ends[level - 1] if level else 0
        return int(self.found[start : self.ends[level], kernels.SIZE].sum(dtype=np.int64))

    def members(self, level):
        """All places of a level."""
        if level not in self._members:
            out = np.empty(self.counts(level), np.uint32)
            kernels.members(self.table, level, out)
            self._members[level] = out
        return self._members[level]

    def _meet(self, left, right, level):
        step = max(1, CALL // (5 * max(1, len(right))))
        for start in range(0, len(left), step):
            part = left[start : start + step]
            args = self.xor, self.table, *self.moves, self.found, self.state
            kernels.meet(part, right, level, *args)
            self.tell(f"level {level}: {len(self):,} of {len(self.found):,} classes")
            if self.complete:
                return

    def _split(self):
        """Splits all functions that are not known."""
        if self.open is None:
            self.open = np.empty(len(self.found) - len(self), np.uint32)
            kernels.missing(self.table, *self.moves, self.open)
        self.open = self.open[self.table[self.open] >= kernels.OPEN]
        rows = 2**self.inputs
        true = np.bitwise_count(self.open).astype(int)
        # Functions of like size together, so that scratch memory is that of the largest only.
        most = int(np.maximum(rows - true, true).max(initial=0))
        scratch = np.empty((2, 2**16), np.int64), *np.empty((2, 2**most), np.uint8)
        self.pairs = np.zeros((len(self.open), 4), np.uint32)
        self.bounds = np.empty(len(self.open), np.uint8)
        step = max(1, CALL // 2 ** (rows // 2 + 4))
        for start in range(0, len(self.open), step):
            part = slice(start, start + step)
            kernels.split(
                self.open[part], self.table, *scratch, self.bounds[part], self.pairs[part]
            )
            self.tell(f"level {self.level}: {start:,} of {len(self.open):,} classes split")
        self.base = self.level
