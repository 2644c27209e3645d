"""The commands that read saved runs: show, report and verify."""

import sys

import click

from synth.cli.experiments import plot_saved
from synth.cli.help import Grouped
from synth.cli.options import complete_dsls, panel_option
from synth.cli.output import emit, emit_run, formatted
from synth.errors import RunError


@click.command(cls=Grouped)
@click.argument("run", type=click.Path())
@click.option("--plot", metavar="FILE", help="Draw the figure (.png, .svg, .pdf).")
@panel_option
@formatted
def show(run, plot, panel, form):
    """Show a saved RUN in the same form as when it was made."""
    from synth.experiments.runner import load_run

    if panel is not None and plot is None:
        raise click.UsageError(f"--panel {panel}: allowed only with --plot FILE")
    loaded = load_run(run)
    try:
        emit_run(form, loaded, str)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise RunError(f"{run} is damaged: {' '.join(str(error).split())}") from None
    if plot is not None:
        plot_saved(loaded, plot, panel)


@click.command(cls=Grouped)
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=click.Path())
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    required=True,
    type=click.Path(),
    help="The HTML file to write.",
)
@click.option("--title", help="Title of the page.  [default: how many runs it shows]")
@click.option("--author", help="Who made it, below the title.")
@click.option("--date", metavar="TEXT", help="When, below the title.")
@click.option("--notes", help="What you have to say about the runs, above them.")
@formatted
def report(runs, output, title, author, date, notes, form):
    """Write saved RUNs as one HTML page.

    The page is a single file and loads nothing from the internet.
    """
    from synth.experiments.runner import load_run
    from synth.files import check_writable
    from synth.report.page import write_page

    check_writable("-o", output, inputs=runs)
    heading = {"title": title, "author": author, "date": date, "notes": notes}
    size = write_page([load_run(run) for run in runs], list(runs), output, **heading)
    made = {"file": output, "bytes": size, "runs": len(runs)}
    text = f"{output}: {len(runs)} run{'s' * (len(runs) != 1)}, {size / 1000:,.0f} kB"
    emit(form, text=lambda: text, document=lambda: made, rows=lambda: [made])


@click.command(cls=Grouped)
@click.argument("run", type=click.Path())
@click.option("--table", type=click.Path(), help="The table, if it is not where it was.")
@click.option("--dsl", help="The DSL; needed if it is FILE.py:NAME.", shell_complete=complete_dsls)
@click.option("--complete", is_flag=True, help="Also enumerate all programs that are certified.")
@click.option(
    "--candidates",
    type=click.IntRange(1),
    help="Most programs to make for --complete.  [default: 10,000,000]",
)
@formatted
def verify(run, table, dsl, complete, candidates, form):
    """Compute every claim of a saved RUN again, by code that shares nothing with the search.

    Each line is a claim: ok, FAILS with both figures, or open if it cannot be decided. The exit
    status is 1 if a claim fails.

    A task is made again by its name, and a table is read from its path. A DSL in a file is loaded
    only if you name it, because that runs the file.
    """
    from synth.records import plain
    from synth.report import claims_text
    from synth.verification import MOST_CANDIDATES
    from synth.verification import verify as verified

    most = MOST_CANDIDATES if candidates is None else candidates
    claims = verified(run, table=table, dsl=dsl, complete=complete, candidates=most)
    rows = [
        {"claim": c.what, "holds": c.holds, "said": c.said, "computed": c.found} for c in claims
    ]
    count = {
        name: sum(row["holds"] is holds for row in rows)
        for name, holds in (("hold", True), ("fail", False), ("open", None))
    }
    emit(
        form,
        text=lambda: claims_text(run, rows),
        document=lambda: {"run": str(run), **count, "claims": plain(rows)},
        rows=lambda: rows,
    )
    if count["fail"]:
        sys.exit(1)
