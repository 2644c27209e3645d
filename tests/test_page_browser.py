"""A page of twenty runs in headless Chromium, opened from disk.

Without a Chromium these tests are skipped, unless SYNTH_BROWSER=required demands one. The
variable `CHROMIUM` names one that is not on the path.
"""

import dataclasses
import json
import os
import re

import pytest

import synth
from synth.records.saved import save_run
from synth.report.page import write_page
from synth.report.page.colours import contrast
from synth.report.page.contenders import Case, weigh
from synth.report.page.parts import verdict
from tests.browser import Browser, find_browser
from tests.test_page import HOSTILE, hostile_runs

FOUND = find_browser()
pytestmark = pytest.mark.skipif(
    FOUND is None and os.environ.get("SYNTH_BROWSER") != "required",
    reason="no Chromium: install it, or say where it is in $CHROMIUM",
)


@pytest.fixture(scope="module")
def browser():
    assert FOUND, "SYNTH_BROWSER=required, and there is no Chromium"
    made = Browser(FOUND)
    yield made
    made.close()


def twenty_runs(folder):
    limits = {"max_bits": 13, "seconds": 20, "threads": 1}
    table = folder / "strange.csv"
    names = [n for n in HOSTILE if "\ud800" not in n and "\0" not in n]
    head = ",".join('"' + n.replace('"', '""') + '"' for n in [*names[:6], "label"])
    colours = ['"<b onclick=""window.hit=1"">red</b>"', '"&lt;green"']
    table.write_text(head + "\n" + "".join(
        ",".join([*(str(i >> k & 1) for k in range(5)), colours[i % 2], str(i % 2)]) + "\n"
        for i in range(40)))  # fmt: skip
    tasks = ("parity:n=4,k=2", "mod-add:p=7", "majority:n=5", str(table), "conjunction:n=5,k=2")
    runs = [synth.search(synth.load_task(t), **limits) for t in tasks]
    runs += [synth.contrast(synth.load_task(t), **limits) for t in tasks]
    noisy = synth.load_task("mod-add:p=7").corrupted(0.3, 0)
    runs += [synth.search(noisy, **limits)]
    runs += [synth.compare(["parity:n=3", "monk:1"], ["boolean", "integer"], max_bits=8)]
    runs += [synth.run_experiment(name, **given) for name, given in (
        ("corruption", {"task": "mod-add:p=7", "runs": 2, "rows": (5, 10), "max_bits": 12}),
        ("data", {"tasks": ("parity:n=4,k=2", "mod-add:p=5"), "rows": (2, 5, 9), "runs": 5,
                  "bits": 14}),
        ("posterior", {"variables": 3, "rows": (2, 4, 6), "splits": 4, "random": 4}),
        ("heatmaps", {}),
        ("grokking", {"task": "mod-mul:p=11,train=0.5", "runs": 1, "steps": 300_000,
                      "proposals": 0.05}),
        ("phases", {"task": "mod-mul:p=7", "decay": (0.0, 1.0, 30.0), "fraction": (0.3, 0.6),
                    "steps": 20_000, "runs": 1, "beta": (30.0,), "longer": (0.0,),
                    "strength_task": "mod-add:p=7", "spread": (0.4,), "strength_decay": (3e-4,)}),
        ("counting", {"variables": (2, 3), "nodes": 5}),
        ("imbalance", {"labels": (2,), "rates": (0.5, 0.1), "rows": (5, 20), "runs": 3,
                       "bits": 9}),
    )]  # fmt: skip
    return runs


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    runs = twenty_runs(folder)
    assert len(runs) == 20
    paths = []
    for k, run in enumerate(runs):
        paths.append(folder / f"{k}.json")
        save_run(run, paths[-1])
    assert write_page(list(map(synth.load_run, paths)), None, folder / "page.html") < 2_000_000
    return folder / "page.html"


def test_it_opens_from_disk_and_asks_for_nothing(browser, page):
    browser.open(page)
    assert browser.run("document.querySelectorAll('section.run').length") == 20
    assert browser.run("document.title") == "synth: 20 runs"
    assert browser.run("typeof window.hit") == "undefined"
    own, *others = browser.requests
    assert own == page.resolve().as_uri()
    assert all(url.startswith("data:image/png;base64,") for url in others)
    assert browser.console == []


