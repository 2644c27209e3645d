"""The pattern that shortens a corpus of programs most if it becomes a primitive of the DSL.

A pattern is a program with holes; equal holes stand for equal subexpressions. It is written in
prefix order as tokens: items of the DSL by number, and holes numbered in order of first
occurrence. Inputs are not part of patterns, since a DSL has none. Patterns match up to the order
of the arguments of commutative primitives. Of the two orders of such a pair only one is tried:
sorted by item, with holes last.

Patterns are grown token by token from the left, as in Stitch (Bowers et al., "Top-Down Synthesis
for Library Learning", POPL 2023), here best first (A*). An unfinished pattern has a lower bound
of the total of every finished pattern that begins with it:

- its own tokens are paid for, plus the cheapest token for each place that is still open;
- a node where it matches costs at least the new name, the known arguments, and the inputs that
  occur only at open places; everything else there may become part of the pattern;
- all other primitives have their prices in the DSL with the new one, since that takes its share
  of the probability.

For a finished pattern, the bound is the total itself, with every program rewritten in the
cheapest way. The first finished pattern taken off the queue is therefore the best.
"""

import heapq
from dataclasses import dataclass
from itertools import count

from synth.language import Grammar, Input, Primitive, Program
from synth.library.abstraction import Abstraction, definition_units, name_key, with_primitive
from synth.library.corpus import Terms

#: The token of hole k is HOLE + k; smaller tokens are items by their place in the DSL.
HOLE = 10**6


@dataclass(frozen=True)
class Pattern:
    """A finished pattern.

    Parameters
    ----------
    tokens : tuple of int
        The tokens in prefix order.
    holes : tuple of Type
        The type of each hole.
    units : int
        The total that it leads to: the code of the new abstraction and all hypotheses.
    places : dict
        For each term that it matches, the arguments of each way to match.
    """

    tokens: tuple
    holes: tuple
    units: int
    places: dict


