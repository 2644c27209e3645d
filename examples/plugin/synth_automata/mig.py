"""Majority-inverter graphs: the majority of three, `not`, and the constants.

If one argument is a constant, the majority of three is `and` or `or`.  Amarù, Gaillardon and
De Micheli, Majority-Inverter Graph, DAC 2014.
"""

from synth import DSL, Bool


def build(types=(), weight: float = 1.0):
    """The DSL; `weight` is the weight of the majority, where `not` has weight 1."""
    dsl = DSL("mig", types=(Bool,), description=__doc__)

    @dsl.primitive(weight=weight)
    def maj(a: Bool, b: Bool, c: Bool) -> Bool:
        return (a & b) | (b & c) | (a & c)

    @dsl.primitive(symbol="~")
    def not_(a: Bool) -> Bool:
        return ~a

    dsl.constant(False, Bool)
    dsl.constant(True, Bool)
    return dsl


def fits(types):
    return all(t == Bool for t in types)
