"""Mutants of the engine: one token is changed, and the attack and the tests should notice.

    python bench/mutants.py [--seed N] [--count N] [--seconds N] [--out FILE] [--files TEXT]
                            [--processes N] [--near] [--survivors] [--list] [--markdown]

A seeded draw takes tokens of the engine, the bank and their kernels: comparisons, whole numbers,
bounds of slices and ranges, signs, and `min` for `max`.  Each mutant is a copy of the tree with one
token replaced.  First the tests of the mutated part run, then the attack in small, then the other
tests of the engine, until one fails.  With `--near` the first step is the only one, and
`--survivors` tries again who survived it.  A result is kept in `--out` at once, and a stopped bench
goes on from there; it holds as long as the mutated file stays as it is.
"""

import argparse
import ast
import hashlib
import io
import re
import signal
import threading
import tokenize
from collections import Counter, defaultdict
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import copies
import document
import kept

#: The files that are mutated: all that decides what is enumerated, scored, kept and claimed.  The
#: seed stages of reach are left out, because they propose programs and claim nothing.
FILES = (
    "synth/engine/*.py", "synth/engine/reach/certificates.py", "synth/engine/reach/setcover.py",
    "synth/engine/reach/found.py", "synth/kernels/errors.py", "synth/kernels/make.py",
    "synth/kernels/parts.py", "synth/kernels/store.py", "synth/kernels/targets.py",
    "synth/kernels/work.py",
)  # fmt: skip
#: The attack in small, and the files of tests.
ATTACK = ("tests/attack/test_claims.py",)
TESTS = ("engine", "driver", "threads", "counting", "search", "goal", "checkpoint", "exact",
         "reach_certificates", "reach", "reach_descents", "reach_cluster", "attack/test_known",
         "attack/test_limits", "attack/test_forged", "attack/test_stale", "attack/test_stops",
         "attack/test_signals", "languages", "machines", "loops", "rewriting", "points",
         "sequences", "large", "regression", "inner", "inversion", "cli", "edges", "estimator",
         "typing")  # fmt: skip
#: By the mutated file, the tests that are most likely to notice; `USUAL` for other files.
USUAL = "engine", "driver", "search"
NEAREST = {
    "checkpoint": ("checkpoint", "attack/test_forged", "reach"),
    "soundness": ("attack/test_forged", "checkpoint", "attack/test_stale"),
    "digests": ("attack/test_stale", "checkpoint"),
    "descents": ("reach_descents",),
    "searches": ("driver", "search", "cli"),
    "arguments": ("driver", "search", "cli"),
    "interrupts": ("attack/test_signals", "driver"),
    "machine": ("attack/test_limits", "edges", "cli"),
    "limits": ("driver", "attack/test_limits", "cli"),
    "certificates": ("reach_certificates",),
    "setcover": ("reach_certificates",),
    "found": ("reach", "reach_certificates"),
    "parts": ("threads",),
    "crew": ("threads",),
    "job": ("threads", "engine"),
    "targets": ("goal", "driver"),
    "backward": ("goal", "driver"),
    "languages": ("languages",),
    "automata": ("machines", "loops"),
    "joins": ("rewriting", "loops"),
    "rewriting": ("rewriting",),
    "transducers": ("rewriting", "machines"),
    "coding": ("loops",),
    "folding": ("loops",),
    "loops": ("loops",),
    "solving": ("loops", "machines"),
    "points": ("points",),
    "last_step": ("sequences", "goal"),
    "large": ("large",),
    "fits": ("regression", "least_squares"),
    "regression": ("regression", "least_squares"),
    "sums": ("inner", "inversion", "regression", "regression_languages"),
    "constants": ("inner", "inversion"),
    "inner": ("inner",),
    "inversion": ("inversion", "inner"),
    "pool": ("inversion", "inner"),
}

TURNED = {"<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"),
          "==": ("!=",), "!=": ("==",)}  # fmt: skip
SIGNS = {"+": "-", "-": "+", "+=": "-=", "-=": "+=", "<<": ">>", ">>": "<<"}
EXTREMES = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum"}
_OPERATORS = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.Add: "+", ast.Sub: "-", ast.LShift: "<<", ast.RShift: ">>",
}  # fmt: skip
_LEFT_OUT = ast.Raise, ast.Assert, ast.JoinedStr, ast.Import, ast.ImportFrom


