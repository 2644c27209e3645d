"""A claim of a run, and what became of it."""

import math
from dataclasses import dataclass
from typing import Any

#: Bits that differ by less differ by rounding only.
NEAR = 1e-7


@dataclass(frozen=True)
class Claim:
    """One claim.

    Parameters
    ----------
    what : str
        What is claimed: the field of the document, with its path.
    holds : bool or None
        Whether it holds. None if that is not decided.
    said : object
        What the document says.
    found : object
        What was computed, or a sentence about it.
    """

    what: str
    holds: bool | None
    said: Any
    found: Any


class Claims:
    """The claims of one record, in the order in which they were looked at.

    Parameters
    ----------
    prefix : str
        What stands before the names of fields.
    """

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.made: list[Claim] = []

    def check(self, what: str, holds: bool | None, said: Any, found: Any) -> bool:
        """Note a claim; whether it holds."""
        holds = None if holds is None else bool(holds)
        self.made.append(Claim(self.prefix + what, holds, said, found))
        return bool(holds)

    def equal(self, what: str, said: Any, found: Any) -> bool:
        """Note that two values must be equal."""
        return self.check(what, said == found, said, found)

    def near(self, what: str, said: float | None, found: float | None) -> bool:
        """Note that two lengths in bits, or two accuracies, must be equal up to rounding."""
        return self.check(what, is_near(said, found), said, found)

    def ratio(self, what: str, said: float, found: float) -> bool:
        """Note that two probabilities must be equal up to rounding."""
        return self.check(what, math.isclose(said, found, rel_tol=1e-6), said, found)

    def open(self, what: str, said: Any, why: str) -> None:
        """Note a claim that is not decided, and why."""
        self.check(what, None, said, why)

    def each(self, what: str, faults: list[tuple[str, Any, Any]], count: int, of: str) -> bool:
        """Note the faults of a list, each as a claim of its own; or one claim for the whole list.

        faults: (where, said, found) of each.
        """
        for where, said, found in faults:
            self.check(f"{what}{where}", False, said, found)
        if not faults:
            self.check(what, True, f"{count} {of}", "")
        return not faults


def is_near(said: float | None, found: float | None) -> bool:
    """Whether two numbers are equal up to rounding, or both None."""
    if said is None or found is None:
        return said is found
    return abs(said - found) <= NEAR
