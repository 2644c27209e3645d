"""The commands. Each command imports the heavy modules that it needs when it runs."""

import os
import sys
import time
import warnings
from contextlib import contextmanager

import click

from synth._version import __version__
from synth.cli.exit_status import exit_status, stopping
from synth.cli.experiments import plot_saved, run_command
from synth.cli.options import (
    complete_dsls,
    complete_tasks,
    corrupt_option,
    dsl_option,
    labels_option,
    search_options,
    start_option,
    sweep_options,
    top_option,
)
from synth.cli.output import emit, emit_run, formatted, records
from synth.cli.progress import Progress
from synth.errors import RunError, SweepError, SynthError


class _Commands(click.Group):
    """Prints an error of any command as one line and exits with status 2."""

    def main(self, *args, **extra):
        with warnings.catch_warnings(), stopping():
            warnings.showwarning = _show_warning
            self._main(*args, **extra)

    def _main(self, *args, **extra):
        try:
            sys.exit(super().main(*args, **{**extra, "standalone_mode": False}) or 0)
        except (click.Abort, KeyboardInterrupt):
            sys.exit(exit_status())
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            sys.exit(2)
        except click.ClickException as error:
            text = error.format_message()
        except SynthError as error:
            text = str(error)
        except OSError as error:
            text = f"cannot write: {error.strerror}"
        click.echo(f"synth: {' '.join(text.split())}", err=True)
        sys.exit(2)

    def list_commands(self, ctx):
        return list(self.commands)


def _show_warning(message, category, filename, lineno, file=None, line=None):
    click.echo(f"synth: warning: {' '.join(str(message).split())}", err=True)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="synth")
def main():
    """Search for the shortest programs that explain data, and test them against chance."""


@main.command()
@click.argument("task", shell_complete=complete_tasks)
@dsl_option()
@search_options
@start_option
@top_option
@labels_option
@corrupt_option
@click.option("--exact", is_flag=True, help="Look for the shortest program without exceptions.")
@click.option(
    "--checkpoint",
    type=click.Path(dir_okay=False),
    help="File in which the search is saved, so that you can resume it.",
)
@click.option("--every", type=float, help="Seconds between two checkpoints.  [default: 60]")
def search(task, labels, corrupt, exact, checkpoint, **options):
    """Find the best hypothesis for TASK.

    TASK is a built-in task, such as parity:n=6, or the path of a CSV file.

    If a search with --checkpoint was killed, run the same command again to resume it from the
    file. If it reached --seconds or --max-programs, raise that limit. --seconds limits the total
    time of all these runs.
    """
    from synth import engine
    from synth.report import search_text

    loaded = _load(task, options)
    if corrupt is not None:
        loaded = loaded.corrupted(corrupt, options["seed"] or 0)
    if labels != "true":
        loaded = getattr(loaded, labels)(options["seed"] or 0)
    given = {"exact": exact, "checkpoint": checkpoint, "seed": options["seed"] or 0}
    with Progress() as progress:
        run = engine.search(loaded, progress=progress, **given, **_settings(options))
    if run.resumed:  # said after the search, which refuses the file of another search
        click.echo(f"synth: resumed from {checkpoint}", err=True)
    _finish(run, [run], options, search_text)


@main.command()
@click.argument("task", required=False, shell_complete=complete_tasks)
@dsl_option()
@search_options
@start_option
@top_option
@sweep_options
@click.option(
    "--labels",
    "twin",
    type=click.Choice(["permuted", "uniform"]),
    default="permuted",
    show_default=True,
    help="How the random labels of the twin are made.",
)
def contrast(task, twin, seeds, **options):
    """Compare TASK with its random-label twin.

    Without TASK, the command runs a small set of built-in tasks.
    """
    from synth.records import Contrast
    from synth.runs.items import Item, contrast_item, run_items

    items = _contrast_items(task, twin, seeds, options)
    with _sweep_settings(options) as sweeping:
        if sweeping["executor"] is None:
            found, stop = run_items(Item.contrast, items, **sweeping)
        else:
            found, stop = run_items(contrast_item, items, **sweeping)
            found = {number: Contrast.from_dict(document) for number, document in found.items()}
    _print_contrasts(found, items, options, single=task is not None and seeds == 1)
    if isinstance(stop, SynthError):
        raise stop
    if stop is not None:
        sys.exit(exit_status())


