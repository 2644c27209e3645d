"""The claims about the languages that were searched for a table, and the constant beside them."""

import contextlib
import math
from collections.abc import Iterator
from typing import Any

from synth.errors import DSLError, TaskError
from synth.language import languages as languages_of_columns
from synth.language import load_dsl
from synth.tasks import Rule, Task, prepared, without_labels
from synth.verification.claims import NEAR, Claims
from synth.verification.truth import Truth


def check_languages(claims: Claims, document: dict[str, Any], truth: Truth) -> None:
    """What names the language, and that none of the others is said to have fewer bits.

    It tells the truth what programs are charged, so that it comes before all other checks.
    """
    languages = document.get("languages", [])
    if languages or truth.task.sequence is not None:
        truth.one_of(max(1, len(languages)))
    claims.near("language_bits", document.get("language_bits", 0.0), truth.language_bits)
    tried = _names(truth.task.original) if languages else []
    _check_shortest(claims, document, truth, tried)
    if document.get("rows_needed") is not None:  # older files do not have it
        said = document["rows_needed"]
        if languages and truth.task.sequence is None:
            _check_rows(claims, "rows_needed", said, 1 + truth.language_bits, truth)
        else:
            claims.equal("rows_needed", said, None)
    if not languages:
        return
    names = [each["dsl"] for each in languages]
    claims.check("dsl", document["dsl"] in names, document["dsl"], ", ".join(names))
    # Which one it is costs the same bits for all, so that none may be made for these labels.
    claims.check("languages", set(names) <= set(tried), ", ".join(names), ", ".join(tried))
    for spec in _left_out(document, truth, set(tried) - set(names)):
        why = "it reads the table; only a program to start with (--start) may leave it out"
        claims.open(f"languages without {spec}", "not searched", why)
    if document["dsl"] not in names:
        return
    # A program without exceptions may be on no front, and has to be the best of these alone.
    program, exact = document["program"], document["settings"]["exact"]
    own = program and program["total_bits"]
    total = own if exact else document["total_bits"]
    best = min((e["total_bits"] for e in languages if e["total_bits"] is not None), default=None)
    holds = best is None or (total is not None and total <= best + NEAR)
    claims.check("total_bits is the least of all", holds, total, best)
    least = next(each for each in languages if each["dsl"] == document["dsl"])
    if not exact:
        own = min((p["total_bits"] for p in document["front"]), default=None)
    claims.near("languages.total_bits", least["total_bits"], own)
    for key in ("certified_bits", "candidates"):
        claims.equal(f"languages.{key}", least[key], document[key])


def _left_out(document: dict[str, Any], truth: Truth, specs: set[str]) -> Iterator[str]:
    """The languages that were not searched, although they can say the labels of the table."""
    for spec in sorted(specs):
        with contextlib.suppress(DSLError, TaskError):
            root = _beside(truth, spec).root
            if not (document["settings"]["exact"] and root.inexact):
                yield spec


def _names(task: Task) -> list[str]:
    """The names of the languages that a table is searched in."""
    types, found = (*task.types.values(), task.label_type), []
    for spec in languages_of_columns(without_labels(task)):
        with contextlib.suppress(DSLError):  # labels that the language cannot have
            found.append(load_dsl(spec, types).name)
    return found


def others(document: dict[str, Any], truth: Truth) -> Iterator[tuple[str, Truth]]:
    """The languages beside the one that won, each with what is true of the task in it."""
    names = [each["dsl"] for each in document.get("languages", [])]
    # A name that the search does not try may be a file, whose code would run.
    for spec in _names(truth.task.original) if names else []:
        if spec in names and spec != document["dsl"]:
            other = _beside(truth, spec)
            other.one_of(len(names))
            yield spec, other


def _beside(truth: Truth, spec: str) -> Truth:
    """What is true of the task in another language."""
    task = truth.task.original
    dsl = load_dsl(spec, (*task.types.values(), task.label_type))
    return Truth(prepared(dsl, task), dsl)


def _check_shortest(
    claims: Claims, document: dict[str, Any], truth: Truth, tried: list[str]
) -> None:
    """The shortest program without exceptions, and how many rows would let it win."""
    said = document.get("shortest")
    if said is None:
        return
    names = [each["dsl"] for each in document["languages"] if each["dsl"] in tried]
    claims.check("shortest.dsl", said["dsl"] in names, said["dsl"], ", ".join(names))
    if said["dsl"] not in names:
        return
    task, shown = truth.task.original, _beside(truth, said["dsl"])
    judged = shown.judge(said["text"])
    if isinstance(judged, str):
        claims.check("shortest.text", False, said["text"], judged)
        return
    wrong = f"{judged.wrong} exceptions" if judged.wrong else "no exceptions"
    claims.check("shortest.text", not judged.wrong, said["text"], wrong)
    claims.equal("shortest.bits", said["bits"], judged.bits)
    if said.get("rule") is not None and task.meanings is not None:
        rule = Rule(shown.read(said["text"]), shown.task, inverted=False)
        claims.equal("shortest.rule", said["rule"], rule.text)
    bits = judged.bits + truth.language_bits
    _check_rows(claims, "shortest.rows", said["rows"], bits, truth)
    claims.check("shortest.proven", None if said["proven"] else True, said["proven"],
                 "--exact proves it again")  # fmt: skip


def _check_rows(claims: Claims, name: str, said: int | None, bits: float, truth: Truth) -> None:
    """How many rows let a program of so many bits, without exceptions, win."""
    rows = next((n for n in range(1, 10_001) if _wins(truth, bits, n)), None)
    if rows is None:
        claims.check(name, (said is None or said > 10_000) and None, said, "more than 10,000")
    else:
        claims.equal(name, said, rows)


def _wins(truth: Truth, bits: float, n: int) -> bool:
    """Whether a program without exceptions wins with n rows whose labels are as frequent."""
    parts = [c * n / truth.n for c in truth.counts]
    e, k = n - max(parts), truth.k
    rivals = [
        2 + n * math.log2(k),
        2 + _binomial(n + k - 1, k - 1) + _factorial(n) - math.fsum(map(_factorial, parts)),
        1 + truth.constant_own_bits + math.log2(n - n / k + 1) + _binomial(n, e)
        + e * math.log2(k - 1),
    ]  # fmt: skip
    return 1 + bits + math.log2(n + 1) < min(rivals)


def _factorial(x: float) -> float:
    """log2 of x!, by the gamma function: parts of rows are no whole numbers."""
    return math.lgamma(x + 1) / math.log(2)


def _binomial(n: float, e: float) -> float:
    return _factorial(n) - _factorial(e) - _factorial(n - e)
