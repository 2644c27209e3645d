"""Networks: gradients against finite differences, optimisers against loops, seeds by network."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import SettingError
from synth.learners.networks import perceptron
from synth.learners.networks.perceptron import Shape, drawn, loss_and_gradient, outputs, said
from synth.learners.networks.training import Optimiser, Training, train_to_zero

LAYERS = st.lists(st.tuples(st.integers(1, 4), st.sampled_from(perceptron.ACTIVATIONS)), max_size=2)
SHAPES = st.one_of(
    st.builds(
        lambda inputs, layers, outputs: Shape(
            inputs, tuple(n for n, _ in layers), outputs, tuple(a for _, a in layers)
        ),
        st.integers(1, 3), LAYERS, st.integers(1, 4),
    ),
    st.builds(Shape, st.just(2), st.just((3, 2)), st.just(1),
              st.sampled_from(perceptron.ACTIVATIONS)),
)  # fmt: skip
BITS = (np.arange(8)[:, None] >> np.arange(3)) & 1


def slow_outputs(shape, row, point):
    """One network on one point by plain loops, from a row of parameters."""
    activate = {"relu": lambda s: max(s, 0.0), "tanh": math.tanh, "quadratic": lambda s: s * s,
                "linear": lambda s: s}  # fmt: skip
    values, place = [float(v) for v in point], 0
    for number, width in enumerate((*shape.hidden, shape.outputs)):
        sums = []
        for unit in range(width):
            sums.append(sum(v * row[place + i * width + unit] for i, v in enumerate(values)))
        place += len(values) * width
        sums = [s + row[place + unit] for unit, s in enumerate(sums)]
        place += width
        if number < len(shape.hidden):
            one = isinstance(shape.activation, str)
            name = shape.activation if one else shape.activation[number]
            sums = [activate[name](s) for s in sums]
        values = sums
    assert place == len(row)
    return values


def slow_loss(values, label, loss):
    if loss == "squared":
        wanted = [1.0 if k == label else 0.0 for k in range(len(values))]
        wanted = [1.0 if label else -1.0] if len(values) == 1 else wanted
        return sum((v - w) ** 2 for v, w in zip(values, wanted, strict=True)) / 2
    values = [0.0, *values] if len(values) == 1 else values
    most = max(values)
    return math.log(sum(math.exp(v - most) for v in values)) + most - values[label]


@settings(max_examples=40, deadline=None)
@given(SHAPES, st.sampled_from(perceptron.LOSSES), st.integers(0, 2**32), st.booleans())
def test_values_and_gradients(shape, loss, seed, own):
    """Against plain loops, and gradients against central differences of them."""
    generator = np.random.default_rng(seed)
    parameters = drawn(shape, 2, seed, scale=0.8, bias=0.4, dtype=np.float64)
    points = generator.normal(size=(3, shape.inputs))
    labels = generator.integers(0, max(2, shape.outputs), (2, 3) if own else 3)
    each = np.broadcast_to(labels, (2, 3))
    found, gradient, layers = loss_and_gradient(shape, parameters, points, labels, loss)

    def mean_loss(b, row):
        losses = [slow_loss(slow_outputs(shape, row, p), int(k), loss)
                  for p, k in zip(points, each[b], strict=True)]  # fmt: skip
        return sum(losses) / 3

    for b, row in enumerate(parameters):
        np.testing.assert_allclose(
            layers[-1][1][b], [slow_outputs(shape, row, p) for p in points], atol=1e-9
        )
        assert found[b] == pytest.approx(mean_loss(b, row), abs=1e-9)
        for k in range(len(row)):
            ends = []
            for sign in (1, -1):
                moved = row.copy()
                moved[k] += sign * 1e-6
                ends.append(mean_loss(b, moved))
            slope = (ends[0] - ends[1]) / 2e-6
            # A kink of relu within the step would show in neither, and is as good as never hit.
            assert gradient[b, k] == pytest.approx(slope, abs=1e-5, rel=1e-5)


@settings(max_examples=40, deadline=None)
@given(
    st.builds(
        Optimiser, method=st.sampled_from(["adamw", "sgd"]), rate=st.floats(1e-4, 0.1),
        decay=st.sampled_from([0.0, 1.0]), l1=st.sampled_from([0.0, 0.3]),
        momentum=st.sampled_from([0.0, 0.9]),
    ),
    st.integers(0, 2**32),
)  # fmt: skip
def test_steps_are_those_of_the_papers(optimiser, seed):
    """Every parameter by the formulas of the papers, number by number."""
    shape = Shape(3, (4,), 1, "tanh")
    parameters = drawn(shape, 2, seed, bias=0.3, dtype=np.float64)
    labels = np.random.default_rng(seed).integers(0, 2, 8)
    expected = parameters.copy()
    one = Training(shape, parameters, BITS, labels, optimiser)
    first, second = np.zeros((2, *parameters.shape))
    for t in range(1, 6):
        _, gradient, _ = loss_and_gradient(shape, expected, BITS, labels)
        for index in np.ndindex(*expected.shape):
            g, w = gradient[index], expected[index]
            if optimiser.method == "adamw":
                first[index] = 0.9 * first[index] + 0.1 * g
                second[index] = 0.999 * second[index] + 0.001 * g * g
                m, v = first[index] / (1 - 0.9**t), second[index] / (1 - 0.999**t)
                change = optimiser.rate * m / (math.sqrt(v) + 1e-8)
            else:
                first[index] = optimiser.momentum * first[index] + g
                change = optimiser.rate * first[index]
            w = w - optimiser.rate * optimiser.decay * w - change
            expected[index] = math.copysign(max(abs(w) - optimiser.rate * optimiser.l1, 0), w)
        one.step()
        np.testing.assert_allclose(one.parameters, expected, rtol=1e-9, atol=1e-12)


def test_a_network_is_drawn_from_its_own_seed():
    shape = Shape(3, (5,), 1)
    many = drawn(shape, 7, 3, scale=1.4, bias=0.3)
    np.testing.assert_array_equal(drawn(shape, 4, 3, scale=1.4, bias=0.3), many[:4])
    np.testing.assert_array_equal(drawn(shape, 2, 3, first=5, scale=1.4, bias=0.3), many[5:])
    assert not np.array_equal(many[0], many[1])
    large = drawn(Shape(100, (50,), 1), 40, 0, scale=1.4, bias=0.3)
    assert large.dtype == np.float32
    assert large[:, :5000].std() == pytest.approx(0.14, rel=0.01)
    assert large[:, 5000:5050].std() == pytest.approx(0.3, rel=0.05)
    assert large[:, 5050:5100].std() == pytest.approx(1.4 / math.sqrt(50), rel=0.05)


def test_networks_trained_to_zero_are_right_and_are_as_alone():
    """Functions of 3 booleans are fitted, and a batch does to a network what it would alone."""
    shape = Shape(3, (32,), 1)
    labels = (np.arange(256)[:, None] >> np.arange(8)) & 1
    start = drawn(shape, 256, 0)
    optimiser = Optimiser(rate=0.02)
    parameters = start.copy()
    took = train_to_zero(shape, parameters, BITS, labels, optimiser, 3000)
    assert (took >= 0).sum() >= 255
    fits = (said(outputs(shape, parameters, BITS)) == labels).all(axis=1)
    np.testing.assert_array_equal(fits, took >= 0)
    for k in (3, 105):
        alone = start[k : k + 1].copy()
        assert train_to_zero(shape, alone, BITS, labels[k], optimiser, 3000) == pytest.approx(
            took[k], abs=2
        )
    some = start[:20].copy()
    assert (train_to_zero(shape, some, BITS, labels[:20], optimiser, 0) >= 0).sum() < 20
    np.testing.assert_array_equal(some, start[:20])


def test_networks_that_diverge_are_not_right():
    """Whose outputs are no numbers say nothing, not even where every label is the first."""
    shape, optimiser = Shape(3, (8,), 1, "quadratic"), Optimiser("sgd", rate=1e30)
    parameters = drawn(shape, 20, 0)
    took = train_to_zero(
        shape, parameters, BITS, np.tile([0, 0, 0, 0, 0, 0, 0, 1], 1), optimiser, 30
    )
    assert (took == -1).all()
    one = Training(shape, parameters, BITS, np.zeros(8), optimiser)
    one.look()
    assert not np.isfinite(one.layers[-1][1]).all()
    assert (one.right() == 0).all()


def test_sums_of_many_logits_do_not_overflow():
    shape = Shape(1, (), 1)
    parameters = np.array([[500.0, 0.0]], np.float32)
    loss, gradient, _ = loss_and_gradient(shape, parameters, np.array([[1.0], [-1.0]]), [0, 1])
    assert loss == pytest.approx([500])
    assert np.isfinite(gradient).all()
    shape = Shape(1, (), 3)
    parameters = np.array([[900.0, 0, -900, 0, 0, 0]], np.float32)
    loss, gradient, _ = loss_and_gradient(shape, parameters, np.array([[1.0]]), np.array([2]))
    assert loss == pytest.approx([1800])
    np.testing.assert_allclose(gradient[0, :3], [1, 0, -1])


def test_l1_makes_zeros_and_decay_does_not():
    shape, labels = Shape(3, (16,), 1), BITS[:, 0]
    parameters = [drawn(shape, 8, 1, bias=0.1) for _ in range(2)]
    optimisers = Optimiser(rate=0.01, l1=0.1), Optimiser(rate=0.01, decay=0.1)
    for one, optimiser in zip(parameters, optimisers, strict=True):
        training = Training(shape, one, BITS, labels, optimiser)
        for _ in range(1500):
            training.step()
    assert (parameters[0] == 0).mean() > 0.5
    assert (parameters[1] == 0).mean() == 0


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Shape(0, (3,), 1), "inputs=0; allowed: 1 and more"),
        (lambda: Shape(2, (3, 0), 1), r"hidden=\(3, 0\); allowed: 1 and more"),
        (lambda: Shape(2, (3,), 1, "gelu"), "activation=gelu; allowed: relu, tanh"),
        (lambda: Shape(2, (), 1, "gelu"), "activation=gelu; allowed: relu, tanh"),
        (lambda: Shape(2, (3,), 1, ("tanh", "gelu")), "activation=gelu; allowed: relu, tanh"),
        (lambda: Shape(2, (3,), 1, ("tanh", "relu")), "for 1 hidden layers; allowed: one name"),
        (lambda: drawn(Shape(2, (), 1), 0, 0), "networks=0; allowed: 1 and more"),
        (lambda: Optimiser("lbfgs"), "optimiser=lbfgs; allowed: adamw, sgd"),
        (lambda: Optimiser(loss="hinge"), "loss=hinge; allowed: cross-entropy, squared"),
        (lambda: Optimiser(decay=-1.0), "decay=-1.0; allowed: 0 and more"),
        (lambda: Optimiser(rate=0.1, decay=11.0), "rate=0.1, decay=11; allowed: a product up to 1"),
        (lambda: Optimiser(momentum=1.0), "momentum=1.0; allowed: 0 and more, below 1"),
    ],
)
def test_what_is_refused(make, words):
    with pytest.raises(SettingError, match=words):
        make()
