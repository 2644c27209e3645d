"""What is looked at while something learns, and when it was reached."""

import numpy as np

#: Accuracy at which training counts as memorised, and unseen rows as generalised to.
ENOUGH = 0.99
#: The grokking lab as it is shown: its task, bits of programs, settings of its `Chain`, and steps.
LAB_TASK, LAB_BITS, LAB_STEPS = "mod-mul:p=31,train=0.5", 14.0, 14_000_000
LAB_CHAIN = {"beta": 30.0, "decay": 1.0, "proposals": 0.004}
#: The first look at a chain is after so many steps.
LOOK = 250


def trajectory(one, steps, truths):
    """The measures of a `Chain`, and the step at which a program of `truths` was first held.

    A list of dicts, as of `Chain.measures`, and the step, None where there was none.  Looked at
    at times spread evenly in their logarithm, and so again from the discovery on.
    """
    times, path = _times(0, steps), []
    found = 0 if one.program in truths else None
    while times:
        if found is None:
            if one.seek(times[0] - one.step):
                found = one.step
                times = [one.step, *_times(one.step, steps)]
        else:
            one.advance(times[0] - one.step)
        if one.step == times[0]:
            times.pop(0)
        path.append(one.measures())
    return path, found


def _times(start, steps):
    spread = np.geomspace(LOOK, max(steps - start, LOOK + 1), 120).astype(np.int64)
    return [t for t in np.unique(start + spread).tolist() if t <= steps]


def reached(path, what, least=ENOUGH):
    """The step at which a measure reached a value, as far as it was looked at; None: never."""
    return next((m["step"] for m in path if m[what] >= least), None)
