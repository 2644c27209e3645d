"""What commands print and save fits the JSON schemas in the docs."""

import importlib.util
import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest

import synth
from synth.cli import main
from synth.library import Library, saved
from tests.command import run

ROOT = Path(__file__).parent.parent
TABLE = "colour,size,y\n" + "red,1.5,yes\nblue,2,no\nred,3,yes\nblue,4.25,no\n" * 3

#: Labels that no short program fits, so that reach follows.
NOISE = "a,b,c,y\n" + "".join(
    f"{k & 1},{k >> 1 & 1},{k >> 2 & 1},{k * k * 7 % 11 % 2}\n" for k in range(24)
)


def written_schemas():
    """The module that writes docs/schemas."""
    path = ROOT / "docs" / "schemas" / "write.py"
    spec = importlib.util.spec_from_file_location("write_schemas", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


WRITE = written_schemas()


def test_the_schemas_in_the_docs_are_those_of_the_records():
    made = {name: WRITE.text(schema) for name, schema in WRITE.made().items()}
    there = {p.stem: p.read_text() for p in (ROOT / "docs" / "schemas").glob("*.json")}
    assert there == made, "run: python docs/schemas/write.py"
    for schema in WRITE.made().values():
        jsonschema.Draft202012Validator.check_schema(schema)
    page = (ROOT / "docs" / "schemas.md").read_text()
    assert all(f"schemas/{name}.json" in page for name in made)


def test_every_command_has_a_schema():
    commands = set(main.list_commands(None))
    assert commands == set(WRITE.COMMANDS)
    assert {name for names in WRITE.COMMANDS.values() for name in names} | {"library"} == set(
        WRITE.made()
    )


def problems(document, name):
    return [
        e.message for e in jsonschema.Draft202012Validator(WRITE.made()[name]).iter_errors(document)
    ]


FEW = ("--max-bits", "9", "--threads", "1", "--memory", "100MB")
PRINTED = [
    ("search", ("search", "parity:n=3", *FEW)),
    ("search", ("search", "parity:n=3", "--exact", "--labels", "permuted", "--max-bits", "9")),
    ("search", ("search", "TABLE", *FEW)),
    ("search", ("search", "NOISE", "--dsl", "integer", "--max-programs", "20", "--moves", "2")),
    ("contrast", ("contrast", "majority:n=3,train=1.0", *FEW)),
    ("contrasts", ("contrast", "mod-add:p=5", "--seeds", "2", *FEW)),
    ("compare", ("compare", "parity:n=3", "TABLE", "--dsl", "boolean", "--dsl", "fourier", *FEW)),
    ("run", ("run", "datasets", "--tasks", "parity:n=3", "--max-programs", "100")),
    ("experiments", ("run",)),
    ("complexity", ("complexity", "0x96")),
    ("complexity", ("complexity", "0x96", "--dsl", "boolean:and-or")),
    ("atlas", ("atlas", "OUT", "--inputs", "2")),
    ("tasks", ("tasks",)),
    ("description", ("tasks", "parity")),
    ("dsls", ("dsls",)),
    ("description", ("dsls", "modular")),
    ("dsl", ("dsls", "boolean")),
    ("dsl", ("dsls", "modular:p=5")),
    ("doctor", ("doctor",)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "command"), PRINTED, ids=lambda v: v if isinstance(v, str) else ""
)
def test_what_commands_print_and_save_fits_its_schema(name, command, tmp_path):
    table, kept = tmp_path / "t.csv", tmp_path / "run.json"
    table.write_text(TABLE)
    noise = tmp_path / "noise.csv"
    noise.write_text(NOISE)
    files = {"TABLE": str(table), "NOISE": str(noise), "OUT": str(tmp_path / "o")}
    command = [files.get(a, a) for a in command]
    saves = name in ("search", "contrast", "compare", "run")
    document = json.loads(run(*command, "--json", *(("--save", kept) if saves else ())))
    assert problems(document, name) == []
    if "--moves" in command:
        assert document["reach"] is not None
    if saves:
        assert problems(json.loads(kept.read_text()), name) == []
        assert problems(json.loads(run("show", kept, "--json")), name) == []
        page = json.loads(run("report", kept, "-o", tmp_path / "p.html", "--json"))
        assert problems(page, "report") == []
        assert problems(json.loads(run("verify", kept, "--json")), "verify") == []
        # The test can fail.
        assert problems({**document, "more": 1}, name)
        for key in ("format", "kind"):
            assert problems({k: v for k, v in document.items() if k != key}, name)


@pytest.mark.parametrize(
    ("name", "command"), [("regression", "search"), ("regression-contrast", "contrast")]
)
def test_runs_on_numeric_labels_fit_their_schemas(name, command, tmp_path):
    table, kept = tmp_path / "t.csv", tmp_path / "run.json"
    table.write_text("x,y\n" + "".join(f"{k},{k * 0.7 + k % 3 * 0.1:.2f}\n" for k in range(60)))
    document = json.loads(run(command, table, *FEW, "--json", "--save", kept, "--save-data"))
    assert document["kind"] == name
    assert problems(document, name) == []
    assert problems(json.loads(kept.read_text()), name) == []
    assert problems(json.loads(run("show", kept, "--json")), name) == []
    assert problems(json.loads(run("verify", kept, "--json")), "verify") == []
    # The test can fail.
    assert problems({**document, "more": 1}, name)


def test_a_saved_library_fits_its_schema():
    library = Library(synth.load_dsl("boolean"), spec="boolean")
    assert problems(saved.to_json(library), "library") == []


def test_files_of_other_versions_are_read_or_refused_by_version(tmp_path):
    document = synth.search("parity:n=3", max_bits=9).to_dict()
    path = tmp_path / "old.json"
    schema = WRITE.made()["search"]
    for key in set(schema["properties"]) - set(schema["required"]):
        document.pop(key)  # what older files lack
    document["program"].pop("found_by")
    document["version"] = "0.0.1"
    path.write_text(json.dumps(document))
    assert "parity" in run("show", path)
    path.write_text(json.dumps({**document, "later": 1, "version": "9.9"}))
    assert "written by synth 9.9" in run("show", path, code=2)
    path.write_text(json.dumps({**document, "format": "synth-run-7", "version": "9.9"}))
    text = run("show", path, code=2)
    assert "the format synth-run-7, written by synth 9.9; synth " in text
    assert "reads synth-run-1" in text
    both = {"format": "synth-run-0", "kind": "contrast", "structured": {"version": "0.0.1"}}
    path.write_text(json.dumps(both))
    assert "written by synth 0.0.1" in run("show", path, code=2)


def test_the_docs_claim_the_systems_that_the_package_claims():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    claimed = [c.rpartition(" :: ")[2] for c in project["classifiers"]]
    pythons = {c for c in claimed if c.startswith("3.")}
    assert pythons == {"3.11"}
    for page in ("README.md", "docs/start.md", "docs/limits.md"):
        text = (ROOT / page).read_text()
        assert set(re.findall(r"CPython (3\.\d+)", text)) == pythons, page
        assert "Linux" in text
        assert not re.search(r"macOS|Windows", text), page
    assert [c for c in project["classifiers"] if c.startswith("Operating System")] == [
        "Operating System :: POSIX :: Linux"
    ]
