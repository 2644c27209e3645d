"""Numeric labels are searched with functions and without, and charged for the choice."""

import json

import numpy as np
import pytest

import synth
from synth import Real
from synth.language import numeric_languages
from synth.verification import verify

LIMITS = {"max_bits": 9.5, "threads": 1, "pairs": 50}


def task_of(name):
    rng = np.random.default_rng(0)
    x, z = rng.uniform(1, 3, (2, 60)).round(2)
    made = {"product": x * z, "wave": np.sin(x) * 2 + 1, "noise": rng.normal(size=60)}[name]
    labels = np.round(made + 0.02 * rng.normal(size=60), 2)
    return synth.Task(name, {"x": x, "z": z}, {"x": Real, "z": Real}, labels, Real)


@pytest.mark.parametrize(
    "name", ["product", *(pytest.param(n, marks=pytest.mark.slow) for n in ("wave", "noise"))]
)
def test_the_shorter_of_two_languages_is_taken_for_one_bit_more(name):
    task = task_of(name)
    singles = [synth.regress(task, spec, **LIMITS)[0] for spec in numeric_languages()]
    (both,) = synth.regress(task, **LIMITS)
    best = min(singles, key=lambda found: found.program.total_bits)
    assert best.dsl == {"product": "real", "wave": "real:functions=true"}.get(name, best.dsl)
    assert (both.dsl, both.language_bits) == (best.dsl, 1.0)
    assert both.program.text == best.program.text
    assert both.program.total_bits == pytest.approx(best.program.total_bits + 1)
    assert both.saved_bits == pytest.approx(best.saved_bits - 1)
    assert both.certified_bits == best.certified_bits
    assert not both.optimal
    for each, single in zip(both.languages, singles, strict=True):
        assert (each.dsl, each.candidates) == (single.dsl, single.candidates)
        assert each.total_bits == pytest.approx(single.program.total_bits + 1)


def test_programs_and_seconds_are_shared():
    (found,) = synth.regress(task_of("wave"), max_programs=600, pairs=10)
    for each in found.languages:
        assert 300 <= each.candidates < 600
    assert found.settings["max_programs"] == 600
    (found,) = synth.regress(task_of("wave"), seconds=0, pairs=10)
    assert {each.stop_reason for each in found.languages} == {"seconds"}


@pytest.mark.slow
def test_a_twin_is_searched_in_both_languages_too():
    contrast = synth.regress_contrast(task_of("wave"), twins=3, **LIMITS)
    assert contrast.p_value == 0.25
    twins = [task_of("wave").permuted(k) for k in range(3)]
    alone = synth.regress(twins, **LIMITS)
    assert contrast.twins_saved == pytest.approx([found.saved_bits for found in alone])


def test_what_is_said_of_languages_is_verified(tmp_path):
    (found,) = synth.regress(task_of("wave"), **LIMITS)
    path = tmp_path / "run.json"
    synth.save_run(found.with_data(), path)
    assert all(claim.holds is not False for claim in verify(path))
    document = json.loads(path.read_text())
    for change, names in (
        (lambda d: d.update(language_bits=0.0), {"language_bits"}),
        (lambda d: d["languages"].pop(0), {"languages", "language_bits"}),
        (lambda d: d["languages"][0].update(total_bits=1.0), {"program is the least of all"}),
        (lambda d: d["languages"][1].update(certified_bits=99.0), {"languages.certified_bits"}),
        (lambda d: d["languages"][1].update(candidates=1), {"languages.candidates"}),
        (lambda d: d.update(optimal=True), {"optimal", "optimal in all languages"}),
    ):
        forged = json.loads(json.dumps(document))
        change(forged)
        path.write_text(json.dumps(forged))
        wrong = {claim.what for claim in verify(path) if claim.holds is False}
        assert names <= wrong, (names, wrong)
