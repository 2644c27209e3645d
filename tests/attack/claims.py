"""What a result claims, and which of its claims are false.

A claim is checked against `held`: the least units of every behaviour of the root type over
all syntax trees of at most `most` units, from plain recursion (`tests/naive.py`).  A
program is a hypothesis only where it has a value on every row of the task, held-out rows
included; behaviours without one are not in `held`.
"""

import itertools
import math
from collections import Counter

import numpy as np
from scipy.stats import binom

import synth
from tests import naive

NEAR = 1e-6
#: How many labellings a chance bound is tried on.
DRAWN = 400


class Claims:
    """What was checked and what is false.

    Attributes
    ----------
    checked : Counter
        How many claims of each kind were held against a reference.
    false : list of str
        A sentence for each claim that is false.
    case : list of str
        Lines that say what was searched, for a reader of a failure.
    """

    def __init__(self):
        self.checked, self.false, self.case = Counter(), [], []

    def check(self, kind, holds, said):
        """Count a claim; keep the sentence, or what a function of no arguments says, if false."""
        self.checked[kind] += 1
        if not holds:
            self.false.append(f"{kind}: {said() if callable(said) else said}")

    def about(self, grammar, task, limits):
        """Note what is searched."""
        productions = "; ".join(f"{_signature(p.item)} at {p.units}" for p in grammar)
        self.case = [f"productions, in units: {productions}"]
        rows = {**task.columns, f"labels, {task.label_type}": task.labels, "train": task.train}
        self.case += [f"{name}: {_runs(column)}" for name, column in rows.items()]
        self.case.append(f"limits: {limits}")


def _runs(values):
    """Values, and how often each comes in a row."""
    runs = [
        (value, len(list(run))) for value, run in itertools.groupby(np.asarray(values).tolist())
    ]
    return ", ".join(f"{value}" if n == 1 else f"{value} ({n} times)" for value, n in runs)


def _signature(item):
    if not item.arguments:
        value = f" = {item.value}" if hasattr(item, "value") else ""
        return f"{item.name}{value}: {item.result}"
    return f"{item.name}: {', '.join(map(str, item.arguments))} -> {item.result}"


def false_claims(result, grammar, task, root, held, most):
    """A list of sentences, one for each claim of a `Result` that is false."""
    claims = Claims()
    check_claims(claims, result, grammar, task, root, held, most)
    return claims.false


def check_claims(claims, result, grammar, task, root, held, most):
    """Hold every claim of a `Result` against brute force; what is false stands in `claims`."""
    facts = _Facts(claims, grammar, task, root, held, most)
    facts.of_program(result)
    facts.of_totals(result)
    facts.of_lists(result)
    facts.of_chance(result)
    if result.settings["exact"]:
        facts.of_exact(result)
    else:
        facts.of_optimal(result)
        facts.of_certificate(result)
        facts.of_front_and_shares(result)
        facts.of_ties(result)
    facts.of_classes(result, held)


