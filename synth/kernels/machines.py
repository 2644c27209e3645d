"""All machines of k states on the prefixes of some strings, with outputs solved from the labels.

A machine reads letters and goes from state to state.  Prefixes are the nodes of a trie, numbered so
that each comes after its parent and shorter ones come first.  A step of the machine is chosen when
the first prefix needs it, among the states met so far and one new one, so that states are numbered
in the order in which they are met.  The exceptions of a machine are the labels that are not the
most frequent one of their state.  They only grow as more prefixes are read, so that a machine is
left as soon as it has too many; all with the same steps so far are left with it.
"""

from numba import njit

#: The places of the numbers that `scan` goes on from.
NODE, DEPTH, MET, WRONG, MADE, FOUND, BOUND, BEST, LOST, DONE = range(10)


@njit(cache=True, nogil=True)
def _moved(own, counts, sign):
    """Adds or takes the labels of a prefix at a state; how many exceptions that changes."""
    before, after, total = 0, 0, 0
    for m in range(own.shape[0]):
        before = max(before, counts[m])
        counts[m] += sign * own[m]
        after = max(after, counts[m])
        total += own[m]
    return sign * total - (after - before)


@njit(cache=True, nogil=True)
def scan(parent, letter, labels, ties, most, at, steps, states, stack, counts, out):
    """Goes on with the machines of k states, until all are made or `most` more.

    Parameters
    ----------
    parent, letter : int64 (nodes,)
        Of each prefix: the one without its last letter, and that letter.  Those of the empty one,
        which is the first, are not used.
    labels : int64 (nodes, labels)
        How often each label occurs at each prefix.
    ties : int
        Up to how many exceptions all machines with the fewest are kept; otherwise the first one.
    most : int
        How many more machines are made before the answer.
    at : int64 (10,)
        Where the search is, changed in place.  BOUND is the most exceptions that matter, BEST the
        fewest, more than BOUND at first.  The others are 0 at first.  At the end DONE is 1; FOUND
        counts the machines that are kept, and LOST those without room.
    steps : int8 (k, letters)
        The steps; all -1 at first.
    states : int8 (nodes,)
        The state at each prefix; 0 at first.
    stack : int64 (k * letters, 2)
        The prefixes that chose a step, and how many states were met before.
    counts : int64 (k, labels)
        How often each label occurs at each state; 0 at first.
    out : int8 (room, k, letters)
        The steps of the machines with the fewest exceptions; -1 where no prefix needs them.
    """
    k, nodes = steps.shape[0], parent.shape[0]
    node, depth, met, wrong = at[NODE], at[DEPTH], at[MET], at[WRONG]
    stop = at[MADE] + most
    if met == 0:
        node, met = 1, 1
        wrong = _moved(labels[0], counts[0], 1)
    back = wrong > at[BOUND]
    while at[MADE] < stop:
        while not back and node < nodes:
            before, by = states[parent[node]], letter[node]
            state = steps[before, by]
            if state < 0:
                stack[depth, 0], stack[depth, 1] = node, met
                depth += 1
                state = steps[before, by] = 0
            states[node] = state
            wrong += _moved(labels[node], counts[state], 1)
            node += 1
            back = wrong > at[BOUND]
        if not back and met == k:
            _keep(at, ties, wrong, steps, out)
        at[MADE] += 1
        # The next choice of the last step that has one.
        while True:
            if depth == 0:
                at[DONE] = 1
                return
            first = stack[depth - 1, 0]
            while node > first:
                node -= 1
                wrong += _moved(labels[node], counts[states[node]], -1)
            before, by = states[parent[first]], letter[first]
            met = stack[depth - 1, 1]
            state = steps[before, by] + 1
            if state <= min(met, k - 1):
                break
            steps[before, by] = -1
            depth -= 1
        steps[before, by] = states[first] = state
        met = max(met, state + 1)
        wrong += _moved(labels[first], counts[state], 1)
        node = first + 1
        back = wrong > at[BOUND]
    at[NODE], at[DEPTH], at[MET], at[WRONG] = node, depth, met, wrong


@njit(cache=True, nogil=True)
def _keep(at, ties, wrong, steps, out):
    """Keeps a whole machine of no more exceptions than BOUND, and tightens that."""
    if wrong < at[BEST]:
        at[BEST], at[FOUND], at[LOST] = wrong, 0, 0
    if at[FOUND] < out.shape[0]:
        out[at[FOUND]] = steps
        at[FOUND] += 1
    else:
        at[LOST] += 1
    at[BOUND] = wrong if wrong <= ties else wrong - 1
