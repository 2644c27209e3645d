"""Multi-layer perceptrons, many at a time: values, losses and gradients by matrix products.

A batch of B networks of one shape has its parameters in one array, a row a network, so that
optimisers know nothing of layers.  All numbers are float32 unless parameters are float64.
"""

import math
from dataclasses import dataclass

import numpy as np

from synth.errors import SettingError

#: What a hidden unit does to its sum; quadratic: its square.
ACTIVATIONS = ("relu", "tanh", "quadratic", "linear")
#: Numbers that networks of a block may have, parameters or values of units: 256 MB.
MOST_NUMBERS = 2**26
#: Networks that diverge show it by values that are not finite, which whoever asks for them looks
#: at, and by no warnings of NumPy's.
unwarned = np.errstate(over="ignore", invalid="ignore")


@dataclass(frozen=True)
class Shape:
    """Inputs, widths of the hidden layers, outputs, and the activation of hidden units.

    activation: of all hidden layers, or a tuple with one for each.  One output is a logit of the
    second of two labels; k > 1 outputs are those of k labels.
    Raises SettingError for what is outside.
    """

    inputs: int
    hidden: tuple[int, ...]
    outputs: int
    activation: str | tuple[str, ...] = "relu"

    def __post_init__(self):
        for name, sizes in (("inputs", (self.inputs,)), ("hidden", self.hidden),
                            ("outputs", (self.outputs,))):  # fmt: skip
            if any(size < 1 for size in sizes):
                raise SettingError(f"{name}={getattr(self, name)}; allowed: 1 and more")
        named = self.activation
        for activation in (named,) if isinstance(named, str) else named:
            if activation not in ACTIVATIONS:
                raise SettingError(f"activation={activation}; allowed: {', '.join(ACTIVATIONS)}")
        if len(self.activations) != len(self.hidden):
            raise SettingError(
                f"activation={named} for {len(self.hidden)} hidden layers; allowed: one name, "
                "or as many as layers"
            )

    @property
    def activations(self):
        """The activation of each hidden layer."""
        if isinstance(self.activation, str):
            return (self.activation,) * len(self.hidden)
        return self.activation

    @property
    def sizes(self):
        """Widths of all layers, inputs first."""
        return (self.inputs, *self.hidden, self.outputs)

    @property
    def layers(self):
        """(first weight, first bias, end, fan-in, fan-out) of each layer in a row of parameters."""
        found, start = [], 0
        for fan_in, fan_out in zip(self.sizes, self.sizes[1:], strict=False):
            middle = start + fan_in * fan_out
            found.append((start, middle, middle + fan_out, fan_in, fan_out))
            start = middle + fan_out
        return found

    @property
    def parameters(self):
        """How many a network has."""
        return self.layers[-1][2]


