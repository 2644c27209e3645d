"""The section of a run of an experiment."""

import math
import re
from fractions import Fraction

from synth.codes import exception_bits
from synth.errors import ExperimentError
from synth.report.experiment import no_figure, row_keys, summary_in_words, summary_pairs
from synth.report.page.contenders import Case
from synth.report.page.markup import cut, element, joined
from synth.report.page.parts import cells_table, columns, details, slider_block
from synth.report.text import spaced

#: The most characters of a cell.
LONGEST = 60
#: The most cases with sliders.
MOST_CASES = 8


def run_section(run, charts, room):
    """The section of a run: its figure, sliders, summary and rows.

    Parameters
    ----------
    run : ExperimentRun
    charts : callable
        Draws and numbers the charts of the page.
    room : int
        The number of characters available for the section.
    """
    pictures, note = _pictures(run, charts)
    if sum(map(len, pictures)) > room:
        pictures, note = [], "The figure is left out because the page would be too large."
    sliders = _sliders(run, charts)
    left = room - sum(map(len, pictures)) - len(sliders or "") - 4000
    said = summary_in_words(run)
    settings = [(spaced(k), _cell(v)) for k, v in run.settings.items() if v is not None]
    return joined(
        element("p", run.claim, class_="lead"),
        element("p", element("b", "Verdict: "), run.summary["verdict"])
        if isinstance(run.summary.get("verdict"), str)
        else None,
        element("p", f"Stopped: {run.stop_reason}; some rows are missing.", class_="note")
        if run.stop_reason != "finished"
        else None,
        columns(*pictures) if pictures else None,
        element("p", note, class_="note") if note else None,
        sliders,
        element("h3", "Summary"),
        cells_table("", [pair for pair in summary_pairs(said) if pair[0] != "verdict"]),
        element("p", element("b", "Control: "), run.control),
        details("Settings", cells_table("", settings)) if settings else None,
        _rows(run, min(left, 60_000)),
    )


def _pictures(run, charts):
    """(charts as markup, their caption or why there are none)."""
    if not run.rows:
        return [], "No row was finished."
    if run.drawer is None:
        return [], f"No figure: {no_figure(run).replace('in `rows`', 'below')}."
    try:
        from synth.report.page.drawn import drawn_panels

        experiment = run.drawer()
        drawn = [charts(*panels) for panels in drawn_panels(run, lambda: experiment)]
        return drawn, getattr(experiment, "CAPTION", None)
    except ImportError:
        return [], "No figure: matplotlib is not installed (pip install 'synth-mdl[plot]')."
    except ExperimentError as error:
        return [], f"No figure: {error}"
    except Exception as error:  # noqa: BLE001 - the rows of a file may be anything
        text = " ".join(str(error).split())
        return [], f"These rows cannot be drawn: {type(error).__name__}: {text[:200]}"


def _rows(run, room):
    keys, shown, used = row_keys(run), [], 0
    for row in run.rows:
        cells = [_cell(row.get(key)) for key in keys]
        used += sum(len(str(c)) + 25 for c in cells)
        if used > room and shown:
            break
        shown.append(cells)
    if not shown:
        return None
    more = len(run.rows) - len(shown)
    return details(
        f"Rows ({len(run.rows):,})",
        cells_table(
            "Rows of the run",
            shown,
            head=list(map(spaced, keys)),
            align=["r" if _numbers(shown, k) else "l" for k in range(len(keys))],
        ),
        element("p", f"{more:,} more rows are in the saved file.", class_="note") if more else None,
    )


def _numbers(rows, k):
    return all(re.fullmatch(r"[-+.\d,e]+", str(row[k])) for row in rows)


def _cell(value):
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.5g}"
    if isinstance(value, list) and value and isinstance(value[0], list):
        return f"[{len(value)} lists]"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return cut(text, LONGEST)


def _sliders(run, charts):
    """The block of sliders, if the rows have the bits that it needs; else None."""
    for reader in (_noisy, _growing, _imbalanced, _decaying):
        try:
            found = reader(run)
        except (LookupError, TypeError, ValueError, ArithmeticError):
            continue  # rows of another kind
        if found:
            cases, given = found
            return slider_block(cases[:MOST_CASES], charts, **given)
    return None


