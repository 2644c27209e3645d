"""Lists of scorecards for more than two labels, in the DSL `points`.

A list is `where(card, label, where(card, label, label))`: the first card that says yes gives its
label.  As in RIPPER (Cohen 1995), the labels are taken in an order.  The card of each is sought on
the rows that no card before it takes, by `PointSearch`; a label without a card that pays is left to
the end, where the most frequent label of what is left stands.  Both orders by frequency are tried,
and what is left of a list without one of its cards or without its last ones.  All these lists are
scored by the code of exceptions of all labels.
"""

import numpy as np

from synth import codes
from synth.engine.points import CardSearch, PointSearch, Problem
from synth.engine.reach import Found
from synth.engine.scoring import SAME
from synth.language import UNIT, Bool, Program
from synth.records import StopReason
from synth.tasks import Fitted, Task


class CardListSearch(CardSearch):
    """Lists of scorecards for one labelling.

    Parameters
    ----------
    fitted, top, watch
        As `PointSearch` takes them.
    """

    two = False

    def __init__(self, fitted, top, watch):
        super().__init__(fitted, top, watch)
        self.fitted, self.code, self.truth = fitted, self.score.code, self.labelling.values
        dsl, train = fitted.dsl, fitted.task.train
        self._where = next(p for p in dsl.primitives if p.result == fitted.root)
        self._names = {int(c.value): Program(c) for c in dsl.constants if c.type == fitted.root}
        self._columns = {i.name: fitted.task.columns[i.name][train] for i in self.inputs}

    def run(self, settings, progress=None):
        """Seek lists; settings: `ReachSettings`, with a number of moves, which all cards share."""
        self.settings = settings
        values, counts = np.unique(self.truth, return_counts=True)
        rare = values[np.argsort(counts, kind="stable")].tolist()
        each = settings.counted(max(1, settings.moves // (2 * max(1, len(rare) - 1))))
        for order in (rare, rare[::-1]):
            self._note_parts(self._list(order[:-1], each, progress))
        self.stop_reason = self.stop_reason or StopReason.MOVES

    def adopt(self, other):
        """Score what another search has found on some rows on all rows."""
        self.settings, self.moves, self.stop_reason = other.settings, other.moves, other.stop_reason
        for program in other.so_far.programs():
            self._note(Program.parse(program.text, self.grammar, self.root))

    def _list(self, order, settings, progress):
        """The cards of some labels in order: (card, label) pairs."""
        left, cards = np.ones(len(self.truth), bool), []
        for label in order:
            yes = self.truth[left] == label
            if self.stop_reason is not None or not 0 < yes.sum() < len(yes):
                continue
            card, total = self._card(left, yes, settings, progress)
            alone = self._alone(len(yes), int(yes.sum()))
            if card is not None and total < alone - SAME:
                cards.append((card, label))
                left &= ~self._values(card)
        return cards

    def _card(self, left, yes, settings, progress):
        """The best card for one label on the rows that are left, and its total; or (None, inf)."""
        columns = {name: column[left] for name, column in self._columns.items()}
        task = Task("rest", columns, dict(self.fitted.task.types), yes, Bool)
        search = PointSearch(Fitted(self.fitted.dsl, task, self.grammar, Bool), 1, self.watch)
        search.run(settings, progress)
        self.moves += search.moves
        if search.stop_reason != StopReason.MOVES:
            self.stop_reason = search.stop_reason
        total, card = search.so_far.best
        return card, total

    def _alone(self, rows, yes):
        """The total of the same label for all rows that are left."""
        return codes.program_total(0, rows, min(yes, rows - yes), 2, False)

    def _note_parts(self, cards):
        """Score a list, what it begins with, and what it is without one card."""
        for count in range(len(cards) + 1):
            self._note(self._program(cards[:count]))
        for k in range(len(cards) - 1):
            self._note(self._program(cards[:k] + cards[k + 1 :]))

    def _program(self, cards):
        """The list as a program, with the most frequent label of what is left at its end."""
        left = np.ones(len(self.truth), bool)
        for card, _ in cards:
            left &= ~self._values(card)
        counts = np.bincount(self.truth[left], minlength=len(self._names))
        made = self._names[int(counts.argmax())]
        for card, label in reversed(cards):
            made = Program(self._where, [card, self._names[int(label)], made])
        return made

    def _values(self, program):
        said = program.outputs(self._columns)[0]
        return said.astype(bool) if program.type == Bool else said

    def _note(self, program):
        """Keep a list."""
        units, wrong = program.units(self.grammar), int((self._values(program) != self.truth).sum())
        total = units / UNIT + float(self.code[wrong])
        most = self.watch.limits.max_bits
        if program.size > 1 and total < np.inf and (most is None or units <= most * UNIT):
            self._noted[program] = total
            if total == min(self._noted.values()):
                point = {"moves": self.moves, "total_bits": total}
                self._points.append(point | {"exceptions": wrong, "bits": units / UNIT})

    # -- what was found, as `outcome` asks reach for it ------------------------------

    @property
    def so_far(self):
        """The best lists."""
        found = Found(Problem(self), self.score.top)
        for program in sorted(self._noted, key=lambda each: (self._noted[each], each.text)):
            found.note(program)
        return found
