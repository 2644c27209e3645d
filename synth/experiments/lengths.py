"""Trained on short strings, a program that loops stays right on strings ten times as long.

A formal language is learnt from strings of at most L letters, and asked for strings of up to 10 L:

- program: the hypothesis of least total bits in the DSL, so the table if no program pays;
- table: the look-up table, which says the most frequent label of a string that it has not seen;
- neighbour: the label of the training string that needs the fewest changes of letters;
- feedforward: one hidden layer on the letters by their places;
- recurrent: a plain recurrent network, which reads letter by letter as the program does.

All learn from the same strings and labels.  The strings that are asked for are drawn as the task
`strings` draws them: half of them are in the language.
"""

from dataclasses import dataclass

import numpy as np

from synth import engine, tasks
from synth.experiments.base import (
    present_mean,
    refuse_repeated,
    setting,
    spawn_seeds,
    uninterrupted,
)
from synth.experiments.rows import share, verdict
from synth.language import places_of
from synth.learners.networks import recurrent
from synth.learners.networks.perceptron import Shape, drawn, outputs
from synth.learners.networks.training import Optimiser, Training
from synth.report import COLOURS

GROUP = "start here"
TIME = "about 3 minutes on one core"
CONTROL = (
    "The training labels are permuted. No program pays then, and on longer strings no learner is "
    "right more often than by guessing."
)
COLUMNS = ("language", "length", "chosen", "bits", "program_10", "neighbour_10", "recurrent_10")
PANELS = 4
QUICK = {"languages": ("majority",), "lengths": (3, 6), "tests": 50, "steps": 200}
SUMMARY = {
    "exact": "cases in which a program pays, of these those that are right on all longer strings",
    "least_length": "least length of training strings from which on a program pays",
    "accuracy": "accuracy on strings of 5 L to 10 L letters where a program pays, mean",
    "control_pays": "control: cases in which a program pays on permuted labels",
    "control_accuracy": "control: accuracy on strings of 5 L to 10 L letters, mean",
    "verdict": "verdict",
}
LEARNERS = ("program", "table", "neighbour", "feedforward", "recurrent")
#: The lengths that are asked for, in training lengths L: above the first, up to the second.
RANGES = {"2": (1, 2), "5": (2, 5), "10": (5, 10)}
#: The most letters of a string that a task draws.
MOST = 64


@dataclass(frozen=True)
class Settings:
    languages: tuple[str, ...] = setting(
        ("parity", "tomita-5", "majority", "divisible-3"),
        "Languages of the task strings, or tomita-1 to tomita-7.  The figure shows four.",
    )
    lengths: tuple[int, ...] = setting(
        (2, 3, 4, 5, 6), "Most letters of a training string, L.", low=1, high=MOST // 10
    )
    dsl: str = setting("loops", "DSL of the programs.", choices=("loops", "machines"))
    max_programs: int = setting(10_000, "Number of programs after which each search stops.", low=1)
    rows: int = setting(200, "The most training strings.", low=4)
    tests: int = setting(100, "Strings that are asked for, of each range of lengths.", low=2)
    width: int = setting(16, "Numbers in the state of the recurrent network.", low=1, high=256)
    hidden: int = setting(64, "Hidden units of the other network.", low=1, high=4096)
    steps: int = setting(1000, "Steps of training of both networks.", low=1)
    rate: float = setting(0.01, "Learning rate.", low=0)
    seed: int = setting(0, "Seed for strings, permuted labels and weights.", low=0)


def run(settings, map):
    refuse_repeated(settings.languages, "languages")
    cases = [(name, n) for name in settings.languages for n in sorted(set(settings.lengths))]
    seeds = spawn_seeds(settings.seed, len(cases))
    items = [(settings, *case, seed) for case, seed in zip(cases, seeds, strict=True)]
    for name in settings.languages:
        _task(name, 1, 2, 0)  # so that a wrong name is told at once
    yield from map(_measured, items)


def _task(name, length, rows, seed):
    """The task of a language with strings of at most `length` letters, without others."""
    if name.startswith("tomita-"):
        name = "tomita:" + name.removeprefix("tomita-")
    else:
        name = "strings:" + name
    return tasks.load_task(f"{name},length={length},rows={rows},test=0", seed=seed)


