"""The search of the DSL `points`: scorecards, one line of which is changed at a time.

A move takes a line from the card, or an empty place for one.  One pass over the rows gives the
total of the card with each test, each number of points and each threshold in this place (see
`kernels.points`), and one of them is drawn with probability proportional to 2**(-total / T), as in
reach; to leave the place empty is one of the choices.  The temperature falls within a chain.  Every
other chain begins from nothing, the others from the best card so far.  What is best at some move is
kept, whether or not it is drawn.  After each chain the points of the best cards are chosen anew,
all together: no single move turns 3, 2, 2 into 4, 3, 3.

Of many rows, some are drawn for the moves.  The best cards are then scored on all rows, and their
points are chosen anew there.

A result lists all this as what reach did after an enumeration of nothing.
"""

from itertools import combinations

import numpy as np

from synth import codes
from synth.engine.labelling import Labelling
from synth.engine.reach import Found
from synth.engine.reach.chain import COLD, HOT
from synth.kernels import points as kernels
from synth.kernels.division import Table
from synth.language import UNIT, Program
from synth.records import Descent, StopReason
from synth.tasks import RowCells, column_of_test

#: The moves of all chains together by default, and the most lines of a card.
MOVES, LINES = 800, 12
#: How many cards are kept while chains run, and how many of the best are listed.
KEPT, LISTED = 4096, 64
#: The best cards whose points are chosen anew, and the most lines: 5 take 20 ms.
ANEW, FEW = 6, 5


class CardSearch:
    """What searches of cards and of lists of them have in common.

    They stand for an `Enumerator` where a `Result` is made, and for reach.
    """

    #: Nothing is enumerated.
    bank, candidates, certified_bits = (), 0, 0.0

    def __init__(self, fitted, top, watch, among=None):
        self.grammar, self.root, self.watch = fitted.grammar, fitted.root, watch
        self.labelling = Labelling.of(fitted.task, fitted.root, top, among)
        self.score = self.labelling.score
        self.inputs = list(self.grammar.inputs)
        self.stop_reason, self.moves, self._noted, self._points = None, 0, {}, []

    @property
    def seconds(self):
        """How long the search has worked, in seconds."""
        return self.watch.seconds

    def level_records(self):
        """None: nothing is enumerated."""
        return ()

    def record(self):
        """What was done, as a result lists it."""
        given = {name: getattr(self.settings, name) for name in ("chains", "seed")}
        planned = self.settings.moves
        return Descent(self.moves, **given, planned=planned, seeds=[], points=self._points)


