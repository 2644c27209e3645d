"""Rules as SQL expressions for SQLite; all but dates and the remainder is standard SQL.

A comparison with NULL is neither true nor false, and an expression of `and` and `or` alone takes it
for false, as a rule does.  So `not` is never written before what can be NULL.
"""

from synth.language.meaning import COMPARISONS, OPPOSITE, Source, Term
from synth.language.notation.python_code import no_translation
from synth.language.notation.simplify import simplified

_FUNCTIONS = {
    "abs": "ABS", "min": "MIN", "max": "MAX", "sqrt": "SQRT", "exp": "EXP", "log": "LN",
    "sin": "SIN", "cos": "COS", "tan": "TAN", "arcsin": "ASIN", "sign": "SIGN", "**": "POWER",
}  # fmt: skip
_SIGNS = {"==": "=", "!=": "<>"}
_PARTS = {"year": "%Y", "month": "%m", "day": "%d", "hour": "%H", "minute": "%M"}


def to_sql(term: Term) -> str:
    """The SQL expression of a term: conditions become 1 and 0."""
    term = simplified(term, known=False)
    return f"CASE WHEN {_text(term)} THEN 1 ELSE 0 END" if term.is_condition else _text(term)


def identifier(name: str) -> str:
    """The name of a column in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """A constant in SQL."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)


def _text(term: Term) -> str:
    op, arguments = term.op, term.arguments
    if op in ("true", "false"):
        return "1 = 1" if op == "true" else "1 = 0"
    if op == "constant":
        if isinstance(term.value, complex):
            raise no_translation(term)
        return literal(term.value)
    if term.source is not None:
        return _leaf(term)
    if op in ("and", "or"):
        return f" {op.upper()} ".join(map(_closed, arguments))
    if op in ("xor", "same"):
        return f"({' + '.join(map(_bit, arguments))}) % 2 = {int(op == 'xor')}"
    if op == "not":
        return _not(arguments[0])
    if op == "where":
        condition, yes, no = arguments
        if term.is_condition:
            return f"CASE WHEN {_text(condition)} THEN {_bit(yes)} ELSE {_bit(no)} END = 1"
        return f"CASE WHEN {_text(condition)} THEN {_text(yes)}{_else(no)} END"
    return _calculated(term)


def _closed(term: Term) -> str:
    """A part in brackets if it needs them."""
    several = term.arguments or term.op in ("missing", "other", "begins", "ends")
    return f"({_text(term)})" if several else _text(term)


def _else(term: Term) -> str:
    """What follows a case: further cases, and the last answer."""
    if term.op != "where":
        return f" ELSE {_text(term)}"
    condition, yes, no = term.arguments
    return f" WHEN {_text(condition)} THEN {_text(yes)}{_else(no)}"


def _bit(term: Term) -> str:
    """A condition as 1 or 0."""
    return f"CASE WHEN {_text(term)} THEN 1 ELSE 0 END"


def _calculated(term: Term) -> str:
    op, arguments = term.op, term.arguments
    inner = [_closed(a) for a in arguments]
    if op in COMPARISONS:
        return f"{inner[0]} {_SIGNS.get(op, op)} {inner[1]}"
    if op == "negative":
        return f"-({inner[0]})"
    if op == "square":
        return f"{inner[0]} * {inner[0]}"
    if op == "letter":
        if term.value[0] == "0":
            return f"SUBSTR('{term.value}', 1 + {inner[0]}, 1)"
        return f"CASE WHEN {inner[0]} >= 0 THEN CHAR({ord(term.value[0])} + {inner[0]}) END"
    if op == "floor":
        return f"FLOOR(ROUND({inner[0]}, 9))"
    if op == "/":
        return f"1.0 * {inner[0]} / {inner[1]}"
    if op in ("%", "//") and term.value:
        a, b = inner  # SQL rounds to 0, and a rule down
        rest = f"(({a} % {b}) + {b}) % {b}"
        return rest if op == "%" else f"({a} - {rest}) / {b}"
    if op == "^":
        return f"({inner[0]} | {inner[1]}) - ({inner[0]} & {inner[1]})"
    if op in ("+", "-", "*", "<<", ">>", "&", "|"):
        return f"{inner[0]} {op} {inner[1]}"
    if op in _FUNCTIONS:
        return f"{_FUNCTIONS[op]}({', '.join(map(_text, arguments))})"
    raise no_translation(term)


