"""Functions of letters that are solved from the labels: what is written follows from the states.

A string of the labels has as many letters as the string that a map or a scan reads.  If it is
known in which state each letter is read, the letter to write for each state and letter is the most
frequent one of the labels there, and the cheapest function that says these letters is looked up.
So only the functions of states have to be gone through.  Labels are read forwards and backwards.
"""

from dataclasses import replace

import numpy as np

from synth.engine.forms import Member, stacked
from synth.engine.scoring import SAME
from synth.engine.watch import Watch
from synth.kernels import strings as kernels
from synth.language import UNIT, Program
from synth.language import strings as operations

#: How many tuples of functions of states are gone through, by how many there are of them.
TUPLES = (1, 2_000, 20_000, 60_000)
#: How many strings are read by how many parts states have: the cheapest that have as many letters
#: as the labels and differ by more than the names of their letters.  And among how many of each
#: type they are sought.
READ, SOUGHT = (100, 100, 24, 8), 50_000
#: How many functions of states of each form are looked at more closely for each string: those that
#: can say all letters of the labels, or else those with the fewest letters that are not as most.
WHOLE, CLOSER = 8, 2
#: The share of the seconds that are left.
SHARE = 0.5
#: How many functions are gone through between two looks at the clock.
_SOME = 256


def transduced(search, labelling, labels, least):
    """The best program whose last function of letters is solved: see `joins.joined`."""
    return _Transducers(search, labelling, labels, least).best()


