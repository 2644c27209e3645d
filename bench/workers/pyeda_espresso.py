"""espresso by pyeda: few terms that are right on all rows, for the labels and for their opposite.

The job has boolean `columns` (names to lists) and boolean `labels`.  espresso is given the true
rows and the false rows; all others are don't-cares.  An answer is a list of expressions of `and`,
`or` and `not`.
"""

import protocol
import pyeda
from pyeda.boolalg import espresso
from pyeda.boolalg.minimization import CONFIG


def terms(columns, labels):
    """A disjunction that is right on all rows, as an expression."""
    names, cover = list(columns), set()
    for row, label in zip(zip(*columns.values(), strict=True), labels, strict=True):
        cover.add((tuple(2 if v else 1 for v in row), (int(label),)))
    espresso.set_config(**CONFIG)
    kind = espresso.FTYPE | espresso.RTYPE
    found = []
    for inputs, outputs in sorted(espresso.espresso(len(names), 1, cover, intype=kind)):
        if outputs[0] == 1:
            pairs = zip(names, inputs, strict=True)
            found.append(["and", *(n if v == 2 else ["not", n] for n, v in pairs if v < 3)])
    return ["or", *found]


def main():
    job = protocol.read()
    begin = protocol.start(job)
    models = [
        terms(job["columns"], job["labels"]),
        ["not", terms(job["columns"], [not v for v in job["labels"]])],
    ]
    protocol.answer(begin, models=models, version=pyeda.__version__)


if __name__ == "__main__":
    main()
