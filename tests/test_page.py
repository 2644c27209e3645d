"""The page of runs: its content, escaping of untrusted texts, refusal of wrong files."""

import base64
import copy
import dataclasses
import hashlib
import json
import math
import re
import sys
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth import codes
from synth.cli import main
from synth.errors import RunError
from synth.records import Contrast, Result
from synth.records.parts import Descent
from synth.records.saved import load_run, save_run
from synth.report.page import make_page, write_page
from synth.report.page.chart import png, render
from synth.report.page.colours import contrast
from synth.report.page.contenders import Case, search_case, weigh, winner
from synth.report.page.drawn import Reader, drawn_panels
from synth.report.page.markup import data_block, element, fit
from synth.report.page.panel import Line
from synth.report.page.parts import verdict
from synth.report.page.tree import LARGE, Node, draw_tree, read_tree, with_parts_once
from synth.report.text import bits

texts = st.text(alphabet=st.characters(exclude_categories=()), max_size=30)


class Read(HTMLParser):
    """A page as an HTML parser reads it: (tag, attributes) pairs, and texts."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.tags, self.texts = [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


# ---- markup


@given(texts, texts)
def test_a_text_stays_a_text_wherever_it_is_put(content, attribute):
    read = Read(element("p", content, title=attribute))
    # HTML parsers read carriage returns as line ends.
    wanted = [fit(t).replace("\r\n", "\n").replace("\r", "\n") for t in (content, attribute)]
    assert read.tags == [("p", {"title": fit(attribute)})]
    assert "".join(read.texts).replace("\r", "\n").replace("\n\n", "\n") == wanted[0].replace(
        "\n\n", "\n"
    )


@given(st.recursive(texts | st.integers() | st.booleans(), st.lists, max_leaves=6))
def test_data_in_a_script_never_ends_it(data):
    block = data_block("data", {"given": data})
    inner = block.partition(">")[2].rpartition("</script>")[0]
    assert "<" not in inner
    assert "&" not in inner

    def known(value):
        return [known(v) for v in value] if isinstance(value, list) else (
            fit(value) if isinstance(value, str) else value)  # fmt: skip

    assert json.loads(inner) == {"given": known(data)}


def test_texts_cannot_turn_the_direction_of_what_follows():
    assert fit("abc\u202eexe.\x00\ud800") == "abc\ufffdexe.\ufffd\ufffd"


# ---- trees


def test_the_tree_is_that_of_the_program():
    task = synth.load_task("monk:1")
    found = synth.search(task, max_bits=20, seconds=20, threads=1)
    grammar = synth.Grammar(synth.load_dsl("integer"), task.types)

    def same(tree, program):
        assert len(tree.children) == len(program.arguments)
        if not program.arguments:
            kind = "input" if program.head.name in task.types else "constant"
            assert (tree.label, tree.kind) == (program.head.name, kind)
        else:
            assert tree.label in (program.head.symbol, program.head.name)
        for child, argument in zip(tree.children, program.arguments, strict=True):
            same(child, argument)

    seen = 0
    for point in found.front:
        try:
            program = synth.Program.parse(point.text, grammar, task.label_type)
        except synth.ParseError:
            continue
        same(read_tree(point.text, found.inputs), program)
        seen += 1
    assert seen


def test_what_is_no_expression_has_no_tree():
    for text in ("", "x y", "import os", "a if b else c", "x.y", "f(*a)", "(" * 300 + "x",
                 "lambda: 1", "a < b < c", "[1]", "~" * 400 + "x", "x\0"):  # fmt: skip
        assert read_tree(text) is None, text
    opposite = read_tree("x0", ["x0"], inverted=True)
    assert (opposite.label, opposite.children[0].kind) == ("not", "input")
    assert read_tree("-3 + 'a b'").children[0].label == "-3"


def parts(node):
    return [node, *(p for child in node.children for p in parts(child))]


def test_a_part_that_occurs_again_is_drawn_once_in_a_large_tree():
    part = "(a & (b ^ ~a))"
    other = f"({part} | ~{part})"
    small = read_tree(f"{other} ^ {part}", "ab")
    assert small.count() <= LARGE
    assert "shared" not in draw_tree(small, "")
    # Three times the larger part; twice the smaller one in the first of them, and once alone.
    text = f"({other} & {other}) ^ ({other} | ({part} & b))"
    large = read_tree(text, "ab")
    assert large.count() > LARGE
    drawn = with_parts_once(large)
    marked = [p.label for p in parts(drawn)]
    assert [k for k in marked if k[0] in "①②③"] == ["① |", "② &", "②", "①", "①", "②"]
    named = {p.label[0]: p for p in parts(drawn) if p.children and p.label[0] in "①②"}

    def whole(node):
        """The tree with each number replaced by what it stands for."""
        node = named[node.label] if node.kind == "shared" else node
        return Node(node.label.lstrip("①② "), node.kind, tuple(map(whole, node.children)))

    assert whole(drawn) == large
    read = Read(draw_tree(large, text))
    assert sum(tag == "rect" for tag, _ in read.tags) == drawn.count() < large.count()
    assert any("drawn once" in t for t in read.texts)


@given(st.recursive(
    st.sampled_from(["a", "longer_name"]),
    lambda t: st.tuples(st.just("~"), t) | st.tuples(t, st.sampled_from("&^"), t), max_leaves=30,
))  # fmt: skip
def test_the_boxes_of_a_tree_stand_apart_and_inside_the_picture(tree):
    def text(t):
        return t if isinstance(t, str) else f"({''.join(map(text, t))})"

    node = read_tree(text(tree), ["a"])
    picture = Read(draw_tree(node, ""))
    (view,) = [a["viewbox"] for tag, a in picture.tags if tag == "svg"]
    wide, rows = float(view.split()[2]), {}
    for tag, box in picture.tags:
        if tag == "rect":
            left = float(box["x"])
            rows.setdefault(box["y"], []).append((left, left + float(box["width"])))
    for row in rows.values():
        assert row[0][0] >= 0
        assert row[-1][1] <= wide + 1
        assert all(a[1] + 5 < b[0] for a, b in pairwise(row))
    drawn = with_parts_once(node) if node.count() > LARGE else node
    assert sum(map(len, rows.values())) == drawn.count()


# ---- what would win


def runs_of_all_kinds():
    limits = {"max_bits": 16, "seconds": 20, "threads": 1}
    yield synth.search(synth.load_task("parity:n=4,k=2"), **limits)
    yield synth.search(synth.load_task("mod-add:p=7").corrupted(0.3, 1), **limits)
    yield synth.search(synth.load_task("majority:n=5,train=1.0"), **limits)
    rows = np.arange(40)
    for labels in (rows % 11 == 0, np.minimum(rows % 5, 3), rows // 30):
        kind = synth.Bool if labels.dtype == bool else synth.Int(0, 100)
        columns, types = {"a": rows % 5, "b": rows}, {"a": synth.Int(0, 4), "b": synth.Int(0, 39)}
        task = synth.Task("own", columns, types, labels, kind, np.arange(40) % 2 == 0)
        yield synth.search(task, **limits)


@pytest.fixture(scope="module")
def searches():
    return list(runs_of_all_kinds())


def test_where_nothing_is_moved_the_bits_are_the_runs_own(searches):
    kinds = set()
    for result in searches:
        case = search_case(result, "own")
        kinds.add((case.tables, case.outside))
        *programs, table = weigh(case)
        found = [d + r for _, d, r in programs]
        assert found == pytest.approx([p.total_bits for p in result.front], abs=1e-6)
        assert table[1] + table[2] == pytest.approx(result.table.bits, abs=1e-6)
        assert (winner([*programs, table])[0] == "table") == (result.chosen == "table")
    assert {"both", "uniform"} <= {kind for kind, _ in kinds}
    assert {True, False} == {outside for _, outside in kinds}


def test_the_language_and_the_constant_of_a_table_are_weighed(tmp_path):
    """A rule costs the bits of its language, and a constant is a hypothesis beside the programs."""
    example = Path(__file__).parent.parent / "examples" / "own_table.csv"
    rng, path, seen = np.random.default_rng(0), tmp_path / "t.csv", set()
    rare = zip(rng.integers(0, 9, 160), rng.random(160) < 0.1, strict=True)
    path.write_text("a,y\n" + "".join(f"{a},{int(label)}\n" for a, label in rare))
    for table in (example, path):
        result = synth.search(table, max_bits=16, moves=0, threads=1)
        case = search_case(result, "own")
        assert result.language_bits > 8
        assert case.constant is not None
        *programs, table, constant = weigh(case)
        found = [d + r for _, d, r in programs]
        assert found == pytest.approx([p.total_bits for p in result.front], abs=1e-6)
        counts = result.trained_on.counts().tolist()
        total = codes.constant_total(counts)
        assert constant[1] + constant[2] == pytest.approx(total, abs=1e-6)
        won = winner([*programs, table, constant])
        assert won[1] + won[2] == pytest.approx(result.total_bits, abs=1e-6)
        assert won[0].split()[0] == result.chosen
        seen.add(result.chosen)
        assert f"The {won[0]} wins with" in verdict(weigh(case), case)
    assert seen == {"program", "constant"}


def test_a_sequence_has_no_sliders():
    law = synth.search("sequence:1/4/9/16/25/36/49/64/81/100", threads=1)
    assert law.chosen == "program"
    assert search_case(law, "law") is None


@given(
    st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
    st.integers(2, 9), st.booleans(), st.floats(0, 80), st.floats(0, 4),
)  # fmt: skip
def test_other_rows_and_decay_follow_the_codes(rows, k, outside, bits, decay):
    n, e = rows
    case = Case("own", (("p", bits, e / n),), n=17, k=k, outside=outside)
    (_, description, rest), table = weigh(case, rows=n, decay=decay)
    assert rest == pytest.approx(codes.program_total(0, n, e, k, outside), abs=1e-6)
    assert description == decay * bits
    plain = weigh(case, rows=n)[1]
    assert plain[1] + plain[2] == pytest.approx(codes.uniform_table_bits(n, k))
    assert table[1] == pytest.approx(decay * plain[1])


@given(st.integers(2, 300), st.data())
def test_both_tables_follow_the_codes(n, data):
    m = data.draw(st.integers(0, n // 2))
    case = Case("own", (), n=n, k=2, minority=m / n, tables="both")
    (table,) = weigh(case)
    assert table[1] + table[2] == pytest.approx(codes.table_bits([n - m, m])[0], abs=1e-6)


def test_noise_makes_the_expected_number_of_exceptions():
    case = Case("own", (("p", 5.0, 0.25),), n=100, k=5)
    # A label stays with 0.6 (25 wrong) or is drawn (80 wrong): 0.6 * 25 + 0.4 * 80 = 47.
    _, _, rest = weigh(case, noise=0.4)[0]
    assert rest == pytest.approx(codes.program_total(0, 100, 47, 5, False))


@settings(deadline=None, max_examples=40)
@given(st.floats(0, 1), st.integers(1, 200), st.floats(0.02, 8), st.integers(0, 3))
def test_what_wins_is_always_on_the_front(noise, n, decay, number):
    """Checked for random programs, by weighing each one."""
    generator = np.random.default_rng(number)
    drawn = generator.integers(1, 60, 80), generator.integers(0, 41, 80)
    every = [(f"p{b},{e}", float(b), int(e) / 40) for b, e in zip(*drawn, strict=True)]
    # With five values, a program that is wrong on more than 4/5 of the rows is worthless.
    every = [p for p in every if p[2] <= 0.8]
    front, least = [], math.inf
    for p in sorted(every, key=lambda p: (p[1], p[2])):
        if p[2] < least:
            front.append(p)
            least = p[2]
    best = [
        min(d + r for _, d, r in weigh(Case("x", tuple(some), n=40, k=5), noise=noise, rows=n,
                                       decay=decay))
        for some in (every, front)
    ]  # fmt: skip
    assert best[0] == pytest.approx(best[1], abs=1e-9)


def test_energies_are_those_of_the_stochastic_search():
    from synth.dynamics.chain import Chain, make_world
    from synth.kernels import chain as places

    world = make_world("mod-add:p=5,train=6", max_bits=10.5)
    one = Chain(world, beta=7.0, decay=0.5, seed=0)
    true = int(world.truths[0])
    case = Case("own", (("true program", float(world.bits[true]), 0.0),), n=6, k=5, beta=7.0)
    program, table, _ = weigh(case, decay=0.5)
    state = one.state.copy()
    state[places.HELD] = state[places.ERRORS] = 0
    state[places.PROGRAM] = true
    one.state = state
    assert program[1] + program[2] == pytest.approx(one.energy)
    one.state[places.HELD] = 6
    shared = 0.5 * float(world.bits[true])
    assert table[1] + table[2] == pytest.approx(one.energy - shared)


# ---- figures


def test_an_experiments_figure_is_read_back_with_its_values():
    run = synth.run_experiment("posterior", variables=3, rows=(2, 4, 6), splits=3, random=3)
    ((panel,),) = drawn_panels(run, run.drawer)
    lines = [m for m in panel.marks if isinstance(m, Line)]
    assert (panel.x.label, panel.y.label) == ("training rows", "Bayes accuracy on unseen rows")
    for line in lines:
        mine = [r for r in run.rows if r["target"] == line.name]
        assert line.values == tuple((f"{r['rows']:.4g}", f"{r['bayes']:.4g}") for r in mine)
        for (_, v), row in zip(line.points, mine, strict=True):
            ticks = {text: place for place, text in panel.y.ticks}
            low, high = sorted(ticks, key=float)[0], sorted(ticks, key=float)[-1]
            share = (row["bayes"] - float(low)) / (float(high) - float(low))
            assert v == pytest.approx(ticks[low] + share * (ticks[high] - ticks[low]), abs=1e-6)
    assert {line.name for line in lines} == {r["target"] for r in run.rows}
    assert [name for name, *_ in panel.legend] == list(dict.fromkeys(line.name for line in lines))


def test_pictures_hold_every_value():
    from PIL import Image

    run = synth.run_experiment("heatmaps")
    groups = drawn_panels(run, run.drawer)
    assert all(len(group) == 2 for group in groups)
    row = run.rows[0]
    (picture,) = groups[0][0].marks
    shown = [[float(picture.values[k]) for k in line] for line in picture.levels]
    assert np.array(shown[::-1]) == pytest.approx(np.array(row["values"], float), rel=1e-3)
    import io

    image = Image.open(io.BytesIO(png(picture.levels, picture.palette))).convert("RGB")
    assert image.getpixel((3, 2)) == picture.palette[picture.levels[2][3]]


def test_colours_are_moved_until_they_can_be_told_from_the_background():
    assert contrast("000000", "ffffff") == pytest.approx(21)
    assert contrast("767676", "ffffff") == pytest.approx(4.54, abs=0.01)


# ---- reach


def reached(result, moves=900, points=((0, 150.5, 40), (0, 99.5, 9), (300, 80.25, 2)), **given):
    """The result with a reach of which all figures are known."""
    seeds = [("enumeration", 150.5, 40), ("terms", 99.5, 9), ("terms", 120.0, 3)]
    reach = Descent(
        moves, 2, 7, 900,
        [dict(zip(("stage", "total_bits", "exceptions"), s, strict=True)) for s in seeds],
        [{"moves": m, "total_bits": t, "exceptions": e, "bits": t - e} for m, t, e in points],
    )  # fmt: skip
    program = dataclasses.replace(result.program, **{"found_by": "reach", **given})
    return dataclasses.replace(result, reach=reach, program=program)


def reach_texts(run):
    """The part about reach: (lines of its charts, cells of its tables, its paragraphs)."""
    (part,) = re.findall('<section aria-label="Reach">.*?</section>', make_page([run]), re.S)
    lines = [
        (a["data-x"].split("\n"), a["data-y"].split("\n"), a["data-tips"].split("\n"), a)
        for _, a in Read(part).tags
        if "data-x" in a and "line" in a["class"]
    ]
    cells = [re.findall(">([^<>]+)</td>", row) for row in re.findall("<tr>.*?</tr>", part)]
    said = re.findall("<p>(.*?)</p>", part)
    return lines, [row for row in cells if row], said


def test_what_reach_did_is_shown_from_the_best_seed_to_all_moves(searches):
    lines, cells, said = reach_texts(reached(searches[0]))
    (totals, wrong) = lines
    assert totals[:2] == (["0", "300", "900"], ["99.5", "80.2", "80.2"])
    assert wrong[:2] == (["0", "300", "900"], ["9", "2", "2"])
    assert totals[2][0] == "(the best seed; 90.5 bits, 9 exceptions; total 99.5)"
    # Steps: the value stays until the moves of the next point.
    assert totals[3]["d"].count("H") == 2
    assert cells == [["enumeration", "1", "150.5", "40"], ["terms", "2", "99.5", "9"]]
    assert said == [
        "Reach made 900 moves in 2 chains (random seed 7). "
        "The best program was found by reach, after 300 moves."
    ]


def test_the_page_says_who_found_the_best_program(searches):
    def last(**given):
        return reach_texts(reached(searches[0], **given))[2][0].partition(". ")

    assert last(moves=1)[0] == "Reach made 1 move of 900 planned in 2 chains (random seed 7)"
    assert "found by the enumeration; reach found none" in last(found_by="enumeration")[2]
    assert "search without exceptions; reach" in last(found_by="exact")[2]
    assert "among its seeds, before any move" in last(points=((0, 99.5, 9),))[2]
    nothing = dataclasses.replace(reached(searches[0], points=()), program=None)
    assert reach_texts(nothing)[0] == []


def test_a_contrast_has_the_reach_of_both_labellings_in_one_chart(searches):
    task, twin = reached(searches[0]), reached(searches[0], points=((0, 400.0, 90),))
    lines, cells, said = reach_texts(Contrast(task, twin))
    names = [(a["data-name"], xs) for xs, _, _, a in lines]
    both = [("true labels", ["0", "300", "900"]), ("random twin", ["0", "900"])]
    assert names == both * 2
    assert len({a["class"] for *_, a in lines}) == 2
    assert len(cells) == 4
    assert [s.partition(":")[0] for s in said] == ["True labels", "Random twin"]
    # Only the twin has reach, if the task's best program was proven at once; it keeps its colour.
    lines, *_ = reach_texts(Contrast(searches[0], twin))
    assert ["k-random" in a["class"] for *_, a in lines] == [True, True]


def test_a_page_has_the_title_author_date_and_notes_that_it_is_given(searches):
    given = {"author": "A. Teacher", "date": "May 2026", "notes": "One & two.\n\nThree."}
    page = make_page(searches[:1], title="Class <8b>", **given)
    assert "<h1>Class &lt;8b&gt;</h1>" in page
    assert "<title>Class &lt;8b&gt;</title>" in page
    assert "A. Teacher, May 2026</p><p>One &amp; two.</p><p>Three.</p><nav" in page
    assert f"<h2>{searches[0].task}</h2>" in page
    assert "<h1>synth: 1 run</h1>" in make_page(searches[:1])


def test_a_run_without_reach_has_no_such_part(searches):
    document = searches[0].to_dict()
    del document["reach"]
    older = Result.from_dict(document)
    assert older.reach is None
    assert 'aria-label="Reach"' not in make_page([older, Contrast(older, older)])


def test_a_search_with_moves_shows_them_after_it_was_saved(tmp_path):
    found = synth.search(
        synth.load_task("tic-tac-toe"), moves=40, max_programs=2000, chains=2, threads=1
    )
    save_run(found, tmp_path / "r.json")
    lines, cells, said = reach_texts(load_run(tmp_path / "r.json"))
    assert len(lines) == 2
    assert lines[0][0][-1] == "40"
    assert lines[0][1][-1] == bits(found.reach.points[-1]["total_bits"])
    stages = dict.fromkeys(s["stage"] for s in found.reach.seeds)
    assert [row[0] for row in cells] == list(stages)
    assert sum(int(row[1]) for row in cells) == len(found.reach.seeds)
    assert said[0].startswith("Reach made 40 moves in 2 chains")


# ---- the page


@pytest.fixture(scope="module")
def page(searches):
    both = synth.contrast("parity:n=4,k=2", max_bits=12, seconds=20)
    compared = synth.compare(["parity:n=3", "monk:1"], ["boolean", "integer"], max_bits=8)
    run = synth.run_experiment("posterior", variables=3, rows=(2, 4), splits=3, random=3)
    return make_page([searches[0], both, compared, run])


def test_the_page_is_whole_and_fetches_nothing(page):
    read = Read(page)
    assert sum(tag == "section" and a.get("class") == "run" for tag, a in read.tags) == 4
    for tag, attributes in read.tags:
        assert tag not in ("link", "iframe", "object", "embed", "base", "img"), tag
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name != "style"
            if name in ("href", "src", "action", "srcset"):
                assert value.startswith(("#", "data:image/png;base64,")), value
    assert "http" not in re.sub(r"http-equiv|http://www\.w3\.org/2000/svg", "", page)


def test_the_policy_allows_this_script_and_this_style_only(page):
    metas = [a for tag, a in Read(page).tags if tag == "meta"]
    policy = next(a["content"] for a in metas if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; ")
    for tag in ("script", "style"):
        (inner,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.S)
        digest = base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_the_same_runs_give_the_same_page(searches):
    assert make_page(searches) == make_page(searches)


HOSTILE = (
    "</script><script>window.hit=1</script>", '"><img src=x onerror="window.hit=1">',
    "'><svg onload=window.hit=1>", "&lt;b&gt;", "--><!--", "]]>", "{{7*7}}", "\u202eabc", "a\0b",
    "javascript:window.hit=1", "' onmouseover='window.hit=1", "\ud800", "<!--<script>",
)  # fmt: skip


def hostile_runs(searches):
    """Runs in which every text, and every key that can be any text, is hostile."""
    count = iter(range(10**6))

    def text():
        return f"{next(count)}{HOSTILE[next(count) % len(HOSTILE)]}"

    document = searches[0].to_dict()
    for key in ("task", "dsl", "labelling", "version"):
        document[key] = text()
    document["inputs"] = {text(): text() for _ in range(6)}
    document["label_names"] = {text(): text(), text(): text()}
    for part in ("front", "top"):
        for entry in document[part]:
            entry["text"] = text()
    document["program"]["text"] = f"{text()!r} ^ {text()!r}"
    document["table"]["kind"] = text()
    document["settings"] = {text(): text(), "prepared": {text(): text()}}
    search = Result.from_dict(document)
    run = synth.run_experiment("posterior", variables=3, rows=(2, 4), splits=2, random=2)
    other = run.to_dict()
    other["rows"] = [{**row, "target": text(), text(): text()} for row in other["rows"]]
    other |= {"claim": text(), "control": text(), "settings": {text(): text()},
              "summary": {text(): {text(): text()}}, "columns": [text()]}  # fmt: skip
    unknown = {**other, "experiment": text()}
    compared = synth.compare(["parity:n=3"], ["boolean"], max_bits=6).to_dict()
    compared["rows"] = [{**row, "task": text(), "dsl": text(), "program": text(), "error": None}
                        for row in compared["rows"] * 2]  # fmt: skip
    kinds = (synth.ExperimentRun, synth.ExperimentRun, synth.Comparison)
    rest = [kind.from_dict(d) for kind, d in zip(kinds, (other, unknown, compared), strict=True)]
    return [search, Contrast(search, search), *rest]


def test_hostile_texts_stay_texts(searches):
    page = make_page(hostile_runs(searches))
    read = Read(page)
    plain = Read(make_page([searches[0]]))
    known = {tag for tag, _ in plain.tags} | {"ul", "h4", "thead", "image", "b", "code", "a"}
    assert {tag for tag, _ in read.tags} <= known
    assert [a for _, a in read.tags if any(k.startswith("on") for k in a)] == []
    assert sum(tag == "script" for tag, _ in read.tags) == 2
    shown = "".join(read.texts)
    for sign in ("<script>window.hit=1</script>", '"><img src=x', "&lt;b&gt;", "]]>"):
        assert sign in shown


def test_a_page_of_many_rows_stays_small(searches):
    run = synth.run_experiment("posterior", variables=3, rows=(2, 4), splits=2, random=2)
    many = copy.deepcopy(run.to_dict())
    many["rows"] = many["rows"] * 200
    large = synth.ExperimentRun.from_dict(many)
    page = make_page([large] * 20)
    assert len(page.encode()) < 2_000_000
    assert "more rows are in the saved file" in page


def test_without_matplotlib_the_rows_are_still_there(monkeypatch):
    run = synth.run_experiment("posterior", variables=3, rows=(2, 4), splits=2, random=2)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = make_page([run])
    assert "pip install &#x27;synth-mdl[plot]&#x27;" in page
    assert "Rows of the run" in page
    assert 'class="chart"' not in page


# ---- the command


def command(*arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main([*map(str, arguments)])
    return stop.value.code, capsys.readouterr()


def test_the_command_writes_a_page_of_saved_runs(tmp_path, searches, capsys):
    for k, result in enumerate(searches[:2]):
        save_run(result, tmp_path / f"{k}.json")
    out = tmp_path / "page.html"
    given_ = [tmp_path / "0.json", tmp_path / "1.json", "-o", out]
    code, said = command("report", *given_, "--json", capsys=capsys)
    assert code == 0
    assert json.loads(said.out) == {"file": str(out), "bytes": out.stat().st_size, "runs": 2}
    assert out.read_text() == make_page([load_run(p) for p in given_[:2]])
    code, said = command("report", *given_, capsys=capsys)
    assert code == 0
    assert said.out.startswith(f"{out}: 2 runs, ")


def test_foreign_and_damaged_files_end_in_one_line(tmp_path, searches, capsys):
    document = searches[0].to_dict()
    broken = {
        "none": None, "list": [1], "other": {"format": "synth-run-0", "kind": "search"},
        "front": {**document, "front": 3}, "bits": {**document, "front": [
            {"bits": "many", "exceptions": 0, "total_bits": 1.0, "text": "x", "inverted": False}]},
        "rows": {**document, "rows": {}}, "levels": {**document, "levels": [{"bits": 1}]},
        "program": {**document, "program": "x"}, "table": {**document, "table": None},
        "nan": {**document, "total_bits": float("nan"), "saved_bits": "much"},
        "inputs": {**document, "inputs": [1]}, "huge": {**document, "rows": {
            "train": 10**400, "test": 1, "labels": 2}},
        "text": {**document, "program": {**document["program"], "text": 5}},
        "infinite": {**document, "front": [
            {"bits": float("inf"), "exceptions": 0, "total_bits": 1.0, "text": "x",
             "inverted": False}]},
    }  # fmt: skip
    out = tmp_path / "page.html"
    for name, given_ in broken.items():
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(given_))
        code, said = command("report", path, "-o", out, capsys=capsys)
        assert code == 2, name
        assert said.err.startswith("synth: "), name
        assert said.err.count("\n") == 1, name
        assert f"{name}.json" in said.err, name
        assert not out.exists(), name
    for name, text in (("page.html", "<!doctype html>"), ("deep", "[" * 100_000)):
        (tmp_path / name).write_text(text)
        assert command("report", tmp_path / name, "-o", out, capsys=capsys)[0] == 2
    assert command("report", tmp_path / "missing", "-o", out, capsys=capsys)[0] == 2
    assert command("report", "-o", out, capsys=capsys)[0] == 2
    good = tmp_path / "good.json"
    save_run(searches[0], good)
    for bad in (tmp_path, tmp_path / "no" / "page.html"):
        code, said = command("report", good, "-o", bad, capsys=capsys)
        assert code == 2
        assert said.err.count("\n") == 1
    with pytest.raises(RunError, match="cannot be read"):
        synth.load_run(tmp_path / "missing")


@pytest.mark.parametrize("lying", [False, True])
def test_bars_of_a_figure_have_their_values(lying):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure()
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    (axes.barh if lying else axes.bar)(["one", "two", "<b>"], [1, 2.5, 0.25], label="bars")
    axes.legend(title="kinds")
    figure.draw_without_rendering()
    (panel,) = Reader(axes).panels()
    (ends,) = [m for m in panel.marks if getattr(m, "marker", "") == "silent"]
    wanted = [("one", "1"), ("two", "2.5"), ("<b>", "0.25")]
    assert list(ends.values) == [pair[::-1] if lying else pair for pair in wanted]
    assert [name for name, *_ in panel.legend] == ["kinds:", "bars"]
    page = render([panel], iter([1]))
    assert "&lt;b&gt;" in page
    assert "<b>" not in page


def leaves(value, path=()):
    """The paths of all parts of a document."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else items
    for key, part in items:
        yield from leaves(part, (*path, key))


