"""Strings that are in a formal language or not: short ones for training, longer ones held out.

A language is read letter by letter: a start, a step to the next state, and which states accept.
Counts of the strings that are accepted then say how to draw them uniformly, however rare they are.
"""

from collections.abc import Callable, Hashable
from functools import cache, partial
from typing import NamedTuple

import numpy as np

from synth.errors import SettingError, TaskError, TypeMismatchError
from synth.language import Bool, Str
from synth.tasks.splits import stream
from synth.tasks.strings import string_fields
from synth.tasks.task import Task

#: The longest strings for training, and the longest that may be held out: chances of longer ones
#: are beyond the range of floats.
MOST, LONGEST = 64, 500
#: How often a string is drawn again until it is new.
DRAWS = 50


class Language(NamedTuple):
    """A set of strings that is read letter by letter, and what it is in words."""

    what: str
    start: Hashable
    step: Callable
    accepts: Callable
    letters: str = "01"
    #: Of how many equal parts strings are, which may be dealt out in turn to make other strings.
    parts: int = 0


def _machine(what, targets, accepted):
    """A language of states 0, 1, ...: where each letter leads to, and which states accept."""
    step = lambda state, letter: targets[state][letter]  # noqa: E731
    return Language(what, 0, step, lambda state: state in accepted)


def _remainder(base, by):
    return lambda state, letter: (base * state + letter) % by


def _counted(state, letter):
    """How many more 0 than 1."""
    return state + 1 - 2 * letter


def _nested(state, letter):
    """How many brackets are open; None once one closes that is not open."""
    return None if state is None or state < letter else state + 1 - 2 * letter


def _halves(state, letter):
    """(how many more 0 than 1, whether a 1 was read); None once a 0 follows a 1."""
    if state is None or (state[1] and not letter) or (letter and not state[0]):
        return None
    return state[0] + 1 - 2 * letter, bool(letter)


def _thirds(state, letter):
    """(how many a, how many b, how many c) in this order, of as many each; None once there is none.

    With the first b, how many a there are is known, and then counted down for b and for c.
    """
    if state is None:
        return None
    first, second, third = state
    if letter == 0:
        return None if second or third else (first + 1, 0, 0)
    if letter == 1:
        return None if third or second == first else (first, second + 1, 0)
    return None if second < first or third == first else (first, second, third + 1)


def _compared(state, letter):
    """Which of two numbers is smaller so far, low bits first: -1 the first, 1 the second."""
    return (letter >> 1) - (letter & 1) or state


def _added(state, letter):
    """(carry, last bit) of a sum, low bits first."""
    total = state[0] + (letter >> 1) + (letter & 1)
    return total >> 1, total & 1


#: The seven languages of Tomita, "Dynamic construction of finite-state automata from examples using
#: hill-climbing", 1982.
TOMITA = (
    _machine("only 1s", ((1, 0), (1, 1)), {0}),
    _machine("10 repeated", ((2, 1), (0, 2), (2, 2)), {0}),
    _machine(
        "no odd number of 0s anywhere after an odd number of 1s",
        ((0, 1), (2, 0), (3, 4), (2, 3), (4, 4)),
        {0, 1, 3},
    ),
    _machine("no 000", ((1, 0), (2, 0), (3, 0), (3, 3)), {0, 1, 2}),
    _machine("even numbers of 0s and of 1s", ((1, 2), (0, 3), (3, 0), (2, 1)), {0}),
    _machine("as many 0s as 1s, modulo 3", ((1, 2), (2, 0), (0, 1)), {0}),
    _machine(
        "0s, then 1s, then 0s, then 1s", ((0, 1), (2, 1), (2, 3), (4, 3), (4, 4)), {0, 1, 2, 3}
    ),
)

#: The other languages by name.
LANGUAGES = {
    "parity": _machine("an odd number of 1s", ((0, 1), (1, 0)), {1}),
    "divisible-3": Language(
        "binary numbers, high bits first, that 3 divides", 0, _remainder(2, 3), lambda s: s == 0
    ),
    "divisible-5": Language(
        "binary numbers, high bits first, that 5 divides", 0, _remainder(2, 5), lambda s: s == 0
    ),
    "majority": Language("more 1s than 0s", 0, _counted, lambda s: s < 0),
    "equal": Language("as many 0s as 1s", 0, _counted, lambda s: s == 0),
    "dyck": Language("brackets, ( as 0 and ) as 1, that match", 0, _nested, lambda s: s == 0),
    "anbn": Language(
        "0s, then as many 1s", (0, False), _halves, lambda s: s is not None and s[0] == 0
    ),
    "anbncn": Language(
        "as many a, b and c, in this order", (0, 0, 0), _thirds,
        lambda s: s is not None and s[0] == s[1] == s[2], "abc", 3,
    ),
    "less": Language(
        "pairs of bits a b as the letters 2a + b, low bits first: the first number is less",
        0, _compared, lambda s: s < 0, "0123",
    ),
    "addition": Language(
        "pairs of bits a b as the letters 2a + b, low bits first: the last bit of the sum so far",
        (0, 0), _added, lambda s: s[1] == 1, "0123",
    ),
}  # fmt: skip


