"""Tables are searched in several languages; what names one is charged, and a constant is not."""

import itertools
import json
import math
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import synth
from synth import codes
from synth.engine import Search, languages
from synth.engine.large import LanguageSearch
from synth.engine.reach import FIRST_PROGRAMS
from synth.language.dsls import integer, rules
from synth.records import save_run
from synth.tasks import fit, without_labels
from synth.verification import verify
from tests import naive
from tests.command import run

#: The integer DSL with the numbers of three rows, 2,21 4,35 7,56.
WITH_CONSTANTS = "integer:constants=0/1/2/3/4/7/21/35/56"
SMALL = {"max_programs": 4_000, "moves": 0, "seconds": None}


def table(tmp_path, header, rows, **more):
    path = tmp_path / "table.csv"
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]))
    return synth.read_table(path, **{"train": 1.0, **more})


def ages(rows=200):
    generator = np.random.default_rng(5)
    for age, dose in generator.integers([3, 0], [90, 40], (rows, 2)).tolist():
        yield age, dose, "reduced" if age < 13 or age >= 65 else "full"


@given(st.lists(st.integers(0, 40), min_size=2, max_size=5).filter(lambda c: sum(c) > 0))
def test_the_bits_of_a_constant_equal_the_formula(counts):
    n, k = sum(counts), len(counts)
    e = n - max(counts)
    # What it is (a constant, 199 of 200), which value, how many exceptions, where, which labels.
    numbers = sum(1 for m in range(math.ceil(n / k), n + 1))
    expected = 1 - math.log2(199 / 200) + math.log2(k) + math.log2(numbers)
    expected += math.log2(math.comb(n, e)) + e * math.log2(k - 1)
    assert codes.constant_total(counts) == pytest.approx(expected)


@pytest.mark.parametrize(("n", "k"), [(1, 2), (4, 2), (5, 3), (3, 4)])
def test_constants_of_all_labellings_have_room(n, k):
    """Kraft's inequality: programs that read inputs keep their share of the code."""
    total = sum(
        2.0 ** -codes.constant_total([labels.count(v) for v in range(k)])
        for labels in itertools.product(range(k), repeat=n)
    )
    assert total <= (1 - codes.READING) / 2 + 1e-12
    for count in (1, 2, 3):
        each = count * 2.0 ** -(codes.language_bits(count) + codes.PROGRAM_FLAG)
        assert each == pytest.approx(codes.READING / 2)


@given(
    st.floats(0, 60),
    st.lists(st.integers(0, 9), min_size=2, max_size=4).filter(lambda c: sum(c > 0 for c in c) > 1),
)
def test_the_rows_that_are_needed_are_the_fewest(bits, counts):
    n, k = sum(counts), len(counts)

    def wins(rows):
        parts = [c * rows / n for c in counts]
        log2 = lambda x: math.lgamma(x + 1) / math.log(2)  # noqa: E731
        chosen = lambda a, b: log2(a) - log2(b) - log2(a - b)  # noqa: E731
        e = rows - max(parts)
        constant = 1 + math.log2(200 / 199) + math.log2(k) + math.log2(rows - rows / k + 1)
        constant += chosen(rows, e) + e * math.log2(k - 1)
        tables = rows * math.log2(k), log2(rows) - sum(map(log2, parts))
        tables = 2 + tables[0], 2 + tables[1] + chosen(rows + k - 1, k - 1)
        return 1 + bits + math.log2(rows + 1) < min(*tables, constant)

    expected = next((rows for rows in range(1, 3000) if wins(rows)), None)
    found = codes.rows_needed(bits, counts)
    assert found == expected or (expected is None and (found is None or found >= 3000))


