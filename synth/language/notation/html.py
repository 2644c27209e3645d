"""A program as HTML for notebooks: its text, and a tree that can be unfolded."""

from html import escape

from synth.language.primitive import Primitive

#: The most nodes of a tree that is shown.
MOST_NODES = 200


def html(program):
    """The HTML of a program, with every name escaped and without scripts or styles."""
    text = f"<code>{escape(program.text)}</code>"
    if not program.arguments or program.size > MOST_NODES:
        return f"<div>{text} <small>{escape(str(program.type))}</small></div>"
    lists = {}
    for node in program.parts():
        head = node.head
        label = (head.symbol or head.name) if isinstance(head, Primitive) else head.name
        inner = "".join(lists[a] for a in node.arguments)
        lists[node] = (
            f"<li><code>{escape(label)}</code> <small>{escape(str(node.type))}</small>"
            + (f"<ul>{inner}</ul>" if inner else "")
            + "</li>"
        )
    return (
        f"<div>{text}<details><summary>{escape(str(program.type))}, {program.size} nodes</summary>"
        f"<ul>{lists[program]}</ul></details></div>"
    )
