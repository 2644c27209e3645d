"""Programs as people read rules: `age >= 64 or (smoker = no and dose >= 5.37)`."""

import datetime
import re

from synth.language.meaning import COMPARISONS, FALSE, MIRRORED, TRUE, Term
from synth.language.notation.simplify import negated, rules, simplified

#: Words of rules; a name with one of them, or with a sign of rules in it, is written in quotes.
WORDS = ("and", "or", "xor", "not", "if", "then", "else", "is", "begins", "ends", "does")
_WHOLE = ("true", "false")
_PART = re.compile(r"(weekday|year|month|day|hour|minute|length|place) of ", re.IGNORECASE)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SIGNS = re.compile(r"[^\w .:#°µ€$£%-]|^\s|\s$|\s\s|^[-+.]|\s[-%:]|[-%:]\s")
_SHOWN = {"==": "="}
_LEVELS = {
    "|": 1, "^": 2, "&": 3, "<<": 4, ">>": 4, "+": 5, "-": 5, "*": 6, "/": 6, "//": 6, "%": 6,
    "**": 8,
}  # fmt: skip
_NEGATIVE, _ATOM = 7, 9
_NOTHING = Term("constant", value=0)
#: Programs with more nodes than this are not made readable.
MOST_NODES = 2000


def readable(term: Term) -> str:
    """A term in words, with negations inside; a choice between answers as a list of rules."""
    return written(simplified(term))


def written(term: Term) -> str:
    """A simplified term in words."""
    if term.op == "where" and not term.is_condition:
        return rule_list(rules(term))
    text = _text(term)
    return text[1:-1] if term.op == "where" else text


def rule_list(found: list[tuple[Term | None, Term]]) -> str:
    """A list of rules: `if a < 3 then x; else if b then y; else z`."""
    parts = []
    for k, (condition, answer) in enumerate(found):
        before = "else " if k else ""
        before += "" if condition is None else f"if {_text(condition)} then "
        parts.append(before + _text(answer))
    return "; ".join(parts)


def choice(condition: Term, yes: str, no: str) -> Term:
    """`if CONDITION then yes; else no`, or the same the other way round if that is shorter."""
    straight, turned = simplified(condition), simplified(negated(condition))
    answers = Term("constant", value=yes), Term("constant", value=no)
    if straight in (TRUE, FALSE):
        return answers[straight == FALSE]
    if len(_text(turned)) < len(_text(straight)):
        return Term("where", (turned, *answers[::-1]))
    return Term("where", (straight, *answers))


def name(text: str) -> str:
    """A name as it is written in a rule: in quotes if it could be read as a part of the rule."""
    words = re.split(r"\W+", text)
    is_number = re.fullmatch(r"[-+]?[\d.]+([eE][-+]?\d+)?", text)
    plain = text and not (_SIGNS.search(text) or is_number or _PART.match(text))
    if plain and text.lower() not in _WHOLE and not any(w.lower() in WORDS for w in words):
        return text
    return repr(text)


def value(text: str) -> str:
    """A text of a column, or an answer, as it is written in a rule; numbers stay as they are."""
    return text if re.fullmatch(r"-?\d+(\.\d+)?", text) else name(text)


def _text(term: Term) -> str:
    """A condition or an expression."""
    op, arguments = term.op, term.arguments
    if op in ("and", "or", "xor"):
        return f" {op} ".join(_closed(a) for a in arguments)
    if op == "same":
        return " = ".join(_text(a) if a.op == "truth" else f"({_text(a)})" for a in arguments)
    if op == "not":
        return _not(arguments[0])
    if op in COMPARISONS:
        op, arguments = _turned(op, arguments)
        left, right = (_number(a, 0) for a in arguments)
        if arguments[0].op == "part":
            right = _when(arguments[0].value[1], arguments[1]) or right
        return f"{left} {_SHOWN.get(op, op)} {right}"
    return _number(term, 0)


def _turned(op: str, arguments: tuple[Term, ...]) -> tuple[str, tuple[Term, ...]]:
    """`paid - sent > 30` for `sent - paid < -30`."""
    left, right = arguments
    if left.op != "-" or right.op != "constant" or not right.value < 0:
        return op, arguments
    return MIRRORED[op], (Term("-", left.arguments[::-1]), Term("constant", value=-right.value))


