"""Shared patterns become primitives: fewer bits for a family, and deeper tasks in one budget.

A family of tasks is searched in a DSL, `synth.library` learns abstractions from the programs
found, and the same tasks are searched again with the enlarged DSL, for some rounds.  Held-out
tasks, of which the library never saw a program, are searched before and after with the same
number of candidates.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from synth import codes
from synth.errors import SettingError
from synth.experiments.base import refuse_repeated, setting, spawn_seeds
from synth.language import UNIT
from synth.library import DIGITS, RIPPLE, XOR, Solved, family, learn, saved, total_units
from synth.runs.items import Item, search_item

CONTROL = (
    "the same tasks with their labels permuted, each by a permutation of its own: tables are "
    "chosen and no abstraction is accepted. Beside it, with tables forbidden, the programs with "
    "the fewest exceptions: what they share is of the language, and the total stays above tables"
)
COLUMNS = ("family", "labels", "name", "total_before", "total_after", "test_after")
PANELS = 3

#: Programs that a search of each family makes unless it is said.
BUDGETS = {XOR: 2_000_000, RIPPLE: 15_000_000, DIGITS: 500_000}
TRUE, PERMUTED, FORBIDDEN = "true", "permuted", "no tables"


@dataclass(frozen=True)
class Settings:
    families: tuple[str, ...] = setting(
        (XOR, RIPPLE, DIGITS), "families of tasks", choices=(XOR, RIPPLE, DIGITS)
    )
    budget: int | None = setting(
        None, "programs that one search makes at most; 2 million for xor, 15 for ripple, 0.5 "
        "for digits unless given", low=1,
    )  # fmt: skip
    base: int = setting(5, "the base of the digits", low=3, high=9)
    holes: int = setting(3, "holes of a pattern, at most", low=1, high=5)
    rounds: int = setting(3, "of learning and searching again, at most", low=1)
    twins: int = setting(2, "families with permuted labels", low=1)
    seed: int = setting(0, "of training rows and of permutations", low=0)
    libraries: str | None = setting(
        None, "folder in which each family's library is saved, as FAMILY.py and FAMILY.json"
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
        for work, make in ((_search, _Case.searches), (_learn, _Case.lessons)):
            if work is _learn and number == settings.rounds:
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
    """Makes it where it is not there; before the searches, since they take time."""
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(
            f"libraries={path}: {error.strerror}; allowed: a folder, or a place for one"
        ) from None


class _Case:
    """A family with one labelling, on its way through the rounds.

    first, now: the hypothesis of each task, without a library and with the one there is;
    deep: of held-out tasks likewise, [first, now]; lessons learned: what `_learn` answered;
    changed: whether the last of them changed the library.
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
        return _library(self.family, self.definitions)

    def searches(self, number):
        tasks = [*self.family.tasks]
        tasks += self.family.held_out if self.labels == TRUE else []
        return [
            (self.place, task, self.permutation, self.definitions, self.budget) for task in tasks
        ]

    def lessons(self, number):
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
            # A search that ends at its budget can miss what rewriting has found.
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
        if not self.learned or self.now.keys() != self.family.tasks.keys():
            return  # stopped early
        common = _EMPTY | {"family": self.name, "labels": self.labels, "twin": self.twin}
        yield common | self._whole()
        for lesson in self.learned:
            yield from _steps(common, lesson)
        for task, found in self.deep.items():
            yield common | {"row": "held out", "name": task} | _beside(found[0], found[-1])
        for task, first in self.first.items():
            yield common | {"row": "task", "name": task} | _beside(first, self.now[task])
        if self.forbidden is not None:
            common |= {"labels": FORBIDDEN}
            yield from _steps(common, self.forbidden)
            yield common | {
                "row": "family", "name": f"{len(self.now)} tasks",
                "total_before": self.forbidden["before"], "total_after": self.forbidden["after"],
                "abstractions": len(self.forbidden["definitions"]),
                "library_bits": self.forbidden["library_bits"],
            }  # fmt: skip

    def _whole(self):
        library = self.learned[-1]["library_bits"]
        totals = [sum(map(_hypothesis, found.values())) for found in (self.first, self.now)]
        before, after = totals[0] + EMPTY_LIBRARY, totals[1] + library
        solved = [t for t, f in self.first.items() if f["exceptions"] == 0]
        orders = sum(codes.log2_multinomial(t.counts()) for t in self.family.tasks.values())
        return {
            "row": "family", "name": f"{len(self.now)} tasks",
            "bits_before": EMPTY_LIBRARY + sum(self.first[t]["bits"] for t in solved),
            "bits_after": library + sum(self.now[t]["bits"] for t in solved),
            "total_before": before, "total_after": after, "library_bits": library,
            "abstractions": len(self.definitions),
            "solved_before": len(solved),
            "solved_after": sum(f["exceptions"] == 0 for f in self.now.values()),
            "log2_chance": min(0.0, after - orders),
        }  # fmt: skip


