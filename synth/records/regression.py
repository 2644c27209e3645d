"""What a search for real labels found: sums of programs, a constant or a histogram."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import DSLError
from synth.language import Program
from synth.records.parts import StopReason


@dataclass(frozen=True)
class LinearSum:
    """A constant and multiples of programs, by least squares on the training rows.

    Parameters
    ----------
    terms : tuple of Program
        The programs: none for a constant.
    intercept : float
        The constant.
    slopes : tuple of float
        What each program is multiplied by.
    bits : float
        The bits of the programs.
    total_bits : float
        The total bits of the hypothesis: see `synth.codes.real`.
    """

    terms: tuple[Program, ...]
    intercept: float
    slopes: tuple[float, ...]
    bits: float
    total_bits: float

    @property
    def text(self) -> str:
        """The sum with its coefficients to six digits."""
        parts = [f"{self.intercept:.6g}"]
        for slope, term in zip(self.slopes, self.terms, strict=True):
            sign = "-" if slope < 0 else "+"
            whole = term.text if not term.arguments else f"({term.text})"
            parts.append(f"{sign} {abs(slope):.6g} * {whole}")
        return " ".join(parts)

    def outputs(
        self, columns: Mapping[str, ArrayLike]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """The values on some rows, and which of them are defined.

        Parameters
        ----------
        columns : mapping of str to array_like, shape (m,)
            The inputs as the grammar of the programs has them.

        Returns
        -------
        values : ndarray of float64, shape (m,)
            Legal but arbitrary if not defined.
        defined : ndarray of bool, shape (m,)
        """
        rows = len(np.asarray(next(iter(columns.values()))))
        values, defined = np.full(rows, self.intercept), np.ones(rows, bool)
        for slope, term in zip(self.slopes, self.terms, strict=True):
            found, legal = term.outputs(columns)
            values, defined = values + slope * found, defined & legal
        return values, defined

    def predict(self, columns: Mapping[str, ArrayLike]) -> NDArray[np.float64]:
        """The values on some rows, float64 (m,).

        Parameters
        ----------
        columns : mapping of str to array_like, shape (m,)
            As `outputs` takes them.

        Raises
        ------
        DSLError
            If a program has no value on some row.
        """
        values, defined = self.outputs(columns)
        if not defined.all():
            raise DSLError(f"{self.text} has no value on row {int(np.argmin(defined)) + 1}")
        return values


@dataclass(frozen=True)
class Regression:
    """What a search for one labelling found, where labels are real numbers.

    Parameters
    ----------
    task, dsl, labelling : str
        The names of task and DSL, and "true" or how the labels were made.
    rows : dict of str to int
        The counts "train" and "test".
    precision : float
        The step of which labels are multiples.
    chosen : str
        "program" for a sum of programs, "constant" or "table" for the histogram.
    program : LinearSum or None
        The best sum of programs; None if there was none.
    constant : LinearSum
        The constant.
    table_bits : float
        Total bits of the shortest histogram.
    bins : int
        The number of its bins.
    total_bits : float
        The least total of all.
    saved_bits : float or None
        The bits of the shorter of constant and histogram, less those of the best sum of programs.
    train_error, test_error : float or None
        Root mean square of what the labels deviate from what was chosen; a histogram predicts the
        constant.  None if there are no such rows.
    test_r2 : float or None
        1 less the sum of squares that is left on held-out rows, divided by that about the constant.
        None if there are no such rows, or the sum is 0.
    certified_bits : float or None
        Every single program of up to so many bits was scored; None for all programs.
    pair_bits : float or None
        Every sum of two programs that have up to so many bits together was scored; None for all.
    optimal : bool
        Whether no program and no sum of two programs that was not scored can win.
    stop_reason : StopReason
        Why the enumeration ended.
    candidates, distinct : int
        How many programs were made, and their distinct behaviours.
    top : tuple of LinearSum
        The sums of fewest total bits.
    """

    task: str
    dsl: str
    labelling: str
    rows: dict[str, int]
    precision: float
    chosen: Literal["program", "constant", "table"]
    program: LinearSum | None
    constant: LinearSum
    table_bits: float
    bins: int
    total_bits: float
    saved_bits: float | None
    train_error: float
    test_error: float | None
    test_r2: float | None
    certified_bits: float | None
    pair_bits: float | None
    optimal: bool
    stop_reason: StopReason
    candidates: int
    distinct: int
    top: tuple[LinearSum, ...]

    @property
    def predictor(self) -> LinearSum:
        """What predicts: the best sum of programs if it was chosen, and else the constant."""
        return self.program if self.chosen == "program" and self.program else self.constant
