"""The stage of reach that grows trees of conditions, prunes them and fits them again."""

import math
from functools import lru_cache

import numpy as np
import pytest

import synth
from synth.engine.reach import trees
from synth.engine.reach.pool import pool_of
from synth.engine.reach.problem import Problem
from synth.engine.reach.selectors import selectors_of
from synth.language import UNIT, Bool, Int, Label

NAMES = "abcde"


def never():
    return False


def a_task(k=4, rows=200, wrong=0.05, seed=0, permuted=False):
    """A list of four rules over six booleans; some labels are wrong."""
    generator = np.random.default_rng(seed)
    columns = {f"x{j}": generator.random(rows) < 0.5 for j in range(6)}
    x = list(columns.values())
    labels = np.select([x[0] & x[1], x[2] & ~x[3], x[4], x[5] & x[0]], [0, 1, 2, 3], 1) % k
    labels = np.where(generator.random(rows) < wrong, generator.integers(0, k, rows), labels)
    if permuted:
        labels = generator.permutation(labels)
    return synth.Task("t", columns, dict.fromkeys(columns, Bool), labels, Label(*NAMES[:k]))


@lru_cache
def a_problem(dsl=None, programs=3000, **settings):
    search = synth.Search(a_task(**settings), dsl, max_programs=programs, threads=1, moves=0)
    search.run()
    problem = Problem(search._engine, search._labellings[0])
    return problem, {t: pool_of(search._engine, t, problem.n) for t in search._engine.banks}


def growing(**settings):
    problem, pools = a_problem(**settings)
    selector = selectors_of(problem, problem.root)[0]
    values = np.unique(problem.compared)
    return trees.Growing(problem, pools[Bool], selector, values), problem


def unpacked(words, n):
    return Bool.unpack(words[None], n)[0]


def conditions(grown):
    """Values of the conditions, bool (conditions, n)."""
    return Bool.unpack(np.ascontiguousarray(grown.pool.words.T), grown.problem.n)


def said(problem, grown, tree):
    """Which rows a tree is right on, by its program."""
    return ~problem.misses(problem.values(grown.written(tree)))


def naive_table(labels):
    """Units of the order of some labels."""
    counts = [labels.tolist().count(v) for v in set(labels.tolist())]
    orders = math.factorial(len(labels)) // math.prod(map(math.factorial, counts))
    return UNIT * math.log2(orders)


@pytest.mark.parametrize("way", trees.WAYS)
def test_a_growing_tree_is_divided_by_the_best_condition(way):
    grown, problem = growing(rows=60)
    values, labels = conditions(grown), problem.labels
    nodes = grown.grown(way, never)
    assert len(nodes) > 4
    for rows, condition, yes, no in nodes:
        inside = unpacked(rows, problem.n)

        def price(holds, inside=inside):
            sides = labels[inside & holds], labels[inside & ~holds]
            return way * sum(map(naive_table, sides))

        prices = [grown.costs[j] + price(holds) for j, holds in enumerate(values)]
        pays = min(prices) + grown.units[0] < way * naive_table(labels[inside])
        assert (condition is not None) == pays
        if condition is not None:
            assert prices[condition] == pytest.approx(min(prices))
            assert (unpacked(nodes[yes][0], problem.n) == (inside & values[condition])).all()
            assert (unpacked(nodes[no][0], problem.n) == (inside & ~values[condition])).all()


def prunings(grown, nodes, k=0):
    """All trees that a grown tree can be pruned to, with every leaf of few."""
    _, condition, yes, no = nodes[k]
    for leaf in range(min(5, len(grown.leaves))):
        yield trees.Tree(leaf)
    if condition is not None:
        for one in prunings(grown, nodes, yes):
            for other in prunings(grown, nodes, no):
                yield trees.Tree(0, condition, one, other)


