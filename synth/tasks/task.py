"""A task: typed input columns, labels, and which rows are for training.

The labels of a task are values of its label type, so that a program's answer can
be compared with them; the alphabet lists the k values that labels can take.  Of a
type with more values than a task uses, it is what occurs in training: held-out
labels never influence a search.  A held-out label that is no value of the type is
marked as unknown, and every hypothesis is wrong on it.  A twin is the same inputs and
the same training rows with other labels.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import TaskError, TypeMismatchError
from synth.language import ALLOWED, INT_LIMIT, Int, Type, Weight


@dataclass(frozen=True, eq=False)
class Task:
    """Typed columns, labels and a training mask.

    name; columns: names to arrays (rows,); types: names to types; labels: values
    of `label_type` (rows,); train: bool (rows,), all if not given; given_alphabet:
    the label values there can be, at least 2 (if not given, all of a Bool or Mod
    type, and of an Int, Real or Complex type those that occur in training; Real and
    Complex labels count as equal where `Type.coarse` makes them so); label_names: what
    the label values stand for, a mapping, where they are numbers for something else;
    labelling: "true", or how the labels were made; unknown: bool (rows,), the held-out rows
    whose label is no value of `label_type` (none if not given), where `labels` has any value.
    Of an Int type, held-out labels may be outside low..high: its range is for training.

    Where a table's training rows decide what its labels are, read: the function of a training
    mask that makes `labels`, `label_type`, `label_names` and `unknown`.

    Where a DSL re-expressed the columns: input_weights, by which these share their
    probability (see `Grammar`); source: the task as it was; express: the function that
    made these columns of the source's, for unseen rows.

    Raises TaskError for no rows, no training row, columns of different lengths,
    one label only in training or labels outside the alphabet, and TypeMismatchError for
    types that are none and values of a wrong type.
    """

    name: str
    columns: dict[str, np.ndarray]
    types: Mapping[str, Type]
    labels: np.ndarray
    label_type: Type
    train: NDArray[np.bool_] = None  # type: ignore[assignment]  # an array once it is made
    given_alphabet: Sequence[Any] | None = None
    label_names: Mapping[Any, str] | None = None
    label: str = "label"
    labelling: str = "true"
    settings: dict[str, Any] = field(default_factory=dict)
    input_weights: Mapping[str, Weight] | None = None
    source: "Task | None" = None
    express: Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]] | None = field(
        default=None, repr=False
    )
    unknown: NDArray[np.bool_] = None  # type: ignore[assignment]  # as `train`
    read: Callable[[NDArray[np.bool_]], dict[str, Any]] | None = field(default=None, repr=False)
    alphabet: tuple[Any, ...] = field(init=False)

    if TYPE_CHECKING:  # what may be given is more than what is kept

        def __init__(
            self,
            name: str,
            columns: Mapping[str, ArrayLike],
            types: Mapping[str, Type],
            labels: ArrayLike,
            label_type: Type,
            train: ArrayLike | None = None,
            given_alphabet: Iterable[Any] | None = None,
            label_names: Mapping[Any, str] | None = None,
            label: str = "label",
            labelling: str = "true",
            settings: dict[str, Any] = ...,
            input_weights: Mapping[str, Weight] | None = None,
            source: "Task | None" = None,
            express: Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]] | None = None,
            unknown: ArrayLike | None = None,
            read: Callable[[NDArray[np.bool_]], dict[str, Any]] | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        if len(self.columns) == 0:  # a data frame has no truth value
            raise TaskError(f"task {self.name} has no input column; it needs one at least")
        for name in self.columns:
            if name not in self.types:
                raise TypeMismatchError(f"column {name} has no type; allowed: {ALLOWED}")
            if not isinstance(self.types[name], Type):
                shown = _type_text(self.types[name])
                raise TypeMismatchError(f"column {name}: type {shown}; allowed: {ALLOWED}")
        if not isinstance(self.label_type, Type):
            raise TypeMismatchError(f"label_type {_type_text(self.label_type)}; allowed: {ALLOWED}")
        columns = {str(n): self.types[n].check(c, f"column {n}") for n, c in self.columns.items()}
        given_labels = np.asarray(self.labels)
        rows = len(given_labels)
        for name, column in columns.items():
            if column.shape != (rows,):
                raise TaskError(
                    f"task {self.name}: column {name} has shape {column.shape}; "
                    f"allowed: ({rows},), as many as labels"
                )
        if rows == 0:
            raise TaskError(f"task {self.name} has no rows; it needs one at least")
        train = np.ones(rows, bool) if self.train is None else np.asarray(self.train)
        if train.dtype != np.bool_ or train.shape != (rows,):
            raise TaskError(f"task {self.name}: train must be bool of shape ({rows},)")
        if not train.any():
            raise TaskError(f"task {self.name}: the training set has 0 rows; allowed: 1..{rows}")
        unknown = np.zeros(rows, bool) if self.unknown is None else np.asarray(self.unknown)
        if unknown.dtype != np.bool_ or unknown.shape != (rows,):
            raise TaskError(f"task {self.name}: unknown must be bool of shape ({rows},)")
        if (unknown & train).any():
            raise TaskError(
                f"task {self.name}: {(unknown & train).sum()} training labels are no values of "
                f"{self.label_type}; allowed: unknown labels in held-out rows"
            )
        self.label_type.check(given_labels[train], f"label column {self.label}")
        labels = _wide(self.label_type).check(given_labels, f"label column {self.label}")
        number = self.label_type.number
        if self.given_alphabet is not None:
            given = self.label_type.check(list(self.given_alphabet), "given_alphabet")
            alphabet = tuple(np.unique(given.astype(number)).tolist())
            outside = labels[~np.isin(self._compared(labels), self._compared(alphabet))]
            if outside.size:
                raise TaskError(
                    f"task {self.name}: label {outside[0]} is not among the label values"
                )
        elif self.label_type.family == "Int" or self.label_type.inexact:
            places = np.unique(self._compared(labels[train]), return_index=True)[1]
            alphabet = tuple(labels[train][places].tolist())
        else:
            alphabet = tuple(range(int(self.label_type.size)))
        if len(alphabet) < 2:
            raise TaskError(
                f"task {self.name}: one label value only ({alphabet[0]}); "
                "allowed: 2 and more among the training rows"
            )
        for key, value in (
            ("columns", columns), ("labels", labels), ("train", train), ("unknown", unknown),
            ("alphabet", alphabet),
        ):  # fmt: skip
            object.__setattr__(self, key, value)

    def __repr__(self) -> str:
        return f"Task({self.name!r}, {self.rows} rows, {self.training} for training)"

    @property
    def rows(self) -> int:
        """How many rows there are, held-out ones too."""
        return len(self.labels)

    @property
    def training(self) -> int:
        """The number n of training rows."""
        return int(self.train.sum())

    def counts(self) -> NDArray[np.int64]:
        """How often each label value occurs in training, int64 (k,)."""
        return np.bincount(self.places(), minlength=len(self.alphabet))

    def places(self) -> NDArray[np.int64]:
        """Where in the alphabet each training label stands, int64 (n,)."""
        labels = self._compared(self.labels[self.train])
        return np.searchsorted(self._compared(self.alphabet), labels)

    def _compared(self, values: ArrayLike) -> np.ndarray:
        """Label values as numbers, by as many of their bits as labels are compared by."""
        return self.label_type.coarse(np.asarray(values, self.label_type.number))

    def label_text(self, value: Any) -> str:
        """How a label value is written in the task's own words."""
        if self.label_names is not None:
            return self.label_names[int(value)]
        return self.label_type.format(value)

    def encode(self, columns: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Typed columns from columns as a table has them: `colour=red` from `colour`.

        Where a DSL re-expressed the columns, they are given as they were before.
        Raises TypeMismatchError for a column that is missing or of a wrong type.
        """
        if self.source is not None and self.express is not None:
            return self.express(self.source.encode(columns))
        encoded = {}
        for name, type_ in self.types.items():
            source, equals, value = name.rpartition("=")
            if name not in columns and equals and source in columns:
                encoded[name] = np.array([str(v) == value for v in columns[source]])
            elif name in columns:
                encoded[name] = _wide(type_).check(columns[name], f"column {name}")
            else:
                given = ", ".join(map(str, columns))
                raise TypeMismatchError(f"no column {name}; given: {given}")
        return encoded

    @property
    def original(self) -> "Task":
        """The task before a DSL re-expressed its columns; itself where none did."""
        if self.source is None:
            return self
        return self.source.relabelled(self)

    def relabelled(self, other: "Task") -> "Task":
        """The same task with the labels of another one of the same rows."""
        return replace(self, labels=other.labels, labelling=other.labelling, unknown=other.unknown)

    @property
    def unseen(self) -> NDArray[np.bool_]:
        """The held-out rows whose label is none of the alphabet, bool (rows,)."""
        return self.unknown | ~np.isin(self._compared(self.labels), self._compared(self.alphabet))

    def right(self, said: np.ndarray, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Where label values said of some rows, (..., m), are their labels, of the same shape.

        rows: bool (rows,) with m of them.  On an unknown label nothing is right.
        """
        same = self._compared(said) == self._compared(self.labels[rows])
        return same & ~self.unknown[rows]

    def majority(self) -> Any:
        """The most frequent training label, ties to the smallest."""
        return self.alphabet[int(np.argmax(self.counts()))]

    def split(self, train: int | float, seed: int = 0) -> "Task":
        """The same task with other training rows: a fraction (float) or a count (int).

        Columns that a DSL made of the training rows are as they were before it did.  What the
        labels of a table are is read anew; labels that were made otherwise, those of a twin,
        keep their type.
        """
        mask = training_mask(self.rows, train, seed)
        task = self.original
        settings = {**task.settings, "train": train, "seed": seed}
        return replace(task, train=mask, settings=settings, **task._read_with(mask))

    def _read_with(self, train: NDArray[np.bool_]) -> dict[str, Any]:
        """What the table's labels are with other training rows; nothing for other labels."""
        if self.read is None:
            return {}
        now = self.read(self.train)
        if any(not np.array_equal(now[k], getattr(self, k)) for k in ("labels", "unknown")):
            return {}
        try:
            return self.read(train)
        except TaskError as error:
            raise TaskError(f"task {self.name}: {error}") from None

    def permuted(self, seed: int = 0) -> "Task":
        """The twin whose training labels are permuted among the training rows.

        Held-out labels are permuted among the held-out rows.  Label counts, and so
        the bits of the tables, stay as they are: only what goes with what is lost.
        """
        generator = stream(seed, 1)
        order = np.arange(self.rows)
        for part in (self.train, ~self.train):
            order[part] = generator.permutation(order[part])
        return self._twin(self.labels[order], "permuted", self.unknown[order])

    def uniform(self, seed: int = 0) -> "Task":
        """The twin whose labels are drawn uniformly from the alphabet."""
        return self._twin(
            self._drawn(stream(seed, 2), self.rows), "uniform", np.zeros(self.rows, bool)
        )

    def corrupted(self, fraction: float, seed: int = 0) -> "Task":
        """The twin in which a fraction of the training labels is drawn anew, uniformly.

        Held-out labels stay true; a label drawn anew may be the same one again.
        """
        if not 0 <= fraction <= 1:
            raise TaskError(f"corrupt {fraction}: the fraction must be 0..1")
        generator = stream(seed, 3)
        rows = np.flatnonzero(self.train)
        chosen = generator.permutation(rows)[: round(fraction * len(rows))]
        labels = self.labels.copy()
        labels[chosen] = self._drawn(generator, len(chosen))
        return self._twin(labels, f"corrupted {fraction:g}", self.unknown)

    def _drawn(self, generator: np.random.Generator, count: int) -> np.ndarray:
        return generator.choice(np.array(self.alphabet), count).astype(self.label_type.dtype)

    def _twin(self, labels: np.ndarray, labelling: str, unknown: NDArray[np.bool_]) -> "Task":
        return replace(self, labels=labels, labelling=labelling, unknown=unknown)


def _wide(type_: Type) -> Type:
    """The type of a column's further values: the numbers of an Int column are a sample."""
    return Int(-INT_LIMIT, INT_LIMIT) if type_.family == "Int" else type_


def _type_text(given: Any) -> str:
    """What was given as a type, as it is written: `int` or `Int`, where that is a name."""
    return str(getattr(given, "__name__", repr(given)))


def training_mask(rows: int, train: int | float, seed: int = 0) -> NDArray[np.bool_]:
    """bool (rows,) with a fraction (float, 0..1) or a count (int) of rows for training."""
    if isinstance(train, (float, np.floating)):
        if not 0 <= train <= 1:
            raise TaskError(f"train {train}: a fraction must be 0..1, or a whole number of rows")
        train = round(train * rows)
    if not 1 <= train <= rows:
        raise TaskError(f"train: a training set of {train} rows; allowed: 1..{rows}")
    mask = np.zeros(rows, bool)
    mask[stream(seed, 0).permutation(rows)[:train]] = True
    return mask


def stream(seed: int, purpose: int) -> np.random.Generator:
    """One stream a seed and purpose, so that no two draws of a task share one."""
    if seed < 0:
        raise TaskError(f"seed {seed}: allowed: 0 and more")
    return np.random.default_rng(np.random.SeedSequence(int(seed), spawn_key=(purpose,)))
