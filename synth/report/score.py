"""The score of a program that people bring, as text beside the best that a search has found."""

from synth.report.escape import visibly
from synth.report.numbers import accuracy, bits, chance
from synth.report.text import branch_lines, terminal_width, wrapped
from synth.report.words import in_words, program_text


@visibly
def score_text(own, best, width=None):
    """A program's score as text.

    Parameters
    ----------
    own : dict
        What `synth.records.scored` returned.
    best : Result
        A search of the same task.
    width : int, optional
        By default the width of the terminal.
    """
    width = width or terminal_width()
    found, train = best.program, own["rows"]["train"]
    exact = program_text(own["text"], own["inverted"])
    lines = wrapped("your program", exact, 18, width)
    if own["rule"] != exact:
        lines += wrapped("in words", own["rule"], 18, width)
    lines += wrapped("best found", "(none)" if found is None else in_words(found), 18, width)
    if found is not None and found.rule not in (None, program_text(found.text, found.inverted)):
        lines += wrapped("its text", program_text(found.text, found.inverted), 18, width)
    lines += ["", f"{'':<18}{'yours':>12}  {'best found':>12}"]
    theirs = {} if found is None else vars(found)
    theirs = theirs | {"saved_bits": best.saved_bits}
    rows = [
        (name, key, bits)
        for name, key in (
            ("program bits", "bits"),
            ("total bits", "total_bits"),
            ("bits saved", "saved_bits"),
        )
    ]
    rows.insert(1, ("exceptions", "exceptions", lambda e: f"{e} of {train}"))
    rows += [("training accuracy", "train_accuracy", accuracy)]
    rows += [("held-out accuracy", "test_accuracy", accuracy)]
    for name, key, shown in rows:
        cells = [v if v is None else shown(v) for v in (own[key], theirs.get(key))]
        lines.append(f"{name:<18}" + "  ".join(f"{cell or '-':>12}" for cell in cells))
    bounds = chance(own["log2_chance_bound"]), chance(best.log2_chance_bound)
    lines.append(f"{'chance bound':<18}{bounds[0]:>12}  {bounds[1]:>12}")
    lines.append(f"{'table bits':<18}{bits(own['table_bits']):>12}  {bits(best.table.bits):>12}")
    return "\n".join(lines + branch_lines(own["branches"], "your program", width))
