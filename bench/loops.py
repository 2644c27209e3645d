"""Languages of strings: what is found by both DSLs, and whether it is right on long strings.

    python bench/loops.py [--dsl DSL] [--only TASK ...] [--twins N] [--rows FILE]
    python bench/loops.py --languages

Each language is searched from its default training strings.  What is found is compared with another
definition of the language (`tests.test_machines.DEFINED`): on all strings of at most 16 letters (8
of an alphabet of four), on 1,000 strings of 200 letters, and on 10,000 of 30 and of 300 letters.
Of long strings, four in ten are in the language if there are any, four are such strings with one to
three letters changed, and two are drawn uniformly.  Permuted twins are searched with a limit of
programs.  A row is written as soon as it is done; a run that is started again goes on after it.

`--languages` counts the languages of at most 4 states: those of the machines of the DSL, by what
they say of all strings of at most 6 letters, which tell any two of them apart; those of all minimal
machines, by refining sets of states; and those of all folds of two truth values, with the bits of
the cheapest one.
"""

import argparse
import itertools
import json
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import synth
from bench.document import HERE
from synth import codes
from synth.language.folds import joined, states_of
from synth.tasks.builtin import strings as languages
from synth.verification.machines import every as all_machines
from tests.test_machines import DEFINED

#: Tasks that need other settings than the default ones.
SETTINGS = {
    "strings:anbn": "strings:anbn,length=24",
    "strings:dyck": "strings:dyck,length=16",
}
#: Languages that no machine of few states has.
COUNTED = ("strings:majority", "strings:equal", "strings:dyck", "strings:anbn")
#: (letters, strings) of the long strings.
LONG = ((200, 1_000), (30, 10_000), (300, 10_000))
#: After how many programs a search of `loops` stops: three languages need more.
FEW, MORE = 10_000, 30_000
LONGER = ("strings:divisible-5", "strings:dyck", "strings:anbn")
#: After how many programs that of a twin stops: one stage of folds, and what is solved from the
#: labels.
TWIN = {"machines": 20_000, "loops": 100}


def language_of(name):
    """The language of a task, from which strings are drawn; what they are called is not."""
    family, _, which = name.partition(":")
    return languages.TOMITA[int(which) - 1] if family == "tomita" else languages.LANGUAGES[which]


def short_strings(letters):
    """All strings of at most 16 letters; of four letters, of at most 8."""
    for length in range(17 if len(letters) == 2 else 9):
        yield from map("".join, itertools.product(letters, repeat=length))


