"""APPLY: refuse, then change; in sequence; and never more events than there is room for.

Takes   commands out of order, out of time, out of reason; buffers that are nearly full.
Gives   an assertion, a reason, or the rest of the commands.
Keeps   a refused command without effect but on sequence and time.
Source  Rulebook 1.3, 1.5, 2.1, 2.2, 2.8, 12.2.
"""

import numpy as np
import pytest

from chiphour.exchange import commands as ask
from chiphour.exchange import events as tell
from chiphour.exchange.apply import apply
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.engine import Engine
from chiphour.exchange.limits import Limits
from chiphour.exchange.state import allocate
from chiphour.units import NS_PER_DAY

LIMITS = Limits(accounts=16, contracts=2, indexes=2, orders=16, positions=8, window_ticks=64)


def rows(count, first=1):
    deposits = [
        command(Kind.DEPOSIT, sequence=first + i, time_ns=5, account=1, amount_microusd=1)
        for i in range(count)
    ]
    return np.array(deposits)


@pytest.mark.parametrize("sequence", [0, 2, -1])
def test_a_sequence_that_is_not_the_next_is_our_fault(sequence):
    with pytest.raises(AssertionError):
        Engine(LIMITS).apply(rows(1, first=sequence))


def test_a_time_beyond_the_end_of_time_is_our_fault():
    late = rows(1)
    late[0, ask.TIME_NS] = 1 << 62
    with pytest.raises(AssertionError):
        Engine(LIMITS).apply(late)
    late[0, ask.TIME_NS] -= 1
    assert len(Engine(LIMITS).apply(late)) == 1


def test_time_does_not_decrease(market):
    now = market.time_ns
    market.time_ns -= 1
    (event,) = market.do(Kind.DEPOSIT, account=8, amount_microusd=1)
    assert (event["reason"], event["time_ns"]) == ("TIME_DECREASES", now - 1)
    assert market.engine.time_ns == now
    assert market.advance()[0]["reason"] == "TIME_DECREASES"
    row = command(Kind.DEPOSIT, account=8)
    row[ask.LOTS] = 1
    assert market.send(row)[0]["reason"] == "MALFORMED"  # It comes before.


def test_a_refused_command_moves_sequence_and_time_only(market):
    market.order(8, "buy", 299, 3)
    refused = [
        command(Kind.ORDER, account=8, side=1, order_type=1, time_in_force=1, lots=1),
        command(Kind.CANCEL, account=9, order=1),
        command(Kind.WITHDRAW, account=8, amount_microusd=1 << 60),
        command(Kind.LIST, contract=0),
        command(Kind.MARK, index=3, fit=1),
        command(Kind.FIXING, index=1, strike_ns=1, vintage=1, fit=1, value_microusd=1),
        command(Kind.AMEND, account=9, order=1),
        command(Kind.CANCEL_ALL, account=9, contract=2),
        command(Kind.CONFIRM, account=9, order=1),
        command(Kind.PROTECT, account=9, contract=2),
        command(Kind.HALT, contract=2),
        command(Kind.SETTLE, contract=0),
        np.full(16, -1),
    ]
    for row in refused:
        before = market.engine.sections()
        market.time_ns += 1
        (event,) = market.send(row)
        assert event["kind"] == "REFUSED"
        after = market.engine.sections()
        assert (after.market - before.market).tolist() == [[1, 1, 0, 0, 0, 0, 0, 0]]
        for section, other in zip(before[1:], after[1:], strict=True):
            assert np.array_equal(section, other)


def test_a_refused_order_is_told_with_its_names(market):
    (event,) = market.order(8, "buy", 1, 1, contract=0, client_order_id=5, label=6)
    assert event["reason"] == "PRICE_OUT_OF_RANGE"
    assert (event["account"], event["contract"]) == (8, 0)
    assert event["order"] == event["sequence"]
    assert (event["client_order_id"], event["label"]) == (5, 6)
    (event,) = market.do(Kind.CANCEL, account=9, order=77)
    assert (event["account"], event["contract"], event["order"]) == (9, 0, 77)
    (event,) = market.do(Kind.CANCEL_ALL, account=9, contract=2, label=4)
    assert (event["account"], event["contract"], event["label"]) == (9, 2, 4)
    (event,) = market.do(Kind.AMEND, account=9, order=78, price_ticks=5, lots=6)
    assert (event["account"], event["order"], event["contract"]) == (9, 78, 0)


