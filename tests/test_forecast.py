"""What a fit says of its time: the forecast, and the lines of its progress."""

import numpy as np
import pytest

import synth
from synth.cli.progress import Progress
from synth.learners import forecast, mixture

FEW = {"max_programs": 640, "moves": 0}


def rows(n=80, seed=0):
    """Columns and labels: one of four columns decides, and one label in ten is wrong."""
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(n, 4)).round(2)
    return X, (X[:, 1] > 0.3) ^ (generator.random(n) < 0.1)


def test_what_grows_with_the_share_is_extended_and_the_rest_is_not():
    fixed, growing = 0.4, 3.2
    parts = [fixed + share * growing for share in (forecast.FIRST, forecast.SECOND)]
    assert forecast.extended(*parts) == pytest.approx(fixed + growing)
    assert forecast.extended(0.5, 0.4) == 0.4  # noise alone does not shrink a fit


def test_a_forecast_does_two_shares_of_the_work_and_one_if_that_was_all(monkeypatch):
    times = iter([0.0, 1.0, 5.0, 6.75, 0.0, 3.0])
    monkeypatch.setattr(forecast, "working_time", lambda: next(times))
    asked = []
    assert forecast.forecast(lambda share: asked.append(share) is None) == pytest.approx(
        forecast.extended(1.0, 1.75)
    )
    assert asked == [forecast.FIRST, forecast.SECOND]
    assert forecast.forecast(lambda share: False) == 3.0


def test_a_fit_says_how_long_it_will_take_before_it_begins(capsys):
    X, y = rows()
    model = synth.ProgramClassifier(**FEW, verbose=1).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("[ProgramClassifier] ") for line in lines)
    assert "80 rows, 4 columns, 2 labels: the fit will take about" in lines[0]
    assert lines[-1].endswith("s: done")
    silent = synth.ProgramClassifier(**FEW).fit(X, y)
    assert capsys.readouterr().out == ""
    assert (silent.predict_proba(X) == model.predict_proba(X)).all()


def test_a_forecast_leaves_the_classifier_as_it_is(monkeypatch):
    """The first step has the share of the programs, and of the rows for the mixture."""
    X, y = rows(160)
    made, learnt = [], []
    search, init = synth.engine.search, mixture.Mixture.__init__

    def counted(*args, **settings):
        made.append((settings["max_programs"], settings["moves"]))
        return search(*args, **settings)

    def noted(self, tests, columns, labels, k, **given):
        learnt.append(len(labels))
        init(self, tests, columns, labels, k, **given)

    monkeypatch.setattr(synth.engine, "search", counted)
    monkeypatch.setattr(mixture.Mixture, "__init__", noted)
    model = synth.ProgramClassifier(max_programs=640, moves=8)
    assert model.forecast(X, y) > 0
    assert made == [(10, 0), (80, 1)]
    assert learnt == [2, 20]
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
