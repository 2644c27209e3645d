"""Families of tasks that share parts, some to learn a library from and some held out.

All tasks of a family have the same input columns and the same training rows. The held-out tasks
are built from the same parts as the others, but are deeper.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np

from synth.language import Bool, Int
from synth.tasks import Task, all_rows

XOR, RIPPLE, DIGITS = "xor", "ripple", "digits"


@dataclass(frozen=True)
class Family:
    """A family of tasks.

    Parameters
    ----------
    dsl : str
        The specification of its DSL.
    tasks : dict of str to Task
        The tasks to learn from, all with the same inputs.
    held_out : dict of str to Task
        The held-out tasks, with the same inputs as well.
    """

    dsl: str
    tasks: dict
    held_out: dict


def _xor(seed, base):
    """Exclusive or of two of 8 variables, alone and inside other functions; held out: 3 and 4."""
    columns = all_rows(8)
    x = list(columns.values())
    labels = {f"x{v} ^ x{v + 1}": x[v] ^ x[v + 1] for v in (0, 2, 4, 6)}
    labels["(x0 ^ x1) & x2"] = (x[0] ^ x[1]) & x[2]
    labels["(x3 ^ x4) & x5"] = (x[3] ^ x[4]) & x[5]
    labels["(x5 ^ x6) | x7"] = (x[5] ^ x[6]) | x[7]
    labels["(x1 ^ x7) | x4"] = (x[1] ^ x[7]) | x[4]
    deep = {"parity of 4": x[0] ^ x[1] ^ x[2] ^ x[3], "parity of 3": x[4] ^ x[5] ^ x[6]}
    return _family("boolean:basis=and-or-not", columns, Bool, (labels, deep), 0.5, seed)


def _majority(a, b, c):
    return a & b | c & (a | b)


def _ripple(seed, base):
    """Full adders at the three places of two 3-bit numbers, and the second step of the ripple.

    A full adder adds one bit of each number and the carry c. The third step is held out.
    """
    numbers = np.arange(2**7)
    names = [f"{number}{place}" for place in range(3) for number in "ab"] + ["c"]
    columns = {name: (numbers >> k & 1).astype(bool) for k, name in enumerate(names)}
    labels, chain, carry = {}, [], columns["c"]
    for place in range(3):
        a, b = columns[f"a{place}"], columns[f"b{place}"]
        labels[f"sum of a{place}, b{place}, c"] = a ^ b ^ columns["c"]
        labels[f"carry of a{place}, b{place}, c"] = _majority(a, b, columns["c"])
        total, carry = a ^ b ^ carry, _majority(a, b, carry)
        chain.append((total, carry))
    labels["ripple, sum 1"], labels["ripple, carry 2"] = chain[1]
    deep = dict(zip(("ripple, sum 2", "ripple, carry 3"), chain[2], strict=True))
    return _family("boolean", columns, Bool, (labels, deep), 0.75, seed)


def _digits(seed, base):
    """Digit and carry of the sums of two of four digits.

    Held out are the second digit and the carry of the sum of two two-digit numbers. 200 rows are
    drawn at random, 80 of them for training.
    """
    numbers = np.arange(base**4)
    if len(numbers) > 200:
        numbers = np.sort(np.random.default_rng(seed).choice(numbers, 200, replace=False))
    digit = Int(0, base - 1)
    columns = {name: numbers // base**k % base for k, name in enumerate(("a0", "b0", "a1", "b1"))}
    labels = {}
    for one, other in combinations(columns, 2):
        total = columns[one] + columns[other]
        labels[f"digit of {one} + {other}"] = total % base
        labels[f"carry of {one} + {other}"] = total // base
    total = columns["a1"] + columns["b1"] + (columns["a0"] + columns["b0"]) // base
    deep = {"number, digit 1": total % base, "number, carry 2": total // base}
    dsl = f"integer:low=0,high={2 * base},constants=0/1/{base}"
    return _family(dsl, columns, digit, (labels, deep), 0.4, seed)


def _family(dsl, columns, type_, groups, train, seed):
    """A `Family`; groups: labels by name, those of the tasks and of the held-out tasks."""
    types = dict.fromkeys(columns, type_)

    def task(name, values):
        if type_ == Bool:
            label_type = Bool
        else:
            label_type = Int(0, 1) if "carry" in name else type_
        return Task(name, columns, types, values, label_type).split(train, seed)

    tasks, held_out = ({n: task(n, v) for n, v in group.items()} for group in groups)
    return Family(dsl, tasks, held_out)


FAMILIES = {XOR: _xor, RIPPLE: _ripple, DIGITS: _digits}


@lru_cache(maxsize=8)
def family(name, seed, base):
    """A family of tasks by name.

    Parameters
    ----------
    name : str
        "xor", "ripple" or "digits".
    seed : int
        The seed of the rows and of the split.
    base : int
        The base of the digits; other families ignore it.

    Returns
    -------
    Family
    """
    return FAMILIES[name](seed, base)
