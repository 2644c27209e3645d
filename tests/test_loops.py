"""The DSL `loops`: folds whose functions are enumerated, and programs of them."""

import itertools
import json
import re
import subprocess
import sys
from dataclasses import replace
from runpy import run_path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.cli import main
from synth.engine import coding, folding, loops
from synth.engine.folding import Sizes
from synth.engine.limits import Limits
from synth.engine.watch import Watch
from synth.language import (
    DSL,
    Bool,
    Grammar,
    Input,
    Int,
    Mod,
    Program,
    Str,
    folds,
    loop_code,
    machines,
)
from synth.language.dsls.loops import COUNT, build
from synth.records import StopReason
from synth.report import reasons, search_text
from synth.tasks import Task, fit, load_task
from synth.tasks.builtin import strings as languages
from synth.verification import families
from tests import naive
from tests.command import run
from tests.test_machines import DEFINED, all_strings

#: The most bits that languages may take whose programs are found in seconds.
ASKED = {
    "tomita:1": 19.9,
    "tomita:2": 36.3,
    "tomita:5": 35.9,
    "tomita:6": 36.7,
    "strings:parity": 19.9,
    "strings:divisible-3": 36.7,
    "strings:majority": 20.6,
    "strings:less": 30.0,
}
#: Those whose program is found, and not proven.
SOLVED = {
    "tomita:3": 75.7,
    "tomita:4": 45.9,
    "tomita:7": 58.9,
    "strings:divisible-5": 37.5,
    "strings:dyck,length=16": 32.9,
    "strings:anbn,length=24": 52.5,
}


@pytest.fixture(scope="module")
def grammar():
    return fit("loops", load_task("tomita:1")).grammar


SLOW = {"tomita:2", "tomita:6", "tomita:7", "strings:divisible-3", "strings:less"}
SLOW |= {"tomita:1", "strings:majority"}
SLOW |= {"tomita:4", "strings:divisible-5", "strings:dyck,length=16", "strings:anbn,length=24"}


def some_slow(specs):
    """The specifications, of which some are tested for long only."""
    return [pytest.param(s, marks=pytest.mark.slow) if s in SLOW else s for s in specs]


def check_of_all_lengths(result, spec, folder):
    """It is right on all strings of some length and on long ones, and every claim of it holds."""
    name = spec.partition(",")[0]
    language = languages.TOMITA[int(name[-1]) - 1] if "tomita" in name else None
    language = language or languages.LANGUAGES[name.partition(":")[2]]
    every = [*all_strings(12 if language.letters == "01" else 5, language.letters)]
    drawer = languages.Drawer(language, np.random.default_rng(0))
    every += [drawer.drawn(100, bool(k % 2)) for k in range(60) if drawer.count(100, bool(k % 2))]
    said = result.best.evaluate({"xs": np.array(every)}) ^ result.program.inverted
    assert said.tolist() == [DEFINED[name](s) for s in every]
    synth.save_run(result, folder / "run.json")
    assert not [c for c in synth.verify(folder / "run.json") if c.holds is False]


@pytest.mark.parametrize("spec", some_slow(ASKED))
def test_short_programs_are_found_and_proven(spec, tmp_path):
    result = synth.search(spec, "loops", seconds=None)
    assert (result.chosen, result.optimal, result.program.exceptions) == ("program", True, 0)
    assert result.program.bits <= ASKED[spec]
    check_of_all_lengths(result, spec, tmp_path)


@pytest.mark.parametrize("spec", some_slow(SOLVED))
def test_longer_programs_are_solved_from_the_labels(spec, tmp_path, monkeypatch):
    more = spec in ("strings:divisible-5", "strings:dyck,length=16")
    monkeypatch.setattr(loops, "STAGES", loops.STAGES[: 1 + more])
    result = synth.search(spec, "loops", seconds=None, max_programs=30_000)
    assert (result.chosen, result.program.exceptions) == ("program", 0)
    assert result.program.found_by == "labels"
    assert result.certified_bits < result.program.bits <= SOLVED[spec]
    check_of_all_lengths(result, spec, tmp_path)


