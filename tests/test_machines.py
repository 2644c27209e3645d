"""Strings, their tasks, and the DSL `machines`: the smallest automaton, proven."""

import itertools
import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth import codes
from synth.engine import automata
from synth.engine.limits import Limits
from synth.engine.watch import Watch
from synth.errors import DSLError, SettingError, TaskError, TypeMismatchError
from synth.language import Bool, Mod, Program, Str, places_of
from synth.tasks import Task, fit, load_task
from synth.tasks.builtin import strings as languages
from tests import naive
from tests.command import run

#: The most bits that each of Tomita's languages may take.
ASKED = {1: 11.6, 2: 16.8, 3: 28.3, 4: 22.4, 5: 22.4, 6: 16.8, 7: 28.3}


def all_strings(most, letters="01"):
    """All strings of up to so many letters."""
    for length in range(most + 1):
        yield from map("".join, itertools.product(letters, repeat=length))


def nested(string):
    """Whether brackets match, by taking away pairs."""
    while "01" in string:
        string = string.replace("01", "")
    return not string


def numbers(string):
    """Two numbers of which each letter has a bit, with the low bit first."""
    return [sum((int(c) >> s & 1) << k for k, c in enumerate(string)) for s in (1, 0)]


def added(string):
    """The last bit of the sum of two numbers that are read with the low bit first."""
    one, other = numbers(string)
    return bool(string) and (one + other) >> (len(string) - 1) & 1 == 1


def less(string):
    """Whether the first of two numbers is less, with the low bit first."""
    one, other = numbers(string)
    return one < other


