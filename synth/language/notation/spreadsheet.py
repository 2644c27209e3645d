"""Rules as formulas of spreadsheets, as Excel and LibreOffice read them in English.

An empty cell counts as 0 in a spreadsheet, so each comparison asks whether there is a number, and
so does each answer that is computed: it is #N/A if there is none.
"""

from collections.abc import Mapping, Sequence

from synth.errors import SettingError, listed
from synth.language.meaning import COMPARISONS, Source, Term
from synth.language.notation.python_code import no_translation
from synth.language.notation.simplify import simplified

_FUNCTIONS = {
    "abs": "ABS", "min": "MIN", "max": "MAX", "sqrt": "SQRT", "exp": "EXP", "log": "LN",
    "sin": "SIN", "cos": "COS", "tan": "TAN", "arcsin": "ASIN", "sign": "SIGN", "%": "MOD",
    "<<": "BITLSHIFT", ">>": "BITRSHIFT", "&": "BITAND", "|": "BITOR", "^": "BITXOR",
    "and": "AND", "or": "OR", "xor": "XOR", "not": "NOT", "where": "IF",
}  # fmt: skip
_SIGNS = {"==": "=", "!=": "<>", "**": "^"}
_OPERATORS = ("+", "-", "*", "/", "**")


def to_spreadsheet(term: Term, cells: Mapping[str, str]) -> str:
    """The formula of a term.

    Parameters
    ----------
    term : Term
    cells : mapping of str to str
        The cell of each column in the row that the formula is for, such as "B2".

    Raises
    ------
    SettingError
        If a column has no cell.
    """
    term = simplified(term, known=False)
    sheet = _Sheet(cells)
    return f"=IF({sheet.text(term)},1,0)" if term.is_condition else f"={sheet.answer(term)}"


def cells_of(header: Sequence[str], row: int = 2) -> dict[str, str]:
    """The cell of each column of a sheet, given their names in order, and the row."""
    return {name: f"{_letters(place)}{row}" for place, name in enumerate(header)}


def _letters(place: int) -> str:
    """The letters of a column, whose place is 0 and more."""
    text = ""
    while place >= 0:
        text, place = chr(ord("A") + place % 26) + text, place // 26 - 1
    return text


def _literal(value: object) -> str:
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    return repr(value)