#: Bits of the code of a library without abstractions: its flag that none follows.
EMPTY_LIBRARY = 1.0

_EMPTY = dict.fromkeys((
    "family", "labels", "twin", "row", "name", "before", "after", "bits_before", "bits_after",
    "total_before", "total_after", "test_before", "test_after", "candidates_before",
    "candidates_after", "stop_before", "stop_after", "library_bits", "abstractions",
    "solved_before", "solved_after", "log2_chance",
))  # fmt: skip


def _steps(common, lesson):
    for kind, text, before, after in lesson["steps"]:
        yield common | {"row": kind, "name": text, "total_before": before, "total_after": after}


def _beside(first, now):
    """The entries of a row for a task before and after."""
    found = {}
    for when, one in (("before", first), ("after", now)):
        table = one["table"] <= one["total"]
        found |= {
            when: "table" if table else one["text"], f"bits_{when}": one["bits"],
            f"total_{when}": _hypothesis(one), f"candidates_{when}": one["candidates"],
            f"test_{when}": one["table_test"] if table else one["test"],
            f"stop_{when}": one["stop"],
        }  # fmt: skip
    return found


def _hypothesis(found):
    """Total bits of the better hypothesis, program or table."""
    return min(found["total"], found["table"])


def _library(one, definitions):
    """The DSL of a `Family` with these abstractions; without any it is the DSL itself."""
    task = next(iter(one.tasks.values()))
    return saved.make(one.dsl, definitions, (*task.types.values(), task.label_type))


def _search(item):
    """One search: the best program, that with the fewest exceptions, and the table."""
    (name, seed, base), task, permutation, definitions, budget = item
    one = family(name, seed, base)
    chosen = {**one.tasks, **one.held_out}[task]
    if permutation is not None:  # every task by a permutation of its own
        chosen = chosen.permuted(permutation + list(one.tasks).index(task))
    limits = {"max_programs": budget, "seconds": None}
    found = search_item(Item(chosen, _library(one, definitions).dsl, top=1, limits=limits))
    program, fewest = found["program"], found["front"][-1]
    return {
        "text": program["text"], "bits": program["bits"], "exceptions": program["exceptions"],
        "total": program["total_bits"], "test": program["test_accuracy"],
        "table": found["table"]["bits"], "table_test": found["table"]["test_accuracy"],
        "candidates": found["candidates"], "stop": found["stop_reason"],
        "fewest": {key: fewest[key] for key in ("text", "bits", "total_bits")},
    }  # fmt: skip


def _learn(item):
    """One lesson: the library, its steps, and every task's program in it.

    Of the programs with the fewest exceptions, where that is asked, tables being no choice.
    """
    (name, seed, base), fewest, definitions, now, holes = item
    one = family(name, seed, base)
    library, corpus = _library(one, definitions), []
    for task, found in now.items():
        text, bits, total, table = (found[k] for k in ("text", "bits", "total", "table"))
        if fewest:
            text, bits, total = (found["fewest"][k] for k in ("text", "bits", "total_bits"))
        solved = Solved.from_bits(one.tasks[task], library.dsl, text, bits, total, table)
        corpus.append(replace(solved, table=None) if fewest else solved)
    before = total_units(library, corpus) / UNIT
    found = learn(library, corpus, most_holes=holes)
    tasks = {}
    for task, solved in zip(now, found.corpus, strict=True):
        units = solved.units(found.library.dsl)
        tasks[task] = {
            "text": solved.program.text, "bits": units / UNIT,
            "total": (units + solved.rest) / UNIT,
        }  # fmt: skip
    return {
        "definitions": saved.definitions(found.library), "library_bits": found.library.bits,
        "steps": [[s.kind, s.text, s.before, s.after] for s in found.steps],
        "before": before, "after": found.bits, "tasks": tasks,
    }  # fmt: skip


