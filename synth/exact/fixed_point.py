"""The least fixed point of P = leaves + Σ unary + Σ binary, over all 2**R behaviours.

Applying a connective to two independent programs convolves their distributions over behaviours.
For conjunctions, the convolution becomes a product after summing over supersets (zeta and
Moebius transforms); for exclusive or, after the Walsh-Hadamard transform. Negation reverses the
array. One sweep takes R 2**R steps for R rows. Sweeps start from the exact total mass and
preserve it. What remains to converge are differences whose sum is 0, and these shrink fast even
if the grammar is critical.

Differences in the transforms cancel, so that rare functions lose digits. With `relative=True`,
further sweeps follow that only add and multiply positive numbers. They take 3**R steps (4**R
with exclusive or) and give every mass to at least 11 digits.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth import kernels
from synth.engine import Crew
from synth.exact.connectives import Connectives

#: Sweeps end when one changes less than `ENOUGH` of the mass in sum; `MOST_SWEEPS` was never
#: reached.
ENOUGH, MOST_SWEEPS = 1e-15, 2000
#: Positive sweeps end when all later ones together would change no mass by more than this
#: fraction.
ENOUGH_RELATIVE, MOST_POLISHING = 1e-13, 20_000
_EPSILON = float(np.finfo(float).eps)


@dataclass(frozen=True, eq=False)
class Solution:
    """A least fixed point.

    Parameters
    ----------
    masses : float64 (2**R,)
        The mass of each behaviour.
    error : float64 (2**R,)
        A bound of the absolute error of each mass.
    sweeps, polishing : int
        The number of sweeps with transforms, and of positive sweeps.
    residual : float
        The sum of the absolute changes of the last sweep.
    """

    masses: NDArray[np.float64]
    error: NDArray[np.float64]
    sweeps: int
    polishing: int
    residual: float


def solve(parts: Connectives, *, relative: bool, crew: Crew) -> Solution:
    """The least fixed point for a grammar's `Connectives`.

    Parameters
    ----------
    parts : Connectives
        The probabilities of the grammar's productions.
    relative : bool
        Whether every mass is computed to at least 11 digits.
    crew : Crew
        The worker threads.

    Returns
    -------
    Solution
    """
    reached = support(parts)
    masses = parts.leaves * (parts.mass / parts.leaves.sum())
    sweeps, before, stalled, change, rate = 0, math.inf, 0, math.inf, 0.5
    noise = 64 * _EPSILON * math.sqrt(len(masses))  # about ten times the largest value observed
    while change > ENOUGH * parts.mass and stalled < 3 and sweeps < MOST_SWEEPS:
        after = _closed(parts, combined(parts, masses, crew))
        np.maximum(after, 0, out=after)
        after[~reached] = 0
        change = float(np.abs(after - masses).sum())
        # Once only rounding is left, changes stop falling; before that they may fall slowly.
        stalled = stalled + 1 if noise * parts.mass > change > 0.9 * before else 0
        if change > 1e-11 * parts.mass and math.isfinite(before):
            rate = min(max(change / before, 0.5), 0.999)
        masses, before, sweeps = after, change, sweeps + 1
    if relative:
        masses, error, polishing, change = _polish(parts, masses, reached, crew)
    else:
        # Every later sweep would have shrunk the remaining change by the factor `rate`.
        error, polishing = _rounding(parts, masses) + 2 * change / (1 - rate), 0
    return Solution(masses, error, sweeps, polishing, change)


# -- one sweep --------------------------------------------------------------------


def _transformed(values, kind):
    done = values.copy()
    kernels.transform(done, kind)
    return done


def _closed(parts, pairs):
    """The masses whose connectives of two arguments give `pairs`, float64 (2**R,).

    Connectives that pass one argument on, or negate it, are solved for exactly: a sweep would
    shrink a difference only by the factor of their probability. The equation is p = copy p +
    flip p' + rest.
    """
    no, flip, copy, yes = parts.single.tolist()
    rest = parts.leaves + pairs
    rest[0] += no * parts.mass
    rest[-1] += yes * parts.mass
    if copy or flip:
        rest = ((1 - copy) * rest + flip * rest[::-1]) / ((1 - copy - flip) * (1 - copy + flip))
    return rest


def combined(parts: Connectives, p: NDArray[np.float64], crew: Crew) -> NDArray[np.float64]:
    """The masses of all connectives of two arguments applied to independent programs.

    Parameters
    ----------
    parts : Connectives
        The probabilities of the connectives.
    p : float64 (2**R,)
        The masses of the arguments.
    crew : Crew
        The worker threads.

    Returns
    -------
    float64 (2**R,)
    """
    conj, xor, xnor = parts.conj, parts.xor, parts.xnor
    plain, negated = conj[:, :2].any(), conj[:, 1:].any()
    tasks: list[Callable[[], Any]] = []
    if plain:
        tasks.append(lambda: _transformed(p, kernels.ZETA))
    if negated:
        tasks.append(lambda: _transformed(p[::-1], kernels.ZETA))
    if xor or xnor:
        tasks.append(lambda: _transformed(p, kernels.WALSH))
    sums = iter(_side_by_side(crew, tasks))
    a = next(sums) if plain else None
    b = next(sums) if negated else None

    def conjunctions(weights):
        if not weights.any():
            return None
        total = np.zeros_like(p)
        for weight, factors in zip(weights, ((a, a), (a, b), (b, b)), strict=True):
            if weight:
                total += weight * factors[0] * factors[1]
        kernels.transform(total, kernels.MOEBIUS)
        return total

    tasks = [partial(conjunctions, w) for w in conj]
    if xor or xnor:
        w = next(sums)
        w *= w
        tasks.append(lambda: _transformed(w, kernels.WALSH))
    answers = _side_by_side(crew, tasks)
    found = np.zeros_like(p)
    if answers[0] is not None:
        found += answers[0]
    if answers[1] is not None:
        found += answers[1][::-1]
    if xor or xnor:
        differing = answers[2]
        differing /= len(p)
        found += xor * differing
        if xnor:
            found += xnor * differing[::-1]
    return found


def _side_by_side(crew, tasks):
    """The answers of tasks, run as many at a time as there are threads."""
    answers = []
    for first in range(0, len(tasks), crew.threads):
        answers += crew.run(tasks[first : first + crew.threads])
    return answers


def support(parts: Connectives) -> NDArray[np.bool_]:
    """Which behaviours some program has.

    The answer is exact: pairs are counted in integers modulo 2**64. There are fewer than 2**64
    pairs of 2**R behaviours, so a count is 0 only if no pair exists.

    Returns
    -------
    bool (2**R,)
    """
    no, flip, _, yes = parts.single > 0
    reached = parts.leaves > 0
    reached[-1] |= yes
    reached[0] |= no
    while not reached.all():
        more = reached | _paired(parts, reached)
        if flip:
            more |= reached[::-1]
        if np.array_equal(more, reached):
            break
        reached = more
    return reached


def _paired(parts, reached):
    """Which behaviours a connective makes from two reached ones."""
    found = np.zeros(len(reached), bool)
    ones = reached.astype(np.uint64)
    a, b = _transformed(ones, kernels.ZETA), _transformed(ones[::-1], kernels.ZETA)
    for k, product in enumerate(((a, a), (a, b), (b, b))):
        if parts.conj[:, k].any():
            count = product[0] * product[1]
            kernels.transform(count, kernels.MOEBIUS)
            if parts.conj[0, k]:
                found |= count > 0
            if parts.conj[1, k]:
                found |= (count > 0)[::-1]
    if parts.xor or parts.xnor:
        w = _transformed(ones, kernels.WALSH)
        w *= w
        kernels.transform(w, kernels.WALSH)
        if parts.xor:
            found |= w > 0
        if parts.xnor:
            found |= (w > 0)[::-1]
    return found


def _rounding(parts, p):
    """A first-order bound of the rounding error of each mass.

    Each of a transform's R steps loses at most half a unit in the last place of its numbers. The
    same transform of absolute values bounds these numbers. Later sweeps shrink the error.
    """
    rows = int(math.log2(len(p)))
    a = _transformed(p, kernels.ZETA)
    b = _transformed(p[::-1], kernels.ZETA)
    error = np.zeros_like(p)
    for side, weights in enumerate(parts.conj):
        total = weights[0] * a * a + weights[1] * a * b + weights[2] * b * b
        total = _transformed(total, kernels.ZETA)
        error += total[::-1] if side else total
    if parts.xor or parts.xnor:
        w = _transformed(p, kernels.WALSH)
        error += (parts.xor + parts.xnor) * float((w * w).mean())
    return (2 * rows + 4) * _EPSILON * (_closed(parts, error) + p) * _lasting(parts)


def _lasting(parts):
    """The factor by which later sweeps magnify one sweep's error, capped for critical grammars."""
    return 1 / (1 - min(parts.slope, 0.99))