def test_the_page_could_not_fetch_if_it_tried(browser, page):
    browser.open(page)
    tried = "fetch('http://127.0.0.1:9/').then(() => 'sent', (e) => e.name)"
    assert browser.run(tried) == "TypeError"
    inline = """(() => {
        const script = document.createElement("script");
        script.textContent = "window.hit = 1";
        document.body.append(script);
        document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.hit=1'>");
        const part = document.createElement("p");
        part.setAttribute("onclick", "window.hit = 1");
        document.body.append(part);
        part.click();
        return new Promise((go) => setTimeout(() => go(typeof window.hit), 200));
    })()"""
    assert browser.run(inline) == "undefined"
    assert sum("Content Security Policy" in said for said in browser.console) >= 3
    assert not any(url.startswith("http") for url in browser.requests[1:] if "x" not in url)


def test_hostile_texts_do_nothing_but_show(browser, tmp_path):
    search = synth.search("parity:n=4,k=2", max_bits=13, seconds=20, threads=1)
    paths = []
    for k, run in enumerate(hostile_runs([search])):
        paths.append(tmp_path / f"{k}.json")
        save_run(run, paths[-1])
    write_page(list(map(synth.load_run, paths)), None, tmp_path / "page.html")
    browser.open(tmp_path / "page.html")
    assert browser.console == []
    # Every slider is moved and every chart read, so that the texts of the script are checked too.
    browser.run(MOVE_ALL)
    browser.run("""document.querySelectorAll("svg.chart[tabindex]").forEach((chart) => {
        for (let k = 0; k < 9; k++) chart.dispatchEvent(
            new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
        chart.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
    })""")
    assert browser.run("typeof window.hit") == "undefined"
    assert browser.run("document.querySelectorAll('img,iframe,object,embed,base').length") == 0
    assert browser.run("document.scripts.length") == 2
    shown = browser.run("document.body.textContent")
    for text in ("<script>window.hit=1</script>", 'onerror="window.hit=1">', "&lt;b&gt;"):
        assert text in shown


MOVE_ALL = """document.querySelectorAll("input[type=range]").forEach((slider) => {
    slider.value = (+slider.min + 2 * slider.max) / 3;
    slider.dispatchEvent(new Event("input"));
})"""

PLACES = """[...document.querySelectorAll("[data-block]")].map((part) => ({
    block: part.dataset.block,
    at: Object.fromEntries([...part.querySelectorAll("input")].map(
        (s) => [s.dataset.key, [s.moved ? +s.value : null, +s.dataset.start, +s.min]])),
    wins: [...part.querySelectorAll(".wins")].map((p) => p.textContent),
    bars: part.querySelectorAll("ul[data-case] li").length,
    measured: part.querySelector(".measured")?.textContent ?? null,
    outputs: [...part.querySelectorAll("output")].map((o) => o.textContent),
}))"""


def expected(found, blocks):
    """The verdicts of the Python formulas at the positions of the sliders."""
    block = blocks[found["block"]]
    given = {}
    for key, (moved, start, low) in found["at"].items():
        value = start if moved is None else moved
        if key == "decay" and moved is not None:
            value = 0.0 if moved == low else 2 ** (moved / 4)
        given[{"q": "noise", "n": "rows", "decay": "decay"}[key]] = value
    cases = [Case(**{**case, "programs": tuple(map(tuple, case["programs"]))})
             for case in block["cases"]]  # fmt: skip
    return [verdict(weigh(case, **given), case) for case in cases]


def read(browser):
    blocks = json.loads(browser.run("document.getElementById('blocks').textContent"))
    return blocks, browser.run(PLACES)


def alike(texts, others):
    """Whether texts are equal, except for the last digit of their numbers."""
    number = r"[\d,]+\.?\d*"
    for text, other in zip(texts, others, strict=True):
        assert re.sub(number, "#", text) == re.sub(number, "#", other)
        pairs = [
            [float(n.replace(",", "")) for n in re.findall(r"\d[\d,]*\.?\d*", t)]
            for t in (text, other)
        ]
        assert pairs[0] == pytest.approx(pairs[1], abs=0.11, rel=1e-4)


