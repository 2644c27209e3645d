"""Digests of what a search is of: the data, and the DSL by what its primitives compute."""

import hashlib

import numpy as np

from synth.language import sample_block


def digest(*parts):
    """A short digest of values that differ in their bytes or their `repr`."""
    found = hashlib.sha256()
    for part in parts:
        found.update(part if isinstance(part, bytes) else repr(part).encode())
        found.update(b"\0")
    return found.hexdigest()[:16]


def digest_of_rules(rules, columns):
    """A short digest of a grammar's rules by what they compute.

    Productions and costs; of constants their values; of primitives their tables, or else their
    answers for fixed arguments and for values of the columns.  Source code is no part of it: a
    body may depend on globals, helpers or files, and may be written anew without a change.
    """
    parts = []
    for rule in rules:
        parts += [*_names(rule.item), rule.production.cost]
        if rule.table is not None:
            parts.append(np.ascontiguousarray(rule.table).tobytes())
        elif rule.item.arguments:
            parts += _answers(rule.item, columns)
    return digest(*parts)


def digest_of_dsl(dsl):
    """A short digest of a `DSL` by what its primitives compute for fixed arguments."""
    parts = [dsl.leaf_probability]
    for item in (*dsl.primitives, *dsl.constants):
        parts += [*_names(item), getattr(item, "weight", None)]
        parts += _answers(item, {}) if item.arguments else []
    return digest(*parts)


def about_search(engine, training, *, top, limits, among):
    """What a search must share with its checkpoint and its workers, as plain values by name.

    engine: the `Enumerator`; training: the labellings (L, n); top: how many hypotheses are
    listed; limits: the `Limits` that were asked for; among: how many languages are searched.
    """
    return {
        "dsl": digest_of_rules(engine.rules, engine.columns),
        "task": digest_of_columns(engine.columns, training),
        "rows": [engine.rows, training.shape[1]],
        "top": top,
        "max_bits": limits.max_bits,
        "memory": limits.memory,
        "among": among,
    }


def _names(item):
    """What tells a primitive or a leaf from others, beside what it computes."""
    arguments = [str(a) for a in item.arguments]
    return item.name, arguments, str(item.result), getattr(item, "value", None)


def _answers(item, columns):
    """The answers of a primitive for fixed arguments, and for values of columns, as bytes."""
    for values in _sample_arguments(item, columns):
        answers, defined = item.evaluate(*values)
        defined = np.ones(answers.shape, bool) if defined is None else defined
        yield from (defined.tobytes(), answers[defined].tobytes())


def _sample_arguments(item, columns):
    """Arguments of a primitive: fixed ones of the types, and values of the columns."""
    generator = np.random.default_rng(0)
    yield [sample_block(type_, generator) for type_ in item.arguments]
    own = []
    for type_ in item.arguments:
        pool = [sample_block(type_, generator)]
        for column in columns.values():
            if column.dtype == type_.dtype:
                exact = not type_.inexact
                legal = (column >= type_.low) & (column <= type_.high) if exact else slice(None)
                pool.append(column[legal])
        own.append(generator.choice(np.concatenate(pool), 256))
    yield own


def digest_of_columns(columns, labels):
    """A short digest of the data of a search."""
    parts = [part for name, column in columns.items() for part in (name, column.tobytes())]
    return digest(*parts, *(values.tobytes() for values in labels))