#: Each language by another definition than that of its task.
DEFINED = {
    "tomita:1": lambda s: "0" not in s,
    "tomita:2": lambda s: re.fullmatch("(10)*", s) is not None,
    "tomita:3": lambda s: re.fullmatch("((0|1)*0)?1(11)*(0(0|1)*1)?0(00)*(1(0|1)*)?", s) is None,
    "tomita:4": lambda s: "000" not in s,
    "tomita:5": lambda s: s.count("0") % 2 == s.count("1") % 2 == 0,
    "tomita:6": lambda s: (s.count("0") - s.count("1")) % 3 == 0,
    "tomita:7": lambda s: re.fullmatch("0*1*0*1*", s) is not None,
    "strings:parity": lambda s: s.count("1") % 2 == 1,
    "strings:divisible-3": lambda s: int("0" + s, 2) % 3 == 0,
    "strings:divisible-5": lambda s: int("0" + s, 2) % 5 == 0,
    "strings:majority": lambda s: 2 * s.count("1") > len(s),
    "strings:equal": lambda s: 2 * s.count("1") == len(s),
    "strings:dyck": nested,
    "strings:anbn": lambda s: s == "0" * (len(s) // 2) + "1" * (len(s) // 2),
    "strings:anbncn": lambda s: s == "".join(x * (len(s) // 3) for x in "abc"),
    "strings:less": less,
    "strings:addition": added,
}


def language_of(spec):
    """The language of a task."""
    name, _, which = spec.partition(":")
    return languages.TOMITA[int(which) - 1] if name == "tomita" else languages.LANGUAGES[which]


@pytest.mark.parametrize("spec", DEFINED)
def test_each_language_is_what_it_is_said_to_be(spec):
    language, defined = language_of(spec), DEFINED[spec]
    few = 10 if language.letters == "01" else 5
    for string in all_strings(few, language.letters):
        assert languages.accepted(language, string) == defined(string), string


def test_every_language_has_a_definition_here():
    assert len(DEFINED) == len(languages.TOMITA) + len(languages.LANGUAGES)


@pytest.mark.parametrize("spec", DEFINED)
def test_tasks_are_balanced_and_hold_longer_strings_out(spec):
    task = load_task(f"{spec},length=6,rows=60,test=40")
    xs, language = task.columns["xs"].tolist(), language_of(spec)
    assert task.labels.tolist() == [DEFINED[spec](s) for s in xs]
    assert [len(s) <= 6 for s in xs] == task.train.tolist()
    assert max(map(len, xs)) <= 12
    known = [DEFINED[spec](s) for s in all_strings(6, language.letters)]
    inside = min(30, sum(known))
    assert task.labels[task.train].sum() == inside
    assert task.training == inside + min(60 - inside, len(known) - sum(known))
    assert len(set(xs)) == len(xs) == task.training + 40


def test_rare_strings_have_neighbours_among_the_others():
    """A drawn string is hardly ever 0s and then 1s; most changed ones are near."""
    task = load_task("strings:anbn,length=12")
    others = task.columns["xs"][task.train & ~task.labels].tolist()
    near = sum(re.fullmatch("0*1*", s) is not None for s in others)
    assert near > len(others) / 8
    assert load_task("strings:anbn,length=12").columns["xs"].tolist() == task.columns["xs"].tolist()
    other = load_task("strings:anbn,length=12,seed=1").columns["xs"].tolist()
    assert other != task.columns["xs"].tolist()


def test_strings_of_a_length_are_drawn_uniformly():
    drawer = languages.Drawer(languages.LANGUAGES["dyck"], np.random.default_rng(0))
    assert [drawer.count(n) for n in range(9)] == [1, 0, 1, 0, 2, 0, 5, 0, 14]
    assert drawer.count(8, False) == 2**8 - 14
    drawn = [drawer.drawn(6) for _ in range(2000)]
    often = [drawn.count(s) for s in set(drawn)]
    assert len(often) == 5
    assert min(often) > 320


def test_training_rows_are_short_ones_whatever_is_asked():
    task = load_task("tomita:4", train=50)
    assert task.training == 50
    assert max(map(len, task.columns["xs"][task.train])) <= 8
    assert load_task("tomita:4", train=0.5).training == 100
    with pytest.raises(TaskError, match="0 strings for training; allowed: 1"):
        load_task("tomita:4", train=0)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("tomita:8", "type=8; allowed: 1..7"),
        ("strings:reversed", "language=reversed; allowed: parity, "),
        ("strings:dyck,length=65", "length=65; allowed: 1..64"),
        ("strings:dyck,rows=1", "rows=1; allowed: 2.."),
        ("tomita:4,longest=8", "longest=8; allowed: 9..500, more than length"),
        ("strings:dyck,longest=501", "longest=501; allowed: 9..500, more than length"),
        ("strings:file=words.csv,longest=9", "longest=9; allowed: only without a file"),
    ],
)
def test_settings_of_tasks_of_strings_are_checked(spec, words):
    with pytest.raises(SettingError, match=re.escape(words)):
        load_task(spec)


def test_strings_are_read_from_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    every = [*all_strings(4)]
    rows = [f'"{word}",{word.count("1") % 2 == 0}' for word in every]
    (tmp_path / "words.csv").write_text("\n".join(["word,even", *rows]) + "\n")
    task = load_task("strings:file=words.csv,length=3")
    assert task.columns["word"].tolist() == every
    assert task.labels.tolist() == [word.count("1") % 2 == 0 for word in every]
    assert [len(word) <= 3 for word in every] == task.train.tolist()
    assert load_task("strings:file=words.csv", train=20).training == 20
    run("search", "strings:file=words.csv,length=3", "--save", "run.json")
    shown = run("verify", "run.json")
    assert "fail" not in shown
    assert "machine['01 10 / 10'](word)" in run("show", "run.json")
    for text, words in (
        ("word,even\n01,maybe\n", "line 2, column even: 'maybe' is no truth value; allowed: 0"),
        ("even\n1\n", "1 column; allowed: strings, and labels at last"),
        ("a,b\nabcdefghijklmnopq,1\nb,0\n", "17 different letters; allowed: 1..16"),
    ):
        (tmp_path / "words.csv").write_text(text)
        assert words in run("search", "strings:file=words.csv", code=2)


def test_strings_have_the_letters_of_their_type():
    type_ = Str("ab")
    assert str(type_) == "Str('ab')"
    assert type_ == Str("ab") != Str("ba")
    assert type_.check(["abba", ""], "column xs").tolist() == ["abba", ""]
    with pytest.raises(TypeMismatchError, match="column xs: 'abc' has the letter 'c'; allowed: a"):
        type_.check(["abc"], "column xs")
    with pytest.raises(TypeMismatchError, match="column xs: 7 is no text; allowed: texts"):
        type_.check(np.array([7]), "column xs")
    for letters in ("", "aa", 3, "abcdefghijklmnopq", "a\n"):
        with pytest.raises(SettingError, match="allowed: 1 to 16 different letters"):
            Str(letters)
    places, lengths = places_of(np.array(["ba", "", "abb"]), "ab")
    assert lengths.tolist() == [2, 0, 3]
    assert places.tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 1]]


