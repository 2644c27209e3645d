"""The stochastic search of a small world as a sparse Markov matrix, solved exactly.

Rows on which the same programs are wrong are alike to the energy, so that of the memorised
rows only their number in each such group matters; programs that are wrong on the same
training rows and have the same bits are alike, too (they are kept apart where one is right
on the held-out rows and the other is not).  So the search is, exactly, a chain over (class of
programs, memorised rows of each group): with one group, over (class, size of the table).
Its stationary law and expected hitting times come from sparse linear equations (Kemeny and
Snell, "Finite Markov Chains", 1960, chapters 3 and 6), beside which simulated means can stand.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse
import scipy.sparse.linalg

from synth.dynamics.chain import Chain
from synth.errors import SettingError

#: More states than this are refused: the factors of their equations would fill the memory.
MOST_STATES = 20_000


@dataclass(frozen=True, eq=False)
class MarkovChain:
    """The chain of a `World`; make it by `markov_chain`.

    class_of: int64 (B,), the class of each program; group_of: int64 (n,), of each training
    row; sizes: int64 (groups,); matrix: sparse (states, states), P(next | now) by rows;
    energies: float64 (states,), E in bits; masses: float64 (classes,), the share that the
    programs of a class have of all proposals; true: bool (classes,), right on every row.  A
    state's number is class * prod(sizes + 1) + the memorised rows of each group, the last
    one running fastest.
    """

    world: object
    class_of: np.ndarray
    group_of: np.ndarray
    sizes: np.ndarray
    matrix: object
    energies: np.ndarray
    masses: np.ndarray
    true: np.ndarray
    held: np.ndarray
    settings: dict

    def __len__(self):
        return self.matrix.shape[0]

    @property
    def tables(self):
        """States of the table for each class of programs."""
        return len(self.held)

    @property
    def start(self):
        """The state in which a `Chain` begins: the first cheapest program and no table."""
        return int(self.class_of[np.argmin(self.world.bits)]) * self.tables

    def goal(self, most):
        """The states with a true program and at most so many memorised rows, bool (states,)."""
        return np.repeat(self.true, self.tables) & (np.tile(self.held, len(self.true)) <= most)

    def law(self):
        """The stationary law, float64 (states,), from the equations pi P = pi.

        Where detailed balance holds it is 2**(-bits of g - E), normalised (`boltzmann`).
        """
        # Given 1 in the last state, the others follow from equations with an inverse.
        inner = self.matrix[:-1, :-1].T
        right = self.matrix[-1, :-1].toarray().ravel()
        found = np.append(_factors(inner).solve(right), 1.0)
        return found / found.sum()

    @cached_property
    def boltzmann(self):
        """2**-E times the masses of the classes and the ways to memorise, normalised."""
        ways = np.exp2(_log2_ways(self.sizes))
        least = self.energies.min()
        weights = np.exp2(least - self.energies) * np.outer(self.masses, ways).ravel()
        return weights / weights.sum()

    def steps_to(self, goal):
        """Expected steps from each state to a goal's, and their standard deviations.

        goal: bool (states,); both answers float64 (states,).  With Q the matrix between
        other states, E[T] = 1 + Q E[T] and E[T**2] = 1 + 2 Q E[T] + Q E[T**2].  Raises
        SettingError where some state never reaches the goal.
        """
        rest = ~self._reachable(goal)
        times, squares = np.zeros((2, len(self)))
        if rest.any():
            factors = _factors(self.matrix[rest][:, rest])
            times[rest] = factors.solve(np.ones(int(rest.sum())))
            squares[rest] = factors.solve(2 * times[rest] - 1)
        return times, np.sqrt(np.maximum(squares - times**2, 0))

    def simulated_steps(self, goal, runs, seed=0, most=2**40):
        """The same of `runs` simulated searches from the start, int64 (runs,).

        most: steps after which a run is given up: it counts as -1.
        """
        strides = _strides(self.sizes)[self.group_of]
        until = self.class_of * self.tables, strides, np.asarray(goal, bool)
        one = Chain(self.world, **self.settings, seed=seed)
        begin = one.state.copy()
        found = np.empty(runs, np.int64)
        for run in range(runs):
            one.state[:], one.words[:], one.step = begin, 0, 0
            found[run] = one.step if one.advance(most, until) else -1
        return found

    def _reachable(self, goal):
        goal = np.asarray(goal, bool)
        if goal.shape != (len(self),):
            raise SettingError(f"goal of shape {goal.shape}; allowed: ({len(self)},)")
        back = scipy.sparse.csr_matrix(self.matrix.T)
        known, new = goal.copy(), goal
        while new.any():
            new = (back[new].sum(axis=0).A1 > 0) & ~known
            known |= new
        if not known.all():
            raise SettingError(
                f"goal: {np.count_nonzero(~known)} of {len(self)} states never reach it; "
                "allowed: one that all reach"
            )
        return goal


def markov_chain(world, *, beta=30.0, decay=1.0, proposals=0.5):
    """The `MarkovChain` of a world and the settings of a `Chain`.

    Raises SettingError where there are more than `MOST_STATES` states.
    """
    settings = {"beta": beta, "decay": decay, "proposals": proposals}
    Chain(world, **settings)  # refuses what is out of range
    wrong = world.wrong
    true = np.isin(np.arange(len(world.bits)), world.truths)
    _, class_of = np.unique(
        np.column_stack([wrong, true, world.bits]), axis=0, return_inverse=True
    )  # fmt: skip
    class_of = class_of.reshape(-1).astype(np.int64)
    patterns, group_of = np.unique(wrong.T, axis=0, return_inverse=True)
    group_of = group_of.reshape(-1).astype(np.int64)
    sizes = np.bincount(group_of)
    classes = int(class_of.max()) + 1
    states = classes * int(np.prod((sizes + 1).astype(float)))
    if states > MOST_STATES:
        raise SettingError(
            f"{states} states of {classes} classes of programs and {len(sizes)} groups of rows; "
            f"allowed: {MOST_STATES}, so fewer rows or fewer bits"
        )
    first = np.unique(class_of, return_index=True)[1]
    masses = np.bincount(class_of, 2.0**-world.bits)
    counts = np.stack(np.unravel_index(np.arange(np.prod(sizes + 1)), sizes + 1), axis=1)
    held = counts.sum(axis=1)
    errors = patterns[:, first].T.astype(np.int64) @ (sizes - counts).T  # (classes, tables)
    table = np.asarray(world.arrays.table)[held]
    energies = beta * errors + decay * (world.bits[first][:, None] + table)
    arguments = world.bits[first], masses / masses.sum(), errors, counts, sizes, table
    matrix = _matrix(*arguments, beta, decay, proposals)
    return MarkovChain(
        world, class_of, group_of, sizes, matrix, energies.ravel(), masses / masses.sum(),
        true[first], held, settings,
    )  # fmt: skip


def _factors(inner):
    """LU factors of 1 - Q.

    It is an M-matrix: elimination is stable without pivoting, so the order may be the one
    that fills in least: 4 s for 6,400 states, against 12 s with the default order.
    """
    equations = scipy.sparse.identity(inner.shape[0]) - inner
    return scipy.sparse.linalg.splu(
        scipy.sparse.csc_matrix(equations), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )  # fmt: skip


def _matrix(bits, masses, errors, counts, sizes, table, beta, decay, proposals):
    """P(next | now), a sparse matrix of (class, table) states."""
    classes, tables = errors.shape
    rows = int(sizes.sum())
    here = np.arange(classes * tables).reshape(classes, tables)
    parts = []
    # A program drawn from the prior: what it costs beyond the prior decides.
    for new in range(classes):
        change = beta * (errors[new] - errors) + decay * (bits[new] - bits)[:, None]
        chance = proposals * masses[new] * np.exp2(-np.maximum(change, 0))
        chance[new] = 0
        parts.append((here, np.broadcast_to(here[new], here.shape), chance))
    # A row of group j added to the table, or dropped from it.
    for j, stride in enumerate(_strides(sizes).tolist()):
        for sign, ways in ((1, sizes[j] - counts[:, j]), (-1, counts[:, j])):
            can = np.flatnonzero(ways)
            to = can + sign * stride
            change = beta * (errors[:, to] - errors[:, can]) + decay * (table[to] - table[can])
            chance = (1 - proposals) * ways[can] / rows * np.exp2(-np.maximum(change, 0))
            parts.append((here[:, can], here[:, to], chance))
    source, target, chance = (np.concatenate([p[i].ravel() for p in parts]) for i in range(3))
    moved = scipy.sparse.csr_matrix((chance, (source, target)), shape=(here.size, here.size))
    return moved + scipy.sparse.diags(1 - np.asarray(moved.sum(axis=1)).ravel())


def _strides(sizes):
    """By how much a row more of each group moves a state's number, int64 (groups,)."""
    return np.append(np.cumprod((sizes + 1)[::-1])[::-1][1:], 1).astype(np.int64)


def _log2_ways(sizes):
    """log2 of in how many ways so many rows of each group are memorised, float64 (tables,)."""
    from scipy.special import gammaln

    found = np.zeros(1)
    for size in sizes:
        m = np.arange(size + 1)
        ways = (gammaln(size + 1) - gammaln(m + 1) - gammaln(size - m + 1)) / np.log(2)
        found = (found[:, None] + ways).ravel()
    return found
