"""The figure of searches for real labels: labels by predictions, and what is left of them."""

from synth.report.figure import COLOURS, PANEL, styled_figure


def plot_numbers(runs, path=None):
    """Draws searches for real labels, into a file if there is a path; returns the figure.

    Parameters
    ----------
    runs : sequence of Regression or RegressionContrast
    path : str or path, optional
        A path with a suffix of `SUFFIXES`.

    Raises
    ------
    SettingError
        If it cannot be drawn or written: see `check_plot`.
    """
    results = [pair for run in runs for pair in named(run)]
    return styled_figure(lambda: _figure(results), path)


def named(run):
    """The name and the record of each labelling of a run that has points."""
    pairs = [(run.task, run)] if run.kind == "regression" else [
        (run.structured.task, run.structured), ("its twin", run.random)
    ]  # fmt: skip
    return [(name, found) for name, found in pairs if found.points is not None]


def _figure(results):
    """Two panels for each labelling: its labels by predictions, and the rest of them."""
    from synth.report.shown import ShownFigure

    figure = ShownFigure((2 * PANEL[0], PANEL[1] * max(len(results), 1)))
    if not results:
        figure.text(0.02, 0.5, "The run was saved by an older version, which kept no predictions.")
        return figure
    grid = figure.subplots(len(results), 2, squeeze=False)
    for (name, found), (whole, rest) in zip(results, grid, strict=True):
        for axes, left in ((whole, False), (rest, True)):
            _draw(axes, found, left)
            axes.set_xlabel(f"predicted {found.label}")
        ends = [found.low, found.high]
        whole.plot(ends, ends, color="black", linewidth=1, label="_equal")
        rest.axhline(0, color="black", linewidth=1)
        whole.set(ylabel=found.label)
        rest.set(ylabel=f"{found.label} - predicted")
        whole.set_title(name, loc="left")
        handles, labels = whole.get_legend_handles_labels()
        rest.legend(handles, labels, loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    return figure


def _draw(axes, found, left):
    """The points of a labelling; left: with what is left of the labels."""
    for name, x, y in series(found, left):
        training = name == "training rows"
        ring = {"markerfacecolor": "none"} if training else {}
        colour = COLOURS["training" if training else "held out"]
        style = {"linestyle": "none", "color": colour, "marker": "o", "markersize": 4}
        axes.plot(x, y, label=name, **style, **ring)


def series(found, left):
    """The name, predictions and labels of training rows and of unseen rows; no empty ones.

    left: whether to subtract the predictions from the labels.
    """
    points, made = found.points, []
    rows = list(zip(points.predicted, points.label, points.train, strict=True))
    for name, training in (("training rows", True), ("unseen rows", False)):
        some = [(p, y - p if left else y) for p, y, train in rows if train == training]
        if some:
            made.append((name, *zip(*some, strict=True)))
    return made
