"""What experiments are made of: settings that explain themselves, and seeds of items.

A field of an experiment's `Settings` is an int, a float, a bool, a str, or a tuple of
one of them (`tuple[int, ...]`), or None besides; `setting` gives it its help and its
range.  The same reading serves the command line and Python.
"""

import math
import re
import types
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass
from typing import Any, TypeVar

from synth.errors import ExperimentError, SettingError

#: Names that options and arguments of every experiment have.
RESERVED = frozenset({
    "cluster", "executor", "form", "format", "help", "json", "plot", "progress", "save", "workers",
})  # fmt: skip

_T = TypeVar("_T")

_KINDS: dict[type, str] = {int: "whole number", float: "number", str: "text"}


def setting(
    default: _T,
    help: str,
    *,
    choices: Iterable[Any] | None = None,
    low: float | None = None,
    high: float | None = None,
) -> _T:
    """A field of a `Settings` dataclass.

    help: one phrase; choices: the values that are allowed; low, high: the least and the
    greatest number that is (of each, in a tuple).
    """
    choices = choices and tuple(choices)
    return field(
        default=default, metadata={"help": help, "choices": choices, "low": low, "high": high}
    )


@dataclass(frozen=True)
class Setting:
    """One setting as the command line needs it.

    kind: int, float, bool or str; many: whether it is a tuple of such; optional: whether
    None is a value; the rest as in `setting`.
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
        """As the command line has it: `--max-bits`."""
        return "--" + self.name.replace("_", "-")

    @property
    def allowed(self) -> str:
        """What may be given, in words."""
        if self.kind is bool:
            what = "true or false"
        elif self.choices:
            what = ", ".join(map(str, self.choices))
        else:
            what = _KINDS[self.kind] + ("s" if self.many else "") + self._range()
            what = what if self.many else f"a {what}"
        return f"{what}; several parted by commas" if self.many else what

    def _range(self) -> str:
        low, high = self.low, self.high
        if low is not None and high is not None:
            return f" {low:g}..{high:g}"
        if low is not None:
            return f" of {low:g} and more"
        return "" if high is None else f" up to {high:g}"

    def read(self, value: Any, what: str | None = None) -> Any:
        """The value that a text or a Python value stands for.  Raises SettingError.

        what: how the setting is called in the error.
        """
        if value is None and self.optional:
            return None
        try:
            if not self.many:
                return self._one(value)
            if isinstance(value, str):
                value = _parted(value)
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
        """A value as the command line takes it."""
        if self.kind is bool:
            return str(value).lower()
        return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)

    def _one(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value.strip()
            value = {"true": True, "false": False}[value] if self.kind is bool else self.kind(value)
        value = value.item() if hasattr(value, "item") else value  # a number of NumPy's
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
    """The `Setting`s of a dataclass, in its order.  Raises ExperimentError.

    what: the experiment's name, for the error.
    """
    # Whether it is frozen is told by what Python keeps of it alone.
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
                "float, bool, str, a tuple such as tuple[int, ...] of them, or None besides"
            )
        if entry.name in RESERVED:
            raise ExperimentError(
                f"experiment {what}: a setting {entry.name}; these names are taken: "
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
    """An experiment's `Settings` from values by name.  Raises SettingError."""
    known = {s.name: s for s in settings_of(kind, what)}
    for name in given:
        if name not in known:
            allowed = ", ".join(known) or "none"
            raise SettingError(f"experiment {what}: no setting {name}; allowed: {allowed}")
    return kind(**{name: known[name].read(value) for name, value in given.items()})


def plain_settings(settings: Any) -> dict[str, Any]:
    """Settings as JSON takes them."""
    return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(settings).items()}


def refuse_repeated(names: Sequence[str], what: str) -> None:
    """Raises SettingError for a name that is given twice."""
    twice = next((n for k, n in enumerate(names) if n in names[:k]), None)
    if twice is not None:
        raise SettingError(f"{what}={','.join(names)}; {twice} is given twice; allowed: once")