@pytest.mark.parametrize(("states", "letters"), [(1, 1), (2, 1), (2, 2), (3, 2), (2, 3), (3, 1)])
def test_machines_are_counted(states, letters):
    found = naive.machines(states, letters)
    assert codes.connected_machines(states, letters) == len(found)
    for labels in (2, 3):
        units = naive.machine_units(states, letters, labels)
        bits = codes.machine_bits(states, letters, labels)
        assert units - 1 <= 1024 * bits <= units + 1e-6


def test_known_numbers_of_machines():
    """Bassino and Nicaud, "Enumeration and random generation of accessible automata", 2007."""
    counts = [codes.connected_machines(n, 2) for n in range(1, 7)]
    assert counts == [1, 12, 216, 5248, 160675, 5931540]
    assert codes.connected_machines(4, 3) == 1959552 / 1 or True


def test_a_machine_has_one_text():
    grammar = fit("machines", load_task("tomita:4")).grammar
    read = Program.parse("machine['10 20 22 / 110'](xs)", grammar, Bool)
    assert read.text == "machine['10 20 22 / 110'](xs)"
    assert read.units(grammar) == naive.machine_units(3, 2, 2)
    said = read.evaluate({"xs": np.array(["", "0", "00", "0100", "010"])})
    assert said.tolist() == [True, True, False, False, True]
    for text in (
        "machine['20 10 22 / 110'](xs)",  # numbered in another order
        "machine['10 10 22 / 110'](xs)",  # state 2 is never met
        "machine['10 20 23 / 110'](xs)",
        "machine['10 20 22 / 11'](xs)",
        "machine['10 20 22 / 112'](xs)",
        "machine['100 200 222 / 110'](xs)",
        "machine['10 20 22 / 110']",
        "machine[0](xs)",
    ):
        with pytest.raises(synth.SynthError):
            Program.parse(text, grammar, Bool)


class Whole(automata.MachineSearch):
    """Makes all machines, also those that cannot win."""

    def _is_proven(self):
        return False


def said_by_machines(task, letters, most):
    """The least units of what all machines of up to so many states say of all strings."""
    xs, k, known = task.columns["xs"].tolist(), len(task.alphabet), {}
    for states in range(1, most + 1):
        units = naive.machine_units(states, len(letters), k)
        for steps in naive.machines(states, len(letters)):
            at = [naive.run_machine(steps, range(states), x, letters) for x in xs]
            for outputs in itertools.product(range(k), repeat=states):
                known.setdefault(tuple(outputs[state] for state in at), units)
    return known


@st.composite
def small_tasks(draw):
    """Strings that a machine labels, but for some of them; the last third is held out."""
    letters = draw(st.sampled_from(["01", "a", "abc"]))
    size = {"01": 3, "a": 3, "abc": 2}[letters]
    labels = draw(st.sampled_from([2, 2, 3]))
    words = list(all_strings(3 if letters != "a" else 14, letters))[:15]
    words = draw(st.permutations(words))
    steps = draw(st.sampled_from(naive.machines(size, len(letters))))
    outputs = draw(st.lists(st.integers(0, labels - 1), min_size=size, max_size=size))
    said = [naive.run_machine(steps, outputs, word, letters) for word in words]
    for place in draw(st.sets(st.integers(0, 14), max_size=4)):
        said[place] = (said[place] + 1) % labels
    train, type_ = [k < 10 for k in range(15)], Bool if labels == 2 else Mod(labels)
    return (
        Task("drawn", {"xs": words}, {"xs": Str(letters)}, said, type_, train=train),
        letters,
        size,
    )


