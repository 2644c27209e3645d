"""Scaling, data and imbalance: each against slow references, its claim, and its control."""

import math
from fractions import Fraction

import numpy as np
import pytest

import synth
from synth.errors import SettingError
from synth.experiments import _scaling_reach, data, imbalance, scaling
from synth.language.dsls import boolean, modular
from synth.language.types import Bool, Mod
from tests import naive

#: `tests/test_experiments.py` runs the experiment in small, too.
pytestmark = pytest.mark.slow

DSL = "boolean:basis=and-or-xor-not"


def mean(values):
    return sum(values, Fraction(0)) / len(values)


def slow_rules(programs, known, unseen, labels):
    """Held-out accuracy by every rule, of (bits, values) pairs with all programs apart."""
    n, truth = len(known), [labels[r] for r in unseen]
    seen = [labels[r] for r in known]
    table = naive.table_bits([seen.count(False), seen.count(True)])
    majority = sum(seen) * 2 > n
    right = mean([Fraction(y == majority) for y in truth])
    behaviours = {}
    for bits, values in programs:
        behaviours.setdefault(values, bits)
        behaviours[values] = min(bits, behaviours[values])

    def read(values):
        """(exceptions, predictions, right ones) with the opposite where that is better."""
        e = sum(values[r] != labels[r] for r in known)
        says = [values[r] != (2 * e > n) for r in unseen]
        right_ones = [Fraction(a == b) for a, b in zip(says, truth, strict=True)]
        return min(e, n - e), says, mean(right_ones)

    totals = []
    for values, bits in behaviours.items():
        e, _, accuracy = read(values)
        totals.append((naive.program_total(bits, n, e, 2, False), accuracy))
    best = min(t for t, _ in totals)
    ties = [a for t, a in totals if t <= best + 1e-9]
    found = {"least_total": mean(ties) if best < table - 1e-9 else right}
    mass, ones = 2.0**-table, np.full(len(truth), majority * 2.0**-table)
    for bits, values in programs:
        e, says, _ = read(values)
        weight = 2.0 ** -naive.program_total(bits, n, e, 2, False)
        mass += weight
        ones += weight * np.array(says)
    p = ones / mass
    found["vote"] = np.mean([0.5 if abs(q - 0.5) < 1e-9 else (q > 0.5) == y
                             for q, y in zip(p, truth, strict=True)])  # fmt: skip

    def accuracy(values):
        return mean([Fraction(values[r] == y) for r, y in zip(unseen, truth, strict=True)])

    fit = [(b, accuracy(v)) for b, v in programs if all(v[r] == labels[r] for r in known)]
    once = [(b, accuracy(v)) for v, b in behaviours.items()
            if all(v[r] == labels[r] for r in known)]  # fmt: skip
    found["consistent"] = len(once)
    for name in ("shortest", "draw", "uniform_program", "uniform_behaviour"):
        found[name] = right
    if fit:
        shortest = min(b for b, _ in once)
        found["shortest"] = mean([a for b, a in once if b == shortest])
        found["draw"] = sum(2.0**-b * a for b, a in fit) / sum(2.0**-b for b, _ in fit)
        found["uniform_program"] = mean([a for _, a in fit])
        found["uniform_behaviour"] = mean([a for _, a in once])
    return found


def test_rules_are_those_of_lists_of_all_programs():
    space = scaling._Space(DSL, 3, 14.5)
    columns = {f"x{v}": (np.arange(8) >> v & 1).astype(bool) for v in range(3)}
    grammar = synth.Grammar(boolean.build(basis="and-or-xor-not"), dict.fromkeys(columns, Bool))
    trees = naive.programs(grammar, int(14.5 * 1024))[Bool]
    every = [(u / 1024, tuple(map(bool, naive.behaviour(p, columns)))) for u, p in trees]
    generator, fits = np.random.default_rng(3), 0
    for n in (1, 2, 4, 6):
        for _ in range(3):
            order = generator.permutation(8)
            rules = scaling._Rules(space, order, n)
            labels = generator.integers(0, 2, 8).astype(bool)
            found = rules.accuracies(labels[order])
            for k, budget in enumerate(space.bits):
                part = [p for p in every if p[0] <= budget]
                expected = slow_rules(part, order[:n].tolist(), order[n:].tolist(), labels.tolist())
                fits += bool(expected["consistent"])
                for name, value in expected.items():
                    assert found[name][k] == pytest.approx(float(value), abs=1e-12), (name, n, k)
    assert fits > 20
    assert space.levels()[-1][1] == pytest.approx(np.log2(len(every)))


