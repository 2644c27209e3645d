"""Holds a certificate against a list of all programs that it covers, made by a plain enumerator."""

import math
from collections import Counter
from collections.abc import Iterable
from typing import Any

from synth.language.scans import Scans
from synth.verification.claims import NEAR, Claims
from synth.verification.enumeration import Everything, everything, in_bits
from synth.verification.languages import others
from synth.verification.search import SAME
from synth.verification.texts import everything_of_strings
from synth.verification.truth import UNITS, Judged, Truth, is_constant


def check_complete(claims: Claims, document: dict[str, Any], truth: Truth, candidates: int) -> None:
    """Enumerate as far as the certificate says, and compare everything that was scored."""
    most = _wanted(document, truth)
    of_strings = isinstance(truth.dsl.family, Scans)
    make = everything_of_strings if of_strings else everything
    found = make(truth, most, candidates)
    keys = found.units[truth.root].items()
    known = [truth.judged(units, found.read(key, truth.root)) for key, units in keys]
    known = [j for j in known if truth.is_hypothesis(j)]
    known.sort(key=lambda j: (j.total_bits, j.units))
    short = found.complete is not None and (most is None or found.complete < most)
    said = document["exact_bound" if document["settings"]["exact"] else "certified_bits"]
    if short:
        claims.open(
            "complete",
            said,
            f"{in_bits(most)} is too far: all programs up to {in_bits(found.complete)} were "
            f"compared, {found.candidates:,} candidates",
        )
    else:
        text = f"all {len(known):,} behaviours compared, {found.candidates:,} candidates"
        claims.check("complete", True, said, text)
    if document["settings"]["exact"]:
        _check_exact(claims, document, truth, found, known)
        _check_others(claims, document, truth, candidates)
    certified = document["certified_bits"]
    limit = math.inf if certified is None else certified * UNITS
    if found.complete is not None:
        limit = min(limit, found.complete)
    # A program with exceptions is no law, so that its total is infinite.
    scored = [j for j in known if j.units <= limit and j.total_bits < math.inf]
    _check_levels(claims, document, truth, found, limit)
    _check_lists(claims, document, scored)
    _check_shares(claims, document, truth, scored)
    if not document["settings"]["exact"]:
        _check_best(claims, document, scored, settled=not short)
        _check_certified_others(claims, document, truth, candidates)


def _wanted(document: dict[str, Any], truth: Truth) -> int | None:
    """How many units the claims cover; None for all programs."""
    limits = [document["certified_bits"]]
    if document["settings"]["exact"]:
        bound, program = document["exact_bound"], document["program"]
        limits = [bound and bound - truth.exact_bits(0), program and program["bits"]]
        if limits[0] is None and limits[1] is not None:
            limits.pop(0)
        limits.append(document["certified_bits"] or 0.0)
    if limits[0] is None:
        return None
    return math.floor((max(bits for bits in limits if bits is not None) + NEAR) * UNITS)


def _check_exact(
    claims: Claims,
    document: dict[str, Any],
    truth: Truth,
    found: Everything,
    known: list[Judged],
) -> None:
    """No program without exceptions below the bound, and none shorter than an optimal one."""
    bound, program = document["exact_bound"], document["program"]
    least = min((j.units for j in known if j.wrong == 0), default=None)
    shown = "none is right" if least is None else f"one is right at {least / UNITS} bits"
    if bound is None and program is None:
        holds = None if least is None and found.complete is not None else least is None
        claims.check("exact_bound is true", holds, "none at all", shown)
        return
    if bound is not None:
        low = least is not None and truth.exact_bits(least / UNITS) < bound - NEAR
        claims.check("exact_bound is true", not low, bound, shown)
    if document["optimal"]:
        holds = program is not None and least == program["bits"] * UNITS
        claims.check("optimal is true", holds, program and program["bits"], shown)


def _check_others(claims: Claims, document: dict[str, Any], truth: Truth, candidates: int) -> None:
    """No other language that was searched has a program without exceptions below the bound."""
    bound = document["exact_bound"]
    for spec, other in others(document, truth):
        most = None
        if bound is not None:
            most = math.ceil((bound - other.exact_bits(0) - NEAR) * UNITS) - 1
            if most < 0:  # what each program of this language costs is more
                continue
        found = everything(other, most, candidates)
        keys = found.units[other.root].items()
        below = [u for key, u in keys if not other.judged(u, found.read(key, other.root)).wrong]
        whole = found.complete is None or (most is not None and found.complete >= most)
        shown = f"{spec}: none up to {in_bits(found.complete)}"
        if below:
            shown = f"{spec}: one is right at {other.exact_bits(min(below) / UNITS)} bits"
        claims.check("exact_bound is true", False if below else whole or None, bound, shown)


def _check_certified_others(
    claims: Claims, document: dict[str, Any], truth: Truth, candidates: int
) -> None:
    """What is certified of the other languages: none of it has fewer bits than is said of each."""
    said = {each["dsl"]: each for each in document.get("languages", [])}
    for spec, other in others(document, truth):
        certified, total = said[spec]["certified_bits"], said[spec]["total_bits"]
        most = None if certified is None else math.floor((certified + NEAR) * UNITS)
        found = everything(other, most, candidates)
        judged = [
            other.judged(u, found.read(k, other.root)) for k, u in found.units[other.root].items()
        ]
        least = min((j.total_bits for j in judged if other.is_hypothesis(j)), default=math.inf)
        whole = found.complete is None or (most is not None and found.complete >= most)
        holds = least >= (math.inf if total is None else total) - NEAR
        shown = f"at least {least:.4f} up to {in_bits(found.complete)}"
        claims.check(f"languages.{spec}.total_bits", holds and (whole or None), total, shown)


