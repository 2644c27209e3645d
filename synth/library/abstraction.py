"""A library: abstractions, which are primitives whose bodies are programs with holes.

Abstractions are added to a base DSL one after another. The body of each is a program of the DSL
before it, so the result is an ordinary `DSL`: a search prices, runs and prints an abstraction
like any other primitive.

The code of a library is a prefix code, in units of 1/1024 bit (see `Grammar`):

- before each abstraction, and after the last, a flag of 1 bit says whether another one follows;
- its result type: log2 of the number of the DSL's types;
- its number of holes k, at least 1: k bits (k - 1 ones and a zero);
- the type of each hole, coded like that of the result;
- its body: the bits of a program under the DSL before it, with the holes as inputs.

Names cost nothing, since any names will do. A body's code is that of `Grammar`, which satisfies
Kraft's inequality, and so does the code of all libraries. An abstraction has weight 1. It is
commutative if its body is, up to the order of the arguments of commutative primitives.
"""

from dataclasses import dataclass
from fractions import Fraction

from synth.errors import DSLError, UndefinedError
from synth.language import DSL, UNIT, Constant, Grammar, Input, Primitive, Program, code_units


@dataclass(frozen=True, eq=False)
class Abstraction:
    """A name for a program with holes.

    Parameters
    ----------
    name : str
        The name of the new primitive.
    holes : dict of str to Type
        The holes in the order of the arguments, at least one.
    body : Program
        A program of the DSL before it. Its inputs are exactly the holes.

    Raises
    ------
    DSLError
        If the body does not contain exactly these holes, or is a hole alone.
    """

    name: str
    holes: dict
    body: Program

    def __post_init__(self):
        inputs = {n.head.name: n.head.type for n in self.body.walk() if isinstance(n.head, Input)}
        if not self.holes or inputs != dict(self.holes) or not self.body.arguments:
            given = ", ".join(self.holes) or "none"
            raise DSLError(
                f"abstraction {self.name}: holes {given}, body {self.body.text}; allowed: at "
                "least one hole, and a body that calls a primitive and contains every hole"
            )

    @property
    def result(self):
        """The type of its values."""
        return self.body.type

    @property
    def text(self):
        """Its definition in one line, such as `f1(a, b) = a | b`."""
        return f"{self.name}({', '.join(self.holes)}) = {self.body.text}"

    def function(self):
        """The body as a function of arrays (n,), as `DSL.add` takes it."""
        return _Composed(tuple(self.holes), self.body)

    def commutative(self):
        """Whether it has two holes of one type that its body treats symmetrically."""
        names, types = list(self.holes), list(self.holes.values())
        if len(names) != 2 or types[0] != types[1]:
            return False
        inputs = {n.head.name: n for n in self.body.parts() if isinstance(n.head, Input)}
        swapped = {names[0]: inputs[names[1]], names[1]: inputs[names[0]]}
        return ordered(self.filled(swapped)) == ordered(self.body)

    def filled(self, programs):
        """The body with programs in place of the holes.

        Parameters
        ----------
        programs : dict of str to Program
            A program for each hole.

        Returns
        -------
        Program
        """
        made = {}
        for node in self.body.parts():
            if isinstance(node.head, Input):
                made[node] = programs[node.head.name]
            else:
                made[node] = Program(node.head, [made[a] for a in node.arguments])
        return made[self.body]

    def units(self, dsl):
        """The length of its definition in units, including the flag before it.

        Parameters
        ----------
        dsl : DSL
            The DSL before it.

        Returns
        -------
        int
        """
        body = named_units(self.body, Grammar(dsl, self.holes))
        return definition_units(dsl, self.result, self.holes.values(), body)


class _Composed:
    """A body as a function of arrays; it has no value if some step has none."""

    def __init__(self, names, body):
        self.names, self.body = names, body
        self.__name__ = "composed"

    def __call__(self, *arrays):
        values, defined = self.body.outputs(dict(zip(self.names, arrays, strict=True)))
        if defined.all():
            return values
        # Without `values` and `defined`, the rows would be found by halving, which takes 20 times
        # as long for `a % b < 5` over the integers 0..10.
        raise UndefinedError(
            f"{self.body.text} has no value on some row", values=values, defined=defined
        )


def definition_units(dsl, result, holes, body):
    """The length of a definition: flag, types, number of holes, and `body` units.

    Parameters
    ----------
    dsl : DSL
        The DSL before it.
    result : Type
        The result type.
    holes : iterable of Type
        The type of each hole.
    body : int
        The units of the body.

    Returns
    -------
    int
        Units of 1/1024 bit.
    """
    holes = list(holes)
    type_ = code_units(Fraction(1, len(dsl.types)))
    return UNIT + type_ * (1 + len(holes)) + UNIT * len(holes) + body


