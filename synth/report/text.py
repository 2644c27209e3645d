"""Results as text: aligned tables that fit in 80 columns."""

import shutil
import textwrap

from synth.errors import listed
from synth.report import automaton, reasons
from synth.report.escape import visibly
from synth.report.languages import among, certified, counted, next_terms, of_chance
from synth.report.numbers import (
    accuracy,
    bits,
    chance,
    least_bits,
    saved,
    saves_most,
    share,
)
from synth.report.words import branch_rows, card_rows, each_once, in_words, program_text

#: The most rows of the front that are all shown.
FRONT_ROWS = 12


def shorten(text, width):
    """A text cut to a width."""
    return text if len(text) <= width else text[: width - 3] + "..."


def spaced(key):
    """A key with spaces for underscores."""
    return key.replace("_", " ")


def best_program(result):
    """The text of a result's best program."""
    program = result.program
    if program is None:
        return "(none found)"
    return f"constant {program.text}" if program.kind == "constant" else in_words(program)


def search_rows(result):
    """All of a result but its lists, as (name, value) pairs of text."""
    program, rows = result.program, result.rows
    labels = "" if result.labelling == "true" else f", {result.labelling}"
    yield "task", f"{result.task}{labels}"
    yield "inputs", inputs_text(result.inputs)
    if result.label not in (None, "label"):  # named tasks call it so; older files do not have it
        yield "label", result.label
    yield "rows", f"{rows['train']} training, {rows['test']} held out, {rows['labels']} labels"
    # Older files do not have this count, and of a sequence it says nothing.
    if rows.get("unseen_labels") and result.continuation is None:
        unseen = f"{rows['unseen_labels']} of {rows['test']} held-out labels"
        yield "unseen labels", f"{unseen} are not in training; only a program can predict them"
    # Digits that stand beside letters, as the X of an ISBN, are themselves.
    named = [f"{k} = {v}" for k, v in (result.label_names or {}).items() if str(k) != v]
    if named:
        yield "labels", listed(named)
    yield "DSL", result.dsl + among(result)
    if result.settings.get("prepared"):
        made = result.settings["prepared"].items()
        yield (
            "prepared",
            ", ".join(
                f"{value:,} {name}" if isinstance(value, int) else f"{name} {value}"
                for name, value in made
            ),
        )
    yield "chosen", result.chosen
    yield from _best(result)
    if program is not None:
        exact = program_text(program.text, program.inverted)
        if program.rule is not None and exact != program.rule:
            yield "its text", exact
        yield "program bits", bits(program.bits)
        yield "exceptions", f"{program.exceptions} of {rows['train']}"
        yield "total bits", bits(program.total_bits)
    yield "table bits", f"{bits(result.table.bits)} ({result.table.kind})"
    if program is not None:
        yield "bits saved", saved_by(result, "at least ")
    yield "chance bound", f"{chance(result.log2_chance_bound)} ({of_chance(result)})"
    if program is not None:
        yield "program accuracy", _accuracies(program)
        if result.reach is not None or program.found_by == "labels":
            yield "found by", _found_by(result)
        if program.ties > 1:
            yield "ties", ties_text(result, "this total")
    yield "table accuracy", _accuracies(result.table)
    yield from reasons.mixture(result.mixture)
    if result.continuation is not None:
        yield "next terms", next_terms(result)
    if result.shortest is not None:
        yield "without exceptions", reasons.shortest(result)
    yield "certificate", reasons.certificate(result)
    for each in result.reach.certificates if result.reach else ():
        yield f"{each.form}s", each.statement.removeprefix(f"{each.form}s ")
    if result.settings.get("exact"):
        yield "without exceptions", _exact(result)
    yield "searched", f"{counted(result)}, {result.seconds:.2f} s"


def _best(result):
    """The best program, and why it is not chosen if that can be said."""
    if result.labelling == "true" and (why := reasons.nothing_found(result)):
        yield "no rule", why
    if few := reasons.too_few(result):
        yield "too few", few
    yield "best program", best_program(result)
    yield from automaton.states(result)
    if counted_to := reasons.counts(result):
        yield "counts", counted_to
    if result.program is not None and result.program.written is not None:
        yield "written", f"{result.program.written}, the same on all rows"


def saved_by(result, sign=">= "):
    """The bits that a result's best program saves; `sign` precedes a lower bound."""
    exact = result.settings.get("exact", False)
    most = saves_most(result.optimal, result.chosen, certified(result), exact)
    return saved(result.saved_bits, most, sign)


def of_shares(result):
    """What the shares of the posterior in a result refer to."""
    text = "posterior: share of 2^-total of all that was scored or found"
    if any(level.distinct is None for level in result.levels):
        return f"{text}; at least, since programs that were not stored count one by one"
    return f"{text}; programs with the same behaviour count once"


@visibly
def search_text(result, width=None):
    """A result as text: its figures, the front and the best hypotheses."""
    width = width or terminal_width()
    lines = []
    pairs = list(search_rows(result))
    pad = max(len(name) for name, _ in pairs) + 2
    for name, value in pairs:
        lines += wrapped(name, value, pad, width)
    parts = [vars(part) for part in result.program.branches] if result.program else []
    if result.program and result.program.card:
        lines += card_lines(result.program.card, width)
    else:
        lines += branch_lines(parts, "the best program", width)
    lines += ["", "Fewest exceptions for each length"]
    lines += table(
        ("bits", "exceptions", "total", "program"),
        _front_rows(result.front),
        "rrrl",
        width,
    )
    lines += ["", *textwrap.wrap(f"Best hypotheses ({of_shares(result)})", width)]
    lines += table(
        ("total", "posterior", "exceptions", "hypothesis"),
        [_hypothesis(h) for h in each_once(result.top)],
        "rrrl",
        width,
    )
    return "\n".join(lines)


