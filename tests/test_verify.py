"""`synth verify`: all saved runs hold, planted changes are found, damage is one line."""

import copy
import json
import random
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

import synth
from synth.engine import backward, driver
from synth.errors import RunError
from synth.tasks import fit
from synth.verification import Everything, everything, verify
from synth.verification.claims import Claims
from synth.verification.classes import check_classes
from synth.verification.truth import Truth
from tests import naive
from tests.command import run
from tests.drawn import budget_of, tasks
from tests.test_layout import MODULES, imports, loaded, room

ONE = {"threads": 1, "memory": 10**9, "seconds": None}

#: Its best language is not that of its twin.
OWN_TABLE = Path(__file__).parent.parent / "examples" / "own_table.csv"
OWN = """
import numpy as np
import synth
from synth import DSL, Bool, Int

dsl = DSL("own", types=(Int(0, 1000), Bool), leaf_probability=0.25)
dsl.add(np.greater, "Int, Int -> Bool", symbol=">")
dsl.add(np.logical_or, "Bool, Bool -> Bool", symbol="|", commutative=True, weight="1/3")
dsl.add(np.floor_divide, "Int, Int -> Int", symbol="//")
dsl.constant(4, Int)
"""


def table(path, rows=40):
    generator = np.random.default_rng(5)
    lines = ["a,b,colour,label"]
    for _ in range(rows):
        a, b = generator.integers(0, 9, 2).tolist()
        colour = ("red", "blue")[int(generator.integers(2))]
        lines.append(f"{a},{b},{colour},{'yes' if a > b or colour == 'red' else 'no'}")
    path.write_text("\n".join(lines) + "\n")


def real_task():
    x = np.linspace(-2, 2, 12).round(2)
    labels = np.where(x > 0, x * x + 1, 1 / np.where(x == 0, 1, x))
    train = np.arange(12) % 3 > 0
    return synth.Task("curve", {"x": x}, {"x": synth.Real}, labels, synth.Real, train)


def made(folder):
    """Runs of many kinds, by name, and what verifying them needs."""
    table(folder / "t.csv")
    (folder / "own.py").write_text(OWN)
    csv, own = folder / "t.csv", f"{folder / 'own.py'}:dsl"
    search, short = synth.search, {"max_programs": 1500, "moves": 0, **ONE}
    runs = {
        "boolean": search("parity:n=5,k=2", **ONE),
        "ties": search("parity:n=4,k=4", max_bits=9, **ONE),
        "threads": search("parity:n=5,k=3", **{**ONE, "threads": 2}),
        "modular": search("mod-add:p=5,train=0.5", **ONE),
        "partial": search("mod-div:p=5,train=0.5", max_bits=18, **ONE),
        "features": search("monk:1", "features", top=4, **short),
        "real": search(real_task(), "real", **short).with_data(),
        "table": search(csv, **short),
        "own": search(csv, own, **short),
        "exact": search("parity:n=4,k=2", exact=True, **ONE),
        "none": search("mod-div:p=5,train=0.5", exact=True, max_bits=14, **ONE),
        "found": search("mod-mul:p=3", exact=True, **ONE),
        "corrupted": search(synth.load_task("majority:n=3").corrupted(0.5, 2), max_bits=8, **ONE),
        "exhausted": search("shj:type=2", "boolean:and-or-not", top=3, **ONE),
        "reach": search("parity:n=6,k=3,train=40", max_programs=200, moves=9, **ONE),
        "contrast": synth.contrast("parity:n=4,k=2", seed=3, **ONE),
        "languages": synth.contrast(OWN_TABLE, **short),
        "uniform": synth.contrast("mod-add:p=5", twin="uniform", max_bits=9, **ONE),
        "machines": search("tomita:6,length=5,rows=40,test=20", "machines", **ONE),
        "loops": search("tomita:1,length=5,rows=40,test=20", "loops", max_programs=800, **ONE),
        "sequence": search("sequence:1/4/9/16/25/36", max_bits=14, **ONE),
        "points": search(csv, "points", moves=60, **ONE),
        "numbers": synth.regress(real_task(), "real", max_programs=300, **ONE)[0].with_data(),
        "compare": synth.compare(["parity:n=3,k=2", "mod-add:p=3"], ["boolean"],
                                 max_bits=8, threads=1, seeds=2),
        "experiment": synth.run_experiment("sparsity", rows="10", runs=1),
    }  # fmt: skip
    for name, each in runs.items():
        synth.save_run(each, folder / f"{name}.json")
    return {name: ({"dsl": own} if name == "own" else {}) for name in runs}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("runs")
    (found / "needs.json").write_text(json.dumps(made(found)))
    return found


