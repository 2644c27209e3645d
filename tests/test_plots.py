"""Results, contrasts and runs of experiments draw themselves, and become data frames."""

import os
import struct
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest
from click.testing import CliRunner

import synth
from synth.cli import main
from synth.errors import ExperimentError, SettingError

ROOT = Path(__file__).parent.parent
TASK = "parity:n=6,k=3"


@pytest.fixture(scope="module")
def contrast():
    return synth.contrast(TASK)


@pytest.fixture(scope="module")
def run():
    return synth.run_experiment("regret", variables=3, orders=2, random=2)


def size(png):
    assert png.startswith(b"\x89PNG")
    return struct.unpack(">II", png[16:24])


def names(figure):
    return [tick.get_text() for tick in figure.axes[0].get_yticklabels()]


def test_a_result_and_a_contrast_return_their_figures(contrast):
    assert names(contrast.structured.plot()) == [TASK]
    assert names(contrast.plot()) == [TASK, "its twin"]
    assert names(synth.Contrast.from_dict(contrast.to_dict()).plot()) == [TASK, "its twin"]


def test_a_notebook_shows_a_figure_as_large_as_on_paper(contrast):
    """IPython asks for `_repr_png_`; without it, it shows figures only once pyplot is imported."""
    figure = contrast.plot()
    png, shown = figure._repr_png_()
    width, height = figure.get_size_inches()
    assert size(png) == (round(120 * width), int(120 * height))
    assert shown == {"width": round(96 * width), "height": round(96 * height)}


@pytest.mark.parametrize("kind", ["result", "contrast", "run"])
def test_the_method_writes_what_it_shows(kind, contrast, run, tmp_path):
    drawn = {"result": contrast.structured, "contrast": contrast, "run": run}[kind]
    figure = drawn.plot(tmp_path / "figure.png")
    width, height = figure.get_size_inches()
    assert size((tmp_path / "figure.png").read_bytes()) == (int(150 * width), int(150 * height))
    with pytest.raises(SettingError, match=r"^plot figure\.gif: allowed: .*\.png, \.svg, \.pdf$"):
        drawn.plot("figure.gif")


@pytest.mark.parametrize("kind", ["result", "contrast", "run"])
def test_without_matplotlib_one_line_says_what_to_install(kind, contrast, run, monkeypatch):
    drawn = {"result": contrast.structured, "contrast": contrast, "run": run}[kind]
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SettingError) as caught:
        drawn.plot()
    assert str(caught.value) == (
        "plot(): matplotlib is not installed; pip install 'synth-mdl[plot]'"
    )


def test_a_run_that_cannot_be_drawn_says_why(run):
    with pytest.raises(ExperimentError, match="this run of regret has no rows"):
        replace(run, rows=()).plot()
    with pytest.raises(ExperimentError, match="regret is not installed here; its rows are"):
        replace(run, drawer=None).plot()


def test_a_figure_leaves_the_settings_of_matplotlib_alone():
    script = (
        "import sys, matplotlib, synth\nbefore = matplotlib.rcParams.copy()\n"
        f"synth.search({TASK!r}).plot()._repr_png_()\n"
        "assert matplotlib.rcParams.copy() == before\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT, env=environment)


def test_frames_have_the_columns_of_the_command_line(contrast, run, tmp_path):
    pandas = pytest.importorskip("pandas")
    saved = tmp_path / "run.json"
    for record in (contrast, contrast.structured, run):
        synth.save_run(record, saved)
        printed = CliRunner().invoke(main, ["show", str(saved), "--format", "csv"]).stdout
        found = record.frame()
        assert isinstance(found, pandas.DataFrame)
        assert list(found.columns) == printed.splitlines()[0].split(",")
        assert len(found) == len(printed.splitlines()) - 1
    assert contrast.frame().chosen.tolist() == ["program", "table"]
    assert run.frame().target.tolist() == [row["target"] for row in run.rows]


def test_the_lists_of_a_result_are_frames(contrast):
    pytest.importorskip("pandas")
    result = contrast.structured
    for part in ("front", "top", "levels"):
        frame, entries = result.frame(part), getattr(result, part)
        assert len(frame) == len(entries) > 0
        assert list(frame.columns) == [field.name for field in fields(entries[0])]
    assert result.frame("front").bits.tolist() == [point.bits for point in result.front]
    with pytest.raises(SettingError, match=r"^part='rear'; allowed: front, top, levels$"):
        result.frame("rear")


@pytest.mark.parametrize("kind", ["result", "contrast", "run"])
def test_without_pandas_one_line_says_what_to_install(kind, contrast, run, monkeypatch):
    framed = {"result": contrast.structured, "contrast": contrast, "run": run}[kind]
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(SettingError) as caught:
        framed.frame()
    assert str(caught.value) == (
        "frame(): pandas is not installed; pip install 'synth-mdl[notebook]'"
    )
