"""Labels that are numbers, on the command line: what is chosen, said, refused and verified."""

import copy
import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import synth
from synth import Bool, Int, Real, codes
from synth.cli import main
from synth.codes import real
from synth.codes.real_rounding import rounded_line
from synth.engine import regress, regress_contrast
from synth.engine.regression import rank
from synth.errors import DSLError, RunError, SettingError
from synth.records import LeastSquares, Regression, RegressionContrast, sum_text
from synth.tasks import is_numeric
from synth.verification import verify
from synth.verification.numbers import Labels, last_decimal
from tests.command import run

FEW = ("--max-bits", "12", "--threads", "1", "--memory", "100MB")
#: In one language: a contrast of several takes twice as long.
ONE = (*FEW, "--dsl", "real")


@pytest.fixture
def product(tmp_path):
    """y = mass * speed + mass with noise, and a column of texts that says nothing."""
    rng = np.random.default_rng(0)
    mass, speed = rng.uniform(1, 3, (2, 100)).round(2)
    labels = np.round(mass * speed + mass + 0.1 * rng.normal(size=100), 2)
    colours = rng.choice(["red", "blue"], 100)
    path = tmp_path / "product.csv"
    rows = zip(mass, speed, colours, labels, strict=True)
    path.write_text("mass,speed,colour,y\n" + "".join(f"{a},{b},{c},{d}\n" for a, b, c, d in rows))
    return path


def table(path, labels):
    """A table of one column and some labels."""
    path.write_text("x,y\n" + "".join(f"{k},{label}\n" for k, label in enumerate(labels)))
    return path


# -- which labels are numbers ------------------------------------------------------


GENERATOR = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        ([3 * k + int(GENERATOR.integers(9)) for k in range(60)], "regression"),
        ([k % 13 for k in range(60)], "search"),
        ([k % 12 for k in range(60)], "search"),
        ([round(0.37 * k + 0.02 * (k * k * 7919 % 7), 2) for k in range(60)], "regression"),
        ([0.5 * k for k in range(60)], "search"),
        (["no", "yes", "yes"] * 20, "search"),
    ],
)
def test_labels_decide_and_an_option_forces_either(labels, kind, tmp_path):
    path = table(tmp_path / "t.csv", labels)
    command = ("search", path, *FEW, "--train", "1.0", "--json")
    assert json.loads(run(*command))["kind"] == kind
    forced = json.loads(run(*command, "--noise", "exceptions"))
    assert forced["kind"] == "search"
    if isinstance(labels[-1], float):
        assert "exact: labels of Real; allowed: " in run(*command, "--exact", code=2)
    elif isinstance(labels[0], int):
        assert json.loads(run(*command, "--exact"))["kind"] == "search"
        assert json.loads(run(*command, "--noise", "normal"))["kind"] == "regression"
    else:
        for option, value in (("--noise", "normal"), ("--precision", "1.0")):
            error = run(*command, option, value, code=2)
            assert f"{option} {value}: the labels of y are not numbers; leave the option" in error


def test_is_numeric():
    assert is_numeric(Real, [0.5, 1.5])
    assert is_numeric(Int(0, 99), range(13))
    assert not is_numeric(Int(0, 99), range(12))
    assert not is_numeric(Bool, range(13))


# -- what is said ------------------------------------------------------------------


def test_a_search_says_what_it_found(product):
    text = " ".join(run("search", product, *FEW, "--seed", "0").split())
    (found,) = regress(synth.load_task(str(product), seed=0), max_bits=12)
    assert found.chosen == "program"
    for part in (
        f"chosen program: {found.program.text}, with normal noise",
        f"y: {found.low:.6g} to {found.high:.6g}, known to 0.01",
        "50 training, 50 held out",
        f"total bits {found.program.total_bits:.1f} (program and noise)",
        f"constant bits {found.constant.total_bits:.1f} (the constant {found.constant.text}, with",
        "stopped: limit of bits (--max-bits) reached",
        f"table bits {found.table_bits:.1f} (a histogram of {found.bins} bins)",
        f"at least {math.floor(found.saved_bits * 10) / 10:.1f}, compared with the table",
        f"held out (R2 {found.test_r2:.4f})",
        "all single programs of up to 12.0 bits were scored",
        f"all sums of up to {math.floor(found.pair_bits * 10) / 10:.1f} bits of two programs that",
        "if the labels are drawn from the code of a histogram or of a constant",
    ):
        assert part in text, part
    assert found.program.terms == ("mass * (speed + 1.0)",)


