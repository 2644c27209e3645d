"""Programs and results as LaTeX, DOT, HTML and SymPy: same meaning, and names are escaped."""

import re
import shutil
import subprocess
import sys
import warnings
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import synth
from synth.errors import UndefinedError
from synth.language.primitive import Constant, Input
from synth.language.types import Bool, Complex, Int, Mod, Real
from synth.records import ExperimentRun
from tests.drawn import trees

sympy = pytest.importorskip("sympy")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it uses old names of pyparsing's
    pydot = pytest.importorskip("pydot")
    pytest.importorskip("pydot.dot_parser")

#: Column names that have a meaning in HTML, LaTeX, DOT or Python if they are not escaped.
HOSTILE = (
    "<img src=x onerror=alert(1)>", "</code></td></table><script>alert(1)</script>",
    "$\\input{/etc/passwd}$", "\\end{array}$$ x", '"]; evil [label="', "a\\", "a\nb\x00c",
    "}{", "%#&_^~`'\"", "&lt;b&gt;", "naïve µ 中文", "a & b \\\\ c",
    "[HTML](x) `x` __import__('os')",
)  # fmt: skip


def integers():
    dsl = synth.load_dsl("integer")
    two = "Int, Int -> Int"
    dsl.add(np.floor_divide, two, name="div", symbol="//")
    dsl.add(np.power, two, name="power", symbol="**")
    dsl.add(np.left_shift, two, name="left", symbol="<<")
    dsl.add(np.right_shift, two, name="right", symbol=">>")
    dsl.add(np.negative, "Int -> Int", name="neg", symbol="-")
    dsl.add(np.not_equal, "Int, Int -> Bool", name="ne", symbol="!=")
    dsl.add(np.greater_equal, "Int, Int -> Bool", name="ge", symbol=">=")
    dsl.add(np.gcd, two, commutative=True)
    dsl.add(np.logical_xor, "Bool, Bool -> Bool", name="xor", symbol="^")
    dsl.constant(True, Bool)
    return synth.Grammar(dsl, {"x1": Int(-9, 9), "y": Int(-9, 9), "b": Bool, "c d": Bool})


def booleans(spec):
    return synth.Grammar(synth.load_dsl(spec), {"x0": Bool, "x1": Bool, "x2": Bool})


INTEGER = integers()
BASES = ("and-or-xor-not", "nand", "anf", "ite")
BOOLEAN = {basis: booleans(f"boolean:{basis}") for basis in BASES}
MODULAR = synth.Grammar(synth.load_dsl("modular:p=7"), {"x": Mod(7), "y": Mod(7)})
REAL = synth.Grammar(synth.load_dsl("real"), {"x": Real, "y": Real})
FOURIER = synth.Grammar(synth.load_dsl("fourier:p=5"), {"x": Mod(5), "y": Mod(5)})


def substituted(expression, columns, row):
    return expression.xreplace({
        s: sympy.sympify(columns[s.name][row].item()) for s in expression.free_symbols
    })  # fmt: skip


def truth(expression):
    return bool(expression)


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_boolean_programs_are_the_same_in_sympy_and_simplified(data):
    basis = data.draw(st.sampled_from(BASES))
    program = data.draw(trees(BOOLEAN[basis], Bool))
    rows = np.array(np.meshgrid(*[[False, True]] * 3)).reshape(3, -1)
    columns = dict(zip(("x0", "x1", "x2"), rows, strict=True))
    expected = program.evaluate(columns)
    expression = program.to_sympy()
    for form in (expression, sympy.simplify_logic(expression)):
        assert [truth(substituted(form, columns, r)) for r in range(8)] == expected.tolist()


def in_both(program, columns):
    """(values, where they are defined, the program in SymPy or None if it has no value)."""
    values, defined = program.outputs(columns)
    try:
        return values, defined, program.to_sympy()
    except UndefinedError:
        assert not defined.any()
        return values, defined, None