@pytest.mark.parametrize(
    ("text", "type_", "strings", "said"),
    [
        ("fold['s, b: s ^ b', false](xs)", Bool, ["", "1", "101"], [False, True, False]),
        ("fold_mod3['s, b: where(b, s + 1, s)', 2](xs)", Mod(3), ["", "1", "1101"], [2, 0, 2]),
        ("fold_count['s, b: where(b, s + -1, s)', 0](xs) < 0", Bool, ["0", "01"], [False, True]),
        ("fold2['s, t, b: b; t | s & ~b -> ~t'](xs)", Bool, ["0011", "010"], [True, False]),
        (
            "fold3['s, t, u, b: b; t | s & ~b; t & (u | s & ~b) -> ~u'](xs) & "
            "fold['s, b: b', true](xs)",
            Bool,
            ["", "0101", "01", "1"],
            [True, True, True, True],
        ),
        ("fold['s, b: b', true](xs) & ~fold['s, b: s', false](xs)", Bool, ["", "0"], [True, False]),
    ],
)
def test_programs_are_read_back(grammar, text, type_, strings, said):
    program = Program.parse(text, grammar, type_)
    assert program.text == text
    assert program.evaluate({"xs": np.array(strings)}).tolist() == said
    assert Program.parse(program.text, grammar, type_) == program


@pytest.mark.parametrize(
    "text",
    [
        "fold['s, b: s + b', false](xs)",
        "fold['s, c: s', false](xs)",
        "fold['s, b: s', 2](xs)",
        "fold['s, b:  s', true](xs)",  # written in another way
        "fold_mod7['s, b: s', 0](xs)",
        "fold['s, b: s', true]",
        "fold2['s, t, b: s -> t'](xs)",
        "fold2['s, t, b: s; t; s -> t'](xs)",
        "fold2['s, t, b: s; t -> b'](xs)",  # the answer reads no letter
        "fold2['s, b: s; b -> s'](xs)",
        "fold['s, b: s -> s', true](xs)",
    ],
)
def test_what_is_no_fold_is_refused(grammar, text):
    with pytest.raises(synth.SynthError):
        Program.parse(text, grammar, Bool)


def test_a_fold_costs_its_function_and_its_start(grammar):
    # Of truth values, folds have half, and listed primitives the other half.
    program = Program.parse("fold['s, b: s ^ b', true](xs)", grammar, Bool)
    # `^` is one of 4 primitives that share half, and s and b share the other half.  The kind of
    # folds with one part and the first state have a bit each.
    assert program.bits(grammar) == 1 + 1 + (1 + 2) + 2 * 2 + 1
    program = Program.parse("fold3['s, t, u, b: s ^ b; t; b -> ~u'](xs)", grammar, Bool)
    leaf = np.ceil(1024 * (1 + np.log2(3))) / 1024  # of the answer, which reads three parts
    assert program.bits(grammar) == 1 + 2 + (3 + 3 + 3) + 3 + 3 + (3 + leaf)
    kind = grammar.dsl.family.kinds["fold_mod3"]
    program = Program.parse("fold_mod3['s, b: s', 1](xs)", grammar, Mod(3))
    function = 1 + 2  # a leaf: s or one of 3 constants
    leaf = 2  # the fold or one of 3 constants; no listed primitive makes residues
    start = np.ceil(1024 * np.log2(3)) / 1024
    assert program.bits(grammar) == function + leaf + start
    assert kind.type == Mod(3)


def test_counters_stay_at_the_ends_of_their_range():
    family = build((Str("01"), Bool), count=3).family
    kind = family.kinds["fold_count"]
    body = Program.parse("s + 1", family.grammar(kind), Int(-3, 3))
    fold = family.fold(kind, [body], 0)
    assert fold.function(np.array(["", "00", "000", "00000"])).tolist() == [0, 2, 3, 3]


