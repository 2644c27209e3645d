"""gplearn's symbolic regressor: genetic programming over the job's own operators.

Constants are columns, so that the leaves are those of the job. gplearn has one type, so a
comparison occurs only within a conditional, `ite` with four arguments.  Fitness is the mean
absolute error for integers, and the share of wrong rows for booleans and residues.  Other settings
are the defaults.  It runs until an answer is right on every row.
"""

import warnings

import gplearn
import numpy as np
import protocol
from gplearn.fitness import make_fitness
from gplearn.functions import make_function
from gplearn.genetic import SymbolicRegressor

WRONG = make_fitness(
    function=lambda y, predicted, w: np.average(y != predicted, weights=w), greater_is_better=False
)


def functions(job):
    """gplearn's functions for the job's operators; lt is part of ite."""
    p = job["modulus"]
    known = {
        "and": (lambda a, b: ((a > 0) & (b > 0)) * 1.0, 2),
        "or": (lambda a, b: ((a > 0) | (b > 0)) * 1.0, 2),
        "xor": (lambda a, b: ((a > 0) ^ (b > 0)) * 1.0, 2),
        "not": (lambda a: (a <= 0) * 1.0, 1),
        "ite": (lambda a, b, c, d: np.where(a < b, c, d), 4),
        "add": (np.add, 2),
        "sub": (np.subtract, 2),
        "mul": (np.multiply, 2),
    }
    if p:
        known["add"] = (lambda a, b: (a + b) % p, 2)
        known["sub"] = (lambda a, b: (a - b) % p, 2)
        known["mul"] = (lambda a, b: (a * b) % p, 2)
    return [
        make_function(function=known[name][0], name=name, arity=known[name][1])
        for name in job["operators"]
        if name != "lt"
    ]


def expression(program, leaves):
    """gplearn's list of nodes in prefix order as a nested list."""
    nodes = iter(program)

    def read():
        node = next(nodes)
        if not hasattr(node, "arity"):
            return leaves[node]
        parts = [read() for _ in range(node.arity)]
        if node.name == "ite":
            return ["ite", ["lt", *parts[:2]], *parts[2:]]
        return [node.name, *parts]

    return read()


def main():
    job = protocol.read()
    if job["labels"] is None:
        protocol.skip("it seeks one formula, and does not enumerate")
    warnings.simplefilter("ignore")
    leaves = [*job["variables"], *job["constants"]]
    columns = protocol.columns_of(job)
    table = np.array([protocol.values_of(leaf, columns) for leaf in leaves], float).T
    labels = np.array(job["labels"], float)
    metric = "mean absolute error" if job["family"] == "int" else WRONG
    model = SymbolicRegressor(
        generations=10**6,
        stopping_criteria=0.0,
        const_range=None,
        function_set=functions(job),
        metric=metric,
        random_state=job["seed"],
    )
    begin = protocol.start(job)
    model.fit(table, labels)
    protocol.answer(
        begin,
        expression=expression(model._program.program, leaves),
        candidates=model.population_size * len(model.run_details_["generation"]),
        version=gplearn.__version__,
        settings="population 1,000, as it comes",
    )


if __name__ == "__main__":
    main()
