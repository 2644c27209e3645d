"""The claims of a search's lists: the front, the best hypotheses with their shares, the levels."""

import math
from itertools import pairwise
from typing import Any

from synth.language.folds import Folds
from synth.language.machines import Machines
from synth.language.scans import Scans
from synth.verification.claims import NEAR, Claims, is_near
from synth.verification.search import programs
from synth.verification.truth import Judged, Truth, is_constant, written

#: What is wrong in a list: where, what is said, what was computed.
Faults = list[tuple[str, Any, Any]]


def check_front(claims: Claims, document: dict[str, Any], truth: Truth) -> None:
    """Each point, their order, and that no listed program is better than all of them."""
    front, program = document["front"], document["program"]
    faults = _wrong_entries(front, truth)
    for k, (one, two) in enumerate(pairwise(front)):
        if not (one["bits"] < two["bits"] and one["exceptions"] > two["exceptions"]):
            faults.append((f"[{k + 1}] in order", two["text"], "not longer with fewer exceptions"))
    listed = programs(document) + [program] * (program is not None and not is_constant(program))
    if document["settings"]["exact"] and program in listed:
        listed.remove(program)  # it was sought by other means
    for entry in listed:
        if not any(p["bits"] <= entry["bits"] and p["exceptions"] <= entry["exceptions"]
                   for p in front):  # fmt: skip
            faults.append((" is complete", "", f"{entry['text']} is better than all"))
    claims.each("front", faults, len(front), "programs, in order")


def check_top(claims: Claims, document: dict[str, Any], truth: Truth) -> None:
    """Each hypothesis, their order, what is missing, and the shares."""
    top, most = document["top"], document["settings"]["top"]
    listed = [h for h in top if h["kind"] != "table" and not is_constant(h)]
    tables = [h for h in top if h["kind"] == "table"]
    constants = [h for h in top if is_constant(h)]
    named = [*listed, *constants]
    faults = _wrong_entries(named, truth, "top")
    faults = [(f"[{top.index(named[int(k)])}]{rest}", s, f) for (k, rest), s, f in faults]
    for entry in tables:
        faults += [(f"[{top.index(entry)}]{where}", s, f) for where, s, f in _table(entry, truth)]
    for k, (one, two) in enumerate(pairwise(top)):
        if one["total_bits"] > two["total_bits"] + NEAR:
            faults.append((f"[{k + 1}] in order", two["total_bits"], f"{one['total_bits']} before"))
    if len(top) > most or len(tables) > 1 or len(constants) > 1:
        faults.append((" has few entries", len(top), f"{most}, one table among them"))
    last = top[-1]["total_bits"] if len(top) >= most and top else math.inf
    if not tables and truth.table_bits < last - NEAR:
        faults.append((" is complete", "", f"the table has {truth.table_bits:.3f} bits"))
    if not constants and truth.constant_bits < last - NEAR:
        faults.append((" is complete", "", f"a constant has {truth.constant_bits:.3f} bits"))
    behaviours = [_behaviour(truth, written(h)) for h in listed]
    apart = all(level["distinct"] is not None for level in document["levels"])
    for k, entry in enumerate(listed):
        if written(entry) in [written(h) for h in listed[:k]] or (
            apart and behaviours[k] in behaviours[:k]
        ):
            faults.append((f"[{top.index(entry)}] is listed once", entry["text"], "before"))
    for point in document["front"]:
        shown = point.get("written") and point["text"] in [c["text"] for c in constants]
        missing = not shown and _behaviour(truth, written(point)) not in behaviours
        if missing and point["total_bits"] < last - NEAR:
            faults.append((" is complete", "", f"{point['text']} of the front is missing"))
    claims.each("top", faults, len(top), "hypotheses, in order")
    _check_shares(claims, document, truth)


def _check_shares(claims: Claims, document: dict[str, Any], truth: Truth) -> None:
    """Shares are 2**-total over one sum for all, which is at least the sum over what is listed."""
    top, faults = document["top"], []
    known = {"": truth.table_bits}
    if truth.language_bits:
        known[" "] = truth.constant_bits
    for entry in programs(document):
        judged = truth.judge(written(entry))
        if not isinstance(judged, str):
            known[written(entry)] = judged.total_bits
    if all(level["distinct"] is not None for level in document["levels"]):
        # Of one behaviour only the cheapest counts.
        least: dict[Any, float] = {}
        for text, total in known.items():
            key = _behaviour(truth, text) if text not in ("", " ") else text
            least[key] = min(total, least.get(key, total))
        totals = list(least.values())
    else:
        totals = list(known.values())
    best = min(totals)
    mass = math.fsum(2.0 ** (best - t) for t in totals)
    first = next((h for h in top if h["share"] > 0), None)
    for k, entry in enumerate(top):
        most = 2.0 ** (best - entry["total_bits"]) / mass if entry["total_bits"] >= best else 1.0
        if not 0 <= entry["share"] <= most * (1 + 1e-6):
            faults.append((f"[{k}].share", entry["share"], f"at most {most:.6g}"))
        elif first is not None:
            ratio = first["share"] * 2.0 ** min(1000.0, first["total_bits"] - entry["total_bits"])
            if not math.isclose(entry["share"], ratio, rel_tol=1e-6, abs_tol=1e-300):
                faults.append((f"[{k}].share", entry["share"], f"{ratio:.6g} by its total"))
    claims.each("top.shares", faults, len(top), "shares, in proportion to 2^-total")


