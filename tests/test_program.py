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
    """Every kind of symbol, names that are not identifiers, and two types with constants."""
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


@settings(max_examples=150, deadline=None)
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
        with pytest.raises(ParseError, match="matches no primitive"):
            synth.Program.parse(text, RICH)
        return
    assert synth.Program.parse(text, RICH).text == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a +", "is not an expression"),
        ("", "is not an expression"),
        ("q + 1", "q is not an input or a constant; known: a,"),
        ("'nobody'", "'nobody' is not an input or a constant"),
        ("17", "17 is not an input or a constant"),
        ("1.5", "1.5 is not an input or a constant"),
        ("sin(a)", "sin is not a primitive; known: add, "),
        ("a & 1", "'a & 1' matches no primitive; known: "),
        ("min(a)", "matches no primitive"),
        ("min(a, b=1)", "matches no primitive"),
        ("a < 1 < 2", "comparisons do not chain; join them with &"),
        ("a if 'if' else 1", "matches no primitive"),
        ("[a]", "matches no primitive"),
        ("__import__('os')", "__import__ is not a primitive"),
        ("a.real", "matches no primitive"),
        ("(lambda: a)()", "matches no primitive"),
        ("-" * 150 + "(" * 300 + "a" + ")" * 300, "not an expression|nested too deeply"),
        ("~" * 300 + "'if'", "nested too deeply; allowed: 200 levels"),
        ("a\0", "null byte"),
        ("a; a", "is not an expression"),
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
    with pytest.raises(AttributeError, match="cannot be changed"):
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
