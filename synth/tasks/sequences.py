"""Sequences of whole numbers as tasks: their columns, their twins, and the terms that follow.

The task of a sequence has one column, the number n of each term.  The first terms are for training.
A DSL that asks for lags gets the training terms alone, each with the terms before it as columns:
what follows them is held out, and no search sees it, neither as a label nor as an input.

Terms for training have to be whole numbers up to 2**31, as all numbers of a search.  Those that
follow may have any size: a program is evaluated with whole numbers of Python for them.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from synth.errors import SettingError, TaskError
from synth.language import INT_LIMIT, UNDEFINED, Constant, Input, Int, Program, Type
from synth.tasks.sources import table_bytes
from synth.tasks.splits import stream

if TYPE_CHECKING:
    from synth.tasks.task import Task

#: The names of the columns: the number of the term, and the terms before it, the last one first.
NUMBER, LAGS = "n", ("a1", "a2", "a3")
#: The fewest and the most terms of a sequence that are for training.
FEWEST, MOST = 4, 64
#: How many terms are said to follow if fewer are known.
FOLLOWING = 10
#: A program whose values have more bits than this is evaluated no further.
LONGEST = 4096
#: How often a term of a drawn twin is drawn again, until it is in the range.
DRAWS = 10_000

#: What a function raises that has no value, or takes no array of Python's whole numbers.
UNANSWERED = (ArithmeticError, ValueError, TypeError, LookupError, AttributeError)

#: What is between commas, semicolons, spaces and tabs.
_CELLS = re.compile(r"[^,;\s]+")

_TERM: Type = Int(-INT_LIMIT, INT_LIMIT)


class Sequence(NamedTuple):
    """The terms of a sequence.

    Parameters
    ----------
    terms : tuple of int
        All terms, of any size; those for training are first.
    lags : int
        How many terms before each are inputs.
    """

    terms: tuple[int, ...]
    lags: int = 0

    def reordered(self, order: NDArray[np.int64]) -> "Sequence":
        """The sequence with its terms in another order."""
        return Sequence(tuple(self.terms[place] for place in order.tolist()))

    @property
    def given(self) -> tuple[int, ...]:
        """The first terms, which have too few terms before them."""
        return self.terms[: self.lags]


def checked_terms(terms: Iterable[Any]) -> tuple[int, ...]:
    """The terms as whole numbers.

    Raises
    ------
    SettingError
        If one is not a whole number.
    """
    for term in terms:
        if not isinstance(term, (int, np.integer)) or isinstance(term, bool):
            raise SettingError(f"sequence: {term!r} is no term; allowed: whole numbers")
    return tuple(map(int, terms))


def read_terms(path: str, row: str | None = None) -> list[int]:
    """The terms in one line of a file, or in its only column.

    Parameters
    ----------
    path : str
        The file: in each line a sequence, after its name if it has one.
    row : str, optional
        The number of the line, empty ones not counted, or the name of the sequence. By default
        the first one; all of them if each has one cell.

    Raises
    ------
    TaskError
        If the file cannot be read, or it has no such line, or the line has other cells than whole
        numbers.
    """
    try:
        text = table_bytes(path).decode("utf-8-sig")
    except (TaskError, UnicodeDecodeError) as error:
        raise TaskError(f"sequence: {path}: {error}") from None
    lines = [_CELLS.findall(line) for line in text.splitlines()]
    lines = [cells for cells in lines if cells]
    if row is None and len(lines) > 1 and all(len(cells) == 1 for cells in lines):
        lines = [[cells[0] for cells in lines]]
    row = row or "1"
    named = [cells for cells in lines if cells[0] == row and not _is_whole(row)]
    if _is_whole(row) and 1 <= int(row) <= len(lines):
        named = [lines[int(row) - 1]]
    if not named:
        raise TaskError(
            f"sequence: {path} has no line {row}; allowed: 1..{len(lines)}, or the name of a line"
        )
    cells = named[0] if _is_whole(named[0][0]) else named[0][1:]
    for cell in cells:
        if not _is_whole(cell):
            raise TaskError(
                f"sequence: {path}, line {row}: {cell!r} is no term; allowed: whole numbers after "
                "one name"
            )
    return [int(cell) for cell in cells]


def _is_whole(cell: str) -> bool:
    return re.fullmatch(r"[+-]?[0-9]{1,1000}", cell) is not None


def first_rows(rows: int, train: int | float) -> NDArray[np.bool_]:
    """The mask of the first terms, bool (rows,).

    train: a fraction (float) or a number (int) of them.

    Raises
    ------
    TaskError
        If there would be too few or too many.
    """
    if rows < FEWEST:
        raise TaskError(f"sequence: {rows} term{'s' * (rows != 1)}; at least {FEWEST} are needed")
    count = round(train * rows) if isinstance(train, float) else train
    most = min(MOST, rows)
    if not FEWEST <= count <= most:
        allowed = f"{FEWEST} to {most}" if most > FEWEST else f"{FEWEST}"
        raise TaskError(
            f"sequence: {count} of {rows} terms for training; allowed: {allowed} terms, "
            "set by train=NUMBER"
        )
    return np.arange(rows) < count


def sequence_fields(terms: tuple[int, ...], train: NDArray[np.bool_]) -> dict[str, Any]:
    """The fields of the `Task` of a sequence.

    Raises
    ------
    TaskError
        If a term for training is out of the range of numbers.
    """
    large = np.array([abs(term) > INT_LIMIT for term in terms])
    if (large & train).any():
        place = int(np.argmax(large & train))
        raise TaskError(
            f"sequence: term {place + 1} is {terms[place]}; allowed for training: whole numbers "
            f"{-INT_LIMIT} to {INT_LIMIT}; give fewer terms for training, such as train={place}"
        )
    return {
        "columns": {NUMBER: np.arange(1, len(terms) + 1)},
        "types": {NUMBER: _TERM},
        "labels": np.where(large, 0, np.array(terms, object)).astype(np.int64),
        "label_type": _TERM,
        "train": train,
        "unknown": large,
        "sequence": Sequence(terms),
    }


def lagged_fields(terms: tuple[int, ...], training: int, lags: int) -> dict[str, Any]:
    """The fields of a sequence's task whose inputs are the terms before, of training terms alone.

    Raises
    ------
    TaskError
        If no training term has as many terms before it.
    """
    if not 0 <= lags < training or lags > len(LAGS):
        raise TaskError(
            f"sequence: {lags} lags with {training} terms for training; "
            f"allowed: 0..{min(len(LAGS), training - 1)}"
        )
    known = np.array(terms[:training], np.int64)
    columns = {NUMBER: np.arange(lags + 1, training + 1)}
    for lag in range(1, lags + 1):
        columns[LAGS[lag - 1]] = known[lags - lag : training - lag]
    rows = training - lags
    return {
        "columns": columns,
        "types": dict.fromkeys(columns, _TERM),
        "labels": known[lags:],
        "train": np.ones(rows, bool),
        "unknown": np.zeros(rows, bool),
        "sequence": Sequence(terms, lags),
    }


def check_labelling(task: "Task", labelling: str) -> None:
    """Raise TaskError if the terms of a sequence cannot be made so."""
    if task.sequence is not None and labelling != "permuted":
        raise TaskError(
            f"task {task.name}: {labelling} terms of a sequence; allowed: permuted, drawn"
        )


def drawn_fields(task: "Task", seed: int) -> dict[str, Any]:
    """The fields of the twin whose training terms are drawn from the code of the table.

    Each number of the table is drawn with the probability 2**-bits, in differences of the order
    that the table of the terms has.  Sequences that leave the range are drawn again.

    Raises
    ------
    TaskError
        If the task is no sequence, or all draws left the range.
    """
    if task.sequence is None:
        raise TaskError(f"task {task.name}: drawn labels; allowed only for sequences")
    from synth import codes  # a saved run is verified without them

    generator, rows = stream(seed, 4), task.training
    order = codes.terms_bits(task.sequence.terms[:rows])[1]
    for _ in range(DRAWS):
        numbers = [_drawn_number(generator) for _ in range(rows)]
        for start in range(order, 0, -1):
            numbers[start - 1 :] = np.cumsum(np.array(numbers[start - 1 :], object)).tolist()
        if max(map(abs, numbers)) <= INT_LIMIT:
            origin = task.origin and task.origin.then("drawn", seed)
            made = sequence_fields(tuple(numbers), np.ones(rows, bool))
            return {**made, "labelling": "drawn", "origin": origin}
    raise TaskError(f"task {task.name}: all {DRAWS} sequences that were drawn left the range")


def _drawn_number(generator: np.random.Generator) -> int:
    """A whole number with the probability 2**-bits of `codes.number_bits`."""

    def bits(count: int) -> int:
        return int("1" + "".join(map(str, generator.integers(0, 2, count).tolist())), 2)

    zeros = 0
    while zeros < 7 and not generator.integers(0, 2):
        zeros += 1
    place = bits(min(bits(zeros) - 1, 99))
    return place // 2 if place % 2 else -place // 2


def following(program: Program, terms: Iterable[int], lags: int, count: int) -> tuple[int, ...]:
    """The terms that a program says to follow, each made of those before it.

    Parameters
    ----------
    program : Program
        The law.
    terms : iterable of int
        The terms before, at least as many as there are lags.
    lags : int
        How many terms before a term the program reads.
    count : int
        How many terms are wanted.

    Returns
    -------
    tuple of int
        Fewer if the program has no value for one, or one of more than `LONGEST` bits.
    """
    known = list(terms)
    first = len(known)
    for _ in range(count):
        inputs = {NUMBER: len(known) + 1}
        inputs |= {LAGS[lag - 1]: known[-lag] for lag in range(1, lags + 1)}
        value = _value(program, inputs)
        if value is None:
            break
        known.append(value)
    return tuple(known[first:])


def _value(program: Program, inputs: dict[str, int]) -> int | None:
    """The value of a program on whole numbers of any size; None if it has none."""
    values: dict[Program, Any] = {}
    for node in program.parts():
        head = node.head
        found: Any
        if isinstance(head, Input):
            found = inputs[head.name]
        elif isinstance(head, Constant):
            found = head.value
        else:
            # An array of objects keeps Python's whole numbers, which have no limit.
            given = [np.array([values[part]], object) for part in node.arguments]
            try:
                found = np.asarray(head.function(*given), object).item()
            except UNANSWERED:
                return None
        if isinstance(found, np.generic):
            found = found.item()
        if not isinstance(found, int) or found == UNDEFINED or abs(found) >> LONGEST:
            return None
        values[node] = found
    return int(values[program])
