"""The errors that synth raises on purpose.

All of them derive from :class:`SynthError`, so one ``except`` catches them all.  Most also
derive from a built-in error, so code that does not know synth still handles them properly.
A message is one line that says what was given and what is allowed.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

#: Characters that a terminal obeys or hides: control and format characters, directions of text,
#: separators of lines, halves of surrogate pairs.  Ordinary writing needs tabs, ends of lines and
#: the two joiners U+200C and U+200D, which stay.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


class SynthError(Exception):
    """The base class of every error that synth raises on purpose."""

    def __str__(self) -> str:
        # Messages quote tables and files, whose characters a terminal must not obey.
        return visible(super().__str__())


class TypeMismatchError(SynthError, TypeError):
    """A value, column or argument does not have the required type."""


class DSLError(SynthError, ValueError):
    """A DSL, a primitive or a grammar is invalid or does not fit its task."""


class ParseError(SynthError, ValueError):
    """A text is not a program of the grammar."""


class TaskError(SynthError, ValueError):
    """A task, a table or a training split cannot be used."""


class SettingError(SynthError, ValueError):
    """A setting is outside its allowed range."""


class UndefinedError(SynthError, ArithmeticError):
    """A program has no value on some row.

    The function of a primitive may raise this error to say which rows have a value; its
    answer is then taken from `values` and `defined`.

    Parameters
    ----------
    values : ndarray, shape (rows,), optional
        The values; those that are not defined are ignored.
    defined : ndarray of bool, shape (rows,), optional
        The rows that have a value.
    """

    def __init__(self, *text: str, values: Any = None, defined: Any = None) -> None:
        super().__init__(*text)
        self.values, self.defined = values, defined


class ExperimentError(SynthError, ValueError):
    """An experiment does not exist, or its module lacks a required part."""


class RunError(SynthError, ValueError):
    """A saved run cannot be read or written."""


class SweepError(SynthError, RuntimeError):
    """A sweep cannot continue: an item kills its workers, or no executor is left.

    Attributes
    ----------
    finished : dict of int to object
        The answers that have not been delivered yet, by the number of their item.
    partial : Comparison, ExperimentRun, Result or Contrast
        What was finished: from `compare` a `Comparison`, from `run_experiment` an
        `ExperimentRun`, from `search` and `contrast` the best so far.
    """

    finished: dict[int, Any]
    partial: Any

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.finished = {}
        self.partial = None


class CacheWarning(UserWarning):
    """Compiled kernels cannot be cached between runs."""


class UnsavedWarning(UserWarning):
    """A checkpoint or a journal cannot be written; the work goes on without it."""


def visible(text: str) -> str:
    """A text whose control and invisible characters are escaped, as `\\x1b` and `\\u202e` are."""
    if not _HIDDEN.search(text):
        return text
    return _HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def quoted(value: Any, most: int = 60) -> str:
    """What was given, as a message shows it: its `repr`, of at most `most` characters."""
    shown = visible(" ".join(repr(value).split()))
    return shown if len(shown) <= most else f"{shown[: most - 4]}...{shown[-1]}"


def shortened(text: str, most: int = 60) -> str:
    """A text cut to `most` characters."""
    shown = visible(text)
    return shown if len(shown) <= most else f"{shown[: most - 3]}..."


def listed(names: Iterable[str], most: int = 16) -> str:
    """The first of some names, each cut to 60 characters."""
    names = list(names)
    more = f", ... ({len(names)} in all)" if len(names) > most else ""
    return ", ".join(map(shortened, names[:most])) + more


def meant(name: str, names: Iterable[str]) -> str:
    """The end of a message about an unknown name: the known name nearest to it, or nothing."""
    near = get_close_matches(name, names, 1)
    return f"; did you mean {near[0]}?" if near else ""


def one_line(error: BaseException) -> str:
    """The message of an error in one line; the name of its class if the message is empty."""
    return visible(" ".join(str(error).split())) or type(error).__name__
