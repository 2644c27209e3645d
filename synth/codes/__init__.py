"""Code lengths of data, in bits: every formula of a description length is in this room.

`values.py` has the codes of labels that are one of k values: programs with exceptions, and look-up
tables.  `sequences.py` has those of sequences of whole numbers, `strings.py` those of labels that
are strings, `machines.py` those of finite machines, and `cards.py` those of scorecards.  `real.py`
has those of labels that are real numbers: programs with noise, a constant, and a histogram.
`real_exceptions.py` has labels that are stated one by one, and `real_rounding.py` those without
noise.  These three are imported by name, as `synth.codes.real`: they need scipy, and the rest does
not.
"""

from synth.codes.cards import (
    MOST_BASE,
    MOST_POINTS,
    POINTS,
    base_bits,
    card_bits,
    lines_bits,
)
from synth.codes.machines import connected_machines, machine_bits, states_bits
from synth.codes.sequences import (
    ORDERS,
    differences,
    lags_bits,
    law_totals,
    log2_sequence_chance,
    number_bits,
    sequence_table_bits,
    terms_bits,
)
from synth.codes.strings import length_bits, string_bits, strings_table_bits
from synth.codes.values import (
    PROGRAM_FLAG,
    READING,
    STRENGTHS,
    TABLE_FLAG,
    constant_bits,
    constant_total,
    counts_bits,
    exception_bits,
    frequency_table_bits,
    language_bits,
    leaf_bits,
    leaf_tables,
    log2_binomial,
    log2_chance_bound,
    log2_chance_bound_uniform,
    log2_factorial,
    log2_multinomial,
    most_exceptions,
    program_total,
    program_totals,
    rows_needed,
    table_bits,
    uniform_table_bits,
)

__all__ = [
    "MOST_BASE",
    "MOST_POINTS",
    "ORDERS",
    "POINTS",
    "PROGRAM_FLAG",
    "READING",
    "STRENGTHS",
    "TABLE_FLAG",
    "base_bits",
    "card_bits",
    "connected_machines",
    "constant_bits",
    "constant_total",
    "counts_bits",
    "differences",
    "exception_bits",
    "frequency_table_bits",
    "lags_bits",
    "language_bits",
    "law_totals",
    "leaf_bits",
    "leaf_tables",
    "length_bits",
    "lines_bits",
    "log2_binomial",
    "log2_chance_bound",
    "log2_chance_bound_uniform",
    "log2_factorial",
    "log2_multinomial",
    "log2_sequence_chance",
    "machine_bits",
    "most_exceptions",
    "number_bits",
    "program_total",
    "program_totals",
    "rows_needed",
    "sequence_table_bits",
    "states_bits",
    "string_bits",
    "strings_table_bits",
    "table_bits",
    "terms_bits",
    "uniform_table_bits",
]
