"""Options with the same name and meaning in every command."""

import re
from importlib import import_module

import click
from click.shell_completion import CompletionItem

from synth.cli.output import formatted

_MEMORY_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "KI": 2**10, "MI": 2**20, "GI": 2**30}


class Memory(click.ParamType):
    """A number of bytes, such as 200MB or 1.5GiB."""

    name = "size"

    def convert(self, value, param, ctx):
        if isinstance(value, int):
            return value
        text = value.strip().upper().removesuffix("B")
        digits = text.rstrip("KMGI ")
        try:
            return int(float(digits) * _MEMORY_UNITS[text[len(digits) :].strip()])
        except (ValueError, KeyError, OverflowError):
            self.fail(f"{value!r}; allowed: bytes, or a number with KB, MB or GB")


class Train(click.ParamType):
    """A fraction of the rows (a decimal number) or a count of rows."""

    name = "fraction or count"

    def convert(self, value, param, ctx):
        if not isinstance(value, str):
            return value
        try:
            return int(value) if value.isdecimal() else float(value)
        except ValueError:
            self.fail(f"{value!r}; allowed: a fraction such as 0.5 or 1.0, or a count of rows")


class Texts(click.ParamType):
    """Texts separated by commas."""

    name = "texts"

    def convert(self, value, param, ctx):
        return tuple(value.split(",")) if isinstance(value, str) else value


def _completes(module):
    """Shell completion by the names that a module lists (such as synth.tasks), or a file."""

    def complete(ctx, param, incomplete):
        names = import_module(module).names()
        found = [CompletionItem(name) for name in names if name.startswith(incomplete)]
        return [CompletionItem(incomplete, type="file"), *found]

    return complete


complete_tasks, complete_dsls = _completes("synth.tasks"), _completes("synth.language.dsls")


def dsl_option(text="DSL: a built-in name, an entry point, or FILE.py:NAME.", **more):
    """The option `--dsl` with a help text; more: further arguments of `click.option`."""
    return click.option("--dsl", help=text, shell_complete=complete_dsls, **more)


#: How a table is read.
TABLE = (
    click.option(
        "--label", help="Label column of a CSV file, or a condition: COLUMN=VALUE, COLUMN>=NUMBER."
    ),
    click.option("--drop", multiple=True, help="Column of a CSV file to leave out; repeatable."),
    click.option(
        "--keep",
        multiple=True,
        help="Column of a CSV file to use even if it looks like an identifier; repeatable.",
    ),
    click.option(
        "--missing",
        type=click.Choice(["indicator", "drop-rows", "drop-columns", "error"]),
        help="What to do about missing values.  [default: indicator: comparisons with them "
        "are false, and whether a value is missing is an input]",
    ),
    click.option(
        "--na",
        type=Texts(),
        help="Texts for missing values, separated by commas.  [default: NA, NaN, ?, ...]",
    ),
    click.option("--modulus", type=int, help="Read the integers of a CSV file modulo this number."),
    click.option(
        "--test",
        metavar="WHAT",
        help="Rows to hold out: a CSV file, COLUMN=VALUE, COLUMN>=NUMBER, a COLUMN of groups, or "
        "last.  [default: some at random]",
    ),
)


def search_options(function):
    """Adds the options of commands that search."""
    options = [
        click.option(
            "--max-bits", type=float, help="Enumerate programs of at most this many bits."
        ),
        click.option("--max-programs", type=int, help="Stop after generating this many programs."),
        click.option(
            "--seconds",
            type=float,
            help="Stop after this many seconds, reading included.  [default: 30, and 30 more for "
            "numeric labels that no program says exactly]",
        ),
        click.option(
            "--moves",
            type=int,
            help="Moves of reach, which goes on where the enumeration ends without a proof; 0 for "
            "none.  "
            "[default: about 20 s on two cores, 5 s with --exact, none with --max-bits]",
        ),
        click.option(
            "--chains", type=int, help="Chains that share the moves of reach.  [default: 8]"
        ),
        click.option(
            "--memory",
            type=Memory(),
            help="Memory for stored behaviours; the process takes about 175 MB more.  "
            "[default: half of what the machine, the container or ulimit allows]",
        ),
        click.option(
            "--threads", type=int, help="Number of worker threads.  [default: one per core]"
        ),
        click.option(
            "--train",
            type=Train(),
            help="Training rows: a fraction (0.5) or a count.  [default: half; all of a table with "
            "fewer than 50]",
        ),
        click.option(
            "--seed",
            type=click.IntRange(0),
            metavar="NUMBER",
            help="Seed for the choice of training rows, for random labels and for reach.",
        ),
        *TABLE,
        click.option(
            "--save", type=click.Path(dir_okay=False), help="Save the run as JSON (.json)."
        ),
    ]
    function = formatted(function)
    for option in reversed(options):
        function = option(function)
    return function


