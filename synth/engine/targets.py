"""Targets, and the rows of a bank that reach one at least cost.

A target says which value is needed on some rows, and leaves the other rows open.  If the
table of a primitive is known, the target restricts its operands.  If the primitive can be
inverted, one look-up for each operand finds the other.  If it is like `and`, only operands
that cover the target are left, and two of them must have nothing else in common.
"""

from dataclasses import dataclass

import numpy as np

from synth import kernels
from synth.engine.crew import working_time
from synth.kernels.targets import ANY, NONE, SEVERAL

#: The most rows with which a target does not determine the other operand.
MOST_OPEN = 2**20
#: The most pairs of such rows that are tried one by one; if there are more, nothing is claimed.
MOST_PAIRS = 2**33
#: Kernels work on so many rows at first, and then on as many as take about PIECE_SECONDS, so that
#: a search ends soon after its limit and after Ctrl-C.
FIRST_PIECE, PIECE_SECONDS = 64, 0.02
#: How many cheaper operands an operand is compared with, to see whether one covers as much.
CHECKED = 512


@dataclass(frozen=True)
class Target:
    """The values that a program must have.

    Parameters
    ----------
    values : ndarray of int64, shape (rows,)
        The value on each row that is not open.
    mask : ndarray of bool, shape (rows,)
        The rows that are not open.
    allowed : ndarray of bool, shape (rows, size), optional
        Which values serve on each row.  None if every value serves on every open row.  An open
        row may exclude some values, since a partial primitive must have a value on held-out
        rows too.
    """

    values: np.ndarray
    mask: np.ndarray
    allowed: np.ndarray | None = None

    @property
    def key(self):
        """Bytes that are equal for equal targets."""
        rest = b"" if self.allowed is None else self.allowed.tobytes()
        return np.where(self.mask, self.values, -1).tobytes() + rest

    def checks(self, size, partial):
        """The open rows that exclude some answers of a primitive, and which answers serve there.

        size: of the type; partial: whether the primitive lacks an answer for some operands.
        Returns places int64 (c,) and serves uint8 (c, size).
        """
        if self.allowed is None:
            places = np.flatnonzero(~self.mask & partial)
            return places, np.ones((len(places), size), np.uint8)
        places = np.flatnonzero(~self.mask & (partial | ~self.allowed.all(axis=1)))
        return places, self.allowed[places].astype(np.uint8)


