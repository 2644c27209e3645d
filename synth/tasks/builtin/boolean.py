"""Boolean functions: parity, majority, multiplexer, conjunction and Shepard's six categories."""

import numpy as np

from synth.errors import SettingError
from synth.language import Bool
from synth.tasks import functions
from synth.tasks.splits import stream
from synth.tasks.task import Task

#: A function of more variables than this has too many rows to list them all.
MOST_VARIABLES = 16


def parity(
    n: int | None = None,
    k: int | None = None,
    rows: int | None = None,
    train: int | float = 0.5,
    seed: int = 0,
):
    """Parity of the first k of n booleans, or of all n if k is not given.

    Without n, it is the parity of 3 of 10.  rows: number of rows to draw; by default all 2**n,
    or 1,000 if n > 16.
    """
    if n is None:
        n, k = 10, 3 if k is None else k
    _within("parity", "n", n, 1, 62)
    k = n if k is None else k
    _within("parity", "k", k, 1, n)
    x = _inputs("parity", n, rows, seed)
    return _task(f"parity:n={n},k={k}", x, functions.parity(x[:k]), train, seed)


def majority(n: int = 5, rows: int | None = None, train: int | float = 0.5, seed: int = 0):
    """Whether more than half of n booleans are true; n is odd."""
    if n % 2 == 0:
        raise SettingError(f"majority: n={n}; allowed: odd numbers")
    x = _inputs("majority", n, rows, seed)
    return _task(f"majority:n={n}", x, functions.majority(x), train, seed)


def multiplexer(a: int = 2, rows: int | None = None, train: int | float = 0.5, seed: int = 0):
    """The data bit that a address bits select, of a + 2**a booleans; x0 is the low address bit."""
    _within("multiplexer", "a", a, 1, 4)
    x = _inputs("multiplexer", a + 2**a, rows, seed)
    return _task(f"multiplexer:a={a}", x, functions.multiplexer(x, a), train, seed)


def conjunction(
    n: int = 8, k: int = 3, rows: int | None = None, train: int | float = 0.5, seed: int = 0
):
    """Whether the first k of n booleans are all true."""
    _within("conjunction", "k", k, 1, n)
    x = _inputs("conjunction", n, rows, seed)
    return _task(f"conjunction:n={n},k={k}", x, functions.conjunction(x[:k]), train, seed)


def shj(type: int = 1, train: int | float = 1.0, seed: int = 0):
    """One of the six categories of three binary features, easiest (1) to hardest (6).

    Shepard, Hovland and Jenkins, Psychological Monographs 75(13), 1961.  Type 1 needs one
    feature and type 2 the exclusive or of two; types 3 to 6 need all three features: type 4 is
    a majority and type 6 parity.
    """
    _within("shj", "type", type, 1, 6)
    x = _inputs("shj", 3, None, seed)
    members = list(functions.TASK_CATEGORIES.values())[type - 1]
    return _task(f"shj:type={type}", x, np.isin(np.arange(8), members), train, seed)


def _inputs(task, n, rows, seed):
    """int64 (n, rows) of 0 and 1: all rows in the order of their numbers, or some drawn ones."""
    _within(task, "n", n, 1, 62)
    if rows is None and n <= MOST_VARIABLES:
        numbers = np.arange(2**n)
    else:
        rows = 1000 if rows is None else rows
        _within(task, "rows", rows, 2, min(2**n, 10**6))
        generator = stream(seed, 4)
        if n <= 20:
            numbers = generator.permutation(2**n)[:rows]
        else:
            numbers = np.unique(generator.integers(0, 2**n, 2 * rows))
            numbers = generator.permutation(numbers)[:rows]
    return numbers >> np.arange(n)[:, None] & 1


def _within(task, key, value, low, high):
    if not low <= value <= high:
        raise SettingError(f"{task}: {key}={value}; allowed: {low}..{high}")


def _task(name, x, labels, train, seed):
    columns = {f"x{i}": column for i, column in enumerate(x)}
    types = dict.fromkeys(columns, Bool)
    return Task(name, columns, types, labels, Bool).split(train, seed)


TASKS = {
    "parity": parity,
    "majority": majority,
    "multiplexer": multiplexer,
    "conjunction": conjunction,
    "shj": shj,
}
