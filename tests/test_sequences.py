"""Sequences: the task, its twins, the laws that are found, what follows, and what is refused."""

import itertools
import json
import math
import os
import signal
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import synth
from bench import sequence_laws, sequences
from synth import codes
from synth.engine import regress, regress_contrast
from synth.engine.driver import Search
from synth.engine.last_step import DIVISORS, LastStep
from synth.errors import RunError, SettingError, SynthError, TaskError
from synth.language import DSL, Int, Program, load_dsl
from synth.records import save_run, scored
from synth.tasks import fit, following
from synth.verification import sequences as verification_of_sequences
from synth.verification import verify
from tests import naive
from tests.command import run

FIBONACCI = [1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610]


def spec(terms, **settings):
    """The specification of a sequence."""
    more = "".join(f",{key}={value}" for key, value in settings.items())
    return "sequence:" + "/".join(map(str, terms)) + more


@pytest.fixture(scope="module")
def found():
    return synth.search(spec(FIBONACCI, train=12), max_programs=40_000)


def test_terms_before_a_term_are_inputs_of_training_terms_alone():
    task = synth.load_task(spec(FIBONACCI, train=12))
    assert (task.rows, task.training) == (15, 12)
    for lags in range(4):
        made = fit(f"sequence:lags={lags}", task).task
        assert made.columns["n"].tolist() == list(range(lags + 1, 13))
        assert made.labels.tolist() == FIBONACCI[lags:12]
        for lag in range(1, lags + 1):
            assert made.columns[f"a{lag}"].tolist() == FIBONACCI[lags - lag : 12 - lag]
        assert made.train.all()
        assert made.original is task


@pytest.mark.slow
def test_held_out_terms_change_nothing_of_a_search(found):
    """Neither which programs have a value, nor what they cost."""
    other = synth.search(spec([*FIBONACCI[:12], 10**30, 0, -5], train=12), max_programs=40_000)
    same = ("program", "table", "levels", "languages", "exact_bound", "total_bits", "candidates")
    for name in same:
        one, two = (getattr(result, name) for result in (found, other))
        if name in ("program", "table"):
            one, two = (replace(part, test_accuracy=None) for part in (one, two))
        assert one == two
    assert (found.continuation.right, other.continuation.right) == (3, 0)


def test_the_number_of_lags_and_the_first_terms_are_charged(found):
    assert (found.chosen, found.program.text, found.dsl) == (
        "program",
        "a1 + a2",
        "sequence:lags=2",
    )
    # Four numbers of lags, and 1, 1 as differences: 1, 0 has 4 + 1 bits and 1 for the order.
    assert found.language_bits == 2 + naive.sequence_bits([1, 1])
    assert found.total_bits == 1 + found.program.bits + found.language_bits
    assert found.table.bits == pytest.approx(2 + naive.sequence_bits(FIBONACCI[:12]))
    assert found.table.kind == "second differences"
    assert found.saved_bits == found.table.bits - found.total_bits
    bound = naive.log2(Fraction(6)) - found.saved_bits
    assert found.log2_chance_bound == pytest.approx(bound)
    assert found.log2_chance_bound_uniform == found.log2_chance_bound
    assert found.optimal
    assert found.continuation.terms[:4] == (233, 377, 610, 987)
    assert len(found.continuation.terms) == 10
    assert found.program.test_accuracy == 1


def test_a_given_language_is_not_charged():
    result = synth.search(spec(FIBONACCI[:12]), "sequence:lags=2", max_programs=1000)
    assert result.languages == ()
    assert result.language_bits == naive.sequence_bits([1, 1])


def test_following_terms_have_any_size():
    result = synth.search(spec([2**n for n in range(1, 13)]), max_programs=4000)
    law = result.best
    terms = following(law, [2**n for n in range(1, 13)], result.continuation.lags, 200)
    assert terms == tuple(2**n for n in range(13, 213))


def test_what_follows_ends_where_the_program_has_no_value():
    task = synth.load_task(spec([1, 2, 3, 4, 5]))
    fitted = fit("sequence:lags=1", task)
    for text, said in (
        ("n // (n - (3 + 3 + 2))", (-3, -7)),
        ("a1 * a1 * a1", None),
        ("n % (n - (3 + 3))", ()),
    ):
        program = Program.parse(text, fitted.grammar, fitted.root)
        terms = following(program, [1, 2, 3, 4, 5], 1, 20)
        if said is None:
            assert terms[:3] == (5**3, 5**9, 5**27)
            assert len(terms) == 6  # 5**729 has 1,693 bits, and the next one three times as many
        else:
            assert terms == said


