"""SIGTERM and SIGHUP stop a command as Ctrl-C does; its exit status says which signal came."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

#: The signal that last came outside a search.
_came: list[int] = []


@contextmanager
def stopping() -> Iterator[None]:
    """Let SIGTERM and SIGHUP raise KeyboardInterrupt, unless the program handles or ignores them.

    A search that is running takes the signal instead, and returns the best so far.
    """
    before = {}
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, 0)
        if number and signal.getsignal(number) is signal.SIG_DFL:
            before[number] = signal.signal(number, _stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def exit_status() -> int:
    """The exit status after a stop: 130 after Ctrl-C, 143 after SIGTERM, 129 after SIGHUP."""
    if _came:
        return 128 + _came[-1]
    engine = sys.modules.get("synth.engine")  # if it is not loaded, no search was stopped
    return 128 + (engine.interrupting_signal() if engine else signal.SIGINT)


def _stop(number: int, frame: object) -> None:
    _came.append(number)
    raise KeyboardInterrupt
