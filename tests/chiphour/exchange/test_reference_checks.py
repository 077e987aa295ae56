"""TEST REFERENCE CHECKS: what is refused of orders, and the first reason of several.

Takes   orders in a market in some condition.
Gives   the reason.
Keeps   one example of each reason; the order of reasons is `exchange/reasons.py`'s.
Source  Rulebook 1.2, 6.6, 7.2, 9.5, 9.7, 9.10 to 9.17, 10.2, 10.3.
"""

import pytest

from chiphour.contracts.table import OPEN_INTEREST_LOTS
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Mode
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.limits import OPEN_INTEREST_LOTS_MAX
from chiphour.exchange.limits import ORDER_LOTS_MAX
from chiphour.exchange.limits import REDUCING_MAX
from chiphour.exchange.limits import WAITING_MAX
from chiphour.exchange.reference_checks import first_of
from told import Told
from told import kinds
from told import order
from told import told_market

GTD = {"time_in_force": TimeInForce.GTD}
REDUCE = {"flags": Flag.REDUCE_ONLY}


def refusal(told, row):
    (event,) = told.tell(row)
    assert event["kind"] == "REFUSED", event
    return event["reason"]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"account": 12}, "ACCOUNT_UNKNOWN"),
        ({"account": 3}, "ACCOUNT_RESERVED"),
        ({"contract": 1}, "CONTRACT_UNKNOWN"),
        (GTD | {"expire_ns": 5}, "PARAMETER_OUT_OF_RANGE"),
        ({"flags": Flag.OCO, "link": 999}, "LINK_UNKNOWN"),
        ({"flags": Flag.CHILD, "link": -3}, "LINK_UNKNOWN"),
        ({"lots": 0}, "LOTS_NOT_POSITIVE"),
        ({"lots": ORDER_LOTS_MAX + 1}, "LOTS_ABOVE_MAX"),
        ({"price_ticks": 0}, "PRICE_OUT_OF_RANGE"),
        ({"price_ticks": 1_025}, "PRICE_OUT_OF_RANGE"),
        ({"flags": Flag.POST_ONLY, "price_ticks": 260}, "POST_ONLY_CROSSES"),
        ({"price_ticks": 100}, "PRICE_OUT_OF_BAND"),
        (REDUCE, "REDUCE_ONLY"),
        ({"lots": 20_000}, "MARGIN_INSUFFICIENT"),
    ],
)
def test_order_is_refused_for(columns, reason):
    told = told_market(static_band_ppm=200_000)
    told.tell(order(9, "sell", 260, 1))
    columns = {"account": 8, "side": "buy", "cents": 250, "lots": 1} | columns
    cents = columns.pop("price_ticks", columns.pop("cents"))
    assert refusal(told, order(columns.pop("account"), columns.pop("side"), cents, **columns)) == (
        reason
    )


def test_post_slide_takes_the_price_behind_the_book_in_every_event():
    told = told_market()
    told.tell(order(9, "sell", 260, 1))
    events = told.tell(order(8, "buy", 270, 1, flags=Flag.POST_SLIDE))
    assert [(e["kind"], e["price_ticks"]) for e in events] == [("ACCEPTED", 259), ("RESTED", 259)]


def test_call_takes_only_orders_that_gather():
    told = told_market(opening_call_s=60)
    ioc = {"time_in_force": TimeInForce.IOC}
    for row in (
        order(8, "buy", 250, 1, **ioc),
        order(8, "buy", None, 1),
        order(8, "buy", 250, 1, flags=Flag.POST_ONLY),
    ):
        assert refusal(told, row) == "CONTRACT_NOT_OPEN"  # Rulebook 9.6.
    told.tell(order(8, "buy", 260, 1))
    assert kinds(told.tell(order(9, "sell", 240, 1))) == ["ACCEPTED", "RESTED"]
    stop = order(8, "buy", None, 1, OrderType.STOP_MARKET, trigger_ticks=252)
    assert kinds(told.tell(stop)) == ["ACCEPTED", "HELD"]


def test_halted_contract_and_halted_member_take_no_order():
    told = told_market()
    told.tell(order(8, "buy", 249, 1))
    number = told.standing()[0]
    told.do(Kind.HALT, account=0, contract=0, mode=Mode.HALTED)
    assert refusal(told, order(8, "buy", 250, 1)) == "CONTRACT_HALTED"  # Rulebook 10.3.
    amend = {"account": 8, "order": number, "price_ticks": 248, "lots": 1}
    assert told.reason(Kind.AMEND, **amend) == "CONTRACT_HALTED"
    told.do(Kind.HALT, account=0, contract=0, mode=Mode.NORMAL)
    told.do(Kind.HALT, account=8, mode=Mode.HALTED)
    assert refusal(told, order(8, "buy", 250, 1)) == "ACCOUNT_BLOCKED"


def test_account_in_liquidation_may_only_reduce():
    told = told_market()
    told.tell(order(8, "buy", 250, 2), order(9, "sell", 250, 2))
    told.state.accounts[8].liquidation = 1
    assert refusal(told, order(8, "sell", 250, 1)) == "ACCOUNT_BLOCKED"  # Rulebook 7.2.
    assert kinds(told.tell(order(8, "sell", 250, 1, **REDUCE))) == ["ACCEPTED", "RESTED"]


