"""The seed stages, in the order in which they are run."""

#: Names and functions `propose(problem, pools, must_stop)`, each of which lists programs.
STAGES = ()
