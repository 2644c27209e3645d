"""Weighted set covers: the least price of columns that cover all rows, with a proof in integers.

A solver (scipy's HiGHS) proposes duals: a value of each row.  If no column's rows have values whose
sum exceeds the column's price, then the sum of all values is a lower bound, as every row is in some
column of a cover.  This is checked over all columns in integers, so that neither the floating point
of the solver nor its tolerances are a part of the proof.
"""

import heapq
from dataclasses import dataclass
from itertools import count

import numpy as np

#: Duals are integers, so many to a unit.  In whole units, rounding 512 of them down may lose half
#: a bit.
FINE = 2**16
#: Prices above would overflow: they are multiplied by FINE, and by LOWERED where duals are lowered.
MOST_PRICE, LOWERED = 2**22, 2**24
#: Columns of the first linear programme, how often columns are added, and how many at a time.
FIRST, ROUNDS, ADDED = 2000, 40, 500
#: The most columns within the gap that an integer programme gets, its nodes, and those of the
#: search that proves its answer.
MOST_CORE, SOLVER_NODES, NODES = 2000, 200, 200
#: The values of the bits of every byte: int64 (8, 256).
_BYTES = (np.arange(256) >> np.arange(8)[:, None] & 1).astype(np.int64)


class Cover:
    """Columns, each a set of rows with a price.

    Parameters
    ----------
    prices : ndarray of int64, shape (columns,)
        0 to MOST_PRICE, in units.
    sets : ndarray of uint8, shape (ceil(rows / 8), columns)
        The rows of each column, 8 a byte, the lowest bit first.
    rows : int
    """

    def __init__(self, prices, sets, rows):
        self.prices, self.sets, self.rows = prices, sets, rows

    @classmethod
    def of(cls, prices, members):
        """The same of members: bool (columns, rows)."""
        sets = np.packbits(members.T, axis=0, bitorder="little")
        return cls(np.asarray(prices, np.int64), sets, members.shape[1])

    def restricted(self, columns):
        """The cover problem of some columns."""
        return Cover(self.prices[columns], np.ascontiguousarray(self.sets[:, columns]), self.rows)

    def members(self, columns):
        """The rows of some columns, bool (columns, rows)."""
        sets = self.sets[:, columns]
        return np.unpackbits(sets, axis=0, count=self.rows, bitorder="little").T.astype(bool)

    def covered(self, columns):
        """Which rows some columns cover, bool (rows,)."""
        union = np.bitwise_or.reduce(self.sets[:, columns], axis=1, initial=0)
        return np.unpackbits(union, count=self.rows, bitorder="little").astype(bool)

    def sums(self, values):
        """The sum of the values (int64) of each column's rows, exact: int64 (columns,)."""
        spread = np.zeros(8 * len(self.sets), np.int64)
        spread[: self.rows] = values
        found = np.zeros(len(self.prices), np.int64)
        for table, cells in zip(spread.reshape(-1, 8) @ _BYTES, self.sets, strict=True):
            found += table[cells]
        return found

    def price(self, columns):
        """What some columns cost together."""
        return int(self.prices[list(columns)].sum())


@dataclass(frozen=True)
class Relaxed:
    """The answer of a linear programme.

    Parameters
    ----------
    duals : ndarray of int64, shape (rows,)
        In units of 1/FINE unit.
    columns : ndarray of int64
        The columns that were looked at.
    shares : ndarray of float64
        The share of each of them.
    """

    duals: np.ndarray
    columns: np.ndarray
    shares: np.ndarray