def test_counters_count_all_letters_of_the_longest_string(tmp_path):
    """A task says how long strings may be: what is trained on short ones is right on those."""
    task = load_task("strings:anbn,length=24,longest=300,test=40")
    fitted = fit("loops", task)
    assert fitted.dsl.name == fitted.dsl.spec == "loops:count=300"
    text = (
        "(0 == fold_count['s, b: s + where(b, 1, -1)', 0](xs)) & "
        "fold2['s, t, b: b; t | s & ~b -> ~t'](xs)"
    )
    short = fit("loops", load_task("strings:anbn,length=24"))
    assert short.dsl.name == "loops"
    strings = np.array(["0" * k + "1" * (300 - k) for k in range(301)] + ["0" * 149 + "01" * 75])
    for each, right in ((fitted, True), (short, False)):  # at the same price
        program = Program.parse(text, each.grammar, Bool)
        assert program.bits(each.grammar) == pytest.approx(50.1015625)
        said = program.evaluate({"xs": strings})
        assert (said.tolist() == [k == 150 for k in range(302)]) == right
    assert fit("loops:count=40", task).dsl.name == "loops:count=40"  # what is asked for is kept
    result = synth.search("strings:majority,longest=200,test=20", "loops", seconds=None)
    assert result.dsl == "loops:count=200"
    assert "fold_count" in result.program.text
    assert result.program.test_accuracy == 1
    assert "counts            from -200 to 200" in search_text(result)
    synth.save_run(result, tmp_path / "run.json")
    assert not [c for c in synth.verify(tmp_path / "run.json") if c.holds is False]
    assert reasons._COUNT == COUNT


def test_letters_are_truth_values():
    families = {letters: build((Str(letters), Bool)).family for letters in ("01", "0123", "abc")}
    names = {letters: [*family.letters] for letters, family in families.items()}
    assert names == {"01": ["b"], "0123": ["a", "b"], "abc": ["is_a", "is_b", "is_c"]}
    bits = families["0123"].letters
    assert [bits["a"].tolist(), bits["b"].tolist()] == [
        [False, False, True, True],
        [False, True, False, True],
    ]


def test_equal_folds_are_told_by_what_they_reach():
    steps = np.array([[[0, 1], [1, 1], [0, 0]], [[0, 1], [1, 1], [2, 2]], [[0, 2], [1, 1], [0, 0]]])
    one, two, three = folds.reached(steps, 0)
    assert one == two != three
    places, lengths = np.array([[1, 0], [1, 1]], np.uint8), np.array([1, 2])
    assert folds.ends(steps, 0, places, lengths).tolist() == [[1, 1], [1, 1], [2, 0]]


@st.composite
def small_languages(draw):
    """A DSL of folds with some of the operations, and a task of some strings."""
    chance = draw(st.sampled_from([0.5, "1/3"]))
    outer = DSL("drawn", types=(Bool, Mod(3), Str("01")), leaf_probability=chance)
    truths = DSL("of truth values", types=(Bool,), leaf_probability=chance)
    residues = DSL("of residues", types=(Mod(3), Bool), leaf_probability=chance)
    two = {"and_": np.logical_and, "or_": np.logical_or, "xor": np.logical_xor}
    for dsl in (outer, truths, residues):
        for name in draw(st.sets(st.sampled_from(sorted(two)), min_size=1)):
            weight = draw(st.integers(1, 3))
            dsl.add(two[name], "Bool, Bool -> Bool", name=name, commutative=True, weight=weight)
        if draw(st.booleans()):
            dsl.add(np.logical_not, "Bool -> Bool", name="not_")
    outer.add(np.equal, "Mod, Mod -> Bool", name="eq", commutative=True)
    residues.add(lambda a, b: (a + b) % 3, "Mod, Mod -> Mod", name="add", commutative=True)
    if draw(st.booleans()):
        residues.add(np.where, "Bool, Mod, Mod -> Mod", name="where")
    outer.constant(draw(st.integers(0, 2)), Mod(3))
    residues.constant(1, Mod(3))
    kinds = {
        "fold": folds.Kind("fold", Bool, truths, draw(st.sampled_from([(0,), (0, 1)])), 1.0),
        "rest": folds.Kind("rest", Mod(3), residues, draw(st.sampled_from([(0,), (0, 1, 2)]))),
        "fold2": folds.Kind("fold2", Bool, truths, (0,), price=0.5, parts=2),
        "fold3": folds.Kind("fold3", Bool, truths, (0,), price=0.25, parts=3),
    }
    outer.family = folds.Folds(Str("01"), kinds)
    strings = draw(st.lists(st.text("01", max_size=4), min_size=4, max_size=8, unique=True))
    labels = draw(st.lists(st.booleans(), min_size=len(strings), max_size=len(strings)))
    return outer, Task("drawn", {"xs": strings}, {"xs": Str("01")}, labels, Bool)