NAMES = ["boolean", "ties", "threads", "modular", "partial", "features", "real", "languages",
         "table", "own", "exact", "none", "found", "corrupted", "exhausted", "reach", "contrast",
         "uniform", "machines", "loops", "sequence", "points", "numbers", "compare",
         "experiment"]  # fmt: skip


def needs(folder, name):
    return json.loads((folder / "needs.json").read_text())[name]


def checked(folder, name, path=None, **more):
    """The claims of a run that do not hold, as (what, said, computed)."""
    given = {"candidates": 300_000, **needs(folder, name), **more}
    claims = verify(path or folder / f"{name}.json", **given)
    return [(c.what, c.said, c.found) for c in claims if c.holds is False]


@pytest.mark.parametrize("name", NAMES)
def test_every_claim_of_a_saved_run_holds(folder, name):
    assert checked(folder, name) == []
    assert checked(folder, name, complete=True) == []


@pytest.mark.parametrize("task", ["majority:n=5", "parity:n=5,k=4", "multiplexer"])
def test_an_exact_run_holds_if_time_ends_before_the_enumeration_goes_on(
    tmp_path, monkeypatch, task
):
    """After reach, the enumeration goes back into the band that its share cut short."""
    monkeypatch.setattr(driver, "default_programs", lambda *_: 300)
    monkeypatch.setattr(backward, "SOLVED_FIRST", 1)
    search = synth.Search(task, exact=True, **{**ONE, "seconds": 1e6}, moves=40)
    lift, lifted = search._lift_share, []

    def end_of_time():
        lift()
        lifted.append(search._engine.candidates)
        search._watch.limits = replace(search._watch.limits, seconds=1e-9)

    monkeypatch.setattr(search, "_lift_share", end_of_time)
    result = search.run()
    assert (lifted, result.stop_reason) == ([300], "seconds")
    assert sum(level.candidates for level in result.levels) == result.candidates == 300
    synth.save_run(result, tmp_path / "lifted.json")
    claims = verify(tmp_path / "lifted.json", candidates=300_000)
    assert [(c.what, c.said, c.found) for c in claims if c.holds is False] == []


# -- planted changes --------------------------------------------------------------------

#: Fields whose change is not found in every run; and why.
EXEMPT = {
    r"(.*\.)?(version|seconds)": "about the program and the machine",
    r"(.*\.)?settings\.(seconds|memory|threads|max_programs|max_bits|top)": "asked for, no claim",
    r"(.*\.)?levels\[\d+\]\.dropped": "how the engine works: no claim about programs",
    r"reach\.(chains|seed|planned)": "asked for, no claim",
    r"resumed": "only the checkpoint shows it",
    r"reach\.seeds\[\d+\]\.stage": "only running it again shows it",
    r"reach\.points\[\d+\]\.moves": "only running it again shows it",
    r"reach\.certificates\[\d+\]\.part_bits": "where nothing listed contradicts it",
    r"reach\.certificates\[\d+\]\.statement": "a sentence of the other fields",
    r"rows\[\d+\]\.(certified_bits|ties|candidates|distinct)": "verify the search itself",
    r"rows\[\d+\]\.error": "no answer to verify",
    r"settings\.(label|drop|modulus|train|moves|chains)": "of a comparison, whose digests say it",
}  # fmt: skip
#: Runs in which every claim is changed, and further fields that cannot be decided there.
PLANTED = {
    "boolean": (),
    "exact": (),
    "found": (),
    # Levels beyond the certificate are not enumerated again; the DSL is the one that is given.
    "own": (r"levels\[\d+\]\.bits", "certified_bits", "distinct", r"source\.dsl\.spec"),
    "reach": (r"levels\[\d+\]\.bits",),
    "contrast": (),
    # How many machines are kept is no claim about machines.
    "machines": ("distinct",),
    "points": (r"program\.ties",),  # other cards say the same
    "compare": (),
}
#: Words of which another is put in place of one.
WORDS = (
    ("program", "table"),
    ("uniform", "frequency"),
    ("enumeration", "reach", "exact"),
    ("true", "permuted", "uniform"),
    ("optimal", "exhausted", "max_bits", "moves"),
)


