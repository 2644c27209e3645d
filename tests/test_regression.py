"""Real labels: what is found against all programs and all pairs, and what is said of it."""

import itertools
import json
import math

import numpy as np
import pytest

import synth
from synth import Real, codes
from synth.codes import real
from synth.engine import regress, regression, tails
from synth.engine.sums import ALIKE, MARGIN, Target
from synth.errors import SettingError, TaskError
from synth.language import UNIT
from synth.verification import verify
from tests import naive


def random_dsl(rng):
    """Some operations on Real numbers, with weights and a constant."""
    two, one = "Real, Real -> Real", "Real -> Real"
    dsl = synth.DSL("some", types=(Real,))
    chosen = rng.permutation(5)[:3]
    for k, (function, kind) in enumerate(
        [(np.add, two), (np.multiply, two), (np.divide, two), (np.square, one), (np.exp, one)]
    ):
        if k in chosen:
            dsl.add(function, kind, weight=float(rng.choice([1, 2, 3])))
    dsl.constant(float(rng.choice([0.5, 2.0, 3.0])), Real)
    return dsl


def random_task(rng, rows=12, train=9):
    columns = {"x": rng.uniform(0.5, 2, rows).round(2), "z": rng.uniform(-2, -0.5, rows).round(2)}
    x, z = columns.values()
    labels = [x * z, x / z + x, np.exp(x) - 0.3 * z, rng.normal(size=rows), x * x * 2 + 1]
    noise = rng.choice([0, 0.01, 0.3]) * rng.normal(size=rows)
    chosen = np.round(labels[rng.integers(5)] + noise, int(rng.integers(1, 5)))
    mask = np.arange(rows) < train
    return synth.Task("some", columns, dict.fromkeys(columns, Real), chosen, Real, mask)


def centred(behaviour, n):
    """The values on n training rows less their mean, or None if they are alike but for rounding."""
    values = np.array(behaviour[:n])
    left = values - values.mean()
    return None if np.ptp(values) <= 1e-9 * np.abs(values).max() else left


def left_over(columns, labels):
    fit = np.column_stack([np.ones(len(labels)), *columns])
    return np.square(labels - fit @ np.linalg.lstsq(fit, labels, rcond=None)[0]).sum()


def least_totals(task, dsl, most):
    """The least total of a program, and of a sum of two, and the bits of both: by brute force."""
    grammar = synth.Grammar(dsl, task.types)
    labels = task.labels[task.train]
    n, scale = len(labels), real.Scale.of(labels)
    about = real.squares(labels, scale)
    found = naive.behaviours(grammar, task.columns, int(most * UNIT))[Real]
    some = [(u / UNIT, v) for b, u in found.items() if (v := centred(b, n)) is not None]
    single = [
        min(
            float(real.program_total([bits], left_over([v], labels), about, n, scale)),
            codes.PROGRAM_FLAG + 2 + 1 + bits + naive.rounding_bits(labels, v, scale),
        )
        for bits, v in some
    ]
    double = []
    for (one, v), (other, w) in itertools.combinations(some, 2):
        likeness = v @ w / math.sqrt(v @ v * (w @ w))
        if 1 - likeness**2 > ALIKE:
            rss = left_over([v, w], labels)
            total = float(real.program_total([one, other], rss, about, n, scale))
            double.append((total, one + other))
    return single, double


@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_better_than_what_is_found(seed, monkeypatch):
    # Longer programs, which the plain loop does not have, are left out.
    monkeypatch.setattr(regression, "propose", lambda *_: None)
    monkeypatch.setattr(tails, "with_exceptions", lambda *_: (math.inf, None))
    monkeypatch.setattr(regression, "score_products", lambda engine, *_: engine.certified_bits)
    rng = np.random.default_rng(seed)
    dsl, task = random_dsl(rng), random_task(rng)
    most = 9.0
    single, double = least_totals(task, dsl, most)
    (alone,) = regress(task, dsl, max_bits=most, pairs=0)
    assert alone.program.total_bits == pytest.approx(min(single), abs=1e-5)
    (both,) = regress(task, dsl, max_bits=most, pairs=10**4, top=3)
    best = sorted([*single, *(total for total, _ in double)])[:3]
    assert [s.total_bits for s in both.top] == pytest.approx(best, abs=1e-5)
    # With a few behaviours, all sums up to the bits that are said were scored.
    (few,) = regress(task, dsl, max_bits=most, pairs=4)
    known = [total for total, bits in double if bits <= few.pair_bits]
    assert few.program.total_bits <= min([*single, *known]) + 1e-5
    assert few.pair_bits <= both.pair_bits


