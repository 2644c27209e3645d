"""What experiments share: settings with help and ranges, seeds, rows and summaries.

A field of an experiment's `Settings` is an int, a float, a bool, a str, or a tuple of one of these
(`tuple[int, ...]`); it may also be None.  `setting` gives a field its help and its range.  The
command line and Python read settings in the same way.
"""

import math
import types
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass
from typing import Any, TypeVar

from synth.errors import ExperimentError, SettingError

#: Names of the options and arguments that every experiment has; no setting may use them.
RESERVED = {
    "cluster", "executor", "form", "format", "help", "json", "panel", "plot", "progress", "quick",
    "quiet", "save", "verbose", "workers",
}  # fmt: skip

#: The help of settings that several experiments have.
SPLITS = "Number of random splits into training and unseen rows, for each number of training rows."
SCALE = "Scale of the initial weights: their standard deviation is this number / sqrt(fan-in)."

_T = TypeVar("_T")

_KINDS: dict[type, str] = {int: "integer", float: "number", str: "text"}


def setting(
    default: _T,
    help: str,
    *,
    choices: Iterable[Any] | None = None,
    low: float | None = None,
    high: float | None = None,
) -> _T:
    """A field of a `Settings` dataclass.

    Parameters
    ----------
    default : object
        The default value.
    help : str
        One phrase for `--help`.
    choices : iterable, optional
        The allowed values.
    low, high : float, optional
        The least and the greatest allowed number; in a tuple they hold for each number.

    Returns
    -------
    dataclasses.Field
    """
    choices = choices and tuple(choices)
    return field(
        default=default, metadata={"help": help, "choices": choices, "low": low, "high": high}
    )


@dataclass(frozen=True)
class Setting:
    """One setting as the command line needs it.

    Parameters
    ----------
    name : str
        The name of the field.
    kind : type
        int, float, bool or str.
    many : bool
        Whether the value is a tuple of that kind.
    optional : bool
        Whether the value may be None.
    default, help, choices, low, high
        As in `setting`.
    """

    name: str
    kind: type[Any]
    many: bool
    optional: bool
    default: object
    help: str
    choices: tuple[Any, ...] | None
    low: float | None
    high: float | None

    @property
    def option(self) -> str:
        """The option of the command line, such as `--max-bits`."""
        return "--" + self.name.replace("_", "-")

    @property
    def allowed(self) -> str:
        """The allowed values, in words."""
        if self.kind is bool:
            what = "true or false"
        elif self.choices:
            what = ", ".join(map(str, self.choices))
        elif self.many:
            return f"{_KINDS[self.kind]}s{self._range()}, separated by commas"
        else:
            article = "an" if self.kind is int else "a"
            return f"{article} {_KINDS[self.kind]}{self._range()}"
        return f"{what}; separated by commas" if self.many else what

    def _range(self) -> str:
        low, high = self.low, self.high
        if low is not None and high is not None:
            return f" {low:g}..{high:g}"
        if low is not None:
            return f" of at least {low:g}"
        return "" if high is None else f" of at most {high:g}"

    def read(self, value: Any, what: str | None = None) -> Any:
        """The value that a text or a Python value stands for.

        Parameters
        ----------
        value : object
            A text of the command line or a Python value.
        what : str, optional
            The setting's name in the error; by default `name`.

        Raises
        ------
        SettingError
            If the value is not allowed.
        """
        if value is None and self.optional:
            return None
        try:
            if not self.many:
                return self._one(value)
            if isinstance(value, str):
                value = _split_at_commas(value)
            elif not isinstance(value, Iterable):
                value = [value]
            found = tuple(self._one(v) for v in value)
            if found:
                return found
        except (ValueError, TypeError, OverflowError):
            pass
        shown = ",".join(map(str, value)) if isinstance(value, (list, tuple)) else value
        raise SettingError(f"{what or self.name}={shown}; allowed: {self.allowed}")

    def shown(self, value: Any) -> str:
        """A value as the command line reads it."""
        if self.kind is bool:
            return str(value).lower()
        return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)

    def _one(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value.strip()
            value = {"true": True, "false": False}[value] if self.kind is bool else self.kind(value)
        value = value.item() if hasattr(value, "item") else value  # a NumPy number
        if self.kind is float and type(value) is int:
            value = float(value)
        if type(value) is not self.kind or value == "":
            raise ValueError
        if self.kind is float and not math.isfinite(value):
            raise ValueError
        if self.choices and value not in self.choices:
            raise ValueError
        if not (self.low is None or value >= self.low) or not (
            self.high is None or value <= self.high
        ):
            raise ValueError
        return value


def settings_of(kind: type[Any], what: str) -> list[Setting]:
    """The `Setting`s of a dataclass, in its order.

    Parameters
    ----------
    kind : type
        The frozen dataclass.
    what : str
        The experiment's name, for the error.

    Returns
    -------
    list of Setting

    Raises
    ------
    ExperimentError
        If it is no frozen dataclass, or if a field has a name that is taken, no default, a default
        that is not allowed, or a type that no command line can read.
    """
    # Only this undocumented attribute says whether a dataclass is frozen.
    if not is_dataclass(kind) or not getattr(kind, "__dataclass_params__").frozen:  # noqa: B009
        raise ExperimentError(f"experiment {what}: Settings must be a frozen dataclass")
    hints = typing.get_type_hints(kind)
    found = []
    for entry in fields(kind):
        optional, many, one = _annotation(hints[entry.name])
        meta = {"help": "", "choices": None, "low": None, "high": None, **entry.metadata}
        if one is None:
            raise ExperimentError(
                f"experiment {what}: setting {entry.name} is {hints[entry.name]}; allowed: int, "
                "float, bool, str, or a tuple of one of them such as tuple[int, ...], each also "
                "with None"
            )
        if entry.name in RESERVED:
            raise ExperimentError(
                f"experiment {what}: setting {entry.name}: these names are taken: "
                + ", ".join(sorted(RESERVED))
            )
        if entry.default is MISSING:
            raise ExperimentError(f"experiment {what}: setting {entry.name} has no default")
        made = Setting(entry.name, one, many, optional, entry.default, **meta)
        try:
            made.read(made.default)
        except SettingError as error:
            raise ExperimentError(f"experiment {what}: the default {error}") from None
        found.append(made)
    return found


def make_settings(kind: type[_T], given: Mapping[str, Any], what: str) -> _T:
    """An experiment's `Settings` from values by name.

    Parameters
    ----------
    kind : type
        The `Settings` dataclass.
    given : mapping of str to object
        Values by name, as Python values or as texts of the command line.
    what : str
        The experiment's name, for the error.

    Raises
    ------
    SettingError
        If there is no such setting, or if a value is not allowed.
    """
    known = {s.name: s for s in settings_of(kind, what)}
    for name in given:
        if name not in known:
            allowed = ", ".join(known) or "none"
            raise SettingError(f"experiment {what}: no setting {name}; allowed: {allowed}")
    return kind(**{name: known[name].read(value) for name, value in given.items()})


def plain_settings(settings: Any) -> dict[str, Any]:
    """Settings as a dict that JSON can hold: tuples become lists."""
    return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(settings).items()}


