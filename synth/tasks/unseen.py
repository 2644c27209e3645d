"""What new rows have that the table of a run did not have: other texts, and missing values."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from synth.errors import listed
from synth.language import columns_of
from synth.tasks.cells import cell_text, is_missing
from synth.tasks.formulas import Formula
from synth.tasks.rules import Rule

#: How many texts are named.
_NAMED = 5


def unseen(rule: Rule | Formula, table: Mapping[str, Any]) -> list[str]:
    """What is new in the columns that a rule or a formula reads, a phrase for each column and kind.

    Parameters
    ----------
    rule : Rule or Formula
        What was found.
    table : mapping of str to array_like, shape (rows,)
        New rows: the columns that the rule reads, as they are in a file.

    Returns
    -------
    list of str
        Such as "column colour: 2 rows with texts that were not in the table (purple, pink)".
    """
    table, found = columns_of(table, "columns"), []
    types = rule.task.original.types
    for source in dict.fromkeys(rule.answer.sources()):
        if source.name in types and types[source.name].letters:
            continue  # a string of some letters, of which the empty one is no gap
        cells = [cell_text(cell) for cell in table[source.name].tolist()]
        gaps = sum(is_missing(cell, source.missing) for cell in cells)
        if gaps and not source.gaps:
            found.append(f"column {source.name}: {_rows(gaps)} without a value, as no row had")
        if source.kind != "text":
            continue
        known = _known_texts(rule, source.name)
        if known is None:
            continue
        new = Counter(
            cell
            for cell in cells
            if cell.casefold() not in known and not is_missing(cell, source.missing)
        )
        if new:
            names = listed([text for text, _ in new.most_common()], _NAMED)
            found.append(
                f"column {source.name}: {_rows(new.total())} with texts that were not in the "
                f"table ({names})"
            )
    return found


def _rows(count: int) -> str:
    return f"{count} row{'s' * (count != 1)}"


def _known_texts(rule: Rule | Formula, name: str) -> set[str] | None:
    """The texts of a column in lower case; None if the rarest of them have no input."""
    meanings = (rule.task.original.meanings or {}).values()
    about = [t for t in meanings if t.op in ("text", "other") and t.value[0].name == name]
    if any(term.op == "other" for term in about):
        return None
    return {str(term.value[1]).casefold() for term in about} or None
