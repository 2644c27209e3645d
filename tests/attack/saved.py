"""Attacks on what needs references of its own: real labels, and the built-in languages.

`numbers` holds the certificates of sums of programs against all syntax trees.  `saved` saves runs
in languages of strings, sequences, scorecards and tables, and verifies them: `synth verify`
shares nothing with the engine.  `attacks.ATTACKS` names both.
"""

import itertools
import math
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

import synth
from synth.language import Bool, Str
from synth.language.types import Mod
from synth.tasks import Task
from synth.verification import verify
from synth.verification.numbers import Labels
from tests import naive
from tests.drawn import budget_of

#: Bits by which totals of equal fits differ, since what a fit leaves is rounded.
NEAR = 1e-4
#: A residual of less than this share of a column says that it is made of the others.
ALIKE = 1e-6
#: How many programs `synth verify --complete` may make.
CANDIDATES = 3000


@st.composite
def curves(draw):
    """A task with real labels: of a formula with noise, or drawn; some rows may be held out."""
    n = draw(st.integers(4, 12))
    value = st.integers(-40, 40).map(lambda k: k / 8)
    columns = {
        f"x{k}": np.array(draw(st.lists(value, min_size=n, max_size=n)))
        for k in range(draw(st.integers(1, 2)))
    }
    x, y = columns["x0"], columns.get("x1", columns["x0"] ** 2)
    made = draw(st.sampled_from([x, x * x, x + 2 * y, x * y - 3, np.zeros(n)]))
    noise = draw(st.lists(value, min_size=n, max_size=n))
    labels = (made + draw(st.sampled_from([0, 0.1, 1])) * np.array(noise)).round(3)
    train = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    train |= draw(st.booleans())
    assume(len(set(labels[train].tolist())) >= 3)
    types = dict.fromkeys(columns, synth.Real)
    return Task("drawn", columns, types, labels, synth.Real, train)


def numbers(data, claims):
    """Sums of one or two programs for real labels, held against all that are certified."""
    task = data.draw(curves())
    dsl = synth.load_dsl("real")
    grammar = synth.Grammar(dsl, task.types)
    most = budget_of(grammar, 400, most_bits=24)
    given = {"seconds": None, "threads": 1, "pairs": data.draw(st.sampled_from([0, 3, 2000]))}
    given["max_bits"] = data.draw(st.just(most) | st.integers(0, most)) / 1024
    if data.draw(st.booleans()):
        given["max_programs"] = data.draw(st.integers(1, 400))
    claims.about(grammar, task, given)
    (result,) = synth.regress(task, dsl, **given)
    labels = Labels(task.labels[task.train], None)
    total = math.inf if result.program is None else result.program.total_bits
    held = naive.behaviours(grammar, task.columns, most)[synth.Real]
    known = sorted(
        ((units, np.array(seen, float)[task.train]) for seen, units in held.items()),
        key=lambda entry: entry[0],
    )
    for count, limit in ((1, result.certified_bits), (2, result.pair_bits)):
        reach = math.inf if limit is None else limit * 1024 + 1e-6
        below = [entry for entry in known if entry[0] <= reach]
        for some in itertools.combinations(below[:60], count):
            if sum(units for units, _ in some) > reach:
                continue
            left = _left(labels, [column for _, column in some])
            if left is None:
                continue
            bits = labels.sum_bits([units / 1024 for units, _ in some], left)
            said = f"{count} of {[u / 1024 for u, _ in some]} bits have {bits}, not {total}"
            claims.check(f"sums of {count}", bits >= total - NEAR, said)
            if result.optimal:
                claims.check("optimal sum", bits >= result.total_bits - NEAR, said)
    _verified(claims, result, complete=False)


def _left(labels, columns):
    """What a fit by a constant and columns leaves, in steps; None if one is made of the others."""
    sides = np.stack([np.ones(labels.n), *columns], axis=1)
    sizes = np.abs(sides).max(axis=0)
    if not sizes.all():
        return None
    found = np.linalg.svd(sides / sizes, compute_uv=False)
    if labels.n < sides.shape[1] or found[-1] < ALIKE:
        return None
    scaled = sides / sizes
    rest = labels.steps - scaled @ np.linalg.lstsq(scaled, labels.steps, rcond=None)[0]
    return float(rest @ rest)


