"""Relations: labels, or the rows of one label, that satisfy a linear equation modulo a prime.

Five kinds of programs are proposed.

A combination: labels modulo a prime (booleans: modulo 2) are a sum of multiples of cheap rows of
the bank.  The cheapest independent rows are a basis; the labels' coefficients follow by solving,
and rows are exchanged while that makes the sum cheaper.  Wrong labels: random rows are solved, and
what explains many rows is kept (Fischler and Bolles, Commun. ACM 24(6), 1981).

An exclusive or: each bit of labels that are whole numbers is a sum modulo 2 of the same bits of
cheap rows of the bank and of a constant, as in a checksum of bytes.

A remainder: labels that are whole numbers are a sum of columns modulo some number.

A share: labels that are whole numbers are a rounded share of a column: see `quotients`; or a
rate, a product of columns over another one or a sum: see `rates`.

A hidden sum: the rows of one label lie in a hyperplane, as where `(a + b + c) % 3 == 0`.  The null
space of their columns gives the sum, and an inner enumeration finds how the label follows from it.
"""

import itertools

import numpy as np

from synth.engine.reach.fields import (
    Echelon,
    combination_modulo,
    is_prime,
    null_of_each,
    null_vectors,
    sparser,
)
from synth.engine.reach.quotients import quotients
from synth.engine.reach.rates import rates
from synth.engine.reach.sums import exclusive_or, parity, remainder, total
from synth.engine.reach.templates import (
    Templates,
    best_first,
    labels_over,
    leaf_units,
    training_values,
)
from synth.language import UNIT

#: Rows of the pool that may be terms, independent ones among them, and how many exchanges are made
#: to make a sum cheaper.  2,048 rows of 1,000 labels take 0.15 s.
ROWS, RANK, EXCHANGES = 2048, 128, 32
#: Rows beyond the rank that a combination has to explain, so that random labels do not have one.
SPARE = 24
#: Wrong labels: numbers of columns that are tried, and random subsets of rows for each, some of
#: which are solved together.  With 5 % wrong labels a subset of 12 rows is right with probability
#: 0.54, one of 48 with 0.09; modulo 2, a right one determines the equation with 0.58.
SIZES, TRIES, TOGETHER = (12, 24, 48), 128, 32
#: The share of rows that an equation of some rows of one label may tell apart wrongly.
WRONG = 0.25
#: The most terms of a sum that is written.
TERMS = 32
#: Moduli of hidden sums; the last one is so large that it stands for the whole numbers.
MODULI = (2, 3, 5, 7, 1_000_003)
#: Columns that a hidden sum is sought in, and the coefficients that are allowed in whole numbers.
COLUMNS, COEFFICIENT = 32, 12
#: Programs of the enumeration of labels over a hidden sum: 60,000 take 60 ms.
OVER_SUM = 60_000
#: The hidden sums of one modulus that labels are sought over.
HIDDEN = 12
#: The cheapest constants above all labels that are tried as moduli of remainders, beside the least
#: number above them.
NAMED = 6
#: The most bits of whole numbers of which an exclusive or is sought.
WIDTH = 16


def propose(problem, pools, must_stop):
    """Programs for the labels, best first; see `seeds`."""
    templates = Templates(problem, must_stop)
    stages = (combinations, exclusive_ors, hidden_sums, remainders, quotients, rates)
    every = (stage(problem, pools, templates, must_stop) for stage in stages)
    return best_first(problem, itertools.chain.from_iterable(every))


def modulus(type):
    """The prime that values of a type are taken modulo, None if there is none."""
    if type.storage is None:
        return 2
    if type.family == "Int":
        return MODULI[-1]
    small = type.family == "Mod" and type.size < 2**12
    return int(type.size) if small and is_prime(int(type.size)) else None


# -- combinations ------------------------------------------------------------------------------


