"""The claims about the languages that were searched for a table, and the constant beside them."""

from typing import Any

from synth.verification.claims import NEAR, Claims
from synth.verification.truth import Truth


def check_languages(claims: Claims, document: dict[str, Any], truth: Truth) -> None:
    """What names the language, and that none of the others is said to have fewer bits.

    It tells the truth what programs are charged, so that it comes before all other checks.
    """
    languages = document.get("languages", [])
    if languages:
        truth.one_of(len(languages))
    claims.near("language_bits", document.get("language_bits", 0.0), truth.language_bits)
    if not languages:
        return
    names = [each["dsl"] for each in languages]
    claims.check("dsl", document["dsl"] in names, document["dsl"], ", ".join(names))
    if document["settings"]["exact"]:
        return
    best = min((e["total_bits"] for e in languages if e["total_bits"] is not None), default=None)
    holds = best is None or document["total_bits"] <= best + NEAR
    claims.check("total_bits is the least of all", holds, document["total_bits"], best)
    least = next(each for each in languages if each["dsl"] == document["dsl"])
    own = min((p["total_bits"] for p in document["front"]), default=None)
    claims.near("languages.total_bits", least["total_bits"], own)