@pytest.mark.parametrize(
    "terms",
    [
        FIBONACCI[:9],
        [3, 1, 4, 1, 5, 9, 2],
        [0, 0, 5, 0, 0, 5, 0],
        [n * n // (n + 2) for n in range(1, 10)],
        [n * n % (n + 2) for n in range(1, 10)],
        [n * n * (n - 3) for n in range(1, 10)],
    ],
)
@pytest.mark.parametrize("lags", [0, 1, 2])
def test_the_last_step_is_the_cheapest_of_all_pairs(terms, lags):
    task = fit(f"sequence:lags={lags}", synth.load_task(spec(terms))).task
    search = Search(task.original, f"sequence:lags={lags}", exact=True, moves=0, max_programs=400)
    search.run()
    engine, labels = search._engine, task.labels
    most = 2**40
    expected = naive.last_step(engine, labels.tolist(), most, DIVISORS)
    step = LastStep(engine, labels).found(most)
    assert (step and step[0]) == expected
    if step is not None:
        values, defined = step[1].outputs(task.columns)
        assert defined.all()
        assert values.tolist() == labels.tolist()
        assert LastStep(engine, labels).found(expected - 1) is None
        assert engine.cost_of(step[1].bits(engine.grammar)) >= expected


def test_a_language_enumerates_although_those_before_took_their_seconds():
    """Half of its own time is for the enumeration, and not half of all seconds so far."""
    task = synth.load_task(spec(FIBONACCI))
    search = Search(task, "sequence:lags=2", exact=True, moves=0, spent=60.0, seconds=90.0)
    assert search.run().program.text == "a1 + a2"


def test_a_law_that_is_not_enumerated_is_found_by_its_last_step():
    derangements = sequence_laws.laws()["factorial-like"]["derangements"]
    result = synth.search(spec(derangements, train=12), max_programs=8000)
    assert result.chosen == "program"
    assert result.continuation.right == 20
    held = [each.certified_bits for each in result.languages]
    assert result.program.bits > max(held)
    assert not result.optimal
    assert result.exact_bound <= result.program.total_bits


@pytest.mark.parametrize("twin", ["permuted", "drawn"])
def test_a_twin_stays_on_the_table(twin):
    chosen = [
        synth.contrast(spec(FIBONACCI[:12]), twin=twin, seed=seed, max_programs=40_000)
        for seed in range(3)
    ]
    assert {each.structured.chosen for each in chosen} == {"program"}
    assert {each.random.chosen for each in chosen} == {"table"}
    assert {each.random.labelling for each in chosen} == {twin}
    assert all(each.random.continuation.terms == () for each in chosen)


NOISE = [7, -3, 11, 50, 2, 99, -4, 17, 33, 81, -5, 6, 1, 1, 70, -9]


def test_a_sequence_and_its_twin_share_the_seconds():
    both = synth.contrast(spec(NOISE), seconds=2.0, max_bits=60)
    sides = both.structured, both.random
    assert [each.stop_reason for each in sides] == ["seconds"] * 2
    assert [each.settings["seconds"] for each in sides] == [2.0, 2.0]
    # Neither has all of them, nor nothing.
    assert both.structured.seconds < 1.9
    assert both.random.seconds > 0.1


def test_after_ctrl_c_the_twin_is_not_searched():
    begun = []

    def press(engine):
        begun.append(engine)
        if len(begun) == 1:
            os.kill(os.getpid(), signal.SIGINT)

    both = synth.contrast(spec(NOISE), progress=press, max_bits=60)
    assert both.structured.stop_reason == both.random.stop_reason == "interrupted"
    assert both.random.seconds < 1


def test_a_permuted_twin_has_the_same_terms():
    task = synth.load_task(spec(FIBONACCI, train=12))
    twin = task.permuted(3)
    assert twin.sequence.terms != task.sequence.terms
    assert sorted(twin.sequence.terms[:12]) == FIBONACCI[:12]
    assert sorted(twin.sequence.terms[12:]) == FIBONACCI[12:]
    assert twin.labels.tolist() == list(twin.sequence.terms)


def test_drawn_terms_have_the_probabilities_of_the_code():
    """Of the numbers of the table, written in the order that it has for the sequence."""
    task = synth.load_task(spec([5, -7, 80, 3, -60, 2, 9, 0, -4, 11, 6, -1]))
    assert codes.terms_bits(task.sequence.terms)[1] == 0
    drawn = np.array([task.drawn(seed).sequence.terms for seed in range(400)], object).ravel()
    for value in (0, -1, 1, 2, -3, 7):
        place = 2 * value + 1 if value >= 0 else -2 * value
        expected = Fraction(1, 2 ** len(naive.elias_delta(place)))
        sigma = np.sqrt(float(expected * (1 - expected)) / len(drawn))
        share = np.mean(drawn == value)
        # Sequences beyond 2**31 are drawn again, which makes small numbers a little more frequent.
        assert -4 * sigma < share - float(expected) < 4 * sigma + 0.04 * float(expected)


def one_lag():
    """A DSL of two programs, n and a1."""
    dsl = DSL("one", types=(Int(-(2**31), 2**31),))
    dsl.prepare = lambda columns: replace(columns, lags=1)
    return dsl


@pytest.mark.parametrize(
    ("languages", "nearest"),
    [([f"sequence:lags={lags}" for lags in range(3)], 0.1), ([one_lag()], 1 / 3)],
    ids=["three languages", "two programs"],
)
def test_the_chance_bound_holds_for_terms_that_are_drawn(languages, nearest):
    """All sequences that short laws say, with their exact chances by the code of each order."""
    saved, task = {}, synth.load_task(spec(FIBONACCI[:5]))
    for language in languages:
        fitted = fit(language, task)
        lags = fitted.task.sequence.lags
        laws = naive.programs(fitted.grammar, 11 * 1024)[fitted.root]
        for given in itertools.product(range(-4, 5), repeat=lags):
            charged = 1 + naive.log2(Fraction(len(languages))) + naive.sequence_bits(given)
            for units, law in laws:
                said = (*given, *following(law, given, lags, 5 - lags))
                if len(said) == 5:
                    left = 2 + naive.sequence_bits(said) - charged - units / 1024
                    saved[said] = max(saved.get(said, left), left)
    found = []
    for order in range(3):
        chance = Fraction(0)
        for said in sorted(saved, key=saved.get, reverse=True):
            chance += Fraction(1, 2 ** sum(map(codes.number_bits, codes.differences(said, order))))
            found.append(float(chance) / 2 ** codes.log2_sequence_chance(saved[said]))
    assert nearest < max(found) <= 1


def test_the_chance_bound_of_one_program():
    """Of a1 with one lag given: it is right if and only if all differences are 0."""
    for n in (4, 8):
        result = synth.search(spec([5] * n), one_lag())
        assert result.program.written == "a1"
        assert result.saved_bits == pytest.approx(math.log2(3) + n - 1)
        # A difference of 0 has 1 bit, whatever the first term is.
        assert 2 ** -(n - 1) <= result.chance_bound == pytest.approx(2 * 2 ** -(n - 1))


#: A DSL of a user's own: `div` is not what the built-in one calls so.
OWN = """
from dataclasses import replace
import numpy as np
from synth.language import DSL, Int

def halved(a, b):
    return np.floor_divide(a, 2) + b * 0

def looked_up(a, b):
    return np.array([3, 1, 2, 0])[a % 4] + b * 0

def made(**functions):
    dsl = DSL("own", types=(Int(-(2**31), 2**31),))
    for name, function in functions.items():
        dsl.add(function, "Int, Int -> Int", name=name)
    dsl.prepare = lambda columns: replace(columns, lags=1)
    return dsl

largest, halves, table = made(max=np.maximum), made(div=halved), made(table=looked_up)
divided = made(quotient=np.floor_divide)
"""


@pytest.mark.parametrize(
    ("name", "terms", "operation", "said"),
    [
        ("largest", [3, 3, 3, 4, 5, 6], "max", (7, 8, 9)),
        ("halves", [640, 320, 160, 80, 40], "div", (20, 10, 5)),
        ("table", [0, 3, 0, 3, 0, 3], "table", ()),  # takes no array of Python's numbers
        ("divided", [8, 1, 1, 1, 1, 1], "quotient", (1, 1, 1)),
    ],
)
def test_operations_of_ones_own_are_what_they_do(tmp_path, name, terms, operation, said):
    (tmp_path / "own.py").write_text(OWN)
    dsl = f"{tmp_path / 'own.py'}:{name}"
    made = synth.search(spec(terms), dsl, max_bits=9)
    assert (made.program.written or made.program.text).startswith(f"{operation}(")
    assert made.continuation.terms[:3] == said
    save_run(made, tmp_path / "run.json")
    assert [c for c in verify(tmp_path / "run.json", dsl=dsl) if c.holds is False] == []


@pytest.mark.parametrize("lags", range(4))
def test_operations_of_the_library_are_written_twice(lags):
    """Those that verification has of its own are found by the functions, guarded ones too."""
    known = verification_of_sequences._built_in()
    for primitive in load_dsl(f"sequence:lags={lags}").primitives:
        assert known[primitive.function] is verification_of_sequences._OPERATIONS[primitive.name]


def test_a_sequence_of_one_value_is_a_program():
    result = synth.search(spec([7] * 9), max_programs=400)
    assert result.program.text == "a1" or result.program.written == "a1"
    assert result.continuation.terms == (7,) * 10


def test_splitting_takes_the_first_terms():
    task = synth.load_task(spec(FIBONACCI)).split(0.6, seed=5)
    assert task.train.tolist() == [True] * 9 + [False] * 6
    with pytest.raises(TaskError, match="3 of 15 terms for training; allowed: 4 to 15"):
        task.split(3)


def large():
    """A sequence whose first terms have more bits than most laws."""
    terms = [1000001, -999983]
    while len(terms) < 8:
        terms.append(terms[-1] + terms[-2] - terms[-2] % 3)
    return terms


@pytest.mark.parametrize("terms", [[5] * 6, FIBONACCI[:9], large(), [3, 1, 4, 1, 5, 9]])
@pytest.mark.parametrize("programs", [40, 4000])
def test_no_law_has_fewer_bits_in_all_than_the_bound(terms, programs):
    """Neither of the lags that won nor of others, whose first terms have other bits."""
    result = synth.search(spec(terms), max_programs=programs)
    assert result.exact_bound >= 3  # the flag, and the number of lags
    if result.optimal:
        assert result.exact_bound == result.program.total_bits
    for lags in range(4):
        fitted = fit(f"sequence:lags={lags}", synth.load_task(spec(terms)))
        charged = 1 + 2 + naive.sequence_bits(terms[:lags])
        for units, law in naive.programs(fitted.grammar, 11 * 1024)[fitted.root]:
            if charged + units / 1024 < result.exact_bound - 1e-9:
                values, defined = law.outputs(fitted.task.columns)
                assert not defined.all() or values.tolist() != terms[lags:]


def test_a_bound_that_is_too_high_is_caught_in_all_languages(tmp_path):
    """a1 is right with 2 and 3 lags too, at the price of more first terms."""
    made = synth.search(spec([5] * 6), max_programs=40)
    document = made.to_dict() | {"exact_bound": made.program.total_bits + 8, "optimal": True}
    (tmp_path / "run.json").write_text(json.dumps(document))
    wrong = [c for c in verify(tmp_path / "run.json", complete=True) if c.holds is False]
    shown = [c.found for c in wrong if c.what == "exact_bound is true"]
    assert any("lags=2: one is right" in text for text in shown)
    assert any("lags=3: one is right" in text for text in shown)


def test_what_was_asked_is_saved_and_all_languages_are_told():
    derangements = sequence_laws.laws()["factorial-like"]["derangements"]
    found = synth.search(spec(derangements, train=12), max_programs=8000)
    assert found.settings["max_programs"] == 8000
    text = " ".join(str(found).split())
    total = sum(each.candidates for each in found.languages)
    assert total > found.candidates
    assert f"{total:,} programs in 4 languages" in text
    least = min(each.certified_bits for each in found.languages)
    assert least < found.certified_bits
    assert f"all up to {math.floor(least * 10) / 10} bits" in text


@pytest.mark.parametrize("complete", [False, True])
def test_a_saved_run_is_verified(found, tmp_path, complete):
    for name, made in (("run", found), ("data", found.with_data())):
        save_run(made, tmp_path / f"{name}.json")
        claims = verify(tmp_path / f"{name}.json", complete=complete)
        assert [claim for claim in claims if claim.holds is False] == []
        assert len(claims) > 50


@pytest.mark.parametrize("twin", ["permuted", "drawn"])
def test_a_saved_contrast_is_verified(tmp_path, twin):
    made = synth.contrast(spec(FIBONACCI, train=12), twin=twin, max_programs=4000)
    save_run(made, tmp_path / "run.json")
    assert [c for c in verify(tmp_path / "run.json", complete=True) if c.holds is False] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("table", "bits"), 60.0),
        (("table", "kind"), "terms"),
        (("language_bits",), 2.0),
        (("continuation", "right"), 2),
        (("continuation", "lags"), 1),
        (("continuation", "terms"), [233, 377, 611]),
        (("log2_chance_bound",), -60.0),
        (("program", "test_accuracy"), 0.5),
        (("program", "text"), "a1 + a2x"),
        (("rows", "train"), 10),
        (("continuation",), None),
    ],
)
def test_a_changed_run_is_caught(found, tmp_path, path, value):
    document = found.to_dict()
    part = document
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    (tmp_path / "run.json").write_text(json.dumps(document))
    wrong = [claim.what for claim in verify(tmp_path / "run.json") if claim.holds is False]
    assert any(path[0] in what for what in wrong)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("columns", {"n": list(range(2, 17))}),
        ("types", {"n": "Mod(7)"}),
        ("labels", [1] * 15),
        ("label_type", "Bool"),
        ("unknown", [True] * 15),
        ("alphabet", [0, 1]),
        ("label_names", {"1": "one"}),
        ("label", "other"),
    ],
)
def test_data_that_the_terms_do_not_say_are_refused(found, tmp_path, key, value):
    """The terms alone make the task, so that nothing else would look at these."""
    document = found.with_data().to_dict()
    assert document["data"][key] != value
    document["data"][key] = value
    (tmp_path / "run.json").write_text(json.dumps(document))
    with pytest.raises(RunError, match=f"data.{key} is not what the terms of the sequence say"):
        verify(tmp_path / "run.json")


