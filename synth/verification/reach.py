"""The claims of reach: its seeds, and the best program after so many moves.

The programs of the descent are not kept. Their totals must be what their bits and exceptions give,
they must fall, and the last is the best program.
"""

import math
from itertools import pairwise
from typing import Any

from synth.verification.claims import NEAR, Claims, is_near
from synth.verification.truth import UNITS, Truth


def check_reach(claims: Claims, document: dict[str, Any], truth: Truth) -> None:
    """Moves, seeds and the descent."""
    reach, program = document["reach"], document["program"]
    if reach is None:
        return
    enough = 0 <= reach["moves"] <= reach["planned"]
    ended = document["stop_reason"] != "moves" or reach["moves"] == reach["planned"]
    claims.check("reach.moves", enough and ended, reach["moves"], f"{reach['planned']} planned")
    claims.check("reach.chains", reach["chains"] >= 1, reach["chains"], "1 and more")
    best = -math.inf if program is None else program["total_bits"]
    exact = document["settings"]["exact"]
    faults: list[tuple[str, Any, Any]] = []
    for k, seed in enumerate(reach["seeds"]):
        judged = truth.judge(seed["text"])
        if isinstance(judged, str):
            faults.append((f"[{k}].text", seed["text"], judged))
            continue
        if seed["exceptions"] != judged.exceptions:
            faults.append((f"[{k}].exceptions", seed["exceptions"], judged.exceptions))
        if not is_near(seed["total_bits"], judged.total_bits):
            faults.append((f"[{k}].total_bits", seed["total_bits"], judged.total_bits))
        # An exact search seeks the best of those that are right as they stand.
        if judged.total_bits < best - NEAR and not (exact and judged.wrong):
            faults.append((f"[{k}]", f"the best program has {best}", judged.total_bits))
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
        lower = last < best - NEAR and not document["settings"]["exact"]
        if lower or (by_reach and last > best + NEAR):
            faults.append((f"[{len(points) - 1}]", last, f"the best program has {best}"))
    claims.each("reach.points", faults, len(points), "totals that fall, to the best program")
