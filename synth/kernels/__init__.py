"""The cellar: every numba kernel, as plain functions of arrays with an explicit `out`.

Start with `make` (candidates of one primitive with all operands but one fixed), `store` (distinct
rows) and `work` (both over many operands).  `errors` counts exceptions, `targets` solves a
program's root from its target, `products` and `sampling` count programs and draw them, `cache`
says where compiled kernels are kept.  Of synth, only the ground is imported.  Kernels are
compiled once for few signatures, release the interpreter's lock, and are called from several
threads at once only where they write to nothing shared.
"""

# `cache` first: it sees to a folder before anything is compiled.
from synth.kernels import cache
from synth.kernels.errors import errors_bits, errors_cells
from synth.kernels.make import BITS, MINUS, PLUS, RING, TABLE
from synth.kernels.store import (
    Catch,
    Scratch,
    Store,
    insert,
    insert_open,
    merge,
    rehash,
    rehash_open,
    relocate,
    touch,
    write,
)
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
from synth.kernels.work import Target, Work, collect, collect_block, plan, scan, scan_block

__all__ = [
    "BITS",
    "MINUS",
    "MOEBIUS",
    "PLUS",
    "RING",
    "TABLE",
    "WALSH",
    "ZETA",
    "Catch",
    "Scratch",
    "Store",
    "Target",
    "Work",
    "cache",
    "chain",
    "collect",
    "collect_block",
    "conjoin",
    "covers",
    "errors_bits",
    "errors_cells",
    "first_match",
    "graphs",
    "index_rows",
    "insert",
    "insert_open",
    "merge",
    "pair_disjoint",
    "pair_inverse",
    "pair_open",
    "pair_xor",
    "plan",
    "products",
    "regrow",
    "rehash",
    "rehash_open",
    "relocate",
    "sampling",
    "scan",
    "scan_block",
    "store",
    "strength",
    "targets",
    "touch",
    "transform",
    "write",
]
