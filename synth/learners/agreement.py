"""How alike two predictions are, as they are and up to a symmetry of the task.

A prediction is the chance of each label on each row.  Symmetries are permutations and
negations of boolean inputs, and x -> cx of residues, each with what becomes of the labels.
"""

from itertools import permutations

import numpy as np

from synth.errors import SettingError


def certain(values, labels):
    """Predicted label values as chances, float64 (..., labels): 1 for what is said."""
    return (np.asarray(values, np.int64)[..., None] == np.arange(labels)).astype(float)


def agreement(one, other, rows):
    """The chance that two predictions are equal, the mean over rows and all else.

    one, other: float64 (..., n, k), the chance of each label on each row; rows: bool
    (..., n), those that count.
    """
    return float((one * other).sum(axis=-1)[np.broadcast_to(rows, one.shape[:-1])].mean())


def chance_agreement(one, other, rows):
    """The mean `agreement` over all permutations of the rows of one prediction: its null.

    That is what two that say each label as often come to by chance (Cohen, Educational and
    Psychological Measurement 20(1), 1960).  Arguments as of `agreement`, as many rows each.
    """
    weights = np.broadcast_to(rows, one.shape[:-1])[..., None]
    shares = [(each * weights).sum(axis=-2) / weights.sum(axis=-2) for each in (one, other)]
    return float((shares[0] * shares[1]).sum(axis=-1).mean())


def aligned(one, other, symmetries):
    """The other prediction, moved by the symmetry that makes it agree best on all rows.

    symmetries: (where rows go, int64 (s, n), where labels go, int64 (s, k)): what one says
    of row r is compared with what other says of where r goes.  Of equally good ones the first
    is taken.  Returns float64 (..., n, k).
    """
    moves, labels = symmetries
    moved = other[..., moves[:, :, None], labels[:, None]]
    best = np.einsum("...nk,...snk->...s", one, moved).round(9).argmax(axis=-1)
    return np.take_along_axis(moved, best[..., None, None, None], axis=-3)[..., 0, :, :]


def signed_permutations(variables):
    """Permutations and negations of boolean inputs: where rows go, int64 (2**v v!, 2**v).

    Row r has input i in bit i.  The first is the identity.
    """
    if not 1 <= variables <= 6:
        raise SettingError(f"variables={variables}; allowed: 1..6")
    bits = np.arange(2**variables)[:, None] >> np.arange(variables) & 1
    orders = np.array(list(permutations(range(variables))))
    permuted_rows = (bits[:, orders] << np.arange(variables)).sum(axis=2).T
    return (permuted_rows[:, None] ^ np.arange(2**variables)[:, None]).reshape(-1, len(bits))


def unit_symmetries(columns, p):
    """x -> cx of every column and label modulo p, for c prime to p: symmetries.

    columns: arrays (n,) of residues, whose rows are all different and go to each other.
    Returns (rows int64 (s, n), labels int64 (s, p)), the identity first.  Raises SettingError
    where a row goes to none.
    """
    given = np.stack([np.asarray(c, np.int64) for c in columns], axis=1)
    place = {row: i for i, row in enumerate(map(tuple, given.tolist()))}
    units, moves = [c for c in range(1, p) if np.gcd(c, p) == 1], []
    for c in units:
        moves.append([place.get(row) for row in map(tuple, (c * given % p).tolist())])
        if None in moves[-1]:
            raise SettingError(f"x -> {c}x modulo {p}: a row goes to none; allowed: all rows")
    return np.array(moves), np.outer(units, np.arange(p)) % p


def automorphisms(labels, rows, label_maps):
    """The symmetries of a labelling: pairs of row and label maps under which it stays.

    labels: int64 (n,); rows: int64 (s, n); label_maps: int64 (t, k).  Returns symmetries,
    int64 (u, n) and (u, k).
    """
    labels = np.asarray(labels, np.int64)
    stays = (labels[rows][:, None] == label_maps[:, labels]).all(axis=2)
    moves, maps = np.nonzero(stays)
    return rows[moves], label_maps[maps]
