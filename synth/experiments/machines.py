"""Random machines write simple outputs more often, and yet many simple outputs stay rare.

A map takes inputs, each as likely as its code says, to outputs: strings of 0s and 1s.  P(x) is the
probability of the output x, K(x) its complexity.  There are three kinds of maps:

- one transducer: a finite machine drawn at random, which writes a letter for each letter that it
  reads, and all strings of some length as inputs;
- all transducers: all machines of so many states, each with all strings;
- programs: all machines of the DSL `machines`, weighted by its prior, and as the output the labels
  of all short strings.

Every machine and every input of a map is run, so P is exact.  Dingle, Camargo and Louis
("Input-output maps are strongly biased towards simple outputs", 2018) derive the upper bound
P(x) <= 2**(-a K(x) - b); Dingle, Valle Perez and Louis ("Generic predictions of output probability
based on complexities of inputs and outputs", 2020) say which outputs stay far below it.
"""

from dataclasses import dataclass

import numpy as np

from synth import codes
from synth.experiments._machines_figure import ALL, BITS, LZ, ONE, PROGRAMS, map_name
from synth.experiments._machines_figure import CAPTION as CAPTION
from synth.experiments._machines_figure import draw as draw
from synth.experiments._machines_maps import (
    all_strings,
    complexities,
    every_machine,
    lempel_ziv,
    output_counts,
)
from synth.experiments.base import present_mean, setting, spawn_seeds
from synth.experiments.fits import rank_correlation
from synth.experiments.rows import RowKinds, share, verdict

GROUP = "priors"
TIME = "about 10 s on one core"
CONTROL = (
    "A random map has as many inputs and outputs, and takes each input to any output alike. Its "
    "slope is 0, and its rare outputs have no simpler inputs."
)
COLUMNS = ("map", "measure", "outputs", "entropy", "slope", "rank", "above", "simple_rare")
PANELS = 5
QUICK = {"transducers": 8, "length": 12, "all_states": 2, "program_states": 3}
SUMMARY = {
    "slope": "slope of log2 P by K",
    "rank_correlation": "rank correlation of log2 P and K",
    "falling": "single transducers with a bias whose slope is below 0",
    "without_bias": "single transducers whose outputs all have the same probability",
    "few_outputs": "single transducers with fewer than 30 outputs, which are left out",
    "above": "share of outputs above the upper bound",
    "excess_bits": "most bits above the upper bound",
    "simple_outputs": "share of outputs that are simple",
    "simple_probability": "probability of a simple output",
    "simple_and_rare": "share of simple outputs that are rarer than if all were alike",
    "simple_inputs": (
        "single transducers whose outputs have simpler inputs the further they are below the bound"
    ),
    "control_slope": "control: mean slope, and the one that is largest in magnitude",
    "control_errors": "control: the largest slope in standard errors",
    "control_simple_and_rare": "control: share of simple outputs that are rarer than the mean",
    "control_inputs": "control: rank correlation with the complexity of inputs, mean",
    "verdict": "verdict",
}

