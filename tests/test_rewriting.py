"""Labels that are strings or numbers of strings: their code, their programs, their searches."""

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

import synth
from synth import codes
from synth.cli import main
from synth.engine import forms, known, rewriting
from synth.engine.limits import Limits
from synth.engine.tries import Strings, numbered
from synth.engine.watch import Watch
from synth.errors import SettingError, TaskError
from synth.language import Bool, Grammar, Int, Primitive, Program, Str, loop_code, strings
from synth.language.dsls import loops
from synth.tasks import fit, load_task
from synth.tasks.builtin import rewrite
from synth.verification.texts import everything_of_strings
from synth.verification.truth import Truth
from tests import naive
from tests.test_machines import all_strings

#: Each task with the most bits that its program may have, and whether it has to be proven.
FOUND = {"rewrite:parity": (17.0, True), "rewrite:reverse": (6.7, True)}
#: Those that take some seconds.
LONG = {
    "rewrite:gray": (18.0, True),
    "rewrite:complement": (12.0, True),
    "rewrite:double": (10.0, True),
    "rewrite:replace": (18.3, True),
    "rewrite:delay": (13.0, True),
    "rewrite:strip": (26.0, True),
    "rewrite:add": (62.3, False),
    "rewrite:add-high": (72.3, False),
    "rewrite:subtract": (56.0, False),
    "rewrite:increment": (29.4, False),
    "rewrite:rotate": (22.7, True),
    "rewrite:sort": (40.4, False),
}


def run(*arguments, code=0):
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == code, result.output
    return result.output if code else result.stdout


@given(st.lists(st.text("abc", max_size=6), min_size=1, max_size=12))
@example(["", "", ""])
def test_the_code_of_strings_is_that_of_the_formulas(labels):
    for label in labels:
        assert codes.string_bits(len(label), 3) == pytest.approx(naive.string_bits(label, "abc"))
    bits, kind = codes.strings_table_bits(labels, "abc")
    assert bits == pytest.approx(naive.strings_table_bits(labels, "abc"))
    alone = 2 + sum(codes.string_bits(len(label), 3) for label in labels)
    assert kind == ("uniform" if alone <= bits + 1e-9 else "frequency")


def test_all_strings_by_themselves_are_a_prefix_code():
    kraft = sum(2.0 ** (k - codes.string_bits(k, 2)) for k in range(2**16))
    assert 0.85 < kraft <= 1


@given(st.lists(st.tuples(st.text("01", max_size=9), st.text("01", max_size=9),
       st.integers(-2, 11)), min_size=1, max_size=9))  # fmt: skip
def test_numbered_strings_are_what_they_stand_for(rows):
    one, other, counts = map(np.array, zip(*rows, strict=True))
    known = Strings(9)
    known._reserve(16, known.trie)  # so that there is too little room
    a, b = known.numbers(one, "01"), known.numbers(other, "01")
    assert known.texts(a, "01").tolist() == one.tolist()
    pairs = known.texts(known.paired(2, a, b), "0123").tolist()
    assert pairs == strings.zipped(one, other, "01", "0123").tolist()
    assert pairs == [naive.STRINGS["zip"](x, y) for x, y, _ in rows]
    for made, function, reference, given_ in (
        (known.joined(a, b), strings.joined_strings, "join", (one, other)),
        (known.reversed(a), strings.reversed_strings, "reverse", (one,)),
        (known.begun(a, counts), strings.first_letters, "take", (one, counts)),
        (known.ended(a, counts), strings.later_letters, "drop", (one, counts)),
    ):
        said = function(*given_).tolist()
        assert known.texts(made, "01").tolist() == said
        rest = zip(*(g.tolist() for g in given_), strict=True)
        assert said == [naive.STRINGS[reference](*row) for row in rest]
    assert known.lengths(a).tolist() == [len(x) for x in one.tolist()]