def _closed(term: Term) -> str:
    """A part of a condition, in brackets if it is joined itself."""
    joined = term.op in ("and", "or", "xor", "same")
    return f"({_text(term)})" if joined else _text(term)


def _not(term: Term) -> str:
    """The negation of a leaf, or of an `xor`."""
    if term.op == "missing":
        return f"{name(term.value.name)} is not missing"
    if term.op in ("text", "other", "weekday", "begins", "ends"):
        return _about(term, "!=")
    return f"not ({_text(term)})" if term.op in ("xor", *COMPARISONS) else f"not {_closed(term)}"


def _about(term: Term, sign: str) -> str:
    source, detail = term.value
    if term.op == "weekday":
        return f"weekday of {name(source.name)} {sign} {DAYS[detail]}"
    if term.op in ("begins", "ends"):
        verb = f"{term.op} with" if sign == "=" else f"does not {term.op[:-1]} with"
        return f"{name(source.name)} {verb} {value(detail)}"
    said = "other" if term.op == "other" else value(detail)
    # A text that is called so is told from all other texts by its quotes.
    said = repr(said) if term.op == "text" and said == "other" else said
    return f"{name(source.name)} {sign} {said}"


def _number(term: Term, least: int) -> str:
    """An expression, in brackets if it binds less than that."""
    text, binding = _bound(term)
    return text if binding >= least else f"({text})"


def _bound(term: Term) -> tuple[str, int]:
    op, arguments = term.op, term.arguments
    if op in ("text", "other", "weekday", "begins", "ends"):
        return _about(term, "="), _ATOM
    if op == "missing":
        return f"{name(term.value.name)} is missing", _ATOM
    if op == "part" and (term.value[1] == "date" or _is_clock(term)):
        return name(term.value[0].name), _ATOM
    if op == "part":
        return f"{term.value[1]} of {name(term.value[0].name)}", _ATOM
    if op in ("number", "truth"):
        return name(term.value.name), _ATOM
    if op in ("true", "false"):
        return op, _ATOM
    if op == "constant":
        return _constant(term.value)
    if op == "negative":
        return "-" + _number(arguments[0], _NEGATIVE), _NEGATIVE
    if op in _LEVELS and len(arguments) == 2:
        level = _LEVELS[op]
        left = _number(arguments[0], level + (op == "**"))
        return f"{left} {op} {_number(arguments[1], level + (op != '**'))}", level
    if op in ("ceil_div", "round_div"):
        left, right = _number(arguments[0], _LEVELS["/"]), _number(arguments[1], _LEVELS["/"] + 1)
        return f"{op.removesuffix('_div')}({left} / {right})", _ATOM
    if op == "where":
        condition, yes, no = arguments
        if no == _NOTHING and yes.op == "constant":
            return f"({_text(yes)} if {_text(condition)})", _ATOM
        return f"(if {_text(condition)} then {_text(yes)} else {_text(no)})", _ATOM
    called = term.value.name if op == "call" else op
    return f"{called}({', '.join(_text(a) for a in arguments)})", _ATOM


def _is_clock(term: Term) -> bool:
    """Whether a part of a column is the whole of it: the time of a column of times of day."""
    return term.value[1] == "time" and term.value[0].order == "hm"


def _when(part: str, term: Term) -> str | None:
    """A number of days as a date, and one of minutes as a time of day; None if it is none."""
    number = term.value if term.op == "constant" else None
    if not isinstance(number, (int, float)) or number % 1 or number < 0:
        return None
    if part == "date" and number < 10**6:
        return (datetime.date(1899, 12, 30) + datetime.timedelta(int(number))).isoformat()
    if part == "time" and number < 24 * 60:
        return f"{int(number) // 60}:{int(number) % 60:02}"
    return None


def _constant(given: object) -> tuple[str, int]:
    if isinstance(given, str):
        return value(given), _ATOM
    text = f"{given:.15g}" if isinstance(given, float) else str(given)
    return text, _NEGATIVE if text.startswith("-") else _ATOM
