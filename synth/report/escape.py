"""Escaping: texts from any source, so that terminals and LaTeX show them and do not obey them."""

import functools
from dataclasses import fields, is_dataclass, replace

from synth.errors import visible

# The LaTeX of characters; letters and digits are their own.
_CHARACTERS = {
    "\\": r"\backslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&{}", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\hat{}", "~": r"{\sim}", "-": r"\text{-}", "'": r"\text{'}",
    '"': r'\text{"}', "`": r"\text{`}",
}  # fmt: skip


def visibly(view):
    """Makes a view of a record show its texts with control characters escaped.

    They are escaped before the view measures and folds them, so that columns stay aligned.
    """

    @functools.wraps(view)
    def shown(record, *arguments, **options):
        return view(_visible(record), *arguments, **options)

    return shown


def _visible(value):
    """A record, or plain data, with all its texts escaped; fields of live objects stay."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {_visible(key): _visible(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(_visible, value))
    if is_dataclass(value) and not isinstance(value, type):
        plain = [f.name for f in fields(value) if f.init and f.compare]
        return replace(value, **{name: _visible(getattr(value, name)) for name in plain})
    return value


def latex_text(text):
    """Escapes a text for upright LaTeX mathematics."""
    return "".join(map(_character, text))


def _character(c):
    if c in _CHARACTERS:
        return _CHARACTERS[c]
    if c.isascii() and c.isalnum():
        return c
    if c.isspace() or not c.isprintable():
        return r"\ "
    # In braces a sign is not an operator, and `<b>` is not HTML.
    return f"{{{c}}}" if c.isascii() else rf"\text{{{c}}}"
