"""Rules as source text of a Python function that needs NumPy only."""

import keyword
import re

from synth.errors import DSLError
from synth.language.meaning import COMPARISONS, MONTHS, Source, Term
from synth.language.notation.simplify import simplified

_HELPERS = {
    "missing": """
def _is_missing(value, texts):
    return value is None or str(value).strip().lower() in texts
""",
    "number": """
def _numbers(column):
    values = np.asarray(column)
    if values.dtype.kind in "iub":
        return values.astype(np.int64)
    if values.dtype.kind == "f":
        return values
    texts = ("", "na", "nan", "nat", "none", "null", "<na>", "?")
    return np.array([np.nan if _is_missing(v, texts) else float(v) for v in values.tolist()])
""",
    "truth": """
def _truths(column, words):
    texts = [str(value).strip().lower() for value in np.asarray(column).tolist()]
    return np.array([text.removesuffix(".0") in words for text in texts], bool)
""",
    "text": """
def _texts(column, missing):
    values = np.asarray(column).tolist()
    return np.array(["" if _is_missing(v, missing) else str(v).strip() for v in values], object)
""",
    "date": '''
def _dates(column, order):
    """The parts of dates: days since 1899-12-30, minutes since midnight, weekday (Monday is 0).

    NaN where there is none.

    A date is a datetime, or a text in ISO form or with its parts in this order: y, m and d, or h
    and m for times of day.
    """
    months = MONTHS
    found = []
    for value in np.asarray(column).astype(object).tolist():
        text = str(np.datetime64(value, "ns") if isinstance(value, int) else value)
        half = re.search(r"([ap])\\.?m\\.?$", text.strip().lower())
        for word in re.findall(r"[^\\W\\d_]{3,}", text):
            names = [f" {word}".lower() in f" {each}" for each in months]
            text = text.replace(word, str(names.index(True) + 1) if sum(names) == 1 else "", 1)
        parts = [int(part) for part in re.findall(r"[0-9]+", text)]
        if order == "hm" and 2 <= len(parts) < 5:
            parts, text = [1, 1, 1, *parts], "0001"
        if len(parts) < 3:
            found.append([np.nan] * 8)
            continue
        if not re.match(r"\\s*[0-9]{4}", text):
            parts[:3] = [parts[order.index(part)] for part in "ymd"]
        year, month, day, hour, minute = (parts + [0, 0])[:5]
        if order != "hm" and year < 100:
            year += 1900 if year >= 69 else 2000
        hour = hour % 12 + 12 * (half[1] == "p") if half else hour
        date = datetime.date(year, month, day)
        days, minutes = date.toordinal() - 693594, 60 * hour + minute
        found.append([year, month, day, hour, minute, days, minutes, date.weekday()])
    names = ("year", "month", "day", "hour", "minute", "date", "time", "weekday")
    return dict(zip(names, np.array(found, float).reshape(-1, 8).T))
''',
}
_LISTED_MONTHS = "".join(["(\n", *(f'        "{names}",\n' for names in MONTHS), "    )"])
_FUNCTIONS = {
    "abs": "np.abs", "min": "np.minimum", "max": "np.maximum", "square": "np.square",
    "sqrt": "np.sqrt", "exp": "np.exp", "log": "np.log", "sin": "np.sin", "cos": "np.cos",
    "tan": "np.tan", "arcsin": "np.arcsin", "sign": "np.sign", "conj": "np.conj",
    "where": "np.where", "xor": "^",
}  # fmt: skip
_OPERATORS = ("+", "-", "*", "/", "//", "%", "**", "<<", ">>", "&", "|", "^", *COMPARISONS)


def to_python(term: Term, title: str, called: str = "predict") -> str:
    """The source text of a function that says the value of a term for each row of a table.

    Parameters
    ----------
    term : Term
    title : str
        What the function says, for its docstring.
    called : str
        The name of the function.
    """
    term = simplified(term, known=False)
    sources = tuple({s.name: s for s in term.sources()}.values())
    names = _names(sources)
    body = _Python(names).text(term)
    kinds = {source.kind for source in sources}
    helpers = [_HELPERS[kind] for kind in _HELPERS if kind in kinds]
    helpers = [each.replace("MONTHS", _LISTED_MONTHS) for each in helpers]
    if kinds & {"number", "text"}:
        helpers.insert(0, _HELPERS["missing"])
    lines = ["import datetime", "import re", ""] if "date" in kinds else []
    lines += ["import numpy as np", "", ""]
    lines += [f"def {called}(table):", f'    """{_safe(title)}', ""]
    lines += ["    table: a data frame, or a dict of arrays, with these columns:"]
    lines += [f"    {_safe(source.name)}: {_said(source)}" for source in sources] or ["    any"]
    lines += ['    """']
    lines += [f"    {names[s.name]} = {_read(s)}" for s in sources]
    if not sources:
        lines += ["    rows = len(np.asarray(table[next(iter(table))]))"]
        body = f"np.full(rows, {body})"
    lines += ['    with np.errstate(all="ignore"):', f"        return {body}"]
    return "\n".join(lines) + "\n" + "".join(f"\n{helper}" for helper in helpers)


