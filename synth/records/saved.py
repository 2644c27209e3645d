"""Saved runs: JSON files that are written as a whole and read back."""

import json
import os
from pathlib import Path
from typing import Any, get_args

from synth._version import __version__
from synth.errors import RunError, shortened
from synth.files import write_file
from synth.records.comparison import Comparison
from synth.records.contrast import Contrast
from synth.records.document import FORMAT
from synth.records.experiment import ExperimentRun
from synth.records.regression import Regression, RegressionContrast
from synth.records.result import Result

#: What `save_run` writes and `load_run` reads.
Run = Result | Contrast | Comparison | ExperimentRun | Regression | RegressionContrast
_RECORDS = get_args(Run)


def save_run(run: Run, path: str | os.PathLike[str]) -> None:
    """Writes a run as JSON.

    The file is written under another name first and then renamed, so that it is never
    incomplete.

    Parameters
    ----------
    run : Result, Contrast, Comparison, ExperimentRun, Regression or RegressionContrast
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
    Result, Contrast, Comparison, ExperimentRun, Regression or RegressionContrast

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
    kinds = {record.kind: record for record in _RECORDS}
    kind = document.get("kind") if isinstance(document, dict) else None
    form = document.get("format") if isinstance(document, dict) else None
    if isinstance(form, str) and form.startswith("synth-run-") and form != FORMAT:
        raise RunError(
            f"{path} has the format {shortened(form)}{_written_by(document)}; "
            f"synth {__version__} reads {FORMAT}"
        )
    if not isinstance(kind, str) or kind not in kinds or form != FORMAT:
        raise RunError(f"{path} is not a saved run; allowed: a file that --save wrote")
    try:
        return kinds[kind].from_dict(document)
    except RunError as error:
        raise RunError(f"{path}: {error}{_written_by(document)}") from None


def _written_by(document: dict[str, Any]) -> str:
    """The version that wrote a document, for a message; empty if it does not say one."""
    part = document.get("structured", document)
    version = part.get("version") if isinstance(part, dict) else None
    return f", written by synth {shortened(version)}" if isinstance(version, str) else ""
