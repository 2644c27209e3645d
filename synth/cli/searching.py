"""What the commands that search have in common: the task, the settings, the workers, the end."""

import shutil
import sys
import textwrap
import time
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import click

from synth.cli.exit_status import exit_status
from synth.cli.output import emit_run, say
from synth.cli.progress import Progress

#: Options that say how a CSV file is read.
TABLE = ("label", "drop", "keep", "missing", "na", "modulus", "train", "test")


def check_outputs(options, task=None):
    """Check, before the work is done, that every file the options ask for can be written.

    task: the specification of the task, whose table no output replaces.
    """
    from synth.files import PAGES, check_writable
    from synth.report import check_plot

    inputs = (task, options.get("test"))
    for key, suffixes in (("save", (".json",)), ("report", PAGES), ("checkpoint", ())):
        if options.get(key):
            check_writable(f"--{key}", options[key], suffixes=suffixes, inputs=inputs)
    if options.get("plot"):
        check_plot(options["plot"])


def loaded_task(task, options):
    """The task that the options ask for, after a check that the run can be saved."""
    from synth.tasks import load_task

    if options.get("save_data") and not options["save"]:
        raise click.UsageError("--save-data: allowed only with --save FILE")
    if options.get("save_data") and (options.get("workers") or options.get("cluster")):
        raise click.UsageError("--save-data cannot be combined with --workers or --cluster")
    check_outputs(options, task)
    began = time.monotonic()
    loaded = load_task(task, seed=options["seed"], **{k: options[k] for k in TABLE})
    options["spent"] = time.monotonic() - began
    if options.get("mixture") and (loaded.train.all() or loaded.sequence is not None):
        raise click.UsageError(
            f"--mixture: {task} has no held-out rows; allowed: with --train, such as --train 0.5"
        )
    options.setdefault("notes", {})[str(task)] = loaded.notes
    return loaded


def say_notes(options):
    """Say what was left out of tables, once a search has ended: a refused one gets one line."""
    width = shutil.get_terminal_size().columns if sys.stderr.isatty() else sys.maxsize
    for task, notes in options.get("notes", {}).items():
        for line in [f"{task}:"] * bool(notes) + [f"  {note}" for note in notes]:
            say(textwrap.fill(line, width, subsequent_indent="    ", break_on_hyphens=False))


def search_settings(options):
    """The settings of a search that were given, as keyword arguments."""
    keys = ["dsl", "max_bits", "max_programs", "seconds", "memory", "threads", "top", "moves"]
    keys += ["chains", "start", "every", "spent"]
    return {k: options[k] for k in keys if options.get(k) not in (None, ())}


@contextmanager
def sweep_settings(options):
    """The executor and the progress line of a sweep, as keyword arguments."""
    from synth.runs import executor

    with executor(options["workers"], options["cluster"]) as pool, Progress() as progress:
        yield {"executor": pool, "progress": progress and progress.sweep}


@contextmanager
def chains_on(cluster):
    """What works off chains on a cluster, as a keyword argument; nothing without a cluster."""
    if cluster is None:
        yield {}
        return
    from synth.runs import executor, sweep

    with executor(cluster=cluster) as pool:
        yield {"map": partial(sweep, executor=pool)}


def draw_and_report(runs, options, seeds=None):
    """Draw the figure, with seeds if given, and write the page that the options ask for."""
    from synth.report import plot_results
    from synth.report.page import write_page

    if options.get("plot"):
        plot_results(runs, options["plot"], seeds)
        say(f"wrote {options['plot']}")
    if options.get("report"):
        write_page(runs, [f"run {number}" for number, _ in enumerate(runs, 1)], options["report"])
        say(f"wrote {options['report']}")


def finish(run, results, options, text, emphasis=None):
    """Print a run and save it; exit as after Ctrl-C if that ended one of the results."""
    from synth.records import StopReason, save_run

    say_notes(options)
    if options.get("mixture"):
        run = _with_mixture(run, options)
    emit_run(options["form"], run, text, emphasis)
    if options["save"]:
        save_run(run.with_data() if options.get("save_data") else run, options["save"])
        say(f"wrote {options['save']}")
    draw_and_report([run], options)
    if any(r.stop_reason == StopReason.INTERRUPTED for r in results):
        sys.exit(exit_status())


def _with_mixture(run, options):
    """The result with what a mixture predicts of the held-out rows."""
    from synth.learners import predictions_of

    with Progress() as progress:
        given = {"seed": options["seed"] or 0, "told": progress and progress.share}
        said = None if run.kind != "search" else predictions_of(run, **given)
    if said is None:
        say("synth: no mixture: it takes a few labels, and columns of numbers and truth values")
        return run
    return replace(run, mixture=said)
