"""Abstraction learning: worked examples, the code of a library, abstractions as primitives."""

import ast
import itertools
import json
import math
import runpy

import numpy as np
import pytest
from click.testing import CliRunner

import synth
from synth import DSL, Bool, Grammar, Int, Program
from synth.cli import main
from synth.errors import DSLError, SettingError
from synth.language.dsls import load_dsl
from synth.language.grammar import UNIT
from synth.library import saved
from synth.library.abstraction import Abstraction, Library, inlined
from synth.library.corpus import Solved, Terms, corpus_units, units_of
from synth.library.learning import learn
from synth.library.patterns import Patterns
from tests.test_library_patterns import mixed_dsl, without_leaves

AND_OR_NOT = "boolean:basis=and-or-not"
XOR = "(a | b) & ~(a & b)"


# Learning by hand.


def boolean_corpus(*texts, inputs=6, **parts):
    names = {f"x{i}": Bool for i in range(inputs)}
    grammar = Grammar(load_dsl(AND_OR_NOT), names)
    return [Solved(names, Program.parse(text, grammar), **parts) for text in texts]


def xor_texts(count):
    return [f"(x{i} | x{i + 1}) & ~(x{i} & x{i + 1})" for i in range(count)]


def test_xor_is_learnt_in_any_order_of_arguments():
    texts = ["(x0 | x1) & ~(x1 & x0)", "~(x2 & x3) & (x3 | x2)", "(x4 | x5) & ~(x4 & x5)"]
    found = learn(Library(load_dsl(AND_OR_NOT)), boolean_corpus(*texts))
    assert [one.text for one in found.library.abstractions] == [f"f1(a, b) = {XOR}"]
    assert [one.program.size for one in found.corpus] == [3, 3, 3]
    assert found.library.dsl.primitives[-1].commutative
    assert synth.check_dsl(found.library.dsl) == []


def test_a_single_use_can_pay_where_a_hole_stands_twice():
    text = xor_texts(1)[0].replace("x1", "(x2 & ~x3 | x4 & (x5 | ~x0) | x1 & ~x4)")
    found = learn(Library(load_dsl(AND_OR_NOT)), boolean_corpus(text))
    assert [one.text for one in found.library.abstractions] == [f"f1(a, b) = {XOR}"]


def test_costs_by_hand():
    # Three xors of two of 8 variables: 4 leaves of 4 bits, 4 primitives of log2(6) bits.
    base, corpus = load_dsl(AND_OR_NOT), boolean_corpus(*xor_texts(3), inputs=8)
    node = math.ceil(math.log2(6) * UNIT)
    assert corpus_units(base, corpus) == 3 * (4 * 4 * UNIT + 4 * node)
    found = learn(Library(base), corpus)
    # The flags that one follows and that none follows, two holes, a body with leaves of 2 bits.
    assert found.library.units == UNIT + UNIT + 2 * UNIT + 4 * 2 * UNIT + 4 * node
    # With four primitives, each takes 3 bits.
    assert corpus_units(found.library.dsl, found.corpus) == 3 * (3 + 2 * 4) * UNIT


def test_what_the_table_says_in_fewer_bits_earns_nothing():
    corpus = boolean_corpus(*xor_texts(4), table=8 * UNIT)
    found = learn(Library(load_dsl(AND_OR_NOT)), corpus)
    assert found.steps == ()
    assert found.bits == 1 + 4 * 8
    # A table that is beaten only with the abstraction; the saving is counted from the table.
    corpus = boolean_corpus(*xor_texts(5), table=20 * UNIT)
    found = learn(Library(load_dsl(AND_OR_NOT)), corpus)
    assert found.steps[0].before == 1 + 5 * 20
    assert len(found.library.abstractions) == 1
    assert all(one.units(found.library.dsl) < 20 * UNIT for one in found.corpus)
    assert all(one.units(load_dsl(AND_OR_NOT)) > 20 * UNIT for one in corpus)


def test_tasks_without_a_program_and_with_other_inputs_count():
    names = {"p": Bool}
    other = Solved(names, Program.parse("p | ~p", Grammar(load_dsl(AND_OR_NOT), names)))
    none = Solved(names, None, table=5000)
    corpus = [*boolean_corpus(*xor_texts(3)), other, none]
    found = learn(Library(load_dsl(AND_OR_NOT)), corpus)
    assert found.corpus[-1].program is None
    # Its primitives cost more, although it does not use the new one.
    dearer = found.corpus[3].units(found.library.dsl) - other.units(load_dsl(AND_OR_NOT))
    assert dearer == 2 * (3 * UNIT - math.ceil(math.log2(6) * UNIT))
    units = sum(one.total(one.units(found.library.dsl)) for one in found.corpus)
    assert found.bits == found.library.bits + units / UNIT


