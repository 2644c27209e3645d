"""Reach: its passes against NumPy, its claims, and that threads and stops change nothing."""

import json
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from bench import reach_tasks
from synth import codes
from synth.engine import outcome
from synth.engine.reach import covering, seeds, stage
from synth.engine.reach.chain import Chain
from synth.engine.reach.context import Context
from synth.engine.reach.found import Found
from synth.engine.reach.pool import BitPool, CellPool, Heat
from synth.engine.reach.problem import Problem, paths
from synth.engine.reach.stage import Tools
from synth.language import Bool, Program
from tests import naive
from tests.test_threads import plain

LITTLE = {"max_programs": 3000, "moves": 160, "chains": 4, "seconds": None}


def stopped(task, dsl=None, programs=3000):
    """The problem and the tools of an enumeration that ended after so many programs."""
    search = synth.Search(task, dsl, max_programs=programs, moves=0, seconds=None)
    search.run()
    labelling = search._labellings[0]
    return Problem(search._engine, labelling), Tools(search._engine, labelling)


def naive_total(problem, program):
    """The total by plain recursion over the tree and the formula of the code."""
    columns = problem.columns
    seen = naive.behaviour(program, columns)
    if seen is None:
        return np.inf
    labels = [naive.label(v, problem.root) for v in problem.labels.tolist()]
    wrong = sum(naive.label(v, problem.root) != w for v, w in zip(seen, labels, strict=False))
    k, n = len(problem.labelling.task.alphabet), problem.n
    return codes.program_total(program.bits(problem.grammar), n, wrong, k, problem.root.size > k)


CASES = [
    ("parity:n=7,k=5", "boolean"),
    ("multiplexer:a=2", "boolean:basis=nand"),
    ("mod-x3xy:p=7", "modular"),
    pytest.param("monk:3", "integer", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("task", "dsl"), CASES)
def test_a_pass_finds_the_exceptions_of_every_filling(task, dsl):
    """Of every row of the pool in random contexts: the fillings, evaluated one by one."""
    problem, tools = stopped(task, dsl, programs=1500)
    generator = np.random.default_rng(0)
    chain = Chain(problem, tools, generator, 5)
    chain.begin(None, 30)
    chain.work(lambda: False)
    seen = 0
    for _ in range(12):
        path, node = problem.some_path(chain.program, generator)
        for context in (
            Context.at(problem, chain.program, path),
            Context.of_copies(problem, chain.program, node),
            *chain._above(path, node, node.type)[:2],
        ):
            pool = tools.pools[context.type]
            heat = Heat(1.0, chain.energy, chain.wrong, problem.code)
            sweep = pool.sweep(problem, [context], heat, generator)
            rows = generator.integers(0, pool.count, 5).tolist()
            fillings = [context.filled(problem, pool.program(row)) for row in rows]
            for row, program in zip(rows, fillings, strict=True):
                price = context.units + context.copies * pool.cost(row)
                assert problem.units(program) == price
                assert problem.total(program) == pytest.approx(naive_total(problem, program))
            least = problem.total(context.filled(problem, pool.program(sweep.least[1])))
            defined = [t for t in map(problem.total, fillings) if np.isfinite(t)]
            if np.isfinite(least) and sweep.mass is not None:
                assert least == pytest.approx(sweep.least_total)
                if isinstance(pool, CellPool):
                    assert all(t >= least - 1e-9 for t in defined)
            seen += 1
    assert seen >= 24


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.5, 1.0, 4.0]))
def test_fillings_are_drawn_in_proportion(seed, temperature):
    """One boolean hole: the sum of the weights, and the shares of the rows drawn."""
    problem, tools = stopped("multiplexer:a=2", "boolean", programs=60)
    pool = tools.pools[Bool]
    assert isinstance(pool, BitPool)
    generator = np.random.default_rng(seed)
    context = Context(Bool, (), 0)
    totals = np.array([problem.total(pool.program(r)) for r in range(pool.count)])
    heat = Heat(temperature, 34.0, np.zeros(problem.n, bool), problem.code)
    weights = 2.0 ** ((34.0 - totals) / temperature)
    drawn = np.zeros(pool.count)
    for _ in range(60):
        sweep = pool.sweep(problem, [context], heat, generator)
        assert sweep.mass == pytest.approx(weights.sum())
        assert sweep.least_total == pytest.approx(totals.min())
        drawn[sweep.drawn[0][1]] += 1
    # A rare row may be drawn now and then; the frequent ones have to be.
    share = weights / weights.sum()
    spread = np.sqrt(60 * share * (1 - share))
    assert (np.abs(drawn - 60 * share) <= 6 * spread + 2).all()


