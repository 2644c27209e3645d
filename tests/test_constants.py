"""Constants: programs with one value on all rows; and programs that are right on no row."""

import numpy as np
import pytest
from hypothesis import given, settings

import synth
from tests import naive
from tests.test_driver import tasks
from tests.test_engine import budget_of


def searched(drawn, **more):
    grammar, _, task = drawn
    most = budget_of(grammar, 600) / 1024
    return synth.search(task, grammar.dsl, max_bits=most, seconds=None, top=50, **more)


@settings(max_examples=60, deadline=None)
@given(tasks())
def test_a_constant_is_named_by_its_value(drawn):
    grammar, root, task = drawn
    result = searched(drawn)
    listed = [h for h in result.top if h.kind != "table"]
    for one in (*result.front, *listed, *([result.program] if result.program else [])):
        tree = synth.Program.parse(one.expression, grammar, root)
        seen = {naive.label(v, root) for v in naive.behaviour(tree, task.columns)}
        assert (one.written is None) == (len(seen) > 1)
        if one.written is None:
            continue
        value = naive.label(next(iter(naive.behaviour(tree, task.columns))), root)
        alphabet = [naive.label(v, root) for v in task.alphabet]
        if one.inverted:
            value = alphabet[1 - alphabet.index(value)]
        if value in alphabet:
            assert one.text == task.label_text(task.alphabet[alphabet.index(value)])
    for h in listed:
        assert (h.kind == "constant") == (h.written is not None)
    best = result.program
    if result.chosen != "table":
        assert (result.chosen == "constant") == (best.written is not None)
        assert best.total_bits < result.table.bits


@settings(max_examples=30, deadline=None)
@given(tasks())
def test_a_program_that_is_right_on_no_row_is_no_hypothesis(drawn):
    result = searched(drawn)
    n = result.rows["train"]
    listed = [h for h in result.top if h.kind != "table"]
    for one in (*result.front, *listed, *([result.program] if result.program else [])):
        assert one.exceptions < n


def test_a_constant_predicts_one_label_everywhere():
    columns = {"x": np.arange(97)}
    labels = np.where(np.arange(97) % 9 == 4, 5, np.arange(97) * 31 % 97)
    task = synth.Task("mostly 5", columns, {"x": synth.Mod(97)}, labels, synth.Mod(97))
    dsl = synth.DSL("fives", types=(synth.Mod(97),))
    dsl.constant(5, "Mod(97)", name="five")
    dsl.add(lambda a: (a + 1) % 97, "Mod(97) -> Mod(97)", name="next_")
    result = synth.search(task, dsl, max_bits=6)
    assert result.chosen == "constant"
    assert result.program.text == "5"
    assert result.program.written == "five"
    assert result.predict({"x": np.array([3, 4, 96])}).tolist() == [5, 5, 5]
    assert "constant 5" in str(result)


@pytest.mark.parametrize("seed", range(4))
def test_nothing_that_reads_the_inputs_is_chosen_for_a_twin(seed):
    both = synth.contrast("mod-mul:p=97", seed=seed, moves=0)
    assert both.structured.chosen == "program"
    assert both.random.chosen in ("constant", "table")
    assert both.random.program.text == str(both.random.trained_on.majority())


def test_a_label_by_name_is_shown_by_its_name(tmp_path):
    path = tmp_path / "votes.csv"
    rows = [f"{k},{'yes' if k % 13 == 5 else 'no'}" for k in range(60)]
    path.write_text("\n".join(["k,vote", *rows]))
    task = synth.read_table(path, keep="k", train=1.0)
    result = synth.search(task, "integer", max_bits=10.5)
    assert result.program.text == "no"
    assert result.program.written