def summarise(rows):
    summary = {}
    whole = [r for r in rows if r["row"] == "family"]
    for one in whole:
        if one["labels"] != TRUE:
            continue
        name = one["family"]
        mine = [r for r in rows if r["family"] == name and r["labels"] == TRUE]
        summary[f"{name}: total bits before, after"] = [one["total_before"], one["total_after"]]
        summary[f"{name}: fall of the total"] = 1 - one["total_after"] / one["total_before"]
        summary[f"{name}: fall of library and programs, of tasks solved before"] = (
            1 - one["bits_after"] / one["bits_before"]
        )
        summary[f"{name}: steps"] = [f"{r['row']} {r['name']}" for r in mine
                                     if r["row"] in ("added", "dropped")]  # fmt: skip
        summary[f"{name}: held-out accuracy before, after"] = {
            r["name"]: [r["test_before"], r["test_after"]] for r in mine if r["row"] == "held out"
        }
    control = [r for r in whole if r["labels"] == PERMUTED]
    summary["control: families with permuted labels"] = len(control)
    summary["control: abstractions accepted"] = sum(r["abstractions"] for r in control)
    summary["control: tables forbidden: total before, after, and with tables"] = {
        f"{r['family']}, twin {r['twin']}": [
            r["total_before"],
            r["total_after"],
            one["total_after"],
        ]
        for r in whole
        if r["labels"] == FORBIDDEN
        for one in control
        if (one["family"], one["twin"]) == (r["family"], r["twin"])
    }
    summary["control: abstractions there"] = sum(
        r["abstractions"] for r in whole if r["labels"] == FORBIDDEN
    )
    return summary


def draw(rows, axes):
    totals, tasks, deep = axes
    families = list(dict.fromkeys(r["family"] for r in rows))
    colours = {name: f"C{k}" for k, name in enumerate(families)}
    _draw_totals(totals, [r for r in rows if r["row"] == "family"], families)
    for name in families:
        for kind, face in (("task", colours[name]), ("held out", "none")):
            mine = [r for r in rows
                    if (r["family"], r["labels"], r["row"]) == (name, TRUE, kind)]  # fmt: skip
            tasks.scatter(
                [r["total_before"] for r in mine], [r["total_after"] for r in mine], s=28,
                facecolors=face, edgecolors=colours[name],
                label=name if kind == "task" else f"{name}, held out",
            )  # fmt: skip
    low, high = tasks.get_xlim()
    tasks.plot([low, high], [low, high], color="grey", linewidth=0.8, linestyle=":")
    for axis, scale in ((tasks.xaxis, tasks.set_xscale), (tasks.yaxis, tasks.set_yscale)):
        scale("log", base=2)
        axis.set_major_formatter("{x:.0f}")
    tasks.set_xlabel("bits of a task's hypothesis before")
    tasks.set_ylabel("after, with the library")
    tasks.legend(fontsize="x-small", loc="upper left")
    shown = [r for r in rows if r["row"] == "held out"]
    for height, row in enumerate(reversed(shown)):
        before, after, colour = row["test_before"], row["test_after"], colours[row["family"]]
        deep.plot([before, after], [height, height], color=colour, linewidth=1, linestyle="-")
        deep.scatter([before], [height], s=34, facecolors="white", edgecolors=colour, zorder=3)
        deep.scatter([after], [height], s=34, color=colour, zorder=3)
    deep.set_yticks(range(len(shown)), [r["name"] for r in reversed(shown)], fontsize="small")
    deep.set_xlabel("accuracy on unseen rows,\nheld-out tasks, before (open) and after")
    deep.set_xlim(0, 1.03)


def _draw_totals(axes, whole, families):
    """Bars: the total after in percent of that before, what the library takes at the bottom."""
    ticks = []
    for place, name in enumerate(families):
        for k, labels in enumerate((TRUE, PERMUTED)):
            mine = [r for r in whole if (r["family"], r["labels"]) == (name, labels)]
            if not mine:
                continue
            before = sum(r["total_before"] for r in mine) / 100
            after, library = (sum(r[key] for r in mine) / before
                              for key in ("total_after", "library_bits"))  # fmt: skip
            x = 2.6 * place + k
            axes.bar(x, library, color="C3", label="library" if not ticks else None)
            colour, what = (("C0", "hypotheses"), ("0.7", "hypotheses, permuted"))[k]
            axes.bar(x, after - library, bottom=library, color=colour,
                     label=None if place else what)  # fmt: skip
            axes.text(x, after + 1, f"{after:.0f}", ha="center", fontsize="small")
            ticks.append((x, f"{name}\n{labels}"))
    axes.set_xticks(*zip(*ticks, strict=True), fontsize="x-small")
    axes.set_ylabel("total bits after, % of before")
    axes.set_ylim(0, 135)
    axes.legend(fontsize="x-small", loc="upper left", ncols=2)
