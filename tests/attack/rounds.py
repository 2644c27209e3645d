"""Rounds of attacks: one attack with one seed on some tasks; a failure is shrunk and kept."""

import json
import re
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st
from hypothesis.errors import DidNotReproduce

from tests.attack.attacks import ATTACKS
from tests.attack.claims import Claims

#: Where failures are kept; git ignores it.
KEPT = Path("build", "attack")


@dataclass
class Round:
    """What one round has found.

    Parameters
    ----------
    attack : str
        Its name.
    seed : int
        The seed of all that it draws.
    tasks : int
        How many tasks it attacked, those of shrinking included.
    checked : Counter
        How many claims of each kind it checked.
    false : list of str
        What is false in the smallest case that was found; empty if nothing is.
    case : list of str
        The lines of that case.
    blob : str
        The case as hypothesis writes it.
    """

    attack: str
    seed: int
    tasks: int = 0
    checked: Counter = field(default_factory=Counter)
    false: list = field(default_factory=list)
    case: list = field(default_factory=list)
    blob: str = ""

    def keep(self, folder=KEPT):
        """Write a failure to a file, from which `again` runs it; returns its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.attack}-{self.seed}.json"
        document = {**vars(self), "hypothesis": hypothesis.__version__}
        path.write_text(json.dumps(document, indent=1) + "\n")
        return path


class FalseClaimError(AssertionError):
    """Some claim is false."""


def attack(name, seed, examples, shrink=True, blob=None):
    """Run a round, or only the case of a blob.

    Parameters
    ----------
    name : str
        One of `ATTACKS`.
    seed : int
    examples : int
        How many cases are drawn.
    shrink : bool
        Whether a failure is made as small as it can be, which may take five minutes.
    blob : str, optional
        A case that hypothesis wrote.

    Returns
    -------
    Round
    """
    done = Round(name, seed)

    def case(data):
        claims = Claims()
        try:
            ATTACKS[name](data, claims)
            done.tasks += 1
            if claims.false:
                raise FalseClaimError
        except Exception as error:
            # Hypothesis goes its ways by exceptions of its own.
            if not type(error).__module__.startswith("hypothesis"):
                if not done.false:
                    said = claims.false or [repr(error)]
                    print(f"{name}, seed {seed}, found: {said[0]}", flush=True)
                done.false = list(claims.false) or traceback.format_exc().splitlines()[-6:]
                done.case = claims.case
            raise
        finally:
            done.checked.update(claims.checked)

    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
    run = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=phases,
        print_blob=True,
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )(given(st.data())(case))
    run = (
        hypothesis.seed(seed)(run)
        if blob is None
        else hypothesis.reproduce_failure(hypothesis.__version__, blob.encode())(run)
    )
    try:
        run()
    except DidNotReproduce:
        pass  # the case of a file, and nothing is false any more
    except Exception as error:  # noqa: BLE001 - whatever fails is what is sought
        notes = "\n".join(getattr(error, "__notes__", ()))
        written = re.search(r"@reproduce_failure\('[^']*', b'([^']*)'\)", notes)
        done.blob = written.group(1) if written else ""
        done.false = done.false or [repr(error)]
    return done


def again(path):
    """Run the kept case of a file, by its blob, or by its seed if hypothesis is another."""
    kept = json.loads(Path(path).read_text())
    same = kept["hypothesis"] == hypothesis.__version__
    blob = kept["blob"] if same and kept["blob"] else None
    return attack(kept["attack"], kept["seed"], ROUND, blob=blob)


#: The tasks of a round of `python -m tests.attack`.
ROUND = 25
