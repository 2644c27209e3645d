"""Whether the state that a checkpoint holds is one that a search can have, and what it computes.

The file may be damaged, of an older body of a primitive, or made by hand.  Every plain value is
read with its type and range, so that nothing later fails on it.  Every row must be made of earlier
rows and cost what its program costs.  Of each bank, some rows are computed again.  What cannot be
checked without a new search is how far the enumeration got: a result says that its certificate
rests on the file.
"""

from dataclasses import astuple
from itertools import pairwise

import numpy as np

from synth.engine import curry
from synth.engine.reach import stage as reaching
from synth.language import UNIT

#: A bound on costs and counts, far beyond all that a search reaches.
MOST = 2**62
#: Rows whose origins are looked at together.
SOME_ROWS = 2**20
#: Rows of each bank that are computed again.
COMPUTED_ROWS = 256
#: Programs of one total that are checked one by one.
CHECKED_TIES = 1000


def check(condition, what):
    """Raise ValueError unless a condition holds."""
    if not condition:
        raise ValueError(what)


def whole(value, what, most=MOST):
    """A value that must be an integer from 0 to `most`."""
    good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most
    check(good, f"{what} is no integer from 0 to {most}")
    return value


def finite(value, what):
    """A value that must be a finite number."""
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < MOST
    check(good, f"{what} is no finite number")
    return value


def read_state(engine, values):
    """The plain values of a state, each of its type and in its range.

    engine: the `Enumerator`; values: as `checkpoint.state_of` returns them.
    """
    optional = {name: values[name] for name in ("window", "frozen", "bound")}
    for name, value in {**optional, "frontier": values["frontier"]}.items():
        check(value is not None or name in optional, f"{name} is missing")
        if value is not None:
            whole(value, name)
    whole(values["candidates"], "candidates")
    # The bands of a window end before the next window begins.
    window = 0 if values["window"] is None else values["window"] + engine.grammar.width
    whole(values["worked_off"], "worked_off", MOST if values["window"] is None else window)
    check(isinstance(values["left_out"], bool), "left_out is neither true nor false")
    check(finite(values["seconds"], "seconds") >= 0, "seconds are negative")
    costs = [cost for cost, *_ in values["levels"]]
    check(costs == sorted(set(costs)), "levels are not in order of cost")
    for cost, made, fresh, dropped in values["levels"]:
        for number in (cost, made, dropped, 0 if fresh is None else fresh):
            whole(number, "a number of a level")
    if values["place"] is not None:
        _read_place(engine, values["place"], values["banks"])


def _read_place(engine, place, banks):
    """Check how far a band was worked through; it is of a single cost."""
    whole(place["rule"], "the rule", len(engine.rules))
    whole(place["terms"], "the job")
    whole(place["done"], "the candidates of the job")
    for type_, kept in zip(engine.banks, banks, strict=True):
        before = whole(place["before"][str(type_)], "the rows before the band", 2**32)
        check(before == (kept["ends"] or [0])[-1], "the band begins at another row")
    made = [[whole(n, "a count") for n in line] for line in place["made"]]
    check([len(line) for line in made] == [1, 1], "the counts of the band are of another shape")
    labellings, histogram = engine.labellings, place["histogram"]
    check((histogram is None) == (labellings is None), "the histogram is missing or too much")
    if labellings is not None:
        lengths = [len(each.score.code) for each in labellings.each]
        check([len(line) for line in histogram] == lengths, "the histogram is of another shape")
        for line in histogram:
            for number in line:
                whole(number, "a count of the histogram")


