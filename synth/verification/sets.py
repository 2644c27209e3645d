"""The claims of contrasts, comparisons and experiments."""

import math
from typing import Any

import numpy as np

from synth.language.machines import Machines
from synth.records import plain
from synth.verification.claims import Claims, is_near
from synth.verification.search import SAME
from synth.verification.sources import Given, truth_of
from synth.verification.truth import Judged, Truth

#: What a task and its twin share, since one enumeration serves both.
SHARED = ("task", "dsl", "inputs", "candidates", "distinct", "levels", "certified_bits")
#: The same of two sequences, each of which is searched by itself.
SHARED_TERMS = ("task", "inputs")
#: The same of a task with real labels and its permuted twins.
SHARED_NUMBERS = ("task", "dsl", "inputs", "candidates", "distinct", "certified_bits", "pair_bits",
                  "product_bits")  # fmt: skip


def check_twins(claims: Claims, document: dict[str, Any], task: Truth, twin: Truth) -> None:
    """What a task and its twin have in common, and how the twin's labels were made."""
    structured, random = document["structured"], document["random"]
    is_sequence = task.task.sequence is not None
    # Of the languages of a table, one enumeration each serves both, and each result has its best.
    languages = [_enumerated(each) for each in (structured, random)]
    if not is_sequence:
        claims.equal("random.languages are structured's", languages[1], languages[0])
    is_one = not languages[0] or random["dsl"] == structured["dsl"]
    # Machines are left once they have too many exceptions, which differ.
    apart = is_sequence or isinstance(task.dsl.family, Machines)
    shared: tuple[str, ...] = SHARED_TERMS if apart else SHARED if is_one else ("task",)
    shared = SHARED_NUMBERS if "pair_bits" in structured else shared
    for key in shared:
        claims.equal(f"random.{key} is structured's", random.get(key), structured.get(key))
    said = random["labelling"]
    known = ("permuted", "uniform", "drawn")
    claims.check("random.labelling", said in known, said, " or ".join(known))
    tasks = [t.task.original for t in (task, twin)]
    if is_sequence:  # a drawn twin has no further terms
        unlike = [] if tasks[0].training == tasks[1].training else ["terms"]
    else:
        unlike = _unlike(task, twin)
    claims.check(
        "random has the rows of structured",
        not unlike,
        "the same rows" if unlike else "",
        f"others: {', '.join(unlike)}" if unlike else "columns and training rows",
    )
    if said == "permuted":
        both = [sorted(map(str, t.labels[t.train].tolist())) for t in tasks]
        claims.check("random permutes the labels", both[0] == both[1], "", "counts of labels")
    origins = structured["source"]["task"], random["source"]["task"]
    if None in origins:
        return
    steps = [origin["steps"] for origin in origins]
    made = len(steps[1]) == len(steps[0]) + 1 and steps[1][:-1] == steps[0]
    made = made and steps[1][-1][:1] == [said]
    claims.check("random.source.task.steps", made, steps[1], f"{steps[0]} and then {said}")


def _unlike(task: Truth, twin: Truth) -> list[str]:
    """What differs in the rows of a task and its twin: columns by name, and which rows train."""
    columns, others = (t.task.original.columns for t in (task, twin))
    found = [f"column {name}" for name in sorted(columns.keys() ^ others.keys())]
    for name in columns.keys() & others.keys():
        pair = columns[name], others[name]
        # A missing number is NaN, which is no number's equal.
        numbers = all(values.dtype.kind == "f" for values in pair)
        if not np.array_equal(*pair, equal_nan=numbers):
            found.append(f"column {name}")
    return sorted(found) + ["training rows"] * (not np.array_equal(task.train, twin.train))


def _enumerated(document: dict[str, Any]) -> list[list[Any]]:
    """What each language of a table says about its enumeration."""
    keys = "dsl", "candidates", "certified_bits"
    return [[each[key] for key in keys] for each in document.get("languages", [])]


