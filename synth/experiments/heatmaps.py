"""What each part of a program computes over both inputs, and the frequencies of its values.

For every subexpression, the experiment makes a picture of its values over all pairs of inputs. It
also computes the power of these values at each pair of frequencies, by the two-dimensional discrete
Fourier transform.  Residues v are read as exp(2 pi i v / p) and truth values as -1 and 1; the mean
is left out.
"""

import textwrap
from dataclasses import dataclass

import numpy as np

from synth import tasks
from synth.errors import ParseError, SettingError
from synth.experiments.base import setting, spawn_seeds
from synth.experiments.rows import share, verdict
from synth.language import Program
from synth.runs.items import Item, search_item

GROUP = "structure"
CONTROL = (
    "A table of random labels has no frequency of its own. No frequency has a share worth naming, "
    "and it takes a quarter of all frequencies to hold half of the power."
)
COLUMNS = ("program", "number", "step", "type", "peaks", "largest", "half")
PANELS = 9
HEIGHT = 2.1
SUMMARY = {
    "programs": "programs",
    "peaks": "peaks",
    "control_largest_share": "control: largest share of one frequency, random labels",
    "control_half_of_the_power": "control: share of frequencies that hold half of the power",
    "verdict": "verdict",
}

RANDOM = "random labels"

#: The least share of the power that makes a frequency a peak.
PEAK = 0.01
#: The least share of the power with which a frequency stands out.
STANDS_OUT = 0.1

#: A neuron that squares instead of multiplying.  With u = e(x) + e(y), which it writes twice,
#: u + conj(u) is 2 (cos + cos).
_U = "(e{k}({x}) + e{k}({y}))"
NEURON = f"({_U} + conj({_U})) * ({_U} + conj({_U}))"


@dataclass(frozen=True)
class Settings:
    task: str = setting("mod-add:p=31", "Task with two columns.")
    dsl: str | None = setting("fourier:frequencies=5", "DSL of the programs.")
    program: str | None = setting(
        None,
        "Text of a program.  [default: the program that a search finds and, if the DSL has "
        "embeddings, a neuron]",
    )
    seconds: float = setting(20.0, "Time limit of the search, in seconds.", low=0.01)
    seed: int = setting(0, "Seed for the choice of training rows and for the random labels.", low=0)


def run(settings, map):
    task = tasks.load_task(settings.task, seed=settings.seed)
    if len(task.types) != 2:
        raise SettingError(
            f"heatmaps: task {task.name} has {len(task.types)} columns; allowed: tasks with two"
        )
    fitted = tasks.fit(settings.dsl, task)
    dsl, task, grammar = fitted.dsl, fitted.task, fitted.grammar
    programs = {}
    if settings.program is not None:
        programs["given"] = Program.parse(settings.program, grammar)
    else:
        name = dsl.name if settings.dsl is None else settings.dsl
        limits = {"seconds": settings.seconds, "moves": 0}
        item = Item(settings.task, name, seed=settings.seed, limits=limits)
        for text in map(_search, [item]):
            programs["found"] = Program.parse(text, grammar)
        neuron = _neuron(grammar)
        if neuron is not None:
            programs["neuron"] = neuron
    shape, columns = grid(task)
    names, inputs = {}, list(task.original.types)
    for name, program in programs.items():
        for row, values, type_, defined in _steps(program, columns, names):
            yield {"program": name, **row, "inputs": inputs} | picture(
                values, type_, defined, shape
            )
    drawn = np.random.default_rng(spawn_seeds(settings.seed, 1)[0])
    labels = drawn.choice(np.array(task.alphabet), shape[0] * shape[1])
    labels = labels.astype(task.label_type.dtype)
    yield {
        "program": RANDOM,
        "number": None,
        "step": RANDOM,
        "expression": RANDOM,
        "type": str(task.label_type),
        "inputs": inputs,
        **picture(labels, task.label_type, np.ones(len(labels), bool), shape),
    }


def _search(item):
    program = search_item(item)["program"]
    return program["written"] or program["text"]


def _neuron(grammar):
    """A neuron at the first frequency for which the DSL has an embedding; None if it has none."""
    x, y = (Program(i).text for i in grammar.inputs[:2])
    for primitive in grammar.dsl.primitives:
        if primitive.name[0] == "e" and primitive.name[1:].isdecimal():
            try:
                return Program.parse(NEURON.format(k=primitive.name[1:], x=x, y=y), grammar)
            except ParseError:
                pass
    return None


