"""The page of `synth explore`: its values are the library's, and everybody can use it.

The tests in a browser are skipped where there is no Chromium; see `tests/test_page_browser.py`.
"""

import json
import os

import numpy as np
import pytest

import synth
from synth import codes, exact
from synth.dynamics import grokking_film
from synth.errors import SettingError
from synth.report.words import program_text
from synth.tasks import all_rows
from tests.browser import Browser, find_browser
from tests.command import run
from tests.test_page_browser import FOUND, LABELS, faint
from tests.test_schemas import problems

needs_browser = pytest.mark.skipif(
    FOUND is None and os.environ.get("SYNTH_BROWSER") != "required",
    reason="no Chromium: install it, or say where it is in $CHROMIUM",
)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("explore") / "page.html"
    made = json.loads(run("explore", path, "--json"))
    assert problems(made, "explore") == []
    assert made == {"file": str(path), "bytes": path.stat().st_size}
    return path


@pytest.fixture(scope="module")
def browser():
    made = Browser(find_browser())
    yield made
    made.close()


# ---- what the page is made of


def test_the_table_of_functions_is_that_of_the_enumeration_and_the_prior():
    table = exact.function_table("boolean", 3)
    assert (table.bits == exact.bits_of("boolean", 3)).all()
    columns = list(table.prior.columns.values())
    operations = {"&": np.logical_and, "|": np.logical_or, "^": np.logical_xor,
                  "~": np.logical_not}  # fmt: skip

    def computed(f):
        """(values, units) of the program of a function, from the nodes alone."""
        symbol, arity, units = table.productions[table.heads[f]]
        inner = [computed(g) for g in table.arguments[f, :arity].tolist()]
        if not arity:
            return columns[int(symbol[1:])], units
        return operations[symbol](*(v for v, _ in inner)), units + sum(u for _, u in inner)

    for f in range(256):
        values, units = computed(f)
        assert table.prior.index(values) == f
        assert units == table.bits[f] * 1024
    with pytest.raises(SettingError, match="functions have no program"):
        exact.function_table("boolean:basis=and-or", 3)


def test_the_film_shows_what_the_measures_say():
    film = grokking_film("mod-mul:p=11,train=0.5", steps=20_000, seed=1)
    assert film.pictures.shape == (len(film.measures), 121)
    assert film.shape == (11, 11)
    for picture, measured in zip(film.pictures, film.measures, strict=True):
        count = np.bincount(picture, minlength=5)
        assert count[4] == measured["memorised"]
        assert count[1] / (count[0] + count[1]) == pytest.approx(measured["test_accuracy"])
        assert count[3:].sum() / count[2:].sum() == pytest.approx(measured["train_accuracy"])
    assert len(np.unique(film.pictures, axis=0)) > 10


def test_the_command_writes_a_small_page_and_refuses_what_it_cannot_write(page, tmp_path):
    assert 100_000 < page.stat().st_size < 2_000_000
    text = page.read_text()
    assert "default-src &#x27;none&#x27;" in text
    assert text.count("<script") == 2
    for where, said in ((tmp_path / "no" / "p.html", "FILE"), (tmp_path, "directory")):
        assert said in run("explore", where, code=2)


# ---- the page in a browser


def ask(browser, cases):
    return browser.run(f"{json.dumps(cases)}.map((c) => explorable.answer(...c))")


def random_cases(count, variables, seed):
    """(variables, labels, training rows) with two labels in training and an unseen row."""
    generator, rows, cases = np.random.default_rng(seed), 2**variables, []
    while len(cases) < count:
        labels, seen = (int(n) for n in generator.integers(0, 2**rows, 2))
        if labels & seen not in (0, seen) and seen != 2**rows - 1:
            cases.append([variables, labels, seen])
    return cases


def bits_of_number(number, rows):
    return np.array([number >> row & 1 for row in range(rows)], bool)


