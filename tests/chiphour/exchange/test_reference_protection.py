"""TEST REFERENCE PROTECTION: market makers' protection and blocks.

Takes   PROTECT, fills of protected orders; BLOCK and CONFIRM.
Gives   when protection strikes and ends; the one fill of a block.
Keeps   times to whole seconds.
Source  Rulebook 9.16, 9.19.
"""

from chiphour.contracts.table import HAS_LAST
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import TimeInForce
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_SECOND
from told import kinds
from told import order
from told import told_market

GUARDED = {"flags": Flag.PROTECTED}


def guarded_market(interval_s=10, frozen_s=5, lots=4):
    told = told_market()
    protect = {"account": 8, "contract": 0, "interval_s": interval_s, "frozen_s": frozen_s}
    told.do(Kind.PROTECT, **protect, lots=lots)
    told.tell(*[order(8, "sell", 250 + n, 2, **GUARDED) for n in range(3)])
    return told


def test_protection_strikes_at_its_limit_and_cancels_what_is_protected():
    told = guarded_market()
    told.tell(order(8, "sell", 260, 1))
    events = told.tell(order(9, "buy", 251, 4))
    assert kinds(events) == ["ACCEPTED", "FILL", "FILL", "PROTECTED"]
    assert events[-1]["lots"] == 4
    (event,) = told.do(Kind.ADVANCE)
    assert (event["reason"], event["price_ticks"]) == ("PROTECTION", 252)
    assert len(told.standing()) == 1  # The order without the flag.
    assert told.tell(order(8, "sell", 255, 1, **GUARDED))[0]["reason"] == "PROTECTION_FROZEN"
    told.time_ns += 5 * NS_PER_SECOND
    assert kinds(told.tell(order(8, "sell", 255, 1, **GUARDED))) == ["ACCEPTED", "RESTED"]


def test_lots_of_an_earlier_window_do_not_count():
    told = guarded_market()
    told.tell(order(9, "buy", 250, 2))
    told.time_ns += 10 * NS_PER_SECOND
    assert "PROTECTED" not in kinds(told.tell(order(9, "buy", 251, 2)))
    assert told.state.accounts[8].protections[0].lots == 2


def test_protection_without_a_frozen_time_lasts_until_it_is_set_again():
    told = guarded_market(frozen_s=0)
    told.tell(order(9, "buy", 251, 4))
    told.time_ns += 60 * NS_PER_SECOND
    assert told.tell(order(8, "sell", 255, 1, **GUARDED))[-1]["reason"] == "PROTECTION_FROZEN"
    told.do(Kind.PROTECT, account=8, contract=0, interval_s=1, frozen_s=1, lots=9)
    assert kinds(told.tell(order(8, "sell", 255, 1, **GUARDED))) == ["ACCEPTED", "RESTED"]


def block(told, lots=1_000, ahead_ns=NS_PER_HOUR, other=9):
    terms = {"time_in_force": TimeInForce.GTD, "expire_ns": told.time_ns + ahead_ns}
    return order(8, "buy", 251, lots, OrderType.BLOCK, trigger_ticks=other, **terms)


def test_block_trades_once_at_its_price_when_the_other_side_confirms():
    told = told_market()
    assert kinds(told.tell(block(told))) == ["ACCEPTED", "HELD"]
    number = told.standing()[0]
    assert told.reason(Kind.CONFIRM, account=10, order=number) == "ORDER_UNKNOWN"
    (event,) = told.do(Kind.CONFIRM, account=9, order=number)
    assert (event["cause"], event["price_ticks"], event["lots"]) == ("BLOCK", 251, 1_000)
    assert (event["maker_account"], event["taker_account"]) == (8, 9)
    assert (told.lots(8), told.lots(9), told.standing()) == (1_000, -1_000, [])
    assert told.row()[HAS_LAST] == 0  # It moves no last price.


def test_block_is_large_soon_over_and_with_a_stranger():
    told = told_market()
    assert told.tell(block(told, lots=999))[0]["reason"] == "LOTS_BELOW_MIN"
    late = block(told, ahead_ns=NS_PER_HOUR + 1)
    assert told.tell(late)[0]["reason"] == "PARAMETER_OUT_OF_RANGE"
    assert told.tell(block(told, other=8))[0]["reason"] == "PARAMETER_OUT_OF_RANGE"


def test_block_is_checked_for_both_sides_when_it_is_confirmed():
    told = told_market()
    told.tell(block(told, lots=20_000))
    number = told.standing()[0]
    assert told.reason(Kind.CONFIRM, account=9, order=number) == "MARGIN_INSUFFICIENT"
    assert told.standing() == [number]
