"""SOLVE: HiGHS, and nothing else. The only file that imports a solver.

Takes   a `Program`, a method and a limit of seconds.
Gives   `Solution`: primal and dual values, which of them are basic, and a status word.
Keeps   one thread, one seed, the same options always: the same programme, the same solution.
Source  docs/formulation/auction.md, section 4; HiGHS 1.15.
"""

from typing import NamedTuple

import highspy
import numpy as np
from numpy.typing import NDArray

from chiphour.auction.model import Program

TOLERANCE = 1e-9
COLUMNS_SIMPLEX_MAX = 20_000  # Above this the interior point with crossover is faster.
THREADS = 1
_STATUS = {
    highspy.HighsModelStatus.kOptimal: "optimal",
    highspy.HighsModelStatus.kInfeasible: "infeasible",
    highspy.HighsModelStatus.kUnbounded: "unbounded",
    highspy.HighsModelStatus.kUnboundedOrInfeasible: "unbounded",
    highspy.HighsModelStatus.kTimeLimit: "time_limit",
}


class Solution(NamedTuple):
    """What the solver found; arrays are empty unless `status` is "optimal".

    `primal`, `reduced`: float64[columns]; `row_primal`, `dual`: float64[rows], the gain in dollars
    from one more unit of the row's bound; `column_basic`, `row_basic`: bool, in the final basis.
    """

    status: str
    objective: float
    primal: NDArray[np.float64]
    reduced: NDArray[np.float64]
    row_primal: NDArray[np.float64]
    dual: NDArray[np.float64]
    column_basic: NDArray[np.bool_]
    row_basic: NDArray[np.bool_]


def solve(program: Program, seconds_max: float = 0.0) -> Solution:
    """Maximise a linear programme. `seconds_max` asks HiGHS to give up; 0 is no limit."""
    if not program.value.size:
        return _nothing(program)
    solver: highspy.Highs = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    large = program.value.size > COLUMNS_SIMPLEX_MAX
    for option, value in (
        ("threads", THREADS),
        ("random_seed", 0),
        ("solver", "ipm" if large else "simplex"),
        ("run_crossover", "on"),
        ("primal_feasibility_tolerance", TOLERANCE),
        ("dual_feasibility_tolerance", TOLERANCE),
    ):
        solver.setOptionValue(option, value)
    if seconds_max:
        solver.setOptionValue("time_limit", seconds_max)
    solver.passModel(_linear_programme(program))
    solver.run()
    return _solution(solver)


def _nothing(program: Program) -> Solution:
    """Solve a programme without columns, which HiGHS calls empty: its rows hold at zero or not."""
    rows = np.zeros(program.row_lower.size)
    holds = (program.row_lower <= rows).all() and (rows <= program.row_upper).all()
    none, no = np.zeros(0), np.zeros(0, dtype=np.bool_)
    status = "optimal" if holds else "infeasible"
    return Solution(status, 0.0, none, none, rows, rows, no, np.ones(rows.size, dtype=np.bool_))


def _linear_programme(program: Program) -> highspy.HighsLp:
    given = highspy.HighsLp()
    given.num_col_ = program.value.size
    given.num_row_ = program.row_lower.size
    given.sense_ = highspy.ObjSense.kMaximize
    given.col_cost_ = program.value
    given.col_lower_ = program.lower
    given.col_upper_ = program.upper
    given.row_lower_ = program.row_lower
    given.row_upper_ = program.row_upper
    given.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    given.a_matrix_.start_ = program.starts
    given.a_matrix_.index_ = program.rows
    given.a_matrix_.value_ = program.entries
    return given


def _solution(solver: highspy.Highs) -> Solution:
    model_status = solver.getModelStatus()
    status = _STATUS.get(model_status, solver.modelStatusToString(model_status))
    none, no = np.zeros(0), np.zeros(0, dtype=np.bool_)
    if status != "optimal":
        return Solution(status, 0.0, none, none, none, none, no, no)
    found, basis = solver.getSolution(), solver.getBasis()
    basic = highspy.HighsBasisStatus.kBasic
    return Solution(
        status,
        solver.getObjectiveValue(),
        np.array(found.col_value),
        np.array(found.col_dual),
        np.array(found.row_value),
        np.array(found.row_dual),
        np.array([one == basic for one in basis.col_status], dtype=np.bool_),
        np.array([one == basic for one in basis.row_status], dtype=np.bool_),
    )
