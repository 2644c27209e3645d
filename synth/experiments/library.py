"""Shared patterns become primitives: families cost fewer bits; the same budget solves deeper tasks.

A family of tasks is searched in a DSL.  Then `synth.library` learns abstractions from the programs
found, and the same tasks are searched again with the enlarged DSL; this is repeated for some
rounds.  Held-out tasks, whose programs the library never saw, are searched before and after with
the same number of candidates.
"""

from dataclasses import dataclass
from pathlib import Path

from synth import codes
from synth.errors import SettingError
from synth.experiments._library_items import learn_library, library_of, search_task
from synth.experiments.base import refuse_repeated, setting, spawn_seeds
from synth.experiments.rows import RowKinds, share, verdict
from synth.library import DIGITS, RIPPLE, XOR, family, saved
from synth.report import COLOURS, shades

GROUP = "structure"
TIME = "about 75 s on one core"
CONTROL = (
    "In each task of a family, the labels are permuted, each time by another permutation. Tables "
    "are chosen and no abstraction is accepted. A second control forbids tables and takes the "
    "programs with the fewest exceptions. What these share comes from the language, and the total "
    "stays above that of tables."
)
COLUMNS = ("family", "labels", "name", "total_before", "total_after", "test_after")
PANELS = 3
SUMMARY = {
    "control_families": "control: families with permuted labels",
    "control_abstractions": "control: abstractions accepted",
    "control_without_tables": ("control: tables forbidden: total before, after, and with tables"),
    "control_abstractions_without_tables": "control: abstractions without tables",
    "{family}_total_bits": "{family}: total bits before, after",
    "{family}_fall_of_total": "{family}: fall of the total",
    "{family}_fall_of_programs": ("{family}: fall of library and programs, of tasks solved before"),
    "{family}_steps": "{family}: steps",
    "{family}_held_out_accuracy": "{family}: held-out accuracy before, after",
    "verdict": "verdict",
}

#: The default number of programs that one search of a family scores.
BUDGETS = {XOR: 2_000_000, RIPPLE: 15_000_000, DIGITS: 500_000}
TRUE, PERMUTED, FORBIDDEN = "true", "permuted", "no tables"
#: Bits of the code of an empty library: its flag that no abstraction follows.
EMPTY_LIBRARY = 1.0