@pytest.mark.parametrize(
    ("task", "dsl"),
    [("multiplexer:a=2", None), pytest.param("monk:3", "integer", marks=pytest.mark.slow)],
)
def test_threads_change_nothing(task, dsl):
    found = [synth.search(task, dsl, threads=k, **LITTLE) for k in (1, 2, 3)]
    assert found[0].reach.moves == LITTLE["moves"]
    assert plain(found[0]) == plain(found[1]) == plain(found[2])


@pytest.mark.parametrize("every", [0, 60])
def test_stopped_anywhere_and_resumed(tmp_path, monkeypatch, every):
    """Stopped after some moves of a round, from a file, again and again: equal results."""
    whole = synth.contrast("multiplexer:a=2", seed=3, **LITTLE)
    assert whole.random.reach.moves == LITTLE["moves"]
    file, made, stops = tmp_path / "kept", [0], iter([9, 31, 47, 83, 120, 200, 290, 10**9])
    move, most = Chain._move, [0]

    def counted(self, temperature):
        made[0] += 1
        return move(self, temperature)

    monkeypatch.setattr(Chain, "_move", counted)
    while True:
        most[0] = next(stops)
        search = synth.Search(
            [synth.load_task("multiplexer:a=2"), synth.load_task("multiplexer:a=2").permuted(3)],
            seed=3, proven=1, checkpoint=file, every=every, **LITTLE,
        )  # fmt: skip
        monkeypatch.setattr(search._watch, "is_late", lambda *_: made[0] >= most[0])
        search.run()
        if search._reaches.done:
            break
        assert search.result.stop_reason in ("seconds", "paused", "interrupted")
    assert plain(search.results[0]) == plain(whole.structured)
    assert plain(search.results[1]) == plain(whole.random)


