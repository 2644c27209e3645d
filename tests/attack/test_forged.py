"""Checkpoints that were damaged, or made by hand: refused, or what is printed is right."""

import io
import json
import random
from fractions import Fraction

import numpy as np
import pytest

import synth
from synth.engine.reach import stage
from synth.errors import RunError, SynthError
from synth.language import Program
from synth.tasks import fit
from tests import naive
from tests.attack import forging

#: Tasks and limits, paused in a band, between bands, and in reach.
CASES = {
    "bits": ("parity:n=5,k=4,train=20", {"max_programs": 4000, "moves": 0}),
    "bands": ("monk:1", {"max_programs": 30_000, "max_bits": 17, "moves": 0}),
    "cells": ("mod-x3xy:p=7", {"max_programs": 5000, "moves": 0}),
    "reach": ("majority:n=5,train=20", {"max_programs": 3000, "moves": 60, "chains": 2}),
}
LIMITS = {"memory": 10**8, "seconds": 20, "threads": 1}


@pytest.fixture(scope="module", params=CASES)
def kept(request, tmp_path_factory):
    """A task, its limits, a path, and the members of its checkpoint."""
    task, limits = CASES[request.param]
    path = tmp_path_factory.mktemp("forged") / "c"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "ROUND", 10)
        search = synth.Search(task, checkpoint=path, every=0, **LIMITS, **limits)
        while search.advance():
            if search._reaches and next(iter(search._reaches.each.values()))._round == 1:
                break
        yield task, limits, path, forging.unpacked(path)


def resumed(kept):
    """What a search says that goes on from the file, or None if it refuses it in one line."""
    task, limits, path, _ = kept
    more = dict(limits)
    if limits["moves"] == 0:
        more["max_programs"] += 2000
    try:
        return synth.search(task, checkpoint=path, **LIMITS, **more)
    except SynthError as error:
        text = str(error)
    assert "\n" not in text
    return None


def assert_right(task, found):
    """All programs have the bits, exceptions and totals that are printed with them."""
    fitted = fit(None, synth.load_task(task))
    train = fitted.task.train
    labels = fitted.task.labels[train]
    n, k = len(labels), len(fitted.task.alphabet)
    listed = [found.program, *found.front, *(h for h in found.top if h.kind == "program")]
    for each in listed:
        program = Program.parse(each.text, fitted.grammar, fitted.root)
        wrong = int((program.evaluate(fitted.task.columns)[train] != labels).sum())
        wrong = n - wrong if each.inverted else wrong
        assert (each.bits, each.exceptions) == (program.bits(fitted.grammar), wrong)
        code = naive.program_total(Fraction(each.bits), n, wrong, k, outside=fitted.root.size > k)
        assert each.total_bits == pytest.approx(float(code))
    assert found.resumed
    assert "rests on the checkpoint" in " ".join(str(found).split())


def check_forged(kept, seed):
    task, _, path, members = kept
    changed, what = forging.forged(members, random.Random(seed))
    forging.packed(path, changed)
    found = resumed(kept)
    if found is not None:
        assert_right(task, found)
    return found is not None, what


def check_damaged(kept, seed, whole):
    """Bytes that are changed without a new checksum: refused, or they were read by nobody."""
    _, _, path, members = kept
    forging.packed(path, members)
    generator, data = random.Random(seed), bytearray(path.read_bytes())
    at = generator.randrange(len(data))
    kind = generator.randrange(3)
    if kind == 0:
        data[at] ^= 1 << generator.randrange(8)
    elif kind == 1:
        del data[at : at + generator.randrange(1, 100)]
    else:
        data[at:at] = data[: generator.randrange(1, 100)]
    path.write_bytes(data)
    found = resumed(kept)
    assert found is None or (found.top, found.front) == (whole.top, whole.front)
    return found is None


@pytest.mark.parametrize("seed", range(8))
def test_what_was_changed_by_hand_is_refused_or_right(kept, seed):
    check_forged(kept, seed)


@pytest.mark.slow
def test_what_was_changed_by_hand_many_times(kept):
    accepted = [check_forged(kept, 1000 + seed)[0] for seed in range(300)]
    print(f"{sum(accepted)} of {len(accepted)} accepted, with right figures")


@pytest.mark.parametrize("seed", range(4))
def test_what_was_damaged_is_refused(kept, seed):
    *_, path, members = kept
    forging.packed(path, members)
    check_damaged(kept, seed, resumed(kept))


@pytest.mark.slow
def test_what_was_damaged_many_times(kept):
    _, _, path, members = kept
    forging.packed(path, members)
    whole = resumed(kept)
    refused = [check_damaged(kept, 1000 + seed, whole) for seed in range(300)]
    print(f"{sum(refused)} of {len(refused)} refused, the others' bytes are read by nobody")


def _figure(state, members):
    state["score0"]["front"][-1][1] = 0


def _total(state, members):
    state["score0"]["top"][0][0] -= 5
    state["score0"]["best"] -= 5
    state["score0"]["mass"] += 5


def _no_ties(state, members):
    members["score0.ties.npy"] = _npy(np.zeros((3, 0), np.int64))


def _circle(state, members):
    arguments = np.load(io.BytesIO(members["bank0.arguments.npy"]))
    arguments[-1] = len(arguments) - 1
    members["bank0.arguments.npy"] = _npy(arguments)


def _huge(state, members):
    out = io.BytesIO()
    header = {"descr": "<u8", "fortran_order": False, "shape": (10**12, 1)}
    np.lib.format.write_array_header_1_0(out, header)
    members["bank0.rows.npy"] = out.getvalue() + members["bank0.rows.npy"][128:]


def _npy(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


@pytest.mark.parametrize(
    ("forge", "words"),
    [
        (_figure, "has other figures"),
        (_total, "has another total"),
        (_no_ties, "the best total has no program"),
        (_circle, "no such operand|has another cost"),
        (_huge, "are no array of shape"),
    ],
)
def test_claims_of_the_file_are_refused_when_it_is_read(kept, forge, words):
    task, limits, path, members = kept
    members = dict(members)
    manifest = json.loads(members["manifest.json"])
    forge(manifest["state"], members)
    members["manifest.json"] = json.dumps(manifest)
    forging.packed(path, members)
    with pytest.raises(RunError, match=f"is no checkpoint that can be read: .*({words})"):
        synth.Search(task, checkpoint=path, **LIMITS, **limits)
