"""`synth verify`: all saved runs hold, planted changes are found, damage is one line."""

import copy
import json
import random
import re

import numpy as np
import pytest
from hypothesis import given, settings

import synth
from synth.errors import RunError
from synth.tasks import catalogue, fit
from synth.verify import Everything, everything, verify
from synth.verify.truth import Truth
from tests import naive
from tests.command import run
from tests.test_driver import tasks
from tests.test_engine import budget_of
from tests.test_layout import MODULES, imports, loaded, room

ONE = {"threads": 1, "memory": 10**9, "seconds": None}

OWN = """
import numpy as np
import synth
from synth import DSL, Bool, Int

dsl = DSL("own", types=(Int(0, 1000), Bool), leaf_probability=0.25)
dsl.add(np.greater, "Int, Int -> Bool", symbol=">")
dsl.add(np.logical_or, "Bool, Bool -> Bool", symbol="|", commutative=True, weight="1/3")
dsl.add(np.floor_divide, "Int, Int -> Int", symbol="//")
dsl.constant(4, Int)
"""


def table(path, rows=40):
    generator = np.random.default_rng(5)
    lines = ["a,b,colour,label"]
    for _ in range(rows):
        a, b = generator.integers(0, 9, 2).tolist()
        colour = ("red", "blue")[int(generator.integers(2))]
        lines.append(f"{a},{b},{colour},{'yes' if a > b or colour == 'red' else 'no'}")
    path.write_text("\n".join(lines) + "\n")


def real_task():
    x = np.linspace(-2, 2, 12).round(2)
    labels = np.where(x > 0, x * x + 1, 1 / np.where(x == 0, 1, x))
    train = np.arange(12) % 3 > 0
    return synth.Task("curve", {"x": x}, {"x": synth.Real}, labels, synth.Real, train)


def made(folder):
    """Runs of many kinds, by name, and what verifying them needs."""
    table(folder / "t.csv")
    (folder / "own.py").write_text(OWN)
    csv, own = folder / "t.csv", f"{folder / 'own.py'}:dsl"
    search, short = synth.search, {"max_programs": 1500, "moves": 0, **ONE}
    runs = {
        "boolean": search("parity:n=5,k=2", **ONE),
        "ties": search("parity:n=4,k=4", max_bits=9, **ONE),
        "threads": search("parity:n=5,k=3", **{**ONE, "threads": 2}),
        "modular": search("mod-add:p=5,train=0.5", **ONE),
        "partial": search("mod-div:p=5,train=0.5", max_bits=18, **ONE),
        "features": search("monk:1", "features", top=4, **short),
        "real": search(real_task(), "real", **short).with_data(),
        "table": search(csv, **short),
        "own": search(csv, own, **short),
        "exact": search("parity:n=4,k=2", exact=True, **ONE),
        "none": search("mod-div:p=5,train=0.5", exact=True, max_bits=14, **ONE),
        "found": search("mod-mul:p=3", exact=True, **ONE),
        "corrupted": search(synth.load_task("majority:n=3").corrupted(0.5, 2), max_bits=8, **ONE),
        "exhausted": search("shj:type=2", "boolean:and-or-not", top=3, **ONE),
        "reach": search("multiplexer:a=2", max_programs=800, moves=40, **ONE),
        "contrast": synth.contrast("parity:n=5,k=2", seed=3, **ONE),
        "uniform": synth.contrast("mod-add:p=5", twin="uniform", max_bits=9, **ONE),
        "compare": synth.compare(["parity:n=3,k=2", "monk:1"], ["boolean", "features"],
                                 max_bits=8, threads=1, seeds=2),
        "experiment": synth.run_experiment("sparsity", rows="10", runs=1),
    }  # fmt: skip
    for name, run in runs.items():
        synth.save_run(run, folder / f"{name}.json")
    return {name: ({"dsl": own} if name == "own" else {}) for name in runs}


@pytest.fixture(autouse=True)
def no_entry_points(monkeypatch):
    """Looking for them takes most of the time of a short verification."""
    monkeypatch.setattr(catalogue, "entry_points", lambda **_: [])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("runs")
    (found / "needs.json").write_text(json.dumps(made(found)))
    return found


NAMES = ["boolean", "ties", "threads", "modular", "partial", "features", "real",
         "table", "own", "exact", "none", "found", "corrupted", "exhausted", "reach", "contrast",
         "uniform", "compare", "experiment"]  # fmt: skip


def needs(folder, name):
    return json.loads((folder / "needs.json").read_text())[name]


def failures(claims):
    return [(c.what, c.said, c.found) for c in claims if c.holds is False]


def checked(folder, name, path=None, **more):
    """The claims of a run that do not hold, as (what, said, computed)."""
    given = {"candidates": 300_000, **needs(folder, name), **more}
    claims = verify(path or folder / f"{name}.json", **given)
    return [(c.what, c.said, c.found) for c in claims if c.holds is False]


