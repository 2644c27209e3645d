"""What is said of the languages that were searched: of a table, and of a sequence by its lags."""

from synth.errors import shortened
from synth.report.numbers import bits

#: How many characters of the next terms are shown.
TERMS_WIDTH = 200


def among(result):
    """The other languages that were searched, and what naming one costs; empty for a given DSL."""
    others = [shortened(each.dsl, 40) for each in result.languages if each.dsl != result.dsl]
    beside = f" ({', '.join(others)} searched too)" * bool(others)
    if result.continuation is not None:
        lags = result.continuation.lags
        first = f" and the first {lags} terms" if lags > 1 else " and the first term" * lags
        return f"{beside}; {bits(result.language_bits)} bits for the number of lags{first}"
    if not result.languages:
        return ""
    return f"{beside}; {bits(result.language_bits)} bits for a rule, and for its language"


def of_chance(result):
    """Which labels the chance bound is about."""
    return "labels permuted" if result.continuation is None else "terms drawn from the table's code"


def next_terms(result):
    """The terms that follow a sequence, and how many of them are known to be right."""
    said = result.continuation
    if result.chosen == "table":
        return "the table does not say them"
    text = ", ".join(map(str, said.terms)) or "the program has no value there"
    if len(text) > TERMS_WIDTH:
        text = text[:TERMS_WIDTH].rpartition(",")[0] + ", ..."
    known = f"; the first {said.right} of the {said.known} that were held out are right"
    return text + known * bool(said.known)