def test_columns_of_texts_are_numbers_too(tmp_path):
    """y = 3 where the colour is red, with noise: the two values differ by far more than that."""
    rng = np.random.default_rng(1)
    red = rng.integers(0, 2, 60)
    labels = np.round(3 * red + 0.1 * rng.normal(size=60), 2)
    path = tmp_path / "c.csv"
    rows = zip(red, rng.uniform(0, 1, 60).round(2), labels, strict=True)
    path.write_text(
        "colour,z,y\n" + "".join(f"{'red' if r else 'blue'},{z},{y}\n" for r, z, y in rows)
    )
    document = json.loads(run("search", path, *FEW, "--json"))
    assert document["chosen"] == "program"
    assert document["inputs"] == {"colour=red": "Bool", "z": "Real"} | {
        name: "Bool" for name in document["inputs"] if name.startswith("colour")
    }
    assert document["program"]["terms"][0].startswith("'colour=")
    assert abs(document["program"]["slopes"][0]) == pytest.approx(3, abs=0.2)


def test_coefficients_have_the_digits_that_are_needed():
    assert sum_text(("x",), (0.00012, 2.71828), (0.0015, 0.00015)) == "2.7183 * x"
    assert sum_text(("x", "x * z"), (1.5, -2.71828, 3.0), (0.0015, 0.015, 0.000005)) == (
        "1.5 - 2.72 * x + 3 * (x * z)"
    )
    assert sum_text((), (12.3456,), (0.0005,)) == "12.346"
    assert sum_text((), (0.7,), (0.6,)) == "0.7"
    assert sum_text(("'a b'", "1 / x"), (0.0, -1.0, 0.5), (0.05, 0.0005, 0.0)) == (
        "-1 * 'a b' + 0.5 * (1 / x)"
    )


def as_shown(sum_, columns):
    """The values of the text of a sum: its numbers times its programs."""
    rest, values = sum_.text, 0.0
    for program in reversed(sum_.programs):
        rest = rest.removesuffix(f" * ({program.text})").removesuffix(f" * {program.text}")
        *before, number = rest.split(" ")
        sign = -1 if before and before.pop() == "-" else 1
        values = values + sign * float(number) * program.outputs(columns)[0]
        rest = " ".join(before)
    return values + float(rest or 0)


def test_a_text_predicts_what_the_sum_predicts():
    """Where columns are alike, coefficients have large errors, and predictions have small ones."""
    rng = np.random.default_rng(0)
    x = np.arange(1960.0, 2021.0)
    labels = np.round(0.37 * (x - 1990) ** 2 + 3 * rng.normal(size=61), 2)
    (found,) = regress(synth.Task("years", {"x": x}, {"x": Real}, labels, Real), max_bits=12)
    assert len(found.program.terms) == 2
    for sum_ in (*found.top, found.constant):
        shown = as_shown(sum_, {"x": x})
        deviation = np.abs(shown - sum_.predict({"x": x})).max()
        noise = np.sqrt(np.square(labels - sum_.predict({"x": x})).mean())
        assert deviation < noise / 10, sum_.text


@pytest.mark.slow
def test_coefficients_are_right_within_their_errors():
    """Of 120 sets of labels, about 68% of coefficients are within one standard error."""
    rng = np.random.default_rng(0)
    x, z = rng.uniform(1, 3, (2, 40)).round(2)
    types, within = {"x": Real, "z": Real}, []
    for _ in range(120):
        labels = np.round(2 * x + 3 * z + 1 + 0.2 * rng.normal(size=40), 2)
        task = synth.Task("sum", {"x": x, "z": z}, types, labels, Real)
        (found,) = regress(task, "real", max_bits=4, pairs=10)
        said = {"": found.program.intercept}
        said |= dict(zip(found.program.terms, found.program.slopes, strict=True))
        if set(said) == {"", "x", "z"}:
            errors = dict(zip(["", *found.program.terms], found.program.errors, strict=True))
            true = {"": 1, "x": 2, "z": 3}
            within.append([abs(said[name] - true[name]) <= errors[name] for name in true])
    assert len(within) > 90
    assert np.mean(within, axis=0) == pytest.approx(0.68, abs=0.1)


# -- chance ------------------------------------------------------------------------


