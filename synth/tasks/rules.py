"""A program as a rule about the columns of its table: in words, in other languages, for new rows.

A rule says what the labels are called, and reads the columns as they are in the table, whatever
inputs a DSL has made of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.errors import TypeMismatchError, listed
from synth.language import Input, Program, Term, columns_of, latex
from synth.language.cards import read_card
from synth.language.meaning import FALSE, TRUE, constant
from synth.language.notation.evaluation import values_of
from synth.language.notation.readable import MOST_NODES, choice, written
from synth.language.notation.simplify import negated, parts_of, rules, simplified
from synth.language.notation.terms import card_lines, term_of
from synth.tasks.exports import Exported
from synth.tasks.meanings import input_terms, own_terms
from synth.tasks.task import Task
from synth.tasks.values import checked, wide

#: Names of two labels that say no more than false and true.
_PLAIN = (("0", "1"), ("false", "true"))


@dataclass(frozen=True, eq=False)
class Rule(Exported):
    """A program, the task that it is about, and whether it is read as its opposite.

    Parameters
    ----------
    program : Program
    task : Task
        The task as the program's DSL reads it.
    inverted : bool
        Whether the other of two labels is meant.
    """

    program: Program
    task: Task
    inverted: bool = False

    @cached_property
    def said(self) -> Term:
        """What the program says of the columns of the table: a condition, a number or a label."""
        said = term_of(self.program, input_terms(self.task, self._inputs))
        if self.task.label_type.family == "Int" and self.task.label_names is not None:
            return _named(said, self.task.label_names)
        if not self.inverted:
            return said
        if said.is_condition:
            return negated(said)
        return Term("-", (constant(sum(self.task.alphabet)), said))

    @cached_property
    def _inputs(self) -> tuple[str, ...]:
        """The inputs that the program reads."""
        heads = [node.head for node in self.program.parts()]
        return tuple(head.name for head in heads if isinstance(head, Input))

    @cached_property
    def labels(self) -> tuple[str, str] | None:
        """What a condition's two labels are called; None if the program says labels itself."""
        if not self.said.is_condition:
            return None
        names = self.task.label_names
        if names:
            return names[0], names[1]
        return ("false", "true") if self.task.label_type.family == "Bool" else ("0", "1")

    @cached_property
    def answer(self) -> Term:
        """The label as a term."""
        if self.labels is None or self.task.label_names is None:
            return self.said
        no, yes = (constant(int(t) if t in ("0", "1") else t) for t in self.labels)
        return Term("where", (self.said, yes, no))

    @cached_property
    def _shown(self) -> Term:
        """What is shown, simplified: a condition, or a choice between labels."""
        if self.labels is None:
            return simplified(self.said)
        if self.labels in _PLAIN:
            return simplified(self.said)
        no, yes = self.labels
        return choice(self.said, yes, no)

    @property
    def is_long(self) -> bool:
        """Whether the program is too long for a text that people read."""
        return self.program.size > MOST_NODES or self.program.depth > 100

    @property
    def text(self) -> str:
        """The rule in words, such as `if age < 13 then reduced; else full`."""
        if self.is_long:
            return f"not [{self.program.text}]" if self.inverted else self.program.text
        return written(self._shown)

    def branches(self) -> list[dict[str, Any]]:
        """The rule as a list, with the rows that each entry decides.

        Returns
        -------
        list of dict
            "condition" (None for the last), "answer", and the counts "train", "train_right",
            "test" and "test_right" of rows that no entry before it decides.  Empty if the rule
            has one entry only.
        """
        if self.is_long:
            return []
        found = parts_of(rules(self._shown))
        if len(found) < 2:
            return []
        task, made = self.task, []
        leaves, left = self._leaves(), np.ones(self.task.rows, bool)
        right = self._right()
        for condition, answer in found:
            here = left
            if condition is not None:
                here = left & values_of(condition, leaves, task.rows)
            left = left & ~here
            made.append({
                "condition": None if condition is None else written(condition),
                "answer": self._label(answer),
                "train": int((here & task.train).sum()),
                "train_right": int((here & task.train & right).sum()),
                "test": int((here & ~task.train).sum()),
                "test_right": int((here & ~task.train & right).sum()),
            })  # fmt: skip
        return made

    def card(self) -> dict[str, Any] | None:
        """The points of a scorecard, with the rows that have them; None of other programs.

        Returns
        -------
        dict or None
            As `records.Card` has it.
        """
        read = read_card(self.program.head.name)
        if read is None or self.labels is None or self.is_long:
            return None
        terms = input_terms(self.task, self._inputs)
        tests = tuple(terms[part.head.name] for part in self.program.arguments)
        leaves, rows = self._leaves(), self.task.rows
        lines = [(points, simplified(test)) for points, test in card_lines(read[0], tests)]
        passed = [values_of(test, leaves, rows) for _, test in lines]
        totals = sum(p * here for (p, _), here in zip(lines, passed, strict=True))
        threshold = read[1] - sum(p for p in read[0] if p < 0)
        said = totals >= threshold
        known = np.where(self._right(), said, ~said)  # whether the label is that of the most points
        no, yes = self.labels[::-1] if self.inverted else self.labels
        if self.inverted:
            known = ~known
        return {
            "threshold": threshold,
            "yes": yes,
            "no": no,
            "lines": [
                self._counted(points, written(test), here, known)
                for (points, test), here in zip(lines, passed, strict=True)
            ],
            "totals": [
                self._counted(points, None, totals == points, known)
                for points in np.unique(totals).tolist()
            ],
        }

    def _counted(
        self,
        points: int,
        condition: str | None,
        here: NDArray[np.bool_],
        known: NDArray[np.bool_],
    ) -> dict[str, Any]:
        """A line of a card, on the rows where it is fulfilled."""
        made: dict[str, Any] = {"points": points, "condition": condition}
        for name, some in (("train", self.task.train), ("test", ~self.task.train)):
            made |= {
                name: int((here & some).sum()),
                f"{name}_yes": int((here & some & known).sum()),
            }
        return made

    def _label(self, answer: Term) -> str:
        if answer in (TRUE, FALSE) and self.labels is not None:
            return self.labels[answer == TRUE]
        return written(answer)

    def _leaves(self) -> dict[Term, np.ndarray]:
        """The values of what is said of columns, on the rows of the task."""
        opaque = own_terms(self.task, self._inputs)
        found = {t: self.task.columns[n] for n, t in opaque.items() if not t.arguments}
        original = self.task.source or self.task
        terms = input_terms(original, original.columns)
        return found | {terms[name]: column for name, column in original.columns.items()}

    def _right(self) -> NDArray[np.bool_]:
        """On which rows of the task the rule is right."""
        values, defined = self.program.outputs(self.task.columns)
        type_ = self.program.type
        said = type_.coarse(values.astype(type_.number))
        if self.inverted:
            said = sum(self.task.alphabet) - said
        truth = type_.coarse(self.task.labels.astype(type_.number))
        return defined & (said == truth) & ~self.task.unknown

    def to_sympy(self) -> Any:
        """The rule as a SymPy expression, whose symbols are columns and conditions about texts.

        Raises
        ------
        SettingError
            If SymPy is not installed.
        """
        from synth.language.notation.symbolic import to_sympy

        return to_sympy(self.said if self.labels in _PLAIN else self.answer)

    def to_latex(self) -> str:
        """The program in LaTeX, with the names of its inputs, without dollar signs."""
        text = latex(self.program)
        if not self.inverted:
            return text
        if self.said.is_condition:
            return rf"\lnot \left({text}\right)"
        return rf"{sum(self.task.alphabet)} - \left({text}\right)"

    def predict(self, table: Mapping[str, Any]) -> np.ndarray:
        """The label of each row of a table, by name; of which only `columns` are read.

        Where the program has no value or says no label, it is the most frequent training label.

        Parameters
        ----------
        table : mapping of str to array_like, shape (rows,)
            Columns as in the table that the task was read from.

        Raises
        ------
        TypeMismatchError
            If a column is missing or cannot be read.
        """
        values, _ = self.labels_of(table)
        if self.task.label_names is None:
            return values.astype(self.program.type.dtype)
        return np.array([self.task.label_names[v] for v in values.tolist()])

    def labels_of(self, table: Mapping[str, Any]) -> tuple[np.ndarray, NDArray[np.bool_]]:
        """(label values, which of them the program says) of the rows of a table, each (rows,)."""
        task, type_ = self.task, self.program.type
        values, defined = self.outputs(table)
        values = values.astype(type_.number)
        if self.inverted:
            values = sum(task.alphabet) - values
        if task.label_names is not None:
            defined = defined & np.isin(values, list(task.label_names))
        return np.where(defined, values, task.majority()), defined

    def outputs(self, table: Mapping[str, Any]) -> tuple[np.ndarray, NDArray[np.bool_]]:
        """(values, which are defined) of the program on the rows of a table, each (rows,)."""
        table = columns_of(table, "columns")
        inputs, whole = self._read(table, len(next(iter(table.values()), ())))
        values, defined = self.program.outputs(inputs)
        return values, defined & whole

    def _read(self, table: Mapping[str, Any], rows: int) -> Any:
        """The inputs that the program reads, by name, and on which rows all have a value."""
        task, original = self.task, self.task.source or self.task
        if task.source is not None and task.meanings is None:
            return task.encode(table), np.ones(rows, bool)
        terms = own_terms(task, self._inputs)
        read = dict.fromkeys(s for term in terms.values() for s in term.sources())
        typed = _typed(original, table, [source.name for source in read])
        leaves = {Term(source.kind, value=source): typed[source.name] for source in read}
        made, whole = {"": np.zeros(rows)}, np.ones(rows, bool)
        for name, term in terms.items():
            type_ = task.types[name]
            values = values_of(term, leaves, rows)
            if type_.family in ("Int", "Mod", "Real"):
                known = ~np.isnan(values.astype(float))
                if type_.family != "Real":
                    known &= values % 1 == 0
                whole &= known
                values = np.where(known, values, type_.some)
                values = values if type_.family == "Real" else values.astype(np.int64)
            made[name] = wide(type_).check(values, f"column {name}")
        return made, whole


def _typed(task: Task, table: Mapping[str, Any], names: list[str]) -> dict[str, np.ndarray]:
    """The inputs of a task that has not been re-expressed, those of these names."""
    if task.derive is not None:
        return task.derive(table, only=names)
    lacking = [name for name in names if name not in table]
    if lacking:
        raise TypeMismatchError(f"no column {lacking[0]}; given: {listed(map(str, table))}")
    return {name: checked(wide(task.types[name]), name, table[name]) for name in names}


def _named(term: Term, names: Mapping[int, str]) -> Term:
    """A number as the letter that has it as its place."""
    if term.op == "where":
        condition, *answers = term.arguments
        return Term("where", (condition, *(_named(a, names) for a in answers)))
    if term.op == "constant" and term.value in names:
        return constant(names[term.value])
    return Term("letter", (term,), "".join(names[k] for k in range(len(names))))
