"""A family of primitives that are too many to be listed: each is known by its name.

A grammar reserves a share of each result type for the whole family, as for one leaf of the type
(weight 1, with the DSL's `leaf_probability`), and a member of it costs its own bits beside that.
"""

from typing import Protocol

from synth.language.primitive import Primitive
from synth.language.types import Type


class Family(Protocol):
    """What a DSL needs to know of a family; see `synth.language.machines`."""

    @property
    def results(self) -> tuple[Type, ...]:
        """The types of the members' answers."""

    def units(self, item: object, unit: int) -> int | None:
        """The bits of a member of the family, `unit` units each; None of anything else."""

    def named(self, name: str) -> Primitive | None:
        """The member that has a name; None if there is none."""
