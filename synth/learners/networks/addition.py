"""Networks on tasks of one-hot residues: what is trained, and its history over the steps."""

from dataclasses import dataclass

import numpy as np

from synth import tasks
from synth.errors import SettingError, TaskError
from synth.learners.networks.perceptron import Shape, drawn, forward, outputs, said
from synth.learners.networks.training import Optimiser, Training, history


def addition_task(p, train, number, *, permuted=False):
    """The task x + y modulo an odd p.

    Parameters
    ----------
    p : int
        An even p has a frequency without a phase.
    train : float
        The share of pairs for training.
    number : int
        The number of the split.
    permuted : bool, optional
        Whether to return the task's twin with permuted labels.

    Raises
    ------
    SettingError
        If p is even.
    """
    if p % 2 == 0:
        raise SettingError(f"p={p}; allowed: odd numbers")
    task = tasks.load_task(f"mod-add:p={p},train={train},seed={number}")
    return task.permuted(number) if permuted else task


def one_hot(task):
    """The inputs of a task of residues, float32 (rows, sum of moduli), column after column.

    Raises
    ------
    TaskError
        If an input or the label is no residue.
    """
    for name, type_ in (*task.types.items(), (task.label, task.label_type)):
        if type_.family != "Mod":
            raise TaskError(f"task {task.name}: {name} is of {type_}; allowed: residues")
    return np.concatenate(
        [
            column[:, None] == np.arange(task.types[name].size)
            for name, column in task.columns.items()
        ],
        axis=1,
        dtype=np.float32,
    )


@dataclass(frozen=True)
class Recipe:
    """What is trained, and how.

    Networks are trained full batch with AdamW, from weights drawn from N(0, scale² / fan-in).
    The optimiser's betas are (0.9, 0.98), as in Power et al., "Grokking", 2022.

    Parameters
    ----------
    activation : str
        One of `perceptron.ACTIVATIONS`.
    width : int
        Units of the hidden layer.
    embedding : int, optional
        The width of a linear layer below the hidden one; by default there is none.
    scale : float
    rate, decay, l1 : float
        See `Optimiser`.
    loss : str
        One of `perceptron.LOSSES`.
    """

    activation: str = "quadratic"
    width: int = 128
    embedding: int | None = None
    scale: float = 0.3
    rate: float = 0.01
    decay: float = 1.0
    l1: float = 0.0
    loss: str = "cross-entropy"

    def shape(self, inputs, outputs):
        """The `Shape` of the networks."""
        if self.embedding is None:
            return Shape(inputs, (self.width,), outputs, self.activation)
        hidden = self.embedding, self.width
        return Shape(inputs, hidden, outputs, ("linear", self.activation))

    def optimiser(self):
        """The `Optimiser` that trains them."""
        return Optimiser(
            rate=self.rate, decay=self.decay, l1=self.l1, betas=(0.9, 0.98), loss=self.loss
        )


#: Networks that end with all frequencies, and networks that end with a few (see the page of
#: network-grokking).
PLAIN = Recipe()
EMBEDDED = Recipe(width=256, embedding=32, decay=2.0)


class Trained:
    """The history of one network on a task of residues.

    Parameters
    ----------
    task : Task
    recipe : Recipe
    times : int (T,)
        The steps at which it is recorded, ascending.
    seed : int

    Attributes
    ----------
    shape : Shape
    points : float32 (rows, inputs)
    parameters : float32 (T, P)
    logits : float32 (T, rows, labels)
        The outputs at each time.

    Raises
    ------
    SettingError
        If logits are not finite.
    """

    def __init__(self, task, recipe, times, seed):
        self.task = task
        self.points = one_hot(self.task)
        self.shape = recipe.shape(self.points.shape[1], int(self.task.label_type.size))
        self.times = np.asarray(times)
        train = self.task.train
        training = Training(
            self.shape,
            drawn(self.shape, 1, seed, scale=recipe.scale),
            self.points[train],
            self.task.labels[train],
            recipe.optimiser(),
        )
        self.parameters = history(training, self.times)[:, 0]
        self.logits = np.concatenate([outputs(*state) for state in self._states()])
        if not np.isfinite(self.logits).all():
            step = self.times[~np.isfinite(self.logits).all(axis=(1, 2))][0]
            raise SettingError(
                f"a {recipe.activation} network diverges within {step} steps: scale="
                f"{recipe.scale:g}, rate={recipe.rate:g}, decay={recipe.decay:g}; allowed: "
                "settings with which it does not, such as a smaller scale or rate"
            )

    def _states(self):
        """The arguments of `forward` at each time; all times at once would fill the memory."""
        return ((self.shape, each[None], self.points) for each in self.parameters)

    def hidden(self):
        """Yields the values of the last hidden layer at each time, float32 (rows, width)."""
        return (forward(*state)[-2][1][0] for state in self._states())

    def accuracies(self):
        """The accuracy on training rows and on the other rows at each time, two float64 (T,)."""
        right = said(self.logits) == self.task.labels
        return right[:, self.task.train].mean(axis=1), right[:, ~self.task.train].mean(axis=1)


def loss_bits(logits, labels):
    """The mean cross-entropy of logits (rows, k), in bits a row, for labels int (rows,)."""
    # In float32 a loss of 1e-6 bits would be a rounding error.
    shifted = np.asarray(logits, np.float64)
    shifted = shifted - shifted.max(axis=1, keepdims=True)
    spoken = shifted[np.arange(len(labels)), labels]
    return float((np.log(np.exp(shifted).sum(axis=1)) - spoken).mean() / np.log(2))


def accuracy(logits, labels):
    """The share of rows on which logits (rows, k) predict the label, int (rows,)."""
    return float(np.mean(said(logits) == labels))


def times_of(steps, count=60):
    """At most `count` steps from 0 to `steps`, spread evenly in their logarithm, int64."""
    return np.unique([0, *np.geomspace(1, max(steps, 1), count - 1).round().astype(int), steps])
