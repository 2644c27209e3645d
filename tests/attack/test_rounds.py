"""A false claim is found, made small, kept and found again; the command says so."""

import json

import pytest
from hypothesis import strategies as st

from tests.attack import rounds
from tests.attack.__main__ import main, table
from tests.attack.rounds import Round, again, attack


def numbers(data, claims):
    """Says that no number is above 10."""
    number = data.draw(st.integers(0, 1000))
    claims.case = [f"number: {number}"]
    claims.check("small", number <= 10, f"{number} is above 10")


def crashes(data, claims):
    data.draw(st.integers(0, 1000))
    raise ZeroDivisionError("by none")


@pytest.fixture
def own(monkeypatch):
    monkeypatch.setattr(rounds, "ATTACKS", {"numbers": numbers, "crashes": crashes})


def test_a_false_claim_is_made_small_kept_and_found_again(own, tmp_path, monkeypatch):
    found = attack("numbers", 1, 50)
    assert (found.false, found.case) == (["small: 11 is above 10"], ["number: 11"])
    assert found.checked["small"] == found.tasks > 1
    path = found.keep(tmp_path)
    assert json.loads(path.read_text())["seed"] == 1
    assert again(path).false == found.false
    assert again(path).tasks <= 3  # the case alone
    monkeypatch.setitem(rounds.ATTACKS, "numbers", lambda data, claims: data.draw(st.integers()))
    assert again(path).false == []


def test_equal_seeds_attack_alike(own):
    one, two = (attack("numbers", seed, 50, shrink=False) for seed in (3, 3))
    assert vars(one) == vars(two)
    assert one.false


def test_what_fails_otherwise_is_false_too(own):
    assert "ZeroDivisionError: by none" in attack("crashes", 1, 50).false[-1]


def test_the_command_attacks_and_counts(capsys):
    status = main(["--minutes", "0", "--seed", "7", "--attack", "partial", "--processes", "1"])
    printed = capsys.readouterr().out
    assert status == 0
    assert "partial, seed 7: 25 tasks" in printed
    assert max(map(len, printed.splitlines())) <= 80
    assert main(["--again", "none.json"]) == 2


def test_the_table_counts_what_is_false():
    done = [Round("searches", 1, 25, false=["optimal: no"]), Round("searches", 2, 25)]
    (line,) = [line for line in table(done).splitlines() if line.startswith("searches")]
    assert line.split() == ["searches", "2", "50", "0", "1"]
