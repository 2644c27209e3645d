"""All behaviours of programs that make strings, by the plain enumerator.

A string is a number, the node of a tree of prefixes, so that behaviours are rows of numbers.  The
functions of letters of a form are made first: each is a function of letters for each part of the
state, and one for what is written, which are enumerated by themselves.  Then each string that is
settled is read by all of them, letter by letter.
"""

import bisect
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from synth.language import Constant, Grammar, Input, Primitive, Type
from synth.language.scans import Form, Scans
from synth.verification.enumeration import BLOCK, MOST_CANDIDATES, Everything, Maker, everything
from synth.verification.truth import UNITS, Truth, prices
from synth.verification.values import applied, legal

#: The search makes no strings of more letters: twice those of the longest given, and these.
MORE = 16
#: A program of strings counts as so many candidates: it takes about as long.
_EACH = 200
#: More units than any program has.
_FAR = 2**40
#: The type of a string's number, and what stands for a letter that is left out.
_NUMBER, _NOTHING = np.dtype(np.int32), -1


class _Functions(NamedTuple):
    """Where functions of letters are made: see `Space`."""

    grammar: Grammar
    prices: Mapping[Primitive | Constant | Input, int]
    columns: Mapping[str, np.ndarray]


class _Members(NamedTuple):
    """The functions of letters of a form, the cheapest first.

    units: their prices.  steps, writes: the next state and the letter to write, for each state and
    letter, (members, states, letters).  starts: the first states.  complete: all of so many units
    or fewer are there.
    """

    form: Form
    units: list[int]
    steps: NDArray[np.int64]
    writes: NDArray[np.int64]
    starts: NDArray[np.int64]
    complete: int


