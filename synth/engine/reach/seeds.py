"""The seed stages, in the order in which they are run.

A stage is a function `propose(problem, pools, must_stop)` of a module of its own.  It lists
programs of the type of the labels, best first.  `pools` has what can fill a hole, by type, and
`must_stop` says whether a limit is reached: the stage then ends soon, and lists what it has.  Equal
problems give equal lists.  Whoever calls it prices the programs, so that a stage need not.  If few
moves are to follow, a stage does only a share of its work (`problem.share`).

Of a table that is searched in several languages, the early stage is run in each of them before any
of them is searched further: see `languages`.
"""

from synth.engine.reach import branches, coarsening, counts, covering, relations, trees

#: By the names that results give them.
STAGES = (
    ("terms", covering.propose),
    ("branches", branches.propose),
    ("trees", trees.propose),
    ("relations", relations.propose),
    ("counts", counts.propose),
    ("coarsening", coarsening.propose),
)
#: The stage that is run early: it needs 2,048 rows, and takes 0.1 to 1 s.
EARLY = ("relations", relations.propose)
