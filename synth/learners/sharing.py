"""Which subexpressions two programs share, by what these compute: a graph, and its picture."""

import textwrap

from synth.learners.similarity import behaviour

#: Colours of subexpressions that both programs have, the first alone, and the second alone.
COLOURS = {"both": "#9ccfa9", "one": "#f0b9a0", "other": "#a9c4e4"}


def union_graph(one, other, columns):
    """The subexpressions of two programs by what they compute: a networkx DiGraph.

    A node is a behaviour on the columns; a truth value and its negation are one node.  Its
    `texts` are those of the first and of the second program, None if that program lacks it (of
    several the shortest is taken).  Its `of` is "one", "other" or "both".  Edges go from
    arguments to what uses them.  There are cycles if one program computes a from b, and the other
    b from a.  Constants are left out: all they can do is to negate a value.
    """
    import networkx as nx

    graph = nx.DiGraph()
    for place, program in enumerate((one, other)):
        for part in program.parts():
            key = _computed(part, columns)
            if key is None:
                continue
            if key not in graph:
                graph.add_node(key, texts=[None, None])
            texts = graph.nodes[key]["texts"]
            if texts[place] is None or len(part.text) < len(texts[place]):
                texts[place] = part.text
            below = {_computed(argument, columns) for argument in part.arguments} - {key, None}
            graph.add_edges_from((each, key) for each in below)
    for _, node in graph.nodes(data=True):
        mine, theirs = node["texts"]
        node["of"] = "both" if mine and theirs else "one" if mine else "other"
    return nx.convert_node_labels_to_integers(graph)


def _computed(part, columns):
    """What a subexpression computes; None for a constant."""
    values = part.evaluate(columns)
    return behaviour(values, part.type) if (values != values[0]).any() else None


def draw_union_graph(graph, axis):
    """Draws a `union_graph` on an axis of matplotlib's, in layers, inputs at the bottom.

    Each node has the shorter of its texts, in the colour of `COLOURS`.
    """
    import networkx as nx

    places, texts = {}, {}
    # Nodes on a common cycle are drawn side by side.
    components = nx.condensation(graph)
    for y, layer in enumerate(nx.topological_generations(components)):
        nodes = sorted(n for component in layer for n in components.nodes[component]["members"])
        for k, node in enumerate(nodes):
            # Neighbouring layers are shifted, so that lines do not run through texts.
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
