"""Graphs in compressed rows: clusters as nodes are added one by one, descent, and edge swaps.

The neighbours of node i are ends[starts[i]:starts[i + 1]], with starts int64 (N + 1,) and ends
int32 (2E,).
"""

import numpy as np
from numba import njit

#: The columns of the table that `add_nodes` writes.
LARGEST, CLUSTERS, SQUARES, FIRST, EDGES = range(5)


@njit(cache=True, nogil=True)
def root_of(parent, node):
    """The root of a node's cluster; halves the path to it."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@njit(cache=True, nogil=True)
def add_nodes(starts, ends, order, parent, size, out):
    """Adds nodes one by one, each with its edges to the nodes added before (Newman and Ziff).

    Parameters
    ----------
    starts, ends
        The graph; see the module.
    order : int64 (k,)
        The nodes in the order in which they are added.
    parent : int32 (N,)
        The forest of clusters, changed in place; all -1 at first.
    size : int32 (N,)
        The sizes of clusters by root, changed in place.
    out : int64 (k, 5)
        After each node: the size of the largest cluster, the number of clusters, the sum of the
        squares of their sizes, the size of the first node's cluster, and the number of edges.
    """
    largest, clusters, squares, edges = 0, 0, 0, 0
    for k in range(order.shape[0]):
        node = order[k]
        parent[node], size[node] = node, 1
        mine, clusters, squares = node, clusters + 1, squares + 1
        for e in range(starts[node], starts[node + 1]):
            if parent[ends[e]] < 0:
                continue
            edges += 1
            other = root_of(parent, ends[e])
            if other == mine:
                continue
            if size[other] > size[mine]:
                mine, other = other, mine
            squares += 2 * np.int64(size[mine]) * np.int64(size[other])
            parent[other] = mine
            size[mine] += size[other]
            clusters -= 1
        largest = max(largest, size[mine])
        out[k, LARGEST], out[k, CLUSTERS], out[k, SQUARES] = largest, clusters, squares
        out[k, FIRST], out[k, EDGES] = size[root_of(parent, order[0])], edges


@njit(cache=True, nogil=True)
def best_neighbours(starts, ends, errors, rank, out):
    """For each node, its neighbour with the fewest errors; of several the one of least rank.

    A node without a neighbour of fewer errors gets itself.

    Parameters
    ----------
    starts, ends
        The graph; see the module.
    errors, rank : int64 (N,)
        The errors and the rank of each node.
    out : int64 (N,)
        The answers.
    """
    for node in range(out.shape[0]):
        best = node
        for e in range(starts[node], starts[node + 1]):
            other = ends[e]
            fewer = errors[other] - errors[best]
            if fewer < 0 or (fewer == 0 and best != node and rank[other] < rank[best]):
                best = other
        out[node] = best


@njit(cache=True, nogil=True)
def spread_upwards(starts, ends, errors, queue, count, found):
    """Marks all nodes that can be reached by edges that do not lower the errors.

    Parameters
    ----------
    starts, ends
        The graph; see the module.
    errors : int64 (N,)
        The errors of each node.
    queue : int64 (N,)
        Its first `count` nodes are the starting points, which are marked already.
    count : int
        The number of starting points.
    found : bool (N,)
        The marks, changed in place.
    """
    done = 0
    while done < count:
        node = queue[done]
        done += 1
        for e in range(starts[node], starts[node + 1]):
            other = ends[e]
            if not found[other] and errors[other] >= errors[node]:
                found[other] = True
                queue[count] = other
                count += 1


@njit(cache=True, nogil=True)
def joined(starts, ends, a, b):
    """Whether two nodes are neighbours; searches the shorter of their lists."""
    if starts[a + 1] - starts[a] > starts[b + 1] - starts[b]:
        a, b = b, a
    for e in range(starts[a], starts[a + 1]):  # noqa: SIM110 - numba makes more of a loop
        if ends[e] == b:
            return True
    return False


@njit(cache=True, nogil=True)
def swap_edges(starts, ends, edges, places, first, last, turning, generator, count):
    """Proposes `count` double edge swaps, in place; returns the number made.

    Edges a-b and c-d become a-d and c-b, unless that would make a loop or an edge that already
    exists.

    Parameters
    ----------
    starts, ends
        The graph; see the module.
    edges : int32 (E, 2)
        The two nodes of each edge.
    places : int64 (E, 2)
        Where in `ends` each node's list has the other node.
    first, last : int64 (E,)
        The block of edges with which each edge may swap.
    turning : bool (E,)
        Whether the other edge may be reversed.
    generator : numpy.random.Generator
        The source of random numbers.
    count : int
        The number of proposals.
    """
    made = 0
    for _ in range(count):
        i = np.int64(generator.random() * edges.shape[0])
        j = first[i] + np.int64(generator.random() * (last[i] - first[i]))
        left, right = 0, 1  # of edge j: which of its nodes is c and which is d
        if turning[i] and generator.random() < 0.5:
            left, right = 1, 0
        a, b = edges[i, 0], edges[i, 1]
        c, d = edges[j, left], edges[j, right]
        if i == j or a == d or c == b or joined(starts, ends, a, d) or joined(starts, ends, c, b):
            continue
        ends[places[i, 0]], ends[places[j, right]] = d, a
        ends[places[i, 1]], ends[places[j, left]] = c, b
        edges[i, 1], edges[j, right] = d, b
        places[i, 1], places[j, right] = places[j, right], places[i, 1]
        made += 1
    return made
