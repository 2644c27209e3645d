"""The landscape of programs: a graph whose nodes are programs, joined by one edit.

The nodes are all syntax trees of one type up to some bits.  An edit of one node of a tree is

    relabel  an input, constant or primitive becomes another of the same type, a primitive one
             of the same argument types; all below it stays
    insert   a part t becomes f(.., t, ..), all other arguments leaves; its inverse deletes
    grow     a leaf becomes f(leaves), with any leaves; its inverse shrinks
    swap     two arguments of one type change places

Every edit can be undone by an edit, so the graph is undirected; two programs are joined once,
however many edits lead from one to the other.  Replacing a part by any other part is not an
edit here: at the root it would join all programs to all.  `Landscape.behaviours` gives the
graph of what programs compute: behaviours are joined if some of their programs are.

Neutral networks of genotypes: Schuster, Fontana, Stadler and Hofacker, Proc. R. Soc. B
255, 1994; robustness and its null model: Greenbury, Schaper, Ahnert and Louis, PLoS
Comput. Biol. 12(3), 2016.
"""

from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np

from synth.dynamics.trees import Trees, all_trees
from synth.errors import SettingError
from synth.kernels import graphs as kernels
from synth.language import UNIT

#: All edits, and the default ones.
EDITS = ("relabel", "insert", "grow", "swap")
USUAL = EDITS[:3]


@dataclass(frozen=True, eq=False)
class Landscape:
    """A graph of programs, or of behaviours, in order of their bits.

    Parameters
    ----------
    units : int64 (N,)
        The cost of each node in 1/1024 bit; of a behaviour that of its shortest program.
    behaviour : int32 (N,)
        The number of each node's behaviour.
    values : (B, rows)
        What each behaviour says of the rows.
    starts : int64 (N + 1,)
    ends : int32 (2E,)
        The neighbours of node i are ends[starts[i]:starts[i+1]], ascending unless rewired.
    programs : int64 (N,)
        How many programs a node stands for.
    dropped : int
        How many trees are no nodes because they have no value on some row.
    trees : Trees, optional
        The syntax trees.
    numbers : int64 (N,), optional
        The number of each node's tree.
    """

    units: np.ndarray = field(repr=False)
    behaviour: np.ndarray = field(repr=False)
    values: np.ndarray = field(repr=False)
    starts: np.ndarray = field(repr=False)
    ends: np.ndarray = field(repr=False)
    programs: np.ndarray = field(repr=False)
    dropped: int = 0
    trees: Trees | None = field(default=None, repr=False)
    numbers: np.ndarray | None = field(default=None, repr=False)

    def __len__(self):
        return len(self.units)

    def __repr__(self):
        return f"Landscape({len(self):,} nodes, {self.edges:,} edges)"

    @property
    def edges(self):
        """The number of edges."""
        return len(self.ends) // 2

    @property
    def bits(self):
        """The cost of each node in bits, float64 (N,), ascending."""
        return self.units / UNIT

    @property
    def degrees(self):
        """The number of neighbours of each node, int64 (N,)."""
        return np.diff(self.starts)

    def program(self, i):
        """Node i as a `Program`; of a behaviour the first of its shortest programs."""
        return self.trees.program(self.numbers[i])

    def pairs(self):
        """Every edge once, int32 (E, 2), the node of the longer program first."""
        sources = np.repeat(np.arange(len(self), dtype=np.int32), self.degrees)
        once = sources > self.ends
        return np.column_stack([sources[once], self.ends[once]])

    def matrix(self):
        """The adjacency matrix, scipy.sparse CSR of bool (N, N)."""
        from scipy.sparse import csr_array

        made = csr_array(
            (np.ones(len(self.ends), bool), self.ends, self.starts), (len(self), len(self))
        )
        made.sort_indices()
        return made

    def graph(self):
        """A networkx `Graph`; nodes have `program` (its text), `bits` and `behaviour`."""
        import networkx as nx

        graph = nx.Graph()
        for i, (bits, behaviour) in enumerate(zip(self.bits, self.behaviour, strict=True)):
            text = self.program(i).text
            graph.add_node(i, program=text, bits=float(bits), behaviour=int(behaviour))
        graph.add_edges_from(self.pairs().tolist())
        return graph

    def behaviours(self):
        """The `Landscape` of the behaviours of these programs."""
        kept, first, place, programs = np.unique(
            self.behaviour, return_index=True, return_inverse=True, return_counts=True
        )
        order = np.argsort(first)  # programs ascend in bits
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        pairs = rank[place][self.pairs()]
        starts, ends = _joined(pairs[pairs[:, 0] != pairs[:, 1]], len(kept))
        numbers = None if self.numbers is None else self.numbers[first[order]]
        return replace(
            self,
            units=self.units[first[order]],
            behaviour=kept[order].astype(np.int32),
            starts=starts,
            ends=ends,
            programs=programs[order],
            numbers=numbers,
        )

    def rewired(self, seed=0, *, sweeps=10, levels=None):
        """The same nodes with random edges; each node keeps its number of edges.

        The edges come from sweeps * E proposals of double edge swaps, rejected ones counted.  In
        the long run they are uniform over all simple graphs of these degrees (Fosdick, Larremore,
        Nishimura and Ugander, SIAM Review 60(2), 2018).

        Parameters
        ----------
        seed : int, optional
        sweeps : float, optional
            Proposals for each edge.
        levels : int (N,), optional
            If given, edges swap only if their ends have the same two levels, so that each node
            keeps its number of neighbours at every level.

        Raises
        ------
        SettingError
            If `sweeps` is negative.
        """
        if sweeps < 0:
            raise SettingError(f"sweeps={sweeps}; allowed: 0 and more")
        edges = self.pairs()
        classes = np.zeros((len(edges), 2), np.int64) if levels is None else levels[edges]
        turned = classes[:, 0] < classes[:, 1]
        edges[turned], classes[turned] = edges[turned, ::-1], classes[turned, ::-1]
        order = np.lexsort(classes.T)
        edges, classes = np.ascontiguousarray(edges[order]), classes[order]
        new = np.ones(len(edges) + 1, bool)
        new[1:-1] = (classes[1:] != classes[:-1]).any(axis=1)
        bounds = np.flatnonzero(new)
        first, last = (np.repeat(b, np.diff(bounds)) for b in (bounds[:-1], bounds[1:]))
        # The places of each edge's two ends in each other's lists of neighbours.
        places = np.empty((len(edges), 2), np.int64)
        sorting = np.argsort(edges.T.ravel(), kind="stable")
        places.T.flat[sorting] = np.arange(2 * len(edges))
        ends = np.empty_like(self.ends)
        ends[places] = edges[:, ::-1]
        kernels.swap_edges(
            self.starts,
            ends,
            edges,
            places,
            first,
            last,
            classes[:, 0] == classes[:, 1],
            np.random.default_rng(seed),
            int(sweeps * len(edges)) if len(edges) > 1 else 0,
        )
        return replace(self, ends=ends)