@needs_browser
def test_its_values_are_those_of_the_library_for_200_random_labelings(browser, page):
    browser.open(page)
    cases = random_cases(170, 4, 1) + random_cases(30, 3, 2)
    priors = {v: exact.exact_prior("boolean", v) for v in (3, 4)}
    shortest = {v: exact.Shortest(p.grammar, p.columns) for v, p in priors.items()}
    exceptions = inverted = programs = 0
    for (variables, labels, seen), found in zip(cases, ask(browser, cases), strict=True):
        labels, seen = (bits_of_number(number, 2**variables) for number in (labels, seen))
        columns = all_rows(variables)
        types = dict.fromkeys(columns, synth.Bool)
        task = synth.Task("t", columns, types, labels, synth.Bool, seen)
        # The mixture.
        posterior = exact.condition(priors[variables], task)
        said = np.array(found["chances"])
        assert np.abs(said[~seen] - posterior.predictive).max() < 1e-9
        assert np.abs(said[seen] - labels[seen]).max() < 1e-9
        assert found["evidence"] == pytest.approx(posterior.evidence_bits, abs=1e-9)
        # The program search and the table.
        result, best = synth.search(task, "boolean", threads=1), found["best"]
        assert result.optimal
        # A search ends when no program can beat the table; then a better one may be left.
        wins = result.chosen != "table"
        assert best["total"] <= result.program.total_bits + 1e-9
        assert (best["total"] < found["table"]) == wins
        assert found["majority"] == task.majority()
        assert found["table"] == pytest.approx(result.table.bits, abs=1e-9)
        if wins:
            assert best["total"] == pytest.approx(result.program.total_bits, abs=1e-9)
            programs += 1
        if wins and best["ties"] == 1:
            shown = program_text(result.program.text, result.program.inverted)
            constant = result.program.kind == "constant"
            assert best["text"] == (f"always {result.program.text}" if constant else shown)
            assert best["bits"] == result.program.bits
            assert best["exceptions"] == result.program.exceptions
            inverted += result.program.inverted
        # The mean of what tied programs say, and the shortest programs.
        table = shortest[variables]
        wrong = (table.values[:, seen] != labels[seen]).sum(axis=1)
        totals = table.bits + codes.program_totals(int(seen.sum()), 2, False)[wrong]
        assert best["total"] == pytest.approx(totals.min(), abs=1e-9)
        tied = table.values ^ (2 * wrong > seen.sum())[:, None]  # read as their opposite
        tied = tied[totals <= totals.min() + 1e-9]
        assert best["ties"] == len(tied)
        assert np.abs(tied.mean(axis=0) - best["said"]).max() < 1e-12
        fit = table.consistent(np.flatnonzero(seen), labels)
        assert found["shortest"]["bits"] == table.bits[fit[0]]
        own = np.flatnonzero((table.values == labels).all(axis=1))[0]
        assert found["whole"]["text"] == str(table.program(labels))
        assert found["whole"]["bits"] == table.bits[own]
        mass = priors[variables][labels]
        assert found["whole"]["surprise"] == pytest.approx(-np.log2(mass), abs=1e-9)
        exceptions += best["exceptions"] > 0
    assert min(exceptions, inverted, programs) > 5


TABLE = """[...document.querySelectorAll("#rows tbody tr")].map((line) =>
    [...line.cells].slice(-5).map((c) => c.querySelector("input")?.checked ?? c.textContent))"""

MOVE = """((id, value) => { const s = document.getElementById(id); s.value = value;
    s.dispatchEvent(new Event(s.tagName === "SELECT" ? "change" : "input")); })"""


@needs_browser
def test_the_rows_and_the_sentence_show_the_answer(browser, page):
    browser.open(page)
    rows = browser.run(TABLE)
    labels, seen = browser.run("[explorable.state.labels, explorable.state.seen]")
    [found] = ask(browser, [[4, labels, seen]])
    assert [int(r[0]) for r in rows] == bits_of_number(labels, 16).astype(int).tolist()
    assert [r[1] for r in rows] == bits_of_number(seen, 16).tolist()
    assert [float(r[2].split()[0]) for r in rows] == found["best"]["said"]
    assert np.abs(np.array([float(r[4]) for r in rows]) - found["chances"]).max() < 0.006
    said = browser.run("verdict.textContent")
    assert said.startswith("The program x0 ^ x1 wins with 13.8 bits; the table has 15.0.")
    right = found["best"]["said"] == bits_of_number(labels, 16)
    unseen = ~bits_of_number(seen, 16)
    assert f"Right on the 3 unseen rows: program {int(right[unseen].sum())}, table " in said
    # Three inputs, another rule, other rows.
    browser.run(f"{MOVE}('inputs', '3')")
    assert len(browser.run(TABLE)) == 8
    browser.run(f"{MOVE}('rule', 'majority 3')")
    browser.run(f"{MOVE}('count', 8)")
    assert [int(r[0]) for r in browser.run(TABLE)] == [0, 0, 0, 1, 0, 1, 1, 1]
    assert browser.run("verdict.textContent").endswith("No row is unseen.")
    assert browser.console == []


@needs_browser
def test_swaps_kill_the_program_and_keep_the_table(browser, page):
    browser.open(page)
    said = [browser.run("swapped.textContent")]
    counts = [sum(int(r[0]) for r in browser.run(TABLE) if r[1])]
    for k in (1, 2, 3, 4):
        browser.run(f"{MOVE}('swaps', {k})")
        said.append(browser.run("swapped.textContent"))
        counts.append(sum(int(r[0]) for r in browser.run(TABLE) if r[1]))
    assert said[0].startswith("After 0 swaps: The program x0 ^ x1 wins with 13.8 bits")
    assert said[4].startswith("After 4 swaps: The table wins with 15.0 bits")
    assert len(set(counts)) == 1
    unseen = "document.querySelectorAll('#rows tr.unseen.swapped').length"
    assert browser.run(unseen) == 0
    assert browser.run("document.querySelectorAll('#rows tr.swapped').length") > 2
    # Labels that are all equal cannot be swapped.
    browser.run("explorable.setLabels(0)")
    assert "all training labels are equal" in browser.run("swapped.textContent.toLowerCase()")
    assert browser.run("swaps.disabled")


