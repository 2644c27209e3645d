"""Graphs in compressed rows: clusters as nodes are added one by one, descent, edge swaps.

starts int64 (N + 1,), ends int32 (2E,): the neighbours of node i are
ends[starts[i]:starts[i + 1]].
"""

import numpy as np
from numba import njit

#: The columns of what `add_nodes` writes.
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
    """Adds nodes in an order, each with its edges to those that are there (Newman and Ziff).

    order int64 (k,); parent int32 (N,), all -1, and size int32 (N,) are changed; out int64
    (k, 5): after each node the size of the largest cluster, the number of clusters, the sum
    of the squares of their sizes, the size of the first node's cluster, and the number of
    edges.
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
    """out int64 (N,): of each node's neighbours the one of fewest errors, of those of least rank.

    The node itself where no neighbour has fewer errors than it; errors, rank int64 (N,).
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
    """Marks, in found bool (N,), what an edge that does not lower the errors leads to.

    queue int64 (N,): its first `count` nodes are marked already.
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
    """Whether two nodes are neighbours; looks through the shorter of their lists."""
    if starts[a + 1] - starts[a] > starts[b + 1] - starts[b]:
        a, b = b, a
    for e in range(starts[a], starts[a + 1]):  # noqa: SIM110 - numba makes more of a loop
        if ends[e] == b:
            return True
    return False


@njit(cache=True, nogil=True)
def swap_edges(starts, ends, edges, places, first, last, turning, generator, count):
    """`count` proposals of a double edge swap, in place; returns how many were made.

    starts, ends: as above; edges int32 (E, 2): the two nodes of each edge; places int64
    (E, 2): where in `ends` the list of each has the other; first, last int64 (E,): the
    block of edges with which an edge may swap; turning bool (E,): whether the other edge
    may be turned round.  Edges a-b and c-d become a-d and c-b, unless that would make a
    loop or an edge that there is.
    """
    made = 0
    for _ in range(count):
        i = np.int64(generator.random() * edges.shape[0])
        j = first[i] + np.int64(generator.random() * (last[i] - first[i]))
        left, right = 0, 1  # of edge j: which of its nodes is c, which d
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