def test_the_language_with_the_fewest_bits_wins(tmp_path):
    task = table(tmp_path, "age,dose,fare", ages())
    limits = {**SMALL, "max_programs": 24_000}
    result = synth.search(task, **limits)
    names = [each.dsl for each in result.languages]
    tests = ["rules", "rules:thresholds=128", "rules:residues=true"]
    assert names == [*tests, "integer", integer.with_quotients(), "rules:ratios=true"]
    assert result.dsl == "rules"
    assert result.language_bits == codes.language_bits(6) == pytest.approx(math.log2(1200))
    for each in result.languages:
        alone = Search(task, each.dsl, among=6, **{**limits, "max_programs": 4_000}).run()
        assert each.total_bits == min(p.total_bits for p in alone.front)
        assert each.candidates == alone.candidates
        assert each.certified_bits == alone.certified_bits
    assert result.total_bits == min(each.total_bits for each in result.languages)
    program = result.program
    plain = naive.program_total(program.bits, 200, program.exceptions, 2, False)
    assert program.total_bits == pytest.approx(plain + result.language_bits)


def test_arithmetic_is_found_where_rules_have_none(tmp_path):
    rows = [(a, b, 3 * a + b) for a in range(6) for b in range(6)]
    result = synth.search(table(tmp_path, "a,b,c", rows), **SMALL)
    assert result.dsl == "integer"
    assert result.program.exceptions == 0


def whole_numbers(tmp_path, pairs, train=1.0):
    """What a table of an input and a label that are whole numbers says before labels are read."""
    return without_labels(table(tmp_path, "x,y", pairs, train=train))


def test_the_constants_of_a_table_do_not_depend_on_its_labels(tmp_path):
    """Otherwise the bits that name a language would not name it."""
    numbers = np.random.default_rng(1)
    x, y = numbers.integers(0, 500, 90), numbers.integers(0, 500, 90)
    [_, spec] = found = integer.for_table(whole_numbers(tmp_path, zip(x, y, strict=True)))
    assert found == integer.for_table(
        whole_numbers(tmp_path, zip(x, numbers.permutation(y), strict=True))
    )
    held = [int(v) for v in spec.partition("=")[2].split("/")]
    assert held[:5] == [0, 1, 2, 3, 4]
    assert set(held[5:]) <= set(x.tolist())
    assert 16 < len(held) <= 5 + 32


def test_the_constants_of_a_table_do_not_depend_on_held_out_rows(tmp_path):
    pairs = [(1000 + 10 * k, k % 3 * 50) for k in range(60)]
    given = whole_numbers(tmp_path, pairs, train=0.5)
    changed = [(x if held else x + 7, y) for (x, y), held in zip(pairs, given.train, strict=True)]
    [_, spec] = found = integer.for_table(whole_numbers(tmp_path, changed, train=0.5))
    assert found == integer.for_table(given)
    assert spec.startswith("integer:constants=0/1/2/3/4/50/100/")


def test_a_number_of_the_table_is_a_constant(tmp_path):
    rows = [(a, b, 229 * a + b) for a in range(227, 233) for b in range(7)]
    result = synth.search(table(tmp_path, "a,b,c", rows), **{**SMALL, "max_programs": 40_000})
    assert result.dsl == "integer:constants=0/1/2/3/4/5/6/227/228/229/230/231/232"
    assert result.program.exceptions == 0
    assert "229" in result.program.text


def test_bytes_have_operators_on_bits(tmp_path):
    numbers = np.random.default_rng(2).integers(0, 256, (60, 2)).tolist()
    task = table(tmp_path, "a,b,c", [(a, b, a ^ b) for a, b in numbers])
    result = synth.search(task, **{**SMALL, "max_programs": 200_000})
    assert result.dsl.endswith("bits=true")
    assert result.program.exceptions == 0
    assert result.program.text == "a ^ b"
    beyond = table(tmp_path, "a,b,c", [(a, b, a ^ b ^ 256) for a, b in numbers])
    assert not any("bits" in spec for spec in integer.for_table(without_labels(beyond)))
    small = table(tmp_path, "a,b,c", [(a % 8, b % 8, a & 7 ^ b & 7) for a, b in numbers])
    assert not any("bits" in spec for spec in integer.for_table(without_labels(small)))