WRONG = (None, True, -1, 0, 3, 2.5, -1e300, 1e300, 10**400, float("nan"), float("inf"), "", "x",
         "<b>", [], [1], {}, {"a": []}, [[[]]])  # fmt: skip


@pytest.fixture(scope="module")
def documents(searches):
    compared = synth.compare(["parity:n=3"], ["boolean"], max_bits=6)
    run = synth.run_experiment("corruption", task="mod-add:p=5", runs=1, rows=(3,), max_bits=10,
                               noise=(0.0, 1.0), factors=(1.0,))  # fmt: skip
    both = Contrast(searches[0], searches[1])
    return [json.loads(json.dumps(r.to_dict())) for r in (searches[1], both, compared, run)]


def spoiled(documents, tmp_path, draw):
    """The error of a document with one wrong part; None if there was none."""
    document = copy.deepcopy(draw(documents))
    path = draw(list(leaves(document)))
    part = document
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = draw(WRONG)
    (tmp_path / "spoiled.json").write_text(json.dumps(document))
    try:
        run = synth.load_run(tmp_path / "spoiled.json")
        write_page([run], [tmp_path / "spoiled.json"], tmp_path / "page.html")
    except RunError as error:
        return str(error)
    return None


def test_a_run_with_one_part_wrong_is_shown_or_refused(documents, tmp_path, monkeypatch):
    # The figures of experiments are drawn in other tests.
    monkeypatch.setattr("synth.report.page.run._pictures", lambda *_: ([], None))
    generator = np.random.default_rng(0)
    said = [
        spoiled(documents, tmp_path, lambda some: some[generator.integers(len(some))])
        for _ in range(120)
    ]
    refused = [text for text in said if text is not None]
    assert 20 < len(refused) < 100
    assert all("spoiled.json" in text and "\n" not in text for text in refused)
