"""Drawing programs: a grammar as the arrays that the sampling kernels read."""

import numpy as np

from synth.engine import curry
from synth.errors import DSLError, SettingError
from synth.kernels import sampling as kernels
from synth.language import Bool, Input
from synth.tasks import stream

#: The number of steps of the guide that finds a production.
STEPS = 1024
#: The number of trees drawn at a time, and the nodes that there is room for.
TREES, NODES = 2**16, 2**20
#: A tree keeps its productions in 16 bits.
MOST_PRODUCTIONS = 2**16
#: The purpose of the stream of random numbers, after those of `Task`.
_PURPOSE = 4


class Draws:
    """Draws programs of a type, portion by portion.

    Iterating gives (tokens, offsets) of some trees at a time, as new arrays.

    Parameters
    ----------
    grammar : Grammar
        The grammar of the programs.
    count : int
        The number of draws.
    seed : int
        The seed of the random numbers.
    type : Type
        The type of the programs.
    most_nodes : int
        Larger trees are cut.

    Attributes
    ----------
    tally : int64 (3,)
        The number of trees finished, cut and failed so far.

    Raises
    ------
    DSLError
        If the grammar has explicit costs or too many productions.
    SettingError
        If a number is out of range.
    """

    def __init__(self, grammar, count, seed, type, most_nodes):
        if not grammar.is_prior:
            raise DSLError("the grammar has explicit costs, so it defines no prior to sample")
        for name, value, least, most in (
            ("count", count, 0, 2**50),
            ("seed", seed, 0, 2**128),
            ("most_nodes", most_nodes, 1, 2**20),
        ):
            if not isinstance(value, (int, np.integer)) or not least <= value <= most:
                raise SettingError(f"{name}={value!r}; allowed: integers {least}..{most}")
        self.grammar = grammar
        self.type = type
        self.drawn = int(count)
        self.most_nodes = int(most_nodes)
        self.rules = rules_of(grammar)
        self.root = grammar.types.index(type)
        self.generator = stream(int(seed), _PURPOSE)
        self.tally = np.zeros(3, np.int64)
        self.stack = np.empty(self.most_nodes + 1, np.int32)

    def __iter__(self):
        tokens = np.empty(max(NODES, 2 * self.most_nodes), np.uint16)
        offsets = np.empty(TREES + 1, np.int64)
        left = self.drawn
        while left:
            before = self.tally[kernels.FINISHED_TALLY]
            left -= kernels.draw_trees(
                self.generator,
                self.rules,
                self.root,
                self.most_nodes,
                self.stack,
                min(left, TREES),
                tokens,
                offsets,
                self.tally,
            )
            kept = self.tally[kernels.FINISHED_TALLY] - before
            yield tokens[: offsets[kept]].copy(), offsets[: kept + 1].copy()

    def count(self, machine, mask, counts):
        """Draws all programs without keeping trees, and adds up their behaviours in `counts`.

        Parameters
        ----------
        machine : tuple of arrays
            The result of `machine_of`.
        mask : uint64
            The bits of the rows.
        counts : int64 (2**rows,)
            The counts, changed in place.
        """
        tokens = np.empty(self.most_nodes, np.uint16)
        words = np.empty(self.most_nodes + 1, np.uint64)
        for start in range(0, self.drawn, TREES):
            kernels.count_behaviours(
                self.generator,
                self.rules,
                self.root,
                self.most_nodes,
                self.stack,
                min(TREES, self.drawn - start),
                tokens,
                *machine,
                mask,
                words,
                counts,
                self.tally,
            )


def rules_of(grammar):
    """The `Rules` by which the kernels draw from a grammar.

    Raises
    ------
    DSLError
        If there are too many productions.
    """
    productions = list(grammar)
    if len(productions) > MOST_PRODUCTIONS:
        raise DSLError(
            f"{len(productions)} inputs, constants and primitives; allowed: at most "
            f"{MOST_PRODUCTIONS}"
        )
    index = {t: k for k, t in enumerate(grammar.types)}
    sizes = [len(grammar.productions[t]) for t in grammar.types]
    last = np.cumsum(sizes, dtype=np.int32)
    first = (last - sizes).astype(np.int32)
    upto = np.empty(len(productions))
    guide = np.empty((len(index), STEPS), np.int32)
    for k, (low, high) in enumerate(zip(first, last, strict=True)):
        upto[low:high] = np.cumsum([float(grammar.chance(p)) for p in productions[low:high]])
        edges = np.arange(STEPS) / STEPS
        guide[k] = low + np.searchsorted(upto[low:high], edges, side="right")
    arity = np.array([len(p.item.arguments) for p in productions], np.int32)
    arguments = np.zeros((len(productions), max(1, arity.max())), np.int32)
    for row, production in zip(arguments, productions, strict=True):
        row[: len(production.item.arguments)] = [index[a] for a in production.item.arguments]
    return kernels.Rules(first, last, upto, guide, arity, arguments)


def machine_of(grammar, columns, most_rows):
    """The arguments `leaves` and `terms` of `synth.kernels.sampling.evaluate` for a grammar.

    That kernel handles booleans on up to 64 rows, and primitives of up to 3 arguments that
    always have a value.

    Parameters
    ----------
    grammar : Grammar
        The grammar of the programs.
    columns : dict of str to array (rows,)
        The input columns.
    most_rows : int
        The largest number of rows.

    Returns
    -------
    tuple of arrays, or None
        None if the kernel cannot handle the grammar.
    """
    rows = len(next(iter(columns.values())))
    if rows > most_rows or any(t != Bool for t in grammar.types):
        return None
    productions = list(grammar)
    leaves = np.zeros(len(productions), np.uint64)
    terms = np.zeros((len(productions), 8), np.uint64)
    for k, production in enumerate(productions):
        item = production.item
        if not item.arguments:
            value = columns[item.name] if isinstance(item, Input) else np.full(rows, item.value)
            leaves[k] = Bool.pack(value[None])[0, 0]
            continue
        table = curry.table_of(item) if len(item.arguments) <= 3 else None
        if table is None:
            return None
        # The Möbius transform over subsets gives the algebraic normal form.
        form = table.copy()
        for axis in range(form.ndim):
            low, high = np.split(form, 2, axis)
            form = np.concatenate([low, low ^ high], axis)
        # Bit k of a term's place stands for argument k.
        flat = form.transpose().reshape(-1)
        terms[k, : len(flat)] = np.where(flat, np.uint64(2**64 - 1), np.uint64(0))
    return leaves, terms