class Whole(loops.LoopSearch):
    """Makes all programs, also those that cannot win."""

    def _is_proven(self):
        return False

    def _narrow(self):
        pass


@settings(max_examples=20, deadline=None)
@given(small_languages(), st.integers(6, 60), st.integers(4, 60), st.integers(0, 10**6))
def test_the_fewest_exceptions_are_those_of_brute_force(drawn, functions, truths, which):
    """With functions that are run letter by letter, up to the bits that are certified."""
    dsl, task = drawn
    grammar, strings = fit(dsl, task).grammar, task.columns["xs"].tolist()
    known = naive.fold_behaviours(dsl.family, grammar, strings, 13 * 1024)
    every = sorted(known[Bool])
    if not every:
        return
    # What some program says, so that the front ends with it.
    task = replace(task, labels=np.array(every[which % len(every)], bool))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loops, "STAGES", (Sizes(functions, functions, truths, functions),))
        patch.setattr(folding, "TRUTHS", truths)
        patch.setattr(folding, "_BEYOND", 1.0)
        engine = Whole([fit(dsl, task)], 10, Watch(Limits(max_bits=13, seconds=None, threads=1)))
        engine.run()
    most, labels = int(min(13.0, engine.certified_bits or 13.0) * 1024), task.labels.tolist()
    front = []
    for said, units in sorted(known[Bool].items(), key=lambda item: item[1]):
        if units > most:
            break
        wrong = sum(a != b for a, b in zip(said, labels, strict=True))
        wrong = min(wrong, task.rows - wrong)
        if not front or wrong < front[-1][1]:
            front = [p for p in front if p[0] < units] + [(units, wrong)]
    score = engine.labellings[0].score
    assert [(units, wrong) for units, wrong, _ in score.front if units <= most] == front
    for units, _, row in score.front:
        program = engine.program(row)
        assert program.units(engine.grammar) == units
        assert Program.parse(program.text, engine.grammar, Bool) == program


@pytest.mark.slow
def test_a_stage_without_a_proof_is_followed_by_a_longer_one(monkeypatch):
    monkeypatch.setattr(loops, "STAGES", (Sizes(30, 30, 30, 30), Sizes(4000, 100, 100, 100)))
    task = load_task("tomita:6")
    result = synth.search(task, "loops", seconds=None)
    assert result.program.exceptions == 0
    monkeypatch.setattr(loops, "STAGES", (Sizes(30, 30, 30, 30),))
    short = synth.search(task, "loops", seconds=None, max_programs=5000)
    assert (short.optimal, short.stop_reason) == (False, "max_programs")
    assert short.certified_bits < result.certified_bits


def test_ctrl_c_keeps_the_best_of_the_stage_before(monkeypatch):
    found, made = [], folding.enumerate_programs

    def enumerated(*arguments, **settings):
        enumeration = made(*arguments, **settings)
        found.append(enumeration)
        if len(found) > 13:  # of the second stage
            enumeration.stop_reason = StopReason.INTERRUPTED
        return enumeration

    monkeypatch.setattr(folding, "enumerate_programs", enumerated)
    monkeypatch.setattr(loops, "STAGES", (Sizes(300, 30, 30, 30), Sizes(3000, 30, 30, 30)))
    result = synth.search("tomita:7", "loops", seconds=None)
    assert (result.stop_reason, result.optimal) == ("interrupted", False)
    assert result.program is not None
    assert len(found) == 22


