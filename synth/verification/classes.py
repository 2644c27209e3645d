"""Class certificates: what reach proves of all disjunctions, or conjunctions, of short parts.

Nothing that is listed may contradict them. Proving them again takes a set cover over all parts, and
is not done here.
"""

from typing import Any

import numpy as np

from synth.language import Bool, Input, Primitive, Program
from synth.verification.claims import Claims
from synth.verification.search import programs
from synth.verification.truth import Judged, Truth, is_constant, written
from synth.verification.values import applied

#: By the form: what its operator makes of 00, 01, 10 and 11, with 1 for true.
TABLES = {
    "disjunction": [False, True, True, True],
    "conjunction": [False, False, False, True],
}


def check_classes(claims: Claims, document: dict[str, Any], truth: Truth) -> None:
    """Each certificate: its operators, its program, and every listed program of its form."""
    reach, program = document["reach"], document["program"]
    if reach is None:
        return
    best = [] if program is None or is_constant(program) else [program]
    listed = [written(p) for p in (*programs(document), *reach["seeds"], *best)]
    for k, made in enumerate(reach.get("certificates", ())):
        where = f"reach.certificates[{k}]"
        if not claims.check(f"{where}.form", made["form"] in TABLES, made["form"], [*TABLES]):
            continue
        heads = _operators(truth, TABLES[made["form"]])
        texts = [Program(h, [Program(Input(n, Bool)) for n in "pq"]).text for h in heads]
        claims.equal(f"{where}.operators", sorted(made["operators"]), sorted(texts))
        certified = document["certified_bits"]
        kept = certified is None or made["part_bits"] <= certified
        claims.check(f"{where}.part_bits", kept, made["part_bits"], f"{certified} certified")
        bits = made["bits"]
        total = None if bits is None else bits + truth.exceptions_bits(0)
        claims.near(f"{where}.total_bits", made["total_bits"], total)
        if made["program"] is not None:
            found = _of_form(truth, made["program"], heads, made["part_bits"])
            right = found is not None and found.bits == bits
            claims.check(f"{where}.program", right, bits, found and found.bits)
        shorter = [
            f"{text} has {found.bits}"
            for text in dict.fromkeys(listed)
            if (found := _of_form(truth, text, heads, made["part_bits"]))
            and (bits is None or found.bits < bits)
        ]
        claims.check(f"{where}.bits", not shorter, bits, (shorter or ["none listed has fewer"])[0])


def _operators(truth: Truth, table: list[bool]) -> list[Primitive]:
    """The primitives of two truth values with a table."""
    sides = [np.array([False, False, True, True]), np.array([False, True, False, True])]
    return [
        head
        for head in truth.prices
        if isinstance(head, Primitive)
        and head.arguments == (Bool, Bool)
        and head.result == Bool
        and applied(head, sides)[1].all()
        and applied(head, sides)[0].tolist() == table
    ]


def _of_form(truth: Truth, text: str, heads: list[Primitive], part_bits: float) -> Judged | None:
    """What is true of a program, if operators join it of short parts and it is always right."""
    judged = truth.judge(text)
    if isinstance(judged, str) or judged.wrong:
        return None
    left = [truth.read(text)]
    while left:
        part = left.pop()
        if part.head in heads:
            left += part.arguments
        elif sum(truth.prices[node.head] for node in part.walk()) > part_bits * 1024:
            return None
    return judged