def tomita(
    type: int = 1,
    length: int = 8,
    rows: int = 200,
    test: int = 200,
    train: int | float | None = None,
    seed: int = 0,
    longest: int | None = None,
):
    """Whether a string of 0 and 1 is in one of Tomita's seven languages.

    1: only 1s.  2: 10 repeated.  3: no odd number of 0s anywhere after an odd number of 1s.  4: no
    000.  5: even numbers of 0s and of 1s.  6: as many 0s as 1s, modulo 3.  7: 0s, then 1s, then 0s,
    then 1s.  Strings and settings are those of the task `strings`.
    """
    if not 1 <= type <= len(TOMITA):
        raise SettingError(f"tomita: type={type}; allowed: 1..{len(TOMITA)}")
    settings = {"length": length, "rows": rows, "test": test, "train": train, "seed": seed}
    settings |= {} if longest is None else {"longest": longest}
    return _task(f"tomita:type={type}", TOMITA[type - 1], settings)


def strings(
    language: str = "parity",
    length: int | None = None,
    rows: int = 200,
    test: int = 200,
    train: int | float | None = None,
    seed: int = 0,
    file: str | None = None,
    labels: str | None = None,
    longest: int | None = None,
):
    """Whether a string is in a formal language, or what a file says of strings.

    language: parity, divisible-3, divisible-5, majority, equal, dyck, anbn, anbncn, less or
    addition.  length: the most letters of a string for training, 8 by default; those of `test` more
    strings are longer, up to `longest` letters, and held out.  longest: by default twice `length`.
    rows: how many strings of up to `length`
    letters there are.  Half of them are in the language if it has as many: of each length an equal
    share, drawn uniformly.  Half of the others are strings of the language with 1 to 3 letters
    changed, left out, added or exchanged; the rest is drawn uniformly from all that are not in the
    language.  Of anbncn, the parts of every other one are dealt out in turn, such as abcabc of
    aabbcc.
    train: how many of the strings of up to `length` letters are for training; all by default.

    file: a table whose columns are strings, such as 0110 or abba, and whose last column has truth
    values, numbers, or strings.  Its rows are for training if no string has more than `length`
    letters; all by default.  labels: truth, number or string, if the file leaves it open.
    """
    if file is not None:
        if longest is not None:
            raise SettingError(f"strings: longest={longest}; allowed: only without a file")
        fields = string_fields(file, length, labels)
        short = np.flatnonzero(fields["train"])
        choose = partial(_chosen, short, len(fields["labels"]))
        settings = {"file": file, "length": length, "train": train, "seed": seed}
        settings |= {} if labels is None else {"labels": labels}
        if train is not None:
            fields["train"] = choose(train, seed)
        return Task(f"strings:file={file}", settings=settings, choose=choose, **fields)
    if labels is not None:
        raise SettingError(f"strings: labels={labels}; allowed: only with a file")
    length = _DEFAULTS["length"] if length is None else length
    if language not in LANGUAGES:
        raise SettingError(f"strings: language={language}; allowed: {', '.join(LANGUAGES)}")
    settings = {"length": length, "rows": rows, "test": test, "train": train, "seed": seed}
    settings |= {} if longest is None else {"longest": longest}
    return _task(f"strings:{language}", LANGUAGES[language], settings)


def accepted(language, string):
    """Whether a string is in a language."""
    state = language.start
    for letter in string:
        state = language.step(state, language.letters.index(letter))
    return bool(language.accepts(state))


