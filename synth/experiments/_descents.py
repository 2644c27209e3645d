"""What `reach` and `scaling` ask of workers: chains alone, for true and for permuted labels."""

from synth.engine import ReachSettings, descend
from synth.runs.items import Item

LABELS = ("true", "permuted")


def descents(work, cases, programs):
    """Make the moves of each case on one enumeration, for a task and its permuted twin.

    Parameters
    ----------
    work : Item
        The task, the DSL and the seed; its limits are set here.
    cases : sequence of dict
        Settings of `ReachSettings`; the seed is the item's, and chains begin from nothing.
    programs : int
        How many programs are enumerated: what can fill a hole.

    Yields
    ------
    dict of str to Descended
        For each case, what was found for each of `LABELS`.
    """
    # The clock ends nothing, so that a run is the same on every machine.
    limits = {"max_programs": programs, "seconds": None}
    work = Item(work.task, work.dsl, seed=work.seed, limits=limits)
    true, given = work.load(), work.settings()
    del given["top"]
    settings = [ReachSettings(seed=work.seed, stages=False, **case) for case in cases]
    for both in descend([true, true.permuted(work.seed)], settings, **given):
        yield dict(zip(LABELS, both, strict=True))
