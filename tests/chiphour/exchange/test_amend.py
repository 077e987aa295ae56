"""AMEND: what keeps its place in time and what loses it; what an amended order must pass.

Takes   resting and waiting orders, and new prices, lots and triggers for them.
Gives   the events, and the queue at the price.
Keeps   the order's id, and its total with what it traded.
Source  Rulebook 9.14, 10.3.
"""

import pytest

from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Mode
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce


def kinds(events):
    return [event["kind"] for event in events]


def place(market, account, side, price, lots, **columns):
    given = {"order_type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC} | columns
    given |= {"account": account, "side": Side[side.upper()], "price_ticks": price, "lots": lots}
    events = market.do(Kind.ORDER, contract=0, **given)
    assert events[0]["kind"] == "ACCEPTED"
    return events[0]["order"]


def amend(market, order, price, lots, account=8, trigger=0):
    columns = {"price_ticks": price, "lots": lots, "trigger_ticks": trigger}
    return market.do(Kind.AMEND, account=account, order=order, **columns)


def queue(market):
    return market.engine.sections().orders[:, 0].tolist()


def stop(market, price, trigger, **columns):
    given = {"order_type": OrderType.STOP_LIMIT, "trigger_ticks": trigger} | columns
    return place(market, 8, "buy", price, 5, **given)


def test_fewer_lots_at_the_same_price_keep_the_place(market):
    first = place(market, 8, "buy", 299, 5)
    second = place(market, 9, "buy", 299, 5)
    (event,) = amend(market, first, 299, 3)
    assert (event["kind"], event["lots"], event["price_ticks"]) == ("AMENDED", 3, 299)
    assert queue(market) == [first, second]
    assert market.engine.account(8).positions[0].open_buy_lots == 3


@pytest.mark.parametrize(("price", "lots"), [(299, 6), (298, 5)])
def test_more_lots_or_another_price_lose_it(price, lots, market):
    first = place(market, 8, "buy", 299, 5)
    second = place(market, 9, "buy", 299, 5)
    assert kinds(amend(market, first, price, lots)) == ["AMENDED", "RESTED"]
    assert queue(market) == [second, first]


def test_a_new_price_may_meet_the_book(market):
    place(market, 9, "sell", 301, 2)
    order = place(market, 8, "buy", 299, 5)
    events = amend(market, order, 301, 5)
    assert kinds(events) == ["AMENDED", "FILL", "RESTED"]
    assert {events[1]["taker_order"], events[2]["order"]} == {order}
    (event,) = amend(market, order, 301, 4)  # Its total: 2 are traded, 2 stay.
    assert (event["kind"], event["lots"]) == ("AMENDED", 2)
    assert market.engine.book(0, 5)[0] == [(301, 2, 1)]


@pytest.mark.parametrize("lots", [2, 0, -(1 << 63)])
def test_a_total_that_is_traded_already_cancels(lots, market):
    order = place(market, 8, "buy", 299, 5)
    place(market, 9, "sell", 299, 2)
    (event,) = amend(market, order, 1, lots)
    assert (event["kind"], event["reason"], event["lots_left"]) == (
        "CANCELLED",
        "CANCEL_REQUESTED",
        3,
    )


def test_an_iceberg_loses_hidden_lots_first(market):
    iceberg = {"order_type": OrderType.ICEBERG, "trigger_ticks": 4}
    order = place(market, 8, "buy", 299, 9, **iceberg)
    amend(market, order, 299, 6)
    assert market.engine.sections().orders[0, [5, 13]].tolist() == [4, 2]
    amend(market, order, 299, 3)
    assert market.engine.sections().orders[0, [5, 13]].tolist() == [3, 0]


def test_its_own_lots_and_reserve_are_left_out_of_account(empty):
    market = empty(position_lots_max=10)
    market.member(8, dollars=10)
    market.fix()
    market.list(0)
    order = place(market, 8, "buy", 299, 10)  # $3.00 of margin.
    assert kinds(amend(market, order, 298, 10)) == ["AMENDED", "RESTED"]
    assert amend(market, order, 298, 11)[0]["reason"] == "POSITION_ABOVE_MAX"
    assert amend(market, order, 330, 10)[0]["kind"] == "AMENDED"  # 30 cents each, of $7.
    market.do(Kind.WITHDRAW, account=8, amount_microusd=4_000_000)
    assert amend(market, order, 331, 10)[0]["reason"] == "MARGIN_INSUFFICIENT"


def test_a_full_table_does_not_hinder_it(empty):
    market = empty(orders=1)
    market.member(8)
    market.fix()
    market.list(0)
    order = place(market, 8, "buy", 299, 1)
    assert kinds(amend(market, order, 298, 2)) == ["AMENDED", "RESTED"]


def test_what_a_type_does_not_have_stays_zero(market):
    order = place(market, 8, "buy", 299, 5)
    assert amend(market, order, 299, 5, trigger=1)[0]["reason"] == "PARAMETER_OUT_OF_RANGE"
    assert amend(market, order, 299, 1 << 24)[0]["reason"] == "LOTS_ABOVE_MAX"
    assert amend(market, order, 269, 5)[0]["reason"] == "PRICE_OUT_OF_RANGE"
    assert amend(market, order, 299, 5, account=9)[0]["reason"] == "ORDER_UNKNOWN"
    assert amend(market, order + 1, 299, 5)[0]["reason"] == "ORDER_UNKNOWN"
    trailing = {"order_type": OrderType.TRAILING, "time_in_force": TimeInForce.IOC}
    order = place(market, 8, "buy", 0, 5, trigger_ticks=3, **trailing)
    assert amend(market, order, 1, 5, trigger=3)[0]["reason"] == "PARAMETER_OUT_OF_RANGE"
    assert amend(market, order, 0, 5, trigger=0)[0]["reason"] == "PARAMETER_OUT_OF_RANGE"
    assert kinds(amend(market, order, 0, 5, trigger=2)) == ["AMENDED"]


def test_a_waiting_order_changes_in_place(market):
    order = stop(market, 310, 305)
    (event,) = amend(market, order, 311, 7, trigger=306)
    assert event["kind"] == "AMENDED"
    assert (event["price_ticks"], event["lots"], event["trigger_ticks"]) == (311, 7, 306)
    assert amend(market, order, 311, 7, trigger=300)[0]["reason"] == "TRIGGER_PASSED"
    assert amend(market, order, 269, 7, trigger=306)[0]["reason"] == "PRICE_OUT_OF_RANGE"
    market.mark(3_055_000)
    assert "TRIGGERED" not in kinds(market.advance())
    market.mark(3_060_000)
    assert "TRIGGERED" in kinds(market.advance())


def test_a_child_that_waits_is_not_amended_but_cancelled(market):
    parent = place(market, 8, "buy", 299, 5)
    child = place(market, 8, "sell", 310, 5, flags=Flag.CHILD, link=parent)
    assert amend(market, child, 311, 5)[0]["reason"] == "ORDER_UNKNOWN"
    assert amend(market, child, 311, 0)[0]["reason"] == "CANCEL_REQUESTED"


def test_nothing_is_amended_where_all_is_halted_but_by_cancel(market):
    order = place(market, 8, "buy", 299, 5)
    market.do(Kind.HALT, contract=0, mode=Mode.HALTED)
    assert amend(market, order, 299, 4)[0]["reason"] == "CONTRACT_HALTED"
    market.do(Kind.HALT, account=8, mode=Mode.HALTED)
    assert amend(market, order, 299, 4)[0]["reason"] == "ACCOUNT_BLOCKED"
    assert amend(market, order, 299, 0)[0]["reason"] == "CANCEL_REQUESTED"


def test_a_post_only_order_slides_again(market):
    market.order(9, "sell", 301, 2)
    order = place(market, 8, "buy", 299, 5, flags=Flag.POST_SLIDE)
    events = amend(market, order, 305, 5)
    assert [(e["kind"], e["price_ticks"]) for e in events] == [("AMENDED", 300), ("RESTED", 300)]
