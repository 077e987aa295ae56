"""SOLVE: HiGHS, and nothing else. The only file that imports a solver.

Takes   a `Program`, linear or with columns that are 0 or 1; a gap, limits of work and of seconds;
        a basis or a start from an earlier solution.
Gives   `Solution`: primal and dual values, a basis, the best bound, and a status word.
Keeps   one thread, one seed, the same options always: the same programme, the same solution, unless
        the clock cut it, which its status tells. A limit of work cuts at the same place each time.
Source  docs/formulation/auction.md, section 4; HiGHS 1.15.

Why these options, measured on the family of benchmarks/auction_family.py, one thread:

- The dual simplex method, at every size: since every column is bounded on both sides, it begins
  from a basis that is feasible for the dual. 1,000 bids x 24 h: 1.3 s, the interior point 5.8 s;
  5,000 bids: 20 s against 86 s.
- HiGHS's own searches inside its search (RINS, RENS and the like) off: the relaxation lies within
  0.1 % of the optimum, and root cuts and a dive close that. 1,000 bids: 13 s, with them 28 s.
"""

from collections.abc import Callable
from typing import NamedTuple

import highspy
import numpy as np
from numpy.typing import NDArray

from chiphour.auction.model import Program
from chiphour.observe.observation import MarketError

Floats = NDArray[np.float64]
Told = Callable[[float, Floats | None], None]

TOLERANCE = 1e-9
INTEGRAL = 1e-6  # Nearer than this to 0 or 1 is that integer.
GAP = 1e-4  # Between the best solution and the best bound, relative: then a search ends.
ROUNDS_MAX = (1 << 31) - 1  # No limit.
BOUND_STEP = 1e-5  # A bound is told again when it fell by this share.
THREADS = 1  # HiGHS fixes its threads for each process: never another number.
SOLVER = f"HiGHS {highspy.Highs().version()}"  # type: ignore[no-untyped-call]
_KINDS = tuple(highspy.HighsBasisStatus.__members__.values())
BASIC = int(highspy.HighsBasisStatus.kBasic)
AT_LOWER = int(highspy.HighsBasisStatus.kLower)
_STATUS = {
    highspy.HighsModelStatus.kOptimal: "optimal",
    highspy.HighsModelStatus.kInfeasible: "infeasible",
    highspy.HighsModelStatus.kUnbounded: "unbounded",
    highspy.HighsModelStatus.kUnboundedOrInfeasible: "unbounded",
    highspy.HighsModelStatus.kTimeLimit: "time_limit",
    highspy.HighsModelStatus.kInterrupt: "work_limit",
}
CUT = {"time_limit": "clock", "work_limit": "gap"}  # What a search that was cut and found is.
DUAL, PRIMAL = 1, 4  # HiGHS's numbers for its simplex methods.
ALWAYS = (("threads", THREADS), ("random_seed", 0), ("solver", "simplex"))
LINEAR = (("primal_feasibility_tolerance", TOLERANCE), ("dual_feasibility_tolerance", TOLERANCE))
INTEGERS = (
    ("mip_feasibility_tolerance", INTEGRAL),
    ("mip_allow_restart", False),
    ("mip_heuristic_effort", 0.0),
    ("mip_heuristic_run_feasibility_jump", False),
    ("mip_heuristic_run_rins", False),
    ("mip_heuristic_run_rens", False),
    ("mip_heuristic_run_root_reduced_cost", False),
)


class SolverUnsound(MarketError):
    """The solver's answer is not what it claims to be."""


class OutOfTime(MarketError):
    """What solves found nothing within the time that it was given."""


class Basis(NamedTuple):
    """Where each column and row stands: HiGHS's statuses, int8[columns] and int8[rows]."""

    columns: NDArray[np.int8]
    rows: NDArray[np.int8]


class Solution(NamedTuple):
    """What the solver found.

    `status`: "optimal", within the gap asked for; "gap" or "clock", the best that was found when
    the work or the time was used up; "coarse", the best with fewer starts (coarse.py); arrays are
    empty with any other word. `primal`, `reduced`: float64[columns]; `row_primal`, `dual`:
    float64[rows], the gain in dollars from one more unit of the row's bound; `column_basic`,
    `row_basic`: bool, in the final basis. With integers there are no duals and no basis: all zero,
    and None. No solution is worth more than `bound`.
    """

    status: str
    objective: float
    primal: Floats
    reduced: Floats
    row_primal: Floats
    dual: Floats
    column_basic: NDArray[np.bool_]
    row_basic: NDArray[np.bool_]
    bound: float = np.inf
    basis: Basis | None = None

    @property
    def claimed_gap(self) -> float:
        """Give the relative distance from the best bound: the solver's word, not a proof."""
        distance = max(self.bound - self.objective, 0.0)
        if distance and not self.objective:
            return np.inf
        return distance / abs(self.objective) if distance else 0.0