def table(head, rows, align, width):
    """The lines of an aligned table.

    Parameters
    ----------
    head : sequence of str
    rows : sequence of sequences of str
    align : str
        "l" or "r" for each column. A last column that is "l" is cut to fit the width.
    width : int

    Returns
    -------
    list of str
    """
    rows = [[" ".join(cell.splitlines()) for cell in row] for row in rows]
    columns = list(zip(head, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    if align[-1] == "l":
        widths[-1] = max(
            len(head[-1]), min(widths[-1], width - sum(widths[:-1]) - 2 * len(widths) + 2)
        )
    lines = []
    for row in (head, *rows):
        cells = []
        for cell, size, side in zip(row, widths, align, strict=True):
            cell = shorten(cell, size)
            cells.append(cell.rjust(size) if side == "r" else cell.ljust(size))
        lines.append("  ".join(cells).rstrip())
    return lines


def terminal_width():
    """The width of the terminal, between 60 and 100 columns."""
    return max(60, min(100, shutil.get_terminal_size((80, 24)).columns))


def branch_lines(parts, what, width):
    """The parts of a rule, dicts, with the rows that each decides; what: the rule's name."""
    if not parts:
        return []
    head = ("training", "held out", "part of the rule")
    lines = ["", f"How often each part of {what} is right, on the rows that it decides"]
    return lines + table(head, branch_rows(parts), "rrl", width)


def card_lines(card, width):
    """A scorecard: its lines, and what rows with so many points have for labels."""
    text = f"Points: {card.yes} from {card.threshold} on, else {card.no}"
    columns = f"{card.yes} in training", f"{card.yes} held out"
    lines = table(("points", *columns, "if"), card_rows(card.lines), "rrrl", width)
    totals = [
        (*row[:3], card.yes if line.points >= card.threshold else card.no)
        for row, line in zip(card_rows(card.totals), card.totals, strict=True)
    ]
    head = ["", *textwrap.wrap(text, width), *lines, ""]
    return head + table(("in all", *columns, "said"), totals, "rrrl", width)


def _hypothesis(h):
    """The row of a hypothesis; the exceptions have a column, since a long text is cut."""
    text = h.text if h.kind == "table" else in_words(h)
    exceptions = "-" if h.exceptions is None else str(h.exceptions)
    return (
        bits(h.total_bits),
        share(h.share),
        exceptions,
        f"constant {text}" if h.kind == "constant" else text,
    )


def _front_rows(front):
    """One row for each printed length, with the fewest exceptions of those that print alike.

    Of more than FRONT_ROWS, those are shown that have fewer total bits than all shorter ones, and
    the one with the fewest exceptions.
    """
    if len(front) > FRONT_ROWS:
        least = min(p.total_bits for p in front[:1])
        kept = []
        for p in front:
            if p.total_bits <= least or p is front[-1]:
                kept.append(p)
            least = min(least, p.total_bits)
        front = kept
    rows = {bits(p.bits): p for p in front}
    return [(b, str(p.exceptions), bits(p.total_bits), in_words(p)) for b, p in rows.items()]


def inputs_text(inputs):
    """Columns and their types; the columns made of one text column count as one."""
    groups = {}
    for name, type_ in inputs.items():
        groups.setdefault((name.rpartition("=")[0] or name, type_), []).append(name)
    parts = [
        f"{source} {len(names)} texts" if len(names) > 1 else f"{names[0]} {type_}"
        for (source, type_), names in groups.items()
    ]
    return ", ".join(parts) if len(parts) <= 12 else f"{len(parts)}: {', '.join(parts[:10])}, ..."


def folded(text, width):
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]


def wrapped(name, text, pad, width):
    """A line `name  text`, folded under the text."""
    first, *others = folded(text, width - pad)
    return [f"{name:<{pad}}{first}", *(" " * pad + more for more in others)]


def ties_text(result, total):
    """How many programs reach a total; a level whose behaviours were not counted may have more."""
    counted = all(level.distinct is not None for level in result.levels)
    least = "" if counted else "at least "
    return f"{least}{result.program.ties} programs reach {total}; accuracies are their mean"


def _accuracies(part):
    return f"{accuracy(part.train_accuracy)} training, {accuracy(part.test_accuracy)} held out"


def chosen_accuracies(result):
    part = result.chosen_part
    return accuracy(part.train_accuracy), accuracy(part.test_accuracy)


def is_reached(result):
    return result.reach is not None and result.program.found_by == "reach"


def _found_by(result):
    """How the best program was found, if that was not an enumeration alone."""
    reach = result.reach
    if reach is None:
        return finder(result.program)
    made = f"{reach.moves:,} moves of {reach.chains} chains"
    if not is_reached(result):
        made = f"in {made}" if reach.moves else "before its first move"
        return f"the {finder(result.program)}; reach found none better {made}"
    first = reach.points[-1]["moves"]
    if not reach.moves:
        return "reach, before its first move"
    if not first:
        return f"reach, before the first move; {made} found none better"
    return f"reach, in {first:,} of {made}"


def finder(program):
    """What found a program, in words, if it was not reach."""
    words = {"exact": "search without exceptions", "labels": "solving from the labels"}
    return words.get(program.found_by, program.found_by)


def _exact(result):
    if result.exact_bound is None:
        return "none" if result.program is None else "no other"
    none, in_all = ("none", "") if result.continuation is None else ("no law", " in all")
    found = result.exact_bits
    if found is not None and not result.program.exceptions and found <= result.exact_bound:
        # Rounded, the two would seem to differ.
        return f"{none} of fewer bits{in_all} than the best program"
    return f"{none} of fewer than {least_bits(result.exact_bound)} bits{in_all}"
