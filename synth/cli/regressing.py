"""Searches for labels that are numbers with noise: when they are made, and what they refuse."""

import click

from synth.cli.progress import Progress
from synth.cli.searching import finish, search_settings
from synth.errors import SynthError

#: Options that a search with normal noise does not have, and those that it alone has.
_OTHERS = ("exact", "checkpoint", "every", "cluster", "workers", "moves", "chains", "start")
_OWN = ("precision", "twins")
#: Options of a contrast that have one value with normal noise.
_ONLY = {"labels": "permuted", "seeds": 1}


def noise_of(task, options):
    """What a program may miss: "exceptions", "normal", or None for whichever finds a program.

    By default numeric labels are searched with exceptions, and if no program pays for itself, with
    normal noise.

    Raises UsageError for options that do not apply.
    """
    from synth.tasks import is_numeric

    noise = options["noise"]
    if task.sequence is not None:
        for key in ("noise", *_OWN):
            if options.get(key) not in (None, "exceptions"):
                raise click.UsageError(
                    f"--{key} {options[key]}: not allowed for a sequence, whose law is right on "
                    "all terms; leave it out"
                )
    if noise is None and any(options.get(key) is not None for key in _OWN):
        noise = "normal"
    for key, only in _ONLY.items() if noise == "normal" else ():
        if options.get(key, only) != only:
            raise click.UsageError(
                f"--{key} {options[key]}: allowed with --noise normal: {only}; or give "
                "--noise exceptions"
            )
    refused = {"normal": _OTHERS, "exceptions": _OWN, None: ()}[noise]
    for key in refused:
        if _is_given(options, key):
            given = "" if options[key] is True else f" {_shown(options[key])}"
            other = "exceptions" if noise == "normal" else "normal"
            raise click.UsageError(
                f"--{key}{given}: not allowed with --noise {noise}; leave it out, or give "
                f"--noise {other}"
            )
    if noise == "normal" and not _are_numbers(task):
        key = next(key for key in ("noise", *_OWN) if options.get(key) is not None)
        raise click.UsageError(
            f"--{key} {options[key]}: the labels of {task.label} are not numbers; leave the option "
            "out"
        )
    numeric = is_numeric(task.label_type, task.alphabet) and not (task.sequence or task.label_names)
    if noise is not None or not numeric:
        return noise or "exceptions"
    implied = [key for key in _OTHERS if _is_given(options, key)]
    implied += [key for key, only in _ONLY.items() if options.get(key, only) != only]
    if implied and implied != ["exact"]:
        said = f"--{implied[0]} implies --noise exceptions; without it, normal noise is tried too"
        for name in options["notes"]:  # of the one task
            options["notes"][name] = (*options["notes"][name], said)
    return "exceptions" if implied else None


def show_either(show, numbers, task, options, found):
    """Show what a search with exceptions found, or a program with normal noise if it found none.

    numbers: `search_numbers` or `contrast_numbers`; found: the result of the search.
    """
    from synth.records import StopReason

    if found.chosen == "program" or found.stop_reason == StopReason.INTERRUPTED:
        show()
        return
    seconds = options.get("seconds")
    if seconds is not None:
        options = options | {"seconds": max(0.0, seconds - found.seconds)}
    numbers(task, options, show)


def search_numbers(task, options, otherwise=None):
    """Search for a task with normal noise; if no program is chosen, say `otherwise` if given."""
    from synth.engine import regress
    from synth.report import regression_text

    try:
        with Progress() as progress:
            (run,) = regress([task], progress=progress, **_settings(options))
    except SynthError:
        if otherwise is None:
            raise
        run = None
    if otherwise is not None and (run is None or run.chosen != "program"):
        otherwise()
        return
    finish(run, [run], options, regression_text)


def contrast_numbers(task, options, otherwise=None):
    """Search for a task and for permuted twins with normal noise; `otherwise` as above."""
    from synth.engine import regress_contrast
    from synth.report import regression_contrast_text

    settings = _settings(options) | {"seed": options["seed"] or 0}
    try:
        with Progress() as progress:
            run = regress_contrast(task, progress=progress, **settings)
    except SynthError:
        if otherwise is None:
            raise
        run = None
    if otherwise is not None and (run is None or run.structured.chosen != "program"):
        otherwise()
        return
    finish(run, [run.structured], options, regression_contrast_text)


def _settings(options):
    """The settings of `regress` that were given."""
    own = {key: options[key] for key in _OWN if options.get(key) is not None}
    given = search_settings(options) | own
    return {key: value for key, value in given.items() if key not in _OTHERS}


def _are_numbers(task):
    return task.label_type.family in ("Int", "Real") and str(task.label_type) != "Bool"


def _is_given(options, key):
    value = options.get(key)
    return value is not None and value is not False and value != ()


def _shown(value):
    return " ".join(map(str, value)) if isinstance(value, tuple) else value
