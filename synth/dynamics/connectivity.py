"""What a landscape's graph says: clusters, percolation, and where local search ends."""

from dataclasses import dataclass, field

import numpy as np

from synth.errors import SettingError
from synth.kernels import graphs as kernels
from synth.language import UNIT


@dataclass(frozen=True, eq=False)
class Clusters:
    """Some chosen nodes, joined to each other alone, at every budget of bits.

    All (L,), for nodes of at most so many bits: nodes: how many there are; chosen: how many
    of them are chosen; largest: those in the largest cluster; clusters: their number;
    from_shortest: those in the cluster of the first (shortest) chosen node, which is what a
    walk from it can reach; from_random: what a walk from a random chosen node reaches, the
    mean, Σ s² / Σ s over sizes s; inside: the mean number of chosen neighbours of the chosen.
    0 where there is none.
    """

    budgets: np.ndarray
    nodes: np.ndarray
    chosen: np.ndarray
    largest: np.ndarray
    clusters: np.ndarray
    from_shortest: np.ndarray
    from_random: np.ndarray
    inside: np.ndarray


def clusters(landscape, chosen, budgets):
    """The `Clusters` of nodes chosen bool (N,) at budgets in bits, ascending."""
    stops = _stops(landscape, budgets)
    order = np.flatnonzero(chosen)
    some = np.searchsorted(order, stops)
    found = np.zeros((len(stops), 5), np.int64)
    found[some > 0] = _added(landscape, order)[some[some > 0] - 1]
    each = np.maximum(some, 1)
    return Clusters(
        budgets=np.asarray(budgets, float), nodes=stops, chosen=some,
        largest=found[:, kernels.LARGEST], clusters=found[:, kernels.CLUSTERS],
        from_shortest=found[:, kernels.FIRST], from_random=found[:, kernels.SQUARES] / each,
        inside=2 * found[:, kernels.EDGES] / each,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Percolation:
    """Site percolation: the graph of a random part of the nodes.

    kept int64 (P,): how many nodes; largest float64 (P,): the share of them in the largest
    cluster, and finite (P,): the mean size of the other clusters by node, (Σ s² − largest²)
    / kept (the susceptibility), both means over the runs; threshold: the share of nodes kept
    where `finite` is greatest, and spread: the deviation of that over single runs.
    """

    kept: np.ndarray = field(repr=False)
    largest: np.ndarray = field(repr=False)
    finite: np.ndarray = field(repr=False)
    threshold: float
    spread: float


def percolation(landscape, *, runs=10, points=200, seed=0):
    """The `Percolation` of a landscape, from `runs` random orders of all nodes.

    Each order gives every number of kept nodes at once (Newman and Ziff, Phys. Rev. Lett.
    85, 4104, 2000).  points: of the curve, about evenly spaced in log(kept).
    """
    for name, value in (("runs", runs), ("points", points)):
        if value < 1:
            raise SettingError(f"{name}={value}; allowed: 1 and more")
    count, generator = len(landscape), np.random.default_rng(seed)
    kept = np.unique(np.geomspace(1, count, points).round().astype(np.int64))
    largest, finite = np.zeros((2, runs, len(kept)))
    for run in range(runs):
        found = _added(landscape, generator.permutation(count))[kept - 1]
        largest[run] = found[:, kernels.LARGEST] / kept
        rest = found[:, kernels.SQUARES] - found[:, kernels.LARGEST] ** 2
        finite[run] = rest / kept
    at = kept[finite.mean(axis=0).argmax()]
    return Percolation(
        kept, largest.mean(axis=0), finite.mean(axis=0), float(at / count),
        float((kept[finite.argmax(axis=1)] / count).std()),
    )  # fmt: skip


def random_graph_threshold(degrees):
    """The share of nodes at which a giant cluster appears in a random graph of these degrees.

    <k> / (<k²> − <k>), which is exact for large graphs (Cohen, Erez, ben-Avraham and Havlin,
    Phys. Rev. Lett. 85, 4626, 2000); 1 where there is none.
    """
    degrees = np.asarray(degrees, float)
    excess = (degrees**2).mean() - degrees.mean()
    return float(min(1.0, degrees.mean() / excess)) if excess > 0 else 1.0


def descend(landscape, errors, seed=0):
    """Where greedy search ends from every node, int64 (N,), and its steps, int64 (N,).

    It goes to the neighbour of fewest errors, int64 (N,), as long as that has fewer than
    the node itself; among equals to the first in a random order, the same for all starts.
    """
    count = len(landscape)
    rank = np.random.default_rng(seed).permutation(count)
    after = np.empty(count, np.int64)
    kernels.best_neighbours(
        landscape.starts, landscape.ends, np.asarray(errors, np.int64), rank, after
    )
    steps = (after != np.arange(count)).astype(np.int64)
    while True:  # twice as many steps at a time
        further = after[after]
        if np.array_equal(further, after):
            return after, steps
        steps += steps[after]
        after = further


def reachable(landscape, errors):
    """From which nodes a path that never raises the errors leads to none, bool (N,)."""
    errors = np.asarray(errors, np.int64)
    found = errors == 0
    goals = np.flatnonzero(found)
    queue = np.empty(len(landscape), np.int64)
    queue[: len(goals)] = goals
    kernels.spread_upwards(landscape.starts, landscape.ends, errors, queue, len(goals), found)
    return found


def _added(landscape, order):
    """What `kernels.add_nodes` says of nodes in an order, int64 (k, 5)."""
    parent = np.full(len(landscape), -1, np.int32)
    size = np.zeros(len(landscape), np.int32)
    out = np.zeros((len(order), 5), np.int64)
    kernels.add_nodes(landscape.starts, landscape.ends, order, parent, size, out)
    return out


def _stops(landscape, budgets):
    """How many nodes there are of at most so many bits, int64 (L,)."""
    budgets = np.asarray(budgets, float)
    if not len(budgets) or (np.diff(budgets) < 0).any():
        raise SettingError(f"budgets={budgets.tolist()}; allowed: numbers of bits, ascending")
    units = np.floor(budgets * UNIT + 1e-6)
    return np.searchsorted(landscape.units, units, side="right")
