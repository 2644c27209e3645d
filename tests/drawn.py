"""What hypothesis draws in more than one file of tests: programs, grammars, tasks."""

import numpy as np
from hypothesis import strategies as st

import synth
from synth.language.labels import labelled
from synth.language.types import UNDEFINED, Bool, Complex, Int, Label, Mod, Real
from tests import naive

# Bodies by signature, in letters: b(ool), m(od 5), h (mod 257, two bytes), i(nt), r(eal),
# c(omplex).
M, H, N = Mod(5), Mod(257), Int(-6, 6)
TYPES = {"b": Bool, "m": M, "h": H, "i": N, "r": Real, "c": Complex}
BODIES = {
    "b:b": [np.logical_not],
    "bb:b": [np.logical_and, np.logical_xor, lambda a, b: ~a | b, lambda a, b: ~(a & b)],
    "bbb:b": [np.where, lambda a, b, c: (a & b) | (a & c) | (b & c)],
    "bbbb:b": [lambda a, b, c, d: (a & b) ^ (c | d)],
    "m:m": [lambda a: -a % 5, lambda a: a**3 % 5, lambda a: np.where(a == 0, UNDEFINED, a**3 % 5)],
    "mm:m": [
        lambda a, b: (a + b) % 5,
        lambda a, b: (a - b) % 5,
        lambda a, b: (a * b + 1) % 5,
        np.maximum,
        lambda a, b: np.where(b == 0, UNDEFINED, a * b**3 % 5),
    ],
    "mmm:m": [lambda a, b, c: (a * b + c) % 5],
    "hh:h": [lambda a, b: (a + b) % 257, lambda a, b: (a * b) % 257, np.minimum],
    "h:m": [lambda a: a % 5],
    "hm:h": [lambda a, b: np.where(b == 0, UNDEFINED, a)],
    "i:i": [np.abs, np.negative],
    "ii:i": [np.add, np.subtract, np.multiply, np.remainder, np.floor_divide, np.gcd],
    "ii:b": [np.less, np.equal],
    "mm:b": [np.less],
    "m:b": [lambda a: a > 1],
    "bii:i": [np.where],
    "bm:m": [lambda b, m: np.where(b, m, 0)],
    "bmm:m": [np.where],
    "iiii:i": [lambda a, b, c, d: a + b - c * d],
    "r:r": [np.sqrt, np.abs, np.negative, lambda a: np.where(a < 0, np.nan, a / 3)],
    "rr:r": [
        np.add,
        np.subtract,
        np.multiply,
        np.divide,
        np.maximum,
        lambda a, b: np.minimum(a / b, 2),  # without value where b is 0, though 2 is one
        lambda a, b: np.where(b == 0, UNDEFINED, a + 0.1),
    ],
    "rr:b": [np.less, lambda a, b: 1 / a < b],
    "bir:r": [np.where],
    "i:r": [lambda a: a / 3],
    "c:c": [np.negative, np.conjugate, lambda a: 1 / a],
    "cc:c": [np.add, np.subtract, np.multiply],
    "c:r": [np.abs, np.real],
    "rr:c": [lambda a, b: a + 1j * b],
}
#: Bodies drawn as tables, some entries of which may be no value: by signature, with the shape.
TABLES = {"m:m": (5,), "mm:m": (5, 5), "bm:m": (2, 5), "bbm:m": (2, 2, 5)}
SYMMETRIC = (np.logical_and, np.logical_xor, np.add, np.multiply, np.maximum, np.minimum)
REALS = [-2.5, -1.0, -0.0, 0.0, 0.1, 0.5, 1.0, 3.0, 4.0, 1e-3, 2.0**-1060, 1e200]
VALUES = {
    "Real": st.sampled_from(REALS),
    "Complex": st.builds(complex, *[st.sampled_from([-1.0, -0.0, 0.0, 0.5, 2.0])] * 2),
}


@st.composite
def trees(draw, grammar, type_, depth=3):
    """Programs of a type, leaves from a depth on where the type has some."""
    group = [p.item for p in grammar.productions[type_]]
    leaves = [i for i in group if not i.arguments]
    item = draw(st.sampled_from(leaves if depth == 0 and leaves else group))
    return synth.Program(item, [draw(trees(grammar, a, max(0, depth - 1))) for a in item.arguments])


def values_of(type_):
    """A strategy of values of a type, few enough to meet again."""
    if type_.family in VALUES:
        return VALUES[type_.family]
    return st.integers(max(type_.low, -6), min(type_.high, 6))


@st.composite
def tables(draw, shape):
    """A body that looks its value up, and whether it is symmetric: residues, some of them none."""
    generator = np.random.default_rng(draw(st.integers(0, 2**16)))
    table = generator.integers(0, 5, shape)
    table[generator.random(shape) < draw(st.sampled_from([0, 0.1, 0.4]))] = UNDEFINED
    symmetric = len(shape) == 2 and shape[0] == shape[1] and draw(st.booleans())
    if symmetric:
        table = np.where(np.tri(*shape, dtype=bool), table, table.T)
    return (lambda *arguments: table[tuple(np.asarray(a, np.int64) for a in arguments)]), symmetric


