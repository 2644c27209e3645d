"""The least fixed point of P = leaves + Σ unary + Σ binary, over all 2**R behaviours.

A connective of two independent programs is a convolution over behaviours: of conjunctions it
becomes a product under sums over supersets (zeta, Moebius), of exclusive or under the
Walsh-Hadamard transform, and negation reverses the array.  One sweep takes R 2**R
steps for R rows.  Sweeps start from, and keep, the exact total mass; what is left to
converge are differences of sum 0, which shrink fast even where the grammar is critical.

Differences in the transforms cancel, so rare functions lose digits.  With
`relative=True`, sweeps that add and multiply positive numbers only follow, at 3**R
steps (4**R with exclusive or), and every function is known to 11 digits and more.
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

#: Sweeps change less than this, in sum, at the end; more than so many were never needed.
ENOUGH, MOST_SWEEPS = 1e-15, 2000
#: Positive sweeps end where later ones would change no function by more than this part.
ENOUGH_RELATIVE, MOST_POLISHING = 1e-13, 20_000
_EPSILON = float(np.finfo(float).eps)


@dataclass(frozen=True, eq=False)
class Solution:
    """A least fixed point; the parts as in `Prior`, error absolute."""

    masses: NDArray[np.float64]
    error: NDArray[np.float64]
    sweeps: int
    polishing: int
    residual: float


def solve(parts: Connectives, *, relative: bool, crew: Crew) -> Solution:
    """The least fixed point for `Connectives`: a `Solution`."""
    reached = support(parts)
    masses = parts.leaves * (parts.mass / parts.leaves.sum())
    sweeps, before, stalled, change, rate = 0, math.inf, 0, math.inf, 0.5
    noise = 64 * _EPSILON * math.sqrt(len(masses))  # some ten times what was seen
    while change > ENOUGH * parts.mass and stalled < 3 and sweeps < MOST_SWEEPS:
        after = _closed(parts, combined(parts, masses, crew))
        np.maximum(after, 0, out=after)
        after[~reached] = 0
        change = float(np.abs(after - masses).sum())
        # Where rounding is all that is left, changes stop falling; else they may be slow.
        stalled = stalled + 1 if noise * parts.mass > change > 0.9 * before else 0
        if change > 1e-11 * parts.mass and math.isfinite(before):
            rate = min(max(change / before, 0.5), 0.999)
        masses, before, sweeps = after, change, sweeps + 1
    if relative:
        masses, error, polishing, change = _polish(parts, masses, reached, crew)
    else:
        # What one sweep leaves, all later ones would have shrunk by `rate` each.
        error, polishing = _rounding(parts, masses) + 2 * change / (1 - rate), 0
    return Solution(masses, error, sweeps, polishing, change)


# -- one sweep --------------------------------------------------------------------


def _transformed(values, kind):
    done = values.copy()
    kernels.transform(done, kind)
    return done


def _closed(parts, pairs):
    """The masses whose connectives of two arguments give `pairs`, float64 (2**R,).

    What passes one argument on, or negates it, is solved for and not iterated, since a
    sweep would shrink a difference by no more than those probabilities:
    p = copy p + flip p' + rest.
    """
    no, flip, copy, yes = parts.single.tolist()
    rest = parts.leaves + pairs
    rest[0] += no * parts.mass
    rest[-1] += yes * parts.mass
    if copy or flip:
        rest = ((1 - copy) * rest + flip * rest[::-1]) / ((1 - copy - flip) * (1 - copy + flip))
    return rest


def combined(parts: Connectives, p: NDArray[np.float64], crew: Crew) -> NDArray[np.float64]:
    """Connectives of two arguments that are independent programs of masses p, (2**R,)."""
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
    """Answers of tasks, as many at once as there are threads."""
    answers = []
    for first in range(0, len(tasks), crew.threads):
        answers += crew.run(tasks[first : first + crew.threads])
    return answers


def support(parts: Connectives) -> NDArray[np.bool_]:
    """Which behaviours some program has, bool (2**R,): exact, in whole numbers mod 2**64.

    Of pairs of 2**R behaviours there are less than 2**64, so a count is 0 only where
    there is none.
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
    """Which behaviours some connective makes of two that are reached."""
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
    """How far each mass can be off: a first-order bound of what rounding does to a sweep.

    Each of a transform's R steps loses at most half a unit in the last place of numbers
    that the same transform of absolute values bounds; later sweeps shrink what is off.
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
    """By how much all sweeps together magnify what one adds; without a limit if critical."""
    return 1 / (1 - min(parts.slope, 0.99))


# -- subtraction-free sweeps ------------------------------------------------------


def _polish(parts, p, reached, crew):
    """Positive sweeps until no mass changes: (masses, error, sweeps, residual)."""
    rows = int(math.log2(len(p)))
    # What transforms say of the rarest is noise; the least is enough to start from, since
    # one sweep brings anything up to what its parts give.
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
            break  # rounding is all that is left
        if math.isfinite(before) and before:
            ratio = min(max(change / before, 0.5), 0.9995)
        # What all later sweeps would change, if each changes `ratio` of the one before.
        left, before = change * ratio / (1 - ratio), change
    return p, p * (2 * left + rounding), count, residual


def _positive(parts, p, crew):
    """The connectives of two arguments, every product and sum of positive numbers."""
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
    """The sum of p[g] * p[f ^ g] over all g, for every f: by blocks, as products of matrices.

    4**R products; at R = 16, 0.3 s where a loop over pairs takes 1.5 s.
    """
    low = np.arange(min(64, len(p)))
    blocks = p.reshape(-1, len(low))
    high, out = np.arange(len(blocks)), np.zeros_like(blocks)
    turn = low[:, None] ^ low
    for d in high.tolist():
        out += blocks[high ^ d] @ blocks[d][turn]
    return out.ravel()