# -- subtraction-free sweeps ------------------------------------------------------


def _polish(parts, p, reached, crew):
    """Positive sweeps until no mass changes: (masses, error, sweeps, residual)."""
    rows = int(math.log2(len(p)))
    # The transforms give only noise for the rarest functions. Any positive start would do, since
    # one sweep raises each mass to what its parts give.
    p = np.where(reached, p, 0.0)
    ratio, before, count, left = 0.5, math.inf, 0, math.inf
    rounding = 8 * (rows + 8) * _EPSILON * _lasting(parts)
    while left > ENOUGH_RELATIVE and count < MOST_POLISHING:
        after = _closed(parts, _positive(parts, p, crew))
        with np.errstate(divide="ignore", invalid="ignore"):
            change = float(np.where(reached, np.abs(after - p) / after, 0.0).max())
        residual, count, p = float(np.abs(after - p).sum()), count + 1, after
        if change < 4 * _EPSILON or (change > 0.97 * before and change < rounding):
            left = change
            break  # only rounding is left
        if math.isfinite(before) and before:
            ratio = min(max(change / before, 0.5), 0.9995)
        # The change of all later sweeps together, if each changes `ratio` times as much as the one
        # before.
        left, before = change * ratio / (1 - ratio), change
    return p, p * (2 * left + rounding), count, residual


