"""What each part of a program computes over (a, b), and the frequencies that it is made of.

For every subexpression a picture of its values over all pairs of inputs, and its power at
each pair of frequencies, by the discrete Fourier transform in two dimensions.  Residues v
are seen as exp(2 pi i v / p), truth values as -1 and 1; the mean is left out.
"""

import textwrap
from dataclasses import dataclass

import numpy as np

from synth import tasks
from synth.errors import ParseError, SettingError
from synth.experiments.base import setting, spawn_seeds
from synth.language import Program
from synth.runs.items import Item, search_item

CONTROL = (
    "a table of random labels has no frequency of its own: none has a share that is worth "
    "naming, and half of the power takes a quarter of all frequencies"
)
COLUMNS = ("program", "number", "step", "type", "peaks", "largest", "half")
PANELS = (3, 3)

#: Frequencies with less of the power are no peaks.
PEAK = 0.01

#: A neuron with a square in place of a product, its u = e(x) + e(y) given twice over:
#: u + conj(u) is 2 (cos + cos).
_U = "(e{k}({x}) + e{k}({y}))"
NEURON = f"({_U} + conj({_U})) * ({_U} + conj({_U}))"


@dataclass(frozen=True)
class Settings:
    task: str = setting("mod-add:p=31", "a task of two columns")
    dsl: str | None = setting("fourier:frequencies=5", "its language")
    program: str | None = setting(
        None, "its text; what the search finds and, with embeddings, a neuron, unless given"
    )
    seconds: float = setting(20.0, "of the search", low=0.01)
    seed: int = setting(0, "of the split and the random labels", low=0)


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
        item = Item(settings.task, dsl.name if settings.dsl is None else settings.dsl,
                    seed=settings.seed, limits={"seconds": settings.seconds})  # fmt: skip
        for text in map(_search, [item]):
            programs["found"] = Program.parse(text, grammar)
        neuron = _neuron(grammar)
        if neuron is not None:
            programs["neuron"] = neuron
    shape, columns = grid(task)
    names = {}
    for name, program in programs.items():
        for row, values, type_, defined in _steps(program, columns, names):
            yield {"program": name, **row, **picture(values, type_, defined, shape)}
    drawn = np.random.default_rng(spawn_seeds(settings.seed, 1)[0])
    labels = drawn.choice(np.array(task.alphabet), shape[0] * shape[1])
    labels = labels.astype(task.label_type.dtype)
    yield {
        "program": "random labels", "number": None, "step": "random labels",
        "expression": "random labels", "type": str(task.label_type),
        **picture(labels, task.label_type, np.ones(len(labels), bool), shape),
    }  # fmt: skip


def _search(item):
    return search_item(item)["program"]["text"]


def _neuron(grammar):
    """A neuron of the first frequency that the DSL has an embedding of; None without one."""
    x, y = (Program(i).text for i in grammar.inputs[:2])
    for primitive in grammar.dsl.primitives:
        if primitive.name[0] == "e" and primitive.name[1:].isdecimal():
            try:
                return Program.parse(NEURON.format(k=primitive.name[1:], x=x, y=y), grammar)
            except ParseError:
                pass
    return None


def grid(task):
    """(the numbers of values of a and of b, the columns over all pairs, each of all pairs).

    The values are all residues of a Mod column, and else those that occur.  Pairs go by
    a, then by b.  Columns are those that the task's DSL reads.
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

    names: what those before are called, by which later ones refer to them; grows, and what
    is in it is not shown again.  Of a program without arguments, itself.
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
    """Values as numbers that a transform can take: float64 or complex128 of their shape."""
    if type_.family == "Mod":
        return np.exp(2j * np.pi * values / type_.size)
    return np.where(values, 1.0, -1.0) if type_.family == "Bool" else values.astype(type_.number)


def spectrum(numbers):
    """The share of each pair of frequencies (i, j) in the power, float64 (n, m), n x m given.

    Frequencies as `numpy.fft.fft2` orders them.  The mean is left out; all are 0 where
    nothing is left.
    """
    power = np.abs(np.fft.fft2(numbers - numbers.mean())) ** 2
    power[0, 0] = 0.0
    total = power.sum()
    # What rounding leaves of a constant is no frequency.
    least = 1e-18 * numbers.size**2 * max(1.0, float(np.abs(numbers).max()) ** 2)
    return power / total if total > least else np.zeros_like(power)


def folded(shares):
    """{(i, j): share}, largest first, (i, j) and (-i, -j) as one: i > 0, or i = 0 and j >= 0.

    shares: as of `spectrum`.  Of real values the two have equal shares.
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
    """The entries of a row that show values over a grid, (n * m,) with shape (n, m).

    peaks: frequencies of a hundredth of the power or more, at most six; largest: the share
    of the first; half: the share of all frequencies that hold half of the power; values
    and power: the pictures, rows by a.  A value that is not defined counts as 0.
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
    control = [r for r in rows if r["program"] == "random labels"]
    return {
        "programs": {
            r["program"]: r["expression"] for r in rows if r["program"] != "random labels"
        },
        "peaks": {_called(r): r["peaks"] or "none" for r in rows},
        "control: largest share of one frequency, random labels": control[0]["largest"],
        "control: share of frequencies that hold half of the power": control[0]["half"],
    }


def _called(row):
    return row["step"] if row["number"] is None else f"[{row['number']}] {row['step']}"


def draw(rows, axes):
    # The last are the whole programs and the control.
    shown = rows[-len(axes) :]
    for axis, row in zip(axes, shown, strict=False):
        left, right = (axis.inset_axes([start, 0.05, 0.46, 0.72]) for start in (0, 0.54))
        lines = [_called(row)]
        if row["expression"] != row["step"]:
            lines += textwrap.wrap(row["expression"], 56)
        lines.append(f"peaks {row['peaks'] or 'none'}")
        left.set_title("\n".join(lines), fontsize="x-small", loc="left")
        residues = row["type"].startswith("Mod")
        values = np.array(row["values"], float)
        left.imshow(values, cmap="twilight" if residues else "viridis", origin="lower")
        power = np.fft.fftshift(np.array(row["power"], float))
        # From where to where the cells of frequencies -(n // 2), ... of a, of b reach.
        (low, high), (start, end) = (
            (-(size // 2) - 0.5, size - size // 2 - 0.5) for size in power.shape
        )
        right.imshow(np.sqrt(power), cmap="magma", origin="lower", extent=(start, end, low, high))
        if row is shown[0]:  # the same for all
            left.set_xlabel("b across, a up", fontsize="x-small")
            right.set_xlabel("frequency of b across, of a up", fontsize="x-small")
        for inset in (left, right):
            inset.locator_params(nbins=3)
            inset.tick_params(labelsize="x-small", length=2)
            inset.grid(False)
    for axis in axes:
        axis.set_axis_off()
