"""The landscape: every pair of trees against a plain reading of an edit, and known truths."""

import itertools
import math

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.dynamics import connectivity
from synth.dynamics.landscape import EDITS, USUAL, Landscape, program_landscape
from synth.dynamics.trees import all_trees, largest_budget, tree_counts
from synth.errors import SettingError
from synth.language.dsls import boolean
from synth.language.types import Bool
from tests import naive
from tests.drawn import budget_of, grammars


def boolean_grammar(n, basis):
    return synth.Grammar(boolean.build(basis=basis), {f"x{i}": Bool for i in range(n)})


# -- the graph --------------------------------------------------------------------


def at_root(p, q, edits):
    """Whether an edit of p's root, read from left to right, makes q."""
    one, other = p.head, q.head
    relabelled = (
        one is not other
        and (one.result, tuple(one.arguments)) == (other.result, tuple(other.arguments))
        and p.arguments == q.arguments
    )
    inserted = any(
        q.arguments[k] == p and not any(a.arguments for a in q.arguments[:k] + q.arguments[k + 1 :])
        for k in range(len(q.arguments))
    )
    grown = (
        p.type == q.type
        and p.size == 1
        and q.arguments
        and not any(a.arguments for a in q.arguments)
    )
    swapped = one is other and any(
        p.arguments[j] == q.arguments[k]
        and p.arguments[k] == q.arguments[j]
        and all(
            p.arguments[i] == q.arguments[i] for i in range(len(p.arguments)) if i not in (j, k)
        )
        for j, k in itertools.combinations(range(len(p.arguments)), 2)
    )
    found = {"relabel": relabelled, "insert": inserted, "grow": grown, "swap": swapped}
    return any(found[edit] for edit in edits)


def one_edit(p, q, edits):
    if p == q:
        return False
    if at_root(p, q, edits) or at_root(q, p, edits):
        return True
    if p.head is not q.head:
        return False
    differ = [(a, b) for a, b in zip(p.arguments, q.arguments, strict=True) if a != b]
    return len(differ) == 1 and one_edit(*differ[0], edits)


def check_against_all_pairs(grammar, columns, most, edits):
    """Nodes, behaviours and edges against brute force over all pairs of syntax trees."""
    for type_ in grammar.types:
        every = naive.programs(grammar, most)[type_]
        values = {p: naive.behaviour(p, columns) for _, p in every}
        expected = {p: u for u, p in every if values[p] is not None}
        if not expected:
            with pytest.raises(SettingError, match="no program has so few bits"):
                program_landscape(grammar, columns, max_bits=most / 1024, type=type_, edits=edits)
            continue
        found = program_landscape(grammar, columns, max_bits=most / 1024, type=type_, edits=edits)
        programs = [found.program(i) for i in range(len(found))]
        assert dict(zip(programs, found.units.tolist(), strict=True)) == expected
        assert found.units.tolist() == sorted(expected.values())
        for i, program in enumerate(programs):
            assert tuple(found.values[found.behaviour[i]].tolist()) == values[program]
        edges = {frozenset(pair) for pair in found.pairs().tolist()}
        assert len(edges) == found.edges
        assert edges == {
            frozenset((i, j))
            for i, j in itertools.combinations(range(len(programs)), 2)
            if one_edit(programs[i], programs[j], edits)
        }


@settings(max_examples=15, deadline=None)
@given(grammars(), st.lists(st.sampled_from(EDITS), min_size=1, unique=True))
def test_nodes_and_edges_are_those_of_all_pairs_on_random_dsls(drawn, edits):
    grammar, columns = drawn
    check_against_all_pairs(grammar, columns, budget_of(grammar, 120), edits)


@pytest.mark.parametrize(
    ("basis", "n", "bits", "edits"),
    [
        ("and-or-xor-not", 2, 13, USUAL),
        ("and-or-xor-not", 2, 13, ("insert",)),
        ("nand", 2, 11, USUAL),
        ("nand", 2, 11, EDITS),
        ("ite", 1, 15, EDITS),
    ],
)
def test_nodes_and_edges_are_those_of_all_pairs(basis, n, bits, edits):
    grammar = boolean_grammar(n, basis)
    check_against_all_pairs(grammar, naive.all_rows(n), bits * 1024, edits)