@pytest.mark.slow
def test_a_stop_loses_nothing_that_was_found(monkeypatch):
    """Neither in mid-round, nor in mid-stage; and what is shown then changes nothing later."""
    given_ = {"max_programs": 500, "moves": 400, "chains": 2, "seconds": None}
    whole = synth.search("tic-tac-toe", **given_)
    monkeypatch.setattr(stage, "STAGES", ())
    alone = synth.search("tic-tac-toe", **given_)
    search = synth.Search("tic-tac-toe", **given_)
    made, move = [0], Chain._move

    def counted(self, temperature):
        made[0] += 1
        return move(self, temperature)

    monkeypatch.setattr(Chain, "_move", counted)
    monkeypatch.setattr(search._watch, "is_late", lambda *_: made[0] >= 150)
    before = search.run().total_bits
    reach = next(iter(search._reaches.each.values()))
    best = min(chain.found.best[0] for chain in reach.chains)
    assert before == best < reach.found.best[0]
    monkeypatch.setattr(search._watch, "is_late", lambda *_: False)
    assert plain(search.run()) == plain(alone)

    # The stage is cut after it has found something, and then run again.
    calls = []

    def slow(problem, pools, must_stop):
        calls.append(1)
        return covering.propose(problem, pools, lambda: False)

    monkeypatch.setattr(stage, "STAGES", (("terms", slow), *seeds.STAGES[1:]))
    search = synth.Search("tic-tac-toe", **given_)
    monkeypatch.setattr(search._watch, "is_late", lambda *_: len(calls) == 1)
    assert search.run().total_bits < alone.total_bits
    assert search.result.reach.moves == 0
    monkeypatch.setattr(search._watch, "is_late", lambda *_: False)
    assert plain(search.run()) == plain(whole)
    assert len(calls) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda reach: reach[0].pop("round"),
        lambda reach: reach[0].update(chains=[]),
        lambda reach: reach[0].update(found=["x0 +"]),
        lambda reach: reach[0]["chains"][0].update(random={"bit_generator": "PCG64"}),
        lambda reach: reach[0]["chains"][0].update(moves="many"),
        lambda reach: reach.append(3) or reach.reverse(),
    ],
)
def test_a_damaged_state_is_refused_in_one_line(tmp_path, change):
    file = tmp_path / "kept"
    given_ = {"max_programs": 200, "moves": 20, "chains": 2, "checkpoint": file, "every": 0}
    synth.search("multiplexer:a=2", **given_)
    with zipfile.ZipFile(file) as kept:
        members = {name: kept.read(name) for name in kept.namelist()}
    manifest = json.loads(members["manifest.json"])
    change(manifest["state"]["reach"])
    members["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(file, "w") as kept:
        for name, content in members.items():
            kept.writestr(name, content)
    with pytest.raises(synth.errors.RunError, match="no checkpoint that can be read"):
        synth.search("multiplexer:a=2", **given_)


def test_what_reach_finds_is_scored_by_the_same_code_and_claims_no_more():
    result = synth.search("tic-tac-toe", **LITTLE)
    assert result.stop_reason == "moves"
    assert result.program.found_by == "reach"
    assert not result.optimal
    problem, _ = stopped("tic-tac-toe")
    program = Program.parse(result.program.text, problem.grammar, problem.root)
    assert naive_total(problem, program) == pytest.approx(result.total_bits)
    assert program.bits(problem.grammar) == result.program.bits
    alone = synth.search("tic-tac-toe", max_programs=3000, moves=0)
    assert alone.certified_bits == result.certified_bits
    assert alone.candidates == result.candidates
    assert result.total_bits < alone.total_bits
    shares = sum(h.share for h in result.top)
    assert 0.5 < shares <= 1 + 1e-9
    document = json.loads(json.dumps(result.to_dict()))
    assert synth.records.Result.from_dict(document).reach == result.reach


def test_nothing_is_reached_for_what_is_proven():
    assert synth.search("parity:n=3,k=2").reach is None
    assert synth.search("multiplexer:a=2", max_programs=3000, moves=0).reach is None
    assert synth.search("multiplexer:a=2", max_bits=16).reach is None
    assert synth.search("multiplexer:a=2", max_bits=16, moves=40).reach.moves == 40


def test_start_is_a_seed():
    """A program of the user's own that neither enumeration nor few moves would find."""
    one = reach_tasks.tic_tac_toe()
    given = {"max_programs": 50, "moves": 1, "chains": 1, "start": [one.program]}
    result = synth.search(one.task, **given)
    assert [e["exceptions"] for e in result.reach.seeds if e["stage"] == "given"] == [0]
    assert min(point.exceptions for point in result.front) == 0
    assert result.total_bits <= one.known()[2] + 1e-6


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"moves": -1}, "moves=-1; allowed: 0"),
        ({"chains": 0}, "chains=0; allowed: 1"),
        ({"moves": 1.5}, "moves=1.5; allowed"),
        ({"start": ["x0 +"]}, "x0 +"),
    ],
)
def test_settings_are_checked(given_, message):
    with pytest.raises(synth.errors.SynthError, match=message.replace("+", r"\+")):
        synth.search("multiplexer:a=2", max_programs=100, **given_)


def nand_only():
    dsl = synth.DSL("only-nand")
    dsl.add(lambda a, b: ~(a & b), "Bool, Bool -> Bool", name="sheffer", commutative=True)
    return dsl


def majorities():
    dsl = synth.DSL("majorities")
    dsl.add(lambda a, b, c: (a & b) | (c & (a | b)), "Bool, Bool, Bool -> Bool", name="most")
    dsl.add(lambda a: ~a, "Bool -> Bool", name="other")
    return dsl


def residues():
    """Residues with a primitive that is nothing but a table."""
    table = np.random.default_rng(0).permutation(49).reshape(7, 7) % 7
    dsl = synth.DSL("residues")
    dsl.add(lambda a, b: table[a, b], "Mod(7), Mod(7) -> Mod(7)", name="looked_up")
    return dsl