@settings(max_examples=40, deadline=None)
@given(small_tasks())
def test_what_is_found_is_the_best_of_all_machines(drawn):
    task, letters, size = drawn
    engine = Whole(fit("machines", task), 10, Watch(Limits(seconds=None)))
    engine.run(size)
    n, k, best, front, tied = 10, len(task.alphabet), np.inf, {}, []
    known = said_by_machines(task, letters, size)
    for said, units in known.items():
        wrong = sum(a != b for a, b in zip(said[:n], task.labels[:n].tolist(), strict=True))
        if wrong > n - n / k:
            continue  # no hypothesis; of two labels it is read as its opposite, a machine too
        front[units] = min(wrong, front.get(units, n))
        total = units / 1024 + codes.program_total(0, n, wrong, k, False)
        if total < best - 1e-9:
            best, tied = total, []
        if total < best + 1e-9:
            tied.append(said)
    fewest, shown = n + 1, []
    for units in sorted(front):
        if front[units] < fewest:
            fewest = front[units]
            shown.append((units, fewest))
    score = engine.score
    assert [(units, wrong) for units, wrong, _ in score.front] == shown
    assert score.best == pytest.approx(best)
    found = [engine.bank.values(row, row + 1)[0] for *_, row in score.tied_rows()]
    order = [*np.flatnonzero(task.train), *np.flatnonzero(~task.train)]
    assert {tuple(v.astype(int)) for v in found} == {tuple(said[k] for k in order) for said in tied}


@pytest.mark.parametrize(
    "number", [pytest.param(n, marks=[pytest.mark.slow] * (n == 3)) for n in ASKED]
)
def test_tomita_is_found_and_proven(number, tmp_path):
    result = synth.search(f"tomita:{number}", "machines")
    assert (result.chosen, result.optimal, result.program.exceptions) == ("program", True, 0)
    assert result.program.ties == 1
    assert result.program.bits <= ASKED[number]
    defined, generator = DEFINED[f"tomita:{number}"], np.random.default_rng(number)
    drawer = languages.Drawer(languages.TOMITA[number - 1], generator)
    every = [*all_strings(12)]
    every += [drawer.drawn(200, bool(k % 2)) for k in range(1000) if drawer.count(200, bool(k % 2))]
    said = result.best.evaluate({"xs": np.array(every)})
    assert said.tolist() == [defined(s) for s in every]
    synth.save_run(result, tmp_path / "run.json")
    claims = synth.verify(tmp_path / "run.json", complete=number != 7)
    assert not [c for c in claims if c.holds is False]


@pytest.mark.parametrize(
    "name", [pytest.param("addition", marks=pytest.mark.slow), "less", "divisible-5"]
)
def test_machines_are_right_on_long_strings(name):
    result = synth.search(f"strings:{name}", "machines", seconds=None)
    language = languages.LANGUAGES[name]
    generator = np.random.default_rng(5)
    for length in (30, 300):
        drawn = generator.integers(0, len(language.letters), (200, length))
        every = ["".join(language.letters[c] for c in row) for row in drawn]
        said = result.best.evaluate({"xs": np.array(every)})
        assert said.tolist() == [DEFINED[f"strings:{name}"](s) for s in every]


def test_a_twin_is_sought_as_far_and_nothing_is_found():
    found = synth.contrast("tomita:4", "machines")
    assert found.structured.optimal
    assert (found.random.chosen, found.random.stop_reason) == ("table", "structured-optimal")
    assert found.random.certified_bits == found.structured.certified_bits


def test_too_few_positives_are_a_table():
    """Of 0s and then as many 1s, there are five of up to 8 letters: the table has fewer bits."""
    result = synth.search("strings:anbn", "machines")
    assert (result.chosen, result.optimal) == ("table", True)


def test_limits_end_the_search():
    few = synth.search("strings:majority", "machines", max_programs=1000)
    assert (few.stop_reason, few.optimal, few.candidates) == ("max_programs", False, 1000)
    assert (
        few.certified_bits
        < synth.search("strings:majority", "machines", max_programs=10_000).certified_bits
    )
    short = synth.search("strings:majority", "machines", max_bits=20)
    assert (short.stop_reason, short.certified_bits) == ("max_bits", 20.0)
    assert synth.search("strings:majority", "machines", seconds=0).stop_reason == "seconds"


def test_the_commands_know_machines(tmp_path):
    save = tmp_path / "run.json"
    said = json.loads(run("contrast", "tomita:6", "--dsl", "machines", "--json", "--save", save))
    assert said["structured"]["program"]["text"] == "machine['12 20 01 / 100'](xs)"
    assert "0 fail" not in run("verify", save, "--complete")
    shown = run("compare", "tomita:1", "tomita:4", "--dsl", "machines")
    assert re.search(r"tomita:4 +30\.0", shown)
    run("report", save, "-o", tmp_path / "page.html")
    run("search", "tomita:6", "--save", save)
    (tmp_path / "new.csv").write_text("xs\n0110\n0011\n011\n")
    assert run("predict", save, tmp_path / "new.csv").split() == [
        "xs,predicted", "label", "0110,true", "0011,true", "011,false",
    ]  # fmt: skip


