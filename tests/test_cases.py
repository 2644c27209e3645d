"""Tables as people have them: `cases/expected.csv` says what a command says of each file.

A field is a path into the JSON document, its steps between slashes; or "notes" or "error", of which
the value is a part.
"""

import csv
import json
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from synth.cli import main

CASES = Path(__file__).parent / "cases"
#: No long search: what is tested is how a table is read.
FEW = ("--moves", "0", "--max-bits", "5", "--threads", "1", "--memory", "200MB", "--json")
with open(CASES / "expected.csv", newline="", encoding="utf-8") as _file:
    EXPECTED = list(csv.DictReader(_file))


@cache
def said(file, command):
    """(standard output, standard error) of a command on a file."""
    name, *options = command.split()
    options = [o.replace("tests/cases", str(CASES)) for o in options]
    result = CliRunner().invoke(main, [name, str(CASES / file), *options, *FEW])
    assert result.exit_code in (0, 2), result.output + repr(result.exception)
    assert "Traceback" not in result.stderr
    return result.stdout, result.stderr


def found(file, command, field):
    """What a command says in a field."""
    out, err = said(file, command)
    if field in ("notes", "error"):
        assert (field == "error") == (not out), err
        return err
    value = json.loads(out)
    for step in field.split("/"):
        value = value[step]
    return str(value)


def name_of(row):
    return f"{row['file']} {row['command']} {row['field']}" if isinstance(row, dict) else str(row)


@pytest.mark.parametrize("row", EXPECTED, ids=name_of)
def test_what_is_said_of_tables(row):
    text = found(row["file"], row["command"], row["field"])
    if row["field"] in ("notes", "error"):
        assert row["value"] in text
    else:
        assert row["value"] == text


def test_every_case_is_used():
    used = {row["file"] for row in EXPECTED} | {"expected.csv", "test_part.csv"}
    assert used == {path.name for path in CASES.iterdir()}