class _Facts:
    def __init__(self, claims, grammar, task, root, held, most):
        self.check = claims.check
        self.grammar, self.task, self.root, self.most = grammar, task, root, most
        self.n, self.k = int(task.train.sum()), len(task.alphabet)
        self.two = self.k == 2 and root.size == 2
        self.train = [r for r in range(task.rows) if task.train[r]]
        self.labels = [naive.label(v, root) for v in task.labels.tolist()]
        #: The place of each label value in the alphabet, as labels are compared.
        self.places = {naive.label(v, root): k for k, v in enumerate(task.alphabet)}
        #: (units, exceptions, total) of every behaviour.
        self.behaviours = [seen for seen in held if self.is_hypothesis(seen)]
        self.scored = [(held[seen], *self.score(seen, held[seen])) for seen in self.behaviours]
        #: The least units of a program that is right on every training row, and not inverted.
        self.least = min((u for seen, u in held.items() if not self.errors(seen)), default=None)

    def errors(self, seen):
        return sum(bool(naive.label(seen[r], self.root) != self.labels[r]) for r in self.train)

    def is_hypothesis(self, seen):
        """Of more than two labels, whether it is right on at least one row in k."""
        return self.two or (self.n - self.errors(seen)) * self.k >= self.n

    def score(self, seen, units):
        e = self.errors(seen)
        if self.two:
            e = min(e, self.n - e)  # it speaks for the other label
        outside = self.root.size > self.k
        return e, naive.program_total(units / 1024, self.n, e, self.k, outside)

    def evaluated(self, text):
        """The units of a program and its behaviour, from its text alone."""
        tree = synth.Program.parse(text, self.grammar, self.root)
        return tree.units(self.grammar), naive.behaviour(tree, self.task.columns)

    def up_to(self, bits):
        """What is scored of at most so many bits; of all that is known where it is None."""
        limit = self.most if bits is None else min(self.most, bits * 1024 + 1e-6)
        return [entry for entry in self.scored if entry[0] <= limit]

    def is_right(self, said, row, inverted=False):
        """Whether a prediction for a held-out row is right; inverted: the other label is meant."""
        same = naive.label(said, self.root) == self.labels[row]
        return bool(not same and self.labels[row] in self.places if inverted else same)

    def of_program(self, result):
        """The best program's bits, exceptions and total."""
        p = result.program
        if p is None:
            return
        units, seen = self.evaluated(p.expression)
        self.check("program", units == round(p.bits * 1024), f"{p.text}: {units}, not {p.bits}")
        self.check("program", seen is not None, f"{p.text} has no value on some row")
        if seen is None:
            return
        e, total = self.score(seen, units)
        said = f"{p.text} has {e} exceptions and {total} bits, not {p.exceptions}, {p.total_bits}"
        self.check("program", e == p.exceptions and abs(total - p.total_bits) <= NEAR, said)
        wrong = self.errors(seen)
        inverted = self.two and 2 * wrong > self.n
        self.check("program", inverted == p.inverted, f"inverted {p.inverted}, not {inverted}")
        self.of_kind(p, seen)

    def of_kind(self, p, seen):
        """Whether it is a constant, which is printed as its value."""
        values = {naive.label(v, self.root) for v in seen}
        constant = len(values) == 1
        said = f"{p}, whose values are {values}"
        self.check("kind", (p.written is not None) == constant, said)
        if constant and self.places.keys() >= values:
            place = self.places[values.pop()]
            value = self.task.alphabet[1 - place if p.inverted else place]
            self.check("kind", p.text == self.task.label_text(value), said)

    def of_totals(self, result):
        """The tables, what was chosen, what is saved, and both chance bounds."""
        counts = Counter(self.labels[r] for r in self.train)
        counts = [counts[naive.label(v, self.root)] for v in self.task.alphabet]
        table = naive.table_bits(counts)
        said = f"the table has {table} bits, not {result.table.bits}"
        self.check("table", abs(result.table.bits - table) <= NEAR, said)
        best = math.inf if result.program is None else result.program.total_bits
        total = min(table, best)
        said = f"total {result.total_bits}, not {total}"
        self.check("table", abs(result.total_bits - total) <= NEAR, said)
        chosen = result.program.kind if best < table - 1e-9 else "table"
        if abs(best - table) > NEAR:
            self.check("table", result.chosen == chosen, f"chose the {result.chosen}")
        held_out = [r for r in range(self.task.rows) if not self.task.train[r]]
        if held_out:
            most = [v for v, c in zip(self.task.alphabet, counts, strict=True) if c == max(counts)]
            # Labels are in the order in which they are compared: the smallest are 0 then.
            value = min(most, key=lambda v: _order(naive.label(v, self.root)))
            right = sum(self.is_right(value, r) for r in held_out) / len(held_out)
            said = f"the majority is right on {right}, not {result.table.test_accuracy}"
            self.check("accuracy", abs(result.table.test_accuracy - right) <= NEAR, said)
        for orders, bound in (
            (naive.orders(counts), result.log2_chance_bound),
            (self.k**self.n, result.log2_chance_bound_uniform),
        ):
            least = min(0.0, total - naive.log2(orders))
            said = f"2**{bound}, not 2**{least}"
            self.check("chance bound", abs(bound - least) <= NEAR, said)

    def of_chance(self, result):
        """Among other labels, no more reach the total than the bounds say.

        All labellings are tried where they are few.  Else some are drawn, and a bound that is
        true is called false once in 10**9 times.
        """
        generator = np.random.default_rng(self.n)
        labels = [self.places[self.labels[r]] for r in self.train]
        orders = naive.orders([labels.count(v) for v in range(self.k)])
        if result.chance_bound < 1 and self.scored:
            drawn = orders > DRAWN
            tried = (
                [generator.permutation(labels) for _ in range(DRAWN)]
                if drawn
                else list(naive.all_orders(labels))
            )
            self.of_bound(result.chance_bound, self.reached(tried, result.total_bits), drawn)
        if result.chance_bound_uniform < 1 and self.scored:
            drawn = self.k**self.n > DRAWN
            tried = (
                generator.integers(0, self.k, (DRAWN, self.n))
                if drawn
                else list(itertools.product(range(self.k), repeat=self.n))
            )
            reached = self.reached(tried, result.total_bits)
            self.of_bound(result.chance_bound_uniform, reached, drawn)

    def of_bound(self, bound, reached, drawn):
        """Whether so many of the labels that were tried contradict a chance bound."""
        count, tried = int(reached.sum()), len(reached)
        if drawn:
            holds = binom.sf(count - 1, tried, bound) > 1e-9
        else:
            holds = count <= bound * tried * (1 + 1e-9)
        said = f"at most {bound}, and {count} of {tried} labellings reach the total"
        self.check("chance by trial", holds, said)

    def reached(self, tried, total):
        """Which labellings (N, n), as places in the alphabet, some program or table describes."""
        tried, n = np.asarray(tried), self.n
        said = np.array([
            [self.places.get(naive.label(seen[r], self.root), -1) for r in self.train]
            for seen in self.behaviours
        ])  # fmt: skip
        right = sum(
            (said == v).astype(np.float32) @ (tried == v).T.astype(np.float32)
            for v in range(self.k)
        )
        errors = n - np.rint(right).astype(int)
        outside = self.root.size > self.k
        code = np.array([naive.program_total(0, n, e, self.k, outside) for e in range(n + 1)])
        units = np.array([units for units, _, _ in self.scored])
        totals = units[:, None] / 1024 + code[errors]
        if not self.two:
            totals[(n - errors) * self.k < n] = math.inf
        least = totals.min(axis=0)
        counts = [np.bincount(row, minlength=self.k).tolist() for row in tried]
        tables = [naive.table_bits(c) for c in counts]
        return np.minimum(least, tables) <= total + 1e-9

    def of_lists(self, result):
        """Every program of the front and of top is what it is said to be."""
        listed = [h for h in result.top if h.kind != "table"]
        for p in (*result.front, *listed):
            units, seen = self.evaluated(p.expression)
            e, total = (None, math.inf) if seen is None else self.score(seen, units)
            found = (units, e) == (round(p.bits * 1024), p.exceptions)
            said = f"{p.text} has {units} units, {e} exceptions, {total} bits, not {p}"
            self.check("lists", found and abs(total - p.total_bits) <= NEAR, said)
            if seen is not None:
                self.of_kind(p, seen)
        seen = [self.evaluated(h.expression)[1] for h in listed]
        if None not in [level.distinct for level in result.levels]:
            self.check("top", len(set(seen)) == len(seen), "a behaviour is listed twice")
        totals = [h.total_bits for h in result.top]
        self.check("top", sorted(totals) == totals, f"top is out of order: {totals}")
        points = [(p.bits, p.exceptions) for p in result.front]
        rising = all(a[0] < b[0] and a[1] > b[1] for a, b in itertools.pairwise(points))
        self.check("front", rising, f"the front is out of order: {points}")

    def of_certificate(self, result):
        """Everything up to the certified bits was scored: best, front and top hold it."""
        known = self.up_to(result.certified_bits)
        if not known:
            return
        found = result.program is not None
        self.check("certified", found, f"no program, and {len(known)} are certified to be scored")
        if not found:
            return
        best = min(total for _, _, total in known)
        said = f"a certified program has {best} bits, the best {result.program.total_bits}"
        self.check("certified", best >= result.program.total_bits - NEAR, said)
        for units, e, _ in known:
            held = any(round(f.bits * 1024) <= units and f.exceptions <= e for f in result.front)
            if not held:
                break
        self.check("front", held, f"the front lacks {e} exceptions at {units} units")
        shown = [h for h in result.top if h.kind != "table"]
        asked, last = result.settings["top"], result.top[-1].total_bits
        enough = len(result.top) == asked or len(shown) >= len(known)
        self.check("top", enough, f"{len(shown)} in top, {len(known)} certified, {asked} asked for")
        if len(result.top) == asked:
            better = sum(total < last - NEAR for _, _, total in known)
            listed = sum(h.total_bits < last - NEAR for h in shown)
            self.check("top", better <= listed, f"{better} certified beat its last, not {listed}")

    def of_front_and_shares(self, result):
        """Equal to brute force where all that was scored is known, else bounded by it."""
        certified, asked = result.certified_bits, result.settings["max_bits"]
        known = self.up_to(certified)
        table = result.table.bits
        least = min([table, *(total for _, _, total in known)])  # else 2**-total may be 0
        mass = math.fsum([2.0 ** (least - total) for _, _, total in known]) + 2.0 ** (least - table)
        kept = None not in [level.distinct for level in result.levels]
        # Beyond `max_bits` nothing is scored, and reach alone finds something there.
        whole = asked is not None and asked * 1024 <= self.most and result.reach is None
        whole = whole and (certified is None or certified >= asked)
        for h in result.top:
            most = 2.0 ** (least - h.total_bits) / mass
            said = f"{h.text}: {h.share}, not {most}"
            self.check("shares", h.share <= most * (1 + 1e-9), said)
            if whole and kept:
                self.check("shares", h.share >= most * (1 - 1e-9), said)
        if not whole:
            return
        fewest = naive.fewest((u, e) for u, e, _ in known)
        front = [(round(p.bits * 1024), p.exceptions) for p in result.front]
        self.check("front", front == fewest, f"the front is {front}, not {fewest}")
        if kept:
            totals = sorted([table, *(total for _, _, total in known)])[: result.settings["top"]]
            listed = [h.total_bits for h in result.top]
            same = len(totals) == len(listed) and np.allclose(totals, listed, rtol=0, atol=NEAR)
            self.check("top", same, f"top has {listed}, not {totals}")

    def of_ties(self, result):
        """How many behaviours have the best total, and how often they are right, on average."""
        p, n = result.program, self.n
        if p is None or p.found_by != "enumeration":
            return
        tied = [k for k, entry in enumerate(self.scored) if abs(entry[2] - p.total_bits) <= NEAR]
        limit = math.inf if result.certified_bits is None else result.certified_bits * 1024
        certified = [k for k in tied if self.scored[k][0] <= limit]
        self.check("ties", p.ties >= len(certified), f"{p.ties}, and {len(certified)} certified")
        # Some level scored programs without telling them apart, or longer ones may tie.
        kept = None not in [level.distinct for level in result.levels]
        if not kept or (p.total_bits - 1 - math.log2(n + 1)) * 1024 > self.most:
            return
        self.check("ties", p.ties <= len(tied), f"{p.ties}, and there are {len(tied)}")
        if p.ties != len(tied):
            return
        right = sum(1 - self.scored[k][1] / n for k in tied) / len(tied)
        self.check("accuracy", abs(p.train_accuracy - right) <= NEAR, f"in training {right}: {p}")
        held_out = [r for r in range(self.task.rows) if not self.task.train[r]]
        if not held_out:
            self.check("accuracy", p.test_accuracy is None, f"without held-out rows: {p}")
            return
        right = 0
        for k in tied:
            seen = self.behaviours[k]
            inverted = self.two and 2 * self.errors(seen) > n
            right += sum(self.is_right(seen[r], r, inverted) for r in held_out)
        right /= len(tied) * len(held_out)
        self.check("accuracy", abs(p.test_accuracy - right) <= NEAR, f"held out {right}: {p}")

    def of_optimal(self, result):
        if result.optimal:
            best = min((total for _, _, total in self.scored), default=math.inf)
            said = f"{result.total_bits} bits, and some program has {best}"
            self.check("optimal", best >= result.total_bits - NEAR, said)

    def of_classes(self, result, held):
        """No disjunction or conjunction of known parts is below its certificate."""
        for made in result.reach.certificates if result.reach else ():
            label = made.form == "disjunction"
            wanted = [r for r in self.train if self.task.labels[r] == label]
            join = min(p.units for p in self.grammar if _table(p.item) == [label] * 3)
            covers = {0: 0}
            for seen, units in held.items():
                # Printed bits, so that what is printed is attacked.
                if units > float(f"{made.part_bits:.1f}") * 1024:
                    continue
                if any(seen[r] == label for r in self.train if self.task.labels[r] != label):
                    continue
                mask = sum(1 << k for k, r in enumerate(wanted) if seen[r] == label)
                for other, price in list(covers.items()):
                    dear = price + units + join
                    covers[mask | other] = min(dear, covers.get(mask | other, dear))
            least = covers.get(2 ** len(wanted) - 1)
            holds = least is None or (made.bits is not None and least - join >= made.bits * 1024)
            said = f"{made.statement}; one has {least and (least - join) / 1024}"
            self.check("classes", holds, said)
            if made.program is not None:
                units, seen = self.evaluated(made.program)
                holds = seen is not None and not self.errors(seen) and units == made.bits * 1024
                self.check("classes", holds, f"{made.program} is not as {made.statement}")

    def of_exact(self, result):
        """What is said of the shortest program without exceptions."""
        p, bound, least = result.program, result.exact_bound, self.least
        if p is not None:
            self.check("exact", not p.exceptions, f"{p.exceptions} exceptions")
        has = f"one has {least and least / 1024}"
        if bound is None and p is None:
            self.check("none without exceptions", least is None, f"claimed, and {has}")
        if bound is not None:
            holds = least is None or least >= round(bound * 1024)
            self.check("exact bound", holds, f"none of fewer than {bound} bits, and {has}")
        if result.optimal and p is not None:
            holds = least is None or least >= round(p.bits * 1024)
            self.check("optimal", holds, f"{p.bits} bits, and {has}")
        if p is not None and self.most >= round(p.bits * 1024):
            holds = least is not None and least <= round(p.bits * 1024)
            self.check("exact", holds, f"a program of {p.bits} bits, and {has}")


def _order(value):
    value = complex(value)
    return value.real, value.imag


def _table(item):
    """What a boolean operator makes of different operands and of equal ones, if the latter stay."""
    if [str(t) for t in item.arguments] != ["Bool", "Bool"] or str(item.result) != "Bool":
        return None
    values = item.function(*np.array([[0, 0, 1, 1], [0, 1, 0, 1]], bool)).tolist()
    return [values[1], values[2], values[1]] if values[::3] == [False, True] else None
