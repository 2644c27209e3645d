"""Faults that were planted by hand in the engine: the attack has to find each of them.

    python bench/faults.py [--minutes M] [--seed N] [--faults TEXT] [--out FILE] [--again]
                           [--beside N] [--markdown]

Each fault is one changed line of a copy of the tree.  There the attack is run.  It stops at the
first false claim, and the bench says which claim that was, and after how many seconds of
processor time.  The same
attack is run on the tree as it is too, where it may find nothing.  A fault that is not found
shows a claim that nothing checks.  Results are kept in `--out`.
"""

import argparse
import re
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import copies
import document
import kept


class Fault(NamedTuple):
    """A change that makes some claim false.

    Parameters
    ----------
    kind : str
        The part of the engine.
    name : str
        What is wrong then.
    file : str
        The file, below `synth`.
    before, after : str
        The text, which occurs once in the file, and its replacement.
    """

    kind: str
    name: str
    file: str
    before: str
    after: str

    def applied(self, root=copies.ROOT):
        """The file, relative to the root of the tree, and its text with the fault."""
        name = f"synth/{self.file}"
        text = (Path(root) / name).read_text()
        if text.count(self.before) != 1:
            raise SystemExit(
                f"{self.name}: its text occurs {text.count(self.before)} times in {name}; it has "
                "to occur once: change the fault"
            )
        return name, text.replace(self.before, self.after)


FAULTS = (
    Fault(
        "schedule",
        "a cost is skipped after each window",
        "engine/schedule.py",
        "            frontier = stop\n",
        "            frontier = stop + 1\n",
    ),
    Fault(
        "certificate",
        "certified bits are one unit high",
        "engine/enumerator.py",
        "certified = ((self.frontier >> self.grammar.shift) - 1) / UNIT",
        "certified = (self.frontier >> self.grammar.shift) / UNIT",
    ),
    Fault(
        "optimal",
        "a comparison is turned: an extent ends the search that more programs lie beyond",
        "engine/schedule.py",
        "if all(arguments) and dearest > self.extents[rule.result]:",
        "if all(arguments) and dearest < self.extents[rule.result]:",
    ),
    Fault(
        "exact search",
        "the bound is one unit high",
        "engine/backward.py",
        "proven = held + min(cost, blocked, both) if",
        "proven = held + (1 << engine.grammar.shift) + min(cost, blocked, both) if",
    ),
    Fault(
        "exact search",
        "programs with two dear operands are forgotten",
        "engine/backward.py",
        "proven = held + min(cost, blocked, both) if",
        "proven = held + min(cost, blocked) if",
    ),
    Fault(
        "packing",
        "the label of the first row is not packed",
        "engine/bank.py",
        "padded[:, :count] = labels",
        "padded[:, 1:count] = labels[:, 1:]",
    ),
    Fault(
        "hashing",
        "a slot that another row has taken counts as the row",
        "kernels/store.py",
        "        held = slots[position]\n        if held == key:\n            return False\n",
        "        held = slots[position]\n        if held != empty:\n            return False\n",
    ),
    Fault(
        "hashing",
        "the index names the row before",
        "kernels/store.py",
        "((slot >> HALF) << HALF) | np.uint64(store.state[COUNT] + 1)",
        "((slot >> HALF) << HALF) | np.uint64(max(store.state[COUNT], 1))",
    ),
    Fault(
        "operands",
        "a commutative pair of equal operands is left out",
        "engine/schedule.py",
        "low = np.maximum(low, last)",
        "low = np.maximum(low, last + 1)",
    ),
    Fault(
        "front",
        "what is only scored is caught for the best and not for the front",
        "engine/scoring.py",
        "return self._of_hypotheses(wanted | (count < fewest))",
        "return self._of_hypotheses(wanted | (count < 0))",
    ),
    Fault(
        "shares",
        "of programs that are only scored, each number of exceptions counts once",
        "engine/scoring.py",
        "mass = np.logaddexp2.reduce(np.log2(histogram[present]) - totals)",
        "mass = np.logaddexp2.reduce(-totals)",
    ),
    Fault(
        "partial values",
        "open rows forget which values serve",
        "engine/targets.py",
        "return Target(serves.argmax(axis=1), counts == 1, serves if some.any() else None)",
        "return Target(serves.argmax(axis=1), counts == 1, None)",
    ),
    Fault(
        "threads",
        "what several threads have made is put in in reverse",
        "engine/job.py",
        "return [made[number] for number in range(open_[0])]",
        "return [made[number] for number in reversed(range(open_[0]))]",
    ),
    Fault(
        "resumption",
        "the first candidate after a stop is skipped",
        "engine/band.py",
        "                job.made = done[1]\n",
        "                job.made = done[1] + 1\n",
    ),
    Fault(
        "memory",
        "after memory has run out, one window more is claimed",
        "engine/enumerator.py",
        "self.horizon.frozen = start + self.grammar.width - 1",
        "self.horizon.frozen = start + 2 * self.grammar.width - 1",
    ),
    Fault(
        "class certificates",
        "the bound is one operator high",
        "engine/reach/certificates.py",
        "bits = None if least is None else (least - join) / UNIT",
        "bits = None if least is None else least / UNIT",
    ),
    Fault(
        "chance bound",
        "permuted labels are taken for uniform ones",
        "codes/values.py",
        "return min(0.0, total - log2_multinomial(counts))",
        "return min(0.0, total - sum(counts) * math.log2(len(counts)))",
    ),
)

