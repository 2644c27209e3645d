"""`synth verify`: all saved runs hold, planted changes are found, damage is one line."""

import copy
import json
import random
import re

import numpy as np
import pytest

import synth
from synth.errors import RunError
from synth.verify import verify
#from tests.command import invoke

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
        "integer": search("fizzbuzz" if "fizzbuzz" in synth.tasks.names() else csv, **short),
        "modular": search("mod-add:p=5,train=0.5", **ONE),
        "partial": search("mod-div:p=5,train=0.5", max_bits=18, **ONE),
        "features": search("monk:1", "features", top=4, **short),
        "real": search(real_task(), "real", **short).with_data(),
        "table": search(csv, **short),
        "own": search(csv, own, **short),
        "exact": search("parity:n=4,k=2", exact=True, **ONE),
        "none": search("mod-div:p=5,train=0.5", exact=True, max_bits=14, **ONE),
        "corrupted": search(synth.load_task("majority:n=3").corrupted(0.5, 2), max_bits=8, **ONE),
        "exhausted": search("shj:type=2", "boolean:and-or-not", top=3, **ONE),
        "reach": search("multiplexer:a=2", max_programs=800, moves=40, **ONE),
        "contrast": synth.contrast("parity:n=5,k=2", seed=3, **ONE),
        "uniform": synth.contrast("mod-add:p=5", twin="uniform", max_bits=9, **ONE),
        "compare": synth.compare(["parity:n=3,k=2", "monk:1"], ["boolean", "features"],
                                 max_bits=8, threads=1, seeds=2),
    }  # fmt: skip
    for name, run in runs.items():
        synth.save_run(run, folder / f"{name}.json")
    return {name: ({"dsl": own} if name == "own" else {}) for name in runs}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("runs")
    (found / "needs.json").write_text(json.dumps(made(found)))
    return found


NAMES = ["boolean", "ties", "threads", "integer", "modular", "partial", "features", "real",
         "table", "own", "exact", "none", "corrupted", "exhausted", "reach", "contrast",
         "uniform", "compare"]  # fmt: skip


def needs(folder, name):
    return json.loads((folder / "needs.json").read_text())[name]


def failures(claims):
    return [(c.what, c.said, c.found) for c in claims if c.holds is False]


@pytest.mark.parametrize("name", NAMES)
def test_every_claim_of_a_saved_run_holds(folder, name):
    claims = verify(folder / f"{name}.json", complete=True, candidates=300_000, **needs(folder, name))
    assert failures(claims) == []
    assert len(claims) > 40


if __name__ == "__main__":
    from pathlib import Path
    import tempfile, time
    f = Path(tempfile.mkdtemp())
    t = time.time(); need = made(f); print("made", time.time() - t)
    for n in need:
        t = time.time()
        c = verify(f / f"{n}.json", complete=True, candidates=300_000, **need[n])
        print(n, len(c), [x for x in failures(c)], [x.what for x in c if x.holds is None], round(time.time() - t, 2))
    print(f)
