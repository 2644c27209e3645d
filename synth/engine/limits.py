"""The limits of a search."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict

import numpy as np

from synth.engine.machine import default_memory
from synth.errors import SettingError
from synth.tasks import load_task

#: Seconds after which a search ends by default.
DEFAULT_SECONDS = 30.0

#: Bytes below which a search has no room to begin.
LEAST_MEMORY = 2**20

#: More threads than this are taken for a slip.
MOST_THREADS = 1024


@dataclass(frozen=True)
class Limits:
    """The limits of a search; it ends when the first of them is reached.

    Parameters
    ----------
    max_bits : float, optional
        The most bits of an enumerated program, 0 to a million; by default unlimited.  Reach makes
        no moves then unless `moves` is given, and may find longer programs.
    max_programs : int, optional
        The most programs that are made, at least 1; by default unlimited.
    seconds : float, optional
        The most seconds of work, without the time to compile and load kernels; None for
        unlimited.
    memory : int
        Bytes for stored behaviours, at least 1 MiB; by default half of the memory that the
        machine, the container or ulimit allows. The process itself takes about 175 MB more, and
        the table what it takes.
    threads : int, optional
        The number of worker threads, which changes no result; by default one for each core that
        the process may use.

    Raises
    ------
    SettingError
        If a value is outside its range.
    """

    max_bits: float | None = None
    max_programs: int | None = None
    seconds: float | None = DEFAULT_SECONDS
    memory: int = field(default_factory=default_memory)
    threads: int | None = None

    def __post_init__(self) -> None:
        for name, least, what in (
            ("max_bits", 0, "0 and more, up to a million"),
            ("max_programs", 1, "1 and more"),
            ("seconds", 0, "0 and more"),
            ("memory", LEAST_MEMORY, "1 MiB (1048576) and more"),
            ("threads", 1, f"1 and more, up to {MOST_THREADS}"),
        ):
            value = getattr(self, name)
            if value is None and name != "memory":
                continue
            if not isinstance(value, (int, float, np.number)) or not least <= value < 2**50:
                raise SettingError(f"{name}={value!r}; allowed: {what}")
            kind = float if name in ("max_bits", "seconds") else int
            object.__setattr__(self, name, kind(value))
        if self.threads is not None and self.threads > MOST_THREADS:
            raise SettingError(
                f"threads={self.threads!r}; allowed: 1 and more, up to {MOST_THREADS}"
            )
        if self.max_bits is not None and self.max_bits > 10**6:
            raise SettingError(f"max_bits={self.max_bits!r}; allowed: 0..1000000")


class LimitSettings(TypedDict, total=False):
    """The fields of `Limits`, as keyword arguments of `search` and others."""

    max_bits: float | None
    max_programs: int | None
    seconds: float | None
    memory: int
    threads: int | None


def read_limits(given: Mapping[str, Any]) -> Limits:
    """`Limits` from keyword arguments.

    Parameters
    ----------
    given : mapping of str to value
        Values by the names of the fields of `Limits`.

    Returns
    -------
    Limits

    Raises
    ------
    SettingError
        If a name is unknown or a value is outside its range.
    """
    unknown = [name for name in given if name not in Limits.__dataclass_fields__]
    if unknown:
        known, asked = ", ".join(Limits.__dataclass_fields__), f"{unknown[0]}={given[unknown[0]]!r}"
        if unknown[0] in inspect.signature(load_task).parameters:
            raise SettingError(
                f"{asked} says how a task is read, and is no limit of a search; give it with the "
                f"task: synth.load_task(..., {asked}), or synth.Task.from_frame(..., {asked}) for "
                "a data frame"
            )
        raise SettingError(f"no limit {asked}; allowed: {known}")
    return Limits(**given)


def share(number: int | None, count: int) -> int | None:
    """The share of a number that one of several has; None is a default, which `Search` shares."""
    return max(1, number // count) if isinstance(number, int) and number > 0 else number


def shared(limits: Limits, count: int, left: int, spent: float) -> dict[str, Any]:
    """The limits of one of several languages; `left` of them share the time that is left."""
    seconds = limits.seconds
    if seconds is not None:
        seconds = spent + max(0.0, seconds - spent) / left
    programs = share(limits.max_programs, count)
    return {**vars(limits), "seconds": seconds, "max_programs": programs}
