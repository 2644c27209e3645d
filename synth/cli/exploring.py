"""The command `synth explore`: a page to play with."""

import os

import click

from synth.cli.help import Grouped
from synth.cli.output import emit, formatted


@click.command(cls=Grouped)
@click.argument(
    "file", metavar="[FILE.html]", type=click.Path(dir_okay=False), default="explore.html"
)
@formatted
def explore(file, form):
    """Write a page on which anyone can see when a program wins, and when it dies.

    You label a small table on the page. It shows at once what the program search, the look-up
    table and the Bayes mixture say about the unseen rows. It shows what happens if labels are
    swapped, and a film of grokking. The page is a single file and loads nothing from the internet.
    """
    from synth import dynamics, exact
    from synth.errors import SettingError
    from synth.files import PAGES, check_writable
    from synth.report.page import write_explorable

    try:  # before the computation, which takes some seconds
        check_writable("FILE", file, suffixes=PAGES)
    except SettingError as error:
        if not os.path.isfile(file):
            raise
        advice = f"for yours: synth contrast {file} --report page.html"
        raise SettingError(f"{error}; the page has a table of its own; {advice}") from None
    tables = {
        str(variables): (
            exact.function_table("boolean", variables),
            exact.named_functions(variables),
        )
        for variables in (4, 3)
    }
    size = write_explorable(file, tables, dynamics.grokking_film())
    made = {"file": file, "bytes": size}
    text = f"wrote {file}, {size / 1000:,.0f} kB; open it in a browser"
    emit(form, text=lambda: text, document=lambda: made, rows=lambda: [made])