class Mutant(NamedTuple):
    """A token and what replaces it.

    Parameters
    ----------
    file : str
        The file, relative to the root of the tree.
    line, column, end : int
        Where the token is: the line from 1, the columns from 0.
    before, after : str
        The token, and its replacement.
    text : str
        The line of the file, without the spaces around it.
    """

    file: str
    line: int
    column: int
    end: int
    before: str
    after: str
    text: str

    def applied(self, source):
        """The text of the file with the token replaced."""
        lines = source.splitlines(keepends=True)
        line = lines[self.line - 1]
        assert line[self.column : self.end] == self.before
        lines[self.line - 1] = line[: self.column] + self.after + line[self.end :]
        return "".join(lines)

    @property
    def module(self):
        return Path(self.file).stem

    def __str__(self):
        return f"{self.file}:{self.line}  {self.before} -> {self.after}"


class _Sites(ast.NodeVisitor):
    """Lists (line, column, end, before, replacements) of the tokens of a file."""

    def __init__(self, source):
        self.lines = source.splitlines()
        self.found = []
        self.tokens = [
            t
            for t in tokenize.generate_tokens(io.StringIO(source).readline)
            if t.type == tokenize.OP
        ]

    # -- what is not mutated: messages, annotations, decorators, what type checkers read --------

    def visit(self, node):
        if not isinstance(node, _LEFT_OUT):
            super().visit(node)

    def visit_If(self, node):
        if not (isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
            self.generic_visit(node)

    def visit_FunctionDef(self, node):
        for part in (*node.args.defaults, *node.args.kw_defaults, *node.body):
            if part is not None:
                self.visit(part)

    def visit_ClassDef(self, node):
        for part in node.body:
            self.visit(part)

    def visit_AnnAssign(self, node):
        if node.value is not None:
            self.visit(node.value)

    # -- what is --------------------------------------------------------------------------------

    def visit_Compare(self, node):
        operands = [node.left, *node.comparators]
        for left, operator, right in zip(operands, node.ops, operands[1:], strict=False):
            sign = _OPERATORS.get(type(operator))
            if sign is not None:
                self._operator(left, right, sign, TURNED[sign])
        self.generic_visit(node)

    def visit_BinOp(self, node):
        sign = _OPERATORS.get(type(node.op))
        if sign is not None and not _is_text(node.left) and not _is_text(node.right):
            self._operator(node.left, node.right, sign, (SIGNS[sign],))
        self.generic_visit(node)

    def visit_AugAssign(self, node):
        sign = _OPERATORS.get(type(node.op))
        if sign in ("+", "-"):
            self._operator(node.target, node.value, f"{sign}=", (SIGNS[f"{sign}="],))
        self.generic_visit(node)

    def visit_Call(self, node):
        name = getattr(node.func, "id", getattr(node.func, "attr", None))
        if name == "warn":
            return
        if name in EXTREMES:
            line, end = node.func.end_lineno, node.func.end_col_offset
            self._add(line, end - len(name), end, name, (EXTREMES[name],))
        if name == "range":
            for argument in node.args:
                self._bound(argument)
        self.generic_visit(node)

    def visit_Slice(self, node):
        for bound in (node.lower, node.upper):
            self._bound(bound)
        self.generic_visit(node)

    def visit_Constant(self, node):
        value, line = node.value, node.lineno
        span = line, node.col_offset, node.end_col_offset
        if isinstance(value, bool):
            self._add(*span, str(value), (str(not value),))
        elif isinstance(value, int):
            before = self.lines[line - 1][node.col_offset : node.end_col_offset]
            self._add(*span, before, [str(v) for v in (value + 1, value - 1) if v >= 0])

    def _bound(self, node):
        """A bound that is no number: one more, or one less."""
        simple = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)
        if isinstance(node, simple) and node.lineno == node.end_lineno:
            before = self.lines[node.lineno - 1][node.col_offset : node.end_col_offset]
            changed = f"{before} + 1", f"{before} - 1"
            self._add(node.lineno, node.col_offset, node.end_col_offset, before, changed)

    def _operator(self, left, right, sign, replacements):
        first, last = (left.end_lineno, left.end_col_offset), (right.lineno, right.col_offset)
        for token in self.tokens:
            if first <= token.start < last and token.string == sign:
                line, column = token.start
                self._add(line, column, column + len(sign), sign, replacements)
                return

    def _add(self, line, column, end, before, replacements):
        if self.lines[line - 1].isascii():  # where columns of bytes are columns
            self.found.append((line, column, end, before, tuple(replacements)))


