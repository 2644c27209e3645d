"""Learners that know no programs, to stand beside the two-part code: k nearest
neighbours, kernel ridge regression and logistic regression.

Both see a task's columns as points of a Euclidean space, a row each (`embed`), and
answer label values.  They are fitted to the training rows alone.
"""

import numpy as np
from scipy.linalg import eigh
from scipy.optimize import minimize
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

#: Penalties of `KernelRidge` to choose among, times the number of training rows.
PENALTIES = tuple(10.0**e for e in range(-6, 2))
#: What `fit_ridge` chooses among, shares of the mean eigenvalue.
RIDGES = 10.0 ** np.arange(-10, 3)
#: L-BFGS ends where no slope is more than this, so scores are known to about as much.
SLOPE = 1e-6


def embed(task):
    """The inputs as points, float64 (rows, d).

    A Bool is 0 or 1; a residue modulo p is its place on the unit circle, two numbers;
    other numbers are centred and scaled by the training rows' mean and deviation.
    """
    parts = []
    for name, column in task.columns.items():
        type_ = task.types[name]
        values = np.asarray(column, np.complex128 if type_.family == "Complex" else np.float64)
        if type_.family == "Mod":
            angle = 2 * np.pi * values / type_.size
            parts += [np.cos(angle), np.sin(angle)]
        elif type_.family == "Bool":
            parts.append(values)
        else:
            both = [values.real, values.imag] if type_.family == "Complex" else [values]
            parts += [_scaled(part, task.train) for part in both]
    return np.stack(parts, axis=1)


def neighbours(points, asked=None, k=1):
    """The k nearest points of each point that is asked about, nearest first.

    Parameters
    ----------
    points : float64 (n, d)
        Of points at equal distance the first counts as nearer.
    asked : float64 (m, d), optional
        By default `points` themselves, each asked about without itself (leave one out).
    k : int, optional

    Returns
    -------
    int64 (m, min(k, n))
        Row numbers of `points`.
    """
    far = _distances(points if asked is None else asked, points)
    if asked is None:
        np.fill_diagonal(far, np.inf)
    return np.argsort(far, axis=1, kind="stable")[:, :k]


def all_nearest(points, asked):
    """Which points are at the least distance from each one asked about, ties together.

    Parameters
    ----------
    points : float64 (n, d)
    asked : float64 (m, d)

    Returns
    -------
    bool (m, n)
    """
    far = _distances(asked, points)
    return far == far.min(axis=1, keepdims=True)


def _distances(asked, points):
    return np.round(cdist(asked, points), 9)  # so that equal distances are equal


def nearest(points, labels, asked, k=1):
    """The most frequent label among the k nearest points, (m,) of the labels' dtype.

    points: float64 (n, d); labels: (n,); asked: float64 (m, d); k: 1..n.  Of points
    equally far the first counts, of labels equally frequent the nearer.
    """
    found = labels[neighbours(points, asked, k)]
    votes = (found[:, :, None] == found[:, None, :]).sum(axis=2)
    return found[np.arange(len(asked)), votes.argmax(axis=1)]


class KernelRidge:
    """Kernel ridge regression of one-against-all targets, with a Gaussian kernel.

    points: float64 (n, d); labels: (n,); scale: the kernel exp(-d²/2·scale²)'s, if not
    given the median distance between different points; penalty: of the squared norm, if
    not given the one of n·`PENALTIES` that has the least squared leave-one-out error,
    which the eigenvectors give in closed form (Rifkin and Lippert, "Notes on regularized
    least squares", MIT-CSAIL-TR-2007-025).
    """

    def __init__(self, points, labels, *, scale=None, penalty=None):
        self.points = points
        self.values, places = np.unique(labels, return_inverse=True)
        targets = np.eye(len(self.values))[places]
        self.mean = targets.mean(axis=0)
        self.scale = _scale(points) if scale is None else scale
        values, vectors = eigh(self._kernel(points))
        values, turned = np.maximum(values, 0), vectors.T @ (targets - self.mean)
        if penalty is None:
            penalty = _least_left_out(values, vectors, turned)
        self.penalty = penalty
        # What the solution of so ill-conditioned equations can be off by rounding.
        condition = (values.max() + penalty) / penalty
        self.off = len(points) * float(np.finfo(float).eps) * condition
        self.weights = vectors @ (turned / (values + penalty)[:, None])

    def predict(self, asked):
        """The label whose target is greatest, ties (within rounding) to the smallest, (m,)."""
        return self.values[_first_greatest(self.scores(asked), self.off)]

    def scores(self, asked):
        """The regression's values, float64 (m, labels that occur)."""
        return self._kernel(asked) @ self.weights + self.mean

    def _kernel(self, asked):
        return np.exp(-cdist(asked, self.points, "sqeuclidean") / (2 * self.scale**2))


