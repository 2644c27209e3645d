"""When a limit ends a search: on time, on the number of programs, or at Ctrl-C."""

from collections.abc import Callable

from synth.engine.crew import working_time
from synth.engine.limits import Limits
from synth.records import StopReason


class LateError(Exception):
    """Raised in the midst of work that a limit ends; caught where that work was begun."""


def looking(is_late: Callable[[], bool]) -> Callable[[], None]:
    """A function that raises `LateError` if it is late, to be called about every 0.1 s of work."""

    def look() -> None:
        if is_late():
            raise LateError

    return look


class Watch:
    """The limits of a search, and the clock that they are held against.

    Parameters
    ----------
    limits : Limits
        The limits; may be replaced while the search pauses.
    interrupted : callable
        Says whether Ctrl-C was pressed.
    seconds : float
        What the search has taken before.

    The clock runs from the start.  It stands still while kernels are compiled or loaded, and
    between `pause` and `go_on`.
    """

    def __init__(
        self,
        limits: Limits,
        interrupted: Callable[[], bool] = lambda: False,
        seconds: float = 0.0,
    ) -> None:
        self.limits = limits
        self.interrupted = interrupted
        self._before = seconds
        self._since: float | None = working_time()

    @property
    def seconds(self) -> float:
        """How long the search has worked, in seconds."""
        running = 0.0 if self._since is None else working_time() - self._since
        return self._before + running

    def set(self, seconds: float) -> None:
        """Let the clock show so many seconds."""
        self._before = seconds
        if self._since is not None:
            self._since = working_time()

    def pause(self) -> None:
        """Stop the clock, and forget who says whether Ctrl-C was pressed."""
        self._before, self._since = self.seconds, None
        self.interrupted = lambda: False

    def go_on(self, interrupted: Callable[[], bool]) -> None:
        """Start the clock again; interrupted: says whether Ctrl-C was pressed."""
        self._before, self._since = self.seconds, working_time()
        self.interrupted = interrupted

    def is_late(self, extra: float = 0.0) -> bool:
        """Whether the search has to end before something that takes `extra` seconds is done."""
        most = self.limits.seconds
        return (most is not None and self.seconds + extra >= most) or self.interrupted()

    def programs_left(self, made: int) -> int:
        """How many more programs may be made after `made`."""
        most = self.limits.max_programs
        return 2**62 if most is None else most - made

    def reason(self, made: int) -> StopReason | None:
        """The limit that is reached after `made` programs, or None."""
        if self.interrupted():
            return StopReason.INTERRUPTED
        if self.programs_left(made) <= 0:
            return StopReason.MAX_PROGRAMS
        if self.limits.seconds is not None and self.seconds >= self.limits.seconds:
            return StopReason.SECONDS
        return None
