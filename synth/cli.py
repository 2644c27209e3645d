"""The command line.  Heavy modules are imported by the commands that need them."""

import json
import os
import sys
import textwrap
from pathlib import Path

import click

from synth._version import __version__
from synth.errors import RunError, SettingError, SynthError

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


class _Commands(click.Group):
    """Turns errors into one line and exit 2, whatever command raised them."""

    def main(self, *args, **extra):
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


def _shared(function):
    """The options that searches share."""
    options = [
        click.option("--dsl", help="Built-in name, entry point, or FILE.py:NAME."),
        click.option("--max-bits", type=float, help="Programs of at most so many bits."),
        click.option("--max-programs", type=int, help="Make at most so many programs."),
        click.option("--seconds", type=float, help="Stop after so long.  [default: 30]"),
        click.option("--memory", type=Memory(), help="For behaviours.  [default: half of all]"),
        click.option("--threads", type=int, help="Side by side.  [default: all cores]"),
        click.option("--train", type=Train(), help="Training rows: 0.5, 1.0, or a count."),
        click.option("--seed", type=click.IntRange(0), help="Of the split and of twins."),
        click.option("--label", help="Label column of a CSV.  [default: the last]"),
        click.option("--drop", multiple=True, help="Column of a CSV to leave out; repeatable."),
        click.option("--modulus", type=int, help="Read a CSV's whole numbers modulo this."),
        click.option("--top", type=int, default=10, show_default=True, help="Best hypotheses."),
        click.option("--save", type=click.Path(dir_okay=False), help="Write the run as JSON."),
        click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="synth")
def main():
    """Search programs by description length, and contrast structure with chance."""


@main.command()
@click.argument("task")
@_shared
@click.option(
    "--labels",
    type=click.Choice(["true", "permuted", "uniform"]),
    default="true",
    show_default=True,
    help="Search on these labels.",
)
@click.option("--corrupt", type=float, help="Draw this fraction of training labels anew.")
@click.option("--exact", is_flag=True, help="Seek the shortest program without exceptions.")
def search(task, labels, corrupt, exact, **options):
    """The best hypothesis for TASK: a name such as parity:n=6, or a CSV file."""
    from synth import driver
    from synth.report.text import search_text

    loaded = _load(task, options)
    if corrupt is not None:
        loaded = loaded.corrupted(corrupt, options["seed"] or 0)
    if labels != "true":
        loaded = getattr(loaded, labels)(options["seed"] or 0)
    with _Progress() as progress:
        run = driver.search(loaded, exact=exact, progress=progress, **_settings(options))
    _finish(run, [run], options, search_text)


@main.command()
@click.argument("task", required=False)
@_shared
@click.option(
    "--labels",
    "twin",
    type=click.Choice(["permuted", "uniform"]),
    default="permuted",
    show_default=True,
    help="How the twin's labels are made.",
)
def contrast(task, twin, **options):
    """TASK beside its random-label twin; without TASK, a small set of tasks."""
    from synth import driver
    from synth.report.text import contrast_text, contrasts_text

    if task is None:
        _contrast_set(twin, options, driver, contrasts_text)
        return
    loaded = _load(task, options)
    with _Progress() as progress:
        run = driver.contrast(
            loaded, twin=twin, seed=options["seed"] or 0, progress=progress, **_settings(options)
        )
    _finish(run, [run.structured, run.random], options, contrast_text)


#: What `synth contrast` runs without a task: the task, and how far to search.
_SET = (
    ("mod-add:p=97,train=0.3", 14.0),
    ("parity:n=10,k=3,train=0.3", 19.5),
    ("monk:1", 26.0),
    ("tic-tac-toe", 31.0),
)


def _contrast_set(twin, options, driver, text):
    for key in ("dsl", "save", "label", "modulus", "drop"):
        if options[key]:
            raise click.UsageError(f"--{key} {options[key]}: it needs a TASK")
    runs = []
    for spec, most in _SET:
        loaded = _load(spec, options)
        settings = _settings(options)
        settings.setdefault("max_bits", most)
        with _Progress(spec) as progress:
            runs.append(
                driver.contrast(
                    loaded, twin=twin, seed=options["seed"] or 0, progress=progress, **settings
                )
            )
        if runs[-1].structured.stop_reason == "interrupted":
            break
    if options["as_json"]:
        document = {"contrasts": [run.to_dict() for run in runs], "version": __version__}
        click.echo(json.dumps(document, allow_nan=False))
    else:
        click.echo(text(runs, [spec for spec, _ in _SET[len(runs) :]]))
    _exit([part for run in runs for part in (run.structured, run.random)])


@main.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def tasks(name, as_json):
    """The built-in tasks; with NAME, all about it."""
    from synth import tasks as library

    _describe(library, name, as_json, "task")


@main.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def dsls(name, as_json):
    """The DSLs; with NAME (or name:key=value, or FILE.py:NAME), all about it."""
    from synth import dsls as library

    if name is None:
        _describe(library, None, as_json, "DSL")
        return
    if ":" in name or name not in library.names():
        _describe_dsl(library.load_dsl(name), as_json, {})
        return
    settings = library.describe(name)[1]
    try:
        loaded = library.load_dsl(name)
    except SynthError:  # it needs a task's types
        _describe(library, name, as_json, "DSL")
        return
    _describe_dsl(loaded, as_json, settings)


