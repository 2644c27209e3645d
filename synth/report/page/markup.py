"""HTML that is escaped by construction.

Labels, column names and programs come from untrusted files. Everything that is not `Markup` is
escaped when it becomes content or an attribute, so that escaping cannot be forgotten.
"""

import json
import re
from html import escape

#: Characters that no text of a page may have: control characters, and halves of surrogate pairs,
#: which UTF-8 cannot encode.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

#: Characters that change the direction of text, with which one text can imitate another.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")

_VOID = {"meta", "input", "br"}


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def fit(value):
    """A value as text that a page may have."""
    return _TURNING.sub("\ufffd", _UNFIT.sub("\ufffd", str(value)))


def escaped(value):
    """A value as markup; a value that is not markup is escaped."""
    return value if isinstance(value, Markup) else Markup(escape(fit(value)))


def cut(text, most):
    """A text cut to a number of characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def joined(*parts):
    """Parts and lists of parts as one markup; None is left out."""
    texts = []
    for part in parts:
        if isinstance(part, (list, tuple)):
            texts.append(joined(*part))
        elif part is not None:
            texts.append(escaped(part))
    return Markup("".join(texts))


def element(tag, *content, **attributes):
    """An element, `<tag ...>content</tag>`.

    Parameters
    ----------
    tag : str
    *content : str, list or None
        See `joined`.
    **attributes
        `class_` is written as `class`, `data_x` as `data-x`. An attribute that is None or False
        is left out; one that is True has no value.
    """
    given = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        name = key.rstrip("_").replace("_", "-")
        given.append(f" {name}" if value is True else f' {name}="{escape(fit(value))}"')
    head = f"<{tag}{''.join(given)}>"
    return Markup(head if tag in _VOID else f"{head}{joined(*content)}</{tag}>")


def data_block(name, data):
    """Data for the page's script: a block of JSON that is never run.

    `<`, `>` and `&` are written as JSON escapes, so that no text in the block can end it.
    """
    text = json.dumps(_fit_all(data), allow_nan=False, separators=(",", ":"), ensure_ascii=True)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return element("script", Markup(text), type="application/json", id=name)


def _fit_all(data):
    if isinstance(data, str):
        return fit(data)
    if isinstance(data, dict):
        return {fit(k): _fit_all(v) for k, v in data.items()}
    return [_fit_all(v) for v in data] if isinstance(data, (list, tuple)) else data
