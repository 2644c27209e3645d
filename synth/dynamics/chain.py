"""Stochastic search over hypotheses: a program g and a set T of memorised training rows.

A memorised training row is right, whatever g says; every other training row is predicted by g.
An unseen row is predicted by the nearest memorised row within a radius, in the metric of the
inputs, and by g if there is none.  So a table spills over to its surroundings, and that is what
harms unseen rows.  The energy, in bits, is

    E = beta * training errors + decay * (bits of g + bits of T)

with bits of T = log2(n+1) + log2 C(n, |T|) + |T| log2 k.  A step proposes to add or drop one
training row, or to change the program, and accepts with probability min(1, 2**-change of E).
Programs are drawn from the prior over the enumerated behaviours or, with moves="regrow" (see
`synth.dynamics.regrow`), by drawing a subtree of the present program anew.  In both cases the
law of long runs is 2**(-bits of g - E), normalised over behaviours or over all trees.  `decay`
(weight decay) is the price of complexity; if it is 0, the table costs nothing.  Three things
are assumed: which moves there are, how a table is read nearby, and that fitting comes before
simplicity (beta).  All else is measured.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from synth import codes, tasks
from synth.dynamics import regrow
from synth.engine import enumerate_programs
from synth.errors import SettingError, TaskError
from synth.kernels import chain as kernels
from synth.language import Grammar
from synth.tasks import Task, fit

#: Steps that are made between two looks at Ctrl-C.
PART = 1_000_000
#: Distances, of 8 bytes each, that are held in memory at a time.
NEAR_BLOCK = 2**22


@dataclass(frozen=True, eq=False)
class World:
    """A task, all programs up to some bits, and which rows are near which.

    Parameters
    ----------
    task : Task
    grammar : Grammar
    max_bits : float
        The budget of the programs, in bits.
    programs : Enumeration
        The programs of the grammar up to `max_bits`.
    bits : float64 (B,)
        The cost of each program.
    predictions : (B, rows)
        What each program says of each row, in the dtype of the labels.
    near : int64 (rows - n, D)
        For each held-out row the training rows within the radius, by place in `training`, nearest
        first (of equally near ones the first row first), padded with -1.
    training, held_out : int64 (n,) and (rows - n,)
        Row numbers.

    Attributes
    ----------
    wrong : bool (B, n)
        Whether each program is wrong on each training row.
    arrays : synth.kernels.chain.World
        What the kernel reads; its `table`, float64 (n + 1,), has the bits of tables.
    """

    task: Task
    grammar: Grammar
    max_bits: float
    programs: object
    bits: np.ndarray
    predictions: np.ndarray
    near: np.ndarray
    training: np.ndarray
    held_out: np.ndarray

    def __post_init__(self):
        labels = self.task.labels[self.training]
        n = len(labels)
        wrong = self.predictions[:, self.training] != labels
        packed = np.packbits(wrong, axis=1, bitorder="little")
        words = np.zeros((len(wrong), -(-n // 64)), np.uint64)
        words.view(np.uint8)[:, : packed.shape[1]] = packed
        mass = 2.0**-self.bits
        k = len(self.task.alphabet)
        # A table states its rows as a program states exceptions that may have any of k labels.
        table = np.array([codes.exception_bits(n, m, k, outside=True) for m in range(n + 1)])
        arrays = kernels.World(words, self.bits, np.cumsum(mass) / mass.sum(), table)
        object.__setattr__(self, "arrays", arrays)
        object.__setattr__(self, "wrong", wrong)

    @cached_property
    def growth(self):
        """The `synth.kernels.regrow.Growth` of the programs; raises what `make_growth` raises."""
        root = self.grammar.dsl.type_for(self.task.label_type)
        return regrow.make_growth(
            self.grammar, self.task.columns, root, self.programs, self.max_bits
        )

    @cached_property
    def truths(self):
        """The numbers of the programs that are right on all rows, held-out rows included."""
        same = (self.predictions == self.task.labels) & ~self.task.unknown
        return np.flatnonzero(same.all(axis=1))


def make_world(task, dsl=None, *, max_bits, radius=1.0):
    """The `World` of a task: every behaviour of a program of at most `max_bits` bits.

    Parameters
    ----------
    task : Task, str or path
        A task with held-out rows, its specification, or the path of a CSV file.
    dsl : DSL or str, optional
        By default the built-in one that fits the task.
    max_bits : float
        The budget of a program, in bits.
    radius : float, optional
        Memorised rows are read within this distance: the largest difference of any input.
        Residues differ by the shorter way round, booleans by 1.

    Returns
    -------
    World

    Raises
    ------
    SettingError
        If the radius is negative, or no program has so few bits.
    TaskError
        If the task has no held-out rows.
    """
    task = task if isinstance(task, Task) else tasks.load_task(task)
    fitted = fit(dsl, task)
    task, grammar = fitted.task, fitted.grammar
    if radius < 0:
        raise SettingError(f"radius={radius}; allowed: 0 and more")
    if task.train.all():
        raise TaskError(f"task {task.name} has no held-out rows; the lab needs some")
    limits = {"type": fitted.root, "max_bits": max_bits}
    found = enumerate_programs(grammar, task.columns, **limits).whole()
    if not len(found):
        raise SettingError(f"max_bits={max_bits}: no program has so few bits; allowed: more")
    training, held_out = np.flatnonzero(task.train), np.flatnonzero(~task.train)
    return World(
        task=task,
        grammar=grammar,
        max_bits=max_bits,
        programs=found,
        bits=np.asarray(found.bits),
        predictions=found.values,
        near=_near(task, held_out, training, radius),
        training=training,
        held_out=held_out,
    )


def _near(task, rows, training, radius):
    """The training rows (by place) within the radius of rows, nearest first, padded with -1.

    A row is near if it is near in every input; among near rows the sum of distances decides.
    """
    step = max(1, NEAR_BLOCK // max(1, len(training)))
    parts = [
        _near_pairs(task, rows[start : start + step], training, radius)
        for start in range(0, len(rows), step)
    ]
    width = max([1, *(int(counts.max()) for counts, _ in parts)])
    found = np.full((len(rows), width), -1)
    for k, (counts, places) in enumerate(parts):
        inside = np.arange(width) < counts[:, None]
        found[k * step : k * step + len(counts)][inside] = places
    return found


def _near_pairs(task, rows, training, radius):
    """How many training rows are near each of some rows, and which, row by row."""
    furthest = np.zeros((len(rows), len(training)))
    total = furthest.copy()
    for name, column in task.columns.items():
        values = column.astype(task.types[name].number)
        apart = np.abs(values[rows][:, None] - values[training])
        if task.types[name].family == "Mod":
            apart = np.minimum(apart, task.types[name].size - apart)
        furthest = np.maximum(furthest, apart)
        total += apart
    row, place = np.nonzero(furthest <= radius)
    order = np.lexsort((place, total[row, place], row))
    return np.bincount(row, minlength=len(rows)), place[order]


#: How programs are proposed: from the prior, or by drawing a subtree of the present one anew.
MOVES = ("prior", "regrow")

#: No goal to stop at.
_NOWHERE = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, bool)


class Chain:
    """One run of the stochastic search.

    Parameters
    ----------
    world : World
    beta : float, optional
        Bits of energy for each training error.
    decay : float, optional
        Bits of energy for each bit of description.
    proposals : float, optional
        The share of steps that propose a program.
    moves : str, optional
        How programs are proposed, one of `MOVES`.
    seed : int, optional

    Raises
    ------
    SettingError
        If a setting is out of range.
    """

    def __init__(self, world, *, beta=30.0, decay=1.0, proposals=0.5, moves="prior", seed=0):
        if moves not in MOVES:
            raise SettingError(f"moves={moves}; allowed: {', '.join(MOVES)}")
        for name, value in (("beta", beta), ("decay", decay)):
            if value < 0:
                raise SettingError(f"{name}={value}; allowed: 0 and more")
        if not 0 <= proposals <= 1:
            raise SettingError(f"proposals={proposals}; allowed: 0..1")
        self.world, self.beta, self.decay, self.proposals = world, beta, decay, proposals
        self.generator = np.random.default_rng(seed)
        self.words = np.zeros(world.arrays.wrong.shape[1], np.uint64)
        first = int(np.argmin(world.bits))
        self.growth, self.codes = regrow.NOTHING, np.zeros(0, np.int64)
        size = 0
        if moves == "regrow":
            self.growth, self.codes = world.growth, np.zeros(regrow.MOST_NODES, np.int64)
            tree = regrow.codes_of(world.programs.program(first), world.grammar)
            size = len(tree)
            self.codes[:size] = tree
        self.room = np.zeros((3, len(self.codes)), np.int64)
        self.spent = np.array([world.bits[first]])
        self.state = np.array([first, 0, np.count_nonzero(world.wrong[first]), size], np.int64)
        self.step = self.accepted = 0

    def advance(self, count, until=None):
        """Makes `count` steps, or fewer if a goal is reached; returns whether it was reached.

        Parameters
        ----------
        count : int
        until : tuple, optional
            The goal, as the arguments (offset, stride, goal) of `synth.kernels.chain.steps`.
        """
        offset, stride, goal = until or _NOWHERE
        end = self.step + count
        while self.step < end:  # in parts, so that Ctrl-C acts at once
            part = min(PART, end - self.step)
            made, accepted = kernels.steps(
                self.world.arrays,
                self.growth,
                self.state,
                self.words,
                self.codes,
                self.spent,
                self.room,
                len(self.world.training),
                self.generator,
                part,
                float(self.proposals),
                float(self.beta),
                float(self.decay),
                offset,
                stride,
                goal,
            )
            self.step += made
            self.accepted += accepted
            if made < part:
                return True
        return False

    def seek(self, count):
        """Like `advance`, but ends once the program is right on all rows; returns whether it is."""
        truth = np.isin(np.arange(len(self.world.bits)), self.world.truths).astype(np.int64)
        nothing = np.zeros(len(self.world.training), np.int64)
        self.advance(count, (truth, nothing, np.array([False, True])))
        return bool(truth[self.program])

    @property
    def held(self):
        """Which training rows are memorised, bool (n,)."""
        bits = np.unpackbits(self.words.view(np.uint8), bitorder="little")
        return bits[: len(self.world.training)].astype(bool)

    @property
    def program(self):
        """The number of the program."""
        return int(self.state[kernels.PROGRAM])

    @property
    def program_bits(self):
        """Bits of the program: of its tree if trees are regrown, otherwise of the shortest one."""
        return float(self.spent[0] if len(self.codes) else self.world.bits[self.program])

    @property
    def energy(self):
        """E, in bits."""
        described = self.program_bits + self.world.arrays.table[self.state[kernels.HELD]]
        return self.beta * float(self.state[kernels.ERRORS]) + self.decay * float(described)

    def unseen(self):
        """The labels that are predicted for the held-out rows."""
        world, near = self.world, self.world.near
        found = world.predictions[self.program][world.held_out].copy()
        read = (near >= 0) & self.held[near]
        some = read.any(axis=1)
        nearest = near[some, read[some].argmax(axis=1)]
        found[some] = world.task.labels[world.training[nearest]]
        return found

    def measures(self):
        """What is measured now, as a dict.

        Returns
        -------
        dict
            `step`; `train_accuracy` and `test_accuracy`; `restricted_accuracy`, of the program
            alone on held-out rows; `excluded_accuracy`, on training rows without the program,
            which is the share of rows that are memorised; `memorised`, the number of these;
            `table_bits`, `program_bits` and `total_bits`.
        """
        world, n = self.world, len(self.world.training)
        truth = world.task.labels[world.held_out]
        known = ~world.task.unknown[world.held_out]
        alone = world.predictions[self.program][world.held_out]
        held = int(self.state[kernels.HELD])
        table, program = float(world.arrays.table[held]), self.program_bits
        return {
            "step": self.step,
            "train_accuracy": 1 - int(self.state[kernels.ERRORS]) / n,
            "test_accuracy": float(np.mean((self.unseen() == truth) & known)),
            "restricted_accuracy": float(np.mean((alone == truth) & known)),
            "excluded_accuracy": held / n,
            "memorised": held,
            "table_bits": table,
            "program_bits": program,
            "total_bits": table + program,
        }
