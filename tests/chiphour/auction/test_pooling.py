"""POOLING: the formulas give case E8, and metered hours give back the pool that made them.

Takes   E8; random pools; hours drawn from known pools.
Gives   shares to the digits published.
Keeps   a pool that fails together worth one supplier.
Source  docs/formulation/pooling.md, sections 1, 2 and 6.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.fields import RequestMalformed
from chiphour.auction.pooling import Pool
from chiphour.auction.pooling import checked_hours
from chiphour.auction.pooling import effective_suppliers
from chiphour.auction.pooling import interrupted_share
from chiphour.auction.pooling import interrupted_share_all_or_none
from chiphour.auction.pooling import pool_from_hours

SHARES = st.floats(0.1, 3)
POOLS = st.builds(Pool, st.integers(1, 300), st.floats(1, 1e4), st.floats(0, 1e4), st.floats(0, 1))


@pytest.mark.parametrize(
    ("suppliers", "expected"),
    [
        (1, (0.127264, 0.159577, 0.195034)),
        (16, (0.009257, 0.039894, 0.098483)),
        (256, (0.000000, 0.009974, 0.090909)),
    ],
)
def test_e8_normal(suppliers, expected):
    found = [interrupted_share(Pool(suppliers, 100, 40, 0), sold) for sold in (0.9, 1.0, 1.1)]
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("suppliers", "expected"),
    [(4, (0.1083, 0.1323, 0.162627)), (64, (0.005279, 0.032680, 0.094582))],
)
def test_e8_binomial(suppliers, expected):
    found = [interrupted_share_all_or_none(suppliers, 0.7, sold) for sold in (0.9, 1.0, 1.1)]
    assert found == pytest.approx(expected, abs=1e-6)


def test_a_pool_that_moves_together_is_one_supplier():
    one = interrupted_share(Pool(1, 100, 40, 0), 1.0)
    assert effective_suppliers(Pool(64, 100, 40, 1.0)) == 1
    assert interrupted_share(Pool(64, 100, 40, 1.0), 1.0) == pytest.approx(one)
    assert effective_suppliers(Pool(64, 100, 40, 0.2)) == pytest.approx(64 / 13.6)


@given(POOLS, SHARES, SHARES)
def test_selling_more_interrupts_a_larger_share(pool, one, other):
    """While spare is hardly ever below nothing, as that of a wide normal would be."""
    pool = pool._replace(sd_chips=min(pool.sd_chips, 0.2 * pool.mean_chips))
    low, high = sorted((one, other))
    assert interrupted_share(pool, low) <= interrupted_share(pool, high) + 1e-12


@given(POOLS, SHARES)
def test_the_share_is_no_less_than_what_even_certain_spare_lacks(pool, sold):
    """Spread can only add to max(0, 1 - 1 / sold), which is left when nothing spreads."""
    certain = max(0, 1 - 1 / sold)
    assert interrupted_share(pool, sold) >= certain - 1e-9
    assert interrupted_share(pool._replace(sd_chips=0), sold) == pytest.approx(certain)


@given(st.integers(1, 64), st.floats(0.05, 1), SHARES)
def test_all_or_none_lies_between_certainty_and_one(suppliers, present, sold):
    found = interrupted_share_all_or_none(suppliers, present, sold)
    assert max(0, 1 - 1 / sold) - 1e-9 <= found <= 1


@pytest.mark.parametrize("correlation", [0.0, 0.4])
def test_metered_hours_give_back_their_pool(correlation):
    """Eight suppliers of 100 +- 20, 20,000 hours: within three standard errors or so."""
    drawn = np.random.default_rng(5)
    common, own = drawn.standard_normal((20_000, 1)), drawn.standard_normal((20_000, 8))
    hours = 100 + 20 * (np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own)
    found = pool_from_hours(hours)
    assert found.suppliers == 8
    assert found.mean_chips == pytest.approx(100, abs=0.5)
    assert found.sd_chips == pytest.approx(20, abs=0.5)
    assert found.correlation == pytest.approx(correlation, abs=0.02)


def test_unequal_suppliers_keep_the_variance_of_their_sum():
    drawn = np.random.default_rng(6)
    hours = drawn.gamma(2, 1, (500, 5)) * [1, 2, 4, 8, 64]
    found = pool_from_hours(hours)
    spread = 5 / effective_suppliers(found)
    assert found.correlation > -1 / 4
    assert 5 * found.sd_chips**2 * spread > 0


def test_one_supplier_has_no_correlation():
    assert pool_from_hours(np.arange(48.0)[:, None]).correlation == 0


@pytest.mark.parametrize(
    ("fault", "where"),
    [
        (lambda: interrupted_share(Pool(0, 1, 1, 0), 1), "pool.suppliers"),
        (lambda: interrupted_share(Pool(True, 1, 1, 0), 1), "pool.suppliers"),
        (lambda: interrupted_share(Pool(2, 0, 1, 0), 1), "pool.mean_chips"),
        (lambda: interrupted_share(Pool(2, 1, -1, 0), 1), "pool.sd_chips"),
        (lambda: interrupted_share(Pool(2, 1, float("nan"), 0), 1), "pool.sd_chips"),
        (lambda: interrupted_share(Pool(3, 1, 1, -0.5), 1), "pool.correlation"),
        (lambda: interrupted_share(Pool(3, 1, 1, 1.5), 1), "pool.correlation"),
        (lambda: interrupted_share(Pool(2, 1, 1, 0), 0), "pool.sold_share"),
        (lambda: interrupted_share_all_or_none(2, 0, 1), "pool.present"),
        (lambda: pool_from_hours(np.ones((47, 2))), "at least 48 hours"),
        (lambda: pool_from_hours(np.zeros((48, 2))), "a spare chip in some hour"),
        (lambda: checked_hours(np.ones(48)), "pool.spare_chips"),
        (lambda: checked_hours(np.full((48, 2), np.nan)), r"pool.spare_chips\[0, 0\]"),
        (lambda: checked_hours(-np.eye(48)), r"pool.spare_chips\[0, 0\]"),
    ],
)
def test_what_is_no_pool_is_refused(fault, where):
    with pytest.raises(RequestMalformed, match=where):
        fault()
