"""TEST LINKS: partners cancel each other, children wait for their parent.

Takes   orders with OCO and CHILD that are filled, cancelled, amended.
Gives   the items that join the queue, in their order, and what they do.
Keeps   what is linked from acting before its item is drained.
Source  Rulebook 9.13.
"""

import pytest

from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from waiters import Desk


@pytest.fixture
def desk(market):
    """Give a desk in an open contract."""
    return Desk(market)


def test_fill_cancels_the_partner_through_the_queue(desk):
    """A partner goes when the other is filled at all, and takes nothing with it."""
    desk.order(8, "sell", 310, 5)
    first = desk.last
    desk.order(8, "sell", 320, 5, flags=Flag.OCO, link=-1)
    second = desk.last
    assert desk.order(9, "buy", 310, 2) == [
        f"ACCEPTED {desk.last} 310 2",
        f"FILL {first} {desk.last} 310 2",
    ]
    assert desk.drain() == [f"CANCELLED {second} ONE_CANCELS_OTHER 5"]
    assert desk.drain() == []
    assert desk.do(Kind.CANCEL, account=8, order=first) == [f"CANCELLED {first} CANCEL_REQUESTED 3"]


def test_going_cancels_the_partner(desk):
    """A cancelled order takes its partner along, once."""
    desk.order(8, "sell", 310, 5)
    first = desk.last
    desk.order(8, "sell", 320, 5, flags=Flag.OCO, link=first)
    second = desk.last
    desk.do(Kind.CANCEL, account=8, order=second)
    assert desk.drain() == [f"CANCELLED {first} ONE_CANCELS_OTHER 5"]
    assert desk.drain() == []


def test_new_partner_that_fills_or_meets_its_other(desk):
    """A new order's partner goes when it is filled at once, rested or not, or when they meet."""
    for lots in (2, 5):
        desk.order(9, "buy", 300, 2)
        desk.order(8, "buy", 290, 5)
        other = desk.last
        desk.order(8, "sell", 300, lots, flags=Flag.OCO, link=-1)
        own = desk.last
        assert desk.drain() == [f"CANCELLED {other} ONE_CANCELS_OTHER 5"]
        desk.do(Kind.CANCEL, account=8, order=own)
    desk.order(8, "buy", 290, 5)
    other = desk.last
    assert desk.order(8, "sell", 290, 5, flags=Flag.OCO, link=-1) == [
        f"ACCEPTED {desk.last} 290 5",
        f"CANCELLED {other} SELF_TRADE 5",
        f"RESTED {desk.last} 290 5",
    ]
    assert desk.drain() == [f"CANCELLED {desk.last - 1} ONE_CANCELS_OTHER 5"]


def test_children_go_live_with_what_the_parent_traded(desk):
    """Two children, partners, wait unseen; they go live when the parent is gone (9.13)."""
    desk.order(8, "buy", 300, 5)
    parent = desk.last
    assert desk.order(8, "sell", 320, 9, flags=Flag.CHILD, link=parent) == [
        f"ACCEPTED {desk.last} 320 9",
        f"HELD {desk.last} 320 9 0",
    ]
    profit = desk.last
    desk.stop(8, "sell", 280, 9, flags=Flag.OCO, link=profit)
    loss = desk.last
    assert desk.order(8, "sell", 330, 1, flags=Flag.CHILD, link=parent) == ["REFUSED LINK_UNKNOWN"]
    desk.order(9, "sell", 300, 3)
    assert desk.drain() == []  # The parent is still there.
    desk.do(Kind.CANCEL, account=8, order=parent)
    assert desk.drain() == [f"RESTED {profit} 320 3", f"HELD {loss} 0 3 280"]
    desk.order(10, "buy", 320, 1)
    assert desk.drain() == [f"CANCELLED {loss} ONE_CANCELS_OTHER 3"]


def test_children_of_a_parent_without_fills_are_cancelled(desk):
    """Nothing traded, nothing to close."""
    desk.order(8, "buy", 300, 5)
    parent = desk.last
    desk.order(8, "sell", 320, 9, flags=Flag.CHILD, link=-1)
    child = desk.last
    desk.order(8, "sell", 330, 9, flags=Flag.CHILD, link=child)
    grandchild = desk.last
    desk.do(Kind.CANCEL, account=8, order=parent)
    assert desk.drain() == [
        f"CANCELLED {child} PARENT_ENDED 9",
        f"CANCELLED {grandchild} PARENT_ENDED 9",
    ]


def test_link_must_be_an_order_of_the_account_that_is_free(desk):
    """Gone, another's, another contract's or one that has a partner: LINK_UNKNOWN."""
    refused = ["REFUSED LINK_UNKNOWN"]
    assert desk.order(8, "buy", 290, 1, flags=Flag.OCO, link=-1) == refused
    desk.order(9, "buy", 280, 1)
    others = desk.last
    desk.order(8, "buy", 290, 1)
    own = desk.last
    desk.order(8, "buy", 291, 1, flags=Flag.OCO, link=own)
    for link in (others, own, own + 99, -3, -2):
        assert desk.order(8, "buy", 290, 1, flags=Flag.OCO, link=link) == refused
    assert (
        desk.order(8, "buy", 270, 1, OrderType.LIMIT, flags=Flag.CHILD, link=-2)[0][:8]
        == "ACCEPTED"
    )
