"""AUCTION_BACKED: who leases back has what it leases back, all of its offers together.

Takes   positions of an account; its leasebacks, one or several, on several tiers.
Gives   which are not backed, with the hour and the amounts.
Keeps   a position on one tier behind sales on that tier and weaker ones alone (equation 10).
Source  docs/formulation/runs.md, section 5.
"""

import pytest

from auctioned import House
from chiphour.adapters.auction_backed import unbacked
from chiphour.auction.gate import Request
from chiphour.auction.positions import PHYSICAL
from chiphour.auction.positions import Position
from chiphour.units import NS_PER_HOUR
from gated import BUYER
from gated import FROM_NS
from gated import HOURS
from gated import OPENS_NS
from gated import PRODUCT
from gated import leaseback
from gated import pool


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with House(tmp_path_factory.mktemp("house")) as house:
        yield house.announce()


def held(chips, tier="on-demand", hours=HOURS):
    return [
        Position(BUYER, PHYSICAL, PRODUCT, tier, FROM_NS + hour * NS_PER_HOUR, chips * 100)
        for hour in range(hours)
    ]


def offered(run, *bodies):
    return [run.gate.read(Request(OPENS_NS, "submit", BUYER, b["id"], b)) for b in bodies]


def test_a_position_backs_as_much_as_it_is(run):
    bids = offered(run, leaseback("l", "4", "1"))
    assert unbacked(bids, held(4), run) == {}
    why = unbacked(bids, held(3), run)
    assert list(why) == [f"{BUYER}.l"] and "at most 3 chip-hours" in why[f"{BUYER}.l"]
    assert unbacked(bids, held(4, hours=1), run) and unbacked(bids, [], run)


def test_two_offers_share_one_position(run):
    bids = offered(run, leaseback("l", "3", "1"), leaseback("m", "2", "1"))
    assert unbacked(bids, held(5), run) == {}
    assert sorted(unbacked(bids, held(4), run)) == [f"{BUYER}.l", f"{BUYER}.m"]


def test_a_weaker_position_backs_no_firmer_offer(run):
    firm = offered(run, leaseback("l", "1", "1"))
    weak = offered(run, leaseback("l", "1", "1") | {"tiers": [{"tier": "spot"}]})
    assert unbacked(firm, held(1, "spot"), run) and not unbacked(weak, held(1), run)
    assert not unbacked(weak, held(1, "spot"), run)


def test_a_pool_of_ones_own_needs_no_position(run):
    assert unbacked(offered(run, pool("p", "4", "1")), [], run) == {}


def test_a_quarter_of_an_hour_backs_as_many_chips_as_the_hour(tmp_path):
    """Four chips by the hour are one chip-hour in each quarter: four chips are backed there."""
    with House(tmp_path) as house:
        run = house.announce(step=15, hours=4)
        quarter = NS_PER_HOUR // 4
        own = [
            Position(BUYER, PHYSICAL, PRODUCT, "on-demand", FROM_NS + n * quarter, 100)
            for n in range(4)
        ]
        assert unbacked(offered(run, leaseback("l", "4", "1", 4)), own, run) == {}
        why = unbacked(offered(run, leaseback("l", "4.04", "1", 4)), own, run)
        assert "at most 1 chip-hours" in why[f"{BUYER}.l"] and "1.01" in why[f"{BUYER}.l"]
        assert unbacked(offered(run, leaseback("l", "4", "1", 4)), own[:3], run)
