"""The bench: our side of every job, the checks of answers, and what is skipped how."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))

import document
import environments
import jobs
import peers
import scaling

ALL = {job.name: job for job in jobs.all_jobs()}
PLAIN = peers.PEERS[0]


def options(*arguments):
    return peers.parse([*map(str, arguments)])


def run_plain(job, **changes):
    chosen = options("--repeats", 1)
    for name, value in changes.items():
        setattr(chosen, name, value)
    return peers.run_worker(PLAIN, sys.executable, job, chosen, 1)


@pytest.mark.parametrize("name", [n for n, j in ALL.items() if j.labels and not j.exact])
def test_our_answer_is_right_and_of_the_stated_weight(name):
    job = ALL[name]
    answer = jobs.solve(job, 60)
    assert jobs.is_right(job, answer["expression"])
    assert jobs.size(answer["expression"]) == job.minimal
    assert answer["proven"]
    assert_smallest(job)


def assert_smallest(job):
    """Nothing smaller is right, by an enumeration in order of size."""
    nodes, expression = jobs.smallest(job, job.minimal)
    assert nodes == job.minimal == jobs.size(expression)
    assert jobs.is_right(job, expression)


@pytest.mark.parametrize("name", ["parity-4", "majority-5"])
def test_smallest_formulas_are_as_small_as_stated(name):
    assert_smallest(ALL[name])


def test_weights_are_those_of_the_jobs():
    names = ("max", "difference", "polynomial", "conditional", "parity-4", "majority-5")
    assert [ALL[n].minimal for n in names] == [6, 10, 11, 10, 34, 27]
    assert [len(ALL[f"quadratic-{n}"].rows) for n in (20, 200, 2000)] == [20, 200, 2000]
    assert [len(set(ALL[n].rows)) for n in names[:4]] == [20] * 4


def test_plain_python_agrees_with_the_enumerator():
    job = jobs.functions(3)
    ours, theirs = jobs.enumerate_functions(job), run_plain(job)
    assert ours["complete"]
    assert ours["distinct"] == theirs["distinct"] == ours["sizes"][-1] == 256
    assert ours["candidates"] == theirs["candidates"]


@pytest.mark.parametrize("name", ["max", "difference", "quadratic-20"])
def test_plain_python_finds_a_smallest_formula(name):
    found = run_plain(ALL[name])
    assert jobs.is_right(ALL[name], found["expression"])
    assert jobs.size(found["expression"]) == ALL[name].minimal
    assert found["seconds"] > 0


def test_wrong_answers_are_seen():
    job = ALL["max"]
    assert jobs.is_right(job, ["ite", ["lt", "x", "y"], "y", "x"])
    assert not jobs.is_right(job, ["ite", ["lt", "x", "y"], "x", "y"])
    assert not jobs.is_right(job, "x")
    assert not jobs.is_right(job, None)
    row = peers.search_row(job, PLAIN, [{"seconds": 1.0, "expression": "x", "ours": 1.0}],
                           {"right": True}, options())  # fmt: skip
    assert row["word"] == "a wrong answer"
    assert "ratio" not in row


def test_values_are_those_of_our_programs():
    job = ALL["quadratic-20"]
    expression = ["sub", ["mul", "x", ["add", "y", 3]], ["mul", 2, "y"]]
    x, y = (np.array(column) for column in zip(*job.rows, strict=True))
    found = [jobs.value(expression, {"x": a, "y": b}, 97) for a, b in job.rows]
    assert found == ((x * (y + 3) - 2 * y) % 97).tolist()
    for row in [(a, b) for a in (False, True) for b in (False, True)]:
        named = dict(zip("xy", row, strict=True))
        assert jobs.value(["xor", "x", ["not", "y"]], named) == (row[0] == row[1])


def test_a_run_that_is_too_long_ends():
    assert run_plain(ALL["parity-4"], timeout=0.3) == {"timeout": True}
    runs = [{"timeout": True, "ours": 0.1}]
    row = peers.search_row(ALL["max"], PLAIN, runs, {"right": True}, options("--timeout", 5))
    assert row["bound"]
    assert row["ratio"] == pytest.approx(50)
    assert document.ratio_text(row) == "> 50"
    assert peers.given_up(runs, chance=False)
    assert not peers.given_up(runs, chance=True)


def test_a_formula_that_is_not_the_smallest_is_no_answer_to_an_exact_job():
    job = ALL["majority-5"]
    pairs = [["and", f"x{a}", f"x{b}"] for a in range(5) for b in range(a)]
    triples = [["and", pair, f"x{c}"] for pair in pairs for c in range(int(pair[2][1:]))]
    expression = triples[0]
    for triple in triples[1:]:
        expression = ["or", expression, triple]
    runs = [{"seconds": 1.0, "expression": expression, "ours": 0.5}]
    row = peers.search_row(job, PLAIN, runs, {"right": True, "sizes": [27]}, options())
    assert (row["right"], row["minimal"], row["sizes"]) == (True, False, [59])
    assert "ratio" not in row
    assert peers.found_text(row) == "59 nodes; 27 are enough"


def test_exact_jobs_are_skipped_with_a_word_without_exact(monkeypatch):
    monkeypatch.setattr(jobs, "has_exact", lambda: False)
    (row,) = peers.search_rows(ALL["parity-4"], [], options())
    assert row["word"] == "our side is skipped: search has no `exact` in this version"


def test_absent_peers_are_skipped_and_the_document_has_its_keys(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(environments, "has", lambda python, probe: False)
    file = tmp_path / "peers.json"
    peers.main(["--only", "max", "--repeats", "2", "--markdown", "--json", str(file)])
    written = json.loads(file.read_text())
    assert {"date", "version", "commit", "machine", "python", "settings", "absent", "rows"} == {
        *written
    }
    absent = {peer.name for peer in peers.PEERS if peer.package}
    assert set(written["absent"]) == absent
    assert all(word.startswith("skipped, not found") for word in written["absent"].values())
    ours, plain = written["rows"]
    assert (ours["peer"], ours["right"], ours["sizes"]) == ("synth", True, [6])
    assert plain["peer"] == "plain Python"
    assert plain["right"]
    assert plain["minimal"]
    assert plain["least"] <= plain["ratio"] <= plain["most"]
    shown = capsys.readouterr().out
    assert "gplearn: skipped, not found; try --install" in shown
    assert "| max(x, y) from 20 examples | synth |" in shown
    assert "\n| a \\| b | synth |" in peers.markdown([ours | {"what": "a | b"}])


def test_functions_are_timed_up_to_what_the_peer_found(monkeypatch):
    chosen = options("--repeats", 1, "--seconds", 0.2)
    ours, plain = peers.function_rows(jobs.functions(3), [(PLAIN, sys.executable)], chosen)
    assert ours["complete"]
    assert ours["distinct"] == 256
    assert 0 < plain["distinct"] <= 256
    assert plain["ratio"] > 0


def test_unknown_jobs_are_one_line(capsys):
    with pytest.raises(SystemExit) as ended:
        peers.parse(["--only", "nothing"])
    assert ended.value.code == 2
    assert "--only nothing; allowed: functions-4, quadratic-20" in capsys.readouterr().err


def test_growth_is_fitted():
    bits = np.arange(10, 30, 2)
    line = scaling.fit(bits, 5 * 1.5**bits)
    assert line["growth"] == pytest.approx(1.5)
    assert line["error"] < 1e-9
    assert 2 ** line["intercept"] == pytest.approx(5)
    assert scaling.fit([1, 2], [1, 2]) is None
    assert scaling.foreseen([1.0, 3.0]) == 9.0
    assert scaling.foreseen([2.0]) == 2.0
    rows = [{"bits": b, "candidates": 2**b, "distinct": 1, "seconds": 0.0, "peak_bytes": 0,
             "stop_reason": "max_bits"} for b in (10, 12, 14)]  # fmt: skip
    rows.append(rows[-1] | {"bits": 16, "stop_reason": "memory"})
    fitted = scaling.fit_all(rows)
    assert fitted["candidates"]["points"] == 3
    assert fitted["candidates"]["slope"] == pytest.approx(1)
    assert fitted["seconds"] is None


def test_scaling_writes_and_draws(monkeypatch, tmp_path):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(scaling, "foreseen", lambda spent: 100.0 * (len(spent) == 3))
    monkeypatch.setattr(scaling, "point", scaling.measure)
    plot, file = tmp_path / "scaling.png", tmp_path / "scaling.json"
    scaling.main(["--only", "modular", "--plot", str(plot), "--json", str(file)])
    written = json.loads(file.read_text())
    assert [row["bits"] for row in written["rows"]] == [10, 16, 22]
    assert [row["distinct"] for row in written["rows"]] == [40, 278, 2216]
    assert {
        "grammar",
        "bits",
        "seconds",
        "peak_bytes",
        "candidates",
        "distinct",
        "stop_reason",
    } == {*written["rows"][0]}
    assert set(written["fits"]["modular"]) == set(scaling.QUANTITIES)
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_a_point_has_a_process_of_its_own():
    row = scaling.point("modular", 22)
    assert row["candidates"] == 8005
    assert row["stop_reason"] == "max_bits"
    assert row["peak_bytes"] >= 0
