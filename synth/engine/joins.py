"""Strings of two parts, solved from the labels: what follows the first part is looked up.

Of all strings that were enumerated, those are tried that every label begins with.  The rest of the
labels is then looked up among all strings.
"""

import numpy as np

from synth.engine.scoring import SAME
from synth.kernels import strings as kernels
from synth.language import UNIT, Program
from synth.language import strings as operations

#: Among how many strings parts are sought, the cheapest.
SOUGHT = 100_000
_SOME = 1024


def joined(search, labelling, labels, least):
    """The best program that joins two enumerated strings and is right on all training rows.

    Parameters
    ----------
    search : StringSearch
        What was enumerated.
    labelling : Labelling
        The labels.
    labels : ndarray of int64, shape (n,)
        The labels of the training rows as numbers.
    least : float
        The least total that is known.

    Returns
    -------
    (Program, ndarray of int64) or None
        The program and its values on all rows as numbers; None if there is none, or none with a
        lower total than is known.
    """
    join = [
        p
        for p in search.grammar.productions[search.root]
        if getattr(p.item, "function", None) is operations.joined_strings
    ]
    bank, strings, n = search.engine.bank, search.strings, labelling.n
    count = min(len(bank), SOUGHT)
    if not join or not count:
        return None
    known, firsts = {}, []
    for first in range(0, count, _SOME):
        rows = np.ascontiguousarray(bank.values(first, min(first + _SOME, count))[:, :n])
        fits = np.zeros(len(rows), np.uint8)
        kernels.starting(strings.trie, rows, labels, fits)
        firsts += (first + np.flatnonzero(fits)).tolist()
        for k, row in enumerate(rows):
            known.setdefault(hash(row.tobytes()), first + k)
        if search.watch.is_late():
            break
    costs = bank.row_costs(0, count) >> search.engine.grammar.shift
    most = UNIT * (least - SAME - labelling.score.least_code) - join[0].units
    best = None
    for row in firsts:
        begun = bank.values(row, row + 1)[0]
        rest = strings.ended(labels, strings.lengths(begun[:n]))
        other = known.get(hash(rest.tobytes()))
        if other is None or costs[row] + costs[other] >= most:
            continue
        ended = bank.values(other, other + 1)[0]
        if (ended[:n] == rest).all():
            most, best = costs[row] + costs[other], (row, other)
    if best is None:
        return None
    parts = [search.whole(search.engine.program(row)) for row in best]
    values = strings.joined(*(bank.values(row, row + 1)[0] for row in best))
    return None if (values < 0).any() else (Program(join[0].item, parts), values)
