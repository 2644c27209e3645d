"""The progress line on standard error, shown if that is a terminal."""

import sys
import time

import click

from synth.cli.output import is_quiet
from synth.errors import visible


class Progress:
    """A context manager that gives a progress line, or None if standard error is no terminal.

    seconds: the most that the work takes, None if that is not known.
    """

    def __init__(self, seconds=None):
        self.seconds = seconds

    def __enter__(self):
        self.started = time.monotonic()
        return self if sys.stderr.isatty() and not is_quiet() else None

    def __call__(self, engine, what=""):
        """Shows the progress of one search by its `Enumerator`, or by its `Reaches`."""
        from synth.engine import progress_text

        if self.seconds is not None:
            left = max(0.0, self.seconds - (time.monotonic() - self.started))
            what = f"{what} at most {left:.0f} s left:"
        self.show(f"{what} {progress_text(engine)}")

    def sweep(self, finished, count, engine):
        """Shows how many searches of a sweep are done, and the search at work here, if any."""
        what = f"{finished} of {count} searches" if count > 1 else ""
        if engine is None:
            self.show(what)
        else:
            self(engine, what)

    def items(self, finished, count):
        """Shows how many items are done, and estimates the time that is left."""
        self.show(f"{finished} of {count} items, {self._left(max(finished, 1) / count)} left")

    def share(self, done):
        """Shows which share of the mixture is done, and estimates the time that is left."""
        self.show(f"mixture: {done:.0%}, {self._left(done)} left")

    def _left(self, done):
        left = (time.monotonic() - self.started) * (1 - done) / done
        return f"{left:.0f} s" if left < 120 else f"{left / 60:.0f} min"

    def show(self, text):
        """Shows a text in place of the line."""
        click.echo(f"\r\x1b[K{visible(text.strip())[:78]}", err=True, nl=False)

    def __exit__(self, *_):
        if sys.stderr.isatty():
            click.echo("\r\x1b[K", err=True, nl=False)