def _measured(item):
    """The row of a language and a length, with true and with permuted labels."""
    settings, name, length, seed = item
    task = _task(name, length, settings.rows, seed)
    asked = {}
    for key, (low, high) in RANGES.items():
        # Shorter ones are left out, so more are drawn.
        drawn_ = _task(name, high * length, 4 * settings.tests, seed + 1)
        words, labels = drawn_.columns["xs"], drawn_.labels.astype(bool)
        long = np.char.str_len(words) > low * length
        kept = [np.flatnonzero(long & (labels == v))[: settings.tests // 2] for v in (True, False)]
        rows = np.concatenate(kept)
        asked[key] = words[rows], labels[rows]
    row = {"language": name, "length": length, "rows": task.rows}
    row |= _learnt(task, asked, settings, seed)
    twin = _learnt(task.permuted(seed), asked, settings, seed)
    return row | {f"twin_{key}": value for key, value in twin.items()}


def _learnt(task, asked, settings, seed):
    """What was chosen, and how often each learner is right on longer strings, by range."""
    limits = {"max_programs": settings.max_programs, "seconds": None, "threads": 1}
    result = uninterrupted(engine.search(task, settings.dsl, top=1, **limits))
    words, labels = task.columns["xs"], task.labels.astype(bool)
    letters = task.types["xs"].letters
    most = bool(2 * labels.sum() > len(labels))
    network = _feedforward(words, labels, letters, settings, seed)
    reader = _recurrent(words, labels, letters, settings, seed)
    found = {
        "chosen": result.chosen,
        "bits": None if result.program is None else result.program.bits,
        "exceptions": None if result.program is None else result.program.exceptions,
        "total_bits": result.total_bits,
        "table_bits": result.table.bits,
    }
    pays = result.chosen == "program"
    for key, (strings, right) in asked.items():
        said = {
            "program": np.full(len(strings), most),
            "table": np.full(len(strings), most),
            "neighbour": labels[nearest(words, strings)],
            "feedforward": network(strings),
            "recurrent": reader(strings),
        }
        if pays:
            said["program"] = result.best.evaluate({"xs": strings}) ^ result.program.inverted
        for name, values in said.items():
            known = len(right) > 0
            found[f"{name}_{key}"] = float((values == right).mean()) if known else None
    return found


def nearest(known, strings):
    """The place of the known string nearest to each string, the first of several, int64 (strings,).

    The distance is the number of letters that are left out, added or changed: see Levenshtein,
    "Binary codes capable of correcting deletions, insertions and reversals", 1966.
    """
    lengths = np.char.str_len(known)
    places = np.array([list(word.ljust(lengths.max())) for word in known.tolist()])
    found = []
    for string in strings.tolist():
        # Row after row of the table of distances between beginnings, for all known strings.
        row = np.tile(np.arange(places.shape[1] + 1), (len(known), 1))
        for k, letter in enumerate(string, 1):
            after = np.empty_like(row)
            after[:, 0] = k
            change = row[:, :-1] + (places != letter)
            for j in range(places.shape[1]):
                after[:, j + 1] = np.minimum(
                    change[:, j], np.minimum(row[:, j + 1], after[:, j]) + 1
                )
            row = after
        found.append(int(np.argmin(row[np.arange(len(known)), lengths])))
    return np.array(found, np.int64)


def _feedforward(words, labels, letters, settings, seed):
    """A trained network on letters by their places, as a function of strings to truth values."""

    def points(strings):
        places, lengths = places_of(strings, letters)
        made = np.zeros((len(strings), MOST, len(letters)))
        for k in range(places.shape[1]):
            on = np.flatnonzero(lengths > k)
            made[on, k, places[on, k]] = 1
        return made.reshape(len(strings), -1)

    shape = Shape(MOST * len(letters), (settings.hidden,), 2, "relu")
    parameters = drawn(shape, 1, seed, scale=1.4)
    optimiser = Optimiser("adamw", settings.rate)
    training = Training(shape, parameters, points(words), labels.astype(int), optimiser)
    for _ in range(settings.steps):
        training.step()
    return lambda s: outputs(shape, training.parameters, points(s))[0].argmax(axis=1) == 1


def _recurrent(words, labels, letters, settings, seed):
    """A trained recurrent network, as a function of strings to truth values."""
    shape = recurrent.Shape(len(letters), settings.width)
    strings = places_of(words, letters)
    training = recurrent.RecurrentTraining(
        shape, recurrent.drawn(shape, seed), strings, labels, Optimiser("adamw", settings.rate)
    )
    for _ in range(settings.steps):
        training.step()
    return lambda s: recurrent.chances(shape, training.parameters, *places_of(s, letters)) > 0.5


def summarise(rows):
    paying = [r for r in rows if r["chosen"] == "program"]
    found = {"exact": share(map(_is_exact, paying))[1]}
    found["least_length"] = {
        name: _least([r for r in rows if r["language"] == name])
        for name in dict.fromkeys(r["language"] for r in rows)
    }
    if paying:
        found["accuracy"] = {n: present_mean(r[f"{n}_10"] for r in paying) for n in LEARNERS}
    found["control_pays"] = share(r["twin_chosen"] == "program" for r in rows)[1]
    found["control_accuracy"] = {n: present_mean(r[f"twin_{n}_10"] for r in rows) for n in LEARNERS}
    return found | {"verdict": _verdict(found, rows, paying)}


def _is_exact(row):
    """Whether the program is right on all longer strings that were asked for."""
    return all(row[f"program_{key}"] in (1.0, None) for key in RANGES)


def _least(rows):
    """The least length from which on a program pays, None if none does at the greatest."""
    least = None
    for row in sorted(rows, key=lambda r: -r["length"]):
        if row["chosen"] != "program":
            break
        least = row["length"]
    return least


def _verdict(found, rows, paying):
    """found: the summary; paying: the rows in which a program pays."""
    exact, of = share(map(_is_exact, paying))
    claim = [(exact, f"the program is right on all longer strings in {of} cases where it pays")]
    if paying:
        others = {n: found["accuracy"][n] for n in ("table", "neighbour")}
        words = ", ".join(f"the {n} on {value:.3f}" for n, value in others.items())
        claim.append((max(others.values()) < 0.65, f"of the longest, {words}"))
    pays, words = share(r["twin_chosen"] == "program" for r in rows)
    accuracy = found["control_accuracy"]
    best = max(accuracy, key=lambda name: accuracy[name] or 0)
    control = [
        (
            None if pays is None else pays == 0,
            f"on permuted labels a program pays in {words} cases",
        ),
        (
            None if accuracy[best] is None else accuracy[best] < 0.6,
            f"the {best} is right on {accuracy[best] or 0:.3f} of the longest strings there",
        ),
    ]
    return verdict(claim, control)


#: Learners from the bottom to the top of a panel: the role of each one's colour, or the colour, and
#: the line.  The table is broad and has no marks, since others often lie on it.
_DRAWN = {
    "table": ("table", "-", {"linewidth": 7, "alpha": 0.5, "solid_capstyle": "butt"}),
    "neighbour": ("nearest", "-", {"marker": "s", "markersize": 4}),
    "feedforward": ("C8", "--", {"marker": "o", "markersize": 4}),
    "recurrent": ("network", "--", {"marker": "o", "markersize": 4}),
    "program": ("program", "-", {"marker": "o", "markersize": 4}),
}

CAPTION = """(a-d) How often a learner is right on strings of 5 L to 10 L letters, if it has learnt
from strings of at most L letters; one panel for each language. Half of the strings that are asked
for are in the language, so that guessing is right on 0.5. From some length on a program pays
("program"), mostly one that is right on all; below, the table is cheaper and is chosen. The table
(broad), the nearest training string ("neighbour") and a network with one hidden layer
("feedforward") guess. A plain recurrent network ("recurrent") is in between."""


def draw(rows, axes):
    names = list(dict.fromkeys(r["language"] for r in rows))
    for place, (name, panel) in enumerate(zip(names, axes, strict=False)):
        mine = [r for r in rows if r["language"] == name]
        sizes = [r["length"] for r in mine]
        for learner, (role, line, style) in _DRAWN.items():
            values = [r[f"{learner}_10"] for r in mine]
            panel.plot(sizes, values, line, label=learner, color=COLOURS.get(role, role), **style)
        panel.set_xticks(sizes, sizes)
        panel.set_ylim(0.3, 1.05)
        panel.set(title=name, xlabel="letters of the longest training string, L")
        if place % 2 == 0:
            panel.set(ylabel="accuracy on longer strings")
    for panel in axes[len(names) :]:
        panel.axis("off")
