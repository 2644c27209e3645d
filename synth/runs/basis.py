"""What the answers of a run rest on beside its settings: code, and the files that they name."""

import hashlib
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

import synth
from synth.errors import RunError, SynthError

#: Rooms whose code no answer depends on.
ASIDE = ("cli", "report")


@cache
def digest_of_code(module):
    """A digest of the package's source and of a module, by its name."""
    root = Path(synth.__file__).parent
    paths = [p for p in sorted(root.rglob("*.py")) if p.relative_to(root).parts[0] not in ASIDE]
    own = getattr(sys.modules.get(module), "__file__", None)
    found = hashlib.sha256()
    for path in [*paths, *([Path(own)] if own else [])]:
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


def digests_of_files(settings):
    """Digests of the files that some settings name, by their names there.

    A DSL in a file also counts by what its primitives compute, since it may use other files.

    Parameters
    ----------
    settings : dict
        Plain data.  A text is the path of a table, or FILE.py:NAME.

    Raises
    ------
    RunError
        If a file cannot be read.
    """
    found = {}
    for text in _texts(settings):
        is_code = ".py:" in text
        path = Path(text.rpartition(":")[0] if is_code else text)
        try:
            if not path.is_file():
                continue
            made = hashlib.sha256(path.read_bytes())
        except (OSError, ValueError) as error:
            raise RunError(f"{path} cannot be read: {error}") from None
        if is_code:
            with suppress(SynthError):  # if it needs the types of a task
                made.update(_digest_of_dsl(text).encode())
        found[text] = made.hexdigest()[:16]
    return found


def _digest_of_dsl(text):
    from synth import engine  # which a saved run is shown without
    from synth.language import dsls

    return engine.digest_of_dsl(dsls.load_dsl(text))


def _texts(value):
    """All texts in plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each)
