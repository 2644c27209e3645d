"""Reads the types of a primitive from its annotations or from a signature."""

import ast
import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any, get_args, get_origin

from synth.errors import DSLError, one_line
from synth.language.types import ALLOWED, FAMILIES, Int, Label, Mod, Str, Type

#: The types of the arguments, and the type of the result.
Signature = tuple[tuple[Type, ...], Type]

#: What families that have no default need.
_NEEDS = {
    "Mod": "a modulus, as in Mod(97)",
    "Label": "names, as in Label('a', 'b')",
    "Str": "letters, as in Str('01')",
}


def read_annotations(function: Callable[..., Any], known: Sequence[Type]) -> Signature:
    """The types of an annotated function.

    Parameters
    ----------
    function : callable
        A function whose parameters and result are annotated with types.
    known : sequence of Type
        The types that bare family names such as "Int" may stand for.

    Raises
    ------
    DSLError
        If an annotation is missing or is not a type.
    """
    name = getattr(function, "__name__", repr(function))
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        raise DSLError(
            f"{name} has no Python signature; use dsl.add(function, 'Int, Int -> Int')"
        ) from None
    found = []
    wanted = [(p.name, p.annotation) for p in signature.parameters.values()]
    for what, annotation in [*wanted, ("the result", signature.return_annotation)]:
        if annotation is inspect.Signature.empty:
            raise DSLError(f"primitive {name}: {what} has no type annotation")
        if isinstance(annotation, str):  # from __future__ import annotations
            annotation = _lookup(function, annotation)
        found.append(resolve(annotation, f"primitive {name}", known))
    return tuple(found[:-1]), found[-1]


def read_signature(text: str, known: Sequence[Type]) -> Signature:
    """The types of a signature.

    Parameters
    ----------
    text : str
        For example "Int, Int -> Bool".
    known : sequence of Type
        The types that bare family names such as "Int" may stand for.

    Raises
    ------
    DSLError
        If the text is not a signature, or a part of it is not a type.
    """
    left, arrow, right = str(text).partition("->")
    try:
        if not arrow:
            raise SyntaxError
        arguments = ast.parse(f"({left.strip()},)", mode="eval").body.elts  # type: ignore[attr-defined]
        result = ast.parse(right.strip(), mode="eval").body
    except (SyntaxError, AttributeError):
        raise DSLError(f"signature {text!r}: write it like 'Int, Int -> Bool'") from None
    where = f"signature {text!r}"
    return tuple(resolve(a, where, known) for a in arguments), resolve(result, where, known)


def resolve(given: Any, where: str, known: Sequence[Type]) -> Type:
    """The type that something stands for.

    Parameters
    ----------
    given : Type, callable, str or ast.expr
        A type, the function of a family (`Int`), a text, or a parsed text.
    where : str
        Where it was given, for the message.
    known : sequence of Type
        The types that bare family names such as "Int" may stand for.

    Raises
    ------
    DSLError
        If it is not a type.
    """
    if get_origin(given) is Annotated:
        _, *notes = get_args(given)
        types = [n for n in notes if isinstance(n, Type | str) or n in (Int, Mod, Label, Str)]
        if len(types) != 1:
            raise DSLError(f"{where}: {given!r} must contain one type; allowed: {ALLOWED}")
        given = types[0]
    if isinstance(given, Type):
        return given
    if isinstance(given, str):
        try:
            given = ast.parse(given.strip(), mode="eval").body
        except SyntaxError:
            raise DSLError(f"{where}: {given!r} is not a type") from None
    if given in (Int, Mod, Label, Str):
        return _bare(given.__name__, where, known)
    if isinstance(given, ast.Name) and given.id in FAMILIES:
        return _bare(given.id, where, known)
    if isinstance(given, ast.Call) and isinstance(given.func, ast.Name):
        family = FAMILIES.get(given.func.id)
        if callable(family) and not given.keywords:
            try:
                return family(*(ast.literal_eval(a) for a in given.args))
            except (TypeError, ValueError, SyntaxError) as error:
                raise DSLError(f"{where}: {one_line(error)}") from None
    shown = ast.unparse(given) if isinstance(given, ast.AST) else repr(given)
    shown = given.__name__ if isinstance(given, type) else shown
    raise DSLError(f"{where}: {shown} is not a type; allowed: {ALLOWED}, or Int")


def _bare(family: str, where: str, known: Sequence[Type]) -> Type:
    plain = FAMILIES[family]
    if isinstance(plain, Type):
        return plain
    found = [t for t in known if t.family == family]
    if len(found) == 1:
        return found[0]
    if found:
        raise DSLError(
            f"{where}: {family} could be {' or '.join(map(str, found))}; write the full type"
        )
    if family in _NEEDS:
        raise DSLError(f"{where}: {family} needs {_NEEDS[family]}")
    return Int()


def _lookup(function: Callable[..., Any], text: str) -> Any:
    """What an annotation that is a text stands for in the scope of the function."""
    scope = dict(getattr(function, "__globals__", {}))
    closure = inspect.getclosurevars(function).nonlocals if function.__closure__ else {}
    scope = {**scope, **closure}
    if text in scope:
        return scope[text]
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        return text
    match tree:
        case ast.Subscript(
            value=ast.Name(id="Annotated") | ast.Attribute(attr="Annotated"),
            slice=ast.Tuple(elts=[_, note]),
        ):
            return _lookup(function, ast.unparse(note))
        case ast.Constant(value=str(quoted)):
            return _lookup(function, quoted)
    return text
