"""Banks of distinct behaviours, the jobs that fill them, and goals that use them."""

from synth.bank.bank import Bank
from synth.bank.crew import Crew, default_threads, working_time
from synth.bank.goal import Goal, Unknown, Wanted, step
from synth.bank.job import Job

__all__ = [
    "Bank",
    "Crew",
    "Goal",
    "Job",
    "Unknown",
    "Wanted",
    "default_threads",
    "step",
    "working_time",
]
