"""The random-label paradox in ten cells: a learner that fits anything, and still generalises.

Run it in a checkout:  python examples/random_labels.py
"""

# %% [1] The paradox: networks fit random labels as they fit true ones, and yet generalise
# from the true ones (Zhang et al., ICLR 2017).  What they can fit does not tell them apart.
import synth

task = synth.load_task("mod-add:p=31,train=0.5")
print(task)

# %% [2] A learner that fits whatever it is given: the shortest description of the labels
result = synth.search(task, max_bits=14)
print(f"chosen: a {result.chosen}, {result.program.text}")

# %% [3] On true labels it is a program, far shorter than a table of the labels
print(f"{result.total_bits:.1f} bits, a table takes {result.table.bits:,.1f}")

# %% [4] So what it says of rows it has not seen is true
print(f"held out: {result.program.test_accuracy:.3f}")

# %% [5] The same inputs, the same label counts, but the labels permuted among the rows
twin = task.permuted(seed=1)
random = synth.search(twin, max_bits=14)
print(f"chosen: a {random.chosen}; the best program saves {random.saved_bits:.1f} bits")

# %% [6] It fits them as perfectly: a table has no exceptions
print(f"training: {random.table.train_accuracy:.3f}")

# %% [7] And says nothing of other rows
print(f"held out: {random.table.test_accuracy:.3f}, chance {1 / 31:.3f}")

# %% [8] In between, labels less and less true: the program stays, and pays for exceptions
print("labels drawn anew  chosen   program       exceptions  bits saved  held out")
for fraction in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
    found = synth.search(task.corrupted(fraction, seed=1), max_bits=14)
    best = found.program if found.chosen == "program" else found.table
    print(
        f"{fraction:17.0%}  {found.chosen:<8} {found.program.text:<13} "
        f"{found.program.exceptions:10}  {found.saved_bits:10.1f}  {best.test_accuracy:8.3f}"
    )

# %% [9] That true labels are no accident needs no held-out rows: a bound on what chance can do
print(f"log2 of the chance that permuted labels do as well: {result.log2_chance_bound:,.0f}")
print(f"of the permuted ones themselves: {random.log2_chance_bound:,.0f}")

# %% [10] The resolution: both were fitted by one rule, the fewest bits.  Where there is a short
# program it is chosen and generalises; where there is none, only a table is left.
for name, found in (("true", result), ("permuted", random)):
    print(f"{name:9} {found.chosen:8} saves {max(0.0, found.saved_bits):8,.1f} bits")
