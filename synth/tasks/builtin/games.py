"""Small data sets from the machine-learning literature, generated from their rules."""

import itertools

import numpy as np

from synth.errors import SettingError
from synth.language import Bool, Int
from synth.tasks.splits import stream
from synth.tasks.task import Task

_SIZES = (3, 3, 2, 3, 4, 2)
_MONK_TRAIN = {1: 124, 2: 169, 3: 122}


def monk(problem: int = 1, train: int | float | None = None, seed: int = 0):
    """One of the three MONK's problems about 432 robots with six attributes.

    Thrun et al., "The MONK's Problems", CMU-CS-91-197, 1991.  Problem 1: a1 = a2 or a5 = 1.
    Problem 2: exactly two attributes are 1.  Problem 3: (a5 = 3 and a4 = 1) or (a5 is not 4 and
    a2 is not 3), with 5 % of the training labels flipped.  By default there are 124, 169 and
    122 training rows, as published; the seed draws them.
    """
    if problem not in _MONK_TRAIN:
        raise SettingError(f"monk: problem={problem}; allowed: 1, 2, 3")
    a = np.array(list(itertools.product(*(range(1, s + 1) for s in _SIZES))))
    if problem == 1:
        labels = (a[:, 0] == a[:, 1]) | (a[:, 4] == 1)
    elif problem == 2:
        labels = (a == 1).sum(axis=1) == 2
    else:
        labels = ((a[:, 4] == 3) & (a[:, 3] == 1)) | ((a[:, 4] != 4) & (a[:, 1] != 3))
    columns = {f"a{i + 1}": a[:, i] for i in range(6)}
    types = {f"a{i + 1}": Int(1, size) for i, size in enumerate(_SIZES)}
    task = Task(f"monk:{problem}", columns, types, labels, Bool)
    task = task.split(_MONK_TRAIN[problem] if train is None else train, seed)
    if problem == 3:
        rows = np.flatnonzero(task.train)
        flipped = stream(seed, 5).permutation(rows)[: round(0.05 * len(rows))]
        labels = labels.copy()
        labels[flipped] ^= True
        task = Task(task.name, columns, types, labels, Bool, task.train, settings=task.settings)
    return task


_LINES = [
    *[(3 * i, 3 * i + 1, 3 * i + 2) for i in range(3)],
    *[(i, i + 3, i + 6) for i in range(3)],
    (0, 4, 8),
    (2, 4, 6),
]
# Top, middle and bottom; left, middle and right.
_CELLS = [row + column for row in "tmb" for column in "lmr"]


def tic_tac_toe(train: int | float = 0.5, seed: int = 0):
    """The 958 end positions of tic-tac-toe when x begins: has x won?

    Aha, UCI Machine Learning Repository, 1991; x has won 626 of them.  There is one boolean
    column for each cell (tl, tm, ... br) and each of the marks x, o and b (blank).
    """
    boards = sorted(_end_positions())
    cells = np.array([list(board) for board in boards])
    columns = {
        f"{cell}={mark}": cells[:, i] == mark for i, cell in enumerate(_CELLS) for mark in "xob"
    }
    labels = np.array([_won(board, "x") for board in boards])
    task = Task("tic-tac-toe", columns, dict.fromkeys(columns, Bool), labels, Bool, label="x-wins")
    return task.split(train, seed)


def _won(board, mark):
    return any(all(board[i] == mark for i in line) for line in _LINES)


def _end_positions():
    """Every board, as nine letters, with which a game can end."""
    seen, ends, stack = set(), set(), ["b" * 9]
    while stack:
        board = stack.pop()
        if board in seen:
            continue
        seen.add(board)
        if _won(board, "x") or _won(board, "o") or "b" not in board:
            ends.add(board)
            continue
        mark = "x" if board.count("x") == board.count("o") else "o"
        for i in range(9):
            if board[i] == "b":
                stack.append(board[:i] + mark + board[i + 1 :])
    return ends


TASKS = {"monk": monk, "tic-tac-toe": tic_tac_toe}
