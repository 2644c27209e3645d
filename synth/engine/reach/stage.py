"""The stage: seeds, then chains that exchange their best programs, one round after another.

A fixed number of chains is worked off by however many threads or workers there are.  Each chain
has its own random numbers and sees what the others found only between two rounds, so that equal
settings give equal results for any number of them, and after a checkpoint.
"""

from dataclasses import astuple, dataclass, replace
from functools import cached_property

import numpy as np

from synth.engine.reach.certificates import certificates
from synth.engine.reach.chain import Chain
from synth.engine.reach.found import Found
from synth.engine.reach.laws import Laws
from synth.engine.reach.pool import pool_of
from synth.engine.reach.problem import Problem
from synth.engine.reach.seeds import EARLY, STAGES
from synth.engine.reach.selectors import selectors_of_pools
from synth.engine.reach.templates import Stopped
from synth.engine.reach.tidy import Rows, polished
from synth.errors import SettingError
from synth.language import UNIT, Program
from synth.records import Descent

#: Chains, if no number is given.
DEFAULT_CHAINS = 8
MOST_MOVES, MOST_CHAINS = 10**9, 4096
#: About how many moves a chain makes in a round: in a round the temperature falls once.
ROUND = 400
#: With fewer moves, seed stages too do less: they would take most of the time.
FULL = 500
#: The best programs that chains begin from.
BEGINNINGS = 4


