"""Programs with a number inside that is fitted: exp(c u), sin(c u + d), 1/(u + c), u + c.

For each cheap behaviour u, c goes through a grid, and one dot product with the labels says how much
each of them explains.  The best are refined by least squares, and c becomes the cheapest number of
the language within its standard error: one that was enumerated, or two of them joined by an
operation.  So it is priced like any other part of a program, by the bits of its precision.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from synth.engine.pool import ROUNDING

#: How many behaviours are tried as u, and how many (u, c) of a form are refined.
INSIDE, REFINED = 100, 6
#: What a program with such a number costs at least: what explains fewer bits is not refined.
LEAST = 25.0
#: On how many rows, at most, the numbers of a grid are compared.
SEEN = 100
_RATES = np.geomspace(0.05, 12, 24)
_WAVES = np.linspace(0.25, 24, 96)
_GAPS = np.geomspace(0.002, 8, 28)


@dataclass(frozen=True)
class Form:
    """What is done with u and c.

    Parameters
    ----------
    name : str
    needs : tuple of callable
        The functions that a language needs.
    grid : callable
        Takes u (n,); returns the numbers c that are tried, (k,).
    columns : callable
        Takes u (n,) and c (k, 1); returns the columns (k, n), or pairs of them (k, 2, n).
    make : callable
        Takes `Terms`, the program of u, and those of c and d, or None where there is no d.
    """

    name: str
    needs: tuple[Any, ...]
    grid: Any
    columns: Any
    make: Any


def _rates(u):
    spread = u.std()
    return np.concatenate([-_RATES, _RATES]) / spread


def _waves(u):
    return _WAVES / (u.max() - u.min()) * 2


def _gaps(u):
    wide = u.max() - u.min()
    return np.concatenate([_GAPS * wide - u.min(), -_GAPS * wide - u.max()])


def _scaled(u, c):
    with np.errstate(over="ignore"):
        return np.exp(np.minimum(c * (u - u.mean()), 600))


def _exp(terms, u, c, d):
    return terms.call(np.exp, terms.call(np.multiply, c, u))


def _wave(function):
    def make(terms, u, c, d):
        inner = terms.call(np.multiply, c, u)
        return terms.call(function, inner if d is None else terms.call(np.add, inner, d))

    return make


def _shift(terms, u, c, d):
    return terms.call(np.add, u, c)


def _inverse(terms, u, c, d):
    return terms.call(np.divide, terms.number(1), terms.call(np.add, u, c))


FORMS = (
    Form("exp", (np.exp, np.multiply), _rates, _scaled, _exp),
    Form("inverse", (np.divide, np.add), _gaps, lambda u, c: 1 / (u + c), _inverse),
    Form("wave", (np.sin, np.multiply, np.add), _waves,
         lambda u, c: np.stack([np.sin(c * u), np.cos(c * u)], axis=1), _wave(np.sin)),
)  # fmt: skip
#: A wave without a phase.
PLAIN = (
    Form("sin", (np.sin, np.multiply), _waves, lambda u, c: np.sin(c * u), _wave(np.sin)),
    Form("cos", (np.cos, np.multiply), _waves, lambda u, c: np.cos(c * u), _wave(np.cos)),
)
#: Of a product: the logarithm of u + c.
FACTORS = (
    Form("shift", (np.add,), _gaps, lambda u, c: np.log(np.abs(u + c)), _shift),
)  # fmt: skip


class _Grid:
    """The columns of a form for each cheap behaviour and each number of its grid.

    They are the same for all labellings, and without what is free they are if weights are too.
    """

    def __init__(self, form, units, rows):
        numbers, columns = [], []
        for u in units:
            with np.errstate(all="ignore"):
                grid = form.grid(u)
                numbers.append(grid)
                columns.append(form.columns(u[rows], grid[:, None]))
        self.numbers, self.columns = np.array(numbers), np.array(columns)
        self._known = None

    def shares(self, fit):
        """Which share of the goal each explains, (m, k)."""
        axes, weights, goal = fit
        if self._known is None or not all(map(np.array_equal, self._known[0], (axes, weights))):
            shape = self.columns.shape
            parts = _parts(self.columns.reshape(-1, *shape[2:]), axes, weights)
            self._known = (axes, weights), parts
        return _explained(self._known[1], goal).reshape(self.numbers.shape)


def fitted_inside(pool, forms, fit) -> Iterator[Any]:
    """Programs of some forms, the likeliest of each form first.

    Parameters
    ----------
    pool : Pool
    forms : sequence of Form
    fit : tuple of ndarray
        The axes (n, k) of what is free, weights (n,), and the goal (n,), which has none of that.
    """
    places, values = pool.sums
    units = values[:INSIDE]
    enough = 1 - 2.0 ** (-2 * LEAST / values.shape[1])
    rows = slice(None, None, -(-values.shape[1] // SEEN))
    few = _on_rows(fit, rows)
    for form in forms:
        if not pool.terms.has(*form.needs):
            continue
        if form.name not in pool.grids:
            pool.look()
            pool.grids[form.name] = _Grid(form, units, rows)
        grid = pool.grids[form.name]
        shares = grid.shares(few)
        # The best of each peak over the grid.
        peak = np.ones(shares.shape, bool)
        peak[:, 1:] &= shares[:, 1:] > shares[:, :-1]
        peak[:, :-1] &= shares[:, :-1] >= shares[:, 1:]
        tried = [(-shares[k, i], int(k), grid.numbers[k, i])
                 for k, i in np.argwhere(peak & (shares > enough))]  # fmt: skip
        for _, k, start in sorted(tried)[:REFINED]:
            pool.look()
            program = pool.program(int(places[k]))
            for each in (form, *(PLAIN if form.name == "wave" else ())):
                if pool.terms.has(*each.needs):
                    yield from _written(pool, each, (units[k], program, start), fit)


def _written(pool, form, chosen, fit):
    """The programs of a form with the numbers that are near the best c."""
    u, program, start = chosen
    c, error = _refined(form, u, start, fit)
    for number, written in pool.joined.near(c, error, again=True):
        if form.name == "wave":
            yield from _with_phase(pool, form, (u, program, number, written), fit)
            continue
        made = form.make(pool.terms, program, written, None)
        if made is not None:
            yield made


def _on_rows(fit, rows):
    """The axes, weights and goal on some rows."""
    axes, weights, goal = fit
    axes = np.linalg.qr(axes[rows])[0]
    return axes, weights[rows], goal[rows] - axes @ (axes.T @ goal[rows])


def _parts(columns, axes, weights):
    """Columns (k, n), or pairs of them (k, 2, n), without what is free, and their squares."""
    flat = columns.reshape(-1, columns.shape[-1]) * weights
    legal = np.isfinite(flat).all(axis=1)
    flat = np.where(legal[:, None], flat, 0)
    size = np.sqrt(np.einsum("ij,ij->i", flat, flat))
    flat /= np.where(size > 0, size, 1)[:, None]
    flat -= (flat @ axes) @ axes.T
    square = np.einsum("ij,ij->i", flat, flat)
    if columns.ndim == 2:
        return flat, legal & (square > ROUNDING), np.where(square > ROUNDING, square, 1)
    both = np.einsum("ij,ij->i", flat[0::2], flat[1::2])
    a, b = square[0::2], square[1::2]
    return flat, (a * b - both**2 > ROUNDING) & legal[0::2], (a, b, both)


def _explained(parts, goal):
    """Which share of the goal columns, or pairs of them, explain, (k,)."""
    flat, apart, squares = parts
    dots = flat @ goal
    if not isinstance(squares, tuple):
        return np.where(apart, dots**2 / squares, 0) / (goal @ goal)
    (a, b, both), d, e = squares, dots[0::2], dots[1::2]
    found = b * d**2 + a * e**2 - 2 * both * d * e
    return np.where(apart, found / np.where(apart, a * b - both**2, 1), 0) / (goal @ goal)


def _residuals(form, u, c, fit):
    """What is left of the goal, (n,)."""
    axes, weights, goal = fit
    columns = form.columns(u, np.array([[c]])).reshape(-1, len(u)) * weights
    if not np.isfinite(columns).all():
        return goal
    size = np.sqrt(np.square(columns).sum(axis=1, keepdims=True))
    columns = columns / np.where(size > 0, size, 1)
    columns = columns - (columns @ axes) @ axes.T
    basis = np.linalg.qr(columns.T)[0]
    return goal - basis @ (basis.T @ goal)


def _refined(form, u, start, fit):
    """c by least squares, and its standard error."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = least_squares(
            lambda c: _residuals(form, u, c[0], fit), [start], x_scale=[abs(start) or 1.0],
            max_nfev=60, xtol=1e-14, ftol=1e-14, gtol=1e-14,
        )  # fmt: skip
    c, slope = float(found.x[0]), float(np.sqrt(np.square(found.jac).sum()))
    freedom = max(len(u) - fit[0].shape[1] - 2, 1)
    deviation = np.sqrt(2 * found.cost / freedom)
    return c, deviation / slope if slope > 0 else 0.0


def _with_phase(pool, form, chosen, fit):
    """sin(c u + d) with a number d, given c."""
    (u, program, number, written), (axes, weights, goal) = chosen, fit
    columns = form.columns(u, np.array([[number]]))[0] * weights
    parts = columns - (columns @ axes) @ axes.T
    inverse = np.linalg.pinv(parts.T)
    a, b = inverse @ goal
    left = goal - np.array([a, b]) @ parts
    deviation = np.sqrt(left @ left / max(len(goal) - axes.shape[1] - 3, 1))
    size = np.hypot(a, b)
    if not size > 0:
        return
    error = deviation * np.sqrt(np.square(inverse).sum(axis=1).max()) / size
    for turn in (0, np.pi, -np.pi):
        for _, said in pool.joined.near(float(np.arctan2(b, a)) + turn, float(error), again=True):
            made = form.make(pool.terms, program, written, said)
            if made is not None:
                yield made
