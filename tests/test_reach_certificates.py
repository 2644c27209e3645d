"""Class certificates against brute force: over all set covers, and over all disjunctions."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.engine.enumerator import Enumerator
from synth.engine.reach import certificates as module
from synth.engine.reach import setcover, stage
from synth.engine.reach.certificates import certificates
from synth.engine.reach.setcover import FINE, Cover, least_cover, lower_bound, relaxed
from synth.language import UNDEFINED, UNIT, Bool, Mod, Program
from synth.records import Descent, Result
from synth.report.page.descent import reach_part
from tests import naive

LABEL = {"disjunction": True, "conjunction": False}


def cheapest_union(sets):
    """The least price of each union of some sets, {mask: price}; sets: {mask: price}."""
    best = {0: 0}
    for other, price in sets.items():
        for mask, cost in list(best.items()):
            union = mask | other
            best[union] = min(best.get(union, math.inf), cost + price)
    return best


# -- set covers --------------------------------------------------------------------


@st.composite
def covers(draw):
    """Prices and members of columns: some equal or alike, or of two and three rows each.

    The latter often leave a gap between shares and whole columns.
    """
    rows = draw(st.integers(1, 8))
    if rows > 3 and draw(st.booleans()):
        generator = np.random.default_rng(draw(st.integers(0, 2**32)))
        columns = int(generator.integers(5, 15))
        sizes = generator.integers(2, 4, columns)
        masks = [sum(1 << int(r) for r in generator.permutation(rows)[:k]) for k in sizes]
        return rows, generator.integers(2, 6, columns).tolist(), masks
    columns = draw(st.integers(0, 14))
    price = st.sampled_from([0, 1, 2, 3, 5, 1024, 1025, 30_000])
    prices = draw(st.lists(price, min_size=columns, max_size=columns))
    masks = draw(st.lists(st.integers(0, 2**rows - 1), min_size=columns, max_size=columns))
    return rows, prices, masks


def cover_of(rows, prices, masks):
    members = np.array([[m >> r & 1 for r in range(rows)] for m in masks], bool)
    return Cover.of(prices, members.reshape(len(prices), rows))


def least_by_hand(rows, prices, masks):
    """The least price of a cover, None without one."""
    cheapest = {}
    for mask, price in zip(masks, prices, strict=True):
        cheapest[mask] = min(price, cheapest.get(mask, price))
    return cheapest_union(cheapest).get(2**rows - 1)


@settings(max_examples=200, deadline=None)
@given(covers())
def test_the_least_cover_is_that_of_brute_force(drawn):
    rows, prices, masks = drawn
    least, chosen = least_cover(cover_of(*drawn))
    assert least == least_by_hand(*drawn)
    if least is not None:
        assert sum(prices[k] for k in chosen) == least
        union = 0
        for k in chosen:
            union |= masks[k]
        assert union == 2**rows - 1


@settings(max_examples=200, deadline=None)
@given(covers(), st.sampled_from([0, 1, 3, 50]), st.sampled_from([0, 3, 100]), st.integers(1, 2))
def test_a_search_that_is_cut_short_proves_less_and_nothing_false(drawn, nodes, core, rounds):
    """With few nodes, columns and rounds, and no integer programme: the branches prove alone."""
    limits = {"NODES": nodes, "MOST_CORE": core, "FIRST": 2, "ADDED": 1, "ROUNDS": rounds}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in limits.items():
            patch.setattr(setcover, name, value)
        patch.setattr(setcover, "solved", lambda cover: None)
        patch.setattr(setcover, "rounded", lambda cover, found: tuple(range(len(drawn[1]))))
        least, chosen = least_cover(cover_of(*drawn))
    known = least_by_hand(*drawn)
    assert (least is None) == (known is None)
    if known is not None:
        assert 0 <= least <= known
        assert chosen is None or least == known


def triangle(fold=1):
    """Three rows in pairs: shares of 1/2 cost 3, whole columns 4 units; several times over."""
    masks = [m << 3 * k for k in range(fold) for m in (0b011, 0b101, 0b110)]
    return 3 * fold, [2] * len(masks), masks


def test_the_gap_between_shares_and_whole_columns_is_closed():
    cover = cover_of(*triangle(2))
    root = relaxed(cover, np.ones(6, bool))
    assert lower_bound(cover, root.duals) == 6
    assert least_cover(cover)[0] == 8


@pytest.mark.parametrize("change", [FINE, 1])
def test_duals_that_are_too_high_prove_nothing(change):
    """By one unit, and by the least that there is, for one row."""
    cover = cover_of(*triangle())
    duals = relaxed(cover, np.ones(3, bool)).duals
    assert lower_bound(cover, duals) == 3
    for row in range(3):
        raised = duals.copy()
        raised[row] += change
        assert lower_bound(cover, raised) == 0
    assert lower_bound(cover, np.array([3, 1, -1]) * FINE) == 0


@settings(max_examples=100, deadline=None)
@given(covers(), st.lists(st.floats(-1, 40_000), min_size=8, max_size=8))
def test_whatever_a_solver_says_the_bound_is_true(drawn, values):
    """Duals that mean nothing in place of the solver's."""

    def wrong(cover, columns, left):
        duals = np.zeros(cover.rows, np.int64)
        duals[left] = np.maximum(np.array(values[: cover.rows])[left], 0) * FINE
        return np.full(len(columns), 0.5), duals

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(setcover, "_linear", wrong)
        least, chosen = least_cover(cover_of(*drawn))
    known = least_by_hand(*drawn)
    assert (least is None) == (known is None)
    assert known is None or (least <= known and (chosen is None or least == known))


