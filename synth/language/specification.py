"""Finding DSLs and tasks by name, and reading specifications such as `parity:n=6`.

A specification is a name, then settings: `name:key=value,key=value`, where
leading values may stand without their key, in the order of the parameters.
"""

import inspect
from typing import get_args

from synth.errors import SettingError


def parse_spec(text):
    """("name", ["positional", ...], {"key": "value", ...}) of a specification."""
    name, _, rest = str(text).partition(":")
    positional, named = [], {}
    for part in filter(None, (p.strip() for p in rest.split(","))):
        key, equals, value = part.partition("=")
        if not equals:
            if named:
                raise SettingError(f"{text}: {part!r} has no key but follows one that has")
            positional.append(part)
        elif key in named:
            raise SettingError(f"{text}: {key} is given twice")
        else:
            named[key.strip()] = value.strip()
    return name.strip(), positional, named


def bind(function, what, positional, named, skip=0):
    """Keyword arguments for a function, converted from text to its annotations.

    skip: how many leading parameters the caller supplies.  Raises SettingError
    for a setting that there is not, or a value that cannot be converted.
    """
    parameters = list(inspect.signature(function).parameters.values())[skip:]
    names = [p.name for p in parameters]
    by_position = [p for p in parameters if p.kind is not p.KEYWORD_ONLY]
    if len(positional) > len(by_position):
        raise SettingError(
            f"{what}: {len(positional)} values without a key; settings: {_listed(names)}"
        )
    given = dict(zip((p.name for p in by_position), positional, strict=False))
    for key, value in named.items():
        if key not in names:
            raise SettingError(f"{what}: no setting {key!r}; settings: {_listed(names)}")
        if key in given:
            raise SettingError(f"{what}: {key} is given twice")
        given[key] = value
    known = {p.name: p for p in parameters}
    return {k: convert(v, known[k].annotation, f"{what}: {k}") for k, v in given.items()}


def convert(text, annotation, what):
    """A value of the annotated type from a text; other values pass unchanged."""
    kinds = [a for a in get_args(annotation) or (annotation,) if a is not type(None)]
    if not isinstance(text, str) or kinds in ([str], [inspect.Parameter.empty]):
        return text
    try:
        if kinds == [bool]:
            return {"true": True, "false": False, "1": True, "0": False}[text.lower()]
        if kinds == [tuple]:
            return tuple(int(v) for v in text.split("/") if v)
        if kinds == [int, float]:
            # A fraction is written with a point, a count without one.
            return int(text) if text.lstrip("+-").isdecimal() else float(text)
        return kinds[0](text)
    except (KeyError, ValueError):
        raise SettingError(f"{what}={text!r}; allowed: {_ALLOWED[kinds[-1]]}") from None


_ALLOWED = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    tuple: "whole numbers parted by /",
}


def _listed(names):
    return ", ".join(names) or "none"
