"""The experiment `lengths`, and the recurrent network that stands beside the programs."""

import numpy as np
import pytest

import synth
from synth.experiments import lengths
from synth.language import places_of
from synth.learners.networks import recurrent
from synth.learners.networks.training import Optimiser

SMALL = {"languages": ("parity",), "lengths": (3,), "tests": 20, "steps": 20, "width": 4}
WORDS = np.array(["", "0", "01", "110", "1011"])


@pytest.fixture(scope="module")
def run():
    return synth.run_experiment("lengths", dsl="machines", **SMALL)


def test_a_program_that_pays_is_right_on_longer_strings(run):
    (row,) = run.rows
    assert (row["chosen"], row["exceptions"]) == ("program", 0)
    assert [row[f"program_{key}"] for key in lengths.RANGES] == [1.0, 1.0, 1.0]
    assert [row[f"table_{key}"] for key in lengths.RANGES] == [0.5, 0.5, 0.5]
    assert row["twin_chosen"] == "table"
    assert row["total_bits"] < row["table_bits"] == row["twin_table_bits"]
    assert run.summary["least_length"] == {"parity": 3}
    assert run.summary["exact"] == "1 of 1"


def test_the_least_length_is_that_from_which_on_a_program_pays():
    chosen = [(2, "program"), (3, "table"), (4, "program"), (5, "program")]
    rows = [{"length": n, "chosen": which} for n, which in chosen]
    assert lengths._least(rows) == 4
    assert lengths._least(rows[:2]) is None


def changes(one, other):
    """The fewest letters that are left out, added or changed, by recursion."""
    if not one or not other:
        return len(one) + len(other)
    if one[0] == other[0]:
        return changes(one[1:], other[1:])
    return 1 + min(changes(one[1:], other), changes(one, other[1:]), changes(one[1:], other[1:]))


def test_the_nearest_string_needs_the_fewest_changes():
    asked = np.array(["", "111", "0101", "00000", "10110"])
    for string, place in zip(asked, lengths.nearest(WORDS, asked), strict=True):
        distances = [changes(known, string) for known in WORDS.tolist()]
        assert place == distances.index(min(distances))


def test_a_recurrent_network_reads_letter_by_letter():
    shape = recurrent.Shape(2, 3)
    parameters = recurrent.drawn(shape, 0)
    embedding, again, bias, out, shift = recurrent.views(shape, parameters)
    said = recurrent.chances(shape, parameters, *places_of(WORDS, "01"))
    for word, chance in zip(WORDS.tolist(), said, strict=True):
        state = np.zeros(3)
        for letter in word:
            state = np.tanh(again @ state + embedding[int(letter)] + bias)
        assert chance == pytest.approx(1 / (1 + np.exp(-(out @ state + shift[0]))))


def test_its_gradient_is_that_of_small_differences():
    shape, strings = recurrent.Shape(2, 3), places_of(WORDS, "01")
    parameters = recurrent.drawn(shape, 1)
    labels = np.array([True, False, False, True, True])
    loss, gradient = recurrent.loss_and_gradient(shape, parameters, strings, labels)
    chances = recurrent.chances(shape, parameters, *strings)
    assert loss == pytest.approx(-np.log(np.where(labels, chances, 1 - chances)).mean())
    for k in range(shape.parameters):
        step = np.zeros(shape.parameters)
        step[k] = 1e-6
        more, less = (
            recurrent.loss_and_gradient(shape, parameters + s, strings, labels)[0]
            for s in (step, -step)
        )
        assert gradient[k] == pytest.approx((more - less) / 2e-6, abs=1e-7)


def test_training_lowers_the_loss():
    shape, strings = recurrent.Shape(2, 8), places_of(WORDS, "01")
    labels = np.array([False, False, True, True, True])
    training = recurrent.RecurrentTraining(
        shape, recurrent.drawn(shape, 0), strings, labels, Optimiser("adamw", 0.02)
    )
    training.step()
    before = training.loss
    for _ in range(200):
        training.step()
    assert training.loss < before / 10
    said = recurrent.chances(shape, training.parameters, *strings) > 0.5
    assert said.tolist() == labels.tolist()
