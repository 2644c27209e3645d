"""A finite machine in words, and as a diagram: its states, what it says, where each letter leads.

The states of a diagram stand on a circle in the order of their numbers, clockwise from the left. So
no arrow between two of them passes through a third one.
"""

import ast
import re
from dataclasses import dataclass
from math import cos, hypot, pi, radians, sin

from synth.errors import listed

_MACHINE = re.compile(r"machine\['([0-9a-z ]+) / ([0-9a-z]+)'\]\((.*)\)")

#: A machine of more states has no diagram.
MOST_DRAWN = 10
#: Of a diagram, in radii of a state: the distance of neighbours, how far an arrow bends, how far a
#: loop reaches, how long a head is, and the margin.
_APART, _BEND, _LOOP, _HEAD, _MARGIN = 4.8, 0.35, 3.1, 0.5, 0.6


def _read(result):
    """(steps by state and letter, labels of the states, letters) of the best program, or None."""
    parts = None if result.program is None else _MACHINE.fullmatch(result.program.text)
    if parts is None:
        return None
    letters = ast.literal_eval(result.inputs[parts[3]][4:-1])
    steps = [dict(zip(letters, map(_number, word), strict=True)) for word in parts[1].split()]
    return steps, list(map(_number, parts[2])), letters


def _by_target(steps):
    """The letters that lead from a state to each of the others."""
    found = {}
    for letter, to in steps.items():
        found.setdefault(to, []).append(letter)
    return found


def states(result):
    """The states of the best program in words, if that is a machine: pairs of names and words.

    Such as ("state 0", "on 0 to state 1, on 1 stays; accepts"), if there are two labels.
    """
    machine, found = _read(result), []
    if machine is None:
        return found
    truths = _has_truths(result)
    for state, (steps, label) in enumerate(zip(*machine[:2], strict=True)):
        moves = []
        for to, read in _by_target(steps).items():
            on = listed(read) if len(read) < len(machine[2]) else "any letter"
            moves.append(f"on {on} " + ("stays" if to == state else f"to state {to}"))
        said = _said(label, truths, result.program.inverted)
        found.append((f"state {state}", f"{', '.join(moves)}; {said}"))
    return found


def _number(sign):
    return int(sign, 36)


def _has_truths(result):
    return result.rows["labels"] == 2


def _said(label, truths, inverted):
    if not truths:
        return f"says {label}"
    return "accepts" if bool(label) != inverted else "rejects"


# -- the diagram -----------------------------------------------------------------------


@dataclass(frozen=True)
class State:
    """A circle of radius 1.

    Its number stands in it; says is its label if labels are no truth values.  One that accepts has
    two rings.
    """

    x: float
    y: float
    name: str
    accepts: bool
    says: str | None


@dataclass(frozen=True)
class Arrow:
    """A cubic curve with a head at its end and a text beside it.

    curve: the start, two control points and the end, (x, y) each; head: the three corners; letters:
    the text, empty for the arrow to the first state; at: its middle.
    """

    curve: tuple
    head: tuple
    letters: str
    at: tuple


@dataclass(frozen=True)
class Diagram:
    """A machine as circles and arrows; y grows upwards.

    box: the least x and y, and the greatest x and y.
    """

    states: tuple
    arrows: tuple
    box: tuple

    @property
    def note(self):
        """What the signs mean, in a sentence or two."""
        if any(state.says is not None for state in self.states):
            return "The arrow from nowhere leads to the first state. What a state says is below it."
        return "The arrow from nowhere leads to the first state. A state with two rings accepts."


def diagram(result):
    """The diagram of the best program, if that is a machine of at most `MOST_DRAWN` states."""
    machine = _read(result)
    if machine is None or len(machine[0]) > MOST_DRAWN:
        return None
    steps, labels, letters = machine
    truths, count = _has_truths(result), len(steps)
    radius = 0 if count == 1 else _APART / 2 / sin(pi / count)
    angles = [180 - 360 * k / count for k in range(count)]
    places = [_from((0, 0), angle, radius) for angle in angles]
    arrows = [_first(places[0], loops=steps[0].values(), count=count)]
    for state, own in enumerate(steps):
        for to, read in _by_target(own).items():
            text = "any" if len(read) == len(letters) > 2 else ", ".join(read)
            if to == state:
                arrows.append(_loop(places[state], angles[state] if count > 1 else 90, text))
            else:
                ahead, back = (to - state) % count, state in steps[to].values()
                beside = ahead in (1, count - 1)
                bend = 2 * _BEND if back and beside else _BEND
                if ahead == count - 1 and count > 2 and not back:
                    bend = -bend  # to the outside, where no others are
                arrows.append(_arrow(places[state], places[to], text, bend, beside))
    drawn = tuple(
        State(
            *place,
            str(state),
            truths and _said(label, True, result.program.inverted) == "accepts",
            None if truths else f"says {label}",
        )
        for state, (place, label) in enumerate(zip(places, labels, strict=True))
    )
    return Diagram(drawn, tuple(arrows), _box(drawn, arrows))


