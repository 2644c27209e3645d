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
        claim = f"a program {saving}" if holds else _none(found)
        twin = contrasts[0].random
        spared = twin.chosen != "program"
        claim = f"{claim} with true labels"
        control = f"{_none(twin) if spared else 'a program saves bits'} with {labelling} labels"
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


def _none(result):
    """That no program saves bits. A constant may save some, and it is chosen then."""
    return f"no program{' but a constant' * (result.chosen == 'constant')} saves bits"
