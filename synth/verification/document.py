"""Reads a saved run for verification: every field must be there and have the type of its record.

The types are those of the dataclasses in `synth.records`, so a new field of a record is checked
with no further code. Parts that a record holds as plain dicts are described here.
"""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from synth.errors import RunError
from synth.records import FORMAT, Comparison, ExperimentRun, Regression, Result

#: The fields of a record that a file does not hold.
LIVE = ("best", "trained_on", "fitted", "drawer", "sentences", "programs")
#: The records of each kind of document.
KINDS: dict[str, Any] = {
    "search": Result, "compare": Comparison, "run": ExperimentRun, "regression": Regression,
}  # fmt: skip
#: The kinds that have two records of a kind, and their further fields.
TWINS: dict[str, tuple[str, dict[str, Any]]] = {
    "contrast": ("search", {}),
    "regression-contrast": ("regression", {"twins_saved": list[float | None], "p_value": float}),
}

_ORIGIN = {"spec": str, "options": dict[str, Any], "sha256": str | None, "steps": list[list[Any]]}
_DSL = {"spec": str | None, "sha256": str | None, "signatures": str}
_SOURCE = {"task": dict[str, Any] | None, "inputs": str, "labels": str, "dsl": dict[str, Any]}
_DATA = {
    "columns": dict[str, list[Any]], "types": dict[str, str], "labels": list[Any],
    "label_type": str, "train": list[bool], "unknown": list[bool], "alphabet": list[Any],
    "label_names": dict[str, str] | None, "settings": dict[str, Any],
}  # fmt: skip
_ROWS = {"train": int, "test": int, "labels": int, "unseen_labels": int}
_OPTIONS = {
    "label": str | None, "drop": list[str], "keep": list[str], "missing": str,
    "na": list[str] | None, "modulus": int | None, "train": float | None, "seed": int,
    "test": str | None,
}  # fmt: skip
_SETTINGS = {
    "max_bits": float | None, "max_programs": int | None, "seconds": float | None,
    "memory": int | None, "threads": int | None, "top": int, "exact": bool,
}  # fmt: skip
_NUMBERS = {
    "max_bits": float | None, "max_programs": int | None, "seconds": float | None, "top": int,
    "precision": float | None, "pairs": int,
}  # fmt: skip
_SEED = {"stage": str, "total_bits": float, "exceptions": int, "text": str}
_POINT = {"moves": int, "total_bits": float, "exceptions": int, "bits": float}
_ASKED = {
    "tasks": list[str], "dsls": list[str], "seeds": int, "seed": int, "labels": str,
    "corrupt": float | None,
}  # fmt: skip
#: The types of a comparison's row; of a row without an answer, only `error` is not None.
_ROW = {
    "task": str, "dsl": str | None, "seed": int, "chosen": str, "program": str | None,
    "inverted": bool | None, "bits": float | None, "exceptions": int | None, "ties": int | None,
    "total_bits": float, "table_bits": float, "saved_bits": float | None,
    "log2_chance_bound": float | None, "train_accuracy": float, "test_accuracy": float | None,
    "certified_bits": float | None, "optimal": bool, "stop_reason": str, "candidates": int,
    "distinct": int, "seconds": float, "error": None, "written": str | None,
    "kind": str | None, "languages": int,
}  # fmt: skip


