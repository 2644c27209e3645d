"""What can be computed without search: priors, posteriors, counts of programs, and samples.

Start with `prior.py` (`exact_prior`: the mass of every boolean function) and `posterior.py`.
`trees.py` sums over all trees of tests of a table, and `cards.py` draws scorecards.
`atlas.py` computes the least operators of every boolean function of up to 5 inputs.
`counting.py` counts programs by cost and behaviour for any DSL. `sampling.py` draws programs
from the prior to check the exact results.
"""

from synth.exact.atlas import make_atlas, make_bits_atlas
from synth.exact.cards import Card, CardDraws
from synth.exact.classes import npn_classes, of_all_lengths, one_of_each_class
from synth.exact.counting import Counts, count_programs
from synth.exact.even import likelier
from synth.exact.every_split import EverySplit
from synth.exact.function_table import FunctionTable, function_table
from synth.exact.limit import limit_shares
from synth.exact.named import bits_of, categories, least_bits, named_functions, prior_of
from synth.exact.posterior import Posterior, condition, exact_posterior
from synth.exact.prior import Prior, exact_prior
from synth.exact.sampling import Sample, behaviour_counts, sample_programs
from synth.exact.shortest import Shortest
from synth.exact.split import Split
from synth.exact.trees import Tree, TreeSum, tree_sum
from synth.tasks import Cells, RowCells, TableTests

__all__ = [
    "Card",
    "CardDraws",
    "Cells",
    "Counts",
    "EverySplit",
    "FunctionTable",
    "Posterior",
    "Prior",
    "RowCells",
    "Sample",
    "Shortest",
    "Split",
    "TableTests",
    "Tree",
    "TreeSum",
    "behaviour_counts",
    "bits_of",
    "categories",
    "condition",
    "count_programs",
    "exact_posterior",
    "exact_prior",
    "function_table",
    "least_bits",
    "likelier",
    "limit_shares",
    "make_atlas",
    "make_bits_atlas",
    "named_functions",
    "npn_classes",
    "of_all_lengths",
    "one_of_each_class",
    "prior_of",
    "sample_programs",
    "tree_sum",
]
