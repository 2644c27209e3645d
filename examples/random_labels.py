"""The random-label paradox: the same learner, the same inputs, labels less and less true.

A learner that looks for the shortest description fits every one of these training
sets perfectly, a program's exceptions included.  What it says of unseen rows
differs: with a rule in the labels it has found the rule, without one a table.
"""

import synth

task = synth.load_task("mod-add:p=31,train=0.5")

print("labels drawn anew  chosen   program       exceptions  bits saved  held out")
for fraction in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
    result = synth.search(task.corrupted(fraction, seed=1), max_bits=14)
    best = result.program if result.chosen == "program" else result.table
    print(
        f"{fraction:17.0%}  {result.chosen:<8} {result.program.text:<13} "
        f"{result.program.exceptions:10}  {result.saved_bits:10.1f}  {best.test_accuracy:8.3f}"
    )
