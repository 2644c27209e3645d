"""The commands. Each command imports the heavy modules that it needs when it runs."""

import os
from functools import partial

import click

from synth._version import __version__
from synth.cli.complexity import atlas, complexity
from synth.cli.contrasting import contrast
from synth.cli.errors import Commands
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
)
from synth.cli.output import emit, formatted, say, to_terminal
from synth.cli.progress import Progress
from synth.cli.regressing import (
    noise_of,
    search_numbers,
    show_either,
)
from synth.cli.saved import report, show, verify
from synth.cli.searching import (
    TABLE,
    chains_on,
    finish,
    loaded_task,
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
def search(task, labels, corrupt, exact, cluster, **options):
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
    given = {"exact": exact, "checkpoint": options["checkpoint"], "seed": options["seed"] or 0}
    noise = noise_of(loaded, {**options, **given, "cluster": cluster})
    if noise == "normal":
        return search_numbers(loaded, options)
    given |= search_settings(options)
    if noise is None and given.get("seconds") is not None:
        given["seconds"] /= 2
    most = given.get("seconds", engine.Limits().seconds)
    try:
        with chains_on(cluster) as workers, Progress(most) as progress:
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
        say(f"synth: resumed from {options['checkpoint']}")
    show = partial(finish, run, [run], options, search_text)
    return show() if noise is not None else show_either(show, search_numbers, loaded, options, run)


main.add_command(contrast)


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
main.add_command(complexity)
main.add_command(atlas)


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
