"""scikit-learn's decision tree, pruned by cost and complexity: a tree for each strength.

The job has `columns` (names to lists of numbers) and `labels`.  An answer is a list of trees: a
label, or `["if", condition, tree, tree]`, the tree for what satisfies the condition first.  A
condition is the name of a boolean column or `["above", name, threshold]`.
"""

import numpy as np
import protocol
import sklearn
from sklearn.tree import DecisionTreeClassifier

#: The most strengths of pruning that are tried.
STRENGTHS = 40


def fitted(table, labels, seed=0):
    """Yields the tree of each strength of pruning; table: numbers (rows, columns)."""
    path = DecisionTreeClassifier(random_state=seed).cost_complexity_pruning_path(table, labels)
    alphas = np.unique(np.maximum(path.ccp_alphas, 0))
    some = np.unique(np.linspace(0, len(alphas) - 1, STRENGTHS).astype(int))
    for alpha in alphas[some]:
        yield DecisionTreeClassifier(random_state=seed, ccp_alpha=alpha).fit(table, labels)


def nested(model, names, boolean):
    """A fitted tree as nested lists.

    names: the columns' names; boolean: whether each is one of truth values.
    """
    tree, classes = model.tree_, model.classes_.tolist()

    def below(node):
        if tree.children_left[node] < 0:
            return classes[int(tree.value[node][0].argmax())]
        column = tree.feature[node]
        condition = names[column]
        if not boolean[column]:
            condition = ["above", condition, float(tree.threshold[node])]
        left, right = below(tree.children_left[node]), below(tree.children_right[node])
        return left if left == right else ["if", condition, right, left]

    return below(0)


def main():
    job = protocol.read()
    begin = protocol.start(job)
    columns = job["columns"]
    table = np.array(list(columns.values()), float).T
    boolean = [isinstance(column[0], bool) for column in columns.values()]
    found = fitted(table, np.array(job["labels"]), job["seed"])
    models = [nested(model, list(columns), boolean) for model in found]
    protocol.answer(begin, models=models, version=sklearn.__version__)


if __name__ == "__main__":
    main()
