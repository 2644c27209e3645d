"""Saved runs: JSON files that are written as a whole and read back."""

import json
import os
from pathlib import Path

from synth.errors import RunError
from synth.files import write_file
from synth.records.comparison import Comparison
from synth.records.document import FORMAT
from synth.records.experiment import ExperimentRun
from synth.records.result import Contrast, Result

#: What `save_run` writes and `load_run` reads.
Run = Result | Contrast | Comparison | ExperimentRun


def save_run(run: Run, path: str | os.PathLike[str]) -> None:
    """Writes a run as JSON.

    The file is written under another name first and then renamed, so that it is never
    incomplete.

    Parameters
    ----------
    run : Result, Contrast, Comparison or ExperimentRun
    path : str or path

    Raises
    ------
    RunError
        If the file cannot be written.
    """
    write_file(path, json.dumps(run.to_dict(), indent=1, allow_nan=False) + "\n")


def load_run(path: str | os.PathLike[str]) -> Run:
    """Reads a saved run of any kind.

    Parameters
    ----------
    path : str or path
        A file that `save_run` or the option --save wrote.

    Returns
    -------
    Result, Contrast, Comparison or ExperimentRun

    Raises
    ------
    RunError
        If the file cannot be read or holds no run.
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise RunError(f"{path} is not JSON; allowed: a file that --save wrote") from None
    kinds = {record.kind: record for record in (Result, Contrast, Comparison, ExperimentRun)}
    kind = document.get("kind") if isinstance(document, dict) else None
    if not isinstance(kind, str) or kind not in kinds or document.get("format") != FORMAT:
        raise RunError(f"{path} is not a saved run; allowed: a file that --save wrote")
    try:
        return kinds[kind].from_dict(document)
    except RunError as error:
        raise RunError(f"{path}: {error}") from None