def test_pruning_is_the_best_of_all_prunings(monkeypatch):
    monkeypatch.setattr(trees, "NODES", 6)
    monkeypatch.setattr(trees, "LEAVES", 5)
    grown, problem = growing(rows=80)
    nodes = grown.grown(1.0, never)
    assert len(nodes) == 7
    for number in (0, 2, 9):
        price = grown.code[number + 1] - grown.code[number]

        def total(tree, price=price):
            return grown.cost(tree) + price * (~said(problem, grown, tree)).sum()

        best = grown.pruned(nodes, number)
        assert total(best) == pytest.approx(min(map(total, prunings(grown, nodes))))


def test_a_tree_costs_what_its_program_costs():
    grown, problem = growing()
    for way in trees.WAYS:
        nodes = grown.grown(way, never)
        for number in trees.PRICES[:4]:
            tree = grown.pruned(nodes, number)
            assert grown.total(tree) / UNIT == pytest.approx(problem.total(grown.written(tree)))
            right = unpacked(grown.correct(tree), problem.n)
            assert (right == said(problem, grown, tree)).all()


def naive_fit(grown, problem, tree, path=()):
    """The least total after one node's condition is any, or a leaf or a child takes its place."""

    def at(node, place, part):
        if not place:
            return part
        yes, no = node.yes, node.no
        if place[0]:
            no = at(no, place[1:], part)
        else:
            yes = at(yes, place[1:], part)
        return trees.Tree(0, node.condition, yes, no)

    node = tree
    for side in path:
        node = node.no if side else node.yes
    options = [trees.Tree(leaf) for leaf in range(len(grown.leaves))]
    if node.condition is not None:
        options += [node.yes, node.no]
        for row in range(grown.pool.count):
            options.append(trees.Tree(0, row, node.yes, node.no))
            options.append(trees.Tree(0, row, node.no, node.yes))
    return min(grown.total(at(tree, path, part)) for part in options)


@pytest.mark.parametrize("seed", range(3))
def test_fitting_ends_where_no_node_can_be_changed(seed):
    grown, problem = growing(rows=90, seed=seed, programs=600)
    start = grown.pruned(grown.grown(1.0, never), 0)
    # A poor tree to begin with: the conditions of the root and of a child are others.
    start = trees.Tree(0, 7, trees.Tree(0, 11, start.yes, start.no), start.no)
    fitted = grown.fitted(start, never)
    assert grown.total(fitted) < grown.total(start)
    places = [()]
    while places:
        path = places.pop()
        node = fitted
        for side in path:
            node = node.no if side else node.yes
        assert naive_fit(grown, problem, fitted, path) >= grown.total(fitted) - 1e-6
        if node.condition is not None:
            places += [(*path, 0), (*path, 1)]


@pytest.mark.parametrize("path", [(), (0,), (1,)])
def test_a_node_becomes_the_best_of_all_that_can_stand_there(monkeypatch, path):
    monkeypatch.setattr(trees.Growing, "_below", lambda self, tree, *rest: tree)
    monkeypatch.setattr(trees, "LEAVES", 4)  # the labels themselves
    grown, problem = growing(rows=150, programs=600)
    generator = np.random.default_rng(0)
    values, divided = conditions(grown), 0

    def drawn(depth):
        if not depth:
            return trees.Tree(int(generator.integers(4)))
        row = int(generator.integers(grown.pool.count))
        return trees.Tree(0, row, drawn(depth - 1), drawn(depth - 1))

    for k in range(60):
        tree = node = drawn(1 + len(path) + k % 2)
        inside = np.ones(problem.n, bool)
        for side in path:
            inside &= values[node.condition] != bool(side)
            node = node.no if side else node.yes
        wrong = ~said(problem, grown, tree)
        others = int((wrong & ~inside).sum())
        made = grown._refitted(node, Bool.pack(inside[None])[0], others, never)
        missed = others + int((inside & ~said(problem, grown, made)).sum())
        total = grown.cost(tree) - grown.cost(node) + grown.cost(made) + grown.code[missed]
        assert total == pytest.approx(naive_fit(grown, problem, tree, path))
        divided += made.condition is not None
    assert divided