def _noisy(run):
    """A case from rows with the true program's bits, label noise and training rows."""
    first = run.rows[0]
    case = Case(
        str(run.settings.get("task") or "the task"),
        (("true program", _bits(first["program_bits"]), 0.0),),
        n=_count(first["train_rows"]),
        k=_count(first["label_values"], 2),
        outside=bool(first["outside"]),
    )
    most = max(_count(r["train_rows"]) for r in run.rows)
    measured = [
        {
            "q": float(r["noise"]),
            "n": _count(r["train_rows"]),
            "text": f"q = {r['noise']:g}, {r['train_rows']} rows: the true program wins in "
            f"{r['holds']:.0%} of {r['runs']} runs, and on average {r['total_bits']:.1f} bits "
            f"win against the table's {r['table_bits']:.1f}",
        }
        for r in run.rows
    ]
    middle = sorted(_count(r["train_rows"]) for r in run.rows)[len(run.rows) // 2]
    return [case], {
        "noise": 0.0,
        "rows": (middle, most),
        "fraction": False,
        "measured": measured,
        "decay": 1.0,
    }


def _growing(run):
    """Cases from rows of several tasks with their programs' bits, label values and rows."""
    cases, measured = {}, []
    for r in run.rows:
        if r["labels"] != "true" or r["bits"] is None:
            continue
        name = str(r["task"])
        n = _count(r["n"])
        cases.setdefault(
            name, Case(name, (("true program", _bits(r["bits"]), 0.0),), n=n, k=_count(r["k"], 2))
        )
        measured.append(
            {
                "case": name,
                "n": n,
                "text": f"{name}, {n} rows: a program is chosen in "
                f"{r['program_share']:.0%} of runs",
            }
        )
    if not cases:
        return None
    most = max(_count(r["n"]) for r in run.rows)
    return list(cases.values()), {
        "noise": 0.0,
        "rows": (max(1, most // 4), most),
        "fraction": False,
        "measured": measured,
    }


def _imbalanced(run):
    """Cases from rows of two labels, one of them rare, with the target's and a constant's bits."""
    cases = {}
    for r in run.rows:
        rate, n = float(r["rate"]), _count(r["n"])
        if _count(r["k"], 2) == 2 and r["labels"] == "true" and 0 <= rate <= 0.5:
            programs = (
                ("target program", _bits(r["target_bits"]), 0.0),
                ("constant program", _bits(r["constant_bits"]), rate),
            )
            cases.setdefault(
                rate,
                Case(
                    f"{rate:g} of the labels are rare",
                    programs,
                    n=n,
                    k=2,
                    minority=rate,
                    tables="both",
                ),
            )
    most = max(_count(r["n"]) for r in run.rows)
    if not cases:
        return None
    return list(cases.values()), {
        "noise": 0.0,
        "rows": (max(1, most // 4), most),
        "fraction": False,
    }


def _decaying(run):
    """A case from rows of the stochastic search, with the program's bits and the decay."""
    if "fraction" in run.rows[0]:
        return _decaying_grid(run)
    path = [r for r in run.rows if r["row"] == "path"]
    full = [r for r in path if r["excluded_accuracy"] == 1]
    true = [r for r in path if r["restricted_accuracy"] == 1 and r["kind"] != "random labels"]
    # Accuracies are e / n. The bits of the full table are those of an empty one + n log2 k.
    n = 1
    for r in path:
        n = math.lcm(n, Fraction(r["train_accuracy"]).limit_denominator(10**5).denominator)
        if n > 10**5:
            return None
    table = max(_bits(r["table_bits"]) for r in full)
    k = round(2 ** ((table - exception_bits(n, 0, 2, outside=True)) / n))
    beta, decay = _bits(run.settings["beta"]), _bits(run.settings["decay"])
    case = Case(
        f"{run.settings['task']}, {n} training rows",
        (("true program", min(_bits(r["program_bits"]) for r in true), 0.0),),
        n=n,
        k=_count(k, 2),
        beta=beta,
    )
    measured = []
    for kind, at in (("decay", decay), ("no decay", 0.0)):
        mine = [r for r in run.rows if r["row"] == "run" and r["kind"] == kind]
        some = sum(r["generalised_at"] is not None for r in mine)
        measured.append({"decay": at, "text": f"λ = {at:g}: {some} of {len(mine)} runs generalise"})
    return [case], {"decay": decay, "measured": measured}


def _decaying_grid(run):
    rows = [r for r in run.rows if r["sweep"] == "grid" and r["program_bits"] is not None]
    named = re.fullmatch(r"mod-[a-z0-9]+:p=(\d+)", str(run.settings["task"]))
    # Labels of the modular tasks are the residues.
    k = _count(int(named[1]), 2)
    first = rows[0]
    every = round(_count(first["rows"]) / float(first["fraction"]))
    case = Case(
        str(run.settings["task"]),
        (("true program", _bits(first["program_bits"]), 0.0),),
        n=_count(first["rows"]),
        k=k,
        beta=_bits(run.settings["beta"][0]),
    )
    cells = {}
    for r in rows:
        cells.setdefault((float(r["decay"]), _count(r["rows"])), []).append(str(r["phase"]))
    measured = [
        {
            "decay": decay,
            "n": n,
            "text": f"λ = {decay:g}, {n} rows: "
            + ", ".join(
                f"{p} in {phases.count(p)} of {len(phases)} runs" for p in dict.fromkeys(phases)
            ),
        }
        for (decay, n), phases in cells.items()
    ]
    return [case], {"decay": 1.0, "rows": (every // 2, every), "measured": measured}


def _bits(value):
    """A finite number that is not negative; raises ValueError for others."""
    value = float(value)
    if not 0 <= value < 1e9:
        raise ValueError
    return value


def _count(value, least=1):
    """An integer of at least `least`; raises ValueError for others."""
    if isinstance(value, bool) or int(value) != value or not least <= value < 10**8:
        raise ValueError
    return int(value)
