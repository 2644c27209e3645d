"""Shorter programs by the laws: common operands are taken out, signs go where they are cheapest.

`shorten` reads a program as a form (`forms.py`), multiplies it out where that is short, and factors
it again: of the terms of a sum, those that share a factor become one product of the factor and a
smaller sum.  Which factor is taken out first decides how short the result is.  So the best few are
tried at each step, and what a set of terms becomes is remembered.
"""

import numpy as np

from synth.engine.reach.algebra import NEVER
from synth.engine.reach.forms import PART, Forms, in_order
from synth.engine.reach.lifting import lifted
from synth.language import Program

#: How many factors are tried for a set of terms, while no more sets than BUDGET were factored.
#: Disjunctions of 10, 20, 40 and 80 terms took 0.01, 0.1, 0.2 and 0.5 s.  For 30 terms over 10
#: inputs, a width of 6 and a budget of 20,000 save 4 % more bits, but took 5 s instead of 0.2.
WIDTH, BUDGET = 3, 1000
#: A form is multiplied out if it has no more terms than this, of one operation.
TERMS = 48
#: Programs with more nodes or deeper ones are left as they are: recursion walks their parts.
LARGEST, DEEPEST = 1200, 200
#: How often a factored form is factored again: its factors may be common to new terms.
ROUNDS = 4


def shorten(problem, laws, program, must_stop=None):
    """A program with equal values on all rows that costs no more.

    Parameters
    ----------
    problem : Problem
    laws : Laws
    program : Program
    must_stop : callable, optional
        Whether to take what is there; called for each set of terms.

    Returns
    -------
    Program
    """
    if problem.values(program) is None or program.size > LARGEST or program.depth > DEEPEST:
        return program
    made = _Shorter(problem, laws, must_stop or bool).program(program)
    if problem.units(made) >= problem.units(program):
        return program
    # What rounding changes in a part of an inexact type can grow above it.
    return made if same_values(problem, program, made) else program


def same_values(problem, program, other):
    """Whether two programs of one type have equal values on all rows; inexact ones as labels."""
    a, b = problem.values(program), problem.values(other)
    if a is None or b is None:
        return False
    coarse = program.type.coarse
    return bool(np.array_equal(coarse(a), coarse(b)))


class _Shorter:
    """Shortens the parts of one program."""

    def __init__(self, problem, laws, must_stop):
        self.problem, self.laws, self.must_stop = problem, laws, must_stop
        self._made = {}

    def program(self, program):
        """A part, shorter, with equal values."""
        if program not in self._made:
            self._made[program] = self._shorten(program)
        return self._made[program]

    def _shorten(self, program):
        if not program.arguments:
            return program
        algebra = self.laws.algebras.get(program.type)
        if algebra is None or not _seen(algebra, program):
            made = Program(program.head, [self.program(a) for a in program.arguments])
            if algebra is None or program.head not in algebra.lifts:
                return made
            return self._lifted(algebra, made)
        forms = Forms(self.problem, algebra)
        first = forms.read(program, self.program)
        found = dict.fromkeys(_starts(forms, first))
        factoring = Factoring(forms, self.must_stop)
        found = list(dict.fromkeys(factoring.form(f) for f in found))
        found.sort(key=forms.cost)
        best = self._below(algebra, program)
        for form in found:
            written = forms.written(form)
            if written is None or self.problem.units(written) >= self.problem.units(best):
                break
            if same_values(self.problem, program, written):
                return written
        return best

    def _lifted(self, algebra, program):
        """A program, what some operands share taken out if that is shorter."""
        for units, other in lifted(self.problem, algebra, program, self.program):
            if units >= self.problem.units(program):
                break
            if same_values(self.problem, program, other):
                return self.program(other)
        return program

    def _below(self, algebra, program):
        """The program as it is, but for the parts that the laws do not see through."""
        if not _seen(algebra, program):
            return self.program(program)
        return Program(program.head, [self._below(algebra, a) for a in program.arguments])


def _seen(algebra, program):
    signs = algebra.signs
    return program.head in algebra.twists or (
        signs is not None and signs.operand(program) is not None
    )