def chooses_by_choice(program):
    """Whether the condition of some `where` contains another `where`."""
    choices = [n for n in program.walk() if n.head.name == "where"]
    names = {"where", "power"}  # 0 to a power is a choice
    return any(m.head.name in names for n in choices for m in n.arguments[0].walk())


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_integer_programs_are_the_same_in_sympy(data):
    program = data.draw(trees(INTEGER, data.draw(st.sampled_from(INTEGER.types))))
    numbers = st.lists(st.integers(-9, 9), min_size=4, max_size=4)
    flags = st.lists(st.booleans(), min_size=4, max_size=4)
    columns = {n: np.array(data.draw(numbers)) for n in ("x1", "y")}
    columns |= {n: np.array(data.draw(flags)) for n in ("b", "c d")}
    values, defined, expression = in_both(program, columns)
    for row in np.flatnonzero(defined):
        try:
            found = substituted(expression, columns, row)
        except (ZeroDivisionError, TypeError):
            assert chooses_by_choice(program)  # SymPy divides in the case not taken, too
            continue
        assert truth(found) == values[row] if program.type == Bool else found == values[row]


@pytest.mark.parametrize(
    "text",
    [
        "2 * (2 * x1 % 3) % 3",  # SymPy 1.14's Mod leaves the outer one out
        "where(x1 < where(b, x1, y), x1, y)",  # and its Piecewise the first case
        "where(where(b, x1, y) + 1 < where('c d', y, 3), abs(x1), -y)",
        "x1 >> y",  # by a negative number NumPy's answer is the processor's
        "where(b, x1, y) // 2 - gcd(x1, y) ** 2",
        "0 ** -x1 + y",  # a power of infinity
        "0 ** where(b, x1, y)",  # the condition a power of 0 makes, without its second case
    ],
)
def test_formulas_that_went_wrong_once(text):
    program = synth.Program.parse(text, INTEGER, Int(-(10**6), 10**6))
    rows = np.array(np.meshgrid(range(-3, 4), range(-3, 4), [0, 1], [0, 1])).reshape(4, -1)
    columns = {"x1": rows[0], "y": rows[1], "b": rows[2] == 1, "c d": rows[3] == 1}
    values, defined = program.outputs(columns)
    expression = program.to_sympy()
    for row in np.flatnonzero(defined):
        assert substituted(expression, columns, row) == values[row]


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_modular_programs_are_the_same_in_sympy(data):
    program = data.draw(trees(MODULAR, Mod(7)))
    columns = {"x": np.arange(7), "y": np.array([3, 0, 6, 6, 1, 2, 5])}
    expected, expression = program.evaluate(columns), program.to_sympy()
    assert [substituted(expression, columns, r) for r in range(7)] == expected.tolist()
    simple = sympy.simplify(expression)
    assert [substituted(simple, columns, r) for r in range(7)] == expected.tolist()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_real_programs_are_the_same_in_sympy_up_to_rounding(data):
    program = data.draw(trees(REAL, Real, 2))
    columns = {"x": np.array([0.5, -3.0, 2.0, 7.25]), "y": np.array([1.0, 4.0, -0.125, 3.0])}
    values, defined, expression = in_both(program, columns)
    for row in np.flatnonzero(defined):
        found = float(substituted(expression, columns, row))
        assert found == pytest.approx(values[row], rel=1e-9, abs=1e-9)


def test_what_sympy_knows_is_told_apart_from_what_only_the_body_does():
    dsl = synth.DSL("own", types=(Int(0, 100), Bool))
    dsl.add(lambda a, b: a + b, "Int, Int -> Int", name="plus", symbol="+")
    dsl.add(lambda a, b: a + b + (a > 50), "Int, Int -> Int", name="odd", symbol="-")
    dsl.add(lambda a, b: a * 2 + b, "Int, Int -> Int", name="min")
    dsl.add(lambda a: a % 3 == 0, "Int -> Bool", name="third")
    dsl.add(lambda a, b, c: (a & b) | (~a & c), "Bool, Bool, Bool -> Bool", name="choice")
    dsl.add(lambda a, b, c: a ^ b ^ c, "Bool, Bool, Bool -> Bool", name="odd3")
    grammar = synth.Grammar(dsl, {"a": Int(0, 100), "b": Int(0, 100), "p": Bool, "q": Bool})
    a, b = sympy.Symbol("a", integer=True), sympy.Symbol("b", integer=True)
    p, q = sympy.symbols("p q")

    def read(text):
        return synth.Program.parse(text, grammar).to_sympy()

    assert read("a + b") == a + b
    # Neither is what its name says.
    assert read("a - b").func.__name__ == "odd"
    assert read("a - b").subs({a: 60, b: 7}) == 68
    assert read("min(a, b)").subs({a: 3, b: 1}) == 7
    assert read("choice(p, q, third(a))").subs({a: 9, p: False}) == sympy.true
    assert read("choice(p, q, p)") == sympy.ITE(p, q, p)
    assert sympy.simplify_logic(read("odd3(p, q, q)")) == p
    assert read("a + b + b").diff(b) == 2


