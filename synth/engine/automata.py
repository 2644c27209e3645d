"""The search of the DSL `machines`: all machines of 1, 2, 3, ... states, with solved outputs.

Machines of k states all cost the same, so that those with the fewest exceptions are the best of
their level.  `kernels.machines` makes them, and leaves a machine once it has more exceptions than
matter.  A step that no training string needs is free: all machines that differ in it are listed.
States that no training string meets save no exceptions and cost bits, so that none is made.
"""

from itertools import islice, product

import numpy as np

from synth.engine.labelling import Labelling
from synth.engine.scoring import SAME
from synth.kernels import machines as kernels
from synth.language import UNIT, Program, places_of, prefixes_of
from synth.records import Level, StopReason

#: How many machines are made by default, whole ones and those that are left: all of 6 states over
#: two letters, and not all of 7.  On 200 strings of up to 8 letters that takes about 5 s.
MACHINES = 10_000_000
#: How many machines of a level, and how many machines with their outputs, are kept at most.
KEPT, LISTED = 4096, 4096
#: How many prefixes are read between two looks at the clock, about 20 ms.
PREFIXES = 4_000_000
#: More states than a machine can have in a search that ends.
MOST_STATES = 36


class MachineSearch:
    """The machines for one labelling; in place of an `Enumerator` where a `Result` is made.

    Parameters
    ----------
    fitted : Fitted
        The task and the DSL.
    top : int
        How many hypotheses to list.
    watch : Watch
        The limits.
    """

    def __init__(self, fitted, top, watch):
        task = fitted.task
        self.grammar, self.root, self.watch = fitted.grammar, fitted.root, watch
        self.family = fitted.dsl.family
        self.labelling = Labelling.of(task, fitted.root, top)
        self.score = self.labelling.score
        self.letters = len(self.family.argument.letters)
        self.labels = int(self.family.result.size)
        self.bank = _Bank()
        self.programs, self.levels, self.candidates = [], [], 0
        self._whole = 0  # levels of which all machines were made
        self.stop_reason = None
        order = np.argsort(~task.train, kind="stable")
        self.tries = []
        for given in self.grammar.inputs:
            strings = places_of(task.columns[given.name][order], given.type.letters)
            self.tries.append((Program(given), *strings, self._trie(*strings)))

    @property
    def seconds(self):
        """How long the search has worked, in seconds."""
        return self.watch.seconds

    @property
    def certified_bits(self):
        """All machines of up to so many bits were made, or cannot change what is found."""
        bits = (self._units(self._whole + 1) - 1) / UNIT
        most = self.watch.limits.max_bits
        return bits if most is None else min(bits, most)

    def level_records(self):
        """The levels, by the number of states."""
        return tuple(
            Level(self._units(k) / UNIT, made, None, 0) for k, made in enumerate(self.levels, 1)
        )

    def program(self, row):
        """The program of a row of the bank."""
        steps, outputs, given = self.programs[row]
        return Program(self.family.machine(steps, outputs), [given])

    def run(self, states, progress=None):
        """Make machines of up to so many states, until none that is left can win, or to a limit."""
        limits = self.watch.limits
        while self.stop_reason is None:
            k = len(self.levels) + 1
            if k > 1 and self._is_proven():
                self.stop_reason = StopReason.OPTIMAL
            elif k > states:
                reason = self.watch.reason(self.candidates)
                interrupted = reason == StopReason.INTERRUPTED
                self.stop_reason = reason if interrupted else StopReason.OPTIMAL
            elif limits.max_bits is not None and self._units(k) / UNIT > limits.max_bits:
                self.stop_reason = StopReason.MAX_BITS
            else:
                self._level(k, progress)

    def _is_proven(self):
        return self.labelling.is_proven(self.certified_bits)

    def _units(self, states):
        """The price of a machine of so many states, with that of its string."""
        own = self.family.units_of(states, UNIT)
        return own + min(self.grammar.units(given) for given in self.grammar.inputs)

    def _trie(self, places, lengths):
        """The prefixes of the training strings, as `kernels.machines.scan` takes them."""
        n = self.labelling.n
        parents, letters, node = prefixes_of(places[:n], lengths[:n], self.letters)
        counts = np.zeros((len(parents), self.labels), np.int64)
        np.add.at(counts, (node, self.labelling.values.astype(np.int64)), 1)
        return parents, letters, counts

    def _level(self, k, progress):
        """Make all machines of k states, and list those with the fewest exceptions.

        First only machines without exceptions are whole, then those with up to 1, 3, 7 and so on:
        the fewer are allowed, the sooner a machine is left.
        """
        self.levels.append(0)
        most, ties = self._wanted(k)
        bounds = [2**j - 1 for j in range(64) if 2**j - 1 < most] + [most] * (most >= 0)
        for bound in bounds:
            scans = [_Scan(k, self.letters, each[-1], bound, ties) for each in self.tries]
            for scan in scans:
                self._finish(scan, progress)
            found = [
                (int(scan.at[kernels.BEST]), steps, each[:-1])
                for scan, each in zip(scans, self.tries, strict=True)
                for steps in scan.kept()
            ]
            if found or self.stop_reason is not None:
                self._list(k, sorted(found, key=lambda entry: entry[0]))
                break
        self._whole += self.stop_reason is None

    def _wanted(self, k):
        """The most exceptions of machines of k states that matter, -1 for none.

        And up to how many all machines matter, since they may tie for the best.
        """
        n, units = self.labelling.n, self._units(k)
        wrong = np.arange(n - -(-n // self.labels) + 1)
        best = np.inf if self.score.best is None else self.score.best
        tied = wrong[units / UNIT + self.score.code[wrong] <= best + SAME]
        ties = int(tied[-1]) if len(tied) else -1
        fewest = self.score.front[-1][1] if self.score.front else n + 1
        return max(ties, min(fewest - 1, int(wrong[-1]))), ties

    def _finish(self, scan, progress):
        """Make all machines of a scan, or as many as the limits allow."""
        limits = self.watch.limits
        while not scan.done and self.stop_reason is None:
            left = MACHINES - self.candidates
            if limits.max_programs is not None:
                left = self.watch.programs_left(self.candidates)
            self.stop_reason = self.watch.reason(self.candidates)
            if self.stop_reason is None and left <= 0:
                self.stop_reason = StopReason.MAX_PROGRAMS
            if self.stop_reason is None:
                made = scan.go_on(left)
                self.candidates += made
                self.levels[-1] += made
                if progress is not None:
                    progress(self)

    def _list(self, k, kept):
        """List machines, with every label of a state and every step that no string decides."""
        first, errors, known = len(self.bank), [], self.labelling.values.astype(np.int64)
        for wrong, steps, (given, places, lengths) in kept:
            states = _states(steps, places, lengths)
            counts = np.zeros((k, self.labels), np.int64)
            np.add.at(counts, (states[: len(known)], known), 1)
            outputs = [np.flatnonzero(row == row.max()) for row in counts]
            for more in product(*(range(k) if s < 0 else (s,) for s in steps.ravel().tolist())):
                if len(self.bank) - first >= LISTED:
                    break
                whole = np.array(more).reshape(steps.shape)
                after = states if (steps >= 0).all() else _states(whole, places, lengths)
                for said in islice(product(*outputs), LISTED):
                    values = np.array(said)[after].astype(self.root.dtype)
                    if self.bank.add(values):
                        self.programs.append((whole, said, given))
                        errors.append(wrong)
        if errors:
            self.score.add(self._units(k), first, np.array(errors, np.int32))


def _states(steps, places, lengths):
    """The state at the end of each string, int64 (rows,); a step of -1 is taken for one to 0."""
    states = np.zeros(len(lengths), np.int64)
    for k, column in enumerate(places.T):
        states = np.where(k < lengths, np.maximum(steps[states, column], 0), states)
    return states


class _Scan:
    """What `kernels.machines.scan` goes on from, for machines of k states on one trie.

    bound, ties: as `MachineSearch._wanted` returns them.
    """

    def __init__(self, k, letters, trie, bound, ties):
        self.trie, self.ties = trie, ties
        self.at = np.zeros(10, np.int64)
        self.at[kernels.BOUND], self.at[kernels.BEST] = bound, bound + 1
        self.steps = np.full((k, letters), -1, np.int8)
        self.states = np.zeros(len(trie[0]), np.int8)
        self.stack = np.zeros((k * letters, 2), np.int64)
        self.counts = np.zeros((k, trie[2].shape[1]), np.int64)
        self.out = np.zeros((KEPT, k, letters), np.int8)

    @property
    def done(self):
        """Whether all machines were made."""
        return bool(self.at[kernels.DONE])

    def go_on(self, left):
        """Make at most `left` more machines; how many were made."""
        before, most = int(self.at[kernels.MADE]), max(1, PREFIXES // len(self.trie[0]))
        kernels.scan(
            *self.trie, self.ties, min(most, left), self.at, self.steps, self.states, self.stack,
            self.counts, self.out,
        )  # fmt: skip
        return int(self.at[kernels.MADE]) - before

    def kept(self):
        """The steps of the machines with the fewest exceptions."""
        return self.out[: self.at[kernels.FOUND]].astype(np.int64)


class _Bank:
    """Distinct behaviours in the order in which they were found."""

    def __init__(self):
        self._rows, self._known = [], set()

    def __len__(self):
        return len(self._rows)

    def add(self, values):
        """Keep a behaviour; whether it is new."""
        key = values.tobytes()
        new = key not in self._known
        if new:
            self._known.add(key)
            self._rows.append(values)
        return new

    def values(self, first, stop):
        """The values of some rows, (stop - first, rows)."""
        return np.stack(self._rows[first:stop])

    def errors(self, first, stop, labels, count):
        """The exceptions of some rows for each labelling, int32 (labellings, stop - first)."""
        rows = self.values(first, stop)[:, :count]
        return (rows[None] != labels[:, None]).sum(axis=2, dtype=np.int32)
