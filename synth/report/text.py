"""Results as text: aligned tables that fit 80 columns."""

import math
import shutil
import textwrap


def bits(value):
    """Bits with one decimal, large numbers of them without."""
    return f"{value:,.1f}" if abs(value) < 9999.5 else f"{value:,.0f}"


def accuracy(value):
    return "-" if value is None else f"{value:.3f}"


def chance(log2):
    """A bound on a chance: as a number where it is one to read, else as a power of 2."""
    if log2 > math.log2(0.0001):
        return f"{2.0**log2:.2g}"
    return f"2^-{-log2:.0f}"


def rounded_down(value):
    """A certificate is never rounded up."""
    return f"{math.floor(value * 10) / 10:,.1f}"


def shorten(text, width):
    return text if len(text) <= width else text[: width - 3] + "..."


def program_text(result):
    """The best program, as not [...] where it is read as its opposite."""
    return "(none found)" if result.program is None else _read(result.program)


def search_rows(result):
    """(name, value) pairs that say all about one result but its lists."""
    program, rows = result.program, result.rows
    labels = "" if result.labelling == "true" else f", {result.labelling}"
    yield "task", f"{result.task}{labels}"
    yield "inputs", _inputs(result.inputs)
    yield "rows", f"{rows['train']} training, {rows['test']} held out, {rows['labels']} labels"
    if rows.get("unseen_labels"):  # runs that were saved earlier have no such count
        unseen = f"{rows['unseen_labels']} of {rows['test']} held out, not in training"
        yield "unseen labels", f"{unseen}; wrong unless a program says them"
    if result.label_names and list(result.label_names.values()) != ["0", "1"]:
        yield "labels", ", ".join(f"{k} = {v}" for k, v in result.label_names.items())
    yield "DSL", result.dsl
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
    yield "best program", program_text(result)
    if program is not None:
        yield "program bits", bits(program.bits)
        yield "exceptions", f"{program.exceptions} of {rows['train']}"
        yield "total bits", bits(program.total_bits)
    yield "table bits", f"{bits(result.table.bits)} ({result.table.kind})"
    if program is not None:
        yield "bits saved", bits(result.saved_bits)
    yield "chance bound", f"{chance(result.log2_chance_bound)} (labels permuted)"
    if program is not None:
        yield "program accuracy", _accuracies(program)
        if program.ties > 1:
            yield "ties", f"{program.ties} programs reach this total; accuracies are their mean"
    yield "table accuracy", _accuracies(result.table)
    yield "certificate", _certificate(result)
    if result.settings.get("exact"):
        yield "without exceptions", _exact(result)
    made = f"{result.candidates:,} programs, {result.distinct:,} distinct behaviours"
    yield "searched", f"{made}, {result.seconds:.2f} s"


def search_text(result, width=None):
    """A result as text: the pairs, the front, the best hypotheses."""
    width = width or terminal_width()
    lines = []
    pairs = list(search_rows(result))
    pad = max(len(name) for name, _ in pairs) + 2
    for name, value in pairs:
        lines += _wrapped(name, value, pad, width)
    lines += ["", "Fewest exceptions for every length"]
    lines += table(
        ("bits", "exceptions", "total", "program"),
        _front_rows(result.front),
        "rrrl",
        width,
    )
    lines += ["", "Best hypotheses (programs of one behaviour count once)"]
    lines += table(
        ("total", "posterior", "hypothesis"),
        [(bits(h.total_bits), _share(h.share), _hypothesis(h)) for h in result.top],
        "rrl",
        width,
    )
    return "\n".join(lines)


def contrast_text(contrast, width=None):
    """A contrast as text: both labellings side by side."""
    width = width or terminal_width()
    pad = 18
    heads = ("task", "inputs", "rows", "unseen labels", "labels", "DSL", "prepared")
    first, second = (dict(search_rows(r)) for r in (contrast.structured, contrast.random))
    column = (width - pad - 2) // 2
    lines = []
    for name in heads:
        if name in first:
            lines += _wrapped(name, first[name], pad, width)
    lines += ["", f"{'':<{pad}}{'true labels':<{column}}  {contrast.random.labelling} labels"]
    for name in dict.fromkeys([*first, *second]):
        if name in (*heads, "searched", "ties"):
            continue
        left, right = (_fold(side.get(name, "-"), column) for side in (first, second))
        for k in range(max(len(left), len(right))):
            parts = left[k] if k < len(left) else "", right[k] if k < len(right) else ""
            head = name if k == 0 else ""
            lines.append(f"{head:<{pad}}{parts[0]:<{column}}  {parts[1]}".rstrip())
    for result in (contrast.structured, contrast.random):
        if result.program and result.program.ties > 1:
            text = f"{result.program.ties} programs reach the best total on {result.labelling} "
            lines += _wrapped("ties", text + "labels; accuracies are their mean", pad, width)
    lines += _wrapped("searched", first["searched"], pad, width)
    return "\n".join(lines)