@pytest.mark.slow
def test_the_chance_bound_holds_over_all_labels_of_a_small_grid():
    """Summed over all labels, no program saves as often as the bound says, whichever its noise."""
    n, cells = 4, 6
    scale = real.Scale(1.0, (cells - 1) / 2, cells)
    columns = [(1.0, np.array([0, 1, 2, 3.0])), (2.0, np.array([1, 0, 0, 1.0]))]
    sources, saved, mass = {}, [], 0.0
    exceptions = [np.arange(n) == k for k in range(n)]
    for labels in itertools.product(range(cells), repeat=n):
        y = np.array(labels, float)
        totals = []
        for bits, column in columns:
            for some in [np.zeros(n, bool), *exceptions]:
                kept, about = y[~some], real.squares(y[~some], scale)
                rows = np.column_stack([np.ones(n), column])[~some]
                rss = float(np.square(kept - rows @ np.linalg.lstsq(rows, kept)[0]).sum())
                count = int(some.sum())
                total = real.program_total([bits], rss, about, n, scale, exceptions=count)
                totals.append(float(total))
            line = rounded_line(column, labels, scale)
            if line is not None:
                named = codes.PROGRAM_FLAG + real.NOISES["rounding"] + real.sum_bits(1)
                totals.append(named + bits + line.bits)
        mass += sum(2**-total for total in totals)
        constants = [real.constant_total(y, scale, some) for some in [None, *exceptions]]
        saved.append(min(*constants, real.table_total(y, scale)[0]) - min(totals))
        named = codes.TABLE_FLAG + real.CONSTANT_NOISES["normal"]
        sources.setdefault("constant", []).append(2 ** (named - constants[0]))
        stated = sum(2 ** (named - constant) for constant in constants[1:])
        sources.setdefault("exceptions", []).append(stated)
        for bins in (2, 4):
            bits = real._histogram_bits(scale.place(y), bins, cells)
            sources.setdefault(bins, []).append(2**-bits)
    saved = np.array(saved)
    for chances in sources.values():
        assert sum(chances) <= 1 + 1e-6
        for least in np.unique(saved):
            chance = np.array(chances)[saved >= least].sum()
            assert chance <= 2 ** real.log2_chance(float(least)) + 1e-6
    assert saved.max() > 0
    # It is the share of all programs, by that of a histogram with a number of bins.
    assert mass <= 1 / 2
    assert real.log2_chance(20.0) == pytest.approx(math.log2(1 / 2 * 5 * 4) - 20)
    assert real.log2_chance(1.0) == real.log2_chance(-5.0) == 0.0


def test_the_rank_of_the_true_labels():
    assert rank(10.0, [1.0, 2.0, None]) == 1 / 4
    assert rank(10.0, [10.0, 20.0, None]) == 3 / 4
    assert rank(None, [None, 1.0]) == 1
    assert rank(5.0, [5.0 + 1e-12]) == 1


@pytest.mark.slow
def test_ranks_of_random_labels_are_even():
    """For labels that say nothing, each rank is as frequent as any other."""
    rng = np.random.default_rng(0)
    x, z = rng.uniform(1, 3, (2, 20)).round(2)
    types, ranks = {"x": Real, "z": Real}, []
    for k in range(30):
        labels = rng.normal(size=20).round(2)
        task = synth.Task("noise", {"x": x, "z": z}, types, labels, Real)
        ranks.append(regress_contrast(task, twins=4, seed=9 * k, max_bits=8, pairs=0).p_value)
    counts = [sum(abs(r - p) < 1e-9 for r in ranks) for p in (0.2, 0.4, 0.6, 0.8, 1.0)]
    assert sum(counts) == 30
    assert min(counts) >= 1
    assert max(counts) <= 14


def test_a_contrast_has_twins_and_their_rank(product):
    saved = product.with_name("ranked.json")
    text = " ".join(run("contrast", product, *ONE, "--twins", "9", "--save", saved).split())
    assert (
        "p-value 0.1: none of the 9 permuted twins saves as many bits as the true labels; 1/10 is "
        "the least p-value that 9 twins can give"
    ) in text
    assert "control holds: a program saves bits in 0 of 9 permuted twins" in text
    document = json.loads(saved.read_text())
    assert document["p_value"] == 0.1
    assert len(document["twins_saved"]) == 9
    assert document["twins_saved"][0] == document["random"]["saved_bits"]
    assert document["structured"]["candidates"] == document["random"]["candidates"]
    assert (
        len(json.loads(run("contrast", product, *ONE, "--max-bits", "5", "--json"))["twins_saved"])
        == 19
    )