class LogisticRegression:
    """Multinomial logistic regression with an L2 penalty on all weights but the intercepts.

    points: float64 (n, d); labels: (n,); penalty: of half the squared norm, beside the sum of
    -ln p over the rows (1 is scikit-learn's C = 1).  Of two labels one vector of weights
    tells, as is usual; with a vector for each the same penalty would weigh half as much.
    The minimum is found by L-BFGS from 0; the objective is convex.  weights (d + 1, labels
    that occur), the intercepts last.
    """

    def __init__(self, points, labels, *, penalty=1.0):
        self.values, places = np.unique(labels, return_inverse=True)
        design = np.column_stack([points, np.ones(len(points))])
        many = len(self.values)
        wide = many if many > 2 else many - 1
        targets = np.eye(many)[places]

        def objective(flat):
            weights = flat.reshape(-1, wide)
            scores = _against_the_first(design @ weights, many)
            total = logsumexp(scores, axis=1)
            slope = design.T @ (np.exp(scores - total[:, None]) - targets)[:, -wide:]
            slope[:-1] += penalty * weights[:-1]
            loss = (total - scores[np.arange(len(places)), places]).sum()
            return loss + penalty / 2 * np.square(weights[:-1]).sum(), slope.ravel()

        weights = np.zeros((design.shape[1], wide))
        if wide:
            found = minimize(
                objective, weights.ravel(), jac=True, method="L-BFGS-B",
                options={"maxiter": 2000, "maxfun": 4000, "ftol": 1e-12, "gtol": SLOPE},
            )  # fmt: skip
            weights = found.x.reshape(weights.shape)
        self.weights = _against_the_first(weights, many)

    def predict(self, asked):
        """The likeliest label, ties (to where L-BFGS ends) to the smallest, (m,)."""
        return self.values[_first_greatest(self.scores(asked), SLOPE)]

    def scores(self, asked):
        """ln of each label's probability but for a term that all share, (m, labels)."""
        return np.column_stack([asked, np.ones(len(asked))]) @ self.weights


def _first_greatest(scores, off):
    """The place of each row's greatest score, (m,): of those within `off` of it the first."""
    return (scores >= scores.max(axis=1, keepdims=True) - off).argmax(axis=1)


def _against_the_first(columns, many):
    """Columns of all labels; of two, that of the first, which is 0, is not among them."""
    return columns if many > 2 else np.column_stack([np.zeros(len(columns)), columns])


def _scale(points):
    far = cdist(points, points)
    far = far[far > 0]
    return float(np.median(far)) if far.size else 1.0


def _least_left_out(values, vectors, turned):
    best = None
    for penalty in len(values) * np.array(PENALTIES):
        inverse = 1 / (values + penalty)
        # The residual without a row is (K + penalty)^-1 y over the inverse's diagonal.
        left_out = (vectors @ (inverse[:, None] * turned)) / (vectors**2 @ inverse)[:, None]
        error = float((left_out**2).sum())
        if best is None or error < best[0]:
            best = error, float(penalty)
    return best[1]


def _scaled(values, train):
    spread = values[train].std()
    return (values - values[train].mean()) / (spread if spread > 0 else 1.0)


def least_norm(features, labels):
    """Least-squares weights (D,) of the least norm; features: (n, D); labels: (n,)."""
    return np.linalg.lstsq(features, labels, rcond=None)[0]


def fit_ridge(gram, labels):
    """Kernel ridge regression at the strength of least leave-one-out error.

    gram: (n, n), positive semidefinite; labels: (n, t).  Returns (the mean squared
    leave-one-out error, the strength as in `RIDGES`, weights (n, t) of the kernel's columns).
    With G = (K + λ)^-1, weights are G y and row i's leave-one-out residual (G y)_i / G_ii
    (Wahba, Spline Models for Observational Data, 1990, section 4.2).
    """
    values, vectors = np.linalg.eigh(gram)
    values = np.maximum(values, 0)
    turned, best = vectors.T @ labels, None
    for ridge in RIDGES.tolist():
        inverse = 1 / (values + ridge * values.mean())
        weights = vectors @ (inverse[:, None] * turned)
        error = np.square(weights / (vectors**2 @ inverse)[:, None]).mean()
        if best is None or error < best[0]:
            best = float(error), ridge, weights
    return best