def solve(
    program: Program,
    basis: Basis | None = None,
    seconds_max: float = 0.0,
    gap: float = GAP,
    *,
    start: Floats | None = None,
    rounds_max: int = ROUNDS_MAX,
    told: Told | None = None,
    values_alone: bool = False,
) -> Solution:
    """Maximise a programme.

    A linear one begins at `basis`; `values_alone` says that it was found for other values of the
    same programme: it keeps all rows, and the primal simplex method goes on from it. One with
    integers begins at the solution `start` if it holds. `told` hears every better bound, and with
    it every better solution. A search with integers ends after `rounds_max` rounds, each a round of
    cuts at the root or a node: a limit of work, which cuts at the same place each time.
    `seconds_max` asks HiGHS to give up, who may be late; 0 is no limit.
    """
    if not program.value.size:
        return _nothing(program)
    whole = bool(program.integer.any())
    solver: highspy.Highs = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    for option, value in (*ALWAYS, *(INTEGERS if whole else LINEAR)):
        solver.setOptionValue(option, value)
    solver.setOptionValue("mip_rel_gap", gap)
    if seconds_max:
        solver.setOptionValue("time_limit", seconds_max)
    _pass(solver, program)
    if basis is not None and not whole:
        solver.setBasis(_basis(basis))
        solver.setOptionValue("simplex_strategy", PRIMAL if values_alone else DUAL)
    if start is not None and whole:
        begun = highspy.HighsSolution()
        begun.col_value = start.tolist()
        solver.setSolution(begun)
    if whole:
        _listen(solver, rounds_max, told)
    solver.run()
    return _found_integers(solver, program) if whole else _found(solver)


class Linear:
    """A linear programme that stays with the solver: it is solved again from where it stands.

    After other values it stands within its rows, and the primal simplex method goes on from there
    at a quarter of the dual method's cost; after other bounds or with more rows the dual one does.
    What it finds depends on what came before: it is for bounds and for what is shown, not for what
    binds.
    """

    def __init__(self, program: Program) -> None:
        """Hand a programme over; nothing is solved yet."""
        self._solver: highspy.Highs = highspy.Highs()  # type: ignore[no-untyped-call]
        self._solver.silent()
        for option, value in (*ALWAYS, *LINEAR):
            self._solver.setOptionValue(option, value)
        _pass(self._solver, program)
        self._columns = np.arange(program.value.size, dtype=np.int32)
        self._value: Floats | None = None
        self._marked: highspy.HighsBasis | None = None

    def within(self, seconds_max: float) -> None:
        """Let all that is solved from now on take so long together."""
        self._solver.setOptionValue("time_limit", self._solver.getRunTime() + seconds_max)

    def best(self, value: Floats) -> float | None:
        """Maximise with these values, float64[columns]; None where there is no optimum in time.

        Minus infinity where nothing keeps all rows and bounds.
        """
        changed = self._value is not None and not np.array_equal(self._value, value)
        self._solver.setOptionValue("simplex_strategy", PRIMAL if changed else DUAL)
        self._solver.changeColsCost(self._columns.size, self._columns, value)
        self._value = value
        self._solver.run()
        word = _word(self._solver)
        if word == "infeasible":
            return -np.inf
        return self._solver.getObjectiveValue() if word == "optimal" else None

    def hold(self, lower: Floats, upper: Floats) -> None:
        """Keep the columns within other bounds, float64[columns]."""
        self._solver.changeColsBounds(self._columns.size, self._columns, lower, upper)

    def add(self, starts: NDArray[np.int32], columns: NDArray[np.int32], entries: Floats) -> None:
        """Add rows by rows, each at most zero, that every solution must keep."""
        count = starts.size - 1
        least, most = np.full(count, -np.inf), np.zeros(count)
        self._solver.addRows(count, least, most, entries.size, starts, columns, entries)

    def mark(self) -> None:
        """Remember the basis where it stands."""
        self._marked = self._solver.getBasis()

    def back(self) -> None:
        """Stand where it was marked; rows that were added since then are without force."""
        marked = self._marked
        if marked is None:
            return
        new = self._solver.getNumRow() - len(marked.row_status)
        if new:
            basic = [highspy.HighsBasisStatus.kBasic] * new
            marked.row_status = [*marked.row_status, *basic]
        self._solver.setBasis(marked)

    @property
    def primal(self) -> Floats:
        """Give the solution that was found last, float64[columns]."""
        return np.array(self._solver.getSolution().col_value)


def fix(program: Program, primal: Floats) -> Program:
    """Give the linear programme with every integer fixed where it is in `primal`: it has duals.

    Raises SolverUnsound when one of them is no integer within 1e-6.
    """
    nearest = np.rint(primal)
    off = program.integer & (np.abs(primal - nearest) > INTEGRAL)
    if off.any():
        column = int(np.flatnonzero(off)[0])
        raise SolverUnsound(f"column {column}: expected 0 or 1, found {primal[column]!r}")
    return program._replace(
        lower=np.where(program.integer, nearest, program.lower),
        upper=np.where(program.integer, nearest, program.upper),
        integer=np.zeros(program.integer.size, dtype=np.bool_),
    )


