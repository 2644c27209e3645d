"""Where a search ends at the latest: its limits, and Ctrl-C."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypedDict

import numpy as np

from synth.errors import SettingError

#: How long a search goes on where nothing else ends it.
DEFAULT_SECONDS = 30.0


def default_memory() -> int:
    """Half of the machine's memory, in bytes; 2 GiB where that is not known."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, ValueError, OSError):
        return 2**31


#: More threads than this are a slip.
MOST_THREADS = 1024


@dataclass(frozen=True)
class Limits:
    """Where a search ends at the latest.

    max_bits: of a program, at least 0 (None: no such limit); max_programs: made,
    at least 1; seconds: above 0, what compiling and loading kernels takes not counted
    (None: no such limit); memory: bytes for the banks, at least 1 MiB; threads: how many
    work side by side (None: as many as there are cores), which changes no result.  Raises
    SettingError.
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
            ("memory", 2**20, "1 MiB (1048576) and more"),
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
    """The fields of `Limits`, as `search` and others take them by name."""

    max_bits: float | None
    max_programs: int | None
    seconds: float | None
    memory: int
    threads: int | None


def read_limits(given: Mapping[str, Any]) -> Limits:
    """`Limits` by name.  Raises SettingError, for a name that is none too."""
    unknown = [name for name in given if name not in Limits.__dataclass_fields__]
    if unknown:
        known = ", ".join(Limits.__dataclass_fields__)
        raise SettingError(f"no limit {unknown[0]}={given[unknown[0]]!r}; allowed: {known}")
    return Limits(**given)


@contextmanager
def interrupts() -> Iterator[Callable[[], bool]]:
    """Turns the first Ctrl-C into a flag; the second one interrupts as usual.

    Gives a function that says whether Ctrl-C was pressed; in a thread, and where the signal
    is ignored, never.
    """
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if ignored or threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    pressed: list[int] = []

    def note(number: int, frame: object) -> None:
        pressed.append(number)
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)
