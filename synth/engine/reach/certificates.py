"""Class certificates: what is proven of all disjunctions, or all conjunctions, of short parts.

A disjunction of parts is right on all training rows if each part is false where the label is, and
each row whose label is true makes some part true.  The banks hold the cheapest program of every
behaviour up to some bits.  So the shortest disjunction of parts of so many bits is a set cover of
least price, with a column for each kept behaviour that is never wrongly true: a part's bits and
one operator.  A conjunction is the same with true and false swapped.  `setcover.py` has the proof.
"""

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from synth.engine.reach.setcover import MOST_PRICE, Cover, least_cover
from synth.language import UNIT, Bool, Input, Program
from synth.records import ClassCertificate

#: By the form: the table of its operator, and the label of the rows that have to be covered.
TABLES = {
    "disjunction": ([[False, True], [True, True]], True),
    "conjunction": ([[False, False], [False, True]], False),
}
#: Rows of the bank that are looked at at a time.
BLOCK = 2**17
#: The most columns.  If there are more, the parts are limited to fewer bits.
MOST_PARTS = 2**15


class Parts(NamedTuple):
    """The programs of up to some bits that can be a part.

    Parameters
    ----------
    units : int
        The most units of a part: whole tenths of a bit, rounded down to units.
    rows : ndarray of int64, shape (parts,)
        Their rows in the bank, cheapest first; one for each set of rows that they cover.
    costs : ndarray of int64, shape (parts,)
        In units.
    members : ndarray of bool, shape (parts, covered rows)
        Which of the rows that have to be covered each part covers.
    """

    units: int
    rows: np.ndarray
    costs: np.ndarray
    members: np.ndarray


def certificates(engine, labelling):
    """What is proven of the disjunctions and conjunctions of short programs.

    Parameters
    ----------
    engine : Enumerator
        The enumerator, which is stopped.
    labelling : Labelling
        The training labels.

    Returns
    -------
    list of ClassCertificate
        For each form that a primitive of two operands has by its table.
    """
    if engine.root != Bool or len(set(labelling.values.tolist())) < 2:
        return []
    found, units = [], _tenths(engine.kept_units)
    for form, (table, label) in TABLES.items():
        joins = _joins(engine, table)
        if joins and units + engine.grammar.units(joins[0]) <= MOST_PRICE:
            parts = _parts(engine, labelling, units, label)
            if parts.units >= 0:
                found.append(_certified(engine, labelling, form, joins, parts))
    return found


def _joins(engine, table):
    """The primitives with a table, cheapest first."""
    items = {
        rule.item: None
        for rule in engine.rules
        if rule.table is not None and np.array_equal(np.asarray(rule.table), table)
    }
    return sorted(items, key=engine.grammar.units)


def _tenths(units):
    """The most units up to so many that are whole tenths of a bit, so that these print exactly."""
    return units * 10 // UNIT * UNIT // 10


def _parts(engine, labelling, units, label):
    """The parts of at most so many units; label: of the rows that have to be covered."""
    bank, n, shift = engine.bank, labelling.n, engine.grammar.shift
    words = bank.type.words(n)
    flags = np.zeros((2, bank.rows), bool)
    flags[:, :n] = labelling.values != label, labelling.values == label
    free, wanted = bank.type.pack(flags)[:, :words]
    flip = np.uint64(0 if label else 2**64 - 1)
    costs = np.asarray(bank.costs, np.int64) >> shift
    levels = int(np.searchsorted(costs, units, side="right"))
    held = bank.ends[levels - 1] if levels else 0
    rows, sets = np.zeros(0, np.int64), np.zeros((0, words), np.uint64)
    for first in range(0, held, BLOCK):
        block = bank.behaviours[first : min(first + BLOCK, held)]
        some = np.arange(len(block))
        for w in range(words):  # the first words leave few rows
            some = some[((block[some, w] ^ flip) & free[w]) == 0]
        covered = (block[some, :words] ^ flip) & wanted
        some, covered = some[covered.any(axis=1)], covered[covered.any(axis=1)]
        rows, sets = np.concatenate([rows, first + some]), np.concatenate([sets, covered])
        if len(rows) > 2 * MOST_PARTS or first + BLOCK >= held:
            rows, sets = _distinct(rows, sets)
        if len(rows) > MOST_PARTS:
            # The level of the first part too many is not whole.
            cost = int(costs[np.searchsorted(bank.ends, rows[MOST_PARTS], side="right")])
            units = _tenths(cost - 1)
            break
    prices = costs[np.searchsorted(bank.ends, rows, side="right")]
    some = prices <= units
    members = bank.type.unpack(_widened(sets[some], bank.words), bank.rows)[:, :n]
    return Parts(units, rows[some], prices[some], members[:, flags[1, :n]])


def _distinct(rows, sets):
    """The first, and so the cheapest, of the rows with equal sets, in order."""
    first = np.sort(np.unique(sets, axis=0, return_index=True)[1])
    return rows[first], sets[first]


def _widened(sets, words):
    """Words of training rows with zeros for the words of held-out rows."""
    return np.pad(sets, ((0, 0), (0, words - sets.shape[1])))


def _certified(engine, labelling, form, joins, parts):
    """The certificate of a form."""
    join = engine.grammar.units(joins[0])
    least, chosen = least_cover(Cover.of(parts.costs + join, parts.members))
    program = None
    if chosen is not None:
        made = [engine.program(int(parts.rows[k])) for k in chosen]
        program = _joined(joins[0], made)
    bits = None if least is None else (least - join) / UNIT
    total = None if bits is None else bits + float(labelling.score.code[0])
    made = ClassCertificate(
        form=form,
        operators=[_written(item) for item in joins],
        part_bits=round(parts.units / UNIT, 1),
        bits=bits,
        total_bits=total,
        program=None if program is None else program.text,
        statement="",
    )
    partial = any(lost for *_, lost in engine.levels.values())
    return replace(made, statement=_statement(made, partial))


def _joined(head, programs):
    """Programs joined two by two, so that the depth stays low."""
    while len(programs) > 1:
        pairs = zip(programs[::2], programs[1::2], strict=False)
        programs = [Program(head, pair) for pair in pairs] + programs[len(programs) // 2 * 2 :]
    return programs[0]


def _written(item):
    """How an operator is written between two parts."""
    return Program(item, [Program(Input(name, Bool)) for name in "pq"]).text


def _statement(made, partial):
    """What is proven, as a text; partial: whether some programs have no value on some row."""
    where = ", that have a value on every row" if partial else ""
    about = (
        f"{made.form}s of parts of at most {made.part_bits:.1f} bits each{where}, "
        f"joined as {' or '.join(made.operators)}"
    )
    if made.bits is None:
        return f"{about}: none is right on all training rows"
    if made.program is None:
        bits, total = (f"{math.floor(10 * b) / 10:,.1f}" for b in (made.bits, made.total_bits))
        least = f"each that is right on all training rows has at least {bits} bits"
    else:
        bits, total = (f"{b:,.1f}" for b in (made.bits, made.total_bits))
        least = f"the shortest that is right on all training rows has {bits} bits"
    return f"{about}: {least} ({total} in all)"