class Tree:
    """Strings as numbers: the nodes of a tree of prefixes, whose root is the empty string."""

    def __init__(self, letters: int) -> None:
        self.size = 1
        self.child = np.full((1024, letters), -1, np.int64)
        self.parent, self.place = np.zeros(1024, np.int64), np.zeros(1024, np.int64)
        self.length = np.zeros(1024, np.int64)
        self._texts: dict[str, dict[int, str]] = {}
        self._numbers: dict[str, dict[str, int]] = {}

    def longer(self, nodes: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
        """The strings with one letter more, of any shape."""
        found: NDArray[np.int64] = self.child[nodes, places]
        if (found < 0).any():
            letters = self.child.shape[1]
            for key in np.unique((nodes * letters + places)[found < 0]).tolist():
                self._add(key // letters, key % letters)
            found = self.child[nodes, places]
        return found

    def _add(self, node: int, place: int) -> None:
        if self.size == len(self.parent):
            for name in ("child", "parent", "place", "length"):
                old = getattr(self, name)
                setattr(self, name, np.concatenate([old, np.full_like(old, -1)]))
        self.child[node, place] = self.size
        self.parent[self.size], self.place[self.size] = node, place
        self.length[self.size] = self.length[node] + 1
        self.size += 1

    def numbers(self, texts: np.ndarray, letters: str) -> NDArray[np.int64]:
        """The numbers of texts."""
        known = self._numbers.setdefault(letters, {"": 0})
        for text in set(texts.tolist()) - known.keys():
            node = np.zeros(1, np.int64)
            for letter in text:
                node = self.longer(node, np.array([letters.index(letter)]))
            known[text] = int(node[0])
        return np.array([known[text] for text in texts.tolist()], np.int64)

    def places(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The places of the letters of strings, (strings, longest); 0 beyond the end."""
        left = self.length[numbers]
        found = np.zeros((len(numbers), int(left.max(initial=0))), np.int64)
        node, rows = numbers.copy(), np.arange(len(numbers))
        for _ in range(found.shape[1]):
            on = node > 0
            found[rows[on], self.length[node[on]] - 1] = self.place[node[on]]
            node = np.where(on, self.parent[node], 0)
        return found

    def texts(self, numbers: NDArray[np.int64], letters: str) -> NDArray[np.str_]:
        """The texts that numbers stand for."""
        known = self._texts.setdefault(letters, {})
        new = np.array(sorted(set(numbers.tolist()) - known.keys()), np.int64)
        for number, row in zip(new.tolist(), self.places(new).tolist(), strict=True):
            known[number] = "".join(letters[k] for k in row[: self.length[number]])
        return np.array([known[number] for number in numbers.tolist()], str)


class _Strings(Maker):
    """Joins behaviours of strings, and reads each string by all functions of letters."""

    truth: Truth

    def __init__(self, truth: Truth, most: int | None, budget: int) -> None:
        strings = [t for t in truth.grammar.types if t.letters]
        self.tree = Tree(max(len(t.letters) for t in strings))
        longest = max(int(np.char.str_len(c).max()) for c in truth.columns.values())
        self.longest = 2 * longest + MORE
        super().__init__(truth, most, budget)
        family = truth.dsl.family
        assert isinstance(family, Scans)
        assert most is not None
        # What stands for the functions of letters that make a type has their price.
        around = {head.result: p for head, p in truth.prices.items() if _stands_for_all(head)}
        self.members: list[_Members] = []
        # Half of the candidates are left for programs.
        self.share = budget // (6 * len(family.forms))
        for form in family.forms:
            least = min(p for h, p in truth.prices.items() if h.result == form.argument)
            left = most - around[form.result] - least
            self.members.append(self._members(family, form, left))
            self.parts = min(
                most if self.parts is None else self.parts,
                self.members[-1].complete + around[form.result] + least,
            )
        self.around = around

    @staticmethod
    def dtype(type_: Type) -> np.dtype:
        """How values of a type are held."""
        return _NUMBER if type_.letters else type_.dtype

    def leaf(self, head: Input | Constant) -> np.ndarray | None:
        """The values of a leaf; None of one that stands for all functions of letters."""
        if _stands_for_all(head):
            return None
        values = super().leaf(head)
        assert values is not None
        return self.tree.numbers(values, head.type.letters) if head.type.letters else values

    def applied(
        self, head: Primitive, arrays: list[np.ndarray]
    ) -> tuple[np.ndarray, NDArray[np.bool_]]:
        """The answer of a primitive, of the texts that numbers stand for."""
        given = [
            self.tree.texts(values.astype(np.int64), type_.letters) if type_.letters else values
            for values, type_ in zip(arrays, head.arguments, strict=True)
        ]
        values, known = applied(head, given)
        if head.result.letters:
            known = known & (np.char.str_len(values) <= self.longest)
            values = self.tree.numbers(np.where(known, values, ""), head.result.letters)
        return values, known

    def read(self, key: bytes, type_: Type) -> np.ndarray:
        """The values of a behaviour."""
        values = np.frombuffer(key, self.dtype(type_))
        return self.tree.texts(values.astype(np.int64), type_.letters) if type_.letters else values

    def settle(self, price: int, type_: Type, key: bytes) -> None:
        """Settle the cheapest behaviour that is left; a string is read by all functions too."""
        super().settle(price, type_, key)
        numbers = np.frombuffer(key, self.dtype(type_)).astype(np.int64)
        for members in self.members:
            if members.form.argument != type_ or self.candidates >= self.budget:
                continue
            own = price + self.around[members.form.result]
            assert self.most is not None
            stop = bisect.bisect_right(members.units, self.most - own)
            some = max(1, BLOCK // self.rows)
            for first in range(0, stop, some):
                part = slice(first, min(first + some, stop))
                made = self._made(members, part, numbers)
                units = [own + each for each in members.units[part]]
                self.candidates += len(units)
                self.prices[members.form.result].update(units)
                self.take(members.form.result, made, np.ones(len(made), bool), units)

    def _made(self, members: _Members, part: slice, numbers: np.ndarray) -> np.ndarray:
        """What functions of letters make of the strings of a behaviour, (members, rows)."""
        strings, row = np.unique(numbers, return_inverse=True)
        steps, writes = members.steps[part], members.writes[part]
        which = np.arange(len(steps))[:, None]
        state = np.repeat(members.starts[part, None], len(strings), axis=1)
        node = np.zeros(state.shape, np.int64)
        for k, place in enumerate(self.tree.places(strings).T):
            on = self.tree.length[strings] > k
            said = writes[which, state[:, on], place[on]]
            longer = self.tree.longer(node[:, on], np.maximum(said, 0))
            node[:, on] = np.where(said == _NOTHING, node[:, on], longer)
            state[:, on] = steps[which, state[:, on], place[on]]
        return node[:, row.ravel()]

    def _members(self, family: Scans, form: Form, most: int) -> _Members:
        """All functions of letters of a form of at most so many units, unless they are too many."""
        shape = form.states, len(form.argument.letters)
        own = _own_units(form)
        found = [self._functions(family, form, most - own, says=False)] * form.parts
        found += [self._functions(family, form, most - own, says=True)] * form.writes
        parts = [sorted((units, key) for key, units in least.items()) for least, _ in found]
        cheapest = [part[0][0] if part else 0 for part in parts]
        complete = min(
            [most, *(own + sum(cheapest) - one + whole
                     for one, (_, whole) in zip(cheapest, found, strict=True))]
        )  # fmt: skip
        made: list[tuple[int, list[bytes]]] = []
        room = self.share // len(form.starts)
        limit = own + sum(cheapest) - 1
        while limit < complete:  # bit by bit, until they are too many
            limit = min(limit + UNITS, complete)
            more = list(islice(_chosen(parts, limit - own), room + 1))
            if len(more) > room:
                complete = limit - UNITS
                break
            made = more
        made.sort(key=lambda each: each[0])
        units = [own + total for total, _ in made for _ in form.starts]
        tables = [self._table(form, keys) for _, keys in made for _ in form.starts]
        steps, writes = (
            np.array([table[k] for table in tables], np.int64).reshape(-1, *shape) for k in (0, 1)
        )
        starts = np.array([start for _ in made for start in form.starts], np.int64)
        return _Members(form, units, steps, writes, starts, complete)

    def _table(self, form: Form, keys: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
        """What functions of some tables do together: the next states, and what is written."""
        shape = form.states, len(form.argument.letters)
        values = [
            np.frombuffer(key, self._held(form, k)).astype(np.int64).reshape(shape)
            for k, key in enumerate(keys)
        ]
        step, write = np.zeros(shape, np.int64), values[-1]
        for bits in values[: form.parts]:
            step = 2 * step + bits
        if form.name == "filter":
            write = np.where(write == 1, np.arange(shape[1]), _NOTHING)
        return step, write

    def _held(self, form: Form, place: int) -> np.dtype:
        """How the values of a function of a form are held."""
        family = self.truth.dsl.family
        assert isinstance(family, Scans)
        said = family.said(form).dtype
        return said if form.writes and place == form.parts else np.dtype(bool)

    def _functions(
        self, family: Scans, form: Form, most: int, says: bool
    ) -> tuple[dict[bytes, int], int]:
        """The least units of each table of a function, and up to which units all are there."""
        inputs = family.grammar(form, says).inputs
        type_ = family.said(form) if says else next(i.type for i in inputs if i.name != "letter")
        dsl = family.letters[form.result] if says and type_.names else family.truths
        cases = family.cases(form)
        columns = {i.name: legal(np.asarray(cases[i.name]), i.type)[0] for i in inputs}
        space = _Functions(family.grammar(form, says), prices(dsl, inputs), columns)
        found = everything(space, max(0, most), self.share)
        self.candidates += found.candidates
        return found.units[type_], max(0, most) if found.complete is None else found.complete


def everything_of_strings(
    truth: Truth, most: int | None, candidates: int = MOST_CANDIDATES
) -> Everything:
    """All behaviours of programs of strings of at most so many units: see `everything`."""
    most = _FAR if most is None else most
    return everything(truth, most, max(1, candidates // _EACH), _Strings)


def _stands_for_all(head: object) -> bool:
    return isinstance(head, Constant) and not head.name


def _own_units(form: Form) -> int:
    """The units of a form and its first state."""
    return int(np.ceil(UNITS * form.price - 1e-9)) + UNITS * (form.parts == 1)


def _chosen(parts: list[list[tuple[int, bytes]]], most: int) -> Iterator[tuple[int, list[bytes]]]:
    """Tuples of one of each part, of at most so many units together; parts: sorted by units."""
    if not parts:
        yield 0, []
        return
    first, *rest = parts
    least = sum(part[0][0] for part in rest if part)
    for units, key in first:
        if units + least > most:
            return
        for more, keys in _chosen(rest, most - units):
            yield units + more, [key, *keys]
