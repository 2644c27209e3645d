"""A first search, then the same of a CSV file, and what to ask of the answer.

Run it in a checkout:  python examples/first_search.py
"""

# %% A task that is there, and the best hypothesis for it
from pathlib import Path
from tempfile import TemporaryDirectory

import synth

task = synth.load_task("parity:n=6,k=3")
result = synth.search(task)
print("parity:", result.program.text)
print(f"  {result.program.bits:.1f} bits, {result.program.exceptions} exceptions")
print(f"  a table takes {result.table.bits:.1f} bits, all told the program saves "
      f"{result.saved_bits:.1f}")  # fmt: skip
print(f"  of unseen rows it is right on {result.program.test_accuracy:.0%}")
print("  no shorter hypothesis exists" if result.optimal else "  not proven optimal")

# %% Your own table: the last column holds the labels
table = Path(__file__).parent / "own_table.csv"
own = synth.load_task(table)
both = synth.contrast(own)  # with the same rows, labels permuted
print("own table:", both.structured.program.text)
print(f"  saves {both.structured.saved_bits:.1f} bits; permuted labels "
      f"{both.random.saved_bits:.1f}")  # fmt: skip
print(f"  chance of that with permuted labels: at most {both.structured.chance_bound:.1g}")

# %% What it says of new rows, columns as they stand in a file
rows = {
    "member": [False, False, True],
    "day": ["mon", "sat", "wed"],
    "items": [2, 9, 1],
    "age": [30, 41, 25],
}
print("  new rows:", ", ".join(both.structured.predict(rows)))

# %% In other notations
print("as LaTeX:", both.structured.best.to_latex())

# %% Kept in a file, and read again
with TemporaryDirectory() as folder:
    synth.save_run(both, f"{folder}/own.json")
    print("read again:", synth.load_run(f"{folder}/own.json").structured.program.text)