def _leaf(term: Term) -> str:
    source = term.source
    assert source is not None
    here = identifier(source.name)
    if term.op == "number":
        return here
    if term.op == "truth":
        words = [word for word in source.words if word != "1"]
        return f"LOWER({here}) IN {_listed(source.words)}" if words else f"{here} = 1"
    if term.op == "missing":
        return _missing(source, here)
    detail = term.value[1]
    if term.op == "text":
        return f"{here} = {literal(detail)}"
    if term.op == "other":
        return f"{here} NOT IN {_listed(detail)} AND NOT ({_missing(source, here)})"
    if term.op == "weekday":
        return f"STRFTIME('%w', {here}) = '{(detail + 1) % 7}'"
    if source.kind == "text":
        return _of_letters(term, source, here)
    if detail == "date":
        return f"CAST(JULIANDAY(DATE({here})) - 2415018.5 AS INTEGER)"
    if detail == "time":
        return f"(60 * {_part('hour', here)} + {_part('minute', here)})"
    return _part(detail, here)


def _part(name: str, here: str) -> str:
    """A part of a date as a number."""
    return f"CAST(STRFTIME('{_PARTS[name]}', {here}) AS INTEGER)"


def _of_letters(term: Term, source: Source, here: str) -> str:
    """The length of a text, the place of a letter, or whether a text begins or ends with one."""
    detail, missing = term.value[1], _missing(source, here)
    if term.op in ("begins", "ends"):
        place = "1" if term.op == "begins" else "-1"
        return f"SUBSTR({here}, {place}, 1) = {literal(detail)} AND NOT ({missing})"
    if detail == "length":
        return f"CASE WHEN {missing} THEN NULL ELSE LENGTH({here}) END"
    first = ord(term.value[2])
    inside = f"LENGTH({here}) = 1 AND UNICODE({here}) BETWEEN {first} AND {first + 25}"
    return f"CASE WHEN {inside} THEN UNICODE({here}) - {first} END"


def _column_of(leaf: Term) -> str:
    """What is NULL where a leaf has no value: its column, or what is read in its texts."""
    source = leaf.source
    assert source is not None
    return identifier(source.name) if source.kind != "text" else f"({_leaf(leaf)})"


def _listed(texts: tuple[str, ...]) -> str:
    return f"({', '.join(map(literal, texts))})"


def _missing(source: Source, here: str) -> str:
    """Whether a column has no value: NULL, or a text that stands for that."""
    said = source.kind in ("text", "truth")
    texts = f" OR LOWER({here}) IN {_listed(source.missing)}" if said else ""
    return f"{here} IS NULL{texts}"


def _not(term: Term) -> str:
    """The opposite of a condition: true where that is NULL."""
    if term.op in COMPARISONS:
        inner = [_closed(a) for a in term.arguments]
        sign = OPPOSITE[term.op]
        text = f"{inner[0]} {_SIGNS.get(sign, sign)} {inner[1]}"
        leaves = [node for node in term.walk() if node.source is not None]
        return " OR ".join([text, *dict.fromkeys(f"{_column_of(leaf)} IS NULL" for leaf in leaves)])
    if term.op in ("missing", "xor"):
        return f"NOT ({_text(term)})"  # which are never NULL
    if term.source is None:
        return f"{_bit(term)} = 0"
    here = identifier(term.source.name)
    if term.op == "weekday":
        day = f"STRFTIME('%w', {here})"
        return f"{day} <> '{(term.value[1] + 1) % 7}' OR {day} IS NULL"
    if term.op == "text":
        return f"{here} <> {literal(term.value[1])} OR {here} IS NULL"
    return f"NOT ({_leaf(term)}) OR {here} IS NULL"