def test_whole_numbers_are_divided_if_asked_for(tmp_path):
    rows = [(a, (a // 7) % 5) for a in range(0, 240, 2)]
    task = table(tmp_path, "a,b", rows)
    spec = "integer:constants=5/7,division=true"
    result = synth.search(task, spec, **SMALL)
    assert (result.dsl, result.program.text) == (spec, "a // 7 % 5")
    assert result.predict({"a": [34, 35]}).tolist() == [4, 0]


def test_reals_are_found_where_integers_cannot(tmp_path):
    rows = [(a, b, a / b) for a in range(1, 7) for b in range(1, 7)]
    result = synth.search(table(tmp_path, "a,b,c", rows), **SMALL)
    assert result.dsl == "real"
    assert result.program.text == "a / b"


def test_numbers_are_labels_of_rules(tmp_path):
    rows = [(k % 4, 4 if k % 4 < 2 else 6) for k in range(200)]
    rows += [(5, 8) for k in range(50)]
    limits = {**SMALL, "max_programs": 60_000}
    result = synth.search(table(tmp_path, "x,cylinders", rows), **limits)
    assert result.dsl == "rules"
    assert result.program.exceptions == 0
    assert result.predict({"x": [1, 3, 5]}).tolist() == [4, 6, 8]


@pytest.mark.slow
def test_a_constant_is_a_hypothesis_beside_programs(tmp_path):
    rows = [(k * 37 % 101, k * 53 % 97, int(k % 29 == 3)) for k in range(120)]
    task = table(tmp_path, "score,year,weekend", rows, train=0.5)
    result = synth.search(task, **SMALL)
    assert result.chosen == "constant"
    assert result.program.text == "0"
    assert result.program.written is None
    assert result.program.total_bits == codes.constant_total(task.counts().tolist())
    assert result.program.test_accuracy == result.table.test_accuracy
    assert (result.predict({"score": [1, 2], "year": [3, 4]}) == ["0", "0"]).all()
    kinds = [h.kind for h in result.top]
    assert kinds[0] == "constant"
    assert kinds.count("constant") - sum(h.written is not None for h in result.top) == 1
    assert sum(h.share for h in result.top) <= 1 + 1e-9


def test_rules_of_noise_are_chosen_as_rarely_as_the_margin_says():
    """Of 1,000 random labellings 5 at most in the mean; without the margin it would be many."""
    generator = np.random.default_rng(0)
    columns = {f"x{k}": generator.random(60) for k in range(8)}
    first = np.arange(60) < 12
    tasks = [
        synth.Task("noise", columns, dict.fromkeys(columns, synth.Real), labels, synth.Bool)
        for labels in (generator.permutation(first) for _ in range(1000))
    ]
    search = Search(tasks, "rules", among=1, **SMALL)
    search.run()
    chosen = [r.chosen == "program" for r in search.results]
    constant = codes.constant_total([48, 12])
    least = [min(p.total_bits for p in r.front) - r.language_bits for r in search.results]
    assert sum(chosen) <= 5
    assert sum(total < constant for total in least) >= 10 > 2 * sum(chosen)


def test_a_given_dsl_is_charged_nothing(tmp_path):
    task = table(tmp_path, "age,dose,fare", ages())
    result = synth.search(task, "rules", **SMALL)
    assert result.language_bits == 0
    assert result.languages == ()
    assert result.program.kind == "program"
    named = synth.search("parity:n=4,k=2", **SMALL)
    assert named.languages == ()


def test_of_too_few_rows_the_shortest_exact_program_is_shown(tmp_path):
    rows = [(p, q, r, int(not q and (p or r))) for p, q, r in itertools.product((0, 1), repeat=3)]
    task = table(tmp_path, "p,q,r,y", rows)
    result = synth.search(task, moves=0)
    assert result.chosen == "table"
    found = result.shortest
    assert found.text == "~q & (p | r)"
    assert found.proven
    boolean = synth.search(task, "boolean", exact=True, moves=0).program
    rule = synth.search(task, "rules", exact=True, moves=0).program
    assert found.bits == min(boolean.bits, rule.bits)
    assert found.rows == codes.rows_needed(found.bits + result.language_bits, [5, 3])
    words = " ".join(str(result).split())
    assert "too few rows to tell it from chance" in words
    assert f"about {found.rows} training rows would do, here are 8" in words


def test_exact_searches_leave_inexact_languages_out(tmp_path):
    task = table(tmp_path, "A,B", [(2, 21), (4, 35), (7, 56)])
    more = {**SMALL, "max_programs": 50_000}
    found = synth.search(task, exact=True, **more)
    assert [each.dsl for each in found.languages] == [
        "integer",
        integer.with_quotients(),
        WITH_CONSTANTS,
    ]
    assert found.program.exceptions == 0
    result = synth.search(task, **SMALL)
    assert [each.dsl for each in result.languages] == [
        "integer",
        "real",
        integer.with_quotients(),
        WITH_CONSTANTS,
    ]
    assert (result.shortest.dsl, result.shortest.text) == (WITH_CONSTANTS, "7 + A * 7")
    assert found.program.text == "7 + A * 7"
    assert not result.shortest.proven  # what real numbers can do was not sought
    halves = [(k, k % 4 + 0.5) for k in range(12)]
    with pytest.raises(synth.SynthError, match="exact: labels of Real"):
        synth.search(table(tmp_path, "A,B", halves), exact=True, **SMALL)


def test_ctrl_c_in_the_last_search_is_said(tmp_path):
    rows = [(p, q, r, int(not q and (p or r))) for p, q, r in itertools.product((0, 1), repeat=3)]
    task, begun = table(tmp_path, "p,q,r,y", rows), []

    def press(engine):
        if id(engine) not in begun:
            begun.append(id(engine))
            if len(begun) == 3:  # of the third search, that for the shortest program
                os.kill(os.getpid(), signal.SIGINT)

    found = synth.search(task, progress=press, moves=0, threads=1)
    assert found.chosen == "table"
    assert found.stop_reason == "interrupted"


def test_after_ctrl_c_nothing_is_claimed_of_languages_not_begun(tmp_path):
    task = table(tmp_path, "age,dose,fare", ages(60))
    once = iter([signal.SIGINT])

    def press(engine):
        for sent in once:
            os.kill(os.getpid(), sent)

    found = synth.search(task, exact=True, progress=press, threads=1, **SMALL)
    assert len(found.languages) > 1
    assert {each.candidates for each in found.languages[1:]} == {0}
    assert "all up to 0.0 bits" in " ".join(str(found).split())
    save_run(found, tmp_path / "run.json")
    assert [claim for claim in verify(tmp_path / "run.json") if claim.holds is False] == []
    assert (found.stop_reason, found.optimal, found.exact_bound) == ("interrupted", False, 0.0)


def checksums(tmp_path, rows=40):
    """Bytes and their sum modulo 256: the language with 256 as a constant is the fifth."""
    rows = np.random.default_rng(3).integers(0, 256, (rows, 4))
    return table(tmp_path, "a,b,c,d,sum", [(*row, sum(row) % 256) for row in rows.tolist()])


def test_the_early_stage_has_its_turn_in_all_languages_first(tmp_path, monkeypatch):
    task = checksums(tmp_path)
    # As if the time was over for what follows.
    monkeypatch.setattr(LanguageSearch, "run", lambda self, *_, **__: self.search.results)
    tasks = task, task.permuted(0)
    result, twin = languages.searched(
        tasks, languages.languages_of(task), seconds=None, threads=1, memory=2 * 10**8
    )
    assert [each.candidates for each in result.languages] == [FIRST_PROGRAMS] * 5
    assert result.program.exceptions == 0
    assert result.dsl.startswith("integer:constants=0/1/2/3/4/5/6/7/8/15")
    assert (result.program.found_by, result.reach.moves) == ("reach", 0)
    assert twin.chosen != "program"


def test_what_the_early_stage_finds_is_kept(tmp_path):
    task = checksums(tmp_path)
    spec = languages.languages_of(task)[-1]
    search = Search(task, spec, among=5, moves=None, seconds=None, threads=1)
    search.begin_early()
    early = search.result
    # The clock is at its end, so that nothing else is done.
    search.run(seconds=0.0)
    assert search.result.program == early.program
    seeds = [seed["text"] for seed in search.result.reach.seeds]
    assert seeds == list(dict.fromkeys(seeds))
    assert early.reach.planned == search.result.reach.planned > 0


def test_ctrl_c_in_the_early_stage_ends_the_search(tmp_path):
    task, seen = checksums(tmp_path), []

    def press(engine):
        seen.append(engine)
        if len(seen) == 1:
            os.kill(os.getpid(), signal.SIGINT)

    found = synth.search(task, progress=press, seconds=None, threads=1, memory=2 * 10**8)
    assert found.stop_reason == "interrupted"
    assert len(set(map(id, seen))) == 1
    assert len(found.languages) == 5
    assert {each.candidates for each in found.languages[1:]} == {0}


def test_a_proof_needs_no_early_stage(tmp_path, monkeypatch):
    monkeypatch.setattr("synth.engine.driver.FIRST_PROGRAMS", 100)
    task = table(tmp_path, "age,dose,fare", ages())
    search = Search(task, "rules:thresholds=99", among=2, seconds=None, threads=1)
    search.begin_early()
    assert search.result.reach is not None
    assert search.run().optimal
    assert search.result.reach is None


def test_the_early_stage_is_left_out_without_moves(tmp_path):
    task = checksums(tmp_path)
    for limits in ({"moves": 0}, {"max_bits": 9}, {"max_programs": 10}, {"exact": True}):
        search = Search(task, "integer", among=5, threads=1, **limits)
        search.begin_early()
        assert search.result.candidates == 0


def test_a_language_that_is_not_tried_is_not_read(tmp_path, monkeypatch):
    """It may be a file, whose code would run."""
    task = table(tmp_path, "p,q,y", [(p, q, int(p and q)) for p in (0, 1) for q in (0, 1)])
    found = synth.search(task, **SMALL)
    assert found.shortest is not None
    trap = tmp_path / "trap.py"
    trap.write_text(f"open({str(tmp_path / 'sprung')!r}, 'w').close()\ndsl = None\n")
    document = found.to_dict()
    document["shortest"]["dsl"] = document["languages"][-1]["dsl"] = f"{trap}:dsl"
    for exact in (False, True):
        document["settings"]["exact"] = exact
        (tmp_path / "run.json").write_text(json.dumps(document))
        wrong = [c.what for c in verify(tmp_path / "run.json", complete=exact) if c.holds is False]
        assert {"shortest.dsl", "languages"} <= set(wrong)
    assert not (tmp_path / "sprung").exists()


def test_contrasts_of_tables_choose_nothing_that_reads_inputs(tmp_path):
    task = table(tmp_path, "age,dose,fare", ages(), train=0.5)
    both = synth.contrast(task, **SMALL)
    assert both.structured.chosen == "program"
    assert both.random.chosen != "program"
    assert both.random.language_bits == both.structured.language_bits > 0


@pytest.mark.parametrize("options", [(), ("--exact",), ("--train", "0.5")])
def test_runs_of_tables_are_verified(tmp_path, options):
    table(tmp_path, "age,dose,fare", ages(60))
    saved = tmp_path / "run.json"
    limits = ["--max-programs", "3000", "--moves", "20"]
    run("search", tmp_path / "table.csv", *limits, *options, "--save", saved)
    assert [c for c in verify(saved) if c.holds is False] == []
    document = json.loads(saved.read_text())
    assert len(document["languages"]) == 6
    fewer = [{**each, "dsl": "rules:thresholds=5"} for each in document["languages"]]
    changes = {"language_bits": 0.0, "total_bits": 1.0, "languages": fewer}
    for key, value in changes.items():
        (tmp_path / "wrong.json").write_text(json.dumps({**document, key: value}))
        assert [c for c in verify(tmp_path / "wrong.json") if c.holds is False]


def test_the_shortest_program_of_a_saved_run_is_verified(tmp_path):
    rows = [(p, q, r, int(not q and (p or r))) for p, q, r in itertools.product((0, 1), repeat=3)]
    table(tmp_path, "p,q,r,y", rows)
    saved = tmp_path / "run.json"
    run("search", tmp_path / "table.csv", "--train", "1.0", "--save", saved)
    assert [c for c in verify(saved) if c.holds is False] == []
    document = json.loads(saved.read_text())
    rule = document["shortest"]["rule"]
    assert rule == "not q and (p or r)"
    changes = {"bits": 15.0, "rows": 12, "text": "~q & p", "dsl": "integer", "rule": "not q"}
    for key, value in changes.items():
        changed = {**document, "shortest": {**document["shortest"], key: value}}
        (tmp_path / "wrong.json").write_text(json.dumps(changed))
        assert [c.what for c in verify(tmp_path / "wrong.json") if c.holds is False], key


@pytest.mark.slow
def test_a_checkpoint_of_several_languages_goes_on(tmp_path):
    task = table(tmp_path, "age,dose,fare", ages())
    kept = tmp_path / "kept"
    whole = synth.search(task, max_programs=4_000, moves=40, seconds=None)
    part = synth.search(task, max_programs=1_000, moves=0, seconds=None, checkpoint=kept, every=0)
    assert part.candidates < whole.candidates
    found = synth.search(task, max_programs=4_000, moves=40, seconds=None, checkpoint=kept)
    assert found.resumed
    one, two = ({**r.to_dict(), "seconds": 0, "resumed": 0} for r in (whole, found))
    assert one == two


def test_the_tests_of_a_column_share_its_bits(tmp_path):
    colours = ["red", "blue", "green", "grey"]
    rows = [(k % 40, colours[k % 4], k % 3 == 0, k % 2) for k in range(80)]
    task = table(tmp_path, "x,colour,flag,y", rows)
    fitted = fit("rules", task)
    of = {}
    for name, weight in fitted.task.input_weights.items():
        key = "x" if name.startswith("x <") else rules.source_of(name)
        of.setdefault(key, []).append(weight)
    assert set(of) == {"x", "colour", "flag"}
    assert all(sum(each) * 3 == 1 for each in of.values())
    assert len(of["x"]) == 16
    assert len(of["colour"]) == 4


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("colour=red", "colour"),
        ("age is missing", "age"),
        ("age>=57", "age>=57"),
        ("a==b", "a==b"),
        ("flag", "flag"),
        ("when.weekday=Monday", "when.weekday"),
    ],
)
def test_the_column_that_an_input_was_made_of(name, source):
    assert rules.source_of(name) == source


def test_if_no_language_fits_the_first_says_why(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,b\n" + "\n".join(f"{k},{k}" for k in range(40)))
    words = run("search", path, "--start", "nonsense", code=2)
    assert "nonsense" in words


def test_a_language_that_was_left_out_is_said(tmp_path):
    """Leaving one out makes programs cheaper, and could be done once the labels are known."""
    table = Path(__file__).parent.parent / "examples" / "own_table.csv"
    saved, cut = tmp_path / "run.json", tmp_path / "cut.json"
    synth.save_run(synth.search(str(table), max_programs=3000, moves=0), saved)
    document = json.loads(saved.read_text())
    document["languages"] = [e for e in document["languages"] if e["dsl"] == document["dsl"]]
    cut.write_text(json.dumps(document))
    said = [
        [c.what for c in synth.verify(path) if c.what.startswith("languages without ")]
        for path in (saved, cut)
    ]
    assert said[0] == []
    assert len(said[1]) >= 2