def test_an_abstraction_that_does_not_pay_is_written_out_again():
    library = saved.make(
        AND_OR_NOT,
        [
            {"name": "idle", "holes": {"a": "Bool"}, "result": "Bool", "body": "a & ~a"},
            {
                "name": "used",
                "holes": {"a": "Bool"},
                "result": "Bool",
                "body": "idle(a) | ~idle(a)",
            },
        ],
    )
    grammar = Grammar(library.dsl, {"x": Bool})
    corpus = [Solved({"x": Bool}, Program.parse(t, grammar)) for t in ("used(x)", "idle(x)")]
    found = learn(library, corpus)
    assert [s.kind for s in found.steps] == ["dropped", "dropped"]
    assert found.library.abstractions == ()
    texts = [one.program.text for one in found.corpus]
    assert texts == ["x & ~x | ~(x & ~x)", "x & ~x"]


def test_holes_are_at_most_those_asked_for():
    corpus = boolean_corpus(*(f"(x{i} | x{i + 1}) & ~(x{i + 2} | ~x{i})" for i in range(4)))
    base = Library(load_dsl(AND_OR_NOT))
    sizes = []
    for most in (1, 2, 3):
        found = learn(base, corpus, most_holes=most)
        assert all(len(one.holes) <= most for one in found.library.abstractions)
        sizes.append(found.bits)
    assert sizes[2] < sizes[1]
    assert sizes == sorted(sizes, reverse=True)
    for bad in (0, 1.5):
        with pytest.raises(
            SettingError, match=f"most_holes={bad}; allowed: integers of at least 1"
        ):
            learn(base, corpus, most_holes=bad)


def test_terms_are_shared_up_to_order_within_a_group():
    corpus = boolean_corpus("x0 & ~x1", "~x1 & x0", "x1 & ~x0")
    terms = Terms(load_dsl(AND_OR_NOT), corpus)
    assert terms.roots[0] == terms.roots[1] != terms.roots[2]
    assert len(terms.groups) == 1
    assert Patterns(load_dsl(AND_OR_NOT), corpus, 1).best(0) is None


# The code of a library.


def test_the_code_of_definitions_satisfies_kraft():
    for dsl in (load_dsl(AND_OR_NOT), mixed_dsl(), without_leaves()):
        total = 0.0
        for count in range(1, 5):
            for types in itertools.product(dsl.types, repeat=count):
                holes = {f"h{k}": type_ for k, type_ in enumerate(types)}
                for mass in Grammar(dsl, holes).mass().values():
                    total += mass * 2.0 ** -(count + (1 + count) * math.log2(len(dsl.types)))
        assert 0.3 < total <= 1


def test_units_are_a_flag_types_holes_and_the_body():
    dsl = mixed_dsl()
    holes = {"a": Int(0, 9), "b": Bool}
    body = Program.parse("where(b, a, add(a, 1))", Grammar(dsl, holes))
    one = Abstraction("f", holes, body)
    # A flag, three types of two, two holes; where, b, a, add, a, 1.
    assert one.units(dsl) == UNIT * (1 + 3 * 1 + 2 + (2 + 1 + 2 + 2 + 2 + 2))
    assert Library(dsl, [one]).units == one.units(dsl) + UNIT
    assert units_of(1.5) == 1536
    assert units_of(0.0001) == 1


# Abstractions as primitives.


def test_an_abstraction_is_what_its_body_is():
    dsl = DSL("partial", types=(Int(0, 9), Bool))
    dsl.add(np.subtract, "Int, Int -> Int", name="sub", symbol="-")
    dsl.add(np.floor_divide, "Int, Int -> Int", name="div", symbol="//")
    dsl.add(np.less, "Int, Int -> Bool", name="lt", symbol="<")
    dsl.constant(2, Int)
    library = Library(dsl)
    for name, body in (("f1", "(a - b) // b"), ("f2", "a // b < 2"), ("f3", "f1(b, a) - 2")):
        holes = dict.fromkeys("ab", Int(0, 9))
        program = Program.parse(body, Grammar(library.dsl, holes))
        library = library.added(Abstraction(name, holes, program))
    assert synth.check_dsl(library.dsl) == []
    x, y = (v.ravel() for v in np.meshgrid(np.arange(10), np.arange(10)))
    grammar = Grammar(library.dsl, {"x": Int(0, 9), "y": Int(0, 9)})
    for text in ("f1(x, y)", "f2(x, y)", "f3(x, f1(y, x))"):
        program = Program.parse(text, grammar)
        values, defined = program.outputs({"x": x, "y": y})
        plain, known = library.expanded(program).outputs({"x": x, "y": y})
        assert np.array_equal(defined, known)
        assert 0 < known.sum() < 100
        assert np.array_equal(values[known], plain[known])