GRAMMARS = {
    "one": ({"xs": Str("01")}, Str("01")),
    "two": ({"xs": Str("01"), "ys": Str("01")}, Str("01")),
    "three letters": ({"xs": Str("abc")}, Str("abc")),
    "other letters": ({"xs": Str("abc")}, Str("01")),
    "filters": ({"xs": Str("01")}, Str("01")),
    "numbers": ({"xs": Str("01")}, Int(0, 9)),
}


def grammar_of(name):
    types, label = GRAMMARS[name]
    return Grammar(loops.build([*types.values(), label]), types), label


@pytest.mark.parametrize(
    ("name", "text", "given_", "said"),
    [
        ("one", "map['b: ~b'](xs)", ["011", ""], ["100", ""]),
        ("one", "filter['b: b'](xs)", ["0110", "00"], ["11", ""]),
        ("one", "filter['s, b: s | b -> s | b', false](xs)", ["0010", "00"], ["10", ""]),
        ("one", "filter['s, b: ~s -> s', true](xs)", ["0110", "1"], ["01", "1"]),
        ("one", "scan['s, b: s ^ b', true](xs)", ["0110"], ["1011"]),
        ("one", "scan['s, b: b -> s', false](xs)", ["0110"], ["0011"]),
        ("one", "scan2['s, t, b: b; s -> t'](xs)", ["11011"], ["00110"]),
        ("one", "where(xs == reverse(xs), xs + '0', '1')", ["010", "01"], ["0100", "1"]),
        ("one", "take(xs, length(xs) - 1) + drop(xs, 1)", ["0110", ""], ["011110", ""]),
        ("numbers", "length(filter['b: b'](xs)) + 2", ["0110", ""], [4, 2]),
        (
            "three letters",
            "map['is_a, is_b, is_c, letter: where(is_a, b, letter)'](xs)",
            ["abc", "caa"],
            ["bbc", "cbb"],
        ),
        ("three letters", "'a' + xs", ["b"], ["ab"]),
        (
            "three letters",
            "filter['s, is_a, is_b, is_c: is_a -> s | is_b', true](xs)",
            ["caacb", "ca"],
            ["cacb", "c"],
        ),
        ("other letters", "map['is_a, is_b, is_c: is_b'](xs)", ["abc"], ["010"]),
        ("other letters", "reverse_out(map['is_a, is_b, is_c: ~is_c'](xs))", ["abc"], ["011"]),
    ],
)
def test_programs_are_read_back(name, text, given_, said):
    grammar, label = grammar_of(name)
    program = Program.parse(text, grammar, label)
    assert program.text == text
    assert program.evaluate({"xs": given_}).tolist() == said
    scope = {}
    exec(loop_code.to_python(program, grammar.dsl.family), scope)
    assert [scope["predict"](string) for string in given_] == said
    assert r"\operatorname" in synth.language.latex(program) or "+" in text


def test_the_sum_of_two_numbers_is_a_program_of_pairs():
    grammar, label = grammar_of("two")
    text = "scan['s, a, b: a & b | s & (a | b) -> s ^ a ^ b', false](zip(xs, ys) + '0')"
    program = Program.parse(text, grammar, label)
    scope = {}
    exec(loop_code.to_python(program, grammar.dsl.family), scope)
    for one in all_strings(4):
        for other in all_strings(3):
            said = rewrite.KINDS["add"].function(one, other)
            assert scope["predict"](one, other) == said
    ones, others = zip(*[(a, b) for a in all_strings(4) for b in all_strings(3)], strict=True)
    values = program.evaluate({"xs": np.array(ones), "ys": np.array(others)}).tolist()
    assert values == list(map(rewrite.KINDS["add"].function, ones, others))
    # An own count of the numbers: bit k counts 2^k.
    for a, b, said in zip(ones, others, values, strict=True):
        assert len(said) == 1 + max(len(a), len(b))
        assert int("0" + said[::-1], 2) == int("0" + a[::-1], 2) + int("0" + b[::-1], 2)


