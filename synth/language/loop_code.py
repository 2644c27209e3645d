"""Programs that loop over strings, as source text of Python functions that need nothing else.

Each fold and each machine becomes a function with a loop over the letters of a string, and the
program a function of its strings.
"""

from collections.abc import Mapping

from synth.errors import DSLError
from synth.language.folds import Folds
from synth.language.machines import Machines
from synth.language.primitive import Primitive
from synth.language.program import Program
from synth.language.types import Type

_TWO = {"and_": "and", "or_": "or", "xor": "!=", "lt": "<", "eq": "=="}
_TWO |= {f"eq{modulus}": "==" for modulus in (3, 4, 5)}
_SUMS = {"add": "+", "sub": "-", "mul": "*"}


def to_python(program: Program, family: Folds | Machines, inverted: bool = False) -> str:
    """The source text of a function `predict` of strings, one argument for each column.

    Parameters
    ----------
    program : Program
        A program of the DSL `loops` or `machines`.
    family : Folds or Machines
        The family of the DSL.
    inverted : bool
        Whether the program is read as its opposite.

    Raises
    ------
    DSLError
        If a primitive has no counterpart.
    """
    functions: list[str] = []
    names: dict[str, str] = {}
    for part in program.parts():
        made = family.named(part.head.name) if isinstance(part.head, Primitive) else None
        if made is not None and part.head.name not in names:
            names[part.head.name] = f"_loop{len(names) + 1}"
            functions.append(_function(names[part.head.name], made, family))
    columns = sorted({p.head.name for p in program.walk() if p.head.result.letters})
    body = _text(program, names)
    body = f"not {body}" if inverted else body
    shown = program.text.replace("\\", "\\\\").replace('"', "'")
    lines = [f"def predict({', '.join(columns)}):"]
    lines += [f'    """{f"not [{shown}]" if inverted else shown}"""', f"    return {body}"]
    return "\n\n\n".join([*functions, "\n".join(lines)]) + "\n"


def _function(name: str, head: Primitive, family: Folds | Machines) -> str:
    """A member of the family as a function of a string."""
    letters = family.argument.letters
    if isinstance(family, Machines):
        steps, labels = family.table(head)
        said = [bool(label) if family.result.family == "Bool" else label for label in labels]
        return "\n".join([
            f"def {name}(string):",
            f"    steps = {steps}",
            "    state = 0",
            "    for letter in string:",
            f"        state = steps[state][{letters!r}.index(letter)]",
            f"    return {said}[state]",
        ])  # fmt: skip
    kind, bodies, start = family.parts(head)
    if kind.run is not None:
        raise DSLError(f"{head.name} has no translation: its function is run in a way of its own")
    states, first = ", ".join(kind.names), ", ".join([kind.type.format(start).title()] * kind.parts)
    after = ", ".join(_text(body, {}) for body in bodies[: kind.parts])
    answer = _text(bodies[-1], {}) if kind.parts > 1 else states
    reads = []
    for letter, bits in family.letters.items():
        among = "".join(c for c, here in zip(letters, bits, strict=True) if here)
        reads.append(f"        {letter} = letter in {among!r}")
    return "\n".join([
        f"def {name}(string):",
        f"    {states} = {first}",
        "    for letter in string:",
        *reads,
        f"        {states} = {after}",
        f"    return {answer}",
    ])  # fmt: skip


def _text(program: Program, loops: Mapping[str, str]) -> str:
    """An expression; loops: the names of functions that stand for members of a family."""
    head, inner = program.head, [_text(a, loops) for a in program.arguments]
    if head.name in loops:
        return f"{loops[head.name]}({', '.join(inner)})"
    if not inner:
        return str(head.value) if hasattr(head, "value") else head.name
    if head.name in _TWO:
        return f"({inner[0]} {_TWO[head.name]} {inner[1]})"
    if head.name == "not_":
        return f"(not {inner[0]})"
    if head.name == "where":
        return f"({inner[1]} if {inner[0]} else {inner[2]})"
    if head.name in _SUMS:
        return _within(f"{inner[0]} {_SUMS[head.name]} {inner[1]}", head.result)
    raise DSLError(f"primitive {head.name} has no translation")


def _within(text: str, type_: Type) -> str:
    """A sum, in the range of its type."""
    if type_.family == "Mod":
        return f"(({text}) % {int(type_.size)})"
    return f"max({int(type_.low)}, min({int(type_.high)}, {text}))"
