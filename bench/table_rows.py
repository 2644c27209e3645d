"""How `tables.py` sums its rows, and shows them."""

import statistics
from dataclasses import dataclass
from typing import Any

import document

#: The learners whose accuracy is shown.
LEARNERS = ("ours", "tree", "RIPPER", "majority")
#: The share of tables on which ours is to be no worse than the tree.
ASKED = 0.8


@dataclass(frozen=True)
class View:
    """How the rows of one mode are summed and shown."""

    head: str
    summed: Any
    line: Any
    summary: Any
    markdown: Any


def summed(table, splits):
    """One row of the table: what all splits of a table say."""
    row = {"table": table.name, "rows": len(table.rows), "classes": len(set(table.labels))}
    row["splits"] = splits
    for name in LEARNERS:
        row[name] = mean(s[name].get("accuracy") for s in splits if name in s)
        row[f"{name} seconds"] = mean(s[name].get("seconds") for s in splits if name in s)
    row["difference"], row["error"] = paired(splits, "ours", "tree")
    row["no worse"] = row["difference"] >= -row["error"]
    # Priced splits only, so that the means of bits are of the same rows.
    priced = [s for s in splits if "bits of tree" in s and "total" in s["ours"]]
    row["table bits"] = mean(s["ours"]["table"] for s in priced)
    row["ours bits"] = mean(s["ours"]["total"] for s in priced)
    for name in ("tree", "RIPPER"):
        row[f"{name} bits"] = mean(s.get(f"bits of {name}", {}).get("total") for s in priced)
    row["predictable"] = any(
        difference > error
        for difference, error in (paired(splits, one, "majority") for one in ("ours", "tree"))
    )
    row["errors"] = sorted({s["ours"]["error"] for s in splits if "error" in s["ours"]})
    return row


def paired(splits, one, other):
    """(mean, standard error) of the differences of accuracies; one split has the error 0."""
    each = [s[one]["accuracy"] - s[other]["accuracy"] for s in splits]
    error = statistics.stdev(each) / len(each) ** 0.5 if len(each) > 1 else 0.0
    return statistics.fmean(each), error


def mean(values):
    """The mean of what is there, None if nothing is."""
    there = [value for value in values if value is not None]
    return statistics.fmean(there) if there else None


HEAD = (
    f"{'table':26}{'rows':>5}{'k':>3}{'most':>6}{'ours':>6}{'tree':>6}{'RIPP':>6}"
    f"{'ours-tree':>13}{'bits':>6}{'tree':>6}{'RIPP':>6}{'table':>6}{'sec':>5}"
)


def line(row):
    difference = f"{row['difference']:+.3f}±{row['error']:.3f}"
    accuracies = "".join(shown(row[n], 6, 3) for n in ("majority", "ours", "tree", "RIPPER"))
    bits = "".join(shown(row[f"{n} bits"], 6, 0) for n in ("ours", "tree", "RIPPER"))
    word = "" if row["no worse"] else "  worse"
    word += "".join(f"  {error}" for error in row["errors"])
    return (
        f"{row['table']:26}{row['rows']:5}{row['classes']:3}{accuracies}{difference:>13}{bits}"
        f"{shown(row['table bits'], 6, 0)}{shown(row['ours seconds'], 5, 1)}{word}"
    )


def shown(value, width, digits):
    """A number, or "-" for none."""
    return f"{'-' if value is None else f'{value:.{digits}f}':>{width}}"


def summary(rows):
    """What all rows say together."""
    lines = [f"{counted(rows)}; asked: {ASKED:.0%}"]
    some = [row for row in rows if row["predictable"]]
    if some:
        lines.append(f"where the tree or ours beats the most frequent label: {counted(some)}")
    # RIPPER may be absent, or late: the means are of tables on which all have answered.
    names = [name for name in LEARNERS if any(row[name] is not None for row in rows)]
    whole = [row for row in rows if all(row[name] is not None for name in names)]
    accuracies = ", ".join(f"{n} {text(mean(r[n] for r in whole), 3)}" for n in names)
    lines.append(f"mean accuracy on {len(whole)} tables: {accuracies}")
    there = [row for row in rows if row["ours bits"] is not None and row["tree bits"] is not None]
    if there:
        fewer = sum(row["ours bits"] < row["tree bits"] for row in there)
        sums = (text(sum(r[f"{n} bits"] for r in there), 0) for n in ("ours", "tree"))
        lines.append(
            "total bits: ours {}, tree {} on {} tables; ours has fewer on {}".format(
                *sums, len(there), fewer
            )
        )
    seconds = ", ".join(
        f"{n} {text(mean(r[f'{n} seconds'] for r in rows), 2)}" for n in LEARNERS[:3]
    )
    lines.append(f"mean seconds of a fit: {seconds}")
    return "\n".join(lines)


