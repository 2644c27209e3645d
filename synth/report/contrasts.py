"""Contrasts as text: true labels beside those of a twin, and several contrasts in a table."""

import textwrap

from synth.report import reasons
from synth.report.escape import visibly
from synth.report.numbers import bits, chance
from synth.report.text import (
    best_program,
    chosen_accuracies,
    folded,
    is_reached,
    saved_by,
    search_rows,
    table,
    terminal_width,
    ties_text,
    wrapped,
)
from synth.report.verdict import verdict


@visibly
def contrast_text(contrast, width=None):
    """A contrast as text, with both labellings side by side."""
    width = width or terminal_width()
    heads = ("task", "inputs", "label", "rows", "unseen labels", "labels", "DSL", "prepared")
    first, second = (dict(search_rows(r)) for r in (contrast.structured, contrast.random))
    pad = max(18, *(len(name) + 2 for name in (*first, *second) if name not in heads))
    column = (width - pad - 2) // 2
    lines = []
    for name in heads:
        if name in first:
            lines += wrapped(name, first[name], pad, width)
    lines += ["", f"{'':<{pad}}{'true labels':<{column}}  {contrast.random.labelling} labels"]
    for name in dict.fromkeys([*first, *second]):
        if name in (*heads, "searched", "ties"):
            continue
        left, right = (folded(side.get(name, "-"), column) for side in (first, second))
        for k in range(max(len(left), len(right))):
            parts = left[k] if k < len(left) else "", right[k] if k < len(right) else ""
            head = name if k == 0 else ""
            lines.append(f"{head:<{pad}}{parts[0]:<{column}}  {parts[1]}".rstrip())
    for result in (contrast.structured, contrast.random):
        if result.program and result.program.ties > 1:
            text = ties_text(result, f"the best total on {result.labelling} labels")
            lines += wrapped("ties", text, pad, width)
    lines += wrapped("searched", first["searched"], pad, width)
    lines += wrapped("verdict", verdict([contrast]), pad, width)
    return "\n".join(lines)


@visibly
def contrasts_text(contrasts, missing=(), seeds=None, width=None):
    """Several contrasts as one table of two lines each.

    Parameters
    ----------
    contrasts : list of Contrast
    missing : sequence of str, optional
        Tasks that were not run.
    seeds : sequence of int, optional
        The seeds of the contrasts, shown if given.
    width : int, optional
        By default the width of the terminal.
    """
    width = width or terminal_width()
    names, rows = [contrast.structured.task for contrast in contrasts], []
    twins = [f"  twin, seed {seed}" for seed in seeds] if seeds else ["  its twin"] * len(names)
    for name, twin, contrast in zip(names, twins, contrasts, strict=True):
        for result in (contrast.structured, contrast.random):
            program = result.program
            rows.append(
                (
                    name if result is contrast.structured else twin,
                    result.chosen,
                    "-" if program is None else bits(program.bits),
                    "-" if program is None else str(program.exceptions),
                    bits(result.table.bits),
                    saved_by(result),
                    chance(result.log2_chance_bound),
                    *chosen_accuracies(result),
                )
            )
    head = ("task", "chosen", "bits", "exc", "table", "saved", "chance", "train", "test")
    lines = table(head, rows, "llrrrrrrr", width)
    lines += ["", "Best programs on the true labels"]
    if seeds:
        names = [f"{name}, seed {seed}" for name, seed in zip(names, seeds, strict=True)]
    pad = max(map(len, names)) + 2
    for name, contrast in zip(names, contrasts, strict=True):
        result = contrast.structured
        found = "; found by reach" if is_reached(result) else ""
        proven = f"{reasons.verdict(result)}; {reasons.reached(result)}{found}"
        text = f"{best_program(result)}   ({proven})"
        if result.stop_reason not in ("optimal", "exhausted", "max_bits", "moves"):
            text += f"   CUT SHORT: {reasons.stop(result)}"
        lines += wrapped(name, text, pad, width)
    if missing:
        lines += wrapped("not run", ", ".join(missing), pad, width)
    lines += [
        "",
        "bits: length of the best program; exc: training rows on which it is wrong;",
        "table: bits of the look-up table; saved: bits that the program and its",
        "exceptions save over the table (>=: a program that was not scored may save",
        "more); chance: bound on the chance that permuted labels do as well; train,",
        "test: accuracy of the chosen hypothesis; optimal: no hypothesis of the DSL has",
        "fewer bits.  Both rows of a task come from one enumeration and have equal",
        "moves, so the twin was searched just as far.",
    ]
    if contrasts:
        lines += ["", *textwrap.wrap(f"verdict: {verdict(contrasts)}", width)]
    return "\n".join(lines)
