"""BANDS: what an order may cost, where it may be filled, and what the market costs.

Takes   orders at the edge of each band and a tick beyond.
Gives   the reason, the call, or the price.
Keeps   every band twice as wide while the index is not LIVE.
Source  Rulebook 6.7, 9.7, 9.8, 10.2.
"""

import pytest

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange.commands import Quality


def answer(events):
    return events[0]["reason"] if events[0]["kind"] == "REFUSED" else events[0]["kind"]


@pytest.mark.parametrize(("quality", "away"), [(Quality.LIVE, 6), (Quality.STALE, 12)])
def test_an_order_lies_within_the_static_band(quality, away, market):
    market.set(static_band_ppm=20_000)
    market.mark(3_000_000, quality=quality)
    for side, sign in (("buy", -1), ("sell", 1)):
        assert answer(market.order(8, side, 300 + sign * away, 1)) == "ACCEPTED"
        assert answer(market.order(8, side, 300 + sign * (away + 1), 1)) == "PRICE_OUT_OF_BAND"


@pytest.mark.parametrize(("quality", "away"), [(Quality.LIVE, 6), (Quality.STALE, 12)])
@pytest.mark.parametrize(("side", "sign"), [("buy", 1), ("sell", -1)])
def test_a_fill_beyond_the_dynamic_band_is_a_call(quality, away, side, sign, market):
    market.set(dynamic_band_ppm=20_000, call_s=60)
    market.mark(3_000_000, quality=quality)
    other = "sell" if side == "buy" else "buy"
    for price in (300 + sign * away, 300 + sign * (away + 1)):
        market.order(9, other, price, 1)
    events = market.order(8, side, 300 + sign * 20, 2)
    assert [event["kind"] for event in events] == ["ACCEPTED", "FILL", "CALL_BEGUN", "RESTED"]
    assert events[1]["price_ticks"] == 300 + sign * away
    assert market.contract()[table.STATE] == State.CALL


@pytest.mark.parametrize("terms", [{"dynamic_band_ppm": 0}, {"call_s": 0}])
def test_without_a_rate_or_a_time_there_is_no_dynamic_band(terms, market):
    market.set(**{"dynamic_band_ppm": 1, "call_s": 60} | terms)
    market.order(9, "sell", 320, 1)
    assert [event["kind"] for event in market.order(8, "buy", 320, 1)][-1] == "FILL"


@pytest.mark.parametrize(
    ("terms", "buys", "sells"),
    [
        ({"market_band_ppm": 12_345}, 303, 297),
        ({"market_band_ppm": 12_345, "static_band_ppm": 7_000}, 302, 298),
        ({"market_band_ppm": 300_000}, 333, 270),  # The window.
    ],
)
def test_a_market_order_has_a_price(terms, buys, sells, market):
    """Rounded down to a cent for a buyer, up for a seller."""
    market.set(**terms)
    for side, price in (("buy", buys), ("sell", sells)):
        assert market.order(8, side, None, 1)[0]["price_ticks"] == price


def test_a_basis_is_measured_by_its_base(market):
    """At S = 0 a market band of S would be nothing: B of $3.00 stands for it."""
    market.fix(3_000_000, index=2)
    market.list(1, index_b=2, price_ticks_min=-30)
    assert market.order(8, "buy", None, 1, contract=1)[0]["price_ticks"] == 33
    market.set(1, market_band_ppm=10_000)
    assert market.order(8, "buy", None, 1, contract=1)[0]["price_ticks"] == 3
    assert market.order(8, "sell", None, 1, contract=1)[0]["price_ticks"] == -3