def _contrast_items(task, twin, seeds, options):
    """The items of `synth contrast`; in this process they hold a CSV file as it was loaded."""
    from synth.runs.items import Item
    from synth.tasks import is_path

    if task is None:
        for key in ("dsl", "save", "label", "modulus", "drop"):
            if options[key]:
                raise click.UsageError(f"--{key} {_given(options[key])}: allowed only with a TASK")
    elif seeds > 1 and options["save"]:
        raise click.UsageError(f"--save {options['save']}: allowed only with one seed")
    loaded, table = task, {key: options[key] for key in _TABLE}
    if task is not None:
        checked = _load(task, options)  # so that messages have the user's words
        if options["workers"] is None and options["cluster"] is None:
            if seeds == 1:
                loaded, table = checked, {}
            elif is_path(task):
                loaded, table = checked, {"train": checked.settings["train"]}
    items = []
    for spec, limits in _SET if task is None else [(task, {})]:
        given = spec if task is None else loaded
        settings = _settings(options)
        shared = {key: settings.pop(key, None) for key in ("dsl", "top")}
        if not settings.keys() & {"max_bits", "max_programs", "moves"}:
            settings |= limits
        for k in range(seeds):
            seed = options["seed"] if seeds == 1 else (options["seed"] or 0) + k
            tags = {"task": spec, "dsl": shared["dsl"], "seed": seed}
            items.append(
                Item(given, seed=seed, twin=twin, table=table, limits=settings, tags=tags, **shared)
            )
    return items


def _print_contrasts(found, items, options, single):
    """Prints the contrasts by the numbers of their items; a single one is also saved."""
    from synth.report import contrast_text, contrasts_text

    runs = [found[number] for number in sorted(found)]
    if single and runs:
        _finish(runs[0], [runs[0].structured], options, contrast_text)
        return

    def text():
        missing = [item.tags["task"] for k, item in enumerate(items) if k not in found]
        several = len({item.seed for item in items}) > 1
        return contrasts_text(runs, missing, [items[k].seed for k in sorted(found)] * several)

    def document():
        return {"contrasts": [run.to_dict() for run in runs], "version": __version__}

    if runs or options["form"] == "json":
        rows = [row for run in runs for row in records(run)]
        emit(options["form"], text=text, document=document, rows=lambda: rows)


def _given(value):
    return " ".join(value) if isinstance(value, tuple) else value


#: Options that say how a CSV file is read.
_TABLE = ("label", "drop", "modulus", "train")

#: What `synth contrast` runs without a task: the task, and how far it searches.
_SET = (
    ("mod-add:p=97,train=0.3", {"max_bits": 14.0}),
    ("parity:n=10,k=3,train=0.3", {"max_bits": 19.5}),
    ("monk:1", {"max_bits": 26.0}),
    ("tic-tac-toe", {"max_programs": 1_000_000, "moves": 800, "seconds": 300.0}),
)


@main.command()
@click.argument("tasks", metavar="TASK...", nargs=-1, required=True, shell_complete=complete_tasks)
@dsl_option(
    "DSL to compare: a built-in name, entry point, or FILE.py:NAME; repeatable.", multiple=True
)
@search_options
@sweep_options
@labels_option
@corrupt_option
def compare(tasks, dsl, seeds, labels, corrupt, **options):
    """Compare the total bits of tasks in several DSLs.

    The table has one row for each TASK and one column for each --dsl.
    """
    from synth.report import comparison_text, emphasised
    from synth.runs import comparing

    for task in tasks:
        _load(task, options)
    given = {key: options[key] for key in _TABLE} | _settings({**options, "spent": None})
    given |= {"labels": labels, "corrupt": corrupt, "seeds": seeds, "seed": options["seed"] or 0}
    try:
        with _sweep_settings(options) as sweeping:
            run = comparing.compare(tasks, dsl, **given, **sweeping)
    except SweepError as error:
        if error.partial is not None and error.partial.rows:
            _finish(error.partial, [], options, comparison_text)
        raise
    bold = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    shown = (lambda run: emphasised(comparison_text(run))) if bold else comparison_text
    _finish(run, [run], options, shown)


main.add_command(run_command)


