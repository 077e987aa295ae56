"""SWEEP: at the end of a market day volumes roll and ids age; in between it only pays.

Takes   instants that are a 00:30, that are not, and those that a FIXING made.
Gives   volumes, tiers, ages.
Keeps   a day from rolling twice.
Source  Rulebook 2.3, 2.5, 11.3, 12.2.
"""

import pytest

from chiphour.contracts import table
from chiphour.contracts.table import Type
from chiphour.exchange.commands import Vintage
from chiphour.exchange.limits import PAYMENTS_MAX
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR


def traded(market, lots=10):
    market.order(8, "buy", 300, lots)
    market.order(9, "sell", 300, lots)


def volumes(market):
    rows = market.engine.sections().volumes
    return [(int(row[0]), int(row[1:].sum())) for row in rows]


def test_volumes_roll_at_half_past_midnight_only(market):
    market.list(1, funding_period_s=3_600)
    traded(market)
    market.until(market.time_ns + 23 * NS_PER_HOUR)
    assert volumes(market) == []
    market.until(market.time_ns + NS_PER_HOUR)
    assert volumes(market) == [(8, 10), (9, 10)]
    market.until(market.time_ns + 30 * NS_PER_DAY)
    assert volumes(market) == []


def test_a_fixing_at_the_strike_does_not_roll_the_day_again(market):
    strike_ns = market.time_ns + NS_PER_DAY
    market.list(1, type=Type.FUTURE, expiry_ns=strike_ns)
    market.order(8, "buy", 300, 1, client_order_id=5)
    traded(market)
    market.until(strike_ns)
    before = market.engine.sections()
    market.fix(3_100_000, strike_ns, Vintage.FINAL)
    market.advance()
    after = market.engine.sections()
    assert after.volumes.tolist() == before.volumes.tolist()
    assert after.ids.tolist() == before.ids.tolist()
    assert market.contract(1)[table.STATE] == table.State.EXPIRED


def test_ids_are_forgotten_at_the_second_sweep(market):
    market.order(8, "buy", 299, 1, client_order_id=5)
    for left in (1, 1, 0):
        assert len(market.engine.sections().ids) == left
        market.until(market.time_ns + NS_PER_DAY)


@pytest.mark.parametrize("more", [0, 1])
def test_one_advance_tells_so_many_tiers(more, empty):
    """With as many told it ends before the next member, whatever that one's tier."""
    market = empty(accounts=1100)
    for account in range(8, 8 + PAYMENTS_MAX + more):
        market.member(account, dollars=0)
    market.fix()
    market.list(0)
    market.set(-1, volume_2_lots=0)
    market.time_ns = due = market.engine.next_due_ns
    tiers = [event for event in market.advance() if event["kind"] == "TIER_SET"]
    assert len(tiers) == PAYMENTS_MAX
    assert (market.engine.next_due_ns == due) == (more == 1)
    if more:
        assert [event["account"] for event in market.advance()] == [8 + PAYMENTS_MAX]
