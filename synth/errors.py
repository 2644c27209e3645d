"""The errors that synth raises on purpose.

Every one of them is a :class:`SynthError`, so that one ``except`` catches them
all, and most are built-in errors as well, so that code which knows nothing of
synth treats them as it should.  Their messages are one line: what was given,
and what is allowed.
"""


class SynthError(Exception):
    """The base of every error that synth raises on purpose."""


class TypeMismatchError(SynthError, TypeError):
    """A value, column or argument is not of the type that is asked for."""


class DSLError(SynthError, ValueError):
    """A DSL, a primitive or a grammar is wrong or does not fit its task."""


class ParseError(SynthError, ValueError):
    """A text is no program of the grammar."""


class TaskError(SynthError, ValueError):
    """A task, a table or a training split cannot be used."""


class SettingError(SynthError, ValueError):
    """A setting is outside what is allowed."""


class UndefinedError(SynthError, ArithmeticError):
    """A program has no value on some row.

    A primitive's function that knows which may say so: values (rows,) and defined, bool
    (rows,), are taken for its answer then.
    """

    def __init__(self, *text, values=None, defined=None):
        super().__init__(*text)
        self.values, self.defined = values, defined


class ExperimentError(SynthError, ValueError):
    """There is no such experiment, or its module lacks what one must have."""


class RunError(SynthError, ValueError):
    """A saved run cannot be read."""


class SweepError(SynthError, RuntimeError):
    """A sweep cannot go on: workers die of an item, or there is no executor any more.

    finished: answers that nobody had yet, by the numbers of their items; partial: of
    `compare`, the `Comparison` of what was finished, and of `run_experiment` the
    `ExperimentRun`.
    """

    def __init__(self, message):
        super().__init__(message)
        self.finished = {}
        self.partial = None


class CacheWarning(UserWarning):
    """Compiled kernels cannot be kept between runs."""