class PointSearch(CardSearch):
    """Scorecards for one labelling.

    Parameters
    ----------
    fitted : Fitted
        The task and the DSL.
    top : int
        How many hypotheses to list.
    watch : Watch
        The limits.
    among : int, optional
        How many languages are searched; None if this one was given.
    """

    two = True

    def __init__(self, fitted, top, watch, among=None):
        super().__init__(fitted, top, watch, among)
        task, self.family = fitted.task, fitted.dsl.family
        self.units = np.array([self.grammar.units(i) for i in self.inputs])
        tests = np.stack([task.columns[i.name] for i in self.inputs], axis=1).astype(bool)
        self._tests = np.ascontiguousarray(tests[task.train].T)
        read = RowCells.of(tests[task.train], [column_of_test(task, i.name) for i in self.inputs])
        labels = self.labelling.values.astype(np.int64)
        self.table, self.yes = Table(read.codes, labels, **read.cells.arrays), int(labels.sum())
        self.truth = self.table.labels
        # A card that is wrong on more rows than not has an opposite, with as many bits.
        count = np.arange(self.labelling.n + 1)
        self.code = np.where(2 * count > self.labelling.n, np.inf, self.score.code)
        self._tried = set()

    def run(self, settings, progress=None):
        """Make the moves of the chains; settings: `ReachSettings`, with a number of moves."""
        self.settings = settings
        for k, each in enumerate(np.random.SeedSequence(settings.seed).spawn(settings.chains)):
            length = (settings.moves + settings.chains - 1 - k) // settings.chains
            self._chain(k, length, np.random.default_rng(each), progress)
            self._choose_anew()
        self.stop_reason = self.stop_reason or StopReason.MOVES

    def adopt(self, other):
        """Score what another `PointSearch` has found on some rows; choose the best points anew."""
        self.settings, self.moves = other.settings, other.moves
        self.stop_reason = other.stop_reason
        places = {each.name: place for place, each in enumerate(self.inputs)}
        for (lines, threshold), _ in other._best():
            here = [(places[other.inputs[test].name], points) for test, points in lines]
            self._note(here, threshold)
        self._choose_anew()

    def _chain(self, k, length, generator, progress):
        lines, now = [], float(self.code[min(self.yes, self.labelling.n - self.yes)])
        hot = HOT
        if k % 2 and self._noted:
            (best, _), now = min(self._totals(), key=lambda each: each[1])
            lines, hot = list(best), HOT / 4
        for done in range(length):
            self.stop_reason = self.stop_reason or self.watch.reason(0)
            if self.stop_reason is not None:
                return
            heat = hot * (COLD / hot) ** (done / max(1, length - 1))
            place = int(generator.integers(LINES))
            self.moves += 1
            lines, now = self._moved(lines[:place] + lines[place + 1 :], now, heat, generator)
            if progress is not None:
                progress(self)

    def _moved(self, rest, now, heat, generator):
        """The lines after a move that fills a place beside the rest, and the total then."""
        code, points = self.code, np.array(codes.POINTS)
        sums, low = self._surplus(rest)
        base = self.units[[test for test, _ in rest]].sum() / UNIT + codes.lines_bits(1 + len(rest))
        weights = _weights(base + code - now, heat)  # near 1 for what is like the present card
        prices = self.units / UNIT
        prices[[test for test, _ in rest]] = np.inf
        ranges = np.log2(np.maximum(1, np.arange(sums.shape[1] + codes.MOST_POINTS)))
        both = (np.stack([bits, _weights(bits, heat)]) for bits in (prices, ranges))
        out, best = np.empty((len(self.inputs), len(points))), np.zeros(3, np.int64)
        least = kernels.weigh(sums, points, self.yes, *both, weights, code, out, best)
        if least < np.inf:  # else every test has a line
            test, d, s = best.tolist()
            self._note([*rest, (test, codes.POINTS[d])], low + s)
        totals = self._alone(rest, sums)
        alone = float(_weights(totals - now, heat).sum())
        running = np.cumsum(out)
        wanted = generator.random(2) * (running[-1] + alone, 1)
        if not wanted[0] < running[-1]:
            if rest:
                self._note(rest, low + 1 + int(totals.argmin()))
            return rest, float(totals.min())
        at = min(int(np.searchsorted(running, wanted[0], side="right")), out.size - 1)
        line = at // len(points), codes.POINTS[at % len(points)]
        s = kernels.threshold(sums, *line, self.yes, weights, wanted[1])
        return [*rest, line], self._note([*rest, line], low + s)

    def _surplus(self, lines):
        """What kernels have to know of the points of the rows, and the least points of these."""
        low = sum(min(0, points) for _, points in lines)
        size = 1 + sum(abs(points) for _, points in lines)
        sums = np.empty((len(self.inputs) + 1, size), np.int32)
        counted = np.empty((int(self.table.starts[-1]), size), np.int32)
        kernels.surplus(self.table, self._scores(lines), low, counted, sums)
        kernels.added_up(sums)
        return sums, low

    def _scores(self, lines):
        """The points of the training rows, int64 (n,)."""
        found = np.zeros(self.labelling.n, np.int64)
        for test, points in lines:
            found += points * self._tests[test]
        return found

    def _alone(self, lines, sums):
        """The total of some lines with each threshold; without lines, with the majority's label."""
        no = self.labelling.n - self.yes
        wrong = self.yes + sums[-1, 1:] if lines else np.array([min(self.yes, no)])
        bits = sum(self.units[test] for test, _ in lines) / UNIT + codes.lines_bits(len(lines))
        return bits + np.log2(len(wrong)) + self.code[wrong]

    def _note(self, lines, threshold):
        """Keep a card; its total."""
        lines = tuple(sorted(lines, key=lambda line: (-line[1], line[0])))
        said = self._scores(lines) >= threshold
        wrong = int((said != self.table.labels).sum())
        units = self._units(lines)
        total = units / UNIT + float(self.code[wrong])
        most = self.watch.limits.max_bits
        if total == np.inf or (most is not None and units > most * UNIT):
            return total
        self._noted[lines, threshold] = units, wrong
        if len(self._noted) > KEPT:
            self._noted = dict(self._best())
        if not self._points or total < self._points[-1]["total_bits"]:
            point = {"moves": self.moves, "total_bits": total}
            self._points.append(point | {"exceptions": wrong, "bits": units / UNIT})
        return total

    def _units(self, lines):
        """The price of a card."""
        tests, points = zip(*lines, strict=True)
        return self.family.units_of(points, UNIT) + int(self.units[list(tests)].sum())

    def _choose_anew(self):
        """Choose the points of the best cards anew, and of these without one line."""
        for (lines, _), _ in sorted(self._totals(), key=lambda each: each[1])[:ANEW]:
            tests = tuple(sorted(test for test, _ in lines))
            for some in (tests, *combinations(tests, len(tests) - 1)):
                if 0 < len(some) <= FEW and some not in self._tried:
                    self._tried.add(some)
                    self._reassign(some)

    def _reassign(self, tests):
        """Note the best card with these tests."""
        patterns = np.left_shift(1, np.arange(len(tests))) @ self._tests[list(tests)]
        surplus = np.bincount(patterns, 1.0 - 2 * self.table.labels, 2 ** len(tests))
        ranges = np.log2(np.maximum(1, np.arange(codes.MOST_POINTS * len(tests) + 1)))
        at, best = np.empty(len(tests), np.int64), np.empty(len(tests) + 1, np.int64)
        given = surplus.astype(np.int64), self.yes, np.array(codes.POINTS), ranges
        kernels.reassigned(*given, self.code, at, best)
        *points, threshold = best.tolist()
        self._note(list(zip(tests, points, strict=True)), threshold)

    def _totals(self):
        """The cards that are kept, with their totals."""
        code = self.code
        return [(card, u / UNIT + float(code[wrong])) for card, (u, wrong) in self._noted.items()]

    def _best(self):
        """The cards of the least totals, and those with the fewest exceptions for their bits."""
        fewest, kept = self.labelling.n + 1, set()
        for card, (_, wrong) in sorted(self._noted.items(), key=lambda each: (each[1], each[0])):
            if wrong < fewest:
                fewest = wrong
                kept.add(card)
        best = sorted(self._totals(), key=lambda each: (each[1], each[0]))
        kept |= {card for card, _ in best[:LISTED]}
        # Of equals, the first is shown: that with the fewest points below 0.
        order = sorted(kept, key=lambda card: (sum(points < 0 for _, points in card[0]), card))
        return [(card, self._noted[card]) for card in order]

    # -- what was found, as `outcome` asks reach for it ------------------------------

    @property
    def so_far(self):
        """The best cards."""
        found = Found(Problem(self), self.score.top)
        for (lines, threshold), _ in self._best():
            head = self.family.card([points for _, points in lines], threshold)
            found.note(Program(head, [Program(self.inputs[test]) for test, _ in lines]))
        return found


class Problem:
    """What prices cards and lists of them, as `Found` asks for it."""

    simplicity = True

    def __init__(self, search):
        self.search, self.n, self.two = search, search.labelling.n, search.two
        self.most_wrong = search.score.most
        task = search.labelling.task
        order = np.argsort(~task.train, kind="stable")  # training rows come first
        self._columns = {i.name: task.columns[i.name][order] for i in search.inputs}
        self._values = {}

    def values(self, program):
        if program not in self._values:
            self._values[program] = program.outputs(self._columns)[0]
        return self._values[program]

    def units(self, program):
        return program.units(self.search.grammar)

    def exceptions(self, program):
        return int((self.values(program)[: self.n] != self.search.truth).sum())

    def energy(self, program):
        code = self.search.code
        return self.units(program) / UNIT + float(code[self.exceptions(program)])

    def is_readable(self, program):
        return True


def _weights(bits, heat):
    """2**(-bits / heat), as far as numbers go."""
    return np.exp2(np.clip(-bits / heat, -1000, 400))
