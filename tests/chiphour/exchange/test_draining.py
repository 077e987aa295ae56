"""TEST DRAINING: what one command leaves to do is done before the next.

Takes   queues with more steps than one command may drain.
Gives   how much is drained, by whom, and what a refused command drains.
Keeps   the bounds of 64 steps and 256 fills.
Source  Rulebook 2.7, 2.8.
"""

import pytest

from chiphour.exchange.commands import SOURCE_SHIFT
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Source
from chiphour.exchange.limits import STEPS_MAX
from waiters import Desk

LAST = Source.LAST << SOURCE_SHIFT


@pytest.fixture
def desk(market):
    """Give a desk in an open contract."""
    return Desk(market)


def test_a_refused_command_drains_too(desk):
    """Then the command's own checks are made."""
    desk.order(11, "sell", 310, 5)
    desk.stop(9, "buy", 305, 1, flags=LAST)
    own = desk.last
    desk.order(8, "buy", 310, 1)
    told = desk.do(Kind.CANCEL, account=8, order=999)
    assert told[0] == f"TRIGGERED {own} 0 1"
    assert told[-1] == "REFUSED ORDER_UNKNOWN"


def test_at_most_so_many_steps(desk):
    """64 steps for a command; a gone order's item is one of them."""
    desk.order(11, "sell", 310, 500)
    ids = []
    for account in (8, 9, 10):
        for _ in range(STEPS_MAX // 2):
            desk.stop(account, "buy", 305, 1, flags=LAST)
            ids.append(desk.last)
    desk.order(8, "buy", 310, 1)
    desk.market.do(Kind.CANCEL, account=8, order=ids[0])  # Drains 64, itself too late.
    assert desk.market.engine.work_waits
    told = [line for line in desk.drain() if line.startswith("TRIGGERED")]
    assert told == [f"TRIGGERED {order} 0 1" for order in ids[STEPS_MAX:]]
    assert not desk.market.engine.work_waits


def test_no_further_step_after_so_many_fills(desk):
    """256 fills end a draining."""
    desk.market.do(Kind.DEPOSIT, account=11, amount_microusd=10**9)
    for _ in range(140):
        desk.order(11, "sell", 310, 1)
    for account in (8, 9):
        desk.stop(account, "buy", 305, 130, flags=LAST)
    desk.stop(10, "buy", 305, 1, flags=LAST)
    for _ in range(140):
        desk.order(11, "sell", 310, 1)
    desk.order(10, "buy", 310, 1)
    first = [line for line in desk.drain() if line.startswith("TRIGGERED")]
    assert len(first) == 2
    assert desk.drain()[0].startswith("TRIGGERED")
