"""What long random programs compute: the share of each function as length grows.

Of the trees with exactly n nodes, each as likely as any other, the share that computes f
converges.  The generating functions P_f(z) all have their singularity at one place, where
that of all trees does, of the kind of a square root; the shares are the eigenvector of the
Jacobian there to its eigenvalue 1 (Chauvin, Flajolet, Gardy and Gittenberger, "And/Or
trees revisited", Combinatorics, Probability and Computing 13(4-5), 2004).
"""

import math
from decimal import Decimal, localcontext

import numpy as np

from synth.engine import Crew, default_threads
from synth.errors import DSLError
from synth.exact.connectives import connectives
from synth.exact.fixed_point import combined, solve

#: What later steps would change of the eigenvector, in sum, is less than this at the end.
ENOUGH, MOST_STEPS = 1e-14, 5000


def limit_shares(grammar, columns, *, threads=None):
    """The share of each function among very long programs, float64 (2**R,); sums to 1.

    Every leaf and every primitive counts as one node; probabilities play no part.  Of a
    grammar without connectives of one argument, lengths are odd, and shares those of odd
    lengths.  Shares are right to 1e-13; where a step leaves more than 0.99 of a difference,
    rounding can add up to more.  Raises DSLError as `exact_prior` does, and where no program
    is long.
    """
    items = [production.item for production in grammar]
    leaves, unary, binary = (sum(len(i.arguments) == k for i in items) for k in range(3))
    if not binary:
        raise DSLError("programs of a grammar without connectives of two arguments do not branch")
    # All trees: T = z (leaves + unary T + binary T²), whose root splits up at this z.  A float
    # is off by some 1e-16, and T there by the square root of that; 60 digits leave 1e-30.
    with localcontext(prec=60):
        z = 1 / (unary + 2 * Decimal(binary * leaves).sqrt())
    parts = connectives(grammar, columns, probability=z)
    crew = Crew(default_threads() if threads is None else threads)
    try:
        found = solve(parts, relative=False, crew=crew)
        p = found.masses
        shares = np.where(p > 0, 1 / np.count_nonzero(p), 0)
        both = combined(parts, p, crew)
        before, stalled = 0.0, 0
        for _ in range(MOST_STEPS):
            # The derivative of a quadratic form by its values, exactly.
            after = combined(parts, p + shares, crew) - both - combined(parts, shares, crew)
            # What ignores an argument: of P times the mass, with the shares' sum 1.
            after += parts.single[2] * shares + parts.free[2] * p
            after += parts.single[1] * shares[::-1] + parts.free[1] * p[::-1]
            after[0] += parts.one[0] + 2 * parts.mass * parts.free[0]
            after[-1] += parts.one[3] + 2 * parts.mass * parts.free[3]
            np.maximum(after, 0, out=after)
            after /= after.sum()
            change = float(np.abs(after - shares).sum())
            shares = after
            # What is left if each later step changes as large a part of the one before it.
            left = change * change / (before - change) if change < before else math.inf
            # Where rounding is all that is left, changes stop falling.
            stalled = stalled + 1 if before <= change < 1e-11 else 0
            if change == 0 or left < ENOUGH or stalled == 3:
                break
            before = change
    finally:
        crew.close()
    return shares
