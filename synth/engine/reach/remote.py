"""Chains that workers, such as those of a dask cluster, work off.

Banks are too large to be sent.  A worker repeats the enumeration, which is deterministic, and
keeps it.  It then takes the state of a chain, makes moves for some seconds, and returns the state.
Digests show whether its primitives and its rows are those of the search.
"""

import hashlib
import platform
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np

from synth._version import __version__
from synth.engine.curry import LEAF
from synth.engine.digests import about_search
from synth.engine.reach.chain import Chain
from synth.engine.reach.problem import Problem
from synth.engine.reach.stage import Tools
from synth.errors import SweepError
from synth.language import Program
from synth.records import StopReason

#: Applies a function to items and returns the answers in order.  It ends without the others once
#: `until()`, a keyword, says so.
Map = Callable[..., Iterable[Any]]

#: Seconds of moves between two returns of a chain: a stop loses at most so much.  To take up a
#: chain takes 10 ms, here and at the worker.
SLICE = 5.0
#: Seconds after which a worker that has nothing to do forgets the enumeration.
KEPT = 120.0
#: Rows that are digested at a time.
_ROWS = 2**16


@dataclass(frozen=True)
class Recipe:
    """What a worker needs to repeat an enumeration that has ended.

    Parameters
    ----------
    make : callable
        The class `Search`, which stands above this module.
    tasks : tuple of Task
        The labellings.
    dsl : str or None
        The specification of the DSL.
    settings : dict of str to object
        Keyword arguments of `make`.
    about : dict of str to object
        What must be equal at the worker: see `about`.
    """

    make: Callable[..., Any]
    tasks: tuple[Any, ...]
    dsl: str | None
    settings: dict[str, Any]
    about: dict[str, Any]


@dataclass(frozen=True)
class Item:
    """A chain of one of the labellings, by its number; seconds: how long to work."""

    recipe: Recipe
    number: int
    state: dict[str, Any]
    seconds: float

    def __str__(self):
        task = self.recipe.tasks[self.number].name
        return f"a chain of {task}, at move {self.state['moves'][0]:,}"


class Workers:
    """What works off the chains of a search elsewhere.

    Parameters
    ----------
    map : callable
        See `Map`.
    recipe : Recipe
        How workers repeat the enumeration.
    """

    def __init__(self, map, recipe):
        self.map, self.recipe = map, recipe

    def work_off(self, number, chains, parse, must_stop):
        """Make moves of chains that are not at their end, each for some seconds.

        number: of the labelling; parse: a function that makes a program of a text; must_stop: says
        whether a limit is reached.  Moves of chains that were not returned by then are lost.
        """
        items = [Item(self.recipe, number, chain.state(), SLICE) for chain in chains]
        states = self.map(work_off, items, until=must_stop)
        for state, chain in zip(states, chains, strict=False):
            chain.restore(state, parse)


def recipe_of(search):
    """The `Recipe` of a search whose enumeration has ended."""
    engine, limits = search._engine, search.limits
    programs = engine.candidates if engine.stop_reason == StopReason.MAX_PROGRAMS else None
    settings = {
        "max_bits": limits.max_bits,
        "max_programs": programs,
        "seconds": None,
        "memory": limits.memory,
        "threads": limits.threads or 1,  # one for each worker unless more are given, as in a sweep
        "top": search._top,
        "proven": search._proven,
        "among": search._among,
        "moves": 0,
    }
    alike = about(search) | banks_of(search)
    return Recipe(type(search), tuple(search._tasks), search._source, settings, alike)


def about(search):
    """Versions, and digests of the rules and data of a search."""
    versions = {"synth": __version__, "numpy": np.__version__, "numba": numba.__version__}
    training = np.stack([labelling.values for labelling in search._labellings])
    score = search._labellings[0].score
    limits = search.limits
    return versions | about_search(
        search._engine, training, top=score.top, limits=limits, among=search._among
    )


def banks_of(search):
    """A digest of all rows of the banks, with their costs and how they are made."""
    engine, found = search._engine, hashlib.blake2b(digest_size=16)
    arity = {r.number: 0 if r.kind == LEAF else len(r.fixed) + 1 for r in engine.rules}
    operands = np.array([arity.get(k, 0) for k in range(max(arity) + 1)])
    for bank in engine.banks.values():
        found.update(repr([bank.costs, bank.ends]).encode())
        arrays, _ = bank.state()
        rows, rule, arguments = (arrays[name] for name in ("rows", "rule", "arguments"))
        for k in range(0, len(rows), _ROWS):
            part = slice(k, k + _ROWS)
            used = np.arange(arguments.shape[1]) < operands[rule[part], None]
            for array in (rows[part], rule[part], np.where(used, arguments[part], 0)):
                found.update(np.ascontiguousarray(array).tobytes())
    return {"banks": found.hexdigest()}


# -- at the worker ----------------------------------------------------------------


def work_off(item):
    """Make moves of a chain for some seconds, at a worker; the chain's state."""
    problem, tools = _repeated.problem(item.recipe, item.number)
    chain = Chain(problem, tools, np.random.default_rng(), problem.labelling.score.top)
    chain.restore(item.state, lambda text: Program.parse(text, problem.grammar, problem.root))
    before, late = chain.moves, time.monotonic() + item.seconds
    chain.work(lambda: chain.moves > before and time.monotonic() >= late)
    return chain.state()


class _Repeated:
    """The enumeration that this process has repeated last, until nobody needs it for a while."""

    def __init__(self):
        self._lock = threading.Lock()
        self._about = self._problems = self._tools = None
        self._timer, self._uses = None, 0

    def problem(self, recipe, number):
        """The `Problem` of a labelling, and its tools; the threads of a worker share them."""
        with self._lock:
            self._uses += 1
            if self._about != recipe.about:
                self._forget()
                self._repeat(recipe)
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(KEPT, self._forget_unless_used, [self._uses])
            self._timer.daemon = True
            self._timer.start()
            return self._problems[number], self._tools

    def _repeat(self, recipe):
        search = recipe.make(recipe.tasks, recipe.dsl, **recipe.settings)
        _compare(about(search), recipe.about)
        search.run()
        _compare(banks_of(search), recipe.about)
        self._problems = [Problem(search._engine, each) for each in search._labellings]
        self._tools = Tools(search._engine, search._labellings[0])
        self._about = recipe.about

    def _forget_unless_used(self, uses):
        with self._lock:
            if uses == self._uses:  # else it was too late to cancel this timer
                self._forget()

    def _forget(self):
        self._about = self._problems = self._tools = None


_repeated = _Repeated()


def _compare(here, there):
    """Raise SweepError unless what a worker has is what the search has."""
    words = {
        "dsl": "the DSL computes something else",
        "task": "the task has other values",
        "banks": "the enumeration found other programs; is there less memory?",
    }
    for name, value in here.items():
        if there[name] != value:
            what = words.get(name, f"{name} is {value}, and {there[name]} where the search runs")
            raise SweepError(
                f"the worker on {platform.node()} cannot make moves of this search: {what}; "
                "allowed: workers with the same versions, files and memory"
            )