def read_bank(bank, values, rows, rule, arguments):
    """Check the arrays and levels of a `Bank` before it takes them."""
    count = len(rows)
    for array, dtype, shape in (
        (rows, np.uint64, (count, bank.words)),
        (rule, np.uint16, (count,)),
        (arguments, np.uint32, (count, bank.arity)),
    ):
        check(array.dtype == dtype, f"an array of {array.dtype}, not {np.dtype(dtype)}")
        check(array.shape == shape, f"an array of shape {array.shape}, not {shape}")
    check(count <= len(bank.behaviours), f"{count} rows do not fit")
    costs, ends = list(values["costs"]), list(values["ends"])
    check(len(costs) == len(ends), "levels without a cost or an end")
    for numbers, what in ((costs, "the cost of a level"), (ends, "the end of a level")):
        for number in numbers:
            whole(number, what)
        check(all(a < b for a, b in pairwise(numbers)), f"{what} is not above the one before")
    check((ends or [1])[0] > 0 and (ends or [0])[-1] <= count, "levels beyond the rows")
    if bank.direct:
        used = np.uint64(2**bank.rows - 1)
        check(not (rows & ~used).any(), "a row has values beyond the last")


def check_origins(engine):
    """Raise ValueError unless rows are made of earlier rows and cost what they have to."""
    open_costs = set()
    for type_, bank in engine.banks.items():
        closed = (bank.ends or [0])[-1]
        for first in range(0, len(bank), SOME_ROWS):
            stop = min(first + SOME_ROWS, len(bank))
            costs = _costs_by_origin(engine, type_, first, stop)
            cut = max(min(closed, stop) - first, 0)
            known = bank.row_costs(first, first + cut)
            check((costs[:cut] == known).all(), f"a row of {type_} has another cost")
            open_costs.update(np.unique(costs[cut:]).tolist())
    check(len(open_costs) <= 1, "rows of the open band differ in their costs")
    frozen, start = engine.horizon.frozen, min(open_costs, default=0)
    check(frozen is None or frozen >= start, "memory ran out before the open band")


def _costs_by_origin(engine, type_, first, stop):
    """The costs of some rows, as their rules and operands say."""
    bank, rules = engine.banks[type_], {r.number: r for r in engine.rules}
    numbers, arguments = bank.store.rule[first:stop], bank.store.arguments[first:stop]
    found = np.zeros(stop - first, np.int64)
    for number in np.unique(numbers).tolist():
        rule, here = rules.get(number), numbers == number
        check(rule is not None and rule.result == type_, f"a row of {type_} has no such rule")
        found[here] = rule.production.cost
        if rule.kind == curry.LEAF:
            continue
        for column, other in enumerate((*rule.fixed_types, rule.free_type)):
            operand, held = arguments[here, column].astype(np.int64), engine.banks[other]
            check(operand.max() < (held.ends or [0])[-1], f"a row of {type_} has no such operand")
            levels = np.searchsorted(held.ends, operand, side="right")
            found[here] += np.array(held.costs, np.int64)[levels]
        # Costs rise from operands to programs, so that no row is made of itself.
        check(found[here].max() < MOST, f"a row of {type_} costs too much")
    return found


