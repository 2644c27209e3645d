"""What is true of a program on a task, from `docs/codes.md`: its price, exceptions and total.

Code lengths are sums of logarithms of whole numbers, and prices are compared as whole numbers.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.errors import ParseError
from synth.language import DSL, Constant, Grammar, Head, Input, Primitive, Program, Type
from synth.tasks import Task
from synth.verification import families, sequences, strings
from synth.verification.values import compared, evaluated, legal

#: Units of a price in one bit.
UNITS = 1024


@dataclass(frozen=True)
class Judged:
    """A program on a task.

    Parameters
    ----------
    units : float
        Its price, a whole number unless it is a constant that is no program.
    wrong : int
        The training rows on which it is wrong, as it stands.
    exceptions : int
        The same for the program as it is read.
    inverted : bool
        Whether it is read as its opposite.
    total_bits : float
    train_accuracy : float
    test_accuracy : float or None
        None if no row is held out.
    behaviour : bytes
        Its values on all rows.
    constant : str or None
        Its value as it is read, as labels are written, if it is the same on all rows.
    """

    units: float
    wrong: int
    exceptions: int
    inverted: bool
    total_bits: float
    train_accuracy: float
    test_accuracy: float | None
    behaviour: bytes
    constant: str | None

    @property
    def bits(self) -> float:
        """Its price in bits."""
        return self.units / UNITS


class Truth:
    """A task in a DSL.

    Parameters
    ----------
    task : Task
        The task as the DSL reads it.
    dsl : DSL
        The DSL.

    Attributes
    ----------
    prices : dict of Head to int
        The price of every production.
    root : Type
        The type of the programs.
    n, k : int
        The training rows and the label values.
    counts : list of int
        How often each label value occurs in training.
    two : bool
        Whether a program may be read as its opposite.
    table_bits : float
        The bits of the better table.
    terms, further : tuple of int
        Of a sequence: its terms for training, and the others.
    constant_bits : float
        The total of a constant where it is a hypothesis of its own; else infinite.
    """

    def __init__(self, task: Task, dsl: DSL) -> None:
        self.task, self.dsl = task, dsl
        self.language_bits, self.constant_bits = 0.0, math.inf
        # The grammar reads texts; its prices are not used.
        self.grammar = Grammar(dsl, task.types, input_weights=task.input_weights)
        self.prices = prices(dsl, self.grammar.inputs)
        self.root = dsl.type_for(task.label_type)
        self.columns = {
            i.name: legal(np.asarray(task.columns[i.name]), i.type)[0] for i in self.grammar.inputs
        }
        self.train: NDArray[np.bool_] = task.train
        self.n, self.k = int(task.train.sum()), len(task.alphabet)
        given, known = legal(task.labels.astype(self.root.number), self.root)
        self.labels = compared(given, self.root)
        self.known = known & ~task.unknown
        self.outside = self.root.size > self.k
        self.two = self.k == 2 and not self.outside
        alphabet = np.array(task.alphabet, task.label_type.number)
        self.alphabet = compared(alphabet, task.label_type)
        places = compared(task.labels.astype(task.label_type.number), task.label_type)
        self.counts = [int((places[self.train] == value).sum()) for value in self.alphabet]
        self.unseen = int((task.unknown | ~np.isin(places, self.alphabet)).sum())
        self.uniform_bits = 2 + self.n * math.log2(self.k)
        self.frequency_bits = 2 + binomial(self.n + self.k - 1, self.k - 1) + orders(self.counts)
        self.weights: NDArray[np.float64] | None = None
        if self.root.letters:
            self._read_strings(self.root.letters)
        self.table_bits = min(self.uniform_bits, self.frequency_bits)
        self.sequence = task.sequence
        if task.sequence is not None:
            training = self.n + task.sequence.lags
            self.terms = task.sequence.terms[:training]
            self.further = task.sequence.terms[training:]
            self.tables = sequences.tables(self.terms)
            self.table_bits = 2 + min(self.tables.values())
        self.judge = lru_cache(maxsize=4096)(self._judge)

    def _read_strings(self, letters: str) -> None:
        """What the tables and each exception cost if labels are strings."""
        given = self.labels[self.train].tolist()
        found = strings.tables(given, letters, _counted)
        self.uniform_bits, self.frequency_bits = 2 + found["uniform"], 2 + found["frequency"]
        self.weights = np.array([strings.alone(label, letters) for label in given])

    def one_of(self, languages: int) -> None:
        """Charge what says that a program reads inputs, in one of so many languages.

        Of a sequence: what says how many lags it reads, and the first terms.
        """
        if self.sequence is not None:
            given = self.terms[: self.sequence.lags]
            self.language_bits = math.log2(languages) + sequences.first_bits(given)
            return
        self.language_bits = math.log2(200) + math.log2(languages)
        e, most = self.n - max(self.counts), self.n - -(-self.n // self.k)
        self.constant_bits = 1 + self.constant_own_bits + math.log2(most + 1)
        self.constant_bits += binomial(self.n, e) + e * math.log2(self.k - 1)

    @property
    def constant_own_bits(self) -> float:
        """The bits that say that a hypothesis is a constant, and which."""
        return math.log2(200 / 199) + math.log2(self.k)

    @property
    def rival_bits(self) -> float:
        """The least total of a hypothesis that reads no input."""
        return min(self.table_bits, self.constant_bits)

    @property
    def kinds(self) -> list[str]:
        """The kinds of the better table; both if they are equal up to rounding."""
        if self.sequence is not None:
            return [min(self.tables, key=lambda kind: self.tables[kind])]
        difference = self.uniform_bits - self.frequency_bits
        near = abs(difference) < 1e-9
        return ["uniform"] * (near or difference < 0) + ["frequency"] * (near or difference > 0)

    def exceptions_bits(self, exceptions: int) -> float:
        """The total of a program of no bits with so many exceptions."""
        if self.sequence is not None:  # a law has none
            return self.language_bits + 1 if exceptions == 0 else math.inf
        label = math.log2(self.k if self.outside else self.k - 1)
        if self.weights is not None:  # each has bits of its own
            label = 0.0
        return (
            self.language_bits
            + 1
            + math.log2(self.n + 1)
            + binomial(self.n, exceptions)
            + exceptions * label
        )

    def exact_bits(self, bits: float) -> float:
        """What the bound of an exact search is about: a program's bits, of a sequence its total."""
        return bits if self.sequence is None else bits + self.exceptions_bits(0)

    def judged_entry(self, entry: dict[str, Any]) -> Judged | str:
        """What is true of an entry of a list; or why it is no hypothesis."""
        return self.constant() if is_constant(entry) else self.judge(written(entry))

    def constant(self) -> Judged:
        """What is true of the most frequent label as a hypothesis of its own."""
        most = max(self.counts)
        label = self.task.alphabet[self.counts.index(most)]
        return Judged(
            units=self.constant_own_bits * UNITS,
            wrong=self.n - most,
            exceptions=self.n - most,
            inverted=False,
            total_bits=self.constant_bits,
            train_accuracy=most / self.n,
            test_accuracy=self.majority_accuracy(),
            behaviour=b"constant",
            constant=self.task.label_text(label),
        )

    def read(self, text: str) -> Program:
        """The program that a text stands for.

        Raises
        ------
        ParseError
            If it stands for none.
        """
        return Program.parse(text, self.grammar, self.root)

    def _judge(self, text: str) -> Judged | str:
        """What is true of a program; or why it is no hypothesis."""
        try:
            program = self.read(text)
        except ParseError as error:
            return f"no program: {' '.join(str(error).split())[:120]}"
        if self.dsl.family is not None:
            return self.judged(*families.judged(program, self, prices))
        units = sum(self.prices[node.head] for node in program.walk())
        values, defined = evaluated(program, self.columns)
        if not defined.all():
            return f"no value on {int((~defined).sum())} of {len(defined)} rows"
        judged = self.judged(units, values)
        if not self.is_hypothesis(judged):
            return "right on fewer training rows than 1 in k, and so no hypothesis"
        if self.sequence is not None:
            return replace(judged, test_accuracy=self._following(program))
        return judged

    def is_hypothesis(self, judged: Judged) -> bool:
        """Whether a program is a hypothesis: right on 1 in k training rows, if k > 2."""
        return self.two or (self.n - judged.wrong) * self.k >= self.n

    def _following(self, program: Program) -> float | None:
        """How many of the further terms of a sequence a program says; None if none are known."""
        lags, count = len(self.terms) - self.n, len(self.further)
        said = sequences.said_to_follow(program, self.terms, lags, count)
        right = sum(a == b for a, b in zip(said, self.further, strict=False))
        return right / count if count else None

    def judged(self, units: int, values: np.ndarray) -> Judged:
        """What is true of a program of some price with some values on all rows."""
        same = compared(values, self.root) == self.labels
        wrong = int((~same & self.train).sum())
        inverted = self.two and 2 * wrong > self.n
        exceptions = self.n - wrong if inverted else wrong
        held_out = ~self.train
        right = (same != inverted) & self.known
        own = 0.0 if self.weights is None else float(self.weights[~same[self.train]].sum())
        return Judged(
            units=units,
            wrong=wrong,
            exceptions=exceptions,
            inverted=inverted,
            total_bits=units / UNITS + self.exceptions_bits(exceptions) + own,
            train_accuracy=1 - exceptions / self.n,
            test_accuracy=float(right[held_out].mean()) if held_out.any() else None,
            behaviour=values.tobytes(),
            constant=self._constant(values, inverted),
        )

    def _constant(self, values: np.ndarray, inverted: bool) -> str | None:
        """The one value on all rows as text; None if there are several."""
        seen = compared(values, self.root)
        if (seen != seen[0]).any():
            return None
        value = values[0].astype(self.root.number).item()
        if inverted:
            value = next(a for a in self.task.alphabet if a != value)
        labels = np.array([*self.task.alphabet, value], self.root.number)
        *known, one = compared(labels.astype(self.root.dtype), self.root).tolist()
        if one in known:
            return self.task.label_text(self.task.alphabet[known.index(one)])
        return self.root.format(value)

    def majority_accuracy(self) -> float | None:
        """How often the most frequent training label, the smallest of several, is right."""
        if self.sequence is not None:
            common = max(sorted(set(self.terms)), key=self.terms.count)
            return self.further.count(common) / len(self.further) if self.further else None
        held_out = ~self.train
        if not held_out.any():
            return None
        most = self.task.alphabet[self.counts.index(max(self.counts))]
        value = compared(np.array([most], self.root.number).astype(self.root.dtype), self.root)
        return float(((self.labels == value) & self.known)[held_out].mean())

    def log2_chance(self, total: float) -> float:
        """log2 of the bound for permuted labels; of a sequence for terms drawn from its table."""
        if self.sequence is not None:
            # A table has 1/4 of the probability for three orders, and all laws have 1/2 of it.
            return min(0.0, math.log2(4 * 3 / 2) + total - self.table_bits)
        return min(0.0, total - orders(self.counts))

    def log2_chance_uniform(self, total: float) -> float:
        """log2 of the bound for labels that are drawn uniformly."""
        if self.sequence is not None:
            return self.log2_chance(total)
        return min(0.0, total - self.n * math.log2(self.k))