def test_a_slider_that_is_moved_changes_what_wins_as_the_codes_say(browser, page):
    browser.open(page)
    blocks, before = read(browser)
    # Eleven searches (contrasts have two cases), and six experiments.
    assert len(before) == 11 + 5
    assert {key for found in before for key in found["at"]} == {"q", "n", "decay"}
    for found in before:
        alike(found["wins"], expected(found, blocks))
    seen = []
    for share in (0.0, 0.1, 0.35, 0.7, 1.0):
        place = f"+slider.min + {share} * (slider.max - slider.min)"
        browser.run(MOVE_ALL.replace("(+slider.min + 2 * slider.max) / 3", place))
        _, after = read(browser)
        for found in after:
            alike(found["wins"], expected(found, blocks))
            assert found["bars"] >= 2
        seen.append([found["wins"] for found in after])
    changed = [len({str(wins) for wins in each}) for each in zip(*seen, strict=True)]
    assert min(changed) >= 2
    winners = {text.partition(" wins")[0] for each in seen for wins in each for text in wins}
    assert "The table" in winners
    assert "The true program" in winners
    assert any(found["measured"] for found in before)
    browser.run("document.querySelectorAll('.reset').forEach((b) => b.click())")
    assert [f["wins"] for f in read(browser)[1]] == [f["wins"] for f in before]


def test_a_slider_moves_by_keyboard(browser, page):
    browser.open(page)
    before = read(browser)[1][0]
    browser.run("document.querySelector('input[data-key=q]').focus()")
    browser.press("ArrowRight", 30)
    after = read(browser)[1][0]
    assert (before["outputs"][0], after["outputs"][0]) == ("0.00", "0.30")
    assert before["wins"] != after["wins"]
    value = browser.run("document.activeElement.getAttribute('aria-valuetext')")
    assert value == "0.30"


def test_charts_say_their_values_to_the_pointer_and_to_the_arrow_keys(browser, page):
    browser.open(page)
    line = """[...document.querySelectorAll("path.line[data-x]")].find(
        (p) => p.closest("section.run").querySelector("h2").textContent === "posterior")"""
    browser.run(f"{line}.closest('svg').focus()")
    browser.press("ArrowRight", 3)
    points = browser.run(f"(({line}).dataset.x + '|' + ({line}).dataset.y)").split("|")
    (x, y), name = (part.split("\n") for part in points), browser.run(f"{line}.dataset.name")
    assert len(set(x)) == len(x) == 3
    said = f"{name}\ntraining rows: {x[2]}\nBayes accuracy on unseen rows: {y[2]}"
    assert browser.run("[tip.hidden, tip.textContent]") == [False, said]
    browser.press("ArrowLeft")
    assert f"training rows: {x[1]}\n" in browser.run("tip.textContent")
    browser.press("ArrowDown")
    assert not browser.run("tip.textContent").startswith(f"{name}\n")
    # Under the pointer: a point of a line, and a cell of a picture.
    spot = browser.run(
        """(() => {
        const path = LINE;
        path.closest("svg").scrollIntoView({ block: "center" });
        const [, x, y] = path.getAttribute("d").match(/M([-\\d.]+),([-\\d.]+)/);
        const m = path.getScreenCTM();
        return [m.a * x + m.e, m.d * y + m.f, path.dataset.x.split("\\n")[0]];
    })()""".replace("LINE", line)
    )
    browser.move(spot[0] + 2, spot[1] + 1)
    assert f"training rows: {spot[2]}" in browser.run("tip.textContent")
    cell = browser.run("""(() => {
        const image = document.querySelector("image[data-span]");
        image.scrollIntoView({ block: "center" });
        const box = image.getBoundingClientRect();
        return [box.left + box.width / 62, box.bottom - box.height / 62];
    })()""")
    browser.move(*cell)
    value = "new Promise((go) => setTimeout(() => go(tip.textContent), 150))"
    assert browser.run(value) == "across 0, up 0: 1"  # the cosine of 0
    browser.run("document.querySelector('image[data-span]').closest('svg').focus()")
    browser.press("ArrowRight")
    browser.run(value)
    browser.press("ArrowRight")
    assert browser.run(value).startswith("across 1, up 0: ")
    browser.run(value)
    browser.press("ArrowUp")
    assert browser.run(value).startswith("across 1, up 1: ")


