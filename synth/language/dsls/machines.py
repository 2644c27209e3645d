"""The smallest machine: a finite automaton that reads a string letter by letter.

A program is one machine, such as `machine['10 01 / 10'](xs)`.  It begins in state 0.  The first
word says where it goes from there: to state 1 with the first letter, to state 0 with the second.
The second word says this for state 1.  After the slash is the label of each state.

The bits of a machine say how many states it has, which of all connected machines of so many states
it is, and the label of each state.  All machines are made in order of their states, and the labels
are solved: the most frequent training label of each state.  So the shortest machine, exceptions
included, is found and proven up to the number of bits that the answer says.
"""

from synth.errors import DSLError
from synth.language.dsl import DSL
from synth.language.machines import Machines
from synth.language.types import Bool, Str


def fits(types):
    """Whether all columns are strings of the same letters, and labels truth values or residues."""
    *columns, label = types
    alike = all(t == columns[0] and t.letters for t in columns)
    return bool(columns) and alike and label.family in ("Bool", "Mod")


def build(types=()):
    """The DSL of machines over strings.

    Parameters
    ----------
    types : sequence of Type
        The types of the task's columns and labels, the labels' type last: strings of the same
        letters, and labels of Bool or Mod.
    """
    types = types or (Str("01"), Bool)
    if not fits(types):
        given = ", ".join(map(str, types[:-1]))
        raise DSLError(
            f"machines: columns of {given}, labels of {types[-1]}; allowed: strings of the same "
            "letters, and labels of Bool or Mod"
        )
    *columns, label = types
    dsl = DSL("machines", types=(columns[0], label), description=__doc__)
    dsl.family = Machines(columns[0], label)
    return dsl
