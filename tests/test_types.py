"""Real and Complex numbers: rounding, text, primitives without value, labels."""

import json
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import synth
from synth.errors import DSLError, ParseError, TypeMismatchError, UndefinedError
from synth.language.types import Bool, Complex, Int, Real, rounded
from tests import naive
from tests.drawn import trees

TOP = math.ldexp(2**41 - 1, 1023 - 40)  # the largest value
floats = st.floats(allow_nan=False, allow_infinity=False)
bits = st.integers(0, 2**64 - 1).map(lambda n: np.uint64(n).view(np.float64).item())
ties = st.builds(
    lambda m, e, s: s * math.ldexp(2 * m + 1, e),
    st.integers(2**40, 2**41 - 1), st.integers(-1074, 980), st.sampled_from([1, -1]),
)  # fmt: skip


@settings(max_examples=1000, deadline=None)
@given(floats | bits | ties)
def test_rounding_equals_exact_fractions(value):
    array = np.array([value, 1.0, value])
    seen = rounded(array)
    expected = naive.rounded(value)
    if expected is None:
        assert not np.isfinite(seen[0])
        assert math.isnan(seen[0]) == math.isnan(value)
    else:
        assert seen[0] == expected
        assert math.copysign(1, seen[0]) == math.copysign(1, expected) or seen[0] == 0
        assert not (seen[0] == 0 and np.signbit(seen[0]))
        assert seen[0].view(np.uint64) % 2**12 == 0
    assert rounded(seen).tobytes() == seen.tobytes()
    assert seen[1] == 1
    assert array[1] == 1  # the argument is left as it is
    assert array[:1].tobytes() == np.array([value]).tobytes()


@settings(max_examples=500, deadline=None)
@given(floats | ties, floats | ties)
@example(1.0, 2.0**-41)
@example(2.0**-1060, 2.0**-1062)
@example(-(2 - 2.0**-45), 3 * 2.0**-40)
def test_parts_of_complex_numbers_share_their_last_place(real, imaginary):
    values = np.full((2, 3), complex(real, imaginary))
    seen = rounded(values)
    assert seen.shape == (2, 3)
    expected = naive.rounded_complex(complex(real, imaginary))
    if expected is None:
        assert not np.isfinite(seen).any()
    else:
        assert (seen == expected).all()
        assert not (np.signbit(seen.imag) & (seen.imag == 0)).any()
    assert rounded(seen).tobytes() == seen.tobytes()


def test_products_do_not_depend_on_how_a_processor_makes_them():
    """Some processors fuse the products of z * conj(z) into one rounding and leave a remainder."""
    generator = np.random.default_rng(0)
    z = Complex.rounded(generator.normal(size=999) + 1j * generator.normal(size=999))[0]
    fused = z * z.conj() + 1j * 2.0**-54 * np.abs(z) ** 2 * generator.uniform(-1, 1, 999)
    assert (rounded(fused).imag == 0).all()
    one_by_one = np.array(
        [rounded(np.array([a]) * np.array([b]))[0] for a, b in zip(z, z[::-1], strict=True)]
    )
    np.testing.assert_array_equal(rounded(z * z[::-1]), one_by_one)


def test_the_ends_of_the_range():
    smallest = 2.0**-1062
    for value, expected in (
        (TOP, TOP),
        (-TOP, -TOP),
        (5e-324, 0.0),
        (smallest, smallest),
        (smallest * 0.75, smallest),
        (smallest / 2, 0.0),
        (1 + 2**-41, 1.0),
        (1 + 3 * 2**-41, 1 + 2**-39),
        (0.1 + 0.2, rounded(np.float64(0.3))),
    ):
        assert rounded(np.array(value)) == expected
    assert rounded(np.array(np.finfo(float).max)) == math.inf
    ones = np.array([2**64 - 1, 2**63 - 1], np.uint64).view(np.float64)
    assert np.isnan(rounded(ones)).all()


@given(floats.filter(lambda v: abs(v) <= TOP))
def test_values_are_written_shortest_and_read_back(value):
    value = Real.check(value, "v").item()
    text = Real.format(value)
    assert rounded(np.float64(text)) == value
    assert len(text) <= len(repr(value))
    # No number with fewer digits rounds to the same value.
    digits = len(text.lower().partition("e")[0].strip("-0.").replace(".", ""))
    if digits > 1:
        assert rounded(np.float64(f"{value:.{digits - 1}g}")) != value


