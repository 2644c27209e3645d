"""The commands `synth complexity` and `synth atlas`: what a boolean function costs at least."""

import textwrap
from functools import partial

import click

from synth.cli.help import Grouped
from synth.cli.options import complete_dsls
from synth.cli.output import emit, formatted, say
from synth.cli.progress import Progress
from synth.errors import SettingError

#: The bases whose operators are counted.
_BASES = ("and-or", "and-or-xor")


@click.command(cls=Grouped)
@click.argument("function", metavar="FUNCTION")
@click.option(
    "--dsl",
    help="A boolean DSL whose bits are counted, for up to 4 inputs.  [default: boolean]",
    shell_complete=complete_dsls,
)
@click.option(
    "--atlas",
    "atlases",
    multiple=True,
    type=click.Path(),
    help="A file of `synth atlas` with the programs of 5 inputs; repeatable.",
)
@formatted
def complexity(function, dsl, atlases, form):
    """Say how complex a boolean function of up to 5 inputs is, exactly.

    FUNCTION is a truth table, a formula, a built-in task, or a CSV file with all rows. A truth
    table is a number such as 0x96 or 0b10010110, with one bit for each row: the last bit is that of
    the first row, on which all inputs are false; the first input changes fastest. A formula
    is written like "x0 & (x1 | ~x2)".

    The answer is the least number of operators over and and or, and with exclusive or, where
    negation is free; and for up to 4 inputs, the least bits in a DSL. It comes with a shortest
    program, and with the number of functions that are as simple. The class of the function is all
    that permutations and negations of its inputs, and negation of its value, turn it into.
    """
    document = _asked(function, dsl, [_loaded(path) for path in atlases])
    emit(
        form,
        text=partial(_text, document),
        document=lambda: document,
        rows=lambda: document["least"],
    )


def _loaded(path):
    """The `Atlas` in a file."""
    from synth.atlas import Atlas, load_atlas

    loaded = load_atlas(path)
    if not isinstance(loaded, Atlas):
        raise SettingError(f"--atlas {path}: it counts bits; allowed: a file of `synth atlas`")
    return loaded


def _asked(text, dsl, atlases):
    """The document of a function."""
    from synth.atlas import known_atlas, truth_table

    found = truth_table(text)
    if found is not None:
        number, inputs = found
        columns = names = tuple(f"x{i}" for i in range(inputs))
    else:
        from synth.language import Bool, Input, Program
        from synth.tasks import boolean_function

        number, columns = boolean_function(text)
        inputs = len(columns)
        names = tuple(Program(Input(name, Bool)).text for name in columns)
    given = {atlas.basis: atlas for atlas in atlases if atlas.inputs == inputs}
    for atlas in atlases:
        if atlas.inputs != inputs:
            raise SettingError(f"--atlas: it is for {atlas.inputs} inputs; {text} has {inputs}")
    found = {basis: given.get(basis) or known_atlas(basis, inputs) for basis in _BASES}
    answers = [(basis, atlas.answer(number, names)) for basis, atlas in found.items()]
    least = [
        {
            "basis": basis,
            "unit": "operators",
            "least": answer.operators,
            "as_simple": answer.as_simple,
            "program": answer.program,
        }
        for basis, answer in answers
    ]
    if inputs <= 4:
        least.append(_bits(number, names, dsl or "boolean"))
    elif dsl is not None:
        raise SettingError(f"--dsl: {text} has {inputs} inputs; allowed: up to 4, or no --dsl")
    first = answers[0][1]
    digits = max(1, 2**inputs // 4)
    return {
        "function": f"{number:#0{digits + 2}x}",
        "inputs": list(columns),
        "functions": 2**2**inputs,
        "class": {"smallest": f"{first.smallest:#0{digits + 2}x}", "functions": first.size},
        "least": least,
    }


def _bits(number, names, dsl):
    """The least bits of a function in a DSL."""
    from synth.atlas import known_atlas

    full = dsl if ":" in dsl else f"{dsl}:and-or-xor-not"
    atlas = known_atlas(full.replace("basis=", ""), len(names))
    if atlas is None:
        from synth.exact import make_bits_atlas

        atlas = make_bits_atlas(len(names), dsl)
    answer = atlas.answer(number, names)
    return {
        "basis": atlas.dsl,
        "unit": "bits",
        "least": answer.bits,
        "as_simple": answer.as_simple,
        "program": answer.program,
    }


def _text(document):
    """The document as text."""
    from synth.report import terminal_width

    inputs, smallest = document["inputs"], document["class"]["smallest"]
    lines = [
        f"{document['function']}, a function of {', '.join(inputs)}",
        f"class {smallest}: {document['class']['functions']:,} functions that differ in the order "
        "and negation of inputs and in negation of the value",
    ]
    for least in document["least"]:
        if least["least"] is None:
            lines.append(f"{least['basis']}: no program computes it")
            continue
        count = f"{least['least']:.6g}" if least["unit"] == "bits" else str(least["least"])
        unit = least["unit"].removesuffix("s" * (count == "1"))
        lines.append(
            f"{least['basis']}: {count} {unit} at least; {least['as_simple']:,} of "
            f"{document['functions']:,} functions need no more"
        )
        if least["program"] is not None:
            lines.append(f"  {least['program']}")
    if any(least["program"] is None and least["least"] is not None for least in document["least"]):
        lines.append("`synth atlas FILE` makes a file with shortest programs, for --atlas FILE")
    width = terminal_width()
    return "\n".join(
        textwrap.fill(line, width, subsequent_indent="  ", break_on_hyphens=False)
        if not line.startswith("  ")
        else line  # a program, which stays in one piece
        for line in lines
    )


@click.command(cls=Grouped)
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False))
@click.option("--inputs", type=click.IntRange(1, 5), default=5, show_default=True)
@click.option(
    "--basis",
    type=click.Choice(_BASES),
    default="and-or-xor",
    show_default=True,
    help="The operators that are counted; negation is free.",
)
@click.option(
    "--checkpoint",
    type=click.Path(dir_okay=False),
    help="File in which finished levels are saved, so that you can resume.",
)
@formatted
def atlas(file, inputs, basis, checkpoint, form):
    """Find the least number of operators of every boolean function, and write it to FILE.

    The file is for `synth complexity --atlas FILE`. With 5 inputs, this takes minutes and 2.3 GB
    of memory. The table that is printed has, for each number of operators, how many classes and
    how many functions need it.
    """
    from synth.atlas import save_atlas
    from synth.exact import make_atlas
    from synth.files import check_writable

    check_writable("FILE", file)
    if checkpoint is not None:
        check_writable("--checkpoint", checkpoint)
    with Progress() as progress:
        found = make_atlas(
            inputs, basis, checkpoint=checkpoint, progress=progress and progress.show
        )
    save_atlas(found, file)
    rows = [dict(zip(("operators", "classes", "functions"), r, strict=True)) for r in found.levels]
    emit(
        form,
        text=lambda: _levels_text(rows),
        document=lambda: {"file": file, "inputs": inputs, "basis": basis, "levels": rows},
        rows=lambda: rows,
    )
    say(f"synth: wrote {file}")


def _levels_text(rows):
    """The table of levels."""
    lines = [tuple(rows[0]), *(tuple(f"{value:,}" for value in row.values()) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True))
        for line in lines
    )