def test_an_edit_by_hand():
    found = program_landscape(
        boolean_grammar(3, "and-or-not"), naive.all_rows(3), max_bits=13.0
    ).graph()
    number = {text: i for i, text in found.nodes(data="program")}

    def joined(a, b):
        return found.has_edge(number[a], number[b])

    assert joined("x0 & x1", "x0 | x1")
    assert joined("x0 & x1", "x2 & x1")
    assert joined("x0 & x1", "x0 & ~x1")
    assert joined("x0 & x1", "x0 & x1 | x2")
    assert joined("x0 & x1", "x0 & (x1 | x0)")
    assert joined("x0 & x1", "x2")  # shrunk
    assert not joined("x0 & x1", "x1 & x0")  # which swap alone does
    assert not joined("x0 & x1", "~x0")
    assert not joined("x0 & x1", "x1 | x2")


@settings(max_examples=40, deadline=None)
@given(grammars())
def test_numbers_of_trees_are_those_of_a_recursion_over_costs(drawn):
    grammar, _ = drawn
    most = budget_of(grammar, 300)
    expected = naive.trees_of_cost(grammar, most)
    for type_ in grammar.types:
        assert tree_counts(grammar, most / 1024, type=type_) == expected[type_]
        total = sum(expected[type_].values())
        if total:
            # The largest budget with no more than what there is up to here is no less.
            bits = largest_budget(grammar, total, type=type_)
            assert bits >= max(expected[type_]) / 1024
            assert sum(tree_counts(grammar, bits, type=type_).values()) <= total


@pytest.mark.parametrize("basis", ["and-or-xor-not", "nand", "ite"])
def test_programs_a_behaviour_are_as_counted(basis):
    """`count_programs` counts without making a tree."""
    grammar, columns = boolean_grammar(3, basis), naive.all_rows(3)
    bits = largest_budget(grammar, 5_000)
    found = program_landscape(grammar, columns, max_bits=bits).behaviours()
    counts = synth.count_programs(grammar, columns, max_bits=bits)
    expected = {
        tuple(v): (sum(counts.counts(i).tolist()), counts.least_bits[i])
        for i, v in enumerate(counts.values.tolist())
    }
    assert expected == {
        tuple(found.values[b].tolist()): (many, bits)
        for b, many, bits in zip(found.behaviour, found.programs, found.bits, strict=True)
    }


def test_behaviours_are_the_quotient_of_programs():
    programs = program_landscape(
        boolean_grammar(2, "and-or-xor-not"), naive.all_rows(2), max_bits=14
    )
    found = programs.behaviours()
    graph = programs.graph()
    groups = {}
    for i, behaviour in graph.nodes(data="behaviour"):
        groups.setdefault(behaviour, set()).add(i)
    quotient = nx.quotient_graph(graph, list(groups.values()))
    assert len(found) == len(groups) > 10
    number = {frozenset(groups[b]): k for k, b in enumerate(found.behaviour.tolist())}
    expected = {frozenset((number[a], number[b])) for a, b in quotient.edges}
    assert {frozenset(p) for p in found.pairs().tolist()} == expected
    for k, behaviour in enumerate(found.behaviour.tolist()):
        shortest = found.program(k)
        assert found.bits[k] == min(graph.nodes[i]["bits"] for i in groups[behaviour])
        assert shortest.text == graph.nodes[min(groups[behaviour])]["program"]


def test_the_matrix_is_that_of_the_graph():
    found = program_landscape(boolean_grammar(2, "nand"), naive.all_rows(2), max_bits=12)
    expected = nx.to_numpy_array(found.graph(), nodelist=range(len(found))) > 0
    assert np.array_equal(found.matrix().toarray(), expected)
    assert np.array_equal(found.degrees, expected.sum(axis=1))


# -- rewiring ---------------------------------------------------------------------


def from_graph(graph, units=None):
    """A `Landscape` of any networkx graph with nodes 0, 1, ..."""
    count = len(graph)
    near = [sorted(graph[i]) for i in range(count)]
    return Landscape(
        units=np.zeros(count, np.int64) if units is None else np.array(units, np.int64),
        behaviour=np.arange(count, dtype=np.int32),
        values=np.zeros((count, 1), bool),
        starts=np.cumsum([0, *map(len, near)]).astype(np.int64),
        ends=np.array(list(itertools.chain(*near)), np.int32),
        programs=np.ones(count, np.int64),
    )