CASE = "family labels twin row name"
ROWS = RowKinds(
    (
        "family", "labels", "twin", "row", "name", "before", "after", "bits_before", "bits_after",
        "total_before", "total_after", "test_before", "test_after", "candidates_before",
        "candidates_after", "stop_before", "stop_after", "library_bits", "abstractions",
        "solved_before", "solved_after", "log2_chance",
    ),
    family=f"{CASE} bits_before bits_after total_before total_after library_bits abstractions "
    "solved_before solved_after log2_chance",
    family_without_tables=f"{CASE} total_before total_after library_bits abstractions",
    step=f"{CASE} total_before total_after",
    task=f"{CASE} before after bits_before bits_after total_before total_after test_before "
    "test_after candidates_before candidates_after stop_before stop_after",
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    families: tuple[str, ...] = setting(
        (XOR, RIPPLE, DIGITS), "Families of tasks.", choices=(XOR, RIPPLE, DIGITS)
    )
    budget: int | None = setting(
        None,
        "Number of programs after which each search stops.  [default: 2 million for xor, "
        "15 million "
        "for ripple, 0.5 million for digits]",
        low=1,
    )
    base: int = setting(5, "Base of the digits.", low=3, high=9)
    holes: int = setting(3, "Largest number of holes in a pattern.", low=1, high=5)
    rounds: int = setting(3, "Largest number of rounds of learning and searching.", low=1)
    twins: int = setting(2, "Number of families with permuted labels.", low=1)
    seed: int = setting(0, "Seed for the training rows and the permutations.", low=0)
    libraries: str | None = setting(
        None, "Folder in which to save each family's library, as FAMILY.py and FAMILY.json."
    )


def run(settings, map):
    refuse_repeated(settings.families, "families")
    if settings.libraries is not None:
        _folder(settings.libraries)
    seeds = spawn_seeds(settings.seed, settings.twins)
    twins = [(TRUE, None, None), *((PERMUTED, k, seed) for k, seed in enumerate(seeds))]
    cases = [_Case(settings, name, *twin) for name in settings.families for twin in twins]
    for number in range(settings.rounds + 1):
        active = [c for c in cases if c.changed]
        for work, make in ((search_task, _Case.searches), (learn_library, _Case.lessons)):
            if work is learn_library and number == settings.rounds:
                break
            items = [(case, item) for case in active for item in make(case, number)]
            answers = map(work, [item for _, item in items])
            for (case, item), answer in zip(items, answers, strict=False):
                case.take(item, answer)
    for case in cases:
        yield from case.rows()
        if settings.libraries is not None and case.labels == TRUE and case.learned:
            library = case.library
            for ending in ("py", "json"):
                saved.save(library, Path(settings.libraries) / f"{case.name}.{ending}")


def _folder(path):
    """Makes the folder if it is missing, before the searches take their time."""
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(
            f"libraries={path}: {error.strerror}; allowed: a folder, or a path for one"
        ) from None


class _Case:
    """A family with one labelling, on its way through the rounds.

    first, now: the hypothesis of each task, without a library and with the present one;
    deep: [first, now] of each held-out task; learned: the answers of `learn_library`;
    forbidden: its answer without tables, or None;
    changed: whether the last lesson changed the library.
    """

    def __init__(self, settings, name, labels, twin, permutation):
        self.name, self.labels, self.twin = name, labels, twin
        self.family = family(name, settings.seed, settings.base)
        self.place = name, settings.seed, settings.base
        self.permutation, self.holes = permutation, settings.holes
        self.budget = settings.budget or BUDGETS[name]
        self.first, self.now, self.deep, self.learned = {}, {}, {}, []
        self.forbidden, self.changed = None, True

    @property
    def definitions(self):
        return self.learned[-1]["definitions"] if self.learned else []

    @property
    def library(self):
        return library_of(self.family, self.definitions)

    def searches(self, number):
        """The items of `search_task` for one round."""
        tasks = [*self.family.tasks]
        tasks += self.family.held_out if self.labels == TRUE else []
        return [
            (self.place, task, self.permutation, self.definitions, self.budget) for task in tasks
        ]

    def lessons(self, number):
        """The items of `learn_library` for one round."""
        yield self.place, False, self.definitions, dict(self.now), self.holes
        if self.labels == PERMUTED and number == 0:
            yield self.place, True, [], dict(self.now), self.holes

    def take(self, item, answer):
        """Keeps the answer of a search or a lesson."""
        if "definitions" not in answer:
            task = item[1]
            if task in self.family.held_out:
                self.deep[task] = [*self.deep.get(task, ())[:1], answer]
                return
            self.first.setdefault(task, answer)
            # A search that ends at its budget can miss a program that rewriting found.
            if task not in self.now or answer["total"] < self.now[task]["total"]:
                self.now[task] = answer
        elif item[1]:
            self.forbidden = answer
        else:
            self.learned.append(answer)
            self.changed = bool(answer["steps"])
            for task, found in answer["tasks"].items() if self.changed else ():
                self.now[task] = self.now[task] | found

    def rows(self):
        """All rows of the family; none if it was stopped early."""
        if not self.learned or self.now.keys() != self.family.tasks.keys():
            return
        case = {"family": self.name, "labels": self.labels, "twin": self.twin}
        yield self._whole(case)
        for lesson in self.learned:
            yield from _steps(case, lesson)
        for task, found in self.deep.items():
            yield _task_row(case | {"row": "held out", "name": task}, found[0], found[-1])
        for task, first in self.first.items():
            yield _task_row(case | {"row": "task", "name": task}, first, self.now[task])
        if self.forbidden is not None:
            case |= {"labels": FORBIDDEN}
            yield from _steps(case, self.forbidden)
            yield ROWS(
                "family_without_tables",
                row="family",
                **case,
                name=f"{len(self.now)} tasks",
                total_before=self.forbidden["before"],
                total_after=self.forbidden["after"],
                library_bits=self.forbidden["library_bits"],
                abstractions=len(self.forbidden["definitions"]),
            )

    def _whole(self, case):
        """The row of the whole family."""
        library = self.learned[-1]["library_bits"]
        totals = [sum(map(_hypothesis, found.values())) for found in (self.first, self.now)]
        after = totals[1] + library
        solved = [t for t, f in self.first.items() if f["exceptions"] == 0]
        orders = sum(codes.log2_multinomial(t.counts()) for t in self.family.tasks.values())
        return ROWS(
            "family",
            row="family",
            **case,
            name=f"{len(self.now)} tasks",
            bits_before=EMPTY_LIBRARY + sum(self.first[t]["bits"] for t in solved),
            bits_after=library + sum(self.now[t]["bits"] for t in solved),
            total_before=totals[0] + EMPTY_LIBRARY,
            total_after=after,
            library_bits=library,
            abstractions=len(self.definitions),
            solved_before=len(solved),
            solved_after=sum(f["exceptions"] == 0 for f in self.now.values()),
            log2_chance=min(0.0, after - orders),
        )


def _steps(case, lesson):
    """A row for each step of a lesson."""
    for kind, text, before, after in lesson["steps"]:
        totals = {"total_before": before, "total_after": after}
        yield ROWS("step", row=kind, name=text, **case, **totals)


def _task_row(case, first, now):
    """The row of a task, before and after."""
    found = {}
    for when, one in (("before", first), ("after", now)):
        table = one["table"] <= one["total"]
        found |= {
            when: "table" if table else one["text"],
            f"bits_{when}": one["bits"],
            f"total_{when}": _hypothesis(one),
            f"candidates_{when}": one["candidates"],
            f"test_{when}": one["table_test"] if table else one["test"],
            f"stop_{when}": one["stop"],
        }
    return ROWS("task", **case, **found)


def _hypothesis(found):
    """Total bits of the better hypothesis: program or table."""
    return min(found["total"], found["table"])


def summarise(rows):
    summary = {}
    whole = [r for r in rows if r["row"] == "family"]
    for one in whole:
        if one["labels"] == TRUE:
            mine = [r for r in rows if r["family"] == one["family"] and r["labels"] == TRUE]
            summary |= _of_family(one, mine)
    control = {(r["family"], r["twin"]): r for r in whole if r["labels"] == PERMUTED}
    forbidden = [r for r in whole if r["labels"] == FORBIDDEN]
    return summary | {
        "control_families": len(control),
        "control_abstractions": sum(r["abstractions"] for r in control.values()),
        "control_without_tables": {
            f"{r['family']}, twin {r['twin']}": [
                r["total_before"],
                r["total_after"],
                control[r["family"], r["twin"]]["total_after"],
            ]
            for r in forbidden
            if (r["family"], r["twin"]) in control
        },
        "control_abstractions_without_tables": sum(r["abstractions"] for r in forbidden),
        "verdict": _verdict(rows),
    }


def _of_family(whole, rows):
    """The entries of a family; whole: its row; rows: all its rows with true labels."""
    name = whole["family"]
    return {
        f"{name}_total_bits": [whole["total_before"], whole["total_after"]],
        f"{name}_fall_of_total": 1 - whole["total_after"] / whole["total_before"],
        f"{name}_fall_of_programs": 1 - whole["bits_after"] / whole["bits_before"],
        f"{name}_steps": [
            f"{r['row']} {r['name']}" for r in rows if r["row"] in ("added", "dropped")
        ],
        f"{name}_held_out_accuracy": {
            r["name"]: [r["test_before"], r["test_after"]] for r in rows if r["row"] == "held out"
        },
    }


def _verdict(rows):
    whole = [r for r in rows if r["row"] == "family"]
    true = [r for r in whole if r["labels"] == TRUE]
    fewer, of = share(r["total_after"] < r["total_before"] for r in true)
    claim = [(fewer, f"the library lowers the bits of {of} families")]
    held = [r for r in rows if r["row"] == "held out" and r["labels"] == TRUE]
    deeper, of = share(r["test_after"] == 1 for r in held)
    claim.append((deeper, f"{of} held-out tasks are solved with it"))
    permuted, of = share(not r["abstractions"] for r in whole if r["labels"] == PERMUTED)
    control = [(permuted, f"no abstraction is accepted in {of} permuted families")]
    tables = {(r["family"], r["twin"]): r["total_after"] for r in whole if r["labels"] == PERMUTED}
    above, of = share(
        r["total_after"] > tables[r["family"], r["twin"]]
        for r in whole
        if r["labels"] == FORBIDDEN and (r["family"], r["twin"]) in tables
    )
    control.append((above, f"without tables the total stays above theirs in {of} families"))
    return verdict(claim, control)


CAPTION = """Pieces that solved several tasks of a family are put into a library. (a) The bits of
all tasks together, with the library, as a percentage of the bits without it. The library pays for
true labels and not for permuted ones. (b) One mark for each task; below the line, the library
shortens it. Open marks are tasks that were held out. (c) The accuracy on unseen rows of held-out
tasks, without the library (open) and with it (filled)."""


def draw(rows, axes):
    families = list(dict.fromkeys(r["family"] for r in rows))
    colours = dict(zip(families, shades(len(families)), strict=True))
    _draw_totals(axes[0], [r for r in rows if r["row"] == "family"], families)
    _draw_tasks(axes[1], [r for r in rows if r["labels"] == TRUE], colours)
    _draw_held_out(axes[2], [r for r in rows if r["row"] == "held out"], colours)


def _draw_totals(axes, whole, families):
    """Bars: the total after in percent of the total before; the bottom part is the library."""
    for place, name in enumerate(families):
        for k, labels in enumerate((TRUE, PERMUTED)):
            mine = [r for r in whole if (r["family"], r["labels"]) == (name, labels)]
            if not mine:
                continue
            before = sum(r["total_before"] for r in mine) / 100
            after = sum(r["total_after"] for r in mine) / before
            library = sum(r["library_bits"] for r in mine) / before
            x = 2.6 * place + k
            axes.bar(x, library, color="C4", label=None if place or k else "library")
            colour, label = (
                (COLOURS["program"], "true labels"),
                (COLOURS["random labels"], "permuted"),
            )[k]
            label = None if place else label
            axes.bar(x, after - library, bottom=library, color=colour, label=label)
            axes.text(x, after + 1, f"{after:.0f}", ha="center", fontsize="small")
    middles = [2.6 * place + 0.5 for place in range(len(families))]
    axes.set_xticks(middles, families, fontsize="small")
    axes.set_title("bits of a family with its library")
    axes.set_ylabel("% of the bits without")
    axes.set_ylim(0, 145)
    axes.legend(loc="upper left", ncols=3)


def _draw_tasks(axes, rows, colours):
    for name, colour in colours.items():
        for kind, face in (("task", colour), ("held out", "none")):
            mine = [r for r in rows if (r["family"], r["row"]) == (name, kind)]
            x, y = ([r[key] for r in mine] for key in ("total_before", "total_after"))
            label = name if kind == "task" else None
            axes.scatter(x, y, s=28, facecolors=face, edgecolors=colour, label=label)
    low, high = axes.get_xlim()
    axes.plot([low, high], [low, high], color="grey", linewidth=0.8, linestyle=":")
    for axis, scale in ((axes.xaxis, axes.set_xscale), (axes.yaxis, axes.set_yscale)):
        scale("log", base=2)
        axis.set_major_formatter("{x:.0f}")
    axes.set_title("bits of each task")
    axes.set_xlabel("without the library")
    axes.set_ylabel("with the library")
    axes.legend(fontsize="small", loc="upper left")


def _draw_held_out(axes, rows, colours):
    rows = rows[::-1]
    for height, row in enumerate(rows):
        before, after, colour = row["test_before"], row["test_after"], colours[row["family"]]
        axes.plot([before, after], [height, height], color=colour, linewidth=1, linestyle="-")
        axes.scatter([before], [height], s=34, facecolors="white", edgecolors=colour, zorder=3)
        axes.scatter([after], [height], s=34, color=colour, zorder=3)
    axes.set_yticks(range(len(rows)), [r["name"] for r in rows], fontsize="small")
    axes.set_title("held-out tasks")
    axes.set_xlabel("accuracy on unseen rows")
    axes.set_xlim(0, 1.03)
