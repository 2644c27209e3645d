"""A progress bar for notebooks and terminals: tqdm's, or a line on standard error without it."""

import sys
import time
import warnings
from typing import Any

#: A bar is shown once the work has taken so many seconds.
PATIENCE = 1.0
#: The width of the line without tqdm.
WIDTH = 78


class Bar:
    """A bar that shows how far the work is, once it has taken `PATIENCE` seconds.

    It vanishes at the end, so that a notebook keeps only the result.
    """

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._about: Any = None
        self._bar: Any = None

    def show(self, about: Any, made: int, most: int | None, unit: str, text: str) -> None:
        """Shows how far a part of the work is.

        Parameters
        ----------
        about : object
            The part; another part has a new bar.
        made : int
            How much is done.
        most : int, optional
            How much there is to do, if that is known.
        unit : str
            What is counted.
        text : str
            What stands beside the bar.
        """
        if time.monotonic() - self._began < PATIENCE:
            return
        if self._bar is None or about is not self._about:
            self.close()
            self._about, self._bar = about, _new_bar(most, unit)
        self._bar.total = most
        self._bar.n = made
        self._bar.set_postfix_str(text)

    def items(self, finished: int, count: int) -> None:
        """Shows how many of the items of an experiment are done."""
        self.show("items", finished, count, "items", f"{finished} of {count} items")

    def close(self) -> None:
        """Removes the bar."""
        if self._bar is not None:
            self._bar.close()
        self._bar = None


def _new_bar(total: int | None, unit: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # without ipywidgets it says so, and draws with letters
            from tqdm.auto import tqdm
    except ImportError:
        return _Line()
    shape = "{percentage:3.0f}% {bar}" if total else ""
    return tqdm(total=total, unit=f" {unit}", leave=False, bar_format=shape + "{postfix}")


class _Line:
    """A line on standard error, in place of tqdm's bar."""

    n: int
    total: int | None

    def set_postfix_str(self, text: str) -> None:
        print(f"\r{text[:WIDTH]:{WIDTH}}", end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        print("\r" + " " * WIDTH + "\r", end="", file=sys.stderr, flush=True)
