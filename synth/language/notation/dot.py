"""A program as a directed graph in Graphviz's DOT language."""

from synth.language.primitive import Primitive


def dot(program):
    """A DOT text: one node a distinct subexpression, edges to arguments from left to right."""
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
    """A text as a DOT string: of its characters only these four mean anything there."""
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text.replace(chr(0), chr(0xFFFD))}"'