@pytest.mark.parametrize(
    ("dsl", "kind", "text"),
    [
        pytest.param(
            nand_only, Bool,
            "sheffer(sheffer(sheffer(x0, x1), x2), sheffer(x3, sheffer(x4, x5)))",
            marks=pytest.mark.slow,
        ),
        (majorities, Bool, "most(most(x0, x1, x2), other(most(x3, x4, x5)), most(x0, x3, x5))"),
        pytest.param(
            residues, synth.Mod(7),
            "looked_up(looked_up(x0, x1), looked_up(x2, looked_up(x0, x2)))",
            marks=pytest.mark.slow,
        ),
    ],
)  # fmt: skip
def test_any_dsl_of_five_lines(dsl, kind, text):
    """A hidden program beyond a short enumeration: its total is reached, and its twin's is not."""
    generator, made = np.random.default_rng(5), dsl()
    names = [f"x{j}" for j in range(6 if kind == Bool else 3)]
    if kind == Bool:
        columns = {name: (np.arange(64) >> j & 1).astype(bool) for j, name in enumerate(names)}
    else:
        columns = {name: np.arange(343) // 7**j % 7 for j, name in enumerate(names)}
    grammar = synth.Grammar(made, dict.fromkeys(names, kind))
    hidden = Program.parse(text, grammar, kind)
    labels, train = hidden.evaluate(columns), generator.random(len(columns["x0"])) < 0.7
    task = synth.Task("hidden", columns, dict.fromkeys(names, kind), labels, kind, train)
    given_ = {"max_programs": 150, "moves": 1600, "chains": 4, "seconds": None}
    both = synth.contrast(task, made, **given_)
    known = 1 + hidden.bits(grammar) + np.log2(train.sum() + 1)
    assert both.structured.reach.moves == 1600
    assert both.structured.total_bits <= known + 1e-6
    assert both.random.chosen == "table" or both.random.saved_bits < 8


def test_paths_and_sizes():
    problem, _ = stopped("monk:3", "integer")
    program = synth.search("monk:3", "integer", max_bits=16).best
    program = Program.parse(program.text, problem.grammar, problem.root)
    assert problem.size(program) == program.size == len(paths(program))
    generator = np.random.default_rng(1)
    drawn = {problem.some_path(program, generator)[0] for _ in range(500)}
    assert drawn == set(paths(program))


def test_programs_too_deep_to_be_read_back_are_left_out():
    problem, tools = stopped("multiplexer:a=2", "boolean", programs=500)
    chain = Chain(problem, tools, np.random.default_rng(0), 5)
    program = Program.parse("x0", problem.grammar, Bool)
    invert = next(p for p in problem.grammar.dsl.primitives if len(p.arguments) == 1)
    for _ in range(250):
        program = Program(invert, [program])
    assert chain.found.note(program) == np.inf
    chain.begin(program, 10)
    assert chain.program is None
    with pytest.raises(synth.errors.SynthError):
        Program.parse(program.text, problem.grammar, Bool)


def test_types_of_which_no_row_is_held_get_no_moves():
    for most in (10, 30, 100):
        found = synth.search("monk:1", max_programs=most, moves=20, chains=1, threads=1, top=1)
        assert found.reach is None or found.reach.moves == 20


@pytest.mark.slow
def test_more_programs_are_more_to_reach_from(tmp_path):
    """A search that is run on from its file with more programs finds what a fresh one finds."""
    given_ = {"max_bits": 25, "moves": 8, "threads": 1, "memory": 10**9, "seconds": None}
    kept = tmp_path / "kept"
    few = synth.search("monk:1", max_programs=150, checkpoint=kept, **given_)
    assert few.reach.moves == 8
    found = synth.search("monk:1", max_programs=3000, checkpoint=kept, **given_)
    fresh = synth.search("monk:1", max_programs=3000, **given_)
    assert found.resumed
    assert found.total_bits == fresh.total_bits < few.total_bits
    assert found.reach == fresh.reach


def test_of_equal_totals_the_program_with_the_fewest_exceptions_is_shown():
    """One exception in 16 rows takes log2 16 bits, as many as the second operand of `&`."""
    dsl = synth.DSL("and")
    dsl.add(np.logical_and, "Bool, Bool -> Bool", symbol="&", commutative=True)
    columns = {"x2": np.arange(16) % 2 == 0, "x3": np.arange(16) % 3 == 0}
    columns["x0"] = np.arange(16) < 8
    columns["x1"] = np.arange(16) != 5
    labels = columns["x0"] & columns["x1"]
    task = synth.Task("t", columns, dict.fromkeys(columns, Bool), labels, Bool)
    search = synth.Search(task, dsl, seconds=None)
    enumerated = search.run().program
    engine, (labelling,) = search._engine, search._labellings
    found = Found(Problem(engine, labelling), 5)
    for text in ("x0", "x0 & x1"):
        found.note(Program.parse(text, engine.grammar, Bool))
    reached, _ = outcome._Found(engine, labelling, found)._reached_program()
    for shown in (enumerated, reached):
        assert (shown.text, shown.bits, shown.exceptions, shown.ties) == ("x0 & x1", 7, 0, 2)