@pytest.mark.parametrize(
    "text",
    [
        "map['b: c'](xs)",
        "scan['s, b: b'](xs)",
        "scan['b: b', true](xs)",
        "map['b: b -> b'](xs)",
        "filter['s, b: s', true](xs)",
        "filter['b: b', true](xs)",
        "scan2['s, t, b: b -> t'](xs)",
        "0 + xs",
    ],
)
def test_what_is_no_function_of_letters_is_refused(text):
    grammar, label = grammar_of("one")
    with pytest.raises(synth.errors.ParseError):
        Program.parse(text, grammar, label)


class Whole(rewriting.StringSearch):
    """Makes all programs, also those that cannot win."""

    def _is_proven(self):
        return False

    def _narrow(self):
        pass


SLOW = [
    ("one", 1),
    ("two", 5000),
    ("three letters", 5000),
    ("other letters", 5000),
    ("numbers", 5000),
    ("filters", 5000),
]
BRUTE = {
    "filters": 12.0,
    "one": 13.5,
    "two": 13.0,
    "three letters": 14.0,
    "other letters": 13.0,
    "numbers": 12.0,
}


@pytest.mark.parametrize(
    ("name", "members"),
    [(name, members) for name in GRAMMARS for members in (1, 5000) if (name, members) not in SLOW]
    + [pytest.param(*each, marks=pytest.mark.slow) for each in SLOW],
)
def test_all_behaviours_are_those_of_brute_force(name, members, monkeypatch):
    """All of them at their bits, up to the bits that are certified, with few functions as well."""
    monkeypatch.setattr(rewriting, "MEMBERS", members)
    monkeypatch.setattr(forms, "FUNCTIONS", 50 if members == 1 else forms.FUNCTIONS)
    types, label = GRAMMARS[name]
    letters = types["xs"].letters
    given_ = {"xs": [letters[1] + letters[0], letters[1] * 3, "", letters[0]]}
    given_ |= {"ys": [letters[1], letters[0] * 2, letters[1], ""]} if len(types) > 1 else {}
    labels = ["0", "1", "0", "1"] if label.letters == "01" else ["a", "b", "a", "b"]
    labels = labels if label.letters else [0, 1, 0, 1]
    task = synth.Task("small", given_, types, labels, label)
    fitted = fit("loops", task)
    if name == "filters":  # with a state, and for less, so that some of them are among the cheapest
        *others, last = fitted.dsl.family.forms
        fitted.dsl.family.forms[:] = [*others, last._replace(price=0.0)]
    engine = Whole([fitted], 10, Watch(Limits(max_bits=BRUTE[name], seconds=None, threads=1)))
    engine.run()
    assert engine.certified_bits <= BRUTE[name]
    most = int(engine.certified_bits * 1024)
    known = naive.string_behaviours(fitted.dsl.family, fitted.grammar, given_, most)[fitted.root]
    bank = engine.bank
    units = [int(1024 * bits) for bits in engine.row_bits(0, len(bank))]
    made = {
        tuple(row): cost
        for row, cost in zip(bank.values(0, len(bank)).tolist(), units, strict=True)
        if cost <= most
    }
    assert made == known
    assert len(known) > 3
    # The plain enumerator of `verify` makes the same ones.
    whole = everything_of_strings(Truth(fitted.task, fitted.dsl), most)
    assert whole.complete == most
    root, plain = fitted.root, whole.units[fitted.root].items()
    assert {tuple(whole.read(key, root).tolist()): cost for key, cost in plain} == known
    for row in range(len(bank)):  # each row is what its program says, at its price
        program = engine.program(row)
        assert program.units(fitted.grammar) == units[row]
        assert program.outputs(task.columns)[0].tolist() == bank.values(row, row + 1)[0].tolist()