@settings(max_examples=15, deadline=None)
@given(
    st.integers(2, 3).flatmap(
        lambda k: st.tuples(
            st.lists(
                st.lists(st.integers(0, k - 1), min_size=2, max_size=2), min_size=k, max_size=k
            ),
            st.lists(st.integers(0, 1), min_size=k, max_size=k),
        )
    )
)
def test_codes_of_states_are_the_cheapest(machine):
    """Of all pairs of some functions, with any answer, that go through the machine's states."""
    steps, outputs = machines.in_order(*machine)
    family = build((Str("01"), Bool)).family
    kind = family.kinds["fold2"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coding, "FUNCTIONS", 60)
        watch = Watch(Limits(seconds=None, threads=1))
        grammar = Grammar(build((Str("01"), Bool)), {"xs": Str("01")})
        made = folding.Folding(family, grammar, {Input("xs", Str("01")): np.array([""])}, watch)
        coder = coding._Coder(made, kind, watch)
    best = None
    for f, g in itertools.product(range(len(coder.steps)), repeat=2):
        table = coder.steps.values[[f, g]].astype(int).reshape(2, 4, 2)
        code, ahead = {0: 0}, [0]  # the code of each state that is met
        fits = True
        while ahead and fits:
            state = ahead.pop()
            for letter in (0, 1):
                one, other = table[:, code[state], letter]
                after = steps[state][letter]
                ahead += [after] * (after not in code)
                fits &= code.setdefault(after, 2 * one + other) == 2 * one + other
        if fits and len({*code.values()}) == len(code):
            for a, said in enumerate(coder.answers.values.astype(int)):
                if all(said[code[s]] == outputs[s] for s in code):
                    bits = coder.bits[0][f] + coder.bits[0][g] + coder.bits[1][a]
                    best = bits if best is None else min(best, bits)
    found = coder.cheapest(np.array(steps), np.array(outputs))
    own = None if found is None else family.units(found, 1024) / 1024 - family.own_bits(kind)
    assert own == best
    if found is not None:
        said = found.function(np.array([*all_strings(5)])).tolist()
        assert said == [naive.run_machine(steps, outputs, s, "01") for s in all_strings(5)]


@pytest.mark.parametrize("spec", ["tomita:3", "tomita:4", "tomita:7"])
def test_three_parts_do_what_a_machine_does(spec):
    steps, outputs = (
        [list(row) for row in table]
        for table in ({
            "tomita:3": (((0, 1), (2, 0), (3, 4), (2, 3), (4, 4)), ((1, 1, 0, 1, 0),)),
            "tomita:4": (((1, 0), (2, 0), (3, 0), (3, 3)), ((1, 1, 1, 0),)),
            "tomita:7": (((0, 1), (2, 1), (2, 3), (4, 3), (4, 4)), ((1, 1, 1, 1, 0),)),
        }[spec])
    )  # fmt: skip
    family = build((Str("01"), Bool)).family
    grammar = Grammar(build((Str("01"), Bool)), {"xs": Str("01")})
    watch = Watch(Limits(seconds=None, threads=1))
    made = folding.Folding(family, grammar, {Input("xs", Str("01")): np.array([""])}, watch)
    coder = coding._Coder(made, family.kinds["fold3"], watch)
    (outputs,) = outputs
    found = coder.cheapest(np.array(steps), np.array(outputs))
    assert found.function(np.array([*all_strings(8)])).tolist() == [
        DEFINED[spec](s) for s in all_strings(8)
    ]
    alone = coder._of_codes(np.array(steps), np.array(outputs))[0]
    assert family.units(found, 1024) / 1024 - family.own_bits(family.kinds["fold3"]) <= alone


def test_only_so_many_folds_are_leaves(monkeypatch):
    monkeypatch.setattr(loops, "STAGES", (Sizes(2000, 100, 300, 300),))
    whole = synth.search("tomita:6", "loops", seconds=None, max_programs=3000)
    monkeypatch.setattr(loops, "LEAVES", 20)
    cut = synth.search("tomita:6", "loops", seconds=None, max_programs=3000)
    assert cut.certified_bits < whole.certified_bits


