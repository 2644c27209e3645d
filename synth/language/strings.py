"""Strings of letters as values: arrays of Python's texts, each made of the letters of its type.

The operations on strings that primitives do are here too: each takes and gives arrays of texts.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.errors import SettingError, TypeMismatchError, quoted

#: The most letters of a type, and the most letters in one string.
MOST_LETTERS, LONGEST = 16, 10_000


def checked_letters(letters: Any) -> str:
    """The letters of a type of strings.

    Raises
    ------
    SettingError
        Unless there are 1 to 16, all different, each one printable character.
    """
    text = letters if isinstance(letters, str) else ""
    fits = 1 <= len(text) <= MOST_LETTERS and len(set(text)) == len(text) and text.isprintable()
    if not fits:
        raise SettingError(
            f"Str({letters!r}): allowed: 1 to {MOST_LETTERS} different letters in one text, such "
            'as Str("01")'
        )
    return text


def strings_of(given: np.ndarray, letters: str, what: str) -> NDArray[np.str_]:
    """Texts as an array of strings.

    Parameters
    ----------
    given : ndarray
        Texts, of any shape.
    letters : str
        The letters that may occur.
    what : str
        What the values are, for messages.

    Raises
    ------
    TypeMismatchError
        If a value is no text, has another letter, or is too long.
    """
    listed = given.ravel().tolist()
    for value in listed:
        if not isinstance(value, str):
            raise TypeMismatchError(f"{what}: {quoted(value)} is no text; allowed: texts")
        if len(value) > LONGEST:
            raise TypeMismatchError(
                f"{what}: a text has {len(value):,} letters; allowed: up to {LONGEST:,}"
            )
        other = set(value) - set(letters)
        if other:
            raise TypeMismatchError(
                f"{what}: {quoted(value[:40])} has the letter {quoted(min(other))}; "
                f"allowed: {', '.join(letters)}"
            )
    return np.array(listed, str).reshape(given.shape)


def places_of(strings: NDArray[np.str_], letters: str) -> tuple[np.ndarray, np.ndarray]:
    """Strings as numbers.

    Parameters
    ----------
    strings : ndarray of str, shape (rows,)
        Strings of the letters.
    letters : str
        The letters.

    Returns
    -------
    places : ndarray of uint8, shape (rows, longest)
        The place of each letter; 0 beyond the end of a string.
    lengths : ndarray of int64, shape (rows,)
    """
    lengths = np.char.str_len(strings).astype(np.int64)
    longest = int(lengths.max(initial=0))
    codes = np.ascontiguousarray(strings.astype(f"U{max(1, longest)}")).view(np.uint32)
    codes = codes.reshape(len(strings), -1)[:, :longest]
    places = np.zeros(codes.shape, np.uint8)
    for place, letter in enumerate(letters):
        places[codes == ord(letter)] = place
    return places, lengths


def prefixes_of(
    places: np.ndarray, lengths: np.ndarray, letters: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """All prefixes of some strings, numbered from the empty one on; shorter ones come first.

    Parameters
    ----------
    places, lengths : ndarray
        The strings, as `places_of` returns them.
    letters : int
        How many letters there are.

    Returns
    -------
    parent, letter : ndarray of int64, shape (prefixes,)
        Of each prefix: the one without its last letter, and that letter; 0 of the empty one.
    node : ndarray of int64, shape (rows,)
        The prefix that each whole string is.
    """
    node, size = np.zeros(len(lengths), np.int64), 1
    parents, last = [np.zeros(1, np.int64)], [np.zeros(1, np.int64)]
    for k, column in enumerate(places.T):
        on = lengths > k
        keys, which = np.unique(node[on] * letters + column[on], return_inverse=True)
        node[on] = size + which
        size += len(keys)
        parents.append(keys // letters)
        last.append(keys % letters)
    return np.concatenate(parents), np.concatenate(last), node


def mapped(function: Callable[..., Any], *arrays: np.ndarray) -> NDArray[np.str_]:
    """The texts that a function makes of the values of each row.

    Raises
    ------
    ValueError
        If a text is too long.
    """
    made = [function(*row) for row in zip(*(a.tolist() for a in arrays), strict=True)]
    if max(map(len, made), default=0) > LONGEST:
        raise ValueError(f"a string has more than {LONGEST:,} letters")
    return np.array(made, str)


def joined_strings(one: np.ndarray, other: np.ndarray) -> NDArray[np.str_]:
    """One string and then the other, row by row."""
    return mapped(lambda a, b: a + b, one, other)


def reversed_strings(strings: np.ndarray) -> NDArray[np.str_]:
    """The letters from the last to the first."""
    return mapped(lambda a: a[::-1], strings)


def first_letters(strings: np.ndarray, count: np.ndarray) -> NDArray[np.str_]:
    """So many letters from the start, or all; none if the number is below 0."""
    return mapped(lambda a, k: a[: max(0, k)], strings, count)


def later_letters(strings: np.ndarray, count: np.ndarray) -> NDArray[np.str_]:
    """What follows so many letters; the whole string if the number is below 0."""
    return mapped(lambda a, k: a[max(0, k) :], strings, count)


def lengths_of(strings: np.ndarray) -> NDArray[np.int64]:
    """How many letters strings have."""
    found: NDArray[np.int64] = np.char.str_len(strings).astype(np.int64)
    return found


def zipped(one: np.ndarray, other: np.ndarray, letters: str, pairs: str) -> NDArray[np.str_]:
    """Two strings as one of pairs of letters; the shorter goes on with the first letter.

    Parameters
    ----------
    one, other : ndarray of str, shape (rows,)
        Strings of the letters.
    letters : str
        The letters.
    pairs : str
        What stands for each pair of letters, in order: with the first letter first, and so on.
    """
    place = {a + b: pair for (a, b), pair in zip(_squared(letters), pairs, strict=True)}

    def pair(a: str, b: str) -> str:
        longest = max(len(a), len(b))
        both = zip(a.ljust(longest, letters[0]), b.ljust(longest, letters[0]), strict=True)
        return "".join(place[x + y] for x, y in both)

    return mapped(pair, one, other)


def _squared(letters: str) -> list[tuple[str, str]]:
    return [(a, b) for a in letters for b in letters]
