"""The commands that use what was found: predict, export and score."""

import csv
import io
import math
from functools import partial, wraps
from pathlib import Path

import click

from synth.cli.help import Grouped
from synth.cli.options import complete_dsls, complete_tasks, dsl_option, search_options, top_option
from synth.cli.output import emit, formatted, say
from synth.errors import RunError, SynthError, quoted

_again = (
    click.option("--table", type=click.Path(), help="The table, if it is not where it was."),
    click.option(
        "--dsl", help="The DSL; needed if it is FILE.py:NAME.", shell_complete=complete_dsls
    ),
    click.option("-o", "--output", type=click.Path(), help="Write to this file."),
)


def _reviving(function):
    """Adds the argument RUN and the options that say where its data are now."""

    @wraps(function)
    def command(**given):
        from synth.files import check_writable

        if given["output"] is not None:
            inputs = [given[key] for key in ("run", "rows", "table") if key in given]
            check_writable("-o", given["output"], inputs=inputs)
        return function(**given)

    for option in reversed(_again):
        command = option(command)
    return click.argument("run", type=click.Path())(command)


def _revived(path, table, dsl):
    """The result in a saved run, with its task and program; of a contrast that of true labels."""
    from synth.records import Contrast, Regression, RegressionContrast, Result, load_run
    from synth.verification import Given, revived, revived_numbers

    run = load_run(path)
    run = run.structured if isinstance(run, (Contrast, RegressionContrast)) else run
    if not isinstance(run, (Result, Regression)):
        raise RunError(f"{path} is a {run.kind}; allowed: what `synth search` or `contrast` saved")
    make = revived_numbers if isinstance(run, Regression) else revived
    try:
        return make(run, Given(table, dsl, Path(path).parent))
    except SynthError as error:
        raise RunError(f"{path}: {error}") from None


def _written(text, output, form, document):
    """Prints a text, or writes it to a file."""
    if output is not None:
        from synth.files import write_file

        write_file(output, text if text.endswith("\n") else text + "\n")
        return
    emit(form, text=lambda: text.removesuffix("\n"), document=document, rows=lambda: [document()])


@click.command(cls=Grouped)
@_reviving
@click.argument("rows", metavar="NEW", type=click.Path())
@click.option("--proba", is_flag=True, help="Add the probability of each label.")
@formatted
def predict(run, rows, proba, table, dsl, output, form):
    """Predict labels for the rows of the table NEW by a saved RUN.

    The output is NEW as CSV with one more column. NEW needs the columns that the rule of RUN reads,
    and no others. A comparison with a missing value is false, as in RUN. Where the program has no
    value, the most frequent training label is predicted.

    If RUN has normal noise, there is a further column with the standard deviation of each label.
    Where the program has no value, the mean of the training labels is predicted.
    """
    from synth.tasks import read_new

    result = _revived(run, table, dsl)
    header, lines, notes = read_new(rows)
    cells = dict(zip(header, zip(*lines, strict=True), strict=True))
    try:
        made = _predicted(result, cells, len(lines), proba)
    except SynthError as error:
        raise RunError(f"{rows}: {error}") from None
    label = result.trained_on.label
    for note in notes:
        say(f"{rows}: {note}")
    _say_right(rows, cells.get(label), made, result.trained_on)
    _say_new(rows, result, cells)
    names = [f"predicted {label}", *made["names"]]
    added = [made["predicted"], *made["more"]]
    if form in ("json", "markdown"):
        table = [dict(zip(names, row, strict=True)) for row in zip(*added, strict=True)]
        emit(form, text=str, document=lambda: {"run": run, "rows": table}, rows=lambda: table)
        return
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*header, *names])
    writer.writerows([*line, *more] for line, *more in zip(lines, *added, strict=True))
    _written(out.getvalue(), output, "table", dict)


def _predicted(result, cells, rows, proba):
    """What is predicted, and further columns with their names."""
    import numpy as np

    from synth.learners import label_probabilities

    task, columns = result.trained_on, {n: np.array(c, object) for n, c in cells.items()}
    columns = columns or {"": np.zeros(rows)}
    if result.kind == "regression":
        return _numbers(result, columns, proba)
    predicted = result.predict(columns).tolist()
    if task.label_names is None:
        predicted = [task.label_type.format(value) for value in predicted]
    found = {"predicted": predicted, "names": [], "more": []}
    if proba:
        found["names"] = [f"probability of {task.label_text(value)}" for value in task.alphabet]
        shares = label_probabilities(result, columns).T.tolist()
        found["more"] = [[round(share, 6) for share in each] for each in shares]
    return found


def _numbers(result, columns, proba):
    """Predictions with normal noise, to the third digit of their standard deviations."""
    if proba:
        raise click.UsageError(
            "--proba: not allowed for labels with normal noise, whose standard deviations are "
            "always added; leave it out"
        )
    values, deviations = result.predict(columns, return_std=True)
    places = [2 - math.floor(math.log10(d)) if d > 0 else 9 for d in deviations.tolist()]
    pairs = zip(zip(values.tolist(), deviations.tolist(), strict=True), places, strict=True)
    shown = [[round(value, place) + 0.0 for value in pair] for pair, place in pairs]
    names = [f"standard deviation of {result.label}"]
    predicted, more = [list(c) for c in zip(*shown, strict=True)] if shown else [[], []]
    return {"predicted": predicted, "names": names, "more": [more], "values": values}


