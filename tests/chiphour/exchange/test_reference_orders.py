"""TEST REFERENCE ORDERS: orders come in, match, rest, change and go as the rulebook says.

Takes   a few orders in one contract.
Gives   their events, exactly.
Keeps   the law (kernel and reference are equal) elsewhere: `tests/laws/test_exchange.py`.
Source  Rulebook 9.1 to 9.4, 9.8, 9.9, 9.11, 9.14, 9.17.
"""

import pytest

from chiphour.contracts.table import MARK_MICROUSD
from chiphour.contracts.table import STATE
from chiphour.contracts.table import State
from chiphour.exchange.commands import STP_SHIFT
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Stp
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.limits import FILLS_MAX
from told import kinds
from told import order
from told import told_market

IOC, FOK = {"time_in_force": TimeInForce.IOC}, {"time_in_force": TimeInForce.FOK}


def iceberg(account, side, cents, lots, shown):
    return order(account, side, cents, lots, OrderType.ICEBERG, trigger_ticks=shown)


def fills(events):
    """Give (price, lots, maker's order) of each fill."""
    return [(e["price_ticks"], e["lots"], e["maker_order"]) for e in events if e["kind"] == "FILL"]


def test_taker_meets_the_best_price_then_the_oldest_and_its_rest_joins_the_book():
    told = told_market()
    told.tell(order(8, "sell", 251, 2), order(9, "sell", 250, 2), order(10, "sell", 250, 2))
    first = told.reference.sequence - 2
    events = told.tell(order(11, "buy", 251, 7))
    assert fills(events) == [(250, 2, first + 1), (250, 2, first + 2), (251, 2, first)]
    assert kinds(events) == ["ACCEPTED", "FILL", "FILL", "FILL", "RESTED"]
    assert told.reference.book(0, 9) == ([(251, 1, 1)], [])  # Rulebook 9.1, 9.4.
    assert (told.lots(11), told.lots(8)) == (6, -2)


def test_rest_of_an_immediate_order_is_cancelled():
    told = told_market()
    told.tell(order(8, "sell", 250, 2))
    *_, last = told.tell(order(9, "buy", 250, 5, **IOC))
    assert (last["kind"], last["reason"], last["lots_left"]) == (
        "CANCELLED",
        "IMMEDIATE_OR_CANCEL",
        3,
    )


def test_work_limit_ends_a_taker_before_its_257th_fill():
    told = told_market()
    told.tell(*[order(8, "sell", 250, 1) for _ in range(FILLS_MAX + 1)])
    events = told.tell(order(9, "buy", 250, 300))
    assert len(fills(events)) == FILLS_MAX  # Rulebook 9.2.
    assert events[-1]["reason"] == "WORK_LIMIT"
    assert told.reference.book(0, 9) == ([], [(250, 1, 1)])


@pytest.mark.parametrize(
    ("mode", "told_kinds"),
    [
        (Stp.CANCEL_MAKER, ["ACCEPTED", "CANCELLED", "FILL", "RESTED"]),
        (Stp.CANCEL_TAKER, ["ACCEPTED", "CANCELLED"]),
        (Stp.CANCEL_BOTH, ["ACCEPTED", "CANCELLED", "CANCELLED"]),
        (Stp.DECREMENT, ["ACCEPTED", "CANCELLED", "REDUCED", "FILL", "CANCELLED"]),
    ],
)
def test_own_order_in_the_way_is_treated_as_the_takers_mode_says(mode, told_kinds):
    told = told_market()
    told.tell(order(8, "sell", 250, 2), order(9, "sell", 250, 1))
    more = {} if mode == Stp.CANCEL_MAKER else IOC
    events = told.tell(order(8, "buy", 250, 4, flags=mode << STP_SHIFT, **more))
    assert kinds(events) == told_kinds  # Rulebook 9.3.


def test_iceberg_shows_its_next_lots_last_at_its_price():
    told = told_market()
    told.tell(iceberg(8, "sell", 250, 10, 3), order(9, "sell", 250, 1))
    assert told.reference.book(0, 9) == ([], [(250, 4, 2)])
    events = told.tell(order(10, "buy", 250, 5))
    assert kinds(events) == ["ACCEPTED", "FILL", "REFRESHED", "FILL", "FILL"]
    assert [event["lots"] for event in events[1:]] == [3, 3, 1, 1]  # Rulebook 9.11.
    assert (events[1]["maker_lots_left"], events[2]["lots_left"]) == (7, 7)


def test_fill_or_kill_counts_hidden_lots_and_nothing_beyond_its_price():
    told = told_market()
    told.tell(iceberg(8, "sell", 250, 10, 3), order(9, "sell", 251, 5))
    events = told.tell(order(10, "buy", 250, 11, **FOK))
    assert (kinds(events), events[-1]["reason"]) == (["ACCEPTED", "CANCELLED"], "FILL_OR_KILL")
    assert sum(lots for _, lots, _ in fills(told.tell(order(10, "buy", 250, 10, **FOK)))) == 10


def test_fill_or_kill_passes_over_its_own_orders_only_where_it_would_cancel_them():
    told = told_market()
    told.tell(order(8, "sell", 250, 2), order(9, "sell", 250, 2))
    mode = Stp.CANCEL_TAKER << STP_SHIFT
    assert kinds(told.tell(order(8, "buy", 250, 2, flags=mode, **FOK)))[-1] == "CANCELLED"
    assert kinds(told.tell(order(8, "buy", 250, 2, **FOK))) == ["ACCEPTED", "CANCELLED", "FILL"]


