"""The folds of a kind: their functions are enumerated, and run over the strings.

Functions come in order of bits, so that up to some bits all folds of a kind are made.  Of folds
that say the same of all strings, the cheapest is kept.  If the state has several parts, all
combinations of their functions are made up to some bits.  The parts have names only, so that
functions that trade places make the same fold at the same price, and one order is enough.
"""

import math
from typing import NamedTuple

import numpy as np

from synth.engine.enumeration import Enumeration, enumerate_programs
from synth.kernels import folds as kernels
from synth.language import UNIT, Bool, Input, Program, folds, places_of, prefixes_of
from synth.records import StopReason

#: How many programs of functions of truth values are made; of three truth values there are 256.
TRUTHS = 100_000
#: How many folds are run over the strings at a time.
_SOME = 512
#: How many bits more than all those that are made for certain a fold of several parts may have.
_BEYOND = 3.0
#: Bytes of a fold beside what it says.
_FOLD = 400


class Sizes(NamedTuple):
    """How many programs of functions, and how many combinations of them, a stage makes."""

    residues: int
    counters: int
    pairs: int
    triples: int


class Fold(NamedTuple):
    """A fold: its bits, its functions among those of their kinds, and what it says of each string.

    function: of each part, and of the answer if there is one, (Enumeration, its number).
    """

    bits: float
    kind: folds.Kind
    function: tuple[tuple[Enumeration, int], ...]
    start: int
    given: Input
    said: bytes

    def values(self):
        """The values at the ends of the strings, (rows,)."""
        places = np.frombuffer(self.said, _held(self.kind))
        return (places.astype(np.int64) + int(self.kind.type.low)).astype(self.kind.type.dtype)

    def program(self, family):
        """The fold as a program."""
        bodies = [found.program(k) for found, k in self.function]
        return Program(family.fold(self.kind, bodies, self.start), [Program(self.given)])


