"""Typed columns without labels: what a DSL's `prepare` takes and returns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.language.meaning import Term
from synth.language.primitive import Weight
from synth.language.types import Type


@dataclass(frozen=True, eq=False)
class TypedColumns:
    """The input columns of a table, and what is known of its labels before any is read.

    A DSL's `prepare` returns a copy with other columns for the same rows, made with
    `dataclasses.replace`, or the object it was given if there is nothing to do.

    Parameters
    ----------
    name : str
        The task's name, for messages.
    columns : mapping of str to ndarray, shape (rows,)
        Column names and values.
    types : mapping of str to Type
        The type of each column.
    train : ndarray of bool, shape (rows,)
        The training rows.  Thresholds and the like may depend on these rows only.
    label : str
        The name of the label column, for messages.
    label_type : Type
        The type of the labels.
    label_values : tuple of str
        The values that labels can take, as texts.
    weights : mapping of str to Weight, optional
        Shares of probability among the columns (see `Grammar`).
    express : callable, optional
        Makes the new columns from a mapping of the old ones, for unseen rows.
    settings : dict
        How the columns were made, for the settings of a result.
    meanings : mapping of str to Term, optional
        What the new columns say of the old ones, for rules in words and in other languages.
    units : mapping of str to str
        What the numbers of columns count, if the table says it: `$`, or the part of a date.
    lags : int, optional
        If the labels are a sequence: how many labels before each are to be columns too.  They are
        added for training rows alone.  None if the labels are no sequence.
    """

    name: str
    columns: Mapping[str, np.ndarray]
    types: Mapping[str, Type]
    train: NDArray[np.bool_]
    label: str
    label_type: Type
    label_values: tuple[str, ...]
    weights: Mapping[str, Weight] | None = None
    express: Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]] | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    meanings: Mapping[str, Term] | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    lags: int | None = None
