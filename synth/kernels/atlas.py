"""All boolean functions of a few inputs by their least number of operators.

A function of n inputs is a number of R = 2**n bits, its values. Since negation is free, a function
stands for its negation too, and a pair is numbered by the smaller of the two, which is below
2**(R-1): its place. The table holds a byte for each place: the least number of operators, or
`OPEN` while that is not known.

`meet` makes functions from two that are known. `split` finds the best way to make a given function
as a conjunction of two known ones.
"""

import numpy as np
from numba import njit

#: The value of a function whose number of operators is not known, and of one that has not been
#: listed by `missing`. A sum of two values fits into a byte.
OPEN, UNSEEN = 100, 101
EIGHT = np.uint64(8)
#: The highest bit of each of 8 bytes.
HIGH = np.uint64(0x8080808080808080)
#: The columns of a list of classes: a function, two functions that it is made from, and the number
#: of places of the class.
FUNCTION, LEFT, RIGHT, SIZE = range(4)


@njit(cache=True, nogil=True)
def move(function, step, masks, shifts):
    """The function with two inputs swapped or one negated: bits under the mask change places."""
    shift = shifts[step]
    differ = (function ^ (function >> shift)) & masks[step]
    return function ^ differ ^ (differ << shift)


@njit(cache=True, nogil=True)
def spread(function, value, table, steps, masks, shifts):
    """Gives a value to all functions of a class.

    Parameters
    ----------
    function : int
        A function of the class.
    value : int
        The value.
    table : uint8 (2**(R-1),)
        The table.
    steps : int64
        The moves that lead through all permutations and negations of inputs.
    masks, shifts : int64
        What each move does; see `move`.

    Returns
    -------
    int
        The number of places that had another value.
    """
    full = 2 * table.shape[0] - 1
    count = 0
    for k in range(steps.shape[0] + 1):
        place = np.uint64(min(function, full - function))
        count += table[place] != value
        table[place] = value
        if k < steps.shape[0]:
            function = move(function, steps[k], masks, shifts)
    return count


@njit(cache=True, nogil=True)
def meet(left, right, value, xor, table, steps, masks, shifts, found, state):
    """Makes functions from one of `left` and one of `right`, and gives a value to the new ones.

    Parameters
    ----------
    left, right : uint32
        Places of functions. It is fastest if `right` is ascending.
    value : int
        The number of operators of what is made.
    xor : bool
        Whether there is exclusive or, beside conjunction and disjunction.
    table, steps, masks, shifts
        As in `spread`.
    found : uint32 (C, 4)
        Receives the new classes.
    state : int64 (1,)
        The number of classes in `found`.
    """
    for i in range(left.shape[0]):
        a = np.int64(left[i])
        for j in range(right.shape[0]):
            b = np.int64(right[j])
            both = a & b
            new = table[np.uint64(both)] > value
            new |= table[np.uint64(a ^ both)] > value
            new |= table[np.uint64(b ^ both)] > value
            new |= table[np.uint64(a | b)] > value
            if xor:
                new |= table[np.uint64(a ^ b)] > value
            if not new:
                continue
            made = (both, a ^ both, b ^ both, a | b, a ^ b)
            for k in range(5 if xor else 4):
                x = made[k]
                if table[np.uint64(x)] > value:
                    c = state[0]
                    found[c, FUNCTION], found[c, LEFT], found[c, RIGHT] = x, a, b
                    found[c, SIZE] = spread(x, value, table, steps, masks, shifts)
                    state[0] += 1


@njit(cache=True, nogil=True)
def settle(split, bounds, value, table, steps, masks, shifts, found, state):
    """Gives a value to the classes in `split` that have this bound and are still open.

    split, bounds: what `split` found; the other parameters are those of `meet`.
    """
    for t in range(split.shape[0]):
        x = np.int64(split[t, FUNCTION])
        if bounds[t] == value and table[np.uint64(x)] > value:
            c = state[0]
            found[c] = split[t]
            found[c, SIZE] = spread(x, value, table, steps, masks, shifts)
            state[0] += 1


@njit(cache=True, nogil=True)
def spread_all(found, values, table, steps, masks, shifts):
    """Gives values (C,) to the classes in `found`; the other parameters are those of `spread`."""
    for c in range(found.shape[0]):
        spread(np.int64(found[c, FUNCTION]), values[c], table, steps, masks, shifts)


@njit(cache=True, nogil=True)
def members(table, value, out):
    """Lists the places that have a value, in ascending order; returns how many."""
    count = 0
    for place in range(np.uint64(table.shape[0])):
        if table[place] == value:
            out[count] = place
            count += 1
    return count


@njit(cache=True, nogil=True)
def missing(table, steps, masks, shifts, out):
    """Lists one place of each class that is `UNSEEN`, and makes it `OPEN`; returns how many.

    The other parameters are those of `spread`.
    """
    count = 0
    for place in range(np.uint64(table.shape[0])):
        if table[place] == UNSEEN:
            spread(np.int64(place), OPEN, table, steps, masks, shifts)
            out[count] = place
            count += 1
    return count


