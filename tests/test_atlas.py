"""Atlases: the least operators and bits of every boolean function, held to brute force."""

import dataclasses
import itertools
import json
import re

import numpy as np
import pytest

import synth
from synth import atlas
from synth.errors import RunError, SettingError
from synth.exact import bits_of, make_atlas, make_bits_atlas, npn_classes
from synth.exact.operators import CLASSES, Levels
from synth.language import Bool, Grammar, Program
from tests import naive
from tests.command import run

#: Functions of 5 inputs by the least number of operators: number, classes, functions.
#: Cox, "Minimal Boolean Formulas", 2011, https://research.swtch.com/boolean. Two things are known
#: of the first table. It prints 25,276 functions of 4 operators; its own cumulative sums (5,152 and
#: 29,696) say 24,544, and so does this package. Constants count as functions of 1 operator.
COX = {
    "and-or": [
        (1, 10), (2, 82), (2, 640), (7, 4420), (19, 24544), (44, 117440), (142, 515040),
        (436, 1999608), (1209, 6598400), (3307, 19577332), (7741, 50822560), (17257, 114619264),
        (31851, 221301008), (53901, 374704776), (75248, 533594528), (94572, 667653642),
        (98237, 697228760), (89342, 628589440), (66951, 468552896), (41664, 287647616),
        (21481, 144079832), (8680, 55538224), (2730, 16099568), (937, 4428800), (228, 959328),
        (103, 283200), (21, 22224), (10, 3602), (3, 512),
    ],
    "and-or-xor": [
        (1, 10), (3, 102), (5, 1140), (20, 11570), (93, 109826), (366, 936440), (1730, 7236880),
        (8782, 47739088), (40297, 250674320), (141422, 955812256), (273277, 1945383936),
        (145707, 1055912608), (4423, 31149120),
    ],
}  # fmt: skip


#: Functions of 4 inputs by L(f), the least number of operators of a formula over all binary
#: connectives: number, classes, functions. Knuth, The Art of Computer Programming 4A, section
#: 7.1.2, table 1. Constants have L(f) = 0 there.
KNUTH = [(0, 2, 10), (1, 2, 60), (2, 5, 456), (3, 20, 2474), (4, 34, 10624), (5, 75, 24184),
         (6, 68, 24640), (7, 16, 3088)]  # fmt: skip


@pytest.fixture(scope="module")
def made():
    """The atlases of up to 4 inputs, by basis and inputs."""
    return {(b, n): make_atlas(n, b) for b in atlas.BASES for n in range(1, 5)}


def operators_of(text):
    return len(re.findall(r"[&|^]", text))


def value_of(text, names):
    """The function of a program: bit r is its value on row r."""
    rows = 2 ** len(names)
    columns = {n: np.arange(rows) >> i & 1 == 1 for i, n in enumerate(names)}
    grammar = Grammar(synth.load_dsl("boolean"), dict.fromkeys(names, Bool))
    values = Program.parse(text, grammar).evaluate(columns)
    return sum(1 << int(row) for row in np.flatnonzero(values))


@pytest.mark.parametrize("inputs", [1, 2, 3, 4, 5])
def test_moves_lead_through_all_permutations_and_negations(inputs):
    turned = atlas.turned_rows(inputs).tolist()
    rows = range(2**inputs)
    wanted = {
        tuple(sum((row >> order[i] & 1) << i for i in range(inputs)) ^ negated for row in rows)
        for order in itertools.permutations(range(inputs))
        for negated in rows
    }
    assert len(turned) == len(wanted)
    assert set(map(tuple, turned)) == wanted


@pytest.mark.parametrize("basis", atlas.BASES)
@pytest.mark.parametrize("inputs", [1, 2, 3])
def test_least_operators_are_those_of_brute_force(basis, inputs, made):
    wanted = naive.least_operators(inputs, basis == "and-or-xor")
    assert [made[basis, inputs].least(f) for f in range(len(wanted))] == wanted


