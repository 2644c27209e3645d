"""Options of the command line that have one name and one meaning in every command."""

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
    """A fraction of the rows (with a point) or a count of rows."""

    name = "fraction or count"

    def convert(self, value, param, ctx):
        if not isinstance(value, str):
            return value
        try:
            return int(value) if value.isdecimal() else float(value)
        except ValueError:
            self.fail(f"{value!r}; allowed: a fraction such as 0.5 or 1.0, or a count of rows")


def _completes(module):
    """A shell's completion of what a module such as synth.tasks names, or a file."""

    def complete(ctx, param, incomplete):
        names = import_module(module).names()
        found = [CompletionItem(name) for name in names if name.startswith(incomplete)]
        return [CompletionItem(incomplete, type="file"), *found]

    return complete


complete_tasks, complete_dsls = _completes("synth.tasks"), _completes("synth.language.dsls")


def dsl_option(**more):
    """`--dsl`; more: what else `click.option` takes."""
    text = "Built-in name, entry point, or FILE.py:NAME."
    return click.option("--dsl", help=text, shell_complete=complete_dsls, **more)


def search_options(function):
    """The options of commands that search."""
    options = [
        click.option("--max-bits", type=float, help="Programs of at most so many bits."),
        click.option("--max-programs", type=int, help="Make at most so many programs."),
        click.option("--seconds", type=float, help="Stop after so long.  [default: 30]"),
        click.option("--memory", type=Memory(), help="For behaviours.  [default: half of all]"),
        click.option("--threads", type=int, help="Side by side.  [default: all cores]"),
        click.option("--train", type=Train(), help="Training rows: 0.5, 1.0, or a count."),
        click.option("--seed", type=click.IntRange(0), help="Of the split and of twins."),
        click.option("--label", help="Label column of a CSV, or COLUMN=VALUE."),
        click.option("--drop", multiple=True, help="Column of a CSV to leave out; repeatable."),
        click.option("--modulus", type=int, help="Read a CSV's whole numbers modulo this."),
        click.option("--save", type=click.Path(dir_okay=False), help="Write the run as JSON."),
    ]
    function = formatted(function)
    for option in reversed(options):
        function = option(function)
    return function


top_option = click.option("--top", type=int, default=10, show_default=True, help="Best hypotheses.")
labels_option = click.option(
    "--labels",
    type=click.Choice(["true", "permuted", "uniform"]),
    default="true",
    show_default=True,
    help="Search on these labels.",
)
corrupt_option = click.option(
    "--corrupt", type=float, help="Draw this fraction of training labels anew."
)


def sweep_options(function):
    """The options of commands that run many searches."""
    seeds = click.option(
        "--seeds", type=click.IntRange(1), default=1, show_default=True,
        help="Run so many seeds, from --seed on.",
    )  # fmt: skip
    return seeds(parallel_options(function))


def parallel_options(function):
    """`--workers` and `--cluster`; see `synth.runs.executors.executor`."""
    options = [
        click.option("--workers", type=click.IntRange(1), help="Run on so many processes."),
        click.option("--cluster", metavar="ADDRESS", help="Run on a dask scheduler's workers."),
    ]
    for option in reversed(options):
        function = option(function)
    return function
