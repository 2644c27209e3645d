"""Computing atlases: the least operators or bits of every boolean function; see `synth.atlas`."""

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from synth.atlas import BASES, Atlas, BitsAtlas, moves, turned_rows
from synth.engine import enumerate_programs
from synth.errors import DSLError, RunError, SettingError
from synth.exact.operators import CLASSES, Levels
from synth.files import written_whole
from synth.kernels import atlas as kernels
from synth.language import Bool, Grammar, dsls
from synth.tasks import all_rows

#: The most inputs for bits: there are 4 billion functions of 5.
MOST_INPUTS = 4
#: What a damaged checkpoint may raise when it is read.
_DAMAGES = (OSError, zipfile.BadZipFile, KeyError, ValueError, IndexError, EOFError)


def make_atlas(
    inputs: int,
    basis: str,
    *,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: Callable[[str], object] | None = None,
) -> Atlas:
    """The least number of operators of every boolean function of some inputs.

    With 5 inputs, it needs 2.3 GB of memory.

    Parameters
    ----------
    inputs : int
        The number of inputs, 1 to 5.
    basis : str
        "and-or" or "and-or-xor"; negation is free.
    checkpoint : path, optional
        A file to write after each level, and to go on from if it exists.
    progress : callable, optional
        Called with a text now and then.

    Returns
    -------
    Atlas

    Raises
    ------
    SettingError
        If the number of inputs or the basis is not allowed.
    RunError
        If the checkpoint is another computation's, or damaged, or cannot be written.
    """
    if inputs not in CLASSES:
        raise SettingError(f"{inputs} inputs; allowed: 1..{max(CLASSES)}")
    if basis not in BASES:
        raise SettingError(f"basis {basis!r}; allowed: {', '.join(BASES)}")
    levels = Levels(inputs, basis == "and-or-xor", progress=progress)
    path = None if checkpoint is None else Path(checkpoint).resolve()
    if path is not None and path.exists():
        _resume(levels, path, basis)
    for _ in levels:
        if path is not None:
            with written_whole(path) as aside, aside.open("wb") as file:
                np.savez(file, of=np.array(f"{basis} {inputs}"), **levels.state_of())
    found, operators = levels.found.copy(), levels.values
    kernels.smallest(found, 2 ** (2**inputs) - 1, *moves(inputs))
    order = np.argsort(found[:, kernels.FUNCTION])
    return Atlas(
        inputs=inputs,
        basis=basis,
        functions=found[order, kernels.FUNCTION],
        operators=operators[order],
        sizes=2 * found[order, kernels.SIZE].astype(np.int64),
        parts=found[order, kernels.LEFT : kernels.RIGHT + 1],
    )


def _resume(levels: Levels, path: Path, basis: str) -> None:
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        of = str(arrays.pop("of"))
        if of != f"{basis} {levels.inputs}":
            raise RunError(f"{path} is a checkpoint of {of}; allowed: {basis} {levels.inputs}")
        levels.restore(arrays)
    except _DAMAGES as error:
        raise RunError(f"{path} is no checkpoint of an atlas, or it is damaged: {error}") from None


def make_bits_atlas(inputs: int, dsl: str) -> BitsAtlas:
    """The least bits of every boolean function of some inputs.

    Parameters
    ----------
    inputs : int
        The number of inputs, 1 to 4.
    dsl : str
        The specification of a boolean DSL.

    Returns
    -------
    BitsAtlas

    Raises
    ------
    SettingError
        If the number of inputs is not allowed.
    DSLError
        If there is no such DSL, or it has other types than Bool.
    """
    if not 1 <= inputs <= MOST_INPUTS:
        raise SettingError(f"{inputs} inputs; allowed: 1..{MOST_INPUTS}")
    columns = all_rows(inputs)
    grammar = Grammar(dsls.load_dsl(dsl), dict.fromkeys(columns, Bool))
    if tuple(grammar.types) != (Bool,):
        raise DSLError(f"{dsl} has types other than Bool; allowed: a boolean DSL")
    found = enumerate_programs(grammar, columns).whole()
    rows = 2**inputs
    powers = 1 << np.arange(rows, dtype=np.int64)
    numbers = found.values @ powers
    turned = turned_rows(inputs)
    turned = turned[turned[:, 0] == 0]  # nothing is negated
    images = np.stack([found.values[:, part] @ powers for part in turned])
    first = np.flatnonzero(images.min(axis=0) == numbers)
    first = first[np.argsort(numbers[first])]
    images = np.sort(images[:, first], axis=0)
    return BitsAtlas(
        inputs=inputs,
        dsl=dsl,
        functions=numbers[first].astype(np.uint32),
        units=np.round(found.bits[first] * 1024).astype(np.uint32),
        sizes=1 + (np.diff(images, axis=0) > 0).sum(axis=0),
        programs=tuple(str(found.program(int(i))) for i in first),
    )