def years(rng):
    """Columns far from 0, and labels that a sum of two nearly parallel programs often says."""
    n, wide = int(rng.integers(8, 20)), rng.choice([1.0, 0.25, 100.0])
    x = rng.choice([2000.0, 1e5, -3000.0]) + wide * rng.permutation(25)[:n]
    labels = [(x - x[0]) ** 2, 1e6 / x, x**3 / 1e5, rng.normal(size=n), x]
    noise = rng.choice([0, 0, 0.1]) * rng.normal(size=n)
    chosen = np.round(labels[rng.integers(5)] + noise, int(rng.integers(0, 4)))
    dsl = synth.DSL("some", types=(Real,))
    for k in rng.permutation(4)[:2]:
        function, name = [(np.square, "square"), (lambda a: 1 / a, "inverse"),
                          (lambda a: a + 1, "next"), (np.cbrt, "cbrt")][k]  # fmt: skip
        dsl.add(function, "Real -> Real", name=name, weight=float(rng.integers(1, 4)))
    return synth.Task("years", {"x": x}, {"x": Real}, chosen, Real), dsl


def fractional_totals(task, dsl, most):
    """The totals of all programs and pairs, by fractions."""
    scale, n = real.Scale.of(task.labels), len(task.labels)
    labels, about = scale.rounded(task.labels), real.squares(task.labels, scale)
    grammar = synth.Grammar(dsl, task.types)
    found = naive.behaviours(grammar, task.columns, int(most * UNIT))[Real]
    some = [(u / UNIT, np.array(b)) for b, u in found.items() if len(set(b)) > 1]
    totals = []
    for chosen in [*((one,) for one in some), *itertools.combinations(some, 2)]:
        try:
            rss = float(naive.Fractions([values for _, values in chosen], labels).rss)
        except StopIteration:  # a multiple of the other
            continue
        bits = [bits for bits, _ in chosen]
        total = float(real.program_total(bits, rss, about, n, scale))
        if len(chosen) == 1:
            said = naive.rounding_bits(labels, chosen[0][1], scale)
            total = min(total, codes.PROGRAM_FLAG + 2 + 1 + bits[0] + said)
        totals.append(total)
    return sorted(totals)


@pytest.mark.parametrize("seed", range(16))
def test_nothing_is_better_among_programs_that_are_nearly_parallel(seed, monkeypatch):
    monkeypatch.setattr(tails, "with_exceptions", lambda *_: (math.inf, None))
    task, dsl = years(np.random.default_rng(seed))
    totals = fractional_totals(task, dsl, 7.0)
    (found,) = regress(task, dsl, max_bits=7.0, top=5)
    count = 5 if found.stop_reason == "max_bits" else 1  # a proof of the best ends the search
    assert [s.total_bits for s in found.top][:count] == pytest.approx(totals[:count], abs=1e-5)


def test_an_optimum_counts_programs_that_are_nearly_parallel():
    """(x - 2010)^2 is a sum of x and x^2, whose r2 is 1 - 1.6e-6; x + 1 and x are no sum."""
    x = np.arange(2000.0, 2021.0)
    task = synth.Task("years", {"x": x}, {"x": Real}, (x - 2010) ** 2, Real)
    dsl = synth.DSL("some", types=(Real,))
    dsl.add(np.square, "Real -> Real", name="square")
    (found,) = regress(task, dsl, top=50)
    assert found.program.terms == ("x", "square(x)")
    assert found.program.total_bits == pytest.approx(64.351, abs=1e-3)
    assert found.optimal
    other = synth.DSL("some", types=(Real,))
    other.add(lambda a: a + 1, "Real -> Real", name="next")
    (alike,) = regress(task, other, max_bits=5)
    assert {len(s.terms) for s in alike.top} == {1}
    assert not alike.optimal


