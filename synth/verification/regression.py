"""The claims of a search for real labels, and of its permuted twins."""

import math
import re
from typing import Any

import numpy as np

from synth.errors import ParseError
from synth.language import DSL, numeric_languages
from synth.records import MOST_POINTS
from synth.tasks import Task, prepared, with_real_numbers
from synth.verification.claims import NEAR, Claims
from synth.verification.noises import constant_bits, is_noise, least_bits, rounded_fit
from synth.verification.numbers import Fit, Labels
from synth.verification.truth import UNITS, Truth
from synth.verification.values import evaluated

#: Bits and shares that differ by less differ by rounding: what fits leave is not exact.
ROUNDING = 1e-5
#: Programs without brackets in the text of a sum, and a number in it.
LEAF, _NUMBER = re.compile(r"[\w.]+|'[^']*'"), r"(-?\d+(?:\.\d+)?(?:e[+-]\d+)?)"


def of_numbers(dsl: DSL, task: Task) -> Task:
    """The task as a DSL of numbers reads it."""
    return prepared(dsl, with_real_numbers(dsl, task))


def check_regression(claims: Claims, document: dict[str, Any], truth: Truth) -> None:
    """All that a search for real labels says."""
    given = truth.task.labels.astype(float)
    labels = Labels(given[truth.train], document["settings"]["precision"])
    bits = _check_languages(claims, document, labels)
    labels.language_bits = bits
    _check_data(claims, document, truth, labels)
    _check_rivals(claims, document, labels)
    for k, entry in enumerate(document["top"]):
        _check_sum(claims, f"top[{k}].", entry, truth, labels)
    _check_list(claims, document)
    _check_totals(claims, document, labels)
    _check_errors(claims, document, truth, labels)
    _check_certificate(claims, document, labels)


def _check_languages(claims: Claims, document: dict[str, Any], labels: Labels) -> float:
    """The languages that were searched; returns the bits that say which it is."""
    languages = document["languages"]
    bits = math.log2(len(languages)) if languages else 0.0
    claims.near("language_bits", document["language_bits"], bits)
    if not languages:
        return 0.0
    names, tried = [each["dsl"] for each in languages], numeric_languages()
    claims.check("dsl", document["dsl"] in names, document["dsl"], ", ".join(names))
    claims.check("languages", names == tried, ", ".join(names), ", ".join(tried))
    own = document["program"] and document["program"]["total_bits"]
    totals = [each["total_bits"] for each in languages if each["total_bits"] is not None]
    claims.check("program is the least of all", own == min(totals, default=None), own, totals)
    mine = [each for each in languages if each["dsl"] == document["dsl"]]
    for key in ("certified_bits", "candidates"):
        claims.check(f"languages.{key}", [each[key] for each in mine] == [document[key]],
                     document[key], [each[key] for each in mine])  # fmt: skip
    if document["optimal"]:
        ends = [e["certified_bits"] for e in languages if e["certified_bits"] is not None]
        least = bits + least_bits(labels, min(ends, default=math.inf), 1)
        beyond = document["total_bits"]
        claims.check("optimal in all languages", least >= beyond - NEAR, least, beyond)
    return bits


def _check_data(claims: Claims, document: dict[str, Any], truth: Truth, labels: Labels) -> None:
    task = truth.task
    claims.equal("task", document["task"], task.name)
    claims.equal("dsl", document["dsl"], truth.dsl.name)
    claims.equal("labelling", document["labelling"], task.labelling)
    claims.equal("label", document["label"], task.label)
    types = {name: str(type_) for name, type_ in (task.source or task).types.items()}
    claims.equal("inputs", document["inputs"], types)
    claims.equal("rows.train", document["rows"].get("train"), labels.n)
    claims.equal("rows.test", document["rows"].get("test"), task.rows - labels.n)
    for key, value in task.settings.items():
        said = document["settings"].get(key)
        claims.equal(f"settings.{key}", said, list(value) if isinstance(value, tuple) else value)
    for key, found in (("precision", labels.step), ("low", labels.low), ("high", labels.high)):
        _close(claims, key, document[key], found)


