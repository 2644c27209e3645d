"""Whether programs that fit are better connected than in a rewired graph: the criterion."""

import math

from synth.experiments.rows import share, verdict


def gains(rows, one, other):
    """Ratios of the neighbours that fit in one graph to those in another, one per labeling.

    Labelings that no program fits have none.
    """
    of = {(r["task"], r["labels"], r["draw"], r["graph"]): r["inside"] for r in rows if r["fit"]}
    pairs = [(n, of[*k, other]) for (*k, g), n in of.items() if g == one and (*k, other) in of]
    return [a / b if b else math.inf if a else 1.0 for a, b in pairs]


def of_landscape(true, random, edits, rewired):
    """The verdict of `landscape`.

    Parameters
    ----------
    true, random : list of float
        `gains` of the edits over the rewired graph, for true and for random labels.
    edits, rewired : float or None
        Mean share of the programs that fit in their largest cluster, in both graphs.
    """
    claim, control = [], []
    for labels, ratios in (("true", true), ("random", random)):
        more, of = share(r > 1 for r in ratios)
        words = f"more neighbours fit by edits than rewired for {of} {labels} labelings"
        claim.append((more, words))
    if None not in (edits, rewired):
        words = (
            f"their largest cluster holds {rewired:.2f} of them if rewired, {edits:.2f} by edits"
        )
        control.append((rewired < edits / 2, words))
    return verdict(claim, control)
