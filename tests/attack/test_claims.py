"""Random searches whose every claim is held against brute force over syntax trees."""

import os

from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from tests import naive
from tests.attack.claims import false_claims
from tests.test_driver import tasks
from tests.test_engine import budget_of

#: How many random cases are tried; the variable ATTACK_EXAMPLES asks for more.
EXAMPLES = int(os.environ.get("ATTACK_EXAMPLES", "150"))


@st.composite
def limits(draw, most):
    """Where a search ends: at any level, after any number of programs, or both."""
    found = {"seconds": None, "top": draw(st.sampled_from([1, 3, 50]))}
    if draw(st.booleans()):
        found["max_programs"] = draw(st.integers(1, 300))
    if "max_programs" not in found or draw(st.booleans()):
        found["max_bits"] = draw(st.integers(0, most)) / 1024
    found["moves"] = draw(st.sampled_from([0] * 7 + [24]))
    return found


@settings(max_examples=EXAMPLES, deadline=None)
@given(tasks(), st.data())
def test_every_claim_of_a_search_is_true(drawn, data):
    grammar, root, task = drawn
    most = budget_of(grammar, 600)
    held = naive.behaviours(grammar, task.columns, most)[root]
    exact = not root.inexact and data.draw(st.booleans())
    given_ = data.draw(limits(most))
    result = synth.search(task, grammar.dsl, exact=exact, **given_)
    assert false_claims(result, grammar, task, root, held, most) == []
