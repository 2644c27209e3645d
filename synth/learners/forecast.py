"""What a fit says of its time: how long it will take, and how far it is.

The forecast is made before the fit, from a first step of the same work on the same table.  The
search is begun with a small share of its programs and moves, and with a larger one, and the mixture
is fitted to a small and to a larger share of the rows.  What both shares take alike is needed once;
what the larger one takes longer grows with the share.  So a forecast follows rows, columns, labels,
settings and the machine, and takes about a tenth of the work.
"""

import time
from collections.abc import Callable
from typing import Any

from synth.engine import progress_text, working_time

#: The shares of the work that are done before a forecast.
FIRST, SECOND = 1 / 64, 1 / 8
#: The least seconds between two lines of the same part.
PAUSE = 1.0


def forecast(work: Callable[[float], bool]) -> float:
    """The seconds of the whole work, without the time to compile kernels.

    Parameters
    ----------
    work : callable
        Does a share of the work, 0..1, and says whether there is more: a search that has proven its
        result ends by itself.

    Returns
    -------
    float
    """
    seconds = []
    for share in (FIRST, SECOND):
        began = working_time()
        more = work(share)
        seconds.append(working_time() - began)
        if not more:
            return seconds[-1]
    return extended(*seconds)


def extended(first: float, second: float) -> float:
    """The seconds of the whole work if `FIRST` and `SECOND` of it take so long."""
    return second + max(0.0, second - first) * (1 - SECOND) / (SECOND - FIRST)


def duration(seconds: float) -> str:
    """Seconds or minutes as a short text."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


class Voice:
    """The lines of a fit on standard output, as scikit-learn's estimators print theirs.

    Parameters
    ----------
    name : str
        Who speaks.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._began = time.monotonic()
        self._said = self._began

    def say(self, text: str) -> None:
        """Print a line with the seconds since the start."""
        self._said = time.monotonic()
        print(f"[{self._name}] {self._said - self._began:.1f} s: {text}", flush=True)

    def expect(self, rows: int, columns: int, labels: int, seconds: float | None) -> None:
        """Say how long a fit will take; None for what has no end by count or time."""
        about = "no forecast, since nothing ends the search"
        if seconds is not None:
            about = f"the fit will take about {duration(seconds)}"
        self.say(f"{rows:,} rows, {columns:,} columns, {labels} labels: {about}")

    def search(self, engine: Any) -> None:
        """Say how far a search is, if nothing was said for a while."""
        if time.monotonic() >= self._said + PAUSE:
            self.say(f"search: {progress_text(engine)}")

    def mixture(self, done: float) -> None:
        """Say which share of the mixture is done, if nothing was said for a while."""
        if time.monotonic() >= self._said + PAUSE:
            self.say(f"mixture: {done:.0%} is done")
