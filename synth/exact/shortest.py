"""The shortest programs that agree with given labels, among all behaviours that programs have.

All behaviours on all rows are enumerated once; every training set is then answered by a look-up.
"""

import numpy as np

from synth.engine import enumerate_programs
from synth.errors import SettingError
from synth.language import root_type


class Shortest:
    """The predictions of the shortest consistent programs of a grammar.

    Parameters
    ----------
    grammar : Grammar
        The grammar of the programs.
    columns : mapping of str to array (rows,)
        The input columns.
    type : Type, optional
        The type of the programs, Bool or Mod; by default the only type of the grammar.
    **limits
        The limits of `enumerate_programs`; without any, every behaviour that a program has is
        found.

    Attributes
    ----------
    values : (B, rows)
        The behaviours in order of bits.
    bits : float64 (B,)
        The bits of the shortest program of each behaviour.
    labels : int
        The number of label values.

    Raises
    ------
    SettingError
        If the type is neither Bool nor Mod. Otherwise as `Enumeration.whole`.
    """

    def __init__(self, grammar, columns, type=None, **limits):
        self.type = root_type(grammar, type)
        if self.type.family not in ("Bool", "Mod"):
            raise SettingError(f"programs of type {self.type}; allowed: Bool and Mod(p)")
        self.labels = self.type.size
        self.found = enumerate_programs(grammar, columns, type=self.type, **limits).whole()
        self.values = self.found.values
        # Stored row by row, since comparing these is ten times as fast.
        self._rows = np.ascontiguousarray(self.values.T)
        self.bits = np.asarray(self.found.bits)

    def program(self, values):
        """The shortest `Program` with these values (rows,); None if there is none."""
        place = np.flatnonzero((self.values == values).all(axis=1))
        return self.found.program(int(place[0])) if place.size else None

    def consistent(self, known, labels):
        """The behaviours that are right on the known rows.

        Parameters
        ----------
        known : int64
            Numbers of the known rows.
        labels : (rows,)
            The labels; only those of known rows are read.

        Returns
        -------
        int64
            Numbers of behaviours, in order of bits.
        """
        right = self._rows[known] == np.asarray(labels)[known][:, None]
        return np.flatnonzero(right.all(axis=0))

    def shortest(self, known, labels):
        """The chances of each label, averaged over all shortest consistent programs.

        Behaviours of equal bits have equal weight. If no program agrees, all label values have
        the same chance.

        Parameters
        ----------
        known : int64
            Numbers of the known rows.
        labels : (rows,)
            The labels; only those of known rows are read.

        Returns
        -------
        float64 (rows, labels)
        """
        fit = self.consistent(known, labels)
        fit = fit[self.bits[fit] <= self.bits[fit].min(initial=np.inf)]
        if not fit.size:
            return np.full((self.values.shape[1], self.labels), 1 / self.labels)
        said = self.values[fit].astype(np.int64)
        return np.stack([(said == label).mean(axis=0) for label in range(self.labels)], axis=1)
