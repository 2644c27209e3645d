"""Libraries in files: as JSON, and as Python code for `--dsl FILE.py:library`.

Both contain the specification of the base DSL and the definitions as text. Nothing in them is
executed: `Program.parse` reads the bodies.
"""

import json
from pathlib import Path

from synth.errors import DSLError, SynthError
from synth.files import write_file
from synth.language import DSL, Grammar, Program, dsls
from synth.library.abstraction import Abstraction, Library

#: The format that a saved file names.
FORMAT = "synth-library-1"

_KEYS = {"name": str, "holes": dict, "result": str, "body": str}


def make(base, definitions, types=()):
    """A `Library` from texts.

    Parameters
    ----------
    base : str or DSL
        A specification for `load_dsl`, or a DSL.
    definitions : iterable of dict
        The name (str), holes (names to types as text), result (a type as text) and body (a
        program as text) of each abstraction.
    types : sequence of Type, optional
        The types of a task's columns and labels, for a base DSL that is built from them.

    Returns
    -------
    Library

    Raises
    ------
    DSLError
        If something is not a definition; the message names it.
    """
    spec = None if isinstance(base, DSL) else str(base)
    library = Library(dsls.load_dsl(base, types), spec=spec)
    for given in definitions:
        _check(given)
        try:
            library = library.added(_read(given, library.dsl))
        except SynthError as error:
            raise DSLError(f"abstraction {given['name']}: {error}") from None
    return library


def definitions(library):
    """The definitions of a library as `make` takes them.

    A type is named by its family if that is unambiguous, so that a library over `modular` works
    for every modulus.
    """
    texts = {type_: text for text, type_ in _type_names(library.base).items()}
    return [
        {
            "name": one.name,
            "holes": {name: texts[type_] for name, type_ in one.holes.items()},
            "result": texts[one.result],
            "body": one.body.text,
        }
        for one in library.abstractions
    ]


def to_json(library):
    """A library as a JSON document.

    Raises
    ------
    DSLError
        If the base has no specification.
    """
    return {"format": FORMAT, "base": _spec(library), "abstractions": definitions(library)}


def from_json(document, types=(), base=None):
    """The library of a JSON document.

    Parameters
    ----------
    document : dict
        The document, as `to_json` makes it.
    types : sequence of Type, optional
        As for `make`.
    base : DSL, str or path, optional
        The base DSL.  It must be given if the base is a Python file: a data file never decides
        which code runs.

    Returns
    -------
    Library

    Raises
    ------
    DSLError
        If the document is not a library, or its base is a Python file and `base` is not given.
    """
    form = document.get("format") if isinstance(document, dict) else None
    if form != FORMAT:
        raise DSLError(f"a library of format {form!r}; allowed: {FORMAT}")
    named, abstractions = (document.get(k) for k in ("base", "abstractions"))
    if not isinstance(named, str) or not isinstance(abstractions, list):
        raise DSLError(
            f"a library with base {named!r}; allowed: a text, and a list of abstractions"
        )
    if base is None and ".py" in named:
        raise DSLError(
            f"the base of the library is the Python file {named}, which is not run; to run it, "
            "pass base=FILE.py:NAME"
        )
    library = make(named if base is None else base, abstractions, types)
    return library if library.spec else Library(library.base, library.abstractions, named)


def to_python(library):
    """Python code with a function `library` that makes the DSL.

    Raises
    ------
    DSLError
        If the base has no specification.
    """
    count = len(library.abstractions)
    listed = "".join(f"    {json.dumps(one)},\n" for one in definitions(library))
    return "\n".join(
        (
            f'"""{count} abstraction{"s" * (count != 1)} learnt over {_spec(library)}.',
            "",
            *(f"{one.text}" for one in library.abstractions),
            '"""',
            "",
            "from synth.library.saved import make",
            "",
            f"BASE = {json.dumps(_spec(library))}",
            f"DEFINITIONS = [\n{listed}]",
            "",
            "",
            "def library(types=()):",
            '    """The DSL for a task whose columns and labels have these types."""',
            "    return make(BASE, DEFINITIONS, types).dsl",
            "",
        )
    )


def save(library, path):
    """Writes a library to a file.

    Parameters
    ----------
    library : Library
        The library.
    path : str or path
        The file: Python code if the name ends in .py, else JSON.

    Raises
    ------
    DSLError
        If the base has no specification.
    RunError
        If the file cannot be written.
    """
    path = Path(path)
    if path.suffix == ".py":
        write_file(path, to_python(library))
    else:
        write_file(path, json.dumps(to_json(library), indent=1) + "\n")


def load(path, types=(), base=None):
    """The library in a JSON file.

    Parameters
    ----------
    path : str or path
        The file.
    types : sequence of Type, optional
        As for `make`.
    base : DSL, str or path, optional
        The base DSL.  It must be given if the base is a Python file: a data file never decides
        which code runs.

    Returns
    -------
    Library

    Raises
    ------
    DSLError
        If the file cannot be read, is not a library, or needs `base`.
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise DSLError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise DSLError(f"{path} is not a library in JSON: {' '.join(str(error).split())}") from None
    return from_json(document, types, base)


def _spec(library):
    if library.spec is None:
        raise DSLError(
            f"the base {library.base.name} has no specification; make the library as "
            "Library(base, spec=TEXT), with a text that load_dsl takes"
        )
    return library.spec


def _check(given):
    good = isinstance(given, dict) and given.keys() == _KEYS.keys()
    if not good or not all(isinstance(given[k], kind) for k, kind in _KEYS.items()):
        raise DSLError(
            f"{given!r} defines no abstraction; allowed: name, result and body as texts, and "
            "holes as a mapping of names to texts"
        )


def _read(given, dsl):
    holes = {name: _type(text, dsl) for name, text in given["holes"].items()}
    body = Program.parse(given["body"], Grammar(dsl, holes), _type(given["result"], dsl))
    return Abstraction(given["name"], holes, body)


def _type(text, dsl):
    names = _type_names(dsl)
    if text not in names:
        raise DSLError(f"no type {text!r}; allowed: {', '.join(names)}")
    return names[text]


def _type_names(dsl):
    """The types of a DSL by name; family names come last and win if one type has the family."""
    families = [type_.family for type_ in dsl.types]
    names = {str(type_): type_ for type_ in dsl.types}
    return names | {t.family: t for t in dsl.types if families.count(t.family) == 1}
