"""Random steps between equivalent programs of about equal cost, for the moves of a chain.

A step regroups the operands of an operation, takes out a common operand, multiplies out, or writes
an operation by another primitive with other signs (De Morgan).  It is right as far as the laws are.
"""

from synth.engine.reach.algebra import NEVER
from synth.engine.reach.problem import part_at, replaced
from synth.language import UNIT, Program

#: How many places of a program are tried before it is left as it is.
PLACES = 8
#: A step may add so many bits.  Without a limit, a step added 4 to 16 bits on average.
DEARER = 6


def regrouped(problem, laws, program, generator):
    """A random equivalent form of a program; the program itself if no step is found.

    Parameters
    ----------
    problem : Problem
    laws : Laws
    program : Program
    generator : numpy.random.Generator

    Returns
    -------
    Program
    """
    places = [(path, node) for path, node in _nodes(program) if _twists(laws, node)]
    if not places:
        return program
    for k in generator.integers(len(places), size=PLACES):
        path, node = places[int(k)]
        algebra = laws.algebras[node.type]
        steps = [_shuffled, _factored, _multiplied, _resigned]
        for at in generator.permutation(len(steps)):
            made = steps[at](algebra, node, generator)
            if made is not None and made != node:
                changed = _placed(algebra, program, path, made)
                if problem.units(changed) - problem.units(program) <= DEARER * UNIT:
                    return changed
    return program


def _placed(algebra, program, path, made):
    """The program with another part; two negations cancel."""
    signs = algebra.signs
    if path and signs is not None and signs.operand(made) is not None:
        above = part_at(program, path[:-1])
        if signs.operand(above) == part_at(program, path):
            return replaced(program, path[:-1], signs.negated(made))
    return replaced(program, path, made)


def _nodes(program):
    """Every node with its path."""
    stack = [((), program)]
    while stack:
        path, node = stack.pop()
        yield path, node
        stack += [((*path, k), a) for k, a in enumerate(node.arguments) if a.arguments]


def _twists(laws, node):
    algebra = laws.algebras.get(node.type)
    return None if algebra is None else algebra.twists.get(node.head)


def _plain(algebra, head):
    """The operation that a primitive is without signs; None if it is none."""
    twists = algebra.twists.get(head)
    if twists is None or twists[0].result or twists[0].first or twists[0].second:
        return None
    return twists[0].operation


def operands(node):
    """The operands of nested nodes of one primitive."""
    found, stack = [], [node]
    while stack:
        part = stack.pop()
        if part.head is node.head:
            stack += reversed(part.arguments)
        else:
            found.append(part)
    return found


def _grouped(head, parts, generator):
    """Operands in random order and groups."""
    parts = [parts[k] for k in generator.permutation(len(parts))]
    while len(parts) > 1:
        k = int(generator.integers(len(parts) - 1))
        parts[k : k + 2] = [Program(head, parts[k : k + 2])]
    return parts[0]


def _shuffled(algebra, node, generator):
    """The operands in another order and other groups."""
    if _plain(algebra, node.head) is None:
        return None
    parts = operands(node)
    return _grouped(node.head, parts, generator) if len(parts) > 2 else None


def _factored(algebra, node, generator):
    """A common operand of two operands taken out: a & b | a & c becomes a & (b | c)."""
    s = _plain(algebra, node.head)
    if s is None:
        return None
    parts, found = operands(node), []
    factors = [
        operands(part) if (_plain(algebra, part.head), s) in algebra.distributes else []
        for part in parts
    ]
    for j, own in enumerate(factors):
        for i in range(j):
            if own and factors[i] and parts[i].head is parts[j].head:
                found += [(i, j, a) for a in dict.fromkeys(own) if a in factors[i]]
    if not found:
        return None
    i, j, common = found[int(generator.integers(len(found)))]
    head, rest = parts[j].head, []
    for k in (i, j):
        left = list(factors[k])
        left.remove(common)
        rest.append(_grouped(head, left, generator))
    made = Program(head, [common, Program(node.head, rest)])
    return _grouped(
        node.head, [made, *(p for k, p in enumerate(parts) if k not in (i, j))], generator
    )


def _multiplied(algebra, node, generator):
    """An operand multiplied out: a & (b | c) becomes a & b | a & c."""
    p = _plain(algebra, node.head)
    if p is None:
        return None
    parts = operands(node)
    sums = [
        k
        for k, part in enumerate(parts)
        if part.arguments and (p, _plain(algebra, part.head)) in algebra.distributes
    ]
    if not sums or len(parts) < 2:
        return None
    k = sums[int(generator.integers(len(sums)))]
    other = [j for j in range(len(parts)) if j != k]
    j = other[int(generator.integers(len(other)))]
    terms = [Program(node.head, [parts[j], part]) for part in operands(parts[k])]
    made = _grouped(parts[k].head, terms, generator)
    return _grouped(node.head, [made, *(parts[i] for i in other if i != j)], generator)


def _resigned(algebra, node, generator):
    """The same operation by another primitive, or with other signs."""
    signs = algebra.signs
    if signs is None or signs.units >= NEVER:
        return None
    old = algebra.twists[node.head][0]
    options = [
        t
        for twists in algebra.twists.values()
        for t in twists
        if t.operation == old.operation and t is not old
    ]
    if not options:
        return None
    new = options[int(generator.integers(len(options)))]
    first, second = node.arguments
    if old.first != new.first:
        first = signs.negated(first)
    if old.second != new.second:
        second = signs.negated(second)
    made = Program(new.item, [first, second])
    return signs.negated(made) if old.result != new.result else made