class Library:
    """A base DSL with abstractions; it never changes.

    Parameters
    ----------
    base : DSL
        The DSL to which abstractions are added.
    abstractions : iterable of Abstraction, optional
        Each body is a program of the DSL before it.
    spec : str, optional
        The specification of the base for `synth.language.dsls.load_dsl`; without it, the library
        cannot be saved.

    Attributes
    ----------
    dsl : DSL
        The enlarged DSL.
    units : int
        The length of the library's code in units of 1/1024 bit.
    """

    def __init__(self, base, abstractions=(), spec=None):
        self.base = base
        self.spec = spec
        self.abstractions = ()
        self.dsl = base
        self.units = UNIT  # the flag that no other follows
        for given in abstractions:
            # Rebuild the body from this library's own primitives.
            body = rebound(given.body, Grammar(self.dsl, given.holes))
            one = Abstraction(given.name, given.holes, body)
            self.units += one.units(self.dsl)
            self.dsl = extended(self.dsl, one)
            self.abstractions += (one,)
        if self.abstractions:
            names = ",".join(a.name for a in self.abstractions)
            self.dsl.name = f"{base.name}+{names}"

    def __repr__(self):
        return f"Library({self.base.name!r}, {len(self.abstractions)} abstractions)"

    @property
    def bits(self):
        """The length of the library's code, in bits."""
        return self.units / UNIT

    def added(self, abstraction):
        """The library with one more abstraction."""
        return Library(self.base, (*self.abstractions, abstraction), self.spec)

    def without(self, name):
        """The library without an abstraction, which is written out in the bodies of the others."""
        gone = next(a for a in self.abstractions if a.name == name)
        rest = [
            Abstraction(a.name, a.holes, inlined(a.body, gone))
            for a in self.abstractions
            if a is not gone
        ]
        return Library(self.base, rest, self.spec)

    def expanded(self, program):
        """A program of the enlarged DSL, written out in the base's primitives."""
        for one in reversed(self.abstractions):
            program = inlined(program, one)
        return program

    def free_name(self):
        """The first of f1, f2, ... that is not used in the DSL."""
        taken = {i.name for i in (*self.dsl.primitives, *self.dsl.constants)}
        return next(f"f{k}" for k in range(1, len(taken) + 2) if f"f{k}" not in taken)

    def hole_names(self, count):
        """`count` names from a, b, ... that no constant of the DSL has."""
        taken = {c.name for c in self.dsl.constants}
        letters = [*"abcdefghijklmnopqrstuvwxyz", *(f"a{k}" for k in range(count + len(taken)))]
        return [name for name in letters if name not in taken][:count]


def extended(dsl, abstraction):
    """A new DSL with an abstraction as its last primitive; it shares everything else."""
    return with_primitive(
        dsl,
        abstraction.name,
        abstraction.function(),
        abstraction.holes.values(),
        abstraction.result,
        abstraction.commutative(),
    )


def with_primitive(dsl, name, function, arguments, result, commutative=False):
    """A new DSL with one more primitive, of weight 1; it shares all the others.

    Parameters
    ----------
    dsl : DSL
        The DSL to start from.
    name : str
        The name of the new primitive.
    function : callable
        Its function of arrays (n,).
    arguments : iterable of Type
        The types of its arguments.
    result : Type
        The type of its result.
    commutative : bool, optional
        Whether its arguments may be exchanged.

    Returns
    -------
    DSL
    """
    made = DSL(
        dsl.name,
        leaf_probability=dsl.leaf_probability,
        description=dsl.description,
        prepare=dsl.prepare,
    )
    made.types, made.constants = list(dsl.types), list(dsl.constants)
    made.primitives = list(dsl.primitives)
    signature = f"{', '.join(map(str, arguments))} -> {result}"
    made.add(function, signature, name=name, commutative=commutative)
    return made


def rebound(program, grammar):
    """The program made of a grammar's own items, matched by name.

    Parameters
    ----------
    program : Program
        A program of any grammar.
    grammar : Grammar
        The grammar whose inputs, constants and primitives are used.

    Returns
    -------
    Program

    Raises
    ------
    DSLError
        If the grammar lacks a name.
    """
    items, made = {name_key(p.item): p.item for p in grammar}, {}
    for node in program.parts():
        key = name_key(node.head)
        if key not in items:
            raise DSLError(f"{node.head.name} is not in the grammar of {grammar.dsl.name}")
        made[node] = Program(items[key], [made[a] for a in node.arguments])
    return made[program]


def named_units(program, grammar):
    """The units of a program under a grammar that has all its names."""
    return rebound(program, grammar).units(grammar)


def name_key(item):
    """A key that identifies an input, constant or primitive in every grammar that has it."""
    return type(item).__name__, item.name, item.result if isinstance(item, Constant) else None


def inlined(program, abstraction):
    """A program with every call of an abstraction replaced by its body."""
    made = {}
    for node in program.parts():
        arguments = [made[a] for a in node.arguments]
        if isinstance(node.head, Primitive) and node.head.name == abstraction.name:
            made[node] = abstraction.filled(dict(zip(abstraction.holes, arguments, strict=True)))
        else:
            made[node] = Program(node.head, arguments)
    return made[program]


def ordered(program):
    """The program with the arguments of commutative primitives sorted by their text."""
    made = {}
    for node in program.parts():
        arguments = [made[a] for a in node.arguments]
        if getattr(node.head, "commutative", False):
            arguments.sort(key=lambda a: a.text)
        made[node] = Program(node.head, arguments)
    return made[program]
