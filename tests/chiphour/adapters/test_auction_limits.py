"""AUCTION_LIMITS: no bet on a price that its owner moves, no more open hours than allowed.

Takes   a house whose runs have guard rails; positions; bids of one owner and of several.
Gives   which bids are refused at the door, which are left out at closure, which stand.
Keeps   a refusal one sentence; who is refused with nothing changed.
Source  docs/formulation/guards.md, sections 4, 5 and 10; docs/formulation/runs.md, equation 13.
"""

import pytest

from auctioned import PAID_MICROUSD
from auctioned import House
from chiphour.adapters.auction_limits import earned
from chiphour.adapters.auction_limits import exposure_refusal
from chiphour.adapters.auction_limits import virtual_refusal_of
from chiphour.auction.gate import GateRefused
from chiphour.auction.gate import Request
from chiphour.auction.positions import PHYSICAL
from chiphour.auction.positions import Position
from chiphour.units import NS_PER_HOUR
from gated import BUYER
from gated import FROM_NS
from gated import HOURS
from gated import OPENS_NS
from gated import PRODUCT
from gated import SELLER
from gated import buy
from gated import gang
from gated import guards_of
from gated import pool
from gated import virtual

EXPOSURE = {"stressed_price": "5", "hedged_ppm": 0}
HEDGED = {"stressed_price": "0.0001", "hedged_ppm": 500_000}


@pytest.fixture
def house(tmp_path):
    with House(tmp_path) as house:
        yield house
        assert sum(house.market.cash_microusd().values()) == 0


def held(chips, account=BUYER):
    return [
        Position(account, PHYSICAL, PRODUCT, "on-demand", FROM_NS + hour * NS_PER_HOUR, chips * 100)
        for hour in range(HOURS)
    ]


def read(run, *bodies, account=BUYER):
    return [run.gate.read(Request(OPENS_NS, "submit", account, b["id"], b)) for b in bodies]


def wanted(run, *bodies):
    """Give what the buyer's bids could buy together, the last one not yet taken."""
    for body in bodies:
        entry = run.gate.judge(Request(OPENS_NS, "submit", BUYER, body["id"], body))
        hours = run.gate.open_with_hundredths(entry)
        run.gate.add(entry)
    return hours


def test_a_buyer_has_the_money_for_its_open_hours_at_the_stressed_price(house):
    """Twelve chip-hours at $5: $60 must be there, although the bid is for $24 alone."""
    run = house.announce(guards=guards_of(exposure=EXPOSURE))
    hours = wanted(run, buy("b", "12", "2"))
    assert exposure_refusal(run, BUYER, hours, [], 60_000_000) == ""
    said = exposure_refusal(run, BUYER, hours, [], 59_999_999)
    assert said == "exposure: expected collateral of 60.000000, found 59.999999"
    more = wanted(run, gang("g", 8, 1, "10"))
    assert "collateral of 100.000000" in exposure_refusal(run, BUYER, more, [], 60_000_000)
    assert wanted(run, pool("p", "9", "1")) == more
    assert exposure_refusal(run, BUYER, 0, [], 0) == ""


def test_what_was_bought_ahead_is_hedged(house):
    run = house.announce(guards=guards_of(exposure=HEDGED))
    hours = wanted(run, buy("b", "12", "2"))
    assert exposure_refusal(run, BUYER, hours, held(6), PAID_MICROUSD) == ""
    said = exposure_refusal(run, BUYER, hours, held(5), PAID_MICROUSD)
    assert said == "hedge: expected 11 chip-hours hedged, 50 % of those open, found 10"
    assert "found 0" in exposure_refusal(run, BUYER, hours, held(6, SELLER), PAID_MICROUSD)


def test_the_door_refuses_too_much_in_one_sentence(house):
    """$1,000 is there: 200 chip-hours at $5, and no more, in however many bids."""
    house.announce(guards=guards_of(exposure=EXPOSURE))
    house.bid(BUYER, buy("b", "150", "1"))
    before = house.cash(BUYER)
    with pytest.raises(GateRefused, match=r"bid: exposure: expected collateral of 1005\.000000"):
        house.bid(BUYER, buy("c", "51", "1"))
    assert house.cash(BUYER) == before
    house.bid(BUYER, buy("c", "50", "1"))


def test_without_guard_rails_nothing_is_asked(house):
    run = house.announce()
    assert exposure_refusal(run, BUYER, wanted(run, buy("b", "999", "1")), [], 0) == ""
    assert earned(house.auctions, run) == ()


def test_whoever_moves_the_price_may_not_bet_on_it(house):
    """Sold 6 of 10 chips: a share of 60 %; it may hold a tenth of the volume virtually."""
    run = house.announce()
    sold = [each._replace(quantity_hundredths=-600) for each in held(0, SELLER)]
    rest = [each._replace(quantity_hundredths=-400) for each in held(0, 102)]
    positions = [*sold, *rest, *held(10)]
    large, small = (virtual(name, "buy", chips, "2") for name, chips in (("v", "2"), ("w", "1")))
    why = virtual_refusal_of(run, read(run, large, account=SELLER), positions, {})
    assert list(why) == [f"{SELLER}.v"]
    assert "at most 1 virtual chip-hours of a party with a share of 0.600000" in why[f"{SELLER}.v"]
    assert virtual_refusal_of(run, read(run, small, account=SELLER), positions, {}) == {}
    stranger = read(run, large, account=103)
    assert virtual_refusal_of(run, stranger, positions, {}) == {}
    kin = {SELLER: "member 100", 103: "member 100"}
    assert virtual_refusal_of(run, stranger, positions, kin)


def test_what_it_offers_in_the_same_run_counts(house):
    """Nothing is sold before; with its pool the whole supply is its own."""
    run = house.announce()
    bids = read(run, pool("p", "10", "1"), virtual("v", "sell", "2", "1"), account=SELLER)
    assert list(virtual_refusal_of(run, bids, [], {})) == [f"{SELLER}.v"]
    assert virtual_refusal_of(run, bids[1:], [], {}) == {}


def test_the_door_refuses_a_bet_on_ones_own_price(house):
    house.announce()
    house.bid(SELLER, pool("p", "10", "1"))
    with pytest.raises(GateRefused, match="bid: virtual share at member 100 H100/node8/us"):
        house.bid(SELLER, virtual("v", "sell", "2", "1"))
    house.bid(BUYER, virtual("v", "sell", "2", "1"))  # Who has no chips may.


def test_an_hour_of_quarters_earned_their_mean(house):
    """A quarter at $9 and three at $5 are an hour at $6: $5 above its cost of $1."""
    quarter = NS_PER_HOUR // 4
    house.announce(run=1, step=15, hours=4, delivers=False)
    for n, price in enumerate(("9", "5", "5", "5")):
        inventory = [("8" if n == m else "0") for m in range(4)]
        house.bid(SELLER, pool(f"p{n}", "8", price, 4) | {"inventory": inventory}, run=1)
        wanted = buy(f"b{n}", "1", "12", FROM_NS + n * quarter, 1, step=15)
        house.bid(BUYER, wanted, run=1)
    house.clear(1)
    after = FROM_NS + NS_PER_HOUR
    guarded = house.announce(run=2, from_ns=after, guards=guards_of(), closes_ns=FROM_NS)
    (found,) = earned(house.auctions, guarded)
    assert found.earned_ticks == 50_000
