"""The cheapest behaviours of an enumeration, as columns of which sums and products are made."""

from functools import cached_property

import numpy as np

from synth.engine.constants import Numbers
from synth.engine.terms import Terms

#: Values that the behaviours of a pool have together at most, how many times as many behaviours are
#: looked at for it, and how many until it may be enough.
POOL_VALUES, SCANNED, CHUNK = 2**22, 8, 2**12
#: So many values are worked on between two looks at the clock.
PIECE = 2**20
#: Among so many of the cheapest rows, products of two are sought.
FACTORS = 600
#: Below this share of its size, what a column varies by is rounding.
ROUNDING = 1e-9


class Pool:
    """The cheapest behaviours that have more than one value on n training rows.

    `rows` of the bank and their `bits` are in order of bits.  `sums` is (places among these rows,
    values (m, n)); of behaviours that differ by a factor and a constant only, it has the cheapest.
    `logs` is the same for the logarithms of absolute values.  `terms` knows the numbers.  `look` is
    called about every 0.1 s of work, and may raise `LateError`.
    """

    def __init__(self, engine, n, look=lambda: None):
        self.engine, self.look = engine, look
        bits, most = engine.row_bits(0, len(engine.bank)), max(1, POOL_VALUES // n)
        order = np.argsort(bits, kind="stable")[: SCANNED * most]
        sums, products = _Classes(n), _Classes(n)
        values, logs, numbers = [np.zeros((0, n))], [np.zeros((0, n))], {}
        rows, of_sums, of_logs = [], [], []
        step = min(CHUNK, 2 ** int(np.log2(max(1, PIECE // n))))
        for first in range(0, len(order), step):
            look()
            some = order[first : first + step]
            found = engine.bank.values_at(some)[:, :n].astype(float)
            size = np.abs(found).max(axis=1)
            varied = np.ptp(found, axis=1) > ROUNDING * size
            for k in np.flatnonzero(~varied):
                numbers.setdefault(float(found[k, 0]), int(some[k]))
            some, found = some[varied & (size < 1e100)], found[varied & (size < 1e100)]
            with np.errstate(divide="ignore"):
                logarithms = np.log(np.abs(found))
            new, new_log = sums.add(found, most), products.add(logarithms, most)
            place = len(rows) + np.cumsum(new | new_log) - 1
            rows += some[new | new_log].tolist()
            of_sums, of_logs = [*of_sums, *place[new]], [*of_logs, *place[new_log]]
            values.append(found[new])
            logs.append(logarithms[new_log])
            if (first + step) % CHUNK == 0 and sums.count == products.count == most:
                break
        self.rows = np.array(rows, int)
        self.bits = bits[self.rows]
        self.sums = np.array(of_sums, int), np.concatenate(values)
        self.logs = np.array(of_logs, int), np.concatenate(logs)
        self.terms, self._programs = Terms(engine, numbers), {}
        #: By the name of a form with a number inside, its columns: see `inner`.
        self.grids = {}
        #: By the id of a labelling, the least estimate of a sum that got numbers of many digits.
        self.exact = {}

    @cached_property
    def first(self):
        """The values of the cheapest rows, float64 (`FACTORS`, n)."""
        n = self.sums[1].shape[1]
        return self.engine.bank.values_at(self.rows[:FACTORS])[:, :n].astype(float)

    @cached_property
    def joined(self):
        """The numbers of the language, and two of them joined."""
        return Numbers(self.terms)

    def program(self, place):
        """The program of a place among the rows."""
        if place not in self._programs:
            self._programs[place] = self.engine.program(int(self.rows[place]))
        return self._programs[place]


class _Classes:
    """Tells which columns differ from all before by more than a factor and a constant."""

    def __init__(self, n):
        self._seen: set[int] = set()
        self._weights = np.random.default_rng(0).integers(1, 2**62, n, dtype=np.int64)

    @property
    def count(self):
        return len(self._seen)

    def add(self, columns, most):
        """Which columns (m, n) are the first of their class, bool (m,), as long as it is `most`."""
        legal = np.isfinite(columns).all(axis=1)
        parts = np.where(legal[:, None], columns, 0)
        parts = parts - parts.mean(axis=1, keepdims=True)
        length = np.sqrt(np.square(parts).sum(axis=1))
        legal &= length > ROUNDING * np.abs(columns).max(axis=1)
        parts /= np.where(legal, length, 1)[:, None]
        first = np.abs(parts[:, : min(8, parts.shape[1])]).argmax(axis=1)
        parts *= np.sign(parts[np.arange(len(parts)), first])[:, None]
        with np.errstate(over="ignore"):
            keys = (np.round(parts * 1e8).astype(np.int64) * self._weights).sum(axis=1)
        new = np.zeros(len(columns), bool)
        for k in np.flatnonzero(legal):
            if len(self._seen) < most and int(keys[k]) not in self._seen:
                self._seen.add(int(keys[k]))
                new[k] = True
        return new