def test_real_bodies_have_no_value_where_a_step_has_none():
    dsl = DSL("reals", types=(synth.Real,))
    dsl.add(np.divide, "Real, Real -> Real", name="div", symbol="/")
    holes = {"a": synth.Real, "b": synth.Real}
    body = Program.parse("b / (a / b)", Grammar(dsl, holes))
    library = Library(dsl, [Abstraction("f", holes, body)])
    one = Program.parse("f(x, y)", Grammar(library.dsl, {"x": synth.Real, "y": synth.Real}))
    values, defined = one.outputs({"x": np.array([1.0, 0.0, 4.0]), "y": np.array([0.0, 3.0, 2.0])})
    assert defined.tolist() == [False, False, True]
    assert values[2] == 1.0


def test_a_body_is_commutative_where_its_holes_can_be_exchanged():
    library = saved.make(
        AND_OR_NOT,
        [
            {"name": name, "holes": dict.fromkeys(holes, "Bool"), "result": "Bool", "body": body}
            for name, holes, body in (
                ("xor", "ab", XOR),
                ("less", "ab", "~a & b"),
                ("nxor", "ab", "~xor(b, a)"),
                ("maj", "abc", "a & b | c & (a | b)"),
            )
        ],
    )
    assert [p.commutative for p in library.dsl.primitives[3:]] == [True, False, True, False]
    assert library.without("xor").abstractions[1].body.text == "~((b | a) & ~(b & a))"
    assert len(library.without("maj").abstractions) == 3


def test_wrong_abstractions_are_one_line():
    dsl = load_dsl(AND_OR_NOT)
    grammar = Grammar(dsl, {"a": Bool, "b": Bool})
    body = Program.parse("a & b", grammar)
    for holes, program in (
        ({"a": Bool}, body),
        ({"a": Bool, "b": Bool, "c": Bool}, body),
        ({"a": Bool}, Program.parse("a", grammar)),
        ({}, body),
    ):
        with pytest.raises(DSLError, match=r"abstraction f: holes .*; allowed: at least one hole"):
            Abstraction("f", holes, program)
    one = Abstraction("f", {"a": Bool, "b": Bool}, body)
    with pytest.raises(DSLError, match="primitive f: the DSL already has a primitive with"):
        Library(dsl, [one, one])
    twice = Abstraction("and_", {"a": Bool, "b": Bool}, body)
    with pytest.raises(DSLError, match="primitive and_: the DSL already has a primitive with"):
        Library(dsl, [twice])
    library = Library(dsl, [one])
    assert library.free_name() == "f1"
    program = Program.parse("f(a, f(b, a))", Grammar(library.dsl, {"a": Bool, "b": Bool}))
    assert inlined(program, library.abstractions[0]).text == "a & (b & a)"


# Files.


@pytest.fixture
def library():
    return saved.make(
        AND_OR_NOT,
        [
            {"name": "f1", "holes": {"a": "Bool", "b": "Bool"}, "result": "Bool", "body": XOR},
            {"name": "f2", "holes": {"a": "Bool"}, "result": "Bool", "body": "f1(a, ~a) & a"},
        ],
    )


def test_json_and_python_load_back(library, tmp_path):
    as_json, as_python = tmp_path / "library.json", tmp_path / "library.py"
    saved.save(library, as_json)
    saved.save(library, as_python)
    again = saved.load(as_json)
    assert saved.to_json(again) == saved.to_json(library) == json.loads(as_json.read_text())
    assert again.units == library.units
    made = runpy.run_path(str(as_python))["library"]()
    assert [p.name for p in made.primitives] == ["and_", "or_", "not_", "f1", "f2"]
    assert "f1(a, b) = (a | b) & ~(a & b)" in ast.get_docstring(ast.parse(as_python.read_text()))
    calls = ast.walk(ast.parse(as_python.read_text()))
    assert {n.func.id for n in calls if isinstance(n, ast.Call)} == {"make"}
    for dsl in (again.dsl, made):
        grammars = [Grammar(d, {"x": Bool}) for d in (dsl, library.dsl)]
        prices = [{p.item.name: p.units for p in grammar} for grammar in grammars]
        assert prices[0] == prices[1]


