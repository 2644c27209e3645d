"""Coarsening: from a look-up table to a program, by features that divide the rows ever less.

The state is a set of features that together determine the labels: at first the inputs.  Its
energy is the bits of the features, a price for each cell (a joint value of the features that
occurs on training rows) and the code of the exceptions (rows whose label is not the most
frequent one of their cell).  So there is a signal before there is a program.  A move replaces
one to three features by one or two programs over them.  At last, all programs over the features
left are enumerated over the cells, where a feature costs its own bits.
"""

import math
from itertools import combinations

import numpy as np

from synth.engine.reach.cells import WIDTH, Labels, State
from synth.engine.reach.features import Candidates, Feature, inner_prices, makeable, rows_of
from synth.engine.reach.inner import Inner
from synth.engine.reach.problem import part_at, paths, replaced
from synth.language import UNIT, Program
from synth.records import StopReason

#: Bits for each cell beyond those of its label, one descent after the other.  With none, only
#: what the data say counts.  The fewer cells are left, the more a program for the rest would
#: cost for each: the parities of pairs pay for themselves from 1 on, where 32 cells are left.
SCHEDULES = ((0.0, 1.0, 3.0, 7.0), (1.0, 3.0, 7.0), (3.0, 7.0))
#: Descents by chance after those, from the inputs that are left.
RESTARTS = 6
#: The share of all moves that such a descent looks at.
SHARE = 0.5
#: Bits by which a neighbour may be worse than the best, if it is better in what it leads to.
SLACK = 16.0
#: The most cells for each training row where cells may have a price of more than their labels,
#: without exceptions and with them.
CROWDED = {True: 0.9, False: 0.5}
#: What the descents from one start may do, in entries (see `cells`): about 2, 1 and 1 s.  They go
#: without exceptions from the inputs, with them, and with them from what was chosen forwards.
WORK = {(True, False): 600_000_000, (False, False): 400_000_000, (False, True): 300_000_000}
#: The most label values: of 400 the cells say nothing before there are few.
LABELS = 64
#: The most features of which all are tried at a move by one, two and three.
TRIED = {1: 400, 2: 28, 3: 12}
#: From so many features on, one that can go goes first.
MANY = 30
#: The most cells, and features, that the last enumeration takes, and its programs.
CELLS, FEATURES = 256, 6
PROGRAMS = 200_000
#: What it costs in entries: 0.1 s.
ENDING = 3 * 10**7
#: The programs that are proposed of each.
BEST = 3
#: The programs, best first, that are made shorter.
SHORTENED = 4
#: The rows of each bank from which a state is chosen forwards, and its most features.
ROWS, CHOSEN = 4096, 6


def propose(problem, pools, must_stop):
    """Programs found by coarsening, best first; see `seeds`."""
    found, seen, known = {}, set(), {}
    if problem.share < 1 or len(np.unique(problem.compared)) > LABELS:
        return []  # a part of the work finds nothing: descents end before there are few cells
    items = [item for item in problem.grammar.inputs if item.type in problem.engine.banks]
    inputs = [Feature.of(problem, Program(item)) for item in items]
    for (exact, forward), work in WORK.items():
        labels = Labels(problem, must_stop, exact, known)
        labels.allowed = work
        start = chosen(labels) if forward else inputs
        for state in states(labels, start):
            key = frozenset(f.program for f in state.features)
            if key not in seen and not must_stop():
                seen.add(key)
                ending(state, found)

    def order(program):
        return found[program], program.text

    for program in sorted(found, key=order)[:SHORTENED]:
        shorter, total = shortened(problem, program, found[program], must_stop)
        found[shorter] = total
    return sorted(found, key=order)


def shortened(problem, program, total, must_stop):
    """A program, and its total, with parts replaced by parts of theirs as long as that pays.

    A feature was made to have few values, `(a + b) % 3`; in the program `a + b` may do.
    """
    better = True
    while better:
        better = False
        for path in paths(program):
            node = part_at(program, path)
            for part in node.parts():
                if part.type != node.type or part is node or must_stop():
                    continue
                other = replaced(program, path, part)
                if (price := problem.total(other)) < total - 1e-9:
                    program, total, better = other, price, True
                    break
            if better:
                break
    return program, total


def states(labels, start):
    """The states at the end of each descent from some features."""
    start = State(labels, start)
    if not start.features or not math.isfinite(start.energy(0.0)):
        return
    bare = descended(start, 0.0, removed)
    generator = np.random.default_rng(0)
    schedules = [(s, None) for s in SCHEDULES]
    schedules += [(SCHEDULES[1], generator)] * RESTARTS
    for schedule, chance in schedules:
        state = bare if schedule[0] else start
        for pressure in schedule:
            if labels.over() or (pressure and crowded(state)):
                break
            state = descended(state, pressure, stepped, chance)
            yield state


def crowded(state):
    """Whether there are too few rows for each cell to tell more."""
    return state.width > CROWDED[state.labels.exact] * state.labels.problem.n


