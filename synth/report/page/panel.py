"""The charts of the page as data: axes, lines, areas, points and pictures.

Positions are in 0..1 of the plot's box, from the lower left.
"""

import math
from dataclasses import dataclass, field

#: The size of the box of the axes, in units of the SVG.
WIDTH, HEIGHT = 300, 200

#: The colour, marker and dash of the lines of each labelling: the task's and its twin's.
STYLES = (("k-program", "o", "-"), ("k-random", "s", "--"))


@dataclass(frozen=True)
class Axis:
    """An axis.

    Parameters
    ----------
    label : str
        The quantity with its unit.
    ticks : tuple of (float, str)
        The position in 0..1 and the text of each tick.
    grid : bool
        Whether there are lines at the ticks.
    """

    label: str
    ticks: tuple
    grid: bool = True


@dataclass(frozen=True)
class Line:
    """Points joined by a line, marked, or both.

    Parameters
    ----------
    points : tuple of (float, float) or None
        The positions; None breaks the line.
    values : tuple of (str, str)
        The values of the points as texts, x and y; empty if none are to be shown.
    tips : tuple of str
        A further text for each point.
    name : str
        The name of the line, shown with its values.
    colour : str
        A class of the page.
    dash : str or None
        A key of `DASHES`; None for no line.
    width : float
        The width of the line.
    marker : str or None
        "o", "s", ".", "x", "^", "v", "D", "+", None, or "silent" for points that have values
        but are not visible.
    open : bool
        Whether the marks are rings.
    step : str or None
        "post" or "pre" for a line of steps.
    size : float
        The size of the marks.
    """

    points: tuple
    values: tuple = ()
    tips: tuple = ()
    name: str = ""
    colour: str = "k-ink"
    dash: str | None = "-"
    width: float = 1.6
    marker: str | None = None
    open: bool = False
    step: str | None = None
    size: float = 5.0


@dataclass(frozen=True)
class Area:
    """A filled polygon; tip: the text shown under the pointer."""

    points: tuple
    colour: str = "k-ink"
    alpha: float = 0.2
    tip: str | None = None


@dataclass(frozen=True)
class Label:
    """A text at a position; anchor: start, middle or end; turn: degrees."""

    text: str
    place: tuple
    anchor: str = "middle"
    turn: float = 0.0


@dataclass(frozen=True)
class Picture:
    """Values as colours.

    Parameters
    ----------
    levels : tuple of tuples of int, (rows, columns)
        Indices into the palette, from the top.
    palette : tuple of (int, int, int)
        Colours as RGB.
    values : tuple of str
        The text of each colour of the palette.
    box : tuple of float
        (left, bottom, right, top) in 0..1.
    span : tuple of float
        (left, right, bottom, top) in the units of the axes.
    """

    levels: tuple
    palette: tuple
    values: tuple
    box: tuple
    span: tuple


@dataclass
class Panel:
    """A chart; legend: (name, colour, dash, marker, open) for each entry."""

    title: str
    x: Axis
    y: Axis
    marks: list = field(default_factory=list)
    legend: list = field(default_factory=list)
    note: str = ""
    shape: tuple = (WIDTH, HEIGHT)


def linear_ticks(low, high, most=6):
    """Round numbers in low..high, as (value, text) pairs; at most about `most` of them."""
    span = high - low
    if not span > 0:
        return [(low, f"{low:g}")]
    raw = span / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [
        (k * step, f"{round(k * step, 10):,g}" if abs(k * step) < 1e6 else f"{k * step:.3g}")
        for k in range(first, math.floor(high / step + 1e-9) + 1)
    ]


def scaled(ticks, low, high):
    """Ticks at their positions in low..high."""
    span = (high - low) or 1.0
    return tuple(((value - low) / span, text) for value, text in ticks)
