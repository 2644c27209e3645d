"""Repairs: a part of a program becomes one of two, where the program is wrong.

A selector is put above a part.  What it says beside the part is a row of a pool that makes the
program right on training rows on which it is wrong.  One pass over all booleans then finds the
condition.
"""

import numpy as np

from synth.engine.reach.context import Context
from synth.engine.reach.problem import part_at, paths
from synth.kernels import reach as kernels
from synth.language import UNIT

#: The most parts of a program, and the wrong training rows, that are looked at: 0.5 ms a part.
PLACES, LOOKED = 8, 16
#: The temperature in bits at which rows are drawn.
TEMPERATURE = 2.0
#: How many rows are tried beside each part, and how often the best programs are repaired again.
OTHERS, TURNS = 12, 2
#: The programs that are repaired, and the words that passes over conditions read: 2**28 take 0.5 s.
PROGRAMS, WORK = 12, 2**28
#: The rows of a block of one pass: their counts stay in the first-level cache.
PASS = 2048


def places(problem, selectors, program):
    """The paths of parts that a selector can stand above."""
    return [path for path in paths(program) if selectors.get(part_at(program, path).type)]


def merits(problem, pool, context, wrong, generator):
    """What the rows of a pool are worth in a hole, in bits, by some rows that are wrong now.

    wrong: bool (n,).  Returns float64 (count,), minus infinity for rows that make nothing right.
    """
    flipped = problem.two and 2 * np.count_nonzero(wrong) > problem.n
    bad = np.flatnonzero(~wrong if flipped else wrong)
    if not len(bad):
        return np.full(pool.count, -np.inf)
    at = np.sort(generator.permutation(bad)[:LOOKED])
    right = pool.exceptions(problem, context, at)
    if not flipped:  # read as its opposite, a program is right where it says something else
        right = len(at) - right
    price = (problem.code[len(bad)] - problem.code[0]) / len(at)
    found = right * price - pool.costs(np.arange(pool.count)) / UNIT
    found[right == 0] = -np.inf
    return found


def repaired(problem, tools, program, wrong, generator):
    """Contexts with a selector above a drawn part of a program and a hole for its condition.

    Parameters
    ----------
    problem : Problem
    tools : Tools
        The pools and the selectors.
    program : Program
    wrong : ndarray of bool, shape (n,)
        The training rows on which the program is wrong.
    generator : numpy.random.Generator

    Returns
    -------
    list of Context
        Empty if the program is right, or has no part of a type with a selector.
    """
    some = places(problem, tools.selectors, program)
    if not some:
        return []
    path = some[int(generator.integers(len(some)))]
    part = part_at(program, path)
    pool, one = tools.pools[part.type], tools.selectors[part.type][0]
    most = tools.pools[one.item.arguments[one.condition]].contexts
    merit = merits(problem, pool, Context.at(problem, program, path), wrong, generator)
    keys = merit * (np.log(2) / TEMPERATURE) + generator.gumbel(size=len(merit))
    made = []
    for row in np.argsort(-keys)[:most].tolist():
        if np.isfinite(keys[row]):
            pair = pool.program(row), part
            if generator.random() < 0.5:  # the opposite of a condition may be cheaper
                pair = pair[::-1]
            new = one.item, one.arguments(None, *pair)
            made.append(Context.at(problem, program, path, new))
    return made


def cheapest(pool, costs, sides, code, most):
    """The booleans that are cheapest as a condition: their rows, and whether they hold for `yes`.

    Parameters
    ----------
    pool : BitPool
    costs : ndarray of int64, shape (count,)
        In units.
    sides : (ndarray of uint64, ndarray of uint64, int)
        The training rows on which the condition has to hold, those on which it must not, and the
        exceptions that there are in any case.
    code : ndarray of float64, shape (n + 1,)
        In units.
    most : int

    Returns
    -------
    list of (float, int, bool)
        The price, the row, and False if the row's opposite is the condition; the best first.
    """
    prices, at = np.empty(most), np.empty(most, np.int64)
    scratch = np.empty(PASS, np.int64)
    kernels.conditions(pool.words, costs, *sides, code, scratch, prices, at)
    found = zip(prices.tolist(), at.tolist(), strict=True)
    return [(p, k % pool.count, k < pool.count) for p, k in found if np.isfinite(p)]


def improved(problem, pools, selectors, must_stop):
    """The best programs of the enumeration with parts that became one of two.

    Parameters
    ----------
    problem : Problem
    pools : dict of Type to pool
    selectors : dict of Type to list of Selector
    must_stop : callable

    Returns
    -------
    list of Program
        Each has a smaller total than the program that it was made of; the best first.
    """
    score, engine = problem.labelling.score, problem.engine
    rows = [entry[1] for entry in score.top_rows] + [entry[2] for entry in score.front[::-1]]
    programs = [engine.program(int(row)) for row in dict.fromkeys(rows)][:PROGRAMS]
    found, work = {}, 0
    for _ in range(TURNS):
        made = {}
        for program in programs:
            for path in places(problem, selectors, program)[:PLACES]:
                if must_stop() or work > WORK:
                    break
                best, read = _improved_at(problem, pools, selectors, (program, path))
                work += read
                if best is not None and problem.total(best) < problem.total(program):
                    made[best] = problem.total(best)
        found |= made
        programs = sorted(made, key=made.get)[: PROGRAMS // 3]
    return sorted(found, key=found.get)


def _improved_at(problem, pools, selectors, place):
    """The best program with a selector at a path, None if there is none, and the words read."""
    program, path = place
    part = part_at(program, path)
    pool, one = pools[part.type], selectors[part.type][0]
    booleans = pools[one.item.arguments[one.condition]]
    hole = Context.at(problem, program, path)
    now = problem.misses(problem.values(program))
    merit = merits(problem, pool, hole, now, np.random.default_rng(0))
    others = [k for k in np.argsort(-merit, kind="stable")[:OTHERS].tolist() if merit[k] > -np.inf]
    at, costs = np.arange(problem.n), booleans.costs(np.arange(booleans.count))
    best, made = np.inf, None
    for row in others:
        other = pool.program(row)
        new = hole.wrong(problem, at, problem.values(other)[: problem.n])
        sides = booleans.type.pack(np.stack([now & ~new, new & ~now]))
        sides = (*sides, int(np.count_nonzero(now & new)))
        for price, k, holds in cheapest(booleans, costs, sides, problem.code * UNIT, 1):
            if price + pool.cost(row) < best:
                best = price + pool.cost(row)
                pair = (other, part) if holds else (part, other)
                made = hole.filled(problem, one.program(booleans.program(k), *pair))
    return made, len(others) * booleans.words.size
