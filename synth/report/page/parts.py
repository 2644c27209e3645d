"""Parts that sections share: tables, stacked bars and the block of sliders."""

from synth.report.numbers import bits, chance
from synth.report.page.contenders import weigh, winner
from synth.report.page.markup import element


def chance_text(log2):
    """The bound on a chance whose base-2 logarithm is given, as text with a raised exponent."""
    base, _, exponent = chance(log2).partition("^")
    return base + raised(exponent)


def raised(text):
    """Digits as superscripts."""
    return text.translate(str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"))


def columns(*parts):
    """Parts side by side, if there is room."""
    return element("div", *parts, class_="columns")


def details(title, *content):
    """A block that the reader can unfold; it is unfolded in print."""
    return element("details", element("summary", title), *content)


def cells_table(caption, rows, head=None, align=None):
    """A table.

    Parameters
    ----------
    caption : str
    rows : iterable of sequences
        Rows of cells, or (name, value) pairs if there is no head.
    head : sequence of str, optional
        The names of the columns.
    align : str, optional
        "l" or "r" for each column; by default numbers are aligned to the right.
    """
    table = element(
        "table",
        element("caption", caption) if caption else None,
        None if head is None else _head(head, align),
        element("tbody", [_pair(row) if head is None else _row(row, align) for row in rows]),
    )
    return element(
        "div", table, class_="scroll", tabindex="0", role="region", aria_label=caption or "Table"
    )


def _head(names, align):
    rights = [align is not None and align[k] == "r" for k in range(len(names))]
    cells = [
        element("th", name, scope="col", class_="number" if right else None)
        for name, right in zip(names, rights, strict=True)
    ]
    return element("thead", element("tr", cells))


def _pair(pair):
    name, value = pair
    return element("tr", element("th", name, scope="row"), element("td", value))


def _row(values, align):
    cells = []
    for k, value in enumerate(values):
        right = _is_number(value) if align is None else align[k] == "r"
        cells.append(element("td", value, class_="number" if right else None))
    return element("tr", cells)


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


#: What the kinds of the parts of bars are called.
KINDS = {"program": "program", "exceptions": "flag and exceptions", "table": "table"}


def stacked(title, bars, words=None):
    """Stacked bars on one scale; bars: (name, [(kind, bits, tip)]); words: in place of `KINDS`."""
    words = words or KINDS
    most = max((sum(b for _, b, _ in parts) for _, parts in bars), default=1) or 1
    lines = []
    for name, parts in bars:
        total = sum(b for _, b, _ in parts)
        rects, x = [], 0.0
        for kind, size, tip in parts:
            width = 300 * size / most
            rects.append(
                element(
                    "rect",
                    x=f"{x:.2f}",
                    y=0,
                    width=f"{max(width, 0):.2f}",
                    height=18,
                    class_=f"area k-{kind}",
                    data_tip=tip,
                )
            )
            x += width
        spoken = ", ".join(f"{words[kind]} {bits(size)}" for kind, size, _ in parts)
        lines.append(
            element(
                "li",
                element("span", name, class_="name"),
                element(
                    "svg",
                    rects,
                    viewBox="0 0 300 18",
                    preserveAspectRatio="none",
                    class_="bar",
                    role="img",
                    aria_label=f"{name}: {spoken} bits",
                ),
                element("span", bits(total), class_="sum"),
            )
        )
    kinds = dict.fromkeys(kind for _, parts in bars for kind, _, _ in parts)
    keys = [
        element("li", element("span", class_=f"key b-{kind}", aria_hidden="true"), words[kind])
        for kind in kinds
    ]
    return element(
        "figure",
        element("figcaption", title),
        element("ul", lines, class_="bars"),
        element("ul", keys, class_="legend"),
        class_="panel",
    )


#: The range of the decay slider for codes and for energies, in powers of 2. Below it, decay is 0.
DECAY, DECAY_OF_ENERGY = (-6, 6), (-6, 12)


def slider_block(
    cases, charts, *, noise=None, rows=None, decay=None, fraction=True, measured=(), note=None
):
    """Sliders, and the winning hypothesis of each case at their positions.

    Parameters
    ----------
    cases : list of Case
    charts : callable
        Numbers the blocks of the page.
    noise, decay : float, optional
        The start of the sliders; without a value there is no such slider.
    rows : (int, int), optional
        The start and the end of the slider for training rows.
    fraction : bool, optional
        Whether the end of `rows` is the number of all rows.
    measured : sequence of dict, optional
        Measurements: "text", and the values of "q", "n" and "decay" at which each was made,
        as far as they are known.
    note : str, optional
    """
    low, high = DECAY if cases[0].beta is None else DECAY_OF_ENERGY
    number = charts.block(
        {
            "cases": [case.to_dict() for case in cases],
            "rows": rows,
            "low": low,
            "fraction": fraction,
            "measured": list(measured),
        }
    )
    sliders = []
    if noise is not None:
        sliders.append(_noise_slider(number, noise))
    if rows is not None:
        sliders.append(_rows_slider(number, rows, fraction))
    if decay is not None:
        sliders.append(_decay_slider(number, decay, low, high))
    at = {"noise": noise or 0.0, "rows": rows and rows[0], "decay": 1.0 if decay is None else decay}
    return element(
        "section",
        element("h3", "What would win?"),
        element("p", _explained(cases[0]), class_="note"),
        element("p", note, class_="note") if note else None,
        element("div", sliders, class_="sliders"),
        element("div", [_case(k, case, at) for k, case in enumerate(cases)], class_="cases"),
        element("p", class_="measured") if measured else None,
        element("p", element("button", "Reset the sliders", type="button", class_="reset")),
        class_="what-if",
        data_block=number,
        aria_label="What would win",
    )


def _case(k, case, at):
    return element(
        "div",
        element("h4", case.name),
        element("p", verdict(weigh(case, **at), case), class_="wins", aria_live="polite"),
        element("ul", class_="bars", data_case=k),
        class_="case",
    )


def verdict(weighed, case):
    """Says which hypothesis wins; the page's script writes the same."""
    name, description, rest = winner(weighed)
    unit = "bits" if case.beta is None else "bits of energy"
    table = next(h for h in weighed if h[0] == "table" and h is weighed[len(case.programs)])
    if name == "table" and (description, rest) == table[1:]:
        programs = weighed[: len(case.programs)]
        best = min(h[1] + h[2] for h in programs) if programs else None
        other = "" if best is None else f"; the best program has {bits(best)}"
        return f"The table wins with {bits(description + rest)} {unit}{other}."
    if name == "neither" and case.beta is not None:
        return f"Neither wins: guessing has {bits(description + rest)} {unit}."
    return (
        f"The {name} wins with {bits(description + rest)} {unit}; "
        f"the table has {bits(table[1] + table[2])}."
    )


def _explained(case):
    if case.beta is not None:
        return (
            f"Energies of pure states of the stochastic search: {case.beta:g} bits for each error, "
            "plus decay λ times the bits of the program and of the table."
        )
    return (
        "Expected bits for other rows of the same kind, computed from the bits of this run's "
        "programs and their shares of exceptions.  λ = 1 is MDL."
    )


def _noise_slider(number, noise):
    label = "Label noise q: the chance that a training label is drawn anew"
    scale = {"min": 0, "max": 1, "step": 0.01, "value": noise}
    return _slider(number, "q", label, f"{noise:.2f}", noise, scale)


def _rows_slider(number, rows, fraction):
    start, end = rows
    label = "Training fraction" if fraction else "Training rows"
    text = f"{start / end:.3f} ({start:,} of {end:,} rows)" if fraction else f"{start:,}"
    scale = {"min": 1, "max": end, "step": 1, "value": start}
    return _slider(number, "n", label, text, start, scale)


def _decay_slider(number, decay, low, high):
    """A slider in quarters of a power of 2; its lowest position is decay 0."""
    least, most = 4 * low - 1, 4 * high
    near = (p for p in range(4 * low, most + 1) if abs(2 ** (p / 4) - decay) <= 0.09 * decay)
    label = "Decay λ: the weight of a bit of description relative to a bit of exceptions"
    scale = {"min": least, "max": most, "step": 1, "value": next(near, least)}
    return _slider(number, "decay", label, f"{decay:g}", decay, scale)


def _slider(number, key, label, text, start, scale):
    name = f"{key}-{number}"
    return element(
        "p",
        element("label", label, for_=name),
        element(
            "input",
            type="range",
            id=name,
            **scale,
            data_key=key,
            data_start=start,
            aria_valuetext=text,
            autocomplete="off",
        ),
        element("output", text, for_=name),
        class_="slider",
    )
