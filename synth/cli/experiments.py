"""The command `synth run`: one subcommand for each experiment, with options from its settings."""

import os
import sys
from contextlib import contextmanager

import click

from synth import experiments
from synth.cli.catalogue import entries_text
from synth.cli.exit_status import exit_status
from synth.cli.help import Grouped
from synth.cli.options import panel_option, parallel_options
from synth.cli.output import emit, emit_run, formatted, say, wanted
from synth.cli.progress import Progress
from synth.errors import ExperimentError, SettingError, SweepError, SynthError
from synth.experiments import settings_of


class _Value(click.ParamType):
    """A parameter type whose texts a `Setting` reads."""

    def __init__(self, setting):
        self.setting = setting
        self.name = "text" if setting.kind is str else {int: "integer"}.get(setting.kind, "number")

    def get_metavar(self, param, ctx=None):
        if self.setting.choices:
            name = "[" + "|".join(map(str, self.setting.choices)) + "]"
        else:
            name = self.name.upper()
        return f"{name},..." if self.setting.many else name

    def convert(self, value, param, ctx):
        return self.setting.read(value, self.setting.option)


class Experiments(Grouped, click.Group):
    """The experiments as subcommands; only the one that runs is imported."""

    def list_commands(self, ctx):
        return experiments.names()

    def get_command(self, ctx, name):
        # This must happen before NumPy is loaded. The matrices of items are small and workers
        # are many: with two BLAS threads on two busy cores, kernel ridge took ten times as long.
        for library in ("OPENBLAS", "MKL", "OMP"):
            os.environ.setdefault(f"{library}_NUM_THREADS", "1")
        return _command(name, experiments.load(name))

    def format_commands(self, ctx, formatter):
        for group, listed in _groups():
            with formatter.section(group):
                formatter.write_dl(listed)


@click.group(
    "run", cls=Experiments, invoke_without_command=True, subcommand_metavar="[EXPERIMENT ...]"
)
@formatted
@click.pass_context
def run_command(context, form):
    """Run an EXPERIMENT and print its rows and a summary; draw a figure with --plot.

    Without EXPERIMENT, the command lists all experiments in groups. `synth run EXPERIMENT
    --help` shows the settings of that experiment. EXPERIMENT
    may also be FILE.py, a file of your own with an experiment in it.
    """
    if context.invoked_subcommand is not None:
        return
    rows = [experiments.listing(name) for name in experiments.names()]
    emit(form, text=_listed, document=lambda: {"experiments": rows}, rows=lambda: rows)


def _listed():
    """The experiments in groups, as text."""
    groups = [f"{group}\n{entries_text(listed)}" for group, listed in _groups()]
    return "\n\n".join([*groups, "A time is that of the default settings."])


def _groups():
    """[(heading, [(name, claim and time)])] of the experiments."""
    found = {}
    for entry in map(experiments.listing, experiments.names()):
        time = f" ({entry['time']})" if entry["time"] else ""
        found.setdefault(entry["group"], []).append((entry["name"], entry["claim"] + time))
    first = [group for group in experiments.GROUPS if group in found]
    order = [*first, *sorted(found.keys() - set(first))]
    return [(group[:1].upper() + group[1:], found[group]) for group in order]


def _command(name, module):
    """The subcommand that runs an experiment."""
    settings = settings_of(module.Settings, name)

    @panel_option
    @parallel_options
    @formatted
    @click.pass_context
    def callback(context, form, plot, panel, save, quick, workers, cluster, **given):
        given = {k: v for k, v in given.items() if v is not None}
        if quick:
            given = _quick(name, module) | given
        if form == "table":
            form = wanted(*(context.parent.params[key] for key in ("form", "as_json")))
        if panel is not None:
            _check_panel(module, plot, panel)
        output = {"form": form, "plot": plot, "panel": panel, "save": save}
        with _own_errors(name):
            _run(name, given, output, workers, cluster)

    options = [
        *map(_option, settings),
        click.Option(
            ["--quick"],
            is_flag=True,
            help="Take small settings for a first look; options that are given replace them.",
        ),
        click.Option(["--plot"], metavar="FILE", help="Draw the figure (.png, .svg, .pdf)."),
        click.Option(
            ["--save"],
            metavar="FILE",
            help="Save the run as JSON; an interrupted run resumes from FILE.part.",
        ),
    ]
    # Each point of a list is a paragraph.
    about = module.__doc__.strip().replace("\n- ", "\n\n- ").replace("\n  ", "\n")
    text = f"{about}\n\nControl: {module.CONTROL}"
    if getattr(module, "CAPTION", None):
        text += f"\n\nFigure: {module.CAPTION}"
    made = click.command(name, Grouped, params=options, help=text)(callback)
    made.settings = frozenset({"quick", *(setting.name for setting in settings)})
    return made


