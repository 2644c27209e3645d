"""Programs: text and tree, evaluation, graphs, and every way a text can be wrong."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.errors import ParseError, TypeMismatchError, UndefinedError
from synth.language.types import Bool, Int, Mod
from tests import naive
from tests.drawn import trees


def rich_grammar():
    """Every kind of symbol, names that are no identifiers, two types with constants."""
    dsl = synth.load_dsl("integer")
    two = "Int, Int -> Int"
    for symbol, name in (("//", "div"), ("**", "power"), ("<<", "left"), ("/", "over")):
        dsl.add(np.maximum, two, name=name, symbol=symbol)
    dsl.add(np.negative, "Int -> Int", name="neg", symbol="-")
    dsl.add(np.greater, "Int, Int -> Bool", name="gt", symbol=">")
    dsl.constant(-1, "Int")
    dsl.constant(True, Bool)
    inputs = {"a": Int(0, 9), "b-c": Int(0, 9), "colour=red": Bool, "if": Bool, "it's": Int(0, 9)}
    inputs |= {"true": Bool, "1": Int(0, 9), "-1": Int(0, 9), "min": Int(0, 9)}
    inputs |= {"µ": Int(0, 9)}  # U+00B5, which Python reads as U+03BC
    return synth.Grammar(dsl, inputs)


RICH = rich_grammar()


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_text_and_tree_convert_both_ways(data):
    type_ = data.draw(st.sampled_from(RICH.types))
    program = data.draw(trees(RICH, type_, 5))
    assert synth.Program.parse(program.text, RICH, type_) == program
    assert synth.Program.parse(program.text, RICH, type_).text == program.text


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_evaluation_equals_plain_recursion(data):
    program = data.draw(trees(RICH, data.draw(st.sampled_from(RICH.types)), 3))
    columns = {
        "a": np.arange(6), "b-c": np.array([3, 0, 1, 9, 9, 2]), "it's": np.arange(6)[::-1],
        "colour=red": np.arange(6) % 2 == 0, "if": np.arange(6) > 2, "true": np.arange(6) > 3,
        "1": np.arange(6) % 3, "-1": np.arange(6) % 4, "min": np.arange(6) % 5, "µ": np.arange(6),
    }  # fmt: skip
    values, defined = program.outputs(columns)
    for row in range(6):
        expected = naive.value(program, columns, row)
        assert defined[row] == (expected is not None)
        if expected is not None:
            assert values[row] == expected


@pytest.mark.parametrize(
    "text",
    [
        "(a + 1) * 2", "a + 1 * 2", "a - (1 - 2)", "a - 1 - 2", "-a", "-1", "neg(1)", "--1",
        "a ** 2 ** 3", "(a ** 2) ** 3", "-a ** 2", "(-a) ** 2", "a ** -1", "'b-c' + a",
        "'colour=red' & 'if'", "~(a < 1 + 2) | 'if'", "a < 1 & ('if' | true)", '"it\'s" + 1',
        "where(a < 1, a, 2)", "(a < 1) & (1 < a)", "min(a, max(1, 2)) % 3",
        "'1' + 1", "'true' & true", "min(min, '-1') - -1",
    ],
)  # fmt: skip
def test_texts(text):
    if text == "a < 1 & ('if' | true)":  # & binds tighter than <: 1 & ... has no type
        with pytest.raises(ParseError, match="fits no primitive"):
            synth.Program.parse(text, RICH)
        return
    assert synth.Program.parse(text, RICH).text == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a +", "is no expression"),
        ("", "is no expression"),
        ("q + 1", "q is no input or constant; known: a,"),
        ("'nobody'", "'nobody' is no input or constant"),
        ("17", "17 is no input or constant"),
        ("1.5", "1.5 is no input or constant"),
        ("sin(a)", "sin is no primitive; known: add, "),
        ("a & 1", "'a & 1' fits no primitive; known: "),
        ("min(a)", "fits no primitive"),
        ("min(a, b=1)", "fits no primitive"),
        ("a < 1 < 2", "comparisons do not chain; use &"),
        ("a if 'if' else 1", "fits no primitive"),
        ("[a]", "fits no primitive"),
        ("__import__('os')", "__import__ is no primitive"),
        ("a.real", "fits no primitive"),
        ("(lambda: a)()", "fits no primitive"),
        ("-" * 150 + "(" * 300 + "a" + ")" * 300, "no expression|nested too deeply"),
        ("~" * 300 + "'if'", "nested too deeply; allowed: 200 levels"),
        ("a\0", "null byte"),
        ("a; a", "is no expression"),
    ],
)
def test_texts_that_are_no_programs(text, words):
    with pytest.raises(ParseError, match=words):
        synth.Program.parse(text, RICH)


def test_a_wrong_type_is_said():
    with pytest.raises(ParseError, match="is Bool, not Int"):
        synth.Program.parse("a < 1", RICH, Int())


def test_size_depth_bits_and_graph():
    grammar = synth.Grammar(synth.load_dsl("boolean"), {"x": Bool, "y": Bool})
    program = synth.Program.parse("(x ^ y) & ~(x ^ y)", grammar)
    assert (program.size, program.depth) == (8, 4)
    # 4 leaves of probability ¼ and 4 primitives of ⅛.
    assert program.bits(grammar) == 4 * 2 + 4 * 3
    graph = program.graph()
    assert set(graph) == {"x", "y", "x ^ y", "~(x ^ y)", "(x ^ y) & ~(x ^ y)"}
    assert graph.edges["x ^ y", "x"]["positions"] == (0,)
    both = synth.Program.parse("x & x", grammar).graph()
    assert both.edges["x & x", "x"]["positions"] == (0, 1)


def test_programs_do_not_change_and_hash():
    grammar = synth.Grammar(synth.load_dsl("boolean"), {"x": Bool, "y": Bool})
    one, two = (synth.Program.parse("x & ~y", grammar) for _ in range(2))
    assert one == two
    assert len({one, two}) == 1
    assert one != "x & ~y"
    with pytest.raises(AttributeError, match="does not change"):
        one.head = None
    with pytest.raises(TypeMismatchError, match=r"and_ takes \(Bool, Bool\), not \(Bool\)"):
        synth.Program(one.head, one.arguments[:1])


def test_evaluate_says_where_there_is_no_value():
    grammar = synth.Grammar(synth.load_dsl("integer"), {"x": Int(0, 9)})
    program = synth.Program.parse("4 % x", grammar)
    assert program.evaluate({"x": [3, 4]}).tolist() == [1, 0]
    with pytest.raises(UndefinedError, match="4 % x has no value on row 1"):
        program.evaluate({"x": [3, 0]})
    with pytest.raises(TypeMismatchError, match="no column x; given: y"):
        program.evaluate({"y": [3]})
    with pytest.raises(TypeMismatchError, match="one length"):
        program.evaluate({"x": [3], "y": [1, 2]})


def test_one_name_with_two_types():
    dsl = synth.DSL("two", types=(Int(0, 9), Mod(5)))
    dsl.constant(1, Mod(5))
    dsl.constant(1, Int(0, 9))
    dsl.add(np.add, "Int(0, 9), Int(0, 9) -> Int(0, 9)", name="add", symbol="+")
    dsl.add(lambda a, b: (a + b) % 5, "Mod(5), Mod(5) -> Mod(5)", name="madd", symbol="+")
    grammar = synth.Grammar(dsl, {"x": Int(0, 9), "m": Mod(5)})
    assert synth.Program.parse("x + 1", grammar).type == Int(0, 9)
    assert synth.Program.parse("m + 1", grammar).type == Mod(5)
    with pytest.raises(ParseError, match="could be"):
        synth.Program.parse("1 + 1", grammar)
    assert synth.Program.parse("1 + 1", grammar, Mod(5)).type == Mod(5)
