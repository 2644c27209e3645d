"""Full-batch training of many networks at once: AdamW and SGD, weight decay, L1."""

from dataclasses import dataclass

import numpy as np

from synth.errors import SettingError
from synth.learners.networks.perceptron import LOSSES, loss_and_gradient, said, unwarned

OPTIMISERS = ("adamw", "sgd")
#: Bytes of a block that is allocated and freed at once, see `Training.__init__`.
FREED = 30 * 2**20


@dataclass(frozen=True)
class Optimiser:
    """How parameters change at each step.  Biases are decayed as weights are.

    Parameters
    ----------
    method : str
        One of `OPTIMISERS`: AdamW, or SGD with momentum.
    rate : float
        The learning rate.
    decay : float
        Decoupled weight decay: each parameter shrinks by the share rate * decay at each step
        (Loshchilov and Hutter, "Decoupled weight decay regularization", 2019).
    l1 : float
        The same for the sum of absolute values: each parameter moves by rate * l1 towards 0, and
        never beyond.
    momentum : float
        Of SGD.
    betas : (float, float)
    epsilon : float
        Of AdamW (Kingma and Ba, "Adam", 2015).
    loss : str
        One of `perceptron.LOSSES`.

    Raises
    ------
    SettingError
        If a value is not allowed.
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
                "each step removes that share of every parameter"
            )
        for name, value in (("momentum", self.momentum), *(("betas", b) for b in self.betas)):
            if not 0 <= value < 1:
                raise SettingError(f"{name}={value}; allowed: 0 and more, below 1")


class Training:
    """Networks of one shape in training on the same points.

    Parameters
    ----------
    shape : Shape
    parameters : (B, P)
        They are changed in place.
    points : (rows, inputs)
    labels : int (rows,) or (B, rows)
    optimiser : Optimiser

    Attributes
    ----------
    loss : (B,)
    gradient : (B, P)
    layers : list
        These three are those before the last step; see `loss_and_gradient`.
    steps : int
        The number of steps made.
    """

    def __init__(self, shape, parameters, points, labels, optimiser):
        self.shape, self.parameters, self.optimiser = shape, parameters, optimiser
        self.points = np.asarray(points, parameters.dtype)
        self.labels = np.asarray(labels, np.int64)
        self.first, self.second = np.zeros((2, *parameters.shape), parameters.dtype)
        self.steps = 0
        # glibc returns freed memory to the system above a limit that is twice the largest block
        # freed so far, up to 32 MB (mallopt(3), M_MMAP_THRESHOLD).  Freeing one large block
        # raises it; otherwise each step has 160 page faults and takes 1.6 times as long.
        np.empty(FREED, np.uint8)
        self.loss = self.layers = self.gradient = None

    def step(self):
        """Makes one step of all networks on all rows."""
        self.look()
        self.move()

    def look(self):
        """Computes loss, layers and gradient of the present parameters."""
        self.loss, self.gradient, self.layers = loss_and_gradient(
            self.shape, self.parameters, self.points, self.labels, self.optimiser.loss
        )

    @unwarned
    def move(self):
        """Makes the step that the last look asks for."""
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
        """Goes on with some of the networks, bool (B,); the parameters are then a copy."""
        self.parameters, self.gradient = self.parameters[some], self.gradient[some]
        self.first, self.second = self.first[some], self.second[some]
        if self.labels.ndim == 2:
            self.labels = self.labels[some]

    def right(self):
        """The share of rows on which each network was right at the last look, (B,).

        It is 0 for a network that has diverged, whose outputs are not finite.
        """
        values = self.layers[-1][1]
        finite = np.isfinite(values).all(axis=(1, 2))
        return (said(values) == self.labels).mean(axis=1) * finite


def train_to_zero(shape, parameters, points, labels, optimiser, most):
    """Trains each network until it is right on every row.

    Parameters
    ----------
    shape : Shape
    parameters : (B, P)
        They are changed in place.
    points : (rows, inputs)
    labels : int (rows,) or (B, rows)
    optimiser : Optimiser
    most : int
        The most steps.

    Returns
    -------
    int64 (B,)
        The steps that each network took; -1 if `most` were not enough.
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
    """The parameters of a `Training`'s networks after some numbers of steps.

    Parameters
    ----------
    training : Training
    times : int (T,)
        Steps from the beginning, ascending.

    Returns
    -------
    (T, B, P)
    """
    found = []
    for time in times:
        while training.steps < time:
            training.step()
        found.append(training.parameters.copy())
    return np.array(found)
