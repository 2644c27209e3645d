"""The classifier on small tables, beside scikit-learn's pruned tree.

    python bench/estimator.py [--splits N] [--moves N] [--only NAME ...] [--json FILE]

Ten tables of several classes and of two are split into 70 % for training and the rest, stratified,
with seeds 0, 1, ...  The table shows the medians over the splits: bits of the training labels, for
the classifier and for the look-up table; held-out accuracy of the classifier and of a tree whose
cost-complexity pruning is chosen by five-fold cross-validation on the training rows; and seconds of
processor time of a fit, one thread.  No split and no setting is chosen by held-out labels.
"""

import statistics
import time

import document
import numpy as np
from sklearn import datasets
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.tree import DecisionTreeClassifier

import synth

#: Means and standard deviations of bill length and depth, flipper length (mm) and body mass (g) of
#: three species of penguin, and how many there are (Horst, Hill and Gorman, palmerpenguins 2020).
SPECIES = {
    "Adelie": (152, (38.8, 18.3, 190.0, 3701), (2.7, 1.2, 6.5, 459)),
    "Chinstrap": (68, (48.8, 18.4, 195.8, 3733), (3.3, 1.1, 7.1, 384)),
    "Gentoo": (124, (47.5, 15.0, 217.2, 5076), (3.1, 1.0, 6.5, 504)),
}


def main(arguments=None):
    parser = document.parser(__doc__, "estimator")
    parser.add_argument("--splits", type=int, default=5, help="splits of each table (default: 5)")
    parser.add_argument("--moves", type=int, help="moves of a fit, if not those of the default")
    parser.add_argument("--only", nargs="+", choices=TABLES, help="tables, if not all")
    options = parser.parse_args(arguments)
    if options.splits < 1:
        parser.error(f"--splits {options.splits}; allowed: 1 and more")
    settings = {} if options.moves is None else {"moves": options.moves}
    measured("iris", 0, settings)  # kernels are compiled, or loaded
    rows = []
    print(HEAD)
    for name in options.only or TABLES:
        each = [measured(name, seed, settings) for seed in range(options.splits)]
        rows += each
        print(line(name, each), flush=True)
    return document.write(options.json, rows=rows)


def measured(name, seed, settings):
    """One split of a table: a dict of what came out."""
    X, y = TABLES[name]()
    X, unseen, y, labels = train_test_split(X, y, test_size=0.3, random_state=seed, stratify=y)
    began = time.process_time()
    model = synth.ProgramClassifier(**settings).fit(X, y)
    seconds = time.process_time() - began
    return {
        "table": name,
        "seed": seed,
        "bits": model.bits_,
        "table_bits": model.table_bits_,
        "accuracy": model.score(unseen, labels),
        "tree": pruned(X, y).score(unseen, labels),
        "seconds": seconds,
        "program": None if model.program_ is None else model.program_.text,
    }


def pruned(X, y):
    """scikit-learn's tree, pruned by cost and complexity."""
    path = DecisionTreeClassifier(random_state=0).cost_complexity_pruning_path(X, y)
    alphas = np.unique(np.maximum(path.ccp_alphas, 0))
    grid = {"ccp_alpha": alphas[:: max(1, len(alphas) // 20)]}
    return GridSearchCV(DecisionTreeClassifier(random_state=0), grid, cv=5).fit(X, y)


HEAD = """\
| table | classes | bits (table) | accuracy | pruned tree | seconds |
| --- | ---: | ---: | ---: | ---: | ---: |"""


def line(name, each):
    """The row of a table in Markdown."""

    def median(key):
        return statistics.median(one[key] for one in each)

    classes = len(np.unique(TABLES[name]()[1]))
    return (
        f"| {name} | {classes} | {median('bits'):.1f} ({median('table_bits'):.0f}) "
        f"| {median('accuracy'):.3f} | {median('tree'):.3f} | {median('seconds'):.2f} |"
    )


def digits():
    """Images of the ten digits, as sums of ink in 4 times 4 squares."""
    X, y = datasets.load_digits(return_X_y=True)
    return X.reshape(-1, 4, 2, 4, 2).sum(axis=(2, 4)).reshape(len(X), 16), y


def penguins():
    """Drawn penguins: independent columns with each species' means and standard deviations."""
    generator = np.random.default_rng(0)
    X = [generator.normal(m, s, (n, 4)).round(1) for n, m, s in SPECIES.values()]
    return np.concatenate(X), np.repeat(list(SPECIES), [n for n, *_ in SPECIES.values()])


def rules():
    """Five rules over six columns of real numbers, four classes, 5 % of the labels wrong."""
    generator = np.random.default_rng(1)
    X = generator.normal(size=(800, 6)).round(2)
    a, b, c, d, *_ = X.T
    cases = [a > 1, (b < -0.3) & (c > 0), d > 0.9, c < -1, a + b > 0.2]
    y = np.select(cases, ["red", "blue", "green", "red", "blue"], "white")
    wrong = generator.random(len(y)) < 0.05
    return X, np.where(wrong, generator.choice(np.unique(y), len(y)), y)


def booleans():
    """Six rules over twelve booleans, five classes."""
    generator = np.random.default_rng(2)
    X = generator.integers(0, 2, (600, 12)).astype(bool)
    a, b, c, d, e, f, g, *_ = X.T
    cases = [a & b, c & ~d, e & a, f & g & ~b, ~c & e, d | f]
    return X, np.select(cases, ["p", "q", "r", "s", "p", "t"], "q")


def integers():
    """Comparisons of three whole numbers, four named classes, 3 % of the labels wrong."""
    generator = np.random.default_rng(3)
    X = generator.integers(0, 20, (500, 3))
    a, b, c = X.T
    y = np.select([a < b, a + c < 12, b < c], ["low", "small", "mid"], "high")
    wrong = generator.random(len(y)) < 0.03
    return X, np.where(wrong, generator.choice(np.unique(y), len(y)), y)


def two(load, label):
    """A table of scikit-learn with one class told from the others."""

    def made():
        X, y = load(return_X_y=True)
        return X, y == label

    return made


TABLES = {
    "iris": lambda: datasets.load_iris(return_X_y=True),
    "wine": lambda: datasets.load_wine(return_X_y=True),
    "digits": digits,
    "penguins": penguins,
    "rules": rules,
    "booleans": booleans,
    "integers": integers,
    "breast cancer": lambda: datasets.load_breast_cancer(return_X_y=True),
    "wine, class 1": two(datasets.load_wine, 1),
    "iris, class 1": two(datasets.load_iris, 1),
}


if __name__ == "__main__":
    main()
