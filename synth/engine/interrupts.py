"""Ctrl-C, SIGTERM and SIGHUP stop a search, which then returns the best so far."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

#: The signal that last ended a search.
_last = [signal.SIGINT]


def interrupting_signal() -> int:
    """The number of the signal that last ended a search."""
    return int(_last[0])


@contextmanager
def interrupts() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C into a flag; the second one interrupts as usual.

    SIGTERM and SIGHUP do the same if the program handles them, as the command line does;
    otherwise they end the process as usual.  Yields a function that says whether such a signal
    came.  In a thread other than the main one it always says no.

    A signal that comes when nobody asks any more is handed to its earlier handler at the end, so
    that none is lost: for Ctrl-C, KeyboardInterrupt is raised.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before: dict[int, Any] = {}
    noted: list[int] = []
    seen: list[bool] = []

    def note(number: int, frame: object) -> None:
        noted.append(number)
        _last[0] = signal.Signals(number)
        for each, handler in before.items():
            signal.signal(each, handler)

    def interrupted() -> bool:
        if noted and not seen:
            seen.append(True)
        return bool(noted)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, 0)
        handler = signal.getsignal(number) if number else None
        if callable(handler) and not isinstance(handler, signal.Handlers):
            before[number] = handler
    for number in before:
        signal.signal(number, note)
    try:
        yield interrupted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if noted and not seen:
            before[noted[0]](noted[0], None)
