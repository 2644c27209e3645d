"""Learners without programs, to compare with the two-part code.

They are k nearest neighbours, kernel ridge regression and logistic regression.  They see a
task's columns as points of a Euclidean space, one for each row (`embed`), predict label values,
and are fitted to the training rows alone.
"""

import numpy as np
from scipy.linalg import eigh
from scipy.optimize import minimize
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

#: Penalties that `KernelRidge` chooses among, to be multiplied by the number of training rows.
PENALTIES = tuple(10.0**e for e in range(-6, 2))
#: Strengths that `fit_ridge` chooses among, as shares of the mean eigenvalue.
RIDGES = 10.0 ** np.arange(-10, 3)
#: L-BFGS ends once no slope exceeds this, so scores are known to about this precision.
SLOPE = 1e-6


def embed(task):
    """The inputs of a task as points, float64 (rows, d).

    A Bool is 0 or 1.  A residue modulo p is its place on the unit circle, two numbers.  Other
    numbers are centred and scaled by the mean and standard deviation of the training rows.
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
    """The most frequent label among the k nearest points.

    Parameters
    ----------
    points : float64 (n, d)
    labels : (n,)
    asked : float64 (m, d)
    k : int, optional
        1 to n.

    Returns
    -------
    (m,)
        In the dtype of the labels.  Of points at equal distance the first counts as nearer; of
        equally frequent labels the nearer is predicted.
    """
    found = labels[neighbours(points, asked, k)]
    votes = (found[:, :, None] == found[:, None, :]).sum(axis=2)
    return found[np.arange(len(asked)), votes.argmax(axis=1)]


class KernelRidge:
    """Kernel ridge regression of one-against-all targets, with a Gaussian kernel.

    Parameters
    ----------
    points : float64 (n, d)
    labels : (n,)
    scale : float, optional
        The kernel is exp(-d² / (2 scale²)).  By default the median distance between different
        points.
    penalty : float, optional
        The weight of the squared norm.  By default that of n·`PENALTIES` with the least squared
        leave-one-out error, which the eigenvectors give in closed form (Rifkin and Lippert,
        "Notes on regularized least squares", MIT-CSAIL-TR-2007-025).
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
        # The equations are ill-conditioned: rounding may move the solution by this much.
        condition = (values.max() + penalty) / penalty
        self.precision = len(points) * float(np.finfo(float).eps) * condition
        self.weights = vectors @ (turned / (values + penalty)[:, None])

    def predict(self, asked):
        """The label with the greatest target, (m,); of targets equal within rounding the first."""
        return self.values[_first_greatest(self.scores(asked), self.precision)]

    def scores(self, asked):
        """The regression's values, float64 (m, labels that occur)."""
        return self._kernel(asked) @ self.weights + self.mean

    def _kernel(self, asked):
        return np.exp(-cdist(asked, self.points, "sqeuclidean") / (2 * self.scale**2))


class LogisticRegression:
    """Multinomial logistic regression with an L2 penalty on all weights but the intercepts.

    Two labels are told apart by one vector of weights, as is usual; with a vector for each, the
    same penalty would weigh half as much.  The objective is convex, and L-BFGS minimises it from
    0.

    Parameters
    ----------
    points : float64 (n, d)
    labels : (n,)
    penalty : float, optional
        The weight of half the squared norm, relative to the sum of -ln p over rows; 1 is
        scikit-learn's C = 1.
    steps : int
        The most steps of L-BFGS; it seldom needs a tenth.

    Attributes
    ----------
    weights : float64 (d + 1, labels that occur)
        The intercepts are last.
    """

    def __init__(self, points, labels, *, penalty=1.0, steps=2000):
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
                objective,
                weights.ravel(),
                jac=True,
                method="L-BFGS-B",
                options={"maxiter": steps, "maxfun": 2 * steps, "ftol": 1e-12, "gtol": SLOPE},
            )
            weights = found.x.reshape(weights.shape)
        self.weights = _against_the_first(weights, many)

    def predict(self, asked):
        """The most probable label, (m,); of labels equal within L-BFGS's precision the smallest."""
        return self.values[_first_greatest(self.scores(asked), SLOPE)]

    def scores(self, asked):
        """ln of each label's probability up to a term that all labels share, (m, labels)."""
        return np.column_stack([asked, np.ones(len(asked))]) @ self.weights


def _first_greatest(scores, precision):
    """The place of each row's greatest score, (m,): the first that is within the precision."""
    return (scores >= scores.max(axis=1, keepdims=True) - precision).argmax(axis=1)


def _against_the_first(columns, many):
    """Columns for all labels: if there are two, the only column comes after one of zeros."""
    return columns if many > 2 else np.column_stack([np.zeros(len(columns)), columns])


def _scale(points):
    far = cdist(points, points)
    far = far[far > 0]
    return float(np.median(far)) if far.size else 1.0


def _least_left_out(values, vectors, turned):
    best = None
    for penalty in len(values) * np.array(PENALTIES):
        inverse = 1 / (values + penalty)
        # The leave-one-out residual is (K + penalty)^-1 y divided by the inverse's diagonal.
        left_out = (vectors @ (inverse[:, None] * turned)) / (vectors**2 @ inverse)[:, None]
        error = float((left_out**2).sum())
        if best is None or error < best[0]:
            best = error, float(penalty)
    return best[1]


def _scaled(values, train):
    spread = values[train].std()
    return (values - values[train].mean()) / (spread if spread > 0 else 1.0)


def least_norm(features, labels):
    """The least-squares weights of least norm.

    Parameters
    ----------
    features : float64 (n, D)
    labels : float64 (n,)

    Returns
    -------
    float64 (D,)
    """
    return np.linalg.lstsq(features, labels, rcond=None)[0]


def fit_ridge(gram, labels):
    """Kernel ridge regression at the strength of least leave-one-out error.

    With G = (K + λ)^-1, the weights are G y, and row i's leave-one-out residual is
    (G y)_i / G_ii (Wahba, Spline Models for Observational Data, 1990, section 4.2).

    Parameters
    ----------
    gram : float64 (n, n)
        The kernel, positive semidefinite.
    labels : float64 (n, t)

    Returns
    -------
    (float, float, float64 (n, t))
        The mean squared leave-one-out error, the strength as in `RIDGES`, and the weights of the
        kernel's columns.
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
