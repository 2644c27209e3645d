"""Enumeration without labels: every distinct behaviour of a type, cheapest program first."""

from collections.abc import Mapping
from typing import Self, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.engine.enumerator import Enumerator
from synth.engine.interrupts import interrupts
from synth.engine.limits import LimitSettings, read_limits
from synth.engine.watch import Watch
from synth.errors import SettingError
from synth.language import Grammar, Program, Type, checked_columns, root_type
from synth.records import Level, StopReason
from synth.report import least_bits


def enumerate_programs(
    grammar: Grammar,
    columns: Mapping[str, ArrayLike],
    *,
    type: Type | None = None,
    **limits: Unpack[LimitSettings],
) -> "Enumeration":
    """Find every distinct behaviour of a type on some columns, cheapest program first.

    Parameters
    ----------
    grammar : Grammar
        The grammar.
    columns : mapping of str to array_like, shape (rows,)
        Input names and values.
    type : Type, optional
        The type of the programs; by default the grammar's only type.
    **limits
        See `Limits`; `seconds` is unlimited by default.

    Returns
    -------
    Enumeration
        Behaviours that only programs beyond a limit have are missing; see its `stop_reason`.

    Raises
    ------
    DSLError
        If the grammar has no such type, or a column is missing.
    SettingError
        If a limit is outside its range.
    """
    type = root_type(grammar, type)
    bounds = read_limits({"seconds": None, **limits})
    columns = checked_columns(grammar, columns)
    with interrupts() as interrupted:
        engine = Enumerator(grammar, columns, type, Watch(bounds, interrupted))
        while engine.stop_reason is None:
            engine.advance()
        if interrupted():  # as late as that, it is for who goes on with this
            engine.stop_reason = StopReason.INTERRUPTED
    return Enumeration(engine)


class Enumeration:
    """What `enumerate_programs` found.  Behaviours are numbered from 0 in order of bits.

    Attributes
    ----------
    levels : tuple of Level
        One for each exact cost, over all types.
    stop_reason : StopReason
        Why the enumeration ended.
    certified_bits : float or None
        All programs of up to so many bits were made; None for all programs.
    candidates : int
        The number of programs that were made.
    """

    levels: tuple[Level, ...]
    stop_reason: StopReason
    certified_bits: float | None
    candidates: int

    def __init__(self, engine: Enumerator) -> None:
        self._engine = engine
        self.levels = engine.level_records()
        self.stop_reason = StopReason(engine.stop_reason or "")
        self.certified_bits = engine.certified_bits
        self.candidates = engine.candidates

    def __len__(self) -> int:
        return len(self._engine.bank)

    def __repr__(self) -> str:
        return f"Enumeration({len(self)} behaviours, stopped: {self.stop_reason})"

    def whole(self) -> Self:
        """This enumeration, if no limit other than `max_bits` ended it.

        Raises
        ------
        KeyboardInterrupt
            If Ctrl-C ended it.
        SettingError
            If another limit ended it, so that programs are missing.
        """
        if self.stop_reason == StopReason.INTERRUPTED:
            raise KeyboardInterrupt
        if self.stop_reason not in (StopReason.EXHAUSTED, StopReason.MAX_BITS):
            bound = self.certified_bits
            known = "" if bound is None else f" beyond {least_bits(bound)} bits"
            raise SettingError(
                f"programs{known} are missing, since {self.stop_reason} ended their enumeration; "
                "allowed: fewer bits, or more of that"
            )
        return self

    @property
    def bits(self) -> NDArray[np.float64]:
        """The bits of the cheapest program of each behaviour, float64 (len(self),)."""
        return self._engine.row_bits(0, len(self))

    @property
    def values(self) -> np.ndarray:
        """The values of each behaviour, (len(self), rows) of the type's dtype."""
        return self._engine.bank.values(0, len(self))

    def program(self, i: int) -> Program:
        """The cheapest program of behaviour i; of several, the first in canonical order."""
        if not -len(self) <= i < len(self):
            raise IndexError(f"behaviour {i}; allowed: 0..{len(self) - 1}")
        return self._engine.program(i % len(self))
