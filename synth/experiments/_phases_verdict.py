"""The words of `phases`: its caption, and the criterion of its verdict."""

from synth.experiments.rows import verdict

CAPTION = """(a) Each square is a setting of the search, coloured by what most of its seeds do:
comprehension generalises at once, grokking late, memorisation never, and confusion does not even
fit. (b) The median steps of each event, where most seeds come to it. (c) When each run that groks
generalises. (d) A model in which a program gains strength while the table decays: how long that
takes, beside its formula (dotted). A memorised row counts kappa times for the rows near it. (e) How
long a program of so many bits takes to be found next to a full table."""


def best_decays(grid):
    """The decays with the most grokking cells; grid: {(decay, fraction): phase}."""
    groks = [decay for (decay, _), phase in grid.items() if phase == "grokking"]
    most = max(map(groks.count, groks), default=0)
    return [decay for decay in dict.fromkeys(groks) if groks.count(decay) == most]


def of_phases(found):
    """The verdict of `phases`; found: the figures of its summary."""
    cells = found["cells_by_phase"]
    words = ", ".join(f"{number} {phase}" for phase, number in cells.items())
    claim = [(all(cells.values()), f"the cells of the grid by phase are {words}")]
    for kappa, law in found["strength_delay_times_decay"].items():
        if law is not None:
            words = f"in the strength dynamics delay times decay is {law[0]:.2f} at kappa {kappa}"
            near = abs(law[0] - law[1]) <= 0.1 * law[1]
            claim.append((near, f"{words} (the law says {law[1]:.2f})"))
    exponent = found["exponent_in_decay"]["grokking"]["exponent"]
    if exponent is not None:
        words = f"the steps to grok change with decay by an exponent of {exponent:.1f}"
        claim.append((exponent < 0, words))
    names = "without decay", "with random labels"
    control = [
        (number == 0, f"{number} runs generalise {name}")
        for name, number in zip(names, found["control_generalised"], strict=True)
    ]
    return verdict(claim, control)