class _Transducers:
    """Seeks the best program for a labelling whose last function of letters is solved.

    Parameters
    ----------
    search : StringSearch
        What was enumerated.
    labelling : Labelling
        The labels.
    labels : ndarray of int64, shape (n,)
        The labels of the training rows as numbers.
    least : float
        The least total that is known.
    """

    def __init__(self, search, labelling, labels, least):
        self.search, self.labelling, self.labels = search, labelling, labels
        self.strings, self.grammar, self.n = search.strings, search.grammar, labelling.n
        watch = search.watch
        seconds = watch.limits.seconds
        if seconds is not None:
            seconds = watch.seconds + SHARE * max(0.0, seconds - watch.seconds)
        self.watch = Watch(replace(watch.limits, seconds=seconds), watch.interrupted, watch.seconds)
        self.least, self.found = least, None

    def best(self):
        """(program, its values on all rows as numbers) of the least total; None without one."""
        reversal = [
            p
            for p in self.grammar.productions[self.search.root]
            if getattr(p.item, "function", None) is operations.reversed_strings
        ]
        turned = self.strings.reversed(self.labels)
        forms = [
            functions
            for functions in self.search.forms.every
            if functions.form.result == self.search.root
            and functions.form.writes
            and functions.form.name != "filter"
        ]
        tried = [(f, after) for f in forms for after in (None, *reversal)]
        # What takes longest comes last.
        tried.sort(key=lambda pair: (pair[0].form.parts, pair[1] is not None))
        for functions, after in tried:
            labels = self.labels if after is None else turned
            for units, read in self._strings(functions.form, labels):
                more = 0 if after is None else after.units
                self._solve(functions, (units + more, read), labels, after)
                if self.watch.is_late():
                    return self.found
        return self.found

    def _strings(self, form, labels):
        """(units, row) of strings that have as many letters as the labels, the cheapest first."""
        search, type_ = self.search, form.argument
        bank = search.engine.banks.get(search.numbers_of(type_))
        if bank is None:
            return []
        found, known, lengths = [], set(), self.strings.lengths(labels)
        for first in range(0, min(len(bank), SOUGHT), _SOME):
            some = bank.values(first, min(first + _SOME, len(bank), SOUGHT))[:, : self.n]
            for row in np.flatnonzero((self.strings.lengths(some) == lengths).all(axis=1)):
                key = _renamed("".join(self.strings.texts(some[row], type_.letters)))
                if key in known:
                    continue
                known.add(key)
                cost = int(bank.row_costs(first + row, first + row + 1)[0])
                found.append((cost >> search.engine.grammar.shift, first + int(row)))
                if len(found) == READ[form.parts]:
                    return found
        return found

    def _solve(self, functions, read, labels, after):
        """Look for the best member of a form for one string.

        read: (units of all else, row of the string); after: what makes the label of the result.
        """
        form, family = functions.form, self.search.family
        units, row = read
        around = units + self.grammar.family_units(form.result)
        around = around / UNIT + family.own_bits(form)
        code = self.labelling.score.least_code
        writes = functions.writes
        bank = self.search.engine.banks[self.search.numbers_of(form.argument)]
        strings = bank.values(row, row + 1)[0]
        tuples, sums, _ = self.search.forms.tuples(functions, TUPLES[form.parts])
        if not len(writes):
            return
        # What is written takes some bits at least.
        left = self.least - code - around - writes.bits[0]
        tuples, sums = tuples[sums < left], sums[sums < left]
        for start in form.starts if len(tuples) else ():
            closest = self._closest(functions, (tuples, sums, start), strings, labels)
            for bits, numbers in closest:
                if code + around + bits + writes.bits[0] < self.least:
                    member = numbers, start, around + bits
                    self._write(functions, member, (row, strings), (labels, after))

    def _closest(self, functions, states, strings, labels):
        """(bits, functions of states) of the members that fit best.

        states: tuples of functions, their bits, and the first state.
        """
        tuples, sums, start = states
        form, strings = functions.form, np.ascontiguousarray(strings[: self.n])
        steps = self._steps(functions, tuples)
        starts = np.full(len(tuples), start, np.int8)
        letters = len(form.argument.letters)
        counts = np.zeros((form.states, letters, len(form.result.letters)), np.int64)
        out, done = np.full(len(tuples), 2**62, np.int64), 0
        while done < len(tuples) and not self.watch.is_late():
            stop = min(done + _SOME, len(tuples))
            given = self.strings.trie, strings, labels, (steps, starts), (form.states, letters)
            kernels.walked(*given, self.strings.letters, done, stop, counts, out)
            done = stop
        order = np.lexsort((sums[:done], out[:done]))
        order = order[: WHOLE if done and not out[order[0]] else CLOSER]
        return [(float(sums[k]), tuples[k].tolist()) for k in order]

    def _steps(self, functions, tuples):
        """The tables of functions of states, int8 (tuples, states, letters)."""
        form = functions.form
        shape = len(tuples), form.states, len(form.argument.letters)
        steps = np.zeros(shape, np.int8)
        for column in tuples.T:
            steps = steps * 2 + functions.steps.values[column].reshape(shape).astype(np.int8)
        return steps

    def _write(self, functions, member, read, wanted):
        """Solve what a member writes, and keep it if it is the best so far.

        member: functions of states, the first state, and the bits of all but what is written.
        read: the row of the string, and its values.  wanted: what it should become, and what makes
        the label of that.
        """
        form, forms = functions.form, self.search.forms
        (numbers, start, around), (row, strings), (labels, after) = member, read, wanted
        steps = self._steps(functions, np.array([numbers], np.int64).reshape(1, -1))
        letters = len(form.argument.letters)
        counts = np.zeros((form.states, letters, len(form.result.letters)), np.int64)
        given = self.strings.trie, np.ascontiguousarray(strings[: self.n]), labels
        tables = steps, np.array([start], np.int8)
        sizes, room = (form.states, letters), np.zeros(1, np.int64)
        kernels.walked(*given, tables, sizes, self.strings.letters, 0, 1, counts, room)
        letter, met = counts.argmax(axis=2).ravel(), counts.any(axis=2).ravel()
        said = functions.writes.values[:, met].astype(np.int64)
        fits = np.flatnonzero((said == letter[met]).all(axis=1))
        if not len(fits):
            return
        whole = (*numbers, int(fits[0]))
        made = stacked([forms.table(functions, whole, start)])
        values = self.strings.scanned(made, np.zeros(len(strings), np.int64), strings)
        values = values if after is None else self.strings.reversed(values)
        bits = around + functions.writes.bits[fits[0]]
        wrong = (values[: self.n] != self.labels)[None]
        total = self.labelling.score.total(round(bits * UNIT), wrong)[0]
        if total >= self.least - SAME:
            return
        head = forms.program(Member(0.0, form, whole, start, None))
        inner = self.search.engine.program(row, self.search.numbers_of(form.argument))
        program = Program(head, [self.search.whole(inner)])
        program = program if after is None else Program(after.item, [program])
        self.least, self.found = float(total), (program, values)


def _renamed(text):
    """A text with its letters numbered in the order in which they occur."""
    number = {letter: chr(k) for k, letter in enumerate(dict.fromkeys(text))}
    return text.translate(str.maketrans(number))
