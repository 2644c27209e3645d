"""State diagrams of machines: what they say is what the machine does, and nothing hides a part."""

from math import hypot
from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import synth
from synth.language.machines import DIGITS, in_order
from synth.report import automaton
from synth.report.page import write_page


def result_of(steps, labels, letters="01", labels_of=2, inverted=False):
    """What a diagram reads of a result."""
    words = " ".join("".join(DIGITS[to] for to in row) for row in steps)
    said = "".join(DIGITS[label] for label in labels)
    return SimpleNamespace(
        program=SimpleNamespace(text=f"machine['{words} / {said}'](xs)", inverted=inverted),
        inputs={"xs": f"Str('{letters}')"},
        rows={"labels": labels_of},
    )


@st.composite
def machines(draw, most=automaton.MOST_DRAWN, letters=2):
    states = draw(st.integers(1, most))
    row = st.lists(st.integers(0, states - 1), min_size=letters, max_size=letters)
    steps = draw(st.lists(row, min_size=states, max_size=states))
    return in_order(steps, draw(st.lists(st.integers(0, 1), min_size=states, max_size=states)))


LARGE = in_order([[k + 1, k + 2] for k in range(8)] + [[7, 9], [8, 0]], [0] * 10)


def nearest(states, point):
    return min(
        range(len(states)), key=lambda k: hypot(states[k].x - point[0], states[k].y - point[1])
    )


@given(machines(), st.booleans())
def test_a_diagram_says_what_the_machine_does(machine, inverted):
    steps, labels = machine
    drawn = automaton.diagram(result_of(steps, labels, inverted=inverted))
    first, *arrows = drawn.arrows
    assert first.letters == ""
    assert nearest(drawn.states, first.head[0]) == 0
    found = [[None, None] for _ in steps]
    for arrow in arrows:
        start, end = (nearest(drawn.states, p) for p in (arrow.curve[0], arrow.head[0]))
        for letter in arrow.letters.split(", "):
            assert found[start][int(letter)] is None
            found[start][int(letter)] = end
    assert found == steps
    assert [s.accepts for s in drawn.states] == [bool(y) != inverted for y in labels]
    assert [s.name for s in drawn.states] == list(map(str, range(len(steps))))


@given(machines())
@example(LARGE)
def test_no_arrow_passes_through_a_state_and_all_is_in_the_box(machine):
    drawn = automaton.diagram(result_of(*machine))
    for k, one in enumerate(drawn.states):
        for other in drawn.states[:k]:
            assert hypot(one.x - other.x, one.y - other.y) > 2.5
    for arrow in drawn.arrows:
        for point in [automaton._on(arrow.curve, k / 16) for k in range(17)] + [arrow.at]:
            inside = [a < b for a, b in zip(drawn.box[:2], point, strict=True)]
            inside += [a < b for a, b in zip(point, drawn.box[2:], strict=True)]
            assert all(inside)
            assert all(hypot(s.x - point[0], s.y - point[1]) > 0.99 for s in drawn.states)
        # The tip is on the rim of a state.
        tip = arrow.head[0]
        rim = min(hypot(s.x - tip[0], s.y - tip[1]) for s in drawn.states)
        assert rim == pytest.approx(1)


def test_labels_that_are_no_truth_values_stand_below_the_states():
    drawn = automaton.diagram(result_of([[1, 0, 0], [1, 1, 1]], [2, 0], "abc", labels_of=3))
    assert [s.says for s in drawn.states] == ["says 2", "says 0"]
    assert not any(s.accepts for s in drawn.states)
    assert [a.letters for a in drawn.arrows] == ["", "a", "b, c", "any"]
    assert "below it" in drawn.note


def test_what_is_no_machine_or_too_large_has_no_diagram():
    result = result_of([[0, 0]], [1])
    result.program.text = "xs == 'a'"
    assert automaton.diagram(result) is None
    assert automaton.diagram(SimpleNamespace(program=None)) is None
    many = automaton.MOST_DRAWN + 1
    assert (
        automaton.diagram(result_of([[(k + 1) % many] * 2 for k in range(many)], [1] * many))
        is None
    )


def test_figures_and_pages_show_the_diagram(tmp_path):
    result = synth.search("tomita:4", "machines")
    figure = result.plot(tmp_path / "figure.svg")
    (axes,) = (a for sub in figure.subfigs for a in sub.axes if not a.axison)
    rings = [p for p in axes.patches if type(p).__name__ == "Circle"]
    assert len(rings) == 4 + 3  # three states accept
    assert [t.get_text() for t in axes.texts if t.get_text() in "0123"]
    write_page([result], ["run.json"], str(tmp_path / "page.html"))
    page = (tmp_path / "page.html").read_text()
    assert page.count("<circle") == 7
    assert "The program as a state diagram" in page
    assert "there is no tree" not in page
    # A table is chosen on permuted labels: the figure has no diagram of what is not chosen.
    twin = synth.search(synth.load_task("tomita:4").permuted(0), "machines", max_programs=1000)
    assert twin.chosen == "table"
    assert not twin.plot().subfigs