@given(floats.filter(lambda v: abs(v) <= TOP), floats.filter(lambda v: abs(v) <= TOP))
def test_complex_values_are_written_and_read_back(real, imaginary):
    value = Complex.check(complex(real, imaginary), "v").item()
    assert Complex.check(complex(Complex.format(value)), "v").item() == value


def test_texts_of_values():
    for value, text in (
        (0.1, "0.1"),
        (-3, "-3.0"),
        (1e22, "1e+22"),
        (1e-7, "1e-07"),
        (-0.0, "0.0"),
    ):
        assert Real.format(Real.check(value, "v").item()) == text
    for value, text in ((2j, "2j"), (1 - 0.1j, "(1-0.1j)"), (3, "(3+0j)"), (-0.0 - 1j, "-1j")):
        assert Complex.format(Complex.check(value, "v").item()) == text


@pytest.mark.parametrize(
    ("type_", "value", "words"),
    [
        (Real, [1.0, math.nan], "c: nan is not Real; allowed: finite numbers"),
        (Real, [math.inf], "c: inf is not Real; allowed: finite"),
        (Real, [1.7976931348623157e308], r"c: 1.79\d*e\+308 is not Real"),
        (Real, [True], "c: True is not Real"),
        (Real, ["1"], "c: '1' is not Real"),
        (Real, [1j], "c: 1j is not Real"),
        (Real, [None], "c: 1 of 1 values are missing; fill them in"),
        (Complex, [complex(0, math.inf)], r"c: infj is not Complex"),
        (Complex, ["1"], "c: '1' is not Complex"),
        (Int(0, 9), [0.5], r"c: 0.5 is not Int\(0, 9\)"),
    ],
)
def test_what_is_no_value(type_, value, words):
    with pytest.raises(TypeMismatchError, match=words):
        type_.check(value, "c")


@given(st.integers(1, 70), st.integers(1, 4), st.sampled_from([Real, Complex]))
def test_pack_and_unpack(rows, m, type_):
    generator = np.random.default_rng(rows)
    values = type_.check(generator.normal(size=(m, rows)), "v")
    words = type_.pack(values)
    assert words.shape == (m, type_.words(rows)) == (m, rows * type_.dtype.itemsize // 8)
    assert np.array_equal(type_.unpack(words, rows), values)
    assert type_.size == math.inf


def arithmetic():
    """Real and Complex arithmetic with every sign that a number's text can hold."""
    dsl = synth.DSL("arithmetic", types=(Real, Complex, Int(-9, 9)))
    for type_ in ("Real", "Complex", "Int"):
        two, prefix = f"{type_}, {type_} -> {type_}", type_[0].lower()
        dsl.add(np.add, two, name=f"{prefix}add", symbol="+")
        dsl.add(np.subtract, two, name=f"{prefix}sub", symbol="-")
        dsl.add(np.multiply, two, name=f"{prefix}mul", symbol="*", commutative=True)
        dsl.add(np.negative, f"{type_} -> {type_}", name=f"{prefix}neg", symbol="-")
    dsl.add(np.power, "Real, Real -> Real", name="power", symbol="**")
    dsl.add(lambda a, b: a + b, "Real, Complex -> Complex", name="mixed", symbol="+")
    dsl.add(lambda a, b: a - b, "Int, Complex -> Complex", name="less", symbol="-")
    dsl.add(np.less, "Real, Real -> Bool", name="lt", symbol="<")
    for value in (0.1, -2.5, 3, 1e22, 1e-7, 0):
        dsl.constant(value, Real)
    for value in (2j, -2j, 1 + 2j, -1 - 0.5j, 3, 1):
        dsl.constant(value, "Complex")
    for value in (1, -1, 2):
        dsl.constant(value, "Int")
    dsl.constant(math.pi, Real, name="pi")
    return synth.Grammar(dsl, {"x": Real, "z": Complex, "n": Int(-9, 9), "1.5": Real, "2j": Real})


GRAMMAR = arithmetic()


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_text_and_tree_convert_both_ways(data):
    type_ = data.draw(st.sampled_from(GRAMMAR.types))
    program = data.draw(trees(GRAMMAR, type_, 4))
    assert synth.Program.parse(program.text, GRAMMAR, type_) == program


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ("x + 0.1", None), ("x * -2.5", None), ("x ** 1e+22", None), ("z * (1+2j)", None),
        ("z - -2j", None), ("mixed(0.1, 2j)", None), ("0.1 + z", None), ("-x", None),
        ("rneg(0.1)", None), ("--2.5", None), ("less(1, 2j)", None), ("'2j' + '1.5'", None),
        ("x + 0.10", "x + 0.1"), ("x + 0.1000000000000001", "x + 0.1"), ("x - 1E22", "x - 1e+22"),
        ("z * (1 + 2j)", "z * (1+2j)"), ("z + (3 + 0j)", "z + (3+0j)"), ("x < pi", None),
    ],
)  # fmt: skip
def test_texts(text, again):
    assert synth.Program.parse(text, GRAMMAR).text == (again or text)


