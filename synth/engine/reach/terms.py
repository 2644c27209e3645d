"""Terms: conjunctions of literals, all of them as far as counts allow.

A term has a cost: that of its cheapest program by the gates of the DSL.  A depth-first search
lists the terms that cover enough rows of one label and few of the other.  Rows of the bank are
terms of one literal.
"""

from dataclasses import dataclass

import numpy as np

from synth.engine.reach.gates import NEVER, combined
from synth.engine.reach.literals import affordable
from synth.kernels import terms as kernels
from synth.language import Bool

#: The nodes of a search for terms of one size: 4 million take 0.4 s at 1,000 rows.
NODES = 2**22
#: The most terms that are listed, and that a choice is made of.
LISTED, COLUMNS = 2**17, 6000
#: The most literals of a term; larger ones are listed only if there are few literals.
SIZE = 8
#: The false rows that a term may cover for each true one, if labels may be wrong.
SHARE = 0.25
#: A literal is left out of a term if that adds at most so much of this share.  With 1, terms of
#: which two overlap in all but a test of one input were lost: 57 bits on 10 terms over 20 inputs.
SLACK = 0.4


@dataclass
class Terms:
    """Terms of one polarity.

    Parameters
    ----------
    literals : Literals
    members : ndarray of int16, shape (M, S)
        The literals of each term, filled up with -1.
    covers : ndarray of uint64, shape (M, W)
        The rows that each term covers: first the true ones, then the false ones.
    costs : ndarray of int64, shape (2, M)
        Of each term and of its opposite, in units.
    split : int
        The number of words of true rows.
    labels : ndarray of bool, shape (n,)
    """

    literals: object
    members: np.ndarray
    covers: np.ndarray
    costs: np.ndarray
    split: int
    labels: np.ndarray

    @property
    def every(self):
        """All rows, as `covers` has them."""
        whole = np.ones((1, self.literals.problem.n), bool)
        return _sorted_rows(whole, self.labels)[0][0]

    @property
    def trues(self):
        """The number of true rows."""
        return int(self.labels.sum())

    def sides(self, gates, k):
        """A term and its opposite, as programs."""
        return gates.conjunction([self.literals.side(j) for j in self.members[k] if j >= 0])


def listed(literals, gates, labels, kind, must_stop):
    """The terms that are worth their cost.

    Parameters
    ----------
    literals : Literals
    gates : Gates
    labels : ndarray of bool, shape (n,)
        The labels, or their opposites.
    kind : (float, float)
        What an exception costs in units, and the false rows that a term may cover for each
        true one.
    must_stop : callable

    Returns
    -------
    Terms
    """
    price, share = kind
    need = np.maximum(np.ceil(_least_costs(literals, gates) / price), 1).astype(np.int64)
    members, counts = _conjunctions(literals, labels, share, need, must_stop)
    members, counts = _with_rows(literals, labels, share, members, counts)
    value = (counts[:, 0] - counts[:, 1]) * price - _costs(literals, gates, members)[0]
    best = np.sort(np.argsort(-value, kind="stable")[: affordable(COLUMNS, len(labels))])
    return conjoined(literals, gates, labels, members[best[value[best] > 0]])


def _conjunctions(literals, labels, share, need, must_stop):
    """Useful terms of literals and their counts, of sizes for which all can be listed."""
    rows, split = _sorted_rows(literals.values[: literals.count], labels)
    members, counts, nodes = np.zeros((0, 1), np.int16), np.zeros((0, 2), np.int64), 0
    most = affordable(int(NODES * literals.problem.share), len(labels))
    for size in range(1, SIZE + 1):
        out, found = np.empty((LISTED, size), np.int16), np.empty((LISTED, 2), np.int64)
        state, whole = np.zeros(2, np.int64), True
        for first in range(literals.count):
            if must_stop() or not whole:
                break
            whole = kernels.conjunctions(
                rows, split, first, share, SLACK * share, need[: size + 1], most, out, found, state
            )
        if must_stop() or not whole:
            break
        count, last = int(state[kernels.FOUND]), nodes
        members, counts = out[:count].copy(), found[:count].copy()
        nodes = int(state[kernels.NODES])
        if nodes == last:
            break  # no larger term covers enough rows
    return members, counts


def _with_rows(literals, labels, share, members, counts):
    """Terms and their counts, with the rows of the bank that are pure enough."""
    values = literals.values[literals.count :]
    found = np.stack([values[:, labels].sum(1), values[:, ~labels].sum(1)], axis=1)
    at = np.flatnonzero(found[:, 1] <= share * found[:, 0])
    single = np.full((len(at), members.shape[1]), -1, np.int16)
    single[:, 0] = literals.count + at
    return np.concatenate([members, single]), np.concatenate([counts, found[at]])


def conjoined(literals, gates, labels, members):
    """Given terms, the cheapest of those that cover the same rows.

    literals, gates, labels: see `listed`; members: see `Terms`.
    """
    rows, split = _sorted_rows(literals.values, labels)
    costs = _costs(literals, gates, members)
    covers = np.empty((len(members), rows.shape[1]), np.uint64)
    kernels.cover(rows, members, covers)
    kept = _cheapest(covers, costs[0])
    kept = kept[covers[kept].any(axis=1)]
    return Terms(
        literals, members[kept], covers[kept], costs[:, kept], split, labels
    )  # fmt: skip


def _sorted_rows(values, labels):
    """Rows packed in words, true rows first, and how many words these are."""
    true, false = Bool.pack(values[:, labels]), Bool.pack(values[:, ~labels])
    return np.ascontiguousarray(np.hstack([true, false])), true.shape[1]


def _least_costs(literals, gates):
    """What a term of each size costs at least, about: 0, then the cheapest literals joined."""
    sides = literals.costs[:, : literals.count].min(axis=1, keepdims=True)
    found, whole = [0], sides
    for _ in range(SIZE):
        found.append(int(whole[0, 0]))
        whole = gates.both(whole, sides)
    return np.maximum.accumulate(np.minimum(found, NEVER)).astype(float)


def _costs(literals, gates, members):
    """The costs of terms and of their opposites, int64 (2, M): see `Gates.conjunction`."""
    costs = np.full((2, len(members)), NEVER, np.int64)
    negative = literals.costs[1] < literals.costs[0]
    sizes = (members >= 0).sum(1)
    # Negative literals first, as `combined` groups them.
    keys = np.where(members < 0, 2, ~negative[members])
    members = np.take_along_axis(members, np.argsort(keys, axis=1, kind="stable"), axis=1)
    signs = (keys == 0).sum(1)
    for size, sign in sorted(set(zip(sizes.tolist(), signs.tolist(), strict=True))):
        at = np.flatnonzero((sizes == size) & (signs == sign))
        parts = [literals.costs[:, members[at, k]] for k in range(size)]
        costs[:, at] = combined(parts, [k < sign for k in range(size)], gates.both)
    return costs


def _cheapest(covers, costs):
    """The cheapest of the terms that cover the same rows, the first of equals."""
    order = np.argsort(costs, kind="stable")
    seen, kept = set(), []
    for k in order.tolist():
        key = bytes(covers[k])
        if key not in seen:
            seen.add(key)
            kept.append(k)
    return np.array(sorted(kept), np.int64)
