"""What a fit says of its time: how long it will take, and how far it is.

The forecast is made before the fit, from first steps of the same work on the same machine: the fit
to two small samples of the rows, with the settings of the whole.  What the larger sample takes
longer says how the time grows.  That of the mixture grows in proportion to the rows, and that of
the search with their logarithm: on 50 columns it took 1.5, 2.5, 4.0 and 4.8 s for 100, 400, 1,600
and 5,000 rows, and no more are searched.
"""

import math
import time
from collections.abc import Callable
from typing import Any

from synth.engine import progress_text, working_time

#: The shares of the rows that the mixture is fitted to before a forecast.
FIRST, SECOND = 1 / 64, 1 / 16
#: The most rows that are searched before, and the share of them that is searched first.
SEARCHED, PART = 200, 1 / 4
#: A fit to at most so many rows takes a few seconds, of which a forecast would need most.
FEW = 1000
#: The least seconds between two lines of the same part.
PAUSE = 1.0


def in_proportion(work: Callable[[int], object], rows: int) -> float:
    """The seconds of some work on all rows, if they grow in proportion to the rows.

    Parameters
    ----------
    work : callable
        Does the work on so many rows.
    rows : int
        How many rows there are.  Time to compile kernels is not counted.
    """
    few, more = (max(2, round(share * rows)) for share in (FIRST, SECOND))
    first, second = _seconds(work, few), _seconds(work, more)
    return second + max(0.0, second - first) * (rows - more) / max(1, more - few)


def by_doublings(work: Callable[[int], object], rows: int) -> float:
    """The seconds of some work on all rows, if each doubling of the rows adds as much.

    Parameters
    ----------
    work, rows
        As `in_proportion` takes them.
    """
    more = max(2, min(SEARCHED, round(PART * rows)))
    few = max(2, round(PART * more))
    first, second = _seconds(work, few), _seconds(work, more)
    return second + max(0.0, second - first) * math.log(rows / more) / math.log(1 / PART)


def _seconds(work, rows):
    began = working_time()
    work(rows)
    return working_time() - began


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

    def expect(self, seconds: float | None) -> None:
        """Say how long a fit will take; None for what has no end by count or time."""
        if seconds is None:
            self.say("nothing but Ctrl-C may end the search")
        else:
            self.say(f"the fit will take about {duration(seconds)}")

    def search(self, engine: Any) -> None:
        """Say how far a search is, if nothing was said for a while."""
        if time.monotonic() >= self._said + PAUSE:
            self.say(f"search: {progress_text(engine)}")

    def mixture(self, done: float) -> None:
        """Say which share of the mixture is done, if nothing was said for a while."""
        if time.monotonic() >= self._said + PAUSE:
            self.say(f"mixture: {done:.0%} is done")
