"""Searches of a table in several languages, each with its share of the work, and the one that won.

Nobody knows beforehand in which language a table has a short rule.  So each that fits is searched,
and the bits that name it are charged: see `codes.language_bits`.  A constant reads no input, and is
a hypothesis beside all of them.

The first programs are made in all languages, and the early stage of reach is run on them, before
any language is searched further.  So a checksum whose language is the fifth is known after a fifth
of the time, not after four fifths, and on a busy machine too.
"""

from dataclasses import replace
from functools import partial

from synth import codes
from synth.engine.arguments import EXACT, parsed
from synth.engine.large import LanguageSearch
from synth.engine.limits import read_limits, share, shared
from synth.engine.scoring import SAME
from synth.errors import DSLError, ParseError, SettingError, SweepError, TaskError
from synth.language import Real, languages
from synth.records import Language, Shortest, StopReason
from synth.tasks import drawn, fit, without_labels

#: How far the shortest program without exceptions is sought in each language, in programs and in
#: bits: at most about 2 s.  Without a limit of bits, 60 rows of noise take minutes.
SHORTEST, SHORTEST_BITS = 50_000, 30.0
#: The most of the seconds that the early stages of all languages take: 4 s on one core, so that
#: they are cut on a busy machine only.  Each may take twice its share of what is left.
EARLY_SECONDS, EARLY_SHARE = 0.75, 2
#: No program that reads an input has fewer bits: leaves share half of the probability.
LEAST = 1.0


def languages_of(task, start=(), dsl=None, exact=False):
    """The specifications of the languages that are searched for a table.

    There are none for a named task, or if a DSL was given.  start: programs to begin with; a
    language has to read all of them.  exact: whether programs without exceptions are sought; then
    languages of inexact numbers are left out, whose labels are compared by rounding.

    Raises
    ------
    DSLError, TaskError, ParseError
        Why the first language does not fit, if none does.
    """
    if dsl is not None or not task.is_table:
        return []
    fitting, refused, unread, few = [], [], [], drawn(task)
    for spec in languages(without_labels(task)):
        try:
            fitted = fit(spec, few)
            if fitted.task is few:  # it reads columns as they are, and other rows may have gaps
                fitted = fit(spec, task)
            for text in start:
                parsed(text, fitted)
        except (DSLError, TaskError, ParseError) as error:
            (unread if isinstance(error, ParseError) else refused).append(error)
        else:
            if exact and fitted.root.inexact:
                refused.insert(0, SettingError(f"exact: labels of {fitted.root}; allowed: {EXACT}"))
                continue
            fitting.append(spec)
    # That a program of the user cannot be read says more than that a DSL does not fit.
    refused = unread + refused
    if refused and not fitting:
        texts = any(str(type_) == "Bool" for type_ in task.types.values())
        if isinstance(refused[0], DSLError) and texts and task.label_type == Real:
            raise DSLError(
                f"{refused[0]}, and no other language has labels that are numbers with fractions; "
                "leave out the columns of texts, or use normal noise, which reads them (--noise "
                "normal; in Python, synth.regress)"
            )
        raise refused[0]
    return fitting


