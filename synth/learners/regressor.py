"""The search for real labels as a scikit-learn regressor: `synth.ProgramRegressor`.

It needs scikit-learn, the extra `sklearn`, as `estimator` does.
"""

from dataclasses import replace
from typing import Any, Self

import numpy as np

from synth.engine import Limits, regress
from synth.language import DSL, Grammar, Program, Real, load_dsl
from synth.learners.columns import refuse_texts, without_masks
from synth.learners.display import FoundBelow
from synth.learners.estimator import DEFAULT_PROGRAMS, BaseEstimator, MatrixLike
from synth.records import LEAST_ROWS, Forecast, LeastSquares, LinearSum, StopReason
from synth.tasks import Task

try:
    from sklearn.base import RegressorMixin
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError:  # making one says what to install

    class RegressorMixin:  # type: ignore[no-redef]
        pass


class ProgramRegressor(FoundBelow, RegressorMixin, BaseEstimator):
    """The program, or sum of two, that says the labels in the fewest bits, with normal noise.

    It predicts a + b f or a + b f + c g with programs f and g of the columns, which are Real
    numbers called as in a data frame, or x0, x1, ...  Coefficients are those of least squares.  If
    no such sum has fewer bits than a constant and than a histogram, it predicts the mean: see
    `synth.regress`.

    Parameters
    ----------
    dsl : DSL or str
        A DSL of Real numbers or its specification.
    precision : float, optional
        The step of which labels are multiples; by default the place of their last decimal.
    pairs : int
        Among how many of the cheapest behaviours to seek sums of two; 0 for no sums.
    max_bits, max_programs, seconds, memory, threads : optional
        Where the enumeration ends, see `synth.Limits`: by default after 100,000 programs.  A
        search that ends by `seconds` is not repeatable.

    Attributes
    ----------
    n_features_in_ : int
        The number of columns.
    feature_names_in_ : array of str
        The names of the columns, if they have names.
    chosen_ : str
        "program", "constant" or "table", the histogram.
    sum_ : LinearSum
        What predicts, with its programs and coefficients.
    deviation_ : float
        The scale of the noise: the root of its mean square, given the labels.
    result_ : Regression or None
        The search; None if all labels are equal.

    Raises
    ------
    ValueError
        If columns, labels or settings cannot be used (TaskError, SettingError and DSLError are
        ValueErrors).
    """

    def __init__(
        self,
        dsl: str | DSL = "real",
        *,
        precision: float | None = None,
        pairs: int = 1000,
        max_bits: float | None = None,
        max_programs: int | None = DEFAULT_PROGRAMS,
        seconds: float | None = None,
        memory: int | None = 2**30,
        threads: int | None = 1,
    ) -> None:
        self.dsl = dsl
        self.precision = precision
        self.pairs = pairs
        self.max_bits = max_bits
        self.max_programs = max_programs
        self.seconds = seconds
        self.memory = memory
        self.threads = threads

    def fit(self, X: MatrixLike, y: MatrixLike) -> Self:
        """Searches for the shortest description of y given X; returns the regressor.

        Parameters
        ----------
        X : array-like (rows, features)
        y : array-like (rows,)

        Returns
        -------
        ProgramRegressor
        """
        X, y = without_masks(X, y)
        refuse_texts(X, "ProgramRegressor")
        X, y = validate_data(self, X, y, y_numeric=True, ensure_min_samples=LEAST_ROWS)
        names = getattr(self, "feature_names_in_", [f"x{i}" for i in range(X.shape[1])])
        self._names = tuple(map(str, names))
        y, columns = Real.check(y, "y"), self._typed(X)
        self.result_ = None if (y == y[0]).all() else self._search(columns, y)
        if self.result_ is None:
            self.chosen_, self.sum_ = (
                "constant",
                LinearSum.of((), LeastSquares([], y), 0.0, bits=0.0, total_bits=0.0),
            )
        else:
            self.chosen_, self.sum_ = self.result_.chosen, self.result_.predictor
        is_normal = self.result_ is not None and self.chosen_ != "table"
        terms = self._terms(columns)
        self._forecast = Forecast(self.sum_, terms, y, self.precision, is_normal)
        self.deviation_ = self._forecast.deviation
        return self

    def predict(self, X: MatrixLike, return_std: bool = False) -> Any:
        """The value of each row; the mean of the labels where a program has no value.

        Parameters
        ----------
        X : array-like (rows, features)
        return_std : bool
            Whether to return the standard deviation of a new label too: that of the noise and of
            the coefficients.

        Returns
        -------
        float64 (rows,), or two of them
        """
        check_is_fitted(self)
        X = without_masks(X)[0]
        refuse_texts(X, "ProgramRegressor")
        columns = self._typed(validate_data(self, X, reset=False))
        _, defined = self.sum_.outputs(columns)
        values, deviations = self._forecast.of(self._terms(columns), defined)
        return (values, deviations) if return_std else values

    def _found_html(self):
        found = getattr(self, "result_", None)
        return "" if found is None else found._repr_html_()

    def _typed(self, X):
        return {
            name: Real.check(column, f"column {name}")
            for name, column in zip(self._names, X.T, strict=True)
        }

    def _search(self, columns, y):
        types = dict.fromkeys(columns, Real)
        task = Task("X", columns, types, y, Real, label="y")
        limits = {name: getattr(self, name) for name in Limits.__dataclass_fields__}
        (found,) = regress(
            task, self.dsl, precision=self.precision, pairs=self.pairs, top=1, **limits
        )
        if found.stop_reason == StopReason.INTERRUPTED:
            raise KeyboardInterrupt
        return found

    def _terms(self, columns):
        """The programs' values, (terms, rows)."""
        rows = len(next(iter(columns.values())))
        values = [term.outputs(columns)[0] for term in self.sum_.programs]
        return np.reshape(values, (len(values), rows))

    def __getstate__(self) -> dict[str, Any]:
        # Not all functions of a DSL can be pickled: the DSL is made anew, and parses the texts.
        state = dict(super().__getstate__())
        if "result_" in state:
            state["sum_"] = replace(self.sum_, programs=())
            state["result_"] = _with_sums(self.result_, lambda s: replace(s, programs=()))
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "result_" not in state:
            return
        types = dict.fromkeys(self._names, Real)
        grammar = Grammar(load_dsl(self.dsl, (*types.values(), Real)), types)

        def whole(sum_):
            programs = tuple(Program.parse(text, grammar, Real) for text in sum_.terms)
            return replace(sum_, programs=programs)

        self.sum_, self.result_ = whole(self.sum_), _with_sums(self.result_, whole)


def _with_sums(result, change):
    """A search, if there is one, with other sums and without its task."""
    if result is None:
        return None
    top = tuple(map(change, result.top))
    return replace(result, program=top[0] if top else None, top=top, trained_on=None)
