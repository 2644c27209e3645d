"""Fifteen structured tasks whose programs lie beyond the enumeration, and their known programs.

Each has a fixed seed, a DSL, and the shortest program that was found by hand: a factored form, so
that a search has to do more than to list the rows that are true.  The tasks stand here before the
stage that has to solve them.  Run, it prints for each what the known program costs, what the table
costs, and what the enumeration alone finds.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import synth
from synth import codes, tasks
from synth.language import Bool, Int, Mod, Program, Real

SEED = 20260101

#: Shorter programs that searches have found since, by the names of their tasks.  A program that is
#: wrong on more rows than not is read as its opposite.
FOUND = {
    "tic-tac-toe": (
        "'tm=b' ^ 'bl=b' ^ ('bm=b' ^ 'br=b') ^ ('mr=b' ^ ('mm=b' ^ ('ml=b' ^ ('tl=b' ^ 'tr=b'))))"
    ),
    "parity of 5 of 10": (
        "(x0 & x1 | ~((x0 | x1) & ((x2 | (x3 | x4) & ~(x3 & x4)) & (x3 & x4 | ~(x2 & (x3 | "
        "x4)))))) & ((x0 | x1) & ~(x0 & x1) | (x2 | (x3 | x4) & ~(x3 & x4)) & (x3 & x4 | ~(x2"
        " & (x3 | x4))))"
    ),
    "parity of 6 of 11": (
        "((x0 | (x1 | x2) & ~(x1 & x2)) & (x1 & x2 | ~(x0 & (x1 | x2))) | (x3 | (x4 | x5) & "
        "~(x4 & x5)) & (x4 & x5 | ~(x3 & (x4 | x5)))) & ~((x0 | (x1 | x2) & ~(x1 & x2)) & (x1"
        " & x2 | ~(x0 & (x1 | x2))) & ((x3 | (x4 | x5) & ~(x4 & x5)) & (x4 & x5 | ~(x3 & (x4 "
        "| x5)))))"
    ),
    "DNF of 4 over 12": (
        "((~x2 | x4 | x7) & (~(x1 & x0) | x5) | x9) ^ (~x1 & x7 & x5 & x11 | ~(x2 | x0 | x3) & x10)"
    ),
    "DNF of 10 over 20": (
        "~(x3 | x13 | x2) & x6 | ~x1 & x11 & x14 & x15 | ~x5 & (x18 & x12 & x14 | (~(x16 | "
        "x1) | x11 ^ x10 & (x11 ^ x14)) & x8) | (~x9 & x5 & x16 | ~(x10 | x18) & x4) & x7 | "
        "(~(x6 | x12) & x18 | ~(x9 | x0) & x3) & x13"
    ),
    "DNF of 10 over 20 with 5% noise": (
        "~(x3 | x13 | x2) & x6 | ~x1 & x11 & x14 & x15 | ~x5 & (x18 & x12 & x14 | (~(x16 | "
        "x1) | x11 ^ x10 & (x11 ^ x14)) & x8) | (~x9 & x5 & x16 | ~(x10 | x18) & x4) & x7 | "
        "(~(x6 | x12) & x18 | ~(x9 | x0) & x3) & x13"
    ),
    "decision list of 8 over 14": (
        "~((x10 | x13) & ((x3 & x1 | ~(x8 & x1 | x13) & x0) & (x5 | ~x11) | x5 & ~x6)) & (~x3"
        " | x4) | ~x9 & x8"
    ),
    "a < b of 5 bits": (
        "x4 ^ (x4 ^ x9 | x4 ^ (x3 ^ (x3 ^ x8 | x3 ^ (x2 ^ (x2 ^ x7 | x2 ^ (x1 ^ (x1 ^ x6 | x1"
        " ^ x5 & ~x0)))))))"
    ),
}


@dataclass(frozen=True)
class Reach:
    """One task.

    Parameters
    ----------
    name : str
        Its name.
    task : synth.Task
        The task; its held-out labels have no noise.
    dsl : str or None
        The DSL, None for the built-in one that fits.
    program : str
        The known program.
    flipped : int
        How many training labels are wrong.
    """

    name: str
    task: synth.Task
    dsl: str | None
    program: str
    flipped: int = 0

    def known(self):
        """(bits, exceptions, total bits, held-out accuracy) of the program by hand."""
        return self._priced(self.program)

    def shortest(self):
        """The same of the program of least total bits that is known, by hand or found since."""
        texts = {self.program, FOUND.get(self.name, self.program)}
        return min(map(self._priced, texts), key=lambda priced: priced[2])

    def _priced(self, text):
        fitted = tasks.fit(self.dsl, self.task)
        tree = Program.parse(text, fitted.grammar, fitted.root)
        right = tree.evaluate(fitted.task.columns) == fitted.task.labels
        train, k = self.task.train, len(self.task.alphabet)
        if k == 2 and fitted.root.size == 2 and right[train].mean() < 0.5:
            right = ~right
        n, wrong = int(train.sum()), int((~right[train]).sum())
        code = codes.program_totals(n, k, fitted.root.size > k)[wrong]
        bits = tree.bits(fitted.grammar)
        return bits, wrong, bits + float(code), float(right[~train].mean())


def booleans(name, n, train, rule, program, rows=None, flipped=0, dsl=None):
    """A task of n booleans: all 2**n rows, or `rows` drawn ones; `train` of them for training."""
    generator = np.random.default_rng(SEED)
    every = np.arange(2**n) if rows is None else generator.choice(2**n, rows, replace=False)
    columns = {f"x{j}": (every >> j & 1).astype(bool) for j in range(n)}
    labels = rule(columns)
    mask = np.zeros(len(every), bool)
    mask[generator.permutation(len(every))[:train]] = True
    labels = labels.copy()
    wrong = generator.permutation(np.flatnonzero(mask))[:flipped]
    labels[wrong] = ~labels[wrong]
    task = synth.Task(name, columns, dict.fromkeys(columns, Bool), labels, Bool, mask)
    return Reach(name, task, dsl, program, flipped)


def integers(name, columns, rule, label_type, train, program, dsl):
    """A task of columns of whole numbers, of which `train` rows are for training."""
    generator = np.random.default_rng(SEED)
    rows = len(next(iter(columns.values())))
    mask = np.zeros(rows, bool)
    mask[generator.permutation(rows)[:train]] = True
    types = {n: Int(int(c.min()), int(c.max())) for n, c in columns.items()}
    task = synth.Task(name, columns, types, rule(columns), label_type, mask)
    return Reach(name, task, dsl, program)


def tic_tac_toe():
    """Whether x has three in a row: the lines through the centre, and through two corners."""
    x = {p: f"'{p}=x'" for p in ("tl", "tm", "tr", "ml", "mm", "mr", "bl", "bm", "br")}
    program = (
        "{mm} & ({tl} & {br} | {tr} & {bl} | {tm} & {bm} | {ml} & {mr})"
        " | {tl} & ({tm} & {tr} | {ml} & {bl}) | {br} & ({bm} & {bl} | {mr} & {tr})"
    )
    return Reach("tic-tac-toe", synth.load_task("tic-tac-toe"), None, program.format(**x))


def multiplexer():
    """Three address bits, x0 the low one, and eight data bits x3 to x10."""

    def level(address, data):
        if len(data) == 2:  # one of two inputs, by `^`
            return f"({data[0]} ^ x{address} & ({data[0]} ^ {data[1]}))"
        half = len(data) // 2
        low, high = level(address - 1, data[:half]), level(address - 1, data[half:])
        return f"(x{address} & {high} | ~x{address} & {low})"

    program = level(2, [f"x{3 + j}" for j in range(8)])
    task = synth.load_task(f"multiplexer:a=3,train=1024,seed={SEED}")
    return Reach("multiplexer of 3", task, None, program)


def majority():
    """Four of the first seven of twelve inputs: three full adders, and a majority of carries."""
    first, second = ("x0", "x1", "x2"), ("x3", "x4", "x5")
    carry = "({0} & {1} | {2} & ({0} | {1}))".format
    total = "({0} ^ {1} ^ {2})".format
    third = f"(x6 ^ (x6 ^ {total(*first)}) & (x6 ^ {total(*second)}))"
    program = carry(carry(*first), carry(*second), third)

    def rule(columns):
        return sum(columns[f"x{j}"].astype(int) for j in range(7)) >= 4

    return booleans("majority of 7 of 12", 12, 1000, rule, program)


def parity(k, n, train):
    """Parity over and, or, not: both a parity and its opposite take four connectives."""

    def says(inputs, odd=True):
        if len(inputs) == 1:
            return inputs[0] if odd else f"~{inputs[0]}"
        cut = (len(inputs) + 1) // 2 if len(inputs) != 6 else 4
        left, right = inputs[:cut], inputs[cut:]
        if len(left) == len(right) == 1:
            a, b = left[0], right[0]
            return f"(({a} | {b}) & ~({a} & {b}))" if odd else f"({a} & {b} | ~({a} | {b}))"
        same = says(right, not odd), says(right, odd)
        return f"({says(left)} & {same[0]} | {says(left, False)} & {same[1]})"

    inputs = [f"x{j}" for j in range(k)]

    def rule(columns):
        return np.logical_xor.reduce([columns[name] for name in inputs])

    return booleans(
        f"parity of {k} of {n}", n, train, rule, says(inputs), dsl="boolean:basis=and-or-not"
    )


def terms_of(generator, n, count, size):
    """Terms as lists of (input, whether it is true): distinct inputs in each."""
    return [
        [(int(j), bool(generator.integers(2))) for j in sorted(generator.permutation(n)[:size])]
        for _ in range(count)
    ]


def value_of(terms, columns):
    return np.logical_or.reduce(
        [np.logical_and.reduce([columns[f"x{j}"] == true for j, true in t]) for t in terms]
    )


def literal(j, true):
    return f"x{j}" if true else f"~x{j}"


def factored(terms):
    """A disjunction of terms, the literal that most of them share taken out, again and again."""
    if any(not t for t in terms):
        return None  # true
    counts = {}
    for t in terms:
        for entry in t:
            counts[entry] = counts.get(entry, 0) + 1
    best = max(counts, key=lambda entry: (counts[entry], entry))
    if counts[best] == 1:
        return " | ".join(f"({negated(t)})" for t in terms)
    inside = [[e for e in t if e != best] for t in terms if best in t]
    rest = [t for t in terms if best not in t]
    inner = factored(inside)
    part = literal(*best) if inner is None else f"{literal(*best)} & ({inner})"
    if not rest:
        return part
    return f"({part}) | {factored(rest)}"


def negated(term):
    """A term; its negative literals under one `~`, if there are several."""
    plain = [f"x{j}" for j, true in term if true]
    other = [f"x{j}" for j, true in term if not true]
    if other:
        plain.append(f"~({' | '.join(other)})" if len(other) > 1 else f"~{other[0]}")
    return " & ".join(plain)


def dnf(count, size, n, train, rows=None, flipped=0):
    """A disjunction of drawn terms."""
    terms = terms_of(np.random.default_rng([SEED, count, n]), n, count, size)
    noise = f" with {flipped / train:.0%} noise" if flipped else ""
    flat = " | ".join(f"({negated(t)})" for t in terms)
    made = [
        booleans(
            f"DNF of {count} over {n}{noise}",
            n,
            train,
            lambda columns: value_of(terms, columns),
            program,
            rows,
            flipped,
        )
        for program in (flat, factored(terms))
    ]
    return min(made, key=lambda one: one.known()[0])


def decision_list():
    """Eight conditions of two literals over 14 inputs, whose answers alternate."""
    conditions = terms_of(np.random.default_rng([SEED, 8]), 14, 8, 2)

    def rule(columns):
        value = np.ones(len(columns["x0"]), bool)
        for number, condition in reversed(list(enumerate(conditions))):
            holds = np.logical_and.reduce([columns[f"x{j}"] == true for j, true in condition])
            value = np.where(holds, number % 2 == 0, value)
        return value

    program = None
    for number, condition in reversed(list(enumerate(conditions))):
        if number % 2:
            opposite = negated([(j, not true) for j, true in condition])
            unless = " | ".join(literal(j, not true) for j, true in condition)
            if opposite.startswith("~("):  # both inputs have to be true: `~(a & b)` is shorter
                unless = f"~({negated(condition)})"
            program = f"({unless})" if program is None else f"({unless}) & ({program})"
        else:
            program = f"{negated(condition)} | {program}"
    return booleans("decision list of 8 over 14", 14, 1000, rule, program)


def less_than():
    """a < b of two numbers of five bits, a in x0 to x4 and b in x5 to x9, low bits first."""
    program = "~x0 & x5"
    for j in range(1, 5):
        a, b = f"x{j}", f"x{5 + j}"
        program = f"({b} ^ ~({a} ^ {b}) & ({b} ^ ({program})))"

    def rule(columns):
        a, b = (sum(columns[f"x{s + j}"].astype(int) << j for j in range(5)) for s in (0, 5))
        return a < b

    return booleans("a < b of 5 bits", 10, 512, rule, program)


def leap_year():
    """Years 1 to 4000, 2,000 of them for training."""

    def rule(columns):
        y = columns["year"]
        return (y % 4 == 0) & ((y % 100 != 0) | (y % 400 == 0))

    program = "year % where(year % 100 == 0, 400, 4) == 0"
    columns = {"year": np.arange(1, 4001)}
    return integers(
        "leap year", columns, rule, Bool, 2000, program, "integer:constants=0/4/100/400"
    )


def digit_sum():
    """Whether the sum of four digits is divisible by 3."""
    rows = np.arange(10_000)
    columns = {name: rows // 10**j % 10 for j, name in enumerate("abcd")}
    return integers(
        "digit sum by 3",
        columns,
        lambda c: (c["a"] + c["b"] + c["c"] + c["d"]) % 3 == 0,
        Bool,
        1000,
        "(a + b + c + d) % 3 == 0",
        "integer",
    )


def piecewise():
    """A rule of three branches on three columns of whole numbers."""
    generator = np.random.default_rng([SEED, 3])
    columns = {name: generator.integers(0, 21, 4000) for name in "xyz"}

    def rule(c):
        x, y, z = c["x"], c["y"], c["z"]
        return np.where(x < y, x * y + z, np.where(z < x, z - 3, x + 2 * y))

    program = "where(x < y, x * y + z, where(z < x, z - 3, x + y * 2))"
    return integers("piecewise", columns, rule, Int(-3, 420), 1000, program, "integer")


def polynomial():
    """A polynomial of six terms modulo 31."""
    rows = np.arange(31**3)
    columns = {name: rows // 31**j % 31 for j, name in enumerate("xyz")}
    x, y, z = columns.values()
    labels = (x * x * y + 2 * x * z + 3 * x + y * y * z + y * z + 1) % 31
    mask = np.zeros(len(rows), bool)
    mask[np.random.default_rng(SEED).permutation(len(rows))[:1000]] = True
    task = synth.Task("polynomial", columns, dict.fromkeys("xyz", Mod(31)), labels, Mod(31), mask)
    program = "x * (x * y + z * 2 + 3) + y * (y * z + z) + 1"
    return Reach("polynomial mod 31", task, "modular", program)


def comparisons():
    """Six comparisons of real columns with thresholds, joined by and, or and not."""
    generator = np.random.default_rng([SEED, 6])
    columns = {f"c{j}": np.round(generator.uniform(0, 10, 2000), 2) for j in range(8)}
    mask = np.zeros(2000, bool)
    mask[generator.permutation(2000)[:1000]] = True
    some = columns["c0"] < 5
    given = synth.Task("comparisons", columns, dict.fromkeys(columns, Real), some, Bool, mask)
    # The thresholds are those that the DSL takes from the training rows.
    made = tasks.fit("features:sums=1", given).task
    names = {j: [n for n in made.columns if n.startswith(f"c{j} ")] for j in range(6)}
    chosen = [names[j][at] for j, at in enumerate((3, 5, 2, 4, 6, 1))]
    a, b, c, d, e, f = (made.columns[n] for n in chosen)
    labels = (a & (b | ~c)) | (~d & (e | f))
    text = [f"'{n}'" for n in chosen]
    program = "{} & ({} | ~{}) | ~{} & ({} | {})".format(*text)
    task = replace(given, labels=labels)
    return Reach("6 comparisons", task, "features:sums=1", program)


#: The fifteen, each made when it is called.
TASKS: tuple[Callable[[], Reach], ...] = (
    tic_tac_toe,
    multiplexer,
    majority,
    lambda: parity(5, 10, 512),
    lambda: parity(6, 11, 1000),
    lambda: dnf(4, 4, 12, 1000),
    lambda: dnf(10, 4, 20, 2000, rows=4000),
    lambda: dnf(10, 4, 20, 2000, rows=4000, flipped=100),
    decision_list,
    less_than,
    leap_year,
    digit_sum,
    piecewise,
    polynomial,
    comparisons,
)


def main():
    import argparse

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10, help="Limit of each enumeration.")
    seconds = parser.parse_args().seconds
    print(f"{'task':30}{'rows':>6}{'bits':>8}{'exc':>5}{'known':>9}{'test':>7}{'table':>9}"
          f"{'found':>9}")  # fmt: skip
    for make in TASKS:
        one = make()
        bits, wrong, total, accuracy = one.known()
        found = synth.search(one.task, one.dsl, seconds=seconds)
        print(
            f"{one.name:30}{one.task.training:6}{bits:8.1f}{wrong:5}{total:9.1f}{accuracy:7.3f}"
            f"{found.table.bits:9.1f}{found.total_bits:9.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
