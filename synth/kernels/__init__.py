"""Every numba kernel: plain functions of arrays, explicit out; of ours only errors are imported.

`make` makes candidates of one primitive with all operands but one fixed; `store` keeps
distinct rows; `work` runs both over many operands; `errors` counts exceptions; `goal`
solves a program's root from its target; `counting` and `sampling` count programs by
behaviour and draw them.  All are compiled once for few signatures, release the
interpreter's lock, and are called from several threads at once only where they write
to nothing shared.
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
    "collect",
    "collect_block",
    "conjoin",
    "covers",
    "errors_bits",
    "errors_cells",
    "first_match",
    "index_rows",
    "insert",
    "insert_open",
    "merge",
    "pair_disjoint",
    "pair_inverse",
    "pair_open",
    "pair_xor",
    "plan",
    "rehash",
    "rehash_open",
    "relocate",
    "scan",
    "scan_block",
    "touch",
    "transform",
    "write",
]
