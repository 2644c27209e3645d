"""Strings as numbers, so that banks hold them: see `kernels.strings`.

A DSL of strings becomes one of numbers: each string type is a type of numbers, and each primitive
a function of numbers that does the same.  A function of letters is a number too, so that an
ordinary enumeration goes through all programs that apply one to a string.
"""

from functools import partial

import numpy as np

from synth.kernels import strings as kernels
from synth.language import UNDEFINED, Type, places_of
from synth.language import strings as operations

#: How many nodes there is room for at first.
FIRST = 2**16
#: The most letters of a string that is made: twice those of the longest given, and these.
MORE = 16
#: More than the numbers of all strings and functions.
_LARGEST = 2**32 - 2


def numbered(type_):
    """The type of the numbers of strings of a type."""
    return _numbers(f"numbers of {type_}")


def of_functions(argument, result):
    """The type of the numbers of functions that make strings of one type of those of another."""
    return _numbers(f"functions of {argument} that make {result}")


def _numbers(name):
    return Type("Int", name, 0, _LARGEST, np.dtype(np.int64), np.dtype(np.uint32))


class Strings:
    """Numbers for strings.

    Parameters
    ----------
    longest : int
        How many letters the longest of the given strings has.
    """

    def __init__(self, longest):
        self.most = 2 * longest + MORE
        self.letters = np.zeros((2, self.most), np.uint8)
        self._reserve(FIRST)
        self.trie.count[0] = 1

    def _reserve(self, room, old=None):
        """Make room for so many nodes, and enter those of an older trie."""
        arrays = [np.zeros(room, dtype) for dtype in (np.int32, np.uint8, np.int32)]
        self.trie = kernels.Trie(*arrays, np.zeros(4 * room, np.int32), np.zeros(1, np.int64))
        if old is not None:
            kernels.copied(old, self.trie)

    @property
    def nbytes(self):
        """Bytes of the trie."""
        return sum(array.nbytes for array in self.trie)

    def numbers(self, strings, letters):
        """The numbers of texts of some letters, int64 (rows,)."""
        places, lengths = places_of(np.asarray(strings, str), letters)
        return self._filled(len(lengths), partial(self._entered, places, lengths))

    def _entered(self, places, lengths, first, out):
        return kernels.enter(self.trie, places, lengths, first, out)

    def texts(self, numbers, letters):
        """The texts that numbers stand for."""
        made = []
        for number in numbers.tolist():
            length = kernels.spell(self.trie, number, self.letters[0])
            made.append("".join(letters[place] for place in self.letters[0, :length]))
        return np.array(made, str)

    def lengths(self, numbers):
        """How many letters strings have, int64."""
        return self.trie.length[numbers].astype(np.int64)

    def _filled(self, rows, work):
        """What a kernel writes: work(first, out) returns how far it got before room ran out."""
        out, done = np.empty(rows, np.int64), 0
        while (done := work(done, out)) < rows:
            self._reserve(2 * len(self.trie.parent), self.trie)
        return out

    def reversed(self, one):
        """Strings from their last letters to their first."""
        return self._filled(len(one), lambda k, out: kernels.turned(self.trie, one, k, out))

    def joined(self, one, other):
        """One string and then the other; none if they are too long."""

        def work(first, out):
            given = self.trie, one, other, self.most, self.letters[0]
            return kernels.joined(*given, first, out)

        out = self._filled(len(one), work)
        return np.where(out < 0, UNDEFINED, out) if (out < 0).any() else out

    def begun(self, one, counts):
        """So many letters from the start."""
        return self._filled(len(one), lambda k, out: kernels.begun(self.trie, one, counts, k, out))

    def ended(self, one, counts):
        """What follows so many letters."""

        def work(first, out):
            return kernels.ended(self.trie, one, counts, self.letters[0], first, out)

        return self._filled(len(one), work)

    def paired(self, size, one, other):
        """Strings of pairs of letters, of which there are `size`."""

        def work(first, out):
            return kernels.paired(self.trie, one, other, size, self.letters, first, out)

        return self._filled(len(one), work)

    def scanned(self, tables, functions, one):
        """What functions of letters make of strings; tables: see `kernels.strings.scanned`."""

        def work(first, out):
            given = self.trie, functions, one, tables, self.letters[0]
            return kernels.scanned(*given, first, out)

        return self._filled(len(one), work)

    def function_of(self, primitive):
        """The function of numbers that does what a primitive of strings does."""
        function = primitive.function
        known = {
            operations.reversed_strings: self.reversed,
            operations.joined_strings: self.joined,
            operations.first_letters: self.begun,
            operations.later_letters: self.ended,
            operations.lengths_of: self.lengths,
            np.equal: np.equal,
            np.where: np.where,
        }
        if not any(type_.letters for type_ in (*primitive.arguments, primitive.result)):
            return function
        if getattr(function, "func", None) is operations.zipped:
            return partial(self.paired, len(function.keywords["letters"]))
        if function in known:
            return known[function]
        return partial(self._by_texts, primitive)

    def _by_texts(self, primitive, *given):
        """What any other primitive says: its function is called with texts."""
        arguments = [
            self.texts(values, type_.letters) if type_.letters else values
            for values, type_ in zip(given, primitive.arguments, strict=True)
        ]
        values, defined = primitive.evaluate(*arguments)
        if primitive.result.letters:
            values = self.numbers(values, primitive.result.letters)
        return values if defined is None else np.where(defined, values, UNDEFINED)
