"""Tidied programs: each part becomes the cheapest known program with the same values on all rows.

What is known are the rows of the banks, which are in order of cost, and the parts of the program
itself.
"""

import numpy as np

from synth.engine.reach.factoring import shorten
from synth.language import Program

#: The most rows of a bank that are indexed.  2**20 rows of 16 words take 0.3 s.
INDEXED = 2**20
#: Bytes of rows that are hashed at a time.
BLOCK = 2**21
#: How often a program is shortened and tidied; two turns are usual.
TURNS = 6


class Rows:
    """Which row of a bank has some values, by a hash of each row.

    Parameters
    ----------
    problem : Problem
        The problem, whose engine holds the banks.
    """

    def __init__(self, problem):
        self.engine = problem.engine
        self._indexes = {}

    def find(self, type_, values):
        """The cheapest row of a type's bank with some values (rows,); None if there is none."""
        if type_ not in self.engine.banks:
            return None
        if type_ not in self._indexes:
            self._indexes[type_] = self._index(type_)
        keys, hashes, order = self._indexes[type_]
        wanted = type_.pack(values[None])
        mixed = (wanted * keys).sum(axis=1)[0]
        rows = self.engine.banks[type_].behaviours
        for k in range(int(np.searchsorted(hashes, mixed)), len(hashes)):
            if hashes[k] != mixed:
                break
            if np.array_equal(rows[order[k]], wanted[0]):
                return int(order[k])
        return None

    def _index(self, type_):
        """Factors of the words, the sorted hashes, and the row of each."""
        bank = self.engine.banks[type_]
        count = min(INDEXED, bank.ends[-1] if bank.ends else 0)
        rows = bank.behaviours
        keys = np.random.default_rng(0x7D1).integers(0, 2**63, rows.shape[1], np.uint64) * 2 + 1
        hashes = np.empty(count, np.uint64)
        block = max(1, BLOCK // (8 * len(keys)))
        for k in range(0, count, block):
            stop = min(k + block, count)
            hashes[k:stop] = (rows[k:stop] * keys).sum(axis=1)
        order = np.argsort(hashes, kind="stable")
        return keys, hashes[order], order


def tidied(problem, program, rows=None):
    """A program with equal values on all rows that costs no more.

    Parameters
    ----------
    problem : Problem
    program : Program
    rows : Rows, optional
        An index of the banks; give one if several programs are tidied.

    Returns
    -------
    Program
    """
    rows = Rows(problem) if rows is None else rows
    best = {}

    def note(key, made):
        if key not in best or problem.units(made) < problem.units(best[key]):
            best[key] = made
            return True
        return False

    keys, parts = {}, list(program.parts())
    for part in parts:
        values = problem.values(part)
        if values is None:
            return program
        # Zeros with a sign are one value, and stored values have none.
        keys[part] = part.type, values.tobytes()
        if keys[part] not in best:
            row = rows.find(part.type, values)
            note(keys[part], part if row is None else problem.engine.program(row, part.type))
        note(keys[part], part)
    changed = True
    while changed:
        changed = False
        for part in parts:
            if part.arguments:
                made = Program(part.head, [best[keys[a]] for a in part.arguments])
                changed |= note(keys[part], made)
    return best[keys[program]]


def polished(problem, laws, program, rows, must_stop=bool):
    """A program that was shortened by the laws and tidied, in turn, until neither helps.

    must_stop: whether to leave out what is left to do.
    """
    for _ in range(TURNS):
        if must_stop():
            break
        made = tidied(problem, shorten(problem, laws, program, must_stop), rows)
        if problem.units(made) >= problem.units(program):
            break
        program = made
    return program
