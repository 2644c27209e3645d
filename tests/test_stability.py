"""How often a rule comes back on other rows."""

import numpy as np
import pandas
import pytest
from sklearn.tree import DecisionTreeClassifier

import synth
from synth.errors import SettingError
from synth.learners.stability import in_pairs, stability

FEW = {"max_programs": 2000, "moves": 0}


def rows(noise, n=160):
    generator = np.random.default_rng(0)
    X = generator.random((n, 4)) < 0.5
    return X, (X[:, 0] & X[:, 2]) ^ (generator.random(n) < noise)


def test_a_rule_of_the_table_comes_back_on_every_part():
    X, y = rows(0.05)
    model = synth.ProgramClassifier(**FEW)
    found = stability(model, X, y, splits=4)
    assert (found.agrees, found.comes_back) == (1.0, 1.0)
    assert found.rules == (("x0 & x2", 4),)
    assert not hasattr(model, "classes_")
    frame = pandas.DataFrame(X, columns=list("abcd"))
    assert stability(model, frame, y, splits=4).rules == (("a & c", 4),)


def test_what_differs_is_counted_by_what_it_says():
    """Where labels are noise, a constant is chosen on each part, and a tree says other things."""
    X, y = rows(0.5)
    constant = stability(synth.ProgramClassifier(**FEW), X, y, splits=3)
    assert {text for text, _ in constant.rules} <= {"constant", "table"}
    tree = stability(DecisionTreeClassifier(random_state=0), X, y, splits=3)
    assert tree.agrees < 1
    assert sum(count for _, count in tree.rules) == 3
    assert stability(DecisionTreeClassifier(random_state=0), X, y, splits=3) == tree


def test_pairs_by_hand():
    said = [[0, 1, 1, 0], [0, 1, 1, 0], [0, 1, 0, 1]]
    assert in_pairs(said) == (pytest.approx((1 + 0.5 + 0.5) / 3), pytest.approx(1 / 3))


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"splits": 1}, "splits=1; allowed: 2 and more"), ({"share": 1.0}, "share=1.0; allowed")],
)
def test_settings_out_of_range(settings, words):
    with pytest.raises(SettingError, match=words):
        stability(synth.ProgramClassifier(**FEW), *rows(0.1), **settings)
