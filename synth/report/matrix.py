"""A comparison as text: a table of total bits by task and DSL, then the best programs."""

import re
import textwrap
from collections import Counter
from pathlib import PurePath

from synth.report.escape import visibly
from synth.report.numbers import accuracy, bits, chance, saved, saves_most
from synth.report.text import shorten, table, terminal_width
from synth.report.words import program_text

#: The longest name of a task or a DSL that is shown in full.
LONGEST = 24

#: Totals that differ by less are equal (they are sums of floating-point numbers).
SAME = 1e-9


@visibly
def comparison_text(comparison, width=None):
    """The table, in blocks of as many DSLs as fit; its notes; one line for each search."""
    width = width or terminal_width()
    if not comparison.rows:
        return "No search was finished."
    view = _View(comparison)
    lines = view.matrix(width)
    lines += view.notes(width)
    found = view.found(width)
    return "\n".join([*lines, *([""] if found else []), *found])


def emphasised(text):
    """The text with the least total of each row in bold, for a terminal."""
    return re.sub(r"[0-9][0-9.,]*(?: \([^)]*\))?\*", "\x1b[1m\\g<0>\x1b[0m", text)


class _View:
    """The rows by task and DSL, and the names shown for these."""

    def __init__(self, comparison):
        settings = comparison.settings
        self.comparison = comparison
        self.tasks = settings["tasks"]
        self.dsls = settings["dsls"] or [None]
        self.seeds = settings["seeds"]
        self.cells = {}
        for row in comparison.rows:
            key = row["task"], row["dsl"] if settings["dsls"] else None
            self.cells.setdefault(key, []).append(row)
        self.reasons = list(dict.fromkeys(r["error"] for r in comparison.rows if r["error"]))
        self.task_names = _short(self.tasks)
        self.dsl_names = ["built-in DSL"] if self.dsls == [None] else _short(self.dsls)

    def matrix(self, width):
        """The lines of the table of total bits."""
        body = []
        for task, name in zip(self.tasks, self.task_names, strict=True):
            rows = [self.cells.get((task, dsl), []) for dsl in self.dsls]
            body.append((name, *self._marked(rows)))
        head = ("total bits", *self.dsl_names, "table")
        lines = []
        for columns in _blocks([head, *body], width):
            first, *rest = (tuple(row[c] for c in columns) for row in [head, *body])
            lines += [""] * bool(lines)
            lines += table(first, rest, "l" + "r" * (len(columns) - 1), width)
        return lines

    def _marked(self, rows):
        """The cells of a task and its table, with a star at the least total."""
        scored = [[r for r in cell if not r["error"]] for cell in rows]
        totals = [_mean(cell, "total_bits") for cell in scored]
        known = [cell for cell in scored if cell]
        tables = max(known, key=len) if known else []
        least = min((t for t in totals if t is not None), default=None)
        by_program = False
        texts = []
        for cell, total, given in zip(scored, totals, rows, strict=True):
            if total is None:
                reason = next((r["error"] for r in given), None)
                note = f"- ({self.reasons.index(reason) + 1})" if reason else "not run"
                texts.append(note + "  ")
                continue
            program = any(r["chosen"] == "program" for r in cell)
            star = program and bool(total <= least + SAME)
            by_program |= star
            proven = all(r["optimal"] for r in cell)
            texts.append(_spread(cell, "total_bits") + "*" * star + "?" * (not proven))
        # Padding keeps the numbers aligned to the left of their marks.
        texts = [t if t.endswith("  ") else t + " " * (2 - _marks(t)) for t in texts]
        end = _spread(tables, "table_bits") if tables else "-"
        return [*texts, end + (" " if by_program or not tables else "*")]

    def notes(self, width):
        """The reasons of missing totals, the legend, and the best DSL."""
        lines = []
        for k, reason in enumerate(self.reasons):
            lines += textwrap.wrap(f"({k + 1}) {reason}", width, subsequent_indent="    ")
        legend = "total bits: the best hypothesis, which may be the table; *: the least of the row"
        if any(r["optimal"] is False for r in self.comparison.rows):
            legend += "; ?: not proven optimal, so a longer search may find fewer bits"
        if self.seeds > 1:
            legend += f"; mean and range over {self.seeds} seeds"
        return ["", *lines, *textwrap.wrap(legend, width), *self.leader(width)]

    def leader(self, width):
        """Says which DSL has the fewest bits in total, over the tasks that fit every DSL."""
        shared, sums = 0, dict.fromkeys(self.dsls, 0.0)
        for task in self.tasks:
            cells = [self.cells.get((task, dsl), []) for dsl in self.dsls]
            if all(cell and not any(r["error"] for r in cell) for cell in cells):
                shared += 1
                for dsl, cell in zip(self.dsls, cells, strict=True):
                    sums[dsl] += _mean(cell, "total_bits")
        if len(self.dsls) < 2 or not shared:
            return []
        names = dict(zip(self.dsls, self.dsl_names, strict=True))
        first, second, *_ = sorted(sums, key=sums.get)
        ahead = sums[second] - sums[first]
        tasks = f"the {shared} task{'s' * (shared > 1)} that every DSL fits"
        if ahead <= SAME:
            text = f"in total: {names[first]} and {names[second]} tie over {tasks}"
        else:
            text = f"in total: {names[first]} has {bits(ahead)} bits fewer than {names[second]}"
            text += f" over {tasks}"
        text += "; the description of the DSLs is not counted"
        return textwrap.wrap(text, width)

    def found(self, width):
        """One line for each task and DSL, under the task's name."""
        names = dict(zip(self.dsls, self.dsl_names, strict=True))
        groups, body = [], []
        for task, name in zip(self.tasks, self.task_names, strict=True):
            before = len(body)
            for dsl in self.dsls:
                cell = [r for r in self.cells.get((task, dsl), []) if not r["error"]]
                if cell:
                    body.append(self._line(names[dsl] if dsl else cell[0]["dsl"], cell))
            groups.append((name, len(body) - before))
        if not body:
            return []
        head = (
            "what was found",
            "bits",
            "exc",
            "saved",
            "chance",
            "chosen",
            "test",
            "best program",
        )
        first, *rest = table(head, body, "lrrrrlrl", width)
        lines = [first]
        for name, count in groups:
            lines += [name, *rest[:count]] if count else []
            rest = rest[count:]
        legend = (
            "bits, exc: length of the best program, and the training rows on which it is wrong; "
            "saved: bits that the program and its exceptions save over the table (>=: a program "
            "that was not scored may save more); chance: bound on the chance that permuted labels "
            "do as well; test: accuracy of the chosen hypothesis"
        )
        if self.comparison.stop_reason != "finished":
            reason = self.comparison.stop_reason.upper()
            legend += f"; {reason}: some searches were cut short or not run"
        return [*lines, "", *textwrap.wrap(legend, width)]

    def _line(self, name, cell):
        texts = Counter(
            program_text(r["program"] or "(none found)", r["inverted"] and r["written"] is None)
            for r in cell
        )
        text, count = texts.most_common(1)[0]
        chosen = Counter(r["chosen"] for r in cell).most_common(1)[0]
        exceptions = _mean(cell, "exceptions")
        several = len(cell) > 1
        return (
            f"  {name}",
            _number(_mean(cell, "bits")),
            "-" if exceptions is None else f"{exceptions:.1f}" if several else f"{exceptions:.0f}",
            self._saved(cell),
            self._chance(cell),
            f"{chosen[0]} {chosen[1]}/{len(cell)}" if several else chosen[0],
            accuracy(_mean(cell, "test_accuracy")),
            f"{text} ({count}/{len(cell)})" if several else text,
        )

    @staticmethod
    def _saved(cell):
        """The mean of several seeds; a lower bound if one of them is."""
        proven = all(saves_most(r["optimal"], r["chosen"], r["certified_bits"]) for r in cell)
        return saved(_mean(cell, "saved_bits"), proven)

    @staticmethod
    def _chance(cell):
        """The largest bound of several seeds."""
        found = [r["log2_chance_bound"] for r in cell if r["log2_chance_bound"] is not None]
        return chance(max(found)) if found else "-"


