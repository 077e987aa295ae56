"""TEST REFERENCE WORK: triggers fire, and the queue is drained a bounded part at a time.

Takes   waiting orders, marks and fills; CANCEL_ALL.
Gives   which orders fire, by id, and in how many steps the queue is empty.
Keeps   what each fired order then does to the tests of orders.
Source  Rulebook 2.7, 2.8, 9.12, 9.15.
"""

import pytest

from chiphour.exchange.commands import SOURCE_SHIFT
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Source
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.limits import STEPS_MAX
from told import kinds
from told import order
from told import told_market

LAST = {"flags": Source.LAST << SOURCE_SHIFT}


def stop(side, trigger, lots=1, kind=OrderType.STOP_MARKET, **more):
    return order(8, side, None, lots, kind, trigger_ticks=trigger, **more)


@pytest.mark.parametrize(
    ("kind", "side", "trigger", "fires_at"),
    [
        (OrderType.STOP_MARKET, "buy", 252, 252),
        (OrderType.STOP_MARKET, "sell", 248, 248),
        (OrderType.TAKE_MARKET, "buy", 248, 247),
        (OrderType.TAKE_MARKET, "sell", 252, 253),
    ],
)
def test_order_fires_when_the_mark_reaches_its_trigger(kind, side, trigger, fires_at):
    told = told_market()
    assert kinds(told.tell(stop(side, trigger, kind=kind))) == ["ACCEPTED", "HELD"]
    told.mark(250)
    assert not told.state.work
    told.mark(fires_at)
    events = told.do(Kind.ADVANCE)
    assert kinds(events) == ["TRIGGERED", "CANCELLED"]  # There is no book to meet.
    assert events[0]["price_ticks"] == 0 and events[1]["price_ticks"] > 0  # Rulebook 9.12.


def test_order_whose_condition_holds_at_entry_is_refused():
    told = told_market()
    assert told.tell(stop("buy", 250))[0]["reason"] == "TRIGGER_PASSED"
    assert kinds(told.tell(stop("buy", 250, **LAST))) == ["ACCEPTED", "HELD"]  # No fill yet.


def test_last_triggers_see_the_lowest_and_the_highest_fill_of_a_taker():
    told = told_market()
    told.tell(stop("sell", 249, **LAST), stop("sell", 245, **LAST))
    told.tell(order(9, "buy", 249, 1), order(9, "buy", 250, 1))
    told.tell(order(10, "sell", 248, 2))
    assert [item[1] for item in told.state.work] == [told.standing()[0]]


def test_trailing_order_follows_the_highest_mark():
    told = told_market()
    told.tell(stop("sell", 5, kind=OrderType.TRAILING))
    told.mark(260)
    told.mark(256)
    assert not told.state.work
    told.mark(255)
    assert len(told.state.work) == 1


def test_fired_limit_order_rests_as_a_limit_order():
    told = told_market()
    told.tell(order(8, "buy", 251, 3, OrderType.STOP_LIMIT, trigger_ticks=252))
    told.mark(252)
    assert kinds(told.do(Kind.ADVANCE)) == ["TRIGGERED", "RESTED"]
    assert told.state.orders[told.standing()[0]].order_type == OrderType.LIMIT


def test_fired_order_that_may_not_go_live_is_cancelled_with_the_reason():
    told = told_market()
    told.tell(stop("buy", 252, 20_000))
    told.mark(252)
    events = told.do(Kind.ADVANCE)
    assert events[1]["reason"] == "MARGIN_INSUFFICIENT"


def test_reduce_only_stop_with_nothing_to_close_is_cut_to_nothing():
    told = told_market()
    told.tell(stop("buy", 252, flags=Flag.REDUCE_ONLY))
    told.mark(252)
    assert told.do(Kind.ADVANCE)[1]["reason"] == "REDUCE_ONLY_CUT"


def test_cancel_all_takes_a_step_for_each_order_and_one_to_end():
    told = told_market()
    told.tell(*[order(8, "buy", 200, 1, label=n % 2) for n in range(STEPS_MAX)])
    assert told.do(Kind.CANCEL_ALL, account=8, contract=-1, side=0, label=1) == []
    late = order(8, "buy", 200, 1, label=1)
    events = told.tell(late)  # Half are passed over; the end is a step of its own.
    assert kinds(events) == ["CANCELLED"] * (STEPS_MAX // 2) + ["ACCEPTED", "RESTED"]
    (event,) = told.do(Kind.ADVANCE)
    assert (event["kind"], event["orders"], event["contract"]) == (
        "CANCELLED_ALL",
        STEPS_MAX // 2,
        -1,
    )
    assert len(told.standing()) == STEPS_MAX // 2 + 1  # Rulebook 9.15: the late one stays.


def test_nothing_is_drained_by_a_command_whose_time_decreases():
    told = told_market()
    told.tell(stop("buy", 252))
    told.mark(252)
    told.time_ns -= 1
    assert told.reason(Kind.ADVANCE) == "TIME_DECREASES"
    told.time_ns += 1
    wrong = order(8, "buy", 200, 1, time_in_force=TimeInForce.DAY, expire_ns=5)
    assert kinds(told.tell(wrong)) == ["TRIGGERED", "CANCELLED", "REFUSED"]
