"""The random-label paradox in ten cells: a learner that can fit anything, and yet generalises.

Run it in a checkout:  python examples/random_labels.py
"""

# %% [1] The paradox: networks fit random labels as well as true labels, and yet generalise from
# true labels (Zhang et al., ICLR 2017).  So what a learner can fit does not explain why it
# generalises.
import synth

task = synth.load_task("mod-add:p=31,train=0.5")
print(task)

# %% [2] A learner that can fit any labels: it chooses their shortest description
result = synth.search(task, max_bits=14)
print(f"chosen: a {result.chosen}, {result.program.text}")

# %% [3] For true labels this is a program, far shorter than a table of the labels
print(f"{result.total_bits:.1f} bits; a table takes {result.table.bits:,.1f}")

# %% [4] The program predicts rows that it has not seen
print(f"held out: {result.program.test_accuracy:.3f}")

# %% [5] The same inputs and the same label counts, but with the labels permuted among the rows
twin = task.permuted(seed=1)
random = synth.search(twin, max_bits=14)
print(f"chosen: a {random.chosen}; the best program saves {random.saved_bits:.1f} bits")

# %% [6] The table fits these labels perfectly too: it has no exceptions
print(f"training: {random.table.train_accuracy:.3f}")

# %% [7] But it says nothing about other rows
print(f"held out: {random.table.test_accuracy:.3f}; chance is {1 / 31:.3f}")

# %% [8] In between: with more and more random labels, the program stays and pays for exceptions
print("labels drawn anew  chosen   program       exceptions  bits saved  held out")
for fraction in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
    found = synth.search(task.corrupted(fraction, seed=1), max_bits=14)
    best = found.program if found.chosen == "program" else found.table
    print(
        f"{fraction:17.0%}  {found.chosen:<8} {found.program.text:<13} "
        f"{found.program.exceptions:10}  {found.saved_bits:10.1f}  {best.test_accuracy:8.3f}"
    )

# %% [9] Even without held-out rows, the rule is no accident: a bound on the probability that
# permuted labels do as well
print(f"log2 of the bound on chance, true labels: {result.log2_chance_bound:,.0f}")
print(f"log2 of the bound on chance, permuted labels: {random.log2_chance_bound:,.0f}")

# %% [10] The resolution: one rule, the fewest bits, chose both times.  If a short program exists,
# it is chosen and generalises; if none exists, only a table is left.
for name, found in (("true", result), ("permuted", random)):
    print(f"{name:9} {found.chosen:8} saves {max(0.0, found.saved_bits):8,.1f} bits")
