"""The command `synth contrast`: a task beside its random-label twin, or a set of tasks."""

import re
import sys
from dataclasses import replace
from functools import partial
from itertools import compress
from pathlib import Path

import click

from synth._version import __version__
from synth.cli.exit_status import exit_status
from synth.cli.help import Grouped
from synth.cli.options import (
    complete_tasks,
    dsl_option,
    figure_options,
    noise_options,
    save_data_option,
    search_options,
    start_option,
    sweep_options,
    top_option,
    twins_option,
)
from synth.cli.output import emit, say
from synth.cli.regressing import contrast_numbers, noise_of, show_either
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
from synth.errors import DSLError, SynthError, TaskError


@click.command(cls=Grouped)
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

    Without TASK, the command runs a small set of built-in tasks. --save FILE.json then writes one
    file for each task, FILE-TASK.json, and with --seeds one for each seed, FILE-seed-1.json.

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
    places = [None] * len(items) if single else _places(items, options["save"])
    either = noise is None
    try:
        found, stop = _run_contrasts(items, options)
    except (DSLError, TaskError):
        if not either:
            raise
        contrast_numbers(loaded, options)  # as in a search
        return
    show = partial(_print_contrasts, found, items, options, places)
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
        if options["save_data"]:
            raise click.UsageError("--save-data: allowed only with a TASK")
        for key in ("dsl", "noise", "precision", "twins", *set(TABLE) - {"train"}):
            if options[key]:
                given = " ".join(options[key]) if isinstance(options[key], tuple) else options[key]
                raise click.UsageError(f"--{key} {given}: allowed only with a TASK")
        check_outputs(options)
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


def _places(items, path):
    """The files in which contrasts are saved, named by task and seed; None where none is saved.

    Each is checked before the work begins.
    """
    from synth.files import check_writable

    if path is None:
        return [None] * len(items)
    places, whole = [], Path(path)
    several = [len({item.tags[key] for item in items}) > 1 for key in ("task", "seed")]
    for item in items:
        names = re.sub(r"[^\w.]+", "-", item.tags["task"]), f"seed-{item.seed}"
        added = "-".join(compress(names, several))
        places.append(str(whole.with_name(f"{whole.stem}-{added}{whole.suffix}")))
        check_writable("--save", places[-1])
    return places


def _save_each(found, places, options):
    """Saves each contrast in its file, and says where."""
    from synth.records import save_run

    for number, run in sorted(found.items()):
        if places[number] is not None:
            save_run(run.with_data() if options["save_data"] else run, places[number])
            say(f"wrote {places[number]}")


def _print_contrasts(found, items, options, places):
    """Prints and saves the contrasts by the numbers of their items."""
    from synth.records import flat_rows
    from synth.report import contrast_text, contrasts_text

    runs = [found[number] for number in sorted(found)]
    several = len({item.seed for item in items}) > 1
    seeds = [items[number].seed for number in sorted(found)] * several
    if len(items) == 1 and runs:
        finish(runs[0], [runs[0].structured], options, contrast_text)
        return

    def text():
        missing = [item.tags["task"] for k, item in enumerate(items) if k not in found]
        return contrasts_text(runs, missing, seeds)

    def document():
        return {"contrasts": [run.to_dict() for run in runs], "version": __version__}

    say_notes(options)
    if runs or options["form"] == "json":
        rows = [row for run in runs for row in flat_rows(run)]
        emit(options["form"], text=text, document=document, rows=lambda: rows)
    _save_each(found, places, options)
    if runs:
        draw_and_report(runs, options, seeds)


#: What `synth contrast` runs without a task: the task, and how far it searches.
_SET = (
    ("mod-add:p=97,train=0.3", {"max_bits": 14.0}),
    ("parity:n=10,k=3,train=0.3", {"max_bits": 19.5}),
    ("monk:1", {"max_bits": 26.0}),
    ("tic-tac-toe", {"max_programs": 1_000_000, "moves": 800, "seconds": 300.0}),
)
