"""Learners of one task that differ in their language, in their view of the rows, and in their seed.

What they find is compared row by row.  The rows are the same for all of them: the 16 pairs of
digits, or all pairs of residues.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from synth.dynamics import Chain, drawn_programs, drawn_world
from synth.exact import Shortest, sample_programs
from synth.language import Grammar, Program, dsls
from synth.learners import similarity
from synth.tasks import BITS, DIGITS, TARGETS, Task, digit_columns, residue_columns, residue_names

#: Settings of `Chain`: errors weigh more than any program's bits, and no row is memorised.
SEARCH = {"beta": 30.0, "decay": 1.0, "proposals": 1.0}
#: The bits up to which programs of `ite` are enumerated: all functions of 4 bits but two.
LONGEST = {"boolean:basis=ite": 62.0}
#: Training rows of a search, of the 16 pairs of digits; of pairs of residues it is half of all.
KNOWN = 12
#: The most nodes of a tree that is drawn.
MOST_NODES = 60


@dataclass(frozen=True)
class Learner:
    """A language, and how it sees the rows.

    Parameters
    ----------
    dsl : str
        The name of a DSL.
    encoding : str or int
        Of pairs of digits one of `synth.tasks.digits.DIGITS`; of pairs of residues modulo p
        the factor of `residue_names`.
    p : int, optional
        The modulus of residues; 0 for digits.
    """

    dsl: str
    encoding: str | int
    p: int = 0

    @property
    def name(self):
        """Language and encoding in a few words."""
        seen = {"binary": "", 1: "", 0: " shuffled"}.get(self.encoding, f" {self.encoding}")
        seen = f" times{seen}" if self.p and self.encoding > 1 else seen
        return self.dsl.removeprefix("boolean:basis=").replace(":frequencies=", " ") + seen

    @property
    def grammar(self):
        """The `Grammar` of its language over the columns that it sees."""
        return _seen(self)[0]

    @property
    def columns(self):
        """What it sees of all rows, arrays by input name."""
        return _seen(self)[1]

    @property
    def type(self):
        """The type of its inputs and labels."""
        return _seen(self)[2]

    def called(self, labels):
        """Labels under this learner's names: residues are renamed as the inputs are."""
        return residue_names(self.p, self.encoding)[labels] if self.p else labels

    def program(self, text):
        """The `Program` of a text in its grammar."""
        return Program.parse(text, self.grammar, self.type)

    def features(self, text, which):
        """`similarity.features` of a program on all rows."""
        return similarity.features(self.program(text), self.columns, which)

    def shortest(self):
        """The `Shortest` programs of all functions of the digits."""
        return Shortest(self.grammar, self.columns, max_bits=LONGEST.get(self.dsl))

    def task(self, name, labels, train):
        """The `Task` of labels (rows,), which have this learner's names."""
        types = dict.fromkeys(self.columns, self.type)
        return Task(name, self.columns, types, labels, self.type, train)


@lru_cache(maxsize=64)
def _seen(learner):
    """The grammar, columns and type of a learner."""
    digits = learner.encoding in DIGITS
    columns, types = (
        digit_columns(learner.encoding) if digits else residue_columns(learner.p, learner.encoding)
    )
    root = next(iter(types.values()))
    return Grammar(dsls.load_dsl(learner.dsl, (root,)), types), columns, root


class Searcher:
    """A learner that searches among draws from its prior; see `synth.dynamics.chain`.

    The same seed always gives the same programs and the same searches.

    Parameters
    ----------
    learner : Learner
    count : int
        The number of programs to draw.
    seed : int
    """

    def __init__(self, learner, count, seed):
        self.learner = learner
        self.seed = seed
        sample = sample_programs(
            learner.grammar, count, seed=seed, type=learner.type, most_nodes=MOST_NODES
        )
        self.drawn = drawn_programs(sample, learner.columns)

    def search(self, labels, train, steps):
        """What a search of so many steps ends with.

        Parameters
        ----------
        labels : (rows,)
            Under the learner's names.
        train : bool (rows,)
        steps : int

        Returns
        -------
        (str, (rows,))
            The text of the program, and what it says of all rows.
        """
        world = drawn_world(self.learner.task("search", labels, train), self.drawn)
        chain = Chain(world, seed=self.seed, **SEARCH)
        chain.advance(steps)
        return self.drawn.program(chain.program).text, world.predictions[chain.program]


def splits_of(size, splits, random, seed):
    """Yields training rows and random labels, bool (random, 16), for each split of the digits."""
    generator = np.random.default_rng([seed, size])
    for _ in range(splits):
        yield generator.permutation(16)[:size], generator.integers(0, 2, (random, 16)) == 1


def shortest_item(item):
    """The shortest programs that one learner finds for each target, and what they predict.

    Parameters
    ----------
    item : tuple
        (learner, targets, sizes, splits, random, seed).

    Returns
    -------
    dict
        `programs` has the texts for all targets.  `says`[size][split][labels] has the probability
        of true on each of the 16 rows, the targets' labels before the random ones.
    """
    learner, targets, sizes, splits, random, seed = item
    space = learner.shortest()
    truths = [TARGETS[target](BITS) for target in targets]
    says = [
        [
            [space.shortest(known, y)[:, 1].tolist() for y in [*truths, *drawn]]
            for known, drawn in splits_of(size, splits, random, seed)
        ]
        for size in sizes
    ]
    return {"programs": [space.program(truth).text for truth in truths], "says": says}


def search_ends(item):
    """Where the searches of one seed of one learner end, for each training set and labelling.

    Parameters
    ----------
    item : tuple
        (learner, programs to draw, seed, targets, training sets, steps, the seed of the training
        sets).  The target for residues is x + y.

    Returns
    -------
    list of dict
        Plain data: `draw`; `target`; `labels`, "true" or "random"; `text`; `said`, of all rows;
        `unseen`, numbers of rows; `right`, the share of unseen rows that are predicted correctly.
    """
    learner, count, seed, targets, draws, steps, shared = item
    searcher, found = Searcher(learner, count, seed), []
    rows, p = len(next(iter(learner.columns.values()))), learner.p
    for draw in range(draws):
        generator = np.random.default_rng([shared, draw, p])
        if p:
            truth = np.add(*np.divmod(np.arange(rows), p)) % p
            given = {("x + y", "true"): truth, ("x + y", "random"): generator.permutation(truth)}
        else:
            given = {(target, "true"): TARGETS[target](BITS) for target in targets}
            given["any", "random"] = generator.integers(0, 2, rows) == 1
        train = np.zeros(rows, bool)
        train[generator.permutation(rows)[: rows // 2 if p else KNOWN]] = True
        for (target, labels), y in given.items():
            y = learner.called(y)
            text, said = searcher.search(y, train, steps)
            end = {
                "draw": draw,
                "target": target,
                "labels": labels,
                "text": text,
                "said": said.astype(int).tolist(),
                "unseen": np.flatnonzero(~train).tolist(),
                "right": float(np.mean((said == y)[~train])),
            }
            found.append(end)
    return found