CONTRASTS = """(() => {
    const colour = (text) => {
        const parts = text.match(/[\\d.]+/g).map(Number);
        return parts.length > 3 && parts[3] === 0 ? null
            : parts.slice(0, 3).map((c) => Math.round(c).toString(16).padStart(2, "0")).join("");
    };
    const behind = (node) => {
        for (let e = node; e; e = e.parentElement) {
            const found = colour(getComputedStyle(e).backgroundColor);
            if (found) return found;
        }
        return "ffffff";
    };
    const pairs = new Set();
    for (const node of document.querySelectorAll("body *")) {
        if (!node.checkVisibility() || ["SCRIPT", "TITLE"].includes(node.tagName)) continue;
        const style = getComputedStyle(node);
        const own = [...node.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
        const svg = node instanceof SVGElement;
        if (own) pairs.add(["text", colour(svg ? style.fill : style.color),
            svg && node.closest(".node.input") ? colour(getComputedStyle(
                node.parentNode.querySelector("rect")).fill) : svg && node.closest(".node")
                ? colour(getComputedStyle(node.parentNode.querySelector("rect")).fill)
                : behind(node)].join());
        if (node.matches("path.line, path.dot:not(.hole), path.square:not(.hole)"))
            pairs.add(["mark", colour(style.stroke), behind(node)].join());
        if (node.matches(".area[class*='k-'], path.area[class*='c-']"))
            pairs.add(["mark", colour(style.fill), behind(node)].join());
        if (node.matches(".key")) pairs.add(["mark", colour(style.backgroundColor),
            behind(node.parentElement)].join());
        if (node.matches("select, button"))
            pairs.add(["mark", colour(style.borderTopColor), behind(node.parentElement)].join());
    }
    return [...pairs].map((p) => p.split(","));
})()"""


def faint(browser):
    """(kind, colour, background, ratio) of parts with less contrast than WCAG 2.1 AA requires."""
    pairs = browser.run(CONTRASTS)
    assert len(pairs) > 10
    found = [(*pair, contrast(*pair[1:])) for pair in pairs]
    return [f for f in found if f[3] < {"text": 4.5, "mark": 3.0}[f[0]]]


@pytest.mark.parametrize("theme", [pytest.param("light", marks=pytest.mark.slow), "dark"])
def test_contrast_is_enough_in_both_themes(browser, page, theme):
    browser.open(page, theme=theme)
    browser.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert faint(browser) == []
    # The check can fail.
    browser.run("document.querySelector('.lead').style.color = '#777'")
    assert len(faint(browser)) == 1