def test_the_commands_know_loops(tmp_path):
    save = tmp_path / "run.json"
    found = json.loads(run("contrast", "tomita:5", "--dsl", "loops", "--json", "--save", save))
    both = [found[key] for key in ("structured", "random")]
    assert [each["chosen"] for each in both] == ["program", "table"]
    assert both[0]["candidates"] == both[1]["candidates"]
    assert " 0 fail" not in run("verify", save)
    shown = run("compare", "tomita:1", "tomita:5", "--dsl", "loops", "--dsl", "machines")
    assert re.search(r"tomita:5 +30\.7 +30\.0\*", shown)
    run("report", save, "-o", tmp_path / "page.html")
    for option in (["--exact"], ["--moves", "5"]):
        error = run("search", "tomita:1", "--dsl", "loops", *option, code=2)
        assert "not allowed with --dsl loops; leave it out" in error
    error = run("search", "tomita:1", "--dsl", "loops:count=0", code=2)
    assert "count=0; allowed: 1..10000" in error
    assert "allowed: strings of the same letters" in run(
        "search", "parity:n=3", "--dsl", "loops", code=2
    )


def test_a_changed_fold_is_found_out(tmp_path):
    result = synth.search("tomita:1", "loops")
    synth.save_run(result, tmp_path / "run.json")
    document = json.loads((tmp_path / "run.json").read_text())
    for text in ("fold['s, b: s | b', true](xs)", "fold['s, b: s & s & b', true](xs)"):
        changed = {**document, "program": {**document["program"], "text": text}}
        (tmp_path / "changed.json").write_text(json.dumps(changed))
        wrong = [c.what for c in synth.verify(tmp_path / "changed.json") if c.holds is False]
        assert "program.bits" in wrong or "program.exceptions" in wrong


def test_no_time_for_any_function_leaves_the_table():
    result = synth.search("tomita:5", "loops", seconds=0)
    assert result.chosen == "table"
    assert result.stop_reason == "seconds"


def test_no_longer_folds_are_made_than_a_limit_of_bits_allows():
    fitted = [fit("loops", load_task("tomita:5"))]
    for most in (5.0, 12.0):
        search = loops.LoopSearch(fitted, 5, Watch(Limits(max_bits=most, seconds=None), bool))
        search.run()
        assert search.stage == 0
        assert search.engine.stop_reason == StopReason.MAX_BITS
        assert search.certified_bits == most


@pytest.mark.slow
def test_what_a_stage_found_is_kept_if_time_runs_out_in_the_next(monkeypatch):
    begin, stages, made = loops.LoopSearch._begin, [], []
    enumerator = loops.Enumerator
    monkeypatch.setattr(loops, "Enumerator", lambda *a: made.append(a) or enumerator(*a))

    def late(self, stage):
        stages.append(stage)
        if stage:
            self.watch.set(1e6)
        begin(self, stage)

    monkeypatch.setattr(loops.LoopSearch, "_begin", late)
    result = synth.search("strings:dyck,rows=200,length=20", "loops", seconds=1e5)
    assert stages == [0, 1]
    assert len(made) == 1  # nothing is built of the functions of a stage that is left
    assert result.stop_reason == "seconds"
    assert "fold" in result.program.text
    assert result.total_bits < result.table.bits
    assert result.candidates > 100


def backwards(steps, start, places, lengths):
    """The states of functions if each string is read from its end, one string at a time."""
    ends = np.zeros((len(steps), len(lengths)), np.int64)
    for k, table in enumerate(steps):
        for row, length in enumerate(lengths):
            state = start
            for place in places[row, :length][::-1]:
                state = table[state, place]
            ends[k, row] = state
    return ends


def test_functions_run_as_a_user_says():
    family = build((Str("01"), Bool)).family
    kind = family.kinds["fold_mod3"]._replace(name="back", run=backwards)
    two = family.kinds["fold2"]._replace(name="back2", run=backwards, price=0.0)
    own = folds.Folds(Str("01"), {"back": kind, "back2": two})
    words = np.array([*all_strings(6)])
    for name in ("back['s, b: s + s + where(b, 1, 0)', 0]", "back2['s, t, b: b; s ^ t -> s & ~t']"):
        made = own.named(name)
        plain = family.named(name.replace("back2", "fold2").replace("back", "fold_mod3"))
        said = made.function(words)
        assert said.tolist() == plain.function(np.array([w[::-1] for w in words])).tolist()
        assert families.said(made, own, words.tolist()).tolist() == said.tolist()


