"""RIPPER by wittgenstein: rules for the labels, and rules for their opposite.

The job has boolean `columns` (names to lists) and boolean `labels`.  An answer is a list of
expressions of `and`, `or` and `not`.
"""

import warnings

import pandas
import protocol
import wittgenstein


def rules(columns, labels, seed):
    """RIPPER's rules for the labels as an expression; None if there is none."""
    places = {str(k): name for k, name in enumerate(columns)}
    frame = pandas.DataFrame(
        {place: [int(v) for v in columns[name]] for place, name in places.items()}
    )
    model = wittgenstein.RIPPER(random_state=seed)
    model.fit(frame, y=[int(v) for v in labels], pos_class=1)
    terms = []
    for rule in model.ruleset_.rules:
        conditions = [(places[str(c.feature)], int(float(c.val))) for c in rule.conds]
        terms.append(["and", *(name if value else ["not", name] for name, value in conditions)])
    return ["or", *terms] if terms else None


def main():
    job = protocol.read()
    warnings.simplefilter("ignore")
    begin = protocol.start(job)
    found = rules(job["columns"], job["labels"], job["seed"])
    other = rules(job["columns"], [not v for v in job["labels"]], job["seed"])
    models = [found, None if other is None else ["not", other]]
    version = getattr(wittgenstein, "__version__", None)
    protocol.answer(begin, models=[m for m in models if m is not None], version=version)


if __name__ == "__main__":
    main()
