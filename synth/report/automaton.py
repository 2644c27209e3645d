"""A finite machine in words: where each state goes, and what it says of strings that end there."""

import ast
import re

from synth.errors import listed

_MACHINE = re.compile(r"machine\['([0-9a-z ]+) / ([0-9a-z]+)'\]\((.*)\)")


def states(result):
    """The states of the best program in words, if that is a machine: pairs of names and words.

    Such as ("state 0", "on 0 to state 1, on 1 stays; accepts"), if there are two labels.
    """
    parts = None if result.program is None else _MACHINE.fullmatch(result.program.text)
    if parts is None:
        return []
    type_ = result.inputs[parts[3]]
    letters, truths = ast.literal_eval(type_[4:-1]), result.rows["labels"] == 2
    found = []
    for state, (steps, label) in enumerate(zip(parts[1].split(), parts[2], strict=True)):
        by_target = {}
        for letter, to in zip(letters, steps, strict=True):
            by_target.setdefault(_number(to), []).append(letter)
        moves = []
        for to, read in by_target.items():
            on = listed(read) if len(read) < len(letters) else "any letter"
            moves.append(f"on {on} " + ("stays" if to == state else f"to state {to}"))
        said = _said(_number(label), truths, result.program.inverted)
        found.append((f"state {state}", f"{', '.join(moves)}; {said}"))
    return found


def _number(sign):
    return int(sign, 36)


def _said(label, truths, inverted):
    if not truths:
        return f"says {label}"
    return "accepts" if bool(label) != inverted else "rejects"
