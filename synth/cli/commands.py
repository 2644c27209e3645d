"""The commands. Each command imports the heavy modules that it needs when it runs."""

import os
import sys
from dataclasses import replace
from functools import partial

import click

from synth._version import __version__
from synth.cli.errors import Commands
from synth.cli.exit_status import exit_status
from synth.cli.experiments import run_command
from synth.cli.exploring import explore
from synth.cli.options import (
    cluster_option,
    complete_dsls,
    complete_tasks,
    corrupt_option,
    dsl_option,
    figure_options,
    labels_option,
    mixture_option,
    noise_options,
    save_data_option,
    search_options,
    start_option,
    sweep_options,
    top_option,
    twins_option,
)
from synth.cli.output import emit, formatted, records, say, to_terminal
from synth.cli.progress import Progress
from synth.cli.regressing import (
    contrast_numbers,
    noise_of,
    search_numbers,
    show_either,
)
from synth.cli.saved import report, show, verify
from synth.cli.searching import (
    TABLE,
    chains_on,
    check_outputs,
    draw_and_report,
    finish,
    loaded_task,
    say_notes,
    search_settings,
    sweep_settings,
)
from synth.cli.using import export, predict, score
from synth.errors import DSLError, SweepError, SynthError, TaskError


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="synth")
def main():
    """Search for the shortest programs that explain data, and test them against chance."""


@main.command()
@click.argument("task", shell_complete=complete_tasks)
@dsl_option()
@search_options
@figure_options
@save_data_option
@start_option
@top_option
@labels_option
@corrupt_option
@noise_options
@mixture_option
@click.option("--exact", is_flag=True, help="Look for the shortest program without exceptions.")
@click.option(
    "--checkpoint",
    type=click.Path(dir_okay=False),
    help="File in which the search is saved, so that you can resume it.",
)
@click.option("--every", type=float, help="Seconds between two checkpoints.  [default: 60]")
@cluster_option
def search(task, labels, corrupt, exact, checkpoint, cluster, **options):
    """Find the best hypothesis for TASK.

    TASK is a built-in task, such as parity:n=6, or the path of a CSV file.

    If labels are numbers with fractions, or more than 12 different whole numbers, and no program
    says them exactly, a program is a sum a + b f + c g with normal noise: see --noise.

    If a search with --checkpoint was killed, run the same command again to resume it from the
    file. If it reached --seconds or --max-programs, raise that limit. --seconds limits the total
    time of all these runs.

    With --cluster, the workers of a dask cluster make the moves of reach. Each of them repeats the
    enumeration and needs as much memory. The result is the same.
    """
    from synth import engine
    from synth.report import search_text

    if exact and cluster is not None:
        raise click.UsageError(f"--cluster {cluster}: not allowed with --exact")
    loaded = loaded_task(task, options)
    if corrupt is not None:
        loaded = loaded.corrupted(corrupt, options["seed"] or 0)
    if labels != "true":
        loaded = getattr(loaded, labels)(options["seed"] or 0)
    given = {"exact": exact, "checkpoint": checkpoint, "seed": options["seed"] or 0}
    noise = noise_of(loaded, {**options, **given, "cluster": cluster})
    if noise == "normal":
        return search_numbers(loaded, options)
    given |= search_settings(options)
    if noise is None and given.get("seconds") is not None:
        given["seconds"] /= 2
    try:
        with chains_on(cluster) as workers, Progress() as progress:
            run = engine.search(loaded, progress=progress, **workers, **given)
    except SweepError as error:
        if error.partial is not None:
            finish(error.partial, [], options, search_text)
        raise
    except (DSLError, TaskError):  # such a DSL may have sums that it has no rules for
        if noise is not None:
            raise
        return search_numbers(loaded, options)
    if run.resumed:  # said after the search, which refuses the file of another search
        say(f"synth: resumed from {checkpoint}")
    show = partial(finish, run, [run], options, search_text)
    return show() if noise is not None else show_either(show, search_numbers, loaded, options, run)