def to_graph(landscape):
    graph = nx.Graph()
    graph.add_nodes_from(range(len(landscape)))
    for i in range(len(landscape)):
        near = landscape.ends[landscape.starts[i] : landscape.starts[i + 1]].tolist()
        assert i not in near
        assert len(set(near)) == len(near)
        graph.add_edges_from((i, j) for j in near)
    assert graph.number_of_edges() == landscape.edges  # each is in both lists
    return graph


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 30), st.floats(0, 1), st.integers(0, 2**32), st.integers(1, 4))
def test_rewiring_keeps_every_degree_at_every_level(count, p, seed, classes):
    graph = nx.gnp_random_graph(count, p, seed=seed)
    levels = np.random.default_rng(seed).integers(0, classes, count)
    before = to_graph(from_graph(graph))
    for given_levels in (None, levels):
        found = to_graph(from_graph(graph).rewired(seed, levels=given_levels))
        for i in before:
            assert found.degree[i] == before.degree[i]
            if given_levels is not None:
                for level in range(classes):
                    near, old = (sum(levels[j] == level for j in g[i]) for g in (found, before))
                    assert near == old


def chi_square(counts, expected):
    return sum((c - expected) ** 2 / expected for c in counts)


def test_rewired_graphs_are_uniform():
    """All 70 graphs on 6 nodes of degree 2: 60 rings, 10 pairs of triangles."""
    ring = from_graph(nx.cycle_graph(6))
    counts = {}
    for seed in range(7000):
        edges = frozenset(map(tuple, ring.rewired(seed, sweeps=8).pairs().tolist()))
        counts[edges] = counts.get(edges, 0) + 1
    assert len(counts) == 70
    triangles = [e for e in counts if not nx.is_connected(nx.Graph(list(e)))]
    assert len(triangles) == 10
    assert chi_square(counts.values(), 100) < 69 + 4 * math.sqrt(2 * 69)


def test_graphs_rewired_by_level_are_uniform():
    """All 6 graphs of degree 2 between two levels of 3 nodes."""
    both = from_graph(nx.Graph([(0, 3), (0, 4), (1, 4), (1, 5), (2, 3), (2, 5)]))
    levels, counts = np.array([0, 0, 0, 1, 1, 1]), {}
    for seed in range(1200):
        edges = frozenset(map(tuple, both.rewired(seed, levels=levels).pairs().tolist()))
        counts[edges] = counts.get(edges, 0) + 1
    assert len(counts) == 6
    assert chi_square(counts.values(), 200) < 5 + 4 * math.sqrt(10)


# -- clusters, percolation, descent -----------------------------------------------

graphs = st.builds(
    lambda n, degree, seed: nx.gnp_random_graph(n, min(1, degree / n), seed=seed),
    st.integers(1, 40), st.floats(0, 5), st.integers(0, 2**32),
)  # fmt: skip


def sizes_of(graph, nodes):
    return sorted(map(len, nx.connected_components(graph.subgraph(nodes))), reverse=True)


@settings(max_examples=60, deadline=None)
@given(graphs, st.floats(0, 1), st.integers(0, 2**32))
def test_clusters_are_those_of_networkx(graph, share, seed):
    generator = np.random.default_rng(seed)
    units = np.sort(generator.integers(1, 6, len(graph))) * 512
    chosen = generator.random(len(graph)) < share
    budgets = [0.0, 0.5, 1.2, 2.0, 9.0]
    found = connectivity.clusters(from_graph(graph, units), chosen, budgets)
    for k, bits in enumerate(budgets):
        nodes = [i for i in graph if units[i] <= bits * 1024]
        mine = [i for i in nodes if chosen[i]]
        assert (found.nodes[k], found.chosen[k]) == (len(nodes), len(mine))
        sizes = sizes_of(graph, mine)
        assert found.clusters[k] == len(sizes)
        assert found.largest[k] == max(sizes, default=0)
        if mine:
            part = graph.subgraph(mine)
            assert found.from_shortest[k] == len(nx.node_connected_component(part, mine[0]))
            reached = [len(nx.node_connected_component(part, i)) for i in mine]
            assert found.from_random[k] == pytest.approx(np.mean(reached))
            assert found.inside[k] == pytest.approx(np.mean([d for _, d in part.degree]))