def _from(point, angle, distance):
    """The point at a distance in the direction of an angle, in degrees."""
    turn = radians(angle)
    return point[0] + distance * cos(turn), point[1] + distance * sin(turn)


def _towards(start, end, distance):
    """The point at a distance from the start on the way to the end."""
    whole = hypot(end[0] - start[0], end[1] - start[1])
    share = distance / whole
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


def _head(tip, before):
    """The corners of a head whose tip is at the end of a line from `before`."""
    foot = _towards(tip, before, _HEAD)
    across = (before[1] - tip[1], tip[0] - before[0])
    side = [
        _towards(foot, (foot[0] + s * across[0], foot[1] + s * across[1]), 0.22) for s in (1, -1)
    ]
    return tip, *side


def _first(place, loops, count):
    """The arrow from nowhere to the first state, beside its loop if it has one on the left."""
    tip = _from(place, 240 if count > 1 and 0 in loops else 180, 1)
    far = _towards(place, tip, 2.6)
    foot = _towards(tip, far, _HEAD)
    return Arrow((far, far, foot, foot), _head(tip, far), "", far)


def _loop(place, angle, text):
    start, tip = _from(place, angle + 30, 1), _from(place, angle - 30, 1)
    one, two = (_from(place, angle + turn, _LOOP) for turn in (34, -34))
    foot = _towards(tip, two, _HEAD)
    middle = _from(place, angle, _LOOP * 0.62 + 0.8 + _wide(text) * abs(cos(radians(angle))))
    return Arrow((start, one, two, foot), _head(tip, two), text, middle)


def _arrow(start, end, text, bend, beside):
    """The arrow from a state to another one.

    bend: how far its middle is to the left of a straight line; beside: whether both are neighbours,
    so that there is room for the letters beside the middle.  Those of others stand on the arrow and
    near its start, since arrows across the circle meet in its middle.
    """
    far = hypot(end[0] - start[0], end[1] - start[1])
    left = (start[1] - end[1]) / far, (end[0] - start[0]) / far
    knee = tuple((start[k] + end[k]) / 2 + 2 * bend * left[k] for k in (0, 1))
    begin, tip = _towards(start, knee, 1), _towards(end, knee, 1)
    foot = _towards(tip, knee, _HEAD)
    one, two = (tuple((p[k] + 2 * knee[k]) / 3 for k in (0, 1)) for p in (begin, foot))
    curve = begin, one, two, foot
    at = _on(curve, 0.5 if beside else 0.2)
    if beside:
        off = (0.6 + _wide(text) * abs(left[0])) * (1 if bend > 0 else -1)
        at = tuple(at[k] + off * left[k] for k in (0, 1))
    return Arrow(curve, _head(tip, knee), text, at)


def _wide(text):
    """How much further a text reaches to each side than a letter."""
    return 0.18 * (len(text) - 1)


def _on(curve, share):
    """The point of a cubic curve at a share of its way."""
    rest = 1 - share
    weights = (rest**3, 3 * rest**2 * share, 3 * rest * share**2, share**3)
    return tuple(sum(w * p[k] for w, p in zip(weights, curve, strict=True)) for k in (0, 1))


def _box(drawn, arrows):
    points = [(s.x + a, s.y + a) for s in drawn for a in (-1, 1)]
    points += [(s.x, s.y - 1.8) for s in drawn if s.says is not None]
    for arrow in arrows:
        points += [_on(arrow.curve, k / 8) for k in range(9)]
        points += [(arrow.at[0] + s * _wide(arrow.letters), arrow.at[1]) for s in (-1, 1)]
    low = [min(p[k] for p in points) - _MARGIN for k in (0, 1)]
    return (*low, *(max(p[k] for p in points) + _MARGIN for k in (0, 1)))
