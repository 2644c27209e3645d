"""The search as a scikit-learn classifier: `synth.ProgramClassifier`.

It needs scikit-learn, the extra `sklearn`.  Without it the class can be imported, and making
one raises an error that says what to install.  One search serves two classes, and more if the
DSL makes their values.  Otherwise several classes take a list of searches, each for one class
against all that are left.  Such a list is a code for the labels too: its bits are those of the
searches and those that name the classes.
"""

from dataclasses import replace
from typing import Any, Self

import numpy as np

from synth import codes, engine, tasks
from synth.engine import SAME, Limits
from synth.errors import DSLError, SettingError, TypeMismatchError, quoted
from synth.language import (
    DSL,
    INT_LIMIT,
    Bool,
    Grammar,
    Int,
    Mod,
    Program,
    Real,
    array_of,
    dsls,
    refuse_other_index,
)
from synth.learners.decision_list import (
    DecisionList,
    counted_predictor,
    make_list,
    program_predictor,
    search_list,
    upright,
)
from synth.records import StopReason
from synth.tasks import Task

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    _MISSING = str(error)

    class BaseEstimator:  # type: ignore[no-redef]
        def __new__(cls, *arguments, **settings):
            raise SettingError(
                f"ProgramClassifier needs scikit-learn 1.6 or newer, which is not installed "
                f"({_MISSING}); install it with: pip install 'synth-mdl[sklearn]'"
            )

    class ClassifierMixin:  # type: ignore[no-redef]
        pass


#: What scikit-learn takes for rows and labels: arrays, lists, data frames.
MatrixLike = Any

#: The programs that a search makes by default: few, since cross-validation repeats each fit.
DEFAULT_PROGRAMS = 100_000


