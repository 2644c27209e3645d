"""The exact prior of boolean functions: P(f), the mass of all programs that compute f.

`synth.exact.fixed_point` solves the equation for it.
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

#: The largest number of rows, in general and with `relative`. 24 rows have 16.8 million functions.
MOST_ROWS, MOST_RELATIVE_ROWS = 24, 16


@dataclass(frozen=True, eq=False)
class Prior:
    """The prior masses of all 2**R behaviours on R rows.

    If no program has a behaviour, its mass and its margin are exactly 0. If the mass is 0 but
    the margin is not, some program has the behaviour, and its mass is lost in rounding.

    Parameters
    ----------
    grammar : Grammar
        The grammar of the programs.
    columns : dict of str to bool (R,)
        The input columns.
    masses : float64 (2**R,)
        The mass of each behaviour; they sum to `Grammar.mass()`. Bit r of an index is the value
        on row r.
    margin : float64 (2**R,)
        An estimate, from above, of the absolute error of each mass.
    relative : bool
        Whether every mass was computed to at least 11 digits.
    sweeps, polishing : int
        The number of sweeps with transforms, and of positive sweeps.
    residual : float
        The sum of the absolute changes of the last sweep.
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
        """The number of rows that the functions are defined on."""
        return len(next(iter(self.columns.values())))

    @property
    def mass(self) -> float:
        """The mass of all finite programs."""
        return float(self.masses.sum())

    @property
    def error(self) -> NDArray[np.float64]:
        """An upper bound of each mass's relative error, float64 (2**R,); inf if a mass is lost."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.margin > 0, self.margin / self.masses, 0.0)

    @property
    def digits(self) -> NDArray[np.int64]:
        """The number of decimal digits to which each mass is certain, int64 (2**R,); 0 to 15."""
        with np.errstate(divide="ignore"):
            return np.clip(-np.log10(self.error), 0, 15).astype(np.int64)

    @property
    def bits(self) -> NDArray[np.float64]:
        """-log2 of each mass, float64 (2**R,); inf if it is 0."""
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

    Every boolean DSL whose primitives have one or two arguments is allowed, whatever they
    compute.

    Parameters
    ----------
    dsl : Grammar, DSL or str
        A grammar, or a DSL or its name. `Grammar(..., probabilities="exact")` gives the masses
        of the exact probabilities, which differ from those of the code by up to 0.1 % per node.
    columns : mapping of str to bool (R,), or int
        The input columns, or a number of variables x0, x1, ... for all 2**variables rows.
    relative : bool, optional
        Whether every mass is computed to at least 11 digits.
    threads : int, optional
        Number of worker threads; by default one per core.

    Returns
    -------
    Prior

    Raises
    ------
    DSLError
        If the DSL is not of this kind, or the grammar has explicit costs.
    SettingError
        If there are more than 24 rows (16 with `relative`), since 2**R masses are computed.
    TypeMismatchError
        If the columns are not boolean arrays of one length.
    """
    columns = _columns(columns)
    grammar = _grammar(dsl, columns)
    _check_rows(len(next(iter(columns.values()))), relative)
    parts = connectives(grammar, columns)
    crew = Crew(default_threads() if threads is None else threads)
    try:
        found = solve(parts, relative=relative, crew=crew)
    finally:
        crew.close()
    # A lost mass is recognised by its margin, so the margin must not be 0.
    margin = np.where(support(parts), np.maximum(found.error, np.finfo(float).tiny), 0.0)
    return Prior(
        grammar=grammar,
        columns=columns,
        masses=found.masses,
        margin=margin,
        relative=relative,
        sweeps=found.sweeps,
        polishing=found.polishing,
        residual=found.residual,
    )


def _grammar(dsl: Grammar | DSL | str, columns: Mapping[str, NDArray[np.bool_]]) -> Grammar:
    if not isinstance(dsl, Grammar):
        loaded = dsl if isinstance(dsl, DSL) else dsls.load_dsl(dsl)
        return Grammar(loaded, dict.fromkeys(columns, Bool))
    missing = [i.name for i in dsl.inputs if i.name not in columns]
    if missing:
        raise DSLError(f"columns: no column for input {missing[0]}")
    return dsl


def _check_rows(rows: int, relative: bool) -> None:
    most = MOST_RELATIVE_ROWS if relative else MOST_ROWS
    if rows > most:
        raise SettingError(
            f"{rows} rows; allowed: 1..{most}{' with relative=True' if relative else ''}, since "
            "there are 2**rows functions; leave out held-out rows, or use count_programs, "
            "which takes any number of rows"
        )


def _columns(columns: Mapping[str, ArrayLike] | int) -> dict[str, NDArray[np.bool_]]:
    if not isinstance(columns, Mapping):
        if not isinstance(columns, (int, np.integer)):
            raise TypeMismatchError(
                f"columns={columns!r}; allowed: a number of variables, or arrays by input name"
            )
        if not 0 < columns <= math.log2(MOST_ROWS):
            raise SettingError(
                f"{columns} variables; allowed: 1..4; for other rows, pass the columns themselves"
            )
        return all_rows(columns)
    checked = {str(n): Bool.check(c, f"column {n}") for n, c in columns.items()}
    if not checked:
        raise TypeMismatchError("columns: none given; allowed: at least one")
    lengths = {c.shape for c in checked.values()}
    if len(lengths) > 1 or len(next(iter(lengths))) != 1 or lengths == {(0,)}:
        raise TypeMismatchError(f"columns of shapes {sorted(lengths)}; allowed: one length, (R,)")
    return checked
