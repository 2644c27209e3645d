"""Strings from files: columns of texts as they are, and what is said of them in the last one.

Labels are truth values, numbers, or strings of their own.
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from synth.errors import SettingError, TaskError, listed, quoted
from synth.language import INT_LIMIT, Bool, Int, Str
from synth.tasks.cells import TRUTH
from synth.tasks.csv_table import read_cells

#: The most letters that the strings of a file may have together.
MOST_LETTERS = 16
#: What labels may be.
LABELS = ("truth", "number", "string")
_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,9}")


def string_fields(path: str, length: int | None, labels: str | None = None) -> dict[str, Any]:
    """The fields of the `Task` of a file of strings.

    Parameters
    ----------
    path : str
        A table: columns of strings such as 0110, and in the last column truth values, numbers or
        strings.
    length : int or None
        Rows whose strings have at most so many letters are for training, and the others are held
        out; None if all are for training.
    labels : str or None
        What labels are, one of `LABELS`.  None for truth values if all are 0, 1, false or true,
        and for strings if they have the letters of the inputs alone; otherwise for numbers.

    Raises
    ------
    TaskError
        If it has no such columns, or strings have more than `MOST_LETTERS` different letters.
    SettingError
        If labels cannot be what is asked for.
    """
    if labels not in (None, *LABELS):
        raise SettingError(f"labels={labels}; allowed: {', '.join(LABELS)}")
    names, rows, first = read_cells(path, blank=True)
    if len(names) < 2:
        raise TaskError(f"{path}: {len(names)} column; allowed: strings, and labels at last")
    *inputs, label = names
    *columns, said = zip(*rows, strict=True)
    letters = letters_of(columns)
    kind = labels or _kind(said, letters)
    if kind is None:
        wrong = [k for k, cell in enumerate(said) if cell.strip().lower() not in TRUTH]
        raise TaskError(
            f"{path}, line {first + wrong[0]}, column {label}: {quoted(said[wrong[0]])} is no "
            f"truth value; allowed: {listed(TRUTH)}, whole numbers, and strings of the inputs' "
            "letters; or labels=string"
        )
    if not 1 <= len(letters) <= MOST_LETTERS:
        raise TaskError(
            f"{path}: {len(letters)} different letters; allowed: 1..{MOST_LETTERS} in all strings"
        )
    longest = [max(map(len, row)) for row in zip(*columns, strict=True)]
    train = np.array(longest) <= (max(longest) if length is None else length)
    return {
        "columns": {name: np.array(c) for name, c in zip(inputs, columns, strict=True)},
        "types": dict.fromkeys(inputs, Str(letters)),
        **_labels(kind, said, letters, train, (path, first, label)),
        "label": label,
        "train": train,
    }


def letters_of(columns: Sequence[Sequence[str]]) -> str:
    """The letters of some columns of texts, in order."""
    return "".join(sorted(set().union(*map("".join, columns))))


def _kind(said: Sequence[str], letters: str) -> str | None:
    """What labels are by default; None if they are nothing that is known."""
    if all(cell.strip().lower() in TRUTH for cell in said):
        return "truth"
    if set("".join(said)) <= set(letters):
        return "string"
    return "number" if all(_NUMBER.fullmatch(cell.strip()) for cell in said) else None


def _labels(
    kind: str, said: Sequence[str], letters: str, train: np.ndarray, where: tuple[str, int, str]
) -> dict[str, Any]:
    """The fields of labels; where: the path, the line of the first row, the column."""
    path, first, label = where
    if kind == "string":
        own = "".join(sorted(set("".join(said))))
        type_ = Str(letters if set(own) <= set(letters) else own)
        return {"labels": np.array(said), "label_type": type_}
    allowed = listed(TRUTH) if kind == "truth" else f"whole numbers up to {INT_LIMIT:,}"
    values = []
    for k, cell in enumerate(said):
        text = cell.strip().lower()
        value: int | None = TRUTH.get(text) if kind == "truth" else None
        if kind == "number" and _NUMBER.fullmatch(text) and abs(int(text)) <= INT_LIMIT:
            value = int(text)
        if value is None:
            raise TaskError(
                f"{path}, line {first + k}, column {label}: {quoted(cell)} is no "
                f"{'truth value' if kind == 'truth' else 'number'}; allowed: {allowed}"
            )
        values.append(value)
    labels = np.array(values)
    if kind == "truth":
        return {"labels": labels, "label_type": Bool}
    known = labels[train] if train.any() else labels
    return {"labels": labels, "label_type": Int(int(known.min()), int(known.max()))}
