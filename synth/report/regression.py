"""Searches for real labels as text: what was chosen, its bits, its errors, and the certificate."""

import textwrap

from synth.report.escape import visibly
from synth.report.languages import among_numbers, counted
from synth.report.numbers import bits, chance, least_bits, saved
from synth.report.reasons import stop
from synth.report.text import inputs_text, table, terminal_width, wrapped

#: How many exceptions are named.
SHOWN = 12


@visibly
def regression_text(result, width=None):
    """A search for real labels as text: its figures and the best sums.

    Parameters
    ----------
    result : Regression
    width : int, optional
        By default the width of the terminal.
    """
    width = width or terminal_width()
    pairs = list(regression_rows(result))
    pad = max(len(name) for name, _ in pairs) + 2
    lines = [line for name, value in pairs for line in wrapped(name, value, pad, width)]
    lines += ["", *textwrap.wrap("Best sums of programs (coefficients by least squares)", width)]
    rows = [(bits(s.total_bits), bits(s.bits), noise_name(s), s.text) for s in result.top]
    return "\n".join(lines + table(("total", "programs", "noise", "sum"), rows, "rrll", width))


@visibly
def regression_contrast_text(contrast, width=None):
    """A task and its permuted twins as text, with the first twin side by side.

    Parameters
    ----------
    contrast : RegressionContrast
    width : int, optional
        By default the width of the terminal.
    """
    width = width or terminal_width()
    found, twin = contrast.structured, contrast.random
    shared = ("task", "inputs", "label", "rows", "DSL", "certificate", "searched")
    first, second = (dict(regression_rows(r)) for r in (found, twin))
    pad = max(map(len, first)) + 2
    column = (width - pad - 2) // 2
    lines = [line for n in shared[:5] for line in wrapped(n, first[n], pad, width)]
    lines += ["", f"{'':<{pad}}{'true labels':<{column}}  {twin.labelling} labels"]
    for name in first:
        if name in shared:
            continue
        sides = [textwrap.wrap(s.get(name, "-"), column, break_on_hyphens=False)
                 for s in (first, second)]  # fmt: skip
        for k in range(max(map(len, sides))):
            left, right = (side[k] if k < len(side) else "" for side in sides)
            head = name if k == 0 else ""
            lines.append(f"{head:<{pad}}{left:<{column}}  {right}".rstrip())
    lines += [line for n in shared[5:] for line in wrapped(n, first[n], pad, width)]
    lines += [line for pair in contrast_rows(contrast) for line in wrapped(*pair, pad, width)]
    return "\n".join(lines)


def contrast_rows(contrast):
    """The rank of the true labels, and the verdict, as (name, value) pairs of text."""
    yield "p-value", _rank(contrast, len(contrast.twins_saved))
    yield "verdict", _verdict(contrast)


def regression_rows(result):
    """A search for real labels as (name, value) pairs of text."""
    labels = "" if result.labelling == "true" else f", {result.labelling}"
    yield "task", f"{result.task}{labels}"
    yield "inputs", inputs_text(result.inputs)
    known = f"known to {result.precision:g}"
    yield "label", f"{result.label}: {result.low:.6g} to {result.high:.6g}, {known}"
    yield "rows", f"{result.rows['train']} training, {result.rows['test']} held out"
    yield "DSL", result.dsl + among_numbers(result)
    yield "chosen", _chosen(result)
    used = None if result.chosen == "table" else result.predictor
    if used is not None and used.exceptions:
        yield "exceptions", _exceptions(used.exceptions)
    if result.program is not None:
        yield "best program", result.program.text
        yield "program bits", bits(result.program.bits)
        yield "total bits", f"{bits(result.program.total_bits)} (program and noise)"
    noise = noise_words(result, result.constant)
    constant = f"(the constant {result.constant.text}, {noise})"
    yield "constant bits", f"{bits(result.constant.total_bits)} {constant}"
    yield "table bits", f"{bits(result.table_bits)} (a histogram of {result.bins} bins)"
    if result.saved_bits is not None:
        rival = "table" if result.table_bits <= result.constant.total_bits else "constant"
        yield "bits saved", f"{saved_numbers(result, 'at least ')}, compared with the {rival}"
    yield (
        "chance bound",
        f"{chance(result.log2_chance_bound)} (that any program saves as many bits, if the labels "
        "are drawn from the code of a histogram or of a constant)",
    )
    yield "error", _errors(result)
    yield "certificate", _certificate(result)
    yield "searched", f"{counted(result)}, {result.seconds:.2f} s; stopped: {stop(result)}"


