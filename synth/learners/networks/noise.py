"""Label noise: flipping training labels, the flips a program bears, and how accuracy falls."""

from itertools import pairwise

import numpy as np

from synth import codes

#: Held-out accuracy by chance, for targets that are 1 on half of the rows.
CHANCE = 0.5
#: A fall is measured if accuracy without noise is at least this.
LEARNED = 0.8


def labellings(true, train, noise, generator):
    """Labels of all rows at each level of noise, then with the training labels permuted.

    The flips of a level are among those of every higher level.  Labels of other rows are true.

    Parameters
    ----------
    true : bool array of shape (rows,)
        The true labels.
    train : int64 array of shape (n,)
        The numbers of the training rows.
    noise : sequence of float
        The shares of training labels to flip, in ascending order.
    generator : numpy.random.Generator

    Returns
    -------
    list of (labels, share, flips)
        labels: bool array of shape (rows,); share: the level of noise, None if the labels are
        permuted; flips: the number of labels that are not true.
    """
    found, order = [], generator.permutation(train)
    for share in noise:
        flips, labels = round(share * len(train)), true.copy()
        labels[order[:flips]] ^= True
        found.append((labels, share, flips))
    labels = true.copy()
    labels[train] = generator.permutation(labels[train])
    return [*found, (labels, None, int((labels != true).sum()))]


def most_exceptions(bits, n):
    """The most flips among n binary labels with which a program still pays.

    A program with e exceptions pays if 1 + bits + log2(n+1) + log2 C(n, e) is less than the
    uniform table's 2 + n bits.

    Parameters
    ----------
    bits : float
        The bits of the program.
    n : int
        The number of training rows.

    Returns
    -------
    int
        The largest e such that the program pays with e and all fewer flips; -1 if it never pays.
    """
    pays = bits + codes.program_totals(n, 2, False) < codes.uniform_table_bits(n, 2)
    return int(np.argmin(pays)) - 1 if not pays.all() else n


def fall(noise, accuracies):
    """How held-out accuracy falls along growing noise.

    Parameters
    ----------
    noise : sequence of float, (levels,)
        Shares of flipped labels, from 0 on.
    accuracies : sequence of float, (levels,)
        Held-out accuracy at each.

    Returns
    -------
    dict
        clean: the accuracy without noise; middle: the noise at which half of its excess over
        chance is left; width: the noise from 80 % of the excess to 20 %, each reached for the
        first time, on straight lines between levels (if clean is 1, from accuracy 0.9 to 0.6);
        drop: the largest fall between neighbouring levels; share: the share of drop in the whole
        fall.  Middle, width and share are None if clean is below 0.8, or if accuracy does not
        fall that far.
    """
    clean = float(accuracies[0])
    drop = float(-np.diff(accuracies).min())
    answer = {"clean": clean, "middle": None, "width": None, "share": None, "drop": drop}
    if clean >= LEARNED:
        high, middle, low = (
            _first_below(noise, accuracies, CHANCE + part * (clean - CHANCE))
            for part in (0.8, 0.5, 0.2)
        )
        answer["middle"] = middle
        answer["width"] = None if low is None else low - high
        whole = clean - float(accuracies[-1])
        answer["share"] = drop / whole if whole > 0 else None
    return answer


def _first_below(noise, accuracies, level):
    """The noise at which accuracy first falls below a level, on straight lines, or None."""
    for (a, before), (b, after) in pairwise(zip(noise, accuracies, strict=True)):
        if after < level:
            return float(a + (b - a) * (before - level) / (before - after))
    return None
