"""Parts that sections share: tables, stacked bars, and the block of sliders."""

from synth.report.page.contenders import weigh, winner
from synth.report.page.markup import element
from synth.report.text import bits, chance


def chance_text(log2):
    """A bound on a chance, powers of 2 with their exponent raised."""
    base, _, exponent = chance(log2).partition("^")
    return base + raised(exponent)


def raised(text):
    """Digits as superscripts."""
    return text.translate(str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"))


def columns(*parts):
    """Parts side by side where there is room."""
    return element("div", *parts, class_="columns")


def details(title, *content):
    """What a reader opens; it is open in print."""
    return element("details", element("summary", title), *content)


def cells_table(caption, rows, head=None, align=None):
    """A table; without a head, (name, value) pairs, whose names are heads of their rows."""
    body = []
    for row in rows:
        if head is None:
            name, value = row
            body.append(element("tr", element("th", name, scope="row"), element("td", value)))
            continue
        cells = []
        for k, value in enumerate(row):
            right = _is_number(value) if align is None else align[k] == "r"
            cells.append(element("td", value, class_="number" if right else None))
        body.append(element("tr", cells))
    top = None
    if head is not None:
        names = [
            element("th", name, scope="col",
                    class_="number" if align is not None and align[k] == "r" else None)
            for k, name in enumerate(head)
        ]  # fmt: skip
        top = element("thead", element("tr", names))
    table = element("table", element("caption", caption) if caption else None, top,
                    element("tbody", body))  # fmt: skip
    return element("div", table, class_="scroll", tabindex="0", role="region",
                   aria_label=caption or "Table")  # fmt: skip


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def stacked(title, bars):
    """Stacked bars; bars: (name, [(kind, bits, tip)]), drawn to one scale."""
    most = max((sum(b for _, b, _ in parts) for _, parts in bars), default=1) or 1
    lines = []
    for name, parts in bars:
        total = sum(b for _, b, _ in parts)
        rects, x = [], 0.0
        for kind, size, tip in parts:
            width = 300 * size / most
            rects.append(element(
                "rect", x=f"{x:.2f}", y=0, width=f"{max(width, 0):.2f}",
                height=18, class_=f"area k-{kind}", data_tip=tip,
            ))  # fmt: skip
            x += width
        spoken = ", ".join(f"{kind} {bits(size)}" for kind, size, _ in parts)
        lines.append(element(
            "li", element("span", name, class_="name"),
            element("svg", rects, viewBox="0 0 300 18", preserveAspectRatio="none", class_="bar",
                    role="img", aria_label=f"{name}: {spoken} bits"),
            element("span", bits(total), class_="sum"),
        ))  # fmt: skip
    kinds = dict.fromkeys(kind for _, parts in bars for kind, _, _ in parts)
    words = {"program": "program", "exceptions": "flag and exceptions", "table": "table"}
    keys = [
        element("li", element("span", class_=f"key b-{kind}", aria_hidden="true"), words[kind])
        for kind in kinds
    ]
    return element("figure", element("figcaption", title), element("ul", lines, class_="bars"),
                   element("ul", keys, class_="legend"), class_="panel")  # fmt: skip


#: Powers of two of the decay slider, of codes and of energies; below the least it is 0.
DECAY, DECAY_OF_ENERGY = (-6, 6), (-6, 12)


def slider_block(
    cases, charts, *, noise=None, rows=None, decay=None, fraction=True, measured=(), note=None
):
    """Sliders, and for every case which hypothesis wins there.

    noise, decay: where they start, None for no slider; rows: (start, most); fraction: whether
    `most` is all rows that there are;
    measured: [{"q", "n", "decay": where it was measured (what it has), "text"}].
    """
    low, high = DECAY if cases[0].beta is None else DECAY_OF_ENERGY
    number = charts.block({
        "cases": [case.to_dict() for case in cases], "rows": rows, "low": low,
        "fraction": fraction,
        "measured": list(measured),
    })  # fmt: skip
    sliders = []
    if noise is not None:
        sliders.append(_slider(number, "q", "Label noise q: the chance that a training label is "
                               "drawn anew", 0, 1, 0.01, noise, f"{noise:.2f}"))  # fmt: skip
    if rows is not None:
        start, every = rows
        text = f"{start / every:.3f} ({start:,} of {every:,} rows)" if fraction else f"{start:,}"
        label = "Training fraction" if fraction else "Training rows"
        sliders.append(_slider(number, "n", label, 1, every, 1, start, text))
    if decay is not None:
        place = next((p for p in range(4 * low, 4 * high + 1)
                      if abs(2 ** (p / 4) - decay) <= 0.09 * decay), 4 * low - 1)  # fmt: skip
        sliders.append(_slider(number, "decay", "Decay λ: the weight of a bit of description "
                               "against one of exceptions", 4 * low - 1, 4 * high, 1,
                               place, f"{decay:g}", start=decay))  # fmt: skip
    results = []
    for k, case in enumerate(cases):
        weighed = weigh(case, noise=noise or 0.0, rows=rows and rows[0],
                        decay=1.0 if decay is None else decay)  # fmt: skip
        results.append(element(
            "div", element("h4", case.name),
            element("p", verdict(weighed, case), class_="wins", aria_live="polite"),
            element("ul", class_="bars", data_case=k), class_="case",
        ))  # fmt: skip
    return element(
        "section",
        element("h3", "What would win?"),
        element("p", _explained(cases[0]), class_="note"),
        element("p", note, class_="note") if note else None,
        element("div", sliders, class_="sliders"),
        element("div", results, class_="cases"),
        element("p", class_="measured") if measured else None,
        element("p", element("button", "Back to the run's own values", type="button",
                             class_="reset")),
        class_="what-if", data_block=number, aria_label="What would win",
    )  # fmt: skip


def verdict(weighed, case):
    """Which hypothesis wins, in words; the page's script writes the same."""
    name, description, rest = winner(weighed)
    unit = "bits" if case.beta is None else "bits of energy"
    table = next(h for h in weighed if h[0] == "table" and h is weighed[len(case.programs)])
    if name == "table" and (description, rest) == table[1:]:
        programs = weighed[: len(case.programs)]
        best = min(h[1] + h[2] for h in programs) if programs else None
        other = "" if best is None else f"; the best program has {bits(best)}"
        return f"The table wins with {bits(description + rest)} {unit}{other}."
    if name == "neither" and case.beta is not None:
        return f"Neither pays: guessing has {bits(description + rest)} {unit}."
    return (
        f"The {name} wins with {bits(description + rest)} {unit}; "
        f"the table has {bits(table[1] + table[2])}."
    )


def _explained(case):
    if case.beta is not None:
        return (
            f"Energy of pure states of the stochastic search: {case.beta:g} bits an error, and "
            "decay λ times the bits of the program and of the table."
        )
    return (
        "Recomputed from the bits of this run's programs and their shares of exceptions: with "
        "other rows of the same kind, in expectation.  λ = 1 is MDL."
    )


def _slider(number, key, label, low, high, step, value, text, start=None):
    name = f"{key}-{number}"
    return element(
        "p", element("label", label, for_=name),
        element("input", type="range", id=name, min=low, max=high, step=step, value=value,
                data_key=key, data_start=value if start is None else start,
                aria_valuetext=text, autocomplete="off"),
        element("output", text, for_=name), class_="slider",
    )  # fmt: skip