#: A map with fewer outputs is not measured.
FEWEST = 30
#: Numbers of a block of counts, at most: 2**22 take 32 MB.
BLOCK = 2**22
ROWS = RowKinds(
    (
        "row", "map", "number", "states", "machine", "inputs", "outputs", "entropy", "measure",
        "slope", "error", "rank", "above", "excess", "simple", "simple_probability", "simple_rare",
        "input_rank", "control_slope", "control_error", "control_rare", "control_input_rank",
        "complexity", "log2_p", "log2_p_highest", "log2_p_lowest", "control_log2_p",
    ),
    map="row map number states machine inputs outputs entropy measure slope error rank above "
    "excess simple simple_probability simple_rare input_rank control_slope control_error "
    "control_rare control_input_rank",
    level="row map number states measure complexity outputs log2_p log2_p_highest log2_p_lowest "
    "control_log2_p",
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    transducers: int = setting(100, "Number of transducers drawn at random.", low=1)
    states: int = setting(5, "States of each of them.", low=1, high=36)
    length: int = setting(16, "Letters of their inputs, all of which are run.", low=4, high=20)
    all_states: int = setting(3, "States of the maps of all transducers, at most.", low=2, high=4)
    all_length: int = setting(12, "Letters of the inputs of these maps.", low=4, high=14)
    program_states: int = setting(4, "States of the machines of the DSL, at most.", low=2, high=5)
    letters: int = setting(4, "Letters of the strings that get a label.", low=2, high=5)
    seed: int = setting(0, "Seed for transducers and random maps.", low=0)


def run(settings, map):
    items = [(_one, k) for k in range(1, settings.transducers + 1)]
    items += [(_all, states) for states in range(2, settings.all_states + 1)]
    items.append((_programs, settings.program_states))
    seeds = spawn_seeds(settings.seed, len(items))
    for rows in map(_rows, [(settings, *i, s) for i, s in zip(items, seeds, strict=True)]):
        yield from rows


def _rows(item):
    settings, make, number, seed = item
    return make(settings, number, np.random.default_rng(seed))


# -- the three kinds of maps -----------------------------------------------------------


def _one(settings, number, generator):
    """The rows of a transducer drawn at random, with all inputs."""
    states, length = settings.states, settings.length
    steps = generator.integers(0, states, (states, 2))
    writes = generator.integers(0, 2, (states, 2))
    read = all_strings(length)
    state, output = np.zeros((2, len(read)), np.int64)
    for letter in read.T:
        output = 2 * output + writes[state, letter]
        state = steps[state, letter]
    counts = np.bincount(output, minlength=len(read))
    outputs = np.flatnonzero(counts)
    own = dict(zip((LZ, BITS), complexities(length), strict=True))
    inputs = np.bincount(output, own[LZ], minlength=len(read))[outputs] / counts[outputs]
    found = _Map(
        ONE,
        states,
        len(read),
        counts[outputs] / len(read),
        {name: values[outputs] for name, values in own.items()},
        number=number,
        machine=_text(steps, writes),
        read=inputs,
    )
    # The random map: to which output each input leads.
    to = generator.integers(0, len(outputs), len(read))
    mean = np.bincount(to, own[LZ], minlength=len(outputs))
    return found.rows(np.bincount(to, minlength=len(outputs)) / len(read), mean)


def _all(settings, states, generator):
    """The rows of all transducers of so many states, each with all inputs."""
    length, counts, machines = settings.all_length, np.zeros(2**settings.all_length), 0
    every = every_machine(states)
    for writes in range(4**states):
        written = (writes >> np.arange(2 * states) & 1).reshape(states, 2)
        for k in range(0, len(every), max(1, BLOCK // (2**length * states))):
            some = every[k : k + max(1, BLOCK // (2**length * states))]
            counts += output_counts(some, written, length)
            machines += len(some)
    total = machines * 2**length
    own = dict(zip((LZ, BITS), complexities(length), strict=True))
    found = _Map(ALL, states, total, counts / total, own)
    to = generator.multinomial(total, np.full(len(counts), 1 / len(counts)))
    return found.rows(to / total)


def _programs(settings, most, generator):
    """The rows of all machines of the DSL of up to so many states, by their prior.

    The prior of larger machines is left out, and that of the others is divided by its sum.
    """
    nodes = 2 ** (settings.letters + 1) - 1
    keys, masses, bits = [], [], []
    for states in range(1, most + 1):
        own = codes.machine_bits(states, 2, 2)
        every = every_machine(states)
        # Strings in order of length: the last letter of string q, and the string before it.
        ends = np.zeros((len(every), nodes), np.int64)
        for q in range(1, nodes):
            ends[:, q] = every[np.arange(len(every)), ends[:, (q - 1) // 2], (q - 1) % 2]
        for labels in range(2**states):
            said = (labels >> np.arange(states) & 1)[ends]
            keys.append(said @ (1 << np.arange(nodes)[::-1]))
            masses.append(np.full(len(every), 2.0**-own))
            bits.append(np.full(len(every), own))
    keys, which = np.unique(np.concatenate(keys), return_inverse=True)
    masses, bits = np.concatenate(masses), np.concatenate(bits)
    masses /= masses.sum()
    least = np.full(len(keys), np.inf)
    np.minimum.at(least, which, bits)
    outputs = (keys[:, None] >> np.arange(nodes)[::-1] & 1).astype(np.int8)
    own = {LZ: lempel_ziv(outputs), BITS: least}
    found = _Map(PROGRAMS, most, len(masses), np.bincount(which, masses), own)
    to = generator.integers(0, len(keys), len(masses))
    return found.rows(np.bincount(to, masses, minlength=len(keys)))


def _text(steps, writes):
    """Of each state, where each letter leads to; after the slash, what is written then."""
    base = "0123456789abcdefghijklmnopqrstuvwxyz"
    parts = (" ".join("".join(base[v] for v in row) for row in each) for each in (steps, writes))
    return " / ".join(parts)


# -- what is measured ------------------------------------------------------------------


@dataclass(frozen=True)
class _Map:
    """The exact probabilities of the outputs of a map, all above 0, and their complexities.

    measures: complexities by name; read: the mean complexity of the inputs of each output, if they
    are strings.
    """

    name: str
    states: int
    inputs: int
    masses: np.ndarray
    measures: dict
    number: int | None = None
    machine: str | None = None
    read: np.ndarray | None = None

    def rows(self, control, read=None):
        """A row for each measure, and one for each complexity.

        control: the probabilities of the random map; read: the sums of the complexities of its
        inputs by output, times the number of inputs.
        """
        outputs, log2_p = len(self.masses), np.log2(self.masses)
        where = {"map": self.name, "number": self.number, "states": self.states}
        row = dict.fromkeys(ROWS.kinds["map"]) | where | {"row": "map", "machine": self.machine}
        row |= {"inputs": self.inputs, "outputs": outputs}
        row["entropy"] = float(-self.masses @ log2_p)
        if outputs < FEWEST or np.ptp(log2_p) < 1e-9:
            return [ROWS("map", **row)]
        rows, met = [], control > 0
        for measure, complexity in self.measures.items():
            scaled = complexity - complexity.min()
            scaled = np.log2(outputs) * scaled / scaled.max()
            row |= {"measure": measure} | _figures(scaled, log2_p, self.masses)
            slope, error = _line(scaled[met], np.log2(control[met]))
            row |= {"control_slope": slope, "control_error": error}
            simple = scaled <= np.log2(outputs) / 2
            row["control_rare"] = float((control[simple] < 1 / outputs - 1e-12).mean())
            if self.read is not None:
                row["input_rank"] = rank_correlation(-scaled - log2_p, self.read)
                inputs = read[met] / (control[met] * self.inputs)
                below = -scaled[met] - np.log2(control[met])
                row["control_input_rank"] = rank_correlation(below, inputs)
            rows.append(ROWS("map", **row))
            rows += _levels(where | {"measure": measure}, scaled, log2_p, control)
        return rows


def _figures(scaled, log2_p, masses):
    """What a map shows: the slope, the bound, and its simple outputs.

    scaled: the complexities, from 0 to log2 of the number of outputs, as in the paper of 2020; the
    bound is then 2**-scaled.
    """
    slope, error = _line(scaled, log2_p)
    simple = scaled <= scaled.max() / 2
    above = log2_p + scaled
    return {
        "slope": slope,
        "error": error,
        "rank": rank_correlation(scaled, log2_p),
        "above": float((above > 1e-9).mean()),
        "excess": float(max(0, above.max())),
        "simple": float(simple.mean()),
        "simple_probability": float(masses[simple].sum()),
        "simple_rare": float((masses[simple] < 1 / len(masses) - 1e-12).mean()),
    }


def _line(x, y):
    """The slope of a line by least squares, and its standard error."""
    slope, height = np.polyfit(x, y, 1)
    left = np.square(y - slope * x - height).sum() / (len(x) - 2)
    return float(slope), float(np.sqrt(left / np.square(x - x.mean()).sum()))


def _levels(where, scaled, log2_p, control):
    """A row for each complexity: the probabilities of the outputs there."""
    for k in np.unique(scaled).tolist():
        here = scaled == k
        met = control[here & (control > 0)]
        yield ROWS(
            "level",
            row="level",
            **where,
            complexity=k,
            outputs=int(here.sum()),
            log2_p=float(log2_p[here].mean()),
            log2_p_highest=float(log2_p[here].max()),
            log2_p_lowest=float(log2_p[here].min()),
            control_log2_p=float(np.log2(met).mean()) if len(met) else None,
        )


# -- what it shows ---------------------------------------------------------------------


def summarise(rows):
    every = [r for r in rows if r["row"] == "map"]
    maps = [r for r in every if r["measure"] is not None]
    groups = {}
    for r in maps:
        groups.setdefault(f"{map_name(r)}, {r['measure']}", []).append(r)
    single = [r for r in maps if r["map"] == ONE and r["measure"] == LZ]

    def mean(key):
        return {name: present_mean(r[key] for r in own) for name, own in groups.items()}

    largest = max(maps, key=lambda r: abs(r["control_slope"]), default=None)
    found = {
        "slope": mean("slope"),
        "rank_correlation": mean("rank"),
        "falling": {
            measure: share(r["slope"] < 0 for r in groups.get(f"{ONE}, {measure}", []))[1]
            for measure in (LZ, BITS)
        },
        "without_bias": sum(r["measure"] is None and r["outputs"] >= FEWEST for r in every),
        "few_outputs": sum(r["outputs"] < FEWEST for r in every),
        "above": mean("above"),
        "excess_bits": {name: max(r["excess"] for r in own) for name, own in groups.items()},
        "simple_outputs": mean("simple"),
        "simple_probability": mean("simple_probability"),
        "simple_and_rare": mean("simple_rare"),
        "simple_inputs": share(r["input_rank"] < 0 for r in single)[1],
    }
    if maps:
        found |= {
            "control_slope": [
                present_mean(r["control_slope"] for r in maps),
                largest["control_slope"],
            ],
            "control_errors": max(abs(r["control_slope"]) / r["control_error"] for r in maps),
        }
    found["control_simple_and_rare"] = mean("control_rare")
    found["control_inputs"] = present_mean(r["control_input_rank"] for r in single)
    return found | {"verdict": _verdict(found, maps, single)}


def _verdict(found, maps, single):
    """found: the summary; maps: rows of maps with a bias; single: those of single transducers."""
    claim = []
    for r in maps:
        last = r["map"] == PROGRAMS or (r["map"] == ALL and _is_largest(r, maps))
        if last and r["measure"] == LZ:
            words = f"the slope is {r['slope']:.2f} over {map_name(r)}"
            claim.append((r["slope"] < -4 * r["error"], words))
    known = [r for r in maps if r["measure"] == LZ]
    if known:
        above = sum(r["above"] * r["outputs"] for r in known) / sum(r["outputs"] for r in known)
        claim.append((above < 0.01, f"{above:.4f} of the outputs of all maps are above the bound"))
    falls, of = share(r["slope"] < 0 for r in single)
    claim.append((falls, f"the slope is below 0 in {of} single transducers with a bias"))
    if single:
        rare = found["simple_and_rare"][f"{ONE}, {LZ}"]
        words = f"{rare:.2f} of the simple outputs of a single transducer are rare"
        claim.append((rare > 0.1, words))
    simpler, of = share(r["input_rank"] < 0 for r in single)
    claim.append((simpler, f"outputs further below the bound have simpler inputs in {of} of them"))
    control = []
    if maps:
        steepest, errors = found["control_slope"][1], found["control_errors"]
        words = f"the steepest slope of a random map is {steepest:.3f}"
        control.append((errors < 4, f"{words}, all within {errors:.1f} standard errors of 0"))
    if single:
        mean = found["control_inputs"]
        words = f"the mean rank correlation with the complexity of inputs is {mean:.3f} there"
        control.append((abs(mean) < 0.05, words))
    return verdict(claim, control)


def _is_largest(row, maps):
    return row["states"] == max(r["states"] for r in maps if r["map"] == ALL)