def program_landscape(grammar, columns, *, max_bits, type=None, edits=USUAL, most_nodes=2_000_000):
    """The `Landscape` of all programs of a type up to `max_bits` bits, on some rows.

    Parameters
    ----------
    grammar : Grammar
    columns : mapping of str to array (rows,)
        The inputs by name.
    max_bits : float
        The budget of a program, in bits.
    type : Type, optional
        By default the only type of the grammar.
    edits : tuple of str, optional
        Some of `EDITS`.
    most_nodes : int, optional
        The most syntax trees, parts of other types included.

    Raises
    ------
    SettingError
        If there is no program, if there are more than `most_nodes` syntax trees, or if an edit is
        unknown.
    """
    if not edits or not set(edits) <= set(EDITS):
        raise SettingError(f"edits={','.join(edits)}; allowed: some of {', '.join(EDITS)}")
    trees = all_trees(grammar, columns, max_bits=max_bits, type=type, most=most_nodes)
    numbers = np.flatnonzero(trees.root)
    place = np.full(len(trees), -1)
    place[numbers] = np.arange(len(numbers))
    pairs = place[_edits(trees, edits)]
    starts, ends = _joined(pairs[(pairs >= 0).all(axis=1)], len(numbers))
    return Landscape(
        units=trees.units[numbers],
        behaviour=trees.behaviour[numbers],
        values=trees.values[trees.type],
        starts=starts,
        ends=ends,
        programs=np.ones(len(numbers), np.int64),
        dropped=trees.dropped,
        trees=trees,
        numbers=numbers,
    )


def _edits(trees, edits):
    """Pairs of trees joined by one edit, int64 (m, 2), some of them more than once."""
    index = _Index(trees)
    none = np.zeros((0, 2), np.int64)
    found = [none]
    latest = np.concatenate([none, *_at_the_root(trees, index, edits)])
    while len(latest):  # an edit of an argument is an edit of the whole tree
        found.append(latest)
        latest = np.concatenate([none, *_within(trees, index, np.sort(latest)[:, ::-1])])
    return np.concatenate(found)


