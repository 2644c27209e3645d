"""Searches as work items: plain data that describes a search, so that it can run anywhere.

`Item.search` and `Item.contrast` run an item in this process and return its `Result` or
`Contrast`. `search_item` and `contrast_item` do the same in any process and return a plain
document. `Item.descents` makes moves of chains alone.
"""

import os
from dataclasses import dataclass, field
from functools import cache, partial

from synth import engine, tasks
from synth.engine import default_memory
from synth.errors import SettingError, SweepError
from synth.records import StopReason
from synth.runs.sweeps import Interrupted, share, sweep
from synth.tasks import Task

#: The labels of which `Item.descents` tells what was found.
DESCENDED = ("true", "permuted")


@dataclass(frozen=True)
class Item:
    """One search, or one contrast.

    Paths are made absolute, since a worker may run in another folder. Permuted and drawn
    labels are the same as those of the same seed on the command line.

    Parameters
    ----------
    task : Task, str or path
        A task, its specification, or the path of a CSV file.
    dsl : DSL, str or path, optional
        A specification, or a `DSL` if no other process runs the item. By default the built-in
        DSL that fits the task.
    seed : int, optional
        Seed for the split, the labels and the twin. By default the task's own seed for the
        split, and 0 for the others.
    labels : str, optional
        "true", "permuted" or "uniform".
    corrupt : float, optional
        The fraction of training labels to draw anew.
    twin : str, optional
        How a contrast makes the twin's labels: "permuted" or "uniform".
    table : dict, optional
        The arguments of `load_task` that are for files. Of these, only `train` applies to a
        `Task`.
    top : int, optional
        The number of best hypotheses to keep.
    limits : dict, optional
        The limits of the search, see `Limits`.
    tags : dict, optional
        Names by which the caller knows the item; messages show them.

    Raises
    ------
    SettingError
        If `labels` has another value.
    """

    task: object
    dsl: object = None
    seed: int | None = None
    labels: str = "true"
    corrupt: float | None = None
    twin: str = "permuted"
    table: dict = field(default_factory=dict)
    top: int = 10
    limits: dict = field(default_factory=dict)
    tags: dict = field(default_factory=dict)

    def __post_init__(self):
        if self.labels not in ("true", "permuted", "uniform"):
            raise SettingError(f"labels={self.labels!r}; allowed: true, permuted, uniform")
        given = not isinstance(self.task, Task) and tasks.is_path(self.task)
        if given and not tasks.is_stream(self.task):
            object.__setattr__(self, "task", os.path.abspath(self.task))
        test = self.table.get("test")
        if test is not None and os.path.isfile(test):
            object.__setattr__(self, "table", self.table | {"test": os.path.abspath(test)})
        if isinstance(self.dsl, (str, os.PathLike)) and ".py:" in str(self.dsl):
            object.__setattr__(self, "dsl", os.path.abspath(self.dsl))

    def __str__(self):
        task = self.task.name if isinstance(self.task, Task) else self.task
        tags = self.tags or {"task": task, "dsl": self.dsl, "seed": self.seed}
        return ", ".join(f"{k} {v}" for k, v in tags.items() if v is not None)

    def load(self):
        """The task with the labels that the item asks for.

        Returns
        -------
        Task
        """
        task, table, seed = self.task, dict(self.table), self.seed or 0
        if not isinstance(task, Task):
            task = tasks.load_task(task, seed=self.seed, **table)
        elif table.get("train") is not None:
            task = task.split(table["train"], seed)
        if self.corrupt is not None:
            task = task.corrupted(self.corrupt, seed)
        if self.labels != "true":
            task = getattr(task, self.labels)(seed)
        return task

    def settings(self):
        """The keyword arguments of the search.

        In a worker, the search gets its share of the memory, and one thread unless the limits
        say otherwise.

        Returns
        -------
        dict
        """
        limits, sharing = dict(self.limits), share()
        if sharing is not None:
            memory = limits.get("memory", default_memory())
            limits["memory"] = max(2**20, int(memory / sharing))
            limits.setdefault("threads", 1)
        return {"dsl": self.dsl, "top": self.top, **limits}

    def _loaded(self):
        """The task, and the seconds that it took to load."""
        began = engine.working_time()
        task = self.load()
        return task, engine.working_time() - began

    def search(self, progress=None):
        """Runs the search.

        Parameters
        ----------
        progress : callable, optional
            Called with the `Enumerator` at work.

        Returns
        -------
        Result

        Raises
        ------
        Interrupted
            If Ctrl-C ended the search; its `answer` is the result so far.
        """
        _load_kernels_in_worker()
        task, spent = self._loaded()
        settings = {"seed": self.seed or 0, "spent": spent, **self.settings()}
        found = engine.search(task, progress=progress, **settings)
        return _unless_interrupted(found, found)

    def descents(self, settings):
        """Makes the moves of chains alone, for the item's labels and for permuted ones.

        Parameters
        ----------
        settings : sequence of ReachSettings

        Yields
        ------
        dict of str to Descended
            For each settings, what was found for the labels `DESCENDED`.
        """
        true, given = self.load(), self.settings()
        del given["top"]
        labellings = [true, true.permuted(self.seed or 0)]
        for both in engine.descend(labellings, settings, **given):
            yield dict(zip(DESCENDED, both, strict=True))

    def contrast(self, progress=None):
        """Searches the task and its twin together.

        Parameters
        ----------
        progress : callable, optional
            Called with the `Enumerator` at work.

        Returns
        -------
        Contrast

        Raises
        ------
        Interrupted
            If Ctrl-C ended the search; its `answer` is the contrast so far.
        """
        _load_kernels_in_worker()
        task, spent = self._loaded()
        settings = {"twin": self.twin, "seed": self.seed or 0, "spent": spent, **self.settings()}
        found = engine.contrast(task, progress=progress, **settings)
        return _unless_interrupted(found, found.structured)