def block_of(shape, rows, most):
    """How many networks to look at a time on so many rows: `most`, fewer where they are large."""
    return max(1, min(most, MOST_NUMBERS // max(shape.parameters, rows * max(shape.sizes))))


def deviations(shape, scale, bias):
    """Standard deviations (P,) of random parameters: scale / sqrt(fan-in), of biases `bias`."""
    found = np.empty(shape.parameters)
    for start, middle, end, fan_in, _ in shape.layers:
        found[start:middle] = scale / math.sqrt(fan_in)
        found[middle:end] = bias
    return found


def drawn(shape, count, seed, *, first=0, scale=1.0, bias=0.0, dtype=np.float32):
    """Parameters of `count` networks drawn at random, (count, P), normal, of `deviations`.

    They are the networks `first`, `first` + 1, ...: network k is drawn from the k-th child of
    SeedSequence(seed), whatever `count` is.
    """
    if count < 1:
        raise SettingError(f"networks={count}; allowed: 1 and more")
    made = np.empty((count, shape.parameters), dtype)
    for k, row in enumerate(made, first):
        child = np.random.SeedSequence(seed, spawn_key=(k,))
        row[:] = np.random.Generator(np.random.SFC64(child)).standard_normal(len(row), np.float32)
    made *= deviations(shape, scale, bias).astype(dtype)
    return made


def function_counts(shape, points, count, seed, *, scale=1.0, bias=0.0, block=4000):
    """How often random networks with one output compute each boolean function, int64 (2**rows,).

    points (rows, inputs), at most 16 rows; a function's number has bit i for row i, where the
    output is above 0.  Of `count` networks, drawn block by block from one seed; the blocks do
    not change what is drawn.  Raises SettingError where an output is not finite: its sign would
    say nothing.
    """
    if len(points) > 16 or shape.outputs != 1:
        raise SettingError(
            f"{len(points)} rows and {shape.outputs} outputs; allowed: up to 16 rows, 1 output"
        )
    generator = np.random.Generator(np.random.SFC64(seed))
    spread = deviations(shape, scale, bias).astype(np.float32)
    found = np.zeros(2 ** len(points), np.int64)
    block = block_of(shape, len(points), block)
    for start in range(0, count, block):
        size = min(block, count - start), shape.parameters
        parameters = generator.standard_normal(size, np.float32)
        parameters *= spread
        values = outputs(shape, parameters, points)
        if not np.isfinite(values).all():
            raise SettingError(
                f"{len(shape.hidden)} hidden layers of {shape.activation} units, scale={scale:g}: "
                "outputs are beyond float32; allowed: fewer layers or a smaller scale"
            )
        numbers = (said(values) << np.arange(len(points))).sum(axis=1)
        found += np.bincount(numbers, minlength=len(found))
    return found


def views(shape, parameters):
    """[(weights (B, fan-in, fan-out), biases (B, 1, fan-out))] that share memory."""
    count = len(parameters)
    return [
        (
            parameters[:, start:middle].reshape(count, fan_in, fan_out),
            parameters[:, None, middle:end],
        )
        for start, middle, end, fan_in, fan_out in shape.layers
    ]


@unwarned
def forward(shape, parameters, points):
    """What each layer gives on points (rows, inputs): [(sums, values)], outputs last.

    Of shape (B, rows, units): the weighted sums, and what the activation makes of them; of
    outputs the same.
    """
    values, found = points.astype(parameters.dtype, copy=False), []
    layers = views(shape, parameters)
    for number, (weights, biases) in enumerate(layers):
        sums = np.matmul(values, weights)
        sums += biases
        values = sums if number == len(layers) - 1 else _ACTIVATED[shape.activations[number]](sums)
        found.append((sums, values))
    return found


def outputs(shape, parameters, points):
    """Outputs (B, rows, outputs)."""
    return forward(shape, parameters, points)[-1][1]


def said(values):
    """The label that outputs (B, rows, outputs) say, int64 (B, rows); ties to the first."""
    return (values[..., 0] > 0).astype(np.int64) if values.shape[-1] == 1 else values.argmax(-1)


@unwarned
def loss_and_gradient(shape, parameters, points, labels, loss="cross-entropy"):
    """The mean loss over the rows (B,), its gradient (B, P), and the layers as of `forward`.

    labels: int (rows,), or (B, rows) where each network has its own.  cross-entropy is in
    nats; squared: half the squared distance from the one-hot label, from -1 or 1 with one output.
    """
    layers = forward(shape, parameters, points)
    each, slope = _LOSSES[loss](layers[-1][1], labels)
    slope /= len(points)
    gradient = np.empty_like(parameters)
    own, given = views(shape, gradient), views(shape, parameters)
    points = points.astype(parameters.dtype, copy=False)
    for number in range(len(given) - 1, -1, -1):
        below = layers[number - 1][1] if number else points
        weights, biases = own[number]
        np.matmul(np.swapaxes(below, -1, -2), slope, out=weights)
        np.sum(slope, axis=1, keepdims=True, out=biases)
        if number:
            slope = np.matmul(slope, np.swapaxes(given[number][0], -1, -2))
            slope *= _SLOPES[shape.activations[number - 1]](*layers[number - 1])
    return each.mean(axis=1), gradient, layers


_ACTIVATED = {
    "relu": lambda sums: np.maximum(sums, 0),
    "tanh": np.tanh,
    "quadratic": np.square,
    "linear": lambda sums: sums,
}
#: The derivatives of activations, from the sums and the values.
_SLOPES = {
    "relu": lambda sums, values: sums > 0,
    "tanh": lambda sums, values: 1 - values * values,
    "quadratic": lambda sums, values: 2 * sums,
    "linear": lambda sums, values: 1,
}


def _cross_entropy(logits, labels):
    """-ln of the label's chance (B, rows), and the derivative by the logits."""
    if logits.shape[-1] == 1:
        signs = np.where(labels, 1, -1).astype(logits.dtype)
        margins = signs * logits[..., 0]
        # ln(1 + exp(-m)) and its derivative, for no m too large.
        small = np.exp(-np.abs(margins))
        each = np.log1p(small) - np.minimum(margins, 0)
        wrong = np.where(margins > 0, small, 1) / (1 + small)
        return each, (-signs * wrong)[..., None]
    shifted = logits - logits.max(axis=-1, keepdims=True)
    chances = np.exp(shifted)
    totals = chances.sum(axis=-1, keepdims=True)
    chances /= totals
    places = np.broadcast_to(labels, logits.shape[:-1])[..., None]
    each = np.log(totals[..., 0]) - np.take_along_axis(shifted, places, -1)[..., 0]
    right = np.take_along_axis(chances, places, -1) - 1
    np.put_along_axis(chances, places, right, -1)
    return each, chances


def _squared(values, labels):
    """Half the squared distance from the label's outputs (B, rows), and the derivative."""
    if values.shape[-1] == 1:
        wanted = np.where(labels, 1, -1).astype(values.dtype)[..., None]
    else:
        wanted = (labels[..., None] == np.arange(values.shape[-1])).astype(values.dtype)
    apart = values - wanted
    return np.square(apart).sum(axis=-1) / 2, apart


_LOSSES = {"cross-entropy": _cross_entropy, "squared": _squared}
#: What is trained for.
LOSSES = tuple(_LOSSES)
