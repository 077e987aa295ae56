"""PRESOLVE: the smaller programme has the optimum of the whole, and its solution is one of it.

Takes   small random markets: tiers of one stock, pools of one product, bids that are the same.
Gives   value, feasibility and proof after the way back; what each step takes away, and must not.
Keeps   integers integers.
Source  docs/formulation/auction.md, section 4; weak duality.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.decompose import proven_bound
from chiphour.auction.presolve import lift
from chiphour.auction.presolve import presolve
from chiphour.auction.solve import relax
from chiphour.auction.solve import solve
from marketed import HOURS
from marketed import MARKET
from marketed import TIERS
from marketed import listed
from solved import feasible
from solved import same

SEEDS = st.integers(0, 1_000_000)
PRODUCTS = st.sampled_from([1, 2])
GANGS = st.sampled_from([0, 2])


def presolved(found, whole=False):
    program = found.program() if whole else relax(found.program())
    return program, presolve(program, found.row_bid.count(MARKET))


@given(SEEDS, PRODUCTS, GANGS, st.booleans())
def test_the_optimum_is_that_of_the_whole_and_its_duals_prove_it(seed, products, gangs, twins):
    program, smaller = presolved(listed(seed, 6, products, gangs, twins))
    assert smaller.program.value.size < program.value.size
    found = lift(smaller, solve(smaller.program))
    assert found.objective == pytest.approx(solve(program).objective, rel=1e-9)
    assert feasible(program, found.primal)
    assert proven_bound(program, found.dual) == pytest.approx(found.objective, rel=1e-9)
    assert found.row_primal.size == found.dual.size == program.row_lower.size
    assert found.basis is None and found.bound == pytest.approx(found.objective, rel=1e-9)


@given(SEEDS, PRODUCTS, GANGS, st.booleans())
def test_with_integers_the_optimum_is_that_of_the_whole_too(seed, products, gangs, twins):
    program, smaller = presolved(listed(seed, 6, products, gangs, twins), whole=True)
    assert smaller.program.integer.sum() == program.integer.sum()
    found = lift(smaller, solve(smaller.program, gap=0.0))
    assert found.objective == pytest.approx(solve(program, gap=0.0).objective, rel=1e-6)
    assert feasible(program, found.primal)


def test_tiers_of_one_stock_are_one_balance():
    """Two pools of two products with gangs: of three rows each hour one stays, and its sales."""
    program, smaller = presolved(listed(3))
    step = smaller.steps[0]
    merged = program.row_lower.size - np.unique(step.row_source).size
    assert merged == 2 * HOURS * (len(TIERS) - 1)
    assert (step.passed >= 0).sum() == 2 * HOURS * len(TIERS)


def test_pools_of_one_product_are_one_merit_order_unless_gangs_choose_among_them():
    """Both pools serve one balance once the tiers are one; a gang may not borrow from the other."""
    for gangs, steps in ((0, 2), (2, 1)):
        program, smaller = presolved(listed(3, 6, 1, gangs))
        merging = [step for step in smaller.steps if (step.passed >= 0).any()]
        assert len(merging) == steps
    found = lift(smaller, solve(smaller.program))
    assert feasible(program, found.primal)


def test_a_seller_to_one_tier_alone_keeps_the_tiers_apart():
    """A virtual offer on one tier makes its price lower than the stock's: no rows are merged."""
    found = listed(3)
    found.column(-0.1, 5.0, [(0, -1.0)])
    _, with_virtual = presolved(found)
    _, without = presolved(listed(3))
    merged = [
        np.unique(smaller.steps[0].row_source).size - smaller.steps[0].row_source.size
        for smaller in (with_virtual, without)
    ]
    assert merged[0] > merged[1]


def test_a_bound_on_what_a_tier_may_sell_keeps_it_apart():
    """A pool that may sell one chip on a tier has a price for it of its own."""
    program, _ = presolved(listed(3))
    zero = np.flatnonzero((program.value == 0) & (np.diff(program.starts) == 2))
    upper = program.upper.copy()
    upper[zero] = np.minimum(upper[zero], 1.0)
    bounded = program._replace(upper=upper)
    smaller = presolve(bounded, listed(3).row_bid.count(MARKET))
    assert not any((step.passed >= 0).any() for step in smaller.steps)
    found = lift(smaller, solve(smaller.program))
    assert found.objective == pytest.approx(solve(bounded).objective, rel=1e-9)


def test_the_same_bids_share_alike():
    found = listed(5, 6, 2, 0, True)
    program, smaller = presolved(found)
    lifted = lift(smaller, solve(smaller.program))
    bids = np.array(found.column_bid)
    for one in (0, 2, 4):
        assert np.array_equal(lifted.primal[bids == one], lifted.primal[bids == one + 1])
    assert sum((smaller.program.value == value).sum() for value in set(program.value)) < bids.size


def test_a_choice_that_does_less_for_the_same_price_is_not_made():
    """Reserved and on demand are one price; what is interrupted does less work and loses more."""
    found = listed(3, 6, 2, 0)
    _, smaller = presolved(found)
    dropping = [step for step in smaller.steps if (step.source < 0).any()]
    dropped = sum((step.source < 0).sum() for step in dropping)
    assert dropped > 0 and dropped % (2 * HOURS) == 0  # Whole tiers of whole bids.


def test_what_has_no_optimum_has_none_after_the_way_back():
    program, _ = presolved(listed(3))
    row_lower = program.row_lower.copy()
    row_lower[-1] = 2.0
    smaller = presolve(program._replace(row_lower=row_lower), listed(3).row_bid.count(MARKET))
    found = solve(smaller.program)
    assert found.status == "infeasible"
    assert same(lift(smaller, found), found)
