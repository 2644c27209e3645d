"""Results as text: aligned tables that fit 80 columns."""

import math
import shutil
import textwrap


def bits(value):
    """Bits with one decimal; the certificate of all programs is "any"."""
    return "any" if value is None else f"{value:,.1f}"


def accuracy(value):
    return "-" if value is None else f"{value:.3f}"


def chance(log2):
    """A bound on a chance: as a number where it is one to read, else as a power of 2."""
    if log2 > math.log2(0.0001):
        return f"{2.0**log2:.2g}"
    return f"2^-{-log2:.0f}"


def rounded_down(value):
    """A certificate is never rounded up."""
    return "any" if value is None else f"{math.floor(value * 10) / 10:,.1f}"


def shorten(text, width):
    return text if len(text) <= width else text[: width - 3] + "..."


def program_text(result):
    """The best program as a hypothesis: not(...) where it speaks for the other label."""
    if result.program is None:
        return "(none found)"
    return _hypothesis_text(result.program)


def search_rows(result):
    """(name, value) pairs that say all about one result but its lists."""
    program, rows = result.program, result.rows
    labels = "" if result.labelling == "true" else f", {result.labelling}"
    yield "task", f"{result.task}{labels}"
    yield "rows", f"{rows['train']} training, {rows['test']} held out, {rows['labels']} labels"
    yield "DSL", result.dsl
    yield "chosen", result.chosen
    yield "program", program_text(result)
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
    made = f"{result.candidates:,} programs, {result.distinct:,} distinct behaviours"
    yield "searched", f"{made}, {result.seconds:.2f} s"


def search_text(result, width=None):
    """A result as text: the pairs, the front, the best hypotheses."""
    width = width or terminal_width()
    lines = []
    pairs = list(search_rows(result))
    pad = max(len(name) for name, _ in pairs) + 2
    for name, value in pairs:
        wrapped = textwrap.wrap(value, width - pad, break_on_hyphens=False) or [""]
        lines.append(f"{name:<{pad}}{wrapped[0]}")
        lines += [" " * pad + more for more in wrapped[1:]]
    lines += ["", "Fewest exceptions for every length"]
    lines += table(
        ("bits", "exceptions", "total", "program"),
        [(bits(p.bits), str(p.exceptions), bits(p.total_bits), p.text) for p in result.front],
        "rrrl",
        width,
    )
    lines += ["", "Best hypotheses (programs of one behaviour count once)"]
    lines += table(
        ("total", "posterior", "hypothesis"),
        [(bits(h.total_bits), f"{h.share:.3f}", _hypothesis(h)) for h in result.top],
        "rrl",
        width,
    )
    return "\n".join(lines)


def contrast_text(contrast, width=None):
    """A contrast as text: both labellings side by side."""
    width = width or terminal_width()
    sides = dict(search_rows(contrast.structured)), dict(search_rows(contrast.random))
    shared = ("task", "rows", "DSL", "searched", "ties")
    pad = 18
    first, second = sides
    column = (width - pad - 2) // 2
    lines = [f"{name:<{pad}}{first[name]}" for name in ("task", "rows", "DSL")]
    lines += ["", f"{'':<{pad}}{'true labels':<{column}}  {contrast.random.labelling} labels"]
    for name in dict.fromkeys([*first, *second]):
        if name in shared:
            continue
        left, right = (
            textwrap.wrap(side.get(name, "-"), column, break_on_hyphens=False) or [""]
            for side in sides
        )
        for k in range(max(len(left), len(right))):
            parts = left[k] if k < len(left) else "", right[k] if k < len(right) else ""
            head = name if k == 0 else ""
            lines.append(f"{head:<{pad}}{parts[0]:<{column}}  {parts[1]}".rstrip())
    ties = [
        (s.labelling, s.program.ties) for s in (contrast.structured, contrast.random) if s.program
    ]
    for labelling, count in ties:
        if count > 1:
            lines.append(
                f"{'ties':<{pad}}{count} programs reach the best total on {labelling} labels;"
            )
            lines.append(f"{'':<{pad}}accuracies are their mean")
    lines.append(f"{'searched':<{pad}}{first['searched']}")
    return "\n".join(lines)


def contrasts_text(contrasts, width=None):
    """Several contrasts as one table, two lines a task."""
    width = width or terminal_width()
    rows = []
    for contrast in contrasts:
        for result in (contrast.structured, contrast.random):
            program = result.program
            rows.append((
                result.task if result is contrast.structured else "  its twin",
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
    name = max(len(c.structured.task) for c in contrasts) + 2
    for contrast in contrasts:
        result = contrast.structured
        text = textwrap.wrap(program_text(result), width - name, break_on_hyphens=False)
        lines.append(f"{result.task:<{name}}{text[0]}")
        lines += [" " * name + more for more in text[1:]]
    lines += [
        "",
        "bits: of the best program; exc: training rows it is wrong on; table: bits of",
        "the look-up table; saved: table less program, exceptions and all; chance: bound",
        "on the chance that permuted labels do as well; train, test: accuracy of what",
        "was chosen.  Both rows of a task were scored in one enumeration.",
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
    text = _hypothesis_text(h)
    return f"{text}  ({h.exceptions} exceptions)" if h.exceptions else text


def _hypothesis_text(h):
    return f"not [{h.text}]" if h.inverted else h.text


def _accuracies(part):
    return f"{accuracy(part.train_accuracy)} training, {accuracy(part.test_accuracy)} held out"


def _chosen_accuracies(result):
    part = result.program if result.chosen == "program" else result.table
    return accuracy(part.train_accuracy), accuracy(part.test_accuracy)


def _certificate(result):
    reach = f"all programs up to {rounded_down(result.certified_bits)} bits scored"
    if result.certified_bits is None:
        reach = "all programs scored, of any length"
    verdict = "optimal" if result.optimal else "not proven optimal"
    return f"{verdict}; {reach}; stopped: {result.stop_reason}"