#: No fault: nothing may be found.
CONTROL = Fault("control", "the tree as it is", "", "", "")


def main(arguments=None):
    options = parse(arguments)
    words, file = options.faults or [""], kept.Kept(options.out)
    chosen = [f for f in FAULTS if any(w in f"{f.kind} {f.name}" for w in words)]
    code = kept.code(*sorted((copies.ROOT / "tests" / "attack").glob("*.py")))

    def row_of(fault, tree):
        key = {"fault": fault._asdict(), "seed": options.seed, "code": code}
        row = None if options.again else file.get(key)
        row = row or file.keep(key, tried(fault, tree, options))
        print(line(row), flush=True)
        return row

    with ExitStack() as every:
        trees = [every.enter_context(copies.Copies()) for _ in range(options.beside)]
        rows = copies.in_copies(row_of, [*chosen, CONTROL], trees)
    if any(row["claim"] for row in rows if row["kind"] == CONTROL.kind):
        raise SystemExit("some claim is false without a fault: the attack tells nothing")
    rows = [row for row in rows if row["kind"] != CONTROL.kind]
    found = sum(row["claim"] is not None for row in rows)
    print(f"{found} of {len(rows)} faults found")
    if options.markdown:
        print(markdown(rows))
    return rows


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--minutes",
        type=float,
        default=20,
        help="of processor time, at most, for each fault (default: 20)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the attack (default: 0)")
    parser.add_argument("--processes", type=int, default=2, help="of the attack (default: 2)")
    parser.add_argument(
        "--faults",
        action="append",
        default=[],
        help="only faults with this text; may be repeated",
    )
    parser.add_argument("--beside", type=int, default=1, help="faults tried at a time (default: 1)")
    parser.add_argument(
        "--out",
        type=Path,
        default=document.HERE / "results" / "faults.jsonl",
        help="kept results",
    )
    parser.add_argument("--again", action="store_true", help="run kept faults again")
    parser.add_argument("--markdown", action="store_true", help="print a table as Markdown too")
    return parser.parse_args(arguments)


def tried(fault, tree, options):
    """Whether the attack found a fault: a row of plain data."""
    tree.make([] if fault is CONTROL else [fault.applied()])
    command = ["-m", "tests.attack", "--minutes", "600"]
    command += ["--seed", str(options.seed), "--stop-first", "--processes", str(options.processes)]
    run = tree.run(command, 60 * options.minutes)
    if fault.file.startswith("kernels"):
        tree.drop_kernels()
    claim = None if run.code == 0 or run.code is None else claim_of(run.text)
    return {
        "kind": fault.kind,
        "name": fault.name,
        "claim": claim,
        "seconds": round(run.seconds, 1),
    }


def claim_of(text):
    """The attack and the false claim, or the error, by what `tests.attack` has printed."""
    found = re.search(r"^(\w+), seed \d+: .*\nFALSE\n((?:  .*\n)*)", text, re.MULTILINE)
    if not found:
        return "the attack itself failed"
    lines = [part.strip() for part in found[2].splitlines()]
    errors = [part for part in lines if re.match(r"[\w.]*(Error|Exception)\b", part)]
    return f"{found[1]}: {(errors or lines)[0]}"


def line(row):
    """A row of the printed table."""
    claim = row["claim"] or "NOT FOUND"
    return f"{row['kind']}: {row['name']}\n    {row['seconds']:.0f} s  {claim[:200]}"


def markdown(rows):
    """A table of the claim that told each fault."""
    made = [
        [row["kind"], row["name"], row["claim"] or "not found", f"{row['seconds']:.0f}"]
        for row in rows
    ]
    return document.markdown(["part", "fault", "claim", "seconds"], made)


if __name__ == "__main__":
    main()
