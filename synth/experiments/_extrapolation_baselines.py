"""The learners that `extrapolation` compares programs with: neighbours and ridge regression.

A learner is (predict, chosen): predict maps columns to predictions (m, rows), and chosen says which
settings the training rows chose.
"""

from itertools import combinations_with_replacement

import numpy as np

from synth.learners import fit_ridge, neighbours

WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)
DEGREES = (1, 2, 3, 4, 5, 6)
NEIGHBOURS = (2, 3, 4, 5, 7, 10)


def baselines(task):
    """The learners that the program is compared with; they use only training rows.

    Parameters
    ----------
    task : Task
        The task.

    Returns
    -------
    dict of str to (callable, str)
        The name of each learner to (predict, chosen): predict maps columns to predictions
        (1, rows), and chosen says which settings were chosen.
    """
    train = {name: column[task.train] for name, column in task.columns.items()}
    encode, decode = _labels(task.label_type)
    points = _features(train, task.label_type)
    center, scale = points.mean(axis=0), points.std(axis=0)
    points = (points - center) / scale
    labels = encode(task.labels[task.train])

    def learner(solve, chosen):
        def predict(columns):
            new = (_features(columns, task.label_type) - center) / scale
            return decode(solve(new))[None]

        return predict, chosen

    one = nearest(points, labels, (1,))
    several = nearest(points, labels, NEIGHBOURS)
    gaussian = [(f"width {w:g}", _gaussian(points, w)) for w in WIDTHS]
    polynomial = [(f"degree {d}", _polynomial(d)) for d in DEGREES]
    return {
        "1-NN": learner(*one),
        "k-NN": learner(*several),
        "RBF ridge": learner(*_best_ridge(points, labels, gaussian)),
        "polynomial ridge": learner(*_best_ridge(points, labels, polynomial)),
    }


def _features(columns, kind):
    """Numbers unchanged, residues as points of the unit circle: float64 (rows, 2 or 4)."""
    values = np.stack([columns[name] for name in ("x", "y")], axis=1).astype(float)
    if kind.family != "Mod":
        return values
    angles = 2 * np.pi * values / kind.size
    return np.concatenate([np.cos(angles), np.sin(angles)], axis=1)


def _labels(kind):
    """(encode, decode): labels to targets (rows, 1 or 2) as in `_features`, and back."""
    if kind.family != "Mod":
        return lambda values: values.astype(float)[:, None], lambda targets: targets[:, 0]

    def encode(values):
        angles = 2 * np.pi * values / kind.size
        return np.stack([np.cos(angles), np.sin(angles)], axis=1)

    def decode(targets):
        angles = np.arctan2(targets[:, 1], targets[:, 0])
        return np.rint(angles / (2 * np.pi) * kind.size) % kind.size

    return encode, decode


def nearest(points, labels, counts):
    """The mean over the k nearest neighbours, k of least leave-one-out error.

    Parameters
    ----------
    points : array, (n, d)
        Training points; of equally distant points the first ones count.
    labels : array, (n, t)
        Their labels.
    counts : sequence of int
        The values of k to choose from.

    Returns
    -------
    solve : callable
        From new points (m, d) to predictions (m, t).
    chosen : str
        The k that was chosen.
    """
    order = neighbours(points, k=max(counts))
    errors = [np.square(labels[order[:, :k]].mean(axis=1) - labels).mean() for k in counts]
    k = counts[int(np.argmin(errors))]

    def solve(new):
        return labels[neighbours(points, new, k)].mean(axis=1)

    return solve, f"k={k}"


def _distances(a, b):
    return np.square(a[:, None] - b).sum(axis=2)


def _gaussian(points, width):
    """The kernel exp(-d**2 / 2 w**2), where w is `width` times the points' median distance."""
    far = _distances(points, points)
    median = np.median(far[np.triu_indices(len(points), 1)])
    return lambda a, b: np.exp(-_distances(a, b) / (2 * width**2 * median))


def _polynomial(degree):
    """The kernel whose features are all monomials with at most `degree` factors."""

    def monomials(points):
        columns = range(points.shape[1])
        chosen = (c for d in range(degree + 1) for c in combinations_with_replacement(columns, d))
        return np.stack([points[:, c].prod(axis=1) for c in chosen], axis=1)

    return lambda a, b: monomials(a) @ monomials(b).T


def _best_ridge(points, labels, kernels):
    """(solve, chosen) for the kernel and ridge strength of least leave-one-out error."""
    center, best = labels.mean(axis=0), None
    for name, kernel in kernels:
        error, ridge, weights = fit_ridge(kernel(points, points), labels - center)
        if best is None or error < best[0]:
            best = error, f"{name}, ridge {ridge:.0e}", kernel, weights
    _, chosen, kernel, weights = best
    return (lambda new: kernel(new, points) @ weights + center), chosen
