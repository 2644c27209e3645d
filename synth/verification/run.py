"""Verifies a saved run: the document is read, its task and DSL are made again, claims are checked.

A new claim is one function in `CHECKS`, of the claims so far, the document and the truth.
"""

import os
from pathlib import Path
from typing import Any

from synth.language.cards import Cards
from synth.language.folds import Folds
from synth.language.machines import Machines
from synth.language.scans import Scans
from synth.verification import machines
from synth.verification.certificate import check_certificate
from synth.verification.claims import Claim, Claims
from synth.verification.classes import check_classes
from synth.verification.complete import check_complete
from synth.verification.document import parts, read_document
from synth.verification.enumeration import MOST_CANDIDATES
from synth.verification.languages import check_languages
from synth.verification.lists import check_front, check_levels, check_top
from synth.verification.reach import check_reach
from synth.verification.regression import check_ranks, check_regression, of_numbers
from synth.verification.search import check_data, check_program, check_table, check_totals
from synth.verification.sequences import check_continuation
from synth.verification.sets import check_experiment, check_rows, check_twins
from synth.verification.sources import Given, truth_of
from synth.verification.truth import Truth

#: The checks of a search, in the order in which they are shown.
CHECKS = (
    check_data,
    check_table,
    check_program,
    check_totals,
    check_front,
    check_top,
    check_levels,
    check_reach,
    check_classes,
    check_continuation,
)


def verify(
    path: str | os.PathLike[str],
    *,
    table: str | os.PathLike[str] | None = None,
    dsl: str | os.PathLike[str] | None = None,
    complete: bool = False,
    candidates: int = MOST_CANDIDATES,
) -> list[Claim]:
    """Compute the claims of a saved run again, without the engine.

    Parameters
    ----------
    path : str or path
        A file that `save_run` or --save wrote, or what --json printed.
    table : str or path, optional
        The table, if it is not where it was.
    dsl : str or path, optional
        The DSL. It must be given if it is a file, `FILE.py:NAME`, since that runs the file.
    complete : bool
        Also enumerate all programs that the certificate covers.
    candidates : int
        The most programs that are made for `complete`.

    Returns
    -------
    list of Claim
        In the order in which they were checked.

    Raises
    ------
    RunError
        If the file is damaged or of another format, or the task or the DSL cannot be made again.
    """
    given = Given(
        None if table is None else os.fspath(table),
        None if dsl is None else os.fspath(dsl),
        Path(path).parent,
    )
    found: list[Claim] = []
    for prefix, document in parts(read_document(path)).items():
        claims = Claims(prefix)
        kind = document["kind"]
        if kind == "search":
            _check_search(claims, document, given, candidates if complete else 0)
        elif kind == "contrast":
            truths = []
            for key in ("structured", "random"):
                claims.prefix = f"{prefix}{key}."
                twin = candidates if complete else 0
                truths.append(_check_search(claims, document[key], given, twin, key == "random"))
            claims.prefix = prefix
            check_twins(claims, document, *truths)
        elif kind == "regression":
            _check_numbers(claims, document, given)
        elif kind == "regression-contrast":
            truths = []
            for key in ("structured", "random"):
                claims.prefix = f"{prefix}{key}."
                truths.append(_check_numbers(claims, document[key], given))
            claims.prefix = prefix
            check_twins(claims, document, *truths)
            check_ranks(claims, document)
        elif kind == "compare":
            check_rows(claims, document, given)
        else:
            check_experiment(claims, document)
        found += claims.made
    return found


def _check_numbers(claims: Claims, document: dict[str, Any], given: Given) -> Truth:
    """Check all claims of a search for real labels."""
    named = document["task"], document["labelling"]
    truth = truth_of(document["source"], document["data"], given, named, claims, of_numbers)
    check_regression(claims, document, truth)
    return truth


def _check_search(
    claims: Claims, document: dict[str, Any], given: Given, candidates: int, twin: bool = False
) -> Truth:
    """Check all claims of a search; candidates: for a complete enumeration, 0 for none."""
    named = document["task"], document["labelling"]
    truth = truth_of(document["source"], document["data"], given, named, claims)
    check_languages(claims, document, truth)
    for check in CHECKS:
        check(claims, document, truth)
    check_certificate(claims, document, truth, twin)
    family = truth.dsl.family
    if isinstance(family, Machines):
        machines.check_levels(claims, document, truth)
    if candidates and isinstance(family, Machines):
        machines.check_complete(claims, document, truth, candidates)
    elif isinstance(family, Cards):  # moves prove nothing
        claims.equal("certified_bits", document["certified_bits"], 0.0)
    elif candidates and (family is None or isinstance(family, Scans)):
        check_complete(claims, document, truth, candidates)
    else:
        what = "exact_bound" if document["settings"]["exact"] else "certified_bits"
        why = "nothing listed contradicts it; --complete enumerates the programs"
        if isinstance(family, Cards):
            claims.equal("certified_bits", document["certified_bits"], 0.0)
            return truth
        if isinstance(family, Folds):
            why = "nothing listed contradicts it; --complete does not cover folds"
        claims.open(f"{what} is true", document[what], why)
    return truth