@pytest.mark.parametrize("where", ["contract", "member", "index"])
def test_where_one_may_only_reduce_an_order_that_does_not_raise_the_worst_passes(where):
    told = told_market()
    told.tell(order(8, "buy", 250, 2), order(9, "sell", 250, 2))
    if where == "contract":
        told.do(Kind.HALT, account=0, contract=0, mode=Mode.REDUCE_ONLY)
    elif where == "member":
        told.do(Kind.HALT, account=8, mode=Mode.REDUCE_ONLY)
    else:
        told.mark(0, Quality.HALTED)  # Rulebook 10.2.
    assert refusal(told, order(8, "buy", 250, 1)) == "REDUCE_ONLY"
    assert kinds(told.tell(order(8, "sell", 250, 2))) == ["ACCEPTED", "RESTED"]


def test_sixteen_reduce_only_orders_of_a_position_rest():
    told = told_market()
    told.tell(order(8, "buy", 250, 30), order(9, "sell", 250, 30))
    rows = [order(8, "sell", 260, 1, **REDUCE) for _ in range(REDUCING_MAX)]
    assert "REFUSED" not in kinds(told.tell(*rows))
    assert refusal(told, order(8, "sell", 260, 1, **REDUCE)) == "REDUCE_ONLY_FULL"
    taker = order(8, "sell", 249, 1, time_in_force=TimeInForce.IOC, **REDUCE)
    assert kinds(told.tell(taker))[0] == "ACCEPTED"


def test_capacities_and_bounds_are_refusals():
    told = told_market()
    row = told.row()
    row[OPEN_INTEREST_LOTS] = OPEN_INTEREST_LOTS_MAX
    assert refusal(told, order(8, "buy", 250, 1)) == "OPEN_INTEREST_ABOVE_MAX"
    row[OPEN_INTEREST_LOTS] = 0
    told.set(open_interest_cap_lots=5)
    assert refusal(told, order(8, "buy", 250, 6)) == "OPEN_INTEREST_ABOVE_MAX"
    told.state.limits = told.state.limits._replace(position_lots_max=3)
    assert refusal(told, order(8, "buy", 250, 4)) == "POSITION_ABOVE_MAX"
    told.state.limits = told.state.limits._replace(positions=0)
    assert refusal(told, order(8, "buy", 250, 1)) == "POSITIONS_FULL"
    told.state.limits = told.state.limits._replace(positions=9, orders=0)
    assert refusal(told, order(8, "buy", 250, 1)) == "ORDERS_FULL"


def test_thirty_two_orders_of_an_account_wait_in_a_contract():
    told = told_market()
    stop = order(8, "buy", None, 1, OrderType.STOP_MARKET, trigger_ticks=252)
    assert "REFUSED" not in kinds(told.tell(*[stop] * WAITING_MAX))
    assert refusal(told, stop) == "TRIGGERS_FULL"
    far = order(9, "buy", None, 1, OrderType.STOP_MARKET, trigger_ticks=1 << 40)
    assert refusal(told, far) == "PRICE_OUT_OF_RANGE"


def test_amendment_is_checked_as_a_new_order_without_its_own_lots():
    told = told_market()
    told.set(open_interest_cap_lots=5)
    told.tell(order(8, "buy", 249, 5))
    number = told.standing()[0]
    amend = {"account": 8, "order": number, "price_ticks": 250}
    assert told.reason(Kind.AMEND, **amend, lots=6) == "OPEN_INTEREST_ABOVE_MAX"
    assert told.reason(Kind.AMEND, **amend, lots=ORDER_LOTS_MAX + 1) == "LOTS_ABOVE_MAX"
    wrong = {"lots": 5, "trigger_ticks": 1}
    assert told.reason(Kind.AMEND, **amend, **wrong) == "PARAMETER_OUT_OF_RANGE"
    assert kinds(told.do(Kind.AMEND, **amend, lots=5)) == ["AMENDED", "RESTED"]
    other = {"account": 9, "order": number, "price_ticks": 250, "lots": 5}
    assert told.reason(Kind.AMEND, **other) == "ORDER_UNKNOWN"


def test_child_and_block_are_not_amended():
    told = told_market()
    told.tell(order(8, "buy", 249, 5), order(8, "sell", 260, 5, flags=Flag.CHILD, link=-1))
    child = told.standing()[1]
    amend = {"account": 8, "order": child, "price_ticks": 261, "lots": 5}
    assert told.reason(Kind.AMEND, **amend) == "ORDER_UNKNOWN"  # Rulebook 9.14.


def test_commands_about_orders_name_accounts_and_contracts_that_there_are():
    told = told_market()
    assert told.reason(Kind.CANCEL, account=8, order=1) == "ORDER_UNKNOWN"
    assert told.reason(Kind.CANCEL_ALL, account=8, contract=2) == "CONTRACT_UNKNOWN"
    assert told.reason(Kind.PROTECT, account=8, contract=2, lots=1) == "CONTRACT_UNKNOWN"
    assert told.reason(Kind.PROTECT, account=3, contract=0, lots=1) == "ACCOUNT_RESERVED"
    assert told.reason(Kind.CONFIRM, account=12, order=1) == "ACCOUNT_UNKNOWN"


def test_order_in_an_empty_market_has_no_contract():
    told = Told()
    told.do(Kind.OPEN_ACCOUNT, account=8)
    assert refusal(told, order(8, "buy", 250, 1)) == "CONTRACT_UNKNOWN"


def test_first_of_no_reasons_is_none():
    assert first_of(iter(()), iter(())) == 0