def grid(task):
    """All pairs of the two columns' values, ordered by the first, then by the second.

    The values of a Mod or Bool column are all of its type; those of other columns are the ones
    that occur.

    Parameters
    ----------
    task : Task
        A task with two columns.

    Returns
    -------
    shape : (int, int)
        The numbers of values of both columns.
    columns : dict of str to array
        The columns that the task's DSL reads, over all pairs.
    """
    given = task.original
    values = [
        np.arange(t.size) if t.family in ("Mod", "Bool") else np.unique(given.columns[n])
        for n, t in given.types.items()
    ]
    pairs = np.meshgrid(*values, indexing="ij")
    columns = {
        name: given.types[name].check(part.ravel(), f"column {name}")
        for name, part in zip(given.types, pairs, strict=True)
    }
    return pairs[0].shape, columns if task.source is None else task.express(columns)


def _steps(program, columns, names):
    """(row, values, type, where they are defined) of each subexpression that has arguments.

    A program without arguments gives itself.  names: the names of earlier subexpressions, by which
    later ones refer to them; it grows, and its subexpressions are not shown again.
    """
    for part in program.parts():
        if part in names or not (part.arguments or part is program):
            continue
        number = 1 + len(names)
        inner = [names.get(a, a.text) for a in part.arguments]
        step = f"{part.head.name}({', '.join(inner)})" if inner else part.text
        names[part] = f"[{number}]"
        values, defined = part.outputs(columns)
        row = {"number": number, "step": step, "expression": part.text, "type": str(part.type)}
        yield row, values, part.type, defined


def signal(values, type_):
    """Values as numbers that a transform can take.

    Parameters
    ----------
    values : array
        Values of the type.
    type_ : Type
        Residues v become exp(2 pi i v / p), truth values -1 and 1, numbers stay.

    Returns
    -------
    array of float64 or complex128
        Of the same shape.
    """
    if type_.family == "Mod":
        return np.exp(2j * np.pi * values / type_.size)
    return np.where(values, 1.0, -1.0) if type_.family == "Bool" else values.astype(type_.number)


def spectrum(numbers):
    """The share of each pair of frequencies in the power, without the mean.

    Parameters
    ----------
    numbers : array, (n, m)
        The numbers to transform.

    Returns
    -------
    array of float64, (n, m)
        Shares in the order of `numpy.fft.fft2`; all are 0 if the numbers are constant.
    """
    power = np.abs(np.fft.fft2(numbers - numbers.mean())) ** 2
    power[0, 0] = 0.0
    total = power.sum()
    # The rounding errors of a constant are no frequency.
    least = 1e-18 * numbers.size**2 * max(1.0, float(np.abs(numbers).max()) ** 2)
    return power / total if total > least else np.zeros_like(power)


def folded(shares):
    """Shares of frequencies, where (i, j) and (-i, -j) count as one: i > 0, or i = 0 and j >= 0.

    The two have equal shares if the values are real.

    Parameters
    ----------
    shares : array of float64, (n, m)
        As given by `spectrum`.

    Returns
    -------
    dict of (int, int) to float
        Largest share first.
    """
    n, m = shares.shape
    found = {}
    for i, j in np.argwhere(shares > 0).tolist():
        # n / 2 and -n / 2 are one frequency.
        one, two = ((v if 2 * v <= size else v - size) for v, size in ((i, n), (j, m)))
        if one < 0 or (one in (0, n / 2) and two < 0):
            one, two = (v if 2 * v == size else -v for v, size in ((one, n), (two, m)))
        found[one, two] = found.get((one, two), 0.0) + float(shares[i, j])
    return dict(sorted(found.items(), key=lambda entry: (-round(entry[1], 9), entry[0])))


