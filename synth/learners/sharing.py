"""Which subexpressions two programs share, by what these compute: a graph, and its picture."""

import textwrap

from synth.learners.similarity import behaviour

#: Of subexpressions of both programs, of the first only, and of the second only.
COLOURS = {"both": "#9ccfa9", "one": "#f0b9a0", "other": "#a9c4e4"}


def union_graph(one, other, columns):
    """The subexpressions of two programs by what they compute: a networkx DiGraph.

    A node is a behaviour on the columns, a truth value and its negation together; it has
    `texts`, of the first program and the second, None where it has none (the shortest of
    several), and `of`: "one", "other" or "both".  Edges go from arguments to what uses them;
    there are cycles where one program makes this of that, and the other that of this.
    Constants are left out: they tell a value from its negation, or nothing.
    """
    import networkx as nx

    graph = nx.DiGraph()
    for place, program in enumerate((one, other)):
        for part in program.parts():
            key = _place(part, columns)
            if key is None:
                continue
            if key not in graph:
                graph.add_node(key, texts=[None, None])
            texts = graph.nodes[key]["texts"]
            if texts[place] is None or len(part.text) < len(texts[place]):
                texts[place] = part.text
            below = {_place(argument, columns) for argument in part.arguments} - {key, None}
            graph.add_edges_from((each, key) for each in below)
    for _, node in graph.nodes(data=True):
        mine, theirs = node["texts"]
        node["of"] = "both" if mine and theirs else "one" if mine else "other"
    return nx.convert_node_labels_to_integers(graph)


def _place(part, columns):
    """What a subexpression computes; None for a constant."""
    values = part.evaluate(columns)
    return behaviour(values, part.type) if (values != values[0]).any() else None


def draw_union_graph(graph, axis):
    """Draws a `union_graph` on an axis of matplotlib's, in layers, inputs below.

    Each node has the shorter of its texts, in the colour of `COLOURS`.
    """
    import networkx as nx

    places, texts = {}, {}
    # What makes each other stands side by side.
    knots = nx.condensation(graph)
    for y, layer in enumerate(nx.topological_generations(knots)):
        nodes = sorted(node for knot in layer for node in knots.nodes[knot]["members"])
        for k, node in enumerate(nodes):
            # Layers do not stand above each other, so that lines pass beside the texts.
            places[node] = (k + 0.5) / len(nodes) + 0.06 * (-1) ** y * (len(nodes) < 3), y
            text = min(filter(None, graph.nodes[node]["texts"]), key=len)
            texts[node] = textwrap.fill(text, 14)
    nx.draw_networkx_edges(graph, places, ax=axis, edge_color="0.6", arrowsize=8, node_size=600)
    for node, (x, y) in places.items():
        colour = COLOURS[graph.nodes[node]["of"]]
        box = {"boxstyle": "round", "facecolor": colour, "edgecolor": "none"}
        axis.text(x, y, texts[node], ha="center", va="center", fontsize=6.5, bbox=box)
    axis.margins(0.12, 0.1)
    axis.set_axis_off()