class Folding:
    """Makes folds over the strings of a task.

    Parameters
    ----------
    family : Folds
        The DSL's family.
    grammar : Grammar
        The grammar of programs of folds.
    columns : dict of Input to ndarray of str, shape (rows,)
        The strings.
    watch : Watch
        The limits.

    `cut` says whether Ctrl-C ended an enumeration of functions.
    """

    def __init__(self, family, grammar, columns, watch):
        self.family, self.grammar, self.watch = family, grammar, watch
        letters = family.argument.letters
        self.places = {given: places_of(strings, letters) for given, strings in columns.items()}
        self.strings = {
            given: prefixes_of(*places, len(letters)) for given, places in self.places.items()
        }
        self.cut = False
        self.room = watch.limits.memory // 2

    def found(self, kind, sizes):
        """Folds of a kind, and the bits up to which all were made; sizes: a `Sizes`."""
        if kind.parts > 1:
            return self._several(kind, sizes.pairs if kind.parts == 2 else sizes.triples)
        most = sizes.counters if kind.type.family == "Int" else sizes.residues
        most = TRUTHS if kind.type == Bool else most
        functions = self.functions(self.family.grammar(kind), self.family.cases(kind), kind, most)
        return self._single(kind, functions)

    def functions(self, grammar, cases, kind, most):
        """The cheapest function for each table, of about `most` programs, in order of bits."""
        seconds = self.watch.limits.seconds
        found = enumerate_programs(
            grammar,
            cases,
            type=kind.type,
            max_programs=most,
            threads=self.watch.limits.threads,
            seconds=None if seconds is None else max(0.0, seconds - self.watch.seconds),
        )
        self.cut |= found.stop_reason == StopReason.INTERRUPTED
        return found

    def _own(self, kind):
        return self.grammar.family_units(kind.type) / UNIT + self.family.own_bits(kind)

    def _least(self):
        return min(self.grammar.units(given) for given in self.strings) / UNIT

    def _single(self, kind, found):
        """The folds of functions, and the bits up to which all were made."""
        own, bits = self._own(kind), found.bits
        most = math.inf if found.certified_bits is None else found.certified_bits
        values, low = found.values, int(kind.type.low)
        kept = {start: np.arange(len(values)) for start in kind.starts}
        # Of equal folds, the first function is the cheapest.
        if kind.type.family != "Int" and kind.run is None:
            for start in kind.starts:
                same = folds.reached(folds.tables(values, kind), start - low)
                places = {key: k for k, key in reversed([*enumerate(same)])}
                kept[start] = np.array(sorted(places.values()), np.int64)
        best: dict[tuple, Fold] = {}
        for some in range(0, len(values), _SOME):
            if self._is_full(best):
                most = min(most, float(bits[some]) - 1 / UNIT)
                break
            for start, every in kept.items():
                part = every[(every >= some) & (every < some + _SOME)]
                steps = folds.tables(values[part], kind)
                for given in self.strings:
                    around = own + self.grammar.units(given) / UNIT
                    ends = self._ends(kind, given, steps, start - low).astype(_held(kind))
                    for k, said in zip(part.tolist(), ends, strict=True):
                        key, total = said.tobytes(), around + float(bits[k])
                        if key not in best or total < best[key].bits:
                            best[key] = Fold(total, kind, ((found, k),), start, given, key)
        self._take(best)
        return list(best.values()), own + self._least() + most

    def _several(self, kind, combined):
        """The folds of a kind of several parts, and the bits up to which all were made."""
        family, own = self.family, self._own(kind)
        functions = self.functions(family.grammar(kind), family.cases(kind), kind, TRUTHS)
        answers = self.functions(family.answers(kind), folds.states_of(kind), kind, TRUTHS)
        if not len(functions) or not len(answers):
            return [], 0.0
        bits, last = functions.bits, answers.bits
        values, said_by = functions.values, answers.values.astype(np.int64) - int(kind.type.low)
        tuples, most = combinations(bits, kind.parts, combined)
        most = min(
            most + last[0],
            _certified(functions) + (kind.parts - 1) * bits[0] + last[0],
            _certified(answers) + kind.parts * bits[0],
        )
        sums = bits[tuples].sum(axis=1)
        order = np.argsort(sums, kind="stable")
        tuples, sums = tuples[order], sums[order]
        letters = len(family.argument.letters)
        best: dict[tuple, Fold] = {}
        for some in range(0, len(tuples), _SOME // 8):
            part = tuples[some : some + _SOME // 8]
            if self._is_full(best):
                most = min(most, float(sums[some] + last[0]) - 1 / UNIT)
                break
            parts = [values[column] for column in part.T]
            steps = folds.joined(parts, kind).reshape(len(part), kind.states, letters)
            for given in self.strings:
                ends = self._ends(kind, given, steps, 0)
                around = own + self.grammar.units(given) / UNIT
                for k, which in enumerate(part.tolist()):
                    left = most + _BEYOND - sums[some + k]
                    said = said_by[: np.searchsorted(last, left, "right")][:, ends[k]]
                    for j, row in enumerate(said.astype(_held(kind))):
                        key, total = row.tobytes(), float(around + sums[some + k] + last[j])
                        if key not in best or total < best[key].bits:
                            made = (*((functions, i) for i in which), (answers, j))
                            best[key] = Fold(total, kind, made, 0, given, key)
        self._take(best)
        return list(best.values()), float(own + self._least() + most)

    def _ends(self, kind, given, steps, start):
        """The places of the states at the ends of the strings, int64 (folds, rows)."""
        if kind.run is not None:
            return np.asarray(kind.run(steps, start, *self.places[given]))
        parent, letter, node = self.strings[given]
        out = np.empty((len(steps), len(node)), np.int64)
        steps = np.ascontiguousarray(steps)
        kernels.ends(parent, letter, node, steps, start, np.zeros_like(parent), out)
        return out

    def _size(self, best):
        rows = len(next(iter(self.strings.values()))[2])
        return len(best) * (_FOLD + rows)

    def _is_full(self, best):
        """Whether there is no time or room for more folds."""
        return bool(best) and (self.watch.is_late() or self._size(best) > self.room)

    def _take(self, best):
        self.room -= self._size(best)


def combinations(bits, parts, most):
    """Tuples of functions in order of their numbers, and up to how many bits all are there.

    Parameters
    ----------
    bits : ndarray of float64, shape (functions,)
        Their bits, in order.
    parts : int
        How many functions a tuple has.
    most : int
        About how many tuples, at most; more only if all of the least bits are more.

    Returns
    -------
    tuples : ndarray of int64, shape (tuples, parts)
    bits : float
        All tuples of up to so many bits are there; infinite if all are.
    """
    total = parts * bits[0]
    found = _up_to(bits, parts, total, math.inf)
    while total < parts * bits[-1]:
        more = _up_to(bits, parts, total + 0.5, most)
        if more is None:
            return found, float(total)
        found, total = more, total + 0.5
    return found, math.inf


def _up_to(bits, parts, total, most):
    """All tuples of up to so many bits; None if there are more than `most`."""
    found = np.zeros((1, 0), np.int64)
    for k in range(parts):
        left = total - bits[found].sum(axis=1)
        # The functions after this one cost as much at least.
        first = found[:, -1] if k else np.zeros(1, np.int64)
        stops = np.searchsorted(bits * (parts - k), left, "right")
        counts = np.maximum(stops - first, 0)
        if counts.sum() > most:
            return None
        rows = np.repeat(np.arange(len(found)), counts)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        found = np.column_stack([found[rows], first[rows] + within])
    return found


def _certified(found):
    return math.inf if found.certified_bits is None else found.certified_bits


def _held(kind):
    """The type in which the places of answers are held."""
    return np.uint8 if kind.type.size <= 256 else np.int16
