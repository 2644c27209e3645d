"""Figures: an experiment's `draw` on axes of one style, written as PNG, SVG or PDF.

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

STYLE = Path(__file__).with_name("synth.mplstyle")


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
    try:
        import matplotlib  # noqa: F401 - checks that it is installed
    except ImportError:
        raise SettingError(
            f"{option} {path}: matplotlib is not installed; pip install 'synth-mdl[plot]'"
        ) from None
    if path.exists() and not path.is_file():
        raise SettingError(f"{option} {path}: not a regular file")
    if path.exists() and not os.access(path, os.W_OK):
        raise SettingError(f"{option} {path}: the file cannot be written to")
    check_writable(option, path)


@visibly
def plot_run(run, experiment, path):
    """Draws a run of an experiment into a file.

    Parameters
    ----------
    run : ExperimentRun
    experiment : module
        The experiment's module: its `draw`, and its `PANELS` if it has any.
    path : str or path
        A path that `check_plot` has accepted.
    """
    saved_figure(lambda: make_figure(run, experiment), path)


def saved_figure(make, path):
    """Writes the figure that `make()` returns, made in the style of all figures, into a file."""
    import matplotlib

    with matplotlib.rc_context(fname=STYLE):
        figure = make()
        # Files have no date, so that the same run gives the same file.
        dates = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {}}
        figure.savefig(path, metadata=dates[Path(path).suffix.lower()])


def make_figure(run, experiment):
    """The figure of a run of an experiment, as a matplotlib `Figure` with labels at line ends."""
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
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = getattr(experiment, "PANELS", None)
    down, across = panels if isinstance(panels, tuple) else (1, panels or 1)
    one = (down, across) == (1, 1)
    figure = Figure() if one else Figure((PANEL[0] * across, PANEL[1] * down))
    FigureCanvasAgg(figure)
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