class _Sheet:
    def __init__(self, cells: Mapping[str, str]) -> None:
        self.cells = cells

    def answer(self, term: Term) -> str:
        """What a formula says: #N/A where a number that it needs is missing."""
        if term.op == "where":
            condition, *answers = term.arguments
            return f"IF({','.join([self.text(condition), *map(self.answer, answers)])})"
        needed = self._needed(term)
        text = self.text(term)
        return f"IF({_all(needed)},{text},NA())" if needed else text

    def text(self, term: Term) -> str:
        op, arguments = term.op, term.arguments
        if op in ("true", "false"):
            return op.upper()
        if op == "constant":
            if isinstance(term.value, complex):
                raise no_translation(term)
            return _literal(term.value)
        if term.source is not None:
            return self._leaf(term)
        if op in COMPARISONS:
            return self._compared(term)
        if op == "same":
            return f"NOT(XOR({','.join(map(self.text, arguments))}))"
        if op == "negative":
            return f"-{self._closed(arguments[0])}"
        if op in _OPERATORS:
            left, right = map(self._closed, arguments)
            return f"{left}{_SIGNS.get(op, op)}{right}"
        if op == "letter":
            place = self._closed(arguments[0])
            if term.value[0] == "0":
                return f'MID("{term.value}",1+{place},1)'
            return f"CHAR({ord(term.value[0])}+{place})"
        if op == "floor":
            return f"INT(ROUND({self.text(arguments[0])},9))"
        if op == "//":
            left, right = map(self._closed, arguments)
            return f"INT({left}/{right})"
        if op == "square":
            return f"{self._closed(arguments[0])}^2"
        if op in _FUNCTIONS:
            return f"{_FUNCTIONS[op]}({','.join(map(self.text, arguments))})"
        raise no_translation(term)

    def _compared(self, term: Term) -> str:
        """A comparison, false where a number is missing."""
        left, right = map(self._closed, term.arguments)
        text = f"{left}{_SIGNS.get(term.op, term.op)}{right}"
        needed = self._needed(*term.arguments)
        if not needed:
            return text
        if term.arguments[0].op == "number" and len(needed) == 1:
            return f"AND({needed[0]},{text})"
        # `AND` computes all its parts, and a sum or the year of a text is an error.
        return f"IF({_all(needed)},{text},FALSE)"

    def _needed(self, *terms: Term) -> list[str]:
        """What has to hold so that some terms have values: of a choice, the part that is chosen."""
        found: list[str] = []
        for term in terms:
            if term.source is not None:
                found += [self._there(term)] * (not term.is_condition)
            elif term.op == "where" and not term.is_condition:
                condition, *answers = term.arguments
                each = [self._needed(answer) for answer in answers]
                if any(each) and each[0] != each[1]:
                    said = [self.text(condition), *(_all(needed) for needed in each)]
                    found.append(f"IF({','.join(said)})")
                else:
                    found += each[0]
            elif not term.is_condition:
                found += self._needed(*term.arguments)
        return list(dict.fromkeys(found))

    def _there(self, leaf: Term) -> str:
        """Whether a leaf has a value."""
        source = leaf.source
        assert source is not None
        here = self._cell(source)
        if source.kind != "text":
            return f"ISNUMBER({here})"
        if leaf.op == "part" and leaf.value[1] == "place":
            first = ord(leaf.value[2])
            place = f'CODE({here}&" ")'
            return f"AND(LEN({here})=1,{place}>={first},{place}<={first + 25})"
        return f"NOT({self._missing(source, here)})"

    def _closed(self, term: Term) -> str:
        """A term in brackets if it needs them."""
        text = self.text(term)
        plain = not term.arguments or term.op in _FUNCTIONS
        return text if plain and not text.startswith("-") else f"({text})"

    def _cell(self, source: Source) -> str:
        if source.name not in self.cells:
            raise SettingError(f"no cell for column {source.name}; given: {listed(self.cells)}")
        return self.cells[source.name]

    def _leaf(self, term: Term) -> str:
        source = term.source
        assert source is not None
        here = self._cell(source)
        if term.op == "number":
            return here
        if term.op == "truth":
            words = [f"{here}={'1' if word == '1' else _literal(word)}" for word in source.words]
            return f"OR({','.join([f'{here}=TRUE', *words])})"
        if term.op == "missing":
            return self._missing(source, here)
        detail = term.value[1]
        if term.op == "text":
            return f"EXACT({here},{_literal(detail)})"
        if term.op == "other":
            known = ",".join(f"EXACT({here},{_literal(text)})" for text in detail)
            return f"NOT(OR({self._missing(source, here)},{known}))"
        if term.op == "weekday":
            return f"IF(ISNUMBER({here}),WEEKDAY({here},2)={detail + 1},FALSE)"
        if term.op in ("begins", "ends"):
            side = "LEFT" if term.op == "begins" else "RIGHT"
            text = f"EXACT({side}({here},1),{_literal(detail)})"
            return f"AND({text},NOT({self._missing(source, here)}))"
        if detail == "length":
            return f"LEN({here})"
        if detail == "place":
            return f"(CODE({here})-{ord(term.value[2])})"
        if detail == "date":
            return f"INT({here})"
        if detail == "time":
            return f"(60*HOUR({here})+MINUTE({here}))"
        return f"{detail.upper()}({here})"

    def _missing(self, source: Source, here: str) -> str:
        if source.kind in ("number", "date"):
            return f"NOT(ISNUMBER({here}))"
        same = ",".join(f"{here}={_literal(text)}" for text in dict.fromkeys(("", *source.missing)))
        return f"OR({same})"


def _all(conditions: Sequence[str]) -> str:
    """That all of some conditions hold."""
    if len(conditions) < 2:
        return next(iter(conditions), "TRUE")
    return f"AND({','.join(conditions)})"
