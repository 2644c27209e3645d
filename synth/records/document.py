"""Documents: the JSON form of a record, and the errors of one that cannot be read back."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from synth.errors import RunError

#: The format that a saved run states.
FORMAT = "synth-run-1"


def plain(value: Any) -> Any:
    """A value as JSON has it: Python numbers, texts, lists and dicts.

    Parameters
    ----------
    value : object
        Numbers, texts, NumPy arrays and scalars, sequences, dicts and dataclasses, nested
        at will.

    Returns
    -------
    object
        The same as plain data. A number that is not finite becomes None.

    Raises
    ------
    TypeError
        If a part has no counterpart in JSON.
    """
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int)):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    raise TypeError(f"{value!r} is not JSON-serialisable")


def contents(document: dict[str, Any]) -> dict[str, Any]:
    """The fields of the record that a document holds, without its format and kind."""
    return {k: v for k, v in document.items() if k not in ("format", "kind")}


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Raises a RunError in place of the errors that a wrong document causes.

    Parameters
    ----------
    what : str
        The kind of record that is being read, as the message names it.
    """
    try:
        yield
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise RunError(f"not a saved {what}: {' '.join(str(error).split())}") from None
