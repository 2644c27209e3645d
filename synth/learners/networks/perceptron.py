"""Multi-layer perceptrons, many at a time: values, losses and gradients by matrix products.

A batch of B networks of one shape has its parameters in one array, one row for each network, so
that optimisers need not know about layers.  All numbers are float32 unless the parameters are
float64.
"""

import math
from dataclasses import dataclass

import numpy as np

from synth.errors import SettingError

#: What a hidden unit makes of its sum; quadratic is its square.
ACTIVATIONS = ("relu", "tanh", "quadratic", "linear")
#: The most numbers of a block of networks, parameters or values of units: 256 MB.
MOST_NUMBERS = 2**26
#: NumPy does not warn of networks that diverge: callers check whether values are finite.
unwarned = np.errstate(over="ignore", invalid="ignore")


@dataclass(frozen=True)
class Shape:
    """Inputs, widths of the hidden layers, outputs, and the activation of hidden units.

    Parameters
    ----------
    inputs : int
    hidden : tuple of int
    outputs : int
        A single output is the logit of the second of two labels; k > 1 outputs are those of k
        labels.
    activation : str or tuple of str, optional
        One of `ACTIVATIONS` for all hidden layers, or one for each.

    Raises
    ------
    SettingError
        If a value is not allowed.
    """

    inputs: int
    hidden: tuple[int, ...]
    outputs: int
    activation: str | tuple[str, ...] = "relu"

    def __post_init__(self):
        for name, sizes in (
            ("inputs", (self.inputs,)),
            ("hidden", self.hidden),
            ("outputs", (self.outputs,)),
        ):
            if any(size < 1 for size in sizes):
                raise SettingError(f"{name}={getattr(self, name)}; allowed: 1 and more")
        named = self.activation
        for activation in (named,) if isinstance(named, str) else named:
            if activation not in ACTIVATIONS:
                raise SettingError(f"activation={activation}; allowed: {', '.join(ACTIVATIONS)}")
        if len(self.activations) != len(self.hidden):
            raise SettingError(
                f"activation={named} for {len(self.hidden)} hidden layers; allowed: one name, "
                "or one for each layer"
            )

    @property
    def activations(self):
        """The activation of each hidden layer."""
        if isinstance(self.activation, str):
            return (self.activation,) * len(self.hidden)
        return self.activation

    @property
    def sizes(self):
        """The widths of all layers, inputs first."""
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
        """The number of parameters of a network."""
        return self.layers[-1][2]


def block_of(shape, rows, most):
    """How many networks to evaluate at a time on these rows: `most`, or fewer if they are large."""
    return max(1, min(most, MOST_NUMBERS // max(shape.parameters, rows * max(shape.sizes))))


def deviations(shape, scale, bias):
    """Standard deviations (P,) of random parameters: scale / sqrt(fan-in); of biases `bias`."""
    found = np.empty(shape.parameters)
    for start, middle, end, fan_in, _ in shape.layers:
        found[start:middle] = scale / math.sqrt(fan_in)
        found[middle:end] = bias
    return found


def drawn(shape, count, seed, *, first=0, scale=1.0, bias=0.0, dtype=np.float32):
    """Parameters of networks drawn at random from normal distributions, see `deviations`.

    Network k is drawn from the k-th child of SeedSequence(seed), whatever `count` is.

    Parameters
    ----------
    shape : Shape
    count : int
    seed : int
    first : int, optional
        The networks are `first`, `first` + 1, ...
    scale, bias : float, optional
    dtype : dtype, optional

    Returns
    -------
    (count, P)
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
    """How often random networks with one output compute each boolean function.

    A function's number has bit i for row i, set if the output is above 0.

    Parameters
    ----------
    shape : Shape
    points : (rows, inputs)
        At most 16 rows.
    count : int
        The number of networks.
    seed : int
    scale, bias : float, optional
        See `deviations`.
    block : int, optional
        The most networks at a time; it does not change what is drawn.

    Returns
    -------
    int64 (2**rows,)

    Raises
    ------
    SettingError
        If shapes do not fit, or an output is not finite: its sign would say nothing.
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
                "outputs overflow float32; allowed: fewer layers or a smaller scale"
            )
        numbers = (said(values) << np.arange(len(points))).sum(axis=1)
        found += np.bincount(numbers, minlength=len(found))
    return found


def views(shape, parameters):
    """[(weights (B, fan-in, fan-out), biases (B, 1, fan-out))] that share their memory."""
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
    """What each layer computes on points (rows, inputs): [(sums, values)], outputs last.

    Both have the shape (B, rows, units).  The values are the activations of the weighted sums;
    for outputs they are the sums.
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
    """The outputs of the networks, (B, rows, outputs)."""
    return forward(shape, parameters, points)[-1][1]


def said(values):
    """The label that outputs (B, rows, outputs) predict, int64 (B, rows); ties go to the first."""
    return (values[..., 0] > 0).astype(np.int64) if values.shape[-1] == 1 else values.argmax(-1)


@unwarned
def loss_and_gradient(shape, parameters, points, labels, loss="cross-entropy"):
    """The mean loss over the rows, its gradient, and the layers.

    Parameters
    ----------
    shape : Shape
    parameters : (B, P)
    points : (rows, inputs)
    labels : int (rows,) or (B, rows)
        The second if each network has its own.
    loss : str, optional
        "cross-entropy", in nats; or "squared", half the squared distance from the one-hot label,
        from -1 or 1 with one output.

    Returns
    -------
    ((B,), (B, P), list)
        The loss, the gradient, and the layers as `forward` returns them.
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
    """-ln of the label's probability (B, rows), and its derivative by the logits."""
    if logits.shape[-1] == 1:
        signs = np.where(labels, 1, -1).astype(logits.dtype)
        margins = signs * logits[..., 0]
        # ln(1 + exp(-m)) and its derivative, in a form that does not overflow for any m.
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
    """Half the squared distance from the label's outputs (B, rows), and its derivative."""
    if values.shape[-1] == 1:
        wanted = np.where(labels, 1, -1).astype(values.dtype)[..., None]
    else:
        wanted = (labels[..., None] == np.arange(values.shape[-1])).astype(values.dtype)
    apart = values - wanted
    return np.square(apart).sum(axis=-1) / 2, apart


_LOSSES = {"cross-entropy": _cross_entropy, "squared": _squared}
#: The losses that training can minimise.
LOSSES = tuple(_LOSSES)
