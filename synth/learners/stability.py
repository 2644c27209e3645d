"""How stable a rule is: how often it, or one that says the same, comes back on other rows.

A rule that stands in one half of a table and not in the other says little about the table, even if
it predicts well.  So a classifier is fitted to several random parts of the rows, and what the fits
say of all rows is compared, pair by pair.

Needs scikit-learn, as the classifiers do.
"""

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from synth.errors import SettingError


@dataclass(frozen=True)
class Stability:
    """What fits to several parts of the rows have in common.

    Parameters
    ----------
    agrees : float
        The share of the rows of which two fits say the same label, the mean over pairs of fits.
    comes_back : float
        The share of pairs of fits that say the same label of every row.
    rules : tuple of (str, int)
        What was found, and on how many parts it or a rule that says the same of all rows was; the
        most frequent first.  The text is that of the first such fit.
    """

    agrees: float
    comes_back: float
    rules: tuple[tuple[str, int], ...]


def stability(
    model: Any, X: Any, y: ArrayLike, *, splits: int = 10, share: float = 0.5, seed: int = 0
) -> Stability:
    """How often what a classifier finds comes back on other rows of the same table.

    Parameters
    ----------
    model : classifier
        A `synth.ProgramClassifier`, whose shortest hypothesis is compared and not its mixture, or
        any classifier of scikit-learn.  It is not changed.
    X : array-like (rows, features)
    y : array-like (rows,)
    splits : int
        How many parts are drawn, at least 2.
    share : float
        The share of the rows that is in each, above 0 and below 1; labels are as frequent as in all
        rows.
    seed : int
        The seed of the first part; the next ones have seed + 1, seed + 2, ...

    Returns
    -------
    Stability

    Raises
    ------
    SettingError
        If a setting is outside its range.
    """
    from sklearn.base import clone
    from sklearn.model_selection import train_test_split

    if splits < 2:
        raise SettingError(f"splits={splits!r}; allowed: 2 and more")
    if not 0 < share < 1:
        raise SettingError(f"share={share!r}; allowed: above 0 and below 1")
    labels = np.asarray(y)
    rows = np.arange(len(labels))
    said, texts = [], []
    for number in range(seed, seed + splits):
        part, _ = train_test_split(rows, train_size=share, random_state=number, stratify=labels)
        part.sort()
        fitted = clone(model)
        if "mixture" in fitted.get_params():
            fitted.set_params(mixture=False)
        fitted.fit(X.iloc[part] if hasattr(X, "iloc") else np.asarray(X)[part], labels[part])
        said.append(fitted.predict(X))
        texts.append(_text(fitted))
    return Stability(*in_pairs(said), _grouped(said, texts))


def in_pairs(said: Sequence[ArrayLike]) -> tuple[float, float]:
    """(agrees, comes_back) of what two or more fits say of the same rows: see `Stability`."""
    pairs = itertools.combinations(map(np.asarray, said), 2)
    shares = [float(np.mean(one == other)) for one, other in pairs]
    return statistics.fmean(shares), statistics.fmean(share == 1 for share in shares)


def _grouped(said, texts):
    """The first text of those that say the same, and how many there are."""
    found: dict[tuple, list] = {}
    for labels, text in zip(said, texts, strict=True):
        found.setdefault(tuple(labels.tolist()), []).append(text)
    counted = [(group[0], len(group)) for group in found.values()]
    return tuple(sorted(counted, key=lambda each: -each[1]))


def _text(fitted):
    """What a fit has found, in words."""
    program = getattr(fitted, "program_", None)
    return str(getattr(fitted, "chosen_", fitted)) if program is None else str(program)
