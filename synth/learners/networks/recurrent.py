"""A plain recurrent network that reads strings letter by letter, in NumPy alone.

The state is h' = tanh(W h + E[letter] + b), and first 0; after the last letter, the network says
the probability 1 / (1 + exp(-(v h + c))) of `true`.  See Elman, "Finding structure in time", 1990.
"""

from dataclasses import dataclass

import numpy as np

from synth.learners.networks.training import Training


@dataclass(frozen=True)
class Shape:
    """How many letters the strings are made of, and how many numbers the state has."""

    letters: int
    width: int

    @property
    def parameters(self):
        """The number of parameters: of E, W, b, v and c."""
        return self.letters * self.width + self.width**2 + 2 * self.width + 1


def drawn(shape, seed, scale=1.0):
    """Initial parameters, float64 (parameters,): normal, with deviation scale / sqrt(width)."""
    generator = np.random.default_rng(seed)
    return generator.normal(0, scale / np.sqrt(shape.width), shape.parameters)


def views(shape, parameters):
    """E (letters, width), W (width, width), b (width,), v (width,) and c (1,) of parameters."""
    n, width = shape.letters, shape.width
    sizes = [(n, width), (width, width), (width,), (width,), (1,)]
    ends = np.cumsum([int(np.prod(size)) for size in sizes])
    parts = np.split(parameters, ends[:-1])
    return [part.reshape(size) for part, size in zip(parts, sizes, strict=True)]


def states(shape, parameters, places, lengths):
    """The states before the first letter and after each, a list of float64 (rows, width).

    places, lengths: strings, as `synth.language.places_of` returns them.
    """
    embedding, recurrent, bias, _, _ = views(shape, parameters)
    found = [np.zeros((len(lengths), shape.width))]
    for k, column in enumerate(places.T):
        after = np.tanh(found[-1] @ recurrent.T + embedding[column] + bias)
        found.append(np.where((lengths > k)[:, None], after, found[-1]))
    return found


def chances(shape, parameters, places, lengths):
    """The probability of `true` of each string, float64 (rows,)."""
    *_, out, shift = views(shape, parameters)
    return _logistic(states(shape, parameters, places, lengths)[-1] @ out + shift)


def loss_and_gradient(shape, parameters, strings, labels):
    """The mean cross-entropy in nats, and its gradient, float64 (parameters,).

    strings: (places, lengths); labels: bool (rows,).
    """
    places, lengths = strings
    found = states(shape, parameters, places, lengths)
    _, recurrent, _, out, shift = views(shape, parameters)
    values = found[-1] @ out + shift
    loss = float(np.mean(np.logaddexp(0, values) - labels * values))
    gradient = np.zeros_like(parameters)
    to_embedding, to_recurrent, to_bias, to_out, to_shift = views(shape, gradient)
    wrong = (_logistic(values) - labels) / len(labels)
    to_out += wrong @ found[-1]
    to_shift += wrong.sum()
    back = wrong[:, None] * out
    for k in reversed(range(places.shape[1])):
        on = (lengths > k)[:, None]
        inner = np.where(on, back * (1 - found[k + 1] ** 2), 0)
        np.add.at(to_embedding, places[:, k], inner)
        to_recurrent += inner.T @ found[k]
        to_bias += inner.sum(axis=0)
        back = np.where(on, inner @ recurrent, back)
    return loss, gradient


class RecurrentTraining(Training):
    """One recurrent network in training on all strings at once.

    Parameters
    ----------
    shape : Shape
    parameters : ndarray of float64, shape (parameters,)
        Changed in place.
    strings : (ndarray, ndarray)
        Places and lengths of the strings.
    labels : ndarray of bool, shape (rows,)
    optimiser : Optimiser
    """

    def __init__(self, shape, parameters, strings, labels, optimiser):
        super().__init__(shape, parameters, np.zeros(0), labels, optimiser)
        self.strings = strings

    def look(self):
        """Computes loss and gradient of the present parameters."""
        self.loss, self.gradient = loss_and_gradient(
            self.shape, self.parameters, self.strings, self.labels
        )


def _logistic(values):
    return 0.5 * (1 + np.tanh(values / 2))
