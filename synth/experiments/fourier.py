"""Modular addition by roots of unity: more frequencies widen the margin and tolerate more noise.

The experiment computes sums modulo p from embeddings of the inputs as roots of unity.  Its rows
are of three kinds:

- margin: how far the right answer leads, for given frequencies and for all choices of as many, or
  for random ones where there are too many choices;
- noise: accuracy of the read-out if each embedding has a fixed random error;
- neurons: accuracy of a sum of squared neurons whose phases are evenly spaced.
"""

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from synth.errors import SettingError
from synth.experiments._fourier_figure import CAPTION as CAPTION
from synth.experiments._fourier_figure import EXACT, KINDS, PERMUTED
from synth.experiments._fourier_figure import draw as draw
from synth.experiments.base import setting, spawn_seeds
from synth.experiments.rows import RowKinds, verdict

GROUP = "structure"
QUICK = {"runs": 2}
CONTROL = (
    "If the phases of the embeddings are permuted at random, accuracy is at chance for every "
    "number of frequencies. The same holds if the noise is large enough."
)
COLUMNS = ("row", "p", "frequencies", "kind", "noise", "margin", "accuracy", "neurons")
PANELS = 3

SUMMARY = {
    "published_margins": "margin of published frequencies",
    "random_margins": "mean margin by number of frequencies (all choices or random ones: see rows)",
    "noise_borne": "largest noise with accuracy 0.99, by number of frequencies",
    "exact_neurons": "numbers of neurons that are exact",
    "failing_neurons": "numbers of neurons that fail",
    "control_permuted_phases": "control: highest accuracy over chance, permuted phases",
    "control_largest_noise": "control: highest accuracy over chance at the largest noise",
    "verdict": "verdict",
}

#: Pairs (p, frequencies) that two published networks for modular addition were found to use.
PUBLISHED = ((67, (4, 5, 7, 26)), (113, (14, 35, 41, 42, 52)))
#: Of no more choices of frequencies than this, all are computed.
MOST_CHOICES = 50_000

