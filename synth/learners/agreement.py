"""How alike two predictions are, as they are and up to a symmetry of the task.

A prediction is the probability of each label on each row.  Symmetries are permutations and
negations of boolean inputs, and x -> cx for residues; each also says what becomes of the labels.
"""

from itertools import permutations

import numpy as np

from synth.errors import SettingError


def certain(values, labels):
    """Predicted label values as probabilities, float64 (..., labels): 1 for the predicted label."""
    return (np.asarray(values, np.int64)[..., None] == np.arange(labels)).astype(float)


def agreement(one, other, rows):
    """The probability that two predictions are equal, the mean over rows and leading axes.

    Parameters
    ----------
    one, other : float64 (..., n, k)
        The probability of each label on each row.
    rows : bool (..., n)
        The rows that count.
    """
    return float((one * other).sum(axis=-1)[np.broadcast_to(rows, one.shape[:-1])].mean())


def chance_agreement(one, other, rows):
    """The mean `agreement` over all permutations of the rows of one prediction: its null.

    Two predictions that say each label this often agree so much by chance (Cohen, Educational and
    Psychological Measurement 20(1), 1960).  The parameters are those of `agreement`; all leading
    axes have the same number of rows that count.
    """
    weights = np.broadcast_to(rows, one.shape[:-1])[..., None]
    shares = [(each * weights).sum(axis=-2) / weights.sum(axis=-2) for each in (one, other)]
    return float((shares[0] * shares[1]).sum(axis=-1).mean())


def aligned(one, other, symmetries):
    """The other prediction, moved by the symmetry under which it agrees best on all rows.

    Parameters
    ----------
    one, other : float64 (..., n, k)
        The probability of each label on each row.
    symmetries : (int64 (s, n), int64 (s, k))
        Where each symmetry moves rows and labels: what one says of row r is compared with what
        other says of the row to which r moves.

    Returns
    -------
    float64 (..., n, k)
        Of equally good symmetries the first is used.
    """
    moves, labels = symmetries
    moved = other[..., moves[:, :, None], labels[:, None]]
    best = np.einsum("...nk,...snk->...s", one, moved).round(9).argmax(axis=-1)
    return np.take_along_axis(moved, best[..., None, None, None], axis=-3)[..., 0, :, :]


def signed_permutations(variables):
    """Permutations and negations of boolean inputs, as moves of the rows.

    Row r has input i in bit i.

    Parameters
    ----------
    variables : int
        1 to 6; otherwise a SettingError is raised.

    Returns
    -------
    int64 (2**v v!, 2**v)
        Where each symmetry moves rows; the first is the identity.
    """
    if not 1 <= variables <= 6:
        raise SettingError(f"variables={variables}; allowed: 1..6")
    bits = np.arange(2**variables)[:, None] >> np.arange(variables) & 1
    orders = np.array(list(permutations(range(variables))))
    permuted_rows = (bits[:, orders] << np.arange(variables)).sum(axis=2).T
    return (permuted_rows[:, None] ^ np.arange(2**variables)[:, None]).reshape(-1, len(bits))


def unit_symmetries(columns, p):
    """The symmetries x -> cx of all columns and labels modulo p, for c prime to p.

    Parameters
    ----------
    columns : sequence of int (n,)
        Residues; the rows are all different.
    p : int

    Returns
    -------
    (int64 (s, n), int64 (s, p))
        Where each symmetry moves rows and labels; the first is the identity.

    Raises
    ------
    SettingError
        If a row is mapped to none of the rows.
    """
    given = np.stack([np.asarray(c, np.int64) for c in columns], axis=1)
    place = {row: i for i, row in enumerate(map(tuple, given.tolist()))}
    units, moves = [c for c in range(1, p) if np.gcd(c, p) == 1], []
    for c in units:
        moves.append([place.get(row) for row in map(tuple, (c * given % p).tolist())])
        if None in moves[-1]:
            raise SettingError(
                f"x -> {c}x modulo {p} maps a row to none of the rows; allowed: sets of rows that "
                "it maps to themselves, such as all pairs"
            )
    return np.array(moves), np.outer(units, np.arange(p)) % p


def automorphisms(labels, rows, label_maps):
    """The symmetries of a labelling: pairs of row and label moves that leave it unchanged.

    Parameters
    ----------
    labels : int64 (n,)
    rows : int64 (s, n)
        Moves of the rows.
    label_maps : int64 (t, k)
        Moves of the labels.

    Returns
    -------
    (int64 (u, n), int64 (u, k))
    """
    labels = np.asarray(labels, np.int64)
    stays = (labels[rows][:, None] == label_maps[:, labels]).all(axis=2)
    moves, maps = np.nonzero(stays)
    return rows[moves], label_maps[maps]
