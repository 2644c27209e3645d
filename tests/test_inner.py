"""Numbers inside of programs: those of a language near a value, and formulas that have one."""

import itertools

import numpy as np
import pytest

import synth
from synth import Real
from synth.engine import factors, inversion, regress, sums
from synth.engine.constants import JOINED, MOST, WHOLE, Numbers
from synth.engine.pool import Pool
from synth.language import Program

DSL = "real:functions=true"


def task_of(labels, columns):
    step = 1e-6 * labels.std()
    task = synth.Task("t", columns, dict.fromkeys(columns, Real), np.round(labels / step) * step,
                      Real)  # fmt: skip
    return task, step


def columns_of(rows=60):
    x, z = np.random.default_rng(0).uniform(0.2, 3, (2, rows)).round(3)
    return {"x": x, "z": z}


@pytest.fixture(scope="module")
def numbers():
    """The numbers of an enumeration of 3,000 programs."""
    kept = []

    def keep(engine, targets, most, is_late):
        kept.append(Pool(engine, targets[0].n))
        kept.append(kept[0].joined)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("synth.engine.regression.propose", keep)
        columns = columns_of()
        task, step = task_of(columns["x"] * columns["z"], columns)
        regress(task, DSL, precision=step, max_programs=3000, pairs=10)
    return kept


def test_the_cheapest_number_within_an_error_is_taken(numbers):
    """Against all numbers and all pairs, each program of which is run and priced."""
    pool, made = numbers
    assert isinstance(made, Numbers)
    grammar = pool.engine.grammar
    known = {v: pool.terms.number(v) for v in pool.terms.numbers}
    cheap = sorted((p.bits(grammar), v) for v, p in known.items() if 1 / MOST <= abs(v) <= MOST)
    few = [known[v] for _, v in cheap[:60]]
    ways = [*known.values()]
    ways += [
        pool.terms.call(function, one, other)
        for one, other in itertools.product(few, few)
        for function in (np.add, np.subtract, np.multiply, np.divide)
    ]
    row = {name: column[:1] for name, column in pool.engine.columns.items()}
    values = np.array([float(p.outputs(row)[0][0]) for p in ways])
    bits = np.array([p.bits(grammar) for p in ways])
    for value in (0.7, -1.3, 2.7, 3.1416, 12.0):
        for error in (1e-3, 0.1):
            best = bits[np.abs(values - value) <= 4 * error].min(initial=np.inf)
            found = list(made.near(value, error))
            assert all(abs(v - value) <= 4 * error for v, _ in found)
            for said, program in found:
                assert float(program.outputs(row)[0][0]) == pytest.approx(said, rel=1e-11)
            cheapest = min((p.bits(grammar) for _, p in found), default=np.inf)
            assert cheapest <= best + 1e-9
    assert len(known) < JOINED * 10
    assert all(
        next(made.near(k, 0.0))[0] == pytest.approx(k) for k in range(-WHOLE, WHOLE + 1) if k
    )


@pytest.mark.parametrize(
    "formula",
    [
        lambda x, z: 2 * x * z / ((x + 7.5) * np.sqrt(z)),
        *(
            pytest.param(formula, marks=pytest.mark.slow)
            for formula in (
                lambda x, z: 2 * np.exp(-1.3 * x) + 0.5,
                lambda x, z: 3 * np.sin(2.5 * x) - 1,
                lambda x, z: 2 * x * z / (x * z + 0.7),
                lambda x, z: 1 / (1 + 3 * np.exp(-2 * x)),
            )
        ),
    ],
)
def test_formulas_with_a_number_inside_are_found(formula, monkeypatch):
    columns = columns_of()
    labels = formula(**columns)
    task, step = task_of(labels, columns)
    settings = {"precision": step, "max_programs": 5000, "pairs": 100}
    (found,) = regress(task, DSL, **settings)
    assert found.chosen == "program"
    left = labels - found.program.predict(task.columns)
    assert np.abs(left).max() < 3 * step
    monkeypatch.setattr(inversion, "fitted_inside", lambda *_: [])
    (without,) = regress(task, DSL, **settings)
    assert without.total_bits > found.total_bits + 100


