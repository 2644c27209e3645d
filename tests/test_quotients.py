"""Quotients of whole numbers: rounded down, up and to the nearest, with the usual divisors."""

import math
import sqlite3

import numpy as np
import pytest

import synth
from synth.engine import languages_of
from synth.language.dsls import integer, real
from synth.tasks import Rule, fit
from tests.test_languages import SMALL, table
from tests.test_rules import in_a_spreadsheet, loaded

QUOTIENTS = {
    "a * b // 100": ("a * b // 100", lambda a, b: a * b // 100),
    "ceil_div(a, 12) + b": ("b + ceil(a / 12)", lambda a, b: -(-a // 12) + b),
    "round_div(a * b, 7)": ("round(a * b / 7)", lambda a, b: math.floor(a * b / 7 + 0.5)),
}


@pytest.mark.parametrize("text", QUOTIENTS)
def test_quotients_are_found_and_translated(tmp_path, text):
    words, label = QUOTIENTS[text]
    numbers = np.random.default_rng(5).integers(-90, 400, (60, 2)).tolist()
    task = table(tmp_path, "a,b,y", [(a, b, label(a, b)) for a, b in numbers])
    assert integer.with_quotients() in languages_of(task)
    result = synth.search(task, integer.with_quotients(), **{**SMALL, "max_programs": 10**6})
    assert result.program.exceptions == 0
    fitted = fit(integer.with_quotients(), task)
    rule = Rule(synth.Program.parse(text, fitted.grammar, fitted.root), fitted.task)
    assert sorted(rule.text) == sorted(words)  # but for the order of a sum
    columns = {name: np.array([row[k] for row in numbers]) for k, name in enumerate("ab")}
    wanted = [label(a, b) for a, b in numbers]
    for found in (result.rule, rule):
        assert loaded(found.to_python(), tmp_path)(columns).tolist() == wanted
        asked = [eval_sql(found.to_sql(), a, b) for a, b in numbers[:20]]
        assert asked == wanted[:20]
    cells = [{"a": a, "b": b} for a, b in numbers[:20]]
    assert [round(v) for v in in_a_spreadsheet(rule, cells, ["a", "b"])] == wanted[:20]
    formula = rule.to_sympy()
    assert [formula.subs({s: cells[k][s.name] for s in formula.free_symbols})
            for k in range(20)] == wanted[:20]  # fmt: skip


def eval_sql(text, a, b):
    base = sqlite3.connect(":memory:")
    return base.execute(f"SELECT {text} FROM (SELECT {a} AS a, {b} AS b)").fetchone()[0]


def test_a_quotient_by_zero_has_no_value(tmp_path):
    task = table(tmp_path, "a,b,y", [(k, k % 3, k) for k in range(1, 60)])
    fitted = fit("integer:division=true", task)
    for name in ("ceil_div", "round_div"):
        program = synth.Program.parse(f"{name}(a, b)", fitted.grammar, fitted.root)
        _, defined = program.outputs(fitted.task.columns)
        assert defined.tolist() == [k % 3 != 0 for k in range(1, 60)]


def test_labels_of_two_values_are_told_by_remainders(tmp_path):
    rows = [(k, "yes" if k % 7 == 0 else "no") for k in range(1, 140)]
    result = synth.search(table(tmp_path, "n,hit", rows), **{**SMALL, "max_programs": 60_000})
    assert result.dsl == "rules:residues=true"
    assert (result.chosen, result.program.exceptions) == ("program", 0)


ROUNDED = {
    "round(a * b / 100.0)": ("round(a * b / 100)", lambda a, b: (2 * a * b + 1000) // 2000),
    "ceil(a) * b": ("ceil(a) * b", lambda a, b: -(-a // 10) * b),
    "floor(a * 12.0)": ("floor(a * 12)", lambda a, b: a * 12 // 10),
}


@pytest.mark.parametrize("text", ROUNDED)
def test_decimal_numbers_are_rounded(tmp_path, text):
    """What is nearly a whole number, such as 0.1 * 30, is not rounded to another one."""
    words, label = ROUNDED[text]
    drawn = np.random.default_rng(6).integers(-300, 600, (60, 2)).tolist()
    drawn += [(3, 1), (29, 100), (57, 100), (115, 10)]
    task = table(tmp_path, "a,b,y", [(a / 10, b, label(a, b)) for a, b in drawn])
    assert real.with_units() in languages_of(task)
    result = synth.search(task, real.with_units(), **{**SMALL, "max_programs": 10**6})
    assert result.program.exceptions == 0
    fitted = fit(real.with_units(), task)
    rule = Rule(synth.Program.parse(text, fitted.grammar, fitted.root), fitted.task)
    assert sorted(rule.text) == sorted(words)
    columns = {"a": np.array([a / 10 for a, _ in drawn]), "b": np.array([b for _, b in drawn])}
    wanted = task.labels.tolist()
    assert rule.predict(columns).tolist() == wanted
    assert loaded(rule.to_python(), tmp_path)(columns).tolist() == wanted
    assert [eval_sql(rule.to_sql(), a / 10, b) for a, b in drawn] == wanted
    cells = [{"a": a / 10, "b": b} for a, b in drawn]
    assert [round(v) for v in in_a_spreadsheet(rule, cells, ["a", "b"])] == wanted


def test_percentages_of_prices_are_found(tmp_path):
    drawn = np.random.default_rng(7).integers([100, 1], [9999, 40], (60, 2)).tolist()
    rows = [(p / 100, q, f"{p * q / 10**4:.4f}") for p, q in drawn]
    task = table(tmp_path, "price,percent,discount", rows)
    result = synth.search(task, **{**SMALL, "max_programs": 400_000})
    assert result.dsl == real.with_units()
    assert (result.chosen, result.program.exceptions) == ("program", 0)
    assert result.languages[0].dsl == "real"
