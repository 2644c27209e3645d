"""Compare abstractions with those of Stitch: what they are, what they save, how long they take.

    python bench/library.py [--repeats N] [--timeout S] [--only CORPUS] [--json FILE]
                            [--markdown] [--install] [--folder PATH]

Stitch (stitch_core, Rust) runs with one thread in its own environment under `--folder`, which
`--install` makes.  Without it, only our side is measured.  Both sides get the same programs and may
use three holes.  Inputs are not part of patterns; for Stitch, they are free variables.  The seconds
are those of learning, without imports.

The two sides optimise different things.  Stitch minimises the size of programs and bodies in nodes.
synth minimises the total bits of library and programs under the enlarged grammar.  Each answer is
therefore measured in both ways, here and by the same code.  First its programs are expanded and
checked to be the given ones.
"""

import random
import statistics
import time
from dataclasses import dataclass
from itertools import combinations

import document
import environments
from document import number, ratio_text
from environments import Peer

import synth
from synth.language.grammar import UNIT, Grammar
from synth.language.primitive import Input
from synth.language.program import Program
from synth.language.types import Bool, Int
from synth.library.abstraction import Abstraction, Library, inlined, ordered
from synth.library.corpus import Solved
from synth.library.learning import learn, total_units

STITCH = Peer("Stitch", "stitch", "stitch_core", "import stitch_core", "stitch_library")
MOST_HOLES = 3

#: The number of abstractions of a library that are printed.
SHOWN = 4


@dataclass(frozen=True)
class Corpus:
    """Programs as texts, in a DSL over inputs (names to types)."""

    name: str
    what: str
    dsl: str
    inputs: dict
    texts: tuple

    def programs(self):
        grammar = Grammar(self.base(), self.inputs)
        return [Program.parse(one, grammar) for one in self.texts]

    def base(self):
        return synth.load_dsl(self.dsl, tuple(self.inputs.values()))


def xor(a, b):
    return f"({a} | {b}) & ~({a} & {b})"


def xors():
    inputs = {f"x{k}": Bool for k in range(8)}
    texts = [xor(a, b) for a, b in combinations(inputs, 2)]
    return Corpus("xor", "xor of every two of 8 inputs", AND_OR_NOT, inputs, tuple(texts))


def turned():
    """The corpus with the arguments of commutative primitives in random order."""
    straight = xors()
    chance = random.Random(0)
    texts = []
    for program in straight.programs():
        made = {}
        for node in program.parts():
            arguments = [made[a] for a in node.arguments]
            chance.shuffle(arguments)  # all primitives are commutative or have one argument
            made[node] = Program(node.head, arguments)
        texts.append(made[program].text)
    what = "the same, each & and | in an order by chance"
    return Corpus("xor-turned", what, AND_OR_NOT, straight.inputs, tuple(texts))


def ripple(places=4):
    """Sum and carry at each place of a ripple, and of one full adder at each place."""
    names = [f"{n}{k}" for k in range(places) for n in "ab"]
    texts, carry = [], "c"
    for k in range(places):
        a, b = f"a{k}", f"b{k}"
        texts += [f"{a} ^ ({b} ^ c)", f"({a} | {b}) & ({a} & {b} | c)"]
        texts += [f"{a} ^ ({b} ^ ({carry}))", f"({a} | {b}) & ({a} & {b} | ({carry}))"]
        carry = texts[-1]
    inputs = dict.fromkeys([*names, "c"], Bool)
    return Corpus("ripple", "a ripple of 4 full adders", "boolean", inputs, tuple(texts))


def digits():
    inputs = dict.fromkeys(("a0", "b0", "a1", "b1"), Int(0, 4))
    pairs = list(combinations(inputs, 2))
    texts = [f"({a} + {b}) % 5" for a, b in pairs]
    texts += [f"where({a} + {b} < 5, 0, 1)" for a, b in pairs]
    texts += ["(a1 + b1 + where(a0 + b0 < 5, 0, 1)) % 5"]
    texts += ["where(a1 + b1 + where(a0 + b0 < 5, 0, 1) < 5, 0, 1)"]
    dsl = "integer:low=0,high=10,constants=0/1/5"
    return Corpus("digits", "digits and carries in base 5", dsl, inputs, tuple(texts))


