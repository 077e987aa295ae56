"""HELD: what somebody holds is empty when nothing is traded, placed, sold or kept; least prices.

Takes   records of what is held.
Gives   whether they are empty; the least price of each product and tier.
Keeps   being on apart from holding: a pool that is on and sells nothing holds nothing.
Source  docs/formulation/auction.md, section 6.
"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.held import Duals
from chiphour.auction.held import Held
from chiphour.auction.held import Key
from chiphour.auction.held import Placed

KEY = Key("m", "A/d/r", "od", 0)


def test_nobody_holds_anything_at_first():
    assert Held().is_empty
    assert Held() == Held({}, (), (), (), ())


@pytest.mark.parametrize(
    "held",
    [
        Held({KEY: 1}),
        Held(gangs=(Placed("g", "A/d/r", "pool", 0, 1, 8),)),
        Held(gang_hundredths=(0, 800)),
        Held(reserve_hundredths=(1, 0)),
    ],
)
def test_whoever_trades_places_sells_or_keeps_holds_something(held):
    assert not held.is_empty


@given(st.lists(st.integers(0, 1)), st.integers(0, 3))
def test_a_pool_that_is_on_and_sells_nothing_holds_nothing(on, intervals):
    nothing = (0,) * intervals
    assert Held({}, (), nothing, nothing, tuple(on)).is_empty


def test_a_key_without_a_pool_is_of_any_pool():
    assert Key("m", "A/d/r", "od", 0, "") == KEY


def test_the_least_price_of_each_product_and_tier_is_told_for_every_length_of_run():
    duals = Duals((3, 1, -2, 5, 7, 4), {}, {}, {}, {}, {}, {})
    for _ in range(2):
        assert duals.lows_yoctousd(3) == (-2 * 10**15, 4 * 10**15)
        assert duals.lows_yoctousd(2) == (10**15, -2 * 10**15, 4 * 10**15)
    assert replace(duals, slots=(6,)).lows_yoctousd(1) == (6 * 10**15,)
    assert duals == Duals((3, 1, -2, 5, 7, 4), {}, {}, {}, {}, {}, {})
