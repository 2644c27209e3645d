"""Figures: an experiment's `draw` on axes of one style, shown, or written as PNG, SVG or PDF.

Figures are made without `pyplot`, so that matplotlib's global state does not change.
"""

import os
import textwrap
from pathlib import Path

from synth.errors import SettingError
from synth.files import check_writable
from synth.report.escape import visibly

SUFFIXES = (".png", ".svg", ".pdf")

#: The size of one panel among several, in inches.
PANEL = (4.2, 3.6)


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
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise SettingError(f"{option} {path}: allowed: a name that ends in {', '.join(SUFFIXES)}")
    check_matplotlib(f"{option} {path}")
    if path.exists() and not path.is_file():
        raise SettingError(f"{option} {path}: not a regular file")
    if path.exists() and not os.access(path, os.W_OK):
        raise SettingError(f"{option} {path}: the file cannot be written to")
    check_writable(option, path)


def check_matplotlib(asked):
    """Raises SettingError if matplotlib is not installed; asked: what needs it, for the message."""
    try:
        import matplotlib  # noqa: F401 - checks that it is installed
    except ImportError:
        raise SettingError(
            f"{asked}: matplotlib is not installed; pip install 'synth-mdl[plot]'"
        ) from None


@visibly
def plot_run(run, experiment, path=None):
    """Draws a run of an experiment, into a file if there is a path; returns the figure.

    Parameters
    ----------
    run : ExperimentRun
    experiment : module
        The experiment's module: its `draw`, and its `PANELS` if it has any.
    path : str or path, optional
        A path with a suffix of `SUFFIXES`.
    """
    return styled_figure(lambda: make_figure(run, experiment), path)


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


def make_figure(run, experiment):
    """The figure of a run of an experiment, with labels at the ends of lines."""
    figure, axes = drawn_figure(run, experiment)
    width = int(figure.get_figwidth() * 13)
    figure.suptitle(
        textwrap.fill(f"{run.experiment}: {run.claim}", width), fontsize="medium", x=0.01, ha="left"
    )
    for each in axes:
        _label_ends(each)
    return figure


def drawn_figure(run, experiment):
    """(figure, its axes), with exactly what the experiment's `draw` draws."""
    from synth.report.shown import ShownFigure

    panels = getattr(experiment, "PANELS", None)
    down, across = panels if isinstance(panels, tuple) else (1, panels or 1)
    one = (down, across) == (1, 1)
    figure = ShownFigure() if one else ShownFigure((PANEL[0] * across, PANEL[1] * down))
    axes = list(figure.subplots(down, across, squeeze=False).flat)
    experiment.draw([dict(row) for row in run.rows], axes[0] if panels is None else axes)
    for each in axes:
        if each.images:
            each.grid(False)
    # This comes before anything measures the figure, which cannot be laid out with such axes.
    for each in axes:
        _without_empty_logarithms(each)
    return figure, axes


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
        ends.append((min(max(y, box.y0), box.y1), min(x, box.x1), line))
    ends.sort(key=lambda end: end[0])
    places = _apart([y for y, _, _ in ends], step)
    for (_, x, line), place in zip(ends, places, strict=True):
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
