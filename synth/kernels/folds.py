"""Folds of many functions over many strings, which share the work on their common prefixes."""

from numba import njit


@njit(cache=True, nogil=True)
def ends(parent, letter, node, steps, start, states, out):
    """Writes the state of each fold at the end of each string.

    Parameters
    ----------
    parent, letter, node : int64 (nodes,), int64 (nodes,), int64 (rows,)
        The prefixes of the strings, as `language.prefixes_of` returns them.
    steps : int64 (folds, states, letters)
        The next state for each state and letter.
    start : int
        The first state.
    states : int64 (nodes,)
        Room for the state at each prefix.
    out : int64 (folds, rows)
        The states at the ends.
    """
    for k in range(steps.shape[0]):
        states[0] = start
        for prefix in range(1, parent.shape[0]):
            states[prefix] = steps[k, states[parent[prefix]], letter[prefix]]
        for row in range(node.shape[0]):
            out[k, row] = states[node[row]]