@st.composite
def dsls(draw):
    """A DSL over one to three of the types, or a few more, with random weights."""
    leaf = draw(st.sampled_from([0.5, 0.25, 0.7]))
    dsl = synth.DSL("random", leaf_probability=leaf)
    signatures = draw(st.lists(st.sampled_from(sorted({*BODIES, *TABLES})), min_size=1, max_size=4))
    for k, signature in enumerate(signatures):
        arguments, result = signature.split(":")
        if signature in TABLES and (signature not in BODIES or draw(st.booleans())):
            body, symmetric = draw(tables(TABLES[signature]))
        else:
            body = draw(st.sampled_from(BODIES[signature]))
            symmetric = body in SYMMETRIC
        dsl.add(
            body,
            f"{', '.join(str(TYPES[a]) for a in arguments)} -> {TYPES[result]}",
            name=f"f{k}",
            weight=draw(st.sampled_from([1, 2, 0.3, 7])),
            commutative=symmetric and draw(st.booleans()),
        )
    for k in range(draw(st.sampled_from([0, 0, 1, 1, 2]))):
        type_ = draw(st.sampled_from(dsl.types))
        value = draw(values_of(type_))
        dsl.constant(value, type_, name=f"c{k}", weight=draw(st.sampled_from([1, 0.1])))
    return dsl


@st.composite
def grammars(draw, costs=True):
    """A random DSL bound to random columns; with costs: some have explicit costs, 0 among them."""
    dsl = draw(dsls())
    rows = draw(st.sampled_from([1, 2, 3, *range(4, 10), *range(4, 10)]))
    inputs, columns = {}, {}
    for k, type_ in enumerate(dsl.types):
        for copy in range(draw(st.integers(0 if k else 1, 2))):
            name = f"{type_}{copy}".lower().translate(str.maketrans("(,) -", "_____"))
            inputs[name] = type_
            column = draw(st.lists(values_of(type_), min_size=rows, max_size=rows))
            columns[name] = np.array(column).astype(type_.dtype)
    given = None
    if costs and draw(st.booleans()):
        base = draw(st.sampled_from([0, 1, 0.7]))
        given = lambda item: 1 + 0.2 * (item.name == "f0") if item.arguments else base  # noqa: E731
    return synth.Grammar(dsl, inputs, costs=given), columns


def budget_of(grammar, most_trees=1500, most_bits=16):
    """The largest reach, in units, that brute force can check in reasonable time."""
    most = 0
    for units in range(0, most_bits * 1024, 512):
        trees_ = naive.trees_of_cost(grammar, units)
        if sum(sum(levels.values()) for levels in trees_.values()) > most_trees:
            break
        most = units
    return most


@st.composite
def tasks(draw, wide=False):
    """A random grammar with labels of one of its types, or names, some rows held out.

    Labels are random or those of a program, with a few other ones; wide: rows may come again
    and again, so that behaviours have several words.
    """
    grammar, columns = draw(grammars(costs=False))
    types = {i.name: i.type for i in grammar.inputs}
    made = [t for t in grammar.types if any(p.item.arguments for p in grammar.productions[t])]
    root = draw(st.sampled_from(made if made and draw(st.integers(0, 4)) else grammar.types))
    if root == Bool and draw(st.integers(0, 3)) == 0:
        root = Label("a", "b", *["c", "d"][: draw(st.integers(0, 2))])
        grammar = synth.Grammar(labelled(grammar.dsl, root), types)
    labels = draw(labellings(grammar, columns, root))
    rows = len(labels)
    train = np.array(draw(st.lists(st.booleans(), min_size=rows, max_size=rows)))
    train[draw(st.integers(0, rows - 1))] = True
    if wide and draw(st.booleans()):
        times = st.sampled_from([1, 2, 7, 64, 65])
        at = np.repeat(np.arange(rows), draw(st.lists(times, min_size=rows, max_size=rows)))
        columns = {name: column[at] for name, column in columns.items()}
        labels, train = labels[at], train[at]
        if draw(st.booleans()):
            train[draw(st.integers(0, len(at) - 1))] ^= True
            train[draw(st.integers(0, len(at) - 1))] = True
    alphabet = None
    if root.family == "Int" and draw(st.booleans()):
        alphabet = sorted({*range(max(root.low, -2), min(root.high, 2) + 1), *labels.tolist()})
    if root.family not in ("Bool", "Mod", "Label") and alphabet is None:
        possible = {naive.label(v, root) for v in labels[train].tolist()}
        if len(possible) < 2:  # a task has two labels at least
            train[:] = True
            labels[0], labels[-1] = (0, 1)
            if len(labels) < 2:
                labels = np.repeat(labels, 2)
                labels[1], train = 0, np.repeat(train, 2)
                columns = {name: np.repeat(column, 2) for name, column in columns.items()}
    return grammar, root, synth.Task("random", columns, types, labels, root, train, alphabet)


@st.composite
def labellings(draw, grammar, columns, root):
    """Labels of a type, (rows,): random ones, or what a program says, with some changed."""
    rows = len(next(iter(columns.values())))
    small = st.integers(int(max(root.low, -2)), int(min(root.high, 2)))
    random = np.array(draw(st.lists(small, min_size=rows, max_size=rows)))
    random = random.astype(root.dtype) / (3 if root.inexact else 1)
    labels = random.astype(root.dtype)
    if draw(st.integers(0, 2)):
        said = naive.behaviour(draw(trees(grammar, root)), columns)
        if said is not None and (not root.inexact or np.abs(said).max() < 1e6):
            changed = draw(st.sets(st.integers(0, rows - 1), max_size=2))
            labels = np.array(said, root.dtype)
            labels[sorted(changed)] = random.astype(root.dtype)[sorted(changed)]
    return labels
