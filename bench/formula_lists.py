"""Formulas of three published lists, with the ranges of their inputs.

FEYNMAN has every formula of at most three inputs from the list of Udrescu and Tegmark, "AI Feynman"
(Science Advances 6, 2020; table 4 and supplementary material), with the ranges given there.
NGUYEN is the list of Uy et al., "Semantically-based crossover in genetic programming" (Genetic
Programming and Evolvable Machines 12, 2011), with numbers 11 and 12 as Petersen et al. ("Deep
symbolic regression", ICLR 2021) give them.  KEIJZER is the list of Keijzer, "Improving symbolic
regression with interval arithmetic and linear scaling" (EuroGP 2003).  For these two, inputs are
drawn uniformly from the range of training; where a list has a grid of points, the ends of the grid
are the range.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy import arcsin, cos, exp, log, pi, sin, sqrt


class Formula(NamedTuple):
    """A formula.

    Parameters
    ----------
    name : str
        The list and the number in it.
    inputs : str
        Names of the inputs, separated by spaces.
    ranges : tuple of (float, float)
        The range of each input.
    formula : callable
        The value for columns of the inputs.
    inner : bool
        Whether it has a constant that no sum a + b f + c g of programs takes outside.
    whole : bool
        Whether inputs are whole numbers.
    """

    name: str
    inputs: str
    ranges: tuple
    formula: Callable
    inner: bool = False
    whole: bool = False

    def drawn(self, rows, seed):
        """Columns of inputs, and the values of the formula."""
        generator = np.random.default_rng([seed, *self.name.encode()])
        columns = {
            name: generator.integers(int(low), int(high) + 1, rows).astype(float)
            if self.whole
            else generator.uniform(low, high, rows)
            for name, (low, high) in zip(self.inputs.split(), self.ranges, strict=True)
        }
        return columns, self.formula(*columns.values())


def _feynman(number, inputs, formula, *ranges, inner=False):
    names = inputs.split()
    return Formula(f"Feynman {number}", inputs, ranges or ((1, 5),) * len(names), formula, inner)


_1_3, _C, _V = (1, 3), (3, 10), (1, 2)

FEYNMAN = (
    _feynman("I.6.2a", "t", lambda t: exp(-(t**2) / 2) / sqrt(2 * pi), _1_3),
    _feynman("I.6.2", "s t",
             lambda s, t: exp(-((t / s) ** 2) / 2) / (sqrt(2 * pi) * s), _1_3, _1_3),
    _feynman("I.6.2b", "s t u",
             lambda s, t, u: exp(-(((t - u) / s) ** 2) / 2) / (sqrt(2 * pi) * s),
             _1_3, _1_3, _1_3),
    _feynman("I.10.7", "m v c", lambda m, v, c: m / sqrt(1 - v**2 / c**2), (1, 5), _V, _C),
    _feynman("I.12.1", "mu N", lambda mu, N: mu * N),
    _feynman("I.12.5", "q E", lambda q, E: q * E),
    _feynman("I.14.3", "m g z", lambda m, g, z: m * g * z),
    _feynman("I.14.4", "k x", lambda k, x: k * x**2 / 2),
    _feynman("I.15.10", "m v c", lambda m, v, c: m * v / sqrt(1 - v**2 / c**2), (1, 5), _V, _C),
    _feynman("I.16.6", "c v u", lambda c, v, u: (u + v) / (1 + u * v / c**2)),
    _feynman("I.25.13", "q C", lambda q, C: q / C),
    _feynman("I.26.2", "n t", lambda n, t: arcsin(n * sin(t)), (0, 1), (1, 5)),
    _feynman("I.27.6", "d e n", lambda d, e, n: 1 / (1 / d + n / e)),
    _feynman("I.29.4", "w c", lambda w, c: w / c, (1, 10), (1, 10)),
    _feynman("I.30.3", "I t n", lambda i, t, n: i * sin(n * t / 2) ** 2 / sin(t / 2) ** 2),
    _feynman("I.30.5", "l d n", lambda w, d, n: arcsin(w / (n * d)), _V, (2, 5), (1, 5)),
    _feynman("I.34.1", "c v w", lambda c, v, w: w / (1 - v / c), _C, _V, (1, 5)),
    _feynman("I.34.14", "c v w", lambda c, v, w: (1 + v / c) / sqrt(1 - v**2 / c**2) * w,
             _C, _V, (1, 5)),
    _feynman("I.34.27", "h w", lambda h, w: h / (2 * pi) * w),
    _feynman("I.37.4", "I J d", lambda i, j, d: i + j + 2 * sqrt(i * j) * cos(d)),
    _feynman("I.39.1", "p V", lambda p, V: 3 / 2 * p * V),
    _feynman("I.39.11", "g p V", lambda g, p, V: p * V / (g - 1), (2, 5), (1, 5), (1, 5)),
    _feynman("I.43.31", "m T k", lambda m, T, k: m * k * T),
    _feynman("I.47.23", "g p r", lambda g, p, r: sqrt(g * p / r)),
    _feynman("I.48.2", "m v c", lambda m, v, c: m * c**2 / sqrt(1 - v**2 / c**2),
             (1, 5), _V, (3, 20)),
    _feynman("II.3.24", "P r", lambda P, r: P / (4 * pi * r**2)),
    _feynman("II.8.7", "q e d", lambda q, e, d: 3 / 5 * q**2 / (4 * pi * e * d)),
    _feynman("II.8.31", "e E", lambda e, E: e * E**2 / 2),
    _feynman("II.10.9", "s e x", lambda s, e, x: s / e / (1 + x)),
    _feynman("II.11.28", "n a", lambda n, a: 1 + n * a / (1 - n * a / 3), (0, 1), (0, 1)),
    _feynman("II.13.23", "r v c", lambda r, v, c: r / sqrt(1 - v**2 / c**2), (1, 5), _V, _C),
    _feynman("II.13.34", "r v c", lambda r, v, c: r * v / sqrt(1 - v**2 / c**2), (1, 5), _V, _C),
    _feynman("II.15.4", "m B t", lambda m, B, t: -m * B * cos(t)),
    _feynman("II.15.5", "p E t", lambda p, E, t: -p * E * cos(t)),
    _feynman("II.24.17", "w c d", lambda w, c, d: sqrt(w**2 / c**2 - pi**2 / d**2),
             (4, 6), (1, 2), (2, 4), inner=True),
    _feynman("II.27.16", "e c E", lambda e, c, E: e * c * E**2),
    _feynman("II.27.18", "e E", lambda e, E: e * E**2),
    _feynman("II.34.2", "q v r", lambda q, v, r: q * v * r / 2),
    _feynman("II.34.2a", "q v r", lambda q, v, r: q * v / (2 * pi * r)),
    _feynman("II.34.29a", "q h m", lambda q, h, m: q * h / (4 * pi * m)),
    _feynman("II.38.14", "Y s", lambda Y, s: Y / (2 * (1 + s))),
    _feynman("III.7.38", "m B h", lambda m, B, h: 4 * pi * m * B / h),
    _feynman("III.8.54", "E t h", lambda E, t, h: sin(2 * pi * E * t / h) ** 2,
             (1, 2), (1, 2), (1, 4), inner=True),
    _feynman("III.12.43", "n h", lambda n, h: n * h / (2 * pi)),
    _feynman("III.15.12", "U k d", lambda U, k, d: 2 * U * (1 - cos(k * d))),
    _feynman("III.15.14", "h E d", lambda h, E, d: h**2 / (8 * pi**2 * E * d**2)),
    _feynman("III.15.27", "a n d", lambda a, n, d: 2 * pi * a / (n * d)),
    _feynman("III.17.37", "b a t", lambda b, a, t: b * (1 + a * cos(t))),
)  # fmt: skip


def _nguyen(number, inputs, formula, *ranges):
    return Formula(f"Nguyen {number}", inputs, ranges, formula)


_1_1, _0_1 = (-1, 1), (0, 1)

NGUYEN = (
    _nguyen(1, "x", lambda x: x**3 + x**2 + x, _1_1),
    _nguyen(2, "x", lambda x: x**4 + x**3 + x**2 + x, _1_1),
    _nguyen(3, "x", lambda x: x**5 + x**4 + x**3 + x**2 + x, _1_1),
    _nguyen(4, "x", lambda x: x**6 + x**5 + x**4 + x**3 + x**2 + x, _1_1),
    _nguyen(5, "x", lambda x: sin(x**2) * cos(x) - 1, _1_1),
    _nguyen(6, "x", lambda x: sin(x) + sin(x + x**2), _1_1),
    _nguyen(7, "x", lambda x: log(x + 1) + log(x**2 + 1), (0, 2)),
    _nguyen(8, "x", lambda x: sqrt(x), (0, 4)),
    _nguyen(9, "x y", lambda x, y: sin(x) + sin(y**2), _0_1, _0_1),
    _nguyen(10, "x y", lambda x, y: 2 * sin(x) * cos(y), _0_1, _0_1),
    _nguyen(11, "x y", lambda x, y: x**y, _0_1, _0_1),
    _nguyen(12, "x y", lambda x, y: x**4 - x**3 + y**2 / 2 - y, _0_1, _0_1),
)


def _keijzer(number, inputs, formula, *ranges, **more):
    return Formula(f"Keijzer {number}", inputs, ranges, formula, **more)


def _wave(x):
    return 0.3 * x * sin(2 * pi * x)


def _harmonic(x):
    return np.array([np.sum(1 / np.arange(1, each + 1)) for each in x.astype(int)])


_3_3 = (-3, 3)

KEIJZER = (
    _keijzer(1, "x", _wave, (-1, 1), inner=True),
    _keijzer(2, "x", _wave, (-2, 2), inner=True),
    _keijzer(3, "x", _wave, (-3, 3), inner=True),
    _keijzer(4, "x",
             lambda x: x**3 * exp(-x) * cos(x) * sin(x) * (sin(x) ** 2 * cos(x) - 1), (0, 10)),
    _keijzer(5, "x y z", lambda x, y, z: 30 * x * z / ((x - 10) * y**2), _1_1, (1, 2), _1_1),
    _keijzer(6, "x", _harmonic, (1, 50), whole=True),
    _keijzer(7, "x", lambda x: log(x), (1, 100)),
    _keijzer(8, "x", lambda x: sqrt(x), (0, 100)),
    _keijzer(9, "x", lambda x: np.arcsinh(x), (0, 100)),
    _keijzer(10, "x y", lambda x, y: x**y, _0_1, _0_1),
    _keijzer(11, "x y", lambda x, y: x * y + sin((x - 1) * (y - 1)), _3_3, _3_3),
    _keijzer(12, "x y", lambda x, y: x**4 - x**3 + y**2 / 2 - y, _3_3, _3_3),
    _keijzer(13, "x y", lambda x, y: 6 * sin(x) * cos(y), _3_3, _3_3),
    _keijzer(14, "x y", lambda x, y: 8 / (2 + x**2 + y**2), _3_3, _3_3),
    _keijzer(15, "x y", lambda x, y: x**3 / 5 + y**3 / 2 - y - x, _3_3, _3_3),
)  # fmt: skip

FORMULAS = (*FEYNMAN, *NGUYEN, *KEIJZER)

#: The formulas as programs of `real:functions=true`, up to a constant and a factor.  Where a
#: constant stays inside, or there is no formula (Keijzer 6 is a sum), there is none.
PROGRAMS = {
    "Feynman I.6.2a": "exp(1.0 - square(t) / 2.0)",
    "Feynman I.6.2": "exp(1.0 - square(t / s) / 2.0) / s",
    "Feynman I.6.2b": "exp(1.0 - square((t - u) / s) / 2.0) / s",
    "Feynman I.10.7": "m / sqrt(1.0 - square(v / c))",
    "Feynman I.12.1": "mu * N",
    "Feynman I.12.5": "q * E",
    "Feynman I.14.3": "m * g * z",
    "Feynman I.14.4": "k * square(x)",
    "Feynman I.15.10": "m * v / sqrt(1.0 - square(v / c))",
    "Feynman I.16.6": "(u + v) / (1.0 + u * v / square(c))",
    "Feynman I.25.13": "q / C",
    "Feynman I.26.2": "arcsin(n * sin(t))",
    "Feynman I.27.6": "1.0 / (1.0 / d + n / e)",
    "Feynman I.29.4": "w / c",
    "Feynman I.30.3": "I * square(sin(n * t / 2.0) / sin(t / 2.0))",
    "Feynman I.30.5": "arcsin(l / (n * d))",
    "Feynman I.34.1": "w / (1.0 - v / c)",
    "Feynman I.34.14": "(1.0 + v / c) / sqrt(1.0 - square(v / c)) * w",
    "Feynman I.34.27": "h * w",
    "Feynman I.37.4": "I + J + 2.0 * (sqrt(I * J) * cos(d))",
    "Feynman I.39.1": "p * V",
    "Feynman I.39.11": "p * V / (g - 1.0)",
    "Feynman I.43.31": "m * k * T",
    "Feynman I.47.23": "sqrt(g * p / r)",
    "Feynman I.48.2": "m * square(c) / sqrt(1.0 - square(v / c))",
    "Feynman II.3.24": "P / square(r)",
    "Feynman II.8.7": "square(q) / (e * d)",
    "Feynman II.8.31": "e * square(E)",
    "Feynman II.10.9": "s / e / (1.0 + x)",
    "Feynman II.11.28": "n * a / (1.0 - n * a / (1.0 + 2.0))",
    "Feynman II.13.23": "r / sqrt(1.0 - square(v / c))",
    "Feynman II.13.34": "r * v / sqrt(1.0 - square(v / c))",
    "Feynman II.15.4": "m * B * cos(t)",
    "Feynman II.15.5": "p * E * cos(t)",
    "Feynman II.27.16": "e * c * square(E)",
    "Feynman II.27.18": "e * square(E)",
    "Feynman II.34.2": "q * v * r",
    "Feynman II.34.2a": "q * v / r",
    "Feynman II.34.29a": "q * h / m",
    "Feynman II.38.14": "Y / (1.0 + s)",
    "Feynman III.7.38": "m * B / h",
    "Feynman III.12.43": "n * h",
    "Feynman III.15.12": "U * (1.0 - cos(k * d))",
    "Feynman III.15.14": "square(h / d) / E",
    "Feynman III.15.27": "a / (n * d)",
    "Feynman III.17.37": "b * (1.0 + a * cos(t))",
    "Nguyen 1": "x * (x * (x + 1.0) + 1.0)",
    "Nguyen 2": "x * (x * (x * (x + 1.0) + 1.0) + 1.0)",
    "Nguyen 3": "x * (x * (x * (x * (x + 1.0) + 1.0) + 1.0) + 1.0)",
    "Nguyen 4": "x * (x * (x * (x * (x * (x + 1.0) + 1.0) + 1.0) + 1.0) + 1.0)",
    "Nguyen 5": "sin(square(x)) * cos(x)",
    "Nguyen 6": "sin(x) + sin(x + square(x))",
    "Nguyen 7": "log((x + 1.0) * (square(x) + 1.0))",
    "Nguyen 8": "sqrt(x)",
    "Nguyen 9": "sin(x) + sin(square(y))",
    "Nguyen 10": "sin(x) * cos(y)",
    "Nguyen 11": "exp(y * log(x))",
    "Nguyen 12": "square(square(x)) - x * square(x) + (square(y) / 2.0 - y)",
    "Keijzer 4": "x * square(x) * exp(1.0 - x) * (cos(x) * sin(x))"
    " * (square(sin(x)) * cos(x) - 1.0)",
    "Keijzer 5": "x * z / ((x - 2.0 * (square(2.0) + 1.0)) * square(y))",
    "Keijzer 7": "log(x)",
    "Keijzer 8": "sqrt(x)",
    "Keijzer 9": "log(x + sqrt(square(x) + 1.0))",
    "Keijzer 10": "exp(y * log(x))",
    "Keijzer 11": "x * y + sin((x - 1.0) * (y - 1.0))",
    "Keijzer 12": "square(square(x)) - x * square(x) + (square(y) / 2.0 - y)",
    "Keijzer 13": "sin(x) * cos(y)",
    "Keijzer 14": "1.0 / (2.0 + square(x) + square(y))",
    "Keijzer 15": "x * square(x) / (square(2.0) + 1.0) + y * square(y) / 2.0 - y - x",
}
