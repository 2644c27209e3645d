"""A program as HTML for notebooks: its text, and its tree to unfold."""

from html import escape

from synth.language.primitive import Primitive

#: Trees of more nodes are not drawn.
MOST_NODES = 200


def html(program):
    """HTML in which every name is escaped; without scripts and styles that reach out of it."""
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
