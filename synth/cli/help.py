"""Help pages: options in groups, whole descriptions in lists, and colour on a terminal.

Colour is click's own, so that help needs no other package. Pages have none if they do not go to a
terminal, or if NO_COLOR is set.
"""

import os
import sys

import click

#: Headings, and the parameters that are below them, in the order of both.
GROUPS = {
    "Data and language": (
        "dsl", "label", "drop", "keep", "missing", "na", "modulus", "train", "test", "labels",
        "twin", "corrupt", "noise", "precision", "twins", "table", "seed", "basis",
        "inputs", "atlases",
    ),
    "Search and its limits": (
        "max_bits", "max_programs", "seconds", "moves", "chains", "start", "exact", "memory",
        "threads", "checkpoint", "every", "complete", "candidates", "run",
    ),
    "Many searches": ("seeds", "workers", "cluster"),
    "Output": (
        "top", "mixture", "save", "save_data", "plot", "panel", "report", "output", "title",
        "author", "date", "notes", "language",
        "proba", "form", "as_json", "quiet", "verbose",
    ),
}  # fmt: skip


class Formatter(click.HelpFormatter):
    """Writes headings bold, and what is explained in colour, if `coloured` is set."""

    coloured = False

    def write_usage(self, prog, args="", prefix=None):
        super().write_usage(prog, args, self._styled(prefix or "Usage: ", bold=True))

    def write_heading(self, heading):
        self.write(f"{'':>{self.current_indent}}{self._styled(heading + ':', bold=True)}\n")

    def write_dl(self, rows, col_max=30, col_spacing=2):
        styled = [(self._styled(first, fg="cyan"), second) for first, second in rows]
        super().write_dl(styled, col_max, col_spacing)

    def _styled(self, text, **style):
        return click.style(text, **style) if self.coloured else text


class Context(click.Context):
    """A context whose help is coloured on a terminal, unless `color` is False."""

    formatter_class = Formatter

    def make_formatter(self):
        formatter = super().make_formatter()
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        formatter.coloured = self.color is not False and sys.stdout.isatty() and not plain
        return formatter


class Grouped(click.Command):
    """A command, or a group of them, whose options are listed in groups."""

    context_class: type[click.Context] = Context
    #: Parameters that are not in `GROUPS`, whatever their names, but come first.
    settings: frozenset[str] = frozenset()

    def format_options(self, ctx, formatter):
        options = [p for p in self.get_params(ctx) if isinstance(p, click.Option)]
        records = {option.name: option.get_help_record(ctx) for option in options}
        records = {name: record for name, record in records.items() if record is not None}
        parts = {"Settings": [n for n in records if n in self.settings]}
        for heading, names in GROUPS.items():
            parts[heading] = [n for n in names if n in records and n not in self.settings]
        grouped = {name for names in parts.values() for name in names}
        parts["Options" if not grouped else "Other"] = [n for n in records if n not in grouped]
        for heading, names in parts.items():
            if names:
                with formatter.section(heading):
                    formatter.write_dl([records[name] for name in names])
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)

    def format_commands(self, ctx, formatter):
        listed = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            # The limit is that of a description's letters: none is cut.
            formatter.write_dl([(n, c.get_short_help_str(10_000)) for n, c in listed])
