"""The strength dynamics and the exact chain: against plain loops, their laws, the phases."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.dynamics import chain
from synth.dynamics.chain import Chain, make_world
from synth.dynamics.markov import markov_chain
from synth.dynamics.strength import Strengths, expected_delay
from synth.dynamics.times import Times
from synth.errors import SettingError
from synth.experiments import phases


def slow_strengths(world, decay, spread, clock, rate, steps):
    """`steps` steps of the strength dynamics by its definition: programs, s and m."""
    task, n = world.task, len(world.training)
    columns = [c.tolist() for c in task.columns.values()]
    labels, names = task.labels.tolist(), list(task.alphabet)
    guesses = world.predictions.tolist()
    best, times, programs = table_bits(task, world), [], []
    for g in range(len(world.bits)):
        e = sum(guesses[g][r] != labels[r] for r in world.training)
        label = math.log2(len(names) - 1)
        total = 1 + world.bits[g] + math.log2(n + 1) + math.log2(math.comb(n, e)) + e * label
        if total < best - 1e-9:
            best = total
            programs.append(g)
            times.append(math.ceil(g * clock))
    s, m = [0.0] * len(programs), [0.0] * n

    def logit(row, c):
        total = sum(a for a, g in zip(s, programs, strict=True) if guesses[g][row] == c)
        for place, other in enumerate(world.training.tolist()):
            if labels[other] != c:
                continue
            if other == row:
                total += m[place]
            else:
                total += spread * m[place] * sum(x[other] == x[row] for x in columns)
        return total

    for step in range(steps):
        current = max((i for i, t in enumerate(times) if t <= step), default=None)
        short = []
        for row in world.training.tolist():
            own = logit(row, labels[row])
            rival = max(logit(row, c) for c in names if c != labels[row])
            short.append(max(0.0, 1 - (own - rival)))
        s = [(1 - decay) * a for a in s]
        if current is not None:
            right = [guesses[programs[current]][r] == labels[r] for r in world.training]
            s[current] += rate / (n + 1) * sum(e for e, r in zip(short, right, strict=True) if r)
        m = [(1 - decay) * a + rate / (n + 1) * e for a, e in zip(m, short, strict=True)]
    read = [max(names, key=lambda c, row=row: (logit(row, c), -c)) for row in world.held_out]
    return programs, s, m, read


def table_bits(task, world):
    from tests import naive

    labels = task.labels[world.training].tolist()
    return naive.table_bits([labels.count(c) for c in task.alphabet])


@settings(max_examples=15, deadline=None)
@given(
    st.floats(0, 0.05), st.floats(0, 0.49), st.floats(0, 2), st.floats(0.1, 1.9),
    st.integers(0, 30), st.integers(0, 5),
)  # fmt: skip
def test_strengths_against_plain_loops(decay, spread, clock, rate, steps, seed):
    world = make_world(f"mod-add:p=5,train=0.6,seed={seed}", max_bits=10.5)
    one = Strengths(world, decay=decay, spread=spread, clock=clock, rate=rate)
    for part in (steps // 2, steps - steps // 2):
        one.advance(part)
    programs, s, m, read = slow_strengths(world, decay, spread, clock, rate, steps)
    assert one.programs == programs
    assert one.strengths == pytest.approx(s, abs=1e-12)
    assert one.memory == pytest.approx(m, abs=1e-12)
    logits_are_apart = np.asarray(one.unseen()) == np.asarray(read)
    assert logits_are_apart.mean() > 0.9  # ties of sums in another order may fall otherwise


def test_the_delay_is_c_over_decay():
    """ln(1/(1-2 kappa))/decay from finding x + y to reading unseen rows by it."""
    world = make_world("mod-add:p=23,train=0.5", max_bits=10)
    delays = []
    for decay in (5e-5, 1.5e-4):
        one = Strengths(world, decay=decay, spread=0.3, clock=500)
        one.advance(one.found_at)
        before = one.measures()
        assert before["train_accuracy"] == 1.0
        assert before["test_accuracy"] < 0.05
        while one.measures()["test_accuracy"] < 0.99:
            one.advance(int(expected_delay(0.3, decay) / 100))
        delays.append(one.step - one.found_at)
        assert delays[-1] * decay == pytest.approx(math.log(1 / 0.4), rel=0.2)
        # The table goes on to fall as exp(-decay * t).
        after = one.measures()
        one.advance(int(1 / decay))
        fallen = one.measures()["table_strength"] / after["table_strength"]
        assert fallen == pytest.approx(math.exp(-1), rel=0.05)
    assert math.log(delays[1] / delays[0]) / math.log(3) == pytest.approx(-1, abs=0.15)


def test_without_decay_or_structure_strengths_never_generalise():
    world = make_world("mod-add:p=11,train=0.5", max_bits=10)
    still = Strengths(world, decay=0.0, spread=0.4, clock=200)
    still.advance(30_000)
    assert still.found_at is not None
    assert still.step > still.found_at
    assert still.measures()["restricted_accuracy"] == 1.0
    assert still.measures()["test_accuracy"] < 0.2
    task = synth.load_task("mod-add:p=11,train=0.5").permuted(1)
    random = Strengths(make_world(task, max_bits=10), decay=1e-3, clock=1)
    random.advance(10_000)
    assert random.found_at is None
    assert random.measures()["train_accuracy"] == 1.0
    assert random.measures()["test_accuracy"] < 0.3


def explicit(world, beta, decay, proposals):
    """Every (program, memorised set) as a state, by definition: states and matrix."""
    n, k = len(world.training), len(world.task.alphabet)
    labels = world.task.labels[world.training]
    right = world.predictions[:, world.training] == labels
    states = list(itertools.product(range(len(world.bits)), itertools.product((0, 1), repeat=n)))
    place = {s: i for i, s in enumerate(states)}
    share = 2.0**-world.bits / (2.0**-world.bits).sum()

    def energy(state):
        g, held = state
        m = sum(held)
        table = math.log2(n + 1) + math.log2(math.comb(n, m)) + m * math.log2(k)
        errors = sum(not h and not r for h, r in zip(held, right[g], strict=True))
        return beta * errors + decay * (world.bits[g] + table)

    matrix = np.zeros((len(states), len(states)))
    for state, i in place.items():
        g, held = state
        moves = [((h, held), proposals * share[h]) for h in range(len(share)) if h != g]
        for r in range(n):
            other = tuple(v ^ (j == r) for j, v in enumerate(held))
            moves.append(((g, other), (1 - proposals) / n))
        for other, chance in moves:
            accept = min(1.0, 2.0 ** (energy(state) - energy(other)))
            matrix[i, place[other]] += chance * accept
        matrix[i, i] = 1 - matrix[i].sum()
    return states, matrix


def repeated():
    """x & y, with two rows twice in training: they are alike."""
    columns = {"x": np.array([0, 0, 1, 1, 0, 1]) > 0, "y": np.array([0, 0, 1, 1, 1, 0]) > 0}
    labels = columns["x"] & columns["y"]
    types = dict.fromkeys(columns, synth.Bool)
    return synth.Task("repeated", columns, types, labels, synth.Bool, np.arange(6) < 5)


@pytest.mark.parametrize(
    ("task", "beta", "decay", "proposals"),
    [(repeated(), 3.0, 0.7, 0.2), ("mod-mul:p=3,train=4", 5.0, 0.0, 0.6)],
    ids=("repeated", "mod-mul"),
)
def test_the_lumped_chain_is_the_chain(task, beta, decay, proposals):
    """Expected steps and their deviation, and the law, with no state put together with another."""
    world = make_world(task, max_bits=9)
    small = markov_chain(world, beta=beta, decay=decay, proposals=proposals)
    states, matrix = explicit(world, beta, decay, proposals)
    if not isinstance(task, str):
        assert sorted(small.sizes.tolist()) == [1, 2, 2]
        assert len(small) * 32 == len(states) * 18
    truths = set(world.truths.tolist())
    for most in (0, 2):
        goal = np.array([g in truths and sum(held) <= most for g, held in states])
        rest = ~goal
        inner = np.eye(rest.sum()) - matrix[np.ix_(rest, rest)]
        times = np.linalg.solve(inner, np.ones(rest.sum()))
        square = np.linalg.solve(inner, 2 * times - 1)
        begin = states.index((int(np.argmin(world.bits)), (0,) * len(world.training)))
        at = np.flatnonzero(rest).tolist().index(begin)
        means, deviations = small.steps_to(small.goal(most))
        assert means[small.start] == pytest.approx(times[at], rel=1e-9)
        deviation = math.sqrt(square[at] - times[at] ** 2)
        assert deviations[small.start] == pytest.approx(deviation, rel=1e-7)
        law = np.linalg.lstsq(
            np.vstack([matrix.T - np.eye(len(states)), np.ones(len(states))]),
            np.append(np.zeros(len(states)), 1.0), rcond=None,
        )[0]  # fmt: skip
        assert small.law()[small.goal(most)].sum() == pytest.approx(law[goal].sum(), rel=1e-7)
    assert small.law() == pytest.approx(small.boltzmann, abs=1e-11)


def test_simulated_means_are_the_exact_ones():
    world = make_world("mod-mul:p=5,train=6", max_bits=10.5)
    found = {}
    for decay in (0.5, 2.0):
        chain = markov_chain(world, beta=8.0, decay=decay, proposals=0.05)
        goal = chain.goal(0)
        times, deviations = chain.steps_to(goal)
        simulated = chain.simulated_steps(goal, 1000, seed=3)
        error = deviations[chain.start] / math.sqrt(1000)
        assert abs(simulated.mean() - times[chain.start]) < 4 * error
        found[decay] = times[chain.start], simulated.mean(), error
    # The test can fail: the other decay's time is far off.
    assert abs(found[0.5][1] - found[2.0][0]) > 10 * found[0.5][2]


def test_one_group_of_rows_is_the_size_of_the_table():
    """Where every program is wrong on all rows or on none, states are (class, size)."""
    columns = {"x": np.arange(6) < 6, "y": np.arange(6) < 0}
    labels = np.arange(6) < 6  # x says it, y the opposite
    labels[5] = False
    task = synth.Task("rows", columns, dict.fromkeys(columns, synth.Bool), labels, synth.Bool,
                      np.arange(6) < 5)  # fmt: skip
    chain = markov_chain(make_world(task, "boolean:basis=and-or-not", max_bits=4))
    assert chain.sizes.tolist() == [5]
    assert chain.held.tolist() == [0, 1, 2, 3, 4, 5]


def test_seek_stops_where_a_true_program_is_held():
    world = make_world("mod-mul:p=7,train=0.5", max_bits=10)
    one, other = Chain(world, seed=4, proposals=0.5), Chain(world, seed=4, proposals=0.5)
    assert one.seek(100_000)
    truths = set(world.truths.tolist())
    while other.program not in truths:
        other.advance(1)
    assert (one.step, one.program) == (other.step, other.program)


def test_what_a_phase_is():
    def of(memorised, generalised):
        return phases.phase({"memorised_at": memorised, "generalised_at": generalised}, 10)

    assert of(None, None) == "confusion"
    assert of(100, None) == "memorisation"
    assert of(100, 1000) == "comprehension"
    assert of(100, 1001) == "grokking"
    assert of(0, 0) == "comprehension"
    seen = Times()
    for step, train, test in ((1, 0.5, 0.0), (2, 1.0, 0.1), (3, 1.0, 0.99), (4, 1.0, 0.5),
                              (5, 0.95, 1.0), (2000, 1.0, 0.95)):  # fmt: skip
        seen.look({"step": step, "train_accuracy": train, "test_accuracy": test})
    assert (seen.memorised, seen.generalised) == (2, 5)  # what was lost at 4 does not count
    assert not seen.over(1000)
    assert seen.over(1100)


@pytest.mark.slow
def test_the_four_phases():
    """All four, the most grokking at middle decay, slope -1, and the controls."""
    run = synth.run_experiment(
        "phases", decay=(0.0, 0.1, 0.7, 6.0, 3000.0), fraction=(0.1, 0.3, 0.5), beta=(30.0,),
        longer=(-3.0, 0.0), runs=1, strength_task="mod-add:p=13",
        strength_decay=(1e-4, 2e-4, 4e-4), spread=(0.4,), clock=200.0,
    )  # fmt: skip
    found = run.summary
    assert set(found["cells_by_phase"]) == set(phases.PHASES)
    assert all(found["cells_by_phase"].values())
    assert found["best_decays"] == [0.7]
    law = found["strength_exponent_in_decay"]["0.4"]
    assert law["exponent"] == pytest.approx(-1, abs=0.15)
    assert found["control_generalised"] == [0, 0]


@pytest.mark.slow
def test_waiting_times_of_the_lab():
    run = synth.run_experiment(
        "grokking-exact", tasks=("mod-add:p=5,train=5",), decay=(0.0, 0.5, 1.0), runs=1000
    )
    assert run.summary["within"] >= 2
    assert run.summary["control_least_difference"] > 5
    assert run.summary["largest_from_boltzmann"] < 1e-9
    shares = [r["share"] for r in run.rows]
    assert shares[0] < 2**-5
    assert shares[0] < shares[1] < shares[2]


def test_simulated_runs_go_on_by_parts(monkeypatch):
    """Steps in a row do not change what is found, and a run that is given up is -1."""
    found = markov_chain(make_world("mod-mul:p=5,train=6", max_bits=10.5), beta=4.0, decay=0.0)
    goal = found.goal(0)
    whole = found.simulated_steps(goal, 5, seed=3)
    monkeypatch.setattr(chain, "PART", 7)
    assert found.simulated_steps(goal, 5, seed=3).tolist() == whole.tolist()
    most = int(whole[0]) - 1
    assert found.simulated_steps(goal, 1, seed=3, most=most).tolist() == [-1]


def test_a_search_that_begins_at_its_goal():
    """The first input is the label: no steps, and no error to count in."""
    (row,) = synth.run_experiment(
        "grokking-exact", tasks=("parity:n=2,k=1,train=3",), decay=(1.0,), runs=2
    ).rows
    assert (row["generalised"], row["simulated"], row["errors_off"]) == (0, 0, 0)


def test_phases_without_a_time_to_show_are_drawn(tmp_path):
    """Axes are logarithmic, and so short runs have no number to put on them."""
    run = synth.run_experiment(
        "phases", steps=1000, runs=1, longer=(0.0,), beta=(30.0,), decay=(0.0,), fraction=(0.5,),
        strength_task="mod-add:p=5", strength_decay=(1e-3, 2e-3), spread=(0.4,), clock=10.0,
    )  # fmt: skip
    run.plot(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 10_000


def test_what_is_refused():
    world = make_world("mod-add:p=7,train=0.9", max_bits=10.5)
    with pytest.raises(SettingError, match=r"states of .* classes of programs .*allowed: 20000"):
        markov_chain(world)
    with pytest.raises(SettingError, match="beta=-1"):
        markov_chain(world, beta=-1)
    chain = markov_chain(make_world("mod-mul:p=3,train=6", max_bits=6))
    with pytest.raises(SettingError, match="never reach it"):
        chain.steps_to(chain.goal(0))  # x * y has more bits
    for name, value in (("spread", 0.5), ("decay", 1.0), ("rate", 2.0), ("clock", -1)):
        with pytest.raises(SettingError, match=f"{name}={value}; allowed: 0 and more, below"):
            Strengths(world, **{name: value})


def test_waits_are_those_of_runs_that_had_memorised():
    """Runs that found the program first, or never memorised, do not wait."""
    base = {"sweep": phases.LENGTH, "steps": 100, "memorised_at": 10}
    rows = [
        base | {"program_bits": 5.0, "found_at": 14},
        base | {"program_bits": 6.0, "found_at": 18},
        base | {"program_bits": 6.0, "found_at": None},
        base | {"program_bits": 6.0, "found_at": 9},
        base | {"program_bits": 6.0, "found_at": 90, "memorised_at": None},
        base | {"program_bits": None, "found_at": 90},
        base | {"program_bits": 9.0, "found_at": 90, "sweep": phases.GRID},
    ]
    assert phases._waited(rows) == [(5.0, 4, True), (6.0, 8, True), (6.0, 90, False)]
    found = phases.per_bit(rows)
    assert (found["found"], found["not_found"]) == (2, 1)
    # Of two lengths, the ratio of time to those found: 4 / 1 and 98 / 1.
    assert found["doublings"] == pytest.approx(math.log2(98 / 4))


def test_a_tie_between_phases_goes_to_the_first():
    def row(phase):
        return {"sweep": phases.GRID, "decay": 1.0, "fraction": 0.5, "phase": phase}

    assert phases.cells([row(p) for p in reversed(phases.PHASES)]) == {(1.0, 0.5): "comprehension"}
    assert phases.cells([row("memorisation"), row("confusion"), row("confusion")]) == {
        (1.0, 0.5): "confusion"
    }


def test_near_rows_by_blocks(monkeypatch):
    whole = make_world("mod-mul:p=7,train=0.5", max_bits=6, radius=2.0).near
    monkeypatch.setattr(chain, "NEAR_BLOCK", 60)
    np.testing.assert_array_equal(
        make_world("mod-mul:p=7,train=0.5", max_bits=6, radius=2.0).near, whole
    )


def test_runs_that_would_take_days_are_refused():
    from synth.experiments import grokking_exact

    asked = grokking_exact.Settings(tasks=("mod-add:p=5,train=6",), decay=(3.0,), beta=30.0)
    with pytest.raises(SettingError, match=r"1000 runs of .* steps; allowed: 1e\+11 steps in all"):
        list(grokking_exact.run(asked, map))
