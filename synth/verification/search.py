"""The claims of a search about its data, its best program, its table and its totals."""

from typing import Any

from synth.language.folds import Folds
from synth.language.scans import Scans
from synth.tasks import Rule
from synth.verification.claims import NEAR, Claims
from synth.verification.truth import Judged, Truth, is_constant, written

#: Totals that differ by no more are equal to the search.
SAME = 2e-9


def check_data(claims: Claims, document: dict[str, Any], truth: Truth) -> None:
    """Names, types, counts of rows, and what the settings say about the task."""
    task = truth.task.original
    claims.equal("task", document["task"], task.name)
    claims.equal("dsl", document["dsl"], truth.dsl.name)
    claims.equal("labelling", document["labelling"], task.labelling)
    types = {name: str(type_) for name, type_ in task.types.items()}
    claims.equal("inputs", document["inputs"], types)
    if document.get("label") is not None:  # older files do not have it
        claims.equal("label", document["label"], task.label)
    rows, n, k, unseen = document["rows"], truth.n, truth.k, truth.unseen
    if truth.sequence is not None:
        n, k = len(truth.terms), len(set(truth.terms))
        unseen = sum(term not in truth.terms for term in truth.further)
    claims.equal("rows.train", rows["train"], n)
    claims.equal("rows.test", rows["test"], task.rows - n)
    claims.equal("rows.labels", rows["labels"], k)
    claims.equal("rows.unseen_labels", rows["unseen_labels"], unseen)
    names = None if task.label_type.names else task.label_names
    shown = names and {task.label_type.format(v): name for v, name in names.items()}
    claims.equal("label_names", document["label_names"], shown)
    for key, value in truth.task.settings.items():
        said = document["settings"].get(key)
        claims.equal(f"settings.{key}", said, list(value) if isinstance(value, tuple) else value)


def check_table(claims: Claims, document: dict[str, Any], truth: Truth) -> None:
    """The look-up table."""
    table = document["table"]
    claims.near("table.bits", table["bits"], truth.table_bits)
    claims.check("table.kind", table["kind"] in truth.kinds, table["kind"], truth.kinds[0])
    claims.near("table.train_accuracy", table["train_accuracy"], 1.0)
    claims.near("table.test_accuracy", table["test_accuracy"], truth.majority_accuracy())


def check_program(claims: Claims, document: dict[str, Any], truth: Truth) -> None:
    """The best program, as it is written: bits, exceptions, total and reading."""
    program = document["program"]
    exact = document["settings"]["exact"]
    if program is None:
        listed = programs(document)
        if exact:
            right = [p["text"] for p in listed if is_right(truth, written(p))]
            claims.check("program", not right, None, right[0] if right else "none listed is right")
        else:
            claims.check("program", not listed, None, f"{len(listed)} programs listed")
        return
    judged = truth.judged_entry(program)
    if isinstance(judged, str):
        claims.check("program.text", False, written(program), judged)
        return
    what = "a program with a value on every row"
    holds = program["text"] == (judged.constant or written(program))
    claims.check("program.text", holds, program["text"], judged.constant or what)
    claims.near("program.bits", program["bits"], judged.bits)
    claims.equal("program.exceptions", program["exceptions"], judged.exceptions)
    claims.near("program.total_bits", program["total_bits"], judged.total_bits)
    claims.equal("program.inverted", program["inverted"], judged.inverted)
    kind = "program" if judged.constant is None else "constant"
    claims.equal("program.kind", program.get("kind", "program"), kind)
    _check_rule(claims, document, truth)
    _check_found_by(claims, document, judged, truth)
    _check_ties(claims, document, truth, judged)
    if exact:
        claims.equal("program.exceptions as it stands", program["exceptions"], judged.wrong)
        return
    better = [p for p in programs(document) if p["total_bits"] < program["total_bits"] - NEAR]
    shown = better[0]["text"] if better else "none listed has fewer"
    claims.check("program is the best listed", not better, program["text"], shown)


def _check_rule(claims: Claims, document: dict[str, Any], truth: Truth) -> None:
    """What programs say in words, and the rows that each part of the best one decides.

    A run that keeps its rows does not keep what its inputs were made of.
    """
    if truth.task.original.meanings is None and document.get("data") is not None:
        return
    faults, program = [], document["program"]
    said = [entry for entry in (program, *programs(document)) if entry["rule"] is not None]
    for entry in said:
        if not isinstance(truth.judge(entry["text"]), str):
            found = Rule(truth.read(entry["text"]), truth.task, entry["inverted"]).text
            faults += [("", entry["rule"], found)] * (entry["rule"] != found)
    if said:
        claims.each("rules in words", faults, len(said), "rules")
    if program["rule"] is not None:
        rule = Rule(truth.read(program["text"]), truth.task, program["inverted"])
        claims.equal("program.branches", program["branches"], rule.branches())
        claims.equal("program.card", program.get("card"), rule.card())


