"""Docstrings of synth are plain text with `names` in backquotes: that as reStructuredText.

What reStructuredText would read as markup is escaped, a name in backquotes that is public is
a link, and text that is indented after an empty line is code, but within a list.
"""

import re

from api import Api

_MARKUP = re.compile(r"([\\*|_`])")
_QUOTED = re.compile(r"(?<!`)`([^`\s](?:[^`]*[^`\s])?)`(?!`)")


def as_rst(lines, meant):
    """The lines of a docstring; meant: of a text in backquotes the public name, or None."""
    made = []
    for block in re.split(r"\n\s*\n", "\n".join(lines).strip("\n")):
        code = block.startswith("    ") and not (made and made[-1].startswith("- "))
        if code:
            made.append(f".. code-block:: default\n\n{block}")
        else:
            made.append(_escaped(_straight(block), meant))
    return [*"\n\n".join(made).split("\n"), ""]


def _straight(block):
    """A paragraph with no indentation; of a list, that of its items' further lines."""
    made, listed = [], False
    for line in block.split("\n"):
        listed = listed or line.startswith("- ")
        made.append(line if listed and line.startswith(("- ", "  ")) else line.lstrip())
    return "\n".join(made)


def _escaped(text, meant):
    parts = _QUOTED.split(text)
    for k in range(0, len(parts), 2):
        parts[k] = _MARKUP.sub(r"\\\1", parts[k])
    for k in range(1, len(parts), 2):
        quoted = " ".join(parts[k].split())
        if target := meant(quoted):
            quoted = f":py:obj:`{quoted} <{target}>`"
        else:
            escaped = quoted.replace("\\", r"\\")
            quoted = f":code:`{escaped}`"
        # A role ends only before a blank or a mark: `Task`s.
        before, after = parts[k - 1][-1:], parts[k + 1][:1]
        parts[k] = "\\ " * before.isalnum() + quoted + "\\ " * after.isalnum()
    return "".join(parts)


def _process(app, what, name, found, options, lines):
    api = Api.of(app)
    lines[:] = as_rst(lines, lambda text: api.meant(text, name))


def setup(app):
    app.connect("autodoc-process-docstring", _process)
    return {"parallel_read_safe": True}
