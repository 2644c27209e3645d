"""How alike two programs are in the values that they compute on their way to the output.

The features of a program are the values of its subexpressions over the rows.  Two figures
compare the features of the same rows: the cross-validated R² of a linear map from one program's
features to the other's, and linear CKA, plain and debiased.  Each can be compared with its
value when the rows of one program are permuted (`permuted`).
"""

from dataclasses import dataclass, field
from functools import partial

import numpy as np

from synth.errors import SettingError
from synth.language import Bool, Input

#: Which subexpressions are features: all; those that read two columns or more, since every
#: program has the functions of a single column; and of these the ones that are not the output.
SETS = ("all", "joint", "inner")

#: Strengths of ridge regression to choose among, as shares of the mean eigenvalue.
RIDGES = 10.0 ** np.arange(-6, 3)

#: The most columns that are predicted at a time.
MOST_COLUMNS = 2000


# -- features ---------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Features:
    """What subexpressions compute on the rows, side by side, one block each.

    `features[order]` has the features at some rows.

    Parameters
    ----------
    values : float64 (rows, d)
        Columns are centred, and the variances of a block's columns add up to 1, so that each
        subexpression weighs the same.
    starts : int64 (m,)
        Where the blocks begin.
    texts : tuple of str
        The m subexpressions.
    """

    values: np.ndarray = field(repr=False)
    starts: np.ndarray
    texts: tuple

    def __len__(self):
        return len(self.texts)

    def __getitem__(self, order):
        return Features(self.values[order], self.starts, self.texts)


def features(program, columns, which="all"):
    """The `Features` of a program.

    A Bool is one column, a residue modulo p is one-hot (p columns), and a Complex number has its
    real and imaginary part.  Of subexpressions with equal values the one that reads the fewest
    columns is kept; a truth value counts as equal to its negation, and constants are left out.

    Parameters
    ----------
    program : Program
    columns : mapping of str to array (rows,)
        The inputs by name.
    which : str, optional
        One of `SETS`.

    Raises
    ------
    UndefinedError
        If a subexpression has no value on some row.
    """
    if which not in SETS:
        raise SettingError(f"which={which!r}; allowed: {', '.join(SETS)}")
    found, root = {}, None
    for part in program.parts():
        values = part.evaluate(columns)
        root = behaviour(values, part.type)
        reads = len({node.head.name for node in part.walk() if isinstance(node.head, Input)})
        if root not in found or reads < found[root][0]:
            found[root] = reads, part.text, encoded(values, part.type)
    blocks = [
        (text, block)
        for key, (reads, text, block) in found.items()
        if block.shape[1] and (which == "all" or reads > 1) and (which != "inner" or key != root)
    ]
    rows = len(next(iter(columns.values())))
    widths = [block.shape[1] for _, block in blocks]
    return Features(
        np.concatenate([np.zeros((rows, 0)), *(block for _, block in blocks)], axis=1),
        np.cumsum([0, *widths])[:-1],
        tuple(text for text, _ in blocks),
    )


def side_by_side(parts):
    """The `Features` of all parts side by side; they have the same number of rows."""
    widths = np.cumsum([0, *(part.values.shape[1] for part in parts)])
    return Features(
        np.concatenate([part.values for part in parts], axis=1),
        np.concatenate([part.starts + at for part, at in zip(parts, widths, strict=False)]),
        tuple(text for part in parts for text in part.texts),
    )


def behaviour(values, type_):
    """A key that is equal for equal values of a type, and for a truth value and its negation."""
    values = values ^ values[0] if type_ == Bool else values
    return str(type_), values.tobytes()


def encoded(values, type_):
    """Values as centred columns, float64 (rows, width), whose variances add up to 1.

    Constant columns are left out, so a constant has the width 0.
    """
    if type_.family == "Mod":
        made = (values[:, None] == np.arange(type_.size)).astype(float)
    elif type_.family == "Complex":
        made = np.stack([values.real, values.imag], axis=1)
    else:
        made = values.astype(float)[:, None]
    made = made[:, np.ptp(made, axis=0) > 1e-9 * np.maximum(1, np.abs(made).max(axis=0))]
    made = made - made.mean(axis=0)
    return made / np.sqrt(np.square(made).sum() / len(made)) if made.shape[1] else made


# -- a linear map -----------------------------------------------------------------


