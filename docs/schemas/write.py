"""Writes the JSON schemas of what `--json` prints and `--save` writes, one file each.

Run it after a record has changed: `python docs/schemas/write.py`.  The schemas of runs are made
from the records; those of lists and descriptions stand here.  A test compares the files with what
this writes, and validates the output of every command.
"""

import json
from pathlib import Path

from synth.records.schema import DIALECT, schemas

HERE = Path(__file__).parent

TEXT, COUNT, NUMBER, FLAG = ({"type": t} for t in ("string", "integer", "number", "boolean"))
ANYTHING = {}


def record(required, **optional):
    """The schema of an object with these properties and no others."""
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
        "additionalProperties": False,
    }


def several(schema):
    """The schema of an array."""
    return {"type": "array", "items": schema}


def by_name(schema):
    """The schema of an object with names of any kind."""
    return {"type": "object", "additionalProperties": schema}


def either(*schemas):
    """The schema of what fits one of several."""
    return {"anyOf": list(schemas)}


NONE = {"type": "null"}
_PRIMITIVE = {"symbol": TEXT, "name": TEXT, "signature": TEXT, "weight": NUMBER}
_CONSTANT = {"name": TEXT, "type": TEXT, "weight": NUMBER}
_ABSTRACTION = {"name": TEXT, "holes": by_name(TEXT), "result": TEXT, "body": TEXT}
_CLAIM = {"claim": TEXT, "holds": either(FLAG, NONE), "said": ANYTHING, "computed": ANYTHING}
_LISTED = {"name": TEXT, "description": TEXT}
_EXPERIMENT = {"name": TEXT, "claim": TEXT, "group": TEXT, "time": TEXT}

#: The documents that are not runs.
OTHERS = {
    "tasks": record({"tasks": several(record(_LISTED))}),
    "dsls": record({"dsls": several(record(_LISTED))}),
    "experiments": record({"experiments": several(record(_EXPERIMENT))}),
    "description": record({**_LISTED, "settings": by_name(ANYTHING)}),
    "dsl": record(
        {
            **_LISTED,
            "primitives": several(record(_PRIMITIVE)),
            "constants": several(record(_CONSTANT)),
            "settings": by_name(ANYTHING),
        }
    ),
    "doctor": record(
        {
            "versions": by_name(either(TEXT, NONE)),
            "system": TEXT,
            "cores": COUNT,
            "memory": COUNT,
            "memory limits": by_name(COUNT),
            "kernels": record({"folder": either(TEXT, NONE), "compiled": COUNT, "last": FLAG}),
            "extras": by_name(either(TEXT, NONE)),
            "entry points": by_name(several(TEXT)),
        }
    ),
    "warmup": record(
        {"folder": either(TEXT, NONE), "compiled": COUNT, "last": FLAG, "seconds": NUMBER}
    ),
    "verify": record(
        {
            "run": TEXT,
            "hold": COUNT,
            "fail": COUNT,
            "open": COUNT,
            "claims": several(record(_CLAIM)),
        }
    ),
    "predict": record({"run": TEXT, "rows": several(by_name(ANYTHING))}),
    "export": record({"run": TEXT, "language": TEXT, "text": TEXT, "columns": several(TEXT)}),
    "score": record(
        {
            "task": TEXT,
            "text": TEXT,
            "rule": TEXT,
            "bits": NUMBER,
            "exceptions": COUNT,
            "inverted": FLAG,
            "total_bits": NUMBER,
            "table_bits": NUMBER,
            "saved_bits": NUMBER,
            "log2_chance_bound": NUMBER,
            "train_accuracy": NUMBER,
            "test_accuracy": either(NUMBER, NONE),
            "rows": record({"train": COUNT, "test": COUNT}),
            "branches": several(by_name(ANYTHING)),
            "best": either(by_name(ANYTHING), NONE),
        }
    ),
    "complexity": record(
        {
            "function": TEXT,
            "inputs": several(TEXT),
            "functions": COUNT,
            "class": record({"smallest": TEXT, "functions": COUNT}),
            "least": several(
                record(
                    {
                        "basis": TEXT,
                        "unit": {"enum": ["operators", "bits"]},
                        "least": either(NUMBER, NONE),
                        "as_simple": either(COUNT, NONE),
                        "program": either(TEXT, NONE),
                    }
                )
            ),
        }
    ),
    "atlas": record(
        {
            "file": TEXT,
            "inputs": COUNT,
            "basis": TEXT,
            "levels": several(record({"operators": COUNT, "classes": COUNT, "functions": COUNT})),
        }
    ),
    "explore": record({"file": TEXT, "bytes": COUNT}),
    "report": record({"file": TEXT, "bytes": COUNT, "runs": COUNT}),
    "library": record(
        {
            "format": {"const": "synth-library-1"},
            "base": TEXT,
            "abstractions": several(record(_ABSTRACTION)),
        }
    ),
}

#: The schemas of each command's documents.
COMMANDS = {
    "search": ("search", "regression"),
    "contrast": ("contrast", "contrasts", "regression-contrast"),
    "compare": ("compare",),
    "run": ("run", "experiments"),
    "explore": ("explore",),
    "complexity": ("complexity",),
    "atlas": ("atlas",),
    "tasks": ("tasks", "description"),
    "dsls": ("dsls", "dsl", "description"),
    "show": ("search", "contrast", "compare", "run", "regression", "regression-contrast"),
    "predict": ("predict",),
    "export": ("export",),
    "score": ("score",),
    "verify": ("verify",),
    "report": ("report",),
    "doctor": ("doctor",),
    "warmup": ("warmup",),
}


def made():
    """All schemas, by name."""
    runs = schemas()
    one = runs["contrast"]
    contrasts = record({"contrasts": several({"$ref": "#/$defs/contrast"}), "version": TEXT})
    inner = {k: v for k, v in one.items() if k not in ("$schema", "$defs")}
    contrasts["$defs"] = {**one["$defs"], "contrast": inner}
    others = {name: {"$schema": DIALECT, "title": name, **s} for name, s in OTHERS.items()}
    several_ = {"$schema": DIALECT, "title": "contrasts", **contrasts}
    return {**runs, "contrasts": several_, **others}


def text(schema):
    """A schema as its file has it."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name, schema in made().items():
        (HERE / f"{name}.json").write_text(text(schema), encoding="utf-8")
