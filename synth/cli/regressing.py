"""Searches for labels that are numbers with noise: when they are made, and what they refuse."""

import click

from synth.cli.progress import Progress
from synth.cli.searching import finish, search_settings

#: Options that a search with normal noise does not have, and those that it alone has.
_OTHERS = ("exact", "checkpoint", "every", "cluster", "workers", "moves", "chains", "start", "plot",
           "report")  # fmt: skip
_OWN = ("precision", "twins")


def has_normal_noise(task, options):
    """Whether a task is searched with normal noise: as --noise says, or if its labels are numbers.

    Raises UsageError for options that do not apply.
    """
    from synth.tasks import is_numeric

    noise, why = options["noise"], ""
    if noise is None:
        numeric = is_numeric(task.label_type, task.alphabet) and task.sequence is None
        noise = "normal" if numeric and not options.get("exact") else "exceptions"
        why = f", the default for {'numeric' if noise == 'normal' else 'such'} labels"
    if noise == "normal":
        refused, allowed = _OTHERS, "--noise exceptions"
    else:
        refused, allowed = _OWN, "--noise normal"
    for key in refused:
        if options.get(key) not in (None, (), False):
            given = "" if options[key] is True else f" {_shown(options[key])}"
            raise click.UsageError(
                f"--{key}{given}: not allowed with --noise {noise}{why}; leave it out, or give "
                f"{allowed}"
            )
    return noise == "normal"


def search_numbers(task, options):
    """Search for a task with normal noise."""
    from synth.engine import regress
    from synth.report import regression_text

    with Progress() as progress:
        (run,) = regress([task], progress=progress, **_settings(options))
    finish(run, [run], options, regression_text)


def contrast_numbers(task, options):
    """Search for a task and for permuted twins with normal noise."""
    from synth.engine import regress_contrast
    from synth.report import regression_contrast_text

    settings = _settings(options) | {"seed": options["seed"] or 0}
    with Progress() as progress:
        run = regress_contrast(task, progress=progress, **settings)
    finish(run, [run.structured], options, regression_contrast_text)


def _settings(options):
    """The settings of `regress` that were given."""
    own = {key: options[key] for key in _OWN if options.get(key) is not None}
    given = search_settings(options) | own
    return {key: value for key, value in given.items() if key not in _OTHERS}


def _shown(value):
    return " ".join(map(str, value)) if isinstance(value, tuple) else value