def _positive(parts, p, crew):
    """The connectives of two arguments, from sums and products of positive numbers only."""
    negated = np.ascontiguousarray(p[::-1])
    pairs = ((p, p), (p, negated), (negated, negated))

    def conjunction(k):
        out = np.zeros_like(p)
        kernels.conjoin(*pairs[k], out, np.empty(2 * len(p)))
        return out

    used = [k for k in range(3) if parts.conj[:, k].any()]
    found = np.zeros_like(p)
    answers = _side_by_side(crew, [lambda k=k: conjunction(k) for k in used])
    for k, out in zip(used, answers, strict=True):
        found += parts.conj[0, k] * out
        found += parts.conj[1, k] * out[::-1]
    if parts.xor or parts.xnor:
        differing = _differing(p)
        found += parts.xor * differing
        found += parts.xnor * differing[::-1]
    return found


def _differing(p):
    """The sum of p[g] * p[f ^ g] over all g, for every f, by blocks as matrix products.

    It takes 4**R products: 0.3 s at R = 16, where a loop over pairs takes 1.5 s.
    """
    low = np.arange(min(64, len(p)))
    blocks = p.reshape(-1, len(low))
    high, out = np.arange(len(blocks)), np.zeros_like(blocks)
    turn = low[:, None] ^ low
    for d in high.tolist():
        out += blocks[high ^ d] @ blocks[d][turn]
    return out.ravel()
