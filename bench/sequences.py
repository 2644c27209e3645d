"""How many of the hundred sequences are solved from 12 terms, and which bounds mislead.

A sequence is solved if a program is chosen and right on the next 20 terms.  Run, it prints each
sequence, the number solved of each kind, and the ten sequences without a short law; a bound below
2**-10 of a program that is wrong is marked.
"""

import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import synth
from bench import sequence_laws

#: A bound below this, of a program that is wrong on further terms, has misled.
MISLEADING = -10


@dataclass(frozen=True)
class Solved:
    """What a search says of a sequence.

    chosen: "program", "constant" or "table"; right: whether a program was chosen that says all
    further terms; log2_bound: log2 of the chance bound.
    """

    chosen: str
    right: bool
    text: str
    saved_bits: float
    log2_bound: float
    seconds: float


def solved(terms, programs=None):
    """What a search of so many programs says of a sequence; by default as many as a search makes.

    terms: the first `sequence_laws.TRAINING` of them are for training.
    """
    spec = "sequence:" + "/".join(map(str, terms))
    began = time.monotonic()
    result = synth.search(
        synth.load_task(spec, train=sequence_laws.TRAINING),
        max_programs=programs,
        seconds=None,
        threads=1,
    )
    said = result.continuation
    return Solved(
        chosen=result.chosen,
        right=result.chosen != "table" and said.right == said.known,
        text=f"{result.program.expression} with {said.lags} lags" if result.program else "none",
        saved_bits=result.saved_bits or 0.0,
        log2_bound=result.log2_chance_bound,
        seconds=time.monotonic() - began,
    )


def main(programs=None):
    """Print what is found for every sequence."""
    every, seconds = 0, 0.0
    for kind, laws in sequence_laws.laws().items():
        right = 0
        for name, terms in laws.items():
            one = solved(terms, programs)
            right, seconds = right + one.right, seconds + one.seconds
            print(_line("solved" if one.right else "NOT", name, one), flush=True)
        print(f"{kind}: {right} of {len(laws)} solved", flush=True)
        every += right
    print(f"all kinds: {every} of 100 solved, {seconds / 100:.1f} s each")
    for name, terms in sequence_laws.without_law().items():
        one = solved(terms, programs)
        misled = one.chosen != "table" and not one.right and one.log2_bound < MISLEADING
        print(_line("MISLEADS" if misled else one.chosen, name, one), flush=True)


def _line(what, name, one):
    return f"  {what:8} {name:32} saves {one.saved_bits:6.1f}  {one.seconds:4.1f} s  {one.text}"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
