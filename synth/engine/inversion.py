"""Programs for real labels beyond the enumeration: labels are inverted, and two behaviours fitted.

If y = h(b f + c g), then the inverse of h at y is a sum of f and g, and a sum is found by dot
products.  If y = f^b g^c, then log |y| is one of log |f| and log |g|.  So a few inverses h are
tried, each with all sums of two cheap behaviours up to some bits together, and in some of them
inputs count as terms that cost no search.  Rows are weighted by the slope of h, because the noise
is that of y.  Coefficients that numbers of the language may stand for, by their standard errors,
make a program.  It is a program like any other: it is run, and scored by its own bits.  So nothing
here is certified, and a language without an operation has no programs with it.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np

from synth.engine.extension import Wanted, extensions, with_products
from synth.engine.factors import product_programs
from synth.engine.inner import fitted_inside
from synth.engine.pairing import STARTS, best_sums, orthogonal
from synth.engine.pool import ROUNDING, Pool
from synth.engine.shapes import SHAPES, Part, factors_of, finished
from synth.engine.watch import LateError, looking
from synth.language import UNIT, Program

#: With fewer rows than this, a fit says too little.
FEWEST = 8
#: One row in so many may have a label without an inverse, such as log 0, and then has no weight.
SPOILT = 8
#: What a number of many digits costs at least.  A sum gets one if it is then shorter than the best,
#: and shorter than all sums that got one before, but for so many bits.
DIGITS, NEARLY = 40.0, 10.0
#: How many sums of a labelling that have as many parts may get one more that is not enumerated.
EXTENDED = 8


def propose(
    engine: Any, targets: list[Any], most: int, is_late: Callable[[], bool] = lambda: False
) -> None:
    """Score programs of these shapes for each labelling, if they may be shorter than the best.

    If time runs out, the first labelling is the one that has seen fewer shapes, so that its rank
    among permuted twins is not too good.

    Parameters
    ----------
    engine : Enumerator
        The enumeration, which has ended.
    targets : list
        The labellings, with `labels` on the training rows, which come first, and `add`.
    most : int
        How many pairs to try for each shape.
    is_late : callable
        Says whether to stop.
    """
    n = targets[0].n
    if n < FEWEST or most < 1 or is_late() or all(_is_done(engine, t) for t in targets):
        return
    with suppress(LateError):
        _propose(engine, targets, most, is_late)


def _propose(engine, targets, most, is_late):
    """The same, until `LateError` is raised."""
    look = looking(is_late)
    pool = Pool(engine, targets[0].n, look)
    dearest = max(engine.grammar.units(head) for head in engine.grammar.inputs) / UNIT
    cheap = np.flatnonzero(pool.bits <= dearest)
    inputs = [int(p) for p in cheap if not pool.program(int(p)).arguments]
    tried: list[set[Any]] = [set() for _ in targets]
    wanted: list[dict[int, list[Any]]] = [{} for _ in targets]
    backwards = list(zip(targets, tried, wanted, strict=True))[::-1]
    for shape in SHAPES:
        if not shape.is_possible(pool.terms):
            continue
        for columns in shape.settings(pool, inputs):
            setting = _Setting(pool, shape, columns)
            for target, seen, more in backwards:
                look()
                if not _is_done(engine, target):
                    _try(engine, target, setting.programs(target, most, more), seen)
    every = [each for *_, more in backwards for each in _likeliest(more)]
    owners = {id(target): seen for target, seen, _ in backwards}
    found = extensions(pool, every, most), with_products(pool, every)
    for each, program in itertools.chain(*found):
        look()
        _try(engine, each.target, each.finish(program), owners[id(each.target)])


def _likeliest(wanted):
    """The likeliest sums of no part, of one and of two."""
    found = []
    for parts in (0, 1, 2):
        likely = sorted(wanted.get(parts, []), key=lambda entry: entry[:2])
        found += [each for *_, each in likely[:EXTENDED]]
    return found


def _is_done(engine, target):
    """Whether no program of more bits than the cheapest can win."""
    cheapest = (engine.grammar.cheapest[engine.root] >> engine.grammar.shift) / UNIT
    return cheapest + target.estimate(0.0) >= target.least


def _try(engine, target, programs, seen):
    """Score what was not seen before and may win."""
    for found, squares in programs:
        if found in seen:
            continue
        seen.add(found)
        bits = _bits(engine, found)
        if bits + target.estimate(squares) >= target.least:
            continue
        chosen = found if isinstance(found, tuple) else (found,)
        if all(_is_legal(engine, target, each) for each in chosen):
            target.add(engine, chosen, bits)


def _is_legal(engine, target, found):
    """Whether a row of the bank, or a program, has a value on every row, and more than one."""
    if not isinstance(found, Program):
        return True
    values, defined = found.outputs(engine.columns)
    return bool(defined.all() and np.ptp(values[: target.n]) > 0)


def _bits(engine, found):
    """The bits of a program, a row of the bank, or several of them."""
    if isinstance(found, tuple):
        return sum(_bits(engine, each) for each in found)
    if isinstance(found, Program):
        return found.bits(engine.grammar)
    return float(engine.row_bits(found, found + 1)[0])


class _Setting:
    """A shape with its columns and free terms, and what several labellings share."""

    def __init__(self, pool, shape, setting):
        self.pool, self.shape = pool, shape
        (self.places, self.values), self.free = setting
        grammar = pool.engine.grammar
        #: What an operation costs at least, in bits.
        self.join = min(grammar.units(head) for head in pool.terms.heads.values()) / UNIT
        self.bits = pool.bits[self.places]
        self._shared = None

    def columns(self, weights):
        """Axes of what is free, the columns without it, and which columns are left."""
        if self._shared is not None:
            return self._shared
        basis = np.stack([part.column for part in self.free]) * weights
        axes = np.linalg.qr(basis.T)[0]
        found = axes, *orthogonal(self.values * weights, axes)
        if not self.shape.needs:  # all labellings have the same weights
            self._shared = found
        return found

    @property
    def is_alone(self):
        """Whether sums are hypotheses by themselves."""
        return not self.shape.needs and len(self.free) == 1

    @property
    def is_asked(self):
        """Whether what is free is a sum that may get a part which was not enumerated."""
        return not self.shape.needs or self.shape.is_product or len(self.free) > 1

    @property
    def has_inside(self):
        """Whether a number inside is sought here."""
        if self.shape.is_product:
            return len(self.free) > 1 and all(part.power for part in self.free[1:])
        return len(self.free) == 1

    def programs(self, target, most, wanted) -> Iterator[Any]:
        """Programs, or pairs of rows of the bank for sums whose coefficients are fitted.

        Each comes with an estimate of the squares that it leaves; what cannot win is left out.

        wanted: takes, by the number of their parts, sums that may get one part more: (estimated
        bits, number, `Wanted`).
        """
        pool, shape = self.pool, self.shape
        with np.errstate(all="ignore"):
            inverse, weights = shape.inverted(target.labels)
        spoilt = ~(np.isfinite(inverse) & np.isfinite(weights))
        if spoilt.sum() > target.n / SPOILT:
            return
        inverse, weights = np.where(spoilt, 0, inverse), np.where(spoilt, 0, weights)
        axes, units, some = self.columns(weights)
        goals, _ = orthogonal((inverse * weights)[None], axes)
        if not len(units) or not len(goals):
            return
        (goal,) = goals
        fit = inverse, weights, goal
        chosen = best_sums(units, goal, self.bits[some], most, pool.look)
        self._want(target, fit, axes, (), (), wanted)
        for terms in (1, 2):
            for each in [each for each in chosen if len(each) == terms][:STARTS]:
                self._want(target, fit, axes, units[list(each)], self._parts(some, each), wanted)
        for each, left in zip(chosen, self._left(target, units, chosen, fit), strict=True):
            places = self.places[some[list(each)]]
            bits = float(pool.bits[places].sum())
            alone = self.is_alone and len(each) < 3
            if alone and bits + target.estimate(left) < target.least:
                yield tuple(int(pool.rows[p]) for p in places), left
            bits += self.join * (len(each) - 1 + bool(shape.needs and not shape.is_product))
            if bits + target.estimate(left) < target.least and not (alone and len(each) == 1):
                yield from self._combined(self._parts(some, each), target, fit)
        further: list[Any] = [] if shape.needs else [product_programs(pool, fit[1], axes, goal)]
        if self.has_inside and shape.inside:
            further.append(fitted_inside(pool, shape.inside, (axes, weights, goal)))
        for program in itertools.chain(*further):
            yield from self._with(program, target=target, fit=fit)

    def _parts(self, some, chosen):
        """The columns of a sum as parts; some: which columns are left."""
        return [
            Part(
                self.pool.program(int(self.places[k])),
                self.values[k],
                float(self.bits[k]),
                self.shape.is_product,
            )
            for k in some[list(chosen)]
        ]

    def _want(self, target, fit, axes, columns, parts, wanted):
        """Ask for one part more of a sum, if labels with what it leaves are likely enough."""
        *_, weights, goal = fit
        if len(parts):
            axes = np.linalg.qr(np.concatenate([axes, columns.T], axis=1))[0]
        left = goal - axes @ (axes.T @ goal)
        share, bits = float(left @ left) / float(goal @ goal), sum(part.bits for part in parts)
        score = len(goal) / 2 * np.log2(max(share, ROUNDING**2)) + bits
        is_asked = score < 0 if len(parts) else self.is_asked
        if share > ROUNDING and is_asked:
            finish = partial(self._with, target=target, fit=fit, others=parts)
            each = Wanted(target, self, finish, (weights, axes, left), bits)
            others = wanted.setdefault(len(parts), [])
            others.append((score, len(others), each))

    def _with(self, program, *, target, fit, others=()):
        """What is made of one more program, the free terms and some other parts."""
        values, defined = program.outputs(self.pool.engine.columns)
        column = values[: target.n].astype(float)
        if not (defined.all() and np.ptp(column) > ROUNDING * np.abs(column).max()):
            return
        if self.is_alone and not others:
            yield program, fitted(np.stack([np.ones(target.n), column]), target.labels)[2]
            return
        if self.is_alone and len(others) == 1:
            columns = np.stack([np.ones(target.n), others[0].column, column])
            yield (others[0].program, program), fitted(columns, target.labels)[2]
        with np.errstate(divide="ignore"):
            column = np.log(np.abs(column)) if self.shape.is_product else column
        if np.isfinite(column).all():
            bits = program.bits(self.pool.engine.grammar)
            made = Part(program, column, bits, self.shape.is_product)
            yield from self._combined([*others, made], target, fit)

    def _left(self, target, units, chosen, fit):
        """About the squares of labels that sums leave, before coefficients are numbers, (k,)."""
        inverse, weights, goal = fit
        whole = inverse * weights
        free = whole - goal * (goal @ whole)
        size = float(goal @ whole)
        found = np.empty(len(chosen))
        for terms in {len(each) for each in chosen}:
            some = [k for k, each in enumerate(chosen) if len(each) == terms]
            columns = units[[chosen[k] for k in some]]  # (c, terms, n)
            gram = np.einsum("ckn,cln->ckl", columns, columns)
            slopes = np.linalg.solve(gram, (columns @ goal)[..., None])
            parts = size * np.einsum("ckn,ck->cn", columns, slopes[..., 0])
            left = np.square(whole - free - parts).sum(axis=1)
            if self.shape.needs:
                with np.errstate(all="ignore"):
                    values = self.shape.direct((free + parts) / weights)
                direct = left_of(values, target.labels, True)
                left = np.where(np.isfinite(direct), np.minimum(left, direct), left)
            found[some] = left
        return found

    def _combined(self, parts, target, fit):
        """Whole programs of the free terms and some parts, with coefficients that are numbers."""
        pool, shape = self.pool, self.shape
        inverse, weights, _ = fit
        free, parts = len(self.free), [*self.free, *parts]
        columns = np.stack([part.column for part in parts])
        *found, left = fitted(columns * weights, inverse * weights)
        given = sum(part.bits for part in parts[free:]) + self.join * (len(parts) - free)
        total, before = given + DIGITS + target.estimate(left), pool.exact.get(id(target), np.inf)
        exact = total < min(target.least, before + NEARLY)
        if exact:
            pool.exact[id(target)] = min(total, before)
        choices = list(factors_of(shape, found, parts, pool, exact))
        if not choices:
            return
        with np.errstate(all="ignore"):
            values = shape.direct(np.array(choices) @ columns)
            lefts = left_of(values, target.labels, bool(shape.needs))
        for factors, left in zip(choices, lefts.tolist(), strict=True):
            given = [part.bits for f, part in zip(factors, parts, strict=True) if f]
            least = sum(given) + self.join * (sum(p > 0 for p in given) - 1)
            if np.isfinite(left) and least + target.estimate(left) < target.least:
                made = finished(pool.terms, shape, factors, parts)
                if made is not None:
                    yield made, left


def fitted(columns: Any, goal: Any) -> tuple[Any, Any, float]:
    """Coefficients by least squares and their standard errors, (k,), and the squares left."""
    size = np.abs(columns).max(axis=1, keepdims=True)
    parts = columns / np.where(size > 0, size, 1)
    inverse = np.linalg.pinv(parts.T)
    found = inverse @ goal
    left = goal - found @ parts
    found += inverse @ left
    left = goal - found @ parts
    deviation = np.sqrt(left @ left / max(len(goal) - len(found), 1))
    errors = deviation * np.sqrt(np.square(inverse).sum(axis=1))
    return found / size[:, 0], errors / size[:, 0], float(left @ left)


def left_of(values: Any, labels: Any, signed: bool) -> Any:
    """The squares that fits by a constant and a multiple leave, (c,); infinite if there is none.

    signed: whether values (c, n) get the signs of labels.
    """
    if signed and np.min(labels) < 0:
        values = np.where(labels < 0, -1, 1) * np.abs(values)
    with np.errstate(all="ignore"):
        centred = values - values.mean(axis=1, keepdims=True)
        about = labels - labels.mean()
        size = np.abs(centred).max(axis=1)
        legal = (size > 0) & (size < np.inf)
        centred = np.where(legal[:, None], centred, 1) / np.where(legal, size, 1)[:, None]
        slopes = (centred @ about) / np.square(centred).sum(axis=1)
        left = np.square(about - slopes[:, None] * centred).sum(axis=1)
    return np.where(legal, left, np.inf)
