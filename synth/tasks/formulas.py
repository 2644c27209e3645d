"""A constant and multiples of programs as a formula about the columns of a table.

It is the counterpart of a rule, for labels that are real numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.language import Program, Term, columns_of, latex
from synth.language.meaning import constant
from synth.language.notation.readable import readable
from synth.tasks.exports import Exported
from synth.tasks.rules import Rule
from synth.tasks.task import Task


@dataclass(frozen=True, eq=False)
class Formula(Exported):
    """A sum of a constant and of multiples of programs.

    Parameters
    ----------
    programs : tuple of Program
    coefficients : tuple of float
        The constant, and what each program is multiplied by, with the digits that are to be shown.
    task : Task
        The task as the programs' DSL reads it.
    """

    programs: tuple[Program, ...]
    coefficients: tuple[float, ...]
    task: Task

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """Each program as a rule about the columns of the table."""
        return tuple(Rule(program, self.task) for program in self.programs)

    @cached_property
    def answer(self) -> Term:
        """The formula as a term."""
        first, *slopes = map(_plain, self.coefficients)
        made = None if first == 0 and slopes else constant(first)
        for slope, rule in zip(slopes, self.rules, strict=True):
            size = abs(slope) if made is not None else slope
            part = rule.said if size == 1 else Term("*", (constant(size), rule.said))
            made = part if made is None else Term("-" if slope < 0 else "+", (made, part))
        assert made is not None
        return made

    @property
    def text(self) -> str:
        """The formula in words, such as `6.2 + 3.08 * (area + 8 * rooms)`."""
        return readable(self.answer)

    def to_sympy(self) -> Any:
        """The formula as a SymPy expression, whose symbols are columns.

        Coefficients that are no whole numbers are floats.

        Raises
        ------
        SettingError
            If SymPy is not installed.
        """
        from synth.language.notation.symbolic import to_sympy, weighted

        terms = [to_sympy(rule.said) for rule in self.rules]
        return weighted([_plain(value) for value in self.coefficients], terms)

    def to_latex(self) -> str:
        """The formula in LaTeX, with the names of the programs' inputs, without dollar signs."""
        first, *slopes = self.coefficients
        text = "" if first == 0 and slopes else _latex_number(first)
        for slope, program in zip(slopes, self.programs, strict=True):
            inner = latex(program)
            if program.arguments:
                inner = rf"\left({inner}\right)"
            size = _latex_number(abs(slope) if text else slope)
            sign = ("- " if slope < 0 else "+ ") if text else ""
            text += f"{' ' * bool(text)}{sign}{size} \\cdot {inner}"
        return text

    def outputs(self, table: Mapping[str, Any]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """The values of the programs on the rows of a table, of which only `columns` are read.

        Parameters
        ----------
        table : mapping of str to array_like, shape (rows,)
            Columns as in the table that the task was read from.

        Returns
        -------
        values : ndarray of float64, shape (programs, rows)
        defined : ndarray of bool, shape (rows,)
            On which rows all programs have a value.

        Raises
        ------
        TypeMismatchError
            If a column is missing or cannot be read.
        """
        table = columns_of(table, "columns")
        rows = len(next(iter(table.values()), ()))
        values, defined = np.zeros((len(self.rules), rows)), np.ones(rows, bool)
        for place, rule in zip(values, self.rules, strict=True):
            place[:], legal = rule.outputs(table)
            defined &= legal
        return values, defined


def _plain(value: float) -> float | int:
    """A whole number as an int."""
    return int(value) if float(value).is_integer() and abs(value) < 2**53 else value


def _latex_number(value: float) -> str:
    text = f"{value:.15g}"
    mantissa, power, exponent = text.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if power else text
