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


def trees(columns, labels, seed=0):
    """The tree of each strength of pruning, as nested lists."""
    table = np.array(list(columns.values()), float).T
    labels = np.array(labels)
    path = DecisionTreeClassifier(random_state=seed).cost_complexity_pruning_path(table, labels)
    alphas = np.unique(np.maximum(path.ccp_alphas, 0))
    some = np.unique(np.linspace(0, len(alphas) - 1, STRENGTHS).astype(int))
    boolean = [set(column) <= {0, 1} for column in columns.values()]
    found = []
    for alpha in alphas[some]:
        model = DecisionTreeClassifier(random_state=seed, ccp_alpha=alpha).fit(table, labels)
        found.append(nested(model, list(columns), boolean))
    return found


def nested(model, names, boolean):
    """A fitted tree as nested lists."""
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
    models = trees(job["columns"], job["labels"], job["seed"])
    protocol.answer(begin, models=models, version=sklearn.__version__)


if __name__ == "__main__":
    main()
