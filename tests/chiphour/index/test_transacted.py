"""TEST TRANSACTED: which trades count, and the price of those that do.

Takes   synthetic trades, worked by hand.
Gives   claims on rules, reasons, the weighted median.
Keeps   nobody's own trades in, and nobody alone deciding.
Source  Index rules, "Companions"; decision 0021.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.index.companion import REASONS
from chiphour.index.transacted import RULES
from chiphour.index.transacted import Trade
from chiphour.index.transacted import rejection_of
from chiphour.index.transacted import transacted
from chiphour.units import NS_PER_HOUR
from chiphour.units import ns_from_iso

STRIKE_NS = ns_from_iso("2026-07-21T00:30Z")
TICKER = "CHR.H100.SXM.OD"
SOUND = Trade(
    run=7,
    kind="day-ahead",
    product=TICKER,
    physical=True,
    tenor="OD",
    demonstration=False,
    buyer="b0",
    seller="s0",
    buyer_group="B0",
    seller_group="S0",
    quantity_hundredths=4_000,
    increase_hundredths=4_000,
    price_ticks=30_000,
    delivered_from_ns=ns_from_iso("2026-07-20T12:00Z"),
)


def trade(number=0, **fields):
    sides = {
        "buyer": f"b{number}",
        "seller": f"s{number}",
        "buyer_group": f"B{number}",
        "seller_group": f"S{number}",
    }
    return SOUND._replace(**sides | fields)


def market(*prices_ticks, **fields):
    return [trade(n, price_ticks=price, **fields) for n, price in enumerate(prices_ticks)]


def found(trades):
    return transacted(trades, TICKER, STRIKE_NS)


def test_the_price_is_the_median_by_the_buyers_increase():
    """Increases 40, 40, 60 of 140 chip-hours: half is 70, reached by the second price."""
    trades = market(29_000, 30_000, 31_000)
    trades[2] = trades[2]._replace(increase_hundredths=6_000, quantity_hundredths=9_000)
    outcome = found(trades)
    assert (outcome.reason, outcome.price_ticks) == ("", 30_000)
    assert (outcome.trades, outcome.buyers, outcome.sellers) == (3, 3, 3)
    assert (outcome.hundredths, outcome.top_buyer_ppm) == (14_000, 428_571)


def test_at_exactly_half_the_next_price_counts_too():
    """Increases 40, 40, 80: the second price is at exactly half of 160."""
    trades = market(29_000, 30_000, 31_000)
    trades[2] = trades[2]._replace(increase_hundredths=8_000)
    assert found(trades).price_ticks == 30_500


OUT = {
    "RUN": {"kind": "monthly"},
    "PHYSICAL": {"physical": False},
    "TENOR": {"tenor": "R1Y"},
    "DEMONSTRATION": {"demonstration": True},
    "SELLER_UNKNOWN": {"seller": "", "seller_group": ""},
    "AFFILIATED": {"seller_group": "B0"},
    "DELIVERY": {"delivered_from_ns": STRIKE_NS},
    "INCREASE": {"increase_hundredths": 0},
}


@pytest.mark.parametrize("rule", OUT)
def test_a_trade_is_out_by_its_rule_and_says_so(rule):
    assert list(OUT) == list(RULES)
    rejection = rejection_of(trade()._replace(**OUT[rule]), STRIKE_NS)
    assert rejection is not None and rejection.rule == rule
    assert rejection.what.startswith("run 7, 2026-07-2")


def test_a_member_that_trades_with_itself_never_counts():
    wash = trade(buyer="one", seller="one", buyer_group="x", seller_group="y")
    assert rejection_of(wash, STRIKE_NS).rule == "AFFILIATED"


def test_an_hour_counts_in_the_day_in_which_it_ended():
    hours = range(-3, 27)
    times = [STRIKE_NS - (26 - hour) * NS_PER_HOUR for hour in hours]
    counted = [at for at in times if rejection_of(trade(delivered_from_ns=at), STRIKE_NS) is None]
    assert len(counted) == 24
    ends = [at + NS_PER_HOUR for at in counted]
    assert min(ends) > STRIKE_NS - 24 * NS_PER_HOUR and max(ends) <= STRIKE_NS


def test_trades_of_other_series_are_not_looked_at():
    outcome = found([trade(product="CHR.H200.SXM.OD", physical=False)])
    assert (outcome.reason, outcome.rejections) == ("NO_TRADES", ())


def test_three_buyers_three_sellers_a_hundred_hours_nobody_above_half():
    two_buyers = [each._replace(buyer_group=f"B{n % 2}") for n, each in enumerate(market(*[1] * 4))]
    two_sellers = [
        each._replace(seller_group=f"S{n % 2}") for n, each in enumerate(market(*[1] * 4))
    ]
    few_hours = market(1, 1, 1, increase_hundredths=3_333)
    big = market(1, 1, 1)
    big[0] = big[0]._replace(increase_hundredths=8_001)
    half = market(1, 1, 1)
    half[0] = half[0]._replace(increase_hundredths=8_000)
    reasons = [found(each).reason for each in ([], two_buyers, two_sellers, few_hours, big, half)]
    expected = ["NO_TRADES", "FEW_BUYERS", "FEW_SELLERS", "FEW_HOURS", "CONCENTRATED", ""]
    assert reasons == expected
    assert set(expected) - {""} <= set(REASONS)


def test_members_of_one_group_are_one_buyer():
    trades = market(1, 1, 1, 1)
    trades[3] = trades[3]._replace(buyer_group="B2")
    assert found(trades).buyers == 3


@given(
    st.lists(st.tuples(st.integers(1, 10**5), st.integers(1, 10**4)), min_size=3, max_size=12),
    st.randoms(),
)
def test_the_order_of_trades_has_no_effect_and_the_price_is_one_of_theirs(pairs, random):
    trades = [
        trade(n, price_ticks=price, increase_hundredths=weight)
        for n, (price, weight) in enumerate(pairs)
    ]
    outcome = found(trades)
    assert found(random.sample(trades, len(trades))) == outcome
    if outcome.price_ticks is not None:
        prices = [each.price_ticks for each in trades]
        assert min(prices) <= outcome.price_ticks <= max(prices)
