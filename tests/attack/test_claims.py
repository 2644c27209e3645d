"""The attacks in small, with one seed; `make attack` goes on with others for an hour."""

import os

import pytest

from tests.attack.attacks import ATTACKS
from tests.attack.rounds import attack

#: The variable ATTACK_SEED asks for another seed, ATTACK_EXAMPLES for more tasks.
SEED = int(os.environ.get("ATTACK_SEED", "0"))
TASKS = {
    "searches": 16,
    "partial": 25,
    "classes": 15,
    "threads": 8,
    "resumed": 20,
    "contrasts": 22,
    "enumerations": 15,
    "numbers": 8,
    "saved": 12,
}


@pytest.mark.parametrize("name", ATTACKS)
def test_every_claim_is_true(name):
    tasks = int(os.environ.get("ATTACK_EXAMPLES", TASKS[name]))
    done = attack(name, SEED, tasks)
    assert not done.false, f"seed {SEED}: {done.false} {done.case}"
    assert sum(done.checked.values()) > tasks
