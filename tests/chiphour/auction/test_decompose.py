"""DECOMPOSE: solved in parts, a market has the optimum that it has at once.

Takes   small random markets, with parts so small that every one is cut.
Gives   the optimum of the whole, its duals and its bound.
Keeps   what cannot be solved in parts: it is solved, or refused, as a whole.
Source  docs/formulation/auction.md, section 4; weak duality.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.decompose import MARKET
from chiphour.auction.decompose import proven_bound
from chiphour.auction.decompose import solve_in_parts
from chiphour.auction.decompose import split
from chiphour.auction.solve import relax
from chiphour.auction.solve import solve
from marketed import listed
from marketed import market
from marketed import market_rows
from solved import feasible
from solved import same

BIDS = 20
SEEDS = st.integers(0, 1_000_000)


@given(SEEDS)
def test_in_parts_the_optimum_is_that_of_the_whole_and_proven(seed):
    """Cut as long as three bids are left: value, feasibility and bound are those of the whole."""
    program = relax(market(seed, BIDS))
    found = solve_in_parts(program, market_rows(seed, BIDS), solve, parts_min=3)
    assert found.status == "optimal"
    assert found.objective == pytest.approx(solve(program).objective, rel=1e-9)
    assert feasible(program, found.primal)
    assert proven_bound(program, found.dual) == pytest.approx(found.objective, rel=1e-9)


@given(SEEDS, st.integers(0, 1_000_000))
def test_any_duals_prove_a_bound(seed, noise):
    """Take the true duals with noise, or none: no bound lies below the optimum."""
    program = relax(market(seed))
    found = solve(program)
    for scale in (0.1, 10.0):
        dual = found.dual + np.random.default_rng(noise).normal(0, scale, found.dual.size)
        assert proven_bound(program, dual) >= found.objective - 1e-6
    assert proven_bound(program, np.zeros(found.dual.size)) >= found.objective


def test_the_parts_are_the_bids():
    found = listed(7, BIDS)
    parts = split(found.program(), market_rows(7, BIDS))
    assert parts.total == BIDS
    assert parts.rows.tolist() == found.row_bid
    assert parts.columns.tolist() == found.column_bid
    assert MARKET in parts.columns


def test_the_start_is_feasible_for_the_dual_and_square():
    """Watch what is solved: the last is the whole, from a basis with as many as it has rows."""
    program, asked = relax(market(3, BIDS)), []

    def watched(part, basis=None):
        asked.append((part, basis))
        return solve(part, basis)

    found = solve_in_parts(program, market_rows(3, BIDS), watched, parts_min=3)
    assert len(asked) > 3
    last, basis = asked[-1]
    assert last is program
    assert (basis.columns == 1).sum() + (basis.rows == 1).sum() == program.row_lower.size
    assert same(found, solve(program, basis))


def test_few_bids_are_solved_at_once():
    program = relax(market(3))
    assert same(solve_in_parts(program, market_rows(3), solve), solve(program))


def test_what_cannot_be_met_is_infeasible_in_parts_too():
    program = relax(market(3, BIDS))
    row_lower = program.row_lower.copy()
    row_lower[-1] = 2.0  # The last gang must be there twice.
    impossible = program._replace(row_lower=row_lower)
    found = solve_in_parts(impossible, market_rows(3, BIDS), solve, parts_min=3)
    assert found.status == solve(impossible).status == "infeasible"
