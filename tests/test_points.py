"""The DSL `points`: the best scorecards of a table, their price, their words and their table."""

import itertools
import json
import math
import pickle

import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth import codes
from synth.errors import DSLError, SettingError
from synth.kernels import points as kernels
from synth.kernels.division import Table
from synth.tasks import RowCells, Rule, fit
from synth.verification import verify
from tests import command, naive

FEW = {"moves": 160, "chains": 4, "threads": 1}


@pytest.fixture(scope="module")
def sick(tmp_path_factory):
    """A table of which a row is sick if it has two of three signs, but for two rows."""
    generator = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("points") / "sick.csv"
    lines = ["age,smoker,pressure,sick"]
    for row in range(160):
        age, smokes, pressure = generator.integers(20, 90), row % 3 == 0, generator.integers(9, 19)
        sick = int(age >= 60) + smokes + int(pressure >= 14) >= 2
        says = sick != (row in (17, 90))
        lines.append(f"{age},{('no', 'yes')[smokes]},{10 * pressure},{('no', 'yes')[int(says)]}")
    path.write_text("\n".join(lines))
    return path


@pytest.fixture(scope="module")
def found(sick):
    return synth.search(synth.read_table(sick, train=0.75), "points", **FEW)


@st.composite
def cards_without_a_line(draw):
    """(tests, labels, lines that stay) of a small table."""
    n, count = draw(st.integers(1, 6)), draw(st.integers(1, 3))
    row = st.lists(st.booleans(), min_size=count, max_size=count)
    tests = np.array(draw(st.lists(row, min_size=n, max_size=n)), bool)
    labels = np.array(draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)))
    kept = draw(st.lists(st.integers(0, count - 1), max_size=count - 1, unique=True))
    return tests, labels, [(t, draw(st.sampled_from(codes.POINTS))) for t in kept]