@dataclass(frozen=True)
class ReachSettings:
    """How far reach goes.

    Parameters
    ----------
    moves : int or None
        Moves of all chains together, 0 and more.  None for what takes about 20 s on two cores.
    chains : int
        How many chains there are, 1 and more.
    seed : int
        Seed of the random numbers.
    stages : float or None
        The share of their work that seed stages do, at most 1.  By default all of it, and less if
        fewer than 500 moves are given.  With 0, chains begin from nothing, otherwise from the
        programs of seed stages and of the enumeration.
    simplicity : bool
        Whether the bits of a program are a part of the energy that chains draw by.
    exact : bool
        Whether the shortest program without exceptions is sought.  The energy stays the same: to
        price exceptions higher found nothing shorter (they cost three times as much: the
        multiplexer of 3 and the DNF of 4 had 271 and 249 bits after 1,500 moves from nothing, and
        192 and 137 otherwise).
    among : int
        How many searches share the moves that are made by default.

    Raises
    ------
    SettingError
        If a value is outside its range.
    """

    moves: int | None = None
    chains: int = DEFAULT_CHAINS
    seed: int = 0
    stages: float | None = None
    simplicity: bool = True
    exact: bool = False
    among: int = 1

    def __post_init__(self):
        for name, least, most in (
            ("moves", 0, MOST_MOVES),
            ("chains", 1, MOST_CHAINS),
            ("seed", 0, 2**63),
        ):
            value = getattr(self, name)
            if name == "moves" and value is None:
                continue
            if not isinstance(value, (int, np.integer)) or not least <= value <= most:
                raise SettingError(f"{name}={value!r}; allowed: {least}..{most}")
            object.__setattr__(self, name, int(value))
        if self.stages is None:
            share = 1.0 if self.moves is None else min(1.0, self.moves / FULL)
            object.__setattr__(self, "stages", share)

    def counted(self, moves):
        """The same with a number of moves."""
        return replace(self, moves=moves)

    def rounds(self, chain):
        """How many moves a chain makes in each round."""
        moves = (self.moves + self.chains - 1 - chain) // self.chains
        count = max(1, round(self.moves / self.chains / ROUND))
        return [moves * (k + 1) // count - moves * k // count for k in range(count)]


class Tools:
    """What reach makes of an enumeration, once for all labellings.

    Parameters
    ----------
    engine : Enumerator
        The enumerator, whose banks are finished.
    labelling : Labelling
        Any labelling of the task.

    Attributes
    ----------
    pools : dict of Type to pool
        What can fill a hole of each type.
    laws : Laws
        The laws of the primitives.
    rows : Rows
        An index of the banks.
    must_stop : callable
        Whether laws that are not known yet must not be sought any more.
    selectors : dict of Type to list of Selector
        Of types of which rows are selected by booleans.
    """

    def __init__(self, engine, labelling):
        self.engine = engine
        held = [type_ for type_, bank in engine.banks.items() if bank.ends]
        self.pools = {type_: pool_of(engine, type_, labelling.n) for type_ in held}
        self._problem = Problem(engine, labelling)
        self.selectors = selectors_of_pools(self._problem, self.pools)
        self.must_stop = bool

    @cached_property
    def laws(self):
        """Tests on random values take 0.1 to 1.3 s, and the early stage needs none."""
        return Laws(self._problem, self.must_stop)

    @cached_property
    def rows(self):
        return Rows(self._problem)


class Reach:
    """Reach for one labelling.

    Parameters
    ----------
    labelling : Labelling
        The labels.
    tools : Tools
        What is made of the enumeration, once for all labellings.
    settings : ReachSettings
    start : sequence of (str, Program)
        Programs to begin with, and what made each.
    elsewhere : callable, optional
        Works off chains on other machines, given these, a parser and what says to stop: see
        `remote.Workers`.

    Attributes
    ----------
    found : Found
        The best programs.
    seeds : list of (str, Program)
        The stage that made each seed, and the seed.
    descent : list of (int, float, int, float)
        Moves, and total bits, exceptions and bits of the best program then.
    """

    def __init__(self, labelling, tools, settings, start=(), elsewhere=None):
        engine, self._elsewhere = tools.engine, elsewhere
        self.problem = Problem(engine, labelling, settings.simplicity, settings.stages)
        self.tools, self.settings = tools, settings
        self.found = Found(self.problem, labelling.score.top)
        self.seeds, self.descent = [], []
        self._stages = 0 if settings.stages else len(STAGES)
        self._round, self._cut, self._certificates = -1, [], None
        root = np.random.SeedSequence(settings.seed)
        self.chains = [
            Chain(self.problem, tools, np.random.default_rng(each), labelling.score.top)
            for each in root.spawn(settings.chains)
        ]
        given = list(start)
        if settings.stages:
            rows = [row for _, row, *_ in labelling.score.top_rows[:BEGINNINGS]]
            given += [("enumeration", engine.program(row)) for row in rows]
        self._given, self._cut = given or None, [program for _, program in given]

    @property
    def moves(self):
        """How many moves were made."""
        return sum(chain.moves for chain in self.chains)

    @property
    def done(self):
        """Whether all moves were made, and what was given was taken up."""
        return self._given is None and self.moves >= self.settings.moves

    @property
    def so_far(self):
        """What was found up to now, in a stage or a round that is not at its end as well.

        `found` is without these, so that what follows does not depend on where a search stops.
        """
        every = Found(self.problem, self.found.most)
        for found in (self.found, *(chain.found for chain in self.chains)):
            every.merge(found)
        for program in self._cut:
            every.note(program)
        return every

    def advance(self, crew, must_stop):
        """Make the seeds of a stage, or a round of moves, or a part of one if it must stop.

        crew: the threads; must_stop: says whether a limit is reached.
        """
        if self._given is not None:
            if self._add_seeds(self._given, must_stop):
                self._given = None
            return
        if self._stages < len(STAGES):
            name, propose = STAGES[self._stages]
            made = propose(self.problem, self.tools.pools, must_stop)
            # Otherwise the stage is run again, from its beginning.
            if self._add_seeds([(name, program) for program in made], must_stop):
                self._stages += 1
            return
        if self._round < 0 or all(chain.at_end for chain in self.chains):
            self._begin_round()
        work = [chain for chain in self.chains if not chain.at_end]
        if self._elsewhere is not None:
            self._elsewhere(work, self._parse, must_stop)
            work = []
        for k in range(0, len(work), crew.threads):
            crew.run([lambda c=c: c.work(must_stop) for c in work[k : k + crew.threads]])
        if all(chain.at_end for chain in self.chains):
            self._exchange()
            if self.settings.stages:
                self.certify()

    def begin_early(self, must_stop):
        """Take up what the early stage proposes, as it is.

        must_stop: says whether a limit is reached.
        """
        name, propose = EARLY
        for program in propose(self.problem, self.tools.pools, must_stop):
            if self.found.note(program) < np.inf:
                self.seeds.append((name, program))
        self._describe()

    def certify(self):
        """What is proven of whole classes of programs, once all moves are made."""
        if self.done and self._certificates is None:
            self._certificates = certificates(self.problem.engine, self.problem.labelling)
        return self._certificates or []

    def _add_seeds(self, given, must_stop):
        """Take seeds up, each as short as the laws of the DSL make it; False if it must stop."""
        made = [(name, self._polished(program, must_stop)) for name, program in given]
        if must_stop():
            self._cut = [program for _, program in (*given, *made)]
            return False
        self._cut = []
        for name, shorter in made:
            if self.found.note(shorter) < np.inf and (name, shorter) not in self.seeds:
                self.seeds.append((name, shorter))
        self._turn()
        self._describe()
        return True

    def _polished(self, program, must_stop=bool):
        if not self.settings.simplicity or must_stop():
            return program
        self.tools.must_stop = must_stop
        try:
            laws = self.tools.laws
        except Stopped:
            return program
        return polished(self.problem, laws, program, self.tools.rows, must_stop)

    def _begin_round(self):
        """Every other chain begins from nothing, the others from the best programs so far."""
        self._round += 1
        for k, chain in enumerate(self.chains):
            moves = self.settings.rounds(k)[self._round]
            best = [entry[3] for entry in self.found.top[:BEGINNINGS]]
            start = best[(k // 2) % len(best)] if best and (k + self._round) % 2 else None
            chain.begin(start, moves)

    def _exchange(self):
        """Gather what the chains have found, in their order."""
        for chain in self.chains:
            self.found.merge(chain.found)
        for entry in self.found.top[:BEGINNINGS]:
            self.found.note(self._polished(entry[3]))
        self._turn()
        self._describe()

    def _turn(self):
        """Turn a program that is wrong on every row into one that is right on every row.

        As its opposite it has no exceptions, and no move has a reason to turn it.
        """
        if not self.settings.exact:
            return
        problem = self.problem
        for _, wrong, program in list(self.found.front):
            if not wrong and self.found.is_inverted(program):
                for item in self.chains[0].primitives:
                    if item.result == problem.root and set(item.arguments) == {problem.root}:
                        same = (program,) * len(item.arguments)
                        self.found.note(problem.made(item, same))

    def _describe(self):
        """Note the best program so far; if one without exceptions is sought, the shortest."""
        if not self.found.top:
            return
        _, wrong, units, program, _ = self.found.top[0]
        if self.settings.exact and self.found.exact is not None:
            wrong, (units, program) = 0, self.found.exact
        point = self.moves, self.problem.total(program), wrong, units / UNIT
        if not self.descent or point[1:] != self.descent[-1][1:]:
            self.descent.append(point)

    def record(self):
        """What was done, as a result lists it."""
        seeds = [
            {
                "stage": name,
                "total_bits": self.problem.total(program),
                "exceptions": self.found.read(self.problem.exceptions(program)),
                "text": program.text,
            }
            for name, program in self.seeds
        ]
        names = ("moves", "total_bits", "exceptions", "bits")
        return Descent(
            moves=self.moves,
            chains=self.settings.chains,
            seed=self.settings.seed,
            planned=self.settings.moves,
            seeds=seeds,
            points=[dict(zip(names, point, strict=True)) for point in self.descent],
            certificates=self.certify(),
        )

    # -- checkpoints --------------------------------------------------------------

    def state(self):
        """Plain values, as `restore` takes them."""
        return {
            "settings": list(astuple(self.settings)),
            "stages": self._stages,
            "round": self._round,
            "seeds": [[name, program.text] for name, program in self.seeds],
            "descent": [list(point) for point in self.descent],
            "found": self.found.state(),
            "chains": [chain.state() for chain in self.chains],
        }

    def restore(self, state):
        """Take up what `state` returned, unless the settings differ; whether that was done."""
        if state is None or state["settings"] != list(astuple(self.settings)):
            return False
        self._stages, self._round = state["stages"], state["round"]
        self.seeds = [(name, self._parse(text)) for name, text in state["seeds"]]
        self.descent = [tuple(point) for point in state["descent"]]
        self.found.restore(state["found"], self._parse)
        for chain, each in zip(self.chains, state["chains"], strict=True):
            chain.restore(each, self._parse)
        return True

    def _parse(self, text):
        return Program.parse(text, self.problem.grammar, self.problem.root)
