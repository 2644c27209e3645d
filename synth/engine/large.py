"""Searches of tables with many rows: programs are sought on some rows and scored on all of them.

100,000 programs of 100,000 rows take 1.3 GB, and a rule that pays on 5,000 rows is seldom another
one than on 100,000.  So the enumeration and reach see `LARGE` rows, drawn at random.  The best that
they find are then scored on all rows, and these totals decide.  What a result says of bits and
chance holds for all rows: the code of a program does not depend on how it was found.  Nothing is
proven of programs that were scored on some rows only: `certified_bits` is what all rows certify.
The record is that of the search on all rows, and `settings["drawn"]` says what was done before.
"""

from dataclasses import replace

from synth.engine.driver import Search
from synth.errors import SweepError
from synth.tasks import LARGE, drawn

#: How many of the best programs on some rows are scored on all rows, beside those of the front.
SCORED = 64


def results_of(tasks, dsl, *, progress=None, **settings):
    """The `Result` of each of some labellings, in one language.

    Parameters
    ----------
    tasks, dsl, progress, **settings
        As `Search` and its `run` take them.

    Raises
    ------
    SweepError
        If no worker is left; its `partial` has the results so far.
    """
    large = tasks[0].training > LARGE and tasks[0].is_table and tasks[0].sequence is None
    if not large or settings.get("exact"):
        return _run(tasks, dsl, progress, **settings)
    limits = {key: settings.pop(key, None) for key in ("checkpoint", "map", "moves", "spent")}
    limits |= {"map": None, "spent": limits["spent"] or 0.0}  # workers make a task by its origin
    top, start = settings.pop("top", 10), tuple(settings.pop("start", ()) or ())
    few = {key: settings.pop(key, None) for key in ("max_programs", "max_bits", "seconds")}
    found = _run(
        [drawn(task) for task in tasks],
        dsl,
        progress,
        **{"top": max(top, SCORED), "start": start, **few, **limits, **settings},
    )
    best = [each.text for r in found for each in r.top if each.kind == "program"]
    best += [point.text for r in found for point in r.front if point.written is None]
    settings |= {"start": tuple(dict.fromkeys((*start, *best))), "moves": 0, "max_programs": 1}
    whole = _run(tasks, dsl, progress, top=top, spent=found[0].seconds, **settings)
    return [_joined(*each, few) for each in zip(whole, found, strict=True)]


def _joined(whole, some, limits):
    """The result on all rows; its settings have the limits, and what was done on some rows."""
    drawn = {
        "rows": LARGE,
        "candidates": some.candidates,
        "moves": 0 if some.reach is None else some.reach.moves,
        "stop_reason": str(some.stop_reason),
    }
    return replace(whole, settings={**whole.settings, **limits, "drawn": drawn})


def _run(tasks, dsl, progress, **settings):
    made = Search(tasks, dsl, **settings)
    try:
        made.run(progress=progress)
    except SweepError as error:
        error.partial = made.results
        raise
    return made.results
