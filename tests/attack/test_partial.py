"""Exact searches over primitives that have no value for some operands, with rows held out."""

import os

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.language.types import Mod
from tests import naive
from tests.attack.claims import false_claims
from tests.test_engine import budget_of

#: How many random cases are tried; the variable ATTACK_EXAMPLES asks for more.
EXAMPLES = int(os.environ.get("ATTACK_EXAMPLES", "150"))


def body(table):
    return lambda *arguments: table[arguments]


@st.composite
def partial_tasks(draw):
    """Residues with primitives drawn as tables, some entries of which are no value."""
    p = draw(st.integers(2, 5))
    kind = Mod(p)
    dsl = synth.DSL("partial", types=(kind,))
    for k in range(draw(st.integers(1, 3))):
        arity = draw(st.integers(1, 2))
        if draw(st.booleans()):  # a group and a division by what is left of 0
            a, b = np.indices((p, p))
            table = np.where(b == 0, synth.UNDEFINED, (a * (1 if arity == 1 else b) + k) % p)
            table = table if arity == 2 else table[:, 1]
        else:
            entries = st.sampled_from([*range(p), synth.UNDEFINED])
            drawn = draw(st.lists(entries, min_size=p**arity, max_size=p**arity))
            table = np.array(drawn).reshape((p,) * arity)
        signature = ", ".join([str(kind)] * arity)
        dsl.add(body(table), f"{signature} -> {kind}", name=f"f{k}")
    rows = draw(st.integers(2, 6))
    column = st.lists(st.integers(0, p - 1), min_size=rows, max_size=rows)
    columns = {f"x{k}": np.array(draw(column)) for k in range(draw(st.integers(1, 2)))}
    grammar = synth.Grammar(dsl, dict.fromkeys(columns, kind))
    train = np.array(draw(st.lists(st.booleans(), min_size=rows, max_size=rows)))
    train[draw(st.integers(0, rows - 1))] = True
    most = budget_of(grammar, 400)
    held = naive.behaviours(grammar, columns, most)[kind]
    labels = np.array(draw(column))
    if draw(st.integers(0, 3)):  # else most labellings have no program at all
        labels[:] = draw(st.sampled_from(sorted(held)))
    task = synth.Task("t", columns, dict.fromkeys(columns, kind), labels, kind, train)
    return grammar, task, held, most


@settings(max_examples=EXAMPLES, deadline=None)
@given(partial_tasks(), st.data())
def test_no_exact_search_contradicts_the_definition(drawn, data):
    grammar, task, held, most = drawn
    limits = {"seconds": None, "max_bits": data.draw(st.integers(0, most)) / 1024}
    if data.draw(st.booleans()):
        limits["max_programs"] = data.draw(st.integers(1, 100))
    result = synth.search(task, grammar.dsl, exact=True, **limits)
    assert false_claims(result, grammar, task, grammar.types[0], held, most) == []
