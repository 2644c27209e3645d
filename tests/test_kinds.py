"""Kinds of tables that people have: what is found, in their own words, with a small search."""

import datetime

import numpy as np
import pytest

import synth
from synth.engine import languages_of
from synth.errors import SettingError, TaskError
from synth.language import UNIT
from synth.language.dsls import rules
from synth.report import search_text
from synth.tasks import columns, fit, without_labels, words
from tests.test_languages import SMALL, table

YEARS = [int(y) for y in np.random.default_rng(0).integers(1801, 2100, 60)]


def sides(count):
    """Sides of triangles, many of them alike."""
    generator = np.random.default_rng(1)
    for k in range(count):
        a, b, c = generator.permutation(12)[:3] + 1
        yield ((a, b, c), (a, b, a), (c, c, a), (b, b, b))[k % 4]


def points():
    return [int(p) for p in np.random.default_rng(2).integers(35, 101, 70)]


def grade(score):
    return next(g for g, least in zip("ABCDF", (90, 80, 70, 60, 0), strict=True) if score >= least)


def letters():
    return ["ABCDEFGHIJKLMNOPQRST"[k] for k in np.random.default_rng(3).integers(0, 20, 60)]


def dates():
    generator = np.random.default_rng(4)
    for first, days in generator.integers(0, 300, (60, 2)).tolist():
        sent = datetime.date(2024, 1, 1) + datetime.timedelta(first)
        yield sent, sent + datetime.timedelta(days % 60)


def clock(minutes):
    return f"{minutes // 60}:{minutes % 60:02}"


def shifts():
    generator = np.random.default_rng(5)
    for first, length in generator.integers([360, 5], [900, 300], (60, 2)).tolist():
        yield first, first + length


def three():
    generator = np.random.default_rng(6)
    return [generator.choice(90, 3, replace=False).tolist() for _ in range(200)]


KINDS = {
    "leap years": (
        "rules:residues=true",
        "year,leap",
        [(y, "yes" if y % 4 == 0 and (y % 100 or y % 400 == 0) else "no") for y in YEARS],
        "if year % 4 = 0 then yes; else no",
    ),
    "kinds of triangles": (
        "rules:ratios=true",
        "a,b,c,kind",
        [(*s, ("same", "two", "none")[len(set(s)) - 1]) for s in sides(60)],
        "if a != b and a != c and b != c then none; else if a = b and b = c then same; else two",
    ),
    "grades": (
        "rules:thresholds=128",
        "score,grade",
        [(p, grade(p)) for p in points()],
        "if score < 60 then F; else if score < 70 then D; else if score < 80 then C; else if "
        "score < 90 then B; else A",
    ),
    "fees with cents": (
        "rules:thresholds=128,labels=4.9/6.9/9.9",
        "kg,fee",
        [(k / 2, "4.90" if k < 4 else "6.90" if k < 10 else "9.90") for k in range(1, 49)],
        "if kg < 2 then 4.9; else if kg < 5 then 6.9; else 9.9",
    ),
    "places of letters": (
        "real",
        "letter,number",
        [(c, ord(c) - ord("A") + 1) for c in letters()],
        "place of letter + 1",
    ),
    "lengths of texts": (
        "rules",
        "word,size",
        [(f"{'x' * (k % 7)}{k:02d}z", "long" if k % 7 > 3 else "short") for k in range(60)],
        "if length of word < 7 then short; else long",
    ),
    "first letters": (
        "rules",
        "plate,zone",
        [(f"{'ABC'[k % 3]}-{100 + 7 * k}", ("north", "south", "west")[k % 3]) for k in range(60)],
        "if plate begins with A then north; else if plate begins with B then south; else west",
    ),
    "days between dates": (
        "rules:ratios=true",
        "sent,paid,state",
        [(*d, "late" if (d[1] - d[0]).days > 30 else "fine") for d in dates()],
        "if paid - sent > 32 then late; else fine",  # a quantile,
    ),
    "times of day": (
        "rules:thresholds=128",
        "start,end,part",
        [(clock(a), clock(b), "late" if b > 750 else "early") for a, b in shifts()],
        "if end < 12:30 then early; else late",
    ),
    "minutes between times": (
        "rules:ratios=true",
        "start,end,pay",
        [(clock(a), clock(b), "short" if b - a < 120 else "long") for a, b in shifts()],
        "if end - start > 123 then long; else short",
    ),
    "which is largest": (
        "rules:ratios=true",
        "red,green,blue,winner",
        [(*s, ("red", "green", "blue")[int(np.argmax(s))]) for s in three()],
        "if red < blue and green < blue then blue; else if red < green then green; else red",
    ),
    "periods": (
        "rules:residues=true",
        "n,a",
        [(n, (3, 0, 1, 1, 0)[n % 5]) for n in range(60)],
        "if n % 5 = 1 then 0; else if n % 5 = 0 then 3; else if n % 5 = 4 then 0; else 1",
    ),
}


