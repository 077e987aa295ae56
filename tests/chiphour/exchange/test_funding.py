"""FUNDING: worked by hand: who pays, how much, and what is carried on.

Takes   books that stand above and below the index for a period of 8 hours.
Gives   FUNDED and PAYMENT events, and the rest.
Keeps   the sum of payments at zero.
Source  Rulebook 5.1, 5.2.
"""

import pytest

from chiphour.contracts import table
from chiphour.units import NS_PER_HOUR
from positioned import PLAIN
from positioned import opened
from positioned import trade

HOUR_S = 3_600


@pytest.fixture
def funded(empty):
    """Give a market whose perpetual funds every 8 hours; 8 is long 1,000 lots, 9 short."""

    def make(**terms):
        terms = {"funding_period_s": 8 * HOUR_S, "impact_lots": 10} | terms
        market = opened(empty, 10_000, members=(8, 9, 10), **terms)
        trade(market, 8, 9, 300, 1_000)
        return market

    return make


def quote(market, bid, ask):
    market.order(10, "buy", bid, 10)
    market.order(10, "sell", ask, 10)


def fund(market):
    market.mark()
    events = market.until(market.time_ns + 8 * NS_PER_HOUR)
    (told,) = [event for event in events if event["kind"] == "FUNDED"]
    payments = {e["account"]: e["amount_microusd"] for e in events if e["kind"] == "PAYMENT"}
    assert sum(payments.values()) == 0
    return told, payments


def test_longs_pay_while_the_book_stands_above(funded):
    market = funded()
    quote(market, 302, 310)  # 2 cents above; the dead band is 0.05 % of $3.00: 1,500 µ$.
    told, payments = fund(market)
    assert told["per_lot_microusd"] == -18_500
    assert told["rate_ppm"] == 18_500 * 1_000_000 // 3_000_000
    assert told["period_s"] == 8 * HOUR_S
    assert payments == {8: -18_500_000, 9: 18_500_000}
    assert (told["index_microusd"], told["mark_microusd"]) == (3_000_000, 3_000_000)


def test_shorts_pay_while_the_book_stands_below(funded):
    market = funded()
    quote(market, 290, 299)
    told, payments = fund(market)
    assert told["rate_ppm"] == -(8_500 * 1_000_000 // 3_000_000)  # Toward nought.
    assert payments == {8: 8_500_000, 9: -8_500_000}


def test_within_the_dead_band_nobody_pays(funded):
    market = funded(funding_dead_band_ppm=7_000)
    quote(market, 302, 310)
    told, payments = fund(market)
    assert (told["per_lot_microusd"], told["rate_ppm"], payments) == (0, 0, {})


def test_a_rate_is_capped(funded):
    market = funded(premium_clamp_ppm=100_000, funding_cap_ppm=10_000)
    quote(market, 320, 330)
    assert fund(market)[0]["per_lot_microusd"] == -30_000


def test_a_sample_is_clamped(funded):
    market = funded(premium_clamp_ppm=10_000, funding_dead_band_ppm=0)
    quote(market, 320, 330)
    assert fund(market)[0]["per_lot_microusd"] == -30_000


def test_samples_are_averaged_and_one_side_missing_counts_as_nought(funded):
    market = funded(funding_dead_band_ppm=0)
    market.mark()
    market.order(10, "buy", 302, 10)
    market.mark()
    market.order(10, "sell", 310, 10)
    assert fund(market)[0]["per_lot_microusd"] == -20_000 // 3 + 1


@pytest.mark.parametrize(("expected", "per_lot"), [(2, -20_000), (3, 0)])
def test_too_few_samples_fund_nothing(expected, per_lot, funded):
    market = funded(funding_dead_band_ppm=0, funding_samples_expected=expected)
    quote(market, 302, 310)
    assert fund(market)[0]["per_lot_microusd"] == per_lot
    assert market.contract()[table.PREMIUM_COUNT] == 0


def test_what_is_too_small_is_carried_on(funded):
    """An hour of 100 µ$ per 8 hours is 12.5 µ$: 12 now, and 13 the next time."""
    market = funded()
    market.list(
        1,
        **PLAIN,
        funding_period_s=HOUR_S,
        funding_dead_band_ppm=0,
        tick_microusd=100,
        price_ticks_min=29_970,
        impact_lots=10,
    )
    market.order(10, "buy", 30_001, 10, contract=1)
    market.order(10, "sell", 30_010, 10, contract=1)
    paid = []
    for _ in range(4):
        market.mark()
        events = market.until(market.time_ns + NS_PER_HOUR)
        told = [e for e in events if e["kind"] == "FUNDED" and e["contract"] == 1]
        paid.append(-told[0]["per_lot_microusd"])
    assert paid == [12, 13, 12, 13]
