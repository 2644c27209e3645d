"""Verification of saved runs: each of their claims is computed again, by code of its own.

Start with `run.py` (`verify`). `document.py` reads a file and checks the types of its fields,
`sources.py` makes the task and the DSL again, `values.py` evaluates programs, and `truth.py` has
prices, exceptions, totals, tables and chance bounds, all written from `docs/codes.md`. Against
these, `search.py`, `lists.py`, `certificate.py`, `reach.py` and `classes.py` hold the claims of a
search, and `sets.py` those of contrasts, comparisons and experiments. For real labels, `numbers.py`
and `noises.py` have the code and `regression.py` the claims. `enumeration.py` lists all programs up
to some bits, and `complete.py` holds a certificate against that list.

Nothing here uses the engine, nor the code lengths and prices that a search uses. What is shared is
the reading of tables, of DSLs and of a program's text.
"""

from synth.verification.claims import Claim
from synth.verification.enumeration import MOST_CANDIDATES, Everything, everything
from synth.verification.run import verify
from synth.verification.sources import Given, revived, revived_numbers
from synth.verification.truth import Truth

__all__ = [
    "MOST_CANDIDATES",
    "Claim",
    "Everything",
    "Given",
    "Truth",
    "everything",
    "revived",
    "revived_numbers",
    "verify",
]