def read_document(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The document of a saved run, or what `--json` printed.

    Raises
    ------
    RunError
        If the file cannot be read, holds no run, is of another format, or a field is missing or
        is not of its type.
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"), parse_constant=_refuse)
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise RunError(f"{path} is not JSON; allowed: a file that --save wrote") from None
    try:
        _check_document(document)
    except RunError as error:
        raise RunError(f"{path}: {error}") from None
    return document


def parts(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The documents that a document consists of, by the prefix of their fields."""
    if "contrasts" in document:
        return {f"contrasts[{k}].": each for k, each in enumerate(document["contrasts"])}
    return {"": document}


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _check_document(document: Any) -> None:
    if isinstance(document, dict) and isinstance(document.get("contrasts"), list):
        if set(document) - {"contrasts", "version"}:
            raise RunError("not a saved run; allowed: a file that --save wrote")
        for prefix, each in parts(document).items():
            _check_part(each, prefix)
        return
    _check_part(document, "")


def _check_part(document: Any, where: str) -> None:
    kind = document.get("kind") if isinstance(document, dict) else None
    if not isinstance(kind, str) or kind not in (*KINDS, *TWINS):
        raise RunError(f"{where or 'it'} is not a saved run; allowed: a file that --save wrote")
    if document.get("format") != FORMAT:
        given = _shown(document.get("format"))
        raise RunError(f"{where}format is {given}; this version reads {FORMAT}")
    if kind in TWINS:
        one, more = TWINS[kind]
        _plain_fields(document, where, ("format", "kind", "structured", "random", *more))
        for key, type_ in more.items():
            _typed(document[key], type_, f"{where}{key}")
        for key in ("structured", "random"):
            _check_part(document[key], f"{where}{key}.")
            if document[key]["kind"] != one:
                raise RunError(f"{where}{key}.kind is {document[key]['kind']}; allowed: {one}")
        return
    _record(document, KINDS[kind], where.removesuffix("."), ("format", "kind"))
    if kind == "search":
        _check_search(document, where)
    if kind == "regression":
        _described(document["settings"], _NUMBERS, f"{where}settings", more=True)
        _check_origin(document, where)
    if kind == "compare":
        _check_comparison(document, where)


def _check_search(document: dict[str, Any], where: str) -> None:
    _described(document["rows"], _ROWS, f"{where}rows")
    _described(document["settings"], _SETTINGS, f"{where}settings", more=True)
    _check_origin(document, where)
    for k, entry in enumerate(document["top"]):
        _typed(entry["kind"], Literal["program", "constant", "table"], f"{where}top[{k}].kind")
        for key, kind in (("bits", float), ("exceptions", int)):
            if entry["kind"] != "table":
                _typed(entry[key], kind, f"{where}top[{k}].{key}")
    reach = document["reach"]
    if reach is not None:
        for key, kinds in (("seeds", _SEED), ("points", _POINT)):
            for k, entry in enumerate(reach[key]):
                _described(entry, kinds, f"{where}reach.{key}[{k}]")


def _check_origin(document: dict[str, Any], where: str) -> None:
    _check_source(document["source"], f"{where}source")
    if document.get("data") is not None:
        # Only a sequence has terms, and older files do not have the label's name.
        some = {"terms": list[int], "label": str}
        known = {key: kind for key, kind in some.items() if key in document["data"]}
        _described(document["data"], {**_DATA, **known}, f"{where}data")


def _check_comparison(document: dict[str, Any], where: str) -> None:
    _described(document["settings"], _ASKED, f"{where}settings", more=True)
    if len(document["sources"]) != len(document["rows"]):
        raise RunError(f"{where}sources has not one entry for each row")
    for k, row in enumerate(document["rows"]):
        _described(row, {"task": str, "dsl": str | None, "seed": int}, f"{where}rows[{k}]", True)
        if row.get("error") is None:
            later = {"written": None, "kind": "program", "languages": 0}
            _described({**later, **row}, _ROW, f"{where}rows[{k}]")
            _check_source(document["sources"][k], f"{where}sources[{k}]")


def _check_source(source: Any, where: str) -> None:
    if source is None:
        raise RunError(
            f"{where} is missing: the run does not say where its data come from; "
            "search again to save a run that can be verified"
        )
    _described(source, _SOURCE, where)
    _described(source["dsl"], _DSL, f"{where}.dsl")
    if source["task"] is not None:
        _described(source["task"], _ORIGIN, f"{where}.task")
        options = source["task"]["options"]
        known = {key: kind for key, kind in _OPTIONS.items() if key in options}
        _described(options, known, f"{where}.task.options")
        for k, step in enumerate(source["task"]["steps"]):
            for number in step[1:]:
                _typed(number, float, f"{where}.task.steps[{k}]")


def _described(value: Any, kinds: Mapping[str, Any], where: str, more: bool = False) -> None:
    """Check the entries of a dict; more: whether it may have others."""
    if not isinstance(value, dict):
        raise RunError(f"{where} is {_shown(value)}; allowed: an object")
    _plain_fields(value, f"{where}.", kinds, more)
    for key, kind in kinds.items():
        _typed(value[key], kind, f"{where}.{key}")


def _plain_fields(value: dict[str, Any], where: str, names: Any, more: bool = False) -> None:
    for name in names:
        if name not in value:
            raise RunError(f"{where}{name} is missing")
    for name in value:
        if name not in names and not more:
            raise RunError(f"{where}{_shown(name)} is no field of such a run")


def _typed(value: Any, kind: Any, where: str) -> None:
    """Check that a value of a document is of a type, as an annotation says it."""
    if kind is Any:
        return
    if get_origin(kind) in (Union, UnionType):
        if value is None and type(None) in get_args(kind):
            return
        (kind,) = [k for k in get_args(kind) if k is not type(None)]
    if is_dataclass(kind):
        _record(value, kind, where)
    elif get_origin(kind) in (tuple, list):
        inner = get_args(kind)[0]
        if not isinstance(value, list):
            raise RunError(f"{where} is {_shown(value)}; allowed: a list")
        for k, entry in enumerate(value):
            _typed(entry, inner, f"{where}[{k}]")
    elif get_origin(kind) is dict:
        if not isinstance(value, dict):
            raise RunError(f"{where} is {_shown(value)}; allowed: an object")
        for key, entry in value.items():
            _typed(entry, get_args(kind)[1], f"{where}.{key}")
    else:
        allowed = _wrong(value, kind)
        if allowed:
            raise RunError(f"{where} is {_shown(value)}; allowed: {allowed}")


def _record(value: Any, kind: Any, where: str, beside: tuple[str, ...] = ()) -> None:
    """Check a record; what a later version has added gets its default. beside: other fields."""
    if not isinstance(value, dict):
        raise RunError(f"{where or 'it'} is {_shown(value)}; allowed: an object")
    hints, dot = get_type_hints(kind), f"{where}." if where else ""
    known = {f.name: f for f in fields(kind) if f.name not in LIVE}
    for name in value:
        if name not in known and name not in beside:
            raise RunError(f"{dot}{_shown(name)} is no field of such a run")
    for name, field in known.items():
        if name in value:
            _typed(value[name], hints[name], f"{dot}{name}")
        elif field.default is MISSING and field.default_factory is MISSING:
            raise RunError(f"{dot}{name} is missing")
        else:
            default = () if field.default is MISSING else field.default
            # What later versions have added.
            value[name] = list(default) if isinstance(default, tuple) else default


def _wrong(value: Any, kind: Any) -> str:
    """What is allowed in place of a plain value; empty if it is of its type."""
    if get_origin(kind) is Literal:
        return "" if value in get_args(kind) else ", ".join(get_args(kind))
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return "" if value in list(kind) else ", ".join(kind)
    if kind is None or kind is type(None):
        return "" if value is None else "null"
    if kind is float:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return "" if number and _is_finite(value) else "a number"
    if kind is int:
        whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
        return "" if whole else "an integer"
    names = {str: "a text", bool: "true or false"}
    return "" if isinstance(value, kind) else names.get(kind, str(kind))


def _is_finite(value: int | float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _shown(value: Any) -> str:
    """A value in at most 60 characters, without any that a terminal would act on."""
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
