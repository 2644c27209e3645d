"""What a landscape's graph shows: clusters, percolation, and where local search ends."""

from dataclasses import dataclass, field

import numpy as np

from synth.errors import SettingError
from synth.kernels import graphs as kernels
from synth.language import UNIT


@dataclass(frozen=True, eq=False)
class Clusters:
    """Some chosen nodes, joined to each other alone, at each of L budgets of bits.

    All fields count nodes within the budget and are 0 if there are none.

    Parameters
    ----------
    budgets : float64 (L,)
        Bits, ascending.
    nodes : int64 (L,)
        The number of nodes.
    chosen : int64 (L,)
        The number of chosen nodes.
    largest : int64 (L,)
        The size of the largest cluster.
    clusters : int64 (L,)
        The number of clusters.
    from_shortest : int64 (L,)
        The size of the cluster of the first (shortest) chosen node, which is what a walk from
        there can reach.
    from_random : float64 (L,)
        How many nodes a walk from a random chosen node can reach, in the mean: Σ s² / Σ s over
        cluster sizes s.
    inside : float64 (L,)
        The mean number of chosen neighbours of a chosen node.
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
    """The `Clusters` of chosen nodes.

    Parameters
    ----------
    landscape : Landscape
    chosen : bool (N,)
    budgets : float64 (L,)
        Bits, ascending; otherwise a SettingError is raised.
    """
    stops = _stops(landscape, budgets)
    order = np.flatnonzero(chosen)
    some = np.searchsorted(order, stops)
    found = np.zeros((len(stops), 5), np.int64)
    found[some > 0] = _added(landscape, order)[some[some > 0] - 1]
    each = np.maximum(some, 1)
    return Clusters(
        budgets=np.asarray(budgets, float),
        nodes=stops,
        chosen=some,
        largest=found[:, kernels.LARGEST],
        clusters=found[:, kernels.CLUSTERS],
        from_shortest=found[:, kernels.FIRST],
        from_random=found[:, kernels.SQUARES] / each,
        inside=2 * found[:, kernels.EDGES] / each,
    )


@dataclass(frozen=True, eq=False)
class Percolation:
    """Site percolation: the graph of a random part of the nodes.

    Parameters
    ----------
    kept : int64 (P,)
        How many nodes are kept.
    largest : float64 (P,)
        The share of these in the largest cluster, the mean over runs.
    finite : float64 (P,)
        The mean size of the other clusters, taken over nodes (the susceptibility):
        (Σ s² − largest²) / kept, the mean over runs.
    threshold : float
        The share of nodes kept at which `finite` is greatest.
    spread : float
        The standard deviation of the threshold over single runs.
    """

    kept: np.ndarray = field(repr=False)
    largest: np.ndarray = field(repr=False)
    finite: np.ndarray = field(repr=False)
    threshold: float
    spread: float


def percolation(landscape, *, runs=10, points=200, seed=0):
    """The `Percolation` of a landscape, from `runs` random orders of all nodes.

    Each order gives every number of kept nodes at once (Newman and Ziff, Phys. Rev. Lett.
    85, 4104, 2000).

    Parameters
    ----------
    landscape : Landscape
    runs : int, optional
    points : int, optional
        Points of the curve, about evenly spaced in log(kept).
    seed : int, optional

    Raises
    ------
    SettingError
        If `runs` or `points` is below 1.
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
        kept=kept,
        largest=largest.mean(axis=0),
        finite=finite.mean(axis=0),
        threshold=float(at / count),
        spread=float((kept[finite.argmax(axis=1)] / count).std()),
    )


def random_graph_threshold(degrees):
    """The share of nodes at which a giant cluster appears in a random graph of these degrees.

    It is <k> / (<k²> − <k>), which is exact for large graphs (Cohen, Erez, ben-Avraham and
    Havlin, Phys. Rev. Lett. 85, 4626, 2000), and 1 if no giant cluster appears.
    """
    degrees = np.asarray(degrees, float)
    excess = (degrees**2).mean() - degrees.mean()
    return float(min(1.0, degrees.mean() / excess)) if excess > 0 else 1.0


def descend(landscape, errors, seed=0):
    """Where greedy search ends from every node, and after how many steps.

    It goes to the neighbour with the fewest errors as long as that has fewer than the node
    itself. Ties are broken by one random order, the same for all starts.

    Parameters
    ----------
    landscape : Landscape
    errors : int64 (N,)
    seed : int, optional

    Returns
    -------
    (int64 (N,), int64 (N,))
        The last node, and the number of steps.
    """
    count = len(landscape)
    rank = np.random.default_rng(seed).permutation(count)
    after = np.empty(count, np.int64)
    kernels.best_neighbours(
        landscape.starts, landscape.ends, np.asarray(errors, np.int64), rank, after
    )
    steps = (after != np.arange(count)).astype(np.int64)
    while True:  # each round doubles the steps
        further = after[after]
        if np.array_equal(further, after):
            return after, steps
        steps += steps[after]
        after = further


def reachable(landscape, errors):
    """From which nodes a path to zero errors leads that never raises the errors, bool (N,)."""
    errors = np.asarray(errors, np.int64)
    found = errors == 0
    goals = np.flatnonzero(found)
    queue = np.empty(len(landscape), np.int64)
    queue[: len(goals)] = goals
    kernels.spread_upwards(landscape.starts, landscape.ends, errors, queue, len(goals), found)
    return found


def _added(landscape, order):
    """What `kernels.add_nodes` gives for nodes in this order, int64 (k, 5)."""
    parent = np.full(len(landscape), -1, np.int32)
    size = np.zeros(len(landscape), np.int32)
    out = np.zeros((len(order), 5), np.int64)
    kernels.add_nodes(landscape.starts, landscape.ends, order, parent, size, out)
    return out


def _stops(landscape, budgets):
    """How many nodes are within each budget, int64 (L,)."""
    budgets = np.asarray(budgets, float)
    if not len(budgets) or (np.diff(budgets) < 0).any():
        raise SettingError(f"budgets={budgets.tolist()}; allowed: numbers of bits, ascending")
    units = np.floor(budgets * UNIT + 1e-6)
    return np.searchsorted(landscape.units, units, side="right")
