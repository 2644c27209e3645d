"""Steps of the strength dynamics: one strength for each program and each memorised row."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def spill(shared, coordinates, labels, memory):
    """Adds up the memorised strength of each label at each value of each coordinate.

    Parameters
    ----------
    shared : float64 (d, values, k)
        Receives the sums.
    coordinates : int64 (n, d)
        The coordinates of each row.
    labels : int64 (n,)
        The label of each row.
    memory : float64 (n,)
        The memorised strength of each row.
    """
    shared[:] = 0.0
    for row in range(coordinates.shape[0]):
        for j in range(coordinates.shape[1]):
            shared[j, coordinates[row, j], labels[row]] += memory[row]


@njit(cache=True, nogil=True)
def logits(out, place, said, strengths, shared, spread):
    """The logits of one row, without its own memory.

    Parameters
    ----------
    out : float64 (k,)
        Receives the logits.
    place : int64 (d,)
        The coordinates of the row.
    said : int64 (G,)
        The label that each program gives, -1 if that is not a label.
    strengths : float64 (G,)
        The strength of each program.
    shared : float64 (d, values, k)
        The sums that `spill` makes.
    spread : float
        The share of a memorised row's strength that spills onto rows with a common coordinate.
    """
    out[:] = 0.0
    for j in range(place.shape[0]):  # labels in the inner loop, so that it vectorises
        near = shared[j, place[j]]
        for c in range(out.shape[0]):
            out[c] += spread * near[c]
    for g in range(said.shape[0]):
        if said[g] >= 0:
            out[said[g]] += strengths[g]


@njit(cache=True, nogil=True, fastmath={"nnan", "nsz", "reassoc"})
def largest(values):
    """The largest of some numbers, compared in any order; none is NaN."""
    found = -np.inf
    for value in values:
        found = max(found, value)
    return found


@njit(cache=True, nogil=True)
def steps(
    strengths, memory, current, said, coordinates, labels, shared, out, spread, rate, decay, count
):
    """`count` Euler steps; see `synth.dynamics.strength`.

    Parameters
    ----------
    strengths : float64 (G,)
        The strength of each program, changed in place.
    memory : float64 (n,)
        The memorised strength of each row, changed in place.
    current : int
        The program that is driven, -1 for none.
    said : int64 (n, G)
        The label that each program gives each row, -1 if that is not a label.
    coordinates : int64 (n, d)
        The coordinates of each row.
    labels : int64 (n,)
        The label of each row.
    shared : float64 (d, values, k)
        Scratch memory.
    out : float64 (k,)
        Scratch memory.
    spread : float
        As in `logits`.
    rate, decay : float
        The rates of growth and of decay per step.
    count : int
        The number of steps.
    """
    rows, across = coordinates.shape
    short = np.empty(rows)
    for _ in range(count):
        spill(shared, coordinates, labels, memory)
        drive = 0.0
        for row in range(rows):
            logits(out, coordinates[row], said[row], strengths, shared, spread)
            own = labels[row]
            found = out[own] + memory[row] * (1.0 - spread * across)  # no row spills on itself
            out[own] = -np.inf
            short[row] = max(0.0, 1.0 - (found - largest(out)))
            if current >= 0 and said[row, current] == own:
                drive += short[row]
        for g in range(strengths.shape[0]):
            strengths[g] *= 1.0 - decay
        if current >= 0:
            strengths[current] += rate * drive
        for row in range(rows):
            memory[row] = (1.0 - decay) * memory[row] + rate * short[row]


@njit(cache=True, nogil=True)
def read(found, strengths, said, coordinates, shared, out, spread):
    """Writes the label that each unseen row is read as; of equal ones the smallest.

    Parameters
    ----------
    found : int64 (m,)
        Receives the labels.
    strengths, said, coordinates, shared, out, spread
        As in `steps`, for the unseen rows; `shared` as `spill` left it.
    """
    for row in range(found.shape[0]):
        logits(out, coordinates[row], said[row], strengths, shared, spread)
        found[row] = np.argmax(out)
