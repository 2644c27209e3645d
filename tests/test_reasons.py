"""What is said of a table in which no rule was found: why, and what to try."""

from dataclasses import replace

import numpy as np
import pytest

import synth
from synth import codes
from synth.records import Shortest
from synth.report import reasons
from synth.verification import verify

FEW = {"moves": 0, "threads": 1, "memory": 2 * 10**8}


def noise(folder, rows, label=lambda k, g: g.choice(["u", "v"]), columns=2):
    """A table whose labels have nothing to do with its columns."""
    generator = np.random.default_rng(3)
    lines = [
        ",".join([*map(str, generator.integers(0, 90, columns)), str(label(k, generator))])
        for k in range(rows)
    ]
    path = folder / "noise.csv"
    path.write_text("\n".join([",".join([*"abcdefgh"[:columns], "y"]), *lines]) + "\n")
    return path


def test_too_few_rows_are_counted(tmp_path):
    result = synth.search(noise(tmp_path, 8), max_bits=8, **FEW)
    text = reasons.nothing_found(result)
    least = codes.rows_needed(1 + result.language_bits, result.trained_on.counts().tolist())
    said = f"8 training rows are too few: with such labels no rule pays below {least} rows"
    assert text == said
    for shown, wrong in ((result, []), (replace(result, rows_needed=99), ["rows_needed"])):
        synth.save_run(shown, tmp_path / "run.json")
        assert [c.what for c in verify(tmp_path / "run.json") if c.holds is False] == wrong
    one = synth.search(noise(tmp_path, 8), "integer", max_bits=8, **FEW)  # not one of several
    for shown, wrong in ((one, []), (replace(one, rows_needed=99), ["rows_needed"])):
        synth.save_run(shown, tmp_path / "run.json")
        assert [c.what for c in verify(tmp_path / "run.json") if c.holds is False] == wrong
    enough = synth.search(noise(tmp_path, 2 * least), max_bits=8, **FEW)
    assert "too few" not in reasons.nothing_found(enough)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (
            {"max_programs": 20},
            "not all tried: limit of programs (--max-programs) reached. Try a larger "
            "--max-programs, more",
        ),
        ({"seconds": 1e-9}, "time limit (1e-09 s) reached. Try a longer search (--seconds 1e-08)"),
        ({}, "it is proven that no rule of these languages saves bits. Try more rows, other "),
    ],
)
def test_what_ended_the_search_is_said_and_what_may_help(tmp_path, limits, words):
    result = synth.search(noise(tmp_path, 25), **FEW, **limits)
    assert words in reasons.nothing_found(result)
    assert reasons.nothing_found(result).endswith("or sums of columns (--dsl features).")
    assert "no rule " in synth.report.search_text(result, 80)
    assert "label " in synth.report.search_text(result, 80)


def test_rows_that_are_held_out_are_offered_for_training(tmp_path):
    found = synth.search(noise(tmp_path, 60), max_bits=8, **FEW)
    assert ", all rows for training (--train 1.0), other" in reasons.nothing_found(found)
    for rows, more in ((40, "; --train 1.0 takes all 60"), (61, "")):
        shown = replace(found, shortest=Shortest("rules", "a", 20.0, True, rows, None))
        said = f"about {rows} training rows would do, here are 30{more}"
        assert reasons.shortest(shown).endswith(said)


def test_many_numbers_as_labels_have_a_threshold_to_ask_for(tmp_path):
    path = noise(tmp_path, 60, lambda k, g: g.integers(0, 10**6), columns=1)
    result = synth.search(path, max_programs=100, **FEW)
    said = reasons.nothing_found(result)
    assert "Try normal noise (--noise normal), a larger --max-programs" in said
    assert said.endswith("other columns or a threshold on the label (--label 'y>=NUMBER').")


def test_nothing_is_said_where_a_rule_was_found_or_a_dsl_was_given(tmp_path):
    found = synth.search(noise(tmp_path, 60, lambda k, g: k % 2, columns=1), "integer", **FEW)
    assert reasons.nothing_found(found) is None
    path = tmp_path / "rule.csv"
    path.write_text("a,y\n" + "".join(f"{k},{int(k > 30)}\n" for k in range(60)))
    assert reasons.nothing_found(synth.search(path, **FEW)) is None


def test_names_with_signs_are_no_texts():
    inputs = {"age>=57": "Bool", "colour=red": "Bool", "colour=blue": "Bool", "n": "Int(0, 3)"}
    path_free = synth.report.text.inputs_text(inputs)
    assert path_free == "age>=57 Bool, colour 2 texts, n Int(0, 3)"


def test_a_certificate_says_what_is_optimal():
    found = synth.search("parity:n=6,k=2", **FEW)
    assert reasons.certificate(found).startswith("optimal; ")
    beaten = replace(found, chosen="table")
    assert reasons.certificate(beaten).startswith("the table is optimal; ")
    cut = replace(beaten, optimal=False, stop_reason="seconds", settings={"seconds": 30.0})
    assert reasons.certificate(cut).startswith("not proven optimal; ")
    assert reasons.certificate(cut).endswith("stopped: time limit (30 s) reached")