# -- what is refused, and what is saved --------------------------------------------


def test_options_that_imply_exceptions_say_so(tmp_path):
    path = Path(__file__).parent.parent / "examples" / "measured.csv"
    for command, *option in (
        ("search", "--moves", "1"),
        ("search", "--moves", "1", "--plot", tmp_path / "x.png"),
        ("contrast", "--labels", "uniform"),
        ("contrast", "--seeds", "2"),
        ("search",),
    ):
        arguments = [command, path, "--max-bits", "8", *option]
        result = CliRunner().invoke(main, [str(a) for a in arguments])
        assert result.exit_code == 0, result.output
        note = f"{[*option, '--moves'][0]} implies --noise exceptions"
        assert (note in result.stderr) == bool(option)
        assert ("known to 0.01" in result.stdout) == (not option)


def test_a_figure_does_not_choose_what_is_found(product, tmp_path):
    """With a figure and a page too, the product is found with normal noise."""
    shown = ("--plot", tmp_path / "x.svg", "--report", tmp_path / "x.html")
    assert "chosen         program" in run("search", product, *FEW, *shown)
    assert {path.name for path in tmp_path.iterdir()} >= {"x.svg", "x.html"}


def test_texts_beside_numbers_with_fractions_are_refused_with_what_to_do(product):
    """No language reads texts and makes numbers with fractions; normal noise reads both."""
    for error in (
        run("search", product, *FEW, "--noise", "exceptions", code=2),
        run("contrast", product, *FEW, "--moves", "1", code=2),
    ):
        assert "has no type for Bool; it has Real, and no other language has labels" in error
        assert "use normal noise, which reads them (--noise normal; in Python, synth." in error
    with pytest.raises(DSLError, match=r"synth\.regress"):
        synth.contrast(synth.load_task(str(product)), max_bits=8, moves=0)


def test_options_that_do_not_apply_are_refused(product):
    for option, message in (
        (("--moves", "5", "--noise", "normal"), "--moves 5: not allowed with --noise normal; le"),
        (("--exact", "--noise", "normal"), "--exact: not allowed with --noise normal; leave"),
        (("--noise", "exceptions", "--precision", "1"), "--precision 1.0: not allowed with"),
        (("--precision", "-1"), "precision=-1.0; allowed: numbers above 0"),
        (("--precision", "1e6"), "all labels are equal to this precision"),
    ):
        assert message in run("search", product, *FEW, *option, code=2)
    for option, message in (
        (("--seeds", "2", "--noise", "normal"), "--seeds 2: allowed with --noise normal: 1"),
        (("--labels", "uniform", "--twins", "5"), "--labels uniform: allowed with --noise normal:"),
        (("--workers", "2", "--noise", "normal"), "--workers 2: not allowed with --noise nor"),
        (("--noise", "exceptions", "--twins", "3"), "--twins 3: not allowed with --noise exc"),
        (("--twins", "0"), "--twins"),
    ):
        assert message in run("contrast", product, *FEW, *option, code=2)
    assert "--noise normal: allowed only with a TASK" in run(
        "contrast", "--noise", "normal", code=2
    )
    with pytest.raises(SettingError, match="twins=0; allowed: 1 and more"):
        regress_contrast(str(product), twins=0)


def test_missing_numbers_are_refused_with_what_to_do(tmp_path):
    path = tmp_path / "gaps.csv"
    rows = "".join(f"{'' if k == 3 else k * 0.5},{k * 1.5}\n" for k in range(30))
    path.write_text("x,y\n" + rows)
    assert "--missing drop-rows" in run("search", path, *FEW, code=2)
    assert "chosen" in run("search", path, *FEW, "--missing", "drop-rows")
    rows = "".join(f"{'' if k == 3 else k * 0.5},{k % 4},{k * 1.5}\n" for k in range(30))
    path.write_text("x,z,y\n" + rows)
    said = run("search", path, *FEW, code=2)
    assert said.endswith("allowed: --missing drop-rows or drop-columns\n")
    for way in ("drop-rows", "drop-columns"):
        assert "chosen" in run("search", path, *FEW, "--missing", way)
    said = run("search", path, *FEW, "--label", "y>=20", "--dsl", "integer", code=2)
    assert said.endswith("allowed: --dsl features, or --missing drop-rows or drop-columns\n")