@pytest.mark.parametrize("n", [5, 100, 2000])
@pytest.mark.parametrize("precision", [1e-9, 1e-3, 0.5])
def test_the_interpolated_code_is_near_the_code(n, precision):
    rng = np.random.default_rng(n)
    x = rng.normal(size=n)
    task = synth.Task("some", {"x": x}, {"x": Real}, rng.normal(size=n) * 3, Real)
    target = Target(task, precision, 1)
    logs = rng.uniform(target._grid[0], target._grid[-1], 3000)
    for terms in (1, 2):
        near = np.interp(logs, target._grid, target._codes[terms])
        exact = target._code(np.exp2(logs), terms)
        assert np.abs(near - exact).max() < MARGIN * n
        assert (np.diff(target._codes[terms]) >= -1e-9).all()
        assert target._codes[terms][0] == pytest.approx(float(target._code(0.0, terms)), abs=1e-4)


def product(rows=100, noise=0.05, seed=0):
    """x z + x with noise, and held-out rows."""
    rng = np.random.default_rng(seed)
    x, z = rng.uniform(1, 3, (2, rows)).round(3)
    labels = x * z + x
    labels = np.round(labels + noise * labels.std() * rng.normal(size=rows), 2)
    mask = np.arange(rows) < rows * 0.7
    return synth.Task("product", {"x": x, "z": z}, {"x": Real, "z": Real}, labels, Real, mask)


def test_a_noisy_product_is_found_and_its_twins_are_tables():
    task = product()
    found, *twins = regress([task, *(task.permuted(s) for s in range(20))], "real", max_bits=14)
    assert found.chosen == "program"
    assert found.rows == {"train": 70, "test": 30}
    assert found.saved_bits > 100
    assert found.test_r2 > 0.99
    assert found.train_error == pytest.approx(0.05 * task.labels.std(), rel=0.3)
    assert found.test_error == pytest.approx(found.train_error, rel=0.5)
    spread = np.square(found.program.predict(task.columns) - task.labels)
    assert found.test_error == pytest.approx(math.sqrt(spread[~task.train].mean()), rel=1e-9)
    assert [twin.chosen for twin in twins].count("program") <= 1
    assert all(twin.total_bits > found.total_bits for twin in twins)
    assert {twin.table_bits for twin in twins} == {found.table_bits}


def test_held_out_labels_decide_nothing():
    task = product()
    other = synth.Task(
        "product",
        task.columns,
        task.types,
        np.where(task.train, task.labels, -task.labels * 100),
        Real,
        task.train,
    )
    first, second = (regress(each, max_bits=13)[0] for each in (task, other))
    assert [s.text for s in first.top] == [s.text for s in second.top]
    assert first.total_bits == second.total_bits
    assert second.test_r2 < 0


@pytest.mark.parametrize("kind", ["inverse", "lognormal", "cauchy", "wrong"])
def test_heavy_tailed_labels_are_no_program(kind):
    """Neither with normal noise nor with exceptions: the constant and its exceptions are rivals."""
    rng = np.random.default_rng(3)
    columns = {name: rng.uniform(1, 3, 60).round(2) for name in "xz"}
    labels = {
        "inverse": 1 / rng.uniform(0.002, 1, 60),
        "lognormal": np.exp(2 * rng.normal(size=60)),
        "cauchy": rng.standard_cauchy(60),
        "wrong": columns["x"] * columns["z"] + np.where(np.arange(60) < 4, 1000, 0),
    }[kind]
    types = dict.fromkeys(columns, Real)
    task = synth.Task("tails", columns, types, np.round(labels, 3), Real)
    twins = regress([task.permuted(k) for k in range(8)], "real", max_bits=10, pairs=0)
    assert [twin.chosen for twin in twins].count("program") == 0
    assert {twin.constant.noise for twin in twins} == {"exceptions"}


def test_wrong_labels_are_stated():
    """Three of 80 labels are far off: they are exceptions, and the formula is that of the rest."""
    rng = np.random.default_rng(5)
    x, z = rng.uniform(1, 3, (2, 80)).round(2)
    labels = np.round(x * z + x + 0.05 * rng.normal(size=80), 2)
    right = labels.copy()
    labels[[7, 30, 61]] += [500, -40, 900]
    types = {"x": Real, "z": Real}
    task = synth.Task("wrong", {"x": x, "z": z}, types, labels, Real)
    clean = synth.Task("right", {"x": x, "z": z}, types, right, Real)
    found, whole = regress([task, clean], "real", max_bits=16, pairs=0)
    assert np.ptp(found.predictor.predict(task.columns) - whole.predict(task.columns)) < 0.1
    assert (found.program.noise, whole.program.noise) == ("exceptions", "normal")
    assert found.program.exceptions == (7, 30, 61)
    assert found.program.slopes == pytest.approx(whole.program.slopes, abs=0.01)
    # Each costs its place in the range and which row it is.
    n, scale = 80, real.Scale.of(labels)
    extra = 1 + math.log2(n) + math.log2(math.comb(n, 3)) + 3 * math.log2(scale.cells)
    assert found.program.total_bits - whole.program.total_bits == pytest.approx(extra, abs=12)
    values, deviations = found.predict({"x": [2.0], "z": [2.0]}, return_std=True)
    assert values == pytest.approx([6], abs=0.05)
    assert deviations == pytest.approx([0.05], rel=0.4)
    assert "3 exceptions" in str(found)
    assert "training rows, counted from 1: 8, 31, 62" in " ".join(str(found).split())


