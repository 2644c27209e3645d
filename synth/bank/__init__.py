"""Banks of distinct behaviours, and the jobs that fill them with several threads."""

from synth.bank.bank import Bank
from synth.bank.job import Crew, Job, default_threads

__all__ = ["Bank", "Crew", "Job", "default_threads"]
