"""The score of a program that people bring: what a search would say of it."""

import os
from typing import Any

import numpy as np

from synth.errors import TaskError, UndefinedError
from synth.language import DSL, Program
from synth.tasks import Rule, Task, fit


def scored(
    task: Task,
    text: str,
    dsl: DSL | str | os.PathLike[str] | None = None,
    language_bits: float = 0.0,
) -> dict[str, Any]:
    """Score a program on a task.

    Parameters
    ----------
    task : Task
        The task.
    text : str
        The program.
    dsl : DSL, str or path, optional
        As `synth.search` takes it; by default the built-in one that fits the task.
    language_bits : float
        What it costs to name the language, if a search had several.

    Returns
    -------
    dict
        "text", "rule" (in words, None if the text says it), "bits", "exceptions", "inverted",
        "total_bits", "table_bits", "saved_bits", "log2_chance_bound" (of permuted labels),
        "train_accuracy", "test_accuracy" (None without held-out rows), "rows" and "branches".

    Raises
    ------
    TaskError
        If the task is a sequence.
    ParseError
        If the text stands for no program of the DSL.
    UndefinedError
        If the program has no value on some row.
    """
    if task.sequence is not None:
        raise TaskError(
            f"task {task.name} is a sequence, whose programs are not scored alone; `synth search` "
            "finds its law"
        )
    fitted = fit(dsl, task)
    program, task = Program.parse(text, fitted.grammar, fitted.root), fitted.task
    values, defined = program.outputs(task.columns)
    if not defined.all():
        raise UndefinedError(
            f"{text!r} has no value on {(~defined).sum()} of {task.rows} rows; allowed: a program "
            "with a value on every row"
        )
    n, k, root = task.training, len(task.alphabet), fitted.root
    said, truth = root.coarse(values), root.coarse(task.labels.astype(root.dtype))
    same = (said == truth) & ~task.unknown
    wrong = int((~same[task.train]).sum())
    outside = root.size > k
    inverted = k == 2 and not outside and 2 * wrong > n
    wrong = n - wrong if inverted else wrong
    right = ((said == truth) != inverted) & ~(task.unseen if inverted else task.unknown)
    bits = program.bits(fitted.grammar)
    from synth import codes  # a saved run is verified without them

    total = codes.program_total(bits + language_bits, n, wrong, k, outside)
    table = codes.table_bits(task.counts())
    rule = Rule(program, task, inverted)
    return {
        "text": program.text,
        "rule": rule.text,
        "bits": bits,
        "exceptions": wrong,
        "inverted": inverted,
        "total_bits": total,
        "table_bits": table[0],
        "saved_bits": table[0] - total,
        "log2_chance_bound": codes.log2_chance_bound(task.counts(), min(total, table[0])),
        "train_accuracy": 1 - wrong / n,
        "test_accuracy": None if task.train.all() else float(np.mean(right[~task.train])),
        "rows": {"train": n, "test": task.rows - n},
        "branches": rule.branches(),
    }
