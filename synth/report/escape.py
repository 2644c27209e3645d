"""Escaping: texts from any source, so that LaTeX shows them and does not interpret them."""

# The LaTeX of characters; letters and digits are their own.
_CHARACTERS = {
    "\\": r"\backslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&{}", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\hat{}", "~": r"{\sim}", "-": r"\text{-}", "'": r"\text{'}",
    '"': r'\text{"}', "`": r"\text{`}",
}  # fmt: skip


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