def _is_text(node):
    return isinstance(node, ast.JoinedStr) or isinstance(getattr(node, "value", None), str)


def mutants(seed=0, count=50, root=copies.ROOT):
    """A seeded draw of so many mutants: those with the least hashes.

    So a change of the engine changes few of them: those of the lines that it touches.
    """
    every = []
    for pattern in FILES:
        for path in sorted(Path(root).glob(pattern)):
            every += _of_file(path.relative_to(root).as_posix(), path.read_text(), seed)
    return [mutant for _, mutant in sorted(every)[:count]]


def _of_file(name, source, seed):
    """(hash, mutant) for each token of a file."""
    sites, lines, seen = _Sites(source), source.splitlines(), Counter()
    sites.visit(ast.parse(source))
    for line, column, end, before, replacements in sorted(sites.found):
        text = lines[line - 1].strip()
        place = column - lines[line - 1].index(text)
        seen[text, place] += 1
        told = f"{seed} {name} {text} {place} {seen[text, place]}"
        found = hashlib.sha256(told.encode()).digest()
        after = replacements[found[-1] % len(replacements)]
        yield found, Mutant(name, line, column, end, before, after, text)


def steps(module=None, near=False):
    """The tests that are run for a mutant of a module, in up to three steps.

    Those of the module itself, the attack, and the other tests of the engine.  With `near` the
    first step alone.
    """
    first = NEAREST.get(module, USUAL)
    named = [_files(first), ATTACK, _files([name for name in TESTS if name not in first])]
    return named[:1] if near else named


def _files(names):
    return tuple(f"tests/{n}.py" if "/" in n else f"tests/test_{n}.py" for n in names)