def relax(program: Program) -> Program:
    """Give the linear programme in which the integers may be anything between."""
    return program._replace(integer=np.zeros(program.integer.size, dtype=np.bool_))


def incumbent(program: Program, primal: Floats, bound: float, status: str) -> Solution:
    """Give the best that a search had found when it was cut."""
    columns, rows = primal.size, program.row_lower.size
    weights = program.entries * np.repeat(primal, np.diff(program.starts))
    return Solution(
        status,
        float(program.value @ primal),
        primal,
        np.zeros(columns),
        np.bincount(program.rows, weights, rows).astype(np.float64),
        np.zeros(rows),
        np.zeros(columns, dtype=np.bool_),
        np.zeros(rows, dtype=np.bool_),
        bound,
    )


def _listen(solver: highspy.Highs, rounds_max: int, told: Told | None) -> None:
    """Tell every better solution and bound, and stop the search when its work is used up."""
    last, rounds = np.inf, 0

    def improved(event: highspy.highs.HighsCallbackEvent) -> None:
        nonlocal last
        last = event.data_out.mip_dual_bound
        if told is not None:
            told(last, np.array(event.data_out.mip_solution))

    def went_on(event: highspy.highs.HighsCallbackEvent) -> None:
        nonlocal last, rounds
        rounds += 1
        if rounds > rounds_max and event.data_in is not None:
            event.data_in.user_interrupt = True
        bound = event.data_out.mip_dual_bound
        if told is not None and np.isfinite(bound) and last - bound > BOUND_STEP * abs(bound):
            last = bound
            told(bound, None)

    solver.cbMipImprovingSolution.subscribe(improved)
    solver.cbMipInterrupt.subscribe(went_on)


def _nothing(program: Program) -> Solution:
    """Solve a programme without columns, which HiGHS calls empty: its rows hold at zero or not."""
    rows = np.zeros(program.row_lower.size)
    holds = (program.row_lower <= rows).all() and (rows <= program.row_upper).all()
    none, no = np.zeros(0), np.zeros(0, dtype=np.bool_)
    status = "optimal" if holds else "infeasible"
    basic = np.ones(rows.size, dtype=np.bool_)
    basis = Basis(np.zeros(0, dtype=np.int8), np.full(rows.size, BASIC, dtype=np.int8))
    return Solution(status, 0.0, none, none, rows, rows, no, basic, 0.0, basis)


def _pass(solver: highspy.Highs, program: Program) -> None:
    """Hand over the arrays as they are; through a `HighsLp` each would be copied by element."""
    solver.passModel(
        program.value.size,
        program.row_lower.size,
        program.entries.size,
        int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMaximize),
        0.0,
        program.value,
        program.lower,
        program.upper,
        program.row_lower,
        program.row_upper,
        program.starts,
        program.rows,
        program.entries,
        program.integer.astype(np.int32),
    )


def _basis(basis: Basis) -> highspy.HighsBasis:
    """Give HiGHS a basis; it mends one that is not square, or singular."""
    given = highspy.HighsBasis()
    given.col_status = [_KINDS[one] for one in basis.columns.tolist()]
    given.row_status = [_KINDS[one] for one in basis.rows.tolist()]
    given.valid = given.alien = True
    return given


def _word(solver: highspy.Highs) -> str:
    model_status = solver.getModelStatus()
    return _STATUS.get(model_status, solver.modelStatusToString(model_status))


def _empty(status: str) -> Solution:
    none, no = np.zeros(0), np.zeros(0, dtype=np.bool_)
    return Solution(status, 0.0, none, none, none, none, no, no)


def _found(solver: highspy.Highs) -> Solution:
    status = _word(solver)
    if status != "optimal":
        return _empty(status)
    found, basis = solver.getSolution(), solver.getBasis()
    columns, rows = (
        np.fromiter(map(int, statuses), dtype=np.int8, count=len(statuses))
        for statuses in (basis.col_status, basis.row_status)
    )
    return Solution(
        status,
        solver.getObjectiveValue(),
        np.array(found.col_value),
        np.array(found.col_dual),
        np.array(found.row_value),
        np.array(found.row_dual),
        columns == BASIC,
        rows == BASIC,
        solver.getObjectiveValue(),
        Basis(columns, rows),
    )


def _found_integers(solver: highspy.Highs, program: Program) -> Solution:
    status, info = _word(solver), solver.getInfo()
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    status = CUT.get(status, status) if feasible else status
    if status not in ("optimal", "gap", "clock"):
        return _empty(status)
    primal = np.array(solver.getSolution().col_value)
    return incumbent(program, primal, info.mip_dual_bound, status)
