"""A program of someone who uses synth and a type checker: nothing to complain of.

`assert_type` holds what a checker makes of each public name.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, assert_type

import numpy as np
from numpy.typing import NDArray

import synth
from synth import DSL, UNDEFINED, Bool, Complex, Grammar, Int, Mod, Program, Real, Task
from synth.errors import SynthError
from synth.experiments.base import setting, spawn_seeds
from synth.language.primitive import Constant, Input, Primitive
from synth.language.types import Type
from synth.records.parts import FrontPoint, ProgramScore

assert_type(Bool, Type)
assert_type(Mod(7), Type)
assert_type(Int(0, 9), Type)
assert_type(UNDEFINED, int)

# A DSL of one's own: bodies see arrays.
Whole = Annotated[np.ndarray, Int]
dsl = DSL("own", types=(Int(0, 100), Bool, Real, Complex), leaf_probability=0.4)


@dsl.primitive(symbol="%", weight=2)
def rest(a: Whole, b: Whole) -> Whole:
    return np.where(b == 0, UNDEFINED, a % np.maximum(b, 1))


@dsl.primitive
def twice(a: Whole) -> Whole:
    return a + a


assert_type(twice(np.arange(3)), np.ndarray)
dsl.add(np.gcd, "Int, Int -> Int", commutative=True, weight="1/3")
dsl.constant(0, Int)
dsl.constant(True, "Bool")
assert_type(synth.check_dsl(dsl, {"a": Int(0, 9)}), list[str])
assert_type(dsl.primitives, list[Primitive])

# A task of one's own: whatever NumPy takes for an array.
task = Task("own", {"a": [1, 2, 3], "b": np.arange(3)}, {"a": Int(0, 9), "b": Int(0, 9)},
            [True, False, True], Bool, label_names={0: "no", 1: "yes"})  # fmt: skip
assert_type(task.train, NDArray[np.bool_])
assert_type(task.columns["a"], np.ndarray)
assert_type(task.split(0.5, seed=1).permuted(), Task)
assert_type(synth.load_task("parity:n=6", train=0.5), Task)
assert_type(synth.read_table(Path("own.csv"), drop=["id"]), Task)
assert_type(synth.load_dsl("boolean"), DSL)

# Searches, and what they find.
found = synth.search(task, dsl, max_bits=20, seconds=None, threads=2, progress=print)
assert_type(found, synth.Result)
assert_type(found.program, ProgramScore | None)
assert_type(found.front, tuple[FrontPoint, ...])
assert_type(found.predict({"a": [1], "b": [2]}), np.ndarray)
both = synth.contrast("parity:n=6,k=3", twin="uniform", memory=2**30)
assert_type(both.random, synth.Result)
assert_type(both.structured.saved_bits, float | None)
table = synth.compare(["parity", task], ["boolean", dsl], seeds=2, seconds=1.0)
assert_type(table, synth.Comparison)
assert_type(synth.compare("parity").rows, tuple[dict[str, Any], ...])
run = synth.run_experiment("corruption", rows=(12, 40))
assert_type(run, synth.ExperimentRun)
run.plot("corruption.png")
synth.save_run(run, Path("run.json"))
match synth.load_run("run.json"):
    case synth.Result() as again:
        assert_type(again.optimal, bool)
    case synth.Contrast(structured=again):
        assert_type(again.chosen in ("program", "table"), bool)

# Grammars and programs.
grammar = Grammar(dsl, {"a": Int(0, 9)}, input_weights={"a": 2})
assert_type(grammar.mass()[Bool], float)
program = Program.parse("rest(a, 2)", grammar, Bool)
assert_type(program.bits(grammar), float)
assert_type(program.arguments, tuple[Program, ...])
assert_type(program.head, Input | Constant | Primitive)
values, defined = program.outputs({"a": np.arange(9)})
assert_type(defined, NDArray[np.bool_])
listed = synth.enumerate_programs(grammar, {"a": np.arange(9)}, type=Bool, max_bits=9)
assert_type(listed.bits, NDArray[np.float64])
assert_type(listed.program(0), Program)
counts = synth.count_programs(grammar, {"a": np.arange(9)}, max_bits=9)
assert_type(counts.counts(0), np.ndarray)
sample = synth.sample_programs(grammar, 100, seed=1)
assert_type(sample.program(0), Program)
assert_type(synth.exact_prior("boolean", 3).masses, NDArray[np.float64])
assert_type(synth.exact_posterior("parity:n=3").map_accuracy, float | None)


# An experiment of one's own.
@dataclass(frozen=True)
class Settings:
    rows: tuple[int, ...] = setting((1, 2), "training rows", low=1)
    share: float = setting(1, "of the rows", low=0, high=1)
    name: str | None = setting(None, "of the task", choices=["parity"])


def experiment(
    settings: Settings, map: Callable[[Callable[..., Any], Iterable[Any]], Iterator[Any]]
) -> Iterator[dict[str, Any]]:
    for rows, seed in zip(settings.rows, spawn_seeds(0, len(settings.rows)), strict=True):
        try:
            yield from map(dict, [{"rows": rows, "seed": seed, "task": settings.name}])
        except SynthError as error:
            yield {"error": str(error)}
