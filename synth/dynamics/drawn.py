"""Worlds of programs drawn from the prior, for search among more than can be enumerated.

A sample of programs (`synth.exact.sampling`) replaces the enumeration of
`synth.dynamics.chain.make_world`.  Seeds then also differ in what they can find.
"""

from dataclasses import dataclass

import numpy as np

from synth.dynamics.chain import World
from synth.errors import SettingError, TypeMismatchError


@dataclass(frozen=True, eq=False)
class Drawn:
    """The different programs of a sample that have a value on every row.

    Parameters
    ----------
    sample : Sample
    places : int64 (B,)
        Where each program first occurs in the sample.
    bits : float64 (B,)
    values : (B, rows)
    """

    sample: object
    places: np.ndarray
    bits: np.ndarray
    values: np.ndarray

    def __len__(self):
        return len(self.places)

    def program(self, i):
        """Program i as a `Program`."""
        return self.sample.program(int(self.places[i]))


def drawn_programs(sample, columns):
    """The `Drawn` programs of a `synth.exact.sampling.Sample` on columns."""
    values, defined = sample.values(columns)
    content, ends = memoryview(sample.tokens.tobytes()), (2 * sample.offsets).tolist()
    first = {}
    for i in np.flatnonzero(defined).tolist():
        first.setdefault(bytes(content[ends[i] : ends[i + 1]]), i)
    places = np.array(list(first.values()), np.int64)
    units = np.array([sample.grammar.units(production.item) for production in sample.grammar])
    sums = np.concatenate([[0], np.cumsum(units[sample.tokens])])
    bits = (sums[sample.offsets[places + 1]] - sums[sample.offsets[places]]) / 1024
    return Drawn(sample, places, bits, values[places])


class DrawnWorld(World):
    """A `World` that lacks some programs up to its bits, so that no subtree can be regrown."""

    @property
    def growth(self):
        """Raises SettingError: a sample does not have a program for every redrawn subtree."""
        raise SettingError("moves=regrow among drawn programs; allowed: prior")


def drawn_world(task, drawn):
    """The `DrawnWorld` of `Drawn` programs, evaluated on the task's columns.

    Unlike `make_world`, it keeps all programs of one behaviour, so that searches with other
    samples find other programs.  A memorised row affects no other row.

    Raises
    ------
    TypeMismatchError
        If the programs are of another type than the labels.
    SettingError
        If there are no programs.
    """
    if drawn.sample.type != drawn.sample.grammar.dsl.type_for(task.label_type):
        raise TypeMismatchError(f"programs of {drawn.sample.type}; allowed: {task.label_type}")
    if not len(drawn):
        raise SettingError(
            f"{len(drawn.sample)} programs, none with a value on every row; allowed: more"
        )
    training, held_out = np.flatnonzero(task.train), np.flatnonzero(~task.train)
    near = np.full((len(held_out), 1), -1)
    return DrawnWorld(
        task=task,
        grammar=drawn.sample.grammar,
        max_bits=float(drawn.bits.max()),
        programs=drawn,
        bits=drawn.bits,
        predictions=drawn.values,
        near=near,
        training=training,
        held_out=held_out,
    )