@pytest.mark.parametrize("basis", atlas.BASES)
def test_least_operators_of_four_inputs_are_those_of_the_enumerator(basis, made):
    """The enumerator knows nothing of classes: inputs and their negations are its leaves."""
    rows = np.arange(16)
    columns = {f"x{i}": rows >> i & 1 == 1 for i in range(4)}
    columns |= {f"n{i}": ~columns[f"x{i}"] for i in range(4)}
    dsl = synth.DSL("operators", types=(Bool,))
    for name, symbol in (("and", "&"), ("or", "|"), ("xor", "^"))[: len(atlas.BASES[basis])]:
        function = getattr(np, f"logical_{name}")
        text = "Bool, Bool -> Bool"
        dsl.add(function, text, name=f"{name}_", symbol=symbol, commutative=True)
    inputs = dict.fromkeys(columns, Bool)
    grammar = Grammar(dsl, inputs, costs=lambda item: 1 if item.arguments else 0)
    found = synth.enumerate_programs(grammar, columns).whole()
    numbers = found.values @ (1 << np.arange(16))
    classes = npn_classes(4)[numbers]
    own = made[basis, 4]
    assert len(found) == 2**16
    assert np.array_equal(own.operators[np.searchsorted(own.functions, classes)], found.bits)


def test_classes_are_those_of_npn(made):
    for (_, inputs), each in made.items():
        smallest, sizes = np.unique(npn_classes(inputs), return_counts=True)
        assert np.array_equal(each.functions, smallest)
        assert np.array_equal(each.sizes, sizes)


@pytest.mark.parametrize("first", [1, 2, 5, 9])
def test_splitting_functions_from_their_side_finds_the_same(first, made):
    levels = Levels(4, False, first_split=first)
    assert list(levels) == list(range(16))
    found = np.bincount(levels.values).tolist()
    assert found == [classes for _, classes, _ in made["and-or", 4].levels]
    assert levels.base >= first


@pytest.mark.parametrize("basis", atlas.BASES)
def test_programs_compute_their_function_with_that_many_operators(basis, made):
    functions = np.random.default_rng(25).integers(0, 2**16, 60).tolist()
    for function in functions:
        answer = made[basis, 4].answer(function, tuple("abcd"))
        assert operators_of(answer.program) == answer.operators
        assert value_of(answer.program, tuple("abcd")) == function


@pytest.mark.parametrize("basis", atlas.BASES)
def test_what_travels_with_the_package_is_what_is_computed(basis, made):
    for inputs in range(1, 5):
        known, own = atlas.known_atlas(basis, inputs), made[basis, inputs]
        for name in ("functions", "operators", "sizes"):
            assert np.array_equal(getattr(known, name), getattr(own, name))
        # Of several shortest programs, any will do.
        names = tuple("abcd"[:inputs])
        for function in known.functions[:: 1 + 4 * (inputs == 4)].tolist():
            program = known.program(function, names)
            assert operators_of(program) == known.least(function)
            assert value_of(program, names) == function


def test_four_inputs_are_those_of_knuth(made):
    """Constants are one class of 2 functions, which need an operator if they are no leaves."""
    (_, leaves, literals), (_, classes, functions), *others = made["and-or-xor", 4].levels
    assert [(0, leaves + 1, literals + 2), (1, classes - 1, functions - 2), *others] == KNUTH


@pytest.mark.parametrize("basis", atlas.BASES)
def test_five_inputs_are_those_of_cox_and_healy(basis):
    known = atlas.known_atlas(basis, 5)
    assert [(c, f) for _, c, f in known.levels] == COX[basis]
    assert len(known.functions) == CLASSES[5]
    assert int(known.sizes.sum()) == 2**32


def test_exclusive_or_saves_operators_and_never_costs_any():
    with_it, without = (atlas.known_atlas(b, 5) for b in ("and-or-xor", "and-or"))
    assert np.array_equal(with_it.functions, without.functions)
    assert np.all(with_it.operators <= without.operators)
    # Parity: n - 1 exclusive ors. Without them, the parities of both halves are used twice each,
    # so that 1, 4, 10 and 28 leaves make the parity of 1, 2, 3 and 5. None is shorter.
    assert (with_it.least(0x96696996), without.least(0x96696996)) == (4, 28 - 1)


@pytest.mark.slow
@pytest.mark.parametrize(("basis", "most"), [("and-or", 10), ("and-or-xor", 6)])
def test_the_first_levels_of_five_inputs_are_those_of_cox_and_healy(basis, most):
    levels = Levels(5, basis == "and-or-xor")
    for _ in zip(range(most), levels, strict=False):
        pass
    assert [(len(levels.classes(k)), 2 * levels.counts(k)) for k in range(most)] == COX[
        "and-or-xor"
    ][:6]


