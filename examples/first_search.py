"""A first search: a built-in task, then a CSV file, and what to do with the result.

Run it in a checkout:  python examples/first_search.py
"""

# %% A built-in task and the best hypothesis for it
from pathlib import Path
from tempfile import TemporaryDirectory

import synth

task = synth.load_task("parity:n=6,k=3")
result = synth.search(task)
print("parity:", result.program.text)
print(f"  {result.program.bits:.1f} bits, {result.program.exceptions} exceptions")
print(
    f"  a table takes {result.table.bits:.1f} bits, in total the program saves "
    f"{result.saved_bits:.1f}"
)
print(f"  it is right on {result.program.test_accuracy:.0%} of unseen rows")
print("  no shorter hypothesis exists" if result.optimal else "  not proven optimal")

# %% Your own table: the last column holds the labels
table = Path(__file__).parent / "own_table.csv"
own = synth.load_task(table)
both = synth.contrast(own)  # next to the same rows with permuted labels
print("own table:", both.structured.program.text)
print(
    f"  saves {both.structured.saved_bits:.1f} bits; permuted labels {both.random.saved_bits:.1f}"
)
print(f"  probability of this with permuted labels: at most {both.structured.chance_bound:.1g}")

# %% Predictions for new rows, given as the columns of the file
rows = {
    "member": [False, False, True],
    "day": ["mon", "sat", "wed"],
    "items": [2, 9, 1],
    "age": [30, 41, 25],
}
print("  new rows:", ", ".join(both.structured.predict(rows)))

# %% In other notations
print("as LaTeX:", both.structured.best.to_latex())

# %% Save the results and load them again
with TemporaryDirectory() as folder:
    synth.save_run(both, f"{folder}/own.json")
    print("loaded again:", synth.load_run(f"{folder}/own.json").structured.program.text)