def searched(tasks, specs, *, progress=None, checkpoint=None, spent=0.0, **settings):
    """The `Result` of each labelling of a table, each in the language that won.

    Parameters
    ----------
    tasks : sequence of Task
        A table and its twins.
    specs : sequence of str
        The languages, 1 or more.
    progress, checkpoint, spent, **settings
        As `Search` and its `run` take them.
    """
    each, count, failed = [], len(specs), None
    limits = read_limits({k: settings.pop(k) for k in list(settings) if k in _LIMITS})
    settings["moves"] = share(settings.get("moves"), count)
    begun, early = [], limits
    if limits.seconds is not None:
        early = replace(limits, seconds=spent + EARLY_SECONDS * max(0.0, limits.seconds - spent))
    for k, spec in enumerate(specs):
        given = {"checkpoint": None if checkpoint is None else _file(checkpoint, k), "spent": spent}
        own = shared(early, count, max(1, (count - k) // EARLY_SHARE), spent)
        made = LanguageSearch(tasks, spec, among=count, **given, **settings, **own)
        begun.append(made)
        if count > 1:
            made.search.begin_early(progress)
        spent = made.search.result.seconds
        if made.search.result.stop_reason == StopReason.INTERRUPTED:
            each = [made.stopped() for made in begun]
            break
    for k in range(0 if each else count):
        made, begun[k] = begun[k], None  # what it holds is freed as soon as it is searched
        made.search.set_clock(spent)
        try:
            seconds = shared(limits, count, count - k, spent)["seconds"]
            found = made.run(progress, seconds=seconds)
        except SweepError as error:  # no worker is left
            failed, found = error, error.partial
        each.append(found)
        spent = found[0].seconds
        if failed is not None or found[0].stop_reason == StopReason.INTERRUPTED:
            break
    found = [
        _won(task, list(results), specs, limits)
        for task, results in zip(tasks, zip(*each, strict=True), strict=True)
    ]
    if failed is not None:
        failed.partial = found
        raise failed
    return found


def of_sequences(tasks, dsl=None, *, progress=None, spent=0.0, **settings):
    """The `Result` of each of some sequences, whose inputs are terms, each searched by itself.

    A law has no exceptions, so that the shortest program is sought that is right on all terms.
    The sequences share the seconds.  After Ctrl-C, those that follow are not searched.

    dsl: the only language that is searched, if given.  settings: as `searched` takes them.

    Raises
    ------
    SettingError
        If a setting is given that such a search does not have.
    """
    for name in ("checkpoint", "map", "moves"):
        if settings.pop(name, None):
            raise SettingError(f"{name}: not allowed for a sequence; leave it out")
    settings |= {"exact": True, "moves": 0, "proven": None}
    if settings.get("max_programs") is None and settings.get("max_bits") is None:
        settings["max_programs"] = SEQUENCE_PROGRAMS
    given = {"seconds": settings.pop("seconds")} if "seconds" in settings else {}
    seconds, taken, stopped, results = read_limits(given).seconds, spent, False, []
    for task in tasks:
        specs = [dsl] if dsl is not None else languages(without_labels(task))
        share = seconds
        if share is not None:  # those that are left share the time that is left
            share = taken + max(0.0, share - taken) / (len(tasks) - len(results))
        settings["seconds"] = taken if stopped else share
        [found] = searched([task], specs, progress=progress, spent=taken, **settings)
        made, taken = {"seconds": found.seconds - taken + spent}, found.seconds
        stopped = stopped or found.stop_reason == StopReason.INTERRUPTED
        if stopped:
            made["stop_reason"] = StopReason.INTERRUPTED
        if dsl is not None:
            made["languages"] = ()
        results.append(replace(found, settings={**found.settings, "seconds": seconds}, **made))
    return results


def with_shortest(result, task, specs, **settings):
    """The result, with the shortest program without exceptions if it is proven that none pays.

    settings: as `searched` takes them.
    """
    if result.chosen == "program" or not result.optimal:
        return result
    every, specs = specs, [spec for spec in specs if not fit(spec, task).root.inexact]
    if not specs:
        return result
    settings |= {"exact": True, "moves": 0, "top": 1, "spent": result.seconds}
    settings |= {"max_programs": SHORTEST * len(specs), "max_bits": SHORTEST_BITS}
    [found] = searched([task], specs, **settings)
    result = replace(result, seconds=found.seconds)
    if found.stop_reason == StopReason.INTERRUPTED:
        result = replace(result, stop_reason=found.stop_reason)
    best = found.program
    if best is None:
        return result
    bits = best.bits + result.language_bits
    rows = codes.rows_needed(bits, task.counts().tolist())
    proven = found.optimal and specs == every
    return replace(
        result, shortest=Shortest(found.dsl, best.text, best.bits, proven, rows, best.rule)
    )


#: How many programs are made for a sequence by default, for all numbers of lags together.
SEQUENCE_PROGRAMS = 4_000_000

_LIMITS = ("max_bits", "max_programs", "seconds", "memory", "threads")


def _file(checkpoint, k):
    """The checkpoint of a language: that of the first has the name that was given."""
    return checkpoint if k == 0 else f"{checkpoint}.{k + 1}"


def _won(task, results, specs, limits):
    """The result of the language that won, with what all of them are."""
    exact = results[0].settings["exact"]
    best = min(results, key=partial(_by_total, exact=exact))
    unproven = [r for r in results if not _is_beaten(r, best, exact)]
    proven = not unproven and len(results) == len(specs)
    reason = best.stop_reason
    if not proven:
        reason = unproven[0].stop_reason if unproven else StopReason.INTERRUPTED
    bounds = [r.exact_bound for r in results if r.exact_bound is not None]
    needed = None
    if task.sequence is None:
        needed = codes.rows_needed(LEAST + best.language_bits, task.counts().tolist())
    begun = [
        Language(r.dsl, _least(r), r.certified_bits, r.stop_reason, r.candidates) for r in results
    ]
    # Of languages that were not begun, nothing is known.
    left = [fit(spec, task).dsl.name for spec in specs[len(results) :]]
    begun += [Language(name, None, 0.0, StopReason.INTERRUPTED, 0) for name in left]
    bounds += [0.0] * (exact and bool(left))
    return replace(
        best,
        optimal=proven and not (exact and best.program is None),
        stop_reason=reason,
        exact_bound=min(bounds, default=None),
        seconds=results[-1].seconds,
        # What was asked, and not the share of one language.
        settings={
            **best.settings,
            "seconds": limits.seconds,
            "max_programs": limits.max_programs,
        },
        rows_needed=needed,
        languages=tuple(begun),
    )


def _least(result):
    """The least total of the front of a result, of an exact one that of its program; or None."""
    if result.settings["exact"]:
        return result.program and result.program.total_bits
    return min((point.total_bits for point in result.front), default=None)


def _by_total(result, exact):
    """The order of results: by the least total; of those without a program by their fronts."""
    least = _least(result)
    return 0.0 if exact else result.total_bits, float("inf") if least is None else least


def _is_beaten(result, best, exact):
    """Whether no program of this language that was not scored can beat the best."""
    if exact:
        bound = result.exact_bound
        if bound is None or best.program is None:
            return bound is None
        return bound >= best.exact_bits - SAME
    if result.optimal or result.certified_bits is None:
        return True
    code = codes.program_total(0, result.rows["train"], 0, 2, False) + result.language_bits
    return result.certified_bits + code >= best.total_bits - SAME
