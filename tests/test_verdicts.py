"""The sentence at the end of a contrast: it follows from what the two searches chose."""

import pytest

import synth
from synth.records import Contrast
from synth.report import contrast_text, contrasts_text
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