@njit(cache=True, nogil=True)
def supersets(function, table, subsets, values):
    """Looks up the values of all functions that are true wherever a function is.

    Parameters
    ----------
    function : int
        The function.
    table : uint8 (2**(R-1),)
        The table.
    subsets : int64 (2, 2**16)
        Scratch memory.
    values : uint8 (2**m,)
        Receives the values, where m is the number of rows on which the function is false. Bit k
        of an index is the value on the k-th of these rows.
    """
    full = 2 * table.shape[0] - 1
    free = full - function
    total, low = 1, 1
    for part in range(2):
        # All subsets of the lower half of the free rows, then of the upper half.
        size = 1
        subsets[part, 0] = 0
        goal = np.int64(np.sqrt(values.shape[0])) if part == 0 else values.shape[0] // low
        while size < goal:
            row = free & -free
            free ^= row
            for k in range(size):
                subsets[part, size + k] = subsets[part, k] | row
            size *= 2
        if part == 0:
            low = size
        total = size
    k, upper, everywhere = np.uint64(0), np.uint64(table.shape[0]), np.uint64(full)
    for high in range(np.uint64(total)):
        base = np.uint64(function | subsets[1, high])
        for j in range(np.uint64(low)):
            x = base | np.uint64(subsets[0, j])
            values[k] = table[x if x < upper else everywhere ^ x]
            k += np.uint64(1)


@njit(cache=True, nogil=True)
def least_below(values, least):
    """Sets least[i] to the least of values[j] over all subsets j of the bits of i.

    Values are below 128. The three lowest bits are done in words of 8 values, since short loops do
    not vectorise.
    """
    least[:] = values
    size = np.uint64(least.shape[0])
    half = np.uint64(1)
    if size >= EIGHT:
        words = least.view(np.uint64)
        for w in range(np.uint64(words.shape[0])):
            x = words[w]
            x = lowered(x, x << np.uint64(8), np.uint64(0xFF00FF00FF00FF00))
            x = lowered(x, x << np.uint64(16), np.uint64(0xFFFF0000FFFF0000))
            words[w] = lowered(x, x << np.uint64(32), np.uint64(0xFFFFFFFF00000000))
        half = EIGHT
    while half < size:
        for start in range(np.uint64(0), size, np.uint64(2) * half):
            for i in range(start, start + half):
                least[i + half] = min(least[i + half], least[i])
        half *= np.uint64(2)


@njit(cache=True, nogil=True)
def lowered(x, other, places):
    """The lesser of two bytes, in 8 bytes below 128, at the given places; elsewhere those of x."""
    greater = (((x | HIGH) - (other & ~HIGH)) & HIGH) >> np.uint64(7)
    mask = (greater * np.uint64(255)) & places
    return (x & ~mask) | (other & mask)


@njit(cache=True, nogil=True)
def best_pair(values, least):
    """The least sum of values of two sets that have no bit in common; and the first such set."""
    last = np.uint64(values.shape[0] - 1)
    best = np.uint8(2 * UNSEEN)
    for i in range(np.uint64(values.shape[0])):
        best = min(best, np.uint8(values[i] + least[last - i]))
    for i in range(np.uint64(values.shape[0])):
        if np.uint8(values[i] + least[last - i]) == best:
            return np.int64(best), np.int64(i)
    return np.int64(best), np.int64(0)


@njit(cache=True, nogil=True)
def partner(values, least, first):
    """The first set without a bit of `first` whose value is the least of all such sets."""
    goal = least[values.shape[0] - 1 - first]
    for i in range(values.shape[0]):
        if i & first == 0 and values[i] == goal:
            return i
    return 0


@njit(cache=True, nogil=True)
def deposited(index, free):
    """The bits of an index, at the places of the bits of `free`."""
    found = 0
    while index:
        row = free & -free
        free ^= row
        if index & 1:
            found |= row
        index >>= 1
    return found


@njit(cache=True, nogil=True)
def split(targets, table, subsets, values, least, bounds, found):
    """The best way to make each function as a conjunction or disjunction of known functions.

    A conjunction f = g and h needs g and h that are true wherever f is, and false together on
    every other row. So the best h for each g is the least value below the rows on which g is
    false, which sums over subsets give for all g at once.

    Parameters
    ----------
    targets : uint32 (T,)
        Places.
    table : uint8 (2**(R-1),)
        The table.
    subsets : int64 (2, 2**16)
        Scratch memory.
    values, least : uint8 (2**m,)
        Scratch memory, where m is the number of rows on which a target or its negation is false.
    bounds : uint8 (T,)
        Receives the number of operators; `OPEN` or more if there is no such pair.
    found : uint32 (T, 4)
        Receives the places of the target and of the pair.
    """
    full = 2 * table.shape[0] - 1
    for t in range(targets.shape[0]):
        bounds[t] = 2 * OPEN
        found[t, FUNCTION] = targets[t]
        for function in (np.int64(targets[t]), full - np.int64(targets[t])):
            size, rest = 1, full - function
            while rest:
                rest &= rest - 1
                size *= 2
            supersets(function, table, subsets, values[:size])
            least_below(values[:size], least[:size])
            best, first = best_pair(values[:size], least[:size])
            if best + 1 < bounds[t]:
                bounds[t] = best + 1
                second = partner(values[:size], least[:size], first)
                for k, index in ((LEFT, first), (RIGHT, second)):
                    x = function | deposited(index, full - function)
                    found[t, k] = min(x, full - x)


@njit(cache=True, nogil=True)
def smallest(found, full, steps, masks, shifts):
    """Turns each row of a list of classes so that its function is the smallest of its class.

    Parameters
    ----------
    found : uint32 (C, 4)
        The classes; changed in place.
    full : int
        2**R - 1.
    steps, masks, shifts
        As in `spread`.
    """
    for c in range(found.shape[0]):
        x, a, b = np.int64(found[c, 0]), np.int64(found[c, 1]), np.int64(found[c, 2])
        for k in range(steps.shape[0] + 1):
            place = min(x, full - x)
            if place < found[c, FUNCTION]:
                found[c, FUNCTION] = place
                found[c, LEFT], found[c, RIGHT] = min(a, full - a), min(b, full - b)
            if k < steps.shape[0]:
                x = move(x, steps[k], masks, shifts)
                a = move(a, steps[k], masks, shifts)
                b = move(b, steps[k], masks, shifts)
