"""Runs of every kind as files: JSON documents that are written whole and read back."""

import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from synth.errors import RunError
from synth.files import write_file
from synth.records.comparison import Comparison
from synth.records.experiment import ExperimentRun
from synth.records.result import FORMAT, Contrast, Result

#: What `save_run` writes and `load_run` reads.
Run = Result | Contrast | Comparison | ExperimentRun


def plain(value: Any) -> Any:
    """The same as JSON's values: Python's numbers, lists; None for what is not finite."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int)):
        return value
    raise TypeError(f"{value!r} is not JSON-serialisable")


def save_run(run: Run, path: str | os.PathLike[str]) -> None:
    """Writes a run of whatever kind as JSON: aside first, then renamed into place."""
    write_file(path, json.dumps(run.to_dict(), indent=1, allow_nan=False) + "\n")


def load_run(path: str | os.PathLike[str]) -> Run:
    """A saved run of whatever kind.  Raises RunError where it cannot be read."""
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise RunError(f"{path} is no JSON; allowed: a file that --save wrote") from None
    kinds = {record.kind: record for record in (Result, Contrast, Comparison, ExperimentRun)}
    kind = document.get("kind") if isinstance(document, dict) else None
    if not isinstance(kind, str) or kind not in kinds or document.get("format") != FORMAT:
        raise RunError(f"{path} is no saved run; allowed: a file that --save wrote")
    try:
        return kinds[kind].from_dict(document)
    except RunError as error:
        raise RunError(f"{path}: {error}") from None
