"""What hypothesis draws in more than one file of tests."""

from hypothesis import strategies as st

import synth


@st.composite
def trees(draw, grammar, type_, depth=3):
    """Programs of a type, leaves from a depth on where the type has some."""
    group = [p.item for p in grammar.productions[type_]]
    leaves = [i for i in group if not i.arguments]
    item = draw(st.sampled_from(leaves if depth == 0 and leaves else group))
    return synth.Program(item, [draw(trees(grammar, a, max(0, depth - 1))) for a in item.arguments])
