"""The graph of what two programs share, on programs whose parts are known, and its picture."""

import networkx as nx
import numpy as np
from matplotlib.figure import Figure

import synth
from synth.language.dsls import load_dsl
from synth.language.program import Program
from synth.language.types import Bool
from synth.learners import sharing

COLUMNS = {f"x{i}": np.arange(16) >> i & 1 == 1 for i in range(4)}


def boolean(text, basis="and-or-xor-not"):
    grammar = synth.Grammar(load_dsl(f"boolean:basis={basis}"), dict.fromkeys(COLUMNS, Bool))
    return Program.parse(text, grammar)


def test_the_union_graph_shares_what_computes_the_same():
    one, other = (
        boolean("(x0 & x1) | x2", "and-or-not"),
        boolean("nand(nand(x1, x0), nand(x2, x2))", "nand"),
    )
    graph = sharing.union_graph(one, other, COLUMNS)
    nodes = {tuple(n["texts"]): n["of"] for _, n in graph.nodes(data=True)}
    assert nodes == {
        ("x0", "x0"): "both",
        ("x1", "x1"): "both",
        ("x2", "x2"): "both",
        ("x0 & x1", "nand(x1, x0)"): "both",
        ("x0 & x1 | x2", "nand(nand(x1, x0), nand(x2, x2))"): "both",
    }
    graph = sharing.union_graph(boolean("x0 ^ x1"), boolean("(x0 | x1) & ~(x0 & x1)"), COLUMNS)
    shares = sorted(n["of"] for _, n in graph.nodes(data=True))
    assert shares == ["both", "both", "both", "other", "other"]
    assert nx.is_directed_acyclic_graph(graph)
    assert graph.number_of_edges() == 8


def test_constants_are_no_nodes():
    graph = sharing.union_graph(
        boolean("true ^ x0 & x1", "anf"), boolean("nand(x0, x1)", "nand"), COLUMNS
    )
    assert [n["of"] for _, n in graph.nodes(data=True)] == ["both"] * 3
    assert graph.number_of_edges() == 2


def test_what_makes_each_other_can_be_drawn():
    """x0 ^ x1 of x0 | x1, and x0 | x1 of x0 ^ x1."""
    one, other = boolean("(x0 | x1) & ~(x0 & x1)"), boolean("(x0 ^ x1) ^ x0 & x1")
    graph = sharing.union_graph(one, other, COLUMNS)
    assert not nx.is_directed_acyclic_graph(graph)
    axis = Figure().subplots()
    sharing.draw_union_graph(graph, axis)
    shown = {text.get_text().replace("\n", " "): text for text in axis.texts}
    assert set(shown) == {"x0", "x1", "x0 & x1", "x0 ^ x1", "x0 | x1"}
    heights = {name: text.get_position()[1] for name, text in shown.items()}
    assert heights["x0"] == heights["x1"] == 0
    assert heights["x0 & x1"] == 1
    assert heights["x0 ^ x1"] == heights["x0 | x1"] == 2
    assert len({text.get_position() for text in axis.texts}) == 5
    colours = {text.get_bbox_patch().get_facecolor() for text in axis.texts}
    assert len(colours) == 1
