"""The experiment `machines`: its maps and its measures against slow and obvious ones."""

from collections import Counter
from itertools import product
from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import synth
from synth import codes
from synth.experiments import _machines_maps as maps
from synth.experiments import machines

SMALL = {
    "transducers": 3, "states": 3, "length": 8, "all_states": 2, "all_length": 5,
    "program_states": 3, "letters": 2,
}  # fmt: skip


def words(text):
    """The words of Lempel and Ziv: each the shortest that is no part of what precedes its end."""
    found = []
    while text:
        before = "".join(found)
        size = 1
        while size < len(text) and text[:size] in before + text[: size - 1]:
            size += 1
        found.append(text[:size])
        text = text[size:]
    return found


def as_text(row):
    return "".join(map(str, row))


@given(st.lists(st.integers(0, 1), min_size=2, max_size=20))
def test_complexity_counts_words_forwards_and_backwards(letters):
    text = as_text(letters)
    both = (len(words(text)) + len(words(text[::-1]))) / 2
    expected = log2(len(text)) * (both if len(set(text)) > 1 else 1)
    assert maps.lempel_ziv(np.array([letters], np.int8))[0] == pytest.approx(expected)


def test_words_of_a_known_string():
    # Lempel and Ziv (1976), section II: the history of 0001101001000101.
    assert words("0001101001000101") == ["0", "001", "10", "100", "1000", "101"]
    row = np.array([list(map(int, "0001101001000101"))], np.int8)
    assert maps._words(row) == [6]


def test_bits_are_those_of_the_smallest_machine_that_writes_a_string():
    length = 6
    least = {}
    for states in range(1, length + 1):
        for back, labels in product(range(states), product("01", repeat=states)):
            at, text = 0, ""
            for _ in range(length):
                text += labels[at]
                at = at + 1 if at + 1 < states else back
            least.setdefault(text, codes.machine_bits(states, 1, 2))
    found = maps.complexities(length)[1]
    for row, bits in zip(maps.all_strings(length), found, strict=True):
        assert bits == least[as_text(row)]


@pytest.mark.parametrize("states", [1, 2, 3, 4])
def test_every_machine_is_made_once(states):
    made = maps.every_machine(states)
    assert len(made) == codes.connected_machines(states, 2)
    assert len({row.tobytes() for row in made}) == len(made)


def written(steps, writes, read):
    state, text = 0, ""
    for letter in read:
        text += str(writes[state][letter])
        state = steps[state][letter]
    return text


def test_outputs_of_all_transducers_are_counted():
    length, every = 4, maps.every_machine(2)
    for writes in product(range(2), repeat=4):
        table = np.array(writes).reshape(2, 2)
        counts = Counter(
            written(steps, table, read)
            for steps in every
            for read in product(range(2), repeat=length)
        )
        found = maps.output_counts(every, table, length)
        for row, count in zip(maps.all_strings(length), found, strict=True):
            assert count == counts[as_text(row)]


@pytest.fixture(scope="module")
def run():
    return synth.run_experiment("machines", **SMALL)


def test_a_single_transducer_is_run_on_all_inputs(run):
    for row in (r for r in run.rows if r["map"] == machines.ONE and r["row"] == "map"):
        steps, writes = (
            [list(map(int, w)) for w in p.split()] for p in row["machine"].split(" / ")
        )
        counts = Counter(written(steps, writes, read) for read in product(range(2), repeat=8))
        assert (row["inputs"], row["outputs"]) == (256, len(counts))
        expected = -sum(c / 256 * log2(c / 256) for c in counts.values())
        assert row["entropy"] == pytest.approx(expected)


def test_programs_have_the_prior_of_the_dsl(run):
    """Each machine by its text, run by the DSL, at the price of the DSL."""
    from synth.language import dsls

    strings = ["", "0", "1", "00", "01", "10", "11"]
    family = dsls.load_dsl("machines").family
    masses, least = Counter(), {}
    for states in (1, 2, 3):
        for steps in maps.every_machine(states):
            for labels in product(range(2), repeat=states):
                made = family.machine(steps, labels)
                key = tuple(made.function(np.array(strings)).tolist())
                bits = family.units(made, 2**20) / 2**20
                masses[key] += 2**-bits
                least[key] = min(bits, least.get(key, bits))
    total = sum(masses.values())
    row = next(
        r for r in run.rows if r["map"] == machines.PROGRAMS and r["measure"] == machines.BITS
    )
    assert (row["inputs"], row["outputs"]) == (2 + 12 * 4 + 216 * 8, len(masses))
    entropy = -sum(m / total * log2(m / total) for m in masses.values())
    assert row["entropy"] == pytest.approx(entropy, abs=1e-4)
    x, y = np.array([(least[key], log2(masses[key] / total)) for key in masses]).T
    scale = log2(len(masses)) / np.ptp(x)
    assert row["slope"] == pytest.approx(np.polyfit(x, y, 1)[0] / scale, abs=1e-4)


def test_a_map_without_bias_has_no_slope():
    own = {machines.LZ: maps.complexities(6)[0]}
    alike = machines._Map(machines.ALL, 1, 64, np.full(64, 1 / 64), own)
    (row,) = alike.rows(np.full(64, 1 / 64))
    assert (row["measure"], row["slope"], row["entropy"]) == (None, None, 6.0)
