"""Tasks, DSLs and grammars as HTML tables for notebooks; every text in them is escaped."""

from synth.errors import visible
from synth.report.notebook import pairs_html, table_html

#: How much of a task is shown.
MOST_ROWS, MOST_COLUMNS = 8, 12


def task_html(task):
    """A task as HTML: what is predicted from what, and its first rows."""
    values = [task.label_text(value) for value in task.alphabet[: MOST_COLUMNS + 1]]
    pairs = {
        "task": task.name,
        "predicted": f"{task.label}: {_some(values)}",
        "rows": f"{task.training:,} training, {task.rows - task.training:,} held out",
        "inputs": _some([f"{name} {task.types[name]}" for name in task.columns]),
    }
    if task.labelling != "true":
        pairs["labels"] = task.labelling
    names = list(task.columns)[:MOST_COLUMNS]
    more = len(task.columns) - len(names)
    head = [*names, *[f"{more} more"] * bool(more), task.label, "row"]
    rows = [
        (
            *(task.types[name].format(task.columns[name][k]) for name in names),
            *["..."] * bool(more),
            "?" if task.unknown[k] else task.label_text(task.labels[k]),
            "training" if task.train[k] else "held out",
        )
        for k in range(min(MOST_ROWS, task.rows))
    ]
    left = task.rows - len(rows)
    below = f"<p>and {left:,} more rows</p>" if left else ""
    return _pairs(pairs) + _table(head, rows) + below


def dsl_html(dsl):
    """A DSL as HTML: its primitives and constants."""
    pairs = {"DSL": dsl.name, "description": dsl.description, "types": _some(map(str, dsl.types))}
    rows = [(p.symbol or p.name, p.name, p.signature, f"{p.weight}") for p in dsl.primitives]
    rows += [(c.name, "constant", str(c.type), f"{c.weight}") for c in dsl.constants]
    return _pairs(pairs) + _table(("written", "name", "signature", "weight"), rows)


def grammar_html(grammar):
    """A grammar as HTML: every production with its bits."""
    inputs = _some([f"{each.name} {each.type}" for each in grammar.inputs])
    pairs = {"grammar of": grammar.dsl.name, "inputs": inputs}
    rows = []
    for type_, group in grammar.productions.items():
        for production in group:
            item, chance = production.item, production.probability
            needs = ", ".join(map(str, item.arguments))
            name = getattr(item, "symbol", None) or item.name
            odds = "-" if chance is None else f"{float(chance):.4g}"
            rows.append((str(type_), name, needs, odds, f"{production.bits:.2f}"))
    return _pairs(pairs) + _table(("type", "production", "of", "probability", "bits"), rows)


def _some(names):
    """The first of some names as a list."""
    names = list(names)
    more = [f"... ({len(names)} in all)"] if len(names) > MOST_COLUMNS else []
    return ", ".join(names[:MOST_COLUMNS] + more)


def _pairs(pairs):
    return pairs_html([(name, (visible(str(value)),)) for name, value in pairs.items() if value])


def _table(head, rows):
    shown = [tuple(visible(str(value)) for value in row) for row in rows]
    return table_html([visible(name) for name in head], shown)
