"""TEST BLOCKS: two members trade many lots outside the book.

Takes   BLOCK orders and CONFIRMs on a small market.
Gives   what is refused, in order; the FILL, both fees, what follows.
Keeps   a block a matter of two members of two groups.
Source  Rulebook 9.16.
"""

import pytest

from chiphour.contracts import table
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import TimeInForce
from chiphour.units import NS_PER_HOUR
from waiters import Desk


@pytest.fixture
def desk(market):
    """Give a desk in an open contract with fees, where blocks are of ten lots or more."""
    return Desk(market, block_lots_min=10, taker_fee_ppm=1_000, maker_rebate_ppm=500)


def block(desk, lots=20, price=301, other=9, ahead_ns=NS_PER_HOUR):
    """Let account 8 offer to buy."""
    return desk.order(
        8,
        "buy",
        price,
        lots,
        OrderType.BLOCK,
        time_in_force=TimeInForce.GTD,
        trigger_ticks=other,
        expire_ns=desk.market.time_ns + ahead_ns,
    )


def test_confirmed_block_is_one_fill_and_both_pay(desk):
    """The confirming side is the taker; no last price moves."""
    own = desk.last + 1
    assert block(desk) == [f"ACCEPTED {own} 301 20", f"HELD {own} 301 20 0"]
    (fill,) = desk.market.do(Kind.CONFIRM, account=9, order=own)
    assert fill["maker_order"] == own and fill["taker_order"] == desk.last
    assert (fill["side"], fill["price_ticks"], fill["lots"], fill["cause"]) == (
        "SELL",
        301,
        20,
        "BLOCK",
    )
    fee = 3_000_000 * 20 // 1_000
    assert (fill["taker_fee_microusd"], fill["maker_rebate_microusd"]) == (fee, -fee)
    spent = 20 * 10_000 + fee
    assert desk.market.cash(8) == 1_000_000_000 - spent
    assert desk.market.cash(9) == 1_000_000_000 + 20 * 10_000 - fee
    assert desk.market.contract(desk.contract)[table.HAS_LAST] == 0
    assert desk.do(Kind.CONFIRM, account=9, order=own) == ["REFUSED ORDER_UNKNOWN"]
    desk.market.check()


def test_only_the_counterparty_confirms_a_block(desk):
    """ORDER_UNKNOWN for anyone else and for any other order."""
    block(desk)
    own = desk.last
    assert desk.do(Kind.CONFIRM, account=10, order=own) == ["REFUSED ORDER_UNKNOWN"]
    desk.order(8, "buy", 280, 1)
    assert desk.do(Kind.CONFIRM, account=9, order=desk.last) == ["REFUSED ORDER_UNKNOWN"]


def test_both_sides_are_checked(desk):
    """The confirming side's reason, then the first side's."""
    block(desk, lots=2_000)
    own = desk.last
    desk.market.do(Kind.WITHDRAW, account=8, amount_microusd=900 * 10**6)
    assert desk.do(Kind.CONFIRM, account=9, order=own) == ["REFUSED MARGIN_INSUFFICIENT"]
    desk.market.do(Kind.DEPOSIT, account=8, amount_microusd=900 * 10**6)
    desk.market.do(Kind.WITHDRAW, account=9, amount_microusd=900 * 10**6)
    assert desk.do(Kind.CONFIRM, account=9, order=own) == ["REFUSED MARGIN_INSUFFICIENT"]
    desk.market.do(Kind.DEPOSIT, account=9, amount_microusd=900 * 10**6)
    assert desk.do(Kind.CONFIRM, account=9, order=own)[0].startswith("FILL")


def test_block_must_be_large_near_and_of_two(desk):
    """LOTS_BELOW_MIN, more than an hour ahead, the same member, a price off the band."""
    assert block(desk, lots=9) == ["REFUSED LOTS_BELOW_MIN"]
    assert block(desk, ahead_ns=NS_PER_HOUR + 1) == ["REFUSED PARAMETER_OUT_OF_RANGE"]
    assert block(desk, other=8) == ["REFUSED PARAMETER_OUT_OF_RANGE"]
    assert block(desk, other=15) == ["REFUSED PARAMETER_OUT_OF_RANGE"]


def test_block_ends_by_itself(desk):
    """It waits no longer than its end."""
    block(desk, ahead_ns=5)
    own = desk.last
    told = desk.market.until(desk.market.time_ns + 5)
    assert [event["reason"] for event in told if event["kind"] == "CANCELLED"] == [
        "GOOD_TILL_PASSED"
    ]
    assert desk.do(Kind.CONFIRM, account=9, order=own) == ["REFUSED ORDER_UNKNOWN"]