# -- certificates -------------------------------------------------------------------

BODIES = {
    "either": lambda a, b: a | b,
    "both": lambda a, b: a & b,
    "dear_or": np.logical_or,
    "not_and": lambda a, b: ~(a & b),
    "unlike": np.not_equal,
    "implies": lambda a, b: ~a | b,
}


@st.composite
def cases(draw, rows=8):
    """A DSL with some boolean operators and some partial ones, a task, and where a search ends."""
    dsl = synth.DSL("drawn", leaf_probability=draw(st.sampled_from([0.5, 0.3])))
    names = draw(st.sets(st.sampled_from(sorted(BODIES)), min_size=1, max_size=3))
    names |= draw(st.sampled_from([set(), {"either"}, {"both"}, {"either", "both"}]))
    for name in sorted(names):
        weight = draw(st.sampled_from([1, 1, 3]))
        dsl.add(BODIES[name], "Bool, Bool -> Bool", name=name, weight=weight)
    if draw(st.booleans()):
        dsl.add(np.logical_not, "Bool -> Bool", name="other")
    places = draw(st.lists(st.integers(0, 15), min_size=3, max_size=rows, unique=True))
    count = len(places)
    columns = {name: np.array(places) >> k & 1 == 1 for k, name in enumerate("abcd")}
    types = dict.fromkeys(columns, Bool)
    if draw(st.booleans()):  # no value at 0, on held-out rows too
        dsl.add(lambda m: np.where(m == 0, UNDEFINED, 3 - m), "Mod(3) -> Mod(3)", name="inverse")
        dsl.add(lambda m, n: m < n, "Mod(3), Mod(3) -> Bool", name="less")
        types |= {"m": Mod(3), "n": Mod(3)}
        drawn = st.lists(st.integers(0, 2), min_size=count, max_size=count)
        columns |= {name: np.array(draw(drawn)) for name in "mn"}
    labels = np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count)))
    if draw(st.integers(0, 3)):  # else most labels are those of no disjunction
        some = draw(st.sets(st.sampled_from("abcd"), min_size=2))
        whole = [columns[name] ^ (not draw(st.integers(0, 3))) for name in sorted(some)]
        labels = draw(st.sampled_from([np.any, np.all]))(whole, axis=0)
    train = np.array(draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))) > 0
    train[draw(st.integers(0, count - 1))] = True
    task = synth.Task("drawn", columns, types, labels, Bool, train)
    limits = {"max_programs": draw(st.sampled_from([20, 100, 400, 2000]))}
    if draw(st.booleans()):
        limits["max_bits"] = draw(st.integers(5, 9))
    return dsl, task, limits


def stopped(dsl, task, limits):
    """The search after its enumeration, which goes on if few rows are soon explained."""
    search = synth.Search(task, dsl, moves=0, top=1, threads=1, seconds=None, **limits)
    engine = search._engine
    while engine.stop_reason is None:
        search._every.score(engine, engine.advance())
    return search


def by_hand(grammar, task, form, part_units):
    """The least units of a form of parts of at most so many units that is right on all training
    rows, by brute force; None without one."""
    label, tables = LABEL[form], {"disjunction": "0111", "conjunction": "0001"}
    grid = np.array([0, 0, 1, 1], bool), np.array([0, 1, 0, 1], bool)
    joins = [
        p.units
        for p in grammar
        if [str(t) for t in p.item.arguments] == ["Bool", "Bool"]
        and "".join(str(int(v)) for v in p.item.function(*grid)) == tables[form]
    ]
    rows = [r for r in range(task.rows) if task.train[r]]
    wanted = [r for r in rows if task.labels[r] == label]
    sets = {}
    for seen, units in naive.behaviours(grammar, task.columns, part_units).get(Bool, {}).items():
        if all(seen[r] != label for r in rows if task.labels[r] != label):
            mask = sum(1 << k for k, r in enumerate(wanted) if seen[r] == label)
            sets[mask] = min(units + min(joins), sets.get(mask, math.inf))
    found = cheapest_union(sets).get(2 ** len(wanted) - 1)
    return None if found is None else found - min(joins)


