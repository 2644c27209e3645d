"""The sections of searches for real labels: predictions, what is left of labels, and bits."""

from synth.report.numbers import bits
from synth.report.page.markup import element, joined
from synth.report.page.panel import Axis, Line, Panel, linear_ticks
from synth.report.page.parts import cells_table, chance_text, columns, details, stacked
from synth.report.regression import contrast_rows, noise_name, noise_words, regression_rows
from synth.report.scatter import series


def numbers_section(result, charts):
    """The section of a `Regression`: its outcome, its charts, and all figures."""
    return joined(
        element("p", _lead(result), class_="lead"),
        columns(*(charts(panel) for panel in _panels(result, "")), _bars([("", result)])),
        details("All figures", cells_table("", list(regression_rows(result)))),
        _sums(result, ""),
    )


def numbers_contrast_section(contrast, charts):
    """The section of a `RegressionContrast`: the same for both labellings, and the rank."""
    pair = [("true labels", contrast.structured), ("random twin", contrast.random)]
    return joined(
        [
            element("p", element("b", f"{name.capitalize()}. "), _lead(found), class_="lead")
            for name, found in pair
        ],
        [
            columns(*(charts(panel) for panel in _panels(found, f", {name}")))
            for name, found in pair
        ],
        columns(_bars(pair)),
        cells_table("Rank of the true labels", list(contrast_rows(contrast))),
        details(
            "All figures",
            columns(*(cells_table(name, list(regression_rows(found))) for name, found in pair)),
        ),
        [_sums(found, f", {name}") for name, found in pair],
    )


def _lead(result):
    """The outcome in a few sentences."""
    rows = f"{result.rows['train']:,} training rows"
    rival = min(result.table_bits, result.constant.total_bits)
    name = "the histogram" if result.table_bits <= result.constant.total_bits else "the constant"
    if result.program is None:
        return f"No program was scored; {name} needs {bits(rival)} bits for {rows}."
    total = bits(result.program.total_bits)
    if result.chosen != "program":
        return (
            f"No program that was scored saves bits: the best needs {total} bits for the {rows}; "
            f"{name} needs {bits(rival)}."
        )
    error = f"{result.train_error:.3g} on training rows"
    if result.test_error is not None:
        error += f" and {result.test_error:.3g} on held-out rows"
    return (
        f"{result.label} = {result.program.text}, {noise_words(result, result.program)}, needs "
        f"{total} bits for the {rows}; {name} needs {bits(rival)}. If the labels were drawn from "
        "the code of a histogram or of a constant, any program would save as many bits with a "
        f"probability of at most {chance_text(result.log2_chance_bound)}. Its root mean square "
        f"error is {error}."
    )


def _panels(result, which):
    """The charts of labels, and of what is left of them, by predictions."""
    if result.points is None:
        return []
    titles = f"Labels by predictions{which}", f"Labels less predictions{which}"
    names = result.label, f"{result.label} - predicted"
    return [
        _panel(result, title, name, left)
        for title, name, left in zip(titles, names, (False, True), strict=True)
    ]


def _panel(result, title, name, left):
    found = series(result, left)
    x, y = ([v for each in found for v in each[k]] for k in (1, 2))
    across, up = _span(x), _span([*y, 0.0] if left else y)
    panel = Panel(title, _axis(f"predicted {result.label}", across), _axis(name, up))
    ends = (max(across[0], up[0]), min(across[1], up[1]))
    guide = [(e, 0.0) for e in across] if left else [(e, e) for e in ends]
    if left or ends[0] < ends[1]:
        panel.marks.append(Line(tuple(_unit(p, across, up) for p in guide), width=1))
    for name, horizontal, vertical in found:
        some = list(zip(horizontal, vertical, strict=True))
        hollow = name == "training rows"
        panel.marks.append(
            Line(
                tuple(_unit(p, across, up) for p in some),
                tuple((f"{a:.5g}", f"{b:.5g}") for a, b in some),
                name=name,
                colour="k-program",
                dash=None,
                marker="o",
                open=hollow,
                size=5,
            )
        )
        panel.legend.append((name, "k-program", None, "o", hollow))
    if len(x) < sum(result.rows.values()):
        panel.note = f"{len(x)} of {sum(result.rows.values()):,} rows, evenly spaced."
    return panel


def _span(values):
    """The ends of an axis for some values."""
    low, high = min(values), max(values)
    room = (high - low or abs(high) or 1.0) * 0.05
    return low - room, high + room


def _axis(label, span):
    return Axis(label, tuple((_place(at, span), text) for at, text in linear_ticks(*span)))


def _unit(point, across, up):
    """A point in 0..1 of the plot's box."""
    return tuple(_place(at, span) for at, span in zip(point, (across, up), strict=True))


def _place(value, span):
    return (value - span[0]) / (span[1] - span[0])


def _bars(pair):
    """What each hypothesis costs."""
    bars = []
    for name, result in pair:
        prefix, best = f"{name}: " if name else "", result.program
        if best is not None:
            rest = best.total_bits - best.bits
            tips = f"the programs, {bits(best.bits)} bits", f"labels and flag, {bits(rest)} bits"
            parts = [("program", best.bits, tips[0]), ("exceptions", rest, tips[1])]
            bars.append((f"{prefix}program", parts))
        constant = result.constant.total_bits
        bars.append(
            (f"{prefix}constant", [("exceptions", constant, f"constant, {bits(constant)}")])
        )
        tip = f"histogram of {result.bins} bins, {bits(result.table_bits)} bits"
        bars.append((f"{prefix}histogram", [("table", result.table_bits, tip)]))
    words = {"program": "programs", "exceptions": "labels and flag", "table": "histogram"}
    return stacked("What each hypothesis costs, in bits", bars, words)


def _sums(result, which):
    rows = [(bits(s.total_bits), bits(s.bits), noise_name(s), s.text) for s in result.top]
    return details(
        f"Best sums of programs{which}",
        cells_table(
            "Coefficients by least squares",
            rows,
            head=("total bits", "bits of the programs", "noise", "sum"),
            align="rrll",
        ),
    )
