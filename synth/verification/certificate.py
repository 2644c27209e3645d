"""The claims of certainty: what was scored, what is optimal, and what contradicts them.

Without a list of all programs a certificate cannot be proven. What can be seen is whether anything
that the run lists contradicts it.
"""

import math
from typing import Any

from synth.verification.claims import NEAR, Claims
from synth.verification.search import is_right, programs
from synth.verification.truth import Truth, written


def check_certificate(
    claims: Claims, document: dict[str, Any], truth: Truth, twin: bool = False
) -> None:
    """The certificate, the reason why the search ended, and the bound of an exact search.

    twin: whether the task's own search decided when this one ended.
    """
    exact, certified = document["settings"]["exact"], document["certified_bits"]
    limit = document["settings"]["max_bits"]
    if certified is None:
        ended = ("exhausted", "interrupted", "paused")
        holds = document["stop_reason"] in ended
        claims.check("certified_bits", holds, None, f"ended by {document['stop_reason']}")
    elif document["stop_reason"] == "max_bits" and not exact:
        claims.equal("certified_bits", certified, limit)
    elif limit is not None:
        claims.check("certified_bits", certified <= limit, certified, f"at most {limit}")
    optimal = _proven_exact(document, truth) if exact else _proven(document, truth)
    claims.equal("optimal", document["optimal"], optimal)
    _check_stop(claims, document, twin)
    if not exact:
        claims.equal("exact_bound", document["exact_bound"], None)
    else:
        _check_bound(claims, document, truth)


def _proven(document: dict[str, Any], truth: Truth) -> bool:
    """Whether no longer program than those that are certified can win."""
    certified, program = document["certified_bits"], document["program"]
    if certified is None and not document.get("languages"):
        return True
    if program is None:
        return False
    # A program without exceptions has the flag and their number beside its own bits.
    least = 1 + math.log2(truth.n + 1) + truth.language_bits
    best = min(truth.rival_bits, program["total_bits"])
    every = [each["certified_bits"] for each in document.get("languages", [])] or [certified]
    return all(bits is None or bits + least >= best - NEAR for bits in every)


def _proven_exact(document: dict[str, Any], truth: Truth) -> bool:
    program, bound = document["program"], document["exact_bound"]
    if program is None or bound is None:
        return False
    return bool(bound >= truth.exact_bits(program["bits"]) - NEAR)


def _check_bound(claims: Claims, document: dict[str, Any], truth: Truth) -> None:
    """No listed program without exceptions is below the bound."""
    bound = document["exact_bound"]
    listed = programs(document) + [document["program"]] * (document["program"] is not None)
    right = [p for p in listed if is_right(truth, written(p))]
    below = [p for p in right if bound is None or truth.exact_bits(p["bits"]) < bound - NEAR]
    shown = "none listed has fewer"
    if below:
        shown = f"{below[0]['text']} has {truth.exact_bits(below[0]['bits'])}"
    claims.check("exact_bound", not below, bound, shown)


def _check_stop(claims: Claims, document: dict[str, Any], twin: bool) -> None:
    """Whether the other fields allow the reason why the search ended."""
    stop, reach, settings = document["stop_reason"], document["reach"], document["settings"]
    limit, languages = settings["max_programs"], document.get("languages", [])
    if limit is not None and languages:
        limit = max(1, limit // len(languages))  # each has an equal share
    # Of several languages, one that did not win may have been cut short.
    made = [each["candidates"] for each in (document, *languages)]
    fits = {
        "optimal": document["optimal"],
        "structured-optimal": twin and not document["optimal"],
        "exhausted": document["certified_bits"] is None,
        "moves": reach is not None and reach["moves"] >= reach["planned"],
        "max_bits": settings["max_bits"] is not None,
        "max_programs": limit is None or max(made) >= limit,
        "seconds": settings["seconds"] is not None,
        "finished": False,
        "failed": False,
    }
    if settings["exact"]:  # what is proven by the labels is said to be optimal
        fits["exhausted"] = not document["optimal"]
    if stop in ("max_bits", "max_programs") and reach is not None:
        fits[stop] = False  # reach went on, and ended for a reason of its own
    claims.check("stop_reason", fits.get(stop, True), stop, "as the other fields allow")
