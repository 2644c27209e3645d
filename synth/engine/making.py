"""From a rule and its fixed operands to what the kernels read: `kernels.Work`."""

import numpy as np

from synth import kernels
from synth.engine import curry, known

_KIND = {
    curry.BITS: kernels.BITS,
    curry.PLUS: kernels.PLUS,
    curry.MINUS: kernels.MINUS,
    curry.RING: kernels.RING,
    curry.TABLE: kernels.TABLE,
    known.INTEGERS: kernels.INTEGERS,
    known.REALS: kernels.REALS,
    known.ORDERS: kernels.ORDERS,
    known.REAL_ORDERS: kernels.REAL_ORDERS,
    known.CHOICES: kernels.CHOICES,
    known.BLEND: kernels.BITS,
}
#: The most words that the curried operands of one job take.
CURRIED_WORDS = 2**18


def most_terms(*banks):
    """The most terms of one job whose operands and results are in these banks."""
    return int(min(max(CURRIED_WORDS // max(bank.words for bank in banks), 1), 4096))


def work_of(rule, bank, operands, free, terms):
    """What the kernels read of a job.

    Parameters
    ----------
    rule : curry.Rule
        The rule; not one whose body has to be called.
    bank : Bank
        The bank of the rule's result.
    operands : list of Bank
        The banks of the fixed operands.
    free : Bank
        The bank of the free operand.
    terms : tuple of ndarray
        The fixed operands and the ranges of the free one; see `Schedule.terms`.

    Returns
    -------
    kernels.Work
    """
    fixed, base, low, high = terms
    of_cells = rule.kind in (curry.PLUS, curry.MINUS, curry.RING, curry.TABLE)
    # Other kinds read words alone, so that there is one compiled kernel for all of them.
    storage = bank.type.storage if of_cells else np.dtype(np.uint8)
    rows = [b.behaviours[fixed[:, k]] for k, b in enumerate(operands)]
    no_words, no_cells = np.zeros((0, 0), np.uint64), np.zeros((0, 0), storage)
    u, v, offsets, table = no_words, no_words, np.zeros((0, 0), np.uint32), np.zeros(1, storage)
    u_cells, v_cells = no_cells, no_cells
    if rule.kind == curry.BITS:
        u, v = rule.curried_bits(rows, bank.mask)
    elif rule.kind == known.BLEND:
        u, v = _blended(*rows, bank, rule.free == 1)
    elif rule.kind == known.CHOICES:
        u, v = rows
    elif rule.kind == curry.TABLE:
        offsets = rule.offsets([r.view(storage) for r in rows], bank.rows)
        table = np.ascontiguousarray(rule.table).ravel()
    elif of_cells:
        u_cells, v_cells = rule.curried_cells([r.view(storage) for r in rows], bank.rows)
    else:  # of one operand there is no fixed one, and the kernels do not read it
        u = rows[0] if rows else np.zeros((len(low), free.words), np.uint64)
    whole = rule.kind == known.INTEGERS
    return kernels.Work(
        kind=_KIND[rule.kind],
        p=bank.type.size if of_cells else 2,
        table=table,
        op=rule.op,
        least=rule.result.low if whole else 0,
        most=rule.result.high if whole else 0,
        u=u,
        v=v,
        u_cells=u_cells,
        v_cells=v_cells,
        offsets=offsets,
        words=free.behaviours,
        cells=free.behaviours.view(storage),
        fixed=fixed,
        base=base,
        low=low,
        high=high,
        rule=rule.number,
        ends=np.array(free.ends, np.int64),
        costs=np.array(free.costs, np.int64),
        out=no_cells,
    )


def _blended(conditions, others, bank, chosen):
    """u and v so that u ^ (v & operand) is the operand where it is chosen, and `others` elsewhere.

    conditions: packed booleans; chosen: the value of the condition that chooses the operand.
    """
    true = np.unpackbits(conditions.view(np.uint8), axis=1, count=bank.rows, bitorder="little")
    cells = np.dtype(f"u{bank.type.storage.itemsize}")
    v = np.zeros_like(others)
    v.view(cells)[:, : bank.rows] = np.where(true == chosen, np.iinfo(cells).max, cells.type(0))
    return others & ~v, v