def _short(names):
    """Names without the folders of files, and cut if they are long, but still distinct."""
    bare = [str(PurePath(n.replace("\\", "/")).name) if "/" in n else n for n in names]
    bare = [b if bare.count(b) == 1 else n for n, b in zip(names, bare, strict=True)]
    short = [shorten(name, LONGEST) for name in bare]
    return [s if short.count(s) == 1 else f"{s[: LONGEST - 4]}.{k}" for k, s in enumerate(short)]


def _blocks(rows, width):
    """Lists of columns that fit: the first, some DSLs, and the last, which is the table's."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    room = width - widths[0] - widths[-1] - 2
    last = len(widths) - 1
    block, used = [], 0
    for k in range(1, last):
        if block and used + widths[k] + 2 > room:
            yield [0, *block, last]
            block, used = [], 0
        block.append(k)
        used += widths[k] + 2
    yield [0, *block, last]


def _mean(rows, key):
    values = [r[key] for r in rows if r[key] is not None]
    return sum(values) / len(values) if values else None


def _number(value):
    return "-" if value is None else bits(value)


def _spread(rows, key):
    """The mean, and the range if the values differ."""
    values = [r[key] for r in rows]
    low, high = bits(min(values)), bits(max(values))
    mean = bits(_mean(rows, key))
    return mean if low == high else f"{mean} ({low}..{high})"


def _marks(text):
    return len(text) - len(text.rstrip("*?"))
