"""TEST REFERENCE LINKS: orders that cancel each other, and children.

Takes   a few linked orders of one account.
Gives   what the queue of work does to them.
Keeps   that a link acts with the next command, not at once (rulebook 2.8).
Source  Rulebook 9.13.
"""

from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Source
from chiphour.exchange.commands import TimeInForce
from told import kinds
from told import order
from told import told_market

OCO = {"flags": Flag.OCO, "link": -1}
CHILD = {"flags": Flag.CHILD, "link": -1}


def pair(told):
    """Let account 8 bid at 249, and ask at 252 instead."""
    told.tell(order(8, "buy", 249, 5), order(8, "sell", 252, 5, **OCO))
    return told.standing()


def test_partner_of_a_filled_order_is_cancelled_by_the_queue():
    told = told_market()
    bid, ask = pair(told)
    told.tell(order(9, "sell", 249, 1))
    assert told.standing() == [bid, ask] and told.reference.work_waits
    (event,) = told.do(Kind.ADVANCE)
    assert (event["order"], event["reason"]) == (ask, "ONE_CANCELS_OTHER")
    assert told.state.orders[bid].partner == 0 and not told.reference.work_waits


def test_partner_of_a_cancelled_order_is_cancelled_once():
    told = told_market()
    bid, ask = pair(told)
    told.do(Kind.CANCEL, account=8, order=ask)
    assert [event["order"] for event in told.do(Kind.ADVANCE)] == [bid]
    assert told.do(Kind.ADVANCE) == []


def test_order_with_a_partner_takes_no_other():
    told = told_market()
    bid, _ = pair(told)
    third = order(8, "sell", 253, 5, flags=Flag.OCO, link=bid)
    assert told.tell(third)[0]["reason"] == "LINK_UNKNOWN"
    foreign = order(9, "sell", 253, 5, flags=Flag.OCO, link=bid)
    assert told.tell(foreign)[0]["reason"] == "LINK_UNKNOWN"


def test_child_goes_live_with_what_its_parent_traded():
    told = told_market()
    told.tell(order(9, "sell", 250, 3))
    told.tell(order(8, "buy", 250, 5))
    events = told.tell(order(8, "sell", 260, 9, **CHILD))
    assert kinds(events) == ["ACCEPTED", "HELD"]
    told.do(Kind.CANCEL, account=8, order=told.standing()[0])
    (event,) = told.do(Kind.ADVANCE)
    assert (event["kind"], event["lots_left"]) == ("RESTED", 3)


def test_child_of_a_parent_that_traded_nothing_is_cancelled():
    told = told_market()
    told.tell(order(8, "buy", 249, 5), order(8, "sell", 260, 5, **CHILD))
    told.do(Kind.CANCEL, account=8, order=told.standing()[0])
    (event,) = told.do(Kind.ADVANCE)
    assert event["reason"] == "PARENT_ENDED"


def test_stop_child_waits_for_its_trigger_once_its_parent_has_gone():
    told = told_market()
    told.tell(order(8, "buy", 250, 2))
    stop = {"trigger_ticks": 240, "time_in_force": TimeInForce.IOC}
    flags = Flag.CHILD | Source.LAST << 8
    told.tell(order(8, "sell", None, 9, OrderType.STOP_MARKET, **(CHILD | stop | {"flags": flags})))
    told.tell(order(9, "sell", 250, 2))
    (event,) = told.do(Kind.ADVANCE)
    assert (event["kind"], event["lots"], event["trigger_ticks"]) == ("HELD", 2, 240)


def test_partner_of_a_child_is_a_child_of_the_same_parent_and_there_are_two_at_most():
    told = told_market()
    told.tell(order(8, "buy", 249, 5), order(8, "sell", 260, 5, **CHILD))
    parent, first = told.standing()
    second = order(8, "sell", 261, 5, flags=Flag.OCO, link=first)
    assert kinds(told.tell(second)) == ["ACCEPTED", "HELD"]
    assert told.state.orders[told.standing()[2]].parent == parent
    third = order(8, "sell", 262, 5, flags=Flag.CHILD, link=parent)
    assert told.tell(third)[0]["reason"] == "LINK_UNKNOWN"
