"""Searches that go on to reach, whose class certificates are held against brute force."""

import os

import pytest
from hypothesis import given, settings

import synth
from synth.engine.labelling import Labelling
from synth.engine.reach import stage
from synth.language import Bool
from tests import naive
from tests.attack.claims import false_claims
from tests.test_engine import budget_of
from tests.test_reach_certificates import cases

#: How many random cases are tried; the variable ATTACK_EXAMPLES asks for more.
EXAMPLES = int(os.environ.get("ATTACK_EXAMPLES", "30"))


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases(rows=10))
def test_no_class_certificate_contradicts_brute_force(drawn):
    dsl, task, limits = drawn
    grammar = synth.Grammar(dsl, task.types)
    most = budget_of(grammar, 600)
    held = naive.behaviours(grammar, task.columns, most)[Bool]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "STAGES", ())
        # What explains few rows is soon proven; then nothing is kept or reached for any more.
        patch.setattr(Labelling, "is_proven", lambda *given_: False)
        patch.setattr(synth.Search, "_narrow", lambda self: None)
        result = synth.search(task, dsl, moves=1, chains=1, threads=1, seconds=None, **limits)
    assert false_claims(result, grammar, task, Bool, held, most) == []