def written(entry: dict[str, Any]) -> str:
    """A program as it is written in the DSL; the text of a constant is its value."""
    return str(entry.get("written") or entry["text"])


def is_constant(entry: dict[str, Any]) -> bool:
    """Whether an entry is a constant that is a hypothesis of its own, and no program."""
    return entry.get("kind") == "constant" and entry.get("written") is None


def prices(dsl: DSL, inputs: Iterable[Input]) -> dict[Head, int]:
    """The price in units of every production that a finite program can use."""
    # A leaf without a name stands for all members of a family.
    members = [Constant("", type_, 0) for type_ in (dsl.family.results if dsl.family else ())]
    items: list[Head] = [*inputs, *dsl.constants, *dsl.primitives, *members]
    made: set[Type] = set()
    while True:
        more = {i.result for i in items if set(i.arguments) <= made}
        if more == made:
            break
        made = more
    items = [i for i in items if set(i.arguments) <= made]
    found: dict[Head, int] = {}
    for type_ in made:
        group = [i for i in items if i.result == type_]
        primitives = [i for i in group if isinstance(i, Primitive)]
        leaves = [i for i in group if not isinstance(i, Primitive)]
        half = Fraction(dsl.leaf_probability)
        for part, share in ((leaves, half), (primitives, 1 - half)):
            share = share if leaves and primitives else Fraction(1)
            weight = sum((i.weight for i in part), Fraction(0))
            for item in part:
                found[item] = price(share * item.weight / weight)
    return found


@cache
def price(probability: Fraction) -> int:
    """The least whole number u with 2**(-u/1024) <= probability."""
    top, bottom = probability.numerator**UNITS, probability.denominator**UNITS
    # The logarithm is near the answer; whole numbers decide.
    near = math.log2(probability.denominator) - math.log2(probability.numerator)
    u = max(0, math.floor(near * UNITS) - 2)
    while top << u < bottom:
        u += 1
    return u


@cache
def factorial(n: int) -> float:
    """log2 of n!"""
    return math.fsum(map(math.log2, range(2, n + 1)))


def binomial(n: int, e: int) -> float:
    """log2 of the number of ways to choose e of n."""
    return factorial(n) - factorial(e) - factorial(n - e)


def _counted(counts: list[int]) -> float:
    """log2 of how often each of some values may occur, and in what order."""
    return binomial(sum(counts) + len(counts) - 1, len(counts) - 1) + orders(counts)


def orders(counts: Iterable[int]) -> float:
    """log2 of the number of orders of labels that occur so often."""
    counts = list(counts)
    return factorial(sum(counts)) - math.fsum(map(factorial, counts))
