"""Folds whose state has several parts, solved from the smallest machines for the labels.

Each state of a machine gets a code of truth values, and each function is the cheapest one that
leads from code to code; where no state has a code, it may say anything.

A state may have several codes too.  Two parts that do not look at the third go their own way, and
the third has to tell apart the states of the machine that they do not: at most two for each code of
the two parts.
"""

import itertools
from dataclasses import replace

import numpy as np

from synth.engine.automata import MachineSearch
from synth.engine.folding import combinations
from synth.engine.watch import Watch
from synth.language import UNIT, Bool, Program, folds
from synth.tasks import fit

#: How many prefixes of strings are read to make machines, some seconds, and how many machines with
#: the fewest exceptions of each number of states are looked at.
PREFIXES, EACH = 1_000_000_000, 8
#: How many programs of functions are made from which those of a machine are taken, and how many
#: pairs of functions go before a third.
FUNCTIONS, PAIRS = 1_000_000, 40_000
#: How many of the pairs that tell enough states apart are tried for each machine.
TRIED = 1_000
#: The bit of each place in a word.
_PLACES = np.uint64(1) << np.arange(64, dtype=np.uint64)


def from_machines(folding, labelling, watch):
    """Folds of several parts that do what the smallest machines for a labelling do.

    Parameters
    ----------
    folding : Folding
        What makes functions.
    labelling : Labelling
        The labels.
    watch : Watch
        The limits.

    Yields
    ------
    Program
    """
    seconds = watch.limits.seconds
    left = None if seconds is None else max(0.0, seconds - watch.seconds) / 4
    limits = replace(watch.limits, max_bits=None, seconds=left)
    own = Watch(limits, watch.interrupted)
    search = MachineSearch(fit("machines", labelling.task), 1, own)
    prefixes = sum(len(each[-1][0]) for each in search.tries)
    own.limits = replace(limits, max_programs=max(1, PREFIXES // prefixes))
    several = [k for k in folding.family.kinds.values() if k.parts > 1]
    kinds = [k for k in several if k.type == Bool and k.run is None]
    search.run(max((k.states for k in kinds), default=0))
    inputs = {given.name: given for given in folding.strings}
    coders = [_Coder(folding, kind, watch) for kind in kinds]
    for units, _, first in search.score.front:
        for row in range(first, min(first + EACH, len(search.programs))):
            steps, outputs, given = search.programs[row]
            if search.family.units_of(len(steps), UNIT) + search.grammar.units(given.head) != units:
                break  # of the next number of states
            for coder in coders:
                made = coder.cheapest(np.asarray(steps), np.asarray(outputs))
                if made is not None:
                    yield Program(made, [Program(inputs[given.head.name])])
                if watch.is_late():
                    return


class _Coder:
    """Finds the cheapest fold of a kind of several parts that does what a machine does."""

    def __init__(self, folding, kind, watch):
        family = folding.family
        self.family, self.kind, self.watch = family, kind, watch
        self.letters = len(family.argument.letters)
        self.room = kind.states * self.letters <= 64
        if not self.room:
            return
        cases = family.cases(kind)
        self.steps = folding.functions(family.grammar(kind), cases, kind, FUNCTIONS)
        states = folds.states_of(kind)
        self.answers = folding.functions(family.answers(kind), states, kind, FUNCTIONS)
        self.keys = [_words(found.values) for found in (self.steps, self.answers)]
        self.bits = [found.bits for found in (self.steps, self.answers)]
        self._known = {}
        self.room = bool(len(self.steps) and len(self.answers))
        if self.room and kind.parts == 3:
            self._pairs()

    def cheapest(self, steps, outputs):
        """The fold, a primitive; None if there is none."""
        if not self.room:
            return None
        best = (np.inf, None)
        if len(steps) <= self.kind.states:
            best = self._of_codes(steps, outputs)
        if self.kind.parts == 3 and len(steps) <= 2 * len(self.two):
            best = self._of_pairs(steps, outputs, best)
        made = best[1]
        if made is None:
            return None
        bodies = [self.steps.program(k) for k in made[:-1]] + [self.answers.program(made[-1])]
        return self.family.fold(self.kind, bodies, 0)

    def _of_codes(self, steps, outputs):
        """The cheapest functions if each state has one code: (bits, functions and answer)."""
        best, parts = (np.inf, None), self.kind.parts
        for codes in itertools.permutations(range(1, self.kind.states), len(steps) - 1):
            code = np.array([0, *codes])
            bits = [code >> (parts - 1 - k) & 1 for k in range(parts)]
            # Parts that trade places make the same fold.
            if any(tuple(a) > tuple(b) for a, b in itertools.pairwise(bits)):
                continue
            asked = [(self._at(code), part[steps].ravel(), 0) for part in bits]
            best = self._cheaper([*asked, (code, outputs, 1)], 0.0, best)
            if self.watch.is_late():
                break
        return best

    def _cheaper(self, asked, total, best, before=()):
        """The functions that are asked for if they are cheaper than the best.

        asked: (places, wanted values there, whether of an answer) for each; total, before: the
        bits of functions that are known, and these.
        """
        made = [*before]
        for places, wanted, which in asked:
            k = self._function(places, wanted, which)
            total += np.inf if k is None else self.bits[which][k]
            made.append(k)
            if total >= best[0]:
                return best
        return total, made

    def _at(self, code):
        """The places of all letters of some states."""
        return (code[:, None] * self.letters + np.arange(self.letters)).ravel()

    def _function(self, places, wanted, which):
        """The cheapest function that has some values at some places; None without one."""
        bits = _PLACES[places]
        mask, value = bits.sum(), bits[np.asarray(wanted) != 0].sum()
        key = int(mask), int(value), which
        if key not in self._known:
            fits = (self.keys[which] & mask) == value
            first = int(np.argmax(fits))
            self._known[key] = first if fits[first] else None
        return self._known[key]

    def _pairs(self):
        """Pairs of functions that do not look at the third part, in order of bits."""
        tables = self.steps.values.reshape(len(self.steps), -1, 2, self.letters)
        alone = np.flatnonzero((tables[:, :, 0] == tables[:, :, 1]).all(axis=(1, 2)))
        pairs, _ = combinations(self.bits[0][alone], 2, PAIRS)
        pairs = alone[pairs]
        self.sums = self.bits[0][pairs].sum(axis=1)
        order = np.argsort(self.sums, kind="stable")
        self.pairs, self.sums = pairs[order], self.sums[order]
        one, other = (tables[self.pairs[:, k], :, 0].astype(np.int64) for k in (0, 1))
        self.two = one * 2 + other  # (pairs, codes, letters)

    def _of_pairs(self, steps, outputs, best):
        """The cheapest functions of which two do not look at the third part, if cheaper."""
        met = self._met(steps)
        if met is None:
            return best
        fits = np.flatnonzero((met.sum(axis=2) <= 2).all(axis=1))
        for pair in fits[:TRIED].tolist():
            least = self.sums[pair] + self.bits[0][0] + self.bits[1][0]
            if least >= best[0] or self.watch.is_late():
                break
            best = self._third(self.two[pair], met[pair], steps, outputs, (pair, best))
        return best

    def _met(self, steps):
        """Which states each pair meets at each of its codes, (pairs, codes, states).

        None if the time is over before that is known.
        """
        pairs, codes, letters = self.two.shape
        every = range(codes), range(len(steps)), range(letters)
        met = np.zeros((pairs, codes, len(steps)), bool)
        met[:, 0, 0] = True
        rows, count = np.arange(pairs), -1
        while count != (count := int(met.sum())):
            if self.watch.is_late():
                return None
            for code, state, letter in itertools.product(*every):
                on = rows[met[:, code, state]]
                met[on, self.two[on, code, letter], steps[state, letter]] = True
        return met

    def _third(self, two, met, steps, outputs, known):
        """The third part that tells states apart, in the cheapest way."""
        pair, best = known
        classes = [np.flatnonzero(row) for row in met]
        for flips in itertools.product((0, 1), repeat=len(classes)):
            if flips[0] and len(classes[0]):
                continue  # the first state has the code 0
            third = np.zeros(met.shape, np.int64)
            for code, (states, flip) in enumerate(zip(classes, flips, strict=True)):
                third[code, states] = np.arange(len(states)) ^ flip
            first, states = np.nonzero(met)
            codes = first * 2 + third[first, states]
            after = third[two[first], steps[states]]
            asked = [(self._at(codes), after.ravel(), 0), (codes, outputs[states], 1)]
            best = self._cheaper(asked, self.sums[pair], best, tuple(self.pairs[pair].tolist()))
        return best


def _words(values):
    """Truth values of at most 64 places as one word each, uint64 (rows,)."""
    return (values * _PLACES[: values.shape[1]]).sum(axis=1, dtype=np.uint64)