def test_folds_may_say_residues():
    kind = build((Str("01"), Bool)).family.kinds["fold_mod3"]
    dsl = DSL("residues", types=(Mod(3), Str("01")))
    dsl.constant(0, Mod(3))
    two = kind._replace(name="two", parts=2, starts=(0,), price=1.0)
    dsl.family = folds.Folds(Str("01"), {"one": kind._replace(name="one", price=1.0), "two": two})
    words = [*all_strings(5)]
    labels = [(word.count("1") - word.count("0")) % 3 for word in words]
    task = Task("drawn", {"xs": words}, {"xs": Str("01")}, labels, Mod(3))
    result = synth.search(task, dsl, seconds=None, max_programs=200)
    assert result.program.exceptions == 0
    assert result.best.evaluate({"xs": ["1" * 50, "0" * 50]}).tolist() == [2, 1]
    text = "two['s, t, b: t; s + 1 -> s + t'](xs)"
    program = Program.parse(text, fit(dsl, task).grammar, Mod(3))
    # s, t: 0, 0; 0, 1; 1, 1; 1, 2
    assert program.evaluate({"xs": ["", "0", "01", "111"]}).tolist() == [0, 1, 2, 0]


EXPORTED = [
    "fold['s, b: s ^ b', true](xs) & ~(fold_mod3['s, b: where(b & ~(s == 1), s * 2, 0 - s)', 2](xs)"
    " == 1)",
    "fold_count['s, b: s + where(b, -1, 1)', 0](xs) < 0",
    "fold2['s, t, b: b; t | s & ~b -> ~t'](xs) ^ fold['s, b: b', false](xs)",
]


@pytest.mark.parametrize("text", EXPORTED)
def test_loops_as_python_code_say_the_same(text, tmp_path):
    dsl = build((Str("01"), Bool), count=3)
    program = Program.parse(text, Grammar(dsl, {"xs": Str("01")}), Bool)
    (tmp_path / "made.py").write_text(loop_code.to_python(program, dsl.family, inverted=True))
    predict = run_path(str(tmp_path / "made.py"))["predict"]
    words = [*all_strings(7)]
    said = program.evaluate({"xs": words})
    assert [predict(word) for word in words] == (~said).tolist()


def test_a_saved_run_is_exported_as_python_code(tmp_path):
    words = [*all_strings(6)]
    for spec in ("strings:parity", "tomita:4"):
        dsl = "machines" if "tomita" in spec else "loops"
        result = synth.search(spec, dsl, seconds=None)
        synth.save_run(result, tmp_path / "run.json")
        run("export", tmp_path / "run.json", "--to", "python", "-o", tmp_path / "made.py")
        predict = run_path(str(tmp_path / "made.py"))["predict"]
        assert [predict(word) for word in words] == [DEFINED[spec](word) for word in words]
    error = run("export", tmp_path / "run.json", "--to", "sql", code=2)
    assert "has no translation" in error


def test_a_process_of_its_own_exports_python_code(tmp_path):
    """Nothing else has loaded what makes the code."""
    synth.save_run(synth.search("tomita:1", "machines", seconds=None), tmp_path / "run.json")
    command = ["-m", "synth", "export", str(tmp_path / "run.json"), "--to", "python"]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "def predict(" in done.stdout


def test_strings_are_predicted_in_the_words_of_their_file(tmp_path):
    """0 and 1 are truth values, and an empty string is no gap."""
    rows = [f"{word},{int(word.count('1') % 2 == 0)}" for word in all_strings(5)]
    (tmp_path / "w.csv").write_text("\n".join(["w,even", *rows]) + "\n")
    search = ("search", f"strings:file={tmp_path / 'w.csv'}", "--dsl", "loops", "--max-programs")
    run(*search, "3000", "--save", tmp_path / "run.json")
    predict = ("predict", str(tmp_path / "run.json"), str(tmp_path / "w.csv"))
    said = CliRunner().invoke(main, predict).stderr
    assert f"{len(rows)} of {len(rows)} rows have the predicted label" in said
    assert "guess" not in said
