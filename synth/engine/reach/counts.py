"""Counts: labels that depend on how many of some booleans are true, as a majority does.

Which booleans count, and which count if they are false, is found by a local search: the labels are
coded given the count, and an input is added, dropped or turned while the code becomes shorter.  So
thresholds, and labels of exactly so many, are found alike, with wrong labels too.

The count is then computed in one of two ways.  Full adders turn three bits into a sum and a carry
until few bits are left; or two halves are merged, each known by whether at least 1, 2, ... are
true, which is cheaper where only small counts matter.  All of it is made of templates (see
`templates.py`): the cheapest sum and carry of three operands that the DSL has at their prices.
"""

import numpy as np
from scipy.special import gammaln

from synth.engine.reach.sums import operands, with_opposite
from synth.engine.reach.templates import Templates, best_first, labels_over, training_values
from synth.language import UNIT, Program

#: The most booleans among which those that count are sought, and the least and the most that count.
COLUMNS, LEAST, MOST = 64, 3, 24
#: The most changes of one local search, and the counts that programs are made for.
CHANGES, COUNTS = 60, 2
#: What a boolean that counts costs in the search: a full adder for every other one, about.
PRICE = 12.0
#: Programs of the enumeration of sums and carries: all 256 functions of three operands and their
#: opposites are known within 100,000 over and, or, xor and not; it takes 30 ms.
ADDER = 100_000
#: Bits from which labels are sought, and the programs of that enumeration: 0.1 s.
BITS, OVER_BITS = 5, 150_000
#: Up to which count halves are merged, and the programs of the enumeration for it.  At least 3 of 5
#: are among them over and, or, xor and not, at least 3 of 6 are not.
MERGED, MERGER = 3, 60_000


def propose(problem, pools, must_stop):
    """Programs for the labels, best first; see `seeds`."""
    if problem.root.storage is not None or problem.root not in pools:
        return []
    programs = booleans(problem, pools[problem.root])
    if len(programs) < LEAST:
        return []
    columns = np.stack([problem.values(p)[: problem.n] for p in programs])
    templates = Templates(problem, must_stop)
    return best_first(problem, _programs(templates, programs, columns, must_stop))


def _programs(templates, programs, columns, must_stop):
    type = templates.problem.root
    for signs in counted(templates.problem, columns, must_stop):
        pairs = [with_opposite(templates, programs[j], type) for j in np.flatnonzero(signs)]
        pairs = [p if s > 0 else p[::-1] for p, s in zip(pairs, signs[signs != 0], strict=True)]
        for build in (by_adders, by_merging):
            yield from build(templates, pairs)


def booleans(problem, pool):
    """The booleans that may count: inputs, or the cheapest rows if there are few."""
    inputs = [Program(i) for i in problem.grammar.inputs if i.type == problem.root]
    if len(inputs) >= LEAST:
        return inputs[:COLUMNS]
    rows = training_values(problem, pool.type, min(pool.count, 4 * COLUMNS))
    rows = rows ^ rows[:, :1]  # a boolean and its opposite are one
    _, first = np.unique(rows, axis=0, return_index=True)
    first = [k for k in sorted(first.tolist()) if rows[k].any()]
    return [pool.program(k) for k in first[:COLUMNS]]


# -- which booleans count ----------------------------------------------------------------------


def counted(problem, columns, must_stop):
    """Which booleans count, best first: int (inputs,), 1 and -1 where true and false ones count."""
    labels = problem.labels.astype(bool)
    found = {}
    for start in seeds(columns, labels):
        if must_stop():
            break
        bits, signs = improved(columns, labels, start)
        signs = signs if signs.sum() >= 0 else -signs
        if LEAST <= np.count_nonzero(signs) <= MOST and bits < problem.table_bits:
            found[tuple(signs.tolist())] = bits
    ordered = sorted(found, key=lambda s: (found[s], s))
    return [np.array(s) for s in ordered[:COUNTS]]


def seeds(columns, labels):
    """Where local searches begin: by single inputs, and by pairs of inputs."""
    signed = np.where(columns, 1.0, -1.0)
    centred = labels - labels.mean()
    single = signed @ centred
    pairs = (signed * centred) @ signed.T
    np.fill_diagonal(pairs, 0)
    vectors = np.linalg.eigh(pairs)[1]
    made = []
    for weights in (single, vectors[:, 0], vectors[:, -1]):
        order = np.argsort(-np.abs(weights), kind="stable")
        best = (np.inf, None)
        for k in range(2, min(MOST, len(order)) + 1):
            signs = np.zeros(len(order), np.int64)
            signs[order[:k]] = np.where(weights[order[:k]] < 0, -1, 1)
            bits = codes((signs @ columns)[None], labels)[0] + PRICE * k
            best = min(best, (bits, k, signs), key=lambda b: b[0])
        made.append(best[-1])
    return made


