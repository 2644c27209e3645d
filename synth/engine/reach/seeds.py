"""The seed stages, in the order in which they are run."""

from synth.engine.reach import branches, coarsening, counts, covering, relations

#: Names and functions `propose(problem, pools, must_stop)`, each of which lists programs.
STAGES = (
    ("terms", covering.propose),
    ("branches", branches.propose),
    ("relations", relations.propose),
    ("counts", counts.propose),
    ("coarsening", coarsening.propose),
)
