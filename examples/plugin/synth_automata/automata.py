"""Additive cellular automata remain short programs as they run; other automata do not.

A rule is additive if the next state is a sum of states modulo 2, as for the rules 60, 90 and 150.
It is then still additive after t steps.  For each rule and number of steps, the experiment
measures the bits that the best program saves compared with a table, for additive rules and for two
others.
"""

from dataclasses import dataclass

from synth.experiments.base import setting
from synth.runs.items import Item, contrast_item

CONTROL = "twins: with permuted labels, no rule saves bits"
COLUMNS = ("rule", "steps", "chosen", "program", "saved_bits", "twin_saved_bits")

SUMMARY = {
    "saved_bits_after_{steps}_steps": "bits saved after {steps} steps",
    "most_twin_saved_bits": "control: most bits saved by a twin",
}

ADDITIVE = (60, 90, 102, 150, 170, 204, 240)


@dataclass(frozen=True)
class Settings:
    rules: tuple[int, ...] = setting(
        (60, 90, 30, 110), "rules (Wolfram's numbers)", low=0, high=255
    )
    steps: tuple[int, ...] = setting((2, 3), "numbers of steps", low=1, high=6)
    dsl: str = setting("boolean", "the DSL")
    max_programs: int = setting(1_000_000, "most programs per search", low=1)
    moves: int = setting(40, "moves of reach per search", low=0)
    seed: int = setting(0, "seed for the split and for the twin", low=0)


def run(settings, map):
    items = [
        Item(
            f"automaton:rule={rule},steps={steps}",
            settings.dsl,
            settings.seed,
            limits={
                "max_programs": settings.max_programs,
                "moves": settings.moves,
                "seconds": None,
            },
            tags={"rule": rule, "steps": steps},
        )
        for rule in settings.rules
        for steps in settings.steps
    ]
    for item, both in zip(items, map(contrast_item, items), strict=True):
        found, twin = both["structured"], both["random"]
        yield {
            **item.tags,
            "additive": item.tags["rule"] in ADDITIVE,
            "chosen": found["chosen"],
            "program": found["program"]["text"],
            "saved_bits": found["saved_bits"],
            "test_accuracy": found["program"]["test_accuracy"],
            "twin_saved_bits": twin["saved_bits"],
        }


def summarise(rows):
    last = max(r["steps"] for r in rows)
    longest = [r for r in rows if r["steps"] == last]
    return {
        f"saved_bits_after_{last}_steps": {str(r["rule"]): r["saved_bits"] for r in longest},
        "most_twin_saved_bits": max(r["twin_saved_bits"] for r in rows),
    }


def draw(rows, axes):
    for rule in dict.fromkeys(r["rule"] for r in rows):
        mine = [r for r in rows if r["rule"] == rule]
        style = "o-" if mine[0]["additive"] else "s--"
        steps = [r["steps"] for r in mine]
        axes.plot(steps, [r["saved_bits"] for r in mine], style, label=f"rule {rule}")
    axes.axhline(0, color="grey", linewidth=1)
    axes.set_xlabel("steps")
    axes.set_ylabel("bits saved over the table")
