"""What a type checker must not let pass; the comment says which error is wanted there."""

import numpy as np

import synth
from synth import DSL, Bool, Grammar, Int, Program, Task
from synth.experiments.base import setting

dsl = DSL("own", types=[Int(0, 9)])
grammar = Grammar(dsl, {"a": Int(0, 9)})

synth.search("parity", max_bit=12)  # error: call-arg
synth.search("parity", seconds="10")  # error: arg-type
synth.search(np.arange(3))  # error: arg-type
synth.contrast("parity", twin="shuffled")  # error: arg-type
synth.search("parity").program.bits  # error: union-attr
synth.search("parity").accuracy  # error: attr-defined
synth.nothing  # error: attr-defined
Task("own", {"a": [1, 2]}, {"a": int}, [0, 1], Bool)  # error: dict-item
Task("own", {"a": [1, 2]}, {"a": Int(0, 9)}, [0, 1])  # error: call-arg
Program.parse(grammar, "a")  # error: arg-type arg-type
grammar.mass()["Bool"]  # error: index
dsl.add("Int -> Int", abs)  # error: arg-type type-var
dsl.constant(1, int, weight=None)  # error: arg-type arg-type
rows: int = setting("3", "training rows")  # error: assignment
