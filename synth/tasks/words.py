"""Texts in the order that people give them, and spellings of one text.

Texts are in order if they are words for no and yes, if each has a number that no other has
(`0-9g/day`, `10-19`, `30+`), or if all are words of one scale (low, medium, high).  Others are in
the order of the alphabet.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

_NO = (
    "no n not non nein nee nej nei ikke nem nie nao não ne nu ei hayır нет не ні όχι 否 いいえ "
    "false f falsch faux falso off aus"
)
_YES = (
    "yes y oui o ja j sí si sim tak ano da igen kyllä evet да так ναι 是 はい "
    "true t wahr vrai vero on an"
)
NO, YES = frozenset(_NO.split()), frozenset(_YES.split())

#: Words in order; those between commas have one place.
_SCALES = (
    "none, very low, low, medium/med/moderate/normal/average, high, very high",
    "tiny/xxs, xs/extra small/x-small, s/small, m/medium/med/mid/midsize, l/large, "
    "xl/extra large/x-large, xxl/xx-large",
    "terrible/unacc/very bad/very poor, bad/poor, fair/ok/okay/average/acc/medium, good, "
    "very good/vgood, excellent",
    "fair, good, very good, premium, ideal",
    "never, rarely/seldom, sometimes/occasionally, often/frequently, always",
    "strongly disagree, disagree, neutral/neither, agree, strongly agree",
    "none, mild, moderate, severe, critical",
    "freezing, cold, cool, mild, warm, hot",
    "slow, medium, fast",
    "light, medium, heavy",
    "young, adult/middle/middle-aged, old",
    "negative, neutral, positive",
    "bronze, silver, gold, platinum",
    "beginner/novice, intermediate, advanced, expert",
    "sehr niedrig/sehr gering/sehr tief, niedrig/gering/tief, mittel, hoch, sehr hoch",
    "sehr klein, klein, mittel, groß, sehr groß",
    "mangelhaft/schlecht, ausreichend, befriedigend/mittel, gut, sehr gut",
    "nie, selten, manchmal, oft/häufig, immer",
    "faible/bas/basse, moyen/moyenne, fort/forte/élevé/élevée/haut/haute",
    "bajo/baja, medio/media, alto/alta",
    "baixo/baixa, médio/média, alto/alta",
    "basso/bassa, medio/media, alto/alta",
    "laag, midden/gemiddeld, hoog",
    "низкий/низкая, средний/средняя, высокий/высокая",
    "leicht, mittel, schwer",
    "kurz/short, mittel/medium, lang/long",
    "petit, moyen, grand",
    "monday/mon, tuesday/tue, wednesday/wed, thursday/thu, friday/fri, saturday/sat, sunday/sun",
    "january/jan, february/feb, march/mar, april/apr, may, june/jun, july/jul, august/aug, "
    "september/sep/sept, october/oct, november/nov, december/dec",
)
SCALES = tuple(
    {
        word.casefold(): place
        for place, words in enumerate(scale.split(", "))
        for word in words.split("/")
    }
    for scale in _SCALES
)
#: At least so many different letters are numbers: fewer are likely grades or kinds.
MANY_LETTERS = 7
DIGITS = "0123456789"
ALPHABETS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"
_FIRST_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_BELOW = re.compile(r"<|≤|\b(under|below|less|up to|unter|bis|moins|weniger)\b", re.IGNORECASE)
_ABOVE = re.compile(r"[>≥+]|\b(over|above|more|über|ab|plus|mehr)\b", re.IGNORECASE)

#: Texts of fewer letters, such as the genotypes AA, Aa and aa, may differ in case on purpose.
FEWEST_LETTERS = 3


def folded(text: str) -> str:
    """What spellings of one text have in common: they differ in spaces, and in case if it is long.

    Words for no and yes count as long.
    """
    text = " ".join(text.split())
    low = text.casefold()
    return low if sum(map(str.isalpha, low)) >= FEWEST_LETTERS or low in NO | YES else text


def in_order(texts: Iterable[str]) -> list[str]:
    """Different texts in the order that people give them.

    Examples
    --------
    >>> in_order(["ja", "nein"])
    ['nein', 'ja']
    >>> in_order(["10-19", "0-9g/day", "30+", "20-29"])
    ['0-9g/day', '10-19', '20-29', '30+']
    >>> in_order(["High", "Low", "Medium"])
    ['Low', 'Medium', 'High']
    """
    texts = sorted(texts)
    words = [" ".join(text.split()).casefold() for text in texts]
    places: Sequence[object] | None = None
    if len(words) == 2 and any(no in NO and yes in YES for no, yes in (words, words[::-1])):
        places = [word in YES for word in words]
    else:
        places = _scaled(words) or _numbered(texts)
    if places is None:
        return texts
    return [text for _, text in sorted(zip(places, texts, strict=True))]


def _scaled(words: Sequence[str]) -> list[int] | None:
    """The places of words on a scale that has all of them, each at a place of its own."""
    for scale in SCALES:
        places = [scale[word] for word in words if word in scale]
        if len(set(places)) == len(words) > 1:
            return places
    return None


def _numbered(texts: Sequence[str]) -> list[tuple[float, int]] | None:
    """The first numbers of texts, if each has one that no other has."""
    places = []
    for text in texts:
        found = _FIRST_NUMBER.search(text)
        if found is None:
            return None
        below, above = bool(_BELOW.search(text[: found.start()])), bool(_ABOVE.search(text))
        places.append((float(found[0]), above - below))
    return places if len(set(places)) == len(places) else None


def letters_of(texts: Collection[str]) -> str | None:
    """The alphabet in which texts have their places, if they are many single letters of it.

    Digits from 0 on may stand before letters, as in hexadecimal numbers.  One letter beside them
    is 10, as the X of an ISBN.
    """
    if len(texts) < MANY_LETTERS or max(map(len, texts)) > 1:
        return None
    rest = sorted(set(texts) - set(DIGITS))
    if len(rest) == len(texts):
        alphabets = list(ALPHABETS)
    elif "0" in texts and rest:
        one = DIGITS + rest[0]
        alphabets = [one] * (len(rest) == 1 and rest[0].isalpha())
        alphabets += [DIGITS + each for each in ALPHABETS]
    else:
        return None
    return next((letters for letters in alphabets if set(texts) <= set(letters)), None)


def spellings(texts: Iterable[str]) -> dict[str, str]:
    """The text that spellings of one text are read as, by their `folded` form: the most frequent.

    Where capitals stand inside of words, as in the genotype AaBb, case says something.
    """
    forms: dict[str, Counter[str]] = {}
    for text, count in Counter(texts).items():
        forms.setdefault(folded(text), Counter())[text] += count
    return {
        form: min(counts, key=lambda text: (-counts[text], text.swapcase()))
        for form, counts in forms.items()
        if len(counts) == 1 or all(map(_is_plainly_spelled, counts))
    }


def _is_plainly_spelled(text: str) -> bool:
    return text in (text.lower(), text.upper(), text.title(), text.capitalize())


def as_spelled(text: str, known: Mapping[str, str]) -> str:
    """A text in the spelling of `spellings`; the text itself if there is none."""
    return known.get(folded(text), text)


def said_spellings(texts: Iterable[str]) -> list[str]:
    """What a note says of texts with several spellings: `yes (also Yes, YES)` for each."""
    texts = list(texts)
    known = spellings(texts)
    others: dict[str, list[str]] = {}
    for text in sorted(set(texts)):
        if as_spelled(text, known) != text:
            others.setdefault(as_spelled(text, known), []).append(text)
    return [f"{text} (also {', '.join(also)})" for text, also in others.items()]
