"""Chains by themselves: what they draw by, with simplicity and without, and what is reported."""

import signal
from dataclasses import asdict, replace

import numpy as np
import pytest

import synth
from synth.engine import ReachSettings, descend
from synth.engine.reach import chain, seeds, stage
from synth.engine.reach.chain import Chain
from synth.engine.reach.found import Found
from synth.engine.reach.problem import Problem
from synth.language import Program
from synth.tasks import fit

TASK = "multiplexer:a=2,train=0.7"


@pytest.fixture(scope="module")
def search():
    found = synth.Search(TASK, max_programs=2000, moves=0, threads=1)
    found.run()
    return found


def walked(search, simplicity, moves=60, seed=0):
    """A chain after some moves from nothing."""
    labelling = search._labellings[0]
    problem = Problem(search._engine, labelling, simplicity)
    tools = stage.Tools(search._engine, labelling)
    made = Chain(problem, tools, np.random.default_rng(seed), 10)
    made.begin(None, moves)
    made.work(lambda: False)
    return made


def bits_of_exceptions(problem, program):
    """Total bits less the program's, from values alone."""
    wrong = int(np.count_nonzero(program.evaluate(problem.columns)[: problem.n] != problem.labels))
    return float(problem.code[wrong])


def test_the_energy_is_the_total_unless_simplicity_does_not_count(search):
    for simplicity in (True, False):
        one = walked(search, simplicity)
        problem = one.problem
        for program in [one.program, *(entry[3] for entry in one.found.top)]:
            rest = bits_of_exceptions(problem, program)
            total = program.bits(problem.grammar) + rest
            assert problem.total(program) == total
            assert problem.energy(program) == (total if simplicity else rest)
        assert one.energy == problem.energy(one.program)
        assert one.found.best[0] == problem.energy(one.found.best[1])


def test_with_simplicity_chains_go_as_ever(search):
    """The default is the energy with simplicity: move for move the same programs."""
    labelling = search._labellings[0]
    plain = Chain(
        Problem(search._engine, labelling),
        stage.Tools(search._engine, labelling),
        np.random.default_rng(5),
        10,
    )
    plain.begin(None, 60)
    plain.work(lambda: False)
    same, other = walked(search, True, seed=5), walked(search, False, seed=5)
    assert plain.program == same.program != other.program
    assert plain.found.state() == same.found.state() != other.found.state()
    assert ReachSettings() == ReachSettings(stages=True, simplicity=True)


def test_without_simplicity_programs_grow_up_to_a_size(search, monkeypatch):
    free = walked(search, False, moves=150)
    assert free.problem.size(free.program) > 40
    monkeypatch.setattr(chain, "MOST_NODES", 20)
    bound = walked(search, False, moves=150)
    assert all(bound.problem.size(e[3]) <= 20 for e in bound.found.top)
    assert 10 < bound.problem.size(bound.program) <= 20


def test_of_equal_energies_the_first_stays_not_the_shortest(search):
    labelling = search._labellings[0]
    without, usual = (
        Problem(search._engine, labelling, simplicity) for simplicity in (False, True)
    )
    programs = [search._engine.program(row) for row in range(200)]
    long, short = next(
        (a, b)
        for a in reversed(programs)
        for b in programs
        if without.energy(a) == without.energy(b) and without.units(b) < without.units(a)
    )
    tops = []
    for problem in (without, usual):
        found = Found(problem, 5)
        found.note(long)
        found.note(short)
        tops.append([entry[3] for entry in found.top])
    assert tops == [[long, short], [short, long]]


def test_without_stages_chains_begin_from_nothing(search, monkeypatch):
    def refused(*_):
        raise AssertionError("a seed stage was asked")

    monkeypatch.setattr(stage, "STAGES", tuple((name, refused) for name, _ in seeds.STAGES))
    labelling = search._labellings[0]
    tools = stage.Tools(search._engine, labelling)
    alone = stage.Reach(labelling, tools, ReachSettings(16, 4, 0, stages=False))
    assert (alone.seeds, alone.found.top) == ([], [])
    alone.advance(search._engine.crew, lambda: False)
    assert alone.moves == 16
    usual = stage.Reach(labelling, tools, ReachSettings(16, 4, 0))
    usual.advance(search._engine.crew, lambda: False)
    assert {name for name, _ in usual.seeds} == {"enumeration"}
    with pytest.raises(AssertionError, match="a seed stage was asked"):
        usual.advance(search._engine.crew, lambda: False)