def picture(values, type_, defined, shape):
    """The entries of a row that show values over a grid.

    Parameters
    ----------
    values, defined : array, (n * m,)
        The values, and where they are defined; an undefined value counts as 0.
    type_ : Type
        The type of the values.
    shape : (int, int)
        (n, m).

    Returns
    -------
    dict
        peaks : str
            The frequencies with at least a hundredth of the power, at most six.
        largest : float or None
            The share of the first frequency.
        half : float or None
            The share of all frequencies that together hold half of the power.
        values, power : list of lists
            The pictures; each row is one value of a.
    """
    numbers = np.where(defined, signal(values, type_), 0).reshape(shape)
    shares = spectrum(numbers)
    one = folded(shares)
    peaks = [f"({i},{j})" for (i, j), share in list(one.items())[:6] if share >= PEAK]
    half = 1 + int(np.searchsorted(np.cumsum(list(one.values())), 0.5 - 1e-9))
    shown = values.real if type_.family == "Complex" else values.astype(float)
    shown = np.where(defined, shown, np.nan).reshape(shape)
    return {
        "peaks": " ".join(peaks),
        "largest": max(one.values(), default=None),
        "half": half / max(1, (shares.size - 1) / 2) if one else None,
        "values": [[round(v, 3) if v == v else None for v in line] for line in shown.tolist()],
        "power": [[round(v, 6) for v in line] for line in shares.tolist()],
    }


def summarise(rows):
    control = [r for r in rows if r["program"] == RANDOM]
    return {
        "programs": {r["program"]: r["expression"] for r in rows if r["program"] != RANDOM},
        "peaks": {_called(r): r["peaks"] or "none" for r in rows},
        "control_largest_share": control[0]["largest"],
        "control_half_of_the_power": control[0]["half"],
        "verdict": _verdict(rows),
    }


def _called(row):
    return row["step"] if row["number"] is None else f"[{row['number']}] {row['step']}"


def _verdict(rows):
    control = [r for r in rows if r["program"] == RANDOM]
    steps = [r for r in rows if r["program"] != RANDOM]
    stands, of = share(r["largest"] >= STANDS_OUT for r in steps)
    return verdict(
        [(stands, f"one frequency holds a tenth of the power or more in {of} steps of programs")],
        [
            (
                r["largest"] < STANDS_OUT and r["half"] > 0.15,
                f"with random labels the largest frequency holds {r['largest']:.3f} of the power "
                f"and half of the power takes {r['half']:.2f} of all frequencies",
            )
            for r in control
        ],
    )


CAPTION = """Each panel is a part of the program in its title; [1] stands for the part that is
numbered so, e5 for the point of a residue on a circle at frequency 5, and read5 for the residue of
such a point. Left: the values of the part (the real part of complex ones) for all pairs of inputs.
Right: the frequencies of which these values are made, from none (black) to most (white). A part of
the program has a few frequencies, and a product adds them: that is how the program adds residues.
The last panel is the control: random labels have every frequency and none in particular."""


def draw(rows, axes):
    # The last rows are the whole programs and the control.
    shown = rows[-len(axes) :]
    for axis, row in zip(axes, shown, strict=False):
        left, scale, right = (
            axis.inset_axes((start, 0, width, 1))
            for start, width in ((0, 0.4), (0.41, 0.02), (0.61, 0.39))
        )
        left.set_anchor("E")  # next to its scale, however wide the panel is
        right.set_anchor("W")
        lines = [_called(row)]
        if row["expression"] != row["step"]:
            lines += textwrap.wrap(row["expression"], 52)
        axis.set_title("\n".join(lines), fontsize="small")
        residues = row["type"].startswith("Mod")
        values = np.array(row["values"], float)
        image = left.imshow(values, cmap="twilight" if residues else "viridis", origin="lower")
        axis.figure.colorbar(image, cax=scale)
        power = np.fft.fftshift(np.array(row["power"], float))
        # The edges of the cells of frequencies -(n // 2), ... of both inputs.
        (low, high), (start, end) = (
            (-(size // 2) - 0.5, size - size // 2 - 0.5) for size in power.shape
        )
        right.imshow(np.sqrt(power), cmap="magma", origin="lower", extent=(start, end, low, high))
        up, across = row["inputs"]
        left.set(xlabel=across, ylabel=up)
        right.set(xlabel=f"frequency of {across} (up: of {up})")
        scale.locator_params("y", nbins=2, integer=True)
        for inset in (left, right):
            inset.locator_params(nbins=3)
        for inset in (left, scale, right):
            inset.tick_params(labelsize="small", length=2)
            inset.grid(False)
            for label in (inset.xaxis.label, inset.yaxis.label):
                label.set_fontsize("small")
    for axis in axes:
        axis.set_axis_off()