def test_numbers_of_two_parts_and_functions_of_their_own():
    program = synth.Program.parse("read1(e1(x) * conj(e1(y)))", FOURIER)
    expression = program.to_sympy()
    columns = {"x": np.array([4, 1, 0]), "y": np.array([1, 3, 0])}
    found = [substituted(expression, columns, r) for r in range(3)]
    assert found == program.evaluate(columns).tolist() == [3, 3, 0]
    dsl = synth.DSL("c", types=(Complex,))
    dsl.add(np.multiply, "Complex, Complex -> Complex", name="mul", symbol="*")
    dsl.constant(0.5 + 2j, Complex)
    program = synth.Program.parse("z * (0.5+2j)", synth.Grammar(dsl, {"z": Complex}))
    (z,) = program.to_sympy().free_symbols
    assert program.to_sympy() == z * (sympy.Rational(1, 2) + 2 * sympy.I)


@pytest.mark.parametrize("text", ["x1 % 0", "x1 // (1 - 1) + y", "4 ** (4 ** 4)", "(x1 // 0) < y"])
def test_no_value_whatever_the_inputs(text):
    with pytest.raises(UndefinedError, match="has no value for any input"):
        synth.Program.parse(text, INTEGER).to_sympy()


def test_sympy_is_an_extra():
    code = (
        "import sys\nsys.modules['sympy'] = None\nimport synth\n"
        "g = synth.Grammar(synth.load_dsl('boolean'), {'x': synth.Bool})\n"
        "p = synth.Program.parse('~x', g)\nprint(p.to_latex(), 'sympy' in p.to_dot())\np.to_sympy()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "\\lnot x False\n"
    assert "SettingError: to_sympy needs sympy" in done.stderr
    assert "pip install 'synth-mdl[sympy]'" in done.stderr


# LaTeX, read back by a parser of its own.

_SIGNS = {
    r"\land": "&", r"\lor": "|", r"\oplus": "^", r"\lnot": "~", r"\cdot": "*", r"\bmod": "%",
    r"\le": "<=", r"\ge": ">=", r"\ne": "!=", r"\ll": "<<", r"\gg": ">>", r"\min": "min",
    r"\max": "max", r"\top": "true", r"\bot": "false", "=": "==",
}  # fmt: skip


def group(text, i):
    """The content of the braces that open at i, and the position of their end."""
    depth = 0
    for j in range(i, len(text)):
        depth += (text[j] == "{") - (text[j] == "}")
        if depth == 0:
            return text[i + 1 : j], j + 1
    raise AssertionError(f"braces: {text}")


def as_python(text):
    """The Python text of LaTeX that `to_latex` writes; for names of letters and digits."""
    out, i = "", 0
    while i < len(text):
        if text.startswith(r"\begin{cases}", i):
            depth, j = 0, i
            while True:
                step = re.compile(r"\\(begin|end)\{cases\}").search(text, j)
                depth += 1 if step[1] == "begin" else -1
                j = step.end()
                if depth == 0:
                    break
            out += _cases(text[i + len(r"\begin{cases}") : j - len(r"\end{cases}")])
            i = j
        elif text.startswith(r"\left\lfloor\frac", i):
            above, j = group(text, i + len(r"\left\lfloor\frac"))
            below, j = group(text, j)
            out += f"(({as_python(above)}) // ({as_python(below)}))"
            i = j + len(r"\right\rfloor")
        elif text.startswith(r"\frac", i):
            above, j = group(text, i + len(r"\frac"))
            below, i = group(text, j)
            out += f"(({as_python(above)}) / ({as_python(below)}))"
        elif text.startswith((r"\operatorname", r"\mathrm"), i):
            name, i = group(text, text.index("{", i))
            out += repr("c d") if name == r"c\ d" else name
        elif text[i] == "{":
            base, j = group(text, i)
            power, i = group(text, j + 1)
            assert text[j] == "^"
            out += f"(({as_python(base)}) ** ({as_python(power)}))"
        elif text[i] == "_":
            index, i = group(text, i + 1)
            out += index
        elif (bracket := re.compile(r"\\(left|right)([(|)])").match(text, i)) is not None:
            sides = {("left", "|"): "abs(", ("right", "|"): ")"}
            out += sides.get((bracket[1], bracket[2]), bracket[2])
            i = bracket.end()
        else:
            token = re.compile(r"\\[a-z]+|.").match(text, i)[0]
            out += _SIGNS.get(token, token)
            i += len(token)
    return out


def _cases(inner):
    """where(condition, yes, no) for the inside of `cases`, whose parts may contain `cases`."""
    cuts, depth = [], 0
    for step in re.finditer(r"\\begin\{cases\}|\\end\{cases\}|&|\\\\", inner):
        if step[0].startswith((r"\begin", r"\end")):
            depth += 1 if "begin" in step[0] else -1
        elif depth == 0:
            cuts.append(step)
    first, second, third = cuts
    yes = inner[: first.start()]
    condition = inner[first.end() : second.start()].replace(r"\text{if }", "", 1)
    no = inner[second.end() : third.start()]
    assert inner[third.end() :].strip() == r"\text{otherwise}"
    return f"where({as_python(condition)}, {as_python(yes)}, {as_python(no)})"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_latex_is_read_back_as_the_same_program(data):
    grammar = data.draw(st.sampled_from([INTEGER, REAL, *BOOLEAN.values()]))
    program = data.draw(trees(grammar, data.draw(st.sampled_from(grammar.types)), 4))
    # -0 could be the name of a constant; in mathematics it equals 0.
    assume(not any(p.head.name == "neg" and not p.arguments[0].arguments for p in program.walk()))
    text = as_python(program.to_latex())
    if grammar is BOOLEAN["ite"]:
        text = text.replace("where(", "ite(")
    assert synth.Program.parse(text, grammar, program.type) == program


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x1 + y * 2 - 1", r"x_{1} + y \cdot 2 - 1"),
        ("x1 - (y - 1)", r"x_{1} - \left(y - 1\right)"),
        ("(x1 + y) % 3", r"\left(x_{1} + y\right) \bmod 3"),
        ("b & 'c d' & (x1 < y)", r"b \land \mathrm{c\ d} \land \left(x_{1} < y\right)"),
        ("b & 'c d' | b", r"\left(b \land \mathrm{c\ d}\right) \lor b"),
        ("gcd(x1, -y)", r"\operatorname{gcd}\left(x_{1}, -y\right)"),
    ],
)
def test_latex_in_plain_cases(text, expected):
    assert synth.Program.parse(text, INTEGER).to_latex() == expected