@pytest.fixture(scope="module")
def scaled():
    return synth.run_experiment(
        "scaling", variables=4, rows=(6, 14), splits=6, random=30, bits=30, inputs=(6, 12),
        moves=(20, 400), chains=4, runs=3,
    )  # fmt: skip


def test_more_search_does_not_hurt_under_the_prior(scaled):
    for n in (6, 14):
        change = scaled.summary[f"rows_{n}_worst_change"]
        # Beyond the target's own length nothing can have a lesser total.
        assert change["least_total"] == change["shortest"] == 0
        assert change["uniform_behaviour"] < -0.1
    loss = scaled.summary["rows_6_loss_from_peak"]
    assert loss["uniform_program"] >= 0.05
    assert loss["uniform_behaviour"] > loss["uniform_program"] > loss["draw"]


def test_random_labels_stay_at_chance_though_programs_fit(scaled):
    random = [r for r in scaled.rows if r["target"] == "random" and r["rows"] == 6]
    assert random[-1]["consistent"] > 10
    assert scaled.summary["control_farthest_from_half"] < 0.05
    named = [r for r in scaled.rows if r["target"] == "parity 2"]
    assert max(r["shortest"] for r in named) > 0.8


def test_programs_tried_are_less_than_two_to_the_bits(scaled):
    for row in scaled.rows:
        if row["moves"] is not None:
            continue
        assert row["log2_programs"] <= row["budget"]
        assert row["target"] == "random" or row["own_bits"] > 0


def test_scaling_refuses_what_it_cannot_do():
    with pytest.raises(SettingError, match=r"rows=16; allowed: 2..15, since there are 16 rows"):
        synth.run_experiment("scaling", variables=4, rows=(4, 16))
    with pytest.raises(SettingError, match=r"bits=2; allowed: "):
        synth.run_experiment("scaling", bits=2, rows=(4,))
    with pytest.raises(SettingError, match="targets=parity 9; allowed: x0, x0 & x1"):
        synth.run_experiment("scaling", targets=("parity 9",))
    with pytest.raises(SettingError, match="inputs=7; allowed: multiples of 3"):
        synth.run_experiment("scaling", inputs=(6, 7))


def reached(run, labels, moves, inputs=12):
    wanted = (labels, moves, f"{inputs} inputs")
    return [r for r in run.rows if (r["labels"], r["moves"], r["target"]) == wanted]


def test_more_moves_hold_the_simple_program_more_often(scaled):
    few, many = reached(scaled, "true", 20), reached(scaled, "true", 400)
    assert len(few) == len(many) == 3
    assert not any(row["holds"] for row in few)
    assert sum(row["holds"] for row in many) >= 2
    for row in many:
        assert row["holds"] == (row["total_bits"] <= row["known_bits"] + 1e-9)
        assert not row["holds"] or row["test"] > 0.98
    for inputs, bits in ((6, 3.5849625 * 6 + 15), (12, 4.5849625 * 12 + 33)):
        rows = reached(scaled, "true", 400, inputs)
        assert [row["own_bits"] for row in rows] == pytest.approx([bits] * 3, abs=0.02)
        assert rows[0]["known_bits"] == pytest.approx(rows[0]["own_bits"] + 1 + math.log2(501))
        shares = scaled.summary["reach_chance"][f"{bits:.0f} bits"]
        held = [
            np.mean([r["holds"] for r in reached(scaled, "true", m, inputs)]) for m in (20, 400)
        ]
        assert shares == pytest.approx(held)


def test_permuted_labels_stay_on_the_table_for_any_number_of_moves(scaled):
    twins = [r for r in scaled.rows if r["labels"] == "permuted"]
    assert len(twins) == 12
    assert not any(row["holds"] for row in twins)
    assert all(abs(row["test"] - row["table_test"]) < 0.1 for row in twins)
    assert scaled.summary["control_reach_saved"] < 8
    chosen = sum(row["chosen"] == "program" for row in twins)
    assert scaled.summary["control_reach_programs"] == f"{chosen} of 12"
    assert chosen <= 2