@main.command()
@click.argument("task", required=False, shell_complete=complete_tasks)
@dsl_option()
@search_options
@figure_options
@save_data_option
@start_option
@top_option
@noise_options
@twins_option
@sweep_options
@click.option(
    "--labels",
    "twin",
    type=click.Choice(["permuted", "uniform", "drawn"]),
    default="permuted",
    show_default=True,
    help="How the random labels of the twin are made; drawn for a sequence only.",
)
def contrast(task, twin, seeds, **options):
    """Compare TASK with its random-label twin.

    Without TASK, the command runs a small set of built-in tasks.

    With normal noise, there are several permuted twins, and the true labels have a rank among them:
    see --noise and --twins.

    With --cluster, the workers of a dask cluster make the moves of reach if there is one contrast.
    If there are several, each worker runs whole contrasts.
    """
    loaded = None if task is None else loaded_task(task, options)
    noise = "exceptions"
    if loaded is not None:
        noise = noise_of(loaded, {**options, "labels": twin, "seeds": seeds})
    if noise == "normal":
        contrast_numbers(loaded, options)
        return
    items = _contrast_items(task, loaded, twin, seeds, options)
    if noise is None and options.get("seconds") is not None:
        items = [replace(i, limits=i.limits | {"seconds": options["seconds"] / 2}) for i in items]
    single = task is not None and seeds == 1
    either = noise is None
    try:
        found, stop = _run_contrasts(items, options)
    except (DSLError, TaskError):
        if not either:
            raise
        contrast_numbers(loaded, options)  # as in a search
        return
    show = partial(_print_contrasts, found, items, options, single=single)
    if either and stop is None:
        show_either(show, contrast_numbers, loaded, options, found[0].structured)
    else:
        show()
    if isinstance(stop, SynthError):
        raise stop
    if stop is not None:
        sys.exit(exit_status())


def _run_contrasts(items, options):
    """The contrasts by the numbers of their items, and what stopped them early."""
    from synth.records import Contrast
    from synth.runs.items import Item, contrast_item, run_items

    if len(items) == 1 and options["cluster"] is not None and options["workers"] is None:
        with chains_on(options["cluster"]) as workers:
            items = [replace(items[0], limits=items[0].limits | workers)]
            found, stop = _run_contrasts(items, options | {"cluster": None})
        partial = getattr(stop, "partial", None)
        return (found if partial is None else {0: partial}), stop
    with sweep_settings(options) as sweeping:
        if sweeping["executor"] is None:
            return run_items(Item.contrast, items, **sweeping)
        found, stop = run_items(contrast_item, items, **sweeping)
    return {number: Contrast.from_dict(document) for number, document in found.items()}, stop


def _contrast_items(task, checked, twin, seeds, options):
    """The items of `synth contrast`; in this process they hold a CSV file as it was loaded.

    checked: the task as it was loaded, so that messages have the user's words; None without one.
    """
    from synth.runs.items import Item
    from synth.tasks import is_path, is_stream

    if task is None:
        for key in ("dsl", "save", "noise", "precision", "twins", *set(TABLE) - {"train"}):
            if options[key]:
                given = " ".join(options[key]) if isinstance(options[key], tuple) else options[key]
                raise click.UsageError(f"--{key} {given}: allowed only with a TASK")
        check_outputs(options)
    elif seeds > 1 and options["save"]:
        raise click.UsageError(f"--save {options['save']}: allowed only with one seed")
    loaded, table = task, {key: options[key] for key in TABLE}
    if task is not None:
        here = options["workers"] is None and (seeds == 1 or options["cluster"] is None)
        if here or is_stream(task):  # which can be read only once
            if seeds == 1:
                loaded, table = checked, {}
            elif is_path(task):
                loaded, table = checked, {"train": checked.settings["train"]}
    items = []
    for spec, limits in _SET if task is None else [(task, {})]:
        given = spec if task is None else loaded
        settings = search_settings(options)
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
        finish(runs[0], [runs[0].structured], options, contrast_text)
        return

    def text():
        missing = [item.tags["task"] for k, item in enumerate(items) if k not in found]
        several = len({item.seed for item in items}) > 1
        return contrasts_text(runs, missing, [items[k].seed for k in sorted(found)] * several)

    def document():
        return {"contrasts": [run.to_dict() for run in runs], "version": __version__}

    say_notes(options)
    if runs or options["form"] == "json":
        rows = [row for run in runs for row in records(run)]
        emit(options["form"], text=text, document=document, rows=lambda: rows)
    if runs:
        draw_and_report(runs, options)


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
    from synth.tasks import is_stream

    loaded = [loaded_task(task, options) for task in tasks]
    tasks = [t if is_stream(name) else name for t, name in zip(loaded, tasks, strict=True)]
    if seeds > 1 and not all(isinstance(task, str) for task in tasks):
        raise click.UsageError(
            f"--seeds {seeds}: a table that is not a file has one split; write it to a file"
        )
    given = {key: options[key] for key in TABLE} | search_settings({**options, "spent": None})
    given |= {"labels": labels, "corrupt": corrupt, "seeds": seeds, "seed": options["seed"] or 0}
    try:
        with sweep_settings(options) as sweeping:
            run = comparing.compare(tasks, dsl, **given, **sweeping)
    except SweepError as error:
        if error.partial is not None and error.partial.rows:
            finish(error.partial, [], options, comparison_text)
        raise
    bold = to_terminal() and not os.environ.get("NO_COLOR")
    finish(run, [run], options, comparison_text, emphasised if bold else None)


main.add_command(run_command)
main.add_command(explore)


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


main.add_command(show)
main.add_command(predict)
main.add_command(export)
main.add_command(score)
main.add_command(verify)


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


main.add_command(report)
