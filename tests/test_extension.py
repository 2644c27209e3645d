"""Parts of sums that are longer than the enumeration: numbers, factors, products, quotients."""

import itertools

import numpy as np
import pytest

from synth import Real, Task
from synth.engine import constants, extension, inversion, regress, regression, shapes
from synth.engine.pool import Pool
from synth.language import UNIT

DSL = "real:functions=true"


def task_of(formula, rows=40):
    """A task whose labels are a formula, rounded."""
    g = np.random.default_rng(3)
    columns = dict(zip("xyz", g.uniform(0.5, 2, (3, rows)).round(3), strict=True))
    labels = np.round(formula(*columns.values()), 6)
    return Task("formula", columns, dict.fromkeys(columns, Real), labels, Real)


def search(formula):
    settings = {"max_programs": 1200, "pairs": 100, "precision": 1e-6, "seconds": None}
    (found,) = regress(task_of(formula), DSL, **settings)
    return found


@pytest.fixture(scope="module")
def pool():
    kept = []

    def propose(engine, targets, *_):
        kept.append(Pool(engine, targets[0].n))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regression, "propose", propose)
        search(lambda x, y, z: x * y + np.sin(z))
    return kept[0]


@pytest.mark.parametrize("added", [0, 30])
def test_a_column_is_what_its_program_says_and_costs(pool, added):
    operands = extension._Operands(pool)
    seen = set()
    for recipe, columns, bits in operands.blocks(300, added):
        outer = recipe[0]
        seen.add((outer.is_factor, outer.times))
        for place in (0, len(columns) // 2, len(columns) - 1):
            program = operands.program(recipe, place)
            values, defined = program.outputs(pool.engine.columns)
            if defined.all():
                assert columns[place] == pytest.approx(values, rel=1e-6, abs=1e-6)
            # A number, or one over it, may have a cheaper program than the one that is priced.
            assert program.bits(pool.engine.grammar) == pytest.approx(bits[place], abs=1e-6)
    assert seen == ({(False, 1), (True, 1), (True, 2)} if added else {(False, 1)})


def without(name, monkeypatch):
    """Leave out a way to make parts."""
    if name == "factors":
        outers = extension._outers
        monkeypatch.setattr(extension, "_outers", lambda *some: (*outers(*some)[:3], []))
    elif name == "products":
        monkeypatch.setattr(inversion, "with_products", lambda *_: [])
    elif name == "digits":
        monkeypatch.setattr(constants.Numbers, "_joined_again", lambda *_: None)


FORMULAS = {
    "factors": (lambda x, y, z: x / (1 + np.exp(-y * z)),),
    "products": (lambda x, y, z: 5 * np.sin(x) + np.exp(y) * np.log(z + x + 1),),
    "digits": (
        lambda x, y, z: x * np.exp(-0.47128 * y / z),
        lambda x, y, z: x**0.425 * y**0.725,
    ),
}


def test_a_factor_that_is_not_enumerated_is_found():
    (formula,) = FORMULAS["factors"]
    found = search(formula)
    assert found.chosen == "program"
    assert found.train_error < 2e-6
    assert found.program.text.endswith("(x / (1.0 + 1.0 / exp(y * z)))")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("formula", "name"), [(f, name) for name, some in FORMULAS.items() for f in some]
)
def test_a_formula_is_found_by_one_way_and_not_without_it(formula, name, monkeypatch):
    found = search(formula)
    assert found.chosen == "program"
    assert found.train_error < 2e-6
    without(name, monkeypatch)
    assert search(formula).total_bits > found.total_bits + 50


def test_the_cheapest_of_all_that_are_joined_again_is_taken(pool, monkeypatch):
    """Against all pairs of 150 numbers."""
    monkeypatch.setattr(constants, "AGAIN", (150,))
    numbers, heads = pool.joined, pool.terms.heads
    few = numbers._cheapest[:150]
    values, bits = numbers._values[few], numbers._bits[few]
    row = {name: column[:1] for name, column in pool.engine.columns.items()}
    for value in (0.41237, 2.71904, 8.3145):
        error = value * 3e-3
        costs = [
            one + other + pool.engine.grammar.units(heads[function]) / UNIT
            for (function, _), (a, one), (b, other) in itertools.product(
                constants.JOINS, *2 * [list(zip(values, bits, strict=True))]
            )
            if abs(function(a, b) - value) <= error * (1 - 1e-9)
        ]
        found = numbers._joined_again(value, error)
        function, *places = found
        cost = pool.engine.grammar.units(heads[function]) / UNIT
        assert numbers._bits[places].sum() + cost == pytest.approx(min(costs))
        program = pool.terms.call(function, *map(numbers._program, places))
        assert abs(float(program.outputs(row)[0][0]) - value) <= error * (1 + 1e-9)
    assert numbers._joined_again(0.41237, 1e-12) is None
    # What is found again and again is as near as is asked.
    monkeypatch.setattr(constants, "AGAIN", (1000, 4000))
    for number, program in numbers.near(8.314463, 1e-5, again=True):
        assert float(program.outputs(row)[0][0]) == pytest.approx(number, rel=1e-9)
        assert abs(number - 8.314463) <= constants.WITHIN[-1] * 1e-5


def test_an_exponential_that_falls_is_a_divisor(pool):
    terms, shape = pool.terms, next(s for s in shapes.SHAPES if s.is_product)
    x, y, z = (pool.program(k) for k in range(40) if not pool.program(k).arguments)
    one = shapes.Part(None, np.ones(40))
    parts = [one, shapes.Part(x, None, 0.0, True), shapes.Part(y, None)]
    made = shapes.finished(terms, shape, np.array([0, 1, -1]), parts)
    assert str(made) == f"{x} / exp({y})"
    made = shapes.finished(terms, shape, np.array([0, 0, -1]), parts)
    assert str(made) == f"1.0 / exp({y})"
    made = shapes.finished(terms, shape, np.array([0, 0.425, 0]), parts)
    assert made is None  # 0.425 was not learnt
    assert str(shapes.finished(terms, shape, np.array([0, 2, 1]), parts)) == (
        f"square({x}) * exp({y})"
    )
    assert z is not None


def test_a_pool_without_behaviours_is_extended_by_nothing():
    x = np.array([0.0] * 10 + [0.125, -0.125])
    task = Task("nothing", {"x": x}, {"x": Real}, x, Real)
    (found,) = regress(task, "real", max_bits=0, pairs=3, seconds=None)
    assert found.chosen != "program"