def check_levels(claims: Claims, document: dict[str, Any], truth: Truth) -> None:
    """The levels, in order, and their sums."""
    levels, faults = document["levels"], []
    for k, (one, two) in enumerate(pairwise(levels)):
        if one["bits"] >= two["bits"]:
            faults.append((f"[{k + 1}] in order", two["bits"], f"{one['bits']} before"))
    for k, level in enumerate(levels):
        made = (level["distinct"] or 0) + level["dropped"]
        if min(level["dropped"], level["distinct"] or 0) < 0 or made > level["candidates"]:
            faults.append((f"[{k}]", made, f"{level['candidates']} candidates"))
        if level["bits"] * 1024 % 1:
            faults.append((f"[{k}].bits", level["bits"], "no multiple of 1/1024"))
    claims.each("levels", faults, len(levels), "costs, in order")
    total = sum(level["candidates"] for level in levels)
    claims.equal("candidates", document["candidates"], total)
    counts = [level["distinct"] for level in levels]
    most = sum(
        level["candidates"] if c is None else c for c, level in zip(counts, levels, strict=True)
    )
    one_type = len(truth.grammar.types) == 1 and None not in counts
    said = document["distinct"]
    if isinstance(truth.dsl.family, Machines):
        # A machine that was made stands for several, with each label and step that none decides.
        claims.open("distinct", said, f"made of {most} machines")
        return
    holds = said == most if one_type else 0 <= said <= most
    claims.check("distinct", holds, said, most if one_type else f"at most {most}, of all types")
    costs = {level["bits"] for level in levels}
    apart = [p for p in programs(document) if p["bits"] not in costs]
    if document["reach"] is None and not isinstance(truth.dsl.family, Folds | Scans):
        faults = [("", p["text"], f"no level of {p['bits']} bits") for p in apart]
    else:
        certified = document["certified_bits"]
        faults = [
            ("", p["text"], f"{p['bits']} bits are certified, and no level has them")
            for p in apart
            if certified is None or p["bits"] <= certified
        ]
    claims.each("levels have what is listed", faults, len(programs(document)), "programs")


def _wrong_entries(entries: list[dict[str, Any]], truth: Truth, split: str = "") -> list[Any]:
    """The wrong fields of listed programs; split: the place apart from the rest, as a pair."""
    faults: list[Any] = []
    for k, entry in enumerate(entries):
        for field, said, found in _wrong_fields(entry, truth.judged_entry(entry)):
            where: Any = (k, f".{field}") if split else f"[{k}].{field}"
            faults.append((where, said, found))
    return faults


def _wrong_fields(entry: dict[str, Any], judged: Judged | str) -> Faults:
    if isinstance(judged, str):
        return [("text", written(entry), judged)]
    faults: Faults = []
    if entry["text"] != (judged.constant or written(entry)):
        faults.append(("text", entry["text"], judged.constant or written(entry)))
    kind = "constant" if judged.constant else "program"
    if entry.get("kind", kind) != kind:
        faults.append(("kind", entry["kind"], kind))
    for field in ("bits", "exceptions", "inverted"):
        same = entry[field] == getattr(judged, field)
        if not same and not (field == "bits" and is_near(entry[field], judged.bits)):
            faults.append((field, entry[field], getattr(judged, field)))
    if not is_near(entry["total_bits"], judged.total_bits):
        faults.append(("total_bits", entry["total_bits"], judged.total_bits))
    return faults


def _table(entry: dict[str, Any], truth: Truth) -> Faults:
    faults: Faults = []
    if not is_near(entry["total_bits"], truth.table_bits):
        faults.append((".total_bits", entry["total_bits"], truth.table_bits))
    texts = [f"{kind} table" for kind in truth.kinds]
    if entry["text"] not in texts:
        faults.append((".text", entry["text"], texts[0]))
    plain = {"kind": "table", "bits": None, "exceptions": None, "inverted": False}
    faults += [(f".{k}", entry[k], v) for k, v in plain.items() if entry[k] != v]
    return faults


def _behaviour(truth: Truth, text: str) -> bytes | str:
    judged = truth.judge(text)
    return judged if isinstance(judged, str) else judged.behaviour
