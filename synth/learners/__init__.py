"""Learners to compare with programs, figures of how alike programs are, and the estimator.

Start with `baselines.py` (nearest neighbours, ridge, logistic regression) and `networks/`
(perceptrons, thousands at a time).  `similarity`, `agreement`, `pairwise` and `sharing` say how
alike two programs are, `correlations` has correlations of many samples at once, and
`estimator` is the search as a scikit-learn classifier, `stability` says how often its rule comes
back on other rows, and `regressor` that for real labels as a
regressor.
"""

from synth.learners.baselines import (
    KernelRidge,
    LogisticRegression,
    embed,
    fit_ridge,
    least_norm,
    nearest,
    neighbours,
)
from synth.learners.language_learner import Learner
from synth.learners.mixture import mixture_of, predictions_of
from synth.learners.predictor import held_out_loss, label_probabilities, predictor_of

__all__ = [
    "KernelRidge",
    "Learner",
    "LogisticRegression",
    "agreement",
    "correlations",
    "embed",
    "estimator",
    "fit_ridge",
    "held_out_loss",
    "label_probabilities",
    "language_learner",
    "least_norm",
    "mixture_of",
    "nearest",
    "neighbours",
    "networks",
    "pairwise",
    "predictions_of",
    "predictor",
    "predictor_of",
    "regressor",
    "sharing",
    "similarity",
    "stability",
]