@pytest.mark.parametrize("name", NAMES)
def test_every_claim_of_a_saved_run_holds(folder, name):
    assert checked(folder, name) == []
    assert checked(folder, name, complete=True) == []


# -- planted changes --------------------------------------------------------------------

#: Fields whose change is not found in every run; and why.
EXEMPT = {
    r"(.*\.)?(version|seconds)": "about the program and the machine",
    r"(.*\.)?settings\.(seconds|memory|threads|max_programs|max_bits|top)": "asked for, no claim",
    r"(.*\.)?levels\[\d+\]\.dropped": "how the engine works: no claim about programs",
    r"reach\.(chains|seed|planned)": "asked for, no claim",
    r"reach\.seeds\[\d+\]\.stage": "only running it again shows it",
    r"reach\.points\[\d+\]\.moves": "only running it again shows it",
    r"rows\[\d+\]\.(certified_bits|ties|candidates|distinct)": "verify the search itself",
    r"rows\[\d+\]\.error": "no answer to verify",
    r"settings\.(label|drop|modulus|train|moves|chains)": "of a comparison, whose digests say it",
}  # fmt: skip
#: Runs in which every claim is changed, and further fields that cannot be decided there.
PLANTED = {
    "boolean": (),
    "exact": (),
    "found": (),
    # Levels beyond the certificate are not enumerated again; the DSL is the one that is given.
    "own": (r"levels\[\d+\]\.bits", "certified_bits", "distinct", r"source\.dsl\.spec"),
    "reach": (r"levels\[\d+\]\.bits",),
    "contrast": (),
    "compare": (),
}
#: Words of which another is put in place of one.
WORDS = (("program", "table"), ("uniform", "frequency"), ("enumeration", "reach", "exact"),
         ("true", "permuted", "uniform"), ("optimal", "exhausted", "max_bits", "moves"))  # fmt: skip


def leaves(value, path=""):
    """(path, the dict or list that holds it, its key) of every value; of lists, three entries."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        if isinstance(value, list) and 2 <= key < len(value) - 1:
            continue
        name = f"{path}[{key}]" if isinstance(value, list) else f"{path}.{key}".lstrip(".")
        if isinstance(inner, (dict, list)):
            yield from leaves(inner, name)
        else:
            yield name, value, key


def changed(value):
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, str):
        words = next((w for w in WORDS if value in w), (value, f"{value}x"))
        return words[(words.index(value) + 1) % len(words)]
    return 1.5


def is_found(folder, name, path):
    """Whether a verification fails, first without enumerating everything."""
    try:
        return any(checked(folder, name, path, complete=whole) for whole in (False, True))
    except RunError:
        return True


@pytest.mark.parametrize("name", PLANTED)
def test_every_changed_claim_is_found(folder, tmp_path, name):
    """A new field of a record is among them, and red until something checks it."""
    document = json.loads((folder / f"{name}.json").read_text())
    exempt = "|".join([*EXEMPT, *PLANTED[name]])
    planted, missed = 0, []
    for path, holder, key in leaves(document):
        if re.fullmatch(exempt, path.removeprefix("structured.").removeprefix("random.")):
            continue
        value = holder[key]
        holder[key] = changed(value)
        (tmp_path / "run.json").write_text(json.dumps(document))
        if not is_found(folder, name, tmp_path / "run.json"):
            missed.append((path, value, holder[key]))
        holder[key] = value
        planted += 1
    assert missed == []
    assert planted >= 60


@pytest.mark.parametrize("what", ["front", "top", "levels"])
def test_a_list_that_lacks_an_entry_or_is_out_of_order_is_found(folder, tmp_path, what):
    document = json.loads((folder / "boolean.json").read_text())
    for change in (lambda v: v.pop(0), lambda v: v.pop(), lambda v: v.reverse(),
                   lambda v: v.append(v[-1])):  # fmt: skip
        edited = copy.deepcopy(document)
        change(edited[what])
        (tmp_path / "run.json").write_text(json.dumps(edited))
        assert is_found(folder, "boolean", tmp_path / "run.json")


def test_a_better_program_that_the_lists_hide_is_found(folder, tmp_path):
    """A run that claims to be complete, without its best program: only enumerating shows it."""
    document = json.loads((folder / "boolean.json").read_text())
    best = document["program"]
    document["front"] = [p for p in document["front"] if p["text"] != best["text"]]
    document["top"] = [p for p in document["top"] if p["text"] != best["text"]]
    second = next(h for h in document["top"] if h["kind"] == "program")
    truth = {k: second[k] for k in ("text", "bits", "exceptions", "total_bits", "inverted")}
    document["program"] = {**best, **truth}
    (tmp_path / "run.json").write_text(json.dumps(document))
    found = [what for what, *_ in checked(folder, "boolean", tmp_path / "run.json", complete=True)]
    assert {"program is the best", "front is complete"} <= set(found)
