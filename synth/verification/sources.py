"""Makes the task and the DSL of a saved run again, and says what is not as it was.

A built-in task is made by its name. A table is read from its path, or from another one that the
user names. A DSL that is a file is loaded only if the user names it, since that runs the file.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from synth.errors import RunError, SynthError
from synth.language import DSL, Program, dsls
from synth.language.dsls import for_types, load_dsl
from synth.records import LinearSum, Regression, Result, source_of, task_of
from synth.tasks import (
    Origin,
    Task,
    file_digest,
    fit,
    is_path,
    prepared,
    regenerated,
    with_real_numbers,
)
from synth.verification.claims import Claims
from synth.verification.truth import Truth

_SAVE_ROWS = "save the run with its rows: synth.save_run(run.with_data(), FILE)"


@dataclass
class Given:
    """What the user says about where data are now.

    Parameters
    ----------
    table : str or None
        The path of the table.
    dsl : str or None
        The specification of the DSL.
    folder : Path
        The folder of the run, in which a table with a relative path may be.
    """

    table: str | None
    dsl: str | None
    folder: Path


def truth_of(
    source: dict[str, Any],
    data: dict[str, Any] | None,
    given: Given,
    named: tuple[str, str],
    claims: Claims,
    read: Callable[[DSL, Task], Task] = prepared,
) -> Truth:
    """The task and the DSL that a source describes, made again.

    Parameters
    ----------
    source : dict
        What `source_of` returned when the run was saved.
    data : dict or None
        The rows that the run keeps.
    given : Given
        What the user says.
    named : tuple of str
        The name of the task and its labelling.
    claims : Claims
        Takes what has changed.
    read : callable
        Makes of a DSL and the task the task as the DSL reads it.

    Raises
    ------
    RunError
        If the table or the DSL is missing, or cannot be used.
    """
    try:
        task = _task(source["task"], data, given, *named)
        dsl = _dsl(source["dsl"], task, given)
        truth = Truth(read(dsl, task), dsl)
        now = source_of(task, dsl)
    except (SynthError, MemoryError) as error:
        raise RunError(f"the run cannot be verified: {error or 'out of memory'}") from None
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError) as error:
        text = " ".join(f"{type(error).__name__}: {error}".split())[:120]
        raise RunError(f"the task cannot be made from what the run says: {text}") from None
    if data is None or given.table is not None:
        _compare_files(claims, "source.task.sha256", source["task"], now["task"])
    _compare_files(claims, "source.dsl.sha256", source["dsl"], now["dsl"])
    claims.equal("source.inputs", source["inputs"], now["inputs"])
    claims.equal("source.labels", source["labels"], now["labels"])
    claims.equal("source.dsl.signatures", source["dsl"]["signatures"], now["dsl"]["signatures"])
    return truth


def revived(run: Result, given: Given) -> Result:
    """A saved result with its task and its program, made again, so that it can predict.

    Parameters
    ----------
    run : Result
        What `load_run` returned.
    given : Given
        What the user says about where data are now.

    Raises
    ------
    RunError
        If the run does not say where its data come from, or they cannot be had or have changed.
    """
    task, dsl = _again(run, given)
    fitted = fit(dsl, task)
    program = None
    if run.program is not None and (run.program.kind == "program" or run.program.written):
        program = Program.parse(run.program.expression, fitted.grammar, fitted.root)
    return replace(run, trained_on=fitted.task, best=program)


def revived_numbers(run: Regression, given: Given) -> Regression:
    """A saved search for real labels with its task and its programs, made again: see `revived`."""
    task, dsl = _again(run, given)
    fitted = fit(dsl, with_real_numbers(dsl, task))

    def whole(found: LinearSum) -> LinearSum:
        programs = (Program.parse(text, fitted.grammar, fitted.root) for text in found.terms)
        return replace(found, programs=tuple(programs))

    top = tuple(map(whole, run.top))
    program = run.program and whole(run.program)
    return replace(run, trained_on=task, fitted=fitted.task, program=program, top=top)


def _again(run: Result | Regression, given: Given) -> tuple[Task, DSL]:
    """The task and the DSL of a saved run, which must be as they were."""
    source, data = run.source, run.data
    if source is None:
        raise RunError(f"it does not say where its data come from; {_SAVE_ROWS}")
    table = given.table
    if table is None and data is not None and source["task"] is not None:
        # The table says how new rows are read, which the rows that the run keeps do not.
        found = _found(source["task"]["spec"], given.folder)
        if found is not None and file_digest(found) == source["task"]["sha256"]:
            table = str(found)
    task = _task(source["task"], data, replace(given, table=table), run.task, run.labelling)
    dsl = _dsl(source["dsl"], task, given)
    now = source_of(task, dsl)
    if (now["inputs"], now["labels"]) != (source["inputs"], source["labels"]):
        name = given.table or (source["task"] or {}).get("spec", run.task)
        raise RunError(
            f"{name} is not as it was when the run was made; give the same table with --table FILE"
        )
    return task, dsl


def _compare_files(claims: Claims, what: str, was: Any, now: Any) -> None:
    digests = [each and each["sha256"] for each in (was, now)]
    if digests[0] is not None or digests[1] is not None:
        claims.equal(what, *digests)


def _task(
    origin: dict[str, Any] | None, data: dict[str, Any] | None, given: Given, *named: str
) -> Task:
    table = given.table
    if table is None and data is not None:
        return task_of(data, *named)
    if origin is None:
        raise RunError(f"its task was made in Python; {_SAVE_ROWS}")
    kept = Origin(
        origin["spec"],
        origin["options"],
        origin["sha256"],
        tuple(tuple(step) for step in origin["steps"]),
    )
    if origin["sha256"] is None and not is_path(kept.spec):
        if table is not None:
            raise RunError(f"--table {table}: its task is {kept.spec}, which is not read from one")
        return regenerated(kept)
    path = _found(kept.spec, given.folder) if table is None else Path(table)
    if path is None or not path.is_file():
        raise RunError(f"no table {table or kept.spec}; give its path with --table FILE")
    test = _found(kept.options.get("test") or "", given.folder)
    if test is not None:  # not a condition
        kept = replace(kept, options={**kept.options, "test": str(test)})
    # The name of a task is that of its table, which may have another one now.
    return replace(regenerated(kept, path), name=os.path.basename(kept.spec))


def _found(spec: str, folder: Path) -> Path | None:
    """The table where its path says, or in the folder of the run."""
    for path in (Path(spec), folder / spec, folder / os.path.basename(spec)):
        if path.is_file():
            return path
    return None


def _dsl(kept: dict[str, Any], task: Task, given: Given) -> DSL:
    types = (*task.types.values(), task.label_type)
    spec = given.dsl or kept["spec"]
    if spec is None:
        raise RunError("its DSL was made in Python; give it with --dsl FILE.py:NAME")
    if given.dsl is None and dsls.is_file(spec):
        raise RunError(f"its DSL is the file {spec}, whose code would run; give it with --dsl")
    return load_dsl(spec, types) if spec else for_types(types)