def test_no_program_of_a_target_is_shorter_than_its_own():
    """Of three inputs, by the counts of all programs on all rows."""
    task, bits = _scaling_reach.target(3, 0)
    grammar = synth.Grammar(boolean.build(), task.types)
    columns = naive.all_rows(3)
    counts = synth.count_programs(grammar, columns, type=Bool, max_bits=bits)
    truth = columns["x0"] & columns["x1"] & columns["x2"]
    assert np.array_equal(task.labels, np.logical_and.reduce(list(task.columns.values())))
    assert counts.least_bits[counts.find(truth)] == bits


# -- data -------------------------------------------------------------------------


def slow_learners(bits, behaviours, drawn, truth, k, delta):
    """Both learners on one draw by lists: (errors, violations, tightest delta)."""
    n = len(drawn)
    hidden = [r for r in range(len(truth)) if r not in drawn]
    counts = [sum(truth[r] == v for r in drawn) for v in range(k)]
    majority = counts.index(max(counts))

    def wrong(values):
        return Fraction(sum(values[r] != truth[r] for r in hidden), len(hidden))

    table, majority_error = naive.table_bits(counts), wrong([majority] * len(truth))
    totals, fits = [], []
    for b, values in zip(bits, behaviours, strict=True):
        e, error = sum(values[r] != truth[r] for r in drawn), wrong(values)
        if e == 0:
            risk = sum(v != y for v, y in zip(values, truth, strict=True)) / len(truth)
            fits.append((b, error, 2.0**b * np.exp(-n * risk), risk))
        if k == 2 and 2 * e > n:
            e, error = n - e, 1 - error
        totals.append((naive.program_total(b, n, e, k, False), error))
    best = min(t for t, _ in totals)
    found = {"program_share": best < table - 1e-9, "total_error": majority_error}
    if found["program_share"]:
        found["total_error"] = mean([error for t, error in totals if t <= best + 1e-9])
    found |= {"shortest_error": majority_error, "violations": False, "tightest_delta": None}
    if fits:
        least = min(f[0] for f in fits)
        found["shortest_error"] = mean([error for b, error, _, _ in fits if b == least])
        found["tightest_delta"] = min(f[2] for f in fits)
        found["violations"] = any(
            risk > (b * np.log(2) + np.log(1 / delta)) / n for b, _, _, risk in fits
        )
    return found


@pytest.mark.parametrize(
    ("task", "bits"), [("parity:n=3,k=2", 14.0), ("mod-add:p=3", 12.5), ("parity:n=3,k=2", 4.0)]
)
def test_learners_are_those_of_lists(task, bits):
    space = data._Space(task, DSL, bits)
    loaded = synth.load_task(task)
    size, k = loaded.rows, len(loaded.alphabet)
    dsl = boolean.build(basis="and-or-xor-not") if k == 2 else modular.build(p=k)
    grammar = synth.Grammar(dsl, loaded.types)
    least = naive.behaviours(grammar, loaded.columns, int(bits * 1024))[loaded.label_type]
    behaviours, costs = [list(map(int, v)) for v in least], [u / 1024 for u in least.values()]
    assert space.own == (least[tuple(loaded.labels.tolist())] / 1024 if bits > 5 else None)
    generator, seen = np.random.default_rng(1), set()
    for n in (1, 2, 3, 5, 9):
        for trial in range(6):
            drawn = generator.integers(0, size, n)
            truth = space.labels if trial % 2 else generator.integers(0, k, size)
            times = np.bincount(drawn, minlength=size)[None]
            unseen = times == 0
            if not unseen.any():
                continue
            found = data._run(
                space, n, 0.7, times[0], truth, n - space.agreements(times, truth[None])[:, 0],
                unseen[0], unseen.sum() - space.agreements(unseen, truth[None])[:, 0],
                1 - space.agreements(np.ones_like(times), truth[None])[:, 0] / size,
            )  # fmt: skip
            expected = slow_learners(costs, behaviours, drawn.tolist(), truth.tolist(), k, 0.7)
            for name, value in expected.items():
                if value is None:
                    assert found[name] is None
                else:
                    assert found[name] == pytest.approx(float(value), abs=1e-9), (name, n, trial)
            seen |= {("program", expected["program_share"]), ("fits", expected["tightest_delta"])}
    assert len(seen) > 4


