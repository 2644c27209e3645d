"""Searches as work items: plain data that says all of a search, to be run anywhere."""

import json
import os
from dataclasses import dataclass, field
from functools import cache, partial

from synth import engine, tasks
from synth.engine import default_memory
from synth.errors import SettingError, SweepError
from synth.records import StopReason
from synth.runs.sweeps import Interrupted, share, sweep
from synth.tasks import Task


@dataclass(frozen=True)
class Item:
    """One search, or one contrast.

    task: its specification, a CSV file's path, or a `Task`; dsl: a specification, or
    a `DSL` where no other process is to run it; seed: of the split, the labels and
    the twin (None: the task's own, and 0); labels: "true", "permuted" or "uniform";
    corrupt: the fraction of training labels to draw anew; twin: of a contrast;
    table: `train`, `label`, `drop` and `modulus` of `load_task`; top and limits: of
    `search`; tags: what a caller knows it by.

    Paths are made absolute, since the worker may be elsewhere.  Labels that are
    permuted or drawn are those of the same seed on the command line.
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
        if not isinstance(self.task, Task) and tasks.is_path(self.task):
            object.__setattr__(self, "task", os.path.abspath(self.task))
        if isinstance(self.dsl, (str, os.PathLike)) and ".py:" in str(self.dsl):
            object.__setattr__(self, "dsl", os.path.abspath(self.dsl))

    def __str__(self):
        tags = self.tags or {"task": self.task, "dsl": self.dsl, "seed": self.seed}
        return ", ".join(f"{k} {v}" for k, v in tags.items() if v is not None)

    def load(self):
        """The task, with the labels that are asked for."""
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
        """Keyword arguments of `search`; a worker uses its part of the memory, one thread."""
        limits, sharing = dict(self.limits), share()
        if sharing is not None:
            memory = limits.get("memory", default_memory())
            limits["memory"] = max(2**20, int(memory / sharing))
            limits.setdefault("threads", 1)
        return {"dsl": self.dsl, "top": self.top, **limits}


def search_item(item, progress=None):
    """The `Result` of an item's search as a plain document.

    Raises `Interrupted` with that document where Ctrl-C ended the search.
    """
    _prepare()
    result = engine.search(item.load(), progress=progress, **item.settings())
    return _unless_interrupted(result, result.to_dict())


def contrast_item(item, progress=None):
    """The `Contrast` of an item's task and its twin as a plain document; as `search_item`."""
    _prepare()
    both = engine.contrast(
        item.load(), twin=item.twin, seed=item.seed or 0, progress=progress, **item.settings()
    )
    return _unless_interrupted(both.structured, both.to_dict())


def run_items(function, items, *, executor=None, progress=None):
    """The answers of `function(item)` by the items' numbers, and what cut them short.

    That is None, or a KeyboardInterrupt, or a SweepError; what was finished is there
    all the same, and at Ctrl-C the best so far of a search in this process.
    progress: called with the number of items finished, with how many they are, and in
    this process with the `Enumerator` at work (else None).
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


def _prepare():
    """Loads a worker's kernels, so that its first search does not spend its seconds on that."""
    if share() is not None:
        _load_kernels()


@cache
def _load_kernels():
    for task in ("parity:n=2", "mod-add:p=3"):
        engine.search(task, max_bits=8, max_programs=100)


def _unless_interrupted(result, document):
    document = json.loads(json.dumps(document, allow_nan=False))  # lists, and Python's numbers
    if result.stop_reason == StopReason.INTERRUPTED:
        raise Interrupted(document)
    return document
