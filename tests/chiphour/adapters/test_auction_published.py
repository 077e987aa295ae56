"""AUCTION_PUBLISHED: a cleared run's sales reach the index, its prices the forward curve.

Takes   a house with a run that two members bid in.
Gives   trades as the index takes them; points of the curve; both again after a restart.
Keeps   names of members in the index's record, whole hundredths in one sale.
Source  docs/formulation/runs.md, section 7; docs/methodology/companions.md, "TX".
"""

import pytest

from auctioned import House
from chiphour.adapters.auction_published import PRICES_FILE
from chiphour.adapters.auction_published import SALES_FILE
from chiphour.adapters.auction_published import ahead_points
from chiphour.adapters.auction_published import is_published
from chiphour.adapters.auction_published import publish
from chiphour.adapters.auction_published import published_prices
from chiphour.adapters.auction_published import published_sales
from chiphour.adapters.shown import SERIES_BY_KIND
from chiphour.adapters.shown import Shown
from chiphour.adapters.transacted import trades_before
from chiphour.units import MICROUSD_PER_TICK
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_SECOND
from chiphour.units import day_from_ns
from chiphour.units import strike_ns
from gated import BUYER
from gated import FROM_NS
from gated import HOURS
from gated import SELLER
from gated import SHUT_NS
from gated import buy
from gated import pool

H100 = "CHR.H100.SXM.OD"


@pytest.fixture
def house(tmp_path):
    with House(tmp_path) as house:
        house.announce()
        house.bid(SELLER, pool("p", "6", "1"))
        house.bid(BUYER, buy("b", "12", "2"))
        yield house


def test_nothing_is_handed_on_before_a_run_is_cleared(house):
    assert not list(published_sales(house.folder)) and not list(published_prices(house.folder))
    assert not is_published(house.auctions.runs[7])


def test_the_index_hears_who_bought_from_whom(house):
    run = house.clear()
    strike = next(
        strike
        for day in range(3)
        if (strike := strike_ns(day_from_ns(FROM_NS + day * 24 * NS_PER_HOUR))) > run.to_ns
    )
    found = trades_before(house.folder, strike)
    inside = [
        hour for hour in range(HOURS) if FROM_NS + hour * NS_PER_HOUR > strike - 25 * NS_PER_HOUR
    ]
    assert [(t.product, t.buyer, t.seller, t.kind, t.tenor) for t in found] == [
        (H100, f"m{BUYER}", f"m{SELLER}", "day-ahead", "OD")
    ] * len(inside)
    assert all(t.quantity_hundredths == t.increase_hundredths == 600 for t in found)
    assert not any(trade.demonstration for trade in found)


def test_the_forward_curve_has_the_days_that_were_sold(house):
    run = house.clear()
    price = run.trades[0].price_ticks * MICROUSD_PER_TICK
    points = ahead_points(house.folder, SERIES_BY_KIND, H100, SHUT_NS)
    assert [(point.source, point.price_microusd) for point in points] == [("ahead auction", price)]
    assert ahead_points(house.folder, SERIES_BY_KIND, "CHR.B200.SXM.OD", SHUT_NS) == []
    assert ahead_points(house.folder, SERIES_BY_KIND, H100, run.to_ns) == []
    assert points[0] in Shown(house.market).curve(H100)


def test_prices_of_a_clearing_within_a_second_are_told_from_its_end_on(house):
    """Market time passes by less than seconds; a time that is told has whole ones, none early."""
    run = house.clear()
    run.cleared_ns += 319_025
    (run.folder / PRICES_FILE).unlink()
    house.auctioneer.recover()
    found = list(published_prices(house.folder))
    assert found
    for price in found:
        assert price.published_ns % NS_PER_SECOND == 0
        assert 0 <= price.published_ns - run.cleared_ns < NS_PER_SECOND


def test_what_a_stop_left_unwritten_is_written_at_the_next_start(house):
    run = house.clear()
    kept = {name: (run.folder / name).read_bytes() for name in (SALES_FILE, PRICES_FILE)}
    for name in kept:
        (run.folder / name).unlink()
    house.reopened()
    again = house.auctions.runs[7]
    assert {name: (again.folder / name).read_bytes() for name in kept} == kept
    publish(again, [], {})
    assert b'"demonstration":true' in (again.folder / SALES_FILE).read_bytes()
