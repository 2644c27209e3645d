"""Libraries in files: as JSON, and as Python code that `--dsl FILE.py:library` takes.

Both hold the text by which the base DSL is found, and the definitions as texts; nothing in
them is run, bodies are read by `Program.parse`.
"""

import json
from pathlib import Path

from synth.errors import DSLError, SynthError
from synth.files import write_file
from synth.language import DSL, Grammar, Program, dsls
from synth.library.abstraction import Abstraction, Library

#: What a saved file says it is.
FORMAT = "synth-library-1"

_KEYS = {"name": str, "holes": dict, "result": str, "body": str}


def make(base, definitions, types=()):
    """A `Library` from texts.

    base: a specification that `load_dsl` takes, or a DSL; definitions: dicts of name (str),
    holes (names to types as text), result (a type as text) and body (a program as text);
    types: of a task's columns and labels, for a base that is made by them.  Raises DSLError
    for what is no definition, naming it.
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

    A type is named by its family where that is enough, so that a library over `modular`
    serves every modulus.
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
    """A library as a plain document.  Raises DSLError where its base has no specification."""
    return {"format": FORMAT, "base": _spec(library), "abstractions": definitions(library)}


def from_json(document, types=()):
    """The library of a plain document; types: as of `make`.  Raises DSLError."""
    form = document.get("format") if isinstance(document, dict) else None
    if form != FORMAT:
        raise DSLError(f"a library of format {form!r}; allowed: {FORMAT}")
    base, abstractions = (document.get(k) for k in ("base", "abstractions"))
    if not isinstance(base, str) or not isinstance(abstractions, list):
        raise DSLError(f"a library with base {base!r}; allowed: a text, and a list of abstractions")
    return make(base, abstractions, types)


def to_python(library):
    """Python code with a function `library`, which makes the DSL."""
    count = len(library.abstractions)
    listed = "".join(f"    {json.dumps(one)},\n" for one in definitions(library))
    return "\n".join((
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
    ))  # fmt: skip


def save(library, path):
    """Writes a library, as Python code where the name ends in .py, else as JSON.

    Raises RunError where it cannot.
    """
    path = Path(path)
    if path.suffix == ".py":
        write_file(path, to_python(library))
    else:
        write_file(path, json.dumps(to_json(library), indent=1) + "\n")


def load(path, types=()):
    """The library in a JSON file; types: as of `make`.  Raises DSLError for what is none."""
    try:
        document = json.loads(Path(path).read_text())
    except OSError as error:
        raise DSLError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise DSLError(f"{path} is no library in JSON: {' '.join(str(error).split())}") from None
    return from_json(document, types)


def _spec(library):
    if library.spec is None:
        raise DSLError(
            f"the base {library.base.name} has no specification; allowed: Library(base, "
            "spec=TEXT), with a text that load_dsl takes"
        )
    return library.spec


def _check(given):
    good = isinstance(given, dict) and given.keys() == _KEYS.keys()
    if not good or not all(isinstance(given[k], kind) for k, kind in _KEYS.items()):
        raise DSLError(
            f"{given!r} defines no abstraction; allowed: name, result and body as texts, and "
            "holes, names to texts"
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
    """The types of a DSL by their names; last, so that they count, families with one type."""
    families = [type_.family for type_ in dsl.types]
    names = {str(type_): type_ for type_ in dsl.types}
    return names | {t.family: t for t in dsl.types if families.count(t.family) == 1}