@main.command("tasks")
@click.argument("name", required=False, shell_complete=complete_tasks)
@formatted
def list_tasks(name, form):
    """List the built-in tasks, or describe the task NAME."""
    from synth import tasks
    from synth.cli.catalogue import describe, list_catalogue

    if name is None:
        list_catalogue(form, "tasks", tasks)
    else:
        describe(form, tasks, name)


@main.command("dsls")
@click.argument("name", required=False, shell_complete=complete_dsls)
@formatted
def list_dsls(name, form):
    """List the built-in DSLs, or describe the DSL NAME.

    NAME is the name of a DSL (with settings: name:key=value), or FILE.py:NAME for a DSL in a file.
    """
    from synth.cli.catalogue import describe, describe_dsl, list_catalogue
    from synth.language import dsls

    if name is None:
        list_catalogue(form, "dsls", dsls)
        return
    if ":" in name or name not in dsls.names():
        describe_dsl(form, dsls.load_dsl(name), {})
        return
    try:
        loaded = dsls.load_dsl(name)
    except SynthError:  # the DSL needs the types of a task
        describe(form, dsls, name)
    else:
        describe_dsl(form, loaded, dsls.describe(name)[1])


@main.command()
@click.argument("run", type=click.Path())
@click.option("--plot", metavar="FILE", help="Draw an experiment's figure (.png, .svg, .pdf).")
@formatted
def show(run, plot, form):
    """Show a saved RUN in the same form as when it was made."""
    from synth.experiments.runner import load_run

    loaded = load_run(run)
    try:
        emit_run(form, loaded, str)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise RunError(f"{run} is damaged: {' '.join(str(error).split())}") from None
    if plot is not None:
        plot_saved(loaded, plot)


@main.command()
@formatted
def doctor(form):
    """Show versions, threads, compiled kernels and installed extras."""
    from synth.cli import doctor
    from synth.cli.catalogue import health_text

    found = doctor.health()
    emit(
        form,
        text=lambda: health_text(found),
        document=lambda: found,
        rows=lambda: [{"what": key, "found": value} for key, value in found.items()],
    )


@main.command()
@formatted
def warmup(form):
    """Compile all kernels now, so that no later command has to."""
    from synth.cli import doctor

    with Progress() as progress:
        found = doctor.warm(progress and progress.items)
    kept = found["folder"] or "nowhere, since no folder can be written"
    text = f"{found['compiled']} kernels compiled in {found['seconds']:.0f} s; kept in {kept}"
    emit(form, text=lambda: text, document=lambda: found, rows=lambda: [found])


@main.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=click.Path())
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    required=True,
    type=click.Path(),
    help="The HTML file to write.",
)
@formatted
def report(runs, output, form):
    """Write saved RUNs as one HTML page.

    The page is a single file and loads nothing from the internet.
    """
    from synth.experiments.runner import load_run
    from synth.report.page import write_page

    size = write_page([load_run(run) for run in runs], list(runs), output)
    made = {"file": output, "bytes": size, "runs": len(runs)}
    text = f"{output}: {len(runs)} run{'s' * (len(runs) != 1)}, {size / 1000:,.0f} kB"
    emit(form, text=lambda: text, document=lambda: made, rows=lambda: [made])


def _load(task, options):
    from synth.tasks import load_task

    if options["save"]:
        from synth.files import check_writable

        check_writable("--save", options["save"])
    keys, began = ("label", "drop", "modulus", "train", "seed"), time.monotonic()
    loaded = load_task(task, **{k: options[k] for k in keys})
    options["spent"] = time.monotonic() - began
    return loaded


def _settings(options):
    keys = ["dsl", "max_bits", "max_programs", "seconds", "memory", "threads", "top", "moves"]
    keys += ["chains", "start", "every", "spent"]
    return {k: options[k] for k in keys if options.get(k) not in (None, ())}


@contextmanager
def _sweep_settings(options):
    """The executor and the progress line of a sweep, as keyword arguments."""
    from synth.runs import executor

    with executor(options["workers"], options["cluster"]) as pool, Progress() as progress:
        yield {"executor": pool, "progress": progress and progress.sweep}


def _finish(run, results, options, text):
    from synth.records import StopReason, save_run

    emit_run(options["form"], run, text)
    if options["save"]:
        save_run(run, options["save"])
    if any(r.stop_reason == StopReason.INTERRUPTED for r in results):
        sys.exit(exit_status())
