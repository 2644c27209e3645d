"""A program as a directed graph in Graphviz's DOT language."""

from synth.language.primitive import Primitive


def dot(program):
    """The DOT text of a program: a node for each distinct subexpression, edges to its arguments."""
    lines = [
        "digraph program {",
        "  ordering=out;",
        '  node [shape=box, style=rounded, fontname="monospace"];',
    ]
    numbers = {}
    for node in program.parts():
        numbers[node] = len(numbers)
        head = node.head
        inner = isinstance(head, Primitive)
        label = (head.symbol or head.name) if inner else head.name
        shape = "" if inner else ", shape=plaintext"
        tip = _quoted(f"{head.name}: {head.signature if inner else head.result}")
        lines.append(f"  n{numbers[node]} [label={_quoted(label)}, tooltip={tip}{shape}];")
        lines += [f"  n{numbers[node]} -> n{numbers[a]};" for a in node.arguments]
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text):
    """A text as a DOT string: only these four characters have a meaning there."""
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text.replace(chr(0), chr(0xFFFD))}"'