@pytest.mark.parametrize("text", ["x + 0.2", "x + 3", "x + 1e999", "z + 7j", "z + (1e999+2j)"])
def test_numbers_that_are_no_constants(text):
    with pytest.raises(ParseError, match=r"is not an input or a constant|matches no primitive"):
        synth.Program.parse(text, GRAMMAR)


def test_annotations_and_signatures():
    dsl = synth.DSL("d")

    @dsl.primitive
    def half(a: Real, b: "Real") -> "Complex":
        return a / 2 + 1j * b

    dsl.add(np.abs, "Complex -> Real")
    dsl.constant(0.5, Real)
    assert [p.signature for p in dsl.primitives] == ["Real, Real -> Complex", "Complex -> Real"]
    assert synth.check_dsl(dsl) == []
    with pytest.raises(DSLError, match=r"Float is not a type; allowed: .*Real, Complex"):
        dsl.add(np.sqrt, "Float -> Real")
    with pytest.raises(TypeMismatchError, match="constant nan: nan is not Real"):
        dsl.constant(math.nan, Real)


@pytest.mark.parametrize(
    ("body", "given", "expected"),
    [
        (np.divide, ([1, 2, 0], [4, 0, 0]), [0.25, None, None]),
        (lambda a, b: a / b, ([1, 2, 0], [4, 0, 0]), [0.25, None, None]),
        (lambda a, b: np.minimum(a / b, 9), ([1, 2, 3], [4, 0, 1]), [0.25, None, 3.0]),
        (lambda a, b: np.log(a) * b, ([1, -1, 0], [1, 1, 1]), [0.0, None, None]),
        (lambda a, b: np.where(b == 0, synth.UNDEFINED, a), ([1, 2], [0, 1]), [None, 2.0]),
        (lambda a, b: np.where(b == 0, np.nan, a), ([1, 2], [0, 1]), [None, 2.0]),
        (np.multiply, ([1e300, 2, TOP], [1e10, 0.1, 1]), [None, 0.2, TOP]),
        (np.floor_divide, ([7, 7, 1], [2, 0, 1]), [3.0, None, 1.0]),
        (np.power, ([2, -1, 10, 4], [0.5, 0.5, 400, -1]), [2**0.5, None, None, 0.25]),
        (np.remainder, ([7.5, 1], [2, 0]), [1.5, None]),
    ],
)
def test_where_a_primitive_has_no_value(body, given, expected):
    dsl = synth.DSL("d")
    dsl.add(body, "Real, Real -> Real", name="f")
    arrays = [np.array(a, float) for a in given]
    values, defined = dsl.primitives[0].evaluate(*arrays)
    defined = np.ones(len(values), bool) if defined is None else defined
    seen = [v if d else None for v, d in zip(values.tolist(), defined, strict=True)]
    assert seen == [None if e is None else naive.rounded(e) for e in expected]
    assert np.isfinite(values).all()


def test_a_body_that_answers_in_a_wrong_dtype():
    dsl = synth.DSL("d")
    dsl.add(lambda a: a + 1j, "Real -> Real", name="f")
    with pytest.raises(DSLError, match="f answers in dtype complex128; Real needs a floating"):
        dsl.primitives[0].evaluate(np.ones(2))
    (problem,) = synth.check_dsl(dsl)
    assert "dtype complex128" in problem


def test_many_rows_without_value_take_few_calls():
    calls = []

    def quotient(a, b):
        calls.append(len(a))
        return a / b

    dsl = synth.DSL("d")
    dsl.add(quotient, "Real, Real -> Real")
    zeros = np.arange(10_000) % 2
    _, defined = dsl.primitives[0].evaluate(np.ones(10_000), zeros.astype(float))
    assert np.array_equal(defined, zeros == 1)
    assert len(calls) <= 3


