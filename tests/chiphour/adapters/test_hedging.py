"""TEST HEDGING: a plan from an exposure: contracts, books, ratio, margin, scenarios.

Takes   `adapters/hedging.py`, made-up days, a market with books.
Gives   failures.
Keeps   lots that a book lacks, months without a contract and too little data as such.
Source  docs/how-to/hedge.md; decision 0044.
"""

import pytest

from chiphour.adapters.hedging import plan_of
from chiphour.adapters.hedging import share_from
from chiphour.adapters.price_record import PriceUnknown
from chiphour.adapters.serve.shapes_hedge import HedgeAsked
from chiphour.adapters.serve.shapes_hedge import MonthAsked
from chiphour.analyse.hedge import HedgeRefused
from chiphour.analyse.hedge_cost import Costed
from chiphour.analyse.hedge_cost import Uncosted
from chiphour.exchange.reasons import Reason
from chiphour.publish.market import Book
from priced import Market
from priced import Priced
from priced import fixings_of

SEPTEMBER = "H100SXMODAVG_USDC-30SEP26"
DECEMBER = "H100SXMOD_USDC-31DEC26"


def asked(*months, **more):
    rows = [MonthAsked(month=month, hours=hours) for month, hours in months]
    return HedgeAsked(months=rows, **more)


def plan(*months, source=None, market=None, **more):
    found = source or market or Priced(fixings_of())
    return plan_of(found, asked(*months, **more), market)


def test_without_a_market_the_price_is_the_index():
    found = plan(("2026-09", 1_000))
    assert found.index_microusd == fixings_of()[-1].fix_ticks * 100
    (leg,) = found.legs
    assert (leg.choice.contract.name, leg.lots) == (SEPTEMBER, 1_000)
    assert (leg.price_microusd, leg.bought.filled_lots) == (found.index_microusd, 0)
    assert found.ratio is None and found.ratio_ppm == 1_000_000


def test_lots_are_priced_by_the_book_as_far_as_it_goes():
    books = {SEPTEMBER: Book(((31_900, 10),), ((32_100, 600), (32_500, 300)))}
    market = Market(fixings_of(), books)
    (leg,) = plan(("2026-09", 1_000), market=market).legs
    assert leg.bought.filled_lots == leg.offered_lots == 900
    cost = 600 * 3_210_000 + 400 * 3_250_000  # What is missing at the last price of the book.
    assert leg.price_microusd == cost // 1_000
    assert (leg.limit_ticks, leg.mid_microusd) == (32_500, 3_200_000)


def test_months_that_share_a_contract_do_not_share_its_lots():
    """November and December both take December's future: the second finds what the first left."""
    books = {DECEMBER: Book((), ((32_000, 500), (33_000, 500)))}
    market = Market(fixings_of(), books)
    first, second = plan(("2026-11", 500), ("2026-12", 500), market=market).legs
    assert (first.price_microusd, second.price_microusd) == (3_200_000, 3_300_000)
    assert (first.choice.match, second.choice.match) == ("later", "month end")
    assert second.offered_lots == 500


def test_a_market_that_lists_nothing_on_a_series_says_so():
    market = Market(fixings_of(), {})
    market.contracts = list
    (leg,) = plan(("2026-09", 10), market=market).legs
    assert leg.choice.contract is None
    assert leg.choice.reason == "this market lists nothing on CHR.H100.SXM.OD"


def test_the_ratio_of_a_venue_is_estimated_from_its_days():
    half = Priced(fixings_of(60, lambda place, fix: fix // 2))
    found = plan(("2026-09", 1_000), source=half, venues=["verda"])
    assert found.ratio.estimate.value == pytest.approx(0.5, abs=0.01)
    assert found.legs[0].lots == pytest.approx(500, abs=10)


def test_two_days_of_history_take_an_hour_for_an_hour_and_draw_nothing():
    found = plan(("2026-09", 1_000), source=Priced(fixings_of(2)), venues=["verda"])
    assert found.ratio_ppm == 1_000_000
    assert found.ratio.reason.startswith("not enough data: 1 changes")
    assert isinstance(found.costed, Uncosted)


def test_a_stated_volatility_needs_no_history():
    source = Priced(fixings_of(2))
    found = plan(("2026-09", 1_000), source=source, annual_volatility="0.6")
    assert isinstance(found.costed, Costed)
    with pytest.raises(HedgeRefused, match="expected more than 0"):
        plan(("2026-09", 1_000), source=source, annual_volatility="0")


def test_a_given_price_keeps_the_distance_of_the_venue():
    found = plan(("2026-09", 10), venues=["verda"], price_usd="6.40")
    fix = fixings_of()[-1].fix_ticks
    assert found.index_microusd == 6_400_000
    assert found.venue_microusd == round(6_400_000 * (fix + 500) / fix)


def test_a_given_price_needs_no_fix():
    found = plan(("2026-09", 10), source=Priced([]), price_usd="3.00", spike_usd="4.50")
    assert found.names[-1] == "price 4.50"
    assert found.margin.moved[-1].index_microusd == 4_500_000
    with pytest.raises(PriceUnknown, match="expected a fix"):
        plan(("2026-09", 10), source=Priced([]))


@pytest.mark.parametrize("price", ["0", "0.0", "600", "3.0000001"])
def test_a_price_of_nought_too_high_or_too_fine_is_refused(price):
    with pytest.raises(HedgeRefused, match="price_usd: expected"):
        plan(("2026-09", 10), price_usd=price)


def test_an_exposure_in_the_past_is_refused():
    with pytest.raises(HedgeRefused, match="expected 2026-09 or later, as today is 2026-08-13"):
        plan(("2026-07", 10))


def test_a_ratio_out_of_bounds_is_refused():
    with pytest.raises(HedgeRefused, match=r"ratio: expected 0 to 2, found 2\.5"):
        plan(("2026-09", 10), ratio="2.5")
    assert plan(("2026-09", 10), ratio="0").margin is None


def test_the_margin_is_that_of_all_lots_together():
    found = plan(("2026-09", 1_000), ("2026-11", 500), ("2026-12", 500))
    worth = sum(leg.lots for leg in found.legs) * found.index_microusd
    assert found.margin.refusal == Reason.NONE
    assert found.margin.initial_microusd == worth // 10


def test_a_share_reads_exactly():
    assert share_from("x", "0.25", 1) == 250_000
    with pytest.raises(HedgeRefused, match="x: expected a multiple"):
        share_from("x", "0.1234567", 1)