class TargetSolver:
    """Finds the rows of a bank, of costs below a frontier only, that reach a target at least cost.

    Rows of a band that a limit has cut short prove nothing, and they can be most of all rows.

    must_stop: asked every few hundredths of a second; if it says so, `Cut` is raised.
    """

    def __init__(self, bank, frontier, must_stop=lambda: False):
        self.bank, self.must_stop = bank, must_stop
        level = int(np.searchsorted(bank.costs, frontier))
        self.count = bank.ends[level - 1] if level else 0
        self.rows = bank.behaviours
        self.ends = np.array(bank.ends[:level], np.int64)
        self.costs = np.array(bank.costs[:level], np.int64)

    def cost(self, row):
        return int(self.costs[np.searchsorted(self.ends, row, side="right")])

    def row(self, target, most):
        """The cheapest row that is a target, if it costs at most `most`; else None."""
        value, mask = self._packed(target)
        count = self._count_up_to(most)
        checks = target.checks(self.bank.type.size, partial=False)
        found = [-1]

        def look(first, stop):
            rest = value, mask, *checks
            found[0] = int(kernels.first_match(self.rows, self._cells, first, stop, *rest))
            return found[0] < 0

        self._in_pieces(count, look)
        return None if found[0] < 0 else found[0]

    def _in_pieces(self, count, work):
        """Call work(first, stop) for parts of range(count) in order, until it returns False."""
        first, size = 0, FIRST_PIECE
        while first < count:
            stop, began = min(first + size, count), working_time()
            if not work(first, stop):
                return
            seconds = max(working_time() - began, 1e-9)
            size = int(np.clip(size * PIECE_SECONDS / seconds, size / 8, size * 4)) + 1
            first = stop
            if first < count and self.must_stop():
                raise Cut

    @property
    def _cells(self):
        return self.rows.view(self.bank.type.storage or np.uint8)

    def pair(self, table, target, most):
        """The cheapest rows (a, b) with table[a, b] = target, of cost `most` together.

        table: (size, size), see `curry.Rule`.  Returns (cost, a, b), None where there is
        no such pair, and raises Unknown where that would take too long to say.
        """
        if not self.count:
            return None
        if self.bank.type.storage is not None:
            return self._pair_of_cells(table, target, most)
        answers = table.astype(int)
        if (answers[0] == answers[1]).all() or (answers[:, 0] == answers[:, 1]).all():
            raise Unknown  # it depends on one operand only
        value, mask = self._packed(target)
        state, count = _state(most), self._count_up_to(most)
        ones = int(answers.sum())
        if ones == 2:  # a ^ b, or its opposite
            value = value ^ mask if answers[0, 0] else value
            slots = np.zeros(2 * count + 64, np.uint32)
            rest = self.ends, self.costs, value, mask, slots, state
            self._in_pieces(count, lambda a, b: kernels.pair_xor(self.rows, a, b, *rest))
        else:
            # One answer differs from the other three: (a ^ i) & (b ^ j), or its opposite.
            odd = int(ones == 1)
            i, j = (int(k[0]) for k in np.nonzero(answers == odd))
            if not odd:
                value = value ^ mask
            left = self._covers(1 - i, value, mask, most)
            right = left if i == j else self._covers(1 - j, value, mask, most)
            rest = *left, *right, state
            self._in_pieces(len(left[0]), lambda a, b: kernels.pair_disjoint(a, b, *rest))
        return _pair_of(state, most)

    def _count_up_to(self, most):
        """How many rows cost at most `most`."""
        level = int(np.searchsorted(self.costs, most, side="right"))
        return int(self.ends[level - 1]) if level else 0

    def _packed(self, target):
        type_ = self.bank.type
        mask = target.mask
        if type_.storage is None:
            values = (target.values != 0) & mask
            return type_.pack(values[None])[0], type_.pack(mask[None])[0]
        marks = np.zeros((1, self.bank.words), np.uint64)
        full = np.iinfo(type_.storage).max
        marks.view(type_.storage)[0, : len(mask)] = np.where(mask, full, 0)
        return type_.pack(np.where(mask, target.values, 0)[None])[0], marks[0]

    def _covers(self, flip, value, mask, most):
        """(rows, what they have beyond the value, costs) of the operands that are left."""
        flips = mask if flip else np.zeros_like(mask)
        size = min(self._count_up_to(most), MOST_OPEN)
        found = np.empty(size, np.int64)
        rest = np.empty((size, len(mask)), np.uint64)
        state, complete = _state(most), [True]

        def list_some(first, stop):
            given = flips, value, mask, found, rest, CHECKED, state
            complete[0] = kernels.covers(self.rows, first, stop, *given)
            return complete[0]

        self._in_pieces(self._count_up_to(most), list_some)
        if not complete[0]:
            raise Unknown
        held = int(state[3])
        found, rest = found[:held], rest[:held]
        return found, rest, self.costs[np.searchsorted(self.ends, found, side="right")]

    def _pair_of_cells(self, table, target, most):
        places = np.flatnonzero(target.mask)
        values = target.values[places]
        _, mask = self._packed(target)
        size, cells = self.bank.type.size, self._cells
        count = self._count_up_to(most)
        checked, serves = target.checks(size, partial=bool((table >= size).any()))
        slots = np.zeros(2 * count + 64, np.uint32)
        following = np.zeros(count if len(checked) else 0, np.uint32)

        def enter(first, stop):  # the last rows first
            kernels.index_rows(self.rows, count - stop, count - first, mask, slots, following)
            return True

        self._in_pieces(count, enter)
        need = np.zeros((1, self.bank.words), np.uint64)
        best, opens = None, []
        for turned in (table, np.ascontiguousarray(table.T)):
            open_rows = np.empty(min(count, MOST_OPEN), np.int64)
            limit = most if best is None else best[0] - 1
            state, inversed = _state(limit), inverse(turned, size)
            rest = inversed, values, places, mask, slots, following, turned, checked, serves
            rest += need, need.view(self.bank.type.storage), open_rows, state

            def look(first, stop, rest=rest):
                given = self.ends, self.costs, *rest
                return kernels.pair_inverse(self.rows, cells, first, stop, *given)

            self._in_pieces(count, look)
            if state[3] < 0:
                raise Unknown
            opens.append(open_rows[: state[3]])
            found = _pair_of(state, limit)
            if found is not None:
                best = found if turned is table else (found[0], found[2], found[1])
        limit = most if best is None else best[0] - 1
        found = self._pair_of_open(opens, table, (values, places), (checked, serves), limit)
        return best if found is None else found

    def _pair_of_open(self, opens, table, target, checks, most):
        """The cheapest pair of rows with which the target does not determine the other one."""
        first, second = opens
        if len(first) * len(second) > MOST_PAIRS:
            raise Unknown
        costs = [self.costs[np.searchsorted(self.ends, o, side="right")] for o in opens]
        given = first, self._cells, costs[0], second, costs[1]
        state = _state(most)
        rest = table, *target, *checks, state
        self._in_pieces(len(first), lambda a, b: kernels.pair_open(*given, a, b, *rest))
        return _pair_of(state, most)


