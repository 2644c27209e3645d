"""The command line.  Heavy modules are imported by the commands that need them."""

import os
import sys
import warnings
from contextlib import contextmanager

import click

from synth._version import __version__
from synth.cli.experiments import plot_saved, run_command
from synth.cli.options import (
    complete_dsls,
    complete_tasks,
    corrupt_option,
    dsl_option,
    labels_option,
    search_options,
    sweep_options,
    top_option,
)
from synth.cli.output import emit, emit_document, emit_records, formatted, records
from synth.cli.progress import Progress
from synth.errors import RunError, SweepError, SynthError


class _Commands(click.Group):
    """Turns errors into one line and exit 2, whatever command raised them."""

    def main(self, *args, **extra):
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            self._main(*args, **extra)

    def _main(self, *args, **extra):
        try:
            sys.exit(super().main(*args, **{**extra, "standalone_mode": False}) or 0)
        except (click.Abort, KeyboardInterrupt):
            sys.exit(130)
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
    """Search programs by description length, and contrast structure with chance."""


@main.command()
@click.argument("task", shell_complete=complete_tasks)
@dsl_option()
@search_options
@top_option
@labels_option
@corrupt_option
@click.option("--exact", is_flag=True, help="Seek the shortest program without exceptions.")
@click.option("--checkpoint", type=click.Path(dir_okay=False), help="Keep the search in a file.")
@click.option("--every", type=float, help="Seconds between two checkpoints.  [default: 60]")
def search(task, labels, corrupt, exact, checkpoint, every, **options):
    """The best hypothesis for TASK: a name such as parity:n=6, or a CSV file.

    With --checkpoint, a search that was killed or has reached --seconds or --max-programs
    goes on from the file when it is run again; --seconds counts them together.
    """
    from synth import engine
    from synth.report import search_text

    loaded = _load(task, options)
    if corrupt is not None:
        loaded = loaded.corrupted(corrupt, options["seed"] or 0)
    if labels != "true":
        loaded = getattr(loaded, labels)(options["seed"] or 0)
    kept = {"checkpoint": checkpoint} | ({} if every is None else {"every": every})
    resumed = checkpoint is not None and os.path.exists(checkpoint)
    with Progress() as progress:
        run = engine.search(loaded, exact=exact, progress=progress, **kept, **_settings(options))
    if resumed:  # after the search, which refuses the file of another one
        click.echo(f"synth: went on from {checkpoint}", err=True)
    _finish(run, [run], options, search_text)


@main.command()
@click.argument("task", required=False, shell_complete=complete_tasks)
@dsl_option()
@search_options
@top_option
@sweep_options
@click.option(
    "--labels",
    "twin",
    type=click.Choice(["permuted", "uniform"]),
    default="permuted",
    show_default=True,
    help="How the twin's labels are made.",
)
def contrast(task, twin, seeds, **options):
    """TASK beside its random-label twin; without TASK, a small set of tasks."""
    from synth.records import Contrast
    from synth.report import contrast_text, contrasts_text
    from synth.runs.items import Item, contrast_item, run_items

    if task is None:
        for key in ("dsl", "save", "label", "modulus", "drop"):
            if options[key]:
                raise click.UsageError(f"--{key} {options[key]}: it needs a TASK")
    elif seeds > 1 and options["save"]:
        raise click.UsageError(f"--save {options['save']}: it needs one seed")
    else:
        _load(task, options)  # what is wrong with it is said in the user's words
    single = task is not None and seeds == 1
    table = {key: options[key] for key in ("label", "drop", "modulus", "train")}
    items = []
    for spec, most in _SET if task is None else [(task, None)]:
        settings = _settings(options)
        shared = {key: settings.pop(key, None) for key in ("dsl", "top")}
        if most is not None:
            settings.setdefault("max_bits", most)
        for k in range(seeds):
            seed = options["seed"] if seeds == 1 else (options["seed"] or 0) + k
            items.append(Item(spec, seed=seed, twin=twin, table=table, limits=settings, **shared))
    with _sweep_settings(options) as sweeping:
        found, stop = run_items(contrast_item, items, **sweeping)
    runs = [Contrast.from_dict(found[number]) for number in sorted(found)]
    if single and runs:
        _finish(runs[0], [runs[0].structured], options, contrast_text)
    elif options["form"] == "json":
        document = {"contrasts": [run.to_dict() for run in runs], "version": __version__}
        emit_document(document)
    elif runs and options["form"] != "table":
        emit_records(options["form"], [row for run in runs for row in records(run)])
    elif runs:
        missing = [str(items[k].task) for k in range(len(items)) if k not in found]
        shown = [items[k].seed for k in sorted(found)] if seeds > 1 else None
        click.echo(contrasts_text(runs, missing, shown))
    if isinstance(stop, SynthError):
        raise stop
    if stop is not None:
        sys.exit(130)


#: What `synth contrast` runs without a task: the task, and how far to search.
_SET = (
    ("mod-add:p=97,train=0.3", 14.0),
    ("parity:n=10,k=3,train=0.3", 19.5),
    ("monk:1", 26.0),
    ("tic-tac-toe", 31.0),
)


