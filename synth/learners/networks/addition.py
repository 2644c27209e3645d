"""Networks on tasks of residues, one-hot: what is trained, and its history step by step."""

from dataclasses import dataclass

import numpy as np

from synth import tasks
from synth.errors import SettingError, TaskError
from synth.learners.networks.perceptron import Shape, drawn, forward, outputs, said
from synth.learners.networks.training import Optimiser, Training, history


def addition_task(p, train, number, *, permuted=False):
    """x + y modulo an odd p, a share `train` of the pairs for training, the split `number`.

    permuted: its twin with permuted labels.  Raises SettingError for an even p, which has a
    frequency without a phase.
    """
    if p % 2 == 0:
        raise SettingError(f"p={p}; allowed: odd numbers")
    task = tasks.load_task(f"mod-add:p={p},train={train},seed={number}")
    return task.permuted(number) if permuted else task


def one_hot(task):
    """The inputs of a task of residues, float32 (rows, sum of moduli), column after column.

    Raises TaskError where an input or the label is something else.
    """
    for name, type_ in (*task.types.items(), (task.label, task.label_type)):
        if type_.family != "Mod":
            raise TaskError(f"task {task.name}: {name} is of {type_}; allowed: residues")
    return np.concatenate(
        [column[:, None] == np.arange(task.types[name].size)
         for name, column in task.columns.items()], axis=1, dtype=np.float32,
    )  # fmt: skip


@dataclass(frozen=True)
class Recipe:
    """What is trained, and how: full batch, AdamW, weights drawn N(0, scale^2 / fan-in).

    embedding: the width of a linear layer below the hidden one; None: none.  The optimiser's
    betas are (0.9, 0.98), as of Power et al., "Grokking", 2022.
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
        """The `Optimiser` of training."""
        return Optimiser(
            rate=self.rate, decay=self.decay, l1=self.l1, betas=(0.9, 0.98), loss=self.loss
        )


#: What comes to all frequencies, and what comes to a few (see the page of network-grokking).
PLAIN = Recipe()
EMBEDDED = Recipe(width=256, embedding=32, decay=2.0)


class Trained:
    """The history of one network on a task of residues.

    times: int64 (T,), the steps at which it was looked at; shape: its `Shape`; points float32
    (rows, inputs); parameters: float32 (T, P); logits: the outputs at each time, float32
    (T, rows, labels).  Raises SettingError where they are not finite.
    """

    def __init__(self, task, recipe, times, seed):
        self.task = task
        self.points = one_hot(self.task)
        self.shape = recipe.shape(self.points.shape[1], int(self.task.label_type.size))
        self.times = np.asarray(times)
        train = self.task.train
        training = Training(
            self.shape, drawn(self.shape, 1, seed, scale=recipe.scale), self.points[train],
            self.task.labels[train], recipe.optimiser(),
        )  # fmt: skip
        self.parameters = history(training, self.times)[:, 0]
        self.logits = np.concatenate([outputs(*state) for state in self._states()])
        if not np.isfinite(self.logits).all():
            step = self.times[~np.isfinite(self.logits).all(axis=(1, 2))][0]
            raise SettingError(
                f"a {recipe.activation} network diverges within {step} steps: scale="
                f"{recipe.scale:g}, rate={recipe.rate:g}, decay={recipe.decay:g}; allowed: "
                "those with which it does not, such as a smaller scale or rate"
            )

    def _states(self):
        """What `forward` takes, time by time: all times at once would fill the memory."""
        return ((self.shape, each[None], self.points) for each in self.parameters)

    def hidden(self):
        """The values of the last hidden layer at each time, float32 (rows, width) one by one."""
        return (forward(*state)[-2][1][0] for state in self._states())

    def accuracies(self):
        """Accuracy on the training rows and on the others, at each time, float64 (T,) each."""
        right = said(self.logits) == self.task.labels
        return right[:, self.task.train].mean(axis=1), right[:, ~self.task.train].mean(axis=1)


def loss_bits(logits, labels):
    """Cross-entropy in bits a row of logits (rows, k), of labels int (rows,)."""
    # In float32 a loss of 1e-6 bits would be a rounding error.
    shifted = np.asarray(logits, np.float64)
    shifted = shifted - shifted.max(axis=1, keepdims=True)
    spoken = shifted[np.arange(len(labels)), labels]
    return float((np.log(np.exp(shifted).sum(axis=1)) - spoken).mean() / np.log(2))


def accuracy(logits, labels):
    """The share of rows of logits (rows, k) that say their labels, int (rows,)."""
    return float(np.mean(said(logits) == labels))


def times_of(steps, count=60):
    """At most `count` steps from 0 to `steps`, spread evenly in their logarithm, int64."""
    return np.unique([0, *np.geomspace(1, max(steps, 1), count - 1).round().astype(int), steps])