@contextmanager
def _own_errors(name):
    """Raises an error in the code of an experiment that is not built in as ExperimentError."""
    try:
        yield
    except SynthError:
        raise
    except Exception as error:
        text = experiments.failure(name, error)
        if text is None:
            raise
        raise ExperimentError(text) from error


def _check_panel(module, plot, panel):
    from synth.report import check_panel

    if plot is None:
        raise SettingError(f"--panel {panel}: allowed only with --plot FILE")
    check_panel(module, panel)


def _quick(name, module):
    """The settings of --quick.  Raises SettingError if the experiment has none."""
    if not hasattr(module, "QUICK"):
        raise SettingError(
            f"--quick: experiment {name} has no quick settings (QUICK); run it without --quick, "
            f"or see `synth run {name} --help` for its settings"
        )
    return dict(module.QUICK)


def _option(setting):
    default = "none" if setting.default is None else setting.shown(setting.default)
    extra = f"[default: {default}]"
    text = f"{setting.help}  {extra}" if setting.help else extra
    if setting.default is None and "[default: " in setting.help:
        text = setting.help
    if setting.kind is bool:
        pair = f"{setting.option}/--no-{setting.option[2:]}"
        return click.Option([pair, setting.name], default=None, help=text)
    return click.Option([setting.option, setting.name], type=_Value(setting), help=text)


def _run(name, given, output, workers, cluster):
    """Runs an experiment; output: the options form, plot, panel and save."""
    from synth.experiments.runner import run_experiment
    from synth.files import check_writable
    from synth.records import StopReason
    from synth.report import check_plot
    from synth.runs import executor

    save = output["save"]
    if output["plot"] is not None:
        check_plot(output["plot"])
    if save is not None:
        check_writable("--save", save, suffixes=(".json",))
    try:
        with executor(workers, cluster) as pool, Progress() as progress:
            found = run_experiment(
                name,
                executor=pool,
                progress=progress and progress.items,
                journal=save and f"{save}.part",
                **given,
            )
    except SweepError as error:
        if error.partial is not None:
            _finish(error.partial, **output)
        raise
    _finish(found, **output)
    if found.stop_reason == StopReason.INTERRUPTED:
        sys.exit(exit_status())


def _finish(found, form, plot, panel, save):
    from synth.records import save_run
    from synth.report import experiment_text

    emit_run(form, found, experiment_text)
    if save is not None:
        save_run(found, save)
    if plot is not None and found.rows:
        _plot(found, plot, panel)


def _plot(found, path, panel):
    from synth.records import StopReason

    try:
        found.plot(path, panel=panel)
        say(f"wrote {path}")
    except Exception as error:
        if found.stop_reason == StopReason.FINISHED:
            raise
        # An experiment need not be able to draw incomplete rows.
        text = " ".join(str(error).split())
        say(f"synth: --plot {path}: these rows cannot be drawn: {text}")


def plot_saved(found, path, panel):
    """Draws a saved run again.

    Raises
    ------
    ExperimentError
        If its kind has no figure, or only one panel.
    """
    if found.kind == "compare":
        raise ExperimentError(
            f"--plot {path}: a comparison has no figure; `synth report` shows it as a page"
        )
    if found.kind == "run":
        found.plot(path, panel=panel)
    elif panel is None:
        found.plot(path)
    else:
        raise ExperimentError(f"--panel {panel}: allowed only for a run of `synth run`")
    say(f"wrote {path}")