def test_the_switch_of_themes_overrules_the_systems(browser, page):
    browser.open(page, theme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = browser.run(ground)
    choose = "theme.value = '%s'; theme.dispatchEvent(new Event('change')); " + ground
    assert browser.run(choose % "light") == "rgb(255, 255, 255)" != dark
    assert faint(browser) == []
    assert browser.run(choose % "") == dark
    browser.media("light")
    assert browser.run(choose % "dark") == dark


LABELS = """(() => {
    const wrong = [];
    const named = (e) => (e.getAttribute("aria-label") || e.textContent || "").trim();
    for (const e of document.querySelectorAll("input, select")) {
        const label = document.querySelector(`label[for="${e.id}"]`);
        if (!label || !label.textContent.trim()) wrong.push(["label", e.outerHTML]);
    }
    for (const e of document.querySelectorAll(
            "a, button, summary, [role=img], [role=group], [role=region], nav, section, th"))
        if (!named(e)) wrong.push(["name", e.outerHTML.slice(0, 200)]);
    for (const e of document.querySelectorAll("svg"))
        if (!e.getAttribute("role") && e.getAttribute("aria-hidden") !== "true")
            wrong.push(["role", e.outerHTML.slice(0, 200)]);
    for (const e of document.querySelectorAll("th"))
        if (!e.scope) wrong.push(["scope", e.outerHTML]);
    const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
    if (new Set(ids).size !== ids.length) wrong.push(["ids", ids]);
    for (const e of document.querySelectorAll("a[href^='#'], label[for], output[for]")) {
        const to = e.getAttribute("href")?.slice(1) || e.htmlFor?.value || e.htmlFor;
        if (!document.getElementById(to)) wrong.push(["to", e.outerHTML]);
    }
    let last = 0;
    for (const e of document.querySelectorAll("h1, h2, h3, h4")) {
        const level = +e.tagName[1];
        if (level > last + 1) wrong.push(["heading", e.outerHTML]);
        last = level;
    }
    for (const [tag, count] of [["h1", 1], ["main", 1], ["header", 1], ["footer", 1]])
        if (document.querySelectorAll(tag).length !== count) wrong.push(["count", tag]);
    if (document.documentElement.lang !== "en") wrong.push(["lang", ""]);
    return wrong;
})()"""


def test_everything_has_a_name_and_headings_are_in_order(browser, page):
    browser.open(page)
    assert browser.run(LABELS) == []
    browser.run("document.querySelector('label').remove()")
    assert len(browser.run(LABELS)) == 1  # the check can fail


def test_tab_goes_through_all_in_the_order_of_the_page(browser, page):
    browser.open(page)
    order = """[...document.querySelectorAll(
        "a[href], button, input, select, summary, [tabindex='0']")].filter(
        (e) => e.checkVisibility() && !(e.closest("details:not([open])") && !e.matches("summary")))
        .map((e, k) => { e.number = k; return k; }).length"""
    count = browser.run(order)
    assert count > 100
    seen = []
    where = "(() => { const e = document.activeElement, s = getComputedStyle(e); return ["
    where += "e.number ?? -1, s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2]; })()"
    for _ in range(60):
        browser.press("Tab")
        number, outlined = browser.run(where)
        assert outlined
        seen.append(number)
    assert seen == list(range(60))
    browser.open(page)
    browser.press("Tab")
    assert browser.run("document.activeElement.textContent") == "Skip to the content"
    assert browser.run("document.activeElement.getBoundingClientRect().left") >= 0
    browser.press("Enter")
    assert browser.run("document.activeElement.id") == "main"


@pytest.mark.parametrize("width", [360, 768])
def test_no_width_makes_the_page_scroll_sideways(browser, page, width):
    browser.open(page, width=width, height=700, phone=width < 500)
    assert browser.run("document.documentElement.scrollWidth") <= width
    browser.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert browser.run("document.documentElement.scrollWidth") <= width
    small = """[...document.querySelectorAll("input, select, button, summary")].filter(
        (e) => e.getBoundingClientRect().height < 24).length"""
    assert browser.run(small) == 0


def test_a_large_tree_scrolls_in_its_box_and_begins_at_its_root(browser, tmp_path):
    found = synth.search(synth.load_task("parity:n=4,k=2"), max_bits=12, threads=1)
    text = "x0"
    for k in range(30):
        text = f"({text} {'&|^'[k % 3]} ~x{k % 4})"
    program = dataclasses.replace(found.program, text=text)
    write_page([dataclasses.replace(found, program=program)], None, tmp_path / "page.html")
    browser.open(tmp_path / "page.html", width=400)
    assert browser.run("document.documentElement.scrollWidth") <= 400
    wide, room, left, right = browser.run("""(() => {
        const tree = document.querySelector(".tree"), box = tree.parentNode;
        const root = tree.querySelector(".node rect").getBoundingClientRect();
        const at = box.getBoundingClientRect();
        return [box.scrollWidth, box.clientWidth, root.left - at.left, at.right - root.right];
    })()""")
    assert wide > 2 * room
    assert min(left, right) >= 0


def test_print_is_light_and_shows_what_is_folded(browser, page):
    browser.open(page, theme="dark", media="print")
    browser.run("document.documentElement.dataset.theme = 'dark'")
    assert browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert (
        browser.run("""[...document.querySelectorAll("details table")].filter(
        (e) => e.getBoundingClientRect().height < 20).length""")
        == 0
    )
    assert not browser.run("document.querySelector('.reset').checkVisibility()")
    browser.media("light")


def test_without_its_script_the_page_still_says_what_wins(browser, page):
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(page)
        wins = "[...document.querySelectorAll('.wins')].map((p) => p.textContent)"
        without = browser.run(wins)
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
    browser.open(page)
    alike(without, browser.run(wins))
    assert len(without) > 16