def test_values_are_the_same_wherever_they_are_computed():
    """In the bank and in a program, also for transcendental functions."""
    dsl = synth.load_dsl("boolean")
    two = "Real, Real -> Real"
    dsl.add(np.add, two, name="add", symbol="+", commutative=True)
    dsl.add(np.divide, two, name="div", symbol="/")
    for function in (np.exp, np.sin, np.log):
        dsl.add(function, "Real -> Real")
    dsl.add(np.less, "Real, Real -> Bool", name="lt", symbol="<")
    grammar = synth.Grammar(dsl, {"x": Real, "y": Real})
    generator = np.random.default_rng(0)
    columns = {n: np.abs(generator.normal(size=37)) for n in "xy"}
    found = synth.enumerate_programs(grammar, columns, type=Real, max_bits=15)
    assert len(found) > 300
    for i in range(0, len(found), 7):
        values = found.program(i).evaluate(columns)
        assert np.array_equal(values, found.values[i])
        assert np.array_equal(rounded(values), values)


def test_labels_are_compared_by_28_bits():
    """Rounding errors of decimals make neither exceptions nor additional labels."""
    cents = np.arange(1, 301)
    columns = {"a": cents / 100, "b": cents[::-1] / 70}
    _, dsl = line()
    task = synth.Task("t", columns, dict.fromkeys("ab", Real), columns["a"] + columns["b"], Real)
    wrong = Real.check(task.columns["a"] + task.columns["b"], "sums") != task.labels
    assert wrong.sum() > 30
    result = synth.search(task.split(0.5), dsl)
    assert (result.program.text, result.program.exceptions) == ("a + b", 0)
    assert result.program.test_accuracy == 1.0
    near = synth.Task("t", {"x": [1.0, 2, 3]}, {"x": Real}, [0.1, 0.1 * (1 + 1e-11), 0.2], Real)
    assert near.alphabet == (Real.check(0.1, "v").item(), Real.check(0.2, "v").item())
    assert near.counts().tolist() == [2, 1]
    apart = Real.check([1.0, 1 + 1e-8], "v")
    assert len(set(Real.coarse(apart).tolist())) == 2
    assert Real.coarse(np.array([TOP])).tolist() == [TOP]


def line(n=40):
    generator = np.random.default_rng(0)
    columns = {k: np.round(generator.normal(size=n), 2) for k in "ab"}
    dsl = synth.DSL("line", types=(Real,))
    dsl.add(np.add, "Real, Real -> Real", name="add", symbol="+", commutative=True)
    dsl.add(np.multiply, "Real, Real -> Real", name="mul", symbol="*", commutative=True)
    dsl.constant(0.5, Real)
    return columns, dsl


def test_real_labels():
    columns, dsl = line()
    labels = 0.5 * columns["a"] + columns["b"]
    task = synth.Task("line", columns, dict.fromkeys("ab", Real), labels, Real).split(0.5)
    both = synth.contrast(task, dsl, max_bits=24)
    result = both.structured
    assert (result.chosen, result.program.exceptions) == ("program", 0)
    assert result.program.text == "b + a * 0.5"
    assert result.program.test_accuracy == 1.0
    assert both.random.chosen == "table"
    assert result.rows["labels"] == len(np.unique(rounded(labels[task.train])))
    assert np.allclose(result.predict(columns), labels, rtol=1e-11)
    asked = {"a": [1.0, 1e-3], "b": [0.25, 5]}
    assert result.predict(asked).tolist() == rounded(np.array([0.75, 5.0005])).tolist()
    # The table predicts the training labels, and the smallest label as the majority.
    row = int(np.flatnonzero(task.train)[0])
    seen = {n: [c[row], 99.0] for n, c in task.columns.items()}
    assert both.random.predict(seen).tolist() == [
        task.permuted(0).labels[row], min(task.labels[task.train]),
    ]  # fmt: skip
    assert json.loads(json.dumps(both.to_dict(), allow_nan=False)) == both.to_dict()


def test_complex_labels():
    generator = np.random.default_rng(1)
    z = generator.integers(-4, 5, (2, 30)) + 1j * generator.integers(-4, 5, (2, 30))
    columns = {"w": z[0], "z": z[1]}
    dsl = synth.DSL("complex")
    dsl.add(np.multiply, "Complex, Complex -> Complex", name="mul", symbol="*", commutative=True)
    dsl.add(np.add, "Complex, Complex -> Complex", name="add", symbol="+", commutative=True)
    dsl.constant(1j, Complex)
    task = synth.Task("turn", columns, dict.fromkeys("wz", Complex), 1j * z[0] + z[1], Complex)
    both = synth.contrast(task.split(0.5), dsl, max_bits=20)
    assert both.structured.program.text == "z + w * 1j"
    assert both.structured.program.test_accuracy == 1.0
    assert both.random.chosen == "table"
    assert np.array_equal(both.structured.predict(columns), task.labels)
    assert both.random.predict(columns).dtype == np.complex128
    assert json.loads(json.dumps(both.to_dict(), allow_nan=False)) == both.to_dict()


