"""What all benches write: a JSON document with date, version and machine, and Markdown tables."""

import argparse
import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import synth

HERE = Path(__file__).resolve().parent


def parser(description, name):
    """A parser for a bench's options, with `--json`.

    description is the docstring of the bench, and name is the name of its file.
    """
    made = argparse.ArgumentParser(description=description.splitlines()[0])
    made.add_argument("--json", type=Path, default=HERE / "results" / f"{name}.json")
    return made


def write(path, **content):
    """Write the measurements with the date, the version, the commit and the machine."""
    document = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": synth.__version__,
        "commit": commit(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {cpu_name()}",
        "python": platform.python_version(),
        **content,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n")
    print(f"written to {path}")
    return document


def commit():
    """The short hash of the measured commit, or None outside a checkout."""
    try:
        run = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=HERE
        )
    except OSError:
        return None
    return run.stdout.strip() or None


def cpu_name():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def markdown(head, rows):
    """A Markdown table of texts; every row is as long as the head."""
    lines = [head, ["---"] * len(head)]
    lines += [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def number(value):
    """A number with three significant digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def ratio_text(row):
    """The median ratio of a row and its range, or the bound alone if the ratio is a bound."""
    if "ratio" not in row:
        return ""
    if row.get("bound"):
        return f"> {number(row['ratio'])}"
    return f"{number(row['ratio'])} ({number(row['least'])} to {number(row['most'])})"
