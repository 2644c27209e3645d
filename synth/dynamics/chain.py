"""Stochastic search over hypotheses: a program g and a set T of memorised training rows.

A memorised training row is right, whatever g says; any other is read off g.  An unseen row
is read off the nearest memorised row within a radius, on the inputs' own metric, and where
there is none off g: so a table spills over to its surroundings, which is what harms unseen
rows.  The energy, in bits, is

    E = beta * training errors + decay * (bits of g + bits of T)

with bits of T = log2(n+1) + log2 C(n, |T|) + |T| log2 k.  A step proposes either to add or
drop one training row, or a program, and accepts with probability min(1, 2**-change of E).
Programs are drawn from the prior over the enumerated behaviours, or (moves="regrow", see
`synth.dynamics.regrow`) by drawing a subtree of the present one anew.  Either way the law of
long runs is 2**(-bits of g - E), normalised: over behaviours, or over all trees.  `decay`
(weight decay) is the price of complexity; with 0 the table costs nothing.  What is assumed:
which moves there are, how a table is read nearby, and that fitting comes before simplicity
(beta); all else is measured.
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

#: Steps in a row.
PART = 1_000_000
#: Distances that are held at a time, of 8 bytes.
NEAR_BLOCK = 2**22


@dataclass(frozen=True, eq=False)
class World:
    """A task, all programs up to some bits, and which rows are near which.

    programs: the `Enumeration` of `grammar` up to `max_bits`; bits: float64 (B,);
    predictions: (B, rows) of the label type; near: int64 (rows - n, D), the training rows
    within the radius of each held-out row by place in `training`, nearest first (ties to the
    first row), -1 where there are fewer; training, held_out: numbers of rows; table:
    float64 (n + 1,), bits of tables.
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
        table = np.array(
            [np.log2(n + 1) + codes.log2_binomial(n, m) + m * np.log2(k) for m in range(n + 1)]
        )
        arrays = kernels.World(words, self.bits, np.cumsum(mass) / mass.sum(), table)
        object.__setattr__(self, "arrays", arrays)
        object.__setattr__(self, "wrong", wrong)

    @cached_property
    def growth(self):
        """The `synth.kernels.regrow.Growth` of the programs; raises as `make_growth`."""
        root = self.grammar.dsl.type_for(self.task.label_type)
        return regrow.make_growth(
            self.grammar, self.task.columns, root, self.programs, self.max_bits
        )

    @cached_property
    def truths(self):
        """The numbers of the programs that are right on all rows, held-out ones too."""
        same = (self.predictions == self.task.labels) & ~self.task.unknown
        return np.flatnonzero(same.all(axis=1))


def make_world(task, dsl=None, *, max_bits, radius=1.0):
    """The `World` of a task: every behaviour of a program of at most `max_bits` bits.

    radius: memorised rows are read within this distance: the largest difference of any
    input; of residues the shorter way round, of booleans 1 where they differ.
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
        raise SettingError(f"max_bits={max_bits}: no program is as short; allowed: more")
    training, held_out = np.flatnonzero(task.train), np.flatnonzero(~task.train)
    near = _near(task, held_out, training, radius)
    bits = np.asarray(found.bits)
    return World(task, grammar, max_bits, found, bits, found.values, near, training, held_out)


def _near(task, rows, training, radius):
    """The training rows (by place) within the radius of rows, nearest first, -1 padded.

    Near is what is near in every input; of those the sum of distances decides.
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
    """How many training rows each of some rows has near it, and which, row by row."""
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


#: What `Chain.run` records.
RECORDED = (
    "step", "train_accuracy", "test_accuracy", "restricted_accuracy", "excluded_accuracy",
    "memorised", "table_bits", "program_bits", "total_bits",
)  # fmt: skip


#: How programs are proposed.
MOVES = ("prior", "regrow")

#: No goal to stop at.
_NOWHERE = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, bool)


class Chain:
    """One run; beta: bits of energy an error; decay: of a bit of description.

    proposals: the share of steps that propose a program; moves: how, of `MOVES`.
    """

    def __init__(self, world, *, beta=30.0, decay=1.0, proposals=0.5, moves="prior", seed=0):
        if moves not in MOVES:
            raise SettingError(f"moves={moves}; allowed: {', '.join(MOVES)}")
        for name, value, high in (("beta", beta, None), ("decay", decay, None),
                                  ("proposals", proposals, 1)):  # fmt: skip
            if value < 0 or (high is not None and value > high):
                raise SettingError(
                    f"{name}={value}; allowed: 0{f'..{high}' if high else ' and more'}"
                )
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
        """Makes so many steps, or fewer where a goal is reached; returns whether it was.

        until: (offset, stride, goal) as of `synth.kernels.chain.steps`.
        """
        offset, stride, goal = until or _NOWHERE
        end = self.step + count
        while self.step < end:  # by parts, so that Ctrl-C acts at once
            part = min(PART, end - self.step)
            made, accepted = kernels.steps(
                self.world.arrays, self.growth, self.state, self.words, self.codes, self.spent,
                self.room, len(self.world.training), self.generator, part,
                float(self.proposals), float(self.beta), float(self.decay),
                offset, stride, goal,
            )  # fmt: skip
            self.step += made
            self.accepted += accepted
            if made < part:
                return True
        return False

    def seek(self, count):
        """As `advance`, or to where the program is right on all rows; returns whether it is."""
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
        """Bits of the program: of its tree where trees are regrown, else of the shortest."""
        return float(self.spent[0] if len(self.codes) else self.world.bits[self.program])

    @property
    def energy(self):
        """E, in bits."""
        described = self.program_bits + self.world.arrays.table[self.state[kernels.HELD]]
        return self.beta * float(self.state[kernels.ERRORS]) + self.decay * float(described)

    def unseen(self):
        """The labels that are read for the held-out rows."""
        world, near = self.world, self.world.near
        found = world.predictions[self.program][world.held_out].copy()
        read = (near >= 0) & self.held[near]
        some = read.any(axis=1)
        nearest = near[some, read[some].argmax(axis=1)]
        found[some] = world.task.labels[world.training[nearest]]
        return found

    def measures(self):
        """What is measured now, a dict of `RECORDED`.

        restricted accuracy: of the program alone, held out; excluded accuracy: without
        the program, training: the share of rows that are memorised.
        """
        world, n = self.world, len(self.world.training)
        truth = world.task.labels[world.held_out]
        known = ~world.task.unknown[world.held_out]
        alone = world.predictions[self.program][world.held_out]
        held = int(self.state[kernels.HELD])
        table, program = float(world.arrays.table[held]), self.program_bits
        return dict(zip(RECORDED, (
            self.step, 1 - int(self.state[kernels.ERRORS]) / n,
            float(np.mean((self.unseen() == truth) & known)),
            float(np.mean((alone == truth) & known)), held / n,
            held, table, program, table + program,
        ), strict=True))  # fmt: skip
