"""What several operands of a primitive share, taken out of it.

`where(c, a + d, b + d)` becomes `where(c, a, b) + d`.  A law says which operands of the primitive
have to share it, and of which operations it holds.
"""

from collections import Counter

from synth.engine.reach.forms import Forms
from synth.language import Program


def lifted(problem, algebra, program, shorter):
    """The forms of a program with something taken out: pairs (units, program), cheapest first.

    Parameters
    ----------
    problem : Problem
    algebra : Algebra
    program : Program
        Its head is in `algebra.lifts`.
    shorter : callable
        What to do with the parts that no law sees through.
    """
    found = []
    for places, op in algebra.lifts[program.head]:
        forms = Forms(problem, algebra)
        branches = [_operands(op, forms.read(program.arguments[k], shorter)) for k in places]
        shared = branches[0]
        for other in branches[1:]:
            shared = shared & other
        if not shared:
            continue
        arguments = list(program.arguments)
        for k, branch in zip(places, branches, strict=True):
            arguments[k] = forms.written(forms.joined(op, (branch - shared).elements()))
        if None in arguments:
            continue
        inner = forms.part(Program(program.head, arguments))
        written = forms.written(forms.joined(op, [inner, *shared.elements()]))
        found.append((problem.units(written), written))
    return sorted(found, key=lambda pair: pair[0])


def _operands(op, form):
    """The operands of a form as one operation, each as often as it occurs."""
    return Counter(form.inner if form.kind == op + 1 and not form.sign else (form,))
