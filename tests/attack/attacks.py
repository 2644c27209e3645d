"""The attacks: each draws a case, runs the engine on it, and holds every claim against brute force.

An attack is a function of `data`, from which it draws (`hypothesis.strategies.data`), and of
`claims`, where it notes the case and checks what is claimed.  `ATTACKS` has them by name;
`rounds.py` runs them.
"""

import numpy as np
import pytest
from hypothesis import strategies as st

import synth
from synth.engine.labelling import Labelling
from synth.engine.reach import stage
from synth.language import Bool
from synth.language.types import Mod
from tests import naive
from tests.attack.claims import check_claims
from tests.test_driver import tasks
from tests.test_engine import budget_of
from tests.test_reach_certificates import cases


@st.composite
def limits(draw, most):
    """Where a search ends: at any level, after any number of programs, or both."""
    found = {"seconds": None, "top": draw(st.sampled_from([1, 3, 50])), "threads": 1}
    if draw(st.booleans()):
        found["max_programs"] = draw(st.integers(1, 300))
    if "max_programs" not in found or draw(st.booleans()):
        found["max_bits"] = draw(st.integers(0, most)) / 1024
    found["moves"] = draw(st.sampled_from([0] * 7 + [24]))
    return found


def searches(data, claims):
    """Searches of random tasks, with exceptions or for programs without any."""
    grammar, root, task = data.draw(tasks())
    most = budget_of(grammar, 600)
    held = naive.behaviours(grammar, task.columns, most)[root]
    given = data.draw(limits(most))
    given["exact"] = not root.inexact and data.draw(st.booleans())
    claims.about(grammar, task, given)
    result = synth.search(task, grammar.dsl, **given)
    check_claims(claims, result, grammar, task, root, held, most)


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
        dsl.add(_body(table), f"{signature} -> {kind}", name=f"f{k}")
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


def _body(table):
    return lambda *arguments: table[arguments]


def partial(data, claims):
    """Exact searches over primitives without value for some operands, with rows held out."""
    grammar, task, held, most = data.draw(partial_tasks())
    given = {"seconds": None, "threads": 1, "max_bits": data.draw(st.integers(0, most)) / 1024}
    if data.draw(st.booleans()):
        given["max_programs"] = data.draw(st.integers(1, 100))
    claims.about(grammar, task, given)
    result = synth.search(task, grammar.dsl, exact=True, **given)
    check_claims(claims, result, grammar, task, grammar.types[0], held, most)


def classes(data, claims):
    """Searches that go on to reach, which certifies classes of programs."""
    dsl, task, given = data.draw(cases(rows=10))
    grammar = synth.Grammar(dsl, task.types)
    most = budget_of(grammar, 600)
    held = naive.behaviours(grammar, task.columns, most)[Bool]
    given = {**given, "moves": 1, "chains": 1, "threads": 1, "seconds": None}
    claims.about(grammar, task, given)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "STAGES", ())
        # What explains few rows is soon proven; then nothing is kept or reached for any more.
        patch.setattr(Labelling, "is_proven", lambda *given_: False)
        patch.setattr(synth.Search, "_narrow", lambda self: None)
        result = synth.search(task, dsl, **given)
    check_claims(claims, result, grammar, task, Bool, held, most)


#: Every attack by its name, with the tasks of one round in `make test` and in `make attack`.
ATTACKS = {"searches": searches, "partial": partial, "classes": classes}
