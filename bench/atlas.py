"""Make the atlases that travel with the package, `synth/atlas/known.zip`, and time an answer.

    python bench/atlas.py make and-or.atlas and-or-xor.atlas
    python bench/atlas.py time

`make` computes all that has up to 4 inputs, and takes that of 5 inputs from the given files, which
`synth atlas` writes; it leaves out what their functions are made from. `time` measures whole
processes that ask for a function of 5 inputs, beside one that starts and does nothing.
"""

import dataclasses
import statistics
import subprocess
import sys
import time
import zipfile
from pathlib import Path

from synth import atlas
from synth.exact import make_atlas, make_bits_atlas
from synth.language.dsls.boolean import BASES

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


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        make(sys.argv[2:])
    else:
        for name, seconds in times().items():
            print(f"{name}: {seconds:.3f} s")
