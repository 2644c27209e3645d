"""The permutations and negations of the inputs of a boolean function.

A function of n inputs is a number of 2**n bits: bit r is its value on row r, and input i is bit i
of r. A permutation or negation of inputs permutes the rows.
"""

import re
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from synth.errors import SettingError


def check_function(function: int, inputs: int) -> None:
    """Check that there is a function with this number.

    Raises
    ------
    SettingError
        If there is none of that many inputs.
    """
    full = 2 ** (2**inputs) - 1
    if not 0 <= function <= full:
        raise SettingError(f"{function:#x}: no function of {inputs} inputs; allowed: 0..{full:#x}")


def truth_table(text: str) -> tuple[int, int] | None:
    """The function and the number of inputs of a truth table; None if the text is none.

    Parameters
    ----------
    text : str
        A number in hexadecimal or binary, such as 0x96 or 0b10010110, with one digit for each row,
        or for each four: the last digit is that of the first row, on which all inputs are false.

    Raises
    ------
    SettingError
        If the number of digits is not that of the rows of 1 to 5 inputs.
    """
    match = re.fullmatch(r"0[xX]([0-9a-fA-F_]+)|0[bB]([01_]+)", text)
    if match is None:
        return None
    digits = (match[1] or match[2]).replace("_", "")
    rows = len(digits) * (4 if match[1] else 1)
    if rows not in (2, 4, 8, 16, 32):
        raise SettingError(f"{text}: {rows} rows; allowed: 2, 4, 8, 16 or 32")
    return int(digits, 16 if match[1] else 2), rows.bit_length() - 1


@lru_cache(maxsize=8)
def moves(inputs: int) -> tuple[NDArray[np.int64], ...]:
    """A path through all permutations and negations of inputs, and what each step does.

    Each permutation leads to the next by a swap of adjacent inputs ("plain changes", Knuth, The Art
    of Computer Programming 4A, section 7.2.1.2, Algorithm P); within it, all negations follow by
    Gray's code.

    Parameters
    ----------
    inputs : int
        The number of inputs.

    Returns
    -------
    (int64 (n! 2**n - 1,), int64 (M,), int64 (M,))
        The step from one to the next as a number of a move, and the masks and shifts of the moves:
        the bits of a function under the mask change places with those `shift` places higher. The
        first n moves negate an input, the others swap an input with the next one.
    """
    rows = np.arange(2**inputs)
    masks = [_mask(rows[rows >> i & 1 == 0]) for i in range(inputs)]
    for i in range(inputs - 1):
        masks.append(_mask(rows[(rows >> i & 1 == 1) & (rows >> i + 1 & 1 == 0)]))
    shifts = [1 << i for i in range(inputs)] + [1 << i for i in range(inputs - 1)]
    gray = [(k & -k).bit_length() - 1 for k in range(1, 2**inputs)]
    steps = list(gray)
    for swap in _plain_changes(inputs):
        steps += [inputs + swap, *gray]
    return tuple(np.array(part, np.int64) for part in (steps, masks, shifts))


def _mask(rows: NDArray[np.int64]) -> int:
    return sum(1 << row for row in rows.tolist())


def _plain_changes(count: int) -> list[int]:
    """The places of the swaps that lead through all permutations of `count` things."""
    if count < 2:
        return []
    down, up = list(range(count - 2, -1, -1)), list(range(count - 1))
    found = []
    for k, swap in enumerate([*_plain_changes(count - 1), None]):
        found += up if k % 2 else down
        if swap is not None:  # the last thing stands first after its way down
            found.append(swap if k % 2 else swap + 1)
    return found


@lru_cache(maxsize=8)
def turned_rows(inputs: int) -> NDArray[np.uint8]:
    """For each permutation and negation of inputs, where each row's value comes from.

    Returns
    -------
    uint8 (n! 2**n, 2**n)
    """
    steps, masks, shifts = moves(inputs)
    rows = np.arange(2**inputs)
    moved = []
    for mask, shift in zip(masks.tolist(), shifts.tolist(), strict=True):
        place = rows.copy()
        low = rows[mask >> rows & 1 == 1]
        place[low], place[low + shift] = low + shift, low
        moved.append(place)
    found = np.empty((len(steps) + 1, len(rows)), np.uint8)
    found[0] = rows
    for k, step in enumerate(steps.tolist()):
        found[k + 1] = found[k][moved[step]]
    return found