def combinations(problem, pools, templates, must_stop):
    """Programs that are a sum of multiples of cheap rows."""
    type, pool = problem.root, pools.get(problem.root)
    p = modulus(type)
    n = problem.n
    if p is None or pool is None or not pool.count or n <= SPARE:
        return
    values = training_values(problem, type, min(pool.count, ROWS))
    matrix = np.concatenate([np.ones((1, n), np.int64), values.astype(np.int64)]).T
    leaf = leaf_units(problem, type)
    costs = np.array([leaf] + [pool.cost(k) for k in range(len(values))])
    labels = problem.labels.astype(np.int64)
    echelon = Echelon(matrix, p, min(RANK, n - SPARE), must_stop)
    if must_stop() or not echelon.pivots:
        return
    if echelon.holds(labels[:, None])[0]:
        solutions = [_sparse(echelon, matrix, labels, costs + leaf)]
    else:
        solutions = _of_most_rows(problem, echelon, labels, costs, must_stop)
    for solution in solutions:
        program = _written(problem, pool, templates, solution)
        if program is not None:
            yield program


def _sparse(echelon, matrix, labels, weights):
    inside = np.flatnonzero(echelon.holds(matrix))
    position = {int(k): i for i, k in enumerate(inside)}
    basis = [position[k] for k in echelon.pivots]
    coordinates = echelon.coordinates(matrix[:, inside])
    target = echelon.coordinates(labels[:, None])[:, 0]
    # In whole numbers an exchange would lead to fractions.
    most = EXCHANGES if echelon.p < MODULI[-1] else 0
    found = sparser(coordinates, target, weights[inside] / UNIT, basis, echelon.p, most)
    return {int(inside[k]): factor for k, factor in found.items()}


def _of_most_rows(problem, echelon, labels, costs, must_stop):
    """The combination of the least total that random rows determine, if it is below the table."""
    generator = np.random.default_rng(0)
    best, least = None, problem.table_bits
    for size in SIZES:
        pivots = echelon.pivots[:size]
        both = np.column_stack([echelon.matrix[:, pivots], labels]).astype(np.int64)
        for vector in random_equations(both, len(both), echelon.p, generator, must_stop):
            if not vector[-1]:
                continue
            wrong = int((both @ vector % echelon.p != 0).sum())
            bits = float(problem.code[wrong]) + costs[pivots] @ (vector[:-1] != 0) / UNIT
            if bits < least:
                factors = -vector[:-1] * pow(int(vector[-1]), -1, echelon.p) % echelon.p
                least, best = bits, dict(zip(pivots, factors.tolist(), strict=True))
        if best is not None or size >= len(echelon.pivots):
            break
    return [] if best is None else [{k: c for k, c in best.items() if c}]


