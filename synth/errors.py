"""The errors that synth raises on purpose.

All of them derive from :class:`SynthError`, so one ``except`` catches them all.  Most also
derive from a built-in error, so code that does not know synth still handles them properly.
A message is one line that says what was given and what is allowed.
"""

from typing import Any


class SynthError(Exception):
    """The base class of every error that synth raises on purpose."""


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


def one_line(error: BaseException) -> str:
    """The message of an error in one line; the name of its class if the message is empty."""
    return " ".join(str(error).split()) or type(error).__name__
