"""Atlases in files: a line of JSON, then compressed columns.

Columns of 32 bits are written as four planes of bytes, and ascending ones as differences, so that
the classes of all functions of 5 inputs take 82 kB. LZMA makes the file a fifth shorter, and
reading it takes 8 times as long.
"""

import json
import os
import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synth.atlas.atlas import BASES, Atlas
from synth.atlas.bits import BitsAtlas
from synth.errors import RunError
from synth.files import written_whole

FORMAT = "synth-atlas-1"
#: The most classes that a file may claim: those of 5 inputs.
MOST = 616_126
#: The longest text of all programs in a file, in bytes.
LONGEST = 2**24
#: The atlases that travel with the package.
KNOWN = Path(__file__).with_name("known.zip")


def save_atlas(atlas: Atlas | BitsAtlas, path: str | os.PathLike[str]) -> None:
    """Write an atlas to a file, whole or not at all.

    Raises
    ------
    RunError
        If the file cannot be written.
    """
    with written_whole(Path(path).resolve()) as aside:
        aside.write_bytes(packed(atlas))


def packed(atlas: Atlas | BitsAtlas) -> bytes:
    """An atlas as the bytes of its file."""
    steps = atlas.functions.astype(np.int64)
    steps[1:] -= steps[:-1].copy()
    columns = [_planes(steps), _planes(atlas.sizes)]
    if isinstance(atlas, BitsAtlas):
        what = {"dsl": atlas.dsl}
        columns += [_planes(atlas.units), "\n".join(atlas.programs).encode()]
    else:
        what = {"basis": atlas.basis}
        columns.append(_planes(atlas.operators))
        if atlas.parts is not None:
            columns += [atlas.parts[:, k].astype("<u4").tobytes() for k in range(2)]
    small = [zlib.compress(column, 9) for column in columns]
    head = {
        "format": FORMAT,
        **what,
        "inputs": atlas.inputs,
        "classes": len(atlas.functions),
        "lengths": [len(part) for part in small],
        "check": zlib.crc32(b"".join(small)),
    }
    return json.dumps(head).encode() + b"\n" + b"".join(small)


def load_atlas(path: str | os.PathLike[str]) -> Atlas | BitsAtlas:
    """Read an atlas from a file.

    Raises
    ------
    RunError
        If the file cannot be read, or is no atlas.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror or error}") from None
    try:
        found = _unpacked(content)
    except (ValueError, KeyError, TypeError, RecursionError, zlib.error) as error:
        raise RunError(f"{path} is no atlas, or it is damaged: {error}") from None
    if isinstance(found, Atlas):
        known = known_atlas(found.basis, found.inputs)
        for name in ("functions", "operators", "sizes"):
            if known is None or not np.array_equal(getattr(found, name), getattr(known, name)):
                raise RunError(
                    f"{path} is damaged: its {name} are not those of {found.inputs} inputs over "
                    f"{found.basis}"
                )
    return found


def known_atlas(name: str, inputs: int) -> Atlas | BitsAtlas | None:
    """An atlas that travels with the package; None if there is none.

    Parameters
    ----------
    name : str
        The basis, or the name of the DSL.
    inputs : int
        The number of inputs.
    """
    entry = f"{name} {inputs}"
    with zipfile.ZipFile(KNOWN) as box:
        return _unpacked(box.read(entry)) if entry in box.namelist() else None


def _unpacked(content: bytes) -> Atlas | BitsAtlas:
    line, _, small = content.partition(b"\n")
    head = json.loads(line)
    if not isinstance(head, dict) or head["format"] != FORMAT:
        raise ValueError("another format")
    inputs, count, lengths = head["inputs"], head["classes"], head["lengths"]
    if not isinstance(inputs, int) or not 1 <= inputs <= 5:
        raise ValueError(f"{inputs} inputs")
    if not isinstance(count, int) or not 1 <= count <= MOST or not 3 <= len(lengths) <= 5:
        raise ValueError(f"{count} classes, {len(lengths)} columns")
    if sum(lengths) != len(small) or zlib.crc32(small) != head["check"]:
        raise ValueError("the checksum is wrong")
    columns, start = [], 0
    for length in lengths:
        columns.append(zlib.decompressobj().decompress(small[start : start + length], LONGEST))
        start += length
    steps, sizes, costs = (_joined(column, count) for column in columns[:3])
    functions = np.cumsum(steps).astype(np.uint32)
    if "dsl" in head:
        programs = tuple(columns[3].decode().split("\n"))
        return BitsAtlas(
            inputs, str(head["dsl"]), functions, costs.astype(np.uint32), sizes, programs
        )
    if head["basis"] not in BASES:
        raise ValueError(f"basis {head['basis']}")
    parts = None
    if len(columns) == 5:
        parts = np.stack([np.frombuffer(column, "<u4", count) for column in columns[3:]], axis=1)
    return Atlas(inputs, head["basis"], functions, costs.astype(np.uint8), sizes, parts)


def _planes(column: NDArray[np.integer]) -> bytes:
    return column.astype("<u4").view(np.uint8).reshape(-1, 4).T.tobytes()


def _joined(planes: bytes, count: int) -> NDArray[np.int64]:
    columns = np.frombuffer(planes, np.uint8, 4 * count).reshape(4, count)
    return np.ascontiguousarray(columns.T).view("<u4")[:, 0].astype(np.int64)
