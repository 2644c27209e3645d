"""The attacks: each draws a case, runs the engine on it, and holds every claim against brute force.

An attack is a function of `data`, from which it draws (`hypothesis.strategies.data`), and of
`claims`, where it notes the case and checks what is claimed.  `ATTACKS` has them by name;
`rounds.py` runs them.
"""

import functools
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume
from hypothesis import strategies as st

import synth
from synth.engine import backward, bank, job, schedule
from synth.engine.labelling import Labelling
from synth.engine.reach import stage
from synth.language import Bool
from synth.language.types import Mod
from tests import naive
from tests.attack.claims import check_claims
from tests.attack.saved import numbers, saved
from tests.drawn import budget_of, grammars, tasks
from tests.test_reach_certificates import cases
from tests.test_threads import EAGER, TINY, plain


@st.composite
def limits(draw, most, levels=()):
    """Where a search ends: at any level, after any number of programs or moves, or for memory.

    most: what brute force knows, in units; levels: costs of behaviours.
    """
    found = {"seconds": None, "top": draw(st.sampled_from([1, 3, 50])), "threads": 1}
    found["memory"] = draw(st.sampled_from([2**20, 2**28, 2**28]))
    found["moves"] = draw(st.sampled_from([0] * 7 + [1, 24]))
    if draw(st.booleans()):
        found["max_programs"] = draw(st.sampled_from([1, 2, 3]) | st.integers(1, 600))
    if "max_programs" not in found or draw(st.booleans()):
        level = st.sampled_from(sorted({most, *levels}))
        units = draw(st.just(most) | level | st.integers(0, most))
        found["max_bits"] = min(most, max(0, units + draw(st.integers(-1, 1)))) / 1024
    return found


def drawn_task(data, trees=600):
    """A grammar, its root, a task, and what brute force knows: behaviours, and up to where."""
    grammar, root, task = data.draw(tasks(wide=True))
    most = budget_of(grammar, trees, most_bits=40)
    held = naive.behaviours(grammar, task.columns, most)[root]
    # Most drawn tasks have one or two behaviours, which leave little to get wrong.
    assume(len(held) >= data.draw(st.sampled_from([0, 8, 25])))
    return grammar, task, root, held, most


def searches(data, claims):
    """Searches of random tasks, with exceptions or for programs without any."""
    grammar, task, *known = drawn_task(data)
    root, held, most = known
    given = data.draw(limits(most, held.values()))
    given["exact"] = not root.inexact and data.draw(st.booleans())
    claims.about(grammar, task, given)
    with pytest.MonkeyPatch.context() as patch:
        # However little is solved before reach.
        patch.setattr(backward, "SOLVED_FIRST", data.draw(st.sampled_from([1, 2**21])))
        if data.draw(st.booleans()):
            unproven(patch)
        if data.draw(st.booleans()):
            few_rows(patch, data.draw(st.integers(1, 30)))
        result = synth.search(task, grammar.dsl, **given)
    check_claims(claims, result, grammar, task, *known)


def threads(data, claims):
    """One, two and three threads, whose pieces of work are small, say what one says."""
    grammar, task, *known = drawn_task(data)
    given = data.draw(limits(known[2], known[1].values()))
    claims.about(grammar, task, given)
    with pytest.MonkeyPatch.context() as patch:
        bands = data.draw(st.sampled_from([1, 30, 2**16]))
        # A cut search certifies whole bands, so these are alike.
        patch.setattr(schedule, "BAND_CANDIDATES", bands)
        alone = synth.search(task, grammar.dsl, **given)
        small_pieces(patch, bands)
        for count in (1, 2, 3):
            found = synth.search(task, grammar.dsl, **{**given, "threads": count})
            said = f"{count} threads: {differences(alone, found)}"
            claims.check("threads", plain(found) == plain(alone), said)
    check_claims(claims, alone, grammar, task, *known)


def resumed(data, claims):
    """Searches that are cut after any numbers of programs end as if they had not been."""
    grammar, task, *known = drawn_task(data)
    given = data.draw(limits(known[2], known[1].values()))
    stops = sorted(data.draw(st.lists(st.integers(1, 400), min_size=1, max_size=3)))
    stops = [s for s in stops if s < given.get("max_programs", 10**9)]
    claims.about(grammar, task, {**given, "stops": stops})
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        small_pieces(patch, data.draw(st.sampled_from([1, 30, 2**16])))
        whole = synth.search(task, grammar.dsl, **given)
        file = Path(folder, "c")
        for stop in stops:
            cut = {**given, "max_programs": stop, "moves": 0, "checkpoint": file}
            part = synth.search(task, grammar.dsl, **cut)
            check_claims(claims, part, grammar, task, *known)
        found = synth.search(task, grammar.dsl, **given, checkpoint=file)
    check_claims(claims, found, grammar, task, *known)
    said = f"resumed: {differences(whole, found)}"
    claims.check("resumed", plain(found) == plain(whole), said)


def small_pieces(patch, candidates):
    """Work in pieces of a few candidates, which all threads share."""
    for name, value in TINY.items():
        patch.setattr(job, name, value)
    for name, value in EAGER.items():
        patch.setattr(bank, name, value)
    patch.setattr(schedule, "BAND_CANDIDATES", candidates)


