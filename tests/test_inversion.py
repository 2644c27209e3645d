"""Programs beyond the enumeration: what their shapes find, and each part against plain loops."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth import Program, Real, Task, load_dsl, verify
from synth.engine import extension, inversion, pairing, regress, regression, shapes
from synth.engine.pairing import ALIKE, best_sums, staircase
from synth.engine.pool import ROUNDING, Pool
from synth.engine.shapes import EXPONENTS, NUMBERS
from synth.engine.sums import Target
from synth.engine.terms import Terms
from synth.records import LeastSquares, save_run
from synth.tasks import fit

DSL = "real:functions=true"
#: By its shape, a formula that is too long to be enumerated.
FORMULAS = {
    "a reciprocal": lambda x, y, z: 1 / (1 / x + y * z),
    "a root": lambda x, y, z: np.sqrt(x * x + y / z),
    "one over a root": lambda x, y, z: 1 / np.sqrt(x * y + 2 * z * z),
    "a square": lambda x, y, z: (x * y + np.sin(z)) ** 2,
    "a logarithm": lambda x, y, z: np.log(x * y + np.sqrt(z)),
    "an arc sine": lambda x, y, z: np.arcsin((np.sin(x) - np.cos(y * z)) / 2),
    "a power of e": lambda x, y, z: np.exp(-x * x / 2) / (y * z),
    "a product": lambda x, y, z: x * (x + y) / np.sqrt(z + 1),
    "inputs as terms": lambda x, y, z: x * x * y + y * z - x - z,
}


def made(formula, rows=60, seed=0, noise=0.0):
    g = np.random.default_rng(seed)
    columns = dict(zip("xyz", g.uniform(1, 3, (3, rows)).round(3), strict=True))
    labels = formula(*columns.values())
    labels = np.round(labels + noise * labels.std() * g.standard_normal(rows), 6)
    return Task("formula", columns, dict.fromkeys(columns, Real), labels, Real)


def search(task, **more):
    settings = {"max_programs": 6000, "pairs": 500, "precision": 1e-6}
    return regress(task, DSL, **(settings | more))


#: The others take a quarter of a minute.
QUICK = ("a reciprocal", "a logarithm", "a product")


@pytest.mark.parametrize(
    "shape", [pytest.param(s, marks=[pytest.mark.slow] * (s not in QUICK)) for s in FORMULAS]
)
def test_a_formula_of_each_shape_is_found_and_without_shapes_it_is_not(shape, monkeypatch):
    task = made(FORMULAS[shape])
    (found,) = search(task)
    assert found.chosen == "program"
    assert len(found.program.terms) == 1
    assert found.train_error < 2e-6
    monkeypatch.setattr(regression, "propose", lambda *_: None)
    (without,) = search(task)
    assert without.total_bits > found.total_bits + 100


def test_a_proposed_program_is_priced_as_any_other_and_verified(tmp_path):
    task = made(FORMULAS["a root"], noise=0.001)
    (found,) = search(task)
    (text,) = found.program.terms
    grammar = fit(load_dsl(DSL, (Real,)), task).grammar
    assert found.program.bits == Program.parse(text, grammar).bits(grammar)
    assert found.program.bits > found.certified_bits
    save_run(found.with_data(), tmp_path / "run.json")
    assert [c for c in verify(tmp_path / "run.json") if c.holds is False] == []


@pytest.mark.slow
def test_permuted_labels_choose_no_program():
    task = made(FORMULAS["a reciprocal"], noise=0.01)
    found = search([task, *(task.permuted(k) for k in range(4))])
    assert [f.chosen == "program" for f in found] == [True] + [False] * 4


def random_task(seed):
    rng = np.random.default_rng(seed)
    formulas, noise = [*FORMULAS.values()], float(rng.choice([0, 0.001, 0.03, 0.3]))
    formula = formulas[rng.integers(len(formulas))]
    return made(formula, rows=int(rng.integers(20, 60)), seed=seed, noise=noise)


@pytest.mark.parametrize(
    "seed", [0, 3, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))]
)
def test_what_is_thought_to_be_left_is_never_too_much(seed, monkeypatch):
    """The estimate of every proposed program is at most its code, so that no winner is lost."""
    scored = []

    def score_all(engine, target, programs, seen):
        for found, squares in programs:
            chosen = found if isinstance(found, tuple) else (found,)
            values = target.values(engine, chosen)
            if found in seen or not (np.isfinite(values).all() and np.ptp(values, axis=1).all()):
                continue
            seen.add(found)
            code = float(target._code(LeastSquares(values, target.labels).rss, len(chosen)))
            scored.append((code - target.estimate(squares), found))
            target.add(engine, chosen, inversion._bits(engine, found))

    monkeypatch.setattr(inversion, "_try", score_all)
    search(random_task(seed), max_programs=600, pairs=40, seconds=None)
    assert len(scored) > 50
    assert min(scored, key=lambda entry: entry[0])[0] >= -1e-6


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_no_winner_is_lost_because_too_much_is_thought_to_be_left(seed, monkeypatch):
    """Against a search that scores all that is proposed, whatever it is thought to leave."""
    for module, name in ((pairing, "KEPT"), (shapes, "CHOICES"), (extension, "KEPT")):
        monkeypatch.setattr(module, name, 3)
    settings = {"max_programs": 200, "pairs": 12, "seconds": None}
    (found,) = search(random_task(seed), **settings)
    monkeypatch.setattr(Target, "estimate", lambda *_: -np.inf)
    (every,) = search(random_task(seed), **settings)
    assert found.total_bits == pytest.approx(every.total_bits, abs=1e-6)


# -- the parts -----------------------------------------------------------------------------


def estimates(units, goal, bits):
    """A function that says the estimate of a sum, by a least squares fit."""
    rows = len(goal)

    def estimate(chosen):
        fitted, *_ = np.linalg.lstsq(units[list(chosen)].T, goal, rcond=None)
        left = np.square(goal - fitted @ units[list(chosen)]).sum() / (goal @ goal)
        return rows / 2 * np.log2(max(left, ROUNDING**2)) + bits[list(chosen)].sum()

    return estimate


@given(
    seed=st.integers(0, 10**6),
    columns=st.integers(2, 40),
    rows=st.integers(5, 12),
    most=st.integers(1, 900),
)
def test_the_best_pairs_are_those_of_a_plain_loop(seed, columns, rows, most):
    g = np.random.default_rng(seed)
    units = g.standard_normal((columns, rows))
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    goal, bits = g.standard_normal(rows), np.sort(g.integers(0, 30, columns) / 2)
    ends, estimate = staircase(bits, most), estimates(units, goal, bits)
    pairs = [
        (i, j)
        for i in range(columns)
        for j in range(i + 1, int(ends[i]))
        if 1 - (units[i] @ units[j]) ** 2 > ALIKE
    ]
    assert len(pairs) <= most
    every = sorted([*((k,) for k in range(columns)), *pairs], key=estimate)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairing, "_extended", lambda *_: [])
        found = best_sums(units, goal, bits, most)
    wanted = [estimate(chosen) for chosen in every[: len(found)]]
    assert [estimate(chosen) for chosen in found] == pytest.approx(wanted, abs=1e-6)
    assert len(set(found)) == len(found) >= min(len(every), pairing.KEPT)


@given(seed=st.integers(0, 10**6), rows=st.integers(20, 40))
def test_a_sum_of_three_is_found_as_a_plain_loop_has_it(seed, rows):
    """From the pair whose third part says most, out of all columns and beyond the staircase."""
    g = np.random.default_rng(seed)
    units = g.standard_normal((30, rows))
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    parts = sorted(g.permutation(30)[:3].tolist())
    goal = np.array([3.0, 2.0, 1.0]) @ units[parts]
    bits = np.sort(g.integers(0, 8, 30) / 2)
    estimate = estimates(units, goal, bits)
    found = best_sums(units, goal, bits, 10)
    assert found[0] == tuple(parts)
    assert [estimate(each) for each in found] == pytest.approx(
        sorted(map(estimate, found)), abs=1e-5
    )


@given(
    bits=st.lists(st.integers(1, 40), min_size=1, max_size=30).map(sorted),
    most=st.integers(1, 500),
)
def test_a_staircase_has_all_pairs_up_to_some_bits_together(bits, most):
    bits = np.array(bits) / 4
    ends = staircase(bits, most)
    places = range(len(bits))
    inside = {(i, j) for i in places for j in range(i + 1, int(ends[i]))}
    outside = set(itertools.combinations(places, 2)) - inside
    assert len(inside) <= most
    if inside and outside:
        dearest = max(bits[i] + bits[j] for i, j in inside)
        assert all(bits[i] + bits[j] > dearest for i, j in outside)


@pytest.fixture(scope="module")
def terms():
    """Terms of a small enumeration, with its columns and some programs."""
    kept = []

    def propose(engine, targets, *_):
        pool = Pool(engine, targets[0].n)
        kept.append((pool.terms, engine.columns, [pool.program(k) for k in range(40)]))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regression, "propose", propose)
        search(made(FORMULAS["a product"]), max_programs=3000, pairs=10)
    return kept[0]


@given(
    factors=st.lists(st.sampled_from((0, *NUMBERS)), min_size=1, max_size=3),
    places=st.lists(st.integers(0, 39), min_size=3, max_size=3, unique=True),
    offset=st.sampled_from((0, *NUMBERS)),
)
def test_a_sum_of_programs_has_the_values_of_the_sum(terms, factors, places, offset):
    terms, columns, programs = terms
    chosen = [programs[k] for k in places[: len(factors)]]
    found = terms.sum((offset, *factors), (None, *chosen))
    if not any((offset, *factors)):
        assert found is None
    elif found is not None:
        parts = [f * p.outputs(columns)[0] for f, p in zip(factors, chosen, strict=True)]
        wanted = offset + sum(parts)
        assert found.outputs(columns)[0] == pytest.approx(wanted, rel=1e-8, abs=1e-8)
    if {offset, *factors} <= {0, 1, -1, 2, -2, 1 / 2, -1 / 2} and (offset or any(factors)):
        assert found is not None


@given(
    exponents=st.lists(st.sampled_from((0, *EXPONENTS)), min_size=1, max_size=3),
    places=st.lists(st.integers(0, 39), min_size=3, max_size=3, unique=True),
)
def test_a_product_of_powers_has_the_values_of_the_product(terms, exponents, places):
    terms, columns, programs = terms
    chosen = [programs[k] for k in places[: len(exponents)]]
    found = terms.product(exponents, chosen)
    values = [p.outputs(columns)[0] for p in chosen]
    if not any(exponents):
        assert found is None
        return
    if any(np.min(v) <= 0 for v in values):
        return
    with np.errstate(all="ignore"):
        wanted = np.prod([v**e for v, e in zip(values, exponents, strict=True)], axis=0)
    made_values, defined = found.outputs(columns)
    if defined.all() and np.isfinite(wanted).all():
        assert made_values == pytest.approx(wanted, rel=1e-6)


def test_numbers_and_operations_that_a_language_lacks_give_no_program(terms):
    given_terms, _, programs = terms
    bare = Terms(given_terms.engine, {})
    assert bare.sum((3, 1), (None, programs[0])) is None
    assert given_terms.call(np.tanh, programs[0]) is None