def refuse_repeated(names: Sequence[str], what: str) -> None:
    """Raises SettingError if a name is given twice."""
    twice = next((n for k, n in enumerate(names) if n in names[:k]), None)
    if twice is not None:
        given = ",".join(names)
        raise SettingError(f"{what}={given}; {twice} is given twice; allowed: distinct names")


def spawn_seeds(seed: int, count: int) -> list[int]:
    """`count` seeds, one for each work item 0, 1, ...: Python ints below 2**53.

    They are spawned by item (`numpy.random.SeedSequence.spawn`), so an item's seed depends neither
    on the worker nor on the number of items after it.
    """
    import numpy as np

    children = np.random.SeedSequence(seed).spawn(count)
    return [int(child.generate_state(1, np.uint64)[0] >> np.uint64(11)) for child in children]


def sizes_below(rows: Iterable[int], every: int) -> list[int]:
    """The numbers of training rows that leave at least one row unseen.

    Parameters
    ----------
    rows : iterable of int
        Numbers of training rows.
    every : int
        The number of all rows.

    Raises
    ------
    SettingError
        If no number leaves a row unseen.
    """
    found = [n for n in rows if n < every]
    if not found:
        given = ",".join(map(str, rows))
        raise SettingError(f"rows={given}; allowed: 0..{every - 1}, since there are {every} rows")
    return found


def first_rows_first(answers: Iterable[Sequence[_T]]) -> Iterator[_T]:
    """The first row of each answer as it comes, then all other rows."""
    others: list[_T] = []
    for first, *more in answers:
        yield first
        others += more
    yield from others


def present_mean(values: Iterable[float | None]) -> float | None:
    """The mean of the values that are not None; None if there are none."""
    import numpy as np

    found = [float(v) for v in values if v is not None]
    return float(np.mean(found)) if found else None


def uninterrupted(found: _T) -> _T:
    """A `Result`, `Contrast` or `Enumeration`, unchanged unless Ctrl-C cut it short.

    At Ctrl-C a search returns the best so far.  Within an experiment that would become a row like
    any other, and the next search would begin.

    Raises
    ------
    KeyboardInterrupt
        If Ctrl-C cut it short.
    """
    from synth.records import StopReason

    whole: Any = getattr(found, "structured", found)
    if whole.stop_reason == StopReason.INTERRUPTED:
        raise KeyboardInterrupt
    return found


def _annotation(hint: Any) -> tuple[bool, bool, type[Any] | None]:
    """(optional, many, kind) of a field's annotation; kind is None if it is not supported."""
    optional = False
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        union = typing.get_args(hint)
        rest = [p for p in union if p is not types.NoneType]
        optional = len(rest) < len(union)
        hint = rest[0] if len(rest) == 1 else None
    many = typing.get_origin(hint) is tuple
    if many:
        parts = [p for p in typing.get_args(hint) if p is not ...]
        hint = parts[0] if len(set(parts)) == 1 else None
    return optional, many, hint if hint in (int, float, bool, str) else None


def _split_at_commas(text: str) -> list[str]:
    """The parts between commas; `k=3` after a comma belongs to `parity:n=6` before it."""
    parts: list[str] = []
    for part in text.split(","):
        if parts and "=" in part and ":" not in part and ":" in parts[-1]:
            parts[-1] += "," + part
        else:
            parts.append(part)
    return parts
