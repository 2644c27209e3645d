"""Full-batch training of many networks at once: AdamW and SGD, weight decay, L1."""

from dataclasses import dataclass

import numpy as np

from synth.errors import SettingError
from synth.learners.networks.perceptron import LOSSES, loss_and_gradient, said, unwarned

OPTIMISERS = ("adamw", "sgd")
#: Bytes of a block that is freed at once, see `Training`.
FREED = 30 * 2**20


@dataclass(frozen=True)
class Optimiser:
    """How parameters change.

    decay: decoupled weight decay, by which each parameter shrinks, rate * decay a step
    (Loshchilov and Hutter, "Decoupled weight decay regularization", 2019); l1: the same for the
    sum of absolute values, rate * l1 a step towards 0 and never beyond; momentum: of sgd;
    betas, epsilon: of adamw (Kingma and Ba, "Adam", 2015).  Biases are decayed as weights are.
    """

    method: str = "adamw"
    rate: float = 1e-3
    decay: float = 0.0
    l1: float = 0.0
    momentum: float = 0.0
    betas: tuple[float, float] = (0.9, 0.999)
    epsilon: float = 1e-8
    loss: str = "cross-entropy"

    def __post_init__(self):
        for name, value, allowed in (
            ("optimiser", self.method, OPTIMISERS),
            ("loss", self.loss, LOSSES),
        ):
            if value not in allowed:
                raise SettingError(f"{name}={value}; allowed: {', '.join(allowed)}")
        for name in ("rate", "decay", "l1"):
            if not 0 <= getattr(self, name) < np.inf:
                raise SettingError(f"{name}={getattr(self, name)}; allowed: 0 and more")
        if self.rate * self.decay > 1:
            raise SettingError(
                f"rate={self.rate:g}, decay={self.decay:g}; allowed: a product up to 1, since "
                "each step takes so much of every parameter"
            )
        for name, value in (("momentum", self.momentum), *(("betas", b) for b in self.betas)):
            if not 0 <= value < 1:
                raise SettingError(f"{name}={value}; allowed: 0 and more, below 1")


class Training:
    """Networks of one shape in training on the same points.

    parameters (B, P) are changed in place; points (rows, inputs); labels int (rows,) or
    (B, rows).  loss (B,), gradient (B, P) and layers (see `forward`) are those before the last
    step.
    """

    def __init__(self, shape, parameters, points, labels, optimiser):
        self.shape, self.parameters, self.optimiser = shape, parameters, optimiser
        self.points = np.asarray(points, parameters.dtype)
        self.labels = np.asarray(labels, np.int64)
        self.first, self.second = np.zeros((2, *parameters.shape), parameters.dtype)
        self.steps = 0
        # Where glibc allocates, it hands freed memory back to the system above a limit that is
        # twice the largest block freed so far, up to 32 MB (mallopt(3), M_MMAP_THRESHOLD): the
        # arrays of a step would be 160 page faults, and a step takes 1.6 times as long.
        np.empty(FREED, np.uint8)
        self.loss = self.layers = self.gradient = None

    def step(self):
        """One step of all networks on all rows."""
        self.look()
        self.move()

    def look(self):
        """Loss, layers and gradient of the parameters as they are."""
        self.loss, self.gradient, self.layers = loss_and_gradient(
            self.shape, self.parameters, self.points, self.labels, self.optimiser.loss
        )

    @unwarned
    def move(self):
        """The step that the last look asks for."""
        optimiser = self.optimiser
        self.steps += 1
        if optimiser.method == "adamw":
            change = self._adam(self.gradient)
        else:
            self.first *= optimiser.momentum
            self.first += self.gradient
            change = self.first * optimiser.rate
        if optimiser.decay:
            self.parameters *= 1 - optimiser.rate * optimiser.decay
        self.parameters -= change
        if optimiser.l1:
            size = np.abs(self.parameters) - optimiser.rate * optimiser.l1
            np.copysign(np.maximum(size, 0, out=size), self.parameters, out=self.parameters)

    def _adam(self, gradient):
        one, two = self.optimiser.betas
        self.first *= one
        self.first += (1 - one) * gradient
        np.square(gradient, out=gradient)
        gradient *= 1 - two
        self.second *= two
        self.second += gradient
        np.divide(self.second, 1 - two**self.steps, out=gradient)
        np.sqrt(gradient, out=gradient)
        gradient += self.optimiser.epsilon
        change = np.divide(self.first, gradient, out=gradient)
        change *= self.optimiser.rate / (1 - one**self.steps)
        return change

    def keep(self, some):
        """Goes on with some of the networks, bool (B,); the parameters are a copy then."""
        self.parameters, self.gradient = self.parameters[some], self.gradient[some]
        self.first, self.second = self.first[some], self.second[some]
        if self.labels.ndim == 2:
            self.labels = self.labels[some]

    def right(self):
        """The share of rows that each network had right when it was looked at, (B,).

        0 for one that has diverged: its outputs are not finite, and say nothing.
        """
        values = self.layers[-1][1]
        finite = np.isfinite(values).all(axis=(1, 2))
        return (said(values) == self.labels).mean(axis=1) * finite


def train_to_zero(shape, parameters, points, labels, optimiser, most):
    """Trains each network until it is right on every row; returns the steps that took, int64 (B,).

    parameters (B, P) are changed; -1 where `most` steps were not enough.
    """
    took, left = np.full(len(parameters), -1), np.arange(len(parameters))
    one = Training(shape, parameters.copy(), points, labels, optimiser)
    for step in range(most + 1):
        one.look()
        done = one.right() == 1
        if done.any():
            took[left[done]], parameters[left[done]] = step, one.parameters[done]
            left = left[~done]
            one.keep(~done)
        if not len(left):
            return took
        if step < most:
            one.move()
    parameters[left] = one.parameters
    return took


def history(training, times):
    """The parameters (len(times), B, P) of a `Training`'s networks after so many steps.

    times: steps from the beginning, ascending.
    """
    found = []
    for time in times:
        while training.steps < time:
            training.step()
        found.append(training.parameters.copy())
    return np.array(found)