ROWS = RowKinds(
    (
        "row", "p", "frequencies", "kind", "noise", "margin", "least_margin", "most_margin",
        "accuracy", "neurons", "chance", "which",
    ),
    margin="row kind p frequencies which margin least_margin most_margin",
    noise="row kind p frequencies noise accuracy chance",
    neurons="row kind p frequencies which neurons accuracy chance",
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    p: int = setting(67, "Modulus for the noise and the random frequencies.", low=5, high=251)
    frequencies: tuple[int, ...] = setting(
        (1, 2, 4, 8, 16, 33), "Numbers of frequencies.", low=1, high=125
    )
    noise: tuple[float, ...] = setting(
        (0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.2, 2.0, 4.0, 16.0),
        "Standard deviations of the errors of embeddings.",
        low=0,
    )
    runs: int = setting(
        6,
        "Number of random choices of frequencies, for each number of them. (Margins are computed "
        "for all choices if there are at most 50,000.)",
        low=1,
    )
    modulus: int = setting(59, "Modulus for the neurons.", low=3, high=113)
    frequency: int = setting(7, "Frequency of the neurons.", low=1, high=112)
    neurons: tuple[int, ...] = setting(
        (1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 24), "Numbers of neurons.", low=1, high=1000
    )
    seed: int = setting(0, "Seed for the frequencies, the noise and the permutations.", low=0)


def margin(p, frequencies):
    """How far the right answer leads: the least over d = 1..p-1 of sum_k (1 - cos 2 pi k d / p).

    The read-out of c, if a + b is right, is sum_k cos(2 pi k (a + b - c) / p).

    Parameters
    ----------
    p : int
        The modulus.
    frequencies : sequence of int
        The frequencies k.

    Returns
    -------
    float
    """
    d = np.arange(1, p)
    lead = [1 - np.cos(2 * np.pi * k * d / p) for k in frequencies]
    return float(np.sum(lead, axis=0).min())


def every_margin(p, count):
    """The margins of all choices of distinct frequencies among 1..(p - 1) / 2.

    Parameters
    ----------
    p : int
        The modulus.
    count : int
        The number of frequencies.

    Returns
    -------
    float64 (choices,)
        In the order of `itertools.combinations`.
    """
    k, d = np.arange(1, (p - 1) // 2 + 1), np.arange(1, p)
    lead = 1 - np.cos(2 * np.pi * np.multiply.outer(k, d) / p)
    sums = 0
    for place in np.array(list(combinations(range(len(k)), count))).T:
        sums = sums + lead[place]
    return sums.min(axis=1)


def noisy_accuracy(p, frequencies, noise, generator, permuted=False):
    """The share of the p^2 pairs whose sum is read off products of erroneous embeddings.

    Each embedding e_k(x) has its own error, a complex normal number, the same wherever it is used.

    Parameters
    ----------
    p : int
        The modulus.
    frequencies : sequence of int
        The frequencies k.
    noise : float
        Standard deviation of the errors.
    generator : numpy.random.Generator
        The source of errors and permutations.
    permuted : bool
        Whether to permute the residues of the embedding, for each frequency by itself; the
        read-out is left as it is.

    Returns
    -------
    float
    """
    x = np.arange(p)
    exact = np.exp(2j * np.pi * np.multiply.outer(frequencies, x) / p)
    used = np.array([row[generator.permutation(p)] for row in exact]) if permuted else exact
    parts = generator.normal(size=(2, *used.shape)) * (noise / math.sqrt(2))
    used = used + parts[0] + 1j * parts[1]
    products = (used[:, :, None] * used[:, None, :]).reshape(-1, p * p)
    scores = products.real.T @ exact.real + products.imag.T @ exact.imag
    right = np.add.outer(x, x).ravel() % p
    return float(np.mean(scores.argmax(axis=1) == right))


def neuron_accuracy(p, frequency, neurons):
    """The share of the p^2 pairs (a, b) for which the neurons' sum is largest at c = a + b mod p.

    The sum over i = 0..neurons-1 is of (cos(a w - i t) + cos(b w - i t))^2 cos(c w - 2 i t), where
    w = 2 pi frequency / p and t = 2 pi / neurons.  A tie counts as wrong.

    Parameters
    ----------
    p, frequency, neurons : int
        The modulus, the frequency and the number of neurons.

    Returns
    -------
    float
    """
    angles = 2 * np.pi * frequency * np.arange(p) / p
    phases = 2 * np.pi * np.arange(neurons)[:, None] / neurons
    waves = np.cos(angles - phases)
    squares = (waves[:, :, None] + waves[:, None, :]) ** 2
    scores = np.tensordot(squares, np.cos(angles - 2 * phases), (0, 0))
    x = np.arange(p)
    right = scores[x[:, None], x, np.add.outer(x, x) % p]
    rivals = np.sum(scores >= right[:, :, None] - 1e-9, axis=2)
    return float(np.mean(rivals == 1))


def _check(settings):
    """Raises SettingError if settings do not fit together."""
    p, modulus, frequency = settings.p, settings.modulus, settings.frequency
    most = max(settings.frequencies)
    if most > (p - 1) // 2:
        raise SettingError(f"fourier: frequencies={most} with p={p}; allowed: 1..{(p - 1) // 2}")
    if frequency > modulus - 1:
        raise SettingError(
            f"fourier: frequency={frequency} with modulus={modulus}; allowed: 1..{modulus - 1}"
        )
    if modulus % 2 == 0:
        raise SettingError(f"fourier: modulus={modulus}; allowed: odd numbers")
    if math.gcd(frequency, modulus) > 1:
        raise SettingError(
            f"fourier: frequency={frequency} with modulus={modulus}; allowed: a frequency that "
            "has no factor in common with the modulus"
        )


def run(settings, map):
    p = settings.p
    _check(settings)
    for modulus, frequencies in PUBLISHED:
        which, found = "/".join(map(str, frequencies)), [margin(modulus, frequencies)]
        yield _margins("published", modulus, len(frequencies), which, found)
    counts = list(dict.fromkeys(settings.frequencies))
    choices = [
        [_choice(p, count, seed) for seed in spawn_seeds(settings.seed + count, settings.runs)]
        for count in counts
    ]
    for chosen in choices:
        count = len(chosen[0])
        every = math.comb((p - 1) // 2, count)
        if every <= MOST_CHOICES:
            found, which = every_margin(p, count).tolist(), f"all {every:,}"
        else:
            found, which = [margin(p, f) for f in chosen], f"{len(chosen)} of {every:,}"
        yield _margins("random", p, count, which, found)
    items = [
        (p, tuple(chosen), noise, kind, settings.seed)
        for kind in KINDS
        for chosen in choices
        for noise in (settings.noise if kind == EXACT else (0.0,))
    ]
    yield from map(_noise, items)
    yield from map(_neurons, [(settings.modulus, settings.frequency, n) for n in settings.neurons])
    # If the modulus is even, every neuron is 0 at some a and b.
    yield _neurons((settings.modulus + 1, 1, max(settings.neurons)))


def _choice(p, count, seed):
    """Distinct frequencies among 1..(p - 1) / 2; the others are their conjugates."""
    drawn = np.random.default_rng(seed).permutation((p - 1) // 2)[:count] + 1
    return tuple(sorted(drawn.tolist()))


def _margins(kind, p, count, which, found):
    return ROWS(
        "margin",
        row="margin",
        kind=kind,
        p=p,
        frequencies=count,
        which=which,
        margin=float(np.mean(found)),
        least_margin=min(found),
        most_margin=max(found),
    )


def _noise(item):
    p, chosen, noise, kind, seed = item
    seeds = spawn_seeds(seed, len(chosen))
    found = [
        noisy_accuracy(p, f, noise, np.random.default_rng(s), permuted=kind == PERMUTED)
        for f, s in zip(chosen, seeds, strict=True)
    ]
    return ROWS(
        "noise",
        row="noise",
        kind=kind,
        p=p,
        frequencies=len(chosen[0]),
        noise=noise,
        accuracy=float(np.mean(found)),
        chance=1 / p,
    )


def _neurons(item):
    p, frequency, neurons = item
    return ROWS(
        "neurons",
        row="neurons",
        kind="odd modulus" if p % 2 else "even modulus",
        p=p,
        frequencies=1,
        which=str(frequency),
        neurons=neurons,
        accuracy=neuron_accuracy(p, frequency, neurons),
        chance=1 / p,
    )


def summarise(rows):
    noise = [r for r in rows if r["row"] == "noise" and r["kind"] == EXACT]
    counts = list(dict.fromkeys(r["frequencies"] for r in noise))
    borne = {}
    for count in counts:
        good = [r["noise"] for r in noise if r["frequencies"] == count and r["accuracy"] >= 0.99]
        borne[str(count)] = max(good, default=None)
    neurons = [r for r in rows if r["row"] == "neurons" and r["kind"] == "odd modulus"]
    control = [r for r in rows if r["row"] == "noise" and r["kind"] == PERMUTED]
    largest = max((r["noise"] for r in noise), default=None)
    found = {
        "published_margins": {
            f"p = {r['p']}, {r['which']}": r["margin"] for r in rows if r["kind"] == "published"
        },
        "random_margins": {
            str(r["frequencies"]): r["margin"] for r in rows if r["kind"] == "random"
        },
        "noise_borne": borne,
        "exact_neurons": [r["neurons"] for r in neurons if r["accuracy"] == 1],
        "failing_neurons": [r["neurons"] for r in neurons if r["accuracy"] < 1],
        "control_permuted_phases": _most_over_chance(control),
        "control_largest_noise": _most_over_chance(r for r in noise if r["noise"] == largest),
    }
    return found | {"verdict": _verdict(found)}


def _most_over_chance(rows):
    return max((r["accuracy"] / r["chance"] for r in rows), default=None)


def _verdict(found):
    """Whether more frequencies are better; found: the figures of the summary."""
    claim, control = [], []
    for key, what in (("random_margins", "margin"), ("noise_borne", "largest noise borne")):
        values = [0.0 if v is None else v for v in found[key].values()]
        if len(values) > 1:
            first, *_, last = found[key]
            rises = values == sorted(values) and values[0] < values[-1]
            words = f"from {first} to {last} frequencies the {what} goes from {values[0]:.3g} to"
            claim.append((rises, f"{words} {values[-1]:.3g}"))
    for key, what in (
        ("control_permuted_phases", "permuted phases"),
        ("control_largest_noise", "the largest noise"),
    ):
        if found[key] is not None:
            words = f"accuracy with {what} is at most {found[key]:.2f} times chance"
            control.append((found[key] <= 1.5, words))
    return verdict(claim, control)