def unproven(patch):
    """Searches go on: what explains few rows is soon proven, and then nothing more is kept."""
    patch.setattr(Labelling, "is_proven", lambda *given: False)
    patch.setattr(synth.Search, "_narrow", lambda self: None)


def few_rows(patch, most):
    """Memory runs out at so many rows of a bank: the least budget holds more than is known here."""
    limit = bank.Bank.limit
    patch.setattr(bank.Bank, "limit", lambda self, memory: min(most, limit(self, memory)))


def differences(one, other):
    """The fields of two results that differ, with both values."""
    a, b = plain(one), plain(other)
    return {key: (a[key], b[key]) for key in a if a[key] != b[key]}


def contrasts(data, claims):
    """A task and its twin from one enumeration, each held against brute force."""
    grammar, task, root, held, most = drawn_task(data)
    given = data.draw(limits(most, held.values()))
    given["twin"] = data.draw(st.sampled_from(["permuted", "uniform"]))
    given["seed"] = data.draw(st.integers(0, 9))
    claims.about(grammar, task, given)
    both = synth.contrast(task, grammar.dsl, **given)
    for result in (both.structured, both.random):
        check_claims(claims, result, grammar, result.trained_on, root, held, most)
    same = np.array_equal(both.structured.trained_on.labels, task.labels)
    claims.check("contrast", same, "the labels of the structured result are not the task's")
    twin = both.random.trained_on
    kept = given["twin"] == "uniform" or np.array_equal(twin.counts(), task.counts())
    claims.check("contrast", kept, "permuted labels have other counts")


def enumerations(data, claims):
    """Enumerations and counts of every type, under explicit costs too."""
    grammar, columns = data.draw(grammars())
    most = budget_of(grammar, 1000)
    expected = naive.counts(grammar, columns, most)
    type_ = data.draw(st.sampled_from(grammar.types))
    levels = expected[type_]
    given = data.draw(limits(most, levels))
    for key in ("top", "moves"):
        del given[key]
    given.setdefault("max_bits", most / 1024)
    claims.case = [f"{grammar!r}", f"{columns}", f"{type_} {given}"]
    found = synth.enumerate_programs(grammar, columns, type=type_, **given)
    certified = found.certified_bits
    limit = most if certified is None else min(most, certified * 1024)
    least = {}
    for units in sorted(levels):
        for seen in levels[units].keys() - {None}:
            least.setdefault(seen, units)
    reached = dict(
        zip(map(tuple, found.values.tolist()), np.rint(found.bits * 1024).tolist(), strict=True)
    )
    claims.check("enumeration", len(reached) == len(found), "a behaviour stands twice")
    known = {seen: units for seen, units in least.items() if units <= limit}
    below = {seen: units for seen, units in reached.items() if units <= limit}
    claims.check("certified", below == known, f"up to {limit} units {below}, not {known}")
    for i in range(min(len(found), 12)):
        program = found.program(i)
        same = naive.behaviour(program, columns) == tuple(found.values[i].tolist())
        same = same and program.units(grammar) == round(found.bits[i] * 1024)
        claims.check("enumeration", same, f"{program.text} is not as listed")
    counted = synth.count_programs(grammar, columns, type=type_, max_bits=given["max_bits"])
    complete = counted.complete_bits * 1024
    made = {units: level for units, level in _levels(counted).items() if units <= complete}
    known = {units: level for units, level in levels.items() if units <= complete}
    claims.check("counts", made == known, f"up to {complete} units {made}, not {known}")


def _levels(counted):
    """Counts as brute force has them: {units: {behaviour: count}}, None for those without."""
    rows, made = [tuple(v) for v in counted.values.tolist()], {}
    for bits, (ids, counts), without in zip(
        counted.bits, counted.levels, counted.undefined, strict=True
    ):
        level = made[round(bits * 1024)] = {None: without} if without else {}
        level |= {rows[i]: n for i, n in zip(ids.tolist(), counts.tolist(), strict=True)}
    return made


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
    units = data.draw(st.just(most) | st.integers(0, most))
    given = {"seconds": None, "threads": 1, "max_bits": units / 1024}
    if data.draw(st.booleans()):  # few are held, so that the bound rests on what is solved
        given["max_programs"] = data.draw(st.integers(1, 6) | st.integers(1, 100))
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
        unproven(patch)
        result = synth.search(task, dsl, **given)
    check_claims(claims, result, grammar, task, Bool, held, most)


def crowded(attack):
    """The attack with banks half of which have a small and full index, where rows collide."""

    @functools.wraps(attack)
    def run(data, claims):
        with pytest.MonkeyPatch.context() as patch:
            if data.draw(st.booleans()):
                patch.setattr(bank, "_FIRST_SLOTS", 4)
                patch.setattr(bank, "LOAD", bank.MOST_LOAD)
            attack(data, claims)

    return run


#: Every attack by its name.
ATTACKS = {
    attack.__name__: crowded(attack)
    for attack in (
        searches, partial, classes, threads, resumed, contrasts, enumerations, numbers, saved
    )
}  # fmt: skip