class ProgramClassifier(ClassifierMixin, BaseEstimator):
    """The program, or the table, that says the labels of a training set in the fewest bits.

    Columns are typed by their dtypes, those of a data frame one by one: bool is Bool, integers
    are Int (beyond 2**31 Real), floats are Real.  Texts need an encoder first.  Two classes are
    Bool labels, of which the second is true.  If there are more, integers are labels as they are
    if the DSL makes such values; all others are told apart one class at a time.

    Parameters
    ----------
    dsl : DSL or str, optional
        A DSL or its specification.  By default the built-in one that fits the columns, as
        `synth.search` chooses it: `features` for columns of floats.  To search over its settings,
        give specifications such as `features:thresholds=16`.
    modulus : int, optional
        Makes integers, labels too, residues modulo this number.
    max_bits, max_programs, seconds, memory, threads : optional
        Where a search ends, see `synth.Limits`.  By default it ends after 100,000 programs, which
        takes a fraction of a second: allow more for the last fit.  A search that ends by
        `seconds` is not repeatable.

    Attributes
    ----------
    classes_ : array (k,)
        The labels.
    n_features_in_ : int
        The number of columns.
    feature_names_in_ : array of str
        The names of the columns, if they have names; otherwise they are called x0, x1, ...
    chosen_ : str
        "program" or "table".
    program_ : Program or None
        What predicts: a program of label values, or of places in `classes_` if these are no
        integers.  None for a table.
    bits_ : float
        Bits of the labels by what was chosen, exceptions included.
    table_bits_ : float
        Bits of the labels by the table.
    saved_bits_ : float or None
        Bits by the table less bits by the program: negative if the program does not pay, None if
        there was no program.
    log2_chance_bound_ : float
        log2 of a bound on the chance that any hypothesis reaches `bits_` on permuted labels.
    results_ : tuple of Result
        The searches that count.

    Raises
    ------
    ValueError
        If columns, labels or settings cannot be used (TaskError, SettingError and DSLError are
        ValueErrors).
    """

    def __init__(
        self,
        dsl: str | DSL | None = None,
        *,
        modulus: int | None = None,
        max_bits: float | None = None,
        max_programs: int | None = DEFAULT_PROGRAMS,
        seconds: float | None = None,
        memory: int | None = 2**30,
        threads: int | None = 1,
    ) -> None:
        self.dsl = dsl
        self.modulus = modulus
        self.max_bits = max_bits
        self.max_programs = max_programs
        self.seconds = seconds
        self.memory = memory
        self.threads = threads

    def fit(self, X: MatrixLike, y: MatrixLike) -> Self:  # noqa: N803 - scikit-learn's own name
        """Searches for the shortest description of y given X; returns the classifier.

        Parameters
        ----------
        X : array-like (rows, features)
        y : array-like (rows,)

        Returns
        -------
        ProgramClassifier
        """
        X, y = _without_gaps(X, y)  # noqa: N806
        kinds = _kinds(X)
        _refuse_texts(X)
        X, y = validate_data(self, X, y)  # noqa: N806
        check_classification_targets(y)
        self.classes_, places = np.unique(y, return_inverse=True)
        names = getattr(self, "feature_names_in_", None)
        names = [f"x{i}" for i in range(X.shape[1])] if names is None else map(str, names)
        self._types = dict(zip(names, self._column_types(X, kinds), strict=True))
        if len(self._types) < X.shape[1]:
            raise SettingError(f"{X.shape[1]} columns, {len(self._types)} names; allowed: one each")
        self._columns, self._places = self._typed(X), places
        self._label_type, self._values = self._labels()
        self.results_, self._order, self._direct = (), (), True
        k, varied = len(self.classes_), any((c != c[0]).any() for c in self._columns.values())
        if k > 1 and varied:  # no program can tell rows apart that are all alike
            dsl, self._direct = self._chosen_dsl()
            if self._direct:
                self.results_ = tuple(self._search(dsl, slice(None), self._label_type, [places]))
            else:

                def search(rows, labellings):
                    return self._search(dsl, rows, Bool, labellings)

                self.results_, self._order = search_list(places, k, self._columns, search)
        self._conclude()
        return self

    def predict_proba(self, X: MatrixLike) -> np.ndarray:  # noqa: N803
        """The probability of each class, as the chosen code gives it to one more row.

        A program with e exceptions among n training rows gives (e+1)/(n+2) to all labels that it
        does not say, in equal parts: its code for exceptions, which is Laplace's rule, gives that
        to one more exception.  A table gives (c+1)/(m+k) to a label that c of m training rows
        have, of those with the same inputs or, if there are none, of all.  So does a program on
        rows where it has no value, always by all training rows.

        Parameters
        ----------
        X : array-like (rows, features)

        Returns
        -------
        float64 (rows, k)
        """
        check_is_fitted(self)
        X = validate_data(self, _without_gaps(X)[0], reset=False)  # noqa: N806
        return self._decisions.probabilities(self._typed(X), len(X))

    def predict(self, X: MatrixLike) -> np.ndarray:  # noqa: N803
        """The most probable class of each row; of equally probable ones the first.

        Parameters
        ----------
        X : array-like (rows, features)

        Returns
        -------
        array (rows,)
        """
        probabilities = self.predict_proba(X)  # before classes_, which only a fit sets
        # Each probability is a product of at most one factor per class, and each factor is
        # rounded a few times: equal probabilities may differ by this much.
        equal = 1 - 4 * len(self.classes_) * np.finfo(float).eps
        most = probabilities.max(axis=1, keepdims=True)
        return self.classes_[np.argmax(probabilities >= most * equal, axis=1)]

    def _column_types(self, X, kinds):  # noqa: N803
        for column, kind in zip(X.T, kinds or [X.dtype.kind] * X.shape[1], strict=True):
            whole = kind in "iu" and np.abs(column.astype(float)).max() <= INT_LIMIT
            if kind == "b":
                yield Bool
            elif kind in "iu" and self.modulus is not None:
                yield Mod(self.modulus)
            else:
                yield Int(int(column.min()), int(column.max())) if whole else Real

    def _typed(self, X):  # noqa: N803
        """Columns by name, of the types they had in training.

        Integers may come as floats, as from a data frame that has columns of floats as well.
        """
        columns = {}
        for (name, type_), column in zip(self._types.items(), X.T, strict=True):
            if not type_.inexact and column.dtype.kind == "f" and (column % 1 == 0).all():
                column = column.astype(np.int64)
            # A training set is only a sample: other rows may have numbers outside its range.
            wide = Int(-INT_LIMIT, INT_LIMIT) if type_.family == "Int" else type_
            columns[name] = wide.check(column, f"column {name}")
        return columns

    def _labels(self):
        """The type of the labels, and their values in the order of `classes_`; names are Bool."""
        k, kind = len(self.classes_), self.classes_.dtype.kind
        whole = kind in "iu" or (kind == "f" and (self.classes_ % 1 == 0).all())
        whole = whole and np.abs(self.classes_.astype(float)).max() <= INT_LIMIT
        values = self.classes_.astype(np.int64) if whole else np.arange(k)
        if whole and self.modulus is not None:
            return Mod(self.modulus), Mod(self.modulus).check(values, "y")
        if k <= 2 or not whole:
            return Bool, np.arange(k)
        return Int(int(values.min()), int(values.max())), values

    def _chosen_dsl(self):
        """The DSL, and whether its programs make the labels themselves."""
        types = tuple(self._types.values())
        for label_type in dict.fromkeys((self._label_type, Bool)):
            last = label_type == Bool
            try:
                given = (*types, label_type)
                dsl = dsls.for_types(given) if self.dsl is None else dsls.load_dsl(self.dsl, given)
                made = dsl.type_for(label_type)
                # Which columns a DSL makes of these is known only once it has made them.
                if last or dsl.prepare or made in Grammar(dsl, self._types).types:
                    break
            except DSLError:
                if last:
                    raise
        return dsl, label_type != Bool or len(self.classes_) == 2

    def _search(self, dsl, rows, label_type, labellings):
        """The best hypothesis for each labelling (places in `classes_`) of some rows."""
        columns = {name: column[rows] for name, column in self._columns.items()}
        names = None if label_type == Bool else tuple(self._values.tolist())
        tasks = [
            Task(
                "X",
                columns,
                self._types,
                places.astype(bool) if names is None else self._values[places],
                label_type,
                given_alphabet=names,
                label="y",
            )
            for places in labellings
        ]
        limits = {name: getattr(self, name) for name in Limits.__dataclass_fields__}
        results = engine.search_labellings(tasks, dsl, top=1, **limits)
        if results[0].stop_reason == StopReason.INTERRUPTED:
            raise KeyboardInterrupt
        return results

    def _conclude(self):
        """Sets what is fitted from `results_` and the classes that they are about."""
        k = len(self.classes_)
        counts = np.bincount(self._places, minlength=k)
        self.table_bits_ = codes.table_bits(counts)[0]
        left, total = [c for c in range(k) if c not in self._order], None
        if self.results_ and self._direct:
            found = self.results_[0].program
            total = None if found is None else found.total_bits
        elif self.results_:
            totals = [result.total_bits for result in self.results_]
            total = codes.decision_list_bits(totals, counts[left])
        paid = total is not None and total < self.table_bits_ - SAME
        self.chosen_ = "program" if paid else "table"
        self.bits_ = total if paid else self.table_bits_
        self.saved_bits_ = None if total is None else self.table_bits_ - total
        self.log2_chance_bound_ = codes.log2_chance_bound(counts, self.bits_)
        self._decisions, self.program_ = self._decided(paid, left)

    def _decided(self, by_program, left):
        """The `DecisionList` that predicts, and its program, None for a table."""
        classes, k = list(range(len(self.classes_))), len(self.classes_)
        if not by_program:
            everything = np.ones(len(self._places), bool)
            table = counted_predictor(self._places, k, self._columns, everything)
            return DecisionList((), classes, table), None
        if self._direct:
            predictor = program_predictor(self._places, self.results_[0], self._values)
            return DecisionList((), classes, predictor), upright(self.results_[0])
        made = make_list(self._places, self.results_, self._order, left, self._columns)
        return made, made.program(self._label_type, self._values)

    def __getstate__(self) -> dict[str, Any]:
        # Not all functions of a DSL can be pickled: the DSL is made anew, and parses the texts.
        state = dict(super().__getstate__())
        if "results_" in state:
            kept = [(replace(r, best=None), r.best and r.best.text) for r in state["results_"]]
            state["results_"] = kept
            for derived in ("_decisions", "program_"):
                del state[derived]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "results_" in state:
            self.results_ = tuple(self._restored(*each) for each in state["results_"])
            self._conclude()

    def _restored(self, result, text):
        if text is None:
            return result
        task = result.trained_on
        fitted = tasks.fit(self.dsl, task.original)
        return replace(result, best=Program.parse(text, fitted.grammar, fitted.root))


