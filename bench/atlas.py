"""Make the atlases that travel with the package, `synth/atlas/known.zip`, and time an answer.

    python bench/atlas.py make and-or.atlas and-or-xor.atlas
    python bench/atlas.py time
    python bench/atlas.py check [FUNCTIONS [PROCESSES]]

`make` computes all that has up to 4 inputs, and takes that of 5 inputs from the given files, which
`synth atlas` writes; it leaves out what their functions are made from. `time` measures whole
processes that ask for a function of 5 inputs, beside one that starts and does nothing.  `check`
draws functions of 5 inputs that are not constant, half of them uniformly, and half uniformly over
the numbers of operators that a search can prove.  It holds the atlas against
`synth.search(exact=True)`, which knows nothing of it: a program that is proven to be the shortest
has the least number of operators, and no other program has fewer.
"""

import collections
import dataclasses
import multiprocessing
import random
import re
import statistics
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np

import synth
from synth import atlas
from synth.exact import make_atlas, make_bits_atlas
from synth.language import Bool
from synth.language.dsls.boolean import BASES

#: The largest number of operators of the functions that are drawn by their operators.
PROVABLE = {"and-or": 10, "and-or-xor": 8}
OPERATORS = {"And": np.logical_and, "Or": np.logical_or, "Xor": np.logical_xor}
KNOWN = Path(atlas.__file__).with_name("known.zip")


def made(paths):
    """(entry, atlas) of everything that travels with the package."""
    for inputs in range(1, 5):
        for basis in atlas.BASES:
            yield f"{basis} {inputs}", make_atlas(inputs, basis)
        for basis in BASES:
            dsl = f"boolean:{basis}"
            yield f"{dsl} {inputs}", make_bits_atlas(inputs, dsl)
    for path in paths:
        given = atlas.load_atlas(path)
        yield f"{given.basis} {given.inputs}", dataclasses.replace(given, parts=None)


def make(paths):
    """Writes the box; the time of its entries is fixed, so that it is the same each time."""
    with zipfile.ZipFile(KNOWN, "w") as box:
        for entry, each in made(paths):
            box.writestr(zipfile.ZipInfo(entry), atlas.packed(each))
            print(entry, len(each.functions), flush=True)


def times(runs=9):
    """The median seconds of a process that answers, and of one that starts only."""
    commands = {
        "synth complexity": ["-m", "synth", "complexity", "0x16686997", "--json"],
        "synth --version": ["-m", "synth", "--version"],
    }
    taken = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, *command], check=True, capture_output=True)
            taken[name].append(time.perf_counter() - began)
    return {name: statistics.median(each) for name, each in taken.items()}


def drawn(count, seed=0):
    """(basis, function) of as many functions of 5 inputs, each for one of the bases in turn."""
    generator = random.Random(seed)
    known = {basis: atlas.known_atlas(basis, 5) for basis in atlas.BASES}
    for k in range(count):
        basis = list(atlas.BASES)[k % 2]
        if k % 4 < 2:
            yield basis, generator.randrange(1, 2**32 - 1)
            continue
        operators = generator.randint(1, PROVABLE[basis])
        classes = known[basis].functions[known[basis].operators == operators].tolist()
        flips, order = generator.getrandbits(5), generator.sample(range(5), 5)
        rows = np.arange(32)
        bits = generator.choice(classes) >> rows & 1
        sources = sum((rows >> i & 1) << place for place, i in enumerate(order)) ^ flips
        yield basis, sum(1 << r for r in rows.tolist() if bits[sources[r]])


def searched(case):
    """(operators of the program found, whether it is proven to be the shortest)."""
    basis, function = case
    dsl = synth.DSL(basis)
    for name in ("And", "Or", "Xor")[: 2 + basis.endswith("xor")]:
        dsl.add(OPERATORS[name], "Bool, Bool -> Bool", name=name, commutative=True)
    rows, columns = np.arange(32), {}
    for i, name in enumerate("abcde"):
        value = (rows >> i & 1).astype(bool)
        columns |= {name: value, f"not_{name}": ~value}
    task = synth.Task(
        f"{function:#x}", columns, dict.fromkeys(columns, Bool), (function >> rows & 1) > 0, Bool
    )
    found = synth.search(task, dsl, exact=True, moves=0, seconds=20, threads=1)
    operators = len(re.findall("And|Or|Xor", found.program.text)) if found.program else None
    return operators, found.optimal


def check(count=1000, processes=1):
    """Holds the atlas of 5 inputs against searches, prints how it went, and says if all agree."""
    known = {basis: atlas.known_atlas(basis, 5) for basis in atlas.BASES}
    cases, counts = list(drawn(count)), collections.Counter()
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for (basis, function), (operators, proven) in zip(
            cases, pool.imap(searched, cases), strict=True
        ):
            least = known[basis].least(function)
            wrong = (proven and operators != least) or (operators is not None and operators < least)
            if wrong:
                print(f"WRONG {basis} {function:#x}: atlas {least}, search {operators}, {proven=}")
            counts[basis, "wrong" if wrong else "proven" if proven else "open"] += 1
            if sum(counts.values()) % 100 == 0:
                print(dict(counts), flush=True)
    for (basis, outcome), each in sorted(counts.items()):
        print(f"{basis}: {each} {outcome}")
    return not any(outcome == "wrong" for _, outcome in counts)


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        make(sys.argv[2:])
    elif sys.argv[1:2] == ["check"]:
        sys.exit(not check(*map(int, sys.argv[2:])))
    else:
        for name, seconds in times().items():
            print(f"{name}: {seconds:.3f} s")