def random_equations(matrix, rows, p, generator, must_stop):
    """Equations modulo p, each of which holds on some random rows among the first."""
    k = matrix.shape[1]
    found = []
    for _ in range(TRIES // TOGETHER):
        if must_stop() or rows < k:
            break
        some = [generator.choice(rows, k - 1, replace=False) for _ in range(TOGETHER)]
        vectors, known = null_of_each(matrix[np.array(some)], p)
        found += list(vectors[known])
    return found


def _written(problem, pool, templates, solution):
    """The program of a combination: coefficients by column, the first column being 1."""
    type = problem.root
    programs = {k: None if k == 0 else pool.program(k - 1) for k in solution}
    plain = [p for p in programs.values() if p is not None]
    least = sum(map(problem.units, plain)) / UNIT
    if not plain or len(plain) > TERMS or least >= problem.table_bits:
        return None
    if type.storage is None:
        odd, even = parity(templates, plain, type)
        return even if 0 in solution else odd
    terms = [(c, programs[k]) for k, c in near(solution, type).items()]
    return total(templates, terms, type)


def near(solution, type):
    """Coefficients as values of a type: of whole numbers, the nearest to 0."""
    if type.family != "Int":
        return solution
    return {k: c - MODULI[-1] if c > MODULI[-1] // 2 else c for k, c in solution.items()}


# -- exclusive ors -----------------------------------------------------------------------------


def exclusive_ors(problem, pools, templates, must_stop):
    """Programs of whole numbers whose every bit is a parity of the same bits of cheap rows."""
    type, pool, labels = problem.root, pools.get(problem.root), problem.labels
    if type.family != "Int" or pool is None or labels.min() < 0 or labels.max() >= 2**WIDTH:
        return
    if problem.n * WIDTH <= SPARE:
        return
    values = training_values(problem, type, min(pool.count, ROWS))
    places = np.flatnonzero(((values >= 0) & (values < 2**WIDTH)).all(axis=1))
    if not len(places):
        return
    values = values[places]
    # The constant falls out if all rows are compared with the first.
    matrix = _bits(values ^ values[:, :1]).T
    wanted = _bits((labels ^ labels[0])[None])[0]
    echelon = Echelon(matrix, 2, min(RANK, len(wanted) - SPARE), must_stop)
    if must_stop() or not echelon.pivots or not echelon.holds(wanted[:, None])[0]:
        return
    costs = np.array([pool.cost(int(k)) for k in places])
    chosen = sorted(_sparse(echelon, matrix, wanted, costs + leaf_units(problem, type)))
    programs = [pool.program(int(places[k])) for k in chosen]
    constant = int(labels[0] ^ np.bitwise_xor.reduce(values[chosen, 0]))
    if constant:
        programs.append(templates.constants(type).get(constant))
    if None not in programs and len(programs) <= TERMS:
        made = exclusive_or(templates, programs, type)
        yield from [] if made is None else [made]


def _bits(values):
    """The bits of whole numbers (rows, n), int64 (rows, n * WIDTH)."""
    found = values[:, :, None] >> np.arange(WIDTH) & 1
    return found.reshape(len(values), -1).astype(np.int64)


# -- hidden sums -------------------------------------------------------------------------------


def hidden_sums(problem, pools, templates, must_stop):
    """Programs of two labels that follow from one sum of whole numbers or residues."""
    if problem.root.storage is not None:
        return
    for type in pools:
        for p in _moduli(type):
            if must_stop():
                return
            programs, matrix = _columns(problem, pools[type], p)
            equations = _equations(problem, programs, matrix, p, must_stop)
            for vector in equations[:HIDDEN]:
                if must_stop():
                    return
                made = _follows(problem, templates, programs, vector, p)
                yield from made
                if any(problem.exceptions(f) in (0, problem.n) for f in made):
                    return


def _moduli(type):
    if type.family == "Int":
        return MODULI
    p = modulus(type)
    return () if p is None or type.storage is None else (p,)


def _columns(problem, pool, p):
    """Programs whose values are independent modulo p, and their values, 1 the first."""
    values = training_values(problem, pool.type, min(pool.count, 4 * COLUMNS))
    matrix = np.concatenate([np.ones((1, problem.n), np.int64), values]).T
    pivots = Echelon(matrix, p, COLUMNS).pivots
    return [None if k == 0 else pool.program(k - 1) for k in pivots], matrix[:, pivots]


def _equations(problem, programs, matrix, p, must_stop):
    """Linear equations modulo p that hold on the rows of one label and on few others."""
    # Products of a sum that vanishes vanish too, so that few rows do not determine which of them
    # holds: the inputs alone are tried first.
    leaves = sum(program is None or not program.arguments for program in programs)
    found = []
    for label in (False, True):
        inside = problem.labels == label
        count = min(int(inside.sum()) - SPARE, matrix.shape[1])
        if count < 2 or inside.all():
            continue
        vectors = null_vectors(matrix[inside, :count], p)
        vectors = list(np.pad(vectors, ((0, 0), (0, matrix.shape[1] - count))))
        if not vectors:
            vectors = _of_most(matrix, inside, p, (leaves, SIZES[0]), must_stop)
        for vector in vectors:
            holds = (matrix @ vector) % p == 0
            if holds[~inside].mean() < (1 + 1 / p) / 2:
                last = int(np.flatnonzero(vector)[-1])  # cheap columns come first
                found.append((int((holds != inside).sum()), last, tuple(vector.tolist())))
    return [np.array(v) for *_, v in sorted(set(found))]


def _of_most(matrix, inside, p, sizes, must_stop):
    """The equation that holds on the most rows of a label and the fewest others, if it is good."""
    ordered = np.concatenate([matrix[inside], matrix[~inside]])
    count, generator = int(inside.sum()), np.random.default_rng(1)
    for size in sizes:
        few = ordered[:, :size]
        best, least = None, WRONG * len(matrix)
        for vector in random_equations(few, count, p, generator, must_stop):
            holds = (few @ vector) % p == 0
            wrong = (~holds[:count]).sum() + holds[count:].sum()
            if wrong < least:
                least, best = wrong, vector
        if best is not None:
            return [np.pad(best, (0, matrix.shape[1] - len(best)))]
    return []


def _follows(problem, templates, programs, vector, p):
    """Programs of the label over the sum of an equation."""
    terms = _scaled(vector, p)
    if terms is None:
        return []
    chosen = [(factor, programs[k]) for k, factor in terms.items() if k]
    if not chosen or len(chosen) > TERMS:
        return []
    return over_sum(templates, chosen, p)


def over_sum(templates, terms, p):
    """Programs of the label over a sum, whose coefficients count modulo a prime."""
    type = terms[0][1].type
    whole = p == MODULI[-1] or type.family == "Mod"
    added = total(templates, terms, type, None if whole else p)
    if added is None:
        return []
    price = [leaf_units(templates.problem, type)]
    return labels_over(templates, [added], max_programs=OVER_SUM, prices=price, closed=False)


def _scaled(vector, p):
    """The multiple of an equation with the simplest coefficients, by column."""
    best, least = None, np.inf
    for factor in _multipliers(vector, p):
        scaled = vector * factor % p
        near = np.where(scaled > p // 2, scaled - p, scaled)
        size = (np.abs(near[1:]) + (near[1:] < 0) / 2).sum()
        if size < least:
            best, least = near, size
    if best is None or (p == MODULI[-1] and np.abs(best[1:]).max() > COEFFICIENT):
        return None
    return {int(k): int(best[k]) for k in np.flatnonzero(best)}


def _multipliers(vector, p):
    if p < 2**12:
        return range(1, min(p, 32))
    entries = [int(v) for v in vector[1:] if v][:8]
    return [pow(v, -1, p) * k % p for v in entries for k in (1, 2, 3, 4, 6, 12)]


def remainders(problem, pools, templates, must_stop):
    """Programs of whole numbers that are a sum modulo some number."""
    type = problem.root
    if type.family != "Int" or type not in pools:
        return
    above = int(problem.labels.max()) + 1
    named = [c for c in templates.constants(type) if above <= c < 2**12]
    for p in sorted({*MODULI[:-1], above if above < 2**12 else 2, *named[:NAMED]}):
        if must_stop():
            return
        if is_prime(p):
            programs, matrix = _columns(problem, pools[type], p)
            leaves = sum(program is None or not program.arguments for program in programs)
            programs, matrix = programs[:leaves], matrix[:, :leaves]
            factors = _factors_modulo_prime(problem, matrix, p, must_stop)
        else:
            every = list(map(pools[type].program, range(min(COLUMNS, pools[type].count))))
            leaves = [row for row, program in enumerate(every) if not program.arguments]
            programs = [None, *(every[row] for row in leaves)]
            values = training_values(problem, type, len(every))[leaves]
            matrix = np.concatenate([np.ones((1, problem.n), np.int64), values]).T
            factors = combination_modulo(matrix, problem.labels, p, WRONG)
        if factors is None:
            continue
        # What holds modulo 10 holds modulo 2, which is less: all are listed.
        # In (0 - (a + 3 * b)) % 10 the coefficients 9 and 7 are short.
        short = min(factors, -factors % p, key=lambda each: each[1:].sum())
        terms = [(int(short[k]), programs[k]) for k in np.flatnonzero(short) if k]
        added = total(templates, terms, type, p) if terms else None
        if added is not None:
            sign = 1 if short is factors else -1
            whole = remainder(templates, added, int(factors[0]), sign, p)
            yield from [whole] * (whole is not None)
            yield from over_sum(templates, terms, p)


def _factors_modulo_prime(problem, matrix, p, must_stop):
    """The coefficients of a sum that the labels are modulo a prime; None if there are none."""
    both = np.column_stack([matrix, problem.labels])
    equations = random_equations(both, problem.n, p, np.random.default_rng(2), must_stop)
    equations = [v for v in equations if v[-1]]
    wrong = [(both @ v % p != 0).sum() for v in equations]
    if not wrong or min(wrong) >= WRONG * problem.n:
        return None
    vector = equations[int(np.argmin(wrong))]
    return -vector[:-1] * pow(int(vector[-1]), -1, p) % p