@settings(max_examples=40, deadline=None)
@given(graphs, st.integers(0, 2**32))
def test_percolation_is_that_of_networkx_on_the_same_orders(graph, seed):
    found = connectivity.percolation(from_graph(graph), runs=2, points=60, seed=seed)
    generator, largest, finite = np.random.default_rng(seed), [], []
    for _ in range(2):
        order = generator.permutation(len(graph)).tolist()
        sizes = [sizes_of(graph, order[:k]) for k in found.kept]
        largest.append([s[0] / k for s, k in zip(sizes, found.kept, strict=True)])
        finite.append(
            [sum(x * x for x in s[1:]) / k for s, k in zip(sizes, found.kept, strict=True)]
        )
    assert found.largest == pytest.approx(np.mean(largest, axis=0))
    assert found.finite == pytest.approx(np.mean(finite, axis=0))
    assert found.kept[0] == 1
    assert found.kept[-1] == len(graph)
    at = np.argmax(np.mean(finite, axis=0).round(12))
    assert found.threshold == pytest.approx(found.kept[at] / len(graph))


def test_thresholds_that_are_known():
    """Square lattice: 0.592746 (Newman and Ziff, 2000); random graphs: 1 / mean degree."""
    lattice = nx.convert_node_labels_to_integers(nx.grid_2d_graph(120, 120, periodic=True))
    found = connectivity.percolation(from_graph(lattice), runs=6, points=400, seed=1)
    # The peak lies below by a multiple of L**-3/4, which is 0.028 here.
    assert found.threshold == pytest.approx(0.592746, abs=0.035)
    # Mean degree 8: of Poisson degrees <k²> - <k> is <k>².
    random = from_graph(nx.gnm_random_graph(20_000, 80_000, seed=1))
    assert connectivity.random_graph_threshold(random.degrees) == pytest.approx(1 / 8, rel=0.02)
    found = connectivity.percolation(random, runs=6, points=400, seed=1)
    assert found.threshold == pytest.approx(1 / 8, rel=0.1)
    # A regular graph of degree k: 1 / (k - 1).
    assert connectivity.random_graph_threshold([4] * 9) == pytest.approx(1 / 3)
    assert connectivity.random_graph_threshold([1, 1, 0]) == 1


@settings(max_examples=60, deadline=None)
@given(graphs, st.integers(0, 2**32))
def test_descent_step_by_step(graph, seed):
    errors = np.random.default_rng(seed).integers(0, 5, len(graph))
    rank = np.random.default_rng(seed).permutation(len(graph))
    ends, steps = connectivity.descend(from_graph(graph), errors, seed)
    paths = nx.DiGraph()
    paths.add_nodes_from(graph)
    for a, b in graph.edges:
        paths.add_edges_from(e for e in ((a, b), (b, a)) if errors[e[0]] >= errors[e[1]])
    reaches = connectivity.reachable(from_graph(graph), errors)
    for start in graph:
        node, count = start, 0
        while True:
            best = min(graph[node], key=lambda j: (errors[j], rank[j]), default=node)
            if errors[best] >= errors[node]:
                break
            node, count = best, count + 1
        assert (ends[start], steps[start]) == (node, count)
        below = nx.descendants(paths, start) | {start}
        assert reaches[start] == any(errors[j] == 0 for j in below)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda g, c: program_landscape(g, c, max_bits=9, edits=("cut",)), "edits=cut; allowed: "),
        (lambda g, c: program_landscape(g, c, max_bits=9, edits=()), "allowed: some of relabel"),
        (lambda g, c: all_trees(g, c, max_bits=30, most=100), "max_bits=30: more than 100 syntax"),
        (lambda g, c: largest_budget(g, 1), "1 programs; allowed: 2 and more"),
        (
            lambda g, c: connectivity.percolation(program_landscape(g, c, max_bits=9), runs=0),
            "runs=0; allowed: 1 and more",
        ),
        (
            lambda g, c: connectivity.clusters(
                program_landscape(g, c, max_bits=9), np.zeros(1, bool), [3, 2]
            ),
            "allowed: numbers of bits, ascending",
        ),
        (
            lambda g, c: program_landscape(g, c, max_bits=9).rewired(sweeps=-1),
            "sweeps=-1; allowed: 0 and more",
        ),
    ],
)
def test_what_is_refused(act, words):
    with pytest.raises(SettingError) as error:
        act(boolean_grammar(2, "and-or-not"), naive.all_rows(2))
    assert words in str(error.value)


