"""How the classifier predicts: by a program, or by a table that counts labels."""

from dataclasses import dataclass

import numpy as np

from synth.language import Bool, Primitive, Program
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
            for row, key in enumerate(_row_keys(columns)):
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
        hits = (said[:, None] == self.values) & defined[:, None]
        known = hits.any(axis=1)
        found[known] = by_program(self.counts, program.exceptions, hits[known])


def by_program(counts, exceptions, hits):
    """The probabilities of labels on rows where a program says one, float64 (rows, k).

    Parameters
    ----------
    counts : int64 (k,)
        How often each label occurs among the training rows.
    exceptions : int
        On how many of them the program is wrong.
    hits : bool (rows, k)
        The label that the program says.
    """
    wrong = (exceptions + 1) / (counts.sum() + 2)
    return np.where(hits, 1 - wrong, wrong / (len(counts) - 1))


def label_probabilities(result, table):
    """The probabilities of labels on the rows of a table, float64 (rows, k).

    Parameters
    ----------
    result : Result
        A result that holds its task; its labels are in the order of `Task.alphabet`.
    table : mapping of str to array (rows,)
        Columns as in the table that the task was read from.
    """
    task = result.trained_on
    counts, alphabet = task.counts(), np.array(task.alphabet)
    if result.chosen == "constant":
        rows = len(next(iter(table.values())))
        return np.tile(_laplace(counts), (rows, 1))
    if result.chosen != "program":
        columns = task.original.encode(table)
        return predictor_of(result).probabilities(columns, len(next(iter(columns.values()))))
    said, defined = result.rule.labels_of(table)
    hits = (said[:, None] == alphabet) & defined[:, None]
    known = hits.any(axis=1)
    found = np.tile(_laplace(counts), (len(said), 1))
    found[known] = by_program(counts, result.program.exceptions, hits[known])
    return found


def predictor_of(result):
    """The `Predictor` of what a search has chosen.

    It takes the columns that the task had before a DSL re-expressed them, and its labels are in
    the order of `Task.alphabet`.

    Parameters
    ----------
    result : Result
        A result that holds its task.
    """
    task = result.trained_on.original
    places, k = task.places(), len(task.alphabet)
    if result.chosen == "program":
        return program_predictor(places, result, np.array(task.alphabet))
    if result.chosen == "constant":
        return Predictor(task.counts(), {})
    columns = {name: column[task.train] for name, column in task.columns.items()}
    return counted_predictor(places, k, columns)


def held_out_loss(task, chances):
    """What probabilities of the held-out rows lose on their labels, bits a row.

    Parameters
    ----------
    task : Task
    chances : float64 (held-out rows, k)
        The probability of each value of the alphabet, none of them 0.

    Returns
    -------
    float or None
        The mean of -log2 of the right label's probability over the rows whose label is in the
        alphabet; None if there are none.
    """
    known = ~task.unseen[~task.train]
    if not known.any():
        return None
    places = task.places(~task.train & ~task.unseen)
    return float(-np.log2(chances[known, places]).mean())


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


def counted_predictor(places, k, columns):
    """The `Predictor` that counts labels.

    Parameters
    ----------
    places : int64 (n,)
        The label of each row, 0..k-1.
    k : int
        The number of labels.
    columns : mapping of str to array (n,)
        The inputs.
    """
    seen = {}
    for key, place in zip(_row_keys(columns), places.tolist(), strict=True):
        seen.setdefault(key, np.zeros(k))[place] += 1
    return Predictor(np.bincount(places, minlength=k), seen)


def upright(result):
    """The program of a result, with a `~` before it if it is read as its opposite."""
    if not result.program.inverted:
        return result.best
    return Program(Primitive("not_", np.logical_not, (Bool,), Bool, symbol="~"), (result.best,))


def _laplace(counts):
    """Laplace's rule of succession: the probability of each of k labels, float64 (k,)."""
    return (counts + 1) / (counts.sum() + len(counts))


def _row_keys(columns):
    """Bytes that are equal for rows with equal inputs, one for each row."""
    table = np.stack([c.astype(float) for c in columns.values()], axis=1)
    return [row.tobytes() for row in table]
