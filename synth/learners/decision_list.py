"""How the classifier predicts: a list of predictors, each for one class against all that are left.

Such a decision list (Rivest, "Learning decision lists", Machine Learning 2, 1987) is needed if
there are more than two classes and the DSL does not make their values.  Otherwise the list is
empty, and one predictor, a program or a table, serves all classes.
"""

from dataclasses import dataclass

import numpy as np

from synth.language import Bool, Constant, Int, Primitive, Program
from synth.records import Result


@dataclass(frozen=True)
class Predictor:
    """The probabilities of labels: those of a program, or of labels that were counted.

    Parameters
    ----------
    counts : int64 (k,)
        How often each label occurs among the training rows.
    seen : dict
        The same for the training rows with equal inputs, by the bytes of `_row_keys`.
    result : Result, optional
        The search whose program predicts; without it the counts do.
    values : (k,), optional
        What the program says for each label.
    """

    counts: np.ndarray
    seen: dict
    result: Result | None = None
    values: np.ndarray | None = None

    def probabilities(self, columns, rows):
        """The probability of each label on each row, float64 (rows, k)."""
        found = np.tile(_laplace(self.counts), (rows, 1))
        if self.result is not None:
            self._say(columns, found)
        elif self.seen:
            for row, key in enumerate(_row_keys(columns, slice(None))):
                if key in self.seen:
                    found[row] = _laplace(self.seen[key])
        return found

    def _say(self, columns, found):
        """Sets the rows on which the program says a label."""
        task, program = self.result.trained_on, self.result.program
        encoded = task.express(columns) if task.source is not None else columns
        said, defined = self.result.best.outputs(encoded)
        said = said.astype(self.result.best.type.number)
        if program.inverted:
            said = sum(task.alphabet) - said
        wrong = (program.exceptions + 1) / (self.counts.sum() + 2)
        hits = (said[:, None] == self.values) & defined[:, None]
        known = hits.any(axis=1)
        found[known] = np.where(hits[known], 1 - wrong, wrong / (len(self.counts) - 1))


def program_predictor(places, result, values):
    """The `Predictor` of a search's program.

    Parameters
    ----------
    places : int64 (n,)
        The label of each training row, by its place in `values`.
    result : Result
    values : (k,)
        What the program says for each label.
    """
    return Predictor(np.bincount(places, minlength=len(values)), {}, result, values)


def counted_predictor(places, k, columns, rows):
    """The `Predictor` that counts labels.

    Parameters
    ----------
    places : int64 (n,)
        The label of each row, 0..k-1.
    k : int
        The number of labels.
    columns : mapping of str to array
        The inputs.
    rows : bool array
        Which of their rows the n are.
    """
    seen = {}
    for key, place in zip(_row_keys(columns, rows), places.tolist(), strict=True):
        seen.setdefault(key, np.zeros(k))[place] += 1
    return Predictor(np.bincount(places, minlength=k), seen)


@dataclass(frozen=True)
class DecisionList:
    """Predictors that are asked in turn, and one for the classes that are left at the end.

    Parameters
    ----------
    asked : tuple of (int, Predictor)
        A class, by its place in `classes_`, and the predictor that tells it (its label 1) from
        all classes that are left.
    left : list of int
        The classes that are left.
    rest : Predictor
        It predicts which of these it is.
    """

    asked: tuple
    left: list
    rest: Predictor

    def probabilities(self, columns, rows):
        """The probability of each class on each row, float64 (rows, classes)."""
        remaining = np.ones(rows)
        found = np.zeros((rows, len(self.asked) + len(self.left)))
        for place, predictor in self.asked:
            yes = predictor.probabilities(columns, rows)[:, 1]
            found[:, place] = remaining * yes
            remaining = remaining * (1 - yes)
        found[:, self.left] = remaining[:, None] * self.rest.probabilities(columns, rows)
        return found

    def program(self, type_, values):
        """The list as one `Program` of nested conditions.

        Parameters
        ----------
        type_ : Type
            Of the labels; Bool if they are no whole numbers, which are then numbered.
        values : int64 (classes,)
            The value of each class.
        """
        if type_ == Bool:
            type_ = Int(0, len(values) - 1)
        constants = [Program(Constant(type_.format(v), type_, v)) for v in values.tolist()]
        where = Primitive("where", np.where, (Bool, type_, type_), type_)
        made = constants[self.left[int(np.argmax(self.rest.counts))]]
        for place, predictor in reversed(self.asked):
            made = Program(where, (upright(predictor.result), constants[place], made))
        return made


def search_list(places, classes, columns, search):
    """Searches for one class against all that are left, again and again, by bits saved.

    The class whose program saves most comes first; the list ends once none saves any.  Of the
    last two classes, the second one is the label that is true.

    Parameters
    ----------
    places : int64 (n,)
        The class of each training row, 0..classes-1.
    classes : int
    columns : mapping of str to array (n,)
        The inputs.
    search : callable
        Takes rows, bool (n,), and a list of labellings of these rows, bool; returns a `Result`
        for each.

    Returns
    -------
    (tuple of Result, tuple of int)
        The searches that count, in order, and the class that each is about.
    """
    results, order, left = [], [], list(range(classes))
    while len(left) > 1:
        rows = np.isin(places, left)
        if not any((c[rows] != c[rows][0]).any() for c in columns.values()):
            break
        candidates = left if len(left) > 2 else left[1:]
        found = search(rows, [places[rows] == c for c in candidates])
        saved = [r.table.bits - r.total_bits for r in found]
        best = int(np.argmax(saved))
        if saved[best] <= 0:
            break
        results.append(found[best])
        order.append(candidates[best])
        left.remove(candidates[best])
    return tuple(results), tuple(order)


def make_list(places, results, order, left, columns):
    """The `DecisionList` of searches, see `search_list`; left: the classes they leave."""
    asked, rows = [], np.ones(len(places), bool)
    for place, result in zip(order, results, strict=True):
        is_place = (places[rows] == place).astype(int)
        asked.append((place, program_predictor(is_place, result, np.arange(2))))
        rows = rows & (places != place)
    among = np.searchsorted(left, places[rows])
    return DecisionList(tuple(asked), left, counted_predictor(among, len(left), columns, rows))


def upright(result):
    """The program of a result, with a `~` before it if it is read as its opposite."""
    if not result.program.inverted:
        return result.best
    return Program(Primitive("not_", np.logical_not, (Bool,), Bool, symbol="~"), (result.best,))


def _laplace(counts):
    """Laplace's rule of succession: the probability of each of k labels, float64 (k,)."""
    return (counts + 1) / (counts.sum() + len(counts))


def _row_keys(columns, rows):
    """Bytes that are equal for rows with equal inputs, one for each row."""
    table = np.stack([c[rows].astype(float) for c in columns.values()], axis=1)
    return [row.tobytes() for row in table]
