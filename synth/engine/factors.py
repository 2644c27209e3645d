"""Products and quotients of two behaviours that say what a sum leaves of labels.

None is made: the sum of t f g over rows, with labels t, is an entry of (F t) F', and the length of
f g is one of F^2 (F^2)'.  So all products of some hundred behaviours are scored by matrix products,
and all quotients, which are products with 1/g.
"""

import numpy as np

from synth.engine.pool import ROUNDING

#: How many products are kept.
KEPT = 10


def product_programs(pool, weights, axes, goal):
    """The products and quotients of two behaviours that say most of labels, as programs.

    Parameters
    ----------
    pool : Pool
    weights, axes, goal
        As `best_products` takes them.
    """
    if pool.terms.has(np.multiply):
        found = best_products(pool.first, pool.bits, (weights, axes, goal), pool.look)
        for function, *pair in found:
            made = pool.terms.call(function, *(pool.program(k) for k in pair))
            if made is not None:
                yield made


def best_products(values, bits, fit, look=lambda: None):
    """The products and quotients of fewest estimated bits, the best first.

    Returns a list of the function and the places of both.

    Parameters
    ----------
    values : ndarray of float64, shape (m, n)
        Behaviours on the training rows.
    bits : ndarray of float64, shape (m,)
        Their bits.
    fit : tuple of ndarray
        The weights of the rows, (n,); orthogonal axes of a weighted sum, (n, k); and what it leaves
        of the weighted labels, (n,).
    look : callable
        Called about every 0.1 s of work.
    """
    weights, axes, goal = fit
    bits, n = bits[: len(values)], len(goal)
    size = np.abs(values).max(axis=1, keepdims=True)
    factors = values / np.where(size > 0, size, 1)
    with np.errstate(divide="ignore"):
        lower = 1 / factors
    lower[~(np.isfinite(lower).all(axis=1))] = 0
    size = np.abs(lower).max(axis=1, keepdims=True)
    others = np.concatenate([factors, lower / np.where(size > 0, size, 1)])
    factors = factors * weights
    dots = (factors * goal) @ others.T
    whole = np.square(factors) @ np.square(others).T
    square = whole.copy()
    for axis in axes.T:
        look()
        square -= np.square((factors * axis) @ others.T)
    some = square > ROUNDING * whole
    some[:, : len(bits)] = np.triu(some[:, : len(bits)])
    share = np.where(some, dots**2 / np.where(some, square, 1), 0) / (goal @ goal)
    scores = n / 2 * np.log2(np.maximum(1 - share, ROUNDING**2))
    scores += bits[:, None] + np.concatenate([bits, bits])
    scores[~some] = np.inf
    flat = scores.ravel()
    kept = min(KEPT, flat.size)
    best = np.argpartition(flat, kept - 1)[:kept] if kept else []
    best = sorted((float(flat[k]), int(k)) for k in best)
    pairs = [divmod(k, 2 * len(bits)) for score, k in best if score < np.inf]
    return [
        (np.multiply, i, j) if j < len(bits) else (np.divide, i, j - len(bits)) for i, j in pairs
    ]
