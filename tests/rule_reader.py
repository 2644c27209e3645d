"""Reads rules in words and evaluates them row by row: a second, slow way to say what they mean."""

import datetime
import operator
import re

import numpy as np

from synth.language import Real

COMPARED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Reader:
    """A rule in words about rows that are dicts; None stands for a missing value.

    names: the columns; texts: values with spaces; others: for columns with many texts, those that
    have a name.
    """

    def __init__(self, text, names, texts=(), others=None):
        self.names, self.others = names, others or {}
        spaced = sorted([*names, *texts], key=len, reverse=True)
        known = "|".join(map(re.escape, spaced))
        self.tokens = re.findall(
            rf"'(?:[^'\\]|\\.)*'|\"[^\"]*\"|(?:{known})(?![\w])|[<>!]=|//|\*\*|[-+*/%<>=();,]|[\w.:°-]+",
            text,
        )

    def value(self, row):
        """The answer of the rule."""
        self.row, self.at = row, 0
        found = self.rules()
        assert self.at == len(self.tokens), self.tokens[self.at :]
        return found

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, *wanted):
        if wanted and self.peek() not in wanted:
            return None
        self.at += 1
        return self.tokens[self.at - 1]

    def rules(self):
        if self.peek() != "if":
            return self.condition()
        self.take("if")
        holds = self.condition()
        assert self.take("then")
        yes = self.condition()
        self.take(";")
        assert self.take("else"), self.tokens[self.at :]
        no = self.rules()
        return yes if holds else no

    def condition(self):
        found, word = self.part(), self.peek()
        if word not in ("and", "or", "xor"):
            return found
        while self.take(word):
            other = self.part()
            found = {"and": found and other, "or": found or other, "xor": found != other}[word]
        return found

    def part(self):
        if self.take("not"):
            return not self.part()
        if self.peek() in ("weekday",) and self.tokens[self.at + 1] == "of":
            self.at += 2
            date, sign, day = self.row[self.name()], self.take(), self.take()
            return (date is not None and DAYS[date.weekday()] == day) == (sign == "=")
        start = self.at
        if self.tokens[start + 1 : start + 2] in (["begins"], ["ends"], ["does"]):
            return self.letter()
        left = self.sum()
        if self.take("is"):
            negative = bool(self.take("not"))
            assert self.take("missing")
            return (left is None) != negative
        sign = self.take("<", "<=", ">", ">=", "=", "!=")
        if sign is None:
            return left
        name = self.tokens[start]
        if sign in ("=", "!=") and self.plain(name) in self.names and self.at == start + 2:
            token = self.take()
            if token == "(":
                self.at -= 1
                return (bool(left) == bool(self.sum())) == (sign == "=")
            if isinstance(left, str) or left is None:
                said = self.plain(token)
                if token == "other" and self.plain(name) in self.others:
                    same = left is not None and left not in self.others[self.plain(name)]
                else:
                    same = left == said
                return same == (sign == "=")
            self.at -= 1
        right = self.sum()
        if left is None or right is None:
            return False
        if sign in ("=", "!="):
            return (left == right) == (sign == "=")
        # A sum of real numbers, and what it is compared with, are rounded.
        if "+" in self.tokens[start : self.at] and isinstance(left, float):
            left, right = Real.coarse(np.array([left, float(right)])).tolist()
        return COMPARED[sign](left, right)

    def letter(self):
        """Whether a text begins, or ends, with a letter."""
        text = self.row[self.name()]
        negative, verb = bool(self.take("does")), ""
        if negative:
            assert self.take("not")
        verb = self.take("begins", "ends", "begin", "end")
        assert self.take("with")
        found = (text or "")[:1] if verb.startswith("begin") else (text or "")[-1:]
        return (found == self.name()) != negative

    def plain(self, token):
        return token[1:-1] if token[:1] in "'\"" else token

    def name(self):
        return self.plain(self.take())

    def sum(self):
        found = self.product()
        while sign := self.take("+", "-"):
            other = self.product()
            gap = found is None or other is None
            found = None if gap else (found + other if sign == "+" else found - other)
        return found

    def product(self):
        found = self.atom()
        while sign := self.take("*", "%"):
            other = self.atom()
            found = found * other if sign == "*" else found % other
        return found

    def atom(self):
        token = self.take()
        if token == "-":
            return -self.atom()
        if token == "(":
            found = self.rules()
            assert self.take(")"), self.tokens[self.at :]
            return found
        if token in ("min", "max", "abs"):
            assert self.take("(")
            inner = [self.condition()]
            while self.take(","):
                inner.append(self.condition())
            assert self.take(")")
            return {"min": min, "max": max, "abs": abs}[token](*inner)
        if token in ("true", "false"):
            return token == "true"
        if token in ("year", "month", "day", "hour", "minute") and self.take("of"):
            when = self.row[self.name()]
            return None if when is None else getattr(when, token)
        if token == "length" and self.take("of"):
            return len(self.row[self.name()] or "") or None
        if token == "place" and self.take("of"):
            letter = self.row[self.name()]
            return None if letter is None or len(letter) > 1 else ord(letter) - ord("A")
        if re.fullmatch(r"\d+-\d+-\d+", token):
            return days(date(token))
        if self.plain(token) in self.names:
            found = self.row[self.plain(token)]
            return days(found) if isinstance(found, datetime.datetime) else found
        if re.fullmatch(r"\d+", token):
            return int(token)
        return float(token) if re.fullmatch(r"\d+\.\d+(e-?\d+)?", token) else self.plain(token)


def days(when):
    """The days from 1899-12-30 to a date."""
    return (when - date("1899-12-30")).days


def date(text):
    """The date of an ISO text, None for an empty one."""
    return datetime.datetime.fromisoformat(text) if text else None