def _starts(forms, first):
    """A form, and the same multiplied out in every way that is short enough."""
    yield first
    for p, s in sorted(forms.algebra.distributes):
        terms = expanded(forms, first, s, p)
        if terms is not None:
            yield forms.joined(s, [forms.joined(p, list(t)) for t in terms])


def expanded(forms, form, s, p):
    """The terms of a form as a sum (operation s) of products (p): tuples of factors.

    None if there are more than TERMS.
    """
    if form.kind == s + 1 and form.sign == 0:
        found = [expanded(forms, f, s, p) for f in form.inner]
        if any(f is None for f in found):
            return None
        terms = [t for f in found for t in f]
    elif form.kind == p + 1:
        terms = [()]
        for factor in form.inner:
            inner = expanded(forms, factor, s, p)
            if inner is None or len(terms) * len(inner) > TERMS:
                return None
            terms = [(*a, *b) for a in terms for b in inner]
        if form.sign:  # an odd product has one sign, and any factor can take it
            if not all(terms):
                return None
            terms = [(forms.negated(t[0]), *t[1:]) for t in terms]
    else:
        terms = [(form,)]
    return terms if len(terms) <= TERMS else None


def propagated(forms, form):
    """A form in which what stands beside a part takes it as true: a & (b | ~a) becomes a & b."""
    kind, sign, operands = form.kind, form.sign, form.inner
    if kind <= PART:
        return form
    op, fixes = kind - 1, forms.algebra.fixes
    if any((op, g) in fixes for g in range(len(forms.algebra.operations))):
        neutral = forms.constant(forms.algebra.operations[op].neutral)
        operands = list(operands)
        for k in range(len(operands)):
            if operands[k].kind == PART:
                known = {operands[k]: neutral}
                if forms.signs is not None:
                    known[forms.negated(operands[k])] = forms.negated(neutral)
                operands = [
                    f if j == k else _substituted(forms, f, known, op)
                    for j, f in enumerate(operands)
                ]
    made = forms.joined(op, [propagated(forms, f) for f in operands])
    return forms.negated(made) if sign else made


def _substituted(forms, form, known, f):
    """A form with known parts replaced, below operations that operation f looks through."""
    if form in known:
        return known[form]
    kind, sign, operands = form.kind, form.sign, form.inner
    if kind <= PART or (f, kind - 1) not in forms.algebra.fixes:
        return form
    made = forms.joined(kind - 1, [_substituted(forms, g, known, f) for g in operands])
    return forms.negated(made) if sign else made


def _term_order(term):
    return term[0], [f.number for f in term[1]]