def _check_levels(
    claims: Claims, document: dict[str, Any], truth: Truth, found: Everything, limit: float
) -> None:
    """The levels are the prices at which programs can be made of the cheapest parts."""
    levels = {level["bits"] * UNITS: level for level in document["levels"]}
    prices: Iterable[int] = found.prices[truth.root]
    if document["certified_bits"] is None:  # it ended with the last behaviour that was new
        prices = found.units[truth.root].values()
    prices = {price for price in prices if price <= limit}
    missing = sorted(prices - levels.keys())
    shown = f"no level of {missing[0] / UNITS} bits" if missing else "all prices have levels"
    claims.check("certified_bits is true", not missing, document["certified_bits"], shown)
    if truth.dsl.family is None:
        _check_each_level(claims, found, levels, limit)
    else:
        what = f"{len(levels)} costs"
        claims.open("levels are true", what, "functions of letters have levels of their own")
    scored = [price for price in found.units[truth.root].values() if price <= limit]
    kept = [level["distinct"] for price, level in levels.items() if price <= limit]
    if None not in kept:
        said = document["distinct"]
        claims.check("distinct is true", said >= len(scored), said, f"{len(scored)} certified")


def _check_each_level(
    claims: Claims, found: Everything, levels: dict[float, dict[str, Any]], limit: float
) -> None:
    """Programs have the price of each level, and not more behaviours are new there than can be."""
    every = set().union(*found.prices.values())
    new = Counter(price for least in found.units.values() for price in least.values())
    faults: list[tuple[str, Any, Any]] = []
    for price, level in levels.items():
        if price <= limit and price not in every:
            faults.append((f"[{level['bits']}]", level["candidates"], "no program has this price"))
        elif price <= limit and level["distinct"] is not None:
            # Of several types, some are left out where no program that counts can use them.
            least = new[round(price)] if len(found.units) == 1 else 0
            if not least <= level["distinct"] <= new[round(price)]:
                faults.append((f"[{level['bits']}]", level["distinct"], new[round(price)]))
    claims.each("levels are true", faults, len(levels), "costs")


def _check_lists(claims: Claims, document: dict[str, Any], scored: list[Judged]) -> None:
    """The front and the best hypotheses lack nothing that is certified."""
    front, top = document["front"], document["top"]
    missing = [
        j for j in scored
        if not any(p["bits"] <= j.bits and p["exceptions"] <= j.exceptions for p in front)
    ]  # fmt: skip
    shown = "nothing certified is missing"
    if missing:
        shown = f"{missing[0].exceptions} exceptions at {missing[0].bits} bits are missing"
    claims.check("front is complete", not missing, f"{len(front)} programs", shown)
    most = document["settings"]["top"]
    last = top[-1]["total_bits"] if len(top) >= most else math.inf
    listed = sum(
        h["kind"] != "table" and not is_constant(h) and h["total_bits"] < last - NEAR for h in top
    )
    better = sum(j.total_bits < last - NEAR for j in scored)
    claims.check("top is complete", better <= listed, listed, f"{better} certified are better")


def _check_shares(
    claims: Claims, document: dict[str, Any], truth: Truth, scored: list[Judged]
) -> None:
    """The sum over all that was scored is at least the sum over what is certified."""
    totals = [truth.table_bits, *(j.total_bits for j in scored)]
    totals += [truth.constant_bits] if truth.language_bits else []
    best = min(totals)
    mass = math.fsum(2.0 ** (best - t) for t in totals)
    faults = []
    for k, entry in enumerate(document["top"]):
        most = 2.0 ** min(0.0, best - entry["total_bits"]) / mass
        if entry["total_bits"] >= best and entry["share"] > most * (1 + 1e-6):
            faults.append((f"[{k}]", entry["share"], f"at most {most:.6g}"))
    claims.each("top.shares are true", faults, len(document["top"]), "shares, none too large")


def _check_best(
    claims: Claims, document: dict[str, Any], scored: list[Judged], settled: bool
) -> None:
    """The best program, its ties and its accuracies, among all that is certified."""
    program = document["program"]
    if program is None:
        claims.check("program is none", not scored, None, f"{len(scored)} programs certified")
        return
    total = program["total_bits"]
    if not scored:
        return
    best = scored[0].total_bits
    shown = f"the best of {len(scored):,} has {best:.4f}"
    claims.check("program is the best", best >= total - NEAR, total, shown)
    if is_constant(program):
        return
    certified = document["certified_bits"]
    tied = [j for j in scored if j.total_bits <= total + SAME]
    beyond = certified is not None and certified + 1 <= total
    apart = all(level["distinct"] is not None for level in document["levels"])
    if settled and apart and not beyond and document["reach"] is None:
        claims.equal("program.ties of all", program["ties"], len(tied))
    elif apart:
        claims.check(
            "program.ties of all", program["ties"] >= len(tied) or None, program["ties"],
            f"{len(tied)} certified",
        )  # fmt: skip
    if len(tied) == program["ties"] and tied:
        for key in ("train_accuracy", "test_accuracy"):
            values = [getattr(j, key) for j in tied]
            mean = None if None in values else sum(values) / len(values)
            claims.near(f"program.{key} of all", program[key], mean)