def _at_the_root(trees, index, edits):
    """Pairs of trees that an edit of the root joins."""
    leaf = trees.sizes == 1
    # Some grammars have thousands of inputs, most of them beyond the budget.
    there = [f for f, mine in enumerate(index.trees) if len(mine)]
    for f in there:
        item, mine = trees.items[f], index.trees[f]
        arguments = trees.arguments[mine, : len(item.arguments)]
        if "relabel" in edits:
            for g in there[: there.index(f)]:
                other = trees.items[g]
                if (other.result, other.arguments) == (item.result, item.arguments):
                    yield _known(mine, index.find(g, arguments))
        others = ~leaf[arguments]
        count = others.sum(axis=1)
        if "grow" in edits and item.arguments:
            grown = mine[count == 0]
            for g in there:
                other = trees.items[g]
                if other.result == item.result and not other.arguments:
                    yield _known(grown, np.full(len(grown), index.trees[g][0]))
        if "swap" in edits:
            for j, k in combinations(range(len(item.arguments)), 2):
                if item.arguments[j] == item.arguments[k]:
                    swapped = arguments.copy()
                    swapped[:, [j, k]] = arguments[:, [k, j]]
                    differ = arguments[:, j] != arguments[:, k]
                    yield _known(mine[differ], index.find(f, swapped[differ]))
        if "insert" in edits:
            for k, type_ in enumerate(item.arguments):
                if type_ == item.result:
                    alone = count - others[:, k] == 0
                    if "grow" in edits:
                        alone &= count > 0
                    yield _known(mine[alone], arguments[alone, k])


def _within(trees, index, edges):
    """Pairs f(.., a, ..), f(.., b, ..) for the pairs a, b, of which a costs no less."""
    for f, item in enumerate(trees.items):
        for k in range(len(item.arguments)):
            mine, starts = index.by_argument(f, k)
            a, b = edges[:, 0], edges[:, 1]
            uses = starts[a + 1] - starts[a]
            which = np.repeat(np.arange(len(edges)), uses)
            offset = np.arange(len(which)) - np.repeat(np.cumsum(uses) - uses, uses)
            users = mine[starts[a][which] + offset]
            arguments = trees.arguments[users, : len(item.arguments)]
            arguments[:, k] = b[which]
            yield _known(users, index.find(f, arguments))


def _known(ours, theirs):
    """Pairs (m, 2), without those whose second tree is -1."""
    return np.column_stack([ours, theirs])[theirs >= 0].astype(np.int64)


class _Index:
    """Finds trees by their head and arguments; `trees` has the tree numbers of every item."""

    def __init__(self, trees):
        self.count = len(trees)
        self.arguments = trees.arguments
        self.trees = [np.flatnonzero(trees.head == f) for f in range(len(trees.items))]
        self.stages = [
            self._stages(trees.arguments[mine, : len(item.arguments)])
            for mine, item in zip(self.trees, trees.items, strict=True)
        ]
        self.users = {}

    def _stages(self, arguments):
        """Sorted keys for each argument: the place of the arguments before it, joined with it."""
        place, stages = np.zeros(len(arguments), np.int64), []
        for column in arguments.T:
            keys, place = np.unique(place * self.count + column, return_inverse=True)
            stages.append(keys)
        stages.append(np.argsort(place))
        return stages

    def find(self, f, arguments):
        """The trees with head f and these arguments (m, k), int64 (m,); -1 if there is none."""
        *stages, order = self.stages[f]
        place = np.zeros(len(arguments), np.int64)
        if not len(order):
            return place - 1
        known = np.ones(len(arguments), bool)
        for keys, column in zip(stages, arguments.T, strict=True):
            wanted = place * self.count + column
            place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
            known &= keys[place] == wanted
        return np.where(known, self.trees[f][order[place]], -1)

    def by_argument(self, f, k):
        """The trees with head f in order of their argument k, and where those of each one start."""
        if (f, k) not in self.users:
            used = self.arguments[self.trees[f], k]
            order = np.argsort(used, kind="stable")
            starts = np.searchsorted(used[order], np.arange(self.count + 1))
            self.users[f, k] = self.trees[f][order], starts
        return self.users[f, k]


def _joined(pairs, count):
    """The (starts, ends) of the graph with these edges, each taken once."""
    a, b = pairs.T.astype(np.int64)
    keys = np.concatenate([a * count + b, b * count + a])
    keys.sort()  # np.unique, which hashes, took 10 times as long on 2 million
    keys = keys[np.diff(keys, prepend=-1) > 0]
    starts = np.searchsorted(keys, np.arange(count + 1) * count)
    return starts.astype(np.int64), (keys % max(count, 1)).astype(np.int32)