@main.command()
@click.argument("tasks", metavar="TASK...", nargs=-1, required=True, shell_complete=complete_tasks)
@dsl_option(multiple=True)
@search_options
@sweep_options
@labels_option
@corrupt_option
def compare(tasks, dsl, seeds, labels, corrupt, **options):
    """Total bits of TASKs (down) in DSLs (across): --dsl A --dsl B."""
    from synth.report import comparison_text, emphasised
    from synth.runs import comparing as comparison

    for task in tasks:
        _load(task, options)
    table = {key: options[key] for key in ("label", "drop", "modulus", "train")}
    try:
        with _sweep_settings(options) as sweeping:
            run = comparison.compare(
                tasks, dsl, seeds=seeds, seed=options["seed"] or 0, labels=labels,
                corrupt=corrupt, **table, **_settings(options), **sweeping,
            )  # fmt: skip
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
    """The built-in tasks; with NAME, all about it."""
    from synth import tasks
    from synth.cli.catalogue import describe

    describe(tasks, name, form, "task")


@main.command("dsls")
@click.argument("name", required=False, shell_complete=complete_dsls)
@formatted
def list_dsls(name, form):
    """The DSLs; with NAME (or name:key=value, or FILE.py:NAME), all about it."""
    from synth.cli.catalogue import describe, describe_dsl
    from synth.language import dsls

    if name is None:
        describe(dsls, None, form, "DSL")
        return
    if ":" in name or name not in dsls.names():
        describe_dsl(dsls.load_dsl(name), form, {})
        return
    settings = dsls.describe(name)[1]
    try:
        loaded = dsls.load_dsl(name)
    except SynthError:  # it needs a task's types
        describe(dsls, name, form, "DSL")
        return
    describe_dsl(loaded, form, settings)


@main.command()
@click.argument("run", type=click.Path())
@click.option("--plot", metavar="FILE", help="Draw an experiment's run: .png, .svg or .pdf.")
@formatted
def show(run, plot, form):
    """A saved RUN, as it was shown when it was made."""
    from synth.experiments.runner import load_run

    loaded = load_run(run)
    try:
        emit(form, loaded, str)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise RunError(f"{run} is damaged: {' '.join(str(error).split())}") from None
    if plot is not None:
        plot_saved(loaded, plot)


@main.command()
@formatted
def doctor(form):
    """Versions, threads, where compiled kernels are kept, and which extras are there."""
    from synth.cli import doctor
    from synth.cli.catalogue import health_text

    found = doctor.health()
    if form == "table":
        click.echo(health_text(found))
    elif form == "json":
        emit_document(found)
    else:
        emit_records(form, [{"what": key, "found": value} for key, value in found.items()])


@main.command()
@formatted
def warmup(form):
    """Compile all kernels now, so that no later command waits for that."""
    from synth.cli import doctor

    with Progress() as progress:
        found = doctor.warm(progress and progress.items)
    if form == "json":
        emit_document(found)
    elif form != "table":
        emit_records(form, [found])
    else:
        kept = found["folder"] or "nowhere: no folder can be written"
        click.echo(
            f"{found['compiled']} kernels compiled in {found['seconds']:.0f} s; kept in {kept}"
        )


@main.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=click.Path())
@click.option(
    "-o", "--output", metavar="FILE", required=True, type=click.Path(), help="The page: FILE.html."
)
@formatted
def report(runs, output, form):
    """Saved RUNs as one HTML page, which fetches nothing and opens anywhere."""
    from synth.experiments.runner import load_run
    from synth.report.page import write_page

    size = write_page([load_run(run) for run in runs], list(runs), output)
    made = {"file": output, "bytes": size, "runs": len(runs)}
    if form == "json":
        emit_document(made)
    elif form != "table":
        emit_records(form, [made])
    else:
        click.echo(f"{output}: {len(runs)} run{'s' * (len(runs) != 1)}, {size / 1000:,.0f} kB")


def _load(task, options):
    from synth.tasks import load_task

    if options["save"]:
        from synth.files import check_writable

        check_writable("--save", options["save"])
    keys = ("label", "drop", "modulus", "train", "seed")
    return load_task(task, **{k: options[k] for k in keys})


def _settings(options):
    keys = ("dsl", "max_bits", "max_programs", "seconds", "memory", "threads", "top")
    return {k: options[k] for k in keys if options.get(k) is not None}


@contextmanager
def _sweep_settings(options):
    """The executor that is asked for, and the progress of a sweep."""
    from synth.runs import executor

    with (
        executor(options["workers"], options["cluster"]) as pool,
        Progress() as progress,
    ):
        yield {"executor": pool, "progress": progress and progress.sweep}


def _finish(run, results, options, text):
    from synth.records import save_run

    emit(options["form"], run, text)
    if options["save"]:
        save_run(run, options["save"])
    _exit(results)


def _exit(results):
    from synth.records import StopReason

    if any(r.stop_reason == StopReason.INTERRUPTED for r in results):
        sys.exit(130)
