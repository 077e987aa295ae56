"""SOLVE: HiGHS maximises, says what it found, and finds the same again.

Takes   small programmes.
Gives   solutions by status.
Keeps   the sign of duals: the gain from one more unit.
Source  docs/formulation/auction.md, section 4.
"""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.auction.instance import from_fields
from chiphour.auction.model import build
from chiphour.auction.solve import BASIC
from chiphour.auction.solve import SolverUnsound
from chiphour.auction.solve import fix
from chiphour.auction.solve import incumbent
from chiphour.auction.solve import relax
from chiphour.auction.solve import solve
from marketed import enumerated
from marketed import market
from solved import feasible
from solved import same


@pytest.fixture
def program(e1):
    return build(from_fields(e1)).program


def test_the_optimum_of_e1_and_its_duals(program):
    found = solve(program)
    assert found.status == "optimal"
    assert found.objective == pytest.approx(350, abs=1e-9)
    assert found.dual[0] == pytest.approx(3, abs=1e-9)
    assert found.primal.size == found.reduced.size == program.value.size
    assert found.column_basic.sum() + found.row_basic.sum() == program.row_lower.size
    assert np.array_equal(found.basis.columns == BASIC, found.column_basic)
    assert np.array_equal(found.basis.rows == BASIC, found.row_basic)
    assert found.bound == found.objective and found.claimed_gap == 0


def test_the_same_programme_gives_the_same_bits(program):
    assert same(solve(program), solve(program))
    assert same(solve(market(1)), solve(market(1)))


def test_another_process_finds_the_same_bits():
    words = (
        "import sys; sys.path.append('tests')\n"
        "from marketed import market\nfrom chiphour.auction.solve import fix, solve\n"
        "found = solve(market(5)); prices = solve(fix(market(5), found.primal))\n"
        "print(found.primal.tobytes().hex(), prices.dual.tobytes().hex())"
    )
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    found = solve(market(5))
    prices = solve(fix(market(5), found.primal))
    assert done.stdout.split() == [found.primal.tobytes().hex(), prices.dual.tobytes().hex()]


def test_what_cannot_be_met_is_infeasible(program):
    row_lower = program.row_lower.copy()
    row_upper = program.row_upper.copy()
    row_lower[0] = row_upper[0] = -1e6
    found = solve(program._replace(row_lower=row_lower, row_upper=row_upper))
    assert found.status == "infeasible"
    assert found.primal.size == 0


def test_what_has_no_end_is_unbounded(program):
    upper = np.full(program.upper.size, np.inf)
    assert solve(program._replace(upper=upper, value=np.ones(upper.size))).status == "unbounded"


def test_a_programme_without_columns_holds_at_zero_or_not_at_all(program):
    empty = program._replace(value=np.zeros(0), row_lower=np.zeros(1), row_upper=np.zeros(1))
    assert solve(empty).status == "optimal"
    assert solve(empty._replace(row_lower=np.ones(1))).status == "infeasible"


@settings(max_examples=10)
@given(st.integers(0, 1_000_000))
def test_with_integers_the_optimum_is_the_best_of_all_their_choices(seed):
    """Try every choice of the integers, each with a linear programme: none is better."""
    program = market(seed)
    found = solve(program, gap=0.0)
    assert found.status == "optimal" and found.basis is None
    assert feasible(program, found.primal)
    assert found.objective == pytest.approx(enumerated(program), abs=1e-5)
    assert found.objective <= found.bound + 1e-6 <= solve(relax(program)).objective + 2e-6


@given(st.integers(0, 1_000_000))
def test_fixed_integers_leave_a_linear_programme_with_duals(seed):
    program = market(seed)
    found = solve(program)
    fixed = fix(program, found.primal)
    priced = solve(fixed)
    assert not fixed.integer.any() and priced.status == "optimal"
    assert np.array_equal(priced.primal[program.integer], np.rint(found.primal[program.integer]))
    assert priced.objective >= found.objective - 1e-6


def test_what_is_no_integer_is_not_fixed():
    program = market(0)
    primal = np.zeros(program.value.size)
    column = int(np.flatnonzero(program.integer)[0])
    primal[column] = 0.99
    with pytest.raises(SolverUnsound, match=f"column {column}: expected 0 or 1, found .*0.99"):
        fix(program, primal)


def test_a_start_is_heard_before_anything_else():
    """Begin at a solution that holds: what is told first is at least as good."""
    program = market(2)
    best = solve(program, gap=0.0)
    told = []
    solve(program, start=best.primal, told=lambda bound, primal: told.append((bound, primal)))
    first = next(primal for _, primal in told if primal is not None)
    assert program.value @ first == pytest.approx(best.objective, abs=1e-6)


def test_every_bound_that_is_told_holds_and_every_solution_is_one():
    program = market(4)
    told = []
    found = solve(program, gap=0.0, told=lambda bound, primal: told.append((bound, primal)))
    assert told
    assert all(bound >= found.objective - 1e-6 for bound, _ in told)
    assert all(feasible(program, primal) for _, primal in told if primal is not None)


def test_a_limit_of_work_cuts_at_the_same_place_and_says_so():
    program = hard()
    whole, first, second = (
        solve(program),
        solve(program, rounds_max=3),
        solve(program, rounds_max=3),
    )
    assert whole.status == "optimal" and first.status == "gap"
    assert same(first, second)
    assert feasible(program, first.primal)
    assert first.objective <= whole.objective <= whole.bound <= first.bound
    assert first.claimed_gap == (first.bound - first.objective) / first.objective > 1e-4


def hard():
    """Give a programme whose root does not close the gap: a knapsack with several rows."""
    random = np.random.default_rng(1)
    columns, rows = 25, 4
    weights = random.integers(5, 60, (columns, rows)).astype(np.float64)
    return market(0)._replace(
        value=weights.sum(axis=1) + random.integers(0, 20, columns),
        lower=np.zeros(columns),
        upper=np.ones(columns),
        row_lower=np.full(rows, -np.inf),
        row_upper=weights.sum(axis=0) // 3,
        starts=np.arange(0, columns * rows + 1, rows, dtype=np.int32),
        rows=np.tile(np.arange(rows, dtype=np.int32), columns),
        entries=weights.ravel(),
        integer=np.ones(columns, dtype=np.bool_),
    )


def test_the_best_so_far_is_told_with_its_rows():
    program = market(6)
    found = solve(program)
    again = incumbent(program, found.primal, 1e9, "clock")
    assert again.status == "clock" and again.bound == 1e9
    assert again.objective == pytest.approx(found.objective)
    assert again.row_primal == pytest.approx(found.row_primal)
    assert again.claimed_gap == pytest.approx((1e9 - found.objective) / found.objective)
