"""Banks of distinct behaviours, the jobs that fill them, and goals that use them."""

from synth.bank.bank import Bank
from synth.bank.goal import Goal, Unknown, Wanted, step
from synth.bank.job import Crew, Job, default_threads

__all__ = ["Bank", "Crew", "Goal", "Job", "Unknown", "Wanted", "default_threads", "step"]