def leaves(value, path=""):
    """(path, the dict or list that holds it, its key) of every value; of lists, three entries."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        if isinstance(value, list) and 2 <= key < len(value) - 1:
            continue
        name = f"{path}[{key}]" if isinstance(value, list) else f"{path}.{key}".lstrip(".")
        if isinstance(inner, (dict, list)):
            yield from leaves(inner, name)
        else:
            yield name, value, key


def changed(value):
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, str):
        words = next((w for w in WORDS if value in w), (value, f"{value}x"))
        return words[(words.index(value) + 1) % len(words)]
    return 1.5


def certificate(**changes):
    """A class certificate of the parity of two, which has no short disjunction or conjunction."""
    made = {"form": "disjunction", "operators": ["p | q"], "part_bits": 5.0, "bits": None,
            "total_bits": None, "program": None, "statement": ""}  # fmt: skip
    return {**made, **changes}


def test_a_class_certificate_that_something_listed_contradicts_is_found():
    task = synth.load_task("parity:n=3,k=2", train=1.0)
    truth = Truth(task, synth.load_dsl("boolean:and-or-not"))
    text, code = "x0 & ~x1 | ~x0 & x1", truth.exceptions_bits(0)
    bits = truth.judge(text).bits
    parts = max(truth.judge(part).bits for part in ("x0 & ~x1", "~x0 & x1"))
    seed = {"stage": "terms", "text": text}
    found = {
        "true": {"bits": bits, "total_bits": bits + code, "program": text, "part_bits": parts},
        "above": {"bits": bits + 1, "total_bits": bits + 1 + code, "part_bits": parts},
        "none": {"part_bits": parts},
        "short parts": {"part_bits": parts - 0.1},
        "longer": {"bits": bits + 1, "total_bits": bits + 1 + code, "program": text},
        "total": {"bits": bits, "total_bits": bits, "part_bits": parts},
        "operator": {"operators": ["p & q"], "part_bits": parts - 0.1},
        "form": {"form": "parity"},
    }
    faults = {}
    for name, changes in found.items():
        reach = {"seeds": [seed], "certificates": [certificate(**changes)]}
        document = {"reach": reach, "program": None, "front": [], "top": [], "certified_bits": None}
        claims = Claims()
        check_classes(claims, document, truth)
        faults[name] = [c.what.rpartition(".")[2] for c in claims.made if c.holds is False]
    assert faults == {
        "true": [], "above": ["bits"], "none": ["bits"], "short parts": [], "longer": ["program"],
        "total": ["total_bits"], "operator": ["operators"], "form": ["form"],
    }  # fmt: skip


def is_found(folder, name, path):
    """Whether a verification fails, first without enumerating everything."""
    try:
        return any(checked(folder, name, path, complete=whole) for whole in (False, True))
    except RunError:
        return True


@pytest.mark.parametrize("name", PLANTED)
def test_every_changed_claim_is_found(folder, tmp_path, name):
    """A new field of a record is among them, and red until something checks it."""
    document = json.loads((folder / f"{name}.json").read_text())
    exempt = "|".join([*EXEMPT, *PLANTED[name]])
    planted, missed = 0, []
    for path, holder, key in leaves(document):
        if path.startswith("structured.") or re.fullmatch(exempt, path.removeprefix("random.")):
            continue  # the fields of structured are those of a search
        value = holder[key]
        holder[key] = changed(value)
        (tmp_path / "run.json").write_text(json.dumps(document))
        if not is_found(folder, name, tmp_path / "run.json"):
            missed.append((path, value, holder[key]))
        holder[key] = value
        planted += 1
    assert missed == []
    assert planted >= 60


@pytest.mark.parametrize("what", ["front", "top", "levels"])
def test_a_list_that_lacks_an_entry_or_is_out_of_order_is_found(folder, tmp_path, what):
    document = json.loads((folder / "boolean.json").read_text())
    for change in (lambda v: v.pop(0), lambda v: v.pop(), lambda v: v.reverse(),
                   lambda v: v.append(v[-1])):  # fmt: skip
        edited = copy.deepcopy(document)
        change(edited[what])
        (tmp_path / "run.json").write_text(json.dumps(edited))
        assert is_found(folder, "boolean", tmp_path / "run.json")


def test_what_is_said_of_the_other_languages_is_enumerated(folder, tmp_path):
    """A language that lost, of which a worse program is said than is certified."""
    result = synth.search(folder / "t.csv", max_programs=1500, moves=0, **ONE)
    synth.save_run(result, tmp_path / "run.json")
    document = json.loads((tmp_path / "run.json").read_text())
    given = {"table": folder / "t.csv", "candidates": 300_000}
    for each in document["languages"]:
        each["total_bits"] += 1
        (tmp_path / "run.json").write_text(json.dumps(document))
        claims = verify(tmp_path / "run.json", complete=True, **given)
        assert any(c.holds is False and "languages." in c.what for c in claims)
        each["total_bits"] -= 1
    (tmp_path / "run.json").write_text(json.dumps(document))
    claims = verify(tmp_path / "run.json", complete=True, **given)
    said = {c.what: c.holds for c in claims if c.what.startswith("languages.")}
    assert len(said) >= 5
    assert set(said.values()) == {True}


def test_a_better_program_that_the_lists_hide_is_found(folder, tmp_path):
    """A run that claims to be complete, without its best program: only enumerating shows it."""
    document = json.loads((folder / "boolean.json").read_text())
    best = document["program"]
    document["front"] = [p for p in document["front"] if p["text"] != best["text"]]
    document["top"] = [p for p in document["top"] if p["text"] != best["text"]]
    second = next(h for h in document["top"] if h["kind"] == "program")
    truth = {k: second[k] for k in ("text", "bits", "exceptions", "total_bits", "inverted")}
    document["program"] = {**best, **truth}
    (tmp_path / "run.json").write_text(json.dumps(document))
    found = [what for what, *_ in checked(folder, "boolean", tmp_path / "run.json", complete=True)]
    assert {"program is the best", "front is complete"} <= set(found)


# -- where the data are now -------------------------------------------------------------


def test_a_table_or_a_dsl_that_changed_is_said(folder, tmp_path):
    lines = (folder / "t.csv").read_text().splitlines()
    for edited, wanted in (
        (["a,b,colour,label", "3,4,red,yes", *lines[2:]], {"source.task.sha256", "source.inputs"}),
        ([*lines[:-1], lines[-1].replace("yes", "no?").replace("no", "yes")], {"source.labels"}),
        ([*lines, ""], {"source.task.sha256"}),
    ):
        (tmp_path / "t.csv").write_text("\n".join(edited) + "\n")
        found = {what for what, *_ in checked(folder, "table", table=tmp_path / "t.csv")}
        assert wanted <= found
    for old, new, wanted in (
        ('"1/3"', '"2/3"', {"source.dsl.sha256", "source.dsl.signatures", "program.bits"}),
        ("np.greater,", "np.greater_equal,", {"source.dsl.sha256"}),
    ):
        (tmp_path / "own.py").write_text(OWN.replace(old, new))
        found = {what for what, *_ in checked(folder, "own", dsl=f"{tmp_path / 'own.py'}:dsl")}
        assert wanted <= found


def test_a_table_is_found_beside_the_run_and_data_that_are_kept_need_none(tmp_path, monkeypatch):
    table(tmp_path / "t.csv")
    monkeypatch.chdir(tmp_path)
    result = synth.search("t.csv", max_bits=9, threads=1)
    (tmp_path / "sub").mkdir()
    for name, kept in (("run", result), ("kept", result.with_data())):
        synth.save_run(kept, tmp_path / "sub" / f"{name}.json")
    assert synth.load_run(tmp_path / "sub" / "kept.json").data["label_type"] == "Bool"
    assert all(c.holds is not False for c in verify(tmp_path / "sub" / "kept.json"))
    (tmp_path / "t.csv").rename(tmp_path / "sub" / "t.csv")
    assert all(c.holds is not False for c in verify(tmp_path / "sub" / "run.json"))
    (tmp_path / "sub" / "t.csv").rename(tmp_path / "sub" / "other.csv")
    assert "no table t.csv" in run("verify", "sub/run.json", code=2)
    run("verify", "sub/run.json", "--table", "sub/other.csv")
    run("verify", "sub/kept.json", "--complete")


def test_a_missing_number_is_equal_to_itself_and_a_column_that_differs_is_named(tmp_path):
    lines = [f"{'' if k % 4 == 0 else k % 5},{k % 3},{'ab'[k % 5 > 2]}" for k in range(60)]
    (tmp_path / "gaps.csv").write_text("\n".join(["a,b,y", *lines]) + "\n")
    found = synth.contrast(tmp_path / "gaps.csv", max_bits=9, **ONE)
    for kept in (found, found.with_data()):
        synth.save_run(kept, tmp_path / "run.json")
        assert [c.what for c in verify(tmp_path / "run.json") if c.holds is False] == []
    document = json.loads((tmp_path / "run.json").read_text())
    column = document["random"]["data"]["columns"]["a"]
    column[1] = None if column[1] is not None else 1.0
    (tmp_path / "run.json").write_text(json.dumps(document))
    said = {c.what: c.found for c in verify(tmp_path / "run.json") if c.holds is False}
    assert said["random has the rows of structured"] == "others: column a"


def test_the_file_of_a_dsl_runs_only_if_the_user_names_it(folder, tmp_path):
    text = (folder / "own.json").read_text()
    (tmp_path / "evil.py").write_text("raise SystemExit('ran')")
    (tmp_path / "run.json").write_text(
        text.replace(str(folder / "own.py"), str(tmp_path / "evil.py"))
    )
    assert "whose code would run; give it with --dsl" in run(
        "verify", tmp_path / "run.json", code=2
    )


def test_labels_that_no_value_stands_for_are_never_right():
    """The opposite of one of two labels is the other, and not a third one that is held out."""
    two = synth.Int(0, 1)
    x, labels = np.array([0, 0, 0, 1, 1, 1, 0, 1]), np.array([1, 1, 1, 0, 0, 0, 5, 0])
    dsl = synth.DSL("two", types=(two,))
    dsl.constant(1, two)
    task = synth.Task("t", {"x": x}, {"x": two}, labels, two, np.arange(8) < 6)
    result = synth.search(task, dsl, max_bits=4, threads=1)
    assert (result.program.inverted, result.program.test_accuracy) == (True, 0.5)
    assert Truth(fit(dsl, task).task, dsl).judge("x").test_accuracy == 0.5


# -- damage -----------------------------------------------------------------------------

JUNK = (
    None,
    True,
    False,
    0,
    -1,
    3,
    10**30,
    0.25,
    -1e300,
    "",
    "x",
    "\x1b[31m",
    [],
    {},
    [[]],
    {"a": 1},
)


def damaged(document, generator):
    """A document with one value replaced, taken out or put elsewhere."""
    places = list(leaves(document))
    path, holder, key = generator.choice(places)
    if path.endswith("task.spec") or ".options." in path:
        return document  # another task may be a large one
    how = generator.randrange(4)
    if how == 0:
        holder[key] = generator.choice(JUNK)
    elif how == 1:
        del holder[key]
    elif how == 2:
        _, other, there = generator.choice(places)
        holder[key] = other.get(there) if isinstance(other, dict) else other[there % len(other)]
    else:
        top = generator.choice(list(document))
        document[top] = generator.choice(JUNK)
    return document


def test_a_damaged_run_is_refused_in_one_line_or_fails(folder, tmp_path):
    generator, lines, failing = random.Random(7), [], 0
    names = ["boolean", "exact", "reach", "contrast", "compare", "real", "table", "experiment"]
    kept = {name: (folder / f"{name}.json").read_text() for name in names}
    path = tmp_path / "run.json"
    for k in range(300):
        text = kept[names[k % len(names)]]
        if k % 10 == 0:
            text = text[: generator.randrange(len(text))]
        elif k % 10 == 1:
            place = generator.randrange(len(text))
            text = text[:place] + generator.choice('x{}[]",0') + text[place + 1 :]
        else:
            text = json.dumps(damaged(json.loads(text), generator))
        path.write_text(text)
        try:
            failing += any(c.holds is False for c in verify(path))
        except RunError as error:
            lines.append(str(error))
    assert all(line.isprintable() for line in lines)
    assert len(lines) > 100
    assert failing > 40


def test_the_command_says_what_it_found(folder, tmp_path):
    path = folder / "boolean.json"
    out = run("verify", path)
    lines = [line for line in out.splitlines() if line[:6] in ("ok    ", "FAILS ", "open  ")]
    assert len(lines) > 40
    assert "claims hold, 1 open" in out
    document = json.loads(run("verify", path, "--complete", "--json"))
    assert (document["fail"], document["open"]) == (0, 0)
    assert document["hold"] == len(document["claims"]) > 50
    edited = json.loads(path.read_text())
    edited["program"]["exceptions"] += 1
    (tmp_path / "run.json").write_text(json.dumps(edited))
    out = run("verify", tmp_path / "run.json", code=1)
    assert re.search(r"FAILS  program.exceptions +said 1, computed 0", out)
    (tmp_path / "run.json").write_text(path.read_text().replace("synth-run-1", "synth-run-9"))
    assert "this version reads synth-run-1" in run("verify", tmp_path / "run.json", code=2)
    edited = json.loads(path.read_text())
    del edited["source"]
    (tmp_path / "run.json").write_text(json.dumps(edited))
    assert "does not say where its data come from" in run("verify", tmp_path / "run.json", code=2)
    assert "cannot be read" in run("verify", tmp_path / "none.json", code=2)


def test_what_json_prints_and_what_save_keeps_can_be_verified(tmp_path):
    limits = ["--max-bits", 8, "--threads", 1]
    (tmp_path / "a.json").write_text(run("search", "parity:n=3,k=2", "--json", *limits))
    run("contrast", "parity:n=3,k=2", *limits, "--save", tmp_path / "b.json", "--save-data")
    (tmp_path / "c.json").write_text(
        run("contrast", "parity:n=3,k=2", "--seeds", 2, "--json", *limits)
    )
    for name in "abc":
        run("verify", tmp_path / f"{name}.json", "--complete")
    assert "allowed only with --save" in run("search", "parity", "--save-data", code=2)


def test_a_budget_that_is_too_small_is_said(folder):
    claims = verify(folder / "boolean.json", complete=True, candidates=50)
    (open_,) = [c for c in claims if c.holds is None]
    assert re.search(
        r"too far: all programs up to [\d.]+ bits were compared, \d+ candid", open_.found
    )
    assert failures(claims) == []


def failures(claims):
    return [c for c in claims if c.holds is False]


def test_a_program_of_hundreds_of_bits_is_judged_as_brute_force_judges_it():
    task = synth.load_task("multiplexer:a=3", train=200)
    truth = Truth(task, synth.load_dsl("boolean"))
    terms = [
        " & ".join([*(f"{'~' * (not k >> j & 1)}x{j}" for j in range(3)), f"x{3 + k}"])
        for k in range(8)
    ]
    for text, right in ((" | ".join(terms), True), (" | ".join(terms[1:]), False)):
        judged, tree = truth.judge(text), truth.read(text)
        seen = naive.behaviour(tree, task.columns)
        wrong = sum(bool(seen[r] != task.labels[r]) for r in np.flatnonzero(task.train))
        assert judged.bits > 200
        assert (judged.exceptions, judged.wrong == 0) == (wrong, right)
        total = naive.program_total(tree.units(truth.grammar) / 1024, 200, wrong, 2, False)
        assert abs(judged.total_bits - total) < 1e-9


# -- it shares nothing with the search --------------------------------------------------


def test_no_module_of_verify_imports_what_a_search_uses():
    for name, path in MODULES.items():
        if room(name) == "verification":
            used = {module.partition(".")[0] for module, _ in imports(path)}
            assert not used & {"engine", "kernels", "exact", "codes", "runs"}, name


def test_verifying_loads_no_engine(folder):
    path = str(folder / "contrast.json")
    found = loaded(f"from synth.verification import verify\nverify({path!r}, complete=True)")
    assert "synth.verification.complete" in found
    assert not {"numba", "synth.engine", "synth.codes"} & found


@settings(max_examples=30, deadline=None)
@given(tasks())
def test_the_enumerator_and_its_prices_equal_brute_force(drawn):
    grammar, _, task = drawn
    truth = Truth(task, grammar.dsl)
    assert {p.item.name: p.units for p in grammar} == {h.name: u for h, u in truth.prices.items()}
    most = budget_of(grammar, 120)
    found = everything(truth, most)
    assert isinstance(found, Everything)
    for type_, least in naive.behaviours(grammar, task.columns, most).items():
        given_ = {tuple(np.frombuffer(k, type_.dtype).tolist()): u
                  for k, u in found.units[type_].items()}  # fmt: skip
        assert given_ == least
    n, k = truth.n, truth.k
    for e in range(n + 1):
        total = naive.program_total(0, n, e, k, truth.outside)
        assert abs(truth.exceptions_bits(e) - total) < 1e-9
    assert abs(truth.table_bits - naive.table_bits(truth.counts)) < 1e-9
