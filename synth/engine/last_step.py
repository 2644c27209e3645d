"""The last step of a law: programs p(u, v) and where(c, u, v) whose parts are held by the banks.

An enumeration of programs of so many bits holds u and v; that one operation on them gives the terms
of a sequence is looked up, and not enumerated.  This about doubles the length of what is found.
For `+`, `-` and `*`, u says what v has to be, by a hash that is linear in the values.  For `//` and
`%`, which leave v open, the first `DIVISORS` rows are tried as v.  For `where`, the rows that are
right on the same terms are taken for equal, and only the cheapest of them is tried.

What is found is an upper bound: whether there is a shorter law is for the enumeration to say.  It
misses a product of two rows that are both 0 on some term: where u is 0, so is the term, and v may
have any value there.
"""

import numpy as np

from synth.language import Bool, Program

#: How many of the cheapest rows are tried as divisors.
DIVISORS = 128


class LastStep:
    """Looks up the cheapest program of one operation on rows that are held.

    Parameters
    ----------
    engine : Enumerator
        The enumerator, whose root type are whole numbers.
    labels : ndarray of int64, shape (n,)
        The terms that the program has to say, on all rows of the engine; n is at most 64.
    """

    def __init__(self, engine, labels):
        self.engine, self.labels = engine, labels.astype(np.int64)
        bank = engine.bank
        self.values = bank.values(0, len(bank))
        self.costs = bank.row_costs(0, len(bank))
        self.best = None

    def found(self, most):
        """The cheapest program of a cost of at most `most`, as (cost, Program), or None."""
        self.most = most
        if not len(self.values):
            return None
        self._index()
        root = self.engine.root
        steps = {
            "add": self._added, "subtract": self._subtracted, "multiply": self._multiplied,
            "floor_divide": self._divided, "remainder": self._divided, "where": self._chosen,
        }  # fmt: skip
        two, three = (root, root), (Bool, root, root)
        for rule in {r.item: r for r in self.engine.rules if r.result == root}.values():
            # Divisions are guarded against 0, so that their functions are known by name only.
            name = getattr(getattr(rule.item, "function", None), "__name__", "")
            if name in steps and rule.item.arguments == (three if name == "where" else two):
                steps[name](rule.item, rule.production.cost)
        return self.best

    def _index(self):
        keys = np.random.default_rng(0x5EED).integers(0, 2**63, self.values.shape[1], np.uint64)
        self.keys = 2 * keys + np.uint64(1)
        hashes = self._hashed(self.values)
        self.order = np.argsort(hashes)
        self.sorted = hashes[self.order]
        self.target = self._hashed(self.labels[None])[0]

    def _hashed(self, values):
        """A hash of each row that is linear in its values."""
        found = np.zeros(len(values), np.uint64)
        for key, column in zip(self.keys, values.T, strict=True):
            found += key * column.astype(np.uint64)
        return found

    def _rows(self, hashes):
        """The row of each hash; -1 if none is held."""
        places = np.minimum(np.searchsorted(self.sorted, hashes), len(self.sorted) - 1)
        return np.where(self.sorted[places] == hashes, self.order[places], -1)

    def _added(self, item, cost):
        self._take(item, cost, self.order, self._rows(self.target - self.sorted))

    def _subtracted(self, item, cost):
        self._take(item, cost, self.order, self._rows(self.sorted - self.target))

    def _multiplied(self, item, cost):
        left = np.arange(len(self.values))
        for place in np.argsort(-np.abs(self.labels)):
            factor = self.values[left, place]
            divisor = np.where(factor == 0, 1, factor)
            left = left[(factor != 0) & (self.labels[place] % divisor == 0)]
        quotients = self.labels // self.values[left]
        self._take(item, cost, left, self._rows(self._hashed(quotients)))

    def _divided(self, item, cost):
        for divisor in range(min(DIVISORS, len(self.values))):
            by = self.values[divisor]
            stop = np.searchsorted(self.costs, self.most - cost - self.costs[divisor], "right")
            if (by == 0).any():
                continue
            left = np.arange(stop)
            for place in range(len(by)):
                said = item.function(self.values[left, place], by[place])
                left = left[said == self.labels[place]]
            self._take(item, cost, left[:1], np.full(len(left[:1]), divisor))

    def _take(self, item, cost, left, right):
        """Keep the cheapest of some pairs of rows; a row of -1 is none."""
        left, right = left[right >= 0], right[right >= 0]
        costs = cost + self.costs[left] + self.costs[right]
        for pair in np.argsort(costs, kind="stable"):
            if costs[pair] > self.most:
                return
            one, other = self.values[left[pair]], self.values[right[pair]]
            if (item.function(one, other) == self.labels).all():
                parts = [self.engine.program(int(row)) for row in (left[pair], right[pair])]
                self._keep(int(costs[pair]), Program(item, parts))
                return

    def _chosen(self, item, cost):
        """Keep the cheapest choice between two rows that are right where it chooses them."""
        conditions = self.engine.banks[Bool]
        bits = np.uint64(1) << np.arange(len(self.labels), dtype=np.uint64)
        right = np.zeros(len(self.values), np.uint64)
        for bit, column, label in zip(bits, self.values.T, self.labels, strict=True):
            right |= np.where(column == label, bit, np.uint64(0))
        kinds, first = np.unique(right, return_index=True)
        cheap = np.argsort(first)
        kinds, first = kinds[cheap], first[cheap]  # the cheapest first, as rows are
        every = bits.sum()
        costs = conditions.row_costs(0, len(conditions))
        tests = (conditions.values(0, len(conditions)) * bits).sum(axis=1, dtype=np.uint64)
        for row, test in enumerate(tests):
            yes, no = (kinds & test) == test, (kinds & ~test & every) == (~test & every)
            if not (yes.any() and no.any()):
                continue
            rows = first[np.argmax(yes)], first[np.argmax(no)]
            total = int(cost + costs[row] + self.costs[rows[0]] + self.costs[rows[1]])
            chosen = conditions.values(row, row + 1)[0], *self.values[list(rows)]
            if total <= self.most and (item.function(*chosen) == self.labels).all():
                parts = [self.engine.program(int(r)) for r in rows]
                self._keep(total, Program(item, [self.engine.program(row, Bool), *parts]))

    def _keep(self, cost, program):
        self.best, self.most = (cost, program), cost - 1
