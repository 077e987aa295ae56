"""TEST HEDGE MARGIN: what the exchange asks, held against the kernel and against plain sums.

Takes   `analyse/hedge_margin.py`, contracts by the listing rule.
Gives   failures.
Keeps   the example of 50,000 hours at $3.00 exact to the micro-dollar.
Source  Rulebook 3 to 6 and 11; decision 0044.
"""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.analyse.hedge_margin import Leg
from chiphour.analyse.hedge_margin import margined
from chiphour.contracts.cycle import listed_on
from chiphour.exchange.reasons import Reason
from chiphour.units import strike_ns

DAY = date(2026, 8, 13)
LISTED = {c.name: c for c in listed_on(DAY, "CHR.H100.SXM.OD", 2)}
SEPTEMBER = LISTED["H100SXMODAVG_USDC-30SEP26"].lower()
DECEMBER = LISTED["H100SXMOD_USDC-31DEC26"].lower()
USD = 1_000_000


def bought(legs, index_usd=3, prices=()):
    return margined(legs, 2, index_usd * USD, strike_ns(DAY), prices)


def test_the_example_of_fifty_thousand_hours():
    """At $3.00: ten per cent of $150,000 at once; a spike to $4.50 brings the $75,000 back."""
    found = bought([Leg(SEPTEMBER, 50_000, 30_000)], prices=(3 * USD, 4_500_000, 1_500_000))
    assert found.initial_microusd == 15_000 * USD
    assert found.maintenance_microusd == 9_000 * USD
    assert found.fees_microusd == 75 * USD  # 0.05 % of the worth.
    same, spike, half = found.moved
    assert same.variation_microusd == 0
    assert same.cash_microusd == 15_075 * USD
    assert spike.variation_microusd == 75_000 * USD
    assert spike.initial_microusd == 22_500 * USD
    assert half.variation_microusd == -75_000 * USD
    assert half.cash_microusd == (75_000 + 4_500 + 75) * USD


def test_what_was_paid_above_the_index_must_be_there_too():
    above = bought([Leg(SEPTEMBER, 1_000, 31_000)], prices=(3 * USD,))
    at = bought([Leg(SEPTEMBER, 1_000, 30_000)], prices=(3 * USD,))
    assert above.moved[0].cash_microusd - at.moved[0].cash_microusd == 100 * USD


def test_a_price_far_above_the_index_is_still_answered():
    found = bought([Leg(DECEMBER, 1_000, 45_000)], prices=(6 * USD,))
    assert found.refusal == Reason.NONE
    assert found.moved[0].variation_microusd == 3_000 * USD


def test_larger_positions_need_a_larger_share():
    small = bought([Leg(DECEMBER, 50_000, 30_000)])
    large = bought([Leg(DECEMBER, 2_000_000, 30_000)])
    assert large.initial_microusd / 2_000_000 >= small.initial_microusd / 50_000


def test_what_the_exchange_refuses_is_told():
    found = bought([Leg(SEPTEMBER, 1 << 24, 30_000)])
    assert (found.refusal, found.moved) == (Reason.LOTS_ABOVE_MAX, ())


@settings(max_examples=25)
@given(st.integers(1, 1 << 20), st.integers(1, 1 << 20), st.integers(10_000, 400_000_000))
def test_variation_is_lots_times_the_move(first, second, price):
    """Any lots, any price to which the index moves: each lot earns the difference, no more."""
    legs = [Leg(SEPTEMBER, first, 30_000), Leg(DECEMBER, second, 30_000)]
    found = bought(legs, prices=(price,))
    (moved,) = found.moved
    assert moved.variation_microusd == (first + second) * (price - 3 * USD)
    covered = moved.cash_microusd - found.fees_microusd
    assert covered >= found.initial_microusd
    assert covered + moved.variation_microusd >= moved.maintenance_microusd
    assert covered == pytest.approx(
        max(found.initial_microusd, moved.maintenance_microusd - moved.variation_microusd)
    )
