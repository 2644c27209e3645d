"""What is said about the columns of a table, in other languages: rules and formulas alike."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from synth.language import Term
from synth.language.notation.python_code import to_python
from synth.language.notation.spreadsheet import cells_of, to_spreadsheet
from synth.language.notation.sql import to_sql


class Exported(ABC):
    """Says a label or a number of each row of a table."""

    @property
    @abstractmethod
    def answer(self) -> Term:
        """What is said, as a term."""

    @property
    @abstractmethod
    def text(self) -> str:
        """What is said, in words."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the table that are read."""
        return tuple(dict.fromkeys(source.name for source in self.answer.sources()))

    def to_python(self) -> str:
        """The source text of a function that says the answers for the rows of a table.

        The function takes a data frame or a dict of arrays, and needs NumPy only.  It agrees with
        the program wherever that has a value.

        Raises
        ------
        DSLError
            If a primitive has no counterpart.
        """
        return to_python(self.answer, self.text)

    def to_sql(self) -> str:
        """An SQL expression for the answer of a row, for SQLite; see `to_python`."""
        return to_sql(self.answer)

    def to_spreadsheet(self, header: Sequence[str], row: int = 2) -> str:
        """A formula of spreadsheets for the answer of a row; see `to_python`.

        Parameters
        ----------
        header : sequence of str
            The names of the sheet's columns, from column A on.
        row : int
            The row that the formula is for.
        """
        return to_spreadsheet(self.answer, cells_of(header, row))
