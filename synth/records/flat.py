"""Flat rows of runs: what `--format csv` prints and `frame()` returns.

A search has one row, a contrast two. A comparison or an experiment has those that it consists of.
"""

from typing import TYPE_CHECKING, Any

from synth.errors import SettingError

if TYPE_CHECKING:
    from pandas import DataFrame


def frame_of(rows: Any) -> "DataFrame":
    """Dicts as a data frame of pandas; columns are in the order in which keys first appear.

    Raises
    ------
    SettingError
        If pandas is not installed.
    """
    try:
        import pandas
    except ImportError:
        raise SettingError(
            "frame(): pandas is not installed; pip install 'synth-mdl[notebook]'"
        ) from None
    rows = [dict(row) for row in rows]
    return pandas.DataFrame(rows, columns=list(dict.fromkeys(key for row in rows for key in row)))


def flat_rows(run: Any) -> list[dict[str, Any]]:
    """The rows of a run of any kind, as plain dicts."""
    if run.kind in ("compare", "run"):
        return list(run.rows)
    record = _regression_record if run.kind.startswith("regression") else _record
    if run.kind in ("contrast", "regression-contrast"):
        return [record(run.structured), record(run.random)]
    return [record(run)]


def _regression_record(found: Any) -> dict[str, Any]:
    program = found.program
    keys = "text", "bits", "total_bits", "noise", "exceptions"
    text, bits, total, noise, exceptions = (getattr(program, k, None) for k in keys)
    return {
        "task": found.task, "labels": found.labelling, "dsl": found.dsl,
        "training_rows": found.rows["train"], "held_out_rows": found.rows["test"],
        "chosen": found.chosen, "program": text, "program_bits": bits,
        "noise": noise, "exceptions": None if exceptions is None else len(exceptions),
        "program_total_bits": total, "constant_bits": found.constant.total_bits,
        "table_bits": found.table_bits, "total_bits": found.total_bits,
        "saved_bits": found.saved_bits, "log2_chance_bound": found.log2_chance_bound,
        "train_error": found.train_error, "test_error": found.test_error,
        "test_r2": found.test_r2, "optimal": found.optimal,
        "certified_bits": found.certified_bits, "pair_bits": found.pair_bits,
        "stop_reason": found.stop_reason, "candidates": found.candidates,
        "distinct": found.distinct, "seconds": found.seconds,
    }  # fmt: skip


def _record(result: Any) -> dict[str, Any]:
    program = result.program
    chosen = result.chosen_part
    keys = "text", "inverted", "bits", "exceptions", "ties"
    text, inverted, bits, exceptions, ties = (getattr(program, k, None) for k in keys)
    return {
        "task": result.task, "labels": result.labelling, "dsl": result.dsl,
        "training_rows": result.rows["train"], "held_out_rows": result.rows["test"],
        "chosen": result.chosen, "program": text, "inverted": inverted, "program_bits": bits,
        "exceptions": exceptions, "ties": ties, "total_bits": result.total_bits,
        "table_bits": result.table.bits, "saved_bits": result.saved_bits,
        "log2_chance_bound": result.log2_chance_bound,
        "train_accuracy": chosen.train_accuracy, "test_accuracy": chosen.test_accuracy,
        "optimal": result.optimal, "certified_bits": result.certified_bits,
        "stop_reason": result.stop_reason, "candidates": result.candidates,
        "distinct": result.distinct, "seconds": result.seconds,
    }  # fmt: skip
