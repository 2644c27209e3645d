"""Modular addition by roots of unity: more frequencies have a larger margin, and bear noise.

Three kinds of rows.  "margin": how far the right answer leads, for given and for random
frequencies.  "noise": accuracy of the read-out where each embedding has a fixed error.
"neurons": whether a sum of squared neurons, with phases spread evenly, is exact.
"""

import math
from dataclasses import dataclass

import numpy as np

from synth.errors import SettingError
from synth.experiments.base import setting, spawn_seeds

CONTROL = (
    "embeddings whose phases are permuted at random: all are at chance, whatever the number of "
    "frequencies; so is every number of frequencies where the noise is large enough"
)
COLUMNS = ("row", "p", "frequencies", "kind", "noise", "margin", "accuracy", "neurons")
PANELS = 3

#: The frequencies that two published networks for modular addition were found to use.
PUBLISHED = ((67, (4, 5, 7, 26)), (113, (14, 35, 41, 42, 52)))
KINDS = ("roots of unity", "permuted phases")

_EMPTY = dict.fromkeys(
    ("row", "p", "frequencies", "kind", "noise", "margin", "least_margin", "most_margin",
     "accuracy", "neurons", "chance", "which")
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    p: int = setting(67, "the modulus of the noise and of random frequencies", low=5, high=251)
    frequencies: tuple[int, ...] = setting((1, 2, 4, 8, 16, 33), "how many", low=1, high=125)
    noise: tuple[float, ...] = setting(
        (0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.2, 2.0, 4.0, 16.0), "of an embedding", low=0
    )
    runs: int = setting(6, "random choices of each number of frequencies", low=1)
    modulus: int = setting(59, "of the neurons", low=3, high=113)
    frequency: int = setting(7, "of the neurons", low=1, high=112)
    neurons: tuple[int, ...] = setting(
        (1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 24), "how many", low=1, high=1000
    )
    seed: int = setting(0, "of frequencies, noise and permutations", low=0)


def margin(p, frequencies):
    """How far the right answer leads: the least over d = 1..p-1 of sum_k (1 - cos 2 pi k d / p).

    The read-out of c where a + b is right is sum_k cos(2 pi k (a + b - c) / p).
    """
    d = np.arange(1, p)
    lead = [1 - np.cos(2 * np.pi * k * d / p) for k in frequencies]
    return float(np.sum(lead, axis=0).min())


def noisy_accuracy(p, frequencies, noise, generator, permuted=False):
    """The share of the p^2 pairs whose sum is read off products of erroneous embeddings.

    Each embedding e_k(x) has an error of its own, the same wherever it is used: a complex
    normal number of standard deviation `noise`.  permuted: the residues of the embedding
    are permuted, by itself for each frequency and the read-out left as it is.
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
    """The share of the p^2 pairs (a, b) with argmax over c of the neurons' sum a + b mod p.

    The sum over i = 0..neurons-1 is of (cos(a w - i t) + cos(b w - i t))^2 cos(c w - 2 i t),
    w = 2 pi frequency / p, t = 2 pi / neurons.  A tie is no right answer.
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


def run(settings, map):
    p, most = settings.p, (settings.p - 1) // 2
    for key, value, high in (
        ("frequencies", max(settings.frequencies), most),
        ("frequency", settings.frequency, settings.modulus - 1),
    ):
        if value > high:
            modulus = f"p={p}" if key == "frequencies" else f"modulus={settings.modulus}"
            raise SettingError(f"fourier: {key}={value} with {modulus}; allowed: 1..{high}")
    if settings.modulus % 2 == 0:
        raise SettingError(f"fourier: modulus={settings.modulus}; allowed: odd ones")
    if math.gcd(settings.frequency, settings.modulus) > 1:
        raise SettingError(
            f"fourier: frequency={settings.frequency} with modulus={settings.modulus}; allowed: "
            "those that have no factor in common with it"
        )
    for modulus, frequencies in PUBLISHED:
        yield _margins("published", modulus, [frequencies])
    counts = list(dict.fromkeys(settings.frequencies))
    choices = [
        [_choice(p, count, seed) for seed in spawn_seeds(settings.seed + count, settings.runs)]
        for count in counts
    ]
    for chosen in choices:
        yield _margins("random", p, chosen)
    items = [
        (p, tuple(chosen), noise, kind, settings.seed)
        for kind in KINDS
        for chosen in choices
        for noise in (settings.noise if kind == KINDS[0] else (0.0,))
    ]
    yield from map(_noise, items)
    yield from map(_neurons, [(settings.modulus, settings.frequency, n) for n in settings.neurons])
    # With an even modulus there are a and b at which every neuron is 0.
    yield _neurons((settings.modulus + 1, 1, max(settings.neurons)))


def _choice(p, count, seed):
    """Different frequencies of 1..(p - 1) / 2: the others are their conjugates."""
    drawn = np.random.default_rng(seed).permutation((p - 1) // 2)[:count] + 1
    return tuple(sorted(drawn.tolist()))


def _margins(kind, p, chosen):
    found = [margin(p, frequencies) for frequencies in chosen]
    which = "/".join(map(str, chosen[0])) if len(chosen) == 1 else None
    return _EMPTY | {
        "row": "margin", "kind": kind, "p": p, "frequencies": len(chosen[0]), "which": which,
        "margin": float(np.mean(found)), "least_margin": min(found), "most_margin": max(found),
    }  # fmt: skip


def _noise(item):
    p, chosen, noise, kind, seed = item
    seeds = spawn_seeds(seed, len(chosen))
    found = [
        noisy_accuracy(p, f, noise, np.random.default_rng(s), permuted=kind == KINDS[1])
        for f, s in zip(chosen, seeds, strict=True)
    ]
    return _EMPTY | {
        "row": "noise", "kind": kind, "p": p, "frequencies": len(chosen[0]), "noise": noise,
        "accuracy": float(np.mean(found)), "chance": 1 / p,
    }  # fmt: skip


def _neurons(item):
    p, frequency, neurons = item
    return _EMPTY | {
        "row": "neurons", "kind": "odd modulus" if p % 2 else "even modulus", "p": p,
        "frequencies": 1, "which": str(frequency), "neurons": neurons,
        "accuracy": neuron_accuracy(p, frequency, neurons), "chance": 1 / p,
    }  # fmt: skip


def summarise(rows):
    noise = [r for r in rows if r["row"] == "noise" and r["kind"] == KINDS[0]]
    counts = list(dict.fromkeys(r["frequencies"] for r in noise))
    borne = {}
    for count in counts:
        good = [r["noise"] for r in noise if r["frequencies"] == count and r["accuracy"] >= 0.99]
        borne[str(count)] = max(good, default=None)
    neurons = [r for r in rows if r["row"] == "neurons" and r["kind"] == "odd modulus"]
    control = [r for r in rows if r["row"] == "noise" and r["kind"] == KINDS[1]]
    loudest = max((r["noise"] for r in noise), default=None)
    return {
        "margin of published frequencies": {
            f"p = {r['p']}, {r['which']}": r["margin"] for r in rows if r["kind"] == "published"
        },
        "mean margin by number of random frequencies": {
            str(r["frequencies"]): r["margin"] for r in rows if r["kind"] == "random"
        },
        "largest noise with accuracy 0.99, by number of frequencies": borne,
        "neurons that are exact": [r["neurons"] for r in neurons if r["accuracy"] == 1],
        "neurons that fail": [r["neurons"] for r in neurons if r["accuracy"] < 1],
        "control: most accuracy over chance, permuted phases": max(
            (r["accuracy"] / r["chance"] for r in control), default=None
        ),
        "control: most accuracy over chance at the largest noise": max(
            (r["accuracy"] / r["chance"] for r in noise if r["noise"] == loudest), default=None
        ),
    }


def draw(rows, axes):
    left, middle, right = axes
    margins = [r for r in rows if r["kind"] == "random"]
    counts = [r["frequencies"] for r in margins]
    left.plot(counts, [r["margin"] for r in margins], "o-", label="mean")
    low, high = ([r[f"{end}_margin"] for r in margins] for end in ("least", "most"))
    left.fill_between(counts, low, high, alpha=0.2, linewidth=0)
    for row, mark in zip((r for r in rows if r["kind"] == "published"), "s^", strict=False):
        left.plot(
            row["frequencies"], row["margin"], mark, color="C1", markersize=6,
            label=f"p = {row['p']}, {row['which']}",
        )  # fmt: skip
    left.set_xscale("log")
    left.set_yscale("log")
    left.set_xlabel("frequencies")
    left.set_ylabel("margin")
    left.legend()
    for count in dict.fromkeys(r["frequencies"] for r in rows if r["row"] == "noise"):
        mine = [r for r in rows if r["row"] == "noise" and r["frequencies"] == count]
        real = [r for r in mine if r["kind"] == KINDS[0] and r["noise"] > 0]
        middle.plot([r["noise"] for r in real], [r["accuracy"] for r in real], label=str(count))
    control = [r for r in rows if r["kind"] == KINDS[1]]
    for row in control:
        middle.axhline(row["accuracy"], color="0.5", linestyle=":", linewidth=0.9)
    middle.annotate(
        KINDS[1], (0, 0), xycoords="axes fraction", xytext=(4, 22), textcoords="offset points",
        color="0.4", fontsize="small",
    )  # fmt: skip
    middle.set_xscale("log")
    middle.set_xlabel("noise of an embedding")
    middle.set_ylabel("accuracy")
    middle.legend(title="frequencies", loc="upper right")
    for kind, color in (("odd modulus", "C0"), ("even modulus", "C1")):
        mine = [r for r in rows if r["row"] == "neurons" and r["kind"] == kind]
        places = [str(r["neurons"]) for r in mine]
        if kind == "even modulus":
            places = [f"{place}\neven p" for place in places]
        right.bar(places, [r["accuracy"] for r in mine], color=color)
    right.set_xlabel("neurons")
    right.set_ylabel("accuracy")
