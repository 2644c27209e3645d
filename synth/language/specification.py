"""Specifications of DSLs and tasks by name, such as `parity:n=6`.

A specification is a name followed by settings: `name:key=value,key=value`.  The first values may
be given without keys, in the order of the parameters.
"""

import inspect
from typing import get_args

from synth.errors import SettingError


def parse_spec(text):
    """Split a specification into its parts.

    Parameters
    ----------
    text : str or path
        A specification.

    Returns
    -------
    name : str
    positional : list of str
        The values without a key.
    named : dict of str to str
        The other values by their keys.

    Raises
    ------
    SettingError
        If a value without a key follows one with a key, or a key appears twice.
    """
    name, _, rest = str(text).partition(":")
    positional, named = [], {}
    for part in filter(None, (p.strip() for p in rest.split(","))):
        key, equals, value = part.partition("=")
        if not equals:
            if named:
                raise SettingError(f"{text}: {part!r} needs a key, because it follows one")
            positional.append(part)
        elif key in named:
            raise SettingError(f"{text}: {key} is given twice")
        else:
            named[key.strip()] = value.strip()
    return name.strip(), positional, named


def bind(function, what, positional, named, skip=0):
    """Keyword arguments for a function, converted from texts to the types of its annotations.

    Parameters
    ----------
    function : callable
        The function whose parameters are the settings.
    what : str
        What the settings are for, for messages.
    positional : list of str
        Values without a key.
    named : dict of str to str
        Values by key.
    skip : int
        Number of leading parameters that are not settings.

    Returns
    -------
    dict of str to object

    Raises
    ------
    SettingError
        If there is no such setting, it is given twice, or its value cannot be converted.
    """
    parameters = list(inspect.signature(function).parameters.values())[skip:]
    names = [p.name for p in parameters]
    by_position = [p for p in parameters if p.kind is not p.KEYWORD_ONLY]
    if len(positional) > len(by_position):
        way = ""
        if len(by_position) == 1 and by_position[0].annotation is tuple:
            shown = "/".join(positional[:3]) + "/..." * (len(positional) > 3)
            way = f"; separate {names[0]} by /, as in {what.partition(':')[0]}:{shown}"
        raise SettingError(
            f"{what}: {len(positional)} values without a key; settings: {_listed(names)}{way}"
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
    """Convert a text to the annotated type; other values are returned as they are."""
    kinds = [a for a in get_args(annotation) or (annotation,) if a is not type(None)]
    if not isinstance(text, str) or kinds in ([str], [inspect.Parameter.empty]):
        return text
    try:
        if kinds == [bool]:
            return {"true": True, "false": False, "1": True, "0": False}[text.lower()]
        if kinds == [tuple]:
            return tuple(_number(v) for v in text.split("/") if v)
        if kinds == [int, float]:
            return _number(text)
        return kinds[0](text)
    except (KeyError, ValueError):
        raise SettingError(f"{what}={text!r}; allowed: {_ALLOWED[kinds[-1]]}") from None


_ALLOWED = {
    int: "an integer",
    float: "a number",
    bool: "true or false",
    tuple: "numbers separated by /",
}


def _number(text):
    """An int or a float: a fraction has a decimal point, a count has none."""
    return int(text) if text.strip().lstrip("+-").isdecimal() else float(text)


def _listed(names):
    return ", ".join(names) or "none"
