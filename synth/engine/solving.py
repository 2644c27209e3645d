"""The last step of a program of folds, solved from the labels: longer programs than can be made.

Of all folds that were made, comparisons with a constant are looked at too.  Then the last operation
is looked up: `^` of two of them by a table, `&` and `|` by covers.  The parts of a cover are right
on all strings with the one label, and at least one of them is on each with the other.

What is found so is an upper bound: whether there is a shorter program is for the enumeration to
say.
"""

import itertools
from typing import NamedTuple

import numpy as np

from synth.engine.reach.found import Found
from synth.engine.reach.problem import Problem
from synth.language import UNIT, Bool, Program

#: How many programs of folds are looked at, the cheapest, and how many of them as parts of covers.
MOST, PARTS = 200_000, 2_000
#: After how many look-ups, and how many parts of covers, the clock is looked at: some hundredths of
#: a second.
LOOKED_UP, COVERED = 10_000, 64


class _Rows(NamedTuple):
    """What `Problem` reads of an enumerator: the strings, training rows first."""

    grammar: object
    root: object
    columns: dict
    rows: int
    rules: tuple = ()

    def leaf_values(self, item):
        """The values of an input or a constant, (rows,)."""
        if hasattr(item, "value"):
            return np.full(self.rows, item.value, item.type.dtype)
        return self.columns[item.name]


class Solving:
    """Programs for one labelling that were found beyond the enumeration.

    Parameters
    ----------
    labelling : Labelling
        The labels.
    grammar : Grammar
        The grammar of programs of folds.
    columns : dict of str to ndarray of str, shape (rows,)
        The strings, training rows first.
    top : int
        How many programs to keep.

    `so_far` has the best programs, as `outcome.Maker` takes them.
    """

    def __init__(self, labelling, grammar, columns, top):
        self.labelling = labelling
        rows = len(next(iter(columns.values())))
        self.problem = Problem(_Rows(grammar, Bool, columns, rows), labelling)
        self.so_far = Found(self.problem, top, "labels")
        self.right = labelling.values.astype(bool)

    @staticmethod
    def record():
        """Of moves there is none."""

    @property
    def least(self):
        """The least total that was found, in bits; infinite before there is one."""
        return self.so_far.best[0]

    def look(self, pool, is_late=lambda: False):
        """Note the best programs of a `Pool`, and those whose last operation is looked up.

        is_late: asked now and then; if it says so, what was found so far is kept.
        """
        if not len(pool.bits):
            return
        wrong = (pool.said != self.right).sum(axis=1)
        wrong = np.minimum(wrong, len(self.right) - wrong)
        totals = pool.bits + self.labelling.score.code[wrong]
        fewest = np.minimum.accumulate(wrong)
        new = np.flatnonzero(np.diff(fewest, prepend=len(self.right) + 1))
        best = np.argsort(totals, kind="stable")[: self.so_far.most]
        for row in {*best.tolist(), *new.tolist()}:
            self.so_far.note(pool.program(row))
        for made in (self._by_table(pool, is_late), *self._by_covers(pool, is_late)):
            if made is not None:
                self.so_far.note(made)

    def _by_table(self, pool, is_late):
        """The cheapest `u ^ v` that says the labels, or their opposite; None without one."""
        operation = pool.operations.get("xor")
        if operation is None:
            return None
        places = {row.tobytes(): k for k, row in reversed([*enumerate(pool.packed)])}
        best = None
        for right in (self.right, ~self.right):
            for k, row in enumerate(pool.packed ^ _packed(right[None])[0]):
                if k % LOOKED_UP == 0 and is_late():
                    break
                other = places.get(row.tobytes(), k)  # no program is its own other part
                bits = pool.bits[k] + pool.bits[other]
                if other != k and (best is None or bits < best[0]):
                    best = bits, k, other
        return best and Program(operation, [pool.program(row) for row in best[1:]])

    def _by_covers(self, pool, is_late):
        """The cheapest `u & v` and `u | v` that say the labels, or their opposite."""
        for name, right in itertools.product(("and_", "or_"), (self.right, ~self.right)):
            operation = pool.operations.get(name)
            if operation is None:
                continue
            ones, said = (right, pool.said) if name == "and_" else (~right, ~pool.said)
            fits = np.flatnonzero(said[:, ones].all(axis=1))[:PARTS]
            if not len(fits):
                continue
            wrong, bits = _packed(said[fits][:, ~ones]), pool.bits[fits]
            best = None
            for k, row in enumerate(wrong):
                stop = len(fits) if best is None else np.searchsorted(bits, best[0] - bits[k])
                if stop <= k or (k % COVERED == 0 and is_late()):
                    break  # the other part costs as much at least
                apart = np.flatnonzero(~(wrong[k:stop] & row).any(axis=1))
                if len(apart):
                    best = bits[k] + bits[k + apart[0]], fits[k], fits[k + apart[0]]
            if best is not None:
                yield Program(operation, [pool.program(row) for row in best[1:]])

    def take(self, program):
        """Take a program into account."""
        self.so_far.note(program)


