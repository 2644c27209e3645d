"""Steps of the strength dynamics: a program's strength, and one for each memorised row."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def spill(shared, coordinates, labels, memory):
    """The memorised strength of each label at each value of each coordinate.

    shared: float64 (d, values, k), out; coordinates int64 (n, d); labels int64 (n,); memory
    float64 (n,).
    """
    shared[:] = 0.0
    for row in range(coordinates.shape[0]):
        for j in range(coordinates.shape[1]):
            shared[j, coordinates[row, j], labels[row]] += memory[row]


@njit(cache=True, nogil=True)
def logits(out, place, said, strengths, shared, spread):
    """The logits of one row, without its own memory.

    out: float64 (k,); place int64 (d,); said int64 (G,): what each program says, -1 where
    that is no label; strengths float64 (G,); shared as by `spill`; spread: of a memorised
    row's strength, on rows that share a coordinate.
    """
    out[:] = 0.0
    for j in range(place.shape[0]):  # labels within, so that they are taken several at once
        near = shared[j, place[j]]
        for c in range(out.shape[0]):
            out[c] += spread * near[c]
    for g in range(said.shape[0]):
        if said[g] >= 0:
            out[said[g]] += strengths[g]


@njit(cache=True, nogil=True, fastmath={"nnan", "nsz", "reassoc"})
def largest(values):
    """The largest of some numbers, in any order: none is NaN."""
    found = -np.inf
    for value in values:
        found = max(found, value)
    return found


@njit(cache=True, nogil=True)
def steps(
    strengths, memory, current, said, coordinates, labels, shared, out, spread, rate, decay, count
):
    """`count` Euler steps; see `synth.dynamics.strength`.

    strengths (G,) and memory (n,), float64, are changed; current: the program that is
    driven, -1 for none; said int64 (n, G); coordinates int64 (n, d); labels int64 (n,);
    shared float64 (d, values, k) and out float64 (k,): room to work in.
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
    """Writes the label number that each unseen row is read as, ties to the smallest.

    found int64 (m,); the rest, of these rows, as in `logits`.
    """
    for row in range(found.shape[0]):
        logits(out, coordinates[row], said[row], strengths, shared, spread)
        found[row] = np.argmax(out)
