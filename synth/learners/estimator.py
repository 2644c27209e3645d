"""The search as a scikit-learn classifier: `synth.ProgramClassifier`.

It needs scikit-learn, the extra `sklearn`.  Without it the class can be imported, and making
one raises an error that says what to install.  A fit is one search.  If the DSL does not make the
labels' values, several classes are labels by name: the DSL gets them as constants, and `where` to
choose between them (see `synth.language.labels`).
"""

import math
from copy import copy
from dataclasses import replace
from typing import Any, Self

import numpy as np

from synth import codes, engine, tasks
from synth.engine import DEFAULT_CHAINS, SAME, Limits
from synth.errors import DSLError, SettingError, TaskError
from synth.language import DSL, Bool, Program
from synth.learners.columns import array_types, kinds_of, label_types, typed, without_masks
from synth.learners.display import FoundBelow
from synth.learners.forecast import FEW, Voice, by_doublings
from synth.learners.mixture import mixture_of, mixture_seconds
from synth.learners.predictor import counted_predictor, predictor_of, upright
from synth.records import Result, StopReason
from synth.tasks import Task

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, clone
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, check_X_y, validate_data
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
except ImportError as error:
    _MISSING = str(error)

    class BaseEstimator:  # type: ignore[no-redef]
        def __new__(cls, *arguments, **settings):
            raise SettingError(
                f"{cls.__name__} needs scikit-learn 1.6 or newer, which is not installed "
                f"({_MISSING}); install it with: pip install 'synth-mdl[sklearn]'"
            )

    class ClassifierMixin:  # type: ignore[no-redef]
        pass


#: What scikit-learn takes for rows and labels: arrays, lists, data frames.
MatrixLike = Any

#: The programs that a search makes by default, and the moves that reach then makes: few, since
#: cross-validation repeats each fit.
DEFAULT_PROGRAMS, DEFAULT_MOVES = 100_000, 100


