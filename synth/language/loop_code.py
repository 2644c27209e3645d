"""Programs that loop over strings, as source text of Python functions that need nothing else.

Each fold and each machine becomes a function with a loop over the letters of a string, and the
program a function of its strings.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from synth.errors import DSLError
from synth.language.folds import STATES, Folds, truths_of
from synth.language.machines import Machines
from synth.language.primitive import Constant, Input, Primitive
from synth.language.program import Program
from synth.language.scans import Scans
from synth.language.types import Type

_TWO = {"and_": "and", "or_": "or", "xor": "!=", "lt": "<", "eq": "=="}
_TWO |= {f"eq{modulus}": "==" for modulus in (3, 4, 5)}
_TWO |= {f"same{end}": "==" for end in ("", "_out", "_pairs")}
_SUMS = {"add": "+", "sub": "-", "mul": "*"}
#: Sums that do not stay in a range.
_PLAIN: tuple[object, ...] = (np.add, np.subtract)
#: What is done with strings, by the name of the primitive without the type of the string.
_STRINGS = {
    "reverse": "{}[::-1]",
    "join": "({} + {})",
    "take": "{}[:max(0, {})]",
    "drop": "{}[max(0, {}):]",
    "length": "len({})",
    "zip": "_zip({}, {})",
}


def to_python(program: Program, family: Folds | Machines | Scans, inverted: bool = False) -> str:
    """The source text of a function `predict` of strings, one argument for each column.

    Parameters
    ----------
    program : Program
        A program of the DSL `loops` or `machines`.
    family : Folds, Machines or Scans
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
    columns = sorted({p.head.name for p in program.walk() if isinstance(p.head, Input)})
    heads = [p.head for p in program.parts() if isinstance(p.head, Primitive)]
    zips = [head for head in heads if head.name == "zip"]
    functions += [_zip(zips[0])] if zips else []
    body = _text(program, names)
    body = f"not {body}" if inverted else body
    shown = program.text.replace("\\", "\\\\").replace('"', "'")
    lines = [f"def predict({', '.join(columns)}):"]
    lines += [f'    """{f"not [{shown}]" if inverted else shown}"""', f"    return {body}"]
    return "\n\n\n".join([*functions, "\n".join(lines)]) + "\n"


def _zip(head: Primitive) -> str:
    """Two strings as one of pairs of letters, as a function."""
    letters, pairs = head.arguments[0].letters, head.result.letters
    return "\n".join([
        "def _zip(one, other):",
        "    longest = max(len(one), len(other))",
        f"    one, other = (text.ljust(longest, {letters[0]!r}) for text in (one, other))",
        f"    places = [({letters!r}.index(x), {letters!r}.index(y)) for x, y in zip(one, other)]",
        f'    return "".join({pairs!r}[{len(letters)} * x + y] for x, y in places)',
    ])  # fmt: skip


def _reads(letters: Mapping[str, NDArray[np.bool_]], type_: Type) -> list[str]:
    """Lines that read the truth values of a letter."""
    reads = []
    for name, bits in letters.items():
        among = "".join(c for c, here in zip(type_.letters, bits, strict=True) if here)
        reads.append(f"        {name} = letter in {among!r}")
    return reads


def _scan(name: str, head: Primitive, family: Scans) -> str:
    """A function of letters as a function of a string."""
    form, bodies, start = family.parts(head)
    states, written = STATES[: form.parts], form.result.letters
    after = [_text(body, {}) for body in bodies[: form.parts]]
    says = bodies[-1] if form.writes else bodies[0]
    said = _text(says, {}, written)
    lines = [f"def {name}(string):", "    made = []"]
    if states:
        first = [str(bool(start))] * form.parts
        lines.append(f"    {', '.join(states)} = {', '.join(first)}")
    lines += ["    for letter in string:", *_reads(truths_of(form.argument.letters), form.argument)]
    if form.name == "filter":
        lines += [f"        if {said}:", "            made.append(letter)"]
    elif says.type.names:
        lines.append(f"        made.append({said})")
    else:
        lines.append(f"        made.append({written!r}[{said}])")
    if states:
        lines.append(f"        {', '.join(states)} = {', '.join(after)}")
    return "\n".join([*lines, '    return "".join(made)'])


def _function(name: str, head: Primitive, family: Folds | Machines | Scans) -> str:
    """A member of the family as a function of a string."""
    if isinstance(family, Scans):
        return _scan(name, head, family)
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
    reads = _reads(family.letters, family.argument)
    return "\n".join([
        f"def {name}(string):",
        f"    {states} = {first}",
        "    for letter in string:",
        *reads,
        f"        {states} = {after}",
        f"    return {answer}",
    ])  # fmt: skip


def _text(program: Program, loops: Mapping[str, str], written: str = "") -> str:
    """An expression.

    loops: the names of functions that stand for members of a family.  written: the letters that a
    function says by their places.
    """
    head, inner = program.head, [_text(a, loops, written) for a in program.arguments]
    if head.name in loops:
        return f"{loops[head.name]}({', '.join(inner)})"
    if not inner:
        if isinstance(head, Constant) and head.type.names:
            return repr(written[head.value])  # type: ignore[index]  # a place
        if isinstance(head, Constant):
            return repr(head.value) if head.type.letters else str(head.value)
        return head.name
    if head.name in _TWO:
        return f"({inner[0]} {_TWO[head.name]} {inner[1]})"
    if head.name == "not_":
        return f"(not {inner[0]})"
    stem = head.name.removesuffix("_out").removesuffix("_pairs")
    if stem in _STRINGS and any(a.letters for a in head.arguments):
        return _STRINGS[stem].format(*inner)
    if stem == "where":
        return f"({inner[1]} if {inner[0]} else {inner[2]})"
    if head.name in _SUMS:
        text = f"{inner[0]} {_SUMS[head.name]} {inner[1]}"
        plain = getattr(head, "function", None) in _PLAIN
        return f"({text})" if plain else _within(text, head.result)
    raise DSLError(f"primitive {head.name} has no translation")


def _within(text: str, type_: Type) -> str:
    """A sum, in the range of its type."""
    if type_.family == "Mod":
        return f"(({text}) % {int(type_.size)})"
    return f"max({int(type_.low)}, min({int(type_.high)}, {text}))"
