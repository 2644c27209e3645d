"""How far a search is: as a line of text, and as a bar if people ask for one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from synth.report import Bar, least_bits

#: What is called with the `Enumerator` after every band, and with the `Reaches` after every round.
Told = Callable[[Any], object]
#: What people give: True for a bar.
Progress = Told | bool


def progress_text(engine: Any) -> str:
    """What a search has done and found; engine: its `Enumerator` or its `Reaches`."""
    if hasattr(engine, "progress"):
        return str(engine.progress())
    rate = engine.candidates / max(engine.seconds, 1e-9) / 1e6
    done = least_bits(engine.certified_bits or 0)
    return (
        f"{done} bits, {engine.candidates:,} programs, {len(engine.bank):,} distinct, "
        f"{rate:.1f} M/s"
    )


@contextmanager
def followed(progress: Progress | None) -> Iterator[Told | None]:
    """What is to be called as a search goes on: `progress` itself, or a bar if it is True."""
    if progress is not True:
        yield progress or None
        return
    bar = Bar()

    def told(engine: Any) -> None:
        if hasattr(engine, "progress"):
            unit, (made, most) = "moves", engine.extent()
        else:
            unit, made, most = "programs", engine.candidates, engine.watch.limits.max_programs
        bar.show(engine, made, most, unit, progress_text(engine))

    try:
        yield told
    finally:
        bar.close()
