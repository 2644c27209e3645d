"""JSON schemas of saved runs, made from the records, so that the two cannot differ."""

import re
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from synth.records.comparison import COMPARED
from synth.records.document import FORMAT
from synth.records.saved import Run

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_PLAIN = {float: "number", int: "integer", str: "string", bool: "boolean", NoneType: "null"}


def schemas() -> dict[str, dict[str, Any]]:
    """The JSON schemas of the documents that `save_run` writes.

    Returns
    -------
    dict of str to dict
        By the kind of the document: "search", "contrast", "compare", "run", "regression" and
        "regression-contrast". A property that
        is not required is one that older files may lack.
    """
    found = {}
    for record in get_args(Run):
        parts: dict[str, Any] = {}
        schema = {"$schema": DIALECT, "title": record.kind, **_document(record, parts)}
        found[record.kind] = schema | ({"$defs": parts} if parts else {})
    rows = found["compare"]["properties"]["rows"]
    rows["items"] |= {"properties": {key: {} for key in COMPARED}, "required": [*COMPARED[:3]]}
    return found


def _document(record: type, parts: dict[str, Any]) -> dict[str, Any]:
    """The schema of a record that is a document of its own."""
    schema = _object(record, parts)
    head = {"format": {"const": FORMAT}, "kind": {"const": record.kind}}  # type: ignore[attr-defined]
    schema["properties"] = head | schema["properties"]
    schema["required"] = [*head, *schema["required"]]
    return schema


def _object(record: type, parts: dict[str, Any]) -> dict[str, Any]:
    types, words = get_type_hints(record), _descriptions(record.__doc__ or "")
    kept = [f for f in fields(record) if f.compare]  # the others are not saved
    return {
        "type": "object",
        "properties": {
            f.name: _of(types[f.name], parts)
            | ({"description": words[f.name]} if f.name in words else {})
            for f in kept
        },
        "required": [f.name for f in kept if f.default is MISSING and f.default_factory is MISSING],
        "additionalProperties": False,
    }


def _of(given: Any, parts: dict[str, Any]) -> dict[str, Any]:
    """The schema of the values of a type."""
    origin, arguments = get_origin(given), get_args(given)
    if given is Any:
        return {}
    if given in _PLAIN:
        return {"type": _PLAIN[given]}
    if origin in (Union, UnionType):
        return {"anyOf": [_of(each, parts) for each in arguments]}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (tuple, list):
        return {"type": "array", "items": _of(arguments[0], parts)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _of(arguments[1], parts)}
    if isinstance(given, type) and issubclass(given, StrEnum):
        return {"enum": [str(member) for member in given]}
    if isinstance(given, type) and is_dataclass(given):
        if given.__name__ not in parts:
            document = hasattr(given, "kind") and "kind" not in {f.name for f in fields(given)}
            make = _document if document else _object
            parts[given.__name__] = {}  # its place, before its own parts
            parts[given.__name__] = make(given, parts)
        return {"$ref": f"#/$defs/{given.__name__}"}
    raise TypeError(f"{given!r} has no JSON schema")


def _descriptions(text: str) -> dict[str, str]:
    """The descriptions of parameters in a docstring, by name."""
    found: dict[str, str] = {}
    section = text.partition("Parameters\n")[2]
    for names, body in re.findall(r"^    (\w[\w, ]*) : .*\n((?:        .*\n)*)", section, re.M):
        for name in names.split(", "):
            if body:
                found[name] = " ".join(body.split())
    return found
