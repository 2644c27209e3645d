"""What `library` asks of workers: the search of one task, and one lesson of library learning."""

from dataclasses import replace

from synth.language import UNIT
from synth.library import Solved, family, learn, saved, total_units
from synth.runs.items import Item, search_item


def library_of(one, definitions):
    """The library of a `Family` with these abstractions; without any, its DSL itself."""
    task = next(iter(one.tasks.values()))
    return saved.make(one.dsl, definitions, (*task.types.values(), task.label_type))


def search_task(item):
    """The answer of one search: the best program, the one with the fewest exceptions, the table."""
    (name, seed, base), task, permutation, definitions, budget = item
    one = family(name, seed, base)
    chosen = {**one.tasks, **one.held_out}[task]
    if permutation is not None:  # each task has its own permutation
        chosen = chosen.permuted(permutation + list(one.tasks).index(task))
    limits = {"max_programs": budget, "moves": 0, "seconds": None}
    found = search_item(Item(chosen, library_of(one, definitions).dsl, top=1, limits=limits))
    program, fewest = found["program"], found["front"][-1]
    return {
        "text": program["written"] or program["text"],
        "bits": program["bits"],
        "exceptions": program["exceptions"],
        "total": program["total_bits"],
        "test": program["test_accuracy"],
        "table": found["table"]["bits"],
        "table_test": found["table"]["test_accuracy"],
        "candidates": found["candidates"],
        "stop": found["stop_reason"],
        "fewest": {
            "text": fewest["written"] or fewest["text"],
            **{key: fewest[key] for key in ("bits", "total_bits")},
        },
    }


def learn_library(item):
    """The answer of one lesson: the library, its steps, and every task's program in it.

    If `fewest` is asked, it learns from the programs with the fewest exceptions, without tables.
    """
    (name, seed, base), fewest, definitions, now, holes = item
    one = family(name, seed, base)
    library, corpus = library_of(one, definitions), []
    for task, found in now.items():
        text, bits, total, table = (found[k] for k in ("text", "bits", "total", "table"))
        if fewest:
            text, bits, total = (found["fewest"][k] for k in ("text", "bits", "total_bits"))
        solved = Solved.from_bits(one.tasks[task], library.dsl, text, bits, total, table)
        corpus.append(replace(solved, table=None) if fewest else solved)
    before = total_units(library, corpus) / UNIT
    found = learn(library, corpus, most_holes=holes)
    tasks = {}
    for task, solved in zip(now, found.corpus, strict=True):
        units = solved.units(found.library.dsl)
        total = (units + solved.rest) / UNIT
        tasks[task] = {"text": solved.program.text, "bits": units / UNIT, "total": total}
    return {
        "definitions": saved.definitions(found.library),
        "library_bits": found.library.bits,
        "steps": [[s.kind, s.text, s.before, s.after] for s in found.steps],
        "before": before,
        "after": found.bits,
        "tasks": tasks,
    }