def test_a_saved_library_is_a_dsl_of_the_command_line(library, tmp_path):
    saved.save(library, tmp_path / "library.py")
    dsl = f"{tmp_path}/library.py:library"
    # Enough time that the proof ends the search, even on a busy machine.
    arguments = ["search", "parity:n=8,k=4", "--dsl", dsl, "--json", "--seconds", "600"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["optimal"]
    assert document["program"]["text"] == "f1(x0, f1(x1, f1(x2, x3)))"
    assert document["program"]["test_accuracy"] == 1.0
    assert document["dsl"] == "boolean:and-or-not+f1,f2"


def test_a_library_over_residues_serves_every_modulus():
    types = [synth.Mod(7)] * 3
    library = saved.make(
        "modular",
        [
            {
                "name": "f1",
                "holes": {"a": "Mod(7)", "b": "Mod"},
                "result": "Mod",
                "body": "a*a + b*b",
            }
        ],
        types,
    )
    document = json.loads(json.dumps(saved.to_json(library)))
    assert document["abstractions"][0]["holes"] == {"a": "Mod", "b": "Mod"}
    other = saved.from_json(document, [synth.Mod(11)] * 3)
    found = synth.search("mod-x2y2:p=11", other.dsl)
    assert found.program.text == "f1(x, y)"
    assert found.program.test_accuracy == 1.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": "no"}, "a library of format 'no'; allowed: synth-library-1"),
        ({"base": 3}, "a library with base 3; allowed: a text"),
        ({"base": "nothing"}, "no DSL 'nothing'; known: "),
        ({"abstractions": {}}, "allowed: a text, and a list of abstractions"),
        ({"abstractions": [{"name": "f"}]}, "{'name': 'f'} defines no abstraction; allowed: "),
        ({"holes": {"a": "Int", "b": "Bool"}}, "abstraction f1: no type 'Int'; allowed: Bool"),
        (
            {"holes": {"a": "Bool"}},
            "abstraction f1: character 6: b is not an input or a constant; known: a",
        ),
        ({"body": "a"}, "abstraction f1: abstraction f1: holes a, b, body a; allowed: "),
        (
            {"body": "__import__('os')"},
            "abstraction f1: character 1: __import__ is not a primitive; known: ",
        ),
        ({"body": "a |"}, "abstraction f1: 'a |' is not an expression"),
        ({"result": "Real"}, "abstraction f1: no type 'Real'; allowed: Bool"),
        ({"name": "not a name"}, "abstraction not a name: a primitive's name must be an"),
        ({"body": 3}, "defines no abstraction; allowed: name, result and body as texts"),
    ],
)
def test_what_is_no_library_is_refused_in_one_line(library, tmp_path, change, words):
    document = saved.to_json(library)
    inner = {"name", "holes", "result", "body"} & change.keys()
    (document["abstractions"][0] if inner else document).update(change)
    path = tmp_path / "library.json"
    path.write_text(json.dumps(document))
    with pytest.raises(DSLError) as refused:
        saved.load(path)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_files_that_are_none_and_bases_that_cannot_be_named(library, tmp_path):
    with pytest.raises(DSLError, match=r"nothing.json cannot be read: No such file"):
        saved.load(tmp_path / "nothing.json")
    (tmp_path / "text.json").write_text("{")
    with pytest.raises(DSLError, match=r"text.json is not a library in JSON: "):
        saved.load(tmp_path / "text.json")
    with pytest.raises(
        DSLError, match=r"the base mixed has no specification; make the library as Library\("
    ):
        saved.to_json(Library(mixed_dsl()))


def test_a_data_file_never_runs_code(tmp_path):
    """A library whose base is a Python file needs the reader's own word for it."""
    code = f"from pathlib import Path\nPath({str(tmp_path / 'ran')!r}).touch()\n"
    code += "from synth.language.dsls.boolean import build\nd = build((), 'and-or-not')\n"
    (tmp_path / "evil.py").write_text(code)
    base = f"{tmp_path}/evil.py:d"
    document = {"format": saved.FORMAT, "base": base, "abstractions": []}
    (tmp_path / "library.json").write_text(json.dumps(document))
    with pytest.raises(DSLError, match=r"evil\.py:d, which is not run; to run it, pass base="):
        saved.load(tmp_path / "library.json")
    assert not (tmp_path / "ran").exists()
    library = saved.load(tmp_path / "library.json", base=base)
    assert (tmp_path / "ran").exists()
    assert saved.to_json(library) == document
    with_dsl = saved.load(tmp_path / "library.json", base=synth.load_dsl("boolean"))
    assert saved.to_json(with_dsl)["base"] == base