def row_folds(rows, count, seed=0):
    """The fold of each row, int64 (rows,): rows are left out at random."""
    _within("folds", count, 2, rows)
    return np.random.default_rng(seed).permutation(np.arange(rows) % count)


def output_folds(labels, count, seed=0):
    """The fold of each row, int64 (rows,): all rows with some labels are left out together."""
    values, place = np.unique(labels, return_inverse=True)
    return row_folds(len(values), count, seed)[place]


class LinearMap:
    """Ridge regression from given features, fitted on all folds but one and judged on that one.

    The strength is chosen for each predicted subexpression by the leave-one-out error of the
    fitted rows, which the singular values give in closed form (Wahba, Spline Models for
    Observational Data, 1990, section 4.2; the intercept is not penalised).

    Parameters
    ----------
    values : float64 (rows, d)
    folds : int64 (rows,)
    ridges : array, optional
        Strengths to choose among, as shares of the mean eigenvalue.
    """

    def __init__(self, values, folds, ridges=RIDGES):
        self.parts = []
        for fold in np.unique(folds):
            train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
            mean = values[train].mean(axis=0)
            left, sizes, right = np.linalg.svd(values[train] - mean, full_matrices=False)
            some = sizes > 1e-9 * sizes.max(initial=1e-9)
            left, sizes, right = left[:, some], sizes[some], right[some]
            power = np.square(sizes)
            strengths = np.asarray(ridges) * (power.mean() if power.size else 1.0)
            shrunk = power / (power + strengths[:, None])
            leverage = 1 / len(train) + shrunk @ np.square(left).T
            turned = (values[test] - mean) @ right.T / sizes
            self.parts.append((train, test, left, shrunk, leverage, turned))

    def r2(self, target):
        """The R² of each subexpression: 1 - squared error / that of the mean of the fitted rows.

        The mean over subexpressions is the R² of all of them together, since they have equal
        variances.

        Parameters
        ----------
        target : Features
            Of the same rows.

        Returns
        -------
        float64 (m,)
        """
        error, total = np.zeros((2, target.values.shape[1]))
        for train, test, left, shrunk, leverage, turned in self.parts:
            given = target.values[train]
            mean = given.mean(axis=0)
            inner = left.T @ (given - mean)
            left_out = [
                np.square((given - mean - left @ (s[:, None] * inner)) / (1 - h)[:, None]).sum(0)
                for s, h in zip(shrunk, leverage, strict=True)
            ]
            widths = np.diff([*target.starts, len(error)])
            best = np.add.reduceat(left_out, target.starts, axis=1).argmin(axis=0)
            guess = turned @ (shrunk[np.repeat(best, widths)].T * inner)
            asked = target.values[test] - mean
            error += np.square(asked - guess).sum(axis=0)
            total += np.square(asked).sum(axis=0)
        return 1 - np.add.reduceat(error, target.starts) / np.add.reduceat(total, target.starts)

    def mean_r2(self, target, orders):
        """The R² of all subexpressions together, with their rows in each order.

        Parameters
        ----------
        target : Features
        orders : int64 (k, rows)

        Returns
        -------
        float64 (k,)
        """
        rows, width = target.values.shape
        answers = []
        # Many orders side by side are, at 16 rows, three times as fast as one by one.
        for part in np.array_split(orders, -(-len(orders) * width // MOST_COLUMNS)):
            moved = np.moveaxis(target.values[part], 0, 1).reshape(rows, -1)
            starts = (target.starts + width * np.arange(len(part))[:, None]).ravel()
            found = self.r2(Features(moved, starts, target.texts * len(part)))
            answers.append(found.reshape(len(part), -1).mean(axis=1))
        return np.concatenate(answers)


# -- CKA --------------------------------------------------------------------------


def centred_gram(values, debiased=True):
    """The linear kernel of features, centred, so that inner products of kernels are HSIC.

    Plain, it is H K H.  Debiased, it has no diagonal and is centred so that the mean of products
    of entries over n(n-3) is the unbiased estimator of HSIC (Song et al., JMLR 13, 2012, theorem
    2, in the form of Székely and Rizzo, Annals of Statistics 42(6), 2014, proposition 1).

    Parameters
    ----------
    values : float64 (n, d)
    debiased : bool, optional

    Returns
    -------
    float64 (n, n)

    Raises
    ------
    SettingError
        If there are fewer than 4 rows.
    """
    n = len(values)
    _within("rows", n, 4, None)
    gram = values @ values.T
    if not debiased:
        gram = gram - gram.mean(axis=0)
        return gram - gram.mean(axis=1, keepdims=True)
    np.fill_diagonal(gram, 0.0)
    sums = gram.sum(axis=0)
    gram = gram - sums / (n - 2) - sums[:, None] / (n - 2) + sums.sum() / ((n - 1) * (n - 2))
    np.fill_diagonal(gram, 0.0)
    return gram


def alignment(one, other):
    """The cosine of the angle between two matrices; nan if one of them is 0."""
    norm = np.linalg.norm(one) * np.linalg.norm(other)
    return float(np.sum(one * other) / norm) if norm > 0 else float("nan")


def cka(one, other, debiased=True):
    """Linear CKA of two programs' feature values.

    Kornblith, Norouzi, Lee and Hinton, "Similarity of neural network representations revisited",
    ICML 2019.  Debiased, it uses the unbiased HSIC, as Nguyen, Raghu and Kornblith, "Do wide and
    deep networks learn the same things?", ICLR 2021, do.  For independent features the plain one
    is about d / (n + d), and the debiased one 0 (Murphy, Zylberberg and Fyshe, "Correcting biased
    centered kernel alignment measures", arXiv:2405.01012, 2024).

    Parameters
    ----------
    one : float64 (n, d)
    other : float64 (n, e)
    debiased : bool, optional
    """
    return alignment(centred_gram(one, debiased), centred_gram(other, debiased))


# -- the null ---------------------------------------------------------------------


@dataclass(frozen=True)
class WithNull:
    """A figure with its permutation null.

    Parameters
    ----------
    value : float
        The figure.
    null, spread : float
        Mean and standard deviation of the figure under permutations.
    p : float
        (1 + the number of permutations that reach the figure) / (1 + the number of permutations).
    """

    value: float
    null: float
    spread: float
    p: float


def permuted(statistic, rows, count, seed=0):
    """A figure of two programs, with its null: the rows of one of them are permuted.

    Parameters
    ----------
    statistic : callable
        Takes orders of that program's rows, int64 (k, rows), and returns the figure for each,
        float64 (k,).
    rows : int
    count : int
        The number of permutations.
    seed : int, optional

    Returns
    -------
    WithNull
    """
    _within("permutations", count, 1, None)
    generator = np.random.default_rng(seed)
    shuffled = [generator.permutation(rows) for _ in range(count)]
    value, *null = statistic(np.array([np.arange(rows), *shuffled])).tolist()
    reached = sum(each >= value - 1e-12 for each in null)
    return WithNull(value, float(np.mean(null)), float(np.std(null)), (1 + reached) / (1 + count))


def compare(one, other, folds, count, seed=0, maps=None):
    """All figures of two programs' `Features`.

    Parameters
    ----------
    one, other : Features
    folds : int64 (rows,)
    count : int
        The number of permutations.
    seed : int, optional
    maps : int64 (s, rows), optional
        Orders of the other's rows, of which the best counts, under the null too.

    Returns
    -------
    dict of WithNull
        r2: of the linear map from one to other; back: from other to one; cka and plain: linear
        CKA, debiased and not.  All are None if one of the programs has no feature.
    """
    if not len(one) or not len(other):
        return dict.fromkeys(("r2", "back", "cka", "plain"))
    rows = len(folds)
    maps = np.arange(rows)[None] if maps is None else maps
    forth, back = LinearMap(one.values, folds), LinearMap(other.values, folds)
    found = {
        "r2": lambda orders: forth.mean_r2(other, orders),
        # The orders are undone: they permute the first program's rows, and the other's stay.
        "back": lambda orders: back.mean_r2(one, np.argsort(orders, axis=1)),
    }
    for name, debiased in (("cka", True), ("plain", False)):
        mine, theirs = (centred_gram(f.values, debiased) for f in (one, other))
        found[name] = lambda orders, a=mine, b=theirs: np.array(
            [alignment(a, b[np.ix_(order, order)]) for order in orders]
        )

    def best(figure, orders):
        every = orders[:, maps].reshape(-1, rows)
        return figure(every).reshape(len(orders), -1).max(axis=1)

    return {
        name: permuted(partial(best, figure), rows, count, seed) for name, figure in found.items()
    }


def _within(name, value, low, high):
    if value < low or (high is not None and value > high):
        allowed = f"{low} and more" if high is None else f"{low}..{high}"
        raise SettingError(f"{name}={value}; allowed: {allowed}")
