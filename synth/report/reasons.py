"""Why a search ended as it did: what is proven, what ended it, and what to try if no rule pays."""

import re

from synth.report.languages import certified
from synth.report.numbers import accuracy, bits, least_bits

#: What ended a search, in words.
STOPS = {
    "optimal": "the best is proven",
    "structured-optimal": "the true labels' best is proven",
    "exhausted": "there are no further behaviours",
    "moves": "all moves were made",
    "max_bits": "limit of bits (--max-bits) reached",
    "max_programs": "limit of programs (--max-programs) reached",
    "seconds": "time limit (--seconds) reached",
    "memory": "limit of memory (--memory) reached",
    "interrupted": "interrupted",
    "failed": "no worker was left",
}
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")
#: Labels of a table are at most so many texts; more are numbers.
MOST_TEXTS = 16
#: The DSL whose programs count, and how far they do if it has no setting.
_COUNTED, _COUNT = re.compile(r"loops(?::count=(\d+))?"), 128
#: What may help if a limit ended a search, by the limit.
_LIMITS = {
    "seconds": "a longer search (--seconds {seconds:g})",
    "memory": "more --memory",
    "max_programs": "a larger --max-programs",
    "max_bits": "a larger --max-bits",
    "moves": "more --moves",
}


def certificate(result):
    """What is proven of a result, and what ended the search."""
    said = f"{verdict(result)}; {reached(result)}; stopped: {stop(result)}"
    return said + "; rests on the checkpoint that the search went on from" * result.resumed


def stop(result):
    """What ended the search, of drawn rows if there were any."""
    seconds, drawn = result.settings.get("seconds"), result.settings.get("drawn")
    reason = _reason(result)
    said = STOPS[reason]
    if reason == "seconds" and seconds is not None:
        said = f"time limit ({seconds:g} s) reached"
    return f"{said} (on {drawn['rows']:,} drawn rows)" if drawn else said


def _reason(result):
    drawn = result.settings.get("drawn")
    return str(drawn["stop_reason"] if drawn else result.stop_reason)


def verdict(result):
    """Whether the best is proven; if that is no program, what it is."""
    if not result.optimal:
        return "not proven optimal"
    return "optimal" if result.chosen == "program" else f"the {result.chosen} is optimal"


def reached(result):
    """Which programs were all scored."""
    up_to = certified(result)
    if up_to is None:
        return "all programs scored, of any length"
    return f"all up to {least_bits(up_to)} bits"


def shortest(result):
    """The shortest program without exceptions, of a table with too few rows for it."""
    one, n = result.shortest, result.rows["train"]
    needed = "a million rows with such labels would be too few"
    if one.rows is not None:
        needed = f"about {one.rows:,} training rows would do, here are {n:,}"
        if _may_train_on_all(result) and one.rows <= n + result.rows["test"]:
            needed += f"; --train 1.0 takes all {n + result.rows['test']:,}"
    found = "shortest, " if one.proven else "shortest that was found, "
    shown = f"{one.rule or one.text} ({found}{bits(one.bits)} bits)"
    return f"{shown}; too few rows to tell it from chance: {needed}"


def _may_train_on_all(result):
    """Whether rows of a table are held out that could be for training."""
    return bool(result.languages) and result.rows["test"] > 0 and "test" not in result.settings


def too_few(result):
    """Why a program without exceptions does not pay, if strings of one label are too few.

    The bits of a frequency table say how many rows have the rarer of two labels.
    """
    exact = [point for point in result.front if not point.exceptions]
    strings = all(type_.startswith("Str(") for type_ in result.inputs.values())
    if result.chosen == "program" or result.rows["labels"] != 2 or not (exact and strings):
        return None
    n, table, program = result.rows["train"], result.table.bits, exact[-1].total_bits
    counts = range(1, n // 2 + 1)
    from synth import codes  # a saved run is verified without them

    rarer = min(counts, key=lambda e: abs(codes.table_bits((e, n - e))[0] - table))
    return (
        f"{rarer} of {n:,} training strings have the rarer label, so that the table takes "
        f"{bits(table)} bits in all; the shortest program found without exceptions takes "
        f"{bits(program)}. Longer strings, or more of them, may have more of that label."
    )


def counts(result):
    """How far the counters of the best program count; None if it has none."""
    named, program = _COUNTED.fullmatch(result.dsl), result.program
    if named is None or program is None or "fold_count[" not in program.text:
        return None
    most = int(named[1] or _COUNT)
    return (
        f"from {-most:,} to {most:,}, and stays at these ends: for strings of more than {most:,} "
        "letters, give a wider range (--dsl loops:count=N)"
    )


def nothing_found(result):
    """Why no rule was found in a table, and what to try; None if one was found."""
    if result.chosen == "program" or not result.languages or result.settings["exact"]:
        return None
    n, least = result.rows["train"], result.rows_needed
    if least is not None and n < least:
        return (
            f"{n:,} training rows are too few: with such labels no rule pays below {least:,} rows"
        )
    why, ways = "it is proven that no rule of these languages saves bits", []
    if not result.optimal:
        what = "no rule that was tried saves bits"
        why, ways = f"{what}, and longer ones were not all tried: {stop(result)}", _longer(result)
    more = "all rows for training (--train 1.0)" if _may_train_on_all(result) else "more rows"
    ways += [more, "other columns"]
    if result.rows["labels"] > MOST_TEXTS:
        numbers = _are_numbers(result)
        ways = ["normal noise (--noise normal)"] * numbers + ways
        ways += numbers * [
            f"a threshold on the label (--label '{result.label or 'LABEL'}>=NUMBER')"
        ]
    elif result.rows["labels"] > 2:
        ways += ["normal noise (--noise normal)"] * _are_numbers(result)
    elif sum(type_ != "Bool" for type_ in result.inputs.values()) > 1:
        ways += ["sums of columns (--dsl features)"]
    return f"{why}. Try {', '.join(ways[:-1])} or {ways[-1]}."


def _are_numbers(result):
    """Whether the labels are numbers, as far as the constants among the best hypotheses say."""
    said = [each.text for each in result.top if each.kind == "constant"]
    if result.program is not None and result.program.kind == "constant":
        said.append(result.program.text)
    return result.label_names is None and all(map(NUMBER.fullmatch, said)) and bool(said)


def _longer(result):
    """What may help if a limit ended a search."""
    limit = _LIMITS.get(_reason(result))
    seconds = 10 * (result.settings.get("seconds") or 30)
    return [limit.format(seconds=seconds)] if limit else []


def mixture(predictions):
    """What a mixture predicts of the held-out rows and what it consists of: a row, or none."""
    if predictions is None:
        return
    text = f"{accuracy(predictions.accuracy)} held out"
    if predictions.loss is not None:
        lost = f"{predictions.loss:.3f} bits a row, and the chosen hypothesis alone"
        text += f"; it loses {lost} {predictions.chosen_loss:.3f}"
    parts = sorted(predictions.weights.items(), key=lambda part: -part[1])
    most = [f"{name} {weight:.0%}" for name, weight in parts if weight >= 0.005]
    yield "mixture", f"{text}; of {', '.join(most)}"
