"""Enumeration without labels: every distinct behaviour of a type, cheapest program first."""

from collections.abc import Mapping
from typing import Self, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.engine.enumerator import Enumerator
from synth.engine.limits import LimitSettings, interrupts, read_limits
from synth.engine.watch import Watch
from synth.errors import SettingError
from synth.language import Grammar, Program, Type, checked_columns, root_type
from synth.records import Level, StopReason


def enumerate_programs(
    grammar: Grammar,
    columns: Mapping[str, ArrayLike],
    *,
    type: Type | None = None,
    **limits: Unpack[LimitSettings],
) -> "Enumeration":
    """Every distinct behaviour of a type on columns, cheapest program first.

    columns: a mapping of input names to arrays (rows,); type: the one type of the
    grammar unless given.  Returns an `Enumeration`.  Behaviours that only programs
    beyond a limit have are not in it; see its `stop_reason`.
    """
    type = root_type(grammar, type)
    bounds = read_limits({"seconds": None, **limits})
    columns = checked_columns(grammar, columns)
    with interrupts() as interrupted:
        engine = Enumerator(grammar, columns, type, Watch(bounds, interrupted))
        while engine.stop_reason is None:
            engine.advance()
    return Enumeration(engine)


class Enumeration:
    """What `enumerate_programs` found; behaviours are numbered 0.. in order of bits.

    levels: a `Level` an exact cost, over all types; stop_reason: as of a `Result`;
    certified_bits: every program up to so many bits is accounted for (None: all).
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
        """Itself, where no limit but that of bits ended it: else programs are missing.

        Raises KeyboardInterrupt after Ctrl-C, SettingError after another limit.
        """
        if self.stop_reason == StopReason.INTERRUPTED:
            raise KeyboardInterrupt
        if self.stop_reason not in (StopReason.EXHAUSTED, StopReason.MAX_BITS):
            known = "" if self.certified_bits is None else f" beyond {self.certified_bits:g} bits"
            raise SettingError(
                f"programs{known} are missing, since {self.stop_reason} ended their enumeration; "
                "allowed: fewer bits, or more of that"
            )
        return self

    @property
    def bits(self) -> NDArray[np.float64]:
        """Of the cheapest program of each behaviour, float64 (len(self),)."""
        return self._engine.row_bits(0, len(self))

    @property
    def values(self) -> np.ndarray:
        """The behaviours, (len(self), rows) of the type's dtype."""
        return self._engine.bank.values(0, len(self))

    def program(self, i: int) -> Program:
        """The cheapest program of behaviour i, ties to the first in canonical order."""
        if not -len(self) <= i < len(self):
            raise IndexError(f"behaviour {i}; allowed: 0..{len(self) - 1}")
        return self._engine.program(i % len(self))