@pytest.mark.parametrize(
    ("place", "total", "what"),
    [(2, 20.0, "languages.total_bits"), (0, 12.0, "total_bits is the least of all")],
)
def test_changed_totals_of_languages_are_caught(found, tmp_path, place, total, what):
    document = found.to_dict()
    document["languages"][place]["total_bits"] = total
    (tmp_path / "run.json").write_text(json.dumps(document))
    assert what in [c.what for c in verify(tmp_path / "run.json") if c.holds is False]


def test_a_line_of_a_file_is_a_sequence(tmp_path):
    file = tmp_path / "laws.csv"
    file.write_text("A000045, 1, 1, 2, 3, 5\n\nsquares;1;4;9;16\n2 4\t6 8\nbad,1,x,3,4\n")
    rows = {"A000045": [1, 1, 2, 3, 5], "2": [1, 4, 9, 16], "3": [2, 4, 6, 8]}
    for row, terms in rows.items():
        task = synth.load_task(f"sequence:file={file},row={row}")
        assert list(task.sequence.terms) == terms
    for row, said in (("bad", "'x' is no term"), ("9", "no line 9; allowed: 1..4"), ("-1", "-1")):
        with pytest.raises(TaskError, match=said):
            synth.load_task(f"sequence:file={file},row={row}")
    with pytest.raises(TaskError, match="No such file"):
        synth.load_task(f"sequence:file={tmp_path}/none.csv")