def test_labels_without_noise_are_rounded_values():
    """All lines that say them are averaged; a proof ends the search."""
    x = np.linspace(1, 3, 60).round(2)
    task = synth.Task("line", {"x": x}, {"x": Real}, np.round(0.37 * x * x + 1.2, 3), Real)
    (found,) = regress(task, "real", max_bits=14, pairs=0)
    assert found.program.noise == "rounding"
    assert found.program.terms == ("x * x",)
    scale = real.Scale.of(task.labels)
    expected = naive.rounding_bits(task.labels, x * x, scale) + found.program.bits + 4
    assert found.program.total_bits == pytest.approx(expected, abs=1e-6)
    assert np.round(found.program.predict(task.columns), 3) == pytest.approx(task.labels)
    assert abs(found.program.slopes[0] - 0.37) < 4 * found.program.errors[1]
    assert "rounded to 0.001, without noise" in " ".join(str(found).split())
    values, deviations = found.predict({"x": [2.0]}, return_std=True)
    assert values == pytest.approx([0.37 * 4 + 1.2], abs=3e-4)
    assert deviations == pytest.approx([0.001 / math.sqrt(12)], rel=0.2)


def test_a_proof_without_noise():
    """No program beyond can win if what noise costs at least is as much as the total."""
    x = np.linspace(0, 1, 101)
    task = synth.Task("line", {"x": x}, {"x": Real}, np.round(2 * x + 1, 2), Real)
    (found,) = regress(task)
    assert (found.chosen, found.program.text) == ("program", "1 + 2 * x")
    assert found.optimal
    assert found.stop_reason == "optimal"
    floor = codes.PROGRAM_FLAG + real.sum_bits(1)
    assert found.total_bits > found.program.bits + floor


def test_whole_numbers_are_read_as_real_ones():
    x = np.arange(1, 41)
    types = {"x": synth.Int(1, 40)}
    task = synth.Task("squares", {"x": x}, types, x * x * 3, synth.Int(3, 4800))
    (found,) = regress(task, "real", max_bits=12)
    assert found.program.terms[0] == "x * x"
    assert found.precision == 1
    assert found.program.slopes == pytest.approx([3])
    assert found.program.predict({"x": [100]}) == pytest.approx([30000])


def test_a_program_without_a_value_is_said():
    x = np.linspace(1, 2, 30)
    task = synth.Task("inverse", {"x": x}, {"x": Real}, np.round(1 / x, 4), Real)
    (found,) = regress(task, max_bits=12)
    with pytest.raises(synth.SynthError, match=r"has no value on row 2"):
        found.program.predict({"x": [1.0, 0.0]})


def test_what_is_refused():
    task = product()
    with pytest.raises(SettingError, match=r"pairs=-1; allowed: 0 and more"):
        regress(task, pairs=-1)
    with pytest.raises(SettingError, match=r"top=0; allowed: 1 and more"):
        regress(task, top=0)
    with pytest.raises(SettingError, match="all labels are equal to this precision"):
        regress(task, precision=1e6)
    with pytest.raises(TaskError, match=r"labels of Bool; allowed: Int and Real"):
        regress("parity:n=4", "boolean")


def test_an_enumeration_leaves_half_of_the_seconds_to_sums_and_longer_programs(monkeypatch):
    late = []
    monkeypatch.setattr(
        regression, "propose", lambda engine, targets, most, is_late: late.append(is_late())
    )
    rng = np.random.default_rng(0)
    x, z = rng.uniform(1, 3, (2, 40)).round(2)
    labels = np.round(rng.normal(size=40), 2)
    task = synth.Task("noise", {"x": x, "z": z}, {"x": Real, "z": Real}, labels, Real)
    (found,) = regress(task, "real:functions=true", seconds=4, pairs=10)
    assert found.stop_reason == "seconds"
    assert late == [False]