@pytest.fixture(scope="module")
def sized():
    return synth.run_experiment(
        "data", tasks=("parity:n=5,k=2", "mod-add:p=5"), rows=(2, 4, 8, 16, 24), runs=150, bits=16,
        delta=0.5,
    )  # fmt: skip


def test_error_falls_where_the_target_pays(sized):
    for task, steps in sized.summary["steps"].items():
        mine = {r["n"]: r for r in sized.rows if (r["task"], r["labels"]) == (task, "true")}
        # Before the target pays the table is chosen nearly always, and after it the target.
        for n, row in mine.items():
            if n < steps["pays_from_n"]:
                assert row["total_error"] > 0.9 * row["chance"]
            if n > 2 * steps["predicted_n"]:
                assert row["total_error"] < 0.1
        assert steps["predicted_n"] <= steps["pays_from_n"] <= 2 * steps["predicted_n"]


def test_violations_are_no_more_than_delta(sized):
    assert max(r["violations"] for r in sized.rows) <= 0.5
    assert sum(r["violations"] for r in sized.rows) > 0  # so that the test can fail
    for row in sized.rows:
        assert row["chosen_violations"] <= row["violations"]
        if row["labels"] == "random":
            assert row["total_error"] == pytest.approx(row["chance"], abs=0.06)
            assert row["shortest_error"] == pytest.approx(row["chance"], abs=0.06)


def test_data_refuses_labels_that_are_no_classes(tmp_path):
    (tmp_path / "own.csv").write_text("x,y\n" + "".join(f"{k},{k * k}\n" for k in range(30)))
    with pytest.raises(SettingError, match=r"allowed: tasks with Bool or Mod labels"):
        synth.run_experiment("data", tasks=(str(tmp_path / "own.csv"),), rows=(2,))


# -- imbalance --------------------------------------------------------------------


@pytest.mark.parametrize("k", [2, 3])
def test_what_is_chosen_is_that_of_lists(k):
    space = imbalance._space(k, 9.0)
    columns = synth.load_task(f"mod-mul:p={k}").columns
    grammar = synth.Grammar(modular.build(p=k, constants=(0, 1)), dict.fromkeys("xy", Mod(k)))
    least = naive.behaviours(grammar, columns, 9 * 1024)[Mod(k)]
    x, y = np.divmod(np.arange(k * k), k)
    product, zero = tuple((x * y % k).tolist()), (0,) * k * k
    assert (space.target_bits, space.constant_bits) == (least[product] / 1024, least[zero] / 1024)
    generator, seen = np.random.default_rng(5), set()
    for rate in (0.05, 0.3, 0.6):
        weights = imbalance._chances(k, rate)
        assert weights.sum() == pytest.approx(1)
        assert weights[space.labels > 0].sum() == pytest.approx(rate)
        for n in (3, 8, 15, 30):
            drawn = generator.choice(k * k, n, p=weights)
            given = space.labels[drawn]
            if n == 8:
                given = generator.permutation(given)
            if n == 30 and rate == 0.6:  # a program is read as its opposite
                given = k - 1 - given
            counts = [given.tolist().count(v) for v in range(k)]
            options = []
            for values, units in least.items():
                wrong = np.array(values)[drawn] != given
                e, says = int(wrong.sum()), values
                if k == 2 and 2 * e > n:
                    e, says = n - e, tuple(1 - v for v in values)
                kind = "target" if values == product else "other"
                kind = "constant" if len(set(values)) == 1 else kind
                options.append((naive.program_total(units / 1024, n, e, k, False), kind, says))
            table, best = naive.table_bits(counts), min(options)[0]
            ties = [o for o in options if o[0] <= best + 1e-9]
            if best >= table - 1e-9:
                ties = [(table, "table", (counts.index(max(counts)),) * k * k)]
            found = imbalance._chosen(space, drawn, given, weights)
            for kind in imbalance.KINDS:
                assert found[kind] == pytest.approx(sum(o[1] == kind for o in ties) / len(ties))
            right = [[s == t for s, t in zip(o[2], product, strict=True)] for o in ties]
            assert found["accuracy"] == pytest.approx(np.mean([np.dot(r, weights) for r in right]))
            recalls = []
            for c in range(k):
                here = weights * (space.labels == c)
                recalls.append(np.mean([np.dot(r, here) for r in right]) / here.sum())
            assert found["balanced"] == pytest.approx(np.mean(recalls))
            seen.add(ties[0][1])
    assert len(seen) > 2


