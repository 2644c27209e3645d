"""The exact prior of boolean functions: P(f), the mass of all programs that compute f.

`synth.exact.fixed_point` solves for it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.engine import Crew, default_threads
from synth.errors import DSLError, SettingError, TypeMismatchError
from synth.exact.connectives import connectives, index
from synth.exact.fixed_point import solve, support
from synth.language import DSL, Bool, Grammar, dsls
from synth.tasks import all_rows

#: Rows of the exact prior, and with every digit.  24 rows are 16.8 million functions.
MOST_ROWS, MOST_RELATIVE_ROWS = 24, 16


@dataclass(frozen=True, eq=False)
class Prior:
    """The prior masses of all 2**R behaviours on R rows.

    masses: float64 (2**R,), by index: bit r of an index is the value on row r; they
    sum to `Grammar.mass()`; margin: float64 (2**R,), an estimate from above of how far
    each mass is off.  Where no program has the behaviour, both are 0 exactly; a mass of 0
    with a margin is one that is lost in rounding, though some program has it.  sweeps,
    polishing: of each kind of sweep; residual: the sum of what the last sweep changed.
    """

    grammar: Grammar
    columns: dict[str, NDArray[np.bool_]]
    masses: NDArray[np.float64]
    margin: NDArray[np.float64]
    relative: bool
    sweeps: int
    polishing: int
    residual: float

    def __repr__(self) -> str:
        worst = self.digits[self.masses > 0].min(initial=15)
        return (
            f"Prior of {len(self.masses):,} functions on {self.rows} rows: mass "
            f"{self.mass:.12g}, {self.sweeps + self.polishing} sweeps, residual "
            f"{self.residual:.1e}, {worst} digits and more"
        )

    @property
    def rows(self) -> int:
        """How many rows the functions are of."""
        return len(next(iter(self.columns.values())))

    @property
    def mass(self) -> float:
        """The mass of all finite programs."""
        return float(self.masses.sum())

    @property
    def error(self) -> NDArray[np.float64]:
        """Of each mass relative to it, from above, float64 (2**R,); inf where it is lost."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.margin > 0, self.margin / self.masses, 0.0)

    @property
    def digits(self) -> NDArray[np.int64]:
        """To how many decimal digits each mass is certain, int64 (2**R,); 0..15."""
        with np.errstate(divide="ignore"):
            return np.clip(-np.log10(self.error), 0, 15).astype(np.int64)

    @property
    def bits(self) -> NDArray[np.float64]:
        """-log2 of each mass, float64 (2**R,); inf where it is 0."""
        with np.errstate(divide="ignore"):
            return -np.log2(self.masses)

    def index(self, values: ArrayLike) -> int:
        """The index of a behaviour, bool (R,)."""
        given = np.asarray(values)
        if given.shape != (self.rows,):
            raise SettingError(f"a behaviour of shape {given.shape}; allowed: ({self.rows},)")
        return index(given)

    def values(self, number: int) -> NDArray[np.bool_]:
        """The behaviour with an index, bool (R,)."""
        return (int(number) >> np.arange(self.rows) & 1).astype(bool)

    def __getitem__(self, values: ArrayLike) -> float:
        """The mass of a behaviour, bool (R,)."""
        return float(self.masses[self.index(values)])


def exact_prior(
    dsl: Grammar | DSL | str,
    columns: Mapping[str, ArrayLike] | int,
    *,
    relative: bool = False,
    threads: int | None = None,
) -> Prior:
    """The exact `Prior` of all boolean functions on some rows.

    dsl: a `Grammar`, or a DSL or its name; columns: a mapping of input names to arrays
    bool (R,), or a number of variables x0.. for all 2**variables rows; relative: every
    mass to 11 digits and more; threads: all cores unless given.

    Every boolean DSL whose primitives have one or two arguments is allowed, whatever they
    compute.  Raises DSLError for another one, and SettingError for more than 24 rows
    (16 with `relative`): 2**R masses are computed.
    """
    columns = _columns(columns)
    if isinstance(dsl, Grammar):
        grammar = dsl
        missing = [i.name for i in grammar.inputs if i.name not in columns]
        if missing:
            raise DSLError(f"columns: no column for input {missing[0]}")
    else:
        loaded = dsl if isinstance(dsl, DSL) else dsls.load_dsl(dsl)
        grammar = Grammar(loaded, dict.fromkeys(columns, Bool))
    rows, most = len(next(iter(columns.values()))), MOST_RELATIVE_ROWS if relative else MOST_ROWS
    if rows > most:
        raise SettingError(
            f"{rows} rows; allowed: 1..{most}{' with relative=True' if relative else ''}, since "
            "there are 2**rows functions; leave out held-out rows, or use count_programs, "
            "which takes any number of rows"
        )
    parts = connectives(grammar, columns)
    crew = Crew(default_threads() if threads is None else threads)
    try:
        found = solve(parts, relative=relative, crew=crew)
    finally:
        crew.close()
    # A mass that is lost is told by its margin, whatever the bound makes of it.
    margin = np.where(support(parts), np.maximum(found.error, np.finfo(float).tiny), 0.0)
    return Prior(
        grammar, columns, found.masses, margin, relative, found.sweeps, found.polishing,
        found.residual,
    )  # fmt: skip


def _columns(columns: Mapping[str, ArrayLike] | int) -> dict[str, NDArray[np.bool_]]:
    if not isinstance(columns, Mapping):
        if not isinstance(columns, (int, np.integer)):
            raise TypeMismatchError(
                f"columns={columns!r}; allowed: a number of variables, or names with their columns"
            )
        if not 0 < columns <= math.log2(MOST_ROWS):
            raise SettingError(f"{columns} variables; allowed: 1..4, or columns of some rows")
        return all_rows(columns)
    checked = {str(n): Bool.check(c, f"column {n}") for n, c in columns.items()}
    if not checked:
        raise TypeMismatchError("columns: none given; allowed: one and more")
    lengths = {c.shape for c in checked.values()}
    if len(lengths) > 1 or len(next(iter(lengths))) != 1 or lengths == {(0,)}:
        raise TypeMismatchError(f"columns of shapes {sorted(lengths)}; allowed: one length, (R,)")
    return checked
