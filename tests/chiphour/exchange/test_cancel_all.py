"""TEST CANCEL_ALL: many orders go, in steps.

Takes   CANCEL_ALLs by contract, side and label.
Gives   who goes in which order, and the event at the end.
Keeps   orders that came after it, and those that are not meant.
Source  Rulebook 2.8, 9.15.
"""

import pytest

from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Side
from chiphour.exchange.limits import STEPS_MAX
from waiters import Desk


@pytest.fixture
def desk(market):
    """Give a desk in an open contract."""
    return Desk(market)


def cancel_all(desk, account, contract=-1, **columns):
    """Send a CANCEL_ALL, which tells nothing yet."""
    assert desk.do(Kind.CANCEL_ALL, account=account, contract=contract, **columns) == []


def test_all_of_a_side_and_label_go_and_the_count_is_told(desk):
    """Others and later ones stay."""
    desk.order(8, "buy", 290, 1, label=7)
    first = desk.last
    desk.order(8, "buy", 291, 1, label=6)
    desk.order(8, "sell", 310, 1, label=7)
    desk.order(9, "buy", 290, 1, label=7)
    desk.stop(8, "buy", 320, 1, label=7)
    stop = desk.last
    cancel_all(desk, 8, desk.contract, side=Side.BUY, label=7)
    assert desk.order(8, "buy", 292, 1, label=7)[:3] == [
        f"CANCELLED {first} MASS_CANCELLED 1",
        f"CANCELLED {stop} MASS_CANCELLED 1",
        f"CANCELLED_ALL 8 {desk.contract} 2",
    ]
    assert desk.drain() == []


def test_more_than_one_draining_goes_on_where_it_stopped(desk):
    """Each order looked at is a step, passed over or not; so is the end."""
    for _ in range(STEPS_MAX + 9):
        desk.order(8, "buy", 290, 1, label=1)
    for _ in range(STEPS_MAX - 10):
        desk.order(8, "buy", 290, 1, label=2)
    cancel_all(desk, 8, label=2)
    assert desk.drain() == []
    assert len(desk.drain()) == STEPS_MAX - 9  # Nine were passed over; the end is a step too.
    assert desk.drain() == []


def test_queue_waits_behind_it(desk):
    """First in, first out: a second one begins when the first is done."""
    desk.order(8, "buy", 290, 1)
    desk.order(9, "buy", 290, 1)
    cancel_all(desk, 8)
    told = desk.do(Kind.CANCEL_ALL, account=9, contract=-1)
    assert told[-1] == "CANCELLED_ALL 8 -1 1"
    assert desk.drain()[-1] == "CANCELLED_ALL 9 -1 1"


def test_refusals(desk):
    """An account that trades, a contract that is there, or -1."""
    for reason, account, contract in (
        ("ACCOUNT_UNKNOWN", 15, -1),
        ("ACCOUNT_RESERVED", 1, -1),
        ("CONTRACT_UNKNOWN", 8, -2),
        ("CONTRACT_UNKNOWN", 8, 1),
        ("CONTRACT_UNKNOWN", 8, 3),
    ):
        refused = desk.do(Kind.CANCEL_ALL, account=account, contract=contract)
        assert refused == [f"REFUSED {reason}"]
