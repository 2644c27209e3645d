"""The figures of experiments: captions, letters, colours, and one panel for a slide."""

import re
import string

import matplotlib
import pytest
from click.testing import CliRunner

import synth
from synth import experiments
from synth.cli import main
from synth.errors import SettingError
from synth.report import COLOURS, shades
from synth.report.figure import ACROSS, _grid, make_figure
from synth.report.shown import style

BUILT_IN = [n for n in experiments.names() if experiments.load(n).__name__.startswith("synth.")]


@pytest.fixture(scope="module")
def counted():
    """A run with two panels."""
    return synth.run_experiment("counting", variables=(3,))


def figure_of(run, panel=None):
    with style():
        return make_figure(run, run.drawer(), panel)


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_figure_has_a_caption_that_names_its_panels(name):
    module = experiments.load(name)
    caption, count = module.CAPTION, getattr(module, "PANELS", 1)
    assert len(caption) > 150
    named = set()
    for inside in re.findall(r"(?<!\w)\(([a-z](?:(?:, |-)[a-z])*)\)", caption):
        ends = inside.split("-")
        first, last = ends[0][-1], ends[-1][0]
        between = string.ascii_lowercase[ord(first) - 97 : ord(last) - 96]
        named |= set(between if len(ends) == 2 else inside.split(", "))
    # Captions name either no panel, as all are alike, or each of them.
    assert named in (set(), set(string.ascii_lowercase[:count]))
    assert named or count == 1 or name == "heatmaps"


def test_a_caption_stands_under_the_figure_in_the_help_and_on_the_page(counted, tmp_path):
    caption = " ".join(experiments.load("counting").CAPTION.split())
    figure = figure_of(counted)
    assert " ".join(figure.get_supxlabel().split()) == caption
    assert " ".join(figure.get_suptitle().split()) == f"counting: {counted.claim}"
    shown = CliRunner().invoke(main, ["run", "counting", "--help"]).output
    assert f"Figure: {caption}" in " ".join(shown.split())
    from synth.report.page import write_page

    write_page([counted], ["run.json"], str(tmp_path / "page.html"))
    page = (tmp_path / "page.html").read_text()
    assert caption.split("(b)")[0].strip() in " ".join(page.split())


def test_titles_begin_with_letters_and_panels_stand_in_two_columns(counted):
    first, second = figure_of(counted).axes
    assert first.get_title("left").startswith("a  ")
    assert second.get_title("left").startswith("b  ")
    assert first.get_position().y0 == pytest.approx(second.get_position().y0)


def test_the_last_of_an_odd_number_of_panels_is_as_wide_as_both_columns():
    from matplotlib.figure import Figure

    axes = _grid(Figure(), 3, 3.2)
    places = [each.get_subplotspec() for each in axes]
    assert [p.num1 for p in places] == [0, 1, ACROSS]
    assert (places[2].colspan.start, places[2].colspan.stop) == (0, ACROSS)


def test_a_panel_alone_has_no_letter_and_no_caption(counted):
    whole, alone = figure_of(counted), figure_of(counted, panel=2)
    (axes,) = alone.axes
    assert axes.get_title("left") == whole.axes[1].get_title("left").removeprefix("b  ")
    assert len(axes.lines) == len(whole.axes[1].lines)
    assert alone.get_suptitle() == alone.get_supxlabel() == ""
    assert tuple(alone.get_size_inches()) == (6.4, 4.2)


def test_a_panel_alone_keeps_what_it_frames():
    run = synth.run_experiment("heatmaps", seconds=5.0)
    alone = figure_of(run, panel=1)
    assert len(alone.axes) == 1
    assert sum(bool(inset.images) for inset in alone.axes[0].child_axes) == 2


def test_a_panel_that_cannot_be_is_refused_before_the_work(tmp_path, monkeypatch):
    from synth.experiments import runner

    monkeypatch.setattr(runner, "run_experiment", lambda *_, **__: pytest.fail("it ran"))
    target = str(tmp_path / "x.png")
    for more, said in (
        (["--plot", target, "--panel", "3"], "--panel 3; allowed: 1..2"),
        (["--plot", target, "--panel", "0"], "--panel 0; allowed: 1..2"),
        (["--plot", target, "--panel", "c"], "--panel 3; allowed: 1..2"),
        (["--panel", "1"], "--panel 1: allowed only with --plot FILE"),
    ):
        found = CliRunner().invoke(main, ["run", "counting", *more])
        assert (found.exit_code, found.stderr) == (2, f"synth: {said}\n")
    found = CliRunner().invoke(main, ["show", "run.json", "--panel", "1"])
    assert (found.exit_code, found.stderr) == (
        2,
        "synth: --panel 1: allowed only with --plot FILE\n",
    )


def test_a_saved_run_gives_one_panel_too(counted, tmp_path):
    with pytest.raises(SettingError, match=r"--panel 9; allowed: 1\.\.2"):
        counted.plot(tmp_path / "x.png", panel=9)
    counted.plot(tmp_path / "whole.png")
    counted.plot(tmp_path / "one.png", panel=1)
    assert (tmp_path / "one.png").read_bytes() != (tmp_path / "whole.png").read_bytes()


def test_every_role_has_a_colour_of_its_own():
    assert len(set(COLOURS.values())) == len(COLOURS)
    with style():
        roles = {matplotlib.colors.to_hex(colour) for colour in COLOURS.values()}
    assert len(roles) == len(COLOURS)
    for count in (1, 2, 10):
        assert len(set(shades(count))) == count
        assert not roles & set(shades(count))


def test_labels_of_lines_that_end_at_one_place_are_in_the_order_of_the_lines(counted):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from synth.report.figure import _label_ends

    figure = Figure()
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for height, name in ((0.2, "low"), (0.8, "high"), (0.5, "middle")):
        axes.plot([0, 1, 2], [height, height, 1], label=name)
    _label_ends(axes)
    places = {text.get_text(): text.xy[1] for text in axes.texts}
    assert places["low"] < places["middle"] < places["high"]
