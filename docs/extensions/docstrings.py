"""Turn the docstrings of synth into reStructuredText.

A docstring is plain text with `names` in backquotes and, where it needs them, NumPy-style
sections: a title underlined with dashes.

- Characters that reStructuredText would read as markup are escaped.
- A public name in backquotes becomes a link.  So does a capitalised public name in the type of
  a parameter, even without backquotes; other types are shown as plain text.
- Text that is indented after an empty line is code, except within a list.
- Parameters, Returns, Raises and the like become lists of definitions.  Every other section
  becomes a heading followed by its text.
"""

import re
import textwrap

from api import Api

_MARKUP = re.compile(r"([\\*|_`])")
_QUOTED = re.compile(r"(?<!`)`([^`\s](?:[^`]*[^`\s])?)`(?!`)")
_CLASS = re.compile(r"(?<![\w.`])((?:[a-z_]\w*\.)*[A-Z]\w*)(?![\w`])")
_BEFORE = " \n([{<'\"-/:"
_AFTER = " \n)]}>'\"-/:.,;!?"
_SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.M)
#: Sections with items, and whether an item begins with a name ("name : type").
_NAMED = {
    "Parameters": True,
    "Other Parameters": True,
    "Attributes": True,
    "Returns": False,
    "Yields": False,
    "Raises": False,
    "Warns": False,
}


def as_rst(lines, meant):
    """The lines of a docstring as reStructuredText.

    Parameters
    ----------
    lines : list of str
        The docstring.
    meant : callable
        Gives the public name that a text in backquotes refers to, or None.
    """
    text, *sections = _SECTION.split("\n".join(lines).strip("\n"))
    made = [_prose(text, meant)]
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        body = body.strip("\n")
        if title in _NAMED:
            items = _items(body, _NAMED[title], meant)
            made.append(f":{title}:\n{textwrap.indent(items, '    ')}")
        else:
            made.append(f".. rubric:: {title}\n\n{_prose(body, meant)}")
    return [*"\n\n".join(made).split("\n"), ""]


def _prose(text, meant):
    made = []
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        code = block.startswith("    ") and not (made and made[-1].startswith("- "))
        if code or block.startswith(">>> "):
            made.append(f".. code-block:: default\n\n{textwrap.indent(block, '    ' * (not code))}")
        else:
            made.append(_escaped(_straight(block), meant))
    return "\n\n".join(made)


def _items(body, named, meant):
    """A section of items: each is one line, with an indented description below it."""
    if not named and body.endswith(".") and not re.search(r"^ ", body, re.M):
        return _prose(body, meant)  # Sentences instead of types.
    made = []
    for item in re.split(r"\n+(?=\S)", body):
        head, _, description = item.partition("\n")
        name, colon, kind = head.partition(" : ")
        if named or colon:
            head = f"**{_plain(name.strip())}**"
            head += f" : {_type(kind, meant)}" if colon else ""
        else:
            head = _type(head, meant)
        below = _prose(textwrap.dedent(description), meant)
        made.append(f"{head}\n{textwrap.indent(below, '    ')}" if below.strip() else head)
    return "\n\n".join(made)


def _type(text, meant):
    """The type of a parameter; public classes in it become links."""
    return _escaped(_CLASS.sub(lambda m: f"`{m[1]}`" if meant(m[1]) else m[1], text), meant)


def _straight(block):
    """A paragraph with no indentation; of a list, that of its items' further lines."""
    made, listed = [], False
    for line in block.split("\n"):
        listed = listed or line.startswith("- ")
        made.append(line if listed and line.startswith(("- ", "  ")) else line.lstrip())
    return "\n".join(made)


def _plain(text):
    return _MARKUP.sub(r"\\\1", text)


def _escaped(text, meant):
    parts = _QUOTED.split(text)
    for k in range(0, len(parts), 2):
        parts[k] = _plain(parts[k])
    for k in range(1, len(parts), 2):
        quoted = " ".join(parts[k].split())
        if target := meant(quoted):
            quoted = f":py:obj:`{quoted} <{target}>`"
        else:
            escaped = quoted.replace("\\", r"\\")
            quoted = f":code:`{escaped}`"
        # A role begins and ends only beside a blank or certain marks, which `Task`s has not.
        before, after = parts[k - 1][-1:], parts[k + 1][:1]
        parts[k] = "\\ " * (before not in _BEFORE) + quoted + "\\ " * (after not in _AFTER)
    return "".join(parts)


def _process(app, what, name, found, options, lines):
    api = Api.of(app)
    lines[:] = as_rst(lines, lambda text: api.meant(text, name))


def setup(app):
    app.connect("autodoc-process-docstring", _process)
    return {"parallel_read_safe": True}
