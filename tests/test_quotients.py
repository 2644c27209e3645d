"""Quotients of whole numbers: rounded down, up and to the nearest, with the usual divisors."""

import math
import sqlite3

import numpy as np
import pytest

import synth
from synth.engine import languages_of
from synth.language.dsls import integer
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
    assert result.dsl == integer.with_quotients()
    assert (result.chosen, result.program.exceptions) == ("program", 0)