class _Panel(click.ParamType):
    """The number of a panel, which may be given as its letter in the figure."""

    name = "letter or number"

    def convert(self, value, param, ctx):
        text = str(value).strip().lower()
        if len(text) == 1 and "a" <= text <= "z":
            return ord(text) - ord("a") + 1
        if re.fullmatch(r"-?[0-9]+", text):
            return int(text)
        self.fail(f"{value!r} is no panel; allowed: its letter, such as b, or its number", param)


panel_option = click.option(
    "--panel", type=_Panel(), help="The only panel to draw, for a slide: its letter or its number."
)


def figure_options(function):
    """Adds the options that draw what was found and write it as a page."""
    plot = click.option("--plot", metavar="FILE", help="Draw a figure (.png, .svg, .pdf).")
    report = click.option(
        "--report", metavar="FILE", help="Write one HTML page of what was found (.html)."
    )
    return plot(report(function))


mixture_option = click.option(
    "--mixture",
    is_flag=True,
    help="Also say what a mixture of the result, of decision trees, of scorecards and of logistic "
    "regressions predicts of the held-out rows.",
)
save_data_option = click.option(
    "--save-data",
    is_flag=True,
    help="Save the rows of the task with the run, to verify it without its table.",
)
start_option = click.option(
    "--start", metavar="PROGRAM", multiple=True, help="Program that reach begins with; repeatable."
)
top_option = click.option(
    "--top", type=int, default=10, show_default=True, help="Number of best hypotheses to list."
)
labels_option = click.option(
    "--labels",
    type=click.Choice(["true", "permuted", "uniform", "drawn"]),
    default="true",
    show_default=True,
    help="Labels to explain: the true ones, or random ones; drawn for a sequence only.",
)
corrupt_option = click.option(
    "--corrupt", type=float, help="Fraction of training labels to redraw at random."
)


def noise_options(function):
    """Adds `--noise` and `--precision`, see `synth.cli.regressing`."""
    noise = click.option(
        "--noise",
        type=click.Choice(["exceptions", "normal"]),
        help="What a program may miss: some labels, as exceptions, or all of them a little, as "
        "normal noise. With normal noise, the program is a sum a + b f + c g.  [default: "
        "exceptions; normal too if labels are numbers with fractions, or more than 12 different "
        "whole numbers, and no program is chosen]",
    )
    precision = click.option(
        "--precision",
        type=float,
        help="Step of which all labels are multiples; implies --noise normal.  [default: the place "
        "of their last decimal]",
    )
    return noise(precision(function))


twins_option = click.option(
    "--twins",
    type=click.IntRange(1),
    metavar="NUMBER",
    help="Number of permuted twins, among which the true labels have a rank; implies "
    "--noise normal.  [default: 19]",
)
cluster_option = click.option(
    "--cluster", metavar="ADDRESS", help="Address of a dask scheduler to run on."
)


def sweep_options(function):
    """Adds the options of commands that run many searches."""
    seeds = click.option(
        "--seeds",
        type=click.IntRange(1),
        metavar="NUMBER",
        default=1,
        show_default=True,
        help="Number of consecutive seeds, starting at --seed.",
    )
    return seeds(parallel_options(function))


def parallel_options(function):
    """Adds `--workers` and `--cluster`, see `synth.runs.executors.executor`."""
    workers = click.option(
        "--workers", type=click.IntRange(1), metavar="NUMBER", help="Number of worker processes."
    )
    return workers(cluster_option(function))
