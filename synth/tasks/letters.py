"""What letters of texts say: how many there are, the first and the last, places in the alphabet.

Texts that are nearly all different say nothing as wholes.  If a table has no other inputs, or if
such a column is asked for, their letters are read instead.
"""

from collections import Counter
from collections.abc import Sequence
from functools import partial

import numpy as np

from synth.errors import TypeMismatchError, quoted, shortened
from synth.language import Bool, Int, Real, Source, Term, Type
from synth.tasks.words import ALPHABETS, MANY_LETTERS

#: A column of at least so many different texts is one of free texts if they are nearly as many as
#: rows, or if they are more than so many and than half of the rows.
FREE_TEXTS, MANY_TEXTS = 8, 16
#: The most first letters, and the most last ones, that become inputs: the most frequent ones.
MOST_ENDS = 16
#: Single letters have places if they are more than this share of those between the first and the
#: last of them.  Codes of kinds, such as the colours of mushrooms, leave out more.
DENSE = 0.6

#: The types of inputs by name, and what reads their values from cells.
Made = tuple[dict[str, Type], partial[list[np.ndarray]]]


def are_free(different: int, rows: int) -> bool:
    """Whether so many different texts in so many rows say nothing about other rows."""
    many = different > 0.9 * rows or (different > MANY_TEXTS and different > rows / 2)
    return different >= FREE_TEXTS and many


def alphabet_of(texts: Sequence[str]) -> str | None:
    """The alphabet in which texts have places: many single letters of it, with few gaps."""
    known = set(texts)
    if len(known) < MANY_LETTERS or max(map(len, known)) > 1:
        return None
    for letters in ALPHABETS:
        if known <= set(letters):
            places = [letters.index(text) for text in known]
            return letters if len(known) > DENSE * (max(places) - min(places) + 1) else None
    return None


def placed(name: str, texts: Sequence[str], gaps: bool) -> Made | None:
    """Single letters as their places in the alphabet, from 0 on; None for other texts."""
    letters = alphabet_of(texts)
    if letters is None:
        return None
    places = [letters.index(text) for text in texts]
    type_ = Real if gaps else Int(min(places), max(places))
    return {f"{name}.place": type_}, partial(read_places, name, letters, False)


def read_places(name: str, letters: str, loose: bool, cells: list[str]) -> list[np.ndarray]:
    """The places of letters; loose: NaN for a text that has none."""
    places = [letters.find(cell) if len(cell) == 1 else -1 for cell in cells]
    if loose:
        return [np.array([np.nan if k < 0 else k for k in places], float)]
    if -1 in places:
        cell = quoted(cells[places.index(-1)])
        raise TypeMismatchError(f"column {shortened(name)}: {cell}; allowed: one letter, as before")
    return [np.array(places, np.int64)]


def in_parts(name: str, texts: Sequence[str], gaps: bool) -> Made:
    """Free texts as their lengths, their first and their last letters."""
    lengths = [len(text) for text in texts]
    types: dict[str, Type] = {f"{name}.length": Real if gaps else Int(min(lengths), max(lengths))}
    first, last = (_ends([text[place] for text in texts if text]) for place in (0, -1))
    types |= dict.fromkeys([f"{name}.first={letter}" for letter in first], Bool)
    types |= dict.fromkeys([f"{name}.last={letter}" for letter in last], Bool)
    return types, partial(read_parts, first, last)


def _ends(letters: Sequence[str]) -> tuple[str, ...]:
    """The most frequent of some letters, in order; none if all are the same."""
    counts = Counter(letters)
    if len(counts) < 2:
        return ()
    return tuple(sorted(sorted(counts, key=lambda c: (-counts[c], c))[:MOST_ENDS]))


def read_parts(first: Sequence[str], last: Sequence[str], cells: list[str]) -> list[np.ndarray]:
    """The lengths of texts, and whether they begin and end with some letters."""
    found = [np.array([len(cell) for cell in cells], np.int64)]
    found += [np.array([cell[:1] == letter for cell in cells], bool) for letter in first]
    return found + [np.array([cell[-1:] == letter for cell in cells], bool) for letter in last]


def read_both(
    one: partial[list[np.ndarray]], two: partial[list[np.ndarray]], cells: list[str]
) -> list[np.ndarray]:
    """What two readers read in one column."""
    return one(cells) + two(cells)


#: What reads letters.
LETTERS = (read_both, read_parts, read_places)


def loosely(read: partial[list[np.ndarray]]) -> partial[list[np.ndarray]]:
    """The same reader of letters, which takes what has no place."""
    if read.func is read_both:
        return partial(read_both, loosely(read.args[0]), read.args[1])
    if read.func is not read_places:
        return read
    name, letters, _ = read.args
    return partial(read_places, name, letters, True)


def said_of_letters(name: str, read: partial[list[np.ndarray]]) -> tuple[str, str]:
    """In what special way a column is read, and what is said of it."""
    if read.func is read_both:
        return said_of_letters(name, read.args[0])
    if read.func is read_parts:
        return "of texts their lengths, first and last letters are read", name
    letters = read.args[1]
    return "letters have places", f"{name} ({letters[0]} is 0, {letters[-1]} is 25)"


def meanings_of_letters(read: partial[list[np.ndarray]], source: Source) -> list[Term]:
    """What the inputs that a reader of letters makes of a column say of it."""
    if read.func is read_places:
        return [Term("part", value=(source, "place", read.args[1][0]))]
    ends = zip(("begins", "ends"), read.args, strict=True)
    made = [Term(op, value=(source, letter)) for op, letters in ends for letter in letters]
    return [Term("part", value=(source, "length")), *made]