class Patterns:
    """The patterns of a corpus under a DSL.

    Parameters
    ----------
    dsl : DSL
        The DSL of the programs.
    corpus : sequence of Solved
        The tasks.
    most_holes : int
        The largest number of different holes of a pattern, at least 1.
    """

    def __init__(self, dsl, corpus, most_holes):
        self.dsl = dsl
        self.corpus = corpus
        self.most_holes = most_holes
        self.items = [*dsl.primitives, *dsl.constants]
        self.number = {item: k for k, item in enumerate(self.items)}
        self.terms = terms = Terms(dsl, corpus)
        self.tokens = [self.number.get(head) for head in terms.heads]
        self.plain = self._plain([terms.prices(dsl, g)[0] for g in range(len(terms.groups))])
        self._new, self._hole_prices = {}, {}

    def best(self, below):
        """The `Pattern` with the smallest total, or None if none is below a limit.

        The total is that of the new abstraction's definition and of all hypotheses, without the
        code of the library so far. The first of equal patterns is taken.

        Parameters
        ----------
        below : int
            The total must be less than this, in units of 1/1024 bit.

        Returns
        -------
        Pattern or None
        """
        order, queue = count(), []
        starts = {}
        for node, token in enumerate(self.tokens):
            if token is not None and isinstance(self.items[token], Primitive):
                starts.setdefault(token, {})[node] = {
                    (children, ()) for children in self._orders(node)
                }
        for token, places in sorted(starts.items()):
            state = (token,), self._frames(token), (), places
            self._push(queue, order, state, below)
        while queue:
            units, _, state = heapq.heappop(queue)
            tokens, frames, holes, places = state
            if not frames:
                places = {v: sorted(bound for _, bound in ways) for v, ways in places.items()}
                return Pattern(tokens, holes, units, places)
            for grown in self._grown(*state):
                self._push(queue, order, grown, below)
        return None

    def _push(self, queue, order, state, below):
        _, frames, holes, _ = state
        if not frames and not holes:
            return  # only constants: this would not be a primitive
        units = self.bound(*state)
        if units < below:
            heapq.heappush(queue, (units, next(order), state))

    def _orders(self, node):
        """The orders of a term's children in which a pattern may list them."""
        children = self.terms.children[node]
        if self.terms.heads[node].commutative and children[0] != children[1]:
            return children, children[::-1]
        return (children,)

    def _frames(self, token):
        """For each argument: whether it is the first of a commutative pair, and its least token."""
        item = self.items[token]
        if getattr(item, "commutative", False):
            return (True, 0), (False, 0)
        return ((False, 0),) * len(item.arguments)

    def _grown(self, tokens, frames, holes, places):
        """The states with one more token, at the first open place."""
        first, smallest = frames[0]
        found = {}
        for place, ways in places.items():
            for pending, bound in ways:
                node, rest = pending[0], pending[1:]
                for token, more, arguments in self._options(node, bound):
                    if token >= smallest:
                        way = (*more, *rest), arguments
                        found.setdefault(token, {}).setdefault(place, set()).add(way)
        for token in sorted(found):
            following = frames[1:]
            if first:
                following = ((following[0][0], token), *following[1:])
            inner, types = (), holes
            if token < HOLE:
                inner = self._frames(token)
            elif token == HOLE + len(holes):
                node = next(iter(found[token].values()))
                types = (*holes, self._type(next(iter(node))[1][-1]))
            yield (*tokens, token), (*inner, *following), types, found[token]

    def _options(self, node, bound):
        """The tokens that a term may begin with, each with its new open terms and the arguments."""
        token = self.tokens[node]
        if token is not None:
            for children in self._orders(node) if self.terms.children[node] else ((),):
                yield token, children, bound
        for k, argument in enumerate(bound):
            if argument == node:
                yield HOLE + k, (), bound
        if len(bound) < self.most_holes:
            yield HOLE + len(bound), (), (*bound, node)

    def _type(self, node):
        return self.terms.heads[node].result

    # Totals and their bounds.

    def bound(self, tokens, frames, holes, places):
        """A lower bound of the total of every pattern that begins like this; exact if finished.

        Parameters
        ----------
        tokens : tuple of int
            The tokens so far.
        frames : tuple
            For each open place, whether it is the first of a commutative pair, and the smallest
            token it may begin with; empty if the pattern is finished.
        holes : tuple of Type
            The types of the holes so far.
        places : dict
            For each term that matches so far, the ways to match.

        Returns
        -------
        int
            Units of 1/1024 bit.
        """
        terms, result = self.terms, self.items[tokens[0]].result
        new = self._prices(result)
        used = {terms.group[place] for place in places}
        if not frames:  # it takes its share wherever it can be used, whether it is used or not
            used = {g for g, (_, _, _, types) in enumerate(new) if types.issuperset(holes)}
        lowered = {}

        def floor(node):
            if node in lowered:
                return lowered[node]
            group = terms.group[node]
            return new[group][2][node] if group in used else self.plain[node]

        for node in sorted(set().union(*(terms.above[place] for place in places))):
            prices, name = new[terms.group[node]][:2]
            units = prices[terms.keys[node]] + sum(map(floor, terms.children[node]))
            for pending, bound in places.get(node, ()):
                seen = unseen = 0
                call = name
                for argument in bound:
                    call += floor(argument)
                    seen |= terms.inputs[argument]
                for part in pending:
                    unseen |= terms.inputs[part]
                if unseen & ~seen:
                    call += sum(prices[i] for i in terms.inputs_of(unseen & ~seen))
                units = min(units, call)
            lowered[node] = units
        total = self._definition(tokens, self._open(frames, places), result, holes)
        for one, root in zip(self.corpus, terms.roots, strict=True):
            total += one.total(None if root is None else floor(root))
        return total

    def _open(self, frames, places):
        """The types of the open places."""
        if not frames:
            return ()
        pending, _ = next(iter(next(iter(places.values()))))
        return [self._type(node) for node in pending]

    def _definition(self, tokens, open_, result, holes):
        """A lower bound of the units of the definition."""
        prices, cheapest = self._definition_prices(tuple(holes), bool(open_))
        body = sum(prices.get(self._kind(t, holes), 0) for t in tokens)
        body += sum(cheapest.get(type_, 0) for type_ in open_)
        # A pattern without a hole will get one.
        return definition_units(self.dsl, result, holes or (result,), body)

    def _kind(self, token, holes):
        return self.items[token] if token < HOLE else holes[token - HOLE]

    def _definition_prices(self, holes, unfinished):
        """(units by item, and by type for holes; the cheapest token of each type).

        More holes only make items and holes more expensive, so the prices with the present holes
        are lower bounds. Items that become usable only through later holes count as free.
        """
        key = tuple(sorted(holes, key=str)), unfinished
        if key in self._hole_prices:
            return self._hole_prices[key]
        if not holes:  # a hole will follow, of some type
            each = [self._definition_prices((type_,), True) for type_ in self.dsl.types]
            found = tuple(_least_of(maps) for maps in zip(*each, strict=True))
        else:
            prices = _body_prices(self.dsl, key[0])
            cheapest = {}
            if unfinished:
                for item, units in prices.items():
                    type_ = getattr(item, "result", item)
                    cheapest[type_] = min(units, cheapest.get(type_, units))
                for type_ in self.dsl.types:
                    further = _body_prices(self.dsl, (*key[0], type_))[type_]
                    cheapest[type_] = min(further, cheapest.get(type_, further))
            found = prices, cheapest
        self._hole_prices[key] = found
        return found

    def _prices(self, result):
        """For each group, the prices with a new primitive of this result type in the DSL.

        They are (units by key, units of the new primitive, units of every term as it is, the
        types).
        """
        if result not in self._new:
            stub = with_primitive(self.dsl, "new__", _nothing, (result,), result)
            name = name_key(stub.primitives[-1])
            priced = [self.terms.prices(stub, g) for g in range(len(self.terms.groups))]
            plain = self._plain([prices for prices, _ in priced])
            self._new[result] = [(p, p.get(name), plain, types) for p, types in priced]
        return self._new[result]

    def _plain(self, prices):
        """Units of every term as it is, by the prices of each group."""
        terms, units = self.terms, []
        for node, key in enumerate(terms.keys):
            inner = sum(units[child] for child in terms.children[node])
            units.append(prices[terms.group[node]][key] + inner)
        return units

    # From a pattern to the enlarged DSL and the rewritten programs.

    def abstraction(self, pattern, name, holes):
        """The `Abstraction` of a pattern.

        Parameters
        ----------
        pattern : Pattern
            The pattern.
        name : str
            The name of the abstraction.
        holes : sequence of str
            The names of its holes.

        Returns
        -------
        Abstraction
        """
        types = dict(zip(holes, pattern.holes, strict=True))
        inputs = {i.name: i for i in Grammar(self.dsl, types).inputs}
        tokens = iter(pattern.tokens)

        def read():
            token = next(tokens)
            if token >= HOLE:
                return Program(inputs[holes[token - HOLE]])
            item = self.items[token]
            return Program(item, [read() for _ in item.arguments])

        return Abstraction(name, types, read())

    def rewritten(self, pattern, dsl):
        """The programs in the enlarged DSL, each as short as possible.

        Parameters
        ----------
        pattern : Pattern
            The pattern that was added.
        dsl : DSL
            The enlarged DSL, with the pattern as its last primitive.

        Returns
        -------
        list of Program or None
            None for a task without a program.
        """
        terms, call = self.terms, dsl.primitives[-1]
        grammars = [one.grammar(dsl) for one in terms.groups]
        items = [{name_key(p.item): p for p in grammar} for grammar in grammars]
        best = []
        for node, key in enumerate(terms.keys):
            own = items[terms.group[node]]
            choices = [(key, terms.children[node])]
            choices += [(name_key(call), arguments) for arguments in pattern.places.get(node, ())]
            found = None
            for key, parts in choices:
                units = own[key].units + sum(best[part][0] for part in parts)
                if found is None or units < found[0]:
                    found = units, own[key].item, parts
            units, item, parts = found
            best.append((units, Program(item, [best[part][1] for part in parts])))
        return [None if root is None else best[root][1] for root in terms.roots]


def _body_prices(dsl, holes):
    """Units under a DSL with inputs of these types as holes: by item, and by type for holes."""
    grammar = Grammar(dsl, {f"h{k}__": type_ for k, type_ in enumerate(holes)})
    return {p.item.type if isinstance(p.item, Input) else p.item: p.units for p in grammar}


def _least_of(maps):
    """The smallest value of each key; a key that one map lacks is free."""
    common = set(maps[0]).intersection(*maps[1:])
    return {key: min(m[key] for m in maps) for key in common}


def _nothing(*arrays):
    return arrays[0]
