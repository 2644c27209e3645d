"""Records of rules: the parts of one that is read as a list, and the points of a scorecard."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Branch:
    """A part of a rule that is read as a list: it decides the rows that no part before it does.

    Parameters
    ----------
    condition : str or None
        In words. None for the last part, which decides all other rows.
    answer : str
        The label, or what the program says instead.
    train, train_right : int
        The number of training rows that it decides, and on how many of them it is right.
    test, test_right : int
        The same for held-out rows.
    """

    condition: str | None
    answer: str
    train: int
    train_right: int
    test: int
    test_right: int


@dataclass(frozen=True)
class CardLine:
    """A line of a scorecard, or what rows with so many points in all have for labels.

    Parameters
    ----------
    points : int
        The points: of a line 1 and more.
    condition : str or None
        In words, when a row has them. None for what rows have in all.
    train, train_yes : int
        The number of training rows, and how many of them have the label of rows that reach the
        threshold.
    test, test_yes : int
        The same for held-out rows.
    """

    points: int
    condition: str | None
    train: int
    train_yes: int
    test: int
    test_yes: int


@dataclass(frozen=True)
class Card:
    """A scorecard: points for the conditions that a row fulfils, added up, and a threshold.

    Parameters
    ----------
    threshold : int
        From so many points on, the label is `yes`.
    yes, no : str
        The labels.
    lines : tuple of CardLine
        The lines, those with the most points first.
    totals : tuple of CardLine
        The rows by all their points, the fewest first.
    """

    threshold: int
    yes: str
    no: str
    lines: tuple[CardLine, ...]
    totals: tuple[CardLine, ...]

    @staticmethod
    def from_dict(document: dict[str, Any]) -> "Card":
        """Reads what `plain` has made of a card."""
        both = {
            name: tuple(CardLine(**each) for each in document[name]) for name in ("lines", "totals")
        }
        return Card(**{**document, **both})