class Pool:
    """Programs of folds that say truth values: distinct on the training rows, cheapest first.

    Parameters
    ----------
    engine : Enumerator
        The enumeration of programs of folds.
    found : list of Fold
        All folds.
    family : Folds
        The family.
    grammar : Grammar
        The grammar of programs of folds.
    rows : int
        How many rows are for training.
    whole : callable
        Gives the program of a row of the enumerator's bank.
    """

    def __init__(self, engine, found, family, grammar, rows, whole):
        self.family, self.whole = family, whole
        most = max(PARTS, min(MOST, engine.watch.limits.memory // (16 * rows)))
        self.operations = {
            p.item.name: p.item
            for p in grammar.productions[Bool]
            if p.item.arguments == (Bool, Bool)
        }
        first = min(len(engine.bank), most)
        bits = [np.array(engine.row_bits(0, first))]
        said = [engine.bank.values(0, first)[:, :rows].astype(bool)]
        made = [(None, None, k) for k in range(first)]
        truths = [f for f in found if f.kind.type == Bool][:most]
        bits.append(np.array([f.bits for f in truths]))
        values = np.frombuffer(b"".join(f.said for f in truths), np.uint8)
        said.append(values.reshape(-1, engine.rows)[:, :rows].astype(bool))
        made += [(f, None, None) for f in truths]
        for item, constant, units in _comparisons(grammar):
            among = [f for f in found if f.kind.type == constant.type][: most // 8]
            if not among:
                continue
            values = np.stack([f.values()[:rows] for f in among])
            other = np.full(values.shape, constant.value, constant.type.dtype)
            both = [(values, other)] if item.commutative else [(values, other), (other, values)]
            for turned, pair in enumerate(both):
                bits.append(np.array([f.bits for f in among]) + units / UNIT)
                said.append(np.asarray(item.function(*pair)).astype(bool))
                made += [(f, item, (constant, turned)) for f in among]
        every = np.concatenate(bits)
        order = np.argsort(every, kind="stable")[:most]
        self.said = np.concatenate(said)[order]
        self.packed = _packed(self.said)
        _, first = np.unique(self.packed, axis=0, return_index=True)
        first.sort()
        self.said, self.packed = self.said[first], self.packed[first]
        self.bits = every[order[first]]
        self._made = [made[k] for k in order[first].tolist()]

    def program(self, row):
        """The program of a row."""
        fold, item, more = self._made[row]
        if fold is None:
            return self.whole(more)
        program = fold.program(self.family)
        if item is None:
            return program
        constant, turned = more
        parts = [program, Program(constant)]
        return Program(item, parts[::-1] if turned else parts)


def _comparisons(grammar):
    """(primitive, constant, units of both) for each comparison with a constant."""
    for production in grammar.productions[Bool]:
        kinds = production.item.arguments
        if len(kinds) == 2 and kinds[0] == kinds[1] != Bool:
            for leaf in grammar.productions[kinds[0]]:
                if hasattr(leaf.item, "value"):
                    yield production.item, leaf.item, production.units + leaf.units


def _packed(said):
    """Truth values as whole words, uint64 (rows, words)."""
    packed = np.packbits(said, axis=1)
    room = -packed.shape[1] % 8
    return np.ascontiguousarray(np.pad(packed, ((0, 0), (0, room)))).view(np.uint64)