@pytest.mark.parametrize("head", ["", "squares\n"])
def test_a_file_of_one_column_is_a_sequence(tmp_path, head):
    file = tmp_path / "squares.csv"
    file.write_text(head + "1\n4\n9\n16\n\n25\n")
    task = synth.load_task(f"sequence:file={file}")
    assert list(task.sequence.terms) == [1, 4, 9, 16, 25]
    assert f"sequence:file={file}" == task.name
    with pytest.raises(TaskError, match="1 term; at least 4"):
        synth.load_task(f"sequence:file={file},row=5")
    assert "task sequence:file=FILE, or sequence:1/4/9/16" in run("search", file, code=2)
    file.write_text("1\n4\nnine\n16\n25\n")
    with pytest.raises(TaskError, match="'nine' is no term"):
        synth.load_task(f"sequence:file={file}")


@pytest.mark.parametrize("count", [3, 5, 8])
def test_terms_with_commas_are_answered_with_how_to_separate_them(count):
    terms = ",".join(str(k * k) for k in range(1, count + 1))
    said = run("search", f"sequence:{terms}", code=2)
    assert "separate terms by /, as in sequence:1/4/9" in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("sequence:1/2/3", "sequence: 3 terms; at least 4 are needed"),
        ("sequence:7", "sequence: 1 term; at least 4 are needed"),
        ("sequence:2/4,train=2", "sequence: 2 terms; at least 4 are needed"),
        ("sequence:1/2/3/4/5,train=2", "2 of 5 terms for training; allowed: 4 to 5 terms"),
        ("sequence:1/2/3/4.5", "4.5 is no term; allowed: whole numbers"),
        ("sequence:1/2/x/4", "numbers separated by /"),
        (
            "sequence:1/2/3/4/9999999999",
            "term 5 is 9999999999; allowed for training: whole numbers",
        ),
        ("sequence:1/2/3/4,train=9", "9 of 4 terms"),
    ],
)
def test_bad_sequences_get_one_line(given, said):
    assert said in run("search", given, code=2)