class ProgramClassifier(FoundBelow, ClassifierMixin, BaseEstimator):
    """The program, or the table, that says the labels of a training set in the fewest bits.

    Columns are typed by their dtypes, those of a data frame one by one: bool is Bool, integers
    are Int (beyond 2**31 Real), floats are Real.  A data frame that has texts or dates is read as a
    file is (see `synth.read_table`): no encoder is needed, and columns that say nothing about other
    rows are left out.  Missing values are allowed (NaN, None): a comparison with one is false, and
    `COLUMN is missing` is an input.  Two classes are
    Bool labels, of which the second is true.  If there are more, integers are labels as they are
    if the DSL makes such values.  All others are names, between which a program chooses by `where`.

    Parameters
    ----------
    dsl : DSL or str, optional
        A DSL or its specification, such as `features:thresholds=16`.  By default each built-in one
        that fits the columns is searched, as `synth.search` does for a table.
    modulus : int, optional
        Makes integers, labels too, residues modulo this number.
    mixture : bool
        Whether a mixture predicts, which is right more often than the shortest hypothesis alone;
        see `mixture_`.  If not, a fit takes about two thirds as long, and predictions are those of
        `program_`, of the constant or of the table.
    moves, chains, seed : int
        The moves of reach, which goes on from what was enumerated, how many chains share them, and
        the seed of their random numbers: see `synth.search`.  By default there are 100 moves, 0
        turns reach off, and None is for as many as `synth.search` makes.
    max_bits, max_programs, seconds, memory, threads : optional
        Where the enumeration ends, see `synth.Limits`: by default after 100,000 programs.  That
        and the moves take a second or two: allow more of both for the last fit.  A search that
        ends by `seconds` is not repeatable.
    verbose : int
        Above 0, a fit prints how long it will take, see `forecast`, and then how far it is.

    Attributes
    ----------
    classes_ : array (k,)
        The labels.
    n_features_in_ : int
        The number of columns.
    feature_names_in_ : array of str
        The names of the columns, if they have names; otherwise they are called x0, x1, ...
    notes_ : tuple of str
        What was left out of a data frame with texts, or read in a special way.
    chosen_ : str
        "program", "constant" or "table".
    program_ : Program or None
        What predicts: a program of label values if the DSL makes them, otherwise of places in
        `classes_`, whose text has the classes by name.  None for a constant or a table.
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
        The search; empty if no program can tell the classes apart.
    mixture_ : Mixture or None
        What `predict_proba` mixes: the shortest hypothesis, weighted by 2^-bits_, with sums over
        trees of tests, scorecards, equal rows and logistic regressions, alone and averaged, each
        weighted by 2^-bits of what it loses on the training labels in order.

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
        mixture: bool = True,
        moves: int | None = DEFAULT_MOVES,
        chains: int = DEFAULT_CHAINS,
        seed: int = 0,
        max_bits: float | None = None,
        max_programs: int | None = DEFAULT_PROGRAMS,
        seconds: float | None = None,
        memory: int | None = 2**30,
        threads: int | None = 1,
        verbose: int = 0,
    ) -> None:
        self.dsl = dsl
        self.modulus = modulus
        self.mixture = mixture
        self.moves = moves
        self.chains = chains
        self.seed = seed
        self.max_bits = max_bits
        self.max_programs = max_programs
        self.seconds = seconds
        self.memory = memory
        self.threads = threads
        self.verbose = verbose

    def fit(self, X: MatrixLike, y: MatrixLike) -> Self:
        """Searches for the shortest description of y given X; returns the classifier.

        Parameters
        ----------
        X : array-like (rows, features)
        y : array-like (rows,)

        Returns
        -------
        ProgramClassifier
        """
        self._begin(X, y)
        voice = Voice(type(self).__name__) if self.verbose else None
        if voice is not None:
            rows, k = len(self._places), len(self.classes_)
            voice.say(f"{rows:,} rows, {self.n_features_in_:,} columns, {k} labels")
            if rows > FEW:
                voice.expect(self._seconds())
        self._learn(voice)
        self.mixture_ = self._mixed(voice) if self.mixture else None
        if voice is not None:
            voice.say("done")
        return self

    def forecast(self, X: MatrixLike, y: MatrixLike) -> float | None:
        """How long a fit will take, from first steps of it; the classifier stays as it is.

        The first steps are searches of at most 200 rows, and mixtures of a sixteenth of the rows.
        They take half as long as a fit to 100,000 rows, and as long as one to 100.

        Parameters
        ----------
        X : array-like (rows, features)
        y : array-like (rows,)

        Returns
        -------
        float or None
            Seconds; None if neither a number of programs nor the time ends the search.
        """
        return clone(self)._begin(X, y)._seconds()

    def _begin(self, X, y):
        """Reads rows and labels; returns the classifier."""
        X, y = without_masks(X, y)
        kinds = kinds_of(X)
        if kinds is not None and not all(kinds):
            validate_data(self, X, skip_check_array=True)
            y = check_X_y(np.zeros((len(X), 1)), y)[1]
            names = [str(n) for n, kind in zip(X.columns, kinds, strict=True) if kind == "f"]
            made = tasks.frame_inputs(X, self.modulus, names)
            self._types, self._read, self._fields, notes = made
        else:
            X, y = validate_data(self, X, y, ensure_all_finite="allow-nan")
            called, notes = getattr(self, "feature_names_in_", None), []
            self._types, self._read = array_types(X, kinds, called, self.modulus), None
            self._fields = {}
        self.notes_ = tuple(notes)
        check_classification_targets(y)
        self.classes_, places = np.unique(y, return_inverse=True)
        self._columns, self._places = self._typed(X), places
        return self

    def predict_proba(self, X: MatrixLike) -> np.ndarray:
        """The probability of each class, by a mixture of hypotheses if `mixture` is true.

        The shortest hypothesis predicts as its code does for one more row.  A program with e
        exceptions among n training rows gives (e+1)/(n+2) to all labels that it does not say, in
        equal parts: its code for exceptions, which is Laplace's rule, gives that to one more
        exception.  A table gives (c+1)/(m+k) to a label that c of m training rows have, of those
        with the same inputs or, if there are none, of all.  So does a program on rows where it has
        no value, always by all training rows.

        Parameters
        ----------
        X : array-like (rows, features)

        Returns
        -------
        float64 (rows, k)
        """
        columns, rows = self._asked(X)
        chosen = self._predictor.probabilities(columns, rows)
        return chosen if self.mixture_ is None else self.mixture_.probabilities(columns, chosen)

    def _asked(self, X):
        """Columns of other rows by name, and how many rows there are."""
        check_is_fitted(self)
        how = (
            {"ensure_all_finite": "allow-nan"} if self._read is None else {"skip_check_array": True}
        )
        X = validate_data(self, without_masks(X)[0], reset=False, **how)
        return self._typed(X), len(X)

    def predict(self, X: MatrixLike) -> np.ndarray:
        """The most probable class of each row; of equally probable ones the first.

        Parameters
        ----------
        X : array-like (rows, features)

        Returns
        -------
        array (rows,)
        """
        probabilities = self.predict_proba(X)  # before classes_, which only a fit sets
        # Equal probabilities, each rounded a few times, may differ by this much.
        equal = 1 - 8 * np.finfo(float).eps
        most = probabilities.max(axis=1, keepdims=True)
        return self.classes_[np.argmax(probabilities >= most * equal, axis=1)]

    def _found_html(self):
        results = getattr(self, "results_", ())
        return results[0]._repr_html_() if results else ""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _typed(self, X):
        """Columns by name, of the types they had in training."""
        if self._read is not None:
            return self._read(X)
        return typed(X, self._types)

    def _task(self):
        """The task, with labels of the first type for which there is a DSL."""
        kinds = list(label_types(self.classes_, self.modulus))
        for kind in kinds:
            task = self._of_type(*kind)
            try:
                # Which columns a DSL makes of these is known only once it has made them.
                if self.dsl is not None or not engine.languages_of(task):
                    tasks.fit(self.dsl, task)
            except (DSLError, TaskError):
                if kind is kinds[-1]:
                    raise
            else:
                break
        return task

    def _of_type(self, label_type, values):
        """The task with labels of a type; values: the label of each class."""
        about = {"label": "y", "is_table": self.dsl is None, **self._fields}
        if label_type == Bool:  # false and true have names, as in a table, for the rule in words
            about["label_names"] = dict(enumerate(map(str, self.classes_)))
        else:
            about["given_alphabet"] = tuple(values.tolist())
        labels = values[self._places].astype(label_type.dtype)
        return Task("X", self._columns, self._types, labels, label_type, **about)

    def _search(self, voice=None):
        """The best hypothesis, as a `Result`."""
        reach = {name: getattr(self, name) for name in ("moves", "chains", "seed")}
        limits = {name: getattr(self, name) for name in Limits.__dataclass_fields__}
        told = None if voice is None else voice.search
        result = engine.search(self._task(), self.dsl, top=1, progress=told, **reach, **limits)
        if result.stop_reason == StopReason.INTERRUPTED:
            raise KeyboardInterrupt
        return result

    def _seconds(self):
        """How long searching and mixing will take; None if nothing ends the search."""
        if not self._varied:
            return 0.0
        found, ends = self.seconds, self.max_programs is not None or self.max_bits is not None
        if ends:
            searched = by_doublings(self._search_some, min(len(self._places), tasks.LARGE))
            found = min(searched, self.seconds or math.inf)
        if found is None or not self.mixture:
            return found
        with threadpool_limits(1):
            return found + mixture_seconds(self._task(), seed=self.seed)

    def _search_some(self, count):
        """Searches so many rows, among them one of each label if there are enough."""
        order = np.random.default_rng(self.seed).permutation(len(self._places))
        first = np.unique(self._places[order], return_index=True)[1]
        rows = order[np.concatenate([first, np.delete(np.arange(len(order)), first)])][:count]
        some = copy(self)
        some._columns = {name: column[rows] for name, column in self._columns.items()}
        some._places = self._places[rows]
        if some._varied:
            some._search()

    @property
    def _varied(self):
        """Whether labels and columns differ: no program tells equal rows apart."""
        columns = self._columns.values()
        return len(np.unique(self._places)) > 1 and any((c != c[:1]).any() for c in columns)

    def _learn(self, voice=None):
        """Searches, and sets what is fitted by the search."""
        self.results_: tuple[Result, ...] = (self._search(voice),) if self._varied else ()
        self._conclude()

    def _mixed(self, voice=None):
        """The mixture; None if all rows are alike, or the language of tests cannot read them."""
        if not self.results_:
            return None
        told = None if voice is None else voice.mixture
        with threadpool_limits(1):  # on busy cores, two threads of BLAS took 15 times as long
            return mixture_of(self.results_[0], seed=self.seed, told=told)

    def _conclude(self):
        """Sets what is fitted from the result of the search."""
        k = len(self.classes_)
        counts = np.bincount(self._places, minlength=k)
        self.table_bits_ = codes.table_bits(counts)[0]
        found = self.results_[0].program if self.results_ else None
        paid = found is not None and found.total_bits < self.table_bits_ - SAME
        self.chosen_ = found.kind if paid else "table"
        self.bits_ = found.total_bits if paid else self.table_bits_
        self.saved_bits_ = None if found is None else self.table_bits_ - found.total_bits
        self.log2_chance_bound_ = codes.log2_chance_bound(counts, self.bits_)
        self.program_ = upright(self.results_[0]) if self.chosen_ == "program" else None
        if self.results_:
            self._predictor = predictor_of(self.results_[0])
        else:
            self._predictor = counted_predictor(self._places, k, self._columns)

    def __getstate__(self) -> dict[str, Any]:
        # Not all functions of a DSL can be pickled: the DSL is made anew, and parses the texts.
        state = dict(super().__getstate__())
        if "results_" in state:
            kept = [(replace(r, best=None), r.best and r.best.text) for r in state["results_"]]
            state["results_"] = kept
            for derived in ("_predictor", "program_"):
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
        fitted = tasks.fit(result.dsl if self.dsl is None else self.dsl, task.original)
        return replace(result, best=Program.parse(text, fitted.grammar, fitted.root))
