"""The cellar: every numba kernel, as plain functions of arrays with an explicit `out`.

Start with `make` (candidates of one primitive with all operands but one fixed), `store`
(distinct rows) and `work` (both, over many operands). `parts` fills a store from many threads,
`errors` counts exceptions, and `targets` solves a program's root from its target. `products`
counts programs and `sampling` draws them; `machines` makes all finite machines, and `folds` runs
folds over strings; `atlas` finds every boolean function of a few inputs; `cards` and `points`
change scorecards line by line; `pairs` compares columns of real numbers with labels; `cache` says
where compiled kernels are kept. Of the other rooms, only the ground is imported.

Kernels are compiled once for few signatures and release the interpreter's lock. Several threads
call a kernel at once only if it writes to nothing shared.
"""

# `cache` comes first: it provides a folder before anything is compiled.
from synth.kernels import cache, numbers, trees
from synth.kernels.errors import errors_bits, errors_cells
from synth.kernels.make import (
    BITS,
    CHOICES,
    INTEGERS,
    MINUS,
    ORDERS,
    PLUS,
    REAL_ORDERS,
    REALS,
    RING,
    TABLE,
)
from synth.kernels.parts import (
    insert,
    insert_open,
    rehash,
    rehash_open,
    relocate,
    touch,
    write,
)
from synth.kernels.store import Catch, Scratch, Store, merge
from synth.kernels.targets import (
    covers,
    first_match,
    index_rows,
    pair_disjoint,
    pair_inverse,
    pair_open,
    pair_xor,
)
from synth.kernels.transform import MOEBIUS, WALSH, ZETA, conjoin, transform
from synth.kernels.work import Labels, Work, collect, collect_block, plan, scan, scan_block

__all__ = [
    "BITS",
    "CHOICES",
    "INTEGERS",
    "MINUS",
    "MOEBIUS",
    "ORDERS",
    "PLUS",
    "REALS",
    "REAL_ORDERS",
    "RING",
    "TABLE",
    "WALSH",
    "ZETA",
    "Catch",
    "Labels",
    "Scratch",
    "Store",
    "Work",
    "atlas",
    "cache",
    "cards",
    "cells",
    "chain",
    "collect",
    "collect_block",
    "conjoin",
    "covers",
    "division",
    "errors_bits",
    "errors_cells",
    "first_match",
    "folds",
    "graphs",
    "index_rows",
    "insert",
    "insert_open",
    "machines",
    "merge",
    "numbers",
    "pair_disjoint",
    "pair_inverse",
    "pair_open",
    "pair_xor",
    "pairs",
    "plan",
    "points",
    "products",
    "reach",
    "regrow",
    "rehash",
    "rehash_open",
    "relocate",
    "sampling",
    "scan",
    "scan_block",
    "store",
    "strength",
    "strings",
    "targets",
    "terms",
    "touch",
    "transform",
    "trees",
    "write",
]