def _check_rivals(claims: Claims, document: dict[str, Any], labels: Labels) -> None:
    """The constant and the histogram."""
    constant = document["constant"]
    stated = constant["exceptions"]
    holds = constant["terms"] == constant["slopes"] == [] and constant["bits"] == 0
    holds = holds and len(constant["errors"]) == 1 and is_noise(constant, labels)
    if claims.check("constant reads no input", holds, constant["terms"], []):
        kept = labels.without(stated)
        mean = float(kept.values.mean())
        deviation = _deviation(kept, float(kept.about_mean @ kept.about_mean), 1)
        _close(claims, "constant.intercept", constant["intercept"], mean)
        _close(claims, "constant.errors", constant["errors"][0], deviation / math.sqrt(kept.n))
        _check_text(claims, "constant.", constant, [], deviation, 1e-12 * abs(mean))
    claims.near("constant.total_bits", constant["total_bits"], constant_bits(labels, stated))
    bits, bins = labels.table_bits()
    claims.near("table_bits", document["table_bits"], bits)
    claims.equal("bins", document["bins"], bins)


def _check_sum(
    claims: Claims, where: str, entry: dict[str, Any], truth: Truth, labels: Labels
) -> None:
    """A sum of programs: its bits, its coefficients, and what they leave."""
    terms = entry["terms"]
    counts = [len(entry[key]) for key in ("slopes", "errors")]
    whole = 1 <= len(terms) <= 2 and counts == [len(terms), len(terms) + 1]
    if not claims.check(f"{where}terms", whole, terms, "one or two programs, each with a slope"):
        return
    columns, prices = [], []
    for text in terms:
        try:
            program = truth.read(text)
        except ParseError as error:
            claims.check(f"{where}terms", False, text, f"no program: {error}"[:120])
            return
        values, defined = evaluated(program, truth.columns)
        if not claims.check(f"{where}{text} has a value on every row", bool(defined.all()), "", ""):
            return
        columns.append(values.astype(float)[truth.train])
        prices.append(sum(truth.prices[node.head] for node in program.walk()) / UNITS)
    claims.near(f"{where}bits", entry["bits"], math.fsum(prices))
    if not claims.check(f"{where}noise", is_noise(entry, labels), entry["noise"], "one of three"):
        return
    fit, total, kept = None, math.inf, labels.without(entry["exceptions"])
    some = np.ones(labels.n, bool)
    some[entry["exceptions"]] = False
    columns = [column[some] for column in columns]
    if entry["noise"] == "rounding":
        found = rounded_fit(labels, columns[0])
        if found is not None:
            total, fit = found[0] + labels.named_bits(prices) + 2, found[1]
    else:
        fit = kept.fit(columns)
        total = math.inf if fit is None else kept.sum_bits(prices, fit.left)
    if entry["noise"] == "exceptions":
        total += 1 + labels.stated_bits(len(entry["exceptions"]))
    if fit is None:
        what = "one is a multiple of the other, or constant; or no line rounds to the labels"
        claims.check(f"{where}terms", False, terms, what)
        return
    _close(claims, f"{where}total_bits", entry["total_bits"], total)
    _check_coefficients(claims, where, entry, columns, kept, fit)


def _check_coefficients(
    claims: Claims,
    where: str,
    entry: dict[str, Any],
    columns: list[Any],
    labels: Labels,
    fit: Fit,
) -> None:
    """The coefficients of a sum, their standard errors, and the text."""
    deviation = _deviation(labels, fit.left, 1 + len(columns))
    if entry["noise"] == "rounding":
        deviation = labels.step / math.sqrt(12)
    sizes = [float(np.abs(column).max()) for column in columns]
    # In floats, the labels themselves and the parts of a prediction are rounded.
    parts = [size * abs(slope) for size, slope in zip(sizes, fit.coefficients[1:], strict=True)]
    share = ROUNDING + 2.0**-50 * max(abs(labels.low), abs(labels.high)) / deviation
    said = [entry["intercept"], *entry["slopes"]]
    names = ["intercept", *(f"slopes[{k}]" for k in range(len(columns)))]
    for k, (name, size) in enumerate(zip(names, (sum(parts), *parts), strict=True)):
        error, value = deviation * fit.errors[k], fit.coefficients[k]
        floor = 1e-12 * (abs(value) if k else size + abs(value))
        near = abs(said[k] - value) <= share * error + floor
        claims.check(f"{where}{name}", near, said[k], f"{value!r} by least squares")
        near = math.isclose(entry["errors"][k], error, rel_tol=ROUNDING)
        claims.check(f"{where}errors[{k}]", near, entry["errors"][k], error)
    _check_text(claims, where, entry, columns, deviation, 1e-12 * sum(parts))


