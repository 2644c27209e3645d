"""The search as a scikit-learn classifier: `synth.ProgramClassifier`.

It needs scikit-learn, the extra `sklearn`; without it the class is there and says so when
it is made.  Two classes, and more where the DSL makes their values, take one search.  Else
more than two take a list of them, each one class against all that are left, which is
a code for the labels too: its bits are those of the searches, and of naming the classes.
"""

import math
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from synth import codes, engine, tasks
from synth.engine import SAME, Limits
from synth.errors import DSLError, SettingError
from synth.language import (
    DSL,
    INT_LIMIT,
    Bool,
    Constant,
    Grammar,
    Int,
    Mod,
    Primitive,
    Program,
    Real,
    dsls,
)
from synth.records import Result, StopReason
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

#: How many programs a search makes unless asked for more or fewer: cross-validation
#: multiplies what a fit takes.
DEFAULT_PROGRAMS = 100_000


class ProgramClassifier(ClassifierMixin, BaseEstimator):
    """The program, or the table, that says the labels of a training set in the fewest bits.

    dsl: a DSL, or its specification, or None for the built-in one that fits the columns as
    `synth.search` would choose it: of columns of floats, `features`, whose settings are
    searched over as texts, `features:thresholds=16`; modulus: makes whole numbers, labels
    too, residues; max_bits, max_programs, seconds, memory, threads: where a search ends, see
    `synth.Limits`.  By default that is after 100,000 programs, which takes a fraction of a
    second: take more for the last fit.  A search that ends by `seconds` is not repeatable.

    Columns are typed by their dtypes, those of a data frame one by one: bool is Bool, whole
    numbers are Int (beyond 2**31 Real), floats are Real.  Texts are for an encoder before it.
    Two classes are Bool labels, the second one true; of more, whole numbers are labels
    as they are where the DSL makes such, and else they are told apart one by one.

    After `fit(X, y)`, with X (rows, features) and y (rows,):

    classes_: the labels (k,); n_features_in_, feature_names_in_: as always (columns without
    names are x0, x1, ...); chosen_: "program" or "table"; program_: what predicts, a `Program`
    of label values (of places in `classes_` where these are no whole numbers), None for a
    table; bits_: of the labels by what was chosen, exceptions and all; table_bits_: by the
    table; saved_bits_: by the table less by the program, negative where it does not pay, None
    where there was none; log2_chance_bound_: of the chance that permuted labels would have
    let any hypothesis reach bits_; results_: the `Result` of each search that counts.

    Raises ValueError (TaskError, SettingError and DSLError are) for what cannot be used.
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
        """Searches for the shortest description of y given X; returns the classifier."""
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
        if k > 1 and varied:  # rows that are all alike no program tells apart
            dsl, self._direct = self._chosen_dsl()
            if self._direct:
                self.results_ = tuple(self._search(dsl, slice(None), self._label_type, [places]))
            else:
                self.results_, self._order = self._listed(dsl)
        self._conclude()
        return self

    def predict_proba(self, X: MatrixLike) -> np.ndarray:  # noqa: N803
        """The probability of each class (rows, k), as the chosen code gives it to a next row.

        Of a program with e exceptions among n training rows, (e+1)/(n+2) for all labels that
        it does not say, evenly: what its code for exceptions, which is Laplace's rule, gives
        one more.  Of a table, and where a program has no value, (c+1)/(m+k) for a label that
        c of m training rows have: those with the same inputs or, where there are none
        and for a program, all.
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)  # noqa: N806
        columns, rows = self._typed(X), len(X)
        rules, rest = self._rules
        left, found = np.ones(rows), np.zeros((rows, len(self.classes_)))
        for place, rule in rules:
            yes = rule.probabilities(columns, rows)[:, 1]
            found[:, place] = left * yes
            left = left * (1 - yes)
        among, rule = rest
        found[:, among] = left[:, None] * rule.probabilities(columns, rows)
        return found

    def predict(self, X: MatrixLike) -> np.ndarray:  # noqa: N803
        """The most probable class of each row (rows,), ties to the first."""
        probabilities = self.predict_proba(X)  # before classes_, which only a fit sets
        # Each is a product of a factor a class at most, and each factor is rounded a few
        # times: those that are equal in truth are within so much of themselves.
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

        Whole numbers may come as floats, as from a data frame that has floats as well.
        """
        columns = {}
        for (name, type_), column in zip(self._types.items(), X.T, strict=True):
            if not type_.inexact and column.dtype.kind == "f" and (column % 1 == 0).all():
                column = column.astype(np.int64)
            # Those of a training set are a sample of its numbers.
            wide = Int(-INT_LIMIT, INT_LIMIT) if type_.family == "Int" else type_
            columns[name] = wide.check(column, f"column {name}")
        return columns

    def _labels(self):
        """(type, values in the order of classes_) of the labels; types of names are Bool."""
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
        """(the DSL, whether its programs make the labels themselves)."""
        types = tuple(self._types.values())
        for label_type in dict.fromkeys((self._label_type, Bool)):
            last = label_type == Bool
            try:
                given = (*types, label_type)
                dsl = dsls.for_types(given) if self.dsl is None else dsls.load_dsl(self.dsl, given)
                made = dsl.type_for(label_type)
                # What columns a DSL re-expresses is seen when it does.
                if last or dsl.prepare or made in Grammar(dsl, self._types).types:
                    break
            except DSLError:
                if last:
                    raise
        return dsl, label_type != Bool or len(self.classes_) == 2

    def _search(self, dsl, rows, label_type, labellings):
        """The best hypothesis for each labelling, places in an alphabet, of some rows."""
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

    def _listed(self, dsl):
        """Results of one class against what is left, and these classes, by bits saved.

        Of the last two classes, the second one is the label that is true.
        """
        results, order, among = [], [], list(range(len(self.classes_)))
        while len(among) > 1:
            rows = np.isin(self._places, among)
            if not any((c[rows] != c[rows][0]).any() for c in self._columns.values()):
                break
            asked = among if len(among) > 2 else among[1:]
            found = self._search(dsl, rows, Bool, [self._places[rows] == c for c in asked])
            saved = [r.table.bits - r.total_bits for r in found]
            best = int(np.argmax(saved))
            if saved[best] <= 0:
                break
            results.append(found[best])
            order.append(asked[best])
            among.remove(asked[best])
        return tuple(results), tuple(order)

    def _conclude(self):
        """Sets what is fitted from `results_` and the classes that they are about."""
        counts, k = np.bincount(self._places, minlength=len(self.classes_)), len(self.classes_)
        self.table_bits_ = codes.table_bits(counts)[0]
        among, total = [c for c in range(k) if c not in self._order], None
        if self.results_ and self._direct:
            found = self.results_[0].program
            total = None if found is None else found.total_bits
        elif self.results_:
            total = self._list_bits(counts, among)
        paid = total is not None and total < self.table_bits_ - SAME
        self.chosen_ = "program" if paid else "table"
        self.bits_ = total if paid else self.table_bits_
        self.saved_bits_ = None if total is None else self.table_bits_ - total
        self.log2_chance_bound_ = codes.log2_chance_bound(counts, self.bits_)
        everything = np.ones(len(self._places), bool)
        if not paid:
            self._rules = (), (list(range(k)), self._rule(everything, self._places, k))
        elif self._direct:
            rule = self._rule(everything, self._places, k, self.results_[0], self._values)
            self._rules = (), (list(range(k)), rule)
        else:
            self._rules = self._list_rules(among)
        self.program_ = self._program() if paid else None

    def _list_bits(self, counts, among):
        """Of a list: the program flag, which class is asked for where, the searches' bits.

        Where r > 2 classes are left, one is asked for or the list ends: log2(r+1) bits.
        """
        bits, left = float(codes.PROGRAM_FLAG), len(counts)
        for result in self.results_:
            bits += result.total_bits + (math.log2(left + 1) if left > 2 else 0)
            left -= 1
        if left > 1:
            bits += codes.table_bits(counts[among])[0] + (math.log2(left + 1) if left > 2 else 0)
        return bits

    def _list_rules(self, among):
        """(class, rule for it) of each search, and the rule for the classes that are left."""
        rules, rows = [], np.ones(len(self._places), bool)
        for place, result in zip(self._order, self.results_, strict=True):
            asked = (self._places[rows] == place).astype(int)
            rules.append((place, self._rule(rows, asked, 2, result, np.arange(2))))
            rows = rows & (self._places != place)
        rest = np.searchsorted(among, self._places[rows])
        return tuple(rules), (among, self._rule(rows, rest, len(among)))

    def _rule(self, rows, places, k, result=None, values=None):
        counts = np.bincount(places, minlength=k)
        if result is not None:
            return _Rule(counts, {}, result, values)
        seen = {}
        for key, place in zip(_keys(self._columns, rows), places.tolist(), strict=True):
            seen.setdefault(key, np.zeros(k))[place] += 1
        return _Rule(counts, seen)

    def _program(self):
        if self._direct:
            return _upright(self.results_[0])
        type_ = self._label_type
        if type_ == Bool:
            type_ = Int(0, len(self._values) - 1)
        values = [Program(Constant(type_.format(v), type_, v)) for v in self._values.tolist()]
        where = Primitive("where", np.where, (Bool, type_, type_), type_)
        among, rest = self._rules[1]
        program = values[among[int(np.argmax(rest.counts))]]
        for place, result in reversed(list(zip(self._order, self.results_, strict=True))):
            program = Program(where, (_upright(result), values[place], program))
        return program

    def __getstate__(self) -> dict[str, Any]:
        # The functions of a DSL cannot all be pickled; it is made again, and reads the texts.
        state = dict(super().__getstate__())
        if "results_" in state:
            kept = [(replace(r, best=None), r.best and r.best.text) for r in state["results_"]]
            state["results_"] = kept
            for derived in ("_rules", "program_"):
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


@dataclass(frozen=True)
class _Rule:
    """How labels are predicted: by a result's program, or from labels counted.

    counts: of the k labels (k,); seen: the same for rows of the same inputs, by `_keys`;
    values: what the program says for each label (k,).
    """

    counts: np.ndarray
    seen: dict
    result: Result | None = None
    values: np.ndarray | None = None

    def probabilities(self, columns, rows):
        """Of each label for each row: float64 (rows, k)."""
        k = len(self.counts)
        found = np.tile((self.counts + 1) / (self.counts.sum() + k), (rows, 1))
        if self.result is None:
            for row, key in enumerate(_keys(columns, slice(None)) if self.seen else ()):
                if key in self.seen:
                    counts = self.seen[key]
                    found[row] = (counts + 1) / (counts.sum() + k)
            return found
        task, program = self.result.trained_on, self.result.program
        encoded = task.express(columns) if task.source is not None else columns
        said, defined = self.result.best.outputs(encoded)
        said = said.astype(self.result.best.type.number)
        if program.inverted:
            said = sum(task.alphabet) - said
        n = self.counts.sum()
        wrong = (program.exceptions + 1) / (n + 2)
        hits = (said[:, None] == self.values) & defined[:, None]
        known = hits.any(axis=1)
        found[known] = np.where(hits[known], 1 - wrong, wrong / (k - 1))
        return found


def _kinds(X):  # noqa: N803
    """The kinds of the dtypes of a data frame's columns; None where it is none."""
    if not (hasattr(X, "columns") and hasattr(X, "dtypes")):
        return None
    found = [getattr(dtype, "kind", None) for dtype in X.dtypes]
    return found if all(kind in ("b", "i", "u", "f") for kind in found) else None


def _refuse_texts(X):  # noqa: N803
    """Raises SettingError that names a data frame's first column of texts."""
    if not (hasattr(X, "columns") and hasattr(X, "dtypes")) or len(set(X.columns)) < X.shape[1]:
        return
    for name, dtype in zip(X.columns, X.dtypes, strict=True):
        if getattr(dtype, "kind", None) in ("b", "i", "u", "f"):
            continue
        for cell in X[name]:
            if isinstance(cell, str) and not _is_number(cell):
                raise SettingError(
                    f"column {name} has texts, such as {cell!r}; allowed: numbers and truth "
                    "values, which an encoder makes of them (pandas.get_dummies, OneHotEncoder)"
                )


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def _keys(columns, rows):
    """What is alike for rows of the same inputs: bytes, one a row."""
    table = np.stack([c[rows].astype(float) for c in columns.values()], axis=1)
    return [row.tobytes() for row in table]


def _upright(result):
    """The program of a result, with a `~` before it where it is read as its opposite."""
    if not result.program.inverted:
        return result.best
    return Program(Primitive("not_", np.logical_not, (Bool,), Bool, symbol="~"), (result.best,))