def counted(rows):
    good = sum(row["no worse"] for row in rows)
    return f"ours is no worse than the tree on {good} of {len(rows)} ({good / len(rows):.0%})"


def text(value, digits):
    return "-" if value is None else f"{value:,.{digits}f}"


def markdown(rows):
    names = ("table", "rows", "classes", "most frequent", "ours", "tree", "RIPPER", "ours - tree")
    names += ("bits: ours", "tree", "RIPPER", "table", "seconds: ours", "tree", "RIPPER")
    cells = [
        (
            row["table"],
            str(row["rows"]),
            str(row["classes"]),
            *(text(row[name], 3) for name in ("majority", "ours", "tree", "RIPPER")),
            f"{row['difference']:+.3f} ± {row['error']:.3f}",
            *(text(row[f"{name} bits"], 0) for name in ("ours", "tree", "RIPPER", "table")),
            *(text(row[f"{name} seconds"], 1) for name in ("ours", "tree", "RIPPER")),
        )
        for row in rows
    ]
    return document.markdown(names, cells)


def permuted_summed(table, twins):
    """One row: how many picks for permuted labels read inputs."""
    bounds = [each["log2_chance_bound"] for each in twins if "error" not in each]
    read = [each for each in twins if each["reads"]]
    return {
        "table": table.name,
        "rows": len(table.rows),
        "twins": len(twins),
        "reads": len(read),
        "log2_chance_bound": min(bounds, default=None),
        "margin": max((each["table"] - each["total"] for each in read), default=None),
        "errors": sorted({each["error"] for each in twins if "error" in each}),
    }


PERMUTED_HEAD = f"{'permutations of':26}{'rows':>5}{'reads inputs':>15}{'bound':>9}{'margin':>9}"


def permuted_line(row):
    """A row; the margin is the most bits by which a pick that reads inputs beats the table."""
    return (
        f"{row['table']:26}{row['rows']:5}{reads_text(row):>15}"
        f"{shown(row['log2_chance_bound'], 9, 1)}{shown(row['margin'], 9, 1)}"
        + "".join(f"  {error}" for error in row["errors"])
    )


def reads_text(row):
    return f"{row['reads']} of {row['twins']}"


def permuted_summary(rows):
    reads, twins = (sum(row[key] for row in rows) for key in ("reads", "twins"))
    # Asked: at most 1 of 200 of each table.
    over = [row["table"] for row in rows if row["reads"] > max(1, row["twins"] // 200)]
    bounds = [row["log2_chance_bound"] for row in rows if row["log2_chance_bound"] is not None]
    least = min(bounds, default=0.0)
    return (
        f"a pick reads inputs in {reads} of {twins} permutations; least chance bound "
        f"2^{least:.1f}; in more than 1 of 200 of: {names_text(over) or 'none'}"
    )


def permuted_markdown(rows):
    cells = [
        (
            row["table"],
            str(row["rows"]),
            reads_text(row),
            "-" if row["log2_chance_bound"] is None else f"2^{row['log2_chance_bound']:.1f}",
            text(row["margin"], 1),
        )
        for row in rows
    ]
    names = ("permutations of", "rows", "reads inputs", "least chance bound", "most bits saved")
    return document.markdown(names, cells)


def read_text(row):
    """What came of reading a file."""
    name = f"{row['file']}, label {row['label'] or '(last)'}"
    if "error" in row:
        return f"refused   {name}\n          {row['error']}"
    labels = ", ".join(row["labels"][:4]) + (", ..." if len(row["labels"]) > 4 else "")
    lines = [f"accepted  {name}: {row['rows']} rows, {len(row['inputs'])} inputs; labels {labels}"]
    return "\n".join(lines + [f"          {note}" for note in row["notes"]])


def names_text(names, most=12):
    """Some names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


SPLITS = View(HEAD, summed, line, summary, markdown)
PERMUTED = View(PERMUTED_HEAD, permuted_summed, permuted_line, permuted_summary, permuted_markdown)
