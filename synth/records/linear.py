"""A constant and multiples of programs, with their coefficients: `LinearSum`."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import DSLError, RunError
from synth.language import Program
from synth.records.least_squares import LeastSquares

#: Programs that need no brackets in a sum: an input or a number.
_LEAF = re.compile(r"[\w.]+|'[^']*'")


@dataclass(frozen=True)
class LinearSum:
    """A constant and multiples of programs, by least squares on the training rows.

    Parameters
    ----------
    text : str
        The sum. Its coefficients have two digits of their standard errors, or as many as
        predictions need: see `LeastSquares.within`.
    terms : tuple of str
        The programs: none for a constant.
    intercept : float
        The constant.
    slopes : tuple of float
        What each program is multiplied by.
    errors : tuple of float
        The standard errors of the constant and of each slope.
    bits : float
        The bits of the programs.
    total_bits : float
        The total bits of the hypothesis: see `synth.codes.real`.
    noise : str
        "normal"; "exceptions" for normal noise but for some labels that are stated one by one; or
        "rounding" if labels are the values of the sum but for rounding to their precision.
    exceptions : tuple of int
        Which training rows are exceptions, counted from 0 among the training rows.
    programs : tuple of Program
        The programs; empty if the sum was read from a file.
    """

    text: str
    terms: tuple[str, ...]
    intercept: float
    slopes: tuple[float, ...]
    errors: tuple[float, ...]
    bits: float
    total_bits: float
    noise: str = "normal"
    exceptions: tuple[int, ...] = ()
    programs: tuple[Program, ...] = field(default=(), repr=False, compare=False)

    @classmethod
    def of(
        cls,
        programs: Sequence[Program],
        fit: LeastSquares,
        deviation: float,
        *,
        bits: float,
        total_bits: float,
        noise: str = "normal",
        exceptions: Sequence[int] = (),
    ) -> Self:
        """The sum of some programs.

        Parameters
        ----------
        programs : sequence of Program
        fit : LeastSquares
            Their fit to the labels.
        deviation : float
            The standard deviation of the noise.
        bits, total_bits, noise, exceptions
            See `LinearSum`.
        """
        terms = tuple(program.text for program in programs)
        return cls(
            text=sum_text(terms, [fit.intercept, *fit.slopes], fit.within(deviation)),
            terms=terms,
            intercept=fit.intercept,
            slopes=tuple(map(float, fit.slopes)),
            errors=tuple(fit.errors(deviation)),
            bits=bits,
            total_bits=total_bits,
            noise=noise,
            exceptions=tuple(exceptions),
            programs=tuple(programs),
        )

    @property
    def shown(self) -> tuple[float, ...]:
        """The constant and the slopes, as its text has them."""
        rest, found = self.text, []
        for term in reversed(self.terms):
            whole = term if _LEAF.fullmatch(term) else f"({term})"
            rest, times, after = rest.rpartition(f" * {whole}")
            if not times or after:
                raise RunError(f"{self.text!r} is no sum of {', '.join(self.terms)}")
            rest, _, slope = rest.rpartition(" ") if " " in rest else ("", "", rest)
            sign = -1 if rest.endswith(" -") else 1
            rest = rest.removesuffix(" -").removesuffix(" +")
            found.append(sign * float(slope))
        return (float(rest or 0), *reversed(found))

    @staticmethod
    def from_dict(document: dict[str, Any]) -> "LinearSum":
        """Reads a sum from a part of a JSON document."""
        lists = {key: tuple(document[key]) for key in ("terms", "slopes", "errors")}
        # A document of an earlier version has normal noise throughout.
        lists["exceptions"] = tuple(document.get("exceptions", ()))
        return LinearSum(**{**document, **lists})

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

        Raises
        ------
        RunError
            If the sum was read from a file.
        """
        if self.terms and not self.programs:
            raise RunError("a saved sum does not hold its programs; search again")
        rows = len(np.asarray(next(iter(columns.values()))))
        values, defined = np.full(rows, self.intercept), np.ones(rows, bool)
        for slope, program in zip(self.slopes, self.programs, strict=True):
            found, legal = program.outputs(columns)
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


def sum_text(terms: Sequence[str], coefficients: Sequence[float], within: Sequence[float]) -> str:
    """A sum as text, its coefficients with the digits that are needed.

    Parameters
    ----------
    terms : sequence of str
        The programs.
    coefficients, within : sequence of float
        The constant and what each program is multiplied by, and by how much each may be off.
    """
    first, *slopes = map(_digits, coefficients, within)
    parts = [] if first == "0" and terms else [first]
    for slope, term in zip(slopes, terms, strict=True):
        whole = term if _LEAF.fullmatch(term) else f"({term})"
        if not parts:
            parts.append(f"{slope} * {whole}")
        else:
            sign = "-" if slope.startswith("-") else "+"
            parts.append(f"{sign} {slope.removeprefix('-')} * {whole}")
    return " ".join(parts)


def _digits(value: float, within: float) -> str:
    """A coefficient that may be off by so much; with six digits if that is 0."""
    if not value or not 0 < within < math.inf:
        return f"{value:.6g}"
    if abs(value) <= within:
        return "0"
    digits = math.floor(math.log10(abs(value))) - math.floor(math.log10(2 * within)) + 1
    text = f"{value:.{min(max(digits, 1), 17)}g}"
    # 780, not 7.8e+02.
    return f"{float(text):.0f}" if "e+" in text and abs(value) < 10**9 else text