def contrasts_text(contrasts, missing=(), seeds=None, width=None):
    """Several contrasts as one table, two lines each; missing: tasks not run.

    seeds: of the contrasts, where they are to be told apart by them.
    """
    width = width or terminal_width()
    names = [contrast.structured.task for contrast in contrasts]
    twins = ["  its twin"] * len(names)
    if seeds:
        twins = [f"  twin, seed {seed}" for seed in seeds]
    rows = []
    for name, twin, contrast in zip(names, twins, contrasts, strict=True):
        for result in (contrast.structured, contrast.random):
            program = result.program
            rows.append((
                name if result is contrast.structured else twin,
                result.chosen,
                "-" if program is None else bits(program.bits),
                "-" if program is None else str(program.exceptions),
                bits(result.table.bits),
                "-" if program is None else bits(result.saved_bits),
                chance(result.log2_chance_bound),
                *_chosen_accuracies(result),
            ))  # fmt: skip
    head = ("task", "chosen", "bits", "exc", "table", "saved", "chance", "train", "test")
    lines = table(head, rows, "llrrrrrrr", width)
    lines += ["", "Best programs on the true labels"]
    if seeds:
        names = [f"{name}, seed {seed}" for name, seed in zip(names, seeds, strict=True)]
    pad = max(map(len, names)) + 2
    for name, contrast in zip(names, contrasts, strict=True):
        result = contrast.structured
        text = f"{program_text(result)}   ({_verdict(result)}; {_reach(result)})"
        if result.stop_reason not in ("optimal", "exhausted", "max_bits"):
            text += f"   CUT SHORT: {result.stop_reason}"
        lines += _wrapped(name, text, pad, width)
    if missing:
        lines += _wrapped("not run", ", ".join(missing), pad, width)
    lines += [
        "",
        "bits: of the best program; exc: training rows it is wrong on; table: bits of",
        "the look-up table; saved: table less program, exceptions and all; chance: bound",
        "on the chance that permuted labels do as well; train, test: accuracy of what",
        "was chosen; optimal: no other hypothesis of the DSL has fewer bits.  Both rows",
        "of a task were scored in one enumeration, so the twin was searched as far.",
    ]
    return "\n".join(lines)


def table(head, rows, align, width):
    """Lines of an aligned table; the last column is cut to fit where it is text."""
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
    return max(60, min(100, shutil.get_terminal_size((80, 24)).columns))


def _hypothesis(h):
    if h.kind == "table":
        return h.text
    return f"{_read(h)}  ({h.exceptions} exceptions)" if h.exceptions else _read(h)


def _read(h):
    return f"not [{h.text}]" if h.inverted else h.text


def _share(share):
    return f"{share:.3f}" if share >= 0.0005 or share == 0 else f"2^{math.log2(share):.0f}"


def _front_rows(front):
    """One row a printed length: of those that print alike, the fewest exceptions."""
    rows = {bits(p.bits): p for p in front}
    return [(b, str(p.exceptions), bits(p.total_bits), _read(p)) for b, p in rows.items()]


def _inputs(inputs):
    """Columns and their types; those that one text column made as one."""
    groups = {}
    for name, type_ in inputs.items():
        source, equals, value = name.rpartition("=")
        groups.setdefault((source, type_) if equals else (name, type_), []).append(value)
    parts = []
    for (name, type_), values in groups.items():
        texts = f" {len(values)} texts" if f"{name}={values[0]}" in inputs else f" {type_}"
        parts.append(name + texts)
    return ", ".join(parts) if len(parts) <= 12 else f"{len(parts)}: {', '.join(parts[:10])}, ..."


def _fold(text, width):
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]


def _wrapped(name, text, pad, width):
    """A line `name  text`, folded under the text."""
    folded = _fold(text, width - pad)
    return [f"{name:<{pad}}{folded[0]}", *(" " * pad + more for more in folded[1:])]


def _accuracies(part):
    return f"{accuracy(part.train_accuracy)} training, {accuracy(part.test_accuracy)} held out"


def _chosen_accuracies(result):
    part = result.program if result.chosen == "program" else result.table
    return accuracy(part.train_accuracy), accuracy(part.test_accuracy)


def _verdict(result):
    return "optimal" if result.optimal else "not proven optimal"


def _reach(result):
    if result.certified_bits is None:
        return "all programs scored, of any length"
    return f"all up to {rounded_down(result.certified_bits)} bits"


_STOPS = {
    "optimal": "the best is proven",
    "structured-optimal": "the true labels' best is proven",
    "exhausted": "there are no further behaviours",
    "max_bits": "--max-bits",
    "max_programs": "--max-programs",
    "seconds": "--seconds",
    "memory": "--memory",
    "interrupted": "interrupted",
}


def _exact(result):
    if result.exact_bound is None:
        return "none" if result.program is None else "no other"
    return f"none of fewer than {rounded_down(result.exact_bound)} bits"


def _certificate(result):
    return f"{_verdict(result)}; {_reach(result)}; stopped: {_STOPS[result.stop_reason]}"