@pytest.mark.parametrize(("room", "done"), [(0, 1), (1, 2), (4, 5), (99, 10)])
def test_it_stops_while_there_is_room_for_one_more(room, done):
    state = allocate(LIMITS)
    events = np.zeros((LIMITS.events_per_command + room, tell.EVENT_COLUMNS), np.int64)
    assert apply(state, rows(10), events) == (done, done)
    assert (events[:done, tell.KIND] == tell.Kind.DEPOSITED).all()
    assert not events[done:].any()


def test_a_buffer_too_small_for_one_command_does_none():
    events = np.zeros((LIMITS.events_per_command - 1, tell.EVENT_COLUMNS), np.int64)
    assert apply(allocate(LIMITS), rows(3), events) == (0, 0)


def test_an_advance_is_told_its_own_time(market):
    market.time_ns += 3 * NS_PER_DAY
    events = market.advance()
    assert {event["time_ns"] for event in events} == {market.time_ns}


def order_row(**columns):
    given = {"account": 8, "side": 1, "order_type": 1, "time_in_force": 1, "price_ticks": 299}
    return command(Kind.ORDER, **(given | {"lots": 3, "client_order_id": 7} | columns))


def test_an_id_sent_again_gives_the_first_answer(market):
    first = market.send(order_row())[0]["sequence"]
    (event,) = market.send(order_row())
    assert (event["kind"], event["order"], event["reason"]) == ("REPEATED", first, "NONE")
    assert (event["account"], event["client_order_id"]) == (8, 7)
    assert market.send(order_row(lots=4))[0]["reason"] == "ID_REUSED"
    assert len(market.engine.sections().orders) == 1
    assert market.send(order_row(account=9))[0]["kind"] == "ACCEPTED"  # An id is its account's.


def test_a_refused_order_is_remembered_too_unless_it_is_malformed_or_nobodys(market):
    bad = order_row(lots=0, client_order_id=8)
    first = market.send(bad)[0]
    assert first["reason"] == "LOTS_NOT_POSITIVE"
    (event,) = market.send(bad)
    assert (event["kind"], event["reason"]) == ("REPEATED", "LOTS_NOT_POSITIVE")
    assert event["order"] == first["sequence"]
    for row in (order_row(side=3, client_order_id=9), order_row(account=12, client_order_id=9)):
        reason = market.send(row)[0]["reason"]
        assert market.send(row)[0]["reason"] == reason
    assert market.engine.sections().ids[:, 1].tolist() == [8]


def test_a_full_table_of_ids_refuses_new_ones_only(empty):
    market = empty(ids=1)
    market.member(8)
    market.fix()
    market.list(0)
    assert market.send(order_row())[0]["kind"] == "ACCEPTED"
    assert market.send(order_row(client_order_id=8))[0]["reason"] == "IDS_FULL"
    assert market.send(order_row())[0]["kind"] == "REPEATED"
    assert market.send(order_row(client_order_id=0))[0]["kind"] == "ACCEPTED"


def test_work_is_drained_before_the_commands_own_checks(market):
    market.order(8, "buy", 299, 3)
    market.do(Kind.CANCEL_ALL, account=8, contract=-1)
    row = order_row(account=9, side=2)
    row[ask.SIDE] = 3
    events = market.send(row)
    assert [event["kind"] for event in events] == ["CANCELLED", "CANCELLED_ALL", "REFUSED"]
    assert {event["sequence"] for event in events} == {market.engine.sequence}


def test_nothing_is_drained_when_time_decreases_or_something_is_due(market):
    market.order(8, "buy", 299, 3)
    market.do(Kind.CANCEL_ALL, account=8, contract=-1)
    market.time_ns -= 1
    assert [event["kind"] for event in market.advance()] == ["REFUSED"]
    market.time_ns = market.engine.next_due_ns
    assert market.reason(Kind.DEPOSIT, account=8, amount_microusd=1) == "ADVANCE_DUE"
    assert "CANCELLED" not in [event["kind"] for event in market.advance()]
    assert market.advance()[0]["kind"] == "CANCELLED"