def check(spec, most, proven, tmp_path):
    task = load_task(spec)
    result = synth.search(task, seconds=None)
    assert (result.chosen, result.program.exceptions) == ("program", 0)
    assert result.program.bits <= most
    assert result.optimal == proven
    assert result.program.test_accuracy == 1
    kind = rewrite.KINDS[spec.partition(":")[2]]
    generator = np.random.default_rng(3)
    for length in (30, 300):
        rows = [
            ["".join(generator.choice([*kind.letters], generator.integers(length // 2, length + 1)))
             for _ in range(kind.columns)] for _ in range(100)
        ]  # fmt: skip
        columns = dict(zip(("xs", "ys"), map(np.array, zip(*rows, strict=True)), strict=False))
        said = result.best.evaluate(columns).tolist()
        assert said == [kind.function(*row) for row in rows]
    synth.save_run(result, tmp_path / "run.json")
    claims = synth.verify(tmp_path / "run.json", complete=spec in FOUND)
    assert not [claim for claim in claims if claim.holds is False]
    assert spec not in FOUND or "complete" in [c.what for c in claims if c.holds]
    return result


@pytest.mark.parametrize("spec", FOUND)
def test_programs_of_strings_are_found_and_proven(spec, tmp_path):
    check(spec, *FOUND[spec], tmp_path)


def test_a_certificate_that_says_too_much_is_found_out(tmp_path):
    """All programs of strings are made once more, as far as so many candidates reach."""
    synth.save_run(synth.search("rewrite:reverse"), tmp_path / "run.json")
    document = json.loads((tmp_path / "run.json").read_text())
    path = tmp_path / "changed.json"
    lost = {**document, "top": [h for h in document["top"] if h["text"] != "reverse(xs)"]}
    path.write_text(json.dumps(lost))
    wrong = [c.what for c in synth.verify(path, complete=True) if c.holds is False]
    assert "top is complete" in wrong
    path.write_text(json.dumps({**document, "certified_bits": 12.0}))
    wrong = [c.what for c in synth.verify(path, complete=True) if c.holds is False]
    assert "certified_bits is true" in wrong
    claims = {c.what: c for c in synth.verify(path, complete=True, candidates=40)}
    assert claims["complete"].holds is None
    assert "12 bits is too far: all programs up to" in claims["complete"].found


@pytest.mark.slow
@pytest.mark.parametrize("spec", LONG)
def test_longer_programs_are_solved_from_the_labels(spec, tmp_path):
    result = check(spec, *LONG[spec], tmp_path)
    assert result.program.found_by == ("enumeration" if LONG[spec][1] else "labels")


def test_the_numbers_of_strings_are_compared_one_by_one():
    """Two of them are in a word, so that kernels for whole numbers of a word each do not fit."""
    number = numbered(Str("01"))
    for function, types, result in (
        (np.equal, (number, number), Bool),
        (np.where, (Bool, number, number), number),
    ):
        assert known.operation(Primitive("made", function, types, result), 0) is None
    words = [*(w for w in all_strings(3) if w), *["1"] * 20]
    labels = ["0" if w == "1" else w for w in words]
    task = synth.Task("one", {"xs": words}, {"xs": Str("01")}, labels, Str("01"))
    result = synth.search(task, max_bits=17)
    assert (result.program.exceptions, result.program.bits) == (0, pytest.approx(16.908203125))


def test_of_what_is_solved_only_the_best_is_listed():
    """What was solved with fewer programs is longer, and says the same."""
    task = load_task("rewrite:reverse")
    engine = rewriting.StringSearch([fit("loops", task)], 10, Watch(Limits(max_bits=5)))
    engine.run()
    labelling, grammar = engine.labellings[0], engine.grammar
    values = engine.strings.reversed(engine.engine.bank.values(0, 1)[0])
    texts = ("reverse(xs + take(xs, 0))", "reverse(xs)")
    assert engine.whole(engine.engine.program(0)).text == "xs"
    programs = [Program.parse(text, grammar, engine.root) for text in texts]
    engine.solved = [(program, values, labelling) for program in programs]
    engine._score_solved()
    assert [program.text for program, *_ in engine.solved] == ["reverse(xs)"]
    assert labelling.score.front[-1][:2] == (programs[1].units(grammar), 0)


@pytest.mark.slow
def test_addition_is_exact_on_long_numbers():
    """From pairs of at most 5 bits: 10,000 pairs of 30 and of 300 bits; the twin finds nothing."""
    both = synth.contrast("rewrite:add", seconds=None)
    assert both.structured.chosen == "program"
    assert both.random.chosen == "table"
    generator = np.random.default_rng(5)
    for length in (30, 300):
        bits = generator.integers(0, 2, (2, 10_000, length))
        ones, others = (["".join(map(str, row)) for row in side.tolist()] for side in bits)
        said = both.structured.best.evaluate({"xs": np.array(ones), "ys": np.array(others)})
        for a, b, c in zip(ones, others, said.tolist(), strict=True):
            assert int(c[::-1], 2) == int(a[::-1], 2) + int(b[::-1], 2)


def test_the_last_step_is_solved_from_the_labels():
    """The lowest digit comes first; where all digits are 1, a 1 is put behind them."""
    words = [w for w in all_strings(5) if w]
    labels = [f"{int(w[::-1], 2) + 1:b}"[::-1].ljust(len(w), "0") for w in words]
    task = synth.Task("next", {"xs": words}, {"xs": Str("01")}, labels, Str("01"))
    found = synth.search(task, seconds=None).program
    assert (found.exceptions, found.found_by) == (0, "labels")
    assert found.text.startswith("scan['s, b: s & b -> s ^ b', true](xs) + ")


def test_numbers_of_strings_are_labels():
    words = [*all_strings(6)]
    task = synth.Task("ones", {"xs": words}, {"xs": Str("01")}, [w.count("1") for w in words],
                      Int(0, 6))  # fmt: skip
    result = synth.search(task)
    assert result.program.text == "length(filter['b: b'](xs))"
    assert result.optimal
    said = result.predict({"xs": ["1" * 100, "01" * 50]})
    assert said.tolist() == [100, 50]


def test_exceptions_have_the_bits_of_their_strings():
    words = [w for w in all_strings(5) if w]
    labels = [w[::-1] for w in words]
    labels[7], labels[20] = "1" * 9, ""
    task = synth.Task("nearly", {"xs": words}, {"xs": Str("01")}, labels, Str("01"))
    result = synth.search(task, max_bits=9)
    assert (result.program.text, result.program.exceptions) == ("reverse(xs)", 2)
    own = sum(naive.string_bits(labels[k], "01") for k in (7, 20))
    rest = naive.program_total(result.program.bits, len(words), 2, 2, False)
    assert result.program.total_bits == pytest.approx(rest + own)
    assert result.table.bits == pytest.approx(naive.strings_table_bits(labels, "01"))


def test_permuted_strings_are_a_table():
    task = replace(load_task("rewrite:reverse"), name="reverse")
    result = synth.search(task.permuted(1), max_bits=12)
    assert result.chosen == "table"
    assert result.chance_bound == 1


def write(path, rows):
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in rows))


def test_tables_of_strings_are_read_as_such(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = [w for w in all_strings(5, "ab") if w]
    write(tmp_path / "turned.csv", [("word", "said"), *((w, w[::-1]) for w in words)])
    result = json.loads(run("search", "turned.csv", "--json", "--save", "run.json"))
    assert result["program"]["text"] == "reverse(word)"
    assert result["rows"]["train"] == len(words) // 2
    write(tmp_path / "new.csv", [("word",), ("abbaab",)])
    assert "abbaab,baabba" in run("predict", "run.json", "new.csv")
    # The empty string is a row, the first and the last one too.
    (tmp_path / "new.csv").write_text('word\n""\nab\n""\n')
    assert run("predict", "run.json", "new.csv").splitlines()[1:] == [",", "ab,ba", ","]
    # A table with few different labels, or with numbers, is none of strings.
    write(tmp_path / "kinds.csv", [("word", "kind"), *((w, "ab"[w.count("a") % 2]) for w in words)])
    assert not load_task("kinds.csv").label_type.letters
    write(tmp_path / "numbers.csv", [("x", "y"), *((k, k + 1) for k in range(40))])
    assert load_task("numbers.csv").label_type.family == "Int"
    # What is asked of a table is asked of a table.
    assert load_task("turned.csv", label="said").label_type == Str("ab")
    with pytest.raises(TaskError, match="is the 17th different text"):
        load_task("turned.csv", keep="word")


def test_a_table_that_may_be_of_strings_says_how_it_is_read_as_such(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = [w for w in all_strings(3, "ab") if w]
    rows = [(a, b, a + b) for a in words for b in words]
    write(tmp_path / "both.csv", [("x", "y", "said"), *rows])
    error = run("search", "both.csv", code=2)
    assert "17th different text" in error
    assert "or strings of few letters, as in strings:file=FILE" in error
    with (tmp_path / "both.csv").open("a") as file:
        file.write('"","",""\n')
    task = load_task("strings:file=both.csv")
    assert (task.label_type, task.rows) == (Str("ab"), len(rows) + 1)
    assert synth.search(task).program.text == "x + y"


def test_files_of_strings_have_labels_of_three_kinds(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = [w for w in all_strings(4) if w]
    write(tmp_path / "ones.csv", [("xs", "n"), *((w, 2 * w.count("1")) for w in words)])
    assert load_task("strings:file=ones.csv").label_type == Int(0, 8)
    assert load_task("strings:file=ones.csv,labels=string").label_type == Str("02468")
    write(tmp_path / "turned.csv", [("xs", "said"), *((w, w[::-1]) for w in words)])
    task = load_task("strings:file=turned.csv,length=3")
    assert (task.label_type, task.training) == (Str("01"), 14)
    with pytest.raises(TaskError, match="is no truth value; allowed"):
        load_task("strings:file=turned.csv,labels=truth")
    with pytest.raises(SettingError, match="allowed: truth, number, string"):
        load_task("strings:file=turned.csv,labels=word")
    with pytest.raises(SettingError, match="only with a file"):
        load_task("strings:parity,labels=string")


def test_tasks_are_what_they_say():
    task = load_task("rewrite:add,length=3,rows=50,test=20")
    assert (task.training, task.rows) == (50, 70)
    for one, other, said in zip(*task.columns.values(), task.labels, strict=True):
        assert len(said) == 1 + max(len(one), len(other))
        number = int("0" + one[::-1], 2) + int("0" + other[::-1], 2)
        assert int("0" + said[::-1], 2) == number
    longest = np.maximum(*(np.char.str_len(c) for c in task.columns.values()))
    assert longest[task.train].max() <= 3 < longest[~task.train].min()
    for spec, words in (("rewrite:nothing", "kind=nothing; allowed: add"),
                        ("rewrite:add,length=0", "length=0; allowed: 1..64"),
                        ("rewrite:add,train=999", "allowed: 1..200")):  # fmt: skip
        assert words in run("search", spec, code=2)


def test_what_such_a_search_lacks_is_refused():
    assert "allowed: only if labels are truth values" in run(
        "search", "rewrite:reverse", "--dsl", "loops:count=300", code=2
    )
    assert "exact: not allowed with --dsl loops" in run("search", "rewrite:reverse", "--exact",
                                                        code=2)  # fmt: skip
    assert "labels of Str('abc'); allowed" in run("search", "rewrite:reverse", "--dsl", "machines",
                                                  code=2)  # fmt: skip
    with pytest.raises(synth.errors.DSLError, match="allowed: strings of the same letters"):
        loops.build([Bool, Str("01")])
