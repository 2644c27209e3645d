"""Labels that are names: their type, their texts, their price, and programs that choose them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.errors import DSLError, ParseError, SettingError, TypeMismatchError
from synth.language import Bool, Int, Label, Mod, Program, Real, check_dsl
from synth.language.labels import labelled
from synth.tasks import fit
from tests import naive

#: Names that are also inputs, words, numbers, or need quotes.
ODD = ("x0", "true", "a b", "it's", '"', "3", "-1", "007", "1e3", "", "is", "ﬁ", "\\")
SPECIES = Label("Adelie", "Chinstrap", "Gentoo")


def a_task(labels, rows=40, columns=3, seed=0, kind=Bool, train=None):
    """Random columns with a rule for three labels."""
    generator = np.random.default_rng(seed)
    if kind == Bool:
        made = {f"x{k}": generator.random(rows) < 0.5 for k in range(columns)}
    elif kind == Real:
        made = {f"x{k}": generator.normal(size=rows) for k in range(columns)}
    else:
        made = {f"x{k}": generator.integers(0, kind.high + 1, rows) for k in range(columns)}
    a, b, *_ = made.values()
    values = np.where(a > 0, 2, np.where(b > 0, 0, 1))
    return synth.Task("t", made, dict.fromkeys(made, kind), values, labels, train)


def test_the_type_has_names():
    assert str(SPECIES) == "Label('Adelie', 'Chinstrap', 'Gentoo')"
    assert Label("a", "b") == Label("a", "b") != Label("b", "a")
    assert [SPECIES.format(k) for k in range(3)] == ["Adelie", "Chinstrap", "Gentoo"]
    assert (SPECIES.low, SPECIES.high, SPECIES.size) == (0, 2, 3)
    with pytest.raises(TypeMismatchError, match="3 is outside Label"):
        SPECIES.check([3], "labels")
    values = np.random.default_rng(0).integers(0, 300, (4, 50))
    for kind in (Label(*map(str, range(256))), Label(*map(str, range(300)))):
        some = values % len(kind.names)
        assert (kind.unpack(kind.pack(some), 50) == some).all()


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("a",), "1 names; allowed: 2..65535"),
        (("a", "b", "a"), "'a' appears twice"),
        (("a", 1), r"Label\(1\): the name must be a text"),
    ],
)
def test_names_that_are_not_allowed(names, words):
    with pytest.raises(SettingError, match=words):
        Label(*names)


def test_signatures_name_labels():
    dsl = synth.DSL("own", types=(Bool,))
    dsl.add(np.where, "Bool, Label('a', 'b c'), Label('a', 'b c') -> Label('a', 'b c')", name="if_")
    assert dsl.primitives[0].result == Label("a", "b c")
    assert check_dsl(dsl) == []
    with pytest.raises(DSLError, match=r"Label needs names, as in Label\('a', 'b'\)"):
        synth.DSL("own").add(np.abs, "Label -> Label")


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(st.sampled_from(ODD) | st.text(max_size=4), min_size=2, max_size=5, unique=True),
    data=st.data(),
)
def test_programs_are_read_back_from_their_texts(names, data):
    columns = dict.fromkeys(("x0", "a b", "setosa"), Bool)
    dsl = labelled(synth.load_dsl("boolean"), Label(*names))
    grammar = synth.Grammar(dsl, columns)
    leaf = st.sampled_from([Program(c) for c in dsl.constants])
    test = st.sampled_from([Program(i) for i in grammar.inputs])
    where = dsl.primitives[-1]
    trees = st.recursive(
        leaf, lambda t: st.tuples(test, t, t).map(lambda a: Program(where, a)), max_leaves=6
    )
    program = data.draw(trees)
    assert Program.parse(program.text, grammar, Label(*names)) == program
    assert program.to_latex()
    assert program.to_dot()


def test_an_unknown_label_is_named():
    grammar = synth.Grammar(labelled(synth.load_dsl("boolean"), Label("a", "b c")), {"x": Bool})
    with pytest.raises(ParseError, match=r"known: x, a, 'b c'"):
        Program.parse("where(x, a, z)", grammar, Label("a", "b c"))


@pytest.mark.parametrize("k", [2, 3, 7])
def test_labels_have_the_price_that_the_docs_say(k):
    kind = Label(*[f"c{j}" for j in range(k)])
    grammar = synth.Grammar(labelled(synth.load_dsl("boolean"), kind), {"x": Bool, "y": Bool})
    program = Program.parse("where(x & y, c0, where(x, c1, c0))", grammar, kind)
    conditions = Program.parse("x & y", grammar, Bool).units(grammar)
    conditions += Program.parse("x", grammar, Bool).units(grammar)
    label = int(np.ceil(1024 * (1 + np.log2(k)) - 1e-9))
    assert program.units(grammar) == 2 * 1024 + 3 * label + conditions
    assert all(mass <= 1 for mass in grammar.mass().values())


def test_a_dsl_is_extended_only_if_it_lacks_the_labels():
    dsl = synth.load_dsl("integer")
    made = labelled(dsl, SPECIES)
    assert [p.name for p in made.primitives[len(dsl.primitives) :]] == ["where2"]
    assert SPECIES not in dsl.types
    assert len(dsl.constants) + 3 == len(made.constants)
    assert labelled(made, SPECIES) is made
    assert check_dsl(made) == []
    own = synth.DSL("own", types=(Bool, SPECIES))
    own.constant(0, SPECIES)
    assert fit(own, a_task(SPECIES)).dsl is own
    with pytest.raises(DSLError, match="DSL real has no type for Bool"):
        synth.search(a_task(SPECIES, kind=Real), "real", max_programs=10, moves=0)


@pytest.mark.parametrize(
    ("kind", "name"), [(Bool, "boolean"), (Int(0, 4), "integer"), (Real, "features")]
)
def test_the_dsl_is_the_one_for_conditions(kind, name):
    task = a_task(SPECIES, kind=kind)
    fitted = fit(None, task)
    assert fitted.dsl.name.partition(":")[0] == name
    assert fitted.root == SPECIES
    # The columns are made as for Bool labels.
    two = synth.Task("t", task.columns, task.types, task.labels > 0, Bool)
    other = fit(None, two)
    assert fitted.task.columns.keys() == other.task.columns.keys()
    assert fitted.task.input_weights == other.task.input_weights
    for item in other.grammar.inputs:
        mine = next(i for i in fitted.grammar.inputs if i.name == item.name)
        assert fitted.grammar.units(mine) == other.grammar.units(item)


def test_a_prepare_of_ones_own_sees_conditions():
    seen = []

    def prepare(given):
        seen.append(given.label_type)
        return replace(given, columns={"y": given.columns["x0"]}, types={"y": Bool})

    dsl = synth.DSL("own", types=(Bool,), prepare=prepare)
    task = a_task(SPECIES)
    assert fit(dsl, task).root == SPECIES
    assert seen == [Bool]
    same = synth.DSL("own", types=(Bool,), prepare=lambda given: given)
    assert fit(same, task).task is task
    wrong = synth.DSL("own", types=(Bool,), prepare=lambda given: 5)
    with pytest.raises(DSLError, match="prepare returns int"):
        fit(wrong, task)


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_the_best_is_that_of_all_programs(data):
    k = data.draw(st.integers(2, 4))
    rows = data.draw(st.integers(3, 7))
    bits = st.lists(st.booleans(), min_size=rows, max_size=rows)
    columns = {"x": np.array(data.draw(bits)), "y": np.array(data.draw(bits))}
    places = st.lists(st.integers(0, k - 1), min_size=rows, max_size=rows)
    kind = Label(*"abcd"[:k])
    task = synth.Task("t", columns, dict.fromkeys(columns, Bool), data.draw(places), kind)
    found = synth.search(task, "boolean:and-or", max_bits=12, moves=0)
    grammar, root = fit("boolean:and-or", task).grammar, kind
    least = naive.best_total(grammar, task, 12 * 1024, root)
    assert found.program.total_bits == pytest.approx(least)


@pytest.mark.parametrize("kind", [Bool, Int(0, 4), Real])
def test_predictions_are_names(kind):
    train = np.arange(120) < 90
    task = a_task(SPECIES, rows=120, kind=kind, train=train)
    found = synth.search(task, max_programs=20_000, moves=40, threads=1)
    assert found.program.train_accuracy > 0.8
    said = found.predict(task.columns)
    assert set(said) <= set(SPECIES.names)
    right = said == np.array(SPECIES.names)[task.labels]
    assert right[train].mean() == found.program.train_accuracy
    assert right[~train].mean() == found.program.test_accuracy
    assert found.label_names is None  # the program has the names
    assert "Adelie" in found.program.text
    assert found.best.evaluate(found.trained_on.columns).max() <= 2


def test_two_names_are_two_labels():
    generator = np.random.default_rng(0)
    columns = {f"x{k}": generator.random(50) < 0.5 for k in range(3)}
    y = (columns["x0"] & columns["x1"]).astype(int)
    task = synth.Task("t", columns, dict.fromkeys(columns, Bool), y, Label("no", "yes"))
    found = synth.search(task, max_programs=5000, moves=0)
    assert found.program.exceptions == 0
    assert (found.predict(columns) == np.where(y, "yes", "no")).all()


def test_columns_of_other_types_stay_apart():
    # Residues and whole numbers with as many values as there are labels are no labels.
    task = a_task(Label("a", "b", "c"), kind=Int(0, 2))
    assert {str(i.type) for i in fit("integer", task).grammar.inputs} == {"Int(-1000000, 1000000)"}
    with pytest.raises(DSLError, match="no built-in DSL fits"):
        fit(None, a_task(Label("a", "b", "c"), kind=Mod(5)))


def test_what_rules_out_labels_and_predicts_none_is_no_hypothesis():
    """`if a < 60 then w; else u` is wrong on every row but one, and would save half a bit a row."""
    values = np.arange(90)
    names = synth.Label("u", "v", "w")
    labels = np.where(values < 30, 0, np.where(values < 60, 1, 2))
    labels[0] = 2
    columns = {"low": values < 60}
    task = synth.Task("three", columns, {"low": synth.Bool}, labels, names)
    found = synth.search(task, "boolean", max_bits=12, moves=0, threads=1)
    assert all(point.exceptions <= 60 for point in found.front)
    assert all(h.exceptions <= 60 for h in found.top if h.kind != "table")
    assert found.program.text == "where(low, v, w)"
    assert found.program.exceptions == 30
