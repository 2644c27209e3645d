"""Products of two behaviours that say what is free leaves of labels, scored by matrix products.

The sum of t f g over rows, with labels t, is an entry of (F t) F', and the length of f g is one of
F^2 (F^2)'.  So all products of some hundred behaviours are scored without making any of them.
"""

import numpy as np

from synth.engine.pool import ROUNDING

#: Among how many of the cheapest behaviours products are sought, and how many are kept.
FACTORS, KEPT = 800, 10


def product_programs(pool, axes, goal):
    """The products of two behaviours that say most of labels, as programs.

    Parameters
    ----------
    pool : Pool
    axes, goal
        As `best_products` takes them.
    """
    places, values = pool.sums
    if pool.terms.has(np.multiply):
        for pair in best_products(values, pool.bits[places], axes, goal, pool.look):
            yield pool.terms.call(np.multiply, *(pool.program(int(places[k])) for k in pair))


def best_products(values, bits, axes, goal, look=lambda: None):
    """The products of fewest estimated bits: pairs of places, the best first.

    Parameters
    ----------
    values : ndarray of float64, shape (m, n)
        Behaviours on the training rows.
    bits : ndarray of float64, shape (m,)
        Their bits.
    axes : ndarray of float64, shape (n, k)
        Orthogonal axes of what is free.
    goal : ndarray of float64, shape (n,)
        The labels, which have none of that.
    look : callable
        Called about every 0.1 s of work.
    """
    values, bits, n = values[:FACTORS], bits[:FACTORS], len(goal)
    size = np.abs(values).max(axis=1, keepdims=True)
    factors = values / np.where(size > 0, size, 1)
    dots = (factors * goal) @ factors.T
    whole = np.square(factors) @ np.square(factors).T
    square = whole.copy()
    for axis in axes.T:
        look()
        square -= np.square((factors * axis) @ factors.T)
    some = np.triu(square > ROUNDING * whole)
    share = np.where(some, dots**2 / np.where(some, square, 1), 0) / (goal @ goal)
    scores = n / 2 * np.log2(np.maximum(1 - share, ROUNDING**2)) + bits[:, None] + bits
    scores[~some] = np.inf
    flat = scores.ravel()
    kept = min(KEPT, flat.size)
    best = np.argpartition(flat, kept - 1)[:kept] if kept else []
    best = sorted((float(flat[k]), int(k)) for k in best)
    return [divmod(k, len(bits)) for score, k in best if score < np.inf]
