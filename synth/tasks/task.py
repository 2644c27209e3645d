"""A task: typed input columns, labels, and which rows are for training.

Labels are values of the label type, so that programs can be compared with them.  The alphabet lists
the k values that labels can take.  For a type with more values than a task uses, these are the
values that occur in training: held-out labels never influence a search.  A held-out label that is
not a value of the label type is unknown: every hypothesis is wrong on it.
"""

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Sequence as Listed
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import TaskError, TypeMismatchError, listed
from synth.language import Term, Type, Weight, array_of, columns_of, refuse_other_index
from synth.report import definitions
from synth.tasks import sequences, twins
from synth.tasks.frames import frame_fields
from synth.tasks.origin import Origin
from synth.tasks.sequences import Sequence
from synth.tasks.splits import read_again, training_mask
from synth.tasks.values import alphabet_of, check_types, checked, compared, wide


@dataclass(frozen=True, eq=False)
class Task:
    """Typed columns, labels and a training mask.

    Parameters
    ----------
    name : str
        The name of the task.
    columns : mapping of str to array_like, shape (rows,), or data frame
        The input columns.  Series that have an index must have the same.  NaN in a Real column is
        a missing value.
    types : mapping of str to Type
        The type of each column.
    labels : array_like, shape (rows,)
        Values of `label_type`.  Held-out labels of an Int type may be outside low..high, since
        the range comes from training rows.
    label_type : Type
        The type of the labels.
    train : array_like of bool, shape (rows,), optional
        The training rows; by default all.
    given_alphabet : iterable, optional
        The values that labels can take, at least 2.  By default all values of a Bool or Mod
        type; of an Int, Real or Complex type, the values that occur in training, where Real and
        Complex labels are equal if `Type.coarse` makes them equal.
    label_names : mapping, optional
        What each label value stands for, if labels are numbers for something else.  By default
        the names of a Label type.
    label : str
        The name of the label column.
    labelling : str
        "true", or how the labels were made.
    settings : dict
        How the task was made.
    input_weights : mapping of str to Weight, optional
        If a DSL re-expressed the columns: their shares of probability (see `Grammar`).
    source : Task, optional
        If a DSL re-expressed the columns: the task before that.
    express : callable, optional
        If a DSL re-expressed the columns: makes them from the source's, for unseen rows.
    unknown : array_like of bool, shape (rows,), optional
        The held-out rows whose label is not a value of `label_type`; their entries in `labels`
        are arbitrary.  By default none.
    read : callable, optional
        If the labels of a table depend on its training rows: takes a training mask and returns
        the `labels`, `label_type`, `label_names` and `unknown` that belong to it.
    origin : Origin, optional
        How the task can be made again; None if it was made in Python.
    derive, meanings : callable and mapping of str to Term, optional
        If columns were made from those of a table: what makes them, or those in its argument
        `only`, and what they say of the table's.
    notes : tuple of str
        What was left out or set aside when a table was read.
    is_table : bool
        Whether it is a table of people: it has no DSL of its own, and several are searched.
    choose : callable, optional
        Takes a fraction or a number, and a seed; returns the training mask.  By default at random.
    sequence : Sequence, optional
        If the labels are the terms of a sequence: all of them, and how many lags are inputs.

    Attributes
    ----------
    alphabet : tuple
        The values that labels can take, sorted.

    Raises
    ------
    TaskError
        If there are no rows, no training rows, columns of different lengths, only one label
        value in training, or labels outside the alphabet.
    TypeMismatchError
        If a type is not a `Type`, or a value is not of its type.
    """

    name: str
    columns: dict[str, np.ndarray]
    types: Mapping[str, Type]
    labels: np.ndarray
    label_type: Type
    train: NDArray[np.bool_] = None  # type: ignore[assignment]  # always an array after __init__
    given_alphabet: Listed[Any] | None = None
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
    origin: Origin | None = field(default=None, repr=False)
    derive: Callable[..., dict[str, np.ndarray]] | None = field(default=None, repr=False)
    meanings: Mapping[str, Term] | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()
    is_table: bool = False
    choose: Callable[[int | float, int], NDArray[np.bool_]] | None = field(default=None, repr=False)
    sequence: Sequence | None = field(default=None, repr=False)
    alphabet: tuple[Any, ...] = field(init=False)

    if TYPE_CHECKING:  # arguments may have more types than the fields

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
            origin: Origin | None = None,
            derive: Callable[..., dict[str, np.ndarray]] | None = None,
            meanings: Mapping[str, Term] | None = None,
            notes: tuple[str, ...] = (),
            is_table: bool = False,
            choose: Callable[[int | float, int], NDArray[np.bool_]] | None = None,
            sequence: Sequence | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", columns_of(self.columns, f"task {self.name}"))
        check_types(self)
        series = {f"column {n}": c for n, c in self.columns.items()}
        refuse_other_index({"the label column": self.labels, "train": self.train, **series})
        columns = {str(n): checked(self.types[n], n, c) for n, c in self.columns.items()}
        given = array_of(self.labels, f"label column {self.label}")
        rows = len(given)
        for name, column in columns.items():
            if column.shape != (rows,):
                raise TaskError(
                    f"task {self.name}: column {name} has shape {column.shape}; "
                    f"allowed: ({rows},), one value for each label"
                )
        if rows == 0:
            raise TaskError(f"task {self.name} has no rows; allowed: 1 row or more")
        train = self._mask("train", self.train, rows, True)
        if not train.any():
            raise TaskError(f"task {self.name}: the training set has 0 rows; allowed: 1..{rows}")
        unknown = self._mask("unknown", self.unknown, rows, False)
        if (unknown & train).any():
            raise TaskError(
                f"task {self.name}: {(unknown & train).sum()} training labels are not values of "
                f"{self.label_type}; only labels of held-out rows may be unknown"
            )
        self.label_type.check(given[train], f"label column {self.label}")
        labels = wide(self.label_type).check(given, f"label column {self.label}")
        made = {
            "columns": columns,
            "labels": labels,
            "train": train,
            "unknown": unknown,
            "alphabet": alphabet_of(self, labels, train),
        }
        if self.label_names is None and self.label_type.names:
            made["label_names"] = dict(enumerate(self.label_type.names))
        for key, value in made.items():
            object.__setattr__(self, key, value)

    def _mask(self, what: str, given: Any, rows: int, default: bool) -> NDArray[np.bool_]:
        mask = np.full(rows, default) if given is None else array_of(given, what)
        if mask.dtype != np.bool_ or mask.shape != (rows,):
            raise TaskError(f"task {self.name}: {what} must be bool of shape ({rows},)")
        return mask

    def __repr__(self) -> str:
        return f"Task({self.name!r}, {self.rows} rows, {self.training} for training)"

    def _repr_html_(self) -> str:
        return definitions.task_html(self)

    @classmethod
    def from_frame(cls, frame: Any, name: str = "data frame", **options: Any) -> "Task":
        """Make a task of a data frame, whose columns are read as those of a file are.

        Parameters
        ----------
        frame : data frame
            Of pandas, polars or pyarrow, or a mapping of names to sequences.
        name : str
            The name of the task.
        **options
            The arguments of `read_table`, such as `label` and `train`.

        Raises
        ------
        TaskError
            If the frame cannot be used.
        """
        return cls(name, **frame_fields(frame, options))

    @property
    def rows(self) -> int:
        """The number of rows, including held-out rows."""
        return len(self.labels)

    @property
    def training(self) -> int:
        """The number n of training rows."""
        return int(self.train.sum())

    def counts(self) -> NDArray[np.int64]:
        """How often each value of the alphabet occurs in training, int64 (k,)."""
        return np.bincount(self.places(), minlength=len(self.alphabet))

    def places(self, rows: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """The index in the alphabet of the labels of some rows, by default the training rows.

        rows: bool (rows,); their labels are in the alphabet.
        """
        labels = self._compared(self.labels[self.train if rows is None else rows])
        return np.searchsorted(self._compared(self.alphabet), labels)

    def _compared(self, values: ArrayLike) -> np.ndarray:
        """Label values as numbers, rounded to the bits by which labels are compared."""
        return compared(self.label_type, values)

    def label_text(self, value: Any) -> str:
        """The text of a label value: its name if it has one."""
        if self.label_names is not None:
            return self.label_names[int(value)]
        return self.label_type.format(value)

    def encode(self, columns: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Make the task's typed columns from the columns of a table.

        Parameters
        ----------
        columns : mapping of str to array_like, shape (m,)
            Columns as in the table that the task was read from: `colour` rather than
            `colour=red`, and the original ones if a DSL re-expressed the columns.

        Returns
        -------
        dict of str to ndarray, shape (m,)

        Raises
        ------
        TypeMismatchError
            If a column is missing or has a value of a wrong type.
        """
        if self.source is not None and self.express is not None:
            return self.express(self.source.encode(columns))
        columns = columns_of(columns, "columns")
        if self.derive is not None:
            columns = self.derive(columns)
        lacking = [name for name in self.types if name not in columns]
        if lacking:
            raise TypeMismatchError(f"no column {lacking[0]}; given: {listed(map(str, columns))}")
        return {n: checked(wide(type_), n, columns[n]) for n, type_ in self.types.items()}

    @property
    def original(self) -> "Task":
        """The task before a DSL re-expressed its columns; the task itself if none did."""
        if self.source is None:
            return self
        return self.source.relabelled(self)

    def relabelled(self, other: "Task") -> "Task":
        """The same task with the labels of another task of the same rows."""
        if self.sequence is not None:
            return self  # its labels are inputs too, so that it was made for these
        kept = ("labels", "labelling", "unknown", "origin")
        return replace(self, **{key: getattr(other, key) for key in kept})

    @property
    def unseen(self) -> NDArray[np.bool_]:
        """The held-out rows whose label is not in the alphabet, bool (rows,)."""
        return self.unknown | ~np.isin(self._compared(self.labels), self._compared(self.alphabet))

    def right(self, predictions: np.ndarray, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether predictions equal the labels; never true if the label is unknown.

        Parameters
        ----------
        predictions : ndarray, shape (..., m)
            Label values.
        rows : ndarray of bool, shape (rows,)
            The m rows that they are predictions for.

        Returns
        -------
        ndarray of bool, shape (..., m)
        """
        same = self._compared(predictions) == compared(self.label_type, self.labels[rows])
        return same & ~self.unknown[rows]

    def majority(self) -> Any:
        """The most frequent training label; the smallest one if there are ties."""
        return self.alphabet[int(np.argmax(self.counts()))]

    def split(self, train: int | float, seed: int = 0) -> "Task":
        """The same task with other training rows.

        If a DSL re-expressed the columns, the new task has the original ones.  The labels of a
        table are read again; other labels, such as those of a twin, keep their type.

        Parameters
        ----------
        train : float or int
            The fraction (float) or the number (int) of training rows.
        seed : int
            The seed that chooses them.

        Raises
        ------
        TaskError
            If there would be no training rows or too many, or only one training label.
        """
        task = self.original
        mask = (task.choose or partial(training_mask, task.rows))(train, seed)
        settings = {**task.settings, "train": train, "seed": seed}
        origin = task.origin and task.origin.then("split", train, seed)
        read = read_again(task, mask)
        return replace(task, train=mask, settings=settings, origin=origin, **read)

    def permuted(self, seed: int = 0) -> "Task":
        """The twin whose labels are permuted, training and held-out rows separately.

        Label counts, and so the tables' bits, stay: only the pairing with inputs is destroyed.
        """
        order = twins.permuted_order(self.train, seed)
        to = {} if self.sequence is None else {"sequence": self.sequence.reordered(order)}
        return self._twin(self.labels[order], "permuted", self.unknown[order], seed, **to)

    def drawn(self, seed: int = 0) -> "Task":
        """The twin of a sequence whose terms are drawn from the code of its table."""
        return replace(self, **sequences.drawn_fields(self, seed))

    def uniform(self, seed: int = 0) -> "Task":
        """The twin whose labels are drawn uniformly from the alphabet, which it keeps."""
        known, values = self.unknown & False, self.alphabet
        labels = twins.uniform_labels(values, self.rows, seed).astype(self.label_type.dtype)
        return self._twin(labels, "uniform", known, seed, given_alphabet=values)

    def corrupted(self, fraction: float, seed: int = 0) -> "Task":
        """The twin in which a fraction of the training labels is replaced.

        New labels are drawn uniformly from the alphabet, so some may equal the old ones.
        Held-out labels stay true.

        Parameters
        ----------
        fraction : float
            The fraction of training labels to replace, 0..1.
        seed : int
            The seed that chooses the rows and their labels.

        Raises
        ------
        TaskError
            If the fraction is outside 0..1.
        """
        labels = twins.corrupted_labels(self.labels, self.train, self.alphabet, fraction, seed)
        return self._twin(labels, f"corrupted {fraction:g}", self.unknown, fraction, seed)

    def _twin(
        self, labels: np.ndarray, labelling: str, unknown: NDArray[np.bool_], *how: float, **to: Any
    ) -> "Task":
        sequences.check_labelling(self, labelling)
        origin = self.origin and self.origin.then(labelling.partition(" ")[0], *how)
        to |= {"labels": labels, "labelling": labelling, "unknown": unknown, "origin": origin}
        return replace(self, **to)
