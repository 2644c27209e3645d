"""NumPy's functions that kernels know do what the functions do, called as bodies of one's own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.engine import curry, job, known
from synth.language.types import INT_LIMIT, Bool, Int, Label, Mod, Real

COMPARISONS = (np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal)
SHARED = (np.add, np.subtract, np.multiply, np.minimum, np.maximum, np.absolute, np.negative,
          np.square, *COMPARISONS)  # fmt: skip
FUNCTIONS = {
    "Int": (*SHARED, np.floor_divide, np.remainder),
    "Real": (*SHARED, np.divide, np.sqrt),
}
CALLED = {1: lambda f: lambda a: f(a), 2: lambda f: lambda a, b: f(a, b)}
#: Numbers at which rounding, ranges and signs show.
REALS = [0.0, 1.0, -1.0, 0.1, 1 / 3, -2.5, 3.0, 1e300, -1e300, 1.7e308, 1e-300, 5e-324, -5e-324,
         2.0**62, -(2.0**63), -(2.0**62), 2.0**40 + 1, 1 + 2.0**-40, 1 + 2.0**-41]  # fmt: skip


def dsl_of(functions, type_, choice=True, called=False):
    """A DSL of some functions; called: as bodies of one's own, which kernels do not know."""
    dsl = synth.DSL("numbers")
    for function in functions:
        arity, result = function.nin, "Bool" if function in COMPARISONS else str(type_)
        body = CALLED[arity](function) if called else function
        signature = f"{', '.join([str(type_)] * arity)} -> {result}"
        dsl.add(body, signature, name=function.__name__)
    if choice:
        body = (lambda c, a, b: np.where(c, a, b)) if called else np.where
        dsl.add(body, f"Bool, {type_}, {type_} -> {type_}", name="where")
    return dsl


def compare(functions, type_, columns, root=None, threads=1, most=3000):
    """Enumerate with functions that are known and that are called: all is equal."""
    rows = len(columns["c"])
    types = dict.fromkeys(columns, type_)
    if type_ != Real:
        columns, types = columns | {"t": np.arange(rows) % 3 == 0}, types | {"t": Bool}
    found = []
    for called in (False, True):
        dsl = dsl_of(functions, type_, choice=type_ != Real, called=called)
        grammar = synth.Grammar(dsl, types)
        kinds = {rule.kind for rule in curry.rules(grammar)}
        assert (curry.CALL in kinds) == called
        found.append(
            synth.enumerate_programs(
                grammar, columns, type=root or type_, max_programs=most, threads=threads
            )
        )
    ours, theirs = found
    assert ours.levels == theirs.levels
    assert np.array_equal(ours.bits, theirs.bits)
    assert np.array_equal(ours.values, theirs.values)
    every = range(0, len(ours), 1 + len(ours) // 100)
    assert [ours.program(i).text for i in every] == [theirs.program(i).text for i in every]
    return ours


@st.composite
def tables(draw, values):
    """Two columns of up to 130 rows, since comparisons are packed by 64."""
    rows = draw(st.sampled_from((1, 2, 7, 63, 64, 65, 130)))
    made = draw(st.lists(values, min_size=1, max_size=12))
    return {
        "c": np.array([made[(5 * k) % len(made)] for k in range(rows)]),
        "d": np.array([made[(3 * k + 1) % len(made)] for k in range(rows)]),
    }


def some(family):
    return st.lists(st.sampled_from(FUNCTIONS[family]), min_size=2, max_size=4, unique=True)


@settings(max_examples=30)
@given(
    functions=some("Int"),
    most=st.sampled_from((9, 1000, INT_LIMIT)),
    data=st.data(),
    root=st.booleans(),
)
def test_whole_numbers(functions, most, data, root):
    numbers = st.sampled_from((0, 1, -1, 2, 3, -7, most, -most, most - 1)) | st.integers(-9, 9)
    type_ = Int(-most, most)
    root = Bool if root and {*functions} & {*COMPARISONS} else type_
    compare(functions, type_, data.draw(tables(numbers)), root, most=400)


@settings(max_examples=30)
@given(functions=some("Real"), data=st.data(), root=st.booleans())
def test_real_numbers(functions, data, root):
    numbers = st.sampled_from(REALS) | st.floats(-10, 10)
    root = Bool if root and {*functions} & {*COMPARISONS} else Real
    with np.errstate(all="ignore"):
        compare(functions, Real, data.draw(tables(numbers)), root, most=400)


@pytest.mark.parametrize("type_", [Mod(7), Mod(300), Label("a", "b", "c")], ids=str)
@pytest.mark.parametrize("rows", [1, 5, 64, 67])
def test_choices_among_residues_and_names(type_, rows):
    rng = np.random.default_rng(rows)
    columns = {name: rng.integers(0, type_.size, rows) for name in "cd"}
    columns |= {name: rng.random(rows) < 0.5 for name in "pq"}
    types = {"c": type_, "d": type_, "p": Bool, "q": Bool}
    found = []
    for called in (False, True):
        dsl = dsl_of((), type_, called=called)
        dsl.add(np.logical_and, "Bool, Bool -> Bool", name="and_", commutative=True)
        grammar = synth.Grammar(dsl, types)
        kinds = {rule.kind for rule in curry.rules(grammar)}
        assert (known.BLEND in kinds) != called
        found.append(synth.enumerate_programs(grammar, columns, type=type_, max_programs=2000))
    assert found[0].levels == found[1].levels
    assert np.array_equal(found[0].values, found[1].values)


@pytest.mark.parametrize("type_", [Int(-50, 50), Real], ids=str)
def test_threads_change_nothing(type_, monkeypatch):
    monkeypatch.setattr(job, "ROUND_WORDS", 1)
    monkeypatch.setattr(job, "FIRST_BATCH_WORDS", 2**10)
    functions = [np.add, np.multiply, np.subtract, np.less]
    columns = {"c": np.arange(20) - 3, "d": np.arange(20)[::-1] % 7}
    compare(functions, type_, columns, threads=3, most=20_000)


@pytest.mark.parametrize("family", ["Int", "Real"])
def test_searches_find_the_same(family):
    type_, rng = {"Int": Int(-99, 99), "Real": Real}[family], np.random.default_rng(1)
    columns = {"c": rng.integers(-9, 9, 40), "d": rng.integers(-9, 9, 40)}
    labels = np.where(columns["c"] < columns["d"], columns["c"] + 3, columns["d"])
    task = synth.Task("two", columns, dict.fromkeys(columns, type_), labels, type_)
    found = [
        synth.search(
            task,
            dsl_of((np.add, np.minimum, np.less), type_, type_ != Real, called),
            max_programs=20_000,
            moves=0,
        ).to_dict()
        for called in (False, True)
    ]
    for document in found:
        for name in ("seconds", "task", "dsl", "machine", "version"):
            document.pop(name, None)
    assert found[0] == found[1]


def test_functions_of_ones_own_are_called():
    dsl = dsl_of((np.add,), Int(0, 9), choice=False, called=True)
    assert all(known.operation(p, 0) is None for p in dsl.primitives)
    # Of truth values NumPy computes another sum, and of mixed types another kind of number.
    mixed = synth.DSL("mixed")
    mixed.add(np.add, "Int(0, 9), Real -> Real", name="add")
    assert known.operation(mixed.primitives[0], 1) is None
