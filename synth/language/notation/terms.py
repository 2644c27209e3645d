"""Programs as terms, from which all notations are written."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from synth.language.cards import read_card
from synth.language.meaning import Term, column, constant
from synth.language.notation.operations import connective, is_connective, operation, truth_table
from synth.language.primitive import Constant, Input, Primitive

if TYPE_CHECKING:
    from synth.language.program import Program


def term_of(program: "Program", meanings: Mapping[str, Term] | None = None) -> Term:
    """The term of a program.

    Parameters
    ----------
    program : Program
    meanings : mapping of str to Term, optional
        What inputs mean.  One that is not listed is a column of its name.
    """
    found: dict[Program, Term] = {}
    for node in program.parts():
        head = node.head
        if isinstance(head, Input):
            found[node] = (meanings or {}).get(head.name) or column(head.name, head.type.family)
        elif isinstance(head, Constant):
            found[node] = _constant(head)
        else:
            found[node] = _applied(head, tuple(found[a] for a in node.arguments))
    return found[program]


def _constant(head: Constant) -> Term:
    if head.type.names or head.type.letters:
        return constant(head.type.format(head.value))
    if head.type.family == "Bool":
        return constant(bool(head.value))
    # The text of a Real constant has its shortest digits.
    text = head.type.format(head.value)
    families: Mapping[str, Any] = {"Real": float, "Complex": complex}
    return constant(families.get(head.type.family, int)(text))


def _applied(head: Primitive, arguments: tuple[Term, ...]) -> Term:
    """A primitive as an operation; "call" if it is none that is known."""
    if is_connective(head):
        return _connected(head, arguments)
    card = read_card(head.name)
    if card is not None:
        return _card(*card, arguments)
    key = operation(head)
    if key is None:
        return Term("call", arguments, head)
    op = key[0]
    if head.result.family == "Mod" and op not in ("where", "min", "max"):
        p = int(head.result.size)
        inner = tuple(_without_remainder(a, p) for a in arguments) if op in "+-*" else arguments
        return Term("%", (Term(op, inner), constant(p)), True)
    whole = all(t.family in ("Int", "Mod") for t in head.arguments)
    if op in ("+", "-") and len(arguments) == 1:
        return arguments[0] if op == "+" else Term("negative", arguments)
    return Term(op, arguments, whole if op in ("%", "//", "/") else None)


def _card(points: tuple[int, ...], threshold: int, tests: tuple[Term, ...]) -> Term:
    """A scorecard as a sum of points above 0: less points for a test are more for its opposite."""
    lines = card_lines(points, tests)
    total = Term("where", (lines[0][1], constant(lines[0][0]), constant(0)))
    for more, test in lines[1:]:
        total = Term("+", (total, Term("where", (test, constant(more), constant(0)))), True)
    return Term(">=", (total, constant(threshold - sum(p for p in points if p < 0))))


def card_lines(points: tuple[int, ...], tests: tuple[Term, ...]) -> list[tuple[int, Term]]:
    """The lines of a scorecard with points above 0, the most first."""
    lines = [
        (abs(p), test if p > 0 else Term("not", (test,)))
        for p, test in zip(points, tests, strict=True)
    ]
    return sorted(lines, key=lambda line: -line[0])


def _without_remainder(term: Term, p: int) -> Term:
    """A term that differs from another by a multiple of p."""
    same = term.op == "%" and term.arguments[1] == constant(p)
    return term.arguments[0] if same else term


def _connected(head: Primitive, arguments: tuple[Term, ...]) -> Term:
    name = connective(head)
    builders: Mapping[str, Callable[..., Term]] = {
        "is": lambda a: a,
        "nand": lambda a, b: Term("not", (Term("and", (a, b)),)),
        "nor": lambda a, b: Term("not", (Term("or", (a, b)),)),
        "implies": lambda a, b: Term("or", (Term("not", (a,)), b)),
    }
    if name in builders:
        return builders[name](*arguments)
    if name is not None:
        return Term(name, arguments)
    table = truth_table(head)
    if table is None:
        return Term("call", arguments, head)
    rows = [
        Term("and", tuple(a if is_true else Term("not", (a,))
                          for a, is_true in zip(arguments, row, strict=True)))
        for row, answer in zip(table[0].tolist(), table[1], strict=True) if answer
    ]  # fmt: skip
    return Term("or", tuple(rows)) if rows else constant(False)