def search_item(item, progress=None):
    """Runs an item's search, in any process.

    Parameters
    ----------
    item : Item
    progress : callable, optional
        See `Item.search`.

    Returns
    -------
    dict
        The `Result` as a JSON document.

    Raises
    ------
    Interrupted
        If Ctrl-C ended the search; its `answer` is the document so far.
    """
    return _document(item.search, progress)


def contrast_item(item, progress=None):
    """Runs an item's contrast, in any process.

    Parameters
    ----------
    item : Item
    progress : callable, optional
        See `Item.contrast`.

    Returns
    -------
    dict
        The `Contrast` as a JSON document.

    Raises
    ------
    Interrupted
        If Ctrl-C ended the search; its `answer` is the document so far.
    """
    return _document(item.contrast, progress)


def run_items(function, items, *, executor=None, progress=None):
    """Applies a function to items and keeps what is finished, whatever ends the sweep.

    Parameters
    ----------
    function : callable
        Of an item; with `progress`, and without an executor, also of a keyword `progress`.
    items : iterable
    executor : Executor, optional
        See `sweep`. By default the items run in this thread.
    progress : callable, optional
        Called with the number of finished items, the number of all items, and the
        `Enumerator` at work in this process (or None).

    Returns
    -------
    found : dict
        The answers by the numbers of their items. At Ctrl-C they include the best so far of
        the search in this process.
    stop : KeyboardInterrupt, SweepError or None
        What ended the sweep early.
    """
    items, found, finished = list(items), {}, 0

    def count(number):
        nonlocal finished
        finished = number
        progress(number, len(items), None)

    if progress is not None and executor is None:
        function = partial(function, progress=lambda engine: progress(finished, len(items), engine))
    answers = sweep(function, items, executor=executor, progress=progress and count)
    try:
        for number, answer in enumerate(answers):
            found[number] = answer
    except (KeyboardInterrupt, SweepError) as stop:
        return found | getattr(stop, "finished", {}), stop
    return found, None


def _load_kernels_in_worker():
    """Keeps the time that loading kernels takes from a worker's first search."""
    if share() is not None:
        _load_kernels()


@cache
def _load_kernels():
    for task in ("parity:n=2", "mod-add:p=3"):
        engine.search(task, max_bits=8, max_programs=100)


def _unless_interrupted(found, result):
    if result.stop_reason == StopReason.INTERRUPTED:
        raise Interrupted(found)
    return found


def _document(run, progress):
    try:
        return run(progress).to_dict()
    except Interrupted as stop:
        raise Interrupted(stop.answer.to_dict()) from None
