"""What programs are made of: types, primitives, DSLs and grammars; reading and writing programs.

Start with `types.py`, `dsl.py` and `grammar.py`: a DSL bound to named inputs is a grammar, which
gives every program its bits.  Modules build on each other in this order: given, rounding, strings,
types, primitive, family, machines, cards, meaning, columns, thresholds, comparisons, signatures,
dsl, labels, costs, mass, grammar, check, specification, notation, parsing, program, folds, scans,
loop_code, dsls.
"""

from synth.language.check import check_dsl, sample_block
from synth.language.columns import TypedColumns
from synth.language.costs import UNIT, Costs, code_units
from synth.language.dsl import DSL
from synth.language.dsls import languages, load_dsl, numeric_languages
from synth.language.dsls.rules import source_of
from synth.language.given import array_of, columns_of, refuse_other_index
from synth.language.grammar import Grammar, Production, checked_columns, root_type
from synth.language.meaning import MONTHS, Source, Term
from synth.language.notation.latex import latex
from synth.language.primitive import Constant, Head, Input, Primitive, Weight
from synth.language.program import Program
from synth.language.signatures import resolve
from synth.language.specification import bind, parse_spec
from synth.language.strings import places_of, prefixes_of
from synth.language.types import (
    ALLOWED,
    INT_LIMIT,
    UNDEFINED,
    Bool,
    Complex,
    Int,
    Label,
    Mod,
    Real,
    Str,
    Type,
)

__all__ = [
    "ALLOWED",
    "DSL",
    "INT_LIMIT",
    "MONTHS",
    "UNDEFINED",
    "UNIT",
    "Bool",
    "Complex",
    "Constant",
    "Costs",
    "Grammar",
    "Head",
    "Input",
    "Int",
    "Label",
    "Mod",
    "Primitive",
    "Production",
    "Program",
    "Real",
    "Source",
    "Str",
    "Term",
    "Type",
    "TypedColumns",
    "Weight",
    "array_of",
    "bind",
    "cards",
    "check_dsl",
    "checked_columns",
    "code_units",
    "columns_of",
    "dsls",
    "folds",
    "languages",
    "latex",
    "load_dsl",
    "loop_code",
    "machines",
    "meaning",
    "notation",
    "numeric_languages",
    "parse_spec",
    "places_of",
    "prefixes_of",
    "refuse_other_index",
    "resolve",
    "root_type",
    "sample_block",
    "scans",
    "source_of",
    "strings",
]