@pytest.mark.parametrize(
    ("command", "option"),
    [
        ("search", "--noise normal"),
        ("search", "--precision 0.1"),
        ("contrast", "--noise normal"),
        ("contrast", "--twins 3"),
    ],
)
def test_normal_noise_is_refused(command, option):
    said = run(command, spec(FIBONACCI), *option.split(), code=2)
    assert f"{option}: not allowed for a sequence" in said


@pytest.mark.parametrize("search", [regress, regress_contrast])
def test_a_sequence_is_not_searched_with_normal_noise(search):
    """Twins have the inputs of the task there, and those of a sequence are its own terms."""
    with pytest.raises(TaskError, match="a sequence has no normal noise; use search or contrast"):
        search(spec(FIBONACCI), max_bits=4)


def test_what_a_sequence_does_not_have_is_refused(found, tmp_path):
    task = synth.load_task(spec(FIBONACCI))
    for settings in ({"moves": 5}, {"checkpoint": tmp_path / "file"}):
        with pytest.raises(SettingError, match="not allowed for a sequence"):
            synth.search(task, **settings)
    for make in (task.uniform, lambda: task.corrupted(0.1)):
        with pytest.raises(TaskError, match="allowed: permuted, drawn"):
            make()
    with pytest.raises(TaskError, match="allowed only for sequences"):
        synth.load_task("parity:n=6").drawn()
    with pytest.raises(TaskError, match="not scored alone"):
        scored(task, "n", "sequence:lags=0")
    with pytest.raises(RunError, match="no rows to predict"):
        found.predict({"n": [16]})
    for dsl, said in (("sequence:lags=4", r"allowed: 0\.\.3"), ("boolean", "no type for Int")):
        with pytest.raises(SynthError, match=said):
            synth.search(task, dsl)
    with pytest.raises(SynthError, match="reads sequences only"):
        synth.search("parity:n=6", "sequence:lags=1")


