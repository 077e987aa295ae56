"""APPLY: refuse, then change; in sequence; and never more events than there is room for.

Takes   commands out of order, out of time, out of reason; buffers that are nearly full.
Gives   an assertion, a reason, or the rest of the commands.
Keeps   a refused command without effect but on sequence and time.
Source  Rulebook 1.3, 1.5, 2.1, 2.2.
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
        np.full(16, -1),
    ]
    for row in refused:
        before = market.engine.sections()
        market.time_ns += 1
        (event,) = market.send(row)
        assert event["kind"] == "REFUSED"
        after = market.engine.sections()
        assert (after.market - before.market).tolist() == [[1, 1, 0, 0, 0]]
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
