"""The sentence at the end of a contrast: it follows from what the two searches chose."""

from dataclasses import replace

import pytest

import synth
from synth.experiments import rows
from synth.records import Contrast
from synth.report import contrast_text, contrasts_text, search_text
from synth.report.page.search import lead
from synth.report.verdict import verdict


@pytest.fixture(scope="module")
def both():
    """A contrast whose claim holds, and one with the labels exchanged."""
    found = synth.contrast("parity:n=6,k=3")
    return found, Contrast(structured=found.random, random=found.structured)


def test_one_contrast(both):
    held, exchanged = both
    saved = held.structured.saved_bits
    assert verdict([held]) == (
        f"Claim holds: a program saves {saved:.1f} bits over the table with true labels; "
        "control holds: no program saves bits with permuted labels."
    )
    assert verdict([exchanged]) == (
        "Claim does not hold here: no program saves bits with true labels; "
        "control does not hold here: a program saves bits with true labels."
    )


def test_a_constant_that_saves_bits_is_no_program(both):
    held, _ = both
    constant = replace(held.random, chosen="constant")
    assert verdict([replace(held, random=constant)]).endswith(
        "control holds: no program but a constant saves bits with permuted labels."
    )
    assert verdict([Contrast(structured=constant, random=constant)]).startswith(
        "Claim does not hold here: no program but a constant saves bits with "
    )


def test_a_chance_bound_of_1_says_that_it_says_nothing(both):
    held, _ = both
    said = "1 (labels permuted; says nothing: too few rows)"
    for bound, says in ((0.0, False), (-0.5, True)):
        found = replace(held.structured, log2_chance_bound=bound)
        lines = " ".join(search_text(found).split())
        assert (said in lines) != says
        assert ("(labels permuted)" in lines) == says
    assert said not in " ".join(contrast_text(held).split())  # the twin has no program to judge


def test_one_exception_is_no_exceptions(both):
    found = both[0].structured
    best = found.top[0]
    for number, said in ((1, "1 exception"), (2, "2 exceptions")):
        # The list has a column of exceptions, which no long program hides.
        shown = search_text(replace(found, top=(replace(best, exceptions=number),)))
        assert f"{number:>12}  {best.text}" in shown
        page = lead(replace(found, program=replace(found.program, exceptions=number)))
        assert f", with {said}." in str(page)


def test_several_contrasts(both):
    held, exchanged = both
    assert verdict([held, held]) == (
        "Claim holds: a program saves bits with true labels in 2 of 2 contrasts; "
        "control holds: one does so with permuted labels in 0 of 2 contrasts."
    )
    assert verdict([held, exchanged]) == (
        "Claim does not hold here: a program saves bits with true labels in 1 of 2 contrasts; "
        "control does not hold here: one does so with permuted labels in 1 of 2 contrasts."
    )


def test_texts_end_with_the_verdict(both):
    held, _ = both
    said = verdict([held])
    assert " ".join(contrast_text(held).split("verdict")[-1].split()) == said
    said = verdict([held, held])
    assert " ".join(contrasts_text([held, held]).split("verdict: ")[-1].split()) == said


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ([(True, "a is 1"), (1.0, "2 of 2")], "Claim holds: a is 1, 2 of 2"),
        ([(True, "a is 1"), (0.5, "1 of 2")], "Claim holds in part: a is 1, but 1 of 2"),
        ([(False, "a is 0"), (0.5, "1 of 2")], "Claim holds in part: a is 0, 1 of 2"),
        ([(False, "a is 0"), (0.0, "0 of 2")], "Claim does not hold here: a is 0, 0 of 2"),
        ([(None, "0 of 0"), (True, "a is 1")], "Claim holds: a is 1"),
        ([(None, "0 of 0")], "Claim is not tested here: no row measures it"),
    ],
)
def test_a_verdict_of_points(claim, said):
    assert rows.verdict(claim, [(True, "c")]) == f"{said}; control holds: c."
    said = said.replace("Claim", "control")
    assert rows.verdict([(False, "c")], claim) == f"Claim does not hold here: c; {said}."


def test_a_share_of_cases():
    assert rows.share(n > 1 for n in (1, 2, 3, 4)) == (0.75, "3 of 4")
    assert rows.share([]) == (None, "0 of 0")