def plain(label):
    """A label as a text: 4.90 is 4.9."""
    text = str(label)
    return f"{float(text):g}" if text.replace(".", "").isdigit() else text


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_found_in_its_own_words(tmp_path, kind):
    spec, header, rows, words = KINDS[kind]
    task = table(tmp_path, header, rows)
    assert spec in languages_of(task)
    result = synth.search(task, spec, **SMALL | {"max_programs": 10_000, "moves": 50})
    assert result.chosen == "program", search_text(result)
    assert result.program.rule == words
    said = result.predict({n: np.array(c) for n, c in task.original.columns.items()})
    right = np.mean([plain(one) == plain(row[-1]) for one, row in zip(said, rows, strict=True)])
    assert right > 0.9


def test_spellings_are_told_once_for_a_column(tmp_path, monkeypatch):
    """A column of 1,500 texts took a minute when they were told again for each cell."""
    calls = []
    told = lambda texts: calls.append(1) or words.spellings(texts)  # noqa: E731
    monkeypatch.setattr(columns, "spellings", told)
    rows = [(f"text {k % 90}", k % 2) for k in range(300)]
    task = table(tmp_path, "what,y", rows)
    assert any("15 of 90" in note for note in task.notes)
    assert 1 <= len(calls) <= 3


def test_remainders_cost_what_names_them(tmp_path):
    task = table(tmp_path, "n,m,flag,y", [(n, n % 3, n % 2, "ab"[n % 2]) for n in range(40)])
    fitted = fit("rules:residues=true", task)
    # Three columns, remainders of n: of 12 divisors below 40, and of 7 seven remainders.
    program = synth.Program.parse("'n % 7 == 3'", fitted.grammar, fitted.root)
    usual = synth.Program.parse("flag", fitted.grammar, fitted.root)
    more = np.log2(11 * 7)
    bits = [fitted.grammar.units(each.head) / UNIT for each in (program, usual)]
    assert bits[0] - bits[1] == pytest.approx(more, abs=0.01)
    assert 0.99 < sum(map(float, fitted.task.input_weights.values())) <= 1
    assert rules.with_residues(without_labels(task)) == ["rules:residues=true"]
    with pytest.raises(SettingError, match="allowed: one of them"):
        fit("rules:residues=true,ratios=true", task)
    with pytest.raises(TaskError, match="no column of whole numbers has remainders"):
        fit("rules:residues=true", table(tmp_path, "m,y", [(n % 2, n % 2) for n in range(40)]))


def test_languages_with_more_tests_are_for_tables_that_have_them(tmp_path):
    few = without_labels(table(tmp_path, "n,y", [(n % 9, "ab"[n % 2]) for n in range(60)]))
    many = without_labels(table(tmp_path, "n,y", [(n, "ab"[n % 2]) for n in range(60)]))
    assert rules.finer(few) == []
    assert rules.finer(many) == ["rules:thresholds=128"]
    wide = ",".join([*(f"c{k}" for k in range(9)), "y"])
    rows = [(*(n * (k + 1) for k in range(9)), "ab"[n % 2]) for n in range(60)]
    assert rules.finer(without_labels(table(tmp_path, wide, rows))) == []


def test_few_numbers_are_named_as_labels(tmp_path):
    some = without_labels(table(tmp_path, "n,y", [(n, (0, 50)[n > 23]) for n in range(40)]))
    assert rules.for_numbers(some) == ["rules:labels=0/50"]
    close = without_labels(table(tmp_path, "n,y", [(n, n % 3) for n in range(40)]))
    assert rules.for_numbers(close) == ["rules"]
    every = without_labels(table(tmp_path, "n,y", [(n, 7 * n) for n in range(40)]))
    assert rules.for_numbers(every) == []