def test_the_answer_says_what_the_bound_is_about(found):
    text = str(found)
    assert "terms drawn from the table's code" in text
    assert "labels permuted" not in text
    assert "the first 3 of the 3 that were held out are right" in " ".join(text.split())
    assert "233, 377, 610, 987" in text
    assert "unseen labels" not in text


def test_there_are_ten_sequences_of_each_of_ten_kinds():
    laws = sequence_laws.laws()
    every = [terms for named in laws.values() for terms in named.values()]
    assert [len(named) for named in laws.values()] == [10] * 10
    every += sequence_laws.without_law().values()
    assert {len(terms) for terms in every} == {sequence_laws.TERMS}
    assert len({tuple(terms) for terms in every}) == 110
    assert max(abs(t) for terms in every for t in terms[: sequence_laws.TRAINING]) <= 2**31


@pytest.mark.parametrize("kind", sequence_laws.laws())
def test_a_few_sequences_of_each_kind_are_solved(kind):
    few = dict(list(sequence_laws.laws()[kind].items())[:3])
    assert sum(sequences.solved(terms, 40_000).right for terms in few.values()) >= 2


def test_few_programs_find_no_law_where_there_is_none():
    for terms in sequence_laws.without_law().values():
        one = sequences.solved(terms, 40_000)
        assert one.right or one.chosen == "table" or one.log2_bound > -10
