"""Figures: an experiment's `draw` on axes of one style, shown, or written as PNG, SVG or PDF.

Figures are made without `pyplot`, so that matplotlib's global state does not change.
"""

import os
import string
import textwrap
from pathlib import Path

from synth.errors import SettingError
from synth.files import check_writable
from synth.report.escape import visibly

SUFFIXES = (".png", ".svg", ".pdf")

#: The size of one panel among several, in inches. Two of them are as wide as a page's column, where
#: the type of the figure is as large as that of the page.
PANEL = (3.8, 3.2)
ACROSS = 2

#: The colour of each role, in all figures. `experiments` and `results` draw with them.
COLOURS = {
    "program": "C0",
    "random labels": "C1",
    "exact": "C2",
    "network": "C3",
    "nearest": "C4",
    "table": "C5",
    "training": "C7",
    "held out": "C6",
}


def shades(count):
    """Colours for `count` things without a role, such as tasks or sizes, from dark to light."""
    import matplotlib

    steps = [0.85 * k / max(count - 1, 1) for k in range(count)]
    return [matplotlib.colors.to_hex(matplotlib.colormaps["viridis"](step)) for step in steps]


def check_plot(path, option="--plot"):
    """Checks that a figure can be written, before the work is done.

    Parameters
    ----------
    path : str or path
    option : str, optional
        The option that gave the path, for messages.

    Raises
    ------
    SettingError
        If the path has another suffix than .png, .svg and .pdf, it cannot be written, or
        matplotlib is not installed.
    """
    check_writable(option, path, suffixes=SUFFIXES)
    path = Path(path)
    check_matplotlib(f"{option} {path}")
    if path.exists() and not path.is_file():
        raise SettingError(f"{option} {path}: not a regular file")
    if path.exists() and not os.access(path, os.W_OK):
        raise SettingError(f"{option} {path}: the file cannot be written to")


def check_matplotlib(asked):
    """Raises SettingError if matplotlib is not installed; asked: what needs it, for the message."""
    try:
        import matplotlib  # noqa: F401 - checks that it is installed
    except ImportError:
        raise SettingError(
            f"{asked}: matplotlib is not installed; pip install 'synth-mdl[plot]'"
        ) from None


@visibly
def plot_run(run, experiment, path=None, panel=None):
    """Draws a run of an experiment, into a file if there is a path; returns the figure.

    Parameters
    ----------
    run : ExperimentRun
    experiment : module
        The experiment's module: its `draw`, and its `PANELS`, `HEIGHT` (of a panel among several,
        in inches) and `CAPTION` if it has any.
    path : str or path, optional
        A path with a suffix of `SUFFIXES`.
    panel : int, optional
        The number of the only panel to draw, from 1; by default the figure has all panels.

    Raises
    ------
    SettingError
        If there is no such panel.
    """
    return styled_figure(lambda: make_figure(run, experiment, panel), path)


def styled_figure(make, path=None):
    """The figure that `make()` returns, made in the style of all figures.

    Parameters
    ----------
    make : callable
    path : str or path, optional
        The file into which the figure is written.

    Raises
    ------
    SettingError
        If it cannot be drawn or written: see `check_plot`.
    """
    if path is None:
        check_matplotlib("plot()")
    else:
        check_plot(path, "plot")
    from synth.report.shown import style

    with style():
        figure = make()
        if path is not None:
            # Files have no date, so that the same run gives the same file.
            dates = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {}}
            figure.savefig(path, metadata=dates[Path(path).suffix.lower()])
    return figure


def make_figure(run, experiment, panel=None):
    """The figure of a run of an experiment, as a matplotlib `Figure` with labels at line ends.

    The claim stands above the panels and the caption below them. A single panel, for a slide,
    has neither.
    """
    if panel is not None:
        check_panel(experiment, panel)
    figure, axes = drawn_figure(run, experiment)
    if panel is None:
        _say(figure, f"{run.experiment}: {run.claim}", getattr(experiment, "CAPTION", ""))
    else:
        axes = [_alone(figure, axes, panel)]
    for each in axes:
        _label_ends(each)
    return figure


def _say(figure, title, caption):
    """Writes a title above the panels and a caption below them, and makes room for both."""
    across, high = figure.get_size_inches()
    title, caption = (
        textwrap.fill(" ".join(text.split()), int(across * letters))
        for text, letters in ((title, 13.5), (caption, 16.5))
    )
    lines = title.count("\n") + 1 + (caption.count("\n") + 2) * bool(caption)
    figure.set_size_inches(across, high + 0.16 * lines)
    figure.suptitle(title, x=0.01, ha="left", fontsize="medium")
    figure.supxlabel(caption, x=0.01, ha="left", fontsize="small")


