"""Boolean functions: parity, majority, multiplexer, conjunction, and six concepts."""

import numpy as np

from synth.errors import SettingError
from synth.language import Bool
from synth.tasks.task import Task, stream

#: All rows of a function of more variables than this are too many.
MOST_VARIABLES = 16


def parity(
    n: int | None = None,
    k: int | None = None,
    rows: int | None = None,
    train: int | float = 0.5,
    seed: int = 0,
):
    """Parity of the first k of n booleans; of all n unless k is given.

    Without n, k=3 of n=10.  rows: how many rows are drawn; all 2**n unless given or
    n > 16 (then 1,000).
    """
    if n is None:
        n, k = 10, 3 if k is None else k
    _within("parity", "n", n, 1, 62)
    k = n if k is None else k
    _within("parity", "k", k, 1, n)
    x = _inputs("parity", n, rows, seed)
    return _task(f"parity:n={n},k={k}", x, x[:, :k].sum(axis=1) % 2, train, seed)


def majority(n: int = 5, rows: int | None = None, train: int | float = 0.5, seed: int = 0):
    """Whether more than half of n booleans are true; n odd."""
    if n % 2 == 0:
        raise SettingError(f"majority: n={n}; allowed: odd numbers")
    x = _inputs("majority", n, rows, seed)
    return _task(f"majority:n={n}", x, x.sum(axis=1) > n // 2, train, seed)


def multiplexer(a: int = 2, rows: int | None = None, train: int | float = 0.5, seed: int = 0):
    """The data bit that a address bits choose: a + 2**a booleans, x0 the low address bit."""
    _within("multiplexer", "a", a, 1, 4)
    x = _inputs("multiplexer", a + 2**a, rows, seed)
    address = x[:, :a] @ (1 << np.arange(a))
    return _task(f"multiplexer:a={a}", x, x[np.arange(len(x)), a + address], train, seed)


def conjunction(
    n: int = 8, k: int = 3, rows: int | None = None, train: int | float = 0.5, seed: int = 0
):
    """Whether the first k of n booleans are all true."""
    _within("conjunction", "k", k, 1, n)
    x = _inputs("conjunction", n, rows, seed)
    return _task(f"conjunction:n={n},k={k}", x, x[:, :k].all(axis=1), train, seed)


#: One function of each of the six types: the rows of (x0, x1, x2) that are true,
#: row number x0 + 2 x1 + 4 x2.
_SHJ = {
    1: (4, 5, 6, 7),
    2: (0, 3, 4, 7),
    3: (2, 4, 5, 6),
    4: (3, 5, 6, 7),
    5: (3, 4, 5, 6),
    6: (1, 2, 4, 7),
}


def shj(type: int = 1, train: int | float = 1.0, seed: int = 0):
    """One of the six categories of three binary features, easiest (1) to hardest (6).

    Shepard, Hovland and Jenkins, Psychological Monographs 75(13), 1961: one
    feature; exclusive or of two; III, IV and V of all three, of which IV is a
    majority; VI parity.
    """
    _within("shj", "type", type, 1, 6)
    x = _inputs("shj", 3, None, seed)
    labels = np.isin(np.arange(8), _SHJ[type])
    return _task(f"shj:type={type}", x, labels, train, seed)


def _inputs(task, n, rows, seed):
    """int64 (rows, n) of 0 and 1: all of them in order of number, or drawn ones."""
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
    return numbers[:, None] >> np.arange(n) & 1


def _within(task, key, value, low, high):
    if not low <= value <= high:
        raise SettingError(f"{task}: {key}={value}; allowed: {low}..{high}")


def _task(name, x, labels, train, seed):
    columns = {f"x{i}": x[:, i] for i in range(x.shape[1])}
    types = dict.fromkeys(columns, Bool)
    task = Task(name, columns, types, np.asarray(labels).astype(bool), Bool)
    return task.split(train, seed)


TASKS = {
    "parity": parity,
    "majority": majority,
    "multiplexer": multiplexer,
    "conjunction": conjunction,
    "shj": shj,
}