def check_rows(claims: Claims, document: dict[str, Any], given: Given) -> None:
    """Each row of a comparison."""
    settings = document["settings"]
    _check_asked(claims, document)
    for k, (row, source) in enumerate(zip(document["rows"], document["sources"], strict=True)):
        claims.prefix = f"rows[{k}]."
        if row["error"] is not None:
            claims.open("error", row["error"], "no answer to verify")
            rest = [key for key in row if key not in ("task", "dsl", "seed", "error")]
            there = [key for key in rest if row[key] is not None]
            claims.check("has no answer", not there, there, "an error")
            continue
        labels = settings.get("labels")
        labelling = labels if labels != "true" else "true"
        if labels == "true" and settings.get("corrupt") is not None:
            labelling = f"corrupted {settings['corrupt']:g}"
        truth = truth_of(source, None, given, (row["task"], str(labelling)), claims)
        claims.equal("labelling", labelling, truth.task.labelling)
        names = [truth.task.name, source["task"]["spec"]]
        claims.check("task", _named(row["task"], names), row["task"], names[-1])
        names = [truth.dsl.name, source["dsl"]["spec"] or ""]
        claims.check("dsl", _named(row["dsl"], names), row["dsl"], names[-1])
        claims.equal("seed", row["seed"], truth.task.settings.get("seed", row["seed"]))
        _check_row(claims, row, truth)
        _check_stop(claims, row, settings)
        why = "nothing contradicts it; save the search alone to verify it with --complete"
        claims.open("certified_bits is true", row["certified_bits"], why)
    claims.prefix = ""


def _check_asked(claims: Claims, document: dict[str, Any]) -> None:
    """Whether the rows are the tasks, DSLs and seeds that were asked for, in this order."""
    settings, rows = document["settings"], document["rows"]
    tasks, dsls, first = settings["tasks"], settings["dsls"] or [None], settings["seed"]
    places = []
    for row in rows:
        dsl = row["dsl"] if settings["dsls"] else None
        if row["task"] in tasks and dsl in dsls and 0 <= row["seed"] - first < settings["seeds"]:
            places.append((tasks.index(row["task"]), dsls.index(dsl), row["seed"]))
    count = len(tasks) * len(dsls) * settings["seeds"]
    whole = len(rows) == count or document["stop_reason"] != "finished"
    holds = whole and len(places) == len(rows) and places == sorted(set(places))
    claims.check("rows are those asked for", holds, f"{len(rows)} rows", f"{count} asked for")
    fits = document["stop_reason"] in ("finished", "interrupted", "failed")
    claims.check("stop_reason", fits, document["stop_reason"], "as the rows allow")


def _named(said: str | None, names: list[str]) -> bool:
    """Whether a name is one of these, or a file of these; a path may have become absolute."""
    return said is not None and any(
        said == n or n.endswith(f"/{said.split('/')[-1]}") for n in names
    )


def _check_row(claims: Claims, row: dict[str, Any], truth: Truth) -> None:
    claims.near("table_bits", row["table_bits"], truth.table_bits)
    judged: Judged | str | None = None
    if row["program"] is None:
        claims.equal("chosen without a program", row["chosen"], "table")
        claims.equal("bits", row["bits"], None)
    else:
        if row.get("languages"):
            truth.one_of(row["languages"])
        judged = truth.judged_entry({**row, "text": row["program"]})
        right = not isinstance(judged, str)
        claims.check("program", right, row["program"], judged if not right else "a program")
    total = truth.table_bits
    if isinstance(judged, Judged):
        total = min(total, judged.total_bits)
        claims.near("bits", row["bits"], judged.bits)
        claims.equal("exceptions", row["exceptions"], judged.exceptions)
        kind = "program" if judged.constant is None else "constant"
        claims.equal("kind", row.get("kind", "program"), kind)
        claims.equal("inverted", row["inverted"], judged.inverted)
        claims.near("saved_bits", row["saved_bits"], truth.table_bits - judged.total_bits)
        claims.check("ties", (row["ties"] or 0) >= 1, row["ties"], "1 or more")
    wins = total < truth.table_bits - SAME / 2
    constant = isinstance(judged, Judged) and judged.constant
    chosen = "table" if not wins else "constant" if constant else "program"
    near = isinstance(judged, Judged) and abs(judged.total_bits - truth.table_bits) <= SAME
    claims.check("chosen", near or row["chosen"] == chosen, row["chosen"], chosen)
    claims.near("total_bits", row["total_bits"], total)
    claims.near("log2_chance_bound", row["log2_chance_bound"], truth.log2_chance(total))
    _check_accuracies(claims, row, truth, judged)
    _check_proof(claims, row, truth, isinstance(judged, Judged))