class Drawer:
    """Draws strings of some length uniformly from those in a language, or from the others.

    Parameters
    ----------
    language : Language
        The language.
    generator : numpy.random.Generator
        The random numbers.
    """

    def __init__(self, language, generator):
        self.language, self.generator = language, generator

        @cache
        def counted(state, left, inside):
            if left == 0:
                return int(bool(language.accepts(state)) == inside)
            letters = range(len(language.letters))
            return sum(counted(language.step(state, k), left - 1, inside) for k in letters)

        self._counted = counted

    def count(self, length, inside=True):
        """How many strings of a length are in the language, or not."""
        for left in range(length):  # so that recursion is never deep
            self._counted(self.language.start, left, inside)
        return self._counted(self.language.start, length, inside)

    def drawn(self, length, inside=True):
        """One of these strings; there has to be one."""
        self.count(length, inside)
        state, made = self.language.start, []
        for left in range(length, 0, -1):
            point = self.generator.random() * self._counted(state, left, inside)
            for k in range(len(self.language.letters)):
                after = self.language.step(state, k)
                count = self._counted(after, left - 1, inside)
                if point < count:
                    break
                point -= count
            made.append(self.language.letters[k])
            state = after
        return "".join(made)

    def several(self, wanted, lengths, inside, apart):
        """Up to so many new strings, of each length an equal share; apart: those that are known."""
        left = {n: self.count(n, inside) for n in lengths}
        known = [s for s in apart if len(s) in left and accepted(self.language, s) == inside]
        for string in known:
            left[len(string)] -= 1
        found = {}
        for _ in range(DRAWS * wanted):
            open_ = [n for n, count in left.items() if count]
            if not open_ or len(found) == wanted:
                break
            string = self.drawn(open_[self.generator.integers(len(open_))], inside)
            if string not in found and string not in apart:
                found[string] = None
                left[len(string)] -= 1
        return list(found)

    def changed(self, string):
        """A string with 1 to 3 changes, of one letter each."""
        letters, draw = list(string), self.generator.integers
        for _ in range(draw(1, 4)):
            kind, place = draw(4), draw(len(letters) + 1)
            new = self.language.letters[draw(len(self.language.letters))]
            if kind == 0 or not letters:
                letters.insert(place, new)
            elif kind == 1:
                del letters[place - 1]
            elif kind == 2:
                letters[place - 1] = new
            else:
                other = draw(len(letters))
                letters[place - 1], letters[other] = letters[other], letters[place - 1]
        return "".join(letters)

    def dealt(self, string):
        """The parts of a string dealt out in turn, so many letters at a time: abcabc of aabbcc."""
        size = len(string) // self.language.parts
        some = int(self.generator.integers(1, max(2, size)))
        starts = range(0, len(string), max(1, size))
        turns = range(0, size, some)
        return "".join(string[k + t : k + min(t + some, size)] for t in turns for k in starts)

    def sample(self, rows, lengths):
        """Strings in the language and not, as `strings` says."""
        inside = self.several(rows // 2, lengths, True, ())
        outside, wanted = {}, rows - len(inside)
        for _ in range(DRAWS * wanted if inside else 0):
            if len(outside) >= wanted // 2:
                break
            string = inside[self.generator.integers(len(inside))]
            deal = self.language.parts and len(outside) % 2
            string = self.dealt(string) if deal else self.changed(string)
            if len(string) in lengths and not accepted(self.language, string):
                outside[string] = None
        more = self.several(wanted - len(outside), lengths, False, outside)
        return [*inside, *outside, *more]


def _task(name, language, settings):
    length, rows, test, seed = (settings[k] for k in ("length", "rows", "test", "seed"))
    for key, value, least, most in (
        ("length", length, 1, MOST),
        ("rows", rows, 2, 100_000),
        ("test", test, 0, 100_000),
    ):
        if not isinstance(value, int) or not least <= value <= most:
            raise SettingError(f"{name}: {key}={value}; allowed: {least}..{most}")
    longest = settings.get("longest", 2 * length)
    if not isinstance(longest, int) or not length < longest <= LONGEST:
        allowed = f"{length + 1}..{LONGEST}, more than length"
        raise SettingError(f"{name}: longest={longest}; allowed: {allowed}")
    drawer = Drawer(language, stream(seed, 7))
    short = drawer.sample(rows, range(length + 1))
    long = drawer.sample(test, range(length + 1, longest + 1)) if test else []
    every = short + long
    labels = np.array([accepted(language, string) for string in every])
    choose = partial(_chosen, np.arange(len(short)), len(every))
    train = len(short) if settings["train"] is None else settings["train"]
    settings = {**settings, "train": train}
    made = {"length": length, "rows": rows, "test": test, "longest": settings.get("longest")}
    given = {key: value for key, value in made.items() if value != _DEFAULTS.get(key)}
    spec = ",".join([name, *(f"{key}={value}" for key, value in given.items())])
    try:
        return Task(
            spec,
            {"xs": np.array(every)},
            {"xs": Str(language.letters)},
            labels,
            Bool,
            train=choose(train, seed),
            settings=settings,
            choose=choose,
        )
    except TypeMismatchError as error:
        raise TaskError(f"{spec}: {error}") from None


_DEFAULTS = {"length": 8, "rows": 200, "test": 200}


def _chosen(short, rows, train, seed):
    """The training rows: some of the short strings; short: their places."""
    count = round(train * len(short)) if isinstance(train, float) else train
    if not 1 <= count <= len(short):
        raise TaskError(f"train: {count} strings for training; allowed: 1..{len(short)}")
    mask = np.zeros(rows, bool)
    mask[stream(seed, 0).permutation(short)[:count]] = True
    return mask


TASKS = {"tomita": tomita, "strings": strings}