def test_the_predicted_share_is_a_sum_over_numbers_of_rare_rows():
    space, changes = imbalance._space(2, 9.0), 0
    for n, rate in ((12, 0.3), (20, 0.1), (50, 0.02), (130, 0.01)):
        chance = Fraction(0)
        for e in range(n + 1):
            rival = naive.program_total(space.constant_bits, n, e, 2, False)
            rival = min(rival, naive.table_bits([n - e, e]))
            if naive.program_total(space.target_bits, n, 0, 2, False) < rival - 1e-9:
                p = Fraction(rate)
                chance += math.comb(n, e) * p**e * (1 - p) ** (n - e)
        assert imbalance._predicted(rate, n, space) == pytest.approx(float(chance), abs=1e-9)
        changes += 0.05 < chance < 0.95
    assert changes >= 3


def test_frequency_table_charges_n_h_and_a_logarithm():
    space, generator = imbalance._space(3, 9.0), np.random.default_rng(2)
    for n in (1, 7, 40, 300):
        drawn = generator.choice(9, n, p=imbalance._chances(3, 0.2))
        counts = np.bincount(space.labels[drawn], minlength=3).tolist()
        entropy = -sum(c / n * np.log2(c / n) for c in counts if c)
        orders = naive.log2(naive.orders(counts))
        exact = 2 + naive.log2((n + 1) * (n + 2) // 2) + orders - n * entropy
        found = imbalance._chosen(space, drawn, space.labels[drawn], imbalance._chances(3, 0.2))
        assert found["excess"] == pytest.approx(exact, abs=1e-9)
        # n H less the logarithm of the number of types <= log2 of the orders <= n H
        # (Cover and Thomas, Elements of Information Theory, theorem 11.1.3).
        assert 2 - 1e-9 <= found["excess"] <= imbalance._most(n, 3) + 1e-9


@pytest.fixture(scope="module")
def rare():
    return synth.run_experiment("imbalance", rates=(0.5, 0.1, 0.02), rows=(10, 40, 160), runs=60)


def test_two_labels_pay_as_often_as_the_binomial_law_says(rare):
    far = []
    for r in rare.rows:
        if (r["k"], r["labels"]) == (2, "true"):
            spread = max((r["predicted"] * (1 - r["predicted"]) / r["runs"]) ** 0.5, 0.01)
            far.append(abs(r["pays"] - r["predicted"]) / spread)
    assert max(far) < 3.5
    # What pays is not chosen only where a shorter program costs less still.
    for r in rare.rows:
        assert r["target"] <= r["pays"] + 1e-9
        assert r["pays"] - r["target"] <= r["other"] + 1e-9


def test_rarer_labels_need_more_rows_and_a_constant_wins_until_then(rare):
    cells = {(r["k"], r["rate"], r["n"]): r for r in rare.rows if r["labels"] == "true"}
    for k in (2, 7):
        pays = [cells[k, rate, 10]["pays_n"] for rate in (0.5, 0.1, 0.02)]
        assert pays == sorted(set(pays))
    # Of two labels the constant program never beats the frequency table: they differ by the
    # constant's bits less one.
    assert max(r["constant"] for r in rare.rows if r["k"] == 2) == 0
    row = cells[7, 0.02, 10]
    assert row["constant"] > 0.5
    assert row["accuracy"] > 0.95 > 0.5 > row["balanced"]
    assert cells[7, 0.02, 160]["target"] > 0.9


def test_permuted_labels_leave_nothing_to_win(rare):
    for r in rare.rows:
        if r["labels"] == "permuted" and r["n"] >= 160:
            assert r["target"] == 0
    assert rare.summary["excess_outside_bounds"] < 1e-9