def _check_accuracies(
    claims: Claims, row: dict[str, Any], truth: Truth, judged: Judged | str | None
) -> None:
    right: dict[str, float | None] = {}
    if row["chosen"] == "table":
        right = {"train_accuracy": 1.0, "test_accuracy": truth.majority_accuracy()}
    elif isinstance(judged, Judged):
        right = {key: getattr(judged, key) for key in ("train_accuracy", "test_accuracy")}
    for key, value in right.items():
        said = row[key]
        ties = row["ties"] or 1
        if row["chosen"] == "table" or ties == 1 or said is None or value is None:
            claims.near(key, said, value)
        else:  # a mean, of which one part is known
            inside = value / ties - SAME <= said <= (value + ties - 1) / ties + SAME
            claims.check(key, inside and None, said, f"the mean of {ties}, one of them {value}")


def _check_proof(claims: Claims, row: dict[str, Any], truth: Truth, scored: bool) -> None:
    certified = row["certified_bits"]
    proven = certified is None
    if certified is not None and scored:
        least = certified + 1 + math.log2(truth.n + 1) + truth.language_bits
        proven = least >= row["total_bits"] - SAME
    if proven and row.get("languages", 0) > 1:  # the others may prove nothing
        claims.open("optimal", row["optimal"], "the certificates of other languages are not saved")
    else:
        claims.equal("optimal", row["optimal"], proven)


def _check_stop(claims: Claims, row: dict[str, Any], settings: dict[str, Any]) -> None:
    """Whether the row and the settings allow the reason why the search ended."""
    certified, stop = row["certified_bits"], row["stop_reason"]
    ended = certified is not None or stop in ("exhausted", "interrupted")
    claims.check("certified_bits", ended, certified, f"ended by {stop}")
    limited = settings.get("max_bits") is not None
    fits = {
        "optimal": row["optimal"],
        "exhausted": certified is None,
        "max_bits": limited,
        "max_programs": True,
        "moves": settings.get("moves") != 0 and not (limited and settings.get("moves") is None),
        "seconds": settings.get("seconds") is not None,
        "memory": True,
        "interrupted": True,
    }
    claims.check("stop_reason", fits.get(stop, False), stop, "as the other fields allow")


def check_experiment(claims: Claims, document: dict[str, Any]) -> None:
    """The summary, from the rows, by the `summarise` of the experiment.

    The rows are measurements: making them again is running the experiment again.
    """
    from synth import experiments

    name = document["experiment"]
    claims.open("rows", len(document["rows"]), f"measured; `synth run {name}` makes them again")
    if name not in experiments.names():
        claims.open("summary", "", f"the experiment {name} is not installed")
        return
    module = experiments.load(name)
    claims.equal("control", document["control"], module.CONTROL)
    claims.equal("claim", document["claim"], experiments.claim(module))
    if document["stop_reason"] != "finished":
        claims.open("summary", "", f"ended by {document['stop_reason']}: rows are missing")
        return
    try:
        summary = plain(module.summarise([dict(row) for row in document["rows"]]))
    except Exception as error:  # noqa: BLE001 - rows of a file may be anything
        text = " ".join(f"{type(error).__name__}: {error}".split())[:120]
        claims.check("summary", False, "", f"these rows have no summary: {text}")
        return
    for key in dict.fromkeys([*document["summary"], *summary]):
        said, found = document["summary"].get(key), summary.get(key)
        claims.check(f"summary.{key}", _alike(said, found), said, found)


def _alike(said: Any, found: Any) -> bool:
    """Whether plain data are equal, numbers up to rounding."""
    if isinstance(said, dict) and isinstance(found, dict):
        return said.keys() == found.keys() and all(_alike(said[k], found[k]) for k in said)
    if isinstance(said, list) and isinstance(found, list):
        return len(said) == len(found) and all(map(_alike, said, found))
    if isinstance(said, float) and isinstance(found, (int, float)):
        return is_near(said, found) or math.isclose(said, found, rel_tol=1e-9)
    return bool(said == found)
