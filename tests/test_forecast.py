"""What a fit says of its time: the forecast, and the lines of its progress."""

import math

import numpy as np
import pytest

import synth
from synth.cli.progress import Progress
from synth.learners import estimator, forecast, mixture

FEW = {"max_programs": 640, "moves": 0}


def rows(n=80, seed=0):
    """Columns and labels: one of four columns decides, and one label in ten is wrong."""
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(n, 4)).round(2)
    return X, (X[:, 1] > 0.3) ^ (generator.random(n) < 0.1)


def test_time_is_extended_as_it_grows(monkeypatch):
    """What is needed once is not multiplied, and noise alone does not shrink a fit."""
    clock = [0.0]
    monkeypatch.setattr(forecast, "working_time", lambda: clock[0])

    def taking(law, asked):
        def work(rows):
            asked.append(rows)
            clock[0] += law(rows)

        return work

    asked = []
    linear = taking(lambda rows: 0.4 + rows / 100, asked)
    assert forecast.in_proportion(linear, 6400) == pytest.approx(64.4)
    assert asked == [100, 400]
    asked.clear()
    doubling = taking(lambda rows: 1 + math.log2(rows), asked)
    assert forecast.by_doublings(doubling, 5000) == pytest.approx(1 + math.log2(5000))
    assert asked == [50, 200]
    shrinking = taking(lambda rows: 1 / rows, [])
    assert forecast.by_doublings(shrinking, 5000) == pytest.approx(1 / 200)
    assert forecast.in_proportion(shrinking, 64) == pytest.approx(1 / 4)


def test_a_fit_says_how_long_it_will_take_before_it_begins(capsys, monkeypatch):
    monkeypatch.setattr(estimator, "FEW", 70)
    X, y = rows()
    model = synth.ProgramClassifier(**FEW, verbose=1).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("[ProgramClassifier] ") for line in lines)
    assert "80 rows, 4 columns, 2 labels" in lines[0]
    assert "the fit will take about" in lines[1]
    assert lines[-1].endswith("s: done")
    synth.ProgramClassifier(**FEW, verbose=1).fit(X[:60], y[:60])
    assert "about" not in capsys.readouterr().out
    silent = synth.ProgramClassifier(**FEW).fit(X, y)
    assert capsys.readouterr().out == ""
    assert (silent.predict_proba(X) == model.predict_proba(X)).all()


def test_a_forecast_leaves_the_classifier_as_it_is(monkeypatch):
    """It searches and mixes some of the rows, with the settings of the whole."""
    X, y = rows(160)
    made, learnt = [], []
    search, init = synth.engine.search, mixture.Mixture.__init__

    def counted(task, *args, **settings):
        made.append((task.training, settings["max_programs"], settings["moves"]))
        return search(task, *args, **settings)

    def noted(self, tests, columns, labels, k, **given):
        learnt.append(len(labels))
        init(self, tests, columns, labels, k, **given)

    monkeypatch.setattr(synth.engine, "search", counted)
    monkeypatch.setattr(mixture.Mixture, "__init__", noted)
    model = synth.ProgramClassifier(max_programs=640, moves=1)
    assert model.forecast(X, y) > 0
    assert made == [(10, 640, 1), (40, 640, 1)]
    assert learnt == [2, 10]
    assert not hasattr(model, "classes_")
    assert synth.ProgramClassifier().forecast(X, y[:1].repeat(160)) == 0.0  # nothing is sought


def test_a_search_without_an_end_has_no_forecast():
    X, y = rows()
    given = {"max_programs": None, "mixture": False}
    assert synth.ProgramClassifier(**given).forecast(X, y) is None
    assert synth.ProgramClassifier(**given, seconds=0.5).forecast(X, y) == 0.5


def test_the_mixture_says_how_far_it_is():
    X, y = rows()
    found, told = synth.ProgramClassifier(**FEW, mixture=False).fit(X, y).results_[0], []
    mixture.mixture_of(found, told=told.append)
    assert told == sorted(told)
    assert len(told) == len(mixture.SHARES)
    assert told[-1] == 1.0
    assert 0 < told[0] < 0.01  # the first part has a fiftieth of the rows


def test_the_command_line_says_how_much_time_is_left(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)

    class Engine:
        def progress(self):
            return "3 of 8 moves"

    with Progress(30) as progress:
        progress(Engine())
        progress.share(0.25)
    said = capsys.readouterr().err
    assert "at most 30 s left: 3 of 8 moves" in said
    assert "mixture: 25%, 0 s left" in said
