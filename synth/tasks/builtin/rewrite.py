"""Strings that are made of strings: short ones for training, longer ones held out."""

from collections.abc import Callable
from functools import partial
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from synth.errors import SettingError, TaskError
from synth.language import Str
from synth.tasks.splits import stream
from synth.tasks.task import Task

#: The longest strings for training; held-out strings are up to twice as long.
MOST = 64
#: How often strings are drawn again until they are new.
DRAWS = 50


class Kind(NamedTuple):
    """What is made of strings: in words, by a function, of how many columns of which letters."""

    what: str
    function: Callable
    columns: int = 1
    letters: str = "01"


def _number(bits):
    """The number that bits stand for, the low ones first."""
    return sum(2**k for k, bit in enumerate(bits) if bit == "1")


def _bits(number, length):
    return "".join("01"[number >> k & 1] for k in range(length))


def _added(one, other):
    return _bits(_number(one) + _number(other), 1 + max(len(one), len(other)))


def _less(one, other):
    longest = max(len(one), len(other))
    return _bits(_number(one) - _number(other) + 2**longest, longest)


def _complement(bits):
    return bits.translate({48: "1", 49: "0"})


def _parities(bits):
    return "".join(accumulate(bits, lambda a, b: "01"[a != b]))


#: What there is, by name.
KINDS = {
    "add": Kind("the sum of two numbers, low bits first, with the last carry", _added, 2),
    "add-high": Kind(
        "the sum of two numbers, high bits first, with the last carry",
        lambda a, b: _added(a[::-1], b[::-1])[::-1],
        2,
    ),
    "subtract": Kind("the difference of two numbers, low bits first, modulo 2^length", _less, 2),
    "increment": Kind(
        "the number after a number, low bits first, with the last carry",
        lambda a: _bits(_number(a) + 1, len(a) + 1),
    ),
    "complement": Kind("0 for 1 and 1 for 0", _complement),
    "parity": Kind("whether the number of 1s so far is odd, at each letter", _parities),
    "gray": Kind("the Gray code of a number, high bits first", lambda a: "".join(
        "01"[x != y] for x, y in zip(a, "0" + a, strict=False))),
    "reverse": Kind("the letters from the last to the first", lambda a: a[::-1], 1, "abc"),
    "double": Kind("the string twice", lambda a: a + a, 1, "abc"),
    "rotate": Kind("the first letter at the end", lambda a: a[1:] + a[:1], 1, "abc"),
    "sort": Kind("all a, then all b, then all c", lambda a: "".join(sorted(a)), 1, "abc"),
    "replace": Kind("b in place of each a", lambda a: a.replace("a", "b"), 1, "abc"),
    "strip": Kind("a number without the 0s that it begins with", lambda a: a.lstrip("0")),
    "delay": Kind("0, and then all letters but the last", lambda a: ("0" + a)[: len(a)]),
}  # fmt: skip


def rewrite(
    kind: str = "add",
    length: int | None = None,
    rows: int = 200,
    test: int = 200,
    train: int | float | None = None,
    seed: int = 0,
):
    """Which string is made of one string, or of two.

    kind: add, add-high, subtract, increment, complement, parity, gray, reverse, double, rotate,
    sort, replace, strip or delay.  length: the most letters of a string for training, 5 of two
    strings and 8 of one by default; `test` more rows have a longer string, up to twice as long, and
    are held out.  rows: how many rows there are with strings of up to `length` letters.  Lengths
    and letters are drawn uniformly, and each row occurs once.  train: how many of these rows are
    for training; all by default.
    """
    if kind not in KINDS:
        raise SettingError(f"rewrite: kind={kind}; allowed: {', '.join(KINDS)}")
    made = KINDS[kind]
    usual = 5 if made.columns > 1 else 8
    length = usual if length is None else length
    for key, value, least, most in (
        ("length", length, 1, MOST),
        ("rows", rows, 2, 100_000),
        ("test", test, 0, 100_000),
    ):
        if not isinstance(value, int) or not least <= value <= most:
            raise SettingError(f"rewrite: {key}={value}; allowed: {least}..{most}")
    drawer = _Drawer(made, stream(seed, 7))
    short = drawer.several(rows, 0, length)
    long = drawer.several(test, length + 1, 2 * length)
    every = [*short, *long]
    choose = partial(_chosen, len(short), len(every))
    train = len(short) if train is None else train
    given = {"length": (length, usual), "rows": (rows, 200), "test": (test, 200)}
    spec = ",".join([f"rewrite:{kind}", *(f"{k}={a}" for k, (a, b) in given.items() if a != b)])
    names = ["xs", "ys"][: made.columns]
    return Task(
        spec,
        {
            name: np.array(column)
            for name, column in zip(names, zip(*every, strict=True), strict=True)
        },
        dict.fromkeys(names, Str(made.letters)),
        np.array([made.function(*row) for row in every]),
        Str(made.letters),
        train=choose(train, seed),
        settings={"length": length, "rows": rows, "test": test, "train": train, "seed": seed},
        choose=choose,
    )


class _Drawer:
    """Draws rows of strings, each of them once.

    made: a `Kind`.  generator: the random numbers.
    """

    def __init__(self, made, generator):
        self.made, self.generator = made, generator

    def several(self, wanted, least, most):
        """Up to so many rows whose longest string has `least` to `most` letters."""
        found = {}
        for _ in range(DRAWS * wanted):
            if len(found) == wanted:
                break
            longest = int(self.generator.integers(least, most + 1))
            others = self.generator.integers(0, longest + 1, self.made.columns - 1).tolist()
            lengths = self.generator.permutation([longest, *others]).tolist()
            found[tuple(map(self._string, lengths))] = None
        return list(found)

    def _string(self, length):
        places = self.generator.integers(len(self.made.letters), size=length)
        return "".join(self.made.letters[place] for place in places)


def _chosen(short, rows, train, seed):
    """The training rows: some of the first `short` ones."""
    count = round(train * short) if isinstance(train, float) else train
    if not 1 <= count <= short:
        raise TaskError(f"train: {count} rows for training; allowed: 1..{short}")
    mask = np.zeros(rows, bool)
    mask[stream(seed, 0).permutation(short)[:count]] = True
    return mask


TASKS = {"rewrite": rewrite}
