"""The total mass of the finite programs of each type."""

from collections.abc import Mapping
from decimal import Decimal, localcontext

from synth.language.types import Type

#: The number of digits of every step. At criticality, an error of 1e-60 becomes its square root.
DIGITS = 60
#: Steps end when the last one raised no mass by more than this. The mass that is still missing is
#: then at most as large: at criticality each step halves it, otherwise it soon squares it.
#: Where one critical type uses another, its error is the square root of the other's, and
#: `MOST_STEPS` may end the steps.
ENOUGH, MOST_STEPS = Decimal("1e-18"), 400

#: The summed probability of all productions with the same result and arguments.
Rules = Mapping[tuple[Type, tuple[Type, ...]], Decimal]


def least_fixed_point(rules: Rules) -> dict[Type, Decimal]:
    """The least solution of m(type) = Σ probability · Π m(arguments).

    Newton's method from 0 rises to it monotonically (Etessami and Yannakakis, J. ACM 56(1),
    2009).

    Parameters
    ----------
    rules : mapping of (Type, tuple of Type) to Decimal
        The probability of each result and argument types. Every type has a finite program.

    Returns
    -------
    dict of Type to Decimal
        Correct to about 1e-18.
    """
    types = list(dict.fromkeys(result for result, _ in rules))
    with localcontext(prec=DIGITS):
        mass = dict.fromkeys(types, Decimal(0))
        for _ in range(MOST_STEPS):
            step = _newton_step(rules, types, mass)
            mass = {t: m + step[t] for t, m in mass.items()}
            if max(step.values(), default=Decimal(0)) <= ENOUGH:
                break
    return mass


def _newton_step(rules, types, mass):
    """The solution d of (1 - slope) d = value - mass, by Gaussian elimination."""
    n = len(types)
    index = {t: i for i, t in enumerate(types)}
    system = [[Decimal(i == k) for k in range(n)] + [-mass[types[i]]] for i in range(n)]
    for (result, arguments), probability in rules.items():
        row = system[index[result]]
        row[n] += _product(probability, [mass[a] for a in arguments])
        for k, argument in enumerate(arguments):
            others = arguments[:k] + arguments[k + 1 :]
            row[index[argument]] -= _product(probability, [mass[o] for o in others])
    # Below the fixed point the matrix is a nonsingular M-matrix, so that all pivots are above 0. A
    # pivot that is not shows that only rounding is left of this type, which then stays.
    for k in range(n):
        if system[k][k] <= 0:
            system[k] = [Decimal(i == k) for i in range(n)] + [Decimal(0)]
        for i in range(n):
            if i != k and system[i][k]:
                factor = system[i][k] / system[k][k]
                system[i] = [a - factor * b for a, b in zip(system[i], system[k], strict=True)]
    return {t: system[i][n] / system[i][i] for t, i in index.items()}


def _product(first, others):
    for other in others:
        first *= other
    return first