def test_a_child_turns_to_stand_above():
    a, b, c, d = map(trees.Tree, range(4))

    def split(condition, yes, no):
        return trees.Tree(0, condition, yes, no)

    assert list(trees.turns(split(1, split(2, a, b), split(3, c, d)))) == [
        split(2, a, split(1, b, split(3, c, d))),
        split(2, split(1, a, split(3, c, d)), b),
        split(3, c, split(1, split(2, a, b), d)),
        split(3, split(1, split(2, a, b), c), d),
    ]
    assert list(trees.turns(a)) == list(trees.turns(split(1, a, b))) == []


@pytest.mark.parametrize("k", [3, 4])
def test_a_planted_list_is_found_with_its_exceptions(k):
    problem, pools = a_problem(k=k, rows=400)
    clean = synth.Program.parse(
        "where(x0 & x1, a, where(x2 & ~x3, b, where(x4, c, where(x0 & x5, d, b))))"
        if k == 4
        else "where(x0 & x1, a, where(x2 & ~x3, b, where(x4, c, where(x0 & x5, a, b))))",
        problem.grammar,
        problem.root,
    )
    made = trees.propose(problem, pools, never)
    assert problem.total(made[0]) <= problem.total(clean)
    assert made == sorted(made, key=problem.total)
    assert made == trees.propose(problem, pools, never)


def test_permuted_labels_grow_nothing():
    for seed in range(10):
        problem, pools = a_problem(seed=seed, permuted=True)
        for program in trees.propose(problem, pools, never):
            # A constant may save a bit: the counts of permuted labels are those of true ones.
            assert not program.arguments or problem.total(program) > problem.table_bits


def test_whole_numbers_have_trees_too():
    generator = np.random.default_rng(1)
    columns = {n: generator.integers(0, 9, 300) for n in "xy"}
    labels = np.where(columns["x"] < 4, columns["y"], np.where(columns["y"] < 3, 2, columns["x"]))
    task = synth.Task("t", columns, dict.fromkeys(columns, Int(0, 8)), labels, Int(0, 8))
    search = synth.Search(task, max_programs=5000, threads=1, moves=0)
    search.run()
    problem = Problem(search._engine, search._labellings[0])
    pools = {t: pool_of(search._engine, t, problem.n) for t in search._engine.banks}
    assert problem.exceptions(trees.propose(problem, pools, never)[0]) == 0


def test_it_stops_when_it_must_and_where_there_is_no_selector():
    problem, pools = a_problem()
    assert all(p.type == problem.root for p in trees.propose(problem, pools, lambda: True))
    search = synth.Search("parity:n=4", max_programs=500, threads=1, moves=0)
    search.run()
    problem = Problem(search._engine, search._labellings[0])
    pools = {t: pool_of(search._engine, t, problem.n) for t in search._engine.banks}
    assert trees.propose(problem, pools, never) == []


def test_work_is_limited_by_count(monkeypatch):
    monkeypatch.setattr(trees, "WORK", 1)
    grown, _ = growing()
    nodes = grown.grown(1.0, never)
    assert len(nodes) == 3
    tree = grown.pruned(nodes, 0)
    assert grown.fitted(tree, never).condition in (tree.condition, None)


@pytest.mark.parametrize("side", ["yes", "no"])
def test_a_condition_that_does_not_pay_gives_way_to_either_child(side):
    grown, _ = growing(rows=120)
    good = grown.fitted(grown.pruned(grown.grown(1.0, never), 0), never)
    assert good.condition is not None
    # The other child stands where the condition never holds, or always does.
    values, never_there = conditions(grown), side == "yes"
    row = int(np.flatnonzero((values == never_there).all(axis=1))[0])
    parts = (good, trees.Tree(0)) if side == "yes" else (trees.Tree(0), good)
    grown.allowed = grown.work  # no other condition can be looked for
    found = grown._refitted(trees.Tree(0, row, *parts), grown.every, 0, never)
    assert grown.total(found) <= grown.total(good)
