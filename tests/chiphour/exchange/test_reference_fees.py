"""TEST REFERENCE FEES: fees, rebates, and the tier that thirty days of lots give.

Takes   fills at a base of $2.50; sweeps.
Gives   what both sides and FEES have after.
Keeps   the rebate within the fee.
Source  Rulebook 9.16 and 11.
"""

import pytest

from chiphour.contracts import settings
from chiphour.exchange import limits as bounds
from chiphour.exchange.commands import Kind
from chiphour.exchange.events import Cause
from chiphour.units import NS_PER_DAY
from told import NOW
from told import order
from told import told_market


@pytest.mark.parametrize(
    ("cause", "tiers", "fees"),
    [
        (Cause.ORDER, (0, 0), (3_750, 750)),
        (Cause.CALL, (1, 0), (3_375, 750)),
        (Cause.ORDER, (3, 0), (2_625, 750)),
        (Cause.BLOCK, (0, 1), (3_750, -3_375)),
        (Cause.LIQUIDATION, (0, 0), (0, 0)),
        (Cause.DELEVERAGING, (0, 0), (0, 0)),
    ],
)
def test_fee_and_rebate(cause, tiers, fees):
    told = told_market(taker_fee_ppm=500, maker_rebate_ppm=100)
    accounts = told.state.accounts
    for account, tier in zip((8, 9), tiers, strict=True):
        accounts[account].tier = tier
    assert told.reference.charge(8, 9, 0, 3, cause) == fees  # Rulebook 11.1: of 7.50 dollars.
    assert accounts[8].cash_microusd == 10**9 - fees[0]
    assert accounts[9].cash_microusd == 10**9 + fees[1]
    assert accounts[bounds.FEES].cash_microusd == fees[0] - fees[1]
    assert (accounts[8].lots_today, accounts[9].lots_today) == (3, 3)


def test_rebate_is_never_more_than_the_fee():
    told = told_market(taker_fee_ppm=100, maker_rebate_ppm=100)
    told.do(Kind.SET, contract=-1, parameter=settings.FEE_SHARE_PPM, value=500_000)
    assert told.reference.charge(8, 9, 0, 4, Cause.ORDER) == (500, 500)


def test_sweep_of_half_past_midnight_rolls_the_day_and_finds_the_tier():
    told = told_market()
    told.do(Kind.SET, contract=-1, parameter=settings.VOLUME_LOTS + 1, value=7)
    told.tell(order(8, "sell", 250, 7), order(9, "buy", 250, 7))
    told.time_ns = told.reference.next_due_ns
    events = [e for e in told.do(Kind.ADVANCE) if e["kind"] == "TIER_SET"]
    assert [(e["account"], e["value"]) for e in events] == [(8, 1), (9, 1)]  # Rulebook 11.3.
    day = told.time_ns // NS_PER_DAY % 30
    assert told.state.accounts[8].volumes == {day: 7} and told.state.accounts[8].lots_today == 0
    for _ in range(30):  # The day is overwritten: its lots are 30 days old.
        told.time_ns = told.reference.next_due_ns
        events = told.do(Kind.ADVANCE)
    assert [(e["account"], e["value"]) for e in events if e["kind"] == "TIER_SET"] == [
        (8, 0),
        (9, 0),
    ]
    assert told.time_ns > NOW + 30 * NS_PER_DAY