def _state(most):
    """What the calls of a kernel share, before the first: see `kernels.targets`."""
    return np.array([most + 1, 0, 0, 0], np.int64)


def _pair_of(state, most):
    """(cost, a, b) of the pair that was found, None if there is none."""
    cost, a, b, _ = state.tolist()
    return None if cost > most else (cost, a, b)


class Cut(Exception):  # noqa: N818 - not an error: a limit is reached
    """A search had to stop before this was known."""


class Unknown(Exception):  # noqa: N818 - not an error: nothing is claimed
    """Too many operands are left to say whether two of them reach the target."""


def inverse(table, size):
    """By the first operand and the answer, the second operand: int32 (size, size).

    NONE where no operand makes the answer, ANY where every one does, SEVERAL where
    more than one does.
    """
    found = np.full((size, size), NONE, np.int32)
    for a in range(size):
        answers = table[a].astype(np.int64)
        legal = answers < size
        counts = np.bincount(answers[legal], minlength=size)
        second = np.flatnonzero(legal)
        found[a, answers[second]] = second
        found[a, counts > 1] = SEVERAL
        found[a, counts == size] = ANY
    return found


def step(table, position, known, target, size):
    """The target of one operand, the others being known: a `Target`, or None, or SEVERAL.

    table: all operands' values to answers, of which those of `size` and more are none;
    position: of the operand; known: values int64 (rows,) of the others, in order.  None where
    no operand serves; SEVERAL where some row of the target allows several values and not all.
    """
    lines = np.moveaxis(table, position, -1)[tuple(known)] if known else table
    lines = np.broadcast_to(lines, (len(target.mask), size)).astype(np.int64)
    serves = lines < size
    if target.allowed is not None:
        serves &= np.take_along_axis(target.allowed, np.minimum(lines, size - 1), axis=1)
    serves[target.mask] = (lines == target.values[:, None])[target.mask]
    counts = serves.sum(axis=1)
    if (counts == 0).any():
        return None
    some = (counts > 1) & (counts < size)
    if some[target.mask].any():
        return SEVERAL
    return Target(serves.argmax(axis=1), counts == 1, serves if some.any() else None)
