"""What inputs and programs say of the columns of a table: trees of conditions and numbers.

A term is a tree.  Its leaves are constants and what is read in a column; its inner nodes are
operations that other languages have too.  A table makes inputs such as `colour=red` out of its
texts, and a DSL can make inputs such as `alcohol < 12.8` out of columns: it says what they mean by
terms (`TypedColumns.meanings`), so that rules are written in words and in other languages.

Where a column has no value, a condition about it is false, and the negation of that is true.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

COMPARISONS = ("<", "<=", "==", "!=", ">", ">=")
#: The opposite of each comparison, and the one with its sides changed.
OPPOSITE = dict(zip(COMPARISONS, (">=", ">", "!=", "==", "<=", "<"), strict=True))
MIRRORED = dict(zip(COMPARISONS, (">", ">=", "==", "!=", "<", "<="), strict=True))
#: What joins conditions, and conditions about one column.
JOINING = ("and", "or", "xor", "same", "not")
ABOUT = ("truth", "text", "other", "missing", "weekday", "begins", "ends")

#: Names of the months in several languages; three letters and more are enough if they say which.
MONTHS = (
    "january januar janvier enero gennaio januari janeiro",
    "february februar février fevrier febrero febbraio februari fevereiro",
    "march märz maerz mrz mars marzo maart mrt março",
    "april avril abril aprile",
    "may mai mayo maggio mei maio maj",
    "june juni juin junio giugno junho",
    "july juli juillet julio luglio julho",
    "august août aout agosto augustus augusti",
    "september septembre septiembre settembre setembro",
    "october oktober octobre octubre ottobre outubro",
    "november novembre noviembre novembro",
    "december dezember décembre decembre diciembre dicembre dezembro",
)


@dataclass(frozen=True)
class Source:
    """A column of a table.

    Parameters
    ----------
    name : str
        Its name.
    kind : str
        What it holds: "number", "truth", "text" or "date".
    gaps : bool
        Whether it has missing values in the table that was searched.
    missing : tuple of str
        Texts that stand for missing values, in lower case.
    words : tuple of str
        Of a column of truth values: the texts that stand for true, in lower case.
    order : str
        Of a column of dates: the order of year, month and day, such as "dmy".
    hint : str
        How its numbers are written, if not as plain numbers: such as "$5.00".
    """

    name: str
    kind: str
    gaps: bool = False
    missing: tuple[str, ...] = ("", "nan", "<na>", "none")
    words: tuple[str, ...] = ("1", "true")
    order: str = "ymd"
    hint: str = ""


@dataclass(frozen=True)
class Term:
    """A node: an operation with its arguments, or a leaf.

    Parameters
    ----------
    op : str
        A comparison, an operation of numbers, one of `JOINING`, or "where"; "call" for a primitive
        that is none of them.  Of a leaf: "true", "false", "constant", "number" (the number in a
        column), "part" (of a date or of a text), or one of `ABOUT`.
    arguments : tuple of Term
    value : object
        Of a leaf about a column: the `Source`, or (source, detail): the text that it equals
        ("text"), the texts that it does not equal ("other"), the part of a date, the letter that
        is the first ("begins") or the last one ("ends"), or the number of a weekday from Monday, 0.
        Of the part "date", days are counted from 1899-12-30 on, and of "time", minutes from
        midnight on.  A text has the part "length",
        and a single letter (source, "place", what is 0).  Of a constant: its value, of a label:
        its text.  Of "call": the primitive.  Of "%", "/" and "//": whether the numbers are whole.
        Of "letter", which says the letter at a place from 0 on: all letters.  Of a comparison:
        "coarse" if both sides are rounded as labels are, since one is a sum of real numbers, and
        "fine" if they are rounded as columns of real numbers are.
    """

    op: str
    arguments: tuple["Term", ...] = ()
    value: Any = None

    @property
    def source(self) -> Source | None:
        """The column that a leaf is about."""
        if self.arguments or self.value is None or self.op in ("constant", "call"):
            return None
        return self.value[0] if isinstance(self.value, tuple) else self.value

    def walk(self) -> Iterator["Term"]:
        """Every node, the root first."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.arguments))

    def sources(self) -> tuple[Source, ...]:
        """The columns that it reads, in the order in which they appear."""
        return tuple(dict.fromkeys(n.source for n in self.walk() if n.source is not None))

    @property
    def is_condition(self) -> bool:
        """Whether its values are truth values."""
        if self.op == "where":
            return self.arguments[1].is_condition
        if self.op == "call":
            return self.value.result.family == "Bool"
        return self.op in COMPARISONS or self.op in (*JOINING, *ABOUT, "true", "false")


TRUE, FALSE = Term("true"), Term("false")


def constant(value: Any) -> Term:
    """A constant as a term."""
    if isinstance(value, bool):
        return TRUE if value else FALSE
    return Term("constant", value=value)


def substituted(term: Term, meanings: Mapping[str, Term]) -> Term:
    """A term with what some of its columns mean in their places."""
    if term.op in ("number", "truth"):
        return meanings.get(term.value.name, term)
    if not term.arguments:
        return term
    return replace(term, arguments=tuple(substituted(a, meanings) for a in term.arguments))


def column(name: str, family: str, gaps: bool = False) -> Term:
    """The value of a column that holds inputs of a type."""
    kind = "truth" if family == "Bool" else "number"
    return Term(kind, value=Source(name, kind, gaps))