@main.command()
@click.argument("run", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def show(run, as_json):
    """A saved RUN, as it was shown when it was made."""
    from synth.report.text import contrast_text, search_text
    from synth.result import Contrast, load_run

    loaded = load_run(run)
    try:
        if as_json:
            text = json.dumps(loaded.to_dict(), allow_nan=False)
        else:
            text = (contrast_text if isinstance(loaded, Contrast) else search_text)(loaded)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise RunError(f"{run} is damaged: {' '.join(str(error).split())}") from None
    click.echo(text)


def _load(task, options):
    from synth import tasks as library

    if options["save"]:
        folder = Path(options["save"]).resolve().parent
        if not os.access(folder, os.W_OK):
            raise SettingError(f"--save {options['save']}: {folder} cannot be written to")
    keys = ("label", "drop", "modulus", "train", "seed")
    return library.load_task(task, **{k: options[k] for k in keys})


def _settings(options):
    keys = ("dsl", "max_bits", "max_programs", "seconds", "memory", "threads", "top")
    return {k: options[k] for k in keys if options[k] is not None}


def _finish(run, results, options, text):
    from synth.result import save_run

    if options["as_json"]:
        click.echo(json.dumps(run.to_dict(), allow_nan=False))
    else:
        click.echo(text(run))
    if options["save"]:
        save_run(run, options["save"])
    _exit(results)


def _exit(results):
    if any(r.stop_reason == "interrupted" for r in results):
        sys.exit(130)


class _Progress:
    """A line on standard error while a search runs, where that is a terminal."""

    def __init__(self, what=""):
        self.what = what

    def __enter__(self):
        return self._show if sys.stderr.isatty() else None

    def _show(self, engine):
        rate = engine.candidates / max(engine.seconds, 1e-9) / 1e6
        text = (
            f"{self.what} {engine.certified_bits or 0:.1f} bits, {engine.candidates:,} programs, "
            f"{len(engine.bank):,} distinct, {rate:.1f} M/s"
        )
        click.echo(f"\r\x1b[K{text.strip()[:78]}", err=True, nl=False)

    def __exit__(self, *_):
        if sys.stderr.isatty():
            click.echo("\r\x1b[K", err=True, nl=False)


def _describe(library, name, as_json, what):
    if name is not None:
        text, settings = library.describe(name)
        if as_json:
            settings = {k: _json_default(v) for k, v in settings.items()}
            click.echo(json.dumps({"name": name, "description": text, "settings": settings}))
            return
        click.echo(f"{name}\n\n{_filled(text)}")
        _settings_text(settings)
        return
    entries = [(n, library.describe(n)[0].partition("\n")[0]) for n in library.names()]
    if as_json:
        click.echo(
            json.dumps({f"{what.lower()}s": [{"name": n, "description": d} for n, d in entries]})
        )
        return
    pad = max(len(n) for n, _ in entries) + 2
    for n, description in entries:
        click.echo(textwrap.fill(f"{n:<{pad}}{description}", 79, subsequent_indent=" " * pad))


def _filled(text):
    """Paragraphs filled to the width of a terminal."""
    return "\n\n".join(textwrap.fill(p, 79) for p in text.split("\n\n"))


def _describe_dsl(dsl, as_json, settings):
    rows = [(p.symbol or p.name, p.name, p.signature, float(p.weight)) for p in dsl.primitives]
    constants = [(c.name, str(c.type), float(c.weight)) for c in dsl.constants]
    if as_json:
        keys, constant_keys = ("symbol", "name", "signature", "weight"), ("name", "type", "weight")
        document = {
            "name": dsl.name,
            "description": dsl.description,
            "primitives": [dict(zip(keys, r, strict=True)) for r in rows],
            "constants": [dict(zip(constant_keys, c, strict=True)) for c in constants],
        }
        document["settings"] = {k: _json_default(v) for k, v in settings.items()}
        click.echo(json.dumps(document))
        return
    click.echo(dsl.name + "\n")
    if dsl.description:
        click.echo(_filled(dsl.description.strip()) + "\n")
    click.echo(f"Types: {', '.join(map(str, dsl.types))}\n")
    pad = max([8, *(len(r[1]) for r in rows)]) + 2
    families = [t.family for t in dsl.types]
    for symbol, name, signature, weight in rows:
        for type_ in dsl.types:
            if families.count(type_.family) == 1:
                signature = signature.replace(str(type_), type_.family)
        click.echo(f"  {symbol:<{pad}}{name:<{pad}}{signature}{_weight(weight)}")
    for name, type_, weight in constants:
        click.echo(f"  {name:<{pad}}{'constant':<{pad}}{type_}{_weight(weight)}")
    _settings_text(settings)


def _weight(weight):
    return "" if weight == 1 else f"  weight {weight:g}"


def _settings_text(settings):
    if settings:
        click.echo("\nSettings and their defaults")
        for key, default in settings.items():
            click.echo(f"  {key}={_shown_default(default)}")


def _json_default(value):
    return list(value) if isinstance(value, tuple) else value


def _shown_default(value):
    if value is None:
        return "(chosen by the task)"
    return "/".join(map(str, value)) if isinstance(value, tuple) else value