def test_fill_beyond_the_dynamic_band_does_not_happen_and_a_call_begins():
    told = told_market(dynamic_band_ppm=40_000, call_s=60)  # 10 cents either side of the mark.
    told.tell(order(8, "sell", 260, 1), order(8, "sell", 261, 1))
    events = told.tell(order(9, "buy", 261, 3))
    assert kinds(events) == ["ACCEPTED", "FILL", "CALL_BEGUN", "RESTED"]  # Rulebook 9.8.
    assert told.row()[STATE] == State.CALL
    assert told.reference.book(0, 9) == ([(261, 2, 1)], [(261, 1, 1)])


def test_rest_of_an_immediate_order_is_cancelled_by_the_call_that_it_began():
    told = told_market(dynamic_band_ppm=40_000, call_s=60)
    told.tell(order(8, "sell", 261, 1))
    events = told.tell(order(9, "buy", 261, 1, **IOC))
    assert (kinds(events)[1:], events[-1]["reason"]) == (["CALL_BEGUN", "CANCELLED"], "CALL_BEGUN")


def test_cancelled_order_is_gone_with_its_open_lots():
    told = told_market()
    told.tell(order(8, "buy", 250, 5))
    (event,) = told.do(Kind.CANCEL, account=8, order=told.standing()[0])
    assert (event["reason"], event["lots_left"]) == ("CANCEL_REQUESTED", 5)  # Rulebook 9.9.
    assert told.standing() == [] and 0 not in told.state.accounts[8].positions


def amend(told, number, cents, lots, account=8, trigger=0):
    changes = {"price_ticks": cents, "lots": lots, "trigger_ticks": trigger}
    return told.do(Kind.AMEND, account=account, order=number, **changes)


def test_amended_order_keeps_its_place_with_the_same_price_and_no_more_lots():
    told = told_market()
    told.tell(order(8, "buy", 250, 5), order(9, "buy", 250, 5))
    first = told.standing()[0]
    assert kinds(amend(told, first, 250, 4)) == ["AMENDED"]  # Rulebook 9.14.
    assert fills(told.tell(order(10, "sell", 250, 1))) == [(250, 1, first)]
    assert kinds(amend(told, first, 250, 5)) == ["AMENDED", "RESTED"]  # Four were left: more.
    assert fills(told.tell(order(10, "sell", 250, 1))) != [(250, 1, first)]


def test_amended_order_that_crosses_trades_and_keeps_its_id_and_what_it_traded():
    told = told_market()
    told.tell(order(8, "buy", 249, 5), order(9, "sell", 250, 3))
    number = told.standing()[0]
    assert kinds(amend(told, number, 250, 6)) == ["AMENDED", "FILL", "RESTED"]
    assert told.state.orders[number].traded_lots == 3
    (event,) = amend(told, number, 250, 3)
    assert (event["kind"], event["reason"]) == ("CANCELLED", "CANCEL_REQUESTED")


def test_amended_iceberg_loses_hidden_lots_first():
    told = told_market()
    told.tell(iceberg(8, "buy", 250, 10, 3))
    amend(told, told.standing()[0], 250, 4)
    assert told.reference.book(0, 1)[0] == [(250, 3, 1)]
    amend(told, told.standing()[0], 250, 2)
    assert told.reference.book(0, 1)[0] == [(250, 2, 1)]


def long_of(told, lots):
    told.tell(order(8, "buy", 250, lots), order(9, "sell", 250, lots))


def test_reduce_only_order_is_cut_to_the_position_less_what_stands_before_it():
    told = told_market()
    long_of(told, 10)
    flags = {"flags": Flag.REDUCE_ONLY}
    told.tell(order(8, "sell", 255, 6, **flags))
    events = told.tell(order(8, "sell", 256, 6, **flags))  # Rulebook 9.17.
    assert kinds(events) == ["ACCEPTED", "REDUCED", "RESTED"]
    assert (events[1]["lots"], events[1]["lots_left"]) == (2, 4)
    events = told.tell(order(8, "sell", 254, 3, **flags))  # The least aggressive makes room.
    assert kinds(events) == ["ACCEPTED", "RESTED", "REDUCED"]
    assert (events[2]["price_ticks"], events[2]["lots_left"]) == (256, 1)


def test_reduce_only_orders_follow_a_position_that_shrinks():
    told = told_market()
    long_of(told, 10)
    told.tell(order(8, "sell", 255, 10, flags=Flag.REDUCE_ONLY), order(9, "buy", 250, 7))
    events = told.tell(order(8, "sell", 250, 7))
    assert kinds(events) == ["ACCEPTED", "FILL", "REDUCED"]
    assert (events[-1]["reason"], events[-1]["lots_left"]) == ("REDUCE_ONLY_CUT", 3)


def test_entry_price_and_cash_follow_each_fill():
    told = told_market()
    told.tell(order(8, "buy", 251, 2), order(9, "sell", 250, 2))
    assert told.state.position(8, 0).entry_microusd == 2_510_000  # Rulebook 3.7.
    mark = told.row()[MARK_MICROUSD]
    assert told.state.accounts[8].cash_microusd == 1_000_000_000 + 2 * (mark - 2_510_000)
