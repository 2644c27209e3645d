"""Rates of columns, such as percentages and discounts, are found and written in other languages."""

import numpy as np
import pytest

import synth
from synth.engine.reach.rates import rounded
from synth.language.dsls import integer
from tests.test_languages import SMALL, table
from tests.test_rules import loaded

RATES = {
    "percent of a sum": lambda a, b: rounded(100 * a, a + b, "nearest"),
    "percent of a column": lambda a, b: 100 * a // b,
    "discount": lambda a, b: a * (100 - b) // 100,
    "with tax": lambda a, b: a + rounded(a * b, np.int64(100), "nearest"),
    "rounded up": lambda a, b: rounded(60 * a, b, "up"),
}


#: The others take six seconds.
QUICK = ("percent of a sum", "discount")


@pytest.mark.parametrize(
    "what", [pytest.param(w, marks=[pytest.mark.slow] * (w not in QUICK)) for w in RATES]
)
def test_rates_are_found(tmp_path, what):
    a, b = np.random.default_rng(4).integers(1, 300, (2, 40))
    b = b % 40 + 1 if what in ("discount", "with tax") else b
    wanted = RATES[what](a, b)
    task = table(tmp_path, "a,b,y", zip(a, b, wanted, strict=True))
    settings = SMALL | {"max_programs": 20_000, "moves": 1}
    result = synth.search(task, integer.with_quotients(), **settings)
    assert result.program.exceptions == 0, result.program.text
    assert result.program.found_by == "reach"
    said = loaded(result.rule.to_python(), tmp_path)({"a": a, "b": b})
    assert said.tolist() == wanted.tolist()


@pytest.mark.parametrize("rounding", ["down", "up", "nearest"])
def test_quotients_are_rounded_as_they_say(rounding):
    for above in range(40):
        for below in range(1, 12):
            exact = above / below
            wanted = {"down": np.floor(exact), "up": np.ceil(exact)}.get(rounding)
            wanted = np.floor(exact + 0.5) if wanted is None else wanted
            assert rounded(np.int64(above), np.int64(below), rounding) == wanted
