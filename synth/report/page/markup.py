"""HTML that is escaped by construction: text is text until an element makes it markup.

Labels, column names and programs come from strangers' files.  Whatever is not `Markup` is
escaped where it is put in, be it content or an attribute, so that forgetting it is no hole.
"""

import json
import re
from html import escape

#: What no text of a page may hold: control characters, and halves of surrogate pairs, which
#: UTF-8 does not have.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

#: Signs that turn the direction of what follows, by which one text can pass for another.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")

_VOID = {"meta", "input", "br"}


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def fit(value):
    """A value as text that a page may hold."""
    return _TURNING.sub("\ufffd", _UNFIT.sub("\ufffd", str(value)))


def escaped(value):
    """A value as markup: markup as it is, all else escaped."""
    return value if isinstance(value, Markup) else Markup(escape(fit(value)))


def joined(*parts):
    """The parts, and lists of them, as one markup; None is left out."""
    texts = []
    for part in parts:
        if isinstance(part, (list, tuple)):
            texts.append(joined(*part))
        elif part is not None:
            texts.append(escaped(part))
    return Markup("".join(texts))


def element(tag, *content, **attributes):
    """`<tag ...>content</tag>`.

    Attributes: `class_` is `class`, `data_x` is `data-x`; None or False leaves one out, True
    gives it without a value.
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
    """Data for the page's script: JSON in a block that is never run.

    `<`, `>` and `&` are written as escapes of JSON, so that no text in it ends the block.
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
