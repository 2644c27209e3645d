"""Stitch: greedy compression of lambda-calculus programs by abstractions.

Inputs are free variables, so no abstraction contains one.  Functions without their arguments are
neither bodies nor holes, as in a first-order DSL.  When inputs were bound by lambdas around each
program, Stitch made abstractions of the lambdas themselves.  Its check of the cost after rewriting
fails if patterns nest (both with stitch_core 0.1.29), so the bench checks the programs itself.
"""

from importlib.metadata import version

import protocol
from stitch_core import compress

#: It stops earlier if no abstraction compresses.
ITERATIONS = 20


def spelt(expression, inputs):
    """An S-expression; input k is variable k."""
    if isinstance(expression, str):
        if expression in inputs:
            return f"${inputs.index(expression)}"
        return expression
    head, *parts = expression
    return f"({' '.join([head, *(spelt(part, inputs) for part in parts)])})"


def parsed(text, inputs):
    """The expression of an S-expression; hole #k becomes the leaf hk."""
    tokens = iter(text.replace("(", " ( ").replace(")", " ) ").split())

    def read(token):
        if token != "(":
            if token.startswith("$"):
                return inputs[int(token[1:])]
            return f"h{token[1:]}" if token.startswith("#") else token
        parts = []
        while (following := next(tokens)) != ")":
            parts.append(read(following))
        return parts

    return read(next(tokens))


def main():
    job = protocol.read()
    inputs = job["inputs"]
    programs = [spelt(program, inputs) for program in job["programs"]]
    begin = protocol.start(job)
    found = compress(
        programs,
        iterations=ITERATIONS,
        max_arity=job["most_holes"],
        threads=1,
        no_curried_bodies=True,
        no_curried_metavars=True,
        no_mismatch_check=True,
    )
    protocol.answer(
        begin,
        abstractions=[
            {"name": one.name, "arity": one.arity, "body": parsed(one.body, inputs)}
            for one in found.abstractions
        ],
        programs=[parsed(text, inputs) for text in found.rewritten],
        version=version("stitch_core"),
    )


if __name__ == "__main__":
    main()
