"""TEST HEDGE ANSWER: what is told of a hedge adds up, and reads back as described.

Takes   `adapters/hedge_answer.py`, made-up days, a market with books.
Gives   failures.
Keeps   hedged = unhedged less what the lots gain, in every scenario; the example of 50,000 hours.
Source  docs/how-to/hedge.md; decision 0044.
"""

from datetime import date
from decimal import Decimal

import msgspec
import pytest

from chiphour.adapters.hedge_answer import hedge_of
from chiphour.adapters.serve.shapes_hedge import Hedge
from chiphour.adapters.serve.shapes_hedge import HedgeAsked
from chiphour.adapters.serve.shapes_hedge import MonthAsked
from chiphour.publish.market import Book
from priced import Market
from priced import Priced
from priced import fixings_of

SEPTEMBER = "H100SXMODAVG_USDC-30SEP26"


def asked(*months, **more):
    rows = [MonthAsked(month=month, hours=hours) for month, hours in months]
    return HedgeAsked(months=rows, **more)


def test_the_example_in_one_month():
    """50,000 hours at $3.00: $150,000; at $4.50 $75,000 more; hedged it is the fees alone."""
    found = hedge_of(Priced([]), asked(("2026-09", 50_000), price_usd="3.00", spike_usd="4.50"))
    assert found.cost_usd == "150000.000000"
    spike = found.scenarios[-1]
    assert spike.unhedged_usd == "225000.000000"
    assert spike.futures_usd == "74925.000000"
    assert spike.hedged_usd == found.locked.cost_usd == "150075.000000"
    assert found.margin.initial_usd == "15000.000000"
    assert found.locked.usd_per_hour == "3.001500"


@pytest.mark.parametrize("venues", [[], ["verda"], ["lambda", "verda"]])
def test_every_scenario_adds_up(venues):
    months = (("2026-09", 1_000), ("2026-10", 500), ("2027-09", 300))
    found = hedge_of(Priced(fixings_of(60)), asked(*months, venues=venues))
    assert [each.name for each in found.scenarios] == [
        "price unchanged",
        "price halves",
        "price doubles",
    ]
    for each in found.scenarios:
        hedged = Decimal(each.unhedged_usd) - Decimal(each.futures_usd)
        assert Decimal(each.hedged_usd) == hedged
    assert sum(leg.hours for leg in found.legs) == found.hours == 1_800
    assert sum(Decimal(leg.cost_usd) for leg in found.legs) == Decimal(found.cost_usd)
    assert found.legs[-1].match == "none" and found.locked.unhedged_hours >= 300


def test_the_answer_reads_back_strictly():
    found = hedge_of(Priced(fixings_of(60)), asked(("2026-09", 1_000), venues=["verda"]))
    assert msgspec.json.decode(msgspec.json.encode(found), type=Hedge) == found
    assert found.ratio.source == "estimated"
    assert Decimal(found.ratio.low) <= Decimal(found.ratio.value) <= Decimal(found.ratio.high)


def test_slippage_is_what_is_paid_above_the_mid():
    books = {SEPTEMBER: Book(((31_900, 10),), ((32_100, 600), (32_500, 400)))}
    found = hedge_of(market := Market(fixings_of(), books), asked(("2026-09", 1_000)), market)
    (leg,) = found.legs
    assert leg.price_source == "book"
    assert leg.slippage_usd == found.locked.slippage_usd == "26.000000"  # 600 x .01 + 400 x .05
    (order,) = found.orders
    assert (order.params.instrument_name, order.params.amount) == (SEPTEMBER, 1_000)
    assert (order.params.price, order.params.label) == (3.25, "hedge-2026-09")
    assert not [risk for risk in found.risks if risk.name == "liquidity"]
    assert "Replay of recorded prices." in [risk.words for risk in found.risks]


def test_what_the_book_lacks_is_a_risk():
    books = {SEPTEMBER: Book((), ((32_100, 600),))}
    found = hedge_of(market := Market(fixings_of(), books), asked(("2026-09", 1_000)), market)
    (risk,) = [risk for risk in found.risks if risk.name == "liquidity"]
    assert risk.words.startswith("600 of 1,000 lots are offered now")


def test_the_basis_is_told_with_its_range():
    found = hedge_of(Priced(fixings_of(40)), asked(("2026-09", 10), venues=["verda"]))
    (risk,) = [risk for risk in found.risks if risk.name == "basis"]
    words = "verda less the index was +0.0500 USD an hour on the mean of 40 days, from +0.0500 to"
    assert risk.words.startswith(words)


def test_an_old_fix_is_told_to_be():
    found = hedge_of(Priced(fixings_of(), date(2026, 8, 25)), asked(("2026-09", 10)))
    assert [risk.words for risk in found.risks if risk.name == "data"] == [
        "the last fix is 12 days old."
    ]


def test_nothing_bought_has_no_margin_and_no_orders():
    found = hedge_of(Priced(fixings_of()), asked(("2028-09", 10)))
    assert found.margin.reason == "nothing is bought"
    assert (found.orders, found.scenarios) == ([], [])
    assert found.locked.usd_per_hour is None
