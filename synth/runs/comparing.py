"""Tasks by DSLs: the best hypothesis for each task in each DSL, as one sweep of searches."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import asdict
from pathlib import PurePath
from typing import Any, Literal, Unpack

from synth._version import __version__
from synth.engine import DEFAULT_CHAINS, LimitSettings, ReachSettings, read_limits
from synth.errors import DSLError, SettingError, SweepError
from synth.language import DSL
from synth.language.dsls import find as find_dsl
from synth.records import COMPARED, Comparison, StopReason
from synth.runs.items import Item, run_items
from synth.runs.sweeps import Interrupted
from synth.tasks import Task


def compare(
    tasks: Task | str | PurePath | Iterable[Task | str | PurePath],
    dsls: DSL | str | PurePath | Iterable[DSL | str | PurePath] = (),
    *,
    seeds: int = 1,
    seed: int = 0,
    labels: Literal["true", "permuted", "uniform"] = "true",
    corrupt: float | None = None,
    train: int | float | None = None,
    label: str | None = None,
    drop: Iterable[str] = (),
    keep: Iterable[str] = (),
    missing: str | None = None,
    na: Sequence[str] | None = None,
    modulus: int | None = None,
    test: str | None = None,
    moves: int | None = None,
    chains: int = DEFAULT_CHAINS,
    executor: Executor | None = None,
    progress: Callable[..., object] | None = None,
    **limits: Unpack[LimitSettings],
) -> Comparison:
    """Searches every task in every DSL.

    If a DSL does not fit a task, its row says why. Ctrl-C ends the comparison, which then has
    the rows that were finished. In a worker, a search gets its share of the memory, and one
    thread unless the limits say otherwise.

    Parameters
    ----------
    tasks : Task, str or path, or an iterable of these
        Tasks, specifications, or paths of CSV files.
    dsls : DSL, str or path, or an iterable of these, optional
        Specifications, or `DSL` objects if no other process runs them. By default the
        built-in DSL that fits each task.
    seeds : int, optional
        The number of splits and labellings of each task.
    seed : int, optional
        The first of the consecutive seeds.
    labels : str, optional
        "true", "permuted" or "uniform".
    corrupt : float, optional
        The fraction of training labels to draw anew.
    train, label, drop, keep, missing, na, modulus, test : optional
        See `load_task`.
    moves, chains : int, optional
        How far reach goes in each search, see `synth.search`.
    executor : Executor, optional
        The executor of the sweep, see `synth.runs.sweeps`. By default all runs in this thread.
    progress : callable, optional
        See `run_items`.
    **limits
        The limits of each search, see `Limits`.

    Returns
    -------
    Comparison

    Raises
    ------
    SettingError
        If there is no task, a name appears twice, or a setting is not allowed.
    DSLError
        If there is no such DSL.
    SweepError
        If a worker died of a search. Its `partial` has the rows that were finished.
    """
    tasks = [tasks] if isinstance(tasks, (str, PurePath, Task)) else list(tasks)
    dsls = [dsls] if isinstance(dsls, (str, PurePath, DSL)) else list(dsls)
    if not tasks:
        raise SettingError("tasks: none; allowed: 1 or more")
    if not isinstance(seeds, int) or seeds < 1:
        raise SettingError(f"seeds={seeds!r}; allowed: 1 or more")
    task_names, dsl_names = _names("tasks", tasks, Task), _names("dsls", dsls, DSL)
    for dsl in dsls:
        find_dsl(dsl)
    read, reach = read_limits(limits), ReachSettings(moves, chains)
    table: dict[str, Any] = {"train": train, "label": label, "drop": tuple(drop)}
    table |= {"modulus": modulus, **_given(keep=tuple(keep), missing=missing, na=na, test=test)}
    searched = {**limits, "moves": reach.moves, "chains": reach.chains}
    shared: dict[str, Any] = {"labels": labels, "corrupt": corrupt}
    shared |= {"table": table, "limits": searched}
    pairs: list[tuple[Any, str | None]] = [*zip(dsls, dsl_names, strict=True)] or [(None, None)]
    # Seeds are consecutive, so that each row equals a search with that --seed, and every DSL
    # gets the same splits.
    items = [
        Item(task, dsl, k, top=1, tags={"task": name, "dsl": dsl_name, "seed": k}, **shared)
        for task, name in zip(tasks, task_names, strict=True)
        for dsl, dsl_name in pairs
        for k in range(seed, seed + seeds)
    ]
    found, stop = run_items(_row, items, executor=executor, progress=progress)
    asked = {"tasks": task_names, "dsls": dsl_names, "seeds": seeds, "seed": seed}
    asked |= {"labels": labels, "corrupt": corrupt, **table, "drop": list(drop)}
    reasons = {type(None): StopReason.FINISHED, SweepError: StopReason.FAILED}
    comparison = Comparison(
        **_in_order(found),
        settings={**asked, **asdict(read), "moves": reach.moves, "chains": reach.chains},
        stop_reason=reasons.get(type(stop), StopReason.INTERRUPTED),
        version=__version__,
    )
    if isinstance(stop, SweepError):
        stop.partial = comparison
        raise stop
    return comparison


def _given(**values: Any) -> dict[str, Any]:
    """The values that are given: others are left out, so that documents do not list them."""
    return {name: value for name, value in values.items() if value}


def _names(what: str, given: list[Any], kind: type[Any]) -> list[str]:
    names = [g.name if isinstance(g, kind) else str(g) for g in given]
    for k, name in enumerate(names):
        if name in names[:k]:
            raise SettingError(f"{what}: {name} appears twice; names must be distinct")
    return names


def _in_order(found: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """The rows that were found, and where their data come from."""
    rows = [found[number] for number in sorted(found)]
    sources = tuple(row.pop("source", None) for row in rows)
    return {"rows": tuple(rows), "sources": sources}


def _row(item: Item, progress: Callable[..., object] | None = None) -> dict[str, Any]:
    """The row of one search."""
    try:
        return _kept(item, item.search(progress).to_dict())
    except Interrupted as stop:
        raise Interrupted(_kept(item, stop.answer.to_dict())) from None
    except DSLError as error:
        return {**dict.fromkeys(COMPARED), **item.tags, "error": " ".join(str(error).split())}


def _kept(item: Item, document: dict[str, Any]) -> dict[str, Any]:
    program = document["program"] or dict.fromkeys(
        ("text", "inverted", "bits", "exceptions", "ties", "written", "kind")
    )
    chosen = document["table" if document["chosen"] == "table" else "program"]
    kept = {
        "dsl": document["dsl"],
        **{k: v for k, v in item.tags.items() if v is not None},
        "chosen": document["chosen"],
        "program": program["text"],
        **{k: program[k] for k in ("inverted", "bits", "exceptions", "ties", "written", "kind")},
        "languages": len(document["languages"]),
        "table_bits": document["table"]["bits"],
        "train_accuracy": chosen["train_accuracy"],
        "test_accuracy": chosen["test_accuracy"],
        "error": None,
    }
    row = {key: kept[key] if key in kept else document[key] for key in COMPARED}
    return {**row, "source": document["source"]}
