"""STANDING: who does not bid keeps its position, and pays nothing.

Takes   small runs after one another.
Gives   what the later one changed.
Keeps   x = 0 for a position that stands, in blocks, on spot, sold, virtual.
Source  docs/formulation/runs.md, section 2.
"""

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from auction_small import OPENS
from auction_small import PRODUCT
from auction_small import buyer
from auction_small import pool
from auction_small import run_of
from chiphour.auction.clear import clear
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.instance import from_fields
from chiphour.auction.positions import PHYSICAL
from chiphour.auction.positions import VIRTUAL
from chiphour.auction.positions import Position
from chiphour.auction.positions import positions_after
from chiphour.auction.solve import solve
from chiphour.auction.standing import self_schedules
from chiphour.auction.trades import trades
from chiphour.units import NS_PER_HOUR
from chiphour.units import ns_from_iso

HOUR_NS = ns_from_iso(OPENS)
TIERS = [{"tier": "od", "pi": "0", "beta": "1"}, {"tier": "spot", "pi": "0.15", "beta": "1.25"}]


def with_standing(fields, before):
    """Give a run with the self-schedules of those who do not bid in it, and its result."""
    bids = self_schedules(from_fields(fields), before)
    instance = from_fields(fields | {"bids": [*fields["bids"], *bids]})
    return instance, clear(instance, solve)


AMOUNTS = st.lists(st.integers(-900, 900), min_size=4, max_size=4)


@settings(max_examples=25)
@given(AMOUNTS, AMOUNTS, AMOUNTS, st.integers(1, 40))
def test_what_stands_is_not_traded(on_demand, spot, virtual, price):
    """Accounts 10 to 12 stand against account 20, which bids: prices lie between floor and cap."""
    before = []
    for account, kind, tier, amounts in (
        (10, PHYSICAL, "on-demand", on_demand),
        (11, PHYSICAL, "spot", spot),
        (12, VIRTUAL, "on-demand", virtual),
    ):
        for hour, amount in enumerate(amounts):
            # Account 20 is on the other side: physical, whatever the kind is on this one.
            for who, what, sign in ((account, kind, 1), (20, PHYSICAL, -1)):
                if amount:
                    ns = HOUR_NS + hour * NS_PER_HOUR
                    before.append(Position(who, what, PRODUCT, tier, ns, sign * amount))
    sums = {}
    for held in before:
        key = held.account, held.kind, held.slot
        sums[key] = sums.get(key, 0) + held.quantity_hundredths
    before = [Position(a, k, *slot, q) for (a, k, slot), q in sums.items() if q]
    # Account 20 can deliver all that it sold, and use all that it bought.
    offer = pool(20, "60", f"{price}", intervals=4) | {"tiers": [{"tier": "od"}, {"tier": "spot"}]}
    wanted = buyer(20, "60", f"{price / 10}", to="2026-12-07T04:00:00Z")
    wanted["modes"][0]["tiers"] = [{"tier": "od"}, {"tier": "spot"}]
    fields = run_of([offer, wanted], number=2, intervals=4, tiers=TIERS)
    instance, result = with_standing(fields, before)
    changed = trades(instance, result, before)
    assert {trade.account for trade in changed} <= {20}


def test_a_position_stands_in_blocks_only_where_it_is_even():
    hours = [Position(10, PHYSICAL, PRODUCT, "on-demand", HOUR_NS + n * NS_PER_HOUR, 100 + n)
             for n in range(4)]  # fmt: skip
    fields = run_of([pool(20, "10", "2", intervals=1)], step=240, intervals=1)
    with pytest.raises(RequestMalformed, match="same position in all hours of the interval"):
        self_schedules(from_fields(fields), hours)


def test_a_block_of_a_day_stands_in_a_week_of_four_hours():
    bids = [pool(20, "10", "2", intervals=1)]
    bids.append(buyer(10, "4", "3", units="96", to="2026-12-08T00:00:00Z"))
    instance = from_fields(run_of(bids, kind="month", step=1440, intervals=1))
    first = trades(instance, clear(instance, solve))
    fields = run_of([pool(20, "10", "1", intervals=6)], 2, "week", 240, 6)
    before = positions_after(first)
    instance, result = with_standing(fields, before)
    assert trades(instance, result, before) == ()


def test_in_real_time_virtual_positions_do_not_stand():
    before = [
        Position(30, VIRTUAL, PRODUCT, "on-demand", HOUR_NS, -300),
        Position(10, PHYSICAL, PRODUCT, "on-demand", HOUR_NS, 300),
    ]
    fields = run_of([pool(20, "10", "2")], kind="real-time")
    found = self_schedules(from_fields(fields), before)
    assert [bid["account"] for bid in found] == [10]