def test_whole_numbers_are_real_to_a_dsl_without_int():
    _, dsl = line()
    columns = {"a": np.arange(20) % 7, "b": np.arange(20) % 5}
    types = {"a": Int(0, 6), "b": Int(0, 4)}
    labels = columns["a"] + 2 * columns["b"]
    dsl.constant(2, Real)
    result = synth.search(synth.Task("t", columns, types, labels, Int(0, 20)), dsl, max_bits=20)
    assert result.program.exceptions == 0
    assert result.predict(columns).tolist() == labels.tolist()
    assert result.predict({"a": [100], "b": [3]}).tolist() == [106]
    # A Real answer is not truncated to an integer.
    evens = {"a": 2 * columns["a"], "b": columns["b"]}
    types["a"] = Int(0, 12)
    halves = synth.search(synth.Task("t", evens, types, columns["a"], Int(0, 20)), dsl)
    assert halves.program.text == "a * 0.5"
    assert halves.predict({"a": [5], "b": [0]}).tolist() == [2.5]


def test_labels_of_given_values():
    task = synth.Task("t", {"x": [0.0, 1.0]}, {"x": Real}, [0.5, 2.5], Real, None, (2.5, 0.5, 7.0))
    assert task.alphabet == (0.5, 2.5, 7.0)
    assert task.counts().tolist() == [1, 1, 0]
    assert task.label_text(2.5) == "2.5"
    assert set(task.uniform(1).labels.tolist()) <= {0.5, 2.5, 7.0}
    with pytest.raises(synth.SynthError, match="one label value only"):
        synth.Task("t", {"x": [0.0, 1.0]}, {"x": Real}, [0.1, 0.1 + 1e-15], Real)


def test_dropped_candidates_are_counted():
    dsl = synth.DSL("division")
    dsl.add(np.divide, "Real, Real -> Real", name="div", symbol="/")
    grammar = synth.Grammar(dsl, {"x": Real, "y": Real})
    found = synth.enumerate_programs(grammar, {"x": [4, 6], "y": [0, 3]}, max_bits=6)
    # x / x is 1 on both rows, y / x is 0 and 0.5; every program that divides by y is rejected.
    assert [e.dropped for e in found.levels] == [0, 2]
    assert found.values.tolist() == [[4, 6], [0, 3], [1, 1], [0, 0.5]]


def test_mixed_types_in_one_rule():
    """A choice between reals by a comparison of integers."""
    dsl = synth.DSL("mixed", types=(Int(-99, 99), Bool, Real))
    dsl.add(np.where, "Bool, Real, Real -> Real", name="where")
    dsl.add(np.less, "Int, Int -> Bool", name="lt", symbol="<")
    generator = np.random.default_rng(0)
    columns = {"n": np.arange(40) % 9, "m": np.arange(40) % 4, "x": generator.normal(size=40)}
    types = {"n": Int(0, 9), "m": Int(0, 9), "x": Real, "y": Real}
    columns["y"] = generator.normal(size=40)
    labels = np.where(columns["n"] < columns["m"], columns["x"], columns["y"])
    result = synth.search(synth.Task("t", columns, types, labels, Real).split(0.5), dsl)
    assert result.program.text == "where(n < m, x, y)"
    assert result.program.test_accuracy == 1.0


def test_a_function_may_say_where_it_has_no_value():
    """One call finds the same as halving."""
    calls = []

    def half(a):
        calls.append(len(a))
        defined = a % 2 == 0
        if not defined.all():
            raise UndefinedError("odd", values=np.where(defined, a // 2, 99), defined=defined)
        return a // 2

    dsl = synth.DSL("halves", types=(Int(0, 10),))
    dsl.add(half, "Int -> Int", name="half")
    [primitive] = dsl.primitives
    values, defined = primitive.evaluate(np.arange(11))
    assert calls[-1] == 11
    assert defined.tolist() == [k % 2 == 0 for k in range(11)]
    assert values[defined].tolist() == [0, 1, 2, 3, 4, 5]
    assert primitive.evaluate(np.arange(0, 11, 2))[1] is None