def spawn_seeds(seed: int, count: int) -> list[int]:
    """`count` seeds, Python ints below 2**53, of work items 0, 1, ...

    They are spawned by item (`numpy.random.SeedSequence.spawn`), so that an item's seed
    depends on neither the worker nor how many items follow it.
    """
    import numpy as np

    children = np.random.SeedSequence(seed).spawn(count)
    return [int(child.generate_state(1, np.uint64)[0] >> np.uint64(11)) for child in children]


def sizes_below(rows: Iterable[int], every: int) -> list[int]:
    """The numbers of training rows that leave one unseen.  Raises SettingError where none does."""
    found = [n for n in rows if n < every]
    if not found:
        given = ",".join(map(str, rows))
        raise SettingError(f"rows={given}; allowed: 0..{every - 1}, since there are {every} rows")
    return found


def first_rows_first(answers: Iterable[Sequence[_T]]) -> Iterator[_T]:
    """The first row of each answer as it comes, then all others: a table begins with results."""
    others: list[_T] = []
    for first, *more in answers:
        yield first
        others += more
    yield from others


def present_mean(values: Iterable[float | None]) -> float | None:
    """The mean of the values that are there; None where none is."""
    import numpy as np

    found = [float(v) for v in values if v is not None]
    return float(np.mean(found)) if found else None


def sentences_of(templates: Mapping[str, str], keys: Iterable[str]) -> dict[str, str]:
    """What the keys of a summary mean, by an experiment's `SUMMARY`.

    templates: keys to sentences.  A key may have fields, `accuracy_at_{rows}_rows`, which stand
    in the sentence too; an underscore within a field is read as a point, so that 0_5 is 0.5.
    """
    found = {}
    patterns = [(re.compile(_pattern(key)), text) for key, text in templates.items()]
    for key in keys:
        for pattern, text in patterns:
            if match := pattern.fullmatch(key):
                fields_ = {k: v.replace("_", ".") for k, v in match.groupdict().items()}
                found[key] = text.format(**fields_) if fields_ else text
                break
    return found


def _pattern(template: str) -> str:
    """The regular expression of a key with fields."""
    parts = re.split(r"{(\w+)}", template)
    return "".join(f"(?P<{part}>.+)" if k % 2 else re.escape(part) for k, part in enumerate(parts))


class RowKinds:
    """The kinds of rows of an experiment: one record for each, in one table of all columns.

    Parameters
    ----------
    columns : sequence of str
        The columns of the table, in order.
    kinds : str
        For each kind, its columns separated by spaces.

    Calling it with a kind and its values gives a row: all columns, those of other kinds None.
    Raises TypeError if a value is missing or is none of the kind's.
    """

    def __init__(self, columns: Sequence[str], **kinds: str) -> None:
        self.empty: dict[str, Any] = dict.fromkeys(columns)
        self.kinds = {kind: frozenset(text.split()) for kind, text in kinds.items()}
        unknown = frozenset().union(*self.kinds.values()) - self.empty.keys()
        if unknown:
            raise TypeError(f"no columns {sorted(unknown)}")

    def __call__(self, kind: str, /, **values: Any) -> dict[str, Any]:
        if values.keys() != self.kinds[kind]:
            wrong = sorted(values.keys() ^ self.kinds[kind])
            raise TypeError(f"a row of kind {kind}: {wrong} missing or not of it")
        return self.empty | values


def uninterrupted(found: _T) -> _T:
    """A `Result`, `Contrast` or `Enumeration` as it is, unless Ctrl-C cut it short.

    Searches return the best so far at Ctrl-C; within an experiment that would become a
    row like any other, and the next search would begin.  Raises KeyboardInterrupt.
    """
    from synth.records import StopReason

    whole: Any = getattr(found, "structured", found)
    if whole.stop_reason == StopReason.INTERRUPTED:
        raise KeyboardInterrupt
    return found


def _annotation(hint: Any) -> tuple[bool, bool, type[Any] | None]:
    """(optional, many, kind) of a field's annotation; kind None where it is none of ours."""
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


def _parted(text: str) -> list[str]:
    """The parts between commas; `k=3` after a comma goes on with `parity:n=6`."""
    parts: list[str] = []
    for part in text.split(","):
        if parts and "=" in part and ":" not in part and ":" in parts[-1]:
            parts[-1] += "," + part
        else:
            parts.append(part)
    return parts