def _check_text(
    claims: Claims,
    where: str,
    entry: dict[str, Any],
    columns: list[Any],
    deviation: float,
    rounding: float,
) -> None:
    """The text: its numbers predict what the coefficients predict."""
    shown = _shown(entry["text"], entry["terms"])
    if shown is None:
        claims.check(f"{where}text", False, entry["text"], "a sum of its terms")
        return
    changes = np.subtract(shown, [entry["intercept"], *entry["slopes"]])
    changed = changes[0] + sum(c * column for c, column in zip(changes[1:], columns, strict=True))
    most = float(np.abs(changed).max())
    claims.check(
        f"{where}text",
        most <= deviation / 10 + rounding,
        entry["text"],
        f"predictions differ by {most:.3g}; allowed: a tenth of the noise, {deviation / 10:.3g}",
    )


def _shown(text: str, terms: list[str]) -> list[float] | None:
    """The numbers in the text of a sum: the constant and the slopes; None if it is no such text."""
    wholes = [re.escape(t if LEAF.fullmatch(t) else f"({t})") for t in terms]
    slopes = [rf"([+-]) {_NUMBER} \* {whole}" for whole in wholes]
    found = re.fullmatch(" ".join([_NUMBER, *slopes]), text)
    # A constant of 0 is left out.
    if found is None and terms:
        text = f"0 - {text[1:]}" if text.startswith("-") else f"0 + {text}"
        found = re.fullmatch(" ".join([_NUMBER, *slopes]), text)
    if found is None:
        return None
    first, *rest = found.groups()
    signs, numbers = rest[::2], rest[1::2]
    return [float(first), *(float(s + n) for s, n in zip(signs, numbers, strict=True))]


def _deviation(labels: Labels, left: float, coefficients: int) -> float:
    """The standard deviation of noise, at least that of rounding."""
    square = max(left / max(labels.n - coefficients, 1), 1 / 12)
    return labels.step * math.sqrt(square)


def _check_list(claims: Claims, document: dict[str, Any]) -> None:
    """The sums are in order, each once, and the first is the best."""
    top = document["top"]
    totals = [entry["total_bits"] for entry in top]
    most = document["settings"]["top"]
    in_order = totals == sorted(totals) and len(top) <= most
    claims.check("top is in order", in_order, f"{len(top)} sums", f"at most {most}")
    names = [tuple(sorted(entry["terms"])) for entry in top]
    claims.check("top has each sum once", len(set(names)) == len(names), f"{len(names)} sums", "")
    claims.equal("program is the first", document["program"], top[0] if top else None)


def _check_totals(claims: Claims, document: dict[str, Any], labels: Labels) -> None:
    """The least total, the bits saved, the chance bound, and what was chosen."""
    constant = constant_bits(labels, document["constant"]["exceptions"])
    table = labels.table_bits()[0]
    rival, program = min(constant, table), document["program"]
    least = rival if program is None else min(rival, program["total_bits"])
    _close(claims, "total_bits", document["total_bits"], least)
    saved = None if program is None else rival - program["total_bits"]
    claims.check(
        "saved_bits",
        _is_close(document["saved_bits"], saved, rival),
        document["saved_bits"],
        saved,
    )
    bound = 0.0 if saved is None else min(0.0, math.log2(10) - saved)
    claims.check(
        "log2_chance_bound",
        _is_close(document["log2_chance_bound"], bound, rival),
        document["log2_chance_bound"],
        bound,
    )
    chosen = "program" if saved is not None and saved > 0 else "table"
    if chosen == "table" and constant < table:
        chosen = "constant"
    near = saved is not None and abs(saved) <= ROUNDING
    claims.check("chosen", near or document["chosen"] == chosen, document["chosen"], chosen)


def _check_errors(claims: Claims, document: dict[str, Any], truth: Truth, labels: Labels) -> None:
    """What the labels deviate from the hypothesis that was chosen."""
    given, mean = truth.task.labels.astype(float), float(labels.values.mean())
    used = None if document["chosen"] == "table" else document[document["chosen"]]
    values = np.full(len(given), mean)
    if used is not None:
        values = np.full(len(given), used["intercept"])
        for slope, text in zip(used["slopes"], used["terms"], strict=False):
            try:
                values = values + slope * evaluated(truth.read(text), truth.columns)[0]
            except ParseError:
                return  # it is said above
    test = ~truth.train & ~truth.task.unknown
    size = labels.high - labels.low
    found: dict[str, float | None] = {"test_error": None, "test_r2": None}
    found["train_error"] = _root(given[truth.train] - values[truth.train])
    if test.any():
        found["test_error"] = _root(given[test] - values[test])
        spread = _root(given[test] - mean)
        if spread:
            found["test_r2"] = 1 - (_root(given[test] - values[test]) / spread) ** 2
    _check_points(claims, document["points"], (values, given, truth.train), test, size)
    for key, value in found.items():
        unit = size if key != "test_r2" else 1 + abs(value or 0.0)
        claims.check(key, _is_close(document[key], value, unit), document[key], value)