def check(made, grammar, task):
    """Hold a certificate against brute force; returns the least units by hand."""
    part_units = math.floor(made.part_bits * UNIT + 1e-6)
    least = by_hand(grammar, task, made.form, part_units)
    assert (made.bits is None) == (least is None)
    if least is None:
        return None
    assert made.bits * UNIT <= least
    n = int(task.train.sum())
    assert made.total_bits == pytest.approx(naive.program_total(made.bits, n, 0, 2, False))
    if made.program is not None:
        program = Program.parse(made.program, grammar, Bool)
        assert program.units(grammar) == made.bits * UNIT == least
        seen = naive.behaviour(program, task.columns)
        assert all(seen[r] == task.labels[r] for r in range(task.rows) if task.train[r])
    return least


@settings(max_examples=100, deadline=None)
@given(cases(), st.sampled_from([4, 5.5, 7]))
def test_no_disjunction_and_no_conjunction_is_below_its_certificate(drawn, most):
    """All disjunctions of all parts, by plain recursion; small ones are tight as well."""
    dsl, task, _ = drawn
    search = stopped(*drawn)
    engine, grammar = search._engine, search._engine.grammar
    kept = min(engine.kept_units, int(most * UNIT))  # of longer parts, one is often enough
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Enumerator, "kept_units", kept)
        made = certificates(engine, search._labellings[0])
    names = [p.name for p in dsl.primitives]
    if len(set(task.labels[task.train].tolist())) < 2 or kept < 0:
        assert made == []
        return
    forms = [("disjunction", {"either", "dear_or"}), ("conjunction", {"both"})]
    assert [m.form for m in made] == [f for f, given_ in forms if given_ & set(names)]
    for each in made:
        assert each.part_bits <= kept / UNIT
        least = check(each, grammar, task)
        if least is not None:
            assert each.program is not None
        partial = "value on every row" in each.statement
        assert partial or not any(lost for *_, lost in engine.levels.values())


@settings(max_examples=60, deadline=None)
@given(cases(rows=5))
def test_all_kept_behaviours_are_in_the_bank(drawn):
    search = stopped(*drawn)
    engine = search._engine
    most = min(engine.kept_units, 8 * UNIT)
    order = np.argsort(~drawn[1].train, kind="stable")
    bank = engine.bank
    costs = (engine.row_bits(0, bank.ends[-1]) * UNIT).tolist() if bank.ends else []
    behaviours = bank.values(0, len(costs)).tolist()
    held = {tuple(seen): cost for seen, cost in zip(behaviours, costs, strict=True)}
    for seen, units in naive.behaviours(engine.grammar, drawn[1].columns, most)[Bool].items():
        assert held[tuple(bool(seen[r]) for r in order)] == units


@pytest.mark.parametrize("memory", [5 * 2**20, 30 * 2**20])
def test_what_memory_left_out_is_not_taken_for_kept(memory):
    """After memory has run out, programs are scored and certified, and not kept."""
    made = []
    for given_ in ({"memory": memory}, {"memory": 10**9, "max_programs": 3_000_000}):
        search = synth.Search("tic-tac-toe", moves=0, threads=1, seconds=None, **given_)
        search.run()
        made.append(search._engine)
    engine, whole = made
    assert engine.stop_reason == "memory"
    assert engine.horizon.frozen is not None
    units = engine.kept_units
    assert 10 * UNIT < units <= min(engine.certified_bits * UNIT, whole.kept_units)
    counts = [
        int(np.searchsorted(e.row_bits(0, e.bank.ends[-1]) * UNIT, units, side="right"))
        for e in made
    ]
    assert counts[0] == counts[1] > 100
    assert np.array_equal(*(e.bank.behaviours[: counts[0]] for e in made))


#: A search without seed stages, which would take most of the time.
QUICK = {"moves": 2, "chains": 2, "threads": 1, "seconds": None}


@pytest.fixture(scope="module")
def reached():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "STAGES", ())
        return synth.search("tic-tac-toe", max_programs=200_000, **QUICK)


def test_tic_tac_toe(reached):
    """Eight lines of three x: the shortest disjunction, and no conjunction at all."""
    first, second = reached.reach.certificates
    task, dsl = synth.load_task("tic-tac-toe"), synth.load_dsl("boolean")
    grammar = synth.Grammar(dsl, reached.trained_on.types)
    assert (first.form, first.operators) == ("disjunction", ["p | q"])
    assert (round(first.bits, 2), round(first.total_bits, 1)) == (207.14, 217.0)
    program = Program.parse(first.program, grammar, Bool)
    assert program.bits(grammar) == first.bits
    train = reached.trained_on.train
    assert (program.evaluate(reached.trained_on.columns) == task.labels)[train].all()
    assert (second.form, second.bits, second.program) == ("conjunction", None, None)
    assert reached.certified_bits - 4 < first.part_bits <= reached.certified_bits
    assert first.statement == (
        f"disjunctions of parts of at most {first.part_bits} bits each, joined as p | q: the "
        "shortest that is right on all training rows has 207.1 bits (217.0 in all)"
    )
    assert not reached.optimal


