"""Labellings: the labels that programs are scored by, with what each has found so far."""

import math
from dataclasses import dataclass, field

import numpy as np

from synth import codes
from synth.engine.scoring import Score, StringScore

#: Rows that are scored at a time.
SCORE_ROWS = 2**16


@dataclass(eq=False)
class Labelling:
    """One labelling of the training rows.

    Parameters
    ----------
    task : Task
        The task, as the DSL reads it.
    values : ndarray, shape (n,)
        The training labels as values of the root type.
    score : Score
        The best programs so far.
    table_bits : float
        The bits of the better look-up table.
    table_kind : str
        Its kind, "uniform" or "frequency".
    language_bits : float
        What a program costs beside its own bits, for it is of one of several languages; that of a
        sequence for its lags and first terms too.
    constant_bits : float
        The total of a constant, which is then a hypothesis of its own; else infinite.
    """

    task: object
    values: np.ndarray
    score: Score
    language_bits: float = 0.0
    table_bits: float = field(init=False)
    table_kind: str = field(init=False)
    constant_bits: float = field(init=False)

    def __post_init__(self):
        if self.task.sequence is not None:
            terms = self.task.sequence.terms[: self.task.sequence.lags + self.n]
            self.table_bits, self.table_kind = codes.sequence_table_bits(terms)
            self.constant_bits = math.inf
            return
        counts = self.task.counts()
        letters = self.task.label_type.letters
        if letters:
            self.table_bits, self.table_kind = codes.strings_table_bits(
                self.values.tolist(), letters
            )
        else:
            self.table_bits, self.table_kind = codes.table_bits(counts)
        self.constant_bits = codes.constant_total(counts) if self.language_bits else math.inf

    @classmethod
    def of(cls, task, root, top, among=None):
        """The labelling of a task whose labels are of type `root`; top: programs to list.

        among: how many languages are searched; None if this one was given.
        """
        is_law = task.sequence is not None
        if is_law:
            language_bits = codes.lags_bits(task.sequence.given, among or 1)
        else:
            language_bits = 0.0 if among is None else codes.language_bits(among)
        values = root.check(task.labels[task.train], f"label column {task.label}")
        k = len(task.alphabet)
        if root.letters:
            weights = [codes.string_bits(len(value), len(root.letters)) for value in values]
            return cls(task, values, StringScore(np.array(weights), k, top), language_bits)
        score = Score(task.training, k, root.size > k, top, language_bits, is_law=is_law)
        return cls(task, values, score, language_bits)

    @property
    def n(self):
        """The number of training rows."""
        return len(self.values)

    def log2_chances(self, total):
        """log2 of the bounds on the chance that random labels let a hypothesis reach `total` bits.

        Of permuted labels and of uniform ones; of a sequence both are for terms that are drawn from
        the code of its table.
        """
        if self.task.sequence is not None:
            return (codes.log2_sequence_chance(self.table_bits - total),) * 2
        counts = self.task.counts()
        uniform = codes.log2_chance_bound_uniform(self.n, len(counts), total)
        return codes.log2_chance_bound(counts, total), uniform

    @property
    def rival_bits(self):
        """The least total of a hypothesis that reads no input, in bits."""
        return min(self.table_bits, self.constant_bits)

    @property
    def least_program(self):
        """The least total of a program so far, in bits; infinite before there is one."""
        return math.inf if self.score.best is None else self.score.best

    @property
    def least(self):
        """The least total so far, in bits: of a program, a constant or the table."""
        best = self.score.best
        return self.rival_bits if best is None else min(self.rival_bits, best)

    def is_proven(self, certified_bits, found=math.inf):
        """Whether no program that was not scored can beat the best total.

        found: the least total of programs that were found beyond the enumeration.
        """
        return self.score.proven(certified_bits, min(self.rival_bits, found))


class Labellings:
    """Several labellings of the same rows, as kernels take them.

    Parameters
    ----------
    each : sequence of Labelling
        The labellings.

    Between `open` and `close`, which stand for a band, `wanted` is a mask of the exception
    counts that could still change the result, uint8 (L, n + 1), and `histogram`, int64 of the
    same shape, counts the programs with each number of exceptions.
    """

    def __init__(self, each):
        self.each = list(each)
        self.training = np.stack([labelling.values for labelling in self.each])

    def score(self, engine, rows):
        """Score rows of the root's bank of an `Enumerator`, a range, level by level."""
        bank, first = engine.bank, rows.start
        count = self.training.shape[1]
        while first < rows.stop:
            level = int(np.searchsorted(bank.ends, first, side="right"))
            units = bank.costs[level] >> engine.grammar.shift
            stop = min(first + SCORE_ROWS, bank.ends[level])
            errors = bank.errors(first, stop, self.training, count)
            for labelling, wrong in zip(self.each, errors, strict=True):
                labelling.score.add(units, first, wrong)
            first = stop

    def bind(self, bank):
        """Pack the labels once, as a bank has its rows."""
        self.packed = bank.pack_labels(self.training)

    def open(self, units):
        """Begin a band whose programs cost at least so many units."""
        self.units = units
        self.wanted = np.stack([e.score.wanted(units) for e in self.each]).astype(np.uint8)
        self.histogram = np.zeros(self.wanted.shape, np.int64)

    def count(self, histogram):
        """Add what a batch has counted, int64 (L, n + 1)."""
        self.histogram += histogram

    def close(self):
        """End the band: add the mass of what was counted and not caught."""
        for each, histogram, wanted in zip(self.each, self.histogram, self.wanted, strict=True):
            each.score.add_counted(self.units, np.where(wanted, 0, histogram))