class Factoring:
    """Factors the sums of forms.

    Parameters
    ----------
    forms : Forms
    must_stop : callable
        Whether to leave the sums as they are from now on.
    """

    def __init__(self, forms, must_stop=bool):
        self.forms, self.algebra, self.must_stop = forms, forms.algebra, must_stop
        self._best, self._done, self._sets = {}, {}, 0
        self.pairs = {}
        for p, s in sorted(self.algebra.distributes):
            self.pairs.setdefault(s, []).append(p)

    def form(self, form):
        """The cheapest form found that the laws make equal."""
        for _ in range(ROUNDS):
            before = self.forms.cost(form)
            made = self._improved(propagated(self.forms, form))
            if self.forms.cost(made) >= before:
                break
            form = made
        return form

    def _improved(self, form):
        """A form whose operands, and then itself, are factored once."""
        if form.kind <= PART:
            return form
        if form in self._done:
            return self._done[form]
        kind, sign, operands = form.kind, form.sign, form.inner
        operands = [self._improved(f) for f in operands]
        made = self.forms.joined(kind - 1, operands, 0)
        found = [form, self.forms.negated(made) if sign else made]
        if made.kind == kind and not made.sign:
            for p in self.pairs.get(kind - 1, ()):
                terms = [self._term(f, p) for f in made.inner]
                factored = self.best(kind - 1, p, terms)
                found.append(self.forms.negated(factored) if sign else factored)
        best = self._done[form] = min(found, key=self.forms.cost)
        return best

    def _term(self, form, p):
        """A form as a term: its sign, and its factors in order."""
        if form.kind == p + 1:
            return form.sign, form.inner
        if self.algebra.operations[p].odd and form.sign:
            return 1, (self.forms.negated(form),)
        return 0, (form,)

    def product(self, p, term):
        """The form of a term."""
        return self.forms.joined(p, list(term[1]), term[0])

    def best(self, s, p, terms):
        """The cheapest form found of a sum of terms."""
        given = s, p, tuple(terms)
        if given not in self._best:
            terms = tuple(sorted(self._absorbed(s, p, terms), key=_term_order))
            key = s, p, terms
            if key not in self._best:
                self._best[key] = self._factored(s, p, terms)
            self._best[given] = self._best[key]
        return self._best[given]

    def _absorbed(self, s, p, terms):
        """Terms without repeated ones and those that contain another, where laws say so."""
        if (s, p) not in self.algebra.absorbs:
            return terms
        sets = [frozenset(t[1]) for t in dict.fromkeys(terms)]
        return [
            t
            for t, own in zip(dict.fromkeys(terms), sets, strict=True)
            if not any(other < own for other in sets)
        ]

    def _factored(self, s, p, terms):
        self._sets += 1
        width = WIDTH if self._sets < BUDGET else 1
        if self.must_stop():
            width = 0
        common = self._common(s, p, terms)[:width]
        found = []
        if not common or self._unit(s, p):  # taking out a factor makes it shorter otherwise
            found.append(self.forms.joined(s, [self.product(p, t) for t in terms]))
        for factor in common:
            inside, rest = self._without(terms, factor)
            found.append(self._rejoined(s, p, [[factor, self.best(s, p, inside)]], rest))
        if (s, p) in self.algebra.choices:
            for condition in self._conditions(terms)[:width]:
                found += self._chosen(s, p, terms, condition)
        return min(found, key=self.forms.cost)

    def _rejoined(self, s, p, products, rest):
        """The sum of some products and of the rest."""
        operands = [self.forms.joined(p, factors) for factors in products]
        if rest:
            operands.append(self.best(s, p, rest))
        return self.forms.joined(s, operands)

    def _common(self, s, p, terms):
        """Factors of several terms; those first that save most."""
        counts, unit = {}, self._unit(s, p)
        for _, factors in terms:
            if len(factors) == 1 and not unit:
                continue
            for factor in dict.fromkeys(factors):
                counts[factor] = counts.get(factor, 0) + 1
        some = [f for f, count in counts.items() if count > 1]
        return sorted(
            some, key=lambda f: (-(counts[f] - 1) * min(self.forms.costs(f)[:2]), f.number)
        )

    def _unit(self, s, p):
        """Whether the neutral value of a product can be written, or changes a sign in a sum."""
        value = self.algebra.operations[p].neutral
        neutral = self.forms.constant(value)
        if neutral is not None and value == self.algebra.operations[s].negative:
            return True
        return neutral is not None and min(self.forms.costs(neutral)[:2]) < NEVER

    def _without(self, terms, factor):
        """The terms that have a factor, without it, and the others."""
        inside, rest = [], []
        for sign, factors in terms:
            if factor in factors:
                at = factors.index(factor)
                inside.append((sign, factors[:at] + factors[at + 1 :]))
            else:
                rest.append((sign, factors))
        return inside, rest

    def _conditions(self, terms):
        """Factors that occur in some terms and whose negation occurs in others."""
        found = {}
        for _, factors in terms:
            for f in dict.fromkeys(factors):
                found[f] = found.get(f, 0) + 1
        both = [(f, self.forms.negated(f)) for f in sorted(found, key=in_order)]
        both = [(f, g) for f, g in both if f.number < g.number and g in found]
        return sorted(both, key=lambda pair: -found[pair[0]] - found[pair[1]])

    def _chosen(self, s, p, terms, condition):
        """One of two sums by a condition x: x & a | ~x & b becomes b ^ x & (a ^ b), either way."""
        yes, rest = self._without(terms, condition[0])
        no, rest = self._without(rest, condition[1])
        if not yes or not no or not all(t[1] for t in (*yes, *no)):
            return
        x = self.algebra.choices[s, p]
        a, b = self.best(s, p, yes), self.best(s, p, no)
        other = [self.best(s, p, rest)] if rest else []
        for sign, (one, two) in enumerate(((a, b), (b, a))):
            inner = self.forms.joined(p, [condition[sign], self.forms.joined(x, [one, two])])
            yield self.forms.joined(s, [self.forms.joined(x, [two, inner]), *other])