def check_rows(engine, most=COMPUTED_ROWS):
    """Raise ValueError unless some rows of each bank are what their origins compute now."""
    generator = np.random.default_rng(0)
    for type_, bank in engine.banks.items():
        count = len(bank)
        drawn = generator.integers(0, max(count, 1), most // 2).tolist()
        for row in sorted({*range(min(count, most // 2)), *(drawn if count else ())}):
            rule, operands = engine.origin(type_, row)
            if operands:
                values = [engine.banks[t].values(r, r + 1)[0] for t, r in operands]
                answers, defined = rule.item.evaluate(*rule.in_order(values))
                right = defined is None or defined.all()
            else:
                answers, right = engine.leaf_values(rule.item), True
            if not right or not np.array_equal(answers, bank.values(row, row + 1)[0]):
                raise ValueError(f"row {row} of {type_} is not what its program computes")


def read_score(score, values, ties):
    """Check the plain values of a `Score` before it takes them."""
    best, mass = values["best"], values["mass"]
    for value, what in ((best, "the best total"), (mass, "the mass")):
        if value is not None:
            finite(value, what)
    check(len(values["top"]) <= score.top, "too many hypotheses")
    for total, row, units, wrong in values["top"]:
        finite(total, "a total")
        _read_entry(score, units, wrong, row)
    for units, wrong, row in values["front"]:
        _read_entry(score, units, wrong, row)
    check(ties.dtype == np.int64 and ties.ndim == 2 and len(ties) == 3, "the ties are no table")
    check((best is None) == (ties.shape[1] == 0), "the best total has no program")
    check((best is None) == (mass is None), "the mass is missing or too much")
    check((best is None) == (not values["top"]), "the best total is not among the hypotheses")
    totals = [entry[0] for entry in values["top"]]
    check(mass is None or mass >= -min(totals) - 1e-6, "the mass is too small")


def _read_entry(score, units, wrong, row):
    whole(units, "the bits of a program")
    whole(wrong, "the exceptions of a program", score.n)
    whole(row, "the row of a program")


def check_score(engine, labelling, same):
    """Raise ValueError unless what a labelling's score lists is what its programs are.

    engine: the `Enumerator`; labelling: the `Labelling`; same: totals that differ by less are
    equal.
    """
    score, known = labelling.score, {}

    def look(units, wrong, row, total=None):
        check(0 <= row < len(engine.bank), f"there is no row {row}")
        if row not in known:
            known[row] = _scored(engine, labelling, row)
        check((units, wrong) == known[row], f"the program of row {row} has other figures")
        if total is not None:
            right = units / UNIT + float(score.code[wrong])
            check(abs(total - right) < same, f"the program of row {row} has another total")

    for total, row, units, wrong in score.top_rows:
        look(units, wrong, row, total)
    for units, wrong, row in score.front:
        look(units, wrong, row)
    for shorter, longer in pairwise(score.front):
        check(shorter[1] > longer[1], "the front does not fall")
    ties = score.tied_rows()
    for units, wrong, row in ties[:CHECKED_TIES]:
        look(units, wrong, row, score.best)
    # All others too: their values are read, though one by one none is evaluated.
    check(all(0 <= row < len(engine.bank) for *_, row in ties), "there is no such row")
    if score.top_rows:
        check(abs(score.top_rows[0][0] - score.best) < same, "the best total is not the first")


def _scored(engine, labelling, row):
    """The units and exceptions of a row's program, evaluated as a whole."""
    program, n = engine.program(row), labelling.n
    values, defined = program.outputs(engine.columns)
    check(defined.all(), f"the program of row {row} has no value on some row")
    root = engine.root
    wrong = int(np.count_nonzero(root.coarse(values[:n]) != root.coarse(labelling.values)))
    if labelling.score.two:
        wrong = min(wrong, n - wrong)
    return program.units(engine.grammar), wrong


def read_reach(reaches, states):
    """Check the plain values of `Reaches` before they take them.

    Programs are texts, which are priced anew.
    """
    check(len(states) == len(reaches.each), "reach has another number of labellings")
    for reach, state in zip(reaches.each.values(), states, strict=True):
        stage, turn = state["stages"], state["round"]
        check(whole(stage, "the stage of reach") <= len(reaching.STAGES), "there is no such stage")
        check(turn == -1 or whole(turn, "the round") >= 0, "the round is below -1")
        check(turn == -1 or stage == len(reaching.STAGES), "rounds before the end of the stages")
        for name, _ in state["seeds"]:
            check(isinstance(name, str), "a stage without a name")
        for moves, total, wrong, bits in state["descent"]:
            whole(moves, "a number of moves")
            finite(total, "a total")
            whole(wrong, "a number of exceptions", reach.problem.n)
            finite(bits, "the bits of a program")
        if state["settings"] != list(astuple(reach.settings)):
            continue  # it is not taken up
        for k, chain in enumerate(state["chains"]):
            made, done, length = chain["moves"]
            rounds = reach.settings.rounds(k)
            check(turn < len(rounds), "there is no such round")
            planned = 0 if turn < 0 else rounds[turn]
            check(length == planned and whole(done, "moves", planned) >= 0, "another round")
            check(made == done + sum(rounds[: max(turn, 0)]), "another number of moves")