def long_strings(language, length, count, generator):
    """Strings of a length: in the language, nearly in it, and drawn uniformly."""
    drawer, letters = languages.Drawer(language, generator), language.letters
    inside = drawer.count(length, True)
    kept = (
        [drawer.drawn(length, True) for _ in range(min(4 * count // 10, inside))] if inside else []
    )
    changed = []
    for k in range(4 * count // 10 if kept else 0):
        string = list(kept[k % len(kept)])
        for place in generator.integers(0, length, generator.integers(1, 4)):
            string[place] = letters[generator.integers(len(letters))]
        changed.append("".join(string))
    rest = count - len(kept) - len(changed)
    drawn = generator.integers(0, len(letters), (rest, length))
    return [*kept, *changed, *("".join(letters[c] for c in row) for row in drawn)]


def right(program, inverted, strings, defined):
    """[strings on which a program is right, strings]."""
    said = program.evaluate({"xs": np.array(strings)}) ^ inverted
    return [
        int(sum(a == defined(s) for a, s in zip(said.tolist(), strings, strict=True))),
        len(strings),
    ]


def measured(name, dsl):
    """The row of a language and a DSL."""
    began, task = time.process_time(), synth.load_task(SETTINGS.get(name, name))
    most = None if dsl == "machines" else MORE if name in LONGER else FEW
    result = synth.search(task, dsl, max_programs=most, seconds=None, threads=1)
    row = {
        "task": name,
        "dsl": dsl,
        "program": result.program.text,
        "bits": result.program.bits,
        "exceptions": result.program.exceptions,
        "chosen": result.chosen,
        "table_bits": result.table.bits,
        "total_bits": result.program.total_bits,
        "optimal": result.optimal,
        "seconds": time.process_time() - began,
    }
    language, defined = language_of(name), DEFINED[name]
    generator = np.random.default_rng(23)
    given = result.best, result.program.inverted
    row["short"] = right(*given, list(short_strings(language.letters)), defined)
    for length, count in LONG:
        strings = long_strings(language, length, count, generator)
        row[f"long_{length}"] = right(*given, strings, defined)
    return row | {"all_seconds": time.process_time() - began}


def twin(name, dsl, seed):
    """The row of a permuted twin of a language."""
    task = synth.load_task(SETTINGS.get(name, name)).permuted(seed)
    found = synth.search(task, dsl, max_programs=TWIN[dsl], seconds=None, threads=1)
    return {"task": name, "dsl": dsl, "twin": seed, "chosen": found.chosen}


def behaviours(steps):
    """The state at the end of each string of at most 6 letters: int8 (machines, 127)."""
    ends = np.zeros((len(steps), 127), np.int8)
    rows = np.arange(len(steps))
    for q in range(1, 127):
        ends[:, q] = steps[rows, ends[:, (q - 1) // 2], (q - 1) % 2]
    return ends


def keys(ends, labels):
    """What machines say of the 127 strings, as keys that can be compared."""
    return np.packbits(labels[ends], axis=1).view("V16").ravel()


def is_minimal(steps, labels):
    """Whether no two states say the same of all strings, by refining sets of states (Moore)."""
    sets, count = list(labels), len(set(labels))
    while True:
        signs = [(own, *(sets[to] for to in row)) for own, row in zip(sets, steps, strict=True)]
        order = {sign: k for k, sign in enumerate(dict.fromkeys(signs))}
        if len(order) == count:
            return count == len(labels)
        sets, count = [order[sign] for sign in signs], len(order)


def print_languages():
    """Count the languages of at most 4 states in three ways, and price them."""
    least, minimal = {}, 0
    for states in range(1, 5):
        every = np.array([*all_machines(states, 2)]).reshape(-1, states, 2)
        ends, bits = behaviours(every), codes.machine_bits(states, 2, 2)
        tables = every.tolist()
        for labels in itertools.product((0, 1), repeat=states):
            minimal += sum(is_minimal(steps, labels) for steps in tables)
            for key in keys(ends, np.array(labels, np.uint8)).tolist():
                least.setdefault(key, bits)
    print(f"machines: {len(least):,} languages; minimal machines: {minimal:,}", flush=True)
    folds = {}
    dsl = synth.load_dsl("loops")
    family, kind = dsl.family, dsl.family.kinds["fold2"]
    function = synth.enumerate_programs(
        family.grammar(kind), family.cases(kind), type=synth.Bool, max_programs=1_000_000
    )
    answer = synth.enumerate_programs(
        family.answers(kind), states_of(kind), type=synth.Bool, max_programs=100_000
    )
    grammar = synth.Grammar(dsl, {"xs": synth.Str("01")})
    parts = [function.program(0)] * 2 + [answer.program(0)]
    whole = synth.Program(family.fold(kind, parts, 0), [synth.Program(grammar.inputs[0])])
    around = whole.bits(grammar) - 2 * function.bits[0] - answer.bits[0]
    print(
        f"functions: {len(function)} of 256 and {len(answer)} of 16, from {function.bits[0]:.1f} "
        f"to {function.bits[-1]:.1f} bits",
        flush=True,
    )
    one, other = np.divmod(np.arange(len(function) ** 2), len(function))
    values = function.values
    steps = joined([values[one], values[other]], kind).reshape(len(one), kind.states, 2)
    ends, bits = behaviours(steps), around + function.bits[one] + function.bits[other]
    order = np.argsort(bits, kind="stable")
    for said, last in zip(answer.values.astype(np.uint8), answer.bits, strict=True):
        found, first = np.unique(keys(ends[order], said), return_index=True)
        for key, total in zip(found.tolist(), (bits[order][first] + last).tolist(), strict=True):
            folds[key] = min(total, folds.get(key, total))
    cheaper = sum(least[key] < folds[key] for key in folds)
    print(
        f"folds of two truth values: {len(folds):,} languages, all of these: "
        f"{folds.keys() == least.keys()}; from {min(folds.values()):.1f} to "
        f"{max(folds.values()):.1f} bits; the machine is cheaper for {cheaper:,}"
    )


def main():
    """Measure what is not measured yet, and print every row."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dsl", choices=tuple(TWIN), action="append")
    parser.add_argument("--only", choices=tuple(DEFINED), action="append")
    parser.add_argument("--twins", type=int, default=20)
    parser.add_argument("--rows", type=Path, default=HERE / "results" / "loops.jsonl")
    parser.add_argument("--languages", action="store_true")
    options = parser.parse_args()
    if options.languages:
        return print_languages()
    options.rows.parent.mkdir(parents=True, exist_ok=True)
    lines = options.rows.read_text().splitlines() if options.rows.exists() else []
    known = {(r["dsl"], r["task"], r.get("twin")): r for r in map(json.loads, lines)}

    def row(key, make, *arguments):
        if key not in known:
            known[key] = make(*arguments)
            with options.rows.open("a") as file:
                file.write(json.dumps(known[key]) + "\n")
        return known[key]

    names = options.only or list(DEFINED)
    every = [
        (dsl, name)
        for dsl in options.dsl or TWIN
        for name in names
        if dsl == "loops" or name not in COUNTED
    ]
    for dsl, name in every:
        print(_line(row((dsl, name, None), measured, name, dsl)), flush=True)
    for dsl, name in every:
        twins = [row((dsl, name, k), twin, name, dsl, k) for k in range(options.twins)]
        tables = sum(t["chosen"] != "program" for t in twins)
        print(f"{dsl:8} {name:20} {tables} of {len(twins)} twins without a program", flush=True)


def _line(row):
    checks = [row["short"], *(row[f"long_{n}"] for n, _ in LONG)]
    figures = "  ".join(f"{good:,} of {of:,}" for good, of in checks)
    head = f"{row['dsl']:8} {row['task']:20} {row['chosen']:8} {row['bits']:5.1f} bits"
    return f"{head}  {figures}  {row['seconds']:5.1f} s  {row['program']}"


if __name__ == "__main__":
    main()
