"""Linear relations: the algebra against naive references, and what the stage finds."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import synth
from synth.engine.reach import fields, quotients, rates, relations, sums, templates
from synth.engine.reach.pool import pool_of
from synth.engine.reach.problem import Problem
from synth.engine.reach.templates import Templates
from synth.language import Bool, Complex, Int, Mod, Program
from synth.language.dsls import integer

PRIMES = (2, 3, 7, 31, 1_000_003)


def of(task, dsl=None, most=50_000):
    """The problem and the pools of a task."""
    search = synth.Search(task, dsl, max_programs=most, seconds=None, threads=1, moves=0)
    search.run()
    problem = Problem(search._engine, search._labellings[0])
    return problem, {t: pool_of(search._engine, t, problem.n) for t in search._engine.banks}


def never():
    return False


def task_of(columns, labels, type_, label_type, train):
    rows = len(labels)
    mask = np.zeros(rows, bool)
    mask[np.random.default_rng(0).permutation(rows)[:train]] = True
    return synth.Task("made", columns, dict.fromkeys(columns, type_), labels, label_type, mask)


def bits_of(n, rule, train, flipped=0):
    """A task of n booleans, some training labels of which are wrong."""
    rows = np.arange(2**n)
    columns = {f"x{j}": rows >> j & 1 > 0 for j in range(n)}
    task = task_of(columns, rule(columns), Bool, Bool, train)
    labels = task.labels.copy()
    some = np.random.default_rng(1).permutation(np.flatnonzero(task.train))[:flipped]
    labels[some] = ~labels[some]
    return synth.Task("made", columns, dict(task.types), labels, Bool, task.train)


def permuted(task):
    labels, some = task.labels.copy(), np.flatnonzero(task.train)
    labels[some] = labels[np.random.default_rng(2).permutation(some)]
    return synth.Task("twin", task.columns, task.types, labels, task.label_type, task.train)


def parity_of(k):
    return lambda columns: np.logical_xor.reduce([columns[f"x{j}"] for j in range(k)])


def rank(matrix, p):
    """The rank of a matrix modulo p, by elimination in whole numbers."""
    rows, found = [[int(v) % p for v in row] for row in matrix], 0
    for j in range(len(rows[0]) if rows else 0):
        at = next((i for i in range(found, len(rows)) if rows[i][j]), None)
        if at is None:
            continue
        rows[found], rows[at] = rows[at], rows[found]
        scale = pow(rows[found][j], -1, p)
        for i in range(found + 1, len(rows)):
            factor = rows[i][j] * scale
            rows[i] = [(a - factor * b) % p for a, b in zip(rows[i], rows[found], strict=True)]
        found += 1
    return found


@st.composite
def matrices(draw):
    p = draw(st.sampled_from(PRIMES))
    shape = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    values = st.integers(0, min(p - 1, 3)) | st.integers(-p, p)
    flat = draw(st.lists(values, min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]))
    return np.array(flat, np.int64).reshape(shape), p


# -- the algebra -------------------------------------------------------------------------------


@given(matrices())
def test_pivots_are_the_first_independent_columns(drawn):
    matrix, p = drawn
    found = fields.Echelon(matrix, p, 99)
    ranks = [rank(matrix[:, :k], p) for k in range(matrix.shape[1] + 1)]
    assert found.pivots == [k for k in range(matrix.shape[1]) if ranks[k + 1] > ranks[k]]
    assert found.holds(matrix).all()
    if found.pivots:
        coordinates = found.coordinates(matrix)
        assert ((matrix[:, found.pivots] @ coordinates - matrix) % p == 0).all()


@given(matrices(), st.data())
def test_holds_is_membership(drawn, data):
    matrix, p = drawn
    column = np.array(data.draw(st.lists(st.integers(0, 3), min_size=6, max_size=6)))
    column = column[: len(matrix), None]
    within = rank(np.concatenate([matrix, column], axis=1), p) == rank(matrix, p)
    assert fields.Echelon(matrix, p, 99).holds(column)[0] == within


@given(matrices())
def test_null_vectors_span_the_null_space(drawn):
    matrix, p = drawn
    vectors = fields.null_vectors(matrix, p)
    assert (matrix @ vectors.T % p == 0).all()
    assert len(vectors) == matrix.shape[1] - rank(matrix, p)
    assert not len(vectors) or rank(vectors, p) == len(vectors)


@given(st.integers(2, 5), st.sampled_from(PRIMES), st.integers(0, 2**32 - 1))
def test_null_of_each_is_what_each_has(k, p, seed):
    batch = np.random.default_rng(seed).integers(0, min(p, 3), (8, k - 1, k))
    vectors, known = fields.null_of_each(batch, p)
    for matrix, vector, unique in zip(batch, vectors, known, strict=True):
        assert unique == (rank(matrix, p) == k - 1)
        if unique:
            assert vector.any()
            assert (matrix @ vector % p == 0).all()


@pytest.mark.parametrize("p", PRIMES)
def test_inverses(p):
    numbers = np.arange(-3, min(p, 40))
    wanted = [pow(int(v), -1, p) if v % p else 0 for v in numbers]
    assert fields.inverses(numbers, p).tolist() == wanted


@given(st.sampled_from(PRIMES[:4]), st.integers(0, 2**32 - 1))
def test_sparser_is_the_same_combination_and_no_dearer(p, seed):
    generator = np.random.default_rng(seed)
    coordinates = np.concatenate([np.eye(4, dtype=np.int64), generator.integers(0, p, (4, 6))], 1)
    target, weights = generator.integers(0, p, 4), generator.integers(1, 9, 10).astype(float)
    found = fields.sparser(coordinates, target, weights, range(4), p, 20)
    made = sum((c * coordinates[:, k] for k, c in found.items()), np.zeros(4, np.int64))
    assert ((made - target) % p == 0).all()
    assert sum(weights[k] for k in found) <= weights[:4] @ (target != 0)
    if p == 2:  # no single exchange helps further
        again = fields.sparser(coordinates, target, weights, range(4), p, 0)
        assert sum(weights[k] for k in found) <= sum(weights[k] for k in again)


def test_sparser_takes_the_one_column_that_is_the_target():
    coordinates = np.array([[1, 0, 0, 2], [0, 1, 0, 1], [0, 0, 1, 1]])
    found = fields.sparser(coordinates, coordinates[:, 3] * 3, np.ones(4), range(3), 7, 20)
    assert found == {3: 3}


# -- sums --------------------------------------------------------------------------------------


@pytest.mark.parametrize("basis", ["and-or-not", "nand", "and-or-xor-not", "anf", "ite"])
def test_a_parity_is_written_in_any_basis(basis):
    problem, _ = of(bits_of(5, parity_of(5), 30), f"boolean:basis={basis}", 1000)
    inputs = [Program(i) for i in problem.grammar.inputs]
    for k in range(1, 6):
        odd, even = sums.parity(Templates(problem), inputs[:k], Bool)
        wanted = np.logical_xor.reduce([problem.values(i) for i in inputs[:k]])
        assert (problem.values(odd) == wanted).all()
        assert (problem.values(even) == ~wanted).all()


def test_a_monotone_basis_has_no_parity():
    problem, _ = of(bits_of(3, parity_of(3), 8), "boolean:basis=and-or", 1000)
    inputs = [Program(i) for i in problem.grammar.inputs]
    assert sums.parity(Templates(problem), inputs, Bool) == (None, None)


@pytest.mark.parametrize("factors", list(itertools.product((1, 5), (2, 6), (0, 3))))
def test_sums_of_residues(factors):
    rows = np.arange(49)
    columns = {"x": rows % 7, "y": rows // 7}
    problem, _ = of(task_of(columns, rows % 7, Mod(7), Mod(7), 40), "modular", 1000)
    x, y = (Program(i) for i in problem.grammar.inputs)
    a, b, c = factors
    terms = [(a, x), (b, y), *([(c, None)] if c else [])]
    made = sums.total(Templates(problem), terms, problem.root)
    columns = problem.columns
    assert (problem.values(made) == (a * columns["x"] + b * columns["y"] + c) % 7).all()


@pytest.mark.parametrize("modulo", [None, 5])
def test_sums_of_whole_numbers(modulo):
    rows = np.arange(100)
    columns = {"x": rows % 10, "y": rows // 10}
    problem, _ = of(task_of(columns, rows, Int(0, 9), Int(0, 99), 60), "integer", 1000)
    x, y = (Program(i) for i in problem.grammar.inputs)
    made = sums.total(Templates(problem), [(1, x), (4, y), (-2, None)], problem.root, modulo)
    columns = problem.columns
    off = problem.values(made) - (columns["x"] + 4 * columns["y"] - 2)
    assert (off % modulo == 0).all() if modulo else not off.any()


@given(st.integers(0, 2**32 - 1))
def test_labels_over_counts_what_is_right(seed):
    generator = np.random.default_rng(seed)
    values = generator.integers(-2, 5, (6, 4))
    cells, labels = generator.integers(0, 4, 30), generator.choice([0, 1, 3], 30)
    distinct, numbers = np.unique(labels, return_inverse=True)
    counts = np.zeros((4, len(distinct)), np.int64)
    np.add.at(counts, (cells, numbers), 1)
    wanted = (values[:, cells] == labels).sum(axis=1)
    assert (templates._right(values, distinct, counts) == wanted).all()


# -- the stage ---------------------------------------------------------------------------------


def best(task, dsl=None):
    problem, pools = of(task, dsl)
    found = relations.propose(problem, pools, never)
    totals = [problem.total(program) for program in found]
    assert totals == sorted(totals)
    assert all(program.type == problem.root for program in found)
    return problem, found


def test_it_finds_a_parity_over_and_or_not():
    problem, found = best(bits_of(8, parity_of(4), 200), "boolean:basis=and-or-not")
    assert problem.exceptions(found[0]) in (0, problem.n)
    assert problem.total(found[0]) < problem.table_bits


def test_it_finds_a_parity_with_wrong_labels():
    problem, found = best(bits_of(9, parity_of(6), 400, flipped=20))
    assert problem.exceptions(found[0]) in (20, problem.n - 20)


def test_it_finds_a_polynomial():
    rows = np.arange(11**3)
    x, y, z = columns = [rows // 11**j % 11 for j in range(3)]
    labels = (x * y + 2 * y * z + 5 * x + z + 4) % 11
    task = task_of(dict(zip("xyz", columns, strict=True)), labels, Mod(11), Mod(11), 300)
    problem, found = best(task, "modular")
    assert problem.exceptions(found[0]) == 0
    assert (problem.values(found[0])[problem.n :] == labels[~task.train]).all()


@pytest.mark.parametrize("remainder", [0, 1])
def test_it_finds_a_hidden_sum(remainder):
    rows = np.arange(1000)
    columns = {name: rows // 10**j % 10 for j, name in enumerate("abc")}
    labels = (columns["a"] + columns["b"] + columns["c"]) % 3 == remainder
    problem, found = best(task_of(columns, labels, Int(0, 9), Bool, 400), "integer")
    assert problem.exceptions(found[0]) in (0, problem.n)
    assert problem.total(found[0]) < 60


def test_it_finds_sums_and_remainders_of_whole_numbers():
    rows = np.arange(1000)
    a, b, c = (rows // 10**j % 10 for j in range(3))
    columns = {"a": a, "b": b, "c": c}
    for labels, type_ in ((a * b + 2 * c - 3, Int(-3, 99)), ((a + b + c) % 6, Int(0, 5))):
        problem, found = best(task_of(columns, labels, Int(0, 9), type_, 400), "integer")
        assert problem.exceptions(found[0]) == 0


@pytest.mark.parametrize(
    ("weights", "m"),
    [((1, 1, 1, 1), 10), ((9, 7, 9, 7), 10), ((1, 1, 1, 1), 256), ((3, 1, 4, 1), 26)],
)
@pytest.mark.parametrize("wrong", [pytest.param(0, marks=pytest.mark.slow), 3])
@pytest.mark.parametrize("dsl", ["integer:constants=0/1/2/3/4/{}", integer.with_quotients()])
def test_it_finds_sums_modulo_numbers_that_are_no_primes(weights, m, wrong, dsl):
    if dsl == integer.with_quotients() and m > 10:
        m = 24
    generator = np.random.default_rng(m)
    columns = {f"d{k}": generator.integers(0, min(m, 100), 90) for k in range(len(weights))}
    labels = sum(w * c for w, c in zip(weights, columns.values(), strict=True)) % m
    noisy = labels.copy()
    noisy[:wrong] = (noisy[:wrong] + 1) % m
    task = task_of(columns, noisy, Int(0, 99), Int(0, m - 1), 60)
    problem, pools = of(task, dsl.format(m), 5_000)
    found = list(relations.remainders(problem, pools, Templates(problem), never))
    least = min(map(problem.exceptions, found))
    assert least == wrong
    assert least < problem.n / 2


@given(st.integers(2, 300), st.integers(0, 2**32))
def test_coefficients_modulo_any_number_give_the_labels(m, seed):
    generator = np.random.default_rng(seed)
    matrix = np.column_stack([np.ones(40, np.int64), generator.integers(-50, 50, (40, 3))])
    labels = matrix @ generator.integers(0, m, 4) % m
    found = fields.combination_modulo(matrix, labels, m, 0.25)
    if found is not None:
        assert (matrix @ found % m == labels).mean() > 0.75
    units = np.gcd(matrix[:, 1:] - matrix[0, 1:], m) == 1
    if found is None:  # a column needs a pivot that has an inverse
        assert not units.all(axis=0).any()


def test_noise_is_no_sum_modulo_a_number():
    generator = np.random.default_rng(3)
    matrix = np.column_stack([np.ones(60, np.int64), generator.integers(0, 10, (60, 4))])
    assert fields.combination_modulo(matrix, generator.integers(0, 10, 60), 10, 0.25) is None


def bytes_task(rule, count):
    columns = {f"b{j}": np.random.default_rng(j).integers(0, 256, 90) for j in range(count)}
    return task_of(columns, rule(*columns.values()), Int(0, 255), Int(0, 255), 40)


@pytest.mark.parametrize(
    ("rule", "count"),
    [
        (lambda a, b, c, d: a ^ b ^ c ^ d ^ 255, 4),
        (lambda a: (a << 1 & 255) ^ a >> 3 ^ a >> 7, 1),
    ],
    ids=["checksum", "shifts"],
)
def test_it_finds_exclusive_ors_of_bytes(rule, count):
    task = bytes_task(rule, count)
    problem, found = best(task, "integer:bits=true,constants=0/1/2/3/4/5/6/7/8/255")
    assert problem.exceptions(found[0]) == 0
    assert (problem.values(found[0])[problem.n :] == task.labels[~task.train]).all()


def test_permuted_checksums_and_dsls_without_bits_give_no_exclusive_or():
    task = bytes_task(lambda a, b, c, d: a ^ b ^ c ^ d, 4)
    for given_task, dsl in ((permuted(task), "integer:bits=true"), (task, "integer")):
        problem, pools = of(given_task, dsl)
        assert not list(relations.exclusive_ors(problem, pools, Templates(problem), never))


def test_where_every_program_is_negative_there_is_no_exclusive_or():
    dsl = synth.DSL("own", types=(Int(-6, 6),))
    dsl.add(np.minimum, "Int(-6, 6), Int(-6, 6) -> Int(-6, 6)", commutative=True)
    labels = np.arange(24) % 3
    task = task_of({"a": np.arange(24) % 6 - 6}, labels, Int(-6, 6), Int(-6, 6), 20)
    problem, pools = of(task, dsl)
    assert pools[problem.root].count == 1
    assert not list(relations.exclusive_ors(problem, pools, Templates(problem), never))


@pytest.mark.parametrize("rows", [1, 2, 3, 4])
def test_a_few_rows_give_no_exclusive_or(rows):
    """Fewer bits than are spared, and about as many."""
    dsl = synth.DSL("own", types=(Int(0, 15),))
    dsl.add(np.bitwise_xor, "Int(0, 15), Int(0, 15) -> Int(0, 15)", symbol="^", commutative=True)
    columns = {"a": np.array([3, 1, 8, 5, 9]), "b": np.array([0, 2, 2, 7, 4])}
    labels = (columns["a"] ^ columns["b"])[[4, 0, 2, 1, 3]]
    mask = np.arange(5) < rows
    task = synth.Task("few", columns, dict.fromkeys("ab", Int(0, 15)), labels, Int(0, 15), mask,
                      given_alphabet=tuple(sorted(set(labels.tolist()))))  # fmt: skip
    problem, pools = of(task, dsl)
    found = list(relations.exclusive_ors(problem, pools, Templates(problem), never))
    assert all(problem.exceptions(program) == 0 for program in found)


def own(kind):
    """A DSL whose operators have other names and another form than the built-in ones."""
    dsl = synth.DSL("own")
    if kind == "residues":
        residue = Mod(5)
        dsl.add(lambda u, v: (u + 4 * v) % 5, f"{residue}, {residue} -> {residue}", name="glork")
        return dsl
    dsl.add(lambda u, v: u == v, "Bool, Bool -> Bool", name="frob")
    dsl.add(lambda u, v: u & ~v, "Bool, Bool -> Bool", name="blip")
    return dsl


def test_operators_of_other_names_and_forms():
    rows = np.arange(125)
    columns = {name: rows // 5**j % 5 for j, name in enumerate("xyz")}
    labels = (columns["x"] + 2 * columns["y"] + columns["z"]) % 5
    problem, found = best(task_of(columns, labels, Mod(5), Mod(5), 100), own("residues"))
    assert problem.exceptions(found[0]) == 0
    problem, found = best(bits_of(7, parity_of(6), 100), own("booleans"))
    assert problem.exceptions(found[0]) in (0, problem.n)


def test_a_dsl_without_anything_to_add():
    dsl = synth.DSL("least")
    dsl.add(np.logical_and, "Bool, Bool -> Bool", name="both")
    problem, found = best(bits_of(6, parity_of(4), 60), dsl)
    assert all(problem.total(program) >= problem.table_bits for program in found)


@pytest.mark.parametrize("name", ["parity", "polynomial", "sum"])
def test_permuted_labels_give_nothing_below_the_table(name):
    rows = np.arange(1000)
    x, y = rows % 31, rows // 31
    if name == "parity":
        task = bits_of(9, parity_of(5), 400)
    elif name == "polynomial":
        task = task_of({"x": x[:961], "y": y[:961]}, (x * y + 3)[:961] % 31, Mod(31), Mod(31), 500)
    else:
        task = task_of({"x": x, "y": y}, (x + y) % 3 == 0, Int(0, 50), Bool, 500)
    problem, pools = of(permuted(task))
    found = relations.propose(problem, pools, never)
    assert all(problem.total(program) >= problem.table_bits for program in found)


def test_it_stops_when_told_and_is_the_same_twice():
    problem, pools = of(bits_of(8, parity_of(4), 200))
    assert relations.propose(problem, pools, lambda: True) == []
    first = relations.propose(problem, pools, never)
    assert first
    assert first == relations.propose(problem, pools, never)


# -- shares ------------------------------------------------------------------------------------


ROUNDED = {
    "down": lambda a, b: a // b,
    "up": integer.ceil_div,
    "nearest": integer.round_div,
}


@given(
    st.lists(st.integers(0, 40), min_size=8, max_size=12),
    st.lists(st.integers(-1, 12), min_size=12, max_size=12),
    st.integers(2, 6),
    st.sampled_from(list(ROUNDED)),
    st.booleans(),
)
def test_the_factor_with_the_fewest_exceptions(column, labels, divisor, rounding, holds):
    column, labels = np.array(column), np.array(labels[: len(column)])
    if holds:  # with one exception
        labels[1:] = ROUNDED[rounding](column * 3, divisor)[1:]
    constants = {k: k for k in range(1, 9)}
    found = quotients.factor_of(column, labels, divisor, rounding, constants, units=int)
    some = column > 0
    wrong = {
        k: int((ROUNDED[rounding](column * k, divisor) != labels)[some].sum())
        for k in constants
        if k % divisor
    }
    least = min(wrong.values())
    if some.sum() < quotients.ROWS or least > quotients.WRONG * len(labels):
        assert found is None
    else:
        assert found == (min(k for k, count in wrong.items() if count == least), least)


@pytest.mark.parametrize("rounding", ROUNDED)
@pytest.mark.parametrize(("factor", "divisor"), [(23, 100), (5, 12)])
def test_shares_of_a_column_are_found(rounding, factor, divisor):
    price = np.random.default_rng(4).choice(900, 60, replace=False)
    labels = ROUNDED[rounding](price * factor, divisor)
    labels[7] += 1  # one of them is wrong
    task = task_of({"price": price}, labels, Int(0, 900), Int(0, 1100), 60)
    problem, pools = of(task, integer.with_quotients(), 5_000)
    found = relations.propose(problem, pools, never)
    assert problem.exceptions(found[0]) == 1
    assert problem.total(found[0]) < problem.table_bits / 2


def test_no_shares_of_other_columns():
    generator = np.random.default_rng(5)
    signed = {"a": generator.integers(-9, 9, 40)}, generator.integers(0, 9, 40)
    drawn = {"a": generator.integers(1, 900, 40)}, generator.integers(0, 200, 40)
    for columns, labels in (signed, drawn):
        task = task_of(columns, labels, Int(-900, 900), Int(0, 200), 40)
        problem, pools = of(task, integer.with_quotients(), 5_000)
        made = quotients.quotients(problem, pools, Templates(problem), never)
        assert list(made) == []


def test_complex_labels_are_no_shares_and_no_rates():
    """They are not read as whole numbers, which would be a warning of NumPy."""
    dsl = synth.DSL("complex")
    dsl.add(np.add, "Complex, Complex -> Complex", name="add")
    labels = np.array([1, 0, 1j, 0, 1, 1j, 0, 1, 0, 1j])
    task = task_of({"z": labels[::-1].copy()}, labels, Complex, Complex, 10)
    problem, pools = of(task, dsl, 50)
    for stage in (quotients.quotients, rates.rates):
        assert list(stage(problem, pools, Templates(problem), never)) == []