class Sound:
    """The tree without a mutant: whether a test that has killed one passes there.

    Parameters
    ----------
    tree : Copies
        Where the copy is made.
    options : Namespace
        The options of the bench.

    `broken` lists the tests that fail without a mutant, and the files that cannot be read, because
    a package is missing, say.  They are left out.
    """

    def __init__(self, tree, options):
        self.tree, self.options = tree, options
        self.known, self.broken = {}, []
        self._locks = defaultdict(threading.Lock)
        tree.make([])

    def passes(self, test):
        """Whether a test or a file of tests passes, by its name as pytest writes it."""
        file = test.split("::")[0]
        if file != test and file in self._locks and self.passes(file):
            return True
        with self._locks[test]:
            if test not in self.known:
                run = ran([test], self.tree, self.options, 3600)
                self.known[test] = run.code == 0
                self.broken += [] if self.known[test] or file == test else [test]
            return self.known[test]

    def leave_out_unreadable(self):
        """Find the files of tests that cannot be imported."""
        arguments = ["-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
        run = self.tree.run([*arguments, *(name for step in steps() for name in step)], 3600)
        self.broken += re.findall(r"^ERROR (tests/\S+?\.py)\b", run.text, re.MULTILINE)


def tried(mutant, tree, sound):
    """What became of a mutant: a row of plain data."""
    source, options = (copies.ROOT / mutant.file).read_text(), sound.options
    tree.make([(mutant.file, mutant.applied(source))])
    left, by = options.seconds, None
    steps_left = steps(mutant.module, options.near)
    while steps_left and left > 0:
        # In one process, whose kernels are loaded once.
        run = ran(steps_left[0], tree, options, left, sound.broken)
        by = killer(run.text, run.code) if run.code else None
        if by is not None and "::" in by and not sound.passes(by.split(" (")[0]):
            continue  # once more without it, which does not count
        left -= run.seconds
        if run.code != 0:
            break
        del steps_left[0]
    if mutant.file.startswith("synth/kernels"):
        tree.drop_kernels()
    found = {"seconds": round(options.seconds - left, 1), "until": until(run.text)}
    whole = run.code is not None and not options.near
    return mutant._asdict() | found | {"killed_by": by, "whole": whole}


def ran(names, tree, options, seconds, without=()):
    """Run tests in the present copy until one fails."""
    names = [name for name in names if name not in without]
    arguments = ["-m", "pytest", "-x", "-vv", "-p", "no:cacheprovider", "-p", "hanging", *names]
    arguments += ["--hypothesis-seed", str(options.seed)]
    arguments += [part for name in without for part in ("--deselect", name)]
    asked = {"ATTACK_EXAMPLES": str(options.examples), "ATTACK_SEED": str(options.seed)}
    return tree.run(arguments, seconds, **asked)


def until(text):
    """The last file whose tests were begun."""
    found = re.findall(r"^(tests/\S+?)::", text, re.MULTILINE)
    return found[-1] if found else None


def killer(text, code):
    """The test that noticed, by what pytest printed, or how else the run ended."""
    found = re.findall(r"^(tests/\S+::\S+?)(?:\[.*)? (?:FAILED|ERROR)", text, re.MULTILINE)
    if found:
        return found[-1]
    last = re.findall(r"^(tests/\S+::\S+)", text, re.MULTILINE)
    if not last:
        errors = re.findall(r"^(?:E  +|\w*Error\b).*", text, re.MULTILINE)
        return ": ".join(["the import", *errors[-1:]])
    return f"{last[-1]} ({'it hangs' if code == -signal.SIGPROF else 'the process died'})"


def main(arguments=None):
    options = parse(arguments)
    drawn = mutants(options.seed, options.count)
    drawn = [mutant for mutant in drawn if options.files in mutant.file]
    if options.list:
        print("\n".join(map(str, drawn)))
        return None
    file = kept.Kept(options.out)
    with ExitStack() as every:
        sound = Sound(every.enter_context(copies.Copies()), options)
        sound.leave_out_unreadable()
        trees = [every.enter_context(copies.Copies()) for _ in range(options.processes)]
        if not options.near:
            threading.Thread(target=sound.passes, args=ATTACK, daemon=True).start()

        def row_of(mutant, tree):
            key = mutant._asdict() | {"code": _digest(mutant.file)}
            row = file.get(key)
            if row is None or (options.survivors and not row["killed_by"]):
                row = file.keep(key, tried(mutant, tree, sound))
            print(line(row), flush=True)
            return row

        rows = copies.in_copies(row_of, drawn, trees)
        if not options.near and not sound.passes(*ATTACK):
            raise SystemExit("the attack fails without a mutant: it tells nothing")
    for test in sound.broken:
        print(f"left out, since it fails without a mutant: {test}")
    killed = sum(row["killed_by"] is not None for row in rows)
    print(f"{killed} of {len(rows)} mutants killed")
    if options.markdown:
        print(markdown(rows))
    return rows


def _digest(file):
    return hashlib.sha256((copies.ROOT / file).read_bytes()).hexdigest()[:16]


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="of the draw and of the tests")
    parser.add_argument("--count", type=int, default=50, help="mutants (default: 50)")
    parser.add_argument(
        "--seconds",
        type=float,
        default=300,
        help="of processor time, at most, for each mutant (default: 300)",
    )
    parser.add_argument(
        "--examples", type=int, default=30, help="examples of each attack (default: 30)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=document.HERE / "results" / "mutants.jsonl",
        help="kept results",
    )
    parser.add_argument(
        "--processes", type=int, default=1, help="mutants tried at a time (default: 1)"
    )
    parser.add_argument("--files", default="", help="only mutants of files with this text")
    parser.add_argument("--near", action="store_true", help="run the nearest tests alone")
    parser.add_argument("--survivors", action="store_true", help="try survivors once more")
    parser.add_argument("--list", action="store_true", help="list the mutants and try none")
    parser.add_argument("--markdown", action="store_true", help="print a table as Markdown too")
    return parser.parse_args(arguments)


def line(row):
    """A row of the printed table."""
    place = f"{row['file'].removeprefix('synth/')}:{row['line']}"
    change = f"{row['before']} -> {row['after']}"
    return f"{place:32} {change:24} {row['seconds']:5.0f} s  {fate(row)}"


def fate(row):
    """What became of a mutant, as a text."""
    if row["killed_by"]:
        return row["killed_by"].removeprefix("tests/")
    return "survived" if row["whole"] else f"survived until {row['until']}"


def markdown(rows):
    """A table of what killed which mutant."""
    made = [
        [
            f"{row['file'].removeprefix('synth/')}:{row['line']}",
            f"`{row['before']}` → `{row['after']}`",
            fate(row),
            f"{row['seconds']:.0f}",
        ]
        for row in rows
    ]
    return document.markdown(["where", "mutant", "killed by", "seconds"], made)


if __name__ == "__main__":
    main()
