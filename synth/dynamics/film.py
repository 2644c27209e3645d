"""One run of the grokking lab as pictures: what the search says of every row at each time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.dynamics.chain import Chain, make_world
from synth.dynamics.trajectories import LAB_BITS, LAB_CHAIN, LAB_STEPS, LAB_TASK, trajectory

#: The states of a cell: an unseen row predicted wrongly or rightly; a training row that is
#: wrong, right by the program, or memorised.
UNSEEN_WRONG, UNSEEN_RIGHT, SEEN_WRONG, SEEN_RIGHT, MEMORISED = range(5)


@dataclass(frozen=True, eq=False)
class Film:
    """A run that memorises first and finds the program later.

    Parameters
    ----------
    task : str
    program : str
        The program at the end.
    found : int or None
        The step at which a program was found that is right on every row.
    measures : list of dict
        See `Chain.measures`; one for each picture.
    pictures : uint8 (T, rows)
        The state of each row: 0 and 1 for an unseen row that is predicted wrongly or rightly; 2,
        3 and 4 for a training row that is wrong, right by the program, or memorised.
    shape : (int, int)
        The number of values of the second input and of the first; rows are in that order.
    """

    task: str
    program: str
    found: int | None
    measures: list[dict[str, float]]
    pictures: NDArray[np.uint8]
    shape: tuple[int, int]


def grokking_film(task: str = LAB_TASK, *, steps: int = LAB_STEPS, seed: int = 0) -> Film:
    """The `Film` of one run of the grokking lab, with the lab's own settings.

    Parameters
    ----------
    task : str, optional
        A task with two inputs that has one row for each pair of their values.
    steps : int, optional
        The number of Metropolis steps.
    seed : int, optional
        The seed of the run.

    Returns
    -------
    Film
    """
    world = make_world(task, max_bits=LAB_BITS)
    pictures: list[NDArray[np.uint8]] = []

    def look(chain: Chain) -> dict[str, float]:
        pictures.append(_picture(world, chain))
        return {}

    chain = Chain(world, seed=seed, **LAB_CHAIN)
    measures, found = trajectory(chain, steps, world.truths, look)
    across, up = world.task.columns.values()
    order = np.lexsort((across, up))
    shape = len(np.unique(up)), len(np.unique(across))
    program = str(world.programs.program(chain.program))
    return Film(task, program, found, measures, np.array(pictures)[:, order], shape)


def _picture(world, chain):
    found = np.empty(world.task.rows, np.uint8)
    right = chain.unseen() == world.task.labels[world.held_out]
    found[world.held_out] = np.where(right, UNSEEN_RIGHT, UNSEEN_WRONG)
    wrong = world.wrong[chain.program]
    alone = np.where(wrong, SEEN_WRONG, SEEN_RIGHT)
    found[world.training] = np.where(chain.held, MEMORISED, alone)
    return found
