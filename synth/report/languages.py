"""What is said of the languages that were searched: of a table, and of a sequence by its lags."""

from synth.errors import shortened
from synth.report.numbers import bits

#: How many characters of the next terms are shown.
TERMS_WIDTH = 200


def among(result):
    """The other languages that were searched, and what naming one costs; empty for a given DSL."""
    beside = _beside(result)
    if result.continuation is not None:
        lags = result.continuation.lags
        first = f" and the first {lags} terms" if lags > 1 else " and the first term" * lags
        return f"{beside}; {bits(result.language_bits)} bits for the number of lags{first}"
    if not result.languages:
        return ""
    return f"{beside}; {bits(result.language_bits)} bits for a rule, and for its language"


def among_numbers(result):
    """The same of a search for real labels."""
    if not result.languages:
        return ""
    return f"{_beside(result)}; {bits(result.language_bits)} bits for the language"


def _beside(result):
    """The other languages that were searched."""
    others = [shortened(each.dsl, 40) for each in result.languages if each.dsl != result.dsl]
    return f" ({', '.join(others)} searched too)" * bool(others)


def certified(result):
    """Up to how many bits all programs were scored, in all languages; None for all programs."""
    known = [each.certified_bits for each in result.languages] or [result.certified_bits]
    return min((up_to for up_to in known if up_to is not None), default=None)


def counted(result):
    """How many programs were made, in all languages, and how many behaviours were kept."""
    languages, drawn = result.languages, result.settings.get("drawn")
    if drawn:
        made = f"{drawn['candidates']:,} programs and {drawn['moves']:,} moves"
        return f"{made} in {shortened(result.dsl, 40)} on {drawn['rows']:,} drawn rows"
    distinct = f"{result.distinct:,} distinct behaviours"
    if len(languages) < 2:
        return f"{result.candidates:,} programs, {distinct}"
    total = sum(each.candidates for each in languages)
    name = shortened(result.dsl, 40)
    return f"{total:,} programs in {len(languages)} languages, {distinct} in {name}"


def of_chance(result):
    """Which labels the chance bound is about; whether it says nothing of a program."""
    about = (
        "labels permuted" if result.continuation is None else "terms drawn from the table's code"
    )
    says = result.chosen != "program" or result.log2_chance_bound < 0
    return about if says else f"{about}; says nothing: too few rows"


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
