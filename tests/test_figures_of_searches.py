"""The figure and the page of a search and of a contrast, from the command line."""

import pytest
from click.testing import CliRunner

import synth
from synth.cli import main

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


@pytest.mark.parametrize("command", ["search", "contrast"])
def test_a_figure_and_a_page_are_written(command, tmp_path):
    plot, page = tmp_path / "found.png", tmp_path / "found.html"
    arguments = [command, TASK, "--plot", str(plot), "--report", str(page)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [f"wrote {plot}", f"wrote {page}"]
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
