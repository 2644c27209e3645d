"""Searches of DSLs with a family of primitives, which are too many for an enumeration of all.

`automata.py` searches machines, `loops.py` programs of folds, `rewriting.py` programs that make
strings or numbers of strings, `points.py` scorecards, and `card_lists.py` lists of them.
"""

from dataclasses import asdict

from synth.engine import outcome
from synth.engine.arguments import check_settings, drawn_settings
from synth.engine.automata import MOST_STATES, MachineSearch
from synth.engine.card_lists import CardListSearch
from synth.engine.interrupts import interrupts
from synth.engine.limits import read_limits
from synth.engine.loops import LoopSearch
from synth.engine.points import MOVES, PointSearch
from synth.engine.reach import ReachSettings
from synth.engine.rewriting import StringSearch
from synth.engine.watch import Watch
from synth.errors import SettingError, listed
from synth.language import Bool, load_dsl
from synth.language.cards import Cards
from synth.language.dsls import is_file
from synth.language.machines import Machines
from synth.language.scans import Scans
from synth.records import StopReason
from synth.tasks import LARGE, drawn, fit, fit_all

#: Settings of `Search` that are for programs made of listed parts, and those that are refused.
_OTHERS = ("exact", "moves", "start", "map", "checkpoint", "chains", "seed", "every")
_REFUSED = ("exact", "moves", "start", "map", "checkpoint")
#: What a test of a row takes, in bytes: as a column of the task, and as one of the search.
BYTES = 10
#: Settings of reach that a search of scorecards has.
_REACH = ("moves", "chains", "seed")


def has_family(task, dsl):
    """Whether the DSL for a task has a family of primitives, with a search of its own."""
    if any(type_.letters for type_ in task.types.values()):
        return fit(dsl, task).dsl.family is not None
    if dsl is None or is_file(dsl):
        return False
    return load_dsl(dsl, (*task.types.values(), task.label_type)).family is not None


def of_family(tasks, dsl, *, progress=None, spent=0.0, top=10, proven=None, **settings):
    """The `Result` of each labelling of a task, of strings or, for scorecards, of a table.

    Parameters
    ----------
    tasks : sequence of Task
        Tasks with the same rows.
    dsl : DSL, str or path
        The DSL.
    progress, spent, top, proven, **settings
        As `Search` takes them.

    Raises
    ------
    SettingError
        If a setting is given that such a search does not have.
    """
    check_settings(top, 0, False)
    words = any(type_.letters for type_ in tasks[0].types.values())
    fitted = fit_all(dsl, tasks if words else [drawn(task) for task in tasks])
    _check_labels(fitted[0])
    cards = isinstance(fitted[0].dsl.family, Cards)
    reach = {name: settings.pop(name) for name in _REACH if cards and name in settings}
    for name in _OTHERS:
        if settings.pop(name, None) and name in _REFUSED:
            raise SettingError(f"{name}: not allowed with --dsl {fitted[0].dsl.name}; leave it out")
    limits = read_limits(settings)
    asked = {**asdict(limits), "top": top, "exact": False}
    if cards:
        return _of_cards(fitted, tasks, limits, asked, spent, progress, **reach)
    if isinstance(fitted[0].dsl.family, Machines):
        return _of_machines(fitted, limits, asked, spent, proven, progress)
    of_strings = isinstance(fitted[0].dsl.family, Scans)
    make = StringSearch if of_strings else LoopSearch
    with interrupts() as interrupted:
        engine = make(fitted, top, Watch(limits, interrupted, spent), proven)
        engine.run(progress)
        if interrupted():
            engine.engine.stop_reason = StopReason.INTERRUPTED
    solved = {}
    if not of_strings:
        solved = {engine.labellings[k]: found for k, found in engine.solved.items()}
    made = outcome.Maker(engine, fitted[0].dsl, asked, reaches=solved)
    return [made.result(labelling) for labelling in engine.labellings]


def _check_labels(fitted):
    """Raise SettingError if no program of the family answers with such labels."""
    root, family = fitted.root, fitted.dsl.family
    if not isinstance(family, Cards | Machines):
        return  # other labels are made of what the members say
    results = family.results
    if root.family == "Label":  # `where` makes any names, but only lists of cards are sought
        known = isinstance(family, Cards) or (root.size == 2 and Bool in results)
    else:
        known = root in results
    if not known:
        allowed = listed("two labels" if type_ == Bool else str(type_) for type_ in results)
        raise SettingError(f"{fitted.dsl.name}: labels of {root}; allowed: {allowed}")


def _of_machines(fitted, limits, asked, spent, proven, progress):
    """Each labelling by itself, since machines are left once they have too many exceptions."""
    found, states = [], MOST_STATES
    for k, each in enumerate(fitted, 1):
        with interrupts() as interrupted:
            engine = MachineSearch(each, asked["top"], Watch(limits, interrupted, spent))
            engine.run(states, progress)
        result = outcome.Maker(engine, each.dsl, asked).result(engine.labelling)
        found.append(result)
        spent = engine.seconds
        if result.stop_reason == StopReason.INTERRUPTED:
            states = 0
        elif k == proven and result.optimal:
            states = len(engine.levels)
    return found


def _of_cards(fitted, tasks, limits, asked, spent, progress, **reach):
    """The best scorecard of each labelling; fitted has some rows of a task with many."""
    settings, found = ReachSettings(**{"moves": None, **reach}), []
    if settings.moves is None:
        settings = settings.counted(MOVES)
    large = fitted[0].task.training < tasks[0].training
    if large:
        _refuse_if_large(len(fitted[0].task.columns), tasks[0], fitted[0].dsl, limits)
    for each, task in zip(fitted, tasks, strict=True):
        with interrupts() as interrupted:
            seek = PointSearch if each.root.size == 2 else CardListSearch
            engine = seek(each, asked["top"], Watch(limits, interrupted, spent))
            engine.run(settings, progress)
        if large:
            some, each = engine, fit(each.dsl, task)
            engine = seek(each, asked["top"], some.watch)
            engine.adopt(some)
            asked |= {"drawn": drawn_settings(LARGE, 0, some.moves, some.stop_reason)}
        made = outcome.Maker(engine, each.dsl, dict(asked), reaches={engine.labelling: engine})
        found.append(made.result(engine.labelling))
        spent = engine.seconds
        if found[-1].stop_reason == StopReason.INTERRUPTED:
            settings = settings.counted(0)
    return found


def _refuse_if_large(tests, task, dsl, limits):
    """Raises SettingError if the tests of all rows do not fit into the memory of the search."""
    needed = tests * task.rows * BYTES
    if needed > limits.memory:
        raise SettingError(
            f"{task.rows:,} rows with {tests:,} tests for {dsl.name} take "
            f"{needed / 1e9:.1f} GB; allowed: {limits.memory / 1e9:.1f} GB, see --memory; "
            "points:thresholds=8 has fewer tests"
        )