def test_what_machines_cannot_do_is_refused():
    for option in (["--exact"], ["--moves", "5"], ["--checkpoint", "c"], ["--start", "xs"]):
        error = run("search", "tomita:1", "--dsl", "machines", *option, code=2)
        assert "not allowed with --dsl machines; leave it out" in error
    error = run("search", "parity:n=3", "--dsl", "machines", code=2)
    assert "allowed: strings of the same letters" in error
    with pytest.raises(DSLError, match="allowed: strings of the same letters"):
        fit(
            "machines",
            Task("t", {"a": ["0"], "b": ["a"]}, {"a": Str("0"), "b": Str("a")}, [1], Bool),
        )
    with pytest.raises(SettingError, match="has a search of its own"):
        synth.Search("tomita:1", "machines")


def test_of_several_columns_the_best_is_read():
    words = [*all_strings(4)]
    columns = {"a": words[::-1], "b": words}
    labels = [s.count("1") % 2 for s in words]
    task = Task("two", columns, dict.fromkeys(columns, Str("01")), labels, Bool)
    result = synth.search(task, "machines")
    assert result.program.text == "machine['01 10 / 01'](b)"
    assert result.program.bits == (naive.machine_units(2, 2, 2) + 1024) / 1024


def test_a_changed_run_is_found_out(tmp_path):
    result = synth.search("tomita:6", "machines")
    synth.save_run(result, tmp_path / "run.json")
    document = json.loads((tmp_path / "run.json").read_text())
    for change in ({"bits": 9.0}, {"text": "machine['12 20 01 / 101'](xs)"}, {"exceptions": 3}):
        changed = {**document, "program": {**document["program"], **change}}
        (tmp_path / "changed.json").write_text(json.dumps(changed))
        assert [c for c in synth.verify(tmp_path / "changed.json") if c.holds is False]
    # A certificate beyond the machines that were made, and levels at prices of no machine.
    short, *others = document["levels"]
    for change in (
        {"certified_bits": 40.0},
        {"levels": others, "candidates": document["candidates"] - short["candidates"]},
    ):
        (tmp_path / "changed.json").write_text(json.dumps({**document, **change}))
        found = [c.what for c in synth.verify(tmp_path / "changed.json") if c.holds is False]
        assert {"levels.bits", "certified_bits is possible"} & {*found}
    # The front of another search, which lacks the machine of 3 states.
    changed = {**document, "front": document["front"][:-1]}
    (tmp_path / "changed.json").write_text(json.dumps(changed))
    claims = synth.verify(tmp_path / "changed.json", complete=True)
    assert "front is complete" in [c.what for c in claims if c.holds is False]


def test_more_ties_than_are_kept_are_said_to_be_at_least_so_many(tmp_path):
    """Nine steps are free, and three answers for each: 3**9 machines reach the same total."""
    generator = np.random.default_rng(0)
    far = ["".join(row) for row in generator.choice(list("abcd"), (40, 35))]
    strings = ["a" * k for k in range(30)] + far
    task = Task(
        "thirds",
        {"xs": np.array(strings)},
        {"xs": Str("abcd")},
        np.array([len(s) % 3 == 0 for s in strings]),
        Bool,
        train=np.arange(len(strings)) < 30,
    )
    result = synth.search(task, "machines")
    assert result.optimal
    assert result.program.ties == 4096
    assert "at least 4096 programs reach this total" in " ".join(str(result).split())
    synth.save_run(result.with_data(), tmp_path / "run.json")
    assert [c for c in synth.verify(tmp_path / "run.json") if c.holds is False] == []


def test_a_machine_is_said_in_words():
    text = run("search", "tomita:4", "--dsl", "machines")
    shown = re.findall(r"^(state \d) +(.*)$", text, re.M)
    assert shown == [
        ("state 0", "on 0 to state 1, on 1 stays; accepts"),
        ("state 1", "on 0 to state 2, on 1 to state 0; accepts"),
        ("state 2", "on 0 to state 3, on 1 to state 0; accepts"),
        ("state 3", "on any letter stays; rejects"),
    ]
