"""The binary operations modulo p of Power et al., "Grokking", arXiv:2201.02177, 2022."""

import inspect

import numpy as np

from synth.errors import SettingError
from synth.language import Mod
from synth.tasks.task import Task

_OPERATIONS = {
    "mod-add": ("x + y", lambda x, y, p: x + y),
    "mod-sub": ("x - y", lambda x, y, p: x - y),
    "mod-mul": ("x * y", lambda x, y, p: x * y),
    "mod-div": ("x / y for y other than 0", lambda x, y, p: x * _inverses(p)[y]),
    "mod-x2y2": ("x^2 + y^2", lambda x, y, p: x**2 + y**2),
    "mod-x2xyy2": ("x^2 + xy + y^2", lambda x, y, p: x**2 + x * y + y**2),
    "mod-x3xy": ("x^3 + xy", lambda x, y, p: x**3 + x * y),
    "mod-x3xy2y": ("x^3 + xy^2 + y", lambda x, y, p: x**3 + x * y**2 + y),
}


def _inverses(p):
    """The inverse of each residue modulo a prime p; for 0 it is 0."""
    return np.array([0, *(pow(v, -1, p) for v in range(1, p))])


def _maker(name, formula, operation):
    def make(p: int = 97, train: int | float = 0.5, seed: int = 0):
        if not 2 <= p <= 251:
            raise SettingError(f"{name}: p={p}; allowed: 2..251")
        divides = name == "mod-div"
        if divides and any(p % d == 0 for d in range(2, int(p**0.5) + 1)):
            raise SettingError(f"{name}: p={p}; allowed: primes up to 251")
        x, y = np.divmod(np.arange(p * p), p)
        if divides:
            x, y = x[y > 0], y[y > 0]
        labels = operation(x, y, p) % p
        columns = {"x": x, "y": y}
        task = Task(f"{name}:p={p}", columns, dict.fromkeys(columns, Mod(p)), labels, Mod(p))
        return task.split(train, seed)

    make.__name__ = name.replace("-", "_")
    make.__doc__ = inspect.cleandoc(
        f"""{formula} modulo p, on all pairs of residues.

        Power et al., "Grokking: Generalization Beyond Overfitting on Small
        Algorithmic Datasets", arXiv:2201.02177, 2022.  p: 2..251.
        """
    )
    return make


TASKS = {name: _maker(name, *rest) for name, rest in _OPERATIONS.items()}