def _check_found_by(claims: Claims, document: dict[str, Any], judged: Judged, truth: Truth) -> None:
    """How it was found: reach goes on from an enumeration, which has levels.

    Folds are also solved from the labels, beyond what was enumerated.
    """
    said, certified = document["program"]["found_by"], document["certified_bits"]
    exact = document["settings"]["exact"]
    found = "not possible"
    if is_constant(document["program"]):
        found = "counts"
    elif exact and said == "reach":
        found = said if document["reach"] is not None else "exact"
    elif exact or said == "exact":
        found = "exact" if exact else "enumeration"
    elif said == "enumeration" and judged.bits in {level["bits"] for level in document["levels"]}:
        found = said
    elif said == "reach" and document["reach"] is not None:
        # What is certified was enumerated, so that reach has found nothing new there.
        found = said if certified is not None and judged.bits > certified else "enumeration"
    elif said == "labels" and isinstance(truth.dsl.family, Folds | Scans):
        found = said if certified is not None and judged.bits > certified else "enumeration"
    claims.equal("program.found_by", said, found)


def _check_ties(claims: Claims, document: dict[str, Any], truth: Truth, judged: Judged) -> None:
    """The number of ties and the mean accuracy over them, as far as they are listed."""
    program, top = document["program"], document["top"]
    ties = program["ties"]
    tied = {written(program): judged}
    if not document["settings"]["exact"]:
        for entry in top:
            near = abs(entry["total_bits"] - program["total_bits"]) <= SAME
            kept = near and entry["kind"] != "table" and not is_constant(entry)
            other = truth.judge(written(entry)) if kept else ""
            if not isinstance(other, str):
                tied[written(entry)] = other
    cut = len(top) >= document["settings"]["top"] and (
        top[-1]["total_bits"] <= program["total_bits"] + SAME
    )
    most = None if cut and not document["settings"]["exact"] else len(tied)
    # Ties that were found beside what was enumerated are listed and not counted.
    beside = document["reach"] is not None or isinstance(truth.dsl.family, Folds | Scans)
    least = 1 if beside else len(tied)
    holds = ties >= least and (most is None or ties <= most)
    claims.check("program.ties", holds, ties, f"{len(tied)} listed" + " at least" * (most is None))
    for key in ("train_accuracy", "test_accuracy"):
        _check_mean(claims, program, key, list(tied.values()))


def _check_mean(claims: Claims, program: dict[str, Any], key: str, tied: list[Judged]) -> None:
    said, ties, what = program[key], program["ties"], f"program.{key}"
    values = [getattr(each, key) for each in tied]
    if said is None or None in values:
        claims.equal(what, said, values[0])
        return
    if ties == len(values):
        claims.near(what, said, sum(values) / ties)
        return
    values.sort()
    low, high = sum(values[:ties]), sum(values[-ties:]) + max(0, ties - len(values))
    holds = low / max(ties, 1) - NEAR <= said <= high / max(ties, 1) + NEAR
    claims.check(what, holds and None, said, f"{len(values)} of {ties} ties are listed")


def check_totals(claims: Claims, document: dict[str, Any], truth: Truth) -> None:
    """The best total, the bits saved, the chosen hypothesis, and the chance bounds."""
    program, table = document["program"], truth.table_bits
    judged = None if program is None else truth.judged_entry(program)
    best = None if judged is None or isinstance(judged, str) else judged.total_bits
    total = table if best is None else min(table, best)
    claims.near("total_bits", document["total_bits"], total)
    claims.near("saved_bits", document["saved_bits"], None if best is None else table - best)
    wins = best is not None and best < table - SAME / 2
    constant = isinstance(judged, Judged) and judged.constant is not None
    chosen = "table" if not wins else "constant" if constant else "program"
    near = best is not None and abs(best - table) <= SAME
    claims.check("chosen", near or document["chosen"] == chosen, document["chosen"], chosen)
    for name, bound in (
        ("chance_bound", truth.log2_chance(total)),
        ("chance_bound_uniform", truth.log2_chance_uniform(total)),
    ):
        claims.near(f"log2_{name}", document[f"log2_{name}"], bound)
        claims.ratio(name, document[name], 2.0**bound)


def programs(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The programs that the front and the list of the best hypotheses show."""
    listed = [h for h in document["top"] if h["kind"] != "table" and not is_constant(h)]
    return [*document["front"], *listed]


def is_right(truth: Truth, text: str) -> bool:
    """Whether a program is right, as it stands, on every training row."""
    judged = truth.judge(text)
    return not isinstance(judged, str) and judged.wrong == 0