def test_residues_name_their_modulus():
    program = synth.Program.parse("x * y + 3", MODULAR)
    assert program.to_latex() == r"x \cdot y + 3 \pmod{7}"
    assert program._repr_latex_() == r"$\displaystyle x \cdot y + 3 \pmod{7}$"


# Untrusted names.

_COMMANDS = {
    "mathrm", "text", "backslash", "sim", "hat", "left", "right", "land", "lor", "lnot", "oplus",
    "begin", "end", "displaystyle",
}  # fmt: skip
_TAGS = {"div", "code", "small", "details", "summary", "ul", "li", "table", "thead", "tbody", "tr",
         "th", "td", "p", "b", "pre"}  # fmt: skip


class Tags(HTMLParser):
    """The tags and attributes of HTML, and its text; every tag must be closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.texts = [], set(), []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        assert tag in _TAGS
        assert {name for name, _ in attributes} <= {"style", "scope"}
        assert {v for n, v in attributes if n == "style"} <= {"text-align:left"}

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def check_latex(text):
    """Asserts that there is no foreign command, dollar sign or brace."""
    inner = text.removeprefix("$$").removesuffix("$$")
    inner = inner.removeprefix("$").removesuffix("$")
    assert set(re.findall(r"\\([A-Za-z]+)", inner)) <= _COMMANDS
    plain = re.sub(r"\\[^A-Za-z]", "", inner)
    assert "$" not in plain
    depth = 0
    for c in plain:
        depth += (c == "{") - (c == "}")
        assert depth >= 0
    assert depth == 0
    assert set(re.findall(r"\\(?:begin|end)\{(\w+)", inner)) <= {"array"}
    assert not re.search(r"<[A-Za-z/!]", inner)  # where a page shows LaTeX as it is


def hostile_task():
    rng = np.random.default_rng(0)
    columns = {name: rng.integers(0, 2, 64).astype(bool) for name in HOSTILE}
    labels = columns[HOSTILE[0]] & columns[HOSTILE[2]]
    names = {0: "<b>no</b>", 1: "$yes$"}
    return synth.Task(HOSTILE[1], columns, dict.fromkeys(columns, Bool), labels, Bool,
                      label_names=names).split(0.5)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_names_of_programs_are_inert(data):
    names = data.draw(st.lists(st.sampled_from(HOSTILE) | st.text(max_size=8), min_size=2,
                               max_size=2, unique=True))  # fmt: skip
    grammar = synth.Grammar(synth.load_dsl("boolean"), dict.fromkeys(names, Bool))
    program = data.draw(trees(grammar, Bool, 2))
    texts = Tags(program._repr_html_()).texts
    assert texts[0] == program.text
    check_latex(program._repr_latex_())
    assert {s.name for s in program.to_sympy().free_symbols} <= set(names)
    check_dot(program)


def test_names_in_results_are_inert():
    task = hostile_task()
    both = synth.contrast(task, max_bits=12)
    saved = synth.Result.from_dict(both.structured.to_dict())
    for shown in (both, both.structured, both.random, saved):
        assert any(HOSTILE[1] in t for t in Tags(shown._repr_html_()).texts)
        check_latex(shown._repr_latex_())
    table = synth.compare(task, max_bits=10)
    assert any(HOSTILE[1] in t for t in Tags(table._repr_html_()).texts)
    check_latex(table._repr_latex_())
    evil = HOSTILE[1]
    run = ExperimentRun(evil, evil, {}, ({evil: evil, "n": 1.5},), {evil: evil}, evil, ("n",),
                        "finished", 1.0, "0")  # fmt: skip
    assert evil in Tags(run._repr_html_()).texts
    check_latex(run._repr_latex_())


def test_names_in_definitions_are_inert():
    task = hostile_task()
    dsl = synth.DSL(HOSTILE[0], types=(Bool,), description=HOSTILE[1])
    dsl.add(np.logical_and, "Bool, Bool -> Bool", name="and_", symbol="&", commutative=True)
    grammar = synth.Grammar(dsl, dict.fromkeys(HOSTILE, Bool))
    for shown, name in ((task, HOSTILE[1]), (dsl, HOSTILE[0]), (grammar, HOSTILE[0])):
        assert name in Tags(shown._repr_html_()).texts
    texts = Tags(task._repr_html_()).texts + Tags(grammar._repr_html_()).texts
    assert texts.count("a\nb\\x00c") == 2  # control characters are escaped
    assert not any("\0" in text for text in texts)


def test_definitions_show_what_there_is():
    task = synth.load_task("parity:n=4,k=2", train=0.5)
    texts = Tags(task._repr_html_()).texts
    assert "8 training, 8 held out" in texts
    assert texts.count("training") + texts.count("held out") == 8  # of 16 rows
    dsl = synth.load_dsl("boolean")
    texts = Tags(dsl._repr_html_()).texts
    assert {p.signature for p in dsl.primitives} <= set(texts)
    grammar = synth.Grammar(dsl, task.types)
    texts = Tags(grammar._repr_html_()).texts
    assert {f"{production.bits:.2f}" for production in grammar} <= set(texts)
    # A grammar with costs has no probabilities.
    counted = synth.Grammar(dsl, task.types, costs=lambda head: 1.0)
    assert "-" in Tags(counted._repr_html_()).texts


def test_estimators_show_what_they_found_below_the_diagram():
    sklearn = pytest.importorskip("sklearn")
    X = np.array([[a, b] for a in range(4) for b in range(4)])
    names = [f"{name}</td>" for name in "ab"]
    frame = pytest.importorskip("pandas").DataFrame(X, columns=names)
    for model, y in (
        (synth.ProgramClassifier(mixture=False), X[:, 0] > 1),
        (synth.ProgramRegressor(max_bits=8), X[:, 0] * 0.5),
    ):
        before = model._repr_mimebundle_()["text/html"]
        fitted = model.fit(frame, y)
        after = fitted._repr_mimebundle_()["text/html"]
        assert "best program" not in before
        found = after[after.rindex("</body>") + 7 :]
        assert any("a</td>" in text for text in Tags(found).texts)
        assert fitted._repr_html_().endswith(found)
        with sklearn.config_context(display="text"):
            assert not hasattr(fitted, "_repr_html_")
            assert list(fitted._repr_mimebundle_()) == ["text/plain"]


def test_results_show_what_they_found():
    both = synth.contrast("monk:1")
    text = both._repr_latex_()
    assert r"\left(a_{5} < 2\right) \lor \left(a_{1} = a_{2}\right)" in text
    texts = Tags(both._repr_html_()).texts
    assert both.structured.program.text in texts
    assert "permuted labels" in texts
    saved = synth.Result.from_dict(both.structured.to_dict())
    assert r"\mathrm{{(}a5\ {<}\ 2{)}" in saved._repr_latex_()  # a saved text is no tree
    texts = Tags(saved._repr_html_()).texts
    assert any(text.startswith("Best hypotheses (posterior: share of") for text in texts)


def test_an_inverted_program_is_shown_so():
    columns = {"x": np.array([0, 0, 0, 0, 1, 1, 1, 1], bool)}
    dsl = synth.DSL("and", types=(Bool,))
    dsl.add(np.logical_and, "Bool, Bool -> Bool", name="and_", symbol="&", commutative=True)
    task = synth.Task("t", columns, {"x": Bool}, ~columns["x"], Bool)
    result = synth.search(task, dsl)
    assert result.program.inverted
    assert r"\text{not }\left[x\right]" in result._repr_latex_()
    assert "not [x]" in Tags(result._repr_html_()).texts


# DOT.


def check_dot(program):
    """A parser recovers the nodes, their labels and the order of arguments."""
    (graph,) = pydot.graph_from_dot_data(program.to_dot())
    nodes = {n.get_name(): n for n in graph.get_nodes() if n.get_name() not in ("node", "edge")}
    parts = list(program.parts())
    assert len(nodes) == len(parts)
    for number, part in enumerate(parts):
        label = nodes[f"n{number}"].get("label")
        head = part.head
        inner = not isinstance(head, (Input, Constant))
        expected = (head.symbol or head.name) if inner else head.name
        assert unquoted(label) == expected.replace("\0", "\ufffd")
    edges = [(e.get_source(), e.get_destination()) for e in graph.get_edges()]
    number = {part: f"n{i}" for i, part in enumerate(parts)}
    assert edges == [(number[p], number[a]) for p in parts for a in p.arguments]


def unquoted(label):
    """A quoted label as Graphviz shows it."""
    assert label[0] == label[-1] == '"'
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], label[1:-1], flags=re.S)


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_dot_has_the_nodes_of_the_program(data):
    check_dot(data.draw(trees(INTEGER, data.draw(st.sampled_from(INTEGER.types)), 4)))


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_draws_it():
    columns = dict.fromkeys(HOSTILE[:3], Bool)
    grammar = synth.Grammar(synth.load_dsl("boolean"), columns)
    first, second, third = (synth.Program(p.item) for p in grammar if isinstance(p.item, Input))
    both = next(p.item for p in grammar if p.item.name == "and_")
    program = synth.Program(both, [synth.Program(both, [first, second]), third])
    done = subprocess.run(
        ["dot", "-Tsvg"], input=program.to_dot(), capture_output=True, text=True, check=True
    )
    assert "<script" not in done.stdout