def _say_right(rows, given, made, task):
    """Says how good the predictions are, if the table has labels."""
    predicted = made["predicted"]
    if given is not None and "values" in made:
        _say_error(rows, given, made["values"])
    elif given is not None:
        from synth.language import Bool

        if task.label_names is None and task.label_type == Bool:
            given = [{"0": "false", "1": "true"}.get(cell, cell.lower()) for cell in given]
        right = sum(a == b for a, b in zip(given, predicted, strict=True))
        say(f"{rows}: {right} of {len(predicted)} rows have the predicted label")


def _say_new(rows, result, cells):
    """Says which rows have what the rule has never seen."""
    if result.chosen == "program" and result.rule is not None:
        import numpy as np

        from synth.tasks import unseen

        found = unseen(result.rule, {n: np.array(c, object) for n, c in cells.items()})
        if found:
            say(f"{rows}: {'; '.join(found)}; what the rule says there is a guess")


def _say_error(rows, given, values):
    """Says what the labels of a table deviate from predictions, where they are numbers."""
    import numpy as np

    from synth.language import array_of

    try:
        labels = array_of(given, "labels").astype(float)
    except (SynthError, ValueError):
        return
    known = np.isfinite(labels)
    if known.any():
        labels, left = labels[known], (labels - values)[known]
        spread = float(np.square(labels - labels.mean()).sum())
        r2 = f", R2 {1 - float(np.square(left).sum()) / spread:.4f}" if spread else ""
        error = float(np.sqrt(np.square(left).mean()))
        say(f"{rows}: {len(left)} rows with labels, root mean square error {error:.3g}{r2}")


@click.command(cls=Grouped)
@_reviving
@click.option(
    "--to",
    "language",
    type=click.Choice(["words", "python", "sql", "sympy", "latex", "excel"]),
    default="words",
    show_default=True,
    help="The language: a Python function, an SQL expression (SQLite), a spreadsheet formula ...",
)
@formatted
def export(run, language, table, dsl, output, form):
    """Write the rule of a saved RUN in another language.

    The rule reads the columns of the table as they are: the year of a date is taken from the date.
    Numbers are numbers there, without units such as $, and missing numbers are NaN, NULL or empty
    cells. A spreadsheet formula is for the first row of data; copy it down. LaTeX has the program
    itself, with the names of its inputs.
    """
    result = _revived(run, table, dsl)
    rule = result.rule
    if rule is None:
        raise RunError(f"{run}: no program was found that reads the inputs")
    makers = {
        "words": lambda: rule.text,
        "python": partial(_python, result, dsl),
        "sql": rule.to_sql,
        "sympy": lambda: str(rule.to_sympy()),
        "latex": rule.to_latex,
        "excel": lambda: rule.to_spreadsheet(*_sheet(rule)),
    }
    text = makers[language]()
    if result.chosen != "program":
        say(f"synth: the run chose the {result.chosen}; this is its best program all the same")
    document = {"run": run, "language": language, "text": text, "columns": list(rule.columns)}
    _written(text, output, form, lambda: document)


def _python(result, dsl):
    """A Python function of the columns of a table, or of the strings of a program that loops."""
    from synth import tasks
    from synth.language import loop_code

    task = result.trained_on
    if not any(type_.letters for type_ in task.types.values()):
        return result.rule.to_python()
    family = tasks.fit(dsl or result.dsl, task).dsl.family
    return loop_code.to_python(result.best, family, result.program.inverted)


def _sheet(rule):
    """The names of the table's columns in order, and its first row of data."""
    from synth.tasks import read_cells

    origin = rule.task.original.origin
    if origin is None or origin.sha256 is None:
        return rule.columns, 2
    header, _, line = read_cells(origin.spec)
    return header, line


@click.command(cls=Grouped)
@click.argument("task", shell_complete=complete_tasks)
@click.argument("program")
@click.option("--run", type=click.Path(), help="Compare with this saved run, without a search.")
@dsl_option()
@search_options
@top_option
def score(task, program, run, form, **options):
    """Score a PROGRAM of your own on TASK, beside the best that a short search finds.

    PROGRAM is written as in the output of a search, such as "x0 & ~x1". In the features DSL, a
    comparison needs no quotes: "age < 13 | sex == male".
    """
    from synth import engine
    from synth.cli.searching import loaded_task, say_notes, search_settings
    from synth.records import scored
    from synth.report import score_text

    loaded = loaded_task(task, options)
    languages = [] if options["dsl"] else engine.languages_of(loaded, (program,))
    language = languages[0] if languages else options["dsl"]
    own = scored(loaded, program, language)  # a mistake is said before the search
    if run is not None:
        best = _loaded_best(run, loaded)
    else:
        given = search_settings(options) | {"seed": options["seed"] or 0}
        if not given.keys() & {"max_bits", "max_programs", "moves", "seconds"}:
            given |= {"max_programs": 100_000, "moves": 100}
        best = engine.search(loaded, **given)
    if best.language_bits and languages:
        spec = best.source["dsl"]["spec"]
        language = spec if spec in languages else language
        own = scored(loaded, program, language, best.language_bits)
    say_notes(options)
    document = partial(dict, own, task=loaded.name, best=best.to_dict()["program"])
    emit(form, text=lambda: score_text(own, best), document=document, rows=lambda: [document()])


def _loaded_best(path, task):
    """The result in a saved run of the same task."""
    from synth.records import Contrast, Result, load_run

    run = load_run(path)
    run = run.structured if isinstance(run, Contrast) else run
    if not isinstance(run, Result) or run.rows["train"] != task.training or run.task != task.name:
        given = getattr(run, "task", run.kind)
        raise RunError(f"--run {path}: it is about {quoted(given)}; allowed: a run of this task")
    return run
