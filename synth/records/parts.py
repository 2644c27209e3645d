"""The parts of a result: why it ended, its levels, and what was found, each a plain record."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from synth.records.rules import Branch, Card


class StopReason(StrEnum):
    """Why a run ended; each member equals its text in JSON."""

    #: No program that was not scored can win.
    OPTIMAL = "optimal"
    #: Of a twin: the search ended because the task's best program was proven optimal.
    STRUCTURED_OPTIMAL = "structured-optimal"
    #: There are no further behaviours.
    EXHAUSTED = "exhausted"
    #: Reach made all its moves.
    MOVES = "moves"
    #: A limit was reached.
    MAX_BITS = "max_bits"
    MAX_PROGRAMS = "max_programs"
    SECONDS = "seconds"
    MEMORY = "memory"
    #: Ctrl-C was pressed.
    INTERRUPTED = "interrupted"
    #: Nothing yet: the search can be run on.
    PAUSED = "paused"
    #: Of a comparison or an experiment: all rows are there, or an item failed.  A search fails if
    #: no worker is left.
    FINISHED = "finished"
    FAILED = "failed"


@dataclass(frozen=True)
class Level:
    """The programs of one exact cost, of all types together.

    Parameters
    ----------
    bits : float
        The cost.
    candidates : int
        The number of programs made.
    distinct : int or None
        The number of new behaviours among them. None if the candidates were scored without
        being told apart by behaviour.
    dropped : int
        The number of candidates that have no value on some row.
    """

    bits: float
    candidates: int
    distinct: int | None
    dropped: int


class Written:
    """A record of a program, whose text is a value if it is a constant."""

    text: str
    written: str | None

    @property
    def expression(self) -> str:
        """The program as it is written in the DSL."""
        return self.written or self.text


@dataclass(frozen=True)
class ProgramScore(Written):
    """The best program for one labelling.

    Parameters
    ----------
    text : str
        The program. If it has one value on all rows, held-out rows included, it is a constant, and
        the text is this value, as labels are written.
    bits : float
        Its description length.
    exceptions : int
        The number of training rows on which it is wrong.
    total_bits : float
        The total bits of the hypothesis.
    train_accuracy : float
        Accuracy of its predictions on the training rows, the mean over the ties.
    test_accuracy : float or None
        The same on the held-out rows. None if there are none.
    ties : int
        The number of programs (behaviours) that reach the same total, of those that were kept:
        where a level has no `distinct`, there may be more.
    inverted : bool
        Whether the program is read as its opposite, the other of two labels. `exceptions` are
        then those of the opposite.
    found_by : str
        "enumeration", "exact" or "reach"; "labels" for a program of folds that was solved from the
        labels; "counts" for a constant that is a hypothesis of its own, where several languages
        were searched.
    written : str or None
        Of a constant that is a program: the program as it is written in the DSL. None otherwise.
    kind : str
        "program" or "constant".
    rule : str or None
        What is said of the table's columns, in words, the opposite if it is read so. None if the
        program's text says it already.
    branches : tuple of Branch
        The parts of the rule. Empty if it has one part only.
    card : Card or None
        The points, if the program is a scorecard.
    """

    text: str
    bits: float
    exceptions: int
    total_bits: float
    train_accuracy: float
    test_accuracy: float | None
    ties: int
    inverted: bool
    found_by: str = "enumeration"
    written: str | None = None
    kind: str = "program"
    rule: str | None = None
    branches: tuple[Branch, ...] = ()
    card: Card | None = None


@dataclass(frozen=True)
class TableScore:
    """The better of the two look-up tables.

    Parameters
    ----------
    bits : float
        Its total bits.
    kind : str
        "uniform" or "frequency".
    train_accuracy : float
    test_accuracy : float or None
        None if there are no held-out rows.
    """

    bits: float
    kind: str
    train_accuracy: float
    test_accuracy: float | None


@dataclass(frozen=True)
class Hypothesis(Written):
    """One of the best hypotheses.

    Parameters
    ----------
    kind : str
        "program", "constant" or "table".
    text : str
        Of a constant its value.
    bits : float or None
        The description length of a program or a constant; None for a table.
    exceptions : int or None
        The number of training rows on which it is wrong; None for a table.
    total_bits : float
    share : float
        Its share of the posterior 2**-total among all scored hypotheses.
    inverted : bool
        Whether the program is read as its opposite.
    written : str or None
        Of a constant: the program as it is written in the DSL.
    rule : str or None
        As `ProgramScore` has it.
    """

    kind: str
    text: str
    bits: float | None
    exceptions: int | None
    total_bits: float
    share: float
    inverted: bool
    written: str | None = None
    rule: str | None = None


@dataclass(frozen=True)
class FrontPoint(Written):
    """A program with fewer exceptions than every shorter one.

    Parameters
    ----------
    bits : float
        The program's description length.
    exceptions : int
        The number of training rows on which it is wrong.
    total_bits : float
    text : str
        Of a constant its value.
    inverted : bool
        Whether the program is read as its opposite.
    written : str or None
        Of a constant: the program as it is written in the DSL.
    rule : str or None
        As `ProgramScore` has it.
    """

    bits: float
    exceptions: int
    total_bits: float
    text: str
    inverted: bool
    written: str | None = None
    rule: str | None = None


@dataclass(frozen=True)
class Language:
    """One of several languages that were searched for a table or a sequence.

    Parameters
    ----------
    dsl : str
        The specification of the DSL.
    total_bits : float or None
        The least total of its front, `language_bits` included; if programs without exceptions were
        sought, that of the best of these. None without a program.
    certified_bits : float or None
        As `Result` has it.
    stop_reason : StopReason
    candidates : int
        The number of programs made.
    """

    dsl: str
    total_bits: float | None
    certified_bits: float | None
    stop_reason: StopReason
    candidates: int


@dataclass(frozen=True)
class Continuation:
    """What the best program says of a sequence beyond its terms for training.

    Parameters
    ----------
    lags : int
        How many terms before a term the program may read; so many first terms are given.
    terms : tuple of int
        The terms that follow, each made of those before it. Fewer than were asked for if the
        program has no value for one, or one of more than 4,096 bits. Empty without a program.
    known : int
        The number of further terms that were held out.
    right : int
        How many of these the program says, up to its first wrong one.
    """

    lags: int
    terms: tuple[int, ...]
    known: int
    right: int


@dataclass(frozen=True)
class Shortest:
    """The shortest program without exceptions that was found, of a table for which none pays.

    Parameters
    ----------
    dsl : str
        The specification of the DSL.
    text : str
        The program.
    bits : float
        Its description length.
    proven : bool
        Whether no program without exceptions, in any language that was searched, is shorter.
    rows : int or None
        How many training rows, with labels as frequent as these, would let it win; None if a
        million would not.
    rule : str or None
        The program as a rule about the columns of the table, in words.
    """

    dsl: str
    text: str
    bits: float
    proven: bool
    rows: int | None
    rule: str | None = None


@dataclass(frozen=True)
class ClassCertificate:
    """What is proven of all disjunctions, or of all conjunctions, of short parts.

    A part is any program of at most `part_bits` with a value on every row, held-out rows included.

    Parameters
    ----------
    form : str
        "disjunction" or "conjunction".
    operators : list of str
        The operators of the DSL that join parts, between p and q.
    part_bits : float
        The most bits of each part.
    bits : float or None
        No program of this form with fewer bits is right on all training rows. None if no program
        of this form is, whatever its length.
    total_bits : float or None
        The total of a program of so many bits without exceptions.
    program : str or None
        A program of this form that has exactly `bits` and is right on all training rows. None if
        none is known.
    statement : str
        The same as a sentence.
    """

    form: str
    operators: list[str]
    part_bits: float
    bits: float | None
    total_bits: float | None
    program: str | None
    statement: str


@dataclass(frozen=True)
class Predictions:
    """What a mixture predicts of the held-out rows of a table, beside the hypothesis chosen.

    Parameters
    ----------
    accuracy : float
        How often the mixture's most probable label is right.
    loss : float or None
        Bits a held-out row, -log2 of the probability of its label; labels that training rows do
        not have are left out.  None if there are no others.
    chosen_loss : float or None
        The same by the chosen hypothesis alone.
    weights : dict of str to float
        What is mixed, and how much each part counts.
    """

    accuracy: float
    loss: float | None
    chosen_loss: float | None
    weights: dict[str, float]


@dataclass(frozen=True)
class Descent:
    """What reach did after the enumeration.

    Parameters
    ----------
    moves, chains, seed : int
        The moves made by all chains together, the number of chains, and the random seed.
    planned : int
        The moves that were asked for.
    seeds : list of dict
        What chains could begin from: "stage", "total_bits", "exceptions" and "text" of each.
    points : list of dict
        The best program after some "moves": its "total_bits", "exceptions" and "bits".
    certificates : list of ClassCertificate
        What was proven beside, when all moves were made.
    """

    moves: int
    chains: int
    seed: int
    planned: int
    seeds: list[dict[str, Any]]
    points: list[dict[str, Any]]
    certificates: list[ClassCertificate] = field(default_factory=list)

    @staticmethod
    def from_dict(document: dict[str, Any]) -> "Descent":
        """Reads what `plain` has made of a descent; older files have no certificates."""
        made = [ClassCertificate(**each) for each in document.get("certificates", ())]
        return Descent(**{**document, "certificates": made})
