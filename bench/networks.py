"""Train small networks many at a time, one by one, and with scikit-learn.

    python bench/networks.py [--repeats N] [--json FILE]

The networks have one hidden layer of 32 ReLU units and are trained on 12 rows of 4 inputs by
full-batch Adam for 200 steps: all in one batch, one after the other with the same code, and with
`MLPClassifier` and the same settings.  The bench also measures random functions of 3 inputs, as
`network-prior` draws them.  Each line is the median of several runs in this process; the lines are
measured in turn, so that other work affects all of them.
"""

import os
import statistics
import time
import warnings

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported

import document
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from synth.learners.networks.perceptron import Shape, drawn, function_counts
from synth.learners.networks.training import Optimiser, Training

STEPS = 200
POINTS = (2 * ((np.arange(12)[:, None] >> np.arange(4)) & 1) - 1).astype(np.float32)
LABELS = (POINTS[:, 0] * POINTS[:, 1] > 0).astype(np.int64)
CORNERS = 2 * ((np.arange(8)[:, None] >> np.arange(3)) & 1) - 1


def trained(at_once, count):
    """Train `count` networks, `at_once` in a batch; returns the number of network-steps."""
    shape, optimiser = Shape(4, (32,), 1), Optimiser(rate=0.005)

    def run():
        for start in range(0, count, at_once):
            one = Training(
                shape, drawn(shape, at_once, start, scale=1.4), POINTS, LABELS, optimiser
            )
            for _ in range(STEPS):
                one.step()

    return f"ours, {at_once:,} at a time", count * STEPS, run


def scikit_learn(count):
    def run():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            for seed in range(count):
                MLPClassifier(
                    (32,),
                    solver="adam",
                    learning_rate_init=0.005,
                    batch_size=len(POINTS),
                    alpha=0.0,
                    max_iter=STEPS,
                    n_iter_no_change=STEPS,
                    tol=0.0,
                    random_state=seed,
                ).fit(POINTS, LABELS)

    return "scikit-learn, one at a time", count * STEPS, run


def functions(count):
    def run():
        function_counts(Shape(3, (32,), 1), CORNERS, count, 0, scale=1.4, bias=0.3)

    return "functions of random networks", count, run


def main():
    parser = document.parser(__doc__, "networks")
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    jobs = [
        trained(1000, 1000),
        trained(100, 1000),
        trained(10, 100),
        trained(1, 20),
        scikit_learn(20),
        functions(100_000),
    ]
    rates = [[] for _ in jobs]
    for _ in range(options.repeats):
        for (_, done, run), found in zip(jobs, rates, strict=True):
            begin = time.perf_counter()
            run()
            found.append(done / (time.perf_counter() - begin))
    peer = rates[4]
    rows = []
    for (what, _, _), found in zip(jobs, rates, strict=True):
        paired = [mine / theirs for mine, theirs in zip(found, peer, strict=True)]
        rows.append(
            {
                "what": what,
                "a_second": statistics.median(found),
                "over_scikit_learn": statistics.median(paired),
            }
        )
        steps = "functions" if what.startswith("functions") else "network-steps"
        ratio = (
            "" if steps == "functions" else f"{rows[-1]['over_scikit_learn']:8.1f} times the peer"
        )
        print(f"{what:<32} {rows[-1]['a_second']:12,.0f} {steps} a second {ratio}", flush=True)
    rows[-1].pop("over_scikit_learn")
    document.write(options.json, rows=rows)


if __name__ == "__main__":
    main()