# -- the experiment ---------------------------------------------------------------


@pytest.fixture(scope="module")
def run():
    return synth.run_experiment("landscape", programs=8000, random=3, runs=4)


def test_programs_that_fit_hang_together_and_rewired_ones_do_not(run):
    last = [r for r in run.rows if (r["row"], r["nodes"]) == ("length", "programs")]
    last = [r for r in last if r["bits"] == 18 and r["fit"] >= 30]
    of = {(r["task"], r["labels"], r["draw"], r["graph"]): r for r in last}
    keys = {k[:3] for k in of}
    assert {labels for _, labels, _ in keys} == {"true", "random"}
    for key in keys:
        assert of[*key, "edits"]["inside"] > 2 * of[*key, "rewired by length"]["inside"]
    conjunction = next(k for k in keys if "conjunction" in k[0] and k[1] == "true")
    share = {graph: of[*conjunction, graph]["largest"] for graph in ("edits", "rewired")}
    assert share["edits"] > 0.4 > 0.2 > share["rewired"]


def test_rows_add_up(run):
    for row in run.rows:
        if row["row"] == "length" and row["fit"]:
            assert row["behaviours"] * 2 ** row["log2_degeneracy"] == pytest.approx(row["fit"])
            assert row["from_random"] <= row["largest"] + 1e-9
            assert row["from_shortest"] <= row["largest"] + 1e-9
        if row["row"] == "search":
            # What greedy search ends in, a path that never rises reaches.
            assert row["fit"] / row["size"] <= row["greedy"] <= row["reachable"]
    curves = [r for r in run.rows if r["row"] == "percolation" and r["kept"] == 1]
    assert len(curves) == 6
    assert all(r["largest"] == 1 for r in curves if r["graph"] == "edits")


def test_what_fits_is_what_has_no_training_error(run):
    task = synth.load_task("conjunction:n=4,k=2,train=8")
    grammar = synth.Grammar(boolean.build(), task.types)
    for bits in (9, 15):
        programs = [p for _, p in naive.programs(grammar, bits * 1024)[Bool]]
        assert len(programs) < 3000
        fit = sum((p.outputs(task.columns)[0] == task.labels)[task.train].all() for p in programs)
        row = next(
            r for r in run.rows
            if (r["row"], r["nodes"], r["graph"], r["task"], r["labels"], r["bits"])
            == ("length", "programs", "edits", "conjunction:n=4,k=2,train=8", "true", bits)
        )  # fmt: skip
        assert (row["fit"], row["size"]) == (fit, len(programs))


def test_other_languages_and_tasks_with_other_columns():
    run = synth.run_experiment(
        "landscape", tasks=("mod-add:p=3,train=5", "parity:n=2,train=1.0"), programs=600, random=1,
        runs=2, levels=3,
    )  # fmt: skip
    assert len({r["task"] for r in run.rows if r["row"] == "search"}) == 2
    bits = {r["bits"] for r in run.rows if r["row"] == "length" and "mod" in r["task"]}
    assert 2 <= len(bits) <= 3
    with pytest.raises(SettingError, match="edits=cut; allowed: relabel, insert, grow, swap"):
        synth.run_experiment("landscape", edits=("cut",))
    with pytest.raises(SettingError, match="2 programs; allowed: 4 and more"):
        synth.run_experiment("landscape", programs=2)


def test_labelings_that_nothing_fits_are_no_evidence():
    found = synth.run_experiment("landscape", tasks="mod-div:p=5", programs=300, random=1, runs=1)
    assert not any(r["fit"] for r in found.rows if r["row"] == "length")
    for graph in ("rewired", "rewired by length"):
        name = graph.replace(" ", "_")
        counted = found.summary[f"control_more_than_{name}"]
        assert counted == "0 of 0"
        assert f"control_ratio_to_{name}" not in found.summary
    with pytest.raises(SettingError, match="swap is given twice"):
        synth.run_experiment("landscape", edits=("swap", "swap"))