def descended(state, pressure, step, generator=None):
    """A state from which no step leads to a lower energy."""
    while not state.labels.over():
        features = step(state, pressure, generator)
        if features is None:
            break
        state = State(state.labels, features)
    return state


def removed(state, pressure, generator=None):
    """The features of the best state with one less, if it is better."""
    energies = [energy for energy, _ in state.without(pressure)]
    if not energies or min(energies) >= state.energy(pressure) - 1e-6:
        return None
    k = int(np.argmin(energies))
    return state.features[:k] + state.features[k + 1 :]


def stepped(state, pressure, generator=None):
    """The features of the best neighbour by the first kind of move that has a better one."""
    now = state.energy(pressure) - 1e-6
    without = state.without(pressure)
    least = int(np.argmin([energy for energy, _ in without])) if without else -1
    for sizes, pair in (((1, 2), False), ((3,), False), ((1, 2, 3), True)):
        if pair and crowded(state) and not state.labels.exact:
            break
        best, energy = None, now
        if without and 1 in sizes and not pair and without[least][0] < now:
            best, energy = (), without[least][0]
        if best is None or len(state.features) <= MANY:
            for places in moves(without, sizes, generator):
                if state.labels.over():
                    break
                found = state.least(places, pair, pressure, energy)
                if found < energy:
                    best, energy = places, found
        if best == ():
            return state.features[:least] + state.features[least + 1 :]
        if best is not None:
            limits = min(now, energy + SLACK), SLACK
            return state.replaced(best, pair, pressure, limits, generator)
    return None


def moves(without, sizes, generator):
    """Places to replace; features without which more rows are wrong come first."""
    order = np.argsort([-wrong for _, wrong in without], kind="stable")
    for m in sizes:
        for places in combinations(sorted(order[: TRIED[m]].tolist()), m):
            if generator is None or generator.random() < SHARE:
                yield places


def chosen(labels):
    """Features chosen forwards from the cheapest rows of the banks, one after another."""
    problem, features = labels.problem, []
    n = problem.n
    if n > 2**16:
        return features
    units, origins, values, widths = rows_of(problem.engine, ROWS, n)
    rows = Candidates(problem.engine, origins, units[:, None], values, widths)
    alone = np.flatnonzero((widths > 1) & (widths <= WIDTH))
    if not len(alone):
        return features
    pairs = np.stack([alone, np.full(len(alone), -1)], axis=1)
    while len(features) < CHOSEN and not labels.over():
        state = State(labels, features)
        cell = np.zeros(n, np.int64)
        for f in features:
            cell = np.unique(cell * f.width + f.ids[:n], return_inverse=True)[1]
        order = np.argsort(cell, kind="stable")
        starts = np.flatnonzero(np.diff(cell[order], prepend=-1, append=n))
        entries = starts, order, labels.numbers[order], np.ones(n, np.int64)
        bits = (state.units + units[alone]) / UNIT
        limits = state.energy(0.0) - 1e-6, 0.0
        energies = labels.energies(entries, rows, pairs, bits, labels.price(0.0), limits)
        at = int(np.argmin(energies))
        if not np.isfinite(energies[at]):
            break
        type_, row = origins[alone[at]]
        features = [*features, Feature.of(problem, problem.engine.program(row, type_))]
    return features


def ending(state, found):
    """Put the best programs over the features of a state into `found`, with their totals."""
    labels, features = state.labels, state.features
    problem = labels.problem
    parts = [p for f in features for p in (f.program, *f.others)]
    parts = [p for p in parts if problem.values(p) is not None]
    if not 0 < len(features) <= FEATURES or len(state.rows) > CELLS:
        return
    if not makeable(problem, parts):
        return
    columns = [problem.values(p)[state.rows] for p in parts]
    most = max(problem.table_bits - float(problem.code[0]), 0.0)
    labels.work += ENDING
    inner = Inner(problem, parts, problem.root, columns, max_programs=PROGRAMS, max_bits=most)
    put_best(state, inner, found)
    if inner.engine.stop_reason is StopReason.MAX_PROGRAMS and not labels.must_stop():
        # Programs of leaves alone took all the time: features at the price of inputs come first.
        prices = inner_prices(problem, parts)
        inner = Inner(problem, parts, problem.root, columns, max_programs=PROGRAMS, prices=prices)
        put_best(state, inner, found)


def put_best(state, inner, found):
    """Put the best programs of an inner enumeration into `found`, with their totals."""
    labels, problem = state.labels, state.labels.problem
    answers = problem.root.coarse(inner.values)
    right = np.zeros(len(answers))
    for k, value in enumerate(labels.values):
        mine = state.label == k
        counts = np.bincount(state.at[mine], state.count[mine], len(state.rows))
        held = np.flatnonzero(counts)  # many labels have few cells each
        right += (answers[:, held] == value) @ counts[held]
    totals = inner.units / UNIT + problem.code[problem.n - right.astype(np.int64)]
    for row in np.argsort(totals, kind="stable")[:BEST]:
        if totals[row] < problem.table_bits:
            program = inner.program(row)
            total = problem.total(program)
            if total < problem.table_bits:
                found.setdefault(program, total)
