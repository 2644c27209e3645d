"""gplearn's symbolic regressor with its default settings: the formula after 20 generations.

The job has `columns` (names to lists), `labels`, `constants`, and the `operators` and `modulus` of
its DSL.  Fitness is the share of wrong rows.  An answer is a list of one expression.
"""

import warnings

import gplearn
import numpy as np
import protocol
from gplearn.genetic import SymbolicRegressor
from gplearn_gp import WRONG, expression, functions


def main():
    job = protocol.read()
    warnings.simplefilter("ignore")
    leaves = [*job["columns"], *job["constants"]]
    rows = len(job["labels"])
    table = [job["columns"].get(leaf, [leaf] * rows) for leaf in leaves]
    model = SymbolicRegressor(
        const_range=None,
        function_set=functions(job),
        metric=WRONG,
        random_state=job["seed"],
    )
    begin = protocol.start(job)
    model.fit(np.array(table, float).T, np.array(job["labels"], float))
    models = [expression(model._program.program, leaves)]
    protocol.answer(begin, models=models, version=gplearn.__version__)


if __name__ == "__main__":
    main()