def drawn(count=60, leaves=10):
    """Random programs that use three functions of two or three arguments as primitives."""
    chance = random.Random(1)
    inputs = {f"x{k}": Bool for k in range(8)}
    plain = (2, "{} & {}"), (2, "{} | {}")
    hidden = (
        (2, xor("{0}", "{1}")),
        (3, "{0} & {1} | {2} & ({0} | {1})"),
        (3, "{0} & {1} | ~{0} & {2}"),
    )

    def grown(size):
        if size == 1:
            return chance.choice([*inputs])
        if chance.random() < 0.2:
            return f"~({grown(size)})"
        arity, form = chance.choice(hidden)
        if chance.random() < 0.6 or size < arity:
            arity, form = chance.choice(plain)
        cuts = sorted(chance.sample(range(1, size), arity - 1))
        sizes = [high - low for low, high in zip([0, *cuts], [*cuts, size], strict=True)]
        return form.format(*(f"({grown(part)})" for part in sizes))

    texts = tuple(grown(chance.randint(2, leaves)) for _ in range(count))
    what = "60 programs by chance with three hidden functions"
    return Corpus("drawn", what, AND_OR_NOT, inputs, texts)


AND_OR_NOT = "boolean:basis=and-or-not"


def all_corpora():
    return [xors(), turned(), ripple(), digits(), drawn()]


def main(arguments=None):
    options = parse(arguments)
    if options.install:
        environments.install([STITCH], options.folder)
    python = environments.find_python(STITCH, options.folder)
    if python is None:
        print("Stitch: skipped, not found; try --install")
    rows = []
    for corpus in all_corpora():
        if not options.only or corpus.name in options.only:
            for row in measured(corpus, python, options):
                rows.append(row)
                print(line(row), flush=True)
    if options.markdown:
        print(markdown(rows))
    settings = {"repeats": options.repeats, "timeout": options.timeout}
    return document.write(options.json, settings=settings, rows=rows)


def parse(arguments):
    parser = environments.parser(__doc__, "library", "of a run", "CORPUS")
    return environments.parse(parser, arguments, [corpus.name for corpus in all_corpora()])


def measured(corpus, python, options):
    """Rows for the corpus without a library, for our library, and for Stitch's if it is there."""
    programs = corpus.programs()
    solved = [Solved(corpus.inputs, program) for program in programs]
    bare = Library(corpus.base())
    job = {
        "inputs": list(corpus.inputs),
        "programs": [nested(program) for program in programs],
        "most_holes": MOST_HOLES,
        "timeout": options.timeout,
    }
    ours, theirs = [], []
    for _ in range(options.repeats):
        begin = time.perf_counter()
        found = learn(bare, solved, most_holes=MOST_HOLES)
        ours.append(time.perf_counter() - begin)
        if python is not None and not any("seconds" not in run for run in theirs):
            theirs.append(environments.answered(STITCH, python, job))
    row = {"corpus": corpus.name, "what": corpus.what}
    yield row | {"by": "no library"} | judged(bare, programs, programs)
    learnt = [one.program for one in found.corpus]
    yield (
        row
        | {"by": "synth", "seconds": statistics.median(ours)}
        | judged(found.library, learnt, programs)
    )
    if python is None:
        return
    row |= {"by": STITCH.name}
    word = next(
        (r.get("skip") or r.get("failed") or "out of time" for r in theirs if "seconds" not in r),
        None,
    )
    if word:
        yield row | {"word": word}
        return
    answer = theirs[-1]
    ratios = [t["seconds"] / o for t, o in zip(theirs, ours, strict=True)]
    yield (
        row
        | {
            "seconds": statistics.median(t["seconds"] for t in theirs),
            "version": answer["version"],
            "ratio": statistics.median(ratios),
            "least": min(ratios),
            "most": max(ratios),
        }
        | judged(*read(corpus, answer), programs)
    )