def test_without_simplicity_laws_shorten_nothing(search, monkeypatch):
    def refused(*_):
        raise AssertionError("a program was shortened")

    monkeypatch.setattr(stage, "polished", refused)
    labelling = search._labellings[0]
    tools = stage.Tools(search._engine, labelling)
    settings = ReachSettings(16, 4, 0, stages=False, simplicity=False)
    one = stage.Reach(labelling, tools, settings)
    one.advance(search._engine.crew, lambda: False)
    assert one.found.top
    other = stage.Reach(labelling, tools, replace(settings, simplicity=True))
    with pytest.raises(AssertionError, match="a program was shortened"):
        other.advance(search._engine.crew, lambda: False)


def test_a_checkpoint_of_other_settings_is_not_taken_up(search):
    labelling = search._labellings[0]
    tools = stage.Tools(search._engine, labelling)
    settings = ReachSettings(40, 2, 0, stages=False, simplicity=False)
    one = stage.Reach(labelling, tools, settings)
    one.advance(search._engine.crew, lambda: False)
    state = one.state()
    assert stage.Reach(labelling, tools, settings).restore(state)
    assert not stage.Reach(labelling, tools, replace(settings, simplicity=True)).restore(state)


def both_of(task, settings, **limits):
    return list(descend([task, task.permuted(1)], settings, max_programs=2000, **limits))


def test_a_descent_reports_what_its_program_does():
    task = synth.load_task(TASK)
    settings = [ReachSettings(400, 4, 3, False, simple) for simple in (True, False)]
    # The best of few moves without simplicity is often wrong on most rows.
    settings += [ReachSettings(8, 4, seed, False, False) for seed in range(12)]
    found = both_of(task, settings, threads=1)
    read = set()
    fitted = fit(None, task)
    for labelled, column in zip((task, task.permuted(1)), zip(*found, strict=True), strict=True):
        for one, each in zip(column, settings, strict=True):
            program = Program.parse(one.text, fitted.grammar, fitted.root)
            right = program.evaluate(task.columns) == labelled.labels
            wrong = int((~right[task.train]).sum())
            inverted = 2 * wrong > task.training
            n = task.training
            read.add((one.chosen, inverted))
            assert one.exceptions == min(wrong, n - wrong)
            assert one.bits == program.bits(fitted.grammar)
            rest = one.total_bits - one.bits
            assert one.energy == pytest.approx(one.total_bits if each.simplicity else rest)
            assert one.chosen == ("program" if one.energy < one.table_bits else "table")
            held_out = ~task.train
            table = np.mean(labelled.labels[held_out] == labelled.majority())
            assert one.table_test == pytest.approx(table)
            accuracy = np.mean((right != inverted)[held_out]) if one.chosen == "program" else table
            assert one.test_accuracy == pytest.approx(accuracy)
    # The permuted labels of 45 rows: a program is chosen only where its bits do not count.
    assert [pair[1].chosen for pair in found[:2]] == ["table", "program"]
    assert read >= {("program", False), ("program", True), ("table", False)}


def test_held_out_labels_and_threads_change_nothing_that_is_found():
    task = synth.load_task(TASK)
    other = replace(task, labels=np.where(task.train, task.labels, ~task.labels))
    settings = [ReachSettings(120, 5, 3, False, simple) for simple in (True, False)]
    texts = {
        tuple(one[0].text for one in descend([each], settings, max_programs=2000, threads=threads))
        for each, threads in ((task, 1), (other, 1), (task, 2), (task, 3))
    }
    assert len(texts) == 1


def test_without_moves_or_held_out_rows_there_is_the_table():
    task = synth.load_task("parity:n=3,train=1.0")
    (((one, _),),) = [both_of(task, [ReachSettings(0, 2, 0, stages=False)])]
    assert asdict(one) == {
        **dict.fromkeys(asdict(one)),
        "chosen": "table",
        "table_bits": one.table_bits,
    }
    (((one, _),),) = [both_of(task, [ReachSettings(50, 2, 0, stages=False)])]
    assert one.text is not None
    assert one.test_accuracy is None


def test_ctrl_c_ends_a_descent(monkeypatch):
    task = synth.load_task(TASK)
    settings = [ReachSettings(10**6, 2, 0, stages=False)]

    def interrupted(self, must_stop):
        if not must_stop():  # the second Ctrl-C interrupts as usual
            signal.raise_signal(signal.SIGINT)
        assert must_stop()

    monkeypatch.setattr(Chain, "work", interrupted)
    # A shell may have started the tests with Ctrl-C ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            both_of(task, settings, threads=1)
    finally:
        signal.signal(signal.SIGINT, before)
