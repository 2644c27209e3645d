"""The claims of reach: its seeds, and the best program after so many moves.

The programs of seeds are not kept. Their totals are checked for being totals at all: what is left
without the code of the exceptions is a price, a whole number of units that is not negative.
"""

from itertools import pairwise
from typing import Any

from synth.verify.claims import NEAR, Claims
from synth.verify.truth import UNITS, Truth


def check_reach(claims: Claims, document: dict[str, Any], truth: Truth) -> None:
    """Moves, seeds and the descent."""
    reach, program = document["reach"], document["program"]
    if reach is None:
        return
    enough = 0 <= reach["moves"] <= reach["planned"]
    ended = document["stop_reason"] != "moves" or reach["moves"] == reach["planned"]
    claims.check("reach.moves", enough and ended, reach["moves"], f"{reach['planned']} planned")
    claims.check("reach.chains", reach["chains"] >= 1, reach["chains"], "1 and more")
    best = document["total_bits"] if program is None else program["total_bits"]
    faults = []
    for k, seed in enumerate(reach["seeds"]):
        if not _is_total(truth, seed["total_bits"], seed["exceptions"]):
            faults.append((f"[{k}]", seed["total_bits"], f"no total at {seed['exceptions']}"))
        elif program is not None and seed["total_bits"] < best - NEAR:
            faults.append((f"[{k}]", seed["total_bits"], f"the best has {best}"))
    claims.each("reach.seeds", faults, len(reach["seeds"]), "seeds, none below the best")
    _check_points(claims, document, truth, best)


def _check_points(claims: Claims, document: dict[str, Any], truth: Truth, best: float) -> None:
    reach, program = document["reach"], document["program"]
    points, faults = reach["points"], []
    for k, point in enumerate(points):
        exceptions, bits = point["exceptions"], point["bits"]
        inside = 0 <= exceptions <= truth.n
        total = bits + truth.exceptions_bits(exceptions) if inside else None
        if total is None or abs(total - point["total_bits"]) > NEAR or bits * UNITS % 1:
            faults.append((f"[{k}]", point["total_bits"], total))
    for k, (one, two) in enumerate(pairwise(points)):
        falls = two["total_bits"] <= one["total_bits"] + NEAR
        if not falls or one["moves"] > two["moves"]:
            faults.append((f"[{k + 1}] in order", two["total_bits"], f"{one['total_bits']} before"))
    for k, point in enumerate(points):
        if not 0 <= point["moves"] <= reach["moves"]:
            faults.append((f"[{k}].moves", point["moves"], f"{reach['moves']} in all"))
    if points and program is not None:
        last = points[-1]["total_bits"]
        by_reach = program["found_by"] == "reach"
        if last < best - NEAR or (by_reach and last > best + NEAR):
            faults.append((f"[{len(points) - 1}]", last, f"the best program has {best}"))
    claims.each("reach.points", faults, len(points), "totals that fall, to the best program")


def _is_total(truth: Truth, total: float, exceptions: int) -> bool:
    """Whether a program of some price has such a total."""
    if not 0 <= exceptions <= truth.n:
        return False
    units = (total - truth.exceptions_bits(exceptions)) * UNITS
    return units > -NEAR * UNITS and abs(units - round(units)) < 1e-3
