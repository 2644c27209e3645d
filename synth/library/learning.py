"""Learning a library: abstractions are added, and dropped, as long as the total falls.

The total is the code of the library (`abstraction`) and of every task's hypothesis
(`corpus`), in whole units of 1/1024 bit.  Each step takes the pattern whose addition lowers
it most, of all patterns of the programs as they then are (`patterns`), and rewrites all of
them by the prices of the enlarged DSL.  Before it, abstractions that do not pay any more
(those that a later one took the place of, say) are written out again.
"""

from dataclasses import dataclass, replace

from synth.errors import SettingError
from synth.language import UNIT
from synth.library.abstraction import Library, inlined, rebound
from synth.library.corpus import corpus_units
from synth.library.patterns import Patterns

#: How many holes a pattern may have unless it is said.
MOST_HOLES = 3


@dataclass(frozen=True)
class Step:
    """One change of a library: "added" or "dropped", the abstraction's definition as text,
    and the total before and after it, in bits."""

    kind: str
    text: str
    before: float
    after: float


@dataclass(frozen=True)
class Learned:
    """library: a `Library`; corpus: the tasks with their programs in its DSL; steps."""

    library: Library
    corpus: tuple
    steps: tuple

    @property
    def bits(self):
        """The total: of the library and of all hypotheses."""
        return total_units(self.library, self.corpus) / UNIT


def total_units(library, corpus):
    """Units of a library and of all hypotheses of a corpus in its DSL."""
    return library.units + corpus_units(library.dsl, corpus)


def learn(library, corpus, *, most_holes=MOST_HOLES):
    """The library that a corpus leads to, step by step: `Learned`.

    library: a `Library` to begin with; corpus: `Solved` tasks with programs of its DSL;
    most_holes: of a pattern, at least 1.  The total falls with every step.
    """
    if not isinstance(most_holes, int) or most_holes < 1:
        raise SettingError(f"most_holes={most_holes!r}; allowed: 1 and more")
    now = Learned(library, tuple(one.bound(library.dsl) for one in corpus), ())
    while (after := _dropped(now) or _added(now, most_holes)) is not None:
        now = after
    return now


def _added(now, most_holes):
    """With the best abstraction more, or None where none lowers the total."""
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
    """Without the abstraction that lowers the total most by that, or None."""
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
