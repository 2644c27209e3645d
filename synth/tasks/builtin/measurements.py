"""Real data sets that come with scikit-learn: digits, iris, breast cancer and wine.

Nothing is downloaded.  scikit-learn is imported only when such a task is made.
"""

import numpy as np

from synth.errors import SettingError, TaskError
from synth.language import Bool, Real
from synth.tasks.task import Task


def digits(classes: str = "0-1", train: int | float = 0.5, seed: int = 0):
    """Handwritten digits of 8 by 8 pixels: is the digit the second of two, or is it odd?

    classes: two digits such as 0-1, to use their images only, or even-odd for all 1,797
    images.  Columns are the darkness 0..16 of pixels; p07 is the top right one.
    Alpaydin and Kaynak, UCI Machine Learning Repository, 1998 (its test set).
    """
    data = _loaded("digits")
    rows: slice | np.ndarray
    if classes == "even-odd":
        labels, rows, names = data.target % 2 == 1, slice(None), {0: "even", 1: "odd"}
    else:
        pair = classes.split("-")
        if len(set(pair)) != 2 or len(pair) != 2 or not set(pair) <= set("0123456789"):
            raise SettingError(
                f"digits: classes={classes}; allowed: two digits such as 0-1, or even-odd"
            )
        rows = np.isin(data.target, [int(d) for d in pair])
        labels, names = data.target[rows] == int(pair[1]), dict(enumerate(pair))
    pixels = [f"p{row}{column}" for row in range(8) for column in range(8)]
    name = f"digits:classes={classes}"
    return _task(name, pixels, data.data[rows], labels, names).split(train, seed)


def iris(label: str = "versicolor", train: int | float = 0.5, seed: int = 0):
    """150 irises, described by the length and width of sepals and petals in cm.

    label: the species to tell from the other two: setosa, versicolor or virginica.
    Fisher, Annals of Eugenics 7, 1936; Anderson's measurements.
    """
    return _one_against_the_rest("iris", label, train, seed)


def wine(label: str = "class_1", train: int | float = 0.5, seed: int = 0):
    """178 wines of three cultivars, described by 13 chemical measurements.

    label: the cultivar to tell from the other two: class_0, class_1 or class_2.
    Aeberhard and Forina, UCI Machine Learning Repository, 1991.
    """
    return _one_against_the_rest("wine", label, train, seed)


def breast_cancer(train: int | float = 0.5, seed: int = 0):
    """569 breast tumours, described by 30 measurements of cell nuclei: malignant or benign?

    Wolberg, Mangasarian, Street and Street, UCI Machine Learning Repository, 1995.
    """
    data = _loaded("breast_cancer")
    names = {0: "benign", 1: "malignant"}
    malignant = data.target == list(data.target_names).index("malignant")
    return _task("breast-cancer", data.feature_names, data.data, malignant, names).split(
        train, seed
    )


def _one_against_the_rest(name, label, train, seed):
    data = _loaded(name)
    classes = [str(n) for n in data.target_names]
    if label not in classes:
        raise SettingError(f"{name}: label={label}; allowed: {', '.join(classes)}")
    columns = [n.removesuffix(" (cm)") for n in data.feature_names]
    labels = data.target == classes.index(label)
    names = {0: f"not {label}", 1: label}
    return _task(f"{name}:label={label}", columns, data.data, labels, names).split(train, seed)


def _task(name, columns, data, labels, names):
    values = {str(n): data[:, i] for i, n in enumerate(columns)}
    types = dict.fromkeys(values, Real)
    return Task(name, values, types, labels, Bool, label_names=names)


def _loaded(name):
    try:
        from sklearn import datasets
    except ImportError as error:
        raise TaskError(
            f"task {name.replace('_', '-')} needs scikit-learn, which is not installed "
            f"({error}); install it with: pip install 'synth-mdl[sklearn]'"
        ) from None
    return getattr(datasets, f"load_{name}")()


TASKS = {"digits": digits, "iris": iris, "breast-cancer": breast_cancer, "wine": wine}