@st.composite
def strings(draw):
    """Strings with two or three labels, of an automaton or drawn."""
    letters = draw(st.sampled_from(["01", "ab", "abc"]))
    word = st.text(letters, max_size=5)
    words = draw(st.lists(word, min_size=4, max_size=16, unique=True))
    count = draw(st.sampled_from([2, 2, 3]))
    rule = draw(st.sampled_from(["first", "last", "odd", "drawn"]))
    said = {
        "first": lambda w: letters.index(w[0]) if w else 0,
        "last": lambda w: letters.index(w[-1]) if w else 0,
        "odd": lambda w: w.count(letters[0]),
        "drawn": lambda w: draw(st.integers(0, count - 1)),
    }[rule]
    labels = [said(w) % count for w in words]
    for place in draw(st.sets(st.integers(0, len(words) - 1), max_size=2)):
        labels[place] = (labels[place] + 1) % count
    train = draw(st.lists(st.booleans(), min_size=len(words), max_size=len(words)))
    train[0] = True
    type_ = Bool if count == 2 else Mod(count)
    task = Task("drawn", {"xs": words}, {"xs": Str(letters)}, labels, type_, train=train)
    return task, "machines" if count == 3 else draw(st.sampled_from(["machines", "loops"]))


@st.composite
def sequences(draw):
    """The first terms of a polynomial, a recurrence, or none of these."""
    kind = draw(st.sampled_from(["polynomial", "recurrence", "drawn"]))
    small, n = st.integers(-3, 3), draw(st.integers(4, 9))
    a, b, c = draw(st.tuples(small, small, small))
    terms = [a, b]
    for k in range(n):
        if kind == "recurrence":
            terms.append(c * terms[-1] + terms[-2])
        else:
            terms[k:] = [a + b * k + c * k * k]
    if kind == "drawn":
        terms = draw(st.lists(st.integers(-20, 20), min_size=n, max_size=n))
    return synth.load_task("sequence:" + "/".join(map(str, terms[:n]))), None


@st.composite
def tables(draw):
    """A table of truth values and numbers, with two labels."""
    n = draw(st.integers(4, 14))
    some = st.integers(0, 4)
    columns = {f"x{k}": draw(st.lists(some, min_size=n, max_size=n)) for k in range(2)}
    columns["b"] = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    labels = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    if draw(st.booleans()):
        labels = [a > b for a, b in zip(columns["x0"], columns["x1"], strict=True)]
    train = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    train[0] = True
    types = {"x0": synth.Int(0, 4), "x1": synth.Int(0, 4), "b": Bool}
    task = Task("drawn", columns, types, labels, Bool, train)
    return task, draw(st.sampled_from(["rules", "features", "points", "integer"]))


def saved(data, claims):
    """Runs in the built-in languages, with limits, saved and verified."""
    task, dsl = data.draw(strings() | sequences() | tables())
    given = {"threads": 1, "seconds": None, "top": data.draw(st.sampled_from([1, 3, 10]))}
    if dsl == "points":
        given["moves"] = data.draw(st.integers(1, 30))
    else:
        given["max_programs"] = data.draw(st.integers(1, 400))
    if dsl in ("rules", "features", "integer"):
        given["moves"] = data.draw(st.sampled_from([0, 0, 5]))
        if data.draw(st.booleans()):
            given["max_bits"] = data.draw(st.integers(1, 16))
    rows = {**task.columns, "labels": task.labels, "train": task.train}
    claims.case = [f"{name}: {np.asarray(column).tolist()}" for name, column in rows.items()]
    claims.case.append(f"{dsl} {given}")
    if task.sequence is None and data.draw(st.booleans()):
        result = synth.contrast(task, dsl, seed=data.draw(st.integers(0, 3)), **given)
    else:
        result = synth.search(task, dsl, **given)
    _verified(claims, result, complete=True)


def _verified(claims, result, complete):
    """No claim of a saved run is false, by the code of `synth verify`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run.json")
        synth.save_run(result.with_data(), path)
        for claim in verify(path, complete=complete, candidates=CANDIDATES):
            said = f"{claim.what}: {claim.said}, not {claim.found}"
            claims.check("verified", claim.holds is not False, said)
