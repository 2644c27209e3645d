"""Learning a library: abstractions are added and dropped as long as the total falls.

The total is the length of the library's code (`abstraction`) plus every task's hypothesis
(`corpus`), in whole units of 1/1024 bit. Each step adds the pattern that lowers the total most,
among all patterns of the current programs (`patterns`). It then rewrites all programs by the
prices of the enlarged DSL. Before each step, abstractions that no longer pay are written out
again, for instance those that a later one replaces.
"""

from dataclasses import dataclass, replace

from synth.errors import SettingError
from synth.language import UNIT
from synth.library.abstraction import Library, inlined, rebound
from synth.library.corpus import corpus_units
from synth.library.patterns import Patterns

#: The default of the largest number of holes of a pattern.
MOST_HOLES = 3


@dataclass(frozen=True)
class Step:
    """One change of a library.

    Parameters
    ----------
    kind : str
        "added" or "dropped".
    text : str
        The abstraction's definition as text.
    before, after : float
        The total before and after the step, in bits.
    """

    kind: str
    text: str
    before: float
    after: float


@dataclass(frozen=True)
class Learned:
    """A library and the programs written in it.

    Parameters
    ----------
    library : Library
        The library.
    corpus : tuple of Solved
        The tasks with their programs in the library's DSL.
    steps : tuple of Step
        The changes that led to it.
    """

    library: Library
    corpus: tuple
    steps: tuple

    @property
    def bits(self):
        """The total of the library and all hypotheses, in bits."""
        return total_units(self.library, self.corpus) / UNIT


def total_units(library, corpus):
    """Units of a library and of all hypotheses of a corpus in its DSL."""
    return library.units + corpus_units(library.dsl, corpus)


def learn(library, corpus, *, most_holes=MOST_HOLES):
    """Learns a library from a corpus, step by step; the total falls with every step.

    Parameters
    ----------
    library : Library
        The library to start from.
    corpus : iterable of Solved
        Tasks with programs in its DSL.
    most_holes : int, optional
        The largest number of holes of a pattern, at least 1.

    Returns
    -------
    Learned

    Raises
    ------
    SettingError
        If `most_holes` is not an integer of at least 1.
    """
    if not isinstance(most_holes, int) or most_holes < 1:
        raise SettingError(f"most_holes={most_holes!r}; allowed: integers of at least 1")
    now = Learned(library, tuple(one.bound(library.dsl) for one in corpus), ())
    while (after := _dropped(now) or _added(now, most_holes)) is not None:
        now = after
    return now


def _added(now, most_holes):
    """The result of adding the best abstraction, or None if none lowers the total."""
    library = now.library
    patterns = Patterns(library.dsl, now.corpus, most_holes)
    pattern = patterns.best(corpus_units(library.dsl, now.corpus))
    if pattern is None:
        return None
    holes = library.hole_names(len(pattern.holes))
    one = patterns.abstraction(pattern, library.free_name(), holes)
    larger = library.added(one)
    programs = patterns.rewritten(pattern, larger.dsl)
    return _stepped(now, "added", one, larger, programs)


def _dropped(now):
    """The result of dropping the abstraction whose removal lowers the total most, or None."""
    best = None
    for one in now.library.abstractions:
        smaller = now.library.without(one.name)
        programs = [p.program and inlined(p.program, one) for p in now.corpus]
        after = _stepped(now, "dropped", one, smaller, programs)
        if best is None or after.bits < best.bits:
            best = after
    return best if best is not None and best.bits < now.bits else None


def _stepped(now, kind, one, library, programs):
    corpus = tuple(
        replace(solved, program=program and rebound(program, solved.grammar(library.dsl)))
        for solved, program in zip(now.corpus, programs, strict=True)
    )
    after = total_units(library, corpus) / UNIT
    steps = (*now.steps, Step(kind, one.text, now.bits, after))
    return Learned(library, corpus, steps)
