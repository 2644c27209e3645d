"""Rows and summaries of experiments: kinds of rows, what keys mean, and what rows show."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any


def sentences_of(templates: Mapping[str, str], summary: Mapping[str, Any]) -> dict[str, str]:
    """The sentences of the keys of a summary, and of the dicts in it.

    Parameters
    ----------
    templates : mapping of str to str
        An experiment's `SUMMARY`: keys to sentences.  A key may have fields, as in
        `accuracy_at_{rows}_rows`, which its sentence repeats; an underscore within a field is read
        as a point, so 0_5 is 0.5 (see `key_part`).
    summary : mapping
        The summary, with dicts at any depth.  A key without a template has no sentence: it is a
        name from the rows, such as that of a task.

    Returns
    -------
    dict of str to str
        Keys to sentences.
    """
    found = {}
    patterns = [(re.compile(_pattern(key)), text) for key, text in templates.items()]
    for key in _all_keys(summary):
        for pattern, text in patterns:
            if match := pattern.fullmatch(key):
                values = {k: v.replace("_", ".") for k, v in match.groupdict().items()}
                found[key] = text.format(**values) if values else text
                break
    return found


def _all_keys(summary: Any) -> Iterator[str]:
    if isinstance(summary, Mapping):
        for key, value in summary.items():
            yield key
            yield from _all_keys(value)


def _pattern(template: str) -> str:
    """The regular expression for a key with fields."""
    parts = re.split(r"{(\w+)}", template)
    return "".join(f"(?P<{part}>.+)" if k % 2 else re.escape(part) for k, part in enumerate(parts))


def key_part(number: float) -> str:
    """A number of at least 0 in a summary's key: 0.5 is 0_5 (see `sentences_of`)."""
    return format(Decimal(f"{number:g}"), "f").replace(".", "_")


class RowKinds:
    """The kinds of rows of an experiment: one record per kind, in one table with all columns.

    Calling it with a kind and its values makes a row: a dict with all columns in order, None in
    the columns of other kinds.  The call raises TypeError if a value is missing or its column does
    not belong to the kind.

    Parameters
    ----------
    columns : sequence of str
        The columns of the table, in order.
    **kinds : str
        The columns of each kind, separated by spaces.

    Raises
    ------
    TypeError
        If a kind has a column that the table lacks.
    """

    def __init__(self, columns: Sequence[str], **kinds: str) -> None:
        self.empty: dict[str, Any] = dict.fromkeys(columns)
        self.kinds = {kind: frozenset(text.split()) for kind, text in kinds.items()}
        unknown = frozenset().union(*self.kinds.values()) - self.empty.keys()
        if unknown:
            raise TypeError(f"no columns {sorted(unknown)}")

    def __call__(self, kind: str, /, **values: Any) -> dict[str, Any]:
        wanted = self.kinds[kind]
        if values.keys() != wanted:
            missing, other = sorted(wanted - values.keys()), sorted(values.keys() - wanted)
            raise TypeError(f"a row of kind {kind}: missing {missing}, not of this kind {other}")
        return self.empty | values


#: Whether a point holds: yes or no, the share of cases in which it does, or None if no row tells.
Holds = bool | float | None


def verdict(claim: Sequence[tuple[Holds, str]], control: Sequence[tuple[Holds, str]]) -> str:
    """One sentence: whether the claim of an experiment holds in its rows, and whether its control.

    Parameters
    ----------
    claim, control : sequence of tuple
        Points: whether the point holds, and its figures.  The words are a statement that is true
        whether it holds or not.

    Returns
    -------
    str
    """
    return f"{_judged('Claim', claim)}; {_judged('control', control)}."


def share(cases: Iterable[object]) -> tuple[float | None, str]:
    """(the share of cases that are true, or None without cases; "k of n")."""
    found = [bool(case) for case in cases]
    return (sum(found) / len(found) if found else None), f"{sum(found)} of {len(found)}"


def _judged(what: str, points: Sequence[tuple[Holds, str]]) -> str:
    known = [(float(holds), words) for holds, words in points if holds is not None]
    if not known:
        return f"{what} is not tested here: no row measures it"
    met = ", ".join(words for holds, words in known if holds == 1)
    unmet = ", ".join(words for holds, words in known if holds < 1)
    if not unmet:
        return f"{what} holds: {met}"
    if met:
        return f"{what} holds in part: {met}, but {unmet}"
    partly = any(holds for holds, _ in known)
    return f"{what} {'holds in part' if partly else 'does not hold here'}: {unmet}"
