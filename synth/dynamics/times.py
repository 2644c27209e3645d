"""When a run memorises, finds a program and generalises, measured while it runs."""

from synth.dynamics.strength import expected_delay
from synth.dynamics.trajectories import ENOUGH

#: What was reached counts as lost below this accuracy.
LOST = 0.9


class Times:
    """The steps at which a run memorised and generalised.

    They are the first steps with an accuracy of `ENOUGH` or more (on training rows, on held-out
    rows) after which the accuracy was never seen below `LOST`; None if there is no such step.
    """

    def __init__(self):
        self.memorised = self.generalised = self.found = self.last = None

    def look(self, measures):
        """Takes note of measures: a dict with step, train_accuracy and test_accuracy."""
        self.last = measures
        step = measures["step"]
        self.memorised = _reached(self.memorised, measures["train_accuracy"], step)
        self.generalised = _reached(self.generalised, measures["test_accuracy"], step)

    def over(self, step):
        """Whether both have lasted for a tenth of the steps and a thousand more."""
        if self.generalised is None or self.memorised is None:
            return False
        return step > 1.1 * max(self.generalised, self.memorised) + 1000

    def row(self):
        """memorised_at, found_at and generalised_at, in steps, and the last accuracies: a dict."""
        return {
            "memorised_at": self.memorised,
            "found_at": self.found,
            "generalised_at": self.generalised,
            "train_accuracy": self.last["train_accuracy"],
            "test_accuracy": self.last["test_accuracy"],
        }


def _reached(since, accuracy, step):
    if accuracy < LOST:
        return None
    return step if since is None and accuracy >= ENOUGH else since


def chain_times(chain, steps):
    """Runs a chain until it has memorised and generalised for good.

    It is measured whenever its steps have grown by 2 %, counted anew from the step at which it
    first holds a true program.

    Parameters
    ----------
    chain : Chain
    steps : int
        The largest number of Metropolis steps.

    Returns
    -------
    dict
        See `Times.row`.
    """
    seen, since = Times(), 0
    while chain.step < steps and not seen.over(chain.step):
        after = max(100, (chain.step - since) // 50)
        if seen.found is None:
            if chain.seek(min(after, steps - chain.step)):
                seen.found = since = chain.step
        else:
            chain.advance(min(after, steps - chain.step))
        seen.look(chain.measures())
    return seen.row()


def strength_times(strengths):
    """Runs the strength dynamics until it has memorised and generalised for good.

    It is measured whenever its steps have grown by 2 %, and every 1/200 of the expected delay
    after the program is found.  It ends at 10 delays at the latest.

    Parameters
    ----------
    strengths : Strengths

    Returns
    -------
    dict
        See `Times.row`.
    """
    seen = Times()
    found, delay = strengths.found_at, expected_delay(strengths.spread, strengths.decay)
    while found is None or strengths.step < found:
        strengths.advance(max(10, strengths.step // 50))
        if found is None and strengths.step > 100_000:
            break
        if found is not None and strengths.step >= found:
            break
        seen.look(strengths.measures())
    seen.found = found
    if found is None:
        return seen.row()
    while strengths.step < found + 10 * delay and not seen.over(strengths.step):
        strengths.advance(max(1, int(delay / 200)))
        seen.look(strengths.measures())
    return seen.row()