def test_with_noise_the_number_is_within_its_error():
    rng = np.random.default_rng(1)
    columns = columns_of(200)
    labels = np.exp(-1.3 * columns["x"])
    noisy = labels + 0.01 * labels.std() * rng.normal(size=200)
    task, step = task_of(noisy, columns)
    (found,) = regress(task, DSL, precision=step, max_programs=5000, pairs=100)
    (program,) = found.program.programs
    assert program.text.startswith(("exp(", "1.0 / exp("))
    row = {name: np.array([0.0, 1.0]) for name in columns}
    rate = np.log(np.divide(*program.outputs(row)[0][::-1]))
    assert rate == pytest.approx(-1.3, abs=0.03)


def test_noise_has_no_number_inside(monkeypatch):
    """Labels of noise explain too little for a program with a number to be refined."""
    refined = []
    monkeypatch.setattr("synth.engine.inner._refined", lambda *a: refined.append(a) or (1.0, 0.1))
    columns = columns_of()
    labels = np.random.default_rng(2).normal(size=60)
    task, step = task_of(labels, columns)
    regress([task.permuted(k) for k in range(2)], DSL, precision=step, max_programs=600, pairs=10)
    assert not refined


def test_what_is_proposed_is_priced_and_scored_like_any_program():
    columns = columns_of()
    task, step = task_of(2 * np.exp(-1.3 * columns["x"]), columns)
    (found,) = regress(task, DSL, precision=step, max_programs=5000, pairs=100)
    (program,) = found.program.programs
    grammar = synth.Grammar(synth.load_dsl(DSL, (Real,)), task.types)
    again = Program.parse(found.program.terms[0], grammar, Real)
    assert again.bits(grammar) == pytest.approx(found.program.bits)
    target = sums.Target(task, step, 1)
    values = program.outputs(columns)[0]
    total = target.noise(values[None])[0] + found.program.bits
    assert found.program.total_bits == pytest.approx(total, abs=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_the_best_products_are_those_of_all(seed):
    """Against a least squares fit of every product and every quotient, with weights."""
    rng = np.random.default_rng(seed)
    values, bits = rng.normal(size=(12, 30)), np.sort(rng.uniform(3, 20, 12))
    values[5, 0] = 0.0  # nothing is divided by this
    weights = rng.uniform(0.5, 2, 30)
    free = np.linalg.qr((np.stack([np.ones(30), values[0]]) * weights).T)[0]
    labels = values[2] * values[7] * 5 + values[3] / values[9] + rng.normal(size=30)
    goal = labels * weights - free @ (free.T @ (labels * weights))
    scores = {}
    for function, (i, j) in itertools.product(
        (np.multiply, np.divide), itertools.product(range(12), repeat=2)
    ):
        if j < i if function is np.multiply else j in (5, i):
            continue
        columns = np.column_stack([free, function(values[i], values[j]) * weights])
        left = goal - columns @ np.linalg.lstsq(columns, goal, rcond=None)[0]
        scores[function, i, j] = 15 * np.log2(left @ left / (goal @ goal)) + bits[i] + bits[j]
    found = factors.best_products(values, bits, (weights, free, goal))
    assert found == sorted(scores, key=scores.get)[: factors.KEPT]
    assert {function for function, *_ in found} == {np.multiply, np.divide}


def test_a_product_beside_the_inputs_is_found(monkeypatch):
    """x + z + 2 x^2 cos(w) is one program."""
    columns = columns_of()
    columns["w"] = np.random.default_rng(5).uniform(0, 6, 60).round(3)
    x, z, w = columns.values()
    task, step = task_of(x + z + 2 * x**2 * np.cos(w), columns)
    settings = {"precision": step, "max_programs": 800, "pairs": 50}
    (found,) = regress(task, DSL, **settings)
    assert found.train_error < step
    monkeypatch.setattr(inversion, "product_programs", lambda *_: [])
    monkeypatch.setattr(inversion, "with_products", lambda *_: [])
    (without,) = regress(task, DSL, **settings)
    assert without.total_bits > found.total_bits + 100
