"""pyoperon (Operon): genetic programming with integer coefficients.

It has real arithmetic and no conditional with two arguments, so it can only do jobs that are
polynomials.  `symbolic_mode` keeps the coefficients integer.  Its own `epsilon` did not end a run
(pyoperon 0.6.2 went through all generations with an error of 0), so it is asked for one generation
at a time and continues with the same population.
"""

import ast
import warnings
from importlib.metadata import version

import numpy as np
import protocol
from pyoperon.sklearn import SymbolicRegressor

NAMES = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul"}


def expression(node, names):
    """A Python syntax tree as a nested list."""
    match node:
        case ast.Constant():
            return int(node.value) if node.value == int(node.value) else node.value
        case ast.Name():
            return names[node.id]
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
            return -expression(node.operand, names)
        case ast.BinOp():
            sides = (expression(side, names) for side in (node.left, node.right))
            return [NAMES[type(node.op)], *sides]
    raise ValueError(ast.unparse(node))


def main():
    job = protocol.read()
    if job["labels"] is None:
        protocol.skip("it seeks one formula, and does not enumerate")
    missing = [name for name in job["operators"] if name not in NAMES.values()]
    if missing and not job["polynomial"]:
        protocol.skip(f"it has no {', '.join(missing)}")
    if job["modulus"]:
        protocol.skip("it knows no residues")
    warnings.simplefilter("ignore")
    table, labels = np.array(job["rows"], float), np.array(job["labels"], float)
    model = SymbolicRegressor(
        allowed_symbols="add,sub,mul,constant,variable",
        symbolic_mode=True,
        warm_start=True,
        generations=1,
    )
    begin = protocol.start(job)
    generations, seed = 0, 1000 * job["seed"]
    while True:
        generations += 1
        model.set_params(random_state=seed + generations)
        model.fit(table, labels)
        if np.abs(model.predict(table) - labels).max() < 1e-6 * np.abs(labels).max():
            break
    names = [f"x{i}" for i in range(len(job["variables"]))]
    text = model.get_model_string(model.model_, precision=9, names=names)
    protocol.answer(
        begin,
        expression=expression(
            ast.parse(text, mode="eval").body, dict(zip(names, job["variables"], strict=True))
        ),
        candidates=model.population_size * (generations + 1),
        version=version("pyoperon"),
        settings="symbolic mode, a generation at a time",
    )


if __name__ == "__main__":
    main()
