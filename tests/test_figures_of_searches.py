"""The figure and the page of a search and of a contrast, from the command line."""

import pytest
from click.testing import CliRunner

import synth
from synth.cli import main
from synth.report import plot_results

TASK = "parity:n=6,k=3"


@pytest.fixture(scope="module")
def contrast():
    return synth.contrast(TASK)


def test_bars_are_the_bits_of_the_results(contrast):
    pairs = [(TASK, contrast.structured), ("its twin", contrast.random)]
    bits, accuracy = contrast.plot().axes
    bars = sorted((b.get_y(), b.get_x(), b.get_width()) for b in bits.patches)
    assert len(bars) == 4
    for (_, result), program, exceptions in zip(pairs, bars[::2], bars[1::2], strict=True):
        table = result.table.bits
        assert program[2] * table == pytest.approx(result.program.bits)
        assert (exceptions[1] + exceptions[2]) * table == pytest.approx(result.program.total_bits)
    # Two marks for each result: training rows, then unseen rows.
    marks = [(line.get_xdata()[0], line.get_ydata()[0]) for line in accuracy.get_lines()]
    chosen = contrast.structured.program, contrast.random.table
    assert marks == [
        (part, place)
        for place, each in enumerate(chosen)
        for part in (each.train_accuracy, each.test_accuracy)
    ]
    assert [t.get_text() for t in bits.get_yticklabels()] == [TASK, "its twin"]


def legends(figure):
    return [[t.get_text() for t in axes.get_legend().get_texts()] for axes in figure.axes]


def test_legends_say_what_the_bars_are(contrast):
    """Each entry once; a sequence has no unseen rows, and the language of a table has bits."""
    rows = ["training rows", "unseen rows"]
    assert legends(contrast.plot()) == [["program", "flag and exceptions"], rows]
    frame = {"a": list(range(40)), "y": ["yes" if k > 25 else "no" for k in range(40)]}
    table = synth.search(synth.Task.from_frame(frame, label="y", train=0.5), max_bits=12, moves=0)
    figure = table.plot()
    assert legends(figure) == [["program", "flag, language and exceptions"], rows]
    assert figure.axes[0].get_yticklabels()[0].get_text() == "data frame"
    law = synth.contrast("sequence:1/4/9/16/25/36/49/64/81/100", threads=1)
    figure = law.plot()
    assert legends(figure)[1] == ["training rows"]
    figure.draw_without_rendering()
    left, right = (axes.xaxis.label.get_window_extent() for axes in figure.axes)
    assert left.x1 < right.x0
    assert right.x1 <= figure.bbox.x1


def test_lines_of_several_seeds_name_them(contrast, tmp_path):
    figure = plot_results([contrast, contrast], seeds=[4, 5])
    named = [t.get_text() for t in figure.axes[0].get_yticklabels()]
    assert named == [f"{TASK}, seed 4", "its twin", f"{TASK}, seed 5", "its twin"]
    plot = tmp_path / "seeds.svg"
    arguments = ["contrast", TASK, "--seeds", "2", "--seed", "4", "--plot", str(plot)]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    assert all(f"{TASK}, seed {seed}" in plot.read_text() for seed in (4, 5))


@pytest.mark.parametrize("command", ["search", "contrast"])
def test_a_figure_and_a_page_are_written(command, tmp_path):
    plot, page = tmp_path / "found.png", tmp_path / "found.html"
    saved = tmp_path / "found.json"
    arguments = [command, TASK, "--plot", str(plot), "--report", str(page), "--save", str(saved)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [f"wrote {path}" for path in (saved, plot, page)]
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert TASK in page.read_text()


@pytest.mark.parametrize("command", [("search", TASK), ("contrast", TASK), ("contrast",)])
def test_a_file_that_cannot_be_written_is_refused_before_the_search(command, tmp_path):
    for option, path in (("--plot", "found.gif"), ("--report", tmp_path / "none" / "a.html")):
        result = CliRunner().invoke(main, [*command, option, str(path)])
        assert result.exit_code == 2
        (line,) = result.stderr.splitlines()
        assert option in line
        assert str(path) in line
        assert not result.stdout