@pytest.mark.parametrize("dsl", ["boolean:and-or", "boolean:nand", "boolean:ite"])
def test_bits_are_those_of_the_enumerator(dsl):
    known, own = atlas.known_atlas(dsl, 3), make_bits_atlas(3, dsl)
    for name in ("functions", "units", "sizes", "programs"):
        assert np.array_equal(getattr(known, name), getattr(own, name))
    if dsl == "boolean:ite":
        return
    wanted = bits_of(dsl, 3)
    for function in range(256):
        answer = known.answer(function)
        assert answer.bits == (wanted[function] if np.isfinite(wanted[function]) else None)
        if answer.bits is not None:
            assert answer.as_simple == (wanted <= answer.bits).sum()


@pytest.mark.parametrize("basis", ["and-or-not", "and-or-xor-not"])
def test_programs_have_the_bits_that_are_said(basis):
    known, names = atlas.known_atlas(f"boolean:{basis}", 4), ("w", "x1", "x0", "z")
    grammar = Grammar(synth.load_dsl(f"boolean:{basis}"), dict.fromkeys(names, Bool))
    for function in np.random.default_rng(4).integers(0, 2**16, 60).tolist():
        answer = known.answer(function, names)
        assert value_of(answer.program, names) == function
        assert Program.parse(answer.program, grammar).bits(grammar) == answer.bits


