"""What long random programs compute: each function's share of the programs as length grows.

Take all trees with exactly n nodes, each equally likely. The share that computes f converges as
n grows. The generating functions P_f(z) all have a square-root singularity at the same place as
the generating function of all trees. The limits of the shares are the eigenvector of the
Jacobian at that place for its eigenvalue 1 (Chauvin, Flajolet, Gardy and Gittenberger, "And/Or
trees revisited", Combinatorics, Probability and Computing 13(4-5), 2004).
"""

import math
from decimal import Decimal, localcontext

import numpy as np

from synth.engine import Crew, default_threads
from synth.errors import DSLError
from synth.exact.connectives import connectives
from synth.exact.fixed_point import combined, solve

#: Iteration ends when all later steps would change the eigenvector by less than this, in sum.
ENOUGH, MOST_STEPS = 1e-14, 5000


def limit_shares(grammar, columns, *, threads=None):
    """Each function's share of the very long programs.

    Every leaf and every primitive counts as one node; probabilities play no part. If a grammar
    has no connectives of one argument, all programs have odd lengths, and the shares are for odd
    lengths. Shares are correct to 1e-13. If a step shrinks differences by a factor above 0.99,
    rounding errors can add up to more.

    Parameters
    ----------
    grammar : Grammar
        A boolean grammar.
    columns : dict of str to bool (R,)
        The input columns.
    threads : int, optional
        Number of worker threads; by default one per core.

    Returns
    -------
    float64 (2**R,)
        The shares by index of behaviour; their sum is 1.

    Raises
    ------
    DSLError
        If the grammar does not suit `exact_prior`, or has no connective of two arguments.
    """
    items = [production.item for production in grammar]
    leaves, unary, binary = (sum(len(i.arguments) == k for i in items) for k in range(3))
    if not binary:
        raise DSLError(
            "the grammar has no connective of two arguments, so its programs do not branch"
        )
    # The generating function of all trees solves T = z (leaves + unary T + binary T²), and is
    # singular at this z. In floats, an error of 1e-16 in z becomes its square root in T; 60 digits
    # leave 1e-30.
    with localcontext(prec=60):
        z = 1 / (unary + 2 * Decimal(binary * leaves).sqrt())
    parts = connectives(grammar, columns, probability=z)
    crew = Crew(default_threads() if threads is None else threads)
    try:
        found = solve(parts, relative=False, crew=crew)
        return _eigenvector(parts, found.masses, crew)
    finally:
        crew.close()


def _eigenvector(parts, p, crew):
    """The shares, by power iteration from equal shares; p (2**R,): the masses there."""
    shares = np.where(p > 0, 1 / np.count_nonzero(p), 0)
    both = combined(parts, p, crew)
    before, stalled = 0.0, 0
    for _ in range(MOST_STEPS):
        # The derivative of a quadratic form, computed exactly from its values.
        after = combined(parts, p + shares, crew) - both - combined(parts, shares, crew)
        # Connectives that ignore an argument: P times the mass, where the shares' sum is 1.
        after += parts.single[2] * shares + parts.free[2] * p
        after += parts.single[1] * shares[::-1] + parts.free[1] * p[::-1]
        after[0] += parts.one[0] + 2 * parts.mass * parts.free[0]
        after[-1] += parts.one[3] + 2 * parts.mass * parts.free[3]
        np.maximum(after, 0, out=after)
        after /= after.sum()
        change = float(np.abs(after - shares).sum())
        shares = after
        # What remains if every later step shrinks the change by the same factor as this one.
        left = change * change / (before - change) if change < before else math.inf
        # Once only rounding is left, changes stop falling.
        stalled = stalled + 1 if before <= change < 1e-11 else 0
        if change == 0 or left < ENOUGH or stalled == 3:
            break
        before = change
    return shares
