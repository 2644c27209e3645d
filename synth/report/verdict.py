"""What contrasts show, in one sentence: whether the claim holds, and whether its control does."""

from synth.report.languages import certified
from synth.report.numbers import saved, saves_most


def verdict(contrasts):
    """Whether programs save bits with true labels alone.

    Parameters
    ----------
    contrasts : sequence of Contrast
        At least one.

    Returns
    -------
    str
    """
    labelling = contrasts[0].random.labelling
    if len(contrasts) == 1:
        found = contrasts[0].structured
        holds = found.chosen == "program"
        most = saves_most(found.optimal, found.chosen, certified(found))
        saving = f"saves {saved(found.saved_bits, most, 'at least ')} bits over the table"
        saving = saving if holds else "saves bits"
        spared = contrasts[0].random.chosen != "program"
        claim = f"{'a' if holds else 'no'} program {saving} with true labels"
        control = f"{'no' if spared else 'a'} program saves bits with {labelling} labels"
    else:
        of = f"of {len(contrasts)} contrasts"
        right = sum(c.structured.chosen == "program" for c in contrasts)
        wrong = sum(c.random.chosen == "program" for c in contrasts)
        holds, spared = right == len(contrasts), not wrong
        claim = f"a program saves bits with true labels in {right} {of}"
        control = f"one does so with {labelling} labels in {wrong} {of}"
    return (
        f"{'Claim holds' if holds else 'Claim does not hold here'}: {claim}; "
        f"{'control holds' if spared else 'control does not hold here'}: {control}."
    )
