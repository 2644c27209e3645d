"""What bench/net.py asks of the library: python bench/net_library.py PART prints a JSON list.

Every answer is written by `repr`, so that floats keep all digits.  The script reads own.py, which
net.py writes.
"""

import importlib
import json
import sys
from pathlib import Path

import numpy as np

import synth

said = []


def say(*values):
    said.extend(repr(v.tolist() if hasattr(v, "tolist") else v) for v in values)


def prior():
    for dsl in "boolean:basis=and-or-not", "boolean:basis=anf", "boolean:basis=nand":
        for relative in False, True:
            found = synth.exact_prior(dsl, 3, relative=relative, threads=1)
            say(found, found.masses, found.digits, found.bits)
    columns = {f"x{v}": (np.arange(8) >> v & 1).astype(bool) for v in range(3)}
    grammar = synth.Grammar(synth.load_dsl("boolean"), dict.fromkeys(columns, synth.Bool))
    say(internal("limit_shares")(grammar, columns, threads=1))


def internal(name):
    """An internal function, from whichever module it is in now."""
    root = Path(synth.__file__).parent
    path = next(p for p in sorted(root.rglob("*.py")) if f"def {name}(" in p.read_text())
    module = ".".join(("synth", *path.relative_to(root).with_suffix("").parts))
    return getattr(importlib.import_module(module.removesuffix(".__init__")), name)


def posterior():
    for task in "parity:n=4,k=2", "majority:n=3,train=5", "multiplexer:a=1":
        p = synth.exact_posterior(task, threads=2)
        say(p.prior, p.evidence_bits, p.predictive, p.best, p.saved_bits, p.map_values)
        say(p.bayes_accuracy, p.gibbs_accuracy, p.map_accuracy, p.log_loss)


def counts():
    for spec, dsl, bits in ("mod-mul:p=5", "modular:p=5", 24), ("parity:n=3", "boolean", 22):
        task = synth.load_task(spec)
        grammar = synth.Grammar(synth.load_dsl(dsl), task.types)
        found = synth.count_programs(grammar, task.columns, type=task.label_type, max_bits=bits)
        say(found, found.bits, found.programs, found.undefined, found.exact_bits)
        say(found.values, found.least_bits, found.prior_mass, found.counts(3))
        sample = synth.sample_programs(grammar, 2000, seed=1, type=task.label_type)
        say(sample, sample.tokens, sample.offsets)


def check():
    for name in "boolean", "integer", "real", "modular:p=7", "fourier:p=7", "own.py:own":
        say(name, synth.check_dsl(synth.load_dsl(name)))
    bad = synth.DSL("bad", types=(synth.Bool,))
    bad.add(lambda a, b: a & ~b, "Bool, Bool -> Bool", name="less", commutative=True)
    say(synth.check_dsl(bad), synth.check_dsl(bad, {"x": synth.Int()}))


def learner():
    bits = (np.arange(64)[:, None] >> np.arange(6) & 1).astype(bool)
    made = synth.ProgramClassifier(max_bits=20, seconds=1e6, threads=1)
    made.fit(bits[::2], bits[::2, 1] ^ bits[::2, 3])
    say(made.predict(bits), made.predict_proba(bits))
    task = synth.load_task("parity:n=5,k=2")
    best = synth.search(task, seconds=1e6, max_bits=20, threads=1).best
    say(str(best), best.to_latex(), best.to_dot())


if __name__ == "__main__":
    {f.__name__: f for f in (prior, posterior, counts, check, learner)}[sys.argv[1]]()
    print(json.dumps(said, indent=1))