def _said(source: Source) -> str:
    what = {
        "number": "numbers",
        "truth": "true or false",
        "text": "texts",
        "date": "dates: datetimes, or texts",
    }[source.kind]
    return f"{what} ({_safe(source.hint)})" if source.hint else what


def _safe(text: str) -> str:
    """A text within a docstring."""
    return " ".join(text.replace("\\", "\\\\").replace('"', "'").split())


def _names(sources: tuple[Source, ...]) -> dict[str, str]:
    """A Python name for each column."""
    taken = {"np", "re", "datetime", "table", "rows", "len", "next", "iter", "place", "text"}
    found: dict[str, str] = {}
    for source in sources:
        plain = re.sub(r"[^a-zA-Z0-9_]", "_", source.name).strip("_").lower() or "column"
        plain = f"c_{plain}" if plain[0].isdigit() or keyword.iskeyword(plain) else plain
        free, k = plain, 2
        while free in taken:
            free, k = f"{plain}_{k}", k + 1
        taken.add(free)
        found[source.name] = free
    return found


def _read(source: Source) -> str:
    given = f"table[{source.name!r}]"
    return {
        "number": f"_numbers({given})",
        "truth": f"_truths({given}, {source.words!r})",
        "text": f"_texts({given}, {source.missing!r})",
        "date": f"_dates({given}, {source.order!r})",
    }[source.kind]


class _Python:
    """Writes a term; names: those of columns in Python."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def text(self, term: Term) -> str:
        """The expression."""
        op, arguments = term.op, term.arguments
        if op in ("true", "false"):
            return op.capitalize()
        if op == "constant":
            return repr(term.value)
        if term.source is not None:
            return self._leaf(term)
        if op == "call":
            raise no_translation(term)
        inner = [self.closed(a) for a in arguments]
        if op in ("and", "or", "xor"):
            return {"and": " & ", "or": " | ", "xor": " ^ "}[op].join(inner)
        if op == "same":
            return f"{inner[0]} == {inner[1]}"
        if op in ("not", "negative"):
            if op == "not" and arguments[0].op in ("text", "weekday"):
                return self._leaf(arguments[0]).replace(" == ", " != ", 1)
            return f"{'~' if op == 'not' else '-'}{inner[0]}"
        if op == "letter":
            place = "np.nan_to_num(place).astype(int)"
            said = f'np.array(list("{term.value}")).take({place}, mode="clip")'
            return f'np.where(np.isnan(place := {inner[0]}), "", {said})'
        if op == "floor":
            return f"np.floor(np.round({inner[0]}, 9))"
        if op in _OPERATORS:
            return f"{inner[0]} {op} {inner[1]}"
        if op in _FUNCTIONS:
            return f"{_FUNCTIONS[op]}({', '.join(map(self.text, arguments))})"
        raise no_translation(term)

    def closed(self, term: Term) -> str:
        """The expression, in brackets unless it is a name, a number or a call."""
        text = self.text(term)
        plain = not term.arguments and term.op not in ("text", "other", "missing", "weekday")
        called = term.op in _FUNCTIONS and term.op != "xor"
        return text if (plain and not text.startswith("-")) or called else f"({text})"

    def _leaf(self, term: Term) -> str:
        source = term.source
        assert source is not None
        here = self.names[source.name]
        if term.op in ("number", "truth"):
            return here
        if term.op == "missing":
            return {
                "number": f"np.isnan({here})",
                "date": f'np.isnan({here}["year"])',
                "text": f'{here} == ""',
            }.get(source.kind, f'_texts(table[{source.name!r}], {source.missing!r}) == ""')
        detail = term.value[1]
        if term.op == "text":
            return f"{here} == {detail!r}"
        if term.op == "other":
            return f"~np.isin({here}.astype(str), {['', *detail]!r})"
        if term.op == "weekday":
            return f'{here}["weekday"] == {detail}'
        if term.op in ("begins", "ends"):
            place = ":1" if term.op == "begins" else "-1:"
            return f"np.array([text[{place}] == {detail!r} for text in {here}], bool)"
        if detail == "length":
            return f"np.array([len(text) or np.nan for text in {here}], float)"
        if detail == "place":
            letters = alphabet(term.value[2])
            place = f"{letters!r}.find(text) if len(text) == 1 else -1"
            return f"np.array([place if (place := {place}) >= 0 else np.nan for text in {here}])"
        return f"{here}[{detail!r}]"


def alphabet(first: str) -> str:
    """The 26 letters from a first one on."""
    return "".join(chr(ord(first) + k) for k in range(26))


def no_translation(term: Term) -> DSLError:
    """The error for a primitive that other languages do not have."""
    what = term.value.name if term.op == "call" else term.op
    return DSLError(
        f"primitive {what} has no translation; allowed: arithmetic, comparisons, choice and "
        "connectives; build it from such primitives, or export another program"
    )