def test_a_killed_computation_goes_on_from_its_checkpoint(tmp_path, made):
    path, whole = tmp_path / "levels.npz", made["and-or", 4]

    def killed(text):
        if "level 9" in text:
            raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            make_atlas(4, "and-or", checkpoint=path, progress=killed)
    own = make_atlas(4, "and-or", checkpoint=path)
    assert own.levels == whole.levels
    assert np.array_equal(own.operators, whole.operators)
    with pytest.raises(RunError, match="checkpoint of and-or 4; allowed: and-or-xor 4"):
        make_atlas(4, "and-or-xor", checkpoint=path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(RunError, match="damaged"):
        make_atlas(4, "and-or", checkpoint=path)


def test_a_split_goes_on_from_its_arrays(made):
    levels = Levels(4, False, first_split=4)
    for _ in zip(range(6), levels, strict=False):
        pass
    later = Levels(4, False, first_split=4)
    later.restore(levels.state_of())
    assert list(later)[-1] == 15
    assert np.bincount(later.values).tolist() == [c for _, c, _ in made["and-or", 4].levels]


def test_files(tmp_path, made):
    path = tmp_path / "a.atlas"
    atlas.save_atlas(made["and-or-xor", 4], path)
    again = atlas.load_atlas(path)
    assert again.answer(0x1234) == made["and-or-xor", 4].answer(0x1234)
    whole = path.read_bytes()
    for damaged in (b"", whole[:100], whole[:-1], whole[:-9] + b"\0" + whole[-8:], b"{}\n"):
        path.write_bytes(damaged)
        with pytest.raises(RunError, match="no atlas"):
            atlas.load_atlas(path)
    with pytest.raises(RunError, match="cannot be read"):
        atlas.load_atlas(tmp_path / "none")


def test_a_forged_file_is_damaged_and_not_believed(tmp_path, made):
    """Its checksum is right, its content is not."""
    path, true = tmp_path / "a.atlas", made["and-or-xor", 4]
    xor = 0b0110_0110_1001_1001
    own = np.tile(np.where(true.functions == 0, 1, true.functions)[:, None], (1, 2))
    for name, column in (
        ("functions", true.functions[::-1]), ("functions", true.functions[:-1]),
        ("operators", true.operators * 0), ("operators", np.maximum(true.operators, 1) - 1),
        ("sizes", true.sizes + 1), ("parts", own), ("parts", true.parts * 0),
        ("parts", np.roll(true.parts, 1, axis=0)),
    ):  # fmt: skip
        forged = {name: column}
        if len(column) < len(true.functions):
            forged = {
                n: getattr(true, n)[:-1] for n in ("functions", "operators", "sizes", "parts")
            }
        atlas.save_atlas(dataclasses.replace(true, **forged), path)
        with pytest.raises(RunError, match="damaged"):
            [atlas.load_atlas(path).answer(f) for f in (xor, 0x1234, 0x8001, 0)]
        assert "damaged" in run("complexity", hex(xor), "--atlas", path, code=2)
    path.write_bytes(b"[" * 100_000 + b"\n")
    with pytest.raises(RunError, match="no atlas"):
        atlas.load_atlas(path)


def test_names_are_quoted_as_in_programs(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("a b,not,f\n1,1,0\n0,0,0\n0,1,1\n1,0,1\n")
    found = json.loads(run("complexity", table, "--json"))
    assert found["inputs"] == ["a b", "not"]
    programs = [least["program"] for least in found["least"]]
    grammar = Grammar(synth.load_dsl("boolean"), dict.fromkeys(found["inputs"], Bool))
    for text in programs[1:]:
        assert Program.parse(text, grammar, Bool).text == text


@pytest.mark.parametrize("function", [-1, 2**16])
def test_no_such_function(function, made):
    with pytest.raises(SettingError, match=r"no function of 4 inputs; allowed: 0\.\.0xffff"):
        made["and-or", 4].answer(function)
    with pytest.raises(SettingError, match="no function of 4 inputs"):
        atlas.known_atlas("boolean:nand", 4).answer(function)


@pytest.mark.parametrize(
    ("text", "function", "inputs"),
    [
        ("0x96", "0x96", ["x0", "x1", "x2"]),
        ("0b0110", "0x6", ["x0", "x1"]),
        ("x0 ^ x1 ^ x2", "0x96", ["x0", "x1", "x2"]),
        ("rain & ~wind", "0x2", ["rain", "wind"]),
        ("x1", "0xc", ["x0", "x1"]),
        ("parity:n=4,k=4", "0x6996", ["x0", "x1", "x2", "x3"]),
        ("TABLE", "0x6", ["a", "b"]),
    ],
)
def test_functions_that_people_write(text, function, inputs, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("a,b,f\n1,1,0\n0,0,0\n0,1,1\n1,0,1\n1,0,1\n")
    found = json.loads(run("complexity", str(table) if text == "TABLE" else text, "--json"))
    assert (found["function"], found["inputs"]) == (function, inputs)
    for least in found["least"]:
        if least["unit"] == "operators":
            assert operators_of(least["program"]) == least["least"]
        assert value_of(least["program"], tuple(inputs)) == int(function, 16)


def test_five_inputs_without_and_with_a_file(tmp_path):
    text = run("complexity", "0x16686997")
    assert "and-or-xor: 10 operators at least; 3,207,905,568 of 4,294,967,296 functions" in text
    assert "`synth atlas FILE` makes a file with shortest programs" in text
    assert "and-or: 28 operators at least; " in text
    rows = json.loads(run("atlas", tmp_path / "x", "--inputs", "3", "--json"))["levels"]
    assert sum(row["functions"] for row in rows) == 256
    found = json.loads(run("complexity", "0xe8", "--atlas", tmp_path / "x", "--json"))
    assert operators_of(found["least"][1]["program"]) == found["least"][1]["least"] == 4


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("complexity", "0x123"), "0x123: 12 rows; allowed: 2, 4, 8, 16 or 32"),
        (("complexity", "a & b & c & d & e & f"), "6 inputs; allowed: 1..5"),
        (("complexity", "x0 &"), "x0 &"),
        (("complexity", "no-such-task"), "no-such-task"),
        (("complexity", "parity:n=6"), "6 inputs; allowed: 1..5"),
        (("complexity", "mod-add:p=5"), "allowed: inputs and labels that are truth values"),
        (("complexity", "TABLE"), "1 of the 4 rows of 2 inputs are missing"),
        (("complexity", "0x6", "--dsl", "integer"), "allowed: a boolean DSL"),
        (("complexity", "0x6", "--atlas", "TABLE"), "no atlas"),
        (("complexity", "0x12345678", "--dsl", "boolean"), "5 inputs; allowed: up to 4"),
    ],
)
def test_mistakes_are_said(command, message, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("a,b,f\n1,1,0\n0,0,0\n0,1,1\n")
    given = [str(table) if part == "TABLE" else part for part in command]
    assert message in run(*given, code=2)
