"""Programs of records in words, and the parts of their rules."""

import re

#: The opposite of an input, or of all that stands in brackets with none inside.
_OPPOSITE = re.compile(r"~(\w+|'[^']*'|\([^()]*\))")


def program_text(text, inverted):
    """A program's text, as not [...] or without its `~` if it is read as its opposite."""
    if not inverted:
        return text
    return text[1:] if _OPPOSITE.fullmatch(text) else f"not [{text}]"


def in_words(part):
    """The rule of a program's record, or the program if it has none."""
    if part.rule is not None:
        return part.rule
    return program_text(part.text, part.inverted and part.written is None)  # else a constant


def each_once(top):
    """The best hypotheses without those that say in the same words what one before says."""
    found = {}
    for h in top:
        found.setdefault((h.kind, in_words(h)), h)
    return list(found.values())


def branch_rows(parts):
    """(right in training, right on held-out rows, text) of each part of a rule, as texts."""
    return [
        (f"{p['train_right']} of {p['train']}", f"{p['test_right']} of {p['test']}", _part(p, k))
        for k, p in enumerate(parts)
    ]


def card_rows(lines):
    """(points, training rows, held-out rows, condition or nothing) of lines of a card, as texts."""
    return [
        (
            str(line.points),
            f"{line.train_yes} of {line.train}",
            f"{line.test_yes} of {line.test}",
            line.condition or "",
        )
        for line in lines
    ]


def _part(part, place):
    if part["condition"] is None:
        return f"else {part['answer']}"
    return f"{'else ' if place else ''}if {part['condition']} then {part['answer']}"
