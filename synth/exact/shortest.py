"""The shortest programs that agree with some labels, of every behaviour that there is.

All behaviours on all rows are enumerated once; each training set then is a look-up.
"""

import numpy as np

from synth.engine import enumerate_programs
from synth.errors import SettingError
from synth.language import root_type


class Shortest:
    """What the shortest consistent programs of a grammar say of rows.

    columns: a mapping of input names to arrays (rows,); type: of the programs, Bool or Mod,
    the one of the grammar unless given; limits: as of `enumerate_programs`, none unless
    given, so that every behaviour that a program has is there.  Raises as `Enumeration.whole`.

    values: (B, rows), the behaviours in order of bits; bits: float64 (B,), of the shortest
    program of each; labels: the number of label values.
    """

    def __init__(self, grammar, columns, type=None, **limits):
        self.type = root_type(grammar, type)
        if self.type.family not in ("Bool", "Mod"):
            raise SettingError(f"programs of {self.type}; allowed: Bool and Mod(p)")
        self.labels = self.type.size
        self.found = enumerate_programs(grammar, columns, type=self.type, **limits).whole()
        self.values = self.found.values
        # Row by row: comparing these is ten times as fast.
        self._rows = np.ascontiguousarray(self.values.T)
        self.bits = np.asarray(self.found.bits)

    def program(self, values):
        """The shortest `Program` with these values, (rows,); None where there is none."""
        place = np.flatnonzero((self.values == values).all(axis=1))
        return self.found.program(int(place[0])) if place.size else None

    def consistent(self, known, labels):
        """The behaviours that are right on rows `known`, int64 (any,), in order of bits.

        labels: (rows,), of which only those of known rows are looked at.
        """
        right = self._rows[known] == np.asarray(labels)[known][:, None]
        return np.flatnonzero(right.all(axis=0))

    def shortest(self, known, labels):
        """The mean of what all shortest consistent programs say: chances (rows, labels).

        Behaviours of equal bits count alike.  Where no program agrees, every label value has
        the same chance.
        """
        fit = self.consistent(known, labels)
        fit = fit[self.bits[fit] <= self.bits[fit].min(initial=np.inf)]
        if not fit.size:
            return np.full((self.values.shape[1], self.labels), 1 / self.labels)
        said = self.values[fit].astype(np.int64)
        return np.stack([(said == label).mean(axis=0) for label in range(self.labels)], axis=1)