@needs_browser
def test_the_film_plays_from_memorising_to_understanding(browser, page):
    browser.open(page)
    first = browser.run("moment.textContent")
    assert first.startswith("Step 250. It memorises: ")
    end = browser.run("frame.max")
    browser.run(f"{MOVE}('frame', {int(end) // 2})")
    assert "It has memorised and waits" in browser.run("moment.textContent")
    browser.run(f"{MOVE}('frame', {end})")
    last = browser.run("moment.textContent")
    assert ". The program x * y is found: " in last
    assert last.endswith("100\u00a0% of the training rows and 100\u00a0% of the unseen rows right.")
    browser.run("document.getElementById('play').click()")  # starts again
    assert browser.run("[play.textContent, moment.getAttribute('aria-live')]") == ["Pause", "off"]
    browser.run("new Promise((go) => setTimeout(go, 400))")
    assert 0 < browser.run("+frame.value") < int(end)
    browser.run("document.getElementById('play').click()")
    stopped = browser.run("frame.value")
    browser.run("new Promise((go) => setTimeout(go, 200))")
    assert browser.run("[frame.value, play.textContent]") == [stopped, "Play"]


@needs_browser
def test_a_finger_changes_labels_and_sliders(browser, page):
    browser.open(page, width=360, height=800, phone=True)
    browser.call("Emulation.setTouchEmulationEnabled", enabled=True)

    def tap(selector, share=0.5):
        x, y = browser.run(f"""(() => {{
            const part = document.querySelector("{selector}");
            part.scrollIntoView({{ block: "center" }});
            const box = part.getBoundingClientRect();
            return [box.left + {share} * box.width, box.top + box.height / 2];
        }})()""")
        browser.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
        browser.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    try:
        before = browser.run(TABLE)
        tap("#rows button[data-row='2']")
        tap("#seen-3")
        after = browser.run(TABLE)
        assert (before[2][0], after[2][0]) == ("1", "0")
        assert (before[3][1], after[3][1]) == (True, False)
        tap("#swaps", 0.4)
        assert browser.run("+swaps.value") > 2
    finally:
        browser.call("Emulation.setTouchEmulationEnabled", enabled=False)
    assert browser.console == []


@needs_browser
def test_the_keyboard_alone_suffices(browser, page):
    browser.open(page)
    focus = "document.activeElement"
    reached = []
    for _ in range(60):
        browser.press("Tab")
        name = browser.run(f"{focus}.id || {focus}.dataset.row || ''")
        reached.append(name)
        outlined = f"parseFloat(getComputedStyle({focus}).outlineWidth) >= 2"
        assert browser.run(outlined), name
        if name == "0":
            before = browser.run(f"{focus}.textContent")
            browser.press("Enter")
            assert browser.run(f"[{focus}.textContent, {focus}.dataset.row]") == [
                str(1 - int(before)), "0"]  # fmt: skip
        elif name == "seen-0":
            before = browser.run(f"{focus}.checked")
            browser.press(" ")
            assert browser.run(f"[{focus}.checked, {focus}.id]") == [not before, "seen-0"]
        elif name in ("count", "swaps", "frame"):
            before = int(browser.run(f"{focus}.value"))
            browser.press("ArrowLeft" if name == "count" else "ArrowRight")
            value = int(browser.run(f"{focus}.value"))
            assert abs(value - before) == 1
            assert str(value) in browser.run(f"{focus}.nextElementSibling.textContent") or (
                name == "frame"
            )
    controls = {"theme", "inputs", "rule", "count", "random", "others", "swaps", "order", "frame",
                "play", *map(str, range(16)), *(f"seen-{k}" for k in range(16))}  # fmt: skip
    assert controls <= set(reached)


@needs_browser
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_it_fits_asks_for_nothing_and_can_be_read(browser, page, width, theme):
    browser.open(page, width=width, height=800, phone=width < 500, theme=theme)
    for id_ in ("random", "others", "order"):
        browser.run(f"document.getElementById('{id_}').click()")
    browser.run(f"{MOVE}('swaps', 2)")
    assert browser.run("document.documentElement.scrollWidth") <= width
    small = """[...document.querySelectorAll("input, select, button, summary")].filter(
        (e) => e.getBoundingClientRect().height < 24).length"""
    assert browser.run(small) == 0
    assert browser.run(LABELS) == []
    assert faint(browser) == []
    assert browser.requests == [page.resolve().as_uri()]
    assert browser.console == []
