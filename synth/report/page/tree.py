"""A program's text as a tree, drawn as inline SVG.

A saved run has only the text of a program. It is parsed with `ast` and never run, so that the
tree follows Python's grammar. A name is an input if the task has a column of that name, and a
constant otherwise.
"""

import ast
from dataclasses import dataclass

from synth.report.page.markup import cut, element

_SIGNS = {
    ast.BitOr: "|", ast.BitXor: "^", ast.BitAnd: "&", ast.LShift: "<<", ast.RShift: ">>",
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
    ast.MatMult: "@", ast.Pow: "**", ast.Lt: "<", ast.LtE: "<=", ast.Eq: "==", ast.NotEq: "!=",
    ast.Gt: ">", ast.GtE: ">=", ast.Invert: "~", ast.USub: "-", ast.UAdd: "+",
}  # fmt: skip

#: The most nodes of a drawing, and the most characters of a node.
MOST, LONGEST = 400, 22
_DEEPEST = 200
_CHAR, _HIGH, _STEP, _GAP = 7.4, 24, 46, 10


@dataclass(frozen=True)
class Node:
    """A node; kind: "operation", "input", "constant" or "opposite"."""

    label: str
    kind: str
    children: tuple = ()

    def count(self):
        """The number of nodes of the tree."""
        return 1 + sum(child.count() for child in self.children)


def read_tree(text, inputs=(), inverted=False):
    """Parses a program's text.

    Parameters
    ----------
    text : str
    inputs : iterable of str, optional
        The names of the task's columns.
    inverted : bool, optional
        Whether the program is read as its opposite; the root of the tree is then "not".

    Returns
    -------
    Node or None
        None if the text is not an expression, or its tree is too large to be drawn.
    """
    try:
        node = _node(ast.parse(text.strip(), mode="eval").body, set(inputs), 1)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if inverted:
        node = Node("not", "opposite", (node,))
    return node if node.count() <= MOST else None


def _node(tree, inputs, depth):
    if depth > _DEEPEST:
        raise ValueError

    def all_of(*parts):
        return tuple(_node(p, inputs, depth + 1) for p in parts)

    match tree:
        case ast.Name(id=name):
            return Node(name, "input" if name in inputs else "constant")
        case ast.Constant(value=str(name)):
            return Node(name, "input")
        case ast.Constant():
            return Node(ast.unparse(tree), "constant")
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
            return Node(ast.unparse(tree), "constant")
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _SIGNS:
            return Node(_SIGNS[type(op)], "operation", all_of(operand))
        case ast.BinOp(left=left, op=op, right=right):
            return Node(_SIGNS[type(op)], "operation", all_of(left, right))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _SIGNS:
            return Node(_SIGNS[type(op)], "operation", all_of(left, right))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return Node(name, "operation", all_of(*arguments))
    raise ValueError


def draw_tree(node, text):
    """Draws a tree as SVG, in a box that scrolls if the tree is wide."""
    places, edges = [], []
    right, _ = _place(node, 2, 0, places, edges)
    width = right - _GAP + 2
    height = _STEP * max(depth for _, _, depth, _ in places) + _HIGH + 4
    lines = "".join(
        f"M{x:.0f},{_STEP * d + _HIGH + 2}L{a:.0f},{_STEP * b + 2}" for (x, d), (a, b) in edges
    )
    picture = element(
        "svg",
        element("title", f"Program tree of {text}"),
        element("path", d=lines, class_="edge") if lines else None,
        [_box(*place) for place in sorted(places, key=lambda p: (p[2], p[1]))],
        class_="tree",
        viewBox=f"0 0 {width:.0f} {height}",
        width=f"{width:.0f}",
        height=height,
        role="img",
        aria_label=f"Program tree of {text}",
    )
    return element(
        "div", picture, class_="scroll", tabindex="0", role="region", aria_label="Program as a tree"
    )


def _place(node, left, depth, places, edges):
    """Places a subtree from `left` on; returns its right end and the middle of its root."""
    own = max(28, _CHAR * min(len(node.label), LONGEST) + 14)
    right, middles = left, []
    for child in node.children:
        right, middle = _place(child, right, depth + 1, places, edges)
        middles.append(middle)
    if middles:
        middle = (middles[0] + middles[-1]) / 2
        if middle - own / 2 < left:  # the root is wider than its subtrees
            middle = max(middle, left + own / 2)
        right = max(right, middle + own / 2 + _GAP)
        edges.extend(((middle, depth), (m, depth + 1)) for m in middles)
    else:
        middle, right = left + own / 2, left + own + _GAP
    places.append((node, middle, depth, own))
    return right, middle


def _box(node, x, depth, own):
    """The box of a node with its middle at x; own: its width."""
    short, y = cut(node.label, LONGEST), _STEP * depth + 2
    return element(
        "g",
        element("title", node.label) if short != node.label else None,
        element(
            "rect",
            x=f"{x - own / 2:.1f}",
            y=y,
            width=f"{own:.1f}",
            height=_HIGH,
            rx=12 if node.kind == "operation" else 4,
        ),
        element("text", short, x=f"{x:.1f}", y=y + 16, text_anchor="middle"),
        class_=f"node {node.kind}",
    )