@settings(max_examples=25, deadline=None)
@given(cards_without_a_line())
def test_a_pass_prices_every_line_at_every_threshold(card):
    """Against exceptions counted row by row."""
    tests, labels, rest = card
    read = RowCells.of(tests, np.arange(tests.shape[1]) // 2)
    table, yes = Table(read.codes, labels, **read.cells.arrays), int(labels.sum())
    scores = np.array([naive.card_score(rest, row) for row in tests], np.int64)
    low, size = sum(min(0, p) for _, p in rest), 1 + sum(abs(p) for _, p in rest)
    sums = np.empty((tests.shape[1] + 1, size), np.int32)
    counted = np.empty((int(table.starts[-1]), size), np.int32)
    kernels.surplus(table, scores, low, counted, sums)
    kernels.added_up(sums)
    points, code = np.array(codes.POINTS), codes.program_totals(len(labels), 2, False)
    prices = np.linspace(1, 2, tests.shape[1])
    prices[[t for t, _ in rest]] = np.inf
    ranges = np.log2(np.maximum(1, np.arange(size + 5)))
    both = (np.stack([bits, 2.0**-bits]) for bits in (prices, ranges))
    out, best = np.empty((tests.shape[1], len(points))), np.zeros(3, np.int64)
    given = points, yes, *both, 2.0**-code, code
    least = kernels.weigh(sums, *given, out, best)
    totals = {}
    for t, d in itertools.product(range(tests.shape[1]), range(len(points))):
        lines, whole = [*rest, (t, codes.POINTS[d])], 0.0
        bottom, top = (sum(f(0, p) for _, p in lines) for f in (min, max))
        for threshold in range(bottom + 1, top + 1) if np.isfinite(prices[t]) else ():
            said = [naive.card_score(lines, row) >= threshold for row in tests]
            wrong = int((np.array(said) != labels).sum())
            assert kernels.exceptions(sums, t, codes.POINTS[d], yes, threshold - low) == wrong
            totals[t, d, threshold - low] = prices[t] + math.log2(top - bottom) + code[wrong]
            whole += 2.0 ** -totals[t, d, threshold - low]
        assert out[t, d] == pytest.approx(whole, abs=1e-12)
    if totals:
        assert least == pytest.approx(min(totals.values()))
        assert totals[tuple(best.tolist())] == pytest.approx(least)
        drawn = kernels.threshold(sums, best[0], points[best[1]], yes, 2.0**-code, 0.5)
        assert (int(best[0]), int(best[1]), drawn) in totals


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_the_points_of_some_tests_are_the_best_of_all(count, seed):
    generator = np.random.default_rng(seed)
    tests, labels = generator.random((9, count)) < 0.5, generator.integers(0, 2, 9)
    code = codes.program_totals(9, 2, False)
    patterns = tests @ (1 << np.arange(count))
    sums = np.bincount(patterns, 1.0 - 2 * labels, 2**count).astype(np.int64)
    ranges = np.log2(np.maximum(1, np.arange(5 * count + 1)))
    points, best = np.array([-3, -1, 1, 2]), np.empty(count + 1, np.int64)
    given = sums, int(labels.sum()), points, ranges, code
    least = kernels.reassigned(*given, np.empty(count, np.int64), best)

    def total(chosen, threshold):
        wrong = int(((tests @ np.array(chosen) >= threshold) != labels).sum())
        return math.log2(sum(map(abs, chosen))) + code[wrong]

    every = [
        total(chosen, threshold)
        for chosen in itertools.product(points.tolist(), repeat=count)
        for threshold in range(
            1 + sum(min(0, p) for p in chosen), 1 + sum(max(0, p) for p in chosen)
        )
    ]
    assert least == pytest.approx(min(every))
    *chosen, threshold = best.tolist()
    assert total(chosen, threshold) == pytest.approx(least)


@pytest.mark.parametrize("seed", range(3))
def test_no_card_of_two_lines_has_fewer_bits_than_what_is_found(seed):
    generator = np.random.default_rng(seed)
    columns = {f"c{i}": generator.random(60) < 0.5 for i in range(4)}
    tests = np.stack(list(columns.values()), axis=1)
    labels = np.where(generator.random(60) < 0.1, generator.integers(0, 2, 60), tests.sum(1) > 2)
    types = dict.fromkeys([*columns, "y"], synth.Bool)
    task = synth.Task("t", columns, {n: types[n] for n in columns}, labels.astype(bool), synth.Bool)
    found = synth.search(task, "points", **FEW)
    best = math.inf
    for lines, bits in naive.cards([2.0] * 4, codes.POINTS, 2):
        points = [p for _, p in lines]
        for threshold in range(
            1 + sum(min(0, p) for p in points), 1 + sum(max(0, p) for p in points)
        ):
            said = np.array([naive.card_score(lines, row) >= threshold for row in tests])
            wrong = int((said != labels).sum())
            own = bits + math.log2(sum(map(abs, points)))
            best = min(best, codes.program_total(own, 60, wrong, 2, False))
    # Bits of programs are rounded up to 1/1024, node by node.
    assert found.program.total_bits <= best + 4 / 1024


def test_the_signs_are_found_and_priced_by_the_code(found):
    program = found.program
    points = [line.points for line in program.card.lines]
    assert points == [1, 1, 1]
    assert program.card.threshold == 2
    assert {line.condition.split()[0] for line in program.card.lines} == {
        "age", "smoker", "pressure",
    }  # fmt: skip
    own = codes.card_bits([1, 1, 1])
    assert own == pytest.approx(5 + math.log2(math.comb(12, 3)) + math.log2(3))
    tests = [part.head.weight.denominator for part in found.best.arguments]
    bits = [math.ceil(1024 * math.log2(each)) / 1024 for each in tests]
    assert tests[0] == 6  # one of three columns, and one of two values
    assert program.bits == pytest.approx(own + sum(bits), abs=1 / 1024)
    assert found.language_bits == 0
    assert program.found_by == "reach"
    assert found.reach.moves == found.reach.planned == FEW["moves"]
    assert (found.candidates, found.certified_bits, found.optimal) == (0, 0.0, False)


def test_the_table_of_points_counts_rows(found):
    card, task = found.program.card, found.trained_on
    for line in card.totals:
        assert line.train_yes <= line.train
    assert sum(line.train for line in card.totals) == found.rows["train"]
    assert sum(line.test for line in card.totals) == found.rows["test"]
    labels = task.labels[task.train]
    assert sum(line.train_yes for line in card.totals) == labels.sum()
    wrong = sum(
        line.train - line.train_yes if line.points >= card.threshold else line.train_yes
        for line in card.totals
    )
    assert wrong == found.program.exceptions
    said = found.program.rule
    assert "(1 if smoker" in said
    assert said.startswith("if (1 if ")


def test_a_card_is_read_back_predicts_and_is_verified(found, sick, tmp_path):
    text = found.best.text
    again = synth.Program.parse(text, fit("points", found.trained_on.original).grammar, synth.Bool)
    assert again.text == text
    file = tmp_path / "run.json"
    synth.save_run(found, file)
    saved = synth.load_run(file)
    assert saved.program.card == found.program.card
    assert [c.what for c in verify(file) if c.holds is False] == []
    document = json.loads(file.read_text())
    for change in (
        {"bits": document["program"]["bits"] - 1},
        {"card": {**document["program"]["card"], "threshold": 1}},
        {"text": text.replace("card['", "card['5 ")},
    ):
        forged = {**document, "program": {**document["program"], **change}}
        file.write_text(json.dumps(forged))
        assert [c.what for c in verify(file) if c.holds is False]
    file.write_text(json.dumps({**document, "certified_bits": 1.0}))
    assert "certified_bits" in [c.what for c in verify(file) if c.holds is False]
    rows = [line.split(",") for line in sick.read_text().splitlines()[1:]]
    table = {
        "age": [int(r[0]) for r in rows],
        "smoker": [r[1] for r in rows],
        "pressure": [int(r[2]) for r in rows],
    }
    said = found.predict(table)
    assert np.mean(said == np.array([r[3] for r in rows])) > 0.95
    scope = {}
    source = Rule(found.best, found.trained_on).to_python()
    exec(compile(source, "rule", "exec"), scope)
    assert (scope["predict"](table) == said).all()


def test_spreadsheets_do_not_take_a_text_for_a_missing_number(found):
    rule = Rule(found.best, found.trained_on)
    formula = rule.to_spreadsheet(["age", "smoker", "pressure", "sick"])
    assert "ISNUMBER(B2)" not in formula
    assert "ISNUMBER(A2)" in formula


def test_limits_of_bits_and_of_moves(sick):
    task = synth.read_table(sick)
    short = synth.search(task, "points", **FEW, max_bits=20)
    assert short.front
    assert all(point.bits <= 20 for point in short.front)
    one = synth.search(task, "points", moves=1, chains=1, threads=1)
    assert (one.reach.moves, one.reach.points[0]["moves"]) == (1, 1)


def test_permuted_labels_have_no_card(sick):
    both = synth.contrast(synth.read_table(sick, train=0.75), "points", **FEW)
    assert both.structured.chosen == "program"
    assert both.random.chosen == "table"


def test_the_command_shows_points(sick):
    text = command.run("search", sick, "--dsl", "points", "--moves", 80, "--train", 0.75)
    assert "Points: yes from 2 on, else no" in text
    assert "points  yes in training  yes held out  if" in text
    assert "in all  yes in training  yes held out  said" in text


def test_what_is_not_allowed_is_refused(sick, monkeypatch):
    task = synth.read_table(sick)
    with pytest.raises(SettingError, match="exact: not allowed with --dsl points"):
        synth.search(task, "points", exact=True)
    with pytest.raises(DSLError, match=r"points: labels of Int\(0, 2\); allowed: two values"):
        synth.load_dsl("points", (synth.Bool, synth.Int(0, 2)))
    with pytest.raises(SettingError, match="top=0; allowed: 1 and more"):
        synth.search(task, "points", top=0)
    with pytest.raises(SettingError, match="rules: thresholds=0"):
        synth.load_dsl("points:thresholds=0", (synth.Bool, synth.Bool))
    monkeypatch.setattr("synth.tasks.fitting.LARGE", 10)
    monkeypatch.setattr("synth.engine.families.BYTES", 10**9)
    with pytest.raises(SettingError, match=r"160 rows with \d+ tests for points take .* GB"):
        synth.search(task, "points")
    family = synth.load_dsl("points", (synth.Bool, synth.Bool)).family
    for name in ("card['1 2 / 2']", "card['6 / 1']", "card['2 1 / 4']", "card['2 1 / 0']", "card"):
        assert family.named(name) is None
    assert family.named("card['2 1 -1 / 0']") is not None


def test_cards_of_many_rows_are_sought_on_some_and_scored_on_all(tmp_path):
    """Bits and exceptions hold for all rows, with the best points for all of them."""
    generator = np.random.default_rng(0)
    columns = {f"c{i}": generator.random(5600) < 0.5 for i in range(5)}
    tests = np.stack(list(columns.values()), axis=1)
    labels = (tests @ [2, 1, 1, 0, 0] >= 2) ^ (generator.random(5600) < 0.1)
    train = np.arange(5600) < 5400
    types = dict.fromkeys(columns, synth.Bool)
    task = synth.Task("t", columns, types, labels, synth.Bool, train=train, is_table=True)
    found = synth.search(task, "points", **FEW)
    program = found.program
    assert found.rows["train"] == 5400
    assert found.settings["drawn"]["rows"] == 5000
    assert found.settings["drawn"]["moves"] == found.reach.moves == FEW["moves"]
    said = found.predict(columns)
    assert program.exceptions == int((said.astype(bool) != labels)[train].sum())
    price = codes.program_total(program.bits, 5400, program.exceptions, 2, False)
    assert program.total_bits == pytest.approx(price)
    assert program.test_accuracy > 0.85
    assert sorted(map(str, found.best.arguments)) == ["c0", "c1", "c2"]
    synth.save_run(found.with_data(), tmp_path / "run.json")
    assert [c for c in verify(tmp_path / "run.json") if c.holds is False] == []


@pytest.fixture(scope="module")
def colours():
    """Names by two cards: red if two of three are true, else blue if d or e is, else green."""
    generator = np.random.default_rng(1)
    columns = {name: generator.random(240) < 0.5 for name in "abcde"}
    a, b, c, d, e = columns.values()
    red = a.astype(int) + b + c >= 2
    labels = np.where(red, 2, np.where(d | e, 0, 1))
    labels[:9] = (labels[:9] + 1) % 3
    types = dict.fromkeys(columns, synth.Bool)
    names = synth.Label("blue", "green", "red")
    train = np.arange(240) < 180
    return synth.Task("colours", columns, types, labels, names, train=train, is_table=True)


def wrong_names(found, task):
    """On how many training rows a result says another name."""
    right = np.array(task.label_type.names)[task.labels]
    return int((found.predict(task.columns) != right)[task.train].sum())


def test_three_names_have_a_list_of_cards(colours, tmp_path):
    found = synth.search(colours, "points", **FEW)
    program = found.program
    assert program.exceptions == 9
    assert program.test_accuracy == 1.0
    assert sum(node.head.name.startswith("card") for node in found.best.walk()) == 2
    assert wrong_names(found, colours) == 9
    assert program.total_bits == codes.program_total(program.bits, 180, 9, 3, False)
    assert found.total_bits == program.total_bits < found.table.bits
    assert [branch.answer for branch in program.branches][-1] in ("blue", "green", "red")
    # What the list begins with is among the best hypotheses.
    assert any(each.text.count("card") == 1 for each in found.top)
    synth.save_run(found.with_data(), tmp_path / "run.json")
    assert [c for c in verify(tmp_path / "run.json") if c.holds is False] == []
    again = synth.search(colours, "points", **FEW)
    assert [each.text for each in again.top] == [each.text for each in found.top]
    rule = Rule(found.best, found.trained_on).to_python()
    assert "red" in rule


def test_lists_of_many_rows_are_scored_on_all(colours, monkeypatch):
    monkeypatch.setattr("synth.tasks.fitting.LARGE", 120)
    monkeypatch.setattr("synth.engine.families.LARGE", 120)
    found = synth.search(colours, "points", **FEW)
    assert found.settings["drawn"]["rows"] == 120
    assert found.rows["train"] == 180
    assert found.program.exceptions == wrong_names(found, colours)


def test_names_by_chance_have_no_list(colours):
    twin = synth.search(colours.permuted(0), "points", **FEW)
    assert twin.chosen == "table"
    short = synth.search(colours, "points", **FEW, max_bits=25)
    assert all(point.bits <= 25 for point in short.front)


def test_the_classifier_has_cards(sick, found):
    rows = [line.split(",") for line in sick.read_text().splitlines()[1:]]
    frame = pandas.DataFrame(
        {
            "age": [int(r[0]) for r in rows],
            "smoker": [r[1] for r in rows],
            "bp": [int(r[2]) for r in rows],
        }
    )
    labels = np.array([r[3] for r in rows])
    fitted = synth.ProgramClassifier(dsl="points", mixture=False, moves=80).fit(frame, labels)
    assert fitted.chosen_ == "program"
    assert fitted.results_[0].program.card.threshold == 2
    again = pickle.loads(pickle.dumps(fitted))  # noqa: S301
    assert again.program_.text == fitted.program_.text
    assert (again.predict(frame) == fitted.predict(frame)).all()
    assert fitted.score(frame, labels) > 0.97


@pytest.mark.parametrize("top", [1, 10])
def test_shares_count_the_cards_of_the_front_too(sick, tmp_path, top):
    """A card on the front that is not among the best is a hypothesis like any other."""
    result = synth.search(sick, "points", top=top, **FEW)
    synth.save_run(result, tmp_path / "run.json")
    assert [c.what for c in verify(tmp_path / "run.json") if c.holds is False] == []
    totals = {p.text: p.total_bits for p in (*result.front, *result.top)}
    least = min(totals.values())
    mass = math.fsum(2.0 ** (least - total) for total in totals.values())
    best = max(result.top, key=lambda h: h.share)
    assert best.share <= 2.0 ** (least - best.total_bits) / mass * (1 + 1e-9)
