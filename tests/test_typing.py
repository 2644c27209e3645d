"""Types: every public name has them, and a type checker finds what is wrong with their help."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from collections import Counter
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest

import synth
from synth.engine.limits import Limits, LimitSettings

ROOT = Path(__file__).parent.parent
PROGRAMS = Path(__file__).parent / "typing"

#: What people import who write DSLs, tasks and experiments, or read results.
MODULES = (
    "synth",
    "synth.errors",
    "synth.engine.driver",
    "synth.engine.enumeration",
    "synth.engine.limits",
    "synth.exact.counting",
    "synth.exact.posterior",
    "synth.exact.prior",
    "synth.exact.sampling",
    "synth.experiments.base",
    "synth.experiments.catalogue",
    "synth.experiments.runner",
    "synth.language.check",
    "synth.language.columns",
    "synth.language.dsl",
    "synth.language.dsls",
    "synth.language.grammar",
    "synth.language.primitive",
    "synth.language.program",
    "synth.language.types",
    "synth.records.comparison",
    "synth.records.experiment",
    "synth.records.parts",
    "synth.records.result",
    "synth.records.saved",
    "synth.tasks.catalogue",
    "synth.tasks.fitting",
    "synth.tasks.csv_table",
    "synth.tasks.task",
)


def public():
    """(name, value) of every public function and class."""
    for module in map(importlib.import_module, MODULES):
        for name in getattr(module, "__all__", [n for n in vars(module) if n[0] != "_"]):
            value = getattr(module, name)
            where = getattr(value, "__module__", None)
            if callable(value) and (where == module.__name__ or module is synth):
                yield f"{where}.{name}", value


def members(kind):
    """(name, function) of the public methods and properties of a class, and its own operators."""
    for name, value in vars(kind).items():
        if isinstance(value, property):
            value = value.fget
        elif isinstance(value, cached_property):
            value = value.func
        elif isinstance(value, (staticmethod, classmethod)):
            value = value.__func__
        # What dataclasses make they annotate, but for what it answers.
        own = name[0] != "_" or (name[:2] == "__" and "__dataclass_fields__" not in vars(kind))
        if own and inspect.isfunction(value) and value.__module__.startswith("synth"):
            yield name, value


def unhinted(function, method):
    """Parameters of a function without a type, and "return"."""
    parameters = list(inspect.signature(function).parameters.values())
    missing = [p.name for p in parameters if p.annotation is p.empty]
    if method and missing[:1] == [parameters[0].name] and missing[0] in ("self", "cls"):
        missing = missing[1:]
    answer = inspect.signature(function).return_annotation
    return missing + ["return"] * (answer is inspect.Signature.empty)


def lacking():
    """What lacks hints, in words; and how much was looked at."""
    found, seen = [], 0
    for where, value in dict(public()).items():
        if not inspect.isclass(value):
            seen += 1
            found += [f"{where}: {name}" for name in unhinted(value, False)]
            continue
        for name, function in members(value):
            seen += 1
            found += [f"{where}.{name}: {m}" for m in unhinted(function, True)]
    return found, seen


def test_every_public_name_has_types():
    found, seen = lacking()
    assert found == []
    assert seen > 150


def test_what_lacks_types_is_found():
    class Half:
        def method(self, a: int, b) -> int:
            return a

        @property
        def size(self):
            return 0

    Half.method.__module__ = Half.size.fget.__module__ = "synth.half"
    assert {name: unhinted(f, True) for name, f in members(Half)} == {
        "method": ["b"], "size": ["return"],
    }  # fmt: skip


def test_names_for_type_checkers_are_those_that_are_loaded():
    tree = ast.parse(Path(synth.__file__).read_text())
    [block] = [n for n in tree.body if isinstance(n, ast.If)]
    named = {a.asname: n.module for n in block.body for a in n.names}
    assert named == {name: f"synth.{module}" for name, module in synth._NAMES.items()}


def test_limits_by_name_are_those_that_there_are():
    hints = {name: str(hint) for name, hint in LimitSettings.__annotations__.items()}
    assert hints == {f.name: str(f.type) for f in fields(Limits)}


def checked(*paths):
    """mypy's lines of files, {(file, line): kinds of errors}."""
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file=", "--strict", "--no-warn-return-any",
         "--follow-imports=silent",
         "--no-error-summary", "--cache-dir", ROOT / ".mypy_cache" / "users", *paths],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    found = {}
    for line in run.stdout.splitlines():
        match = re.fullmatch(r"(.+?):(\d+): error: .+\[([\w-]+)\]", line)
        assert match or ": note: " in line, run.stdout + run.stderr
        if match:
            place = Path(match[1]).name, int(match[2])
            found.setdefault(place, Counter())[match[3]] += 1
    assert run.returncode == bool(found), run.stderr
    return found


@pytest.mark.slow
def test_a_type_checker_tells_right_from_wrong():
    wanted = {}
    for number, line in enumerate((PROGRAMS / "wrong.py").read_text().splitlines(), 1):
        _, mark, kinds = line.partition("  # error: ")
        if mark:
            wanted["wrong.py", number] = Counter(kinds.split())
    assert len(wanted) == 14
    assert checked(PROGRAMS / "right.py", PROGRAMS / "wrong.py") == wanted


ANNOTATED = """
{future}
import typing
from typing import Annotated
import numpy as np
from synth import DSL, Bool, Int, Mod

Whole = Annotated[np.ndarray, Int]
dsl = DSL("annotated", types=(Int(0, 9),))

residue = Mod(7)

@dsl.primitive
def plus(a: Annotated[np.ndarray, residue], b: Annotated[np.ndarray, "Mod(5)"]) -> Whole:
    return a + b

@dsl.primitive(commutative=True)
def both(a: typing.Annotated[np.ndarray, Bool], b: Bool) -> "Bool":
    return a & b
"""


@pytest.mark.parametrize("future", ["", "from __future__ import annotations"])
def test_primitives_may_be_annotated_for_type_checkers(future, tmp_path):
    path = tmp_path / "annotated.py"
    path.write_text(ANNOTATED.format(future=future))
    plus, both = synth.load_dsl(f"{path}:dsl").primitives
    assert plus.signature == "Mod(7), Mod(5) -> Int(0, 9)"
    assert both.signature == "Bool, Bool -> Bool"


@pytest.mark.parametrize("notes", [("a note",), (synth.Bool, synth.Int), (3,)])
def test_an_annotation_holds_one_type(notes):
    def body(a) -> synth.Bool:
        return a

    body.__annotations__["a"] = Annotated[np.ndarray, *notes]
    with pytest.raises(
        synth.SynthError, match=r"primitive body: .*(is not a type|must contain one type)"
    ):
        synth.DSL("d").primitive(body)