def _check_points(
    claims: Claims, points: dict[str, Any] | None, rows: Any, test: Any, size: float
) -> None:
    """The predictions that the record holds; rows: predictions, labels, which are for training."""
    if points is None:
        return
    known = np.flatnonzero(rows[2] | test)
    some = known[np.linspace(0, len(known) - 1, min(len(known), MOST_POINTS)).round().astype(int)]
    for key, column in zip(("predicted", "label", "train"), rows, strict=True):
        said, found = points[key], column[some].tolist()
        same = len(said) == len(found)
        same = same and all(_is_close(s, f, size) for s, f in zip(said, found, strict=True))
        what = f"{len(said)} rows", f"of {len(found)} rows"
        claims.check(f"points.{key}", same, *what)


def _check_certificate(claims: Claims, document: dict[str, Any], labels: Labels) -> None:
    """What was scored, whether anything beyond can win, and why the search ended."""
    settings, stop = document["settings"], document["stop_reason"]
    single, pair = document["certified_bits"], document["pair_bits"]
    if single is None:
        holds = stop in ("exhausted", "interrupted")
        claims.check("certified_bits", holds, None, f"ended by {stop}")
    elif stop == "max_bits":
        claims.equal("certified_bits", single, settings["max_bits"])
    elif settings["max_bits"] is not None:
        most = settings["max_bits"]
        claims.check("certified_bits", single <= most, single, f"at most {most}")
    proven = [
        bits is None
        or least_bits(labels, bits, count) + labels.language_bits >= document["total_bits"] - NEAR
        for count, bits in ((1, single), (2, pair))
    ]
    # It is false too where two programs that differ by rounding could win.
    holds = all(proven) or not document["optimal"]
    claims.check("optimal", holds, document["optimal"], all(proven))
    fits = {
        "optimal": proven[0],
        "exhausted": single is None,
        "max_bits": settings["max_bits"] is not None,
        "max_programs": settings["max_programs"] is not None
        and document["candidates"]
        >= settings["max_programs"] // max(len(document["languages"]), 1),
        "seconds": settings["seconds"] is not None,
        "memory": True,
        "interrupted": True,
    }
    claims.check("stop_reason", fits.get(stop, False), stop, "as the other fields allow")
    made = document["candidates"], document["distinct"]
    claims.check("distinct", 0 <= made[1] <= made[0], made[1], f"at most {made[0]}")
    why = "nothing listed contradicts it"
    claims.open("certified_bits is true", single, why)
    claims.open("pair_bits is true", pair, why)
    product = document.get("product_bits", 0.0)
    if product:
        holds = single is not None and product >= single
        claims.check("product_bits", holds, product, f"at least {single}")
        claims.open("product_bits is true", product, why)


def check_ranks(claims: Claims, document: dict[str, Any]) -> None:
    """The rank of the true labels among the twins."""
    saved, others = document["structured"]["saved_bits"], document["twins_saved"]
    first = document["random"]["saved_bits"]
    claims.equal("twins_saved[0]", others[0] if others else "", first)
    least = -math.inf if saved is None else saved - 2e-9
    as_good = 1 + sum((-math.inf if each is None else each) >= least for each in others)
    claims.near("p_value", document["p_value"], as_good / (1 + len(others)))
    if len(others) > 1:
        why = "a search of each twin would show it"
        claims.open("twins_saved after the first", f"{len(others) - 1} twins", why)


def _root(left: Any) -> float:
    return float(np.sqrt(np.square(left).mean()))


def _close(claims: Claims, what: str, said: float, found: float) -> None:
    claims.check(what, _is_close(said, found, found), said, found)


def _is_close(said: float | None, found: float | None, unit: float) -> bool:
    """Whether two numbers are equal up to rounding, in parts of a unit; or both None."""
    if said is None or found is None:
        return said is found
    return abs(said - found) <= ROUNDING * max(abs(unit), 1e-300) * 1e-2
