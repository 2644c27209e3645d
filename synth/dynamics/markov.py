"""The stochastic search of a small world as a sparse Markov matrix, solved exactly.

Training rows on which the same programs are wrong are alike to the energy, so of the memorised
rows only their number in each such group matters.  Programs that are wrong on the same training
rows and have the same bits are alike, too (they are kept apart if one is right on the held-out
rows and the other is not).  So the search is, exactly, a chain over (class of programs,
memorised rows of each group): with one group, over (class, size of the table).  Its stationary
law and expected hitting times come from sparse linear equations (Kemeny and Snell, "Finite
Markov Chains", 1960, chapters 3 and 6), with which simulated means can be compared.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
from scipy.special import gammaln

from synth.dynamics.chain import Chain
from synth.errors import SettingError

#: The most states: the factors of the equations for more would fill the memory.
MOST_STATES = 20_000


@dataclass(frozen=True, eq=False)
class MarkovChain:
    """The chain of a `World`; `markov_chain` makes it.

    A state's number is class * prod(sizes + 1) + the numbers of memorised rows of the groups, of
    which the last runs fastest.

    Parameters
    ----------
    world : World
    class_of : int64 (B,)
        The class of each program.
    group_of : int64 (n,)
        The group of each training row.
    sizes : int64 (groups,)
        The number of rows in each group.
    matrix : sparse (states, states)
        P(next | now), a row for each present state.
    energies : float64 (states,)
        E in bits.
    masses : float64 (classes,)
        The share of all program proposals that go to a class.
    true : bool (classes,)
        Whether its programs are right on every row.
    held : int64 (tables,)
        How many rows are memorised in each state of the table.
    settings : dict
        Those of the `Chain`.
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
        """The number of states of the table, for each class of programs."""
        return len(self.held)

    @property
    def start(self):
        """The state in which a `Chain` begins: the first cheapest program and an empty table."""
        return int(self.class_of[np.argmin(self.world.bits)]) * self.tables

    def goal(self, most):
        """The states with a true program and at most `most` memorised rows, bool (states,)."""
        return np.repeat(self.true, self.tables) & (np.tile(self.held, len(self.true)) <= most)

    def law(self):
        """The stationary law, float64 (states,), from the equations pi P = pi.

        If detailed balance holds it is 2**(-bits of g - E), normalised (`boltzmann`).
        """
        # With the last state's weight set to 1, the equations for the others are regular.
        inner = self.matrix[:-1, :-1].T
        right = self.matrix[-1, :-1].toarray().ravel()
        found = np.append(_factors(inner).solve(right), 1.0)
        return found / found.sum()

    @cached_property
    def boltzmann(self):
        """2**-E times class masses and ways to memorise, normalised, float64 (states,)."""
        ways = np.exp2(_log2_ways(self.sizes))
        least = self.energies.min()
        weights = np.exp2(least - self.energies) * np.outer(self.masses, ways).ravel()
        return weights / weights.sum()

    def steps_to(self, goal):
        """The expected number of steps from each state to a goal, and its standard deviation.

        With Q the matrix between the other states, E[T] = 1 + Q E[T] and
        E[T**2] = 1 + 2 Q E[T] + Q E[T**2].

        Parameters
        ----------
        goal : bool (states,)

        Returns
        -------
        (float64 (states,), float64 (states,))

        Raises
        ------
        SettingError
            If some state never reaches the goal.
        """
        rest = ~self._checked(goal)
        times, squares = np.zeros((2, len(self)))
        if rest.any():
            factors = _factors(self.matrix[rest][:, rest])
            times[rest] = factors.solve(np.ones(int(rest.sum())))
            squares[rest] = factors.solve(2 * times[rest] - 1)
        return times, np.sqrt(np.maximum(squares - times**2, 0))

    def simulated_steps(self, goal, runs, seed=0, most=2**40):
        """The numbers of steps that simulated searches take from the start, int64 (runs,).

        Parameters
        ----------
        goal : bool (states,)
        runs : int
        seed : int, optional
        most : int, optional
            Steps after which a run is given up; its answer is then -1.
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

    def _checked(self, goal):
        """The goal as bool (states,), if all states reach it."""
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
                "allowed: a goal that all states reach"
            )
        return goal


def markov_chain(world, *, beta=30.0, decay=1.0, proposals=0.5):
    """The `MarkovChain` of a world, with settings of a `Chain`.

    Raises
    ------
    SettingError
        If there are more than `MOST_STATES` states, or a setting is out of range.
    """
    settings = {"beta": beta, "decay": decay, "proposals": proposals}
    Chain(world, **settings)  # refuses what is out of range
    wrong = world.wrong
    true = np.isin(np.arange(len(world.bits)), world.truths)
    _, class_of = np.unique(np.column_stack([wrong, true, world.bits]), axis=0, return_inverse=True)
    class_of = class_of.reshape(-1).astype(np.int64)
    patterns, group_of = np.unique(wrong.T, axis=0, return_inverse=True)
    group_of = group_of.reshape(-1).astype(np.int64)
    sizes = np.bincount(group_of)
    classes = int(class_of.max()) + 1
    states = classes * int(np.prod((sizes + 1).astype(float)))
    if states > MOST_STATES:
        raise SettingError(
            f"{states} states of {classes} classes of programs and {len(sizes)} groups of rows; "
            f"allowed: {MOST_STATES}; take fewer rows or fewer bits"
        )
    first = np.unique(class_of, return_index=True)[1]
    masses = np.bincount(class_of, 2.0**-world.bits)
    counts = np.stack(np.unravel_index(np.arange(np.prod(sizes + 1)), sizes + 1), axis=1)
    held = counts.sum(axis=1)
    errors = patterns[:, first].T.astype(np.int64) @ (sizes - counts).T  # (classes, tables)
    table = np.asarray(world.arrays.table)[held]
    energies = beta * errors + decay * (world.bits[first][:, None] + table)
    matrix = _matrix(
        bits=world.bits[first],
        masses=masses / masses.sum(),
        errors=errors,
        counts=counts,
        sizes=sizes,
        table=table,
        **settings,
    )
    return MarkovChain(
        world=world,
        class_of=class_of,
        group_of=group_of,
        sizes=sizes,
        matrix=matrix,
        energies=energies.ravel(),
        masses=masses / masses.sum(),
        true=true[first],
        held=held,
        settings=settings,
    )


def _factors(inner):
    """LU factors of 1 - Q.

    It is an M-matrix, for which elimination is stable without pivoting.  So the order may be the
    one that fills in least: 4 s for 6,400 states, against 12 s with the default order.
    """
    equations = scipy.sparse.identity(inner.shape[0]) - inner
    return scipy.sparse.linalg.splu(
        scipy.sparse.csc_matrix(equations),
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )


def _matrix(bits, masses, errors, counts, sizes, table, beta, decay, proposals):
    """P(next | now), a sparse matrix of (class, table) states."""
    classes, tables = errors.shape
    rows = int(sizes.sum())
    here = np.arange(classes * tables).reshape(classes, tables)
    parts = []
    # A program drawn from the prior: only the change of E beyond the prior decides.
    for new in range(classes):
        change = beta * (errors[new] - errors) + decay * (bits[new] - bits)[:, None]
        chance = proposals * masses[new] * np.exp2(-np.maximum(change, 0))
        chance[new] = 0
        parts.append((here, np.broadcast_to(here[new], here.shape), chance))
    # A row of group j is added to the table, or dropped from it.
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
    """By how much one more memorised row of each group moves a state's number, int64 (groups,)."""
    return np.append(np.cumprod((sizes + 1)[::-1])[::-1][1:], 1).astype(np.int64)


def _log2_ways(sizes):
    """log2 of the number of ways to memorise so many rows of each group, float64 (tables,)."""
    found = np.zeros(1)
    for size in sizes:
        m = np.arange(size + 1)
        ways = (gammaln(size + 1) - gammaln(m + 1) - gammaln(size - m + 1)) / np.log(2)
        found = (found[:, None] + ways).ravel()
    return found