def test_a_saved_run_is_read_back(product, tmp_path):
    for command, record in (("search", Regression), ("contrast", RegressionContrast)):
        kept = tmp_path / f"{command}.json"
        twins = ("--twins", "2") * (command == "contrast")
        shown = run(command, product, *FEW, *twins, "--save", kept)
        again = synth.load_run(kept)
        assert isinstance(again, record)
        assert again.to_dict() == json.loads(kept.read_text())
        assert run("show", kept) == shown
        part = again if command == "search" else again.structured
        with pytest.raises(RunError, match="does not hold its programs"):
            part.program.outputs({"mass": [1.0], "speed": [2.0]})
        with pytest.raises(RunError, match="see `synth predict`"):
            part.predict({"mass": [1.0], "speed": [2.0]})
        with pytest.raises(RunError, match="see `synth export`"):
            assert part.rule
    rows = run("show", tmp_path / "contrast.json", "--format", "csv").splitlines()
    assert [row.split(",")[1] for row in rows] == ["labels", "true", "permuted"]


# -- verification ------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("step", [None, 0.003, 1.0])
def test_the_code_by_quadrature_is_the_code(seed, step):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 200))
    y = np.round(rng.normal(size=n) * 10 ** rng.integers(0, 3), 2)
    labels, scale = Labels(y, step), real.Scale.of(y, step)
    assert (labels.step, labels.cells) == (scale.precision, scale.cells)
    rounded = scale.rounded(y)
    about = real.squares(rounded, scale)
    for rss in (0.0, scale.precision**2, 0.01 * about, 0.5 * about):
        for count in (1, 2):
            bits = [float(b) for b in rng.uniform(1, 20, count)]
            expected = float(real.program_total(bits, rss, about, n, scale))
            assert labels.sum_bits(bits, rss / labels.step**2) == pytest.approx(expected, abs=1e-7)
    assert labels.constant_bits() == pytest.approx(real.constant_total(rounded, scale), abs=1e-7)
    bits, bins = real.table_total(rounded, scale)
    assert labels.table_bits() == (pytest.approx(bits, abs=1e-7), bins)
    x = rng.normal(size=n)
    rows = np.column_stack([np.ones(n), x, x * x])
    rss = np.square(rounded - rows @ np.linalg.lstsq(rows, rounded, rcond=None)[0]).sum()
    left = labels.fit([x, x * x]).left
    assert left * labels.step**2 == pytest.approx(rss, rel=1e-8, abs=1e-8)
    assert labels.fit([x, 2 * x]) is None


def test_the_last_decimal():
    for values in ([0.25, 3.0], [10.0, 200.0], [1e-5, 3e-4], [1234.5, 0.1]):
        given = Real.check(np.array(values), "y")
        assert last_decimal(given) == pytest.approx(real.last_place(given), rel=1e-12)


@pytest.fixture
def saved(product, tmp_path):
    kept = {}
    for command in ("search", "contrast"):
        kept[command] = tmp_path / f"{command}.json"
        twins = ("--twins", "3") * (command == "contrast")
        run(command, product, *FEW, *twins, "--top", "3", "--save", kept[command])
    return kept


def test_every_claim_of_true_runs_holds(saved, product, tmp_path):
    for path in saved.values():
        assert {c.what for c in verify(path) if c.holds is False} == set()
    kept = tmp_path / "rows.json"
    run("search", product, *FEW, "--save", kept, "--save-data")
    product.unlink()
    assert {c.what for c in verify(kept) if c.holds is False} == set()
    # A table, a constant and a search that is proven.
    rng = np.random.default_rng(5)
    for labels in (rng.permutation(60), rng.normal(size=60).round(2), np.arange(60) * 2 + 1):
        path = table(tmp_path / "t.csv", labels)
        run("search", path, "--max-bits", "14", "--save", kept, "--train", "0.7")
        assert {c.what for c in verify(kept) if c.holds is False} == set()


