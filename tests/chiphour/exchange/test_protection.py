"""TEST PROTECTION: a market maker's limit of fills in a while.

Takes   PROTECT, fills of protected orders, times.
Gives   when it strikes, what it cancels, how long it refuses.
Keeps   lots counted within one window, and none while frozen.
Source  Rulebook 9.19.
"""

import pytest

from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from waiters import Desk

SECOND = 10**9


@pytest.fixture
def desk(market):
    """Give a desk in an open contract."""
    return Desk(market)


def protect(desk, lots, interval_s=10, frozen_s=5):
    """Protect account 8."""
    told = desk.do(
        Kind.PROTECT,
        account=8,
        contract=desk.contract,
        interval_s=interval_s,
        frozen_s=frozen_s,
        lots=lots,
    )
    assert told == [f"PROTECTION_SET 8 {lots}"]


def test_at_the_limit_the_flagged_orders_go_and_new_ones_are_refused(desk):
    """PROTECTED once; orders without the flag stay; after the frozen time all is as before."""
    protect(desk, 4)
    desk.order(8, "sell", 310, 3, flags=Flag.PROTECTED)
    desk.order(8, "sell", 311, 3, flags=Flag.PROTECTED)
    second = desk.last
    desk.order(8, "sell", 312, 3)
    told = desk.order(9, "buy", 311, 6)
    assert told.count("PROTECTED 8 6") == 1
    desk.order(8, "buy", 280, 1)
    assert desk.order(8, "buy", 281, 1, flags=Flag.PROTECTED) == ["REFUSED PROTECTION_FROZEN"]
    desk.market.time_ns += 5 * SECOND
    assert desk.order(8, "buy", 281, 1, flags=Flag.PROTECTED)[0].startswith("ACCEPTED")
    assert second < desk.last


def test_the_rest_is_cancelled_through_the_queue(desk):
    """What still rests with the flag goes at the next command."""
    protect(desk, 3)
    desk.order(8, "sell", 310, 3, flags=Flag.PROTECTED)
    desk.order(8, "sell", 311, 3)
    desk.stop(8, "sell", 280, 3, flags=Flag.PROTECTED)
    stop = desk.last
    assert desk.order(9, "buy", 310, 3)[-1] == "PROTECTED 8 3"
    assert desk.drain() == [f"CANCELLED {stop} PROTECTION 3"]


def test_a_window_begins_with_its_first_fill(desk):
    """Fills of an earlier window no longer count; LOTS 0 ends the protection."""
    protect(desk, 4)
    desk.order(8, "sell", 310, 9, flags=Flag.PROTECTED)
    for lots, passed_s in ((3, 0), (3, 10), (1, 9)):
        desk.market.time_ns += passed_s * SECOND
        told = desk.order(9, "buy", 310, lots)
    assert told[-1] == "PROTECTED 8 4"
    desk.drain()
    protect(desk, 0)
    assert desk.order(8, "sell", 310, 9, flags=Flag.PROTECTED)[0].startswith("ACCEPTED")
    assert not [line for line in desk.order(9, "buy", 310, 9) if line.startswith("PROTECTED")]


def test_frozen_time_zero_lasts_until_the_next_protect(desk):
    """Each PROTECT resets."""
    protect(desk, 1, frozen_s=0)
    desk.order(8, "sell", 310, 1, flags=Flag.PROTECTED)
    desk.order(9, "buy", 310, 1)
    desk.market.until(desk.market.time_ns + 86_400 * SECOND)
    assert desk.order(8, "sell", 310, 1, flags=Flag.PROTECTED) == ["REFUSED PROTECTION_FROZEN"]
    protect(desk, 1)
    assert desk.order(8, "sell", 310, 1, flags=Flag.PROTECTED)[0].startswith("ACCEPTED")


def test_refusals(desk):
    """An account that trades, a contract that is there."""
    for reason, account, contract in (
        ("ACCOUNT_UNKNOWN", 15, 2),
        ("ACCOUNT_RESERVED", 1, 2),
        ("CONTRACT_UNKNOWN", 8, -1),
        ("CONTRACT_UNKNOWN", 8, 1),
    ):
        refused = desk.do(Kind.PROTECT, account=account, contract=contract, lots=1)
        assert refused == [f"REFUSED {reason}"]
