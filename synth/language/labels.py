"""Names as labels: any DSL that makes conditions becomes one that makes labels by them.

Labels that are names, such as species, are values of a `Label` type, with which no primitive
computes.  A DSL is extended by each label as a constant and by `where`, which says one of two
labels as a condition decides.  So lists of rules and trees are programs like any other, and the
grammar prices them: a label has 1 + log2 k bits among k, and a `where` 1 bit beside its operands,
unless the DSL sets `leaf_probability`.
"""

import itertools
from copy import copy
from dataclasses import replace
from functools import partial

import numpy as np

from synth.language.columns import TypedColumns
from synth.language.dsl import DSL
from synth.language.types import Bool, Type


def is_label(types) -> bool:
    """Whether labels are names.

    Parameters
    ----------
    types : sequence of Type
        The types of columns and of the labels, the labels' type last; may be empty.
    """
    return bool(types) and types[-1].family == "Label"


def labelled(dsl: DSL, type_: Type) -> DSL:
    """A copy of a DSL that makes labels; the DSL itself if it has their type already.

    Parameters
    ----------
    dsl : DSL
        A DSL that makes Bool, the conditions.
    type_ : Type
        A `Label` type.

    Raises
    ------
    DSLError
        If the DSL has no Bool.
    """
    if type_ in dsl.types:
        return dsl
    dsl.type_for(Bool)
    made = copy(dsl)
    made.types = [*dsl.types, type_]
    made.primitives, made.constants = list(dsl.primitives), list(dsl.constants)
    taken = {p.name for p in dsl.primitives}
    names = itertools.chain(["where"], (f"where{k}" for k in itertools.count(2)))
    free = next(name for name in names if name not in taken)
    made.add(np.where, f"Bool, {type_}, {type_} -> {type_}", name=free)
    for value in range(len(type_.names)):
        made.constant(value, type_)
    if dsl.prepare is not None:
        made.prepare = partial(_prepared, dsl.prepare)
    return made


def _prepared(prepare, given):
    """What `prepare` makes of a task's columns if the labels are Bool, as conditions are."""
    asked = replace(given, label_type=Bool)
    made = prepare(asked)
    if made is asked:
        return given
    if isinstance(made, TypedColumns) and made.label_type == Bool:
        return replace(made, label_type=given.label_type)
    return made