def test_sums_that_were_not_scored_in_time_are_not_claimed():
    rng = np.random.default_rng(0)
    x, z = rng.uniform(1, 3, (2, 40)).round(2)
    labels = np.round(rng.normal(size=40), 2)
    task = synth.Task("noise", {"x": x, "z": z}, {"x": Real, "z": Real}, labels, Real)
    (found,) = regress(task, max_bits=12, pairs=500)
    score = regression.score_pairs
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            regression,
            "score_pairs",
            lambda engine, targets, most, _: score(engine, targets, most, lambda: True),
        )
        (cut,) = regress(task, max_bits=12, pairs=500)
    assert cut.pair_bits < found.pair_bits


@pytest.mark.parametrize("noise", ["normal", "exceptions", "rounding"])
def test_the_noise_of_a_sum_is_verified(noise, tmp_path):
    rng = np.random.default_rng(2)
    x = rng.uniform(1, 3, 40).round(2)
    labels = 1.713 * x + {"rounding": 0, "normal": 0.1}.get(noise, 0.1) * rng.normal(size=40)
    labels[[3, 20]] += 80 if noise == "exceptions" else 0
    task = synth.Task("line", {"x": x}, {"x": Real}, np.round(labels, 2), Real)
    (found,) = regress(task, "real", max_bits=6, pairs=5, top=5)
    assert found.program.noise == noise
    path = tmp_path / "run.json"
    synth.save_run(found.with_data(), path)
    claims = verify(path)
    assert [c.what for c in claims if c.holds is False] == []
    document = json.loads(path.read_text())
    assert synth.load_run(path).to_dict() == document
    other = {"normal": "rounding", "rounding": "normal", "exceptions": "normal"}[noise]
    changes = {
        "noise": lambda d: d["program"].update(noise=other),
        "rows": lambda d: d["program"].update(exceptions=[1, 2]),
        "total": lambda d: d["program"].update(total_bits=d["program"]["total_bits"] - 0.01),
        "slope": lambda d: d["program"].update(slopes=[d["program"]["slopes"][0] * 1.001]),
        "error": lambda d: d["program"].update(errors=[e * 1.01 for e in d["program"]["errors"]]),
        "constant": lambda d: d["constant"].update(noise="rounding"),
    }
    for change in changes.values():
        forged = json.loads(json.dumps(document))
        change(forged)
        forged["top"][0] = forged["program"]
        path.write_text(json.dumps(forged))
        assert [c.what for c in verify(path) if c.holds is False]


def products_of(found, grammar, columns, n):
    """(bits, values) of all products and quotients of behaviours with a value on every row."""
    costs = {p.item.function: grammar.units(p.item) / UNIT for p in grammar.productions[Real]
             if hasattr(p.item, "function")}  # fmt: skip
    for (one, a), (other, b) in itertools.product(found.items(), repeat=2):
        for function in (np.multiply, np.divide):
            if function in costs:
                with np.errstate(all="ignore"):
                    values, legal = Real.rounded(function(np.array(one), np.array(other)))
                if legal is None and (v := centred(values, n)) is not None:
                    yield (a + b) / UNIT + costs[function], v


@pytest.mark.parametrize("seed", range(8))
def test_no_product_is_better_than_what_is_certified(seed, monkeypatch):
    """Against every product and quotient of two behaviours, each by a least squares fit."""
    monkeypatch.setattr(regression, "propose", lambda *_: None)
    rng = np.random.default_rng(100 + seed)
    dsl, task = random_dsl(rng), random_task(rng)
    most, grammar = 7.0, synth.Grammar(dsl, task.types)
    labels = task.labels[task.train]
    n, scale = len(labels), real.Scale.of(labels)
    about = real.squares(labels, scale)
    for pairs in (6, 60):
        (found,) = regress(task, dsl, max_bits=most, pairs=pairs, seconds=None)
        up_to = found.product_bits
        if up_to is None:
            continue
        assert up_to >= found.certified_bits
        # An operation and the other operand cost more than 3 bits.
        known = naive.behaviours(grammar, task.columns, int((up_to - 3) * UNIT))[Real]
        totals = [
            float(real.program_total([bits], left_over([v], labels), about, n, scale))
            for bits, v in products_of(known, grammar, task.columns, n)
            if bits <= up_to
        ]
        assert found.program.total_bits <= min(totals, default=math.inf) + 1e-5