FORGED = [
    ("total_bits", lambda v: v - 1), ("saved_bits", lambda v: v + 1), ("low", lambda v: v - 1),
    ("table_bits", lambda v: v + 1), ("bins", lambda v: v * 2), ("precision", lambda v: v / 10),
    ("log2_chance_bound", lambda v: v - 1), ("chosen", lambda v: "table"),
    ("train_error", lambda v: v / 2), ("test_error", lambda v: v / 2), ("test_r2", lambda v: 1.0),
    ("optimal", lambda v: not v), ("stop_reason", lambda v: "exhausted"),
    ("certified_bits", lambda v: v + 1), ("distinct", lambda v: 10**6),
    ("rows", lambda v: {**v, "test": 5}), ("label", lambda v: "z"), ("task", lambda v: "other"),
    ("inputs", lambda v: {**v, "mass": "Int(0, 1)"}),
    ("top", lambda v: v[1:]), ("top", lambda v: [v[0], *v]), ("top", lambda v: v[::-1]),
    ("program", lambda v: {**v, "text": "1 * mass"}),
    ("constant", lambda v: {**v, "total_bits": v["total_bits"] - 1}),
    ("constant", lambda v: {**v, "intercept": v["intercept"] + 0.1}),
]  # fmt: skip
OF_A_SUM = [
    ("bits", lambda v: v - 1), ("total_bits", lambda v: v - 1), ("text", lambda v: "2 * mass"),
    ("intercept", lambda v: v + 0.5), ("slopes", lambda v: [v[0] * 1.1, *v[1:]]),
    ("errors", lambda v: [e * 1.0001 for e in v]), ("text", lambda v: "9" + v),
    ("terms", lambda v: ["mass"]),
    ("terms", lambda v: ["no such", *v[1:]]), ("terms", lambda v: ["speed", *v[1:]]),
]  # fmt: skip


def test_forged_coefficients_are_found(tmp_path):
    """A slope that is off by a small part of its error, with all that follows from it."""
    rng = np.random.default_rng(0)
    x = rng.uniform(1, 3, 400).round(3)
    rows = zip(x, np.round(2 * x + 1 + 0.1 * rng.normal(size=400), 3), strict=True)
    table, path = tmp_path / "t.csv", tmp_path / "run.json"
    table.write_text("x,y\n" + "".join(f"{a},{b}\n" for a, b in rows))
    run("search", table, "--max-bits", "3", "--train", "1.0", "--top", "1", "--save", path)
    document = json.loads(path.read_text())
    (found,) = regress(synth.load_task(str(table), train=1.0), max_bits=3, top=1)

    def fails(change):
        forged = copy.deepcopy(document)
        sum_ = forged["program"]
        sum_["slopes"][0] += change
        sum_["intercept"] -= change * x.mean()
        fitted = LeastSquares([x], np.zeros(400)).within(found.train_error)
        sum_["text"] = sum_text(["x"], [sum_["intercept"], *sum_["slopes"]], fitted)
        said = sum_["intercept"] + sum_["slopes"][0] * x
        left = found.trained_on.labels - said
        forged["train_error"] = math.sqrt(np.square(left).mean())
        forged["top"] = [sum_]
        path.write_text(json.dumps(forged))
        return {c.what for c in verify(path) if c.holds is False}

    assert fails(0.0) == set()
    for share in (0.06, 1e-4):
        what = fails(share * document["program"]["errors"][1])
        assert {"top[0].intercept", "top[0].slopes[0]"} <= what, share


def test_forged_fields_are_found(saved, tmp_path):
    document, path = json.loads(saved["search"].read_text()), tmp_path / "forged.json"

    def fails(forged):
        path.write_text(json.dumps(forged))
        return [c.what for c in verify(path) if c.holds is False]

    assert fails(document) == []
    for key, change in FORGED:
        assert fails({**document, key: change(document[key])}), key
    for key, change in OF_A_SUM:
        forged = copy.deepcopy(document)
        forged["top"][0][key] = forged["program"][key] = change(forged["program"][key])
        assert fails(forged), key
    contrast = json.loads(saved["contrast"].read_text())
    assert fails({**contrast, "p_value": 0.01}) == ["p_value"]
    assert "twins_saved[0]" in fails({**contrast, "twins_saved": [-99.0] * 3})
    assert fails({**contrast, "random": contrast["structured"]})
    with pytest.raises(RunError, match="p_value is missing"):
        fails({k: v for k, v in contrast.items() if k != "p_value"})
    with pytest.raises(RunError, match=r"program\.slopes\[0\] is"):
        fails({**document, "program": {**document["program"], "slopes": ["1", 2]}})
