"""What reach has found: the programs of least total, and the fewest exceptions for each length."""

import hashlib

import numpy as np

from synth.engine.scoring import SAME


class Found:
    """The best programs that were met, by the energy of the problem: the total, as a rule.

    Parameters
    ----------
    problem : Problem
        What prices them.
    top : int
        How many programs to keep.
    found_by : str
        What found them, as `ProgramScore` has it.

    Attributes
    ----------
    top : list of (float, int, int, Program, bytes)
        Energy in bits, exceptions, units, program and a digest of its values, least energy first;
        one for each behaviour.
    front : list of (int, int, Program)
        Units, exceptions and program: each has fewer exceptions than all shorter ones.
    exact : (int, Program) or None
        Units and program: the shortest that is right on all training rows as it is read plainly.
    """

    def __init__(self, problem, top, found_by="reach"):
        self.problem, self.most, self.found_by = problem, top, found_by
        self.top, self.front = [], []
        self.exact = None
        self._keys = {}

    @property
    def best(self):
        """(energy, program) of the best; (inf, None) before there is one."""
        return (self.top[0][0], self.top[0][3]) if self.top else (np.inf, None)

    def is_inverted(self, program):
        """Whether a program is read as its opposite, the other of two labels."""
        return self.problem.two and 2 * self.problem.exceptions(program) > self.problem.n

    def is_wanted(self, total):
        """Whether a program of such an energy would be kept."""
        return len(self.top) < self.most or total < self.top[-1][0] - SAME

    def note(self, program):
        """Take a program into account; its energy."""
        problem = self.problem
        total = problem.energy(program)
        if not total < np.inf or not problem.is_readable(program):
            return np.inf
        units, wrong = problem.units(program), problem.exceptions(program)
        if wrong > problem.most_wrong and not problem.two:
            return np.inf  # no hypothesis
        if not wrong and (self.exact is None or units < self.exact[0]):
            self.exact = units, program
        wrong = self.read(wrong)
        if self.is_wanted(total):
            self._add(total, wrong, units, program)
        self._improve_front(units, wrong, program)
        return total

    def merge(self, other):
        """Take what another has found into account."""
        for program in other.programs():
            self.note(program)

    def programs(self):
        """All programs that are kept; some occur twice."""
        kept = [entry[3] for entry in self.top] + [point[2] for point in self.front]
        return kept if self.exact is None else [*kept, self.exact[1]]

    def unlisted(self, listed, above):
        """(units, exceptions) of each program of the front above so many units.

        Those that say what one of the listed programs says are left out.
        """
        values = self.problem.values
        known = {digest(values(program)) for program in listed}
        beyond = [point for point in self.front if point[0] > above]
        return [(units, wrong) for units, wrong, p in beyond if digest(values(p)) not in known]

    def read(self, wrong):
        """The exceptions of a program or of its opposite, whichever has fewer."""
        return min(wrong, self.problem.n - wrong) if self.problem.two else wrong

    def _add(self, total, wrong, units, program):
        """Keep a program, the cheapest of its behaviour."""
        key = digest(self.problem.values(program))
        if self._keys.get(key, np.inf) <= total + SAME:
            return
        entries = [e for e in self.top if e[4] != key]
        entries.append((total, wrong, units, program, key))
        # Without simplicity the first of equal energies stays first, not the shortest.
        length = 1 if self.problem.simplicity else 0
        entries.sort(key=lambda e: (round(e[0] / SAME), e[1], length * e[2]))
        self.top = entries[: self.most]
        self._keys = {e[4]: e[0] for e in self.top}

    def _improve_front(self, units, wrong, program):
        front = self.front
        if any(u <= units and w <= wrong for u, w, _ in front):
            return
        kept = [p for p in front if not (p[0] >= units and p[1] >= wrong)]
        self.front = sorted([*kept, (units, wrong, program)], key=lambda p: p[0])

    def state(self):
        """The programs as texts."""
        return [program.text for program in self.programs()]

    def restore(self, state, parse):
        """Take up what `state` returned; parse: a function that makes a program of a text.

        What was found before is forgotten: of two programs that are equally good, the first that
        was met stays first.
        """
        self.top, self.front, self._keys, self.exact = [], [], {}, None
        for text in state:
            self.note(parse(text))


def digest(values):
    """What tells the values of two behaviours apart, as bytes."""
    return hashlib.blake2b(np.ascontiguousarray(values).tobytes(), digest_size=16).digest()