def _without_gaps(X, y=None):  # noqa: N803
    """X and y without masks; raises SettingError if a value is masked or the rows do not fit."""
    try:
        refuse_other_index({"y": y, "X": X})
        # scikit-learn takes what lies below a mask.
        given = (("X", X), ("y", y))
        return [array_of(v, w) if isinstance(v, np.ma.MaskedArray) else v for w, v in given]
    except TypeMismatchError as error:
        raise SettingError(str(error)) from None


def _kinds(X):  # noqa: N803
    """The kinds of the dtypes of a data frame's columns; None if X is no data frame of numbers."""
    if not (hasattr(X, "columns") and hasattr(X, "dtypes")):
        return None
    found = [_kind(dtype) for dtype in X.dtypes]
    return found if all(found) else None


def _kind(dtype):
    """The kind of numbers of a data frame's column, as NumPy writes it; None for others."""
    dtype = getattr(getattr(dtype, "categories", None), "dtype", dtype)
    kind, name = getattr(dtype, "kind", None), str(dtype)
    if kind is None:  # polars says it by name
        kind = next((k for k in ("bool", "int", "uint", "float") if name.lower().startswith(k)), "")
    return kind[:1] if kind[:1] in ("b", "i", "u", "f") else None


def _refuse_texts(X):  # noqa: N803
    """Raises SettingError that names the first column of a data frame that has texts."""
    if not (hasattr(X, "columns") and hasattr(X, "dtypes")) or len(set(X.columns)) < X.shape[1]:
        return
    for name, dtype in zip(X.columns, X.dtypes, strict=True):
        if _kind(dtype):
            continue
        for cell in X[name]:
            if isinstance(cell, str) and not _is_number(cell):
                raise SettingError(
                    f"column {name} has texts, such as {quoted(cell)}; allowed: numbers and truth "
                    "values, into which an encoder turns texts (pandas.get_dummies, OneHotEncoder)"
                )


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True
