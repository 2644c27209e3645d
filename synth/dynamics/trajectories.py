"""What is recorded while a search learns, and the steps at which thresholds are reached."""

import numpy as np

#: The accuracy at which training rows count as memorised, and unseen rows as generalised to.
ENOUGH = 0.99
#: The default grokking lab: its task, the bits of programs, the steps, and settings of `Chain`.
LAB_TASK, LAB_BITS, LAB_STEPS = "mod-mul:p=31,train=0.5", 14.0, 14_000_000
LAB_CHAIN = {"beta": 30.0, "decay": 1.0, "proposals": 0.004}
#: The steps after which a chain is first measured, and the number of measurements.
FIRST, MEASUREMENTS = 250, 120


def trajectory(one, steps, truths, look=None):
    """The measures of a `Chain` over time, and the step at which it first held a true program.

    The measures are taken at steps spread evenly in their logarithm; the spacing starts anew at
    the discovery of a true program.

    Parameters
    ----------
    one : Chain
    steps : int
    truths : collection of int
        The numbers of the true programs.
    look : callable, optional
        Takes the chain and returns further measures as a dict.

    Returns
    -------
    (list of dict, int or None)
        Dicts of `Chain.measures`, and the step of the discovery, None if there was none.
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
        path.append(one.measures() | (look(one) if look else {}))
    return path, found


def _times(start, steps):
    """The steps after `start` at which measures are taken, up to `steps`."""
    later = np.geomspace(FIRST, max(steps - start, FIRST + 1), MEASUREMENTS).astype(np.int64)
    return [t for t in np.unique(start + later).tolist() if t <= steps]


def reached(path, what, least=ENOUGH):
    """The first recorded step at which a measure is at least a value, None if there is none.

    Parameters
    ----------
    path : list of dict
        As `trajectory` returns.
    what : str
        The name of the measure.
    least : float, optional
    """
    return next((m["step"] for m in path if m[what] >= least), None)
