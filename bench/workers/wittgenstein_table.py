"""RIPPER by wittgenstein on a table with labels of two and more values.

The job has `columns` (names to lists of numbers, with NaN where one is missing, or of texts),
`labels` (texts), and `unseen` columns.  RIPPER tells one label from the rest.  For several labels,
Cohen (1995) orders them from the rarest to the most frequent: rules for each are learnt on the
rows of later labels, and the last label needs none.  An answer has `predicted`, a label for each
unseen row, and `rules`, their number.
"""

import warnings
from collections import Counter

import pandas
import protocol
import wittgenstein


def frame(columns, middles):
    """A data frame; a missing number is the median, as RIPPER knows no missing numbers."""
    made = pandas.DataFrame(dict(enumerate(columns.values())))
    made.columns = [f"c{name}" for name in made.columns]
    return made.fillna(middles)


def predictions(job):
    """(the label of each unseen row, the number of rules)."""
    seen = pandas.DataFrame(dict(enumerate(job["columns"].values())))
    middles = {f"c{k}": v for k, v in seen.median(numeric_only=True).fillna(0).items()}
    seen, unseen = frame(job["columns"], middles), frame(job["unseen"], middles)
    labels = pandas.Series(job["labels"])
    counts = Counter(job["labels"])
    order = sorted(counts, key=lambda label: (counts[label], label))
    predicted, rules = [order[-1]] * len(unseen), 0
    free = [True] * len(unseen)
    for label in order[:-1]:
        model = wittgenstein.RIPPER(random_state=job["seed"])
        model.fit(seen, y=[int(each == label) for each in labels], pos_class=1)
        rules += len(model.ruleset_.rules)
        for row, found in enumerate(model.predict(unseen)):
            if found and free[row]:
                predicted[row], free[row] = label, False
        seen = seen[labels != label].reset_index(drop=True)
        labels = labels[labels != label].reset_index(drop=True)
    return predicted, rules


def main():
    job = protocol.read()
    warnings.simplefilter("ignore")
    begin = protocol.start(job)
    predicted, rules = predictions(job)
    protocol.answer(begin, predicted=predicted, rules=rules)


if __name__ == "__main__":
    main()
