"""A program's text as a tree, drawn as inline SVG.

A saved run has only the text of a program. It is parsed with `ast` and never run, so that the
tree follows Python's grammar. A name is an input if the task has a column of that name, and a
constant otherwise.
"""

import ast
from dataclasses import dataclass

from synth.report.page.markup import cut, element, joined

_SIGNS = {
    ast.BitOr: "|", ast.BitXor: "^", ast.BitAnd: "&", ast.LShift: "<<", ast.RShift: ">>",
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
    ast.MatMult: "@", ast.Pow: "**", ast.Lt: "<", ast.LtE: "<=", ast.Eq: "==", ast.NotEq: "!=",
    ast.Gt: ">", ast.GtE: ">=", ast.Invert: "~", ast.USub: "-", ast.UAdd: "+",
}  # fmt: skip

#: The most nodes of a drawing, and the most characters of a node.
MOST, LONGEST = 400, 40
#: A tree of more nodes has a row of the page of its own, and its parts are drawn once.
LARGE = 40
_DEEPEST = 200
_CHAR, _HIGH, _STEP, _GAP = 7.4, 24, 46, 10


@dataclass(frozen=True)
class Node:
    """A node; kind: "operation", "input", "constant", "opposite" or "shared"."""

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
    """Draws a tree as SVG, in a box that scrolls if the tree is wide.

    In a tree of more than `LARGE` nodes, a part that occurs again is drawn once.
    """
    drawn = with_parts_once(node) if node.count() > LARGE else node
    places, edges, contour = _layout(drawn)
    left, right = min(a for a, _ in contour), max(b for _, b in contour)
    width, height = right - left + 4, _STEP * (len(contour) - 1) + _HIGH + 4
    places = [(part, x - left + 2, depth, own) for part, x, depth, own in places]
    lines = "".join(
        f"M{x - left + 2:.0f},{_STEP * d + _HIGH + 2}L{m - left + 2:.0f},{_STEP * (d + 1) + 2}"
        for x, m, d in edges
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
    box = element(
        "div", picture, class_="scroll", tabindex="0", role="region", aria_label="Program as a tree"
    )
    if drawn == node:
        return box
    note = "A part that occurs again is drawn once, with a number; the number stands for it."
    return joined(box, element("p", note, class_="note"))


def with_parts_once(node):
    """The tree in which each part that occurs again is drawn where it comes first.

    There its label begins with a number; elsewhere a node "shared" has the number. Parts of one
    or two nodes are drawn each time, since the number would be hardly shorter.
    """
    seen, again = set(), {}

    def find(part):
        if part.count() > 2:
            if part in seen:
                again.setdefault(part, "")
                return
            seen.add(part)
        for child in part.children:
            find(child)

    def made(part):
        if again.get(part):
            return Node(again[part], "shared")
        label = part.label
        if part in again:
            again[part] = _number(sum(map(bool, again.values())) + 1)
            label = f"{again[part]} {label}"
        return Node(label, part.kind, tuple(made(child) for child in part.children))

    find(node)
    return made(node)


def _number(k):
    """A number in a ring; those above 20 have no ring of their own."""
    return chr(0x245F + k) if k <= 20 else f"({k})"


def _layout(node, depth=0):
    """Places a subtree with the middle of its root at 0, its children close to each other.

    A child may stand under its wider sibling. A formula of 108 nodes is 1,360 units
    wide by this and 2,730 if each child has its own columns.

    Returns
    -------
    places : list of (Node, float, int, float)
        Each node with its middle, its depth and its width.
    edges : list of (float, float, int)
        The middles of a node and of its child, and the depth of the node.
    contour : list of (float, float)
        The left and right end of each row of the subtree.
    """
    own = max(28, _CHAR * min(len(node.label), LONGEST) + 14)
    places, edges, rows, middles = [], [], [], []
    for child in node.children:
        its_places, its_edges, its_rows = _layout(child, depth + 1)
        near = zip(rows, its_rows, strict=False)
        shift = max((a[1] - b[0] + _GAP for a, b in near), default=0.0)
        places += [(part, x + shift, d, w) for part, x, d, w in its_places]
        edges += [(x + shift, m + shift, d) for x, m, d in its_edges]
        its_rows = [(a + shift, b + shift) for a, b in its_rows]
        both = [(a[0], b[1]) for a, b in zip(rows, its_rows, strict=False)]
        rows = both + (rows[len(both) :] or its_rows[len(both) :])
        middles.append(shift)
    middle = (middles[0] + middles[-1]) / 2 if middles else 0.0
    edges += [(middle, m, depth) for m in middles]
    places.append((node, middle, depth, own))
    return (
        [(part, x - middle, d, w) for part, x, d, w in places],
        [(x - middle, m - middle, d) for x, m, d in edges],
        [(-own / 2, own / 2), *((a - middle, b - middle) for a, b in rows)],
    )


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
