"""Searches of tables with many rows: programs are sought on some rows and scored on all of them.

100,000 programs of 100,000 rows take 1.3 GB, and a rule that pays on 5,000 rows is seldom another
one than on 100,000.  So the enumeration and reach see `LARGE` rows, drawn at random.  The best that
they find are then scored on all rows, and these totals decide.  What a result says of bits and
chance holds for all rows: the code of a program does not depend on how it was found.  Nothing is
proven of programs that were scored on some rows only: `certified_bits` is what all rows certify.
The record is that of the search on all rows, and `settings["drawn"]` says what was done before.
"""

from dataclasses import replace

from synth.engine.arguments import drawn_settings
from synth.engine.driver import Search
from synth.errors import SweepError
from synth.records import StopReason
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
    return LanguageSearch(tasks, dsl, **settings).run(progress)


class LanguageSearch:
    """The search in one language, on some rows first if there are many.

    Parameters
    ----------
    tasks, dsl, **settings
        As `Search` takes them.

    Attributes
    ----------
    search : Search
        That which makes programs.
    """

    def __init__(self, tasks, dsl, **settings):
        self._tasks, self._dsl, self._settings = tasks, dsl, settings
        large = tasks[0].training > LARGE and tasks[0].is_table and tasks[0].sequence is None
        self._large = large and not settings.get("exact")
        if not self._large:
            self.search = Search(tasks, dsl, **settings)
            return
        given = {key: settings.pop(key, None) for key in ("checkpoint", "map", "moves", "spent")}
        given |= {"map": None, "spent": given["spent"] or 0.0}  # workers make a task by its origin
        self._start = tuple(settings.pop("start", ()) or ())
        self._few = {k: settings.pop(k, None) for k in ("max_programs", "max_bits", "seconds")}
        given |= {"top": max(settings.get("top", 10), SCORED), "start": self._start, **self._few}
        self.search = Search([drawn(task) for task in tasks], dsl, **{**settings, **given})

    def run(self, progress=None, **limits):
        """The results: see `results_of`; limits: new ones, as `Search.run` takes them."""
        return self._whole(_run(self.search, progress, **limits), progress)

    def stopped(self):
        """The results after Ctrl-C, without searching further."""
        return self._whole(self.search.results, None)

    def _whole(self, found, progress):
        """The results on all rows."""
        if not self._large:
            return found
        best = [each.text for r in found for each in r.top if each.kind == "program"]
        best += [point.text for r in found for point in r.front if point.written is None]
        settings = {**self._settings, "moves": 0, "max_programs": 1, "spent": found[0].seconds}
        settings["seconds"] = None  # what was found counts even if the time is over
        settings["start"] = tuple(dict.fromkeys((*self._start, *best)))
        whole = _run(Search(self._tasks, self._dsl, **settings), progress)
        return [_joined(*each, self._few) for each in zip(whole, found, strict=True)]


#: What ends a search of some rows from outside, so that it is no claim about them.
_ENDS = (StopReason.INTERRUPTED, StopReason.SECONDS, StopReason.MEMORY)


def _joined(whole, some, limits):
    """The result on all rows; its settings have the limits, and what was done on some rows."""
    moves = 0 if some.reach is None else some.reach.moves
    drawn = drawn_settings(LARGE, some.candidates, moves, some.stop_reason)
    reason = some.stop_reason if some.stop_reason in _ENDS else whole.stop_reason
    settings = {**whole.settings, **limits, "drawn": drawn}
    return replace(whole, stop_reason=reason, settings=settings)


def _run(search, progress, **limits):
    try:
        search.run(progress=progress, **limits)
    except SweepError as error:
        error.partial = search.results
        raise
    return search.results