def test_what_is_proven_is_shown_saved_and_read_back(reached):
    text = " ".join(str(reached).split())
    for each in reached.reach.certificates:
        assert each.statement.removeprefix(f"{each.form}s ") in text
    page = str(reach_part([("", reached)], lambda panel: ""))
    assert "joined as p | q" in page
    document = json.loads(json.dumps(reached.to_dict()))
    assert Result.from_dict(document).reach == reached.reach
    del document["reach"]["certificates"]  # as in older files
    assert Result.from_dict(document).reach.certificates == []
    document["reach"]["certificates"] = [{"form": 3}]
    with pytest.raises(synth.errors.RunError, match="not a saved search"):
        Result.from_dict(document)
    assert Descent.from_dict(reached.to_dict()["reach"]) == reached.reach


def test_fewer_parts_prove_less_and_nothing_false(monkeypatch):
    """If there are too many parts, they are limited to fewer bits, and it is said."""
    rows = np.random.default_rng(0).permutation(256)[:60]
    columns = {f"x{k}": rows >> k & 1 == 1 for k in range(8)}  # of 4 bits; operators have 3
    a, b, c, d, e, f, g, h = columns.values()
    labels = a & b | c & d | e & f | g & h
    task = synth.Task("t", columns, dict.fromkeys(columns, Bool), labels, Bool)
    search = stopped(None, task, {"max_programs": 100_000})
    engine, labelling = search._engine, search._labellings[0]
    whole = certificates(engine, labelling)
    assert whole[0].bits == 53
    limited = set()
    for most in (1, 2, 3, 4, 5, 6, 10, 20):
        monkeypatch.setattr(module, "MOST_PARTS", most)
        monkeypatch.setattr(module, "BLOCK", 8)
        for few, every in zip(certificates(engine, labelling), whole, strict=True):
            assert few.part_bits <= every.part_bits
            limited.add(few.part_bits)
            if few.part_bits < 12:
                least = by_hand(engine.grammar, task, few.form, int(few.part_bits * UNIT))
                assert few.bits == (None if least is None else least / UNIT)
    assert len(limited) > 2


def sheffer():
    dsl = synth.DSL("sheffer")
    dsl.add(lambda a, b: ~(a & b), "Bool, Bool -> Bool", name="nand", commutative=True)
    return dsl


def ternary():
    dsl = synth.DSL("ternary")
    dsl.add(lambda a, b, c: a | b | c, "Bool, Bool, Bool -> Bool", name="any_of")
    dsl.add(np.logical_not, "Bool -> Bool", name="other")
    return dsl


def lone():
    dsl = synth.DSL("lone")
    dsl.add(lambda a, b: np.maximum(a, b), "Bool, Bool -> Bool", name="either", weight=2)
    dsl.add(lambda a, b: np.where(a, a, b), "Bool, Bool -> Bool", name="else_", symbol="|")
    dsl.add(np.logical_not, "Bool -> Bool", name="other")
    return dsl


@pytest.mark.parametrize(
    ("dsl", "operators"),
    [(sheffer, []), (ternary, []), (lone, [["either(p, q)", "p | q"]])],
)
def test_operators_are_found_by_their_tables(dsl, operators):
    search = stopped(dsl(), synth.load_task("multiplexer:a=2"), {"max_programs": 2000})
    made = certificates(search._engine, search._labellings[0])
    assert [each.operators for each in made] == operators
    for each in made:
        assert "joined as either(p, q) or p | q" in each.statement


def test_nothing_is_claimed_for_other_labels():
    search = stopped(None, synth.load_task("mod-add:p=5"), {"max_programs": 40})
    assert certificates(search._engine, search._labellings[0]) == []


def test_a_twin_has_certificates_of_its_own_and_a_cut_search_has_none(monkeypatch):
    monkeypatch.setattr(stage, "STAGES", ())
    both = synth.contrast("multiplexer:a=2", max_programs=20_000, seed=3, **QUICK)
    made = [side.reach.certificates for side in (both.structured, both.random)]
    assert [each[0].program is None for each in made] == [False, True]
    search = synth.Search("multiplexer:a=2", max_programs=3000, **{**QUICK, "moves": 10**6})
    moved = []
    monkeypatch.setattr(search._watch, "is_late", lambda *_: bool(moved))
    while search._reaches is None:
        search.advance()
    moved.append(True)
    search.advance()
    assert search.result.reach.certificates == []