def codes(counts, labels):
    """Bits of labels given counts, int (m, n): of each row of counts; float64 (m,)."""
    counts = counts - counts.min()
    m, width = len(counts), int(counts.max()) + 1
    at = (np.arange(m)[:, None] * width + counts) * 2 + labels
    cells = np.bincount(at.ravel(), minlength=2 * m * width).reshape(m, width, 2)
    all_, some = cells.sum(axis=2), cells[:, :, 1]
    # log2 of (all + 1) * C(all, some): how many, and which.
    bits = gammaln(all_ + 2) - gammaln(some + 1) - gammaln(all_ - some + 1)
    return bits.sum(axis=1) / np.log(2)


def improved(columns, labels, signs):
    """A local minimum of the code: (bits, signs)."""
    signs = signs.copy()
    numbers = columns.astype(np.int64)
    count = signs @ numbers
    best = codes(count[None], labels)[0] + PRICE * np.count_nonzero(signs)
    for _ in range(CHANGES):
        others = [(j, s) for j in range(len(signs)) for s in (-1, 0, 1) if s != signs[j]]
        steps = np.array([s - signs[j] for j, s in others])
        made = count + steps[:, None] * numbers[[j for j, _ in others]]
        sizes = np.array([(s != 0) - int(signs[j] != 0) for j, s in others])
        bits = codes(made, labels) + PRICE * (np.count_nonzero(signs) + sizes)
        k = int(np.argmin(bits))
        if bits[k] >= best - 1e-9:
            break
        best, (j, s) = bits[k], others[k]
        signs[j], count = s, made[k]
    return float(best), signs


# -- programs of a count -----------------------------------------------------------------------


def price(templates, pair):
    """The units of the cheaper of a boolean and its opposite."""
    return min(templates.problem.units(p) for p in pair if p is not None)


def by_adders(templates, pairs):
    """Programs of the label over the sums and carries of full adders.

    Parameters
    ----------
    templates : Templates
    pairs : list of (Program, Program)
        The booleans that count, each with its opposite, None if there is none.
    """
    bits = {0: list(pairs)}  # by the logarithm of what a bit counts
    while True:
        left = [pair for group in bits.values() for pair in group]
        if sum(price(templates, p) for p in left) / UNIT > templates.problem.table_bits:
            break
        if len(left) <= BITS:
            parts, _ = operands(templates, left, [np.zeros(1, bool)] * len(left))
            yield from labels_over(templates, parts, max_programs=OVER_BITS)
        level = min((k for k, group in bits.items() if len(group) >= 3), default=None)
        if level is None:
            break
        group = sorted(bits[level], key=lambda pair: price(templates, pair))
        made = full_adder(templates, group[:3])
        if made is None:
            break
        bits[level] = [*group[3:], made[0]]
        bits.setdefault(level + 1, []).append(made[1])


def full_adder(templates, three):
    """The sum and the carry of three booleans, each with its opposite; None if there is none."""
    at = np.arange(8)
    columns = [at >> k & 1 > 0 for k in range(3)]
    parts, values = operands(templates, three, columns)
    odd, carry = np.logical_xor.reduce(columns), sum(c.astype(int) for c in columns) >= 2
    wanted = [odd, ~odd, carry, ~carry]
    found = templates.find(parts, values, wanted, templates.problem.root, max_programs=ADDER)
    pairs = found[:2], found[2:]
    if any(p == [None, None] for p in pairs):
        return None
    return tuple(tuple(p) for p in pairs)


def by_merging(templates, pairs):
    """Programs of the label over whether at least 1, 2, ... booleans are true, or are false."""
    for turned in (pairs, [pair[::-1] for pair in pairs]):
        ordered = sorted(turned, key=lambda pair: price(templates, pair))
        for most in range(1, MERGED + 1):
            steps = merged(templates, ordered, most)
            if steps is None or price(templates, steps[0]) / UNIT > templates.problem.table_bits:
                break
            parts, _ = operands(templates, steps, [np.zeros(1, bool)] * len(steps))
            yield from labels_over(templates, parts, max_programs=MERGER)


def merged(templates, pairs, most):
    """Whether at least 1, ..., `most` of some booleans are true, each with its opposite."""
    if len(pairs) == 1:
        return list(pairs)
    half = len(pairs) // 2
    sides = [merged(templates, some, most) for some in (pairs[:half], pairs[half:])]
    if None in sides:
        return None
    left, right = (np.arange(len(side) + 1) for side in sides)
    a, b = np.repeat(left, len(right)), np.tile(right, len(left))
    steps = [a >= k for k in left[1:]] + [b >= k for k in right[1:]]
    parts, values = operands(templates, sides[0] + sides[1], steps)
    levels = [a + b >= k for k in range(1, min(most, len(pairs)) + 1)]
    wanted = [w for level in levels for w in (level, ~level)]
    found = templates.find(parts, values, wanted, templates.problem.root, max_programs=MERGER)
    made = list(zip(found[::2], found[1::2], strict=True))
    return None if (None, None) in made else made