def check_panel(experiment, panel):
    """Checks that the figure of an experiment has a panel of that number.

    Raises
    ------
    SettingError
        If it has not.
    """
    count = getattr(experiment, "PANELS", None) or 1
    if not 1 <= panel <= count:
        allowed = f"1..{count}" if count > 1 else "1, since the figure has one panel"
        raise SettingError(f"--panel {panel}; allowed: {allowed}")


def _alone(figure, axes, panel):
    """Leaves one panel in the figure, and returns its axes."""
    kept = axes[panel - 1]
    for each in [a for a in figure.axes if a is not kept and a not in kept.child_axes]:
        if getattr(each, "_colorbar", None) is None or each._colorbar.mappable.axes is not kept:
            each.remove()
    import matplotlib

    figure.set_size_inches(matplotlib.rcParams["figure.figsize"])
    kept.set_subplotspec(figure.add_gridspec(1, 1)[0])
    if len(axes) > 1:
        kept.set_title(kept.get_title("left").partition("  ")[2], loc="left")
    return kept


def drawn_figure(run, experiment):
    """(figure, its axes), with exactly what the experiment's `draw` draws.

    The title of each panel begins with a letter, by which the caption refers to it.
    """
    from synth.report.shown import ShownFigure

    panels = getattr(experiment, "PANELS", None)
    figure = ShownFigure()
    axes = _grid(figure, panels or 1, getattr(experiment, "HEIGHT", PANEL[1]))
    experiment.draw([dict(row) for row in run.rows], axes[0] if panels is None else axes)
    for letter, each in zip(string.ascii_lowercase, axes, strict=False):
        if each.images:
            each.grid(False)
        if len(axes) > 1 and (each.axison or each.get_title("left")):
            each.set_title(f"{letter}  {each.get_title('left')}", loc="left")
    # This comes before anything measures the figure, which cannot be laid out with such axes.
    for each in axes:
        _without_empty_logarithms(each)
    return figure, axes


def _grid(figure, panels, height):
    """Axes in two columns; the last of an odd number is as wide as both."""
    if panels == 1:
        return [figure.subplots()]
    down = -(-panels // ACROSS)
    figure.set_size_inches(PANEL[0] * ACROSS, height * down)
    grid = figure.add_gridspec(down, ACROSS)
    places = [grid[k // ACROSS, k % ACROSS] for k in range(panels)]
    if panels % ACROSS:
        places[-1] = grid[down - 1, :]
    return [figure.add_subplot(place) for place in places]


def _without_empty_logarithms(axes):
    """Makes logarithmic axes without positive data linear, since they cannot be drawn."""
    for axis, limits in (("x", axes.get_xlim), ("y", axes.get_ylim)):
        if getattr(axes, f"get_{axis}scale")() == "log" and not min(limits()) > 0:
            getattr(axes, f"set_{axis}scale")("linear")


def _label_ends(axes):
    """Writes the labels of lines at their right ends, moved apart if they would overlap."""
    lines = [
        line
        for line in axes.get_lines()
        if not line.get_label().startswith("_") and len(line.get_xdata())
    ]
    if not lines or axes.get_legend() is not None:
        return
    from matplotlib.font_manager import FontProperties

    figure = axes.figure
    figure.draw_without_rendering()  # so that points have their positions
    step = 1.25 * FontProperties(size="small").get_size_in_points() * figure.dpi / 72
    box = axes.get_window_extent()
    ends = []
    for line in lines:
        x, y = line.get_transform().transform(
            [(x, y) for x, y in zip(*line.get_data(orig=False), strict=True)]
        )[-1]
        # Lines that end at one place are in the order in which they lie before it.
        height = float(sum(line.get_ydata()) / len(line.get_ydata()))
        ends.append((round(min(max(y, box.y0), box.y1)), height, min(x, box.x1), line))
    ends.sort(key=lambda end: end[:2])
    places = _apart([y for y, *_ in ends], step)
    for (_, _, x, line), place in zip(ends, places, strict=True):
        x, y = axes.transAxes.inverted().transform((max(x, box.x1), place))
        axes.annotate(
            line.get_label(),
            (x, y),
            xycoords="axes fraction",
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=line.get_color(),
            fontsize="small",
            annotation_clip=False,
        )


def _apart(places, step):
    """Sorted positions, moved as little as necessary to be at least `step` apart."""
    groups = []
    for place in places:
        groups.append([place, 1])
        while len(groups) > 1:
            (low, few), (high, many) = groups[-2:]
            if high - (many - 1) * step / 2 - (low + (few - 1) * step / 2) >= step:
                break
            groups[-2:] = [[(low * few + high * many) / (few + many), few + many]]
    return [mid + (k - (n - 1) / 2) * step for mid, n in groups for k in range(n)]
