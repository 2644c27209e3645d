"""Threads, units of work and scoring without keeping: none of them changes a result."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.engine import bank as banks
from synth.engine import job, schedule
from synth.engine.bank import Bank
from synth.engine.crew import Crew
from synth.engine.enumerator import Enumerator
from synth.language.types import Bool, Mod
from tests import naive
from tests.drawn import budget_of, grammars

#: Units of a few candidates, of which a few are caught, so that all cuts occur.
TINY = {"FIRST_BATCH_WORDS": 64, "BATCH_WORDS": 256, "ROUND_WORDS": 1, "CATCH_BYTES": 1,
        "ALL_CATCH_BYTES": 1}  # fmt: skip
ONE = {"threads": 1, "memory": 10**9, "seconds": None}
#: All threads put in and index, however few rows there are.
EAGER = {"CAUGHT_ROWS": 1, "INDEXED_ROWS": 1}


def everything(found):
    """All that an enumeration says, programs included."""
    texts = [found.program(i).text for i in range(len(found))]
    state = found.levels, found.stop_reason, found.certified_bits, found.candidates
    return state, found.bits.tolist(), found.values.tolist(), texts


@settings(max_examples=40, deadline=None)
@given(grammars(), st.integers(1, 400), st.sampled_from([1, 2**16]))
def test_threads_change_nothing_on_random_dsls(drawn, most, candidates):
    grammar, columns = drawn
    limits = {"max_bits": budget_of(grammar) / 1024, "max_programs": most}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schedule, "BAND_CANDIDATES", candidates)
        plain = everything(
            synth.enumerate_programs(grammar, columns, threads=1, type=grammar.types[0], **limits)
        )
        for name, value in TINY.items():
            patch.setattr(job, name, value)
        for name, value in EAGER.items():
            patch.setattr(banks, name, value)
        for threads in (1, 2, 8):
            found = synth.enumerate_programs(
                grammar, columns, threads=threads, type=grammar.types[0], **limits
            )
            assert everything(found) == plain


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([10, 20, 64, 100]),
    st.sampled_from([2, 3, 8]),
    st.integers(0, 2**32),
    st.sampled_from([0.45, 0.95]),
    st.sampled_from([0, 2**12]),
)
def test_rows_put_in_side_by_side(rows, threads, seed, load, open_rows):
    """Against a dict: equal rows within a portion, parts of the index full to their ends."""
    generator = np.random.default_rng(seed)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**EAGER, "LOAD": load, "OPEN_ROWS": open_rows}.items():
            patch.setattr(banks, name, value)
        crew = Crew(threads)
        bank, known = Bank(Bool, rows, 2, 10**7, crew), {}
        for portion in range(6):
            size = int(generator.integers(1, 3000))
            # Few distinct rows in the last words' bits, so that some come again.
            words = generator.integers(0, 2**12, (size, bank.words)).astype(np.uint64) & bank.mask
            catch = bank.catch(size, 1)
            catch.words[:] = words
            catch.rule[:] = portion
            catch.arguments[:] = np.arange(2 * size).reshape(size, 2)
            cuts = np.sort(generator.integers(0, size + 1, 3))
            segments = np.array([[0, cuts[0]], [cuts[1], cuts[2]], [cuts[2], size]])
            if not bank.merge_all(catch, segments, 10**7):
                # The first row of all is put in by one thread.
                assert not known or np.all(segments[:, 0] == segments[:, 1])
                for start, stop in segments.tolist():
                    bank.merge(catch, start, stop, 10**7)
            for row in np.concatenate([np.arange(*s) for s in segments]):
                known.setdefault(tuple(words[row].tolist()), (portion, [2 * row, 2 * row + 1]))
            assert len(bank) == len(known)
        crew.close()
        held = [tuple(row) for row in bank.behaviours[: len(bank)].tolist()]
        assert held == list(known)
        assert [bank.origin(i) for i in range(len(bank))] == list(known.values())
        # Everything is found again.
        catch = bank.catch(len(bank), 1)
        catch.words[:] = bank.behaviours[: len(bank)]
        assert bank.merge(catch, 0, len(bank), 10**7) == len(known) == len(bank)


def boolean_grammar():
    columns = naive.all_rows(5)
    return synth.Grammar(synth.load_dsl("boolean"), dict.fromkeys(columns, Bool)), columns, Bool


def small_grammar():
    columns = naive.all_rows(4)
    costs = lambda item: 1  # noqa: E731
    dsl = synth.load_dsl("boolean:basis=and-or-not")
    return synth.Grammar(dsl, dict.fromkeys(columns, Bool), costs=costs), columns, Bool


def wide_grammar():
    generator = np.random.default_rng(3)
    columns = {f"x{i}": generator.integers(0, 2, 150).astype(bool) for i in range(6)}
    return synth.Grammar(synth.load_dsl("boolean"), dict.fromkeys(columns, Bool)), columns, Bool


def modular_grammar():
    columns = {name: np.random.default_rng(k).integers(0, 97, 40) for k, name in enumerate("xy")}
    return (
        synth.Grammar(synth.load_dsl("modular:p=97"), dict.fromkeys(columns, Mod(97))),
        columns,
        Mod(97),
    )


def mixed_grammar():
    dsl = synth.load_dsl("integer")
    generator = np.random.default_rng(5)
    columns = {"a": generator.integers(0, 9, 20), "b": generator.integers(0, 9, 20)}
    types = {"a": dsl.types[0], "b": dsl.types[0]}
    return synth.Grammar(dsl, types), columns, Bool


CASES = {
    "boolean": (boolean_grammar, {"max_bits": 17.0}),
    "small": (small_grammar, {"max_bits": 12}),
    "wide": (wide_grammar, {"max_bits": 17.0}),
    "modular": (modular_grammar, {"max_bits": 17.0}),
    "mixed": (mixed_grammar, {"max_bits": 17.0}),
    "programs": (boolean_grammar, {"max_programs": 1_234_567}),
    "memory": (boolean_grammar, {"memory": 3 * 2**20}),
    "memory of residues": (modular_grammar, {"memory": 5 * 2**20}),
    "memory of two types": (mixed_grammar, {"memory": 2 * 2**20}),
}


@pytest.mark.parametrize("case", CASES)
def test_threads_change_nothing(case):
    make, limits = CASES[case]
    grammar, columns, type_ = make()
    runs = []
    for threads in (1, 2, 8):
        found = synth.enumerate_programs(grammar, columns, type=type_, threads=threads, **limits)
        step = max(1, len(found) // 500)
        texts = [found.program(i).text for i in range(0, len(found), step)]
        origins = [found._engine.bank.origin(i) for i in range(0, len(found), step)]
        state = found.levels, found.stop_reason, found.certified_bits, found.candidates
        runs.append((state, texts, origins, found.values.tobytes()))
        assert found.stop_reason == {"max_programs": "max_programs", "memory": "memory"}.get(
            next(iter(limits)), "max_bits"
        )
    assert runs[0] == runs[1] == runs[2]


def plain(result):
    """What a search found, without what depends on time and threads."""
    document = result.to_dict()
    settings = {k: v for k, v in document["settings"].items() if k != "threads"}
    return {**document, "seconds": None, "resumed": None, "settings": settings}


@pytest.mark.parametrize(
    ("task", "limits"),
    [
        ("parity:n=8,k=4", {"max_bits": 21}),
        ("mod-add:p=23", {"max_bits": 17}),
        ("mod-x3xy:p=11", {"max_bits": 19}),
        ("monk:2", {"max_bits": 18}),
        ("monk:3", {"memory": 4 * 2**20}),
        ("tic-tac-toe", {"max_bits": 25}),
    ],
)
def test_threads_change_no_search(task, limits):
    given = {"moves": 0, **limits}
    runs = [synth.contrast(task, threads=threads, **given) for threads in (1, 2, 8)]
    for run in runs[1:]:
        assert plain(run.structured) == plain(runs[0].structured)
        assert plain(run.random) == plain(runs[0].random)


def findings(result):
    """What must not depend on whether behaviours are kept."""
    document = result.to_dict()
    gone = ("seconds", "levels", "distinct", "candidates", "settings", "top")
    if result.optimal:  # what cannot win need not be complete
        gone = (*gone, "certified_bits")
    kept = {k: v for k, v in document.items() if k not in gone}
    return kept, [{k: v for k, v in entry.items() if k != "share"} for entry in document["top"]]


SCORED = [
    ("parity:n=4,k=3", {"max_bits": 19}),
    ("parity:n=6,k=3", {}),
    ("majority:n=5", {"max_bits": 20}),
    ("mod-add:p=13", {"max_bits": 18}),
    ("mod-x3xy:p=7", {"max_bits": 18}),
    ("monk:1", {"max_bits": 24}),
    ("monk:3", {"max_bits": 24}),
    ("tic-tac-toe", {"max_bits": 26}),
]


@pytest.mark.parametrize(("task", "limits"), SCORED)
def test_what_is_only_scored_is_found_all_the_same(task, limits, monkeypatch):
    scored = synth.contrast(task, **limits)
    monkeypatch.setattr(Enumerator, "unneeded", lambda self, bank, start: False)
    kept = synth.contrast(task, **limits)
    for one, other in ((scored.structured, kept.structured), (scored.random, kept.random)):
        assert findings(one) == findings(other)
        for entry, exact in zip(one.top, other.top, strict=True):
            assert entry.share <= exact.share * (1 + 1e-9)
            assert entry.share >= 0.0
    assert scored.structured.distinct <= kept.structured.distinct
    if scored.structured.stop_reason == "max_bits":
        assert any(level.distinct is None for level in scored.structured.levels)
        # Programs are scored to the same depth.
        assert scored.structured.levels[-1].bits == kept.structured.levels[-1].bits


@settings(max_examples=25, deadline=None)
@given(grammars(), st.data())
def test_scoring_alone_finds_the_best_of_random_tasks(drawn, data):
    """Against all syntax trees, for random labels and random DSLs."""
    grammar, columns = drawn
    root = grammar.types[0]
    if not grammar.is_prior or root.inexact:
        return
    most = budget_of(grammar)
    rows = len(next(iter(columns.values())))
    values = st.integers(max(root.low, -3), min(root.high, 3))
    labels = np.array(data.draw(st.lists(values, min_size=rows, max_size=rows)))
    if len(set(labels.tolist())) < 2 and root.family == "Int":
        labels[0] = labels[-1] + 1 if labels[-1] < 3 else labels[-1] - 1
    if len(set(labels.tolist())) < 2 and root.family == "Int":
        return
    task = synth.Task(
        "t", columns, {i.name: i.type for i in grammar.inputs}, labels.astype(root.dtype), root
    )
    found = synth.search(task, grammar.dsl, max_bits=most / 1024)
    expected = naive.best_total(grammar, task, most, root)
    if found.stop_reason == "optimal":
        best = min(found.table.bits, found.program.total_bits)
        assert expected is None or expected >= best - 1e-9
    else:
        assert found.stop_reason in ("max_bits", "exhausted")
        assert (found.program is None) == (expected is None)
        if expected is not None:
            assert found.program.total_bits == pytest.approx(expected, abs=1e-9)
    certified = most if found.certified_bits is None else min(most, found.certified_bits * 1024)
    front = [(p.bits * 1024, p.exceptions) for p in found.front if p.bits * 1024 <= certified]
    assert front == naive.front(grammar, task, certified, root)


def test_when_memory_ends_scoring_goes_on():
    """With as little memory, certificates reach further than what can be kept."""
    task = synth.load_task("parity:n=6,k=6,train=1.0")
    found = synth.search(task, "boolean:basis=and-or-not", memory=4 * 2**20, moves=0, seconds=60)
    assert found.stop_reason == "memory"
    last = [level for level in found.levels if level.distinct is not None][-1]
    assert found.certified_bits > last.bits + 1
    # All that it says of these bits is what a search with room for all says.
    roomy = synth.search(task, "boolean:basis=and-or-not", max_bits=found.certified_bits)
    assert roomy.stop_reason == "max_bits"
    for name in ("program", "front", "total_bits"):
        assert getattr(found, name) == getattr(roomy, name)
    made = {level.bits: level.candidates for level in found.levels}
    assert all(made[e.bits] == e.candidates for e in roomy.levels)


def test_a_full_catch_of_what_is_only_scored_is_emptied_and_filled_again(monkeypatch):
    """Candidates are wanted one by one here, so that a catch of few rows is soon full."""
    cut, scan = [], job.kernels.scan

    def greedy(catch, scratch, work, target, cursor, most):
        target.wanted[:] = 1
        made = scan(catch, scratch, work, target, cursor, most)
        assert catch.state[0] <= len(catch.slot)
        cut.append(made < most)
        return made

    monkeypatch.setattr(job.kernels, "scan", greedy)

    def found():
        result = synth.search(
            "parity:n=6,k=4,train=40", "boolean:basis=and-or-not", max_bits=22.0, **ONE
        )
        return result.program, result.top, result.front, result.levels, result.distinct

    roomy = found()
    assert cut
    assert not any(cut)
    monkeypatch.setattr(banks, "BLOCK_BYTES", 2**6)
    for name, value in TINY.items():
        monkeypatch.setattr(job, name, value)
    assert found() == roomy
    assert any(cut)
