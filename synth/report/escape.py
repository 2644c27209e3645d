"""Texts made inert: what strangers wrote, as LaTeX shows it and does not read it."""

# What stands for a character; letters and digits stand for themselves.
_CHARACTERS = {
    "\\": r"\backslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&{}", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\hat{}", "~": r"{\sim}", "-": r"\text{-}", "'": r"\text{'}",
    '"': r'\text{"}', "`": r"\text{`}",
}  # fmt: skip


def latex_text(text):
    """The characters of a text, as they can stand in upright mathematics."""
    return "".join(map(_character, text))


def _character(c):
    if c in _CHARACTERS:
        return _CHARACTERS[c]
    if c.isascii() and c.isalnum():
        return c
    if c.isspace() or not c.isprintable():
        return r"\ "
    # In braces a sign is no operator, and of `<b>` no HTML.
    return f"{{{c}}}" if c.isascii() else rf"\text{{{c}}}"
