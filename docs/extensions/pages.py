"""Parts of pages that come from the program: the help of commands, the experiments' claims."""

import posixpath

from docutils import nodes
from sphinx.util import logging

from synth import experiments
from synth.cli import main
from synth.cli.help import Context

_LOGGER = logging.getLogger(__name__)


def commands():
    """A section for each command with the output of its `--help`."""
    context = _context()
    parts = [_help(main, context)]
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        below = Context(command, context, info_name=name)
        parts += [f"## synth {name}", _help(command, below)]
    return "\n\n".join(parts)


def settings(name):
    """The section of an experiment's page with the output of its `--help`."""
    context = _context()
    group = main.get_command(context, "run")
    below = Context(group, context, info_name="run")
    command = group.get_command(below, name)
    return f"## Settings\n\n{_help(command, Context(command, below, info_name=name))}"


def built_in():
    """The experiments of synth itself, without those of other installed packages."""
    return [n for n in experiments.names() if experiments.load(n).__name__.startswith("synth.")]


def _context():
    # The width that click uses on a terminal of 80 columns.
    given = {"terminal_width": 78, "color": False, **main.context_settings}
    return Context(main, info_name="synth", **given)


def _help(command, context):
    return f"```text\n{command.get_help(context)}\n```"


def _read(app, docname, source):
    folder, _, name = docname.rpartition("/")
    if docname == "commands":
        source[0] += f"\n\n{commands()}\n"
    elif folder == "experiments":
        if name in built_in():
            caption = " ".join(getattr(experiments.load(name), "CAPTION", "").split())
            source[0] = source[0].replace("![the figure]", f"![{caption}]", 1)
            source[0] += f"\n\n{settings(name)}\n"
        else:
            _LOGGER.warning("there is no experiment %s", name, location=docname)


def _check(app, env):
    for name in built_in():
        if f"experiments/{name}" not in env.found_docs:
            _LOGGER.warning("experiment %s has no page experiments/%s.md", name, name)


def _linked(app, doctree, docname):
    """Link every figure to its file, because figures are wider than the page."""
    if app.builder.format != "html":
        return
    for image in list(doctree.findall(nodes.image)):
        if image["uri"] in app.env.images:
            folder = app.builder.get_relative_uri(docname, "").rstrip("/")
            name = app.env.images[image["uri"]][1]
            target = posixpath.join(posixpath.dirname(folder) or ".", "_images", name)
            shown = image.deepcopy()
            image.replace_self(nodes.reference("", "", shown, refuri=target, internal=True))


def setup(app):
    app.connect("doctree-resolved", _linked)
    app.connect("source-read", _read)
    app.connect("env-check-consistency", _check)
    return {"parallel_read_safe": True}