def saved_numbers(result, sign):
    """The bits that the best program saves; `sign` precedes a lower bound."""
    return saved(result.saved_bits, result.optimal and result.chosen == "program", sign)


def _chosen(result):
    """The shortest hypothesis in words."""
    if result.chosen == "program":
        return f"program: {result.program.text}, {noise_words(result, result.program)}"
    if result.chosen == "constant":
        return f"constant: {result.constant.text}, {noise_words(result, result.constant)}"
    return f"table: a histogram of {result.bins} bins, which reads no input"


def noise_words(result, found):
    """What a sum of programs, or the constant, misses."""
    if found.noise == "rounding":
        return f"whose values are the labels, rounded to {result.precision:g}, without noise"
    if found.noise == "normal":
        return "with normal noise"
    count = len(found.exceptions)
    return f"with normal noise and {count} exception{'s' if count > 1 else ''}"


def noise_name(found):
    """The noise of a sum of programs in a word or two."""
    if found.noise == "rounding":
        return "none"
    return f"normal, {len(found.exceptions)} stated" if found.exceptions else "normal"


def _exceptions(rows):
    """Which labels are exceptions."""
    first = ", ".join(str(row + 1) for row in rows[:SHOWN])
    more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    what = "labels are" if len(rows) > 1 else "label is"
    return (
        f"{len(rows)} {what} far from what is predicted, and stated one by one; training rows, "
        f"counted from 1: {first}{more}"
    )


def _errors(result):
    """The standard errors on training rows and held-out rows."""
    training = f"{result.train_error:.3g} training"
    if result.test_error is None:
        return f"{training}; no row is held out"
    r2 = "" if result.test_r2 is None else f" (R2 {result.test_r2:.4f})"
    by = {"constant": ", by the constant", "table": ", by the mean of the training labels"}
    of = by.get(result.chosen, "")
    return f"{training}, {result.test_error:.3g} held out{r2}: root mean square{of}"


def _certificate(result):
    """What was scored, and whether anything beyond can win."""
    single, double = (
        "" if up_to is None else f" of up to {least_bits(up_to)} bits"
        for up_to in (result.certified_bits, result.pair_bits)
    )
    text = (
        f"all single programs{single} were scored, and all sums{double} of two programs that "
        "differ by more than rounding"
    )
    if result.product_bits and result.product_bits > result.certified_bits:
        products = least_bits(result.product_bits)
        text += f", and all products and quotients of up to {products} bits"
    if result.languages:
        text = f"in {result.dsl}, {text}"
    beyond = "nothing beyond can win" if result.optimal else "a longer one may win"
    return f"{text}; {beyond}; exceptions were tried for the best of them, which no claim covers"


def _rank(contrast, count):
    """The rank of the true labels among all labellings."""
    as_good = round(contrast.p_value * (count + 1)) - 1
    twins = "the permuted twin" if count == 1 else f"the {count} permuted twins"
    which = f"{as_good or 'none'} of {twins} {'save' if as_good > 1 else 'saves'}"
    if count == 1:
        which = f"{twins} {'saves' if as_good else 'does not save'}"
    return (
        f"{contrast.p_value:.3g}: {which} as many bits as the true labels; 1/{count + 1} is the "
        f"least p-value that {count} {'twin' if count == 1 else 'twins'} can give"
    )


def _verdict(contrast):
    """Whether the claim and its control hold."""
    holds = contrast.structured.chosen == "program"
    count = len(contrast.twins_saved)
    wrong = sum(saved is not None and saved > 0 for saved in contrast.twins_saved)
    return (
        f"Claim {'holds' if holds else 'does not hold here'}: {'a' if holds else 'no'} program "
        f"saves bits with true labels; control {'does not hold here' if wrong else 'holds'}: a "
        f"program saves bits in {wrong} of {count} permuted twins."
    )