def nested(program):
    """A program as workers read it: the text of a leaf, or a list of a name and arguments."""
    if not program.arguments:
        return program.text
    return [program.head.name, *map(nested, program.arguments)]


def read(corpus, answer):
    """(the `Library`, the programs in it) of a worker's answer.

    Its abstractions without holes are expanded, because ours have at least one hole.  The others
    are in its order, each defined over the earlier ones.
    """
    library, constants = Library(corpus.base()), {}
    for given in answer["abstractions"]:
        body = filled(given["body"], constants)
        if given["arity"] == 0:
            constants[given["name"]] = body
            continue
        types = {}
        hole_types(body, library.dsl, types)
        holes = {f"h{k}": types[f"h{k}"] for k in range(given["arity"])}
        program = Program.parse(text(body), Grammar(library.dsl, holes))
        library = library.added(Abstraction(given["name"], holes, program))
    grammar = Grammar(library.dsl, corpus.inputs)
    texts = [text(filled(given, constants)) for given in answer["programs"]]
    return library, [Program.parse(one, grammar) for one in texts]


def filled(expression, constants):
    if isinstance(expression, str):
        return constants.get(expression, expression)
    return [expression[0], *(filled(part, constants) for part in expression[1:])]


def hole_types(expression, dsl, found):
    """Write the types of the holes h0, h1, ... below calls into `found`."""
    head, *parts = expression
    (primitive,) = (p for p in dsl.primitives if p.name == head)
    for part, type_ in zip(parts, primitive.arguments, strict=True):
        if not isinstance(part, str):
            hole_types(part, dsl, found)
        elif part.startswith("h"):
            found[part] = type_


def text(expression):
    if isinstance(expression, str):
        return expression
    return f"{expression[0]}({', '.join(map(text, expression[1:]))})"


def judged(library, programs, given):
    """Bits and nodes of a library with programs; raises if the programs are not the given ones."""
    for program, one in zip(programs, given, strict=True):
        if ordered(library.expanded(program)).text != ordered(one).text:
            raise AssertionError(f"{program.text} is not {one.text}")
    inputs = {
        n.head.name: n.head.type for p in given for n in p.walk() if isinstance(n.head, Input)
    }
    solved = [Solved(inputs, program) for program in programs]
    bodies = [one.body for one in library.abstractions]
    return {
        "bits": total_units(library, solved) / UNIT,
        "nodes": sum(p.size for p in (*programs, *bodies)),
        # Earlier abstractions are expanded, so the body is one of the base DSL.
        "abstractions": [written_out(library, one) for one in library.abstractions],
    }


def written_out(library, abstraction):
    body = abstraction.body
    for one in reversed(library.abstractions):
        body = inlined(body, one)
    return f"{abstraction.name}({', '.join(abstraction.holes)}) = {body.text}"


def line(row):
    cells = [row["corpus"], row["by"], *cells_of(row)]
    return "  ".join(f"{cell:<12}" for cell in cells).rstrip()


def cells_of(row):
    if "word" in row:
        return [row["word"], "", "", "", ""]
    seconds = f"{number(row['seconds'])} s" if "seconds" in row else ""
    ratio = ratio_text(row)
    bits, nodes = f"{row['bits']:,.0f}", f"{row['nodes']:,}"
    shown, more = row["abstractions"][:SHOWN], len(row["abstractions"]) - SHOWN
    found = "; ".join([*shown, *([f"{more} more"] if more > 0 else ())])
    return [bits, nodes, seconds, ratio, found]


def markdown(rows):
    """The rows as a table; the first row of a corpus names it."""
    cells = [
        (row["what"] if row["by"] == "no library" else "", row["by"], *cells_of(row))
        for row in rows
    ]
    head = ("programs", "by", "bits", "nodes", "time", "ratio (least to most)", "abstractions")
    return document.markdown(head, cells)


if __name__ == "__main__":
    main()