def least_cover(cover):
    """A proven lower bound on the price of every cover, and a cover of this price.

    Parameters
    ----------
    cover : Cover

    Returns
    -------
    int or None
        No cover costs less.  None if there is no cover.
    tuple of int, or None
        The columns of a cover that costs exactly this; None if none was found.
    """
    if not cover.covered(slice(None)).all():
        return None, None
    root = relaxed(cover, np.ones(cover.rows, bool))
    least, chosen = lower_bound(cover, root.duals), rounded(cover, root)
    if least < cover.price(chosen):
        core = within(cover, root.duals, cover.price(chosen))
        if len(core) <= MOST_CORE:
            core, part = reduced(cover, core)
            found = solved(part)
            if found is not None and part.price(found) < cover.price(chosen):
                chosen = tuple(core[list(found)].tolist())
            proven, found = branched(part, least, cover.price(chosen))
            if found is not None:
                chosen = tuple(core[list(found)].tolist())
            least = max(least, proven)
    return least, chosen if cover.price(chosen) == least else None


def lower_bound(cover, duals):
    """What every cover costs at least, in units, by its duals (units of 1/FINE unit).

    Weak duality: a cover costs at least the sums of the duals of its columns' rows, and these
    contain each dual once or more.  Prices are integers, so the bound may be rounded up.  Duals
    that break a price prove nothing: 0.
    """
    if (duals < 0).any() or (cover.sums(duals) > cover.prices * FINE).any():
        return 0
    return -(-int(duals.sum()) // FINE)


def within(cover, duals, price):
    """The columns that a cover of less than a price can have.

    A column whose price exceeds the sum of its duals makes a cover exceed the bound by as much.
    """
    slack = cover.prices * FINE - cover.sums(duals)
    return np.flatnonzero(slack < price * FINE - int(duals.sum()))


def reduced(cover, columns):
    """Some columns without those that another makes needless, and the rows without such rows.

    A column is needless if another has all its rows and costs no more; a row if another is covered
    only by columns that cover it as well.  The least price stays the same.

    Returns the columns, and the cover problem that is left.
    """
    members, prices = cover.members(columns), cover.prices[columns]
    before = None
    while members.shape != before:
        before = members.shape
        rows = _needed(members.T, np.zeros(members.shape[1]), less=True)
        members = members[:, rows]
        some = _needed(members, prices, less=False)
        members, prices, columns = members[some], prices[some], columns[some]
    return columns, Cover.of(prices, members)


def _needed(sets, prices, less):
    """Which sets, bool (m, elements), to keep, of several that are alike the first.

    A set goes if another of no greater price is a subset of it (`less`), or contains it.
    """
    size = sets.sum(axis=1)
    common = sets.astype(np.float32) @ sets.T.astype(np.float32)  # exact below 2**24
    inside = common == size[:, None]  # set i is within set j
    beats = (inside if less else inside.T) & (prices[:, None] <= prices)
    place = np.arange(len(sets))
    beats &= ~beats.T | (place[:, None] < place)
    return ~beats.any(axis=0)


# -- what the solver proposes ----------------------------------------------------------


def relaxed(cover, left):
    """Duals by column generation, lowered to what all prices allow.

    left: the rows that have to be covered, bool (rows,), each of which some column covers.
    """
    columns = _first(cover, left)
    for _ in range(ROUNDS):
        shares, duals = _linear(cover, columns, left)
        slack = cover.prices * FINE - cover.sums(duals)
        more = np.setdiff1d(np.flatnonzero(slack < 0), columns)
        if not len(more):
            break
        worst = np.argsort(slack[more], kind="stable")[:ADDED]
        added = more[worst]
        columns = np.concatenate([columns, added])
        shares = np.concatenate([shares, np.zeros(len(added))])
    return Relaxed(lowered(cover, duals), columns, shares)


def lowered(cover, duals):
    """Duals in one proportion to the given ones, which break no price."""
    sums, most = cover.sums(duals), cover.prices * FINE
    over = sums > most
    if not over.any():
        return duals
    return duals * int((most[over] * LOWERED // sums[over]).min()) // LOWERED


def rounded(cover, found):
    """A cover made of the columns with the greatest shares, none of which can be left out."""
    order = found.columns[np.lexsort((cover.prices[found.columns], -found.shares))]
    members = cover.members(order)
    first = members.argmax(axis=0)[members.any(axis=0)]
    chosen = order[np.unique(first)]
    for column in chosen[np.argsort(-cover.prices[chosen], kind="stable")]:
        rest = chosen[chosen != column]
        if cover.covered(rest).all():
            chosen = rest
    return tuple(chosen.tolist())


def solved(cover):
    """The cover that an integer programme finds; None if it finds none."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    if not cover.covered(slice(None)).all():
        return None
    members = csr_array(cover.members(slice(None)).T.astype(float))
    answer = milp(
        cover.prices.astype(float),
        constraints=LinearConstraint(members, 1, np.inf),
        integrality=np.ones(len(cover.prices)),
        bounds=Bounds(0, 1),
        options={"node_limit": SOLVER_NODES, "mip_rel_gap": 0},
    )
    if answer.x is None:
        return None
    chosen = np.flatnonzero(answer.x > 0.5)
    return tuple(chosen.tolist()) if cover.covered(chosen).all() else None


def _first(cover, left):
    """Some columns that cover the rows that are left: cheap ones for what they cover."""
    size = cover.sums(left.astype(np.int64))
    order = np.lexsort((np.arange(len(size)), cover.prices / np.maximum(size, 1)))
    order = order[size[order] > 0]
    some, uncovered = [order[:FIRST]], left & ~cover.covered(order[:FIRST])
    for column in order[FIRST:]:
        if not uncovered.any():
            break
        if (new := cover.covered([column]) & uncovered).any():
            some.append([column])
            uncovered &= ~new
    return np.concatenate(some)


def _linear(cover, columns, left):
    """Shares of columns and whole duals, by a linear programme; zeros if the solver fails."""
    # Imported here, since scipy.optimize would make every start take 0.4 s longer.
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    members = csr_array(cover.members(columns)[:, left].T.astype(float))
    prices = cover.prices[columns]
    answer = linprog(
        prices.astype(float),
        A_ub=-members,
        b_ub=-np.ones(members.shape[0]),
        bounds=(0, None),
        method="highs-ds",
    )
    duals = np.zeros(cover.rows, np.int64)
    if answer.status != 0:
        return np.zeros(len(columns)), duals
    # A row is worth no more than a column that covers it.
    values = np.clip(-answer.ineqlin.marginals, 0, prices.max())
    duals[left] = np.floor(values * FINE)
    return answer.x, duals


# -- the search that proves ------------------------------------------------------------


def branched(cover, least, price):
    """A proven lower bound on the covers of less than a price, and the best that was met.

    Of the open nodes, one with the least bound is split at a column: it is taken, or left out.

    Parameters
    ----------
    cover : Cover
    least : int
        A bound that is proven already.
    price : int

    Returns
    -------
    int
        No cover costs less, `price` at most.
    tuple of int, or None
        A cover of that price, if it is below `price`.
    """
    number, chosen = count(), None
    heap = [(least, next(number), (), ())]
    for _ in range(NODES):
        if not heap or heap[0][0] >= price:
            break
        bound, _, taken, out = heapq.heappop(heap)
        rest = np.setdiff1d(np.arange(len(cover.prices)), out)
        left = ~cover.covered(list(taken))
        part = cover.restricted(rest)
        if not left.any():
            price, chosen = min((price, chosen), (cover.price(taken), taken), key=lambda p: p[0])
            continue
        if not part.covered(slice(None))[left].all():
            continue
        found = relaxed(part, left)
        bound = max(bound, cover.price(taken) + lower_bound(part, found.duals))
        if bound >= price:
            continue
        column = int(rest[found.columns[np.argmin(np.abs(found.shares - 0.5))]])
        heapq.heappush(heap, (bound, next(number), (*taken, column), (*out, column)))
        heapq.heappush(heap, (bound, next(number), taken, (*out, column)))
    return min([price, *(entry[0] for entry in heap)]), chosen
