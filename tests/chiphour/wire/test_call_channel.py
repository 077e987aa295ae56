"""TEST CALL CHANNEL: what is said of a call against what its end brings.

Takes   crowds and storms with calls, command by command.
Gives   a failure that names the sequence.
Keeps   the indicative price, lots and surplus those of UNCROSSED.
Source  Rulebook 9.6.
"""

from decimal import Decimal

import pytest

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange import events as e
from chiphour.exchange.events import Kind
from chiphour.exchange.reference import Reference
from chiphour.wire.call_channel import Auctions
from chiphour.wire.call_channel import Calls
from chiphour.wire.call_channel import Indicative
from chiphour.wire.call_channel import auction
from chiphour.wire.call_channel import indicative
from chiphour.wire.depth import Depth
from chiphour.wire.dialect import Instrument
from heard import crowded
from heard import frames
from heard import ordered
from heard import scenario

FLOWS = [(crowded, seed) for seed in range(20, 28)]
FLOWS += [(ordered, seed) for seed in (2, 3, 7, 8, 12)]
FLOWS += [(scenario, name) for name in ("call_iceberg", "opening_call", "band_call", "halts")]


def ends_of(flow):
    """Give (what was said before, what UNCROSSED said or None) of each call that ended."""
    make, seed = flow
    depth, calls, found, limits = Depth(), Calls(), [], None
    limits, rows = make(seed)
    before = {}
    for batch, events, reference in frames(limits, rows):
        listed = events.tolist()
        states = {n: contract.row[table.STATE] for n, contract in reference.state.contracts.items()}
        for number, was in before.items():
            contract = reference.state.contracts[number]
            own = [event for event in listed if event[e.CONTRACT] == number]
            first = own[0] if own else None
            done = was == State.CALL and states[number] == State.OPEN
            if first is not None and first[e.KIND] == Kind.UNCROSSED:
                told = Indicative(*first[e.PRICE_TICKS : e.SURPLUS_LOTS + 1])
            elif done and first is None:
                told = None
            else:
                continue
            mark = calls.marks_microusd[number]
            assert mark == contract.row[table.MARK_MICROUSD]
            found.append(
                (indicative(depth.book(number), mark, contract.row[table.TICK_MICROUSD]), told)
            )
        before = states
        depth.hear(batch, events)
        calls.hear(events)
        for number, state in states.items():
            call = calls.call(number, depth.time_ns)
            row = reference.state.row(number)
            if call is not None:
                assert (state, call.end_ns) == (State.CALL, row[table.CALL_END_NS])
            else:
                assert state != State.CALL or row[table.CALL_END_NS] <= depth.time_ns
    return found


@pytest.mark.parametrize("flow", FLOWS)
def test_call_ends_as_was_said(flow):
    for said, told in ends_of(flow):
        assert said == told


def test_calls_of_the_flows_end_with_a_print_and_without():
    found = [each for flow in FLOWS for each in ends_of(flow)]
    prints = [told for _, told in found if told is not None]
    assert len(prints) > 20 and len(found) - len(prints) > 3
    assert len({told.surplus_lots > 0 for told in prints}) == 2


def test_channel_tells_a_call_from_begin_to_end():
    limits, rows = scenario("call_iceberg")
    depth, calls, reference = Depth(), Calls(), Reference(limits)
    auctions = Auctions(depth.book(0))
    said = []
    for row in rows:
        events = reference.apply(row[None])
        depth.hear(row[None], events)
        calls.hear(events)
        if 0 in reference.state.contracts:
            listed = Instrument(0, "H100SXMOD_USDC-PERPETUAL", reference.state.row(0), "", 0)
            if message := auctions.take(calls, depth, listed):
                said.append(message)
    states = [message["auction_state"] for message in said]
    assert states == ["none", "call", "call", "none"] or states[-3:] == ["call", "call", "none"]
    call = said[-2]
    assert (call["auction_price"], call["auction_amount"]) == (Decimal("2.5"), 12)
    assert call["auction_surplus"] == -13 and call["auction_reason"] == "opening"
    assert call["auction_end_timestamp"] == 1783299720000
    assert said[-1]["auction_price"] == call["auction_price"]
    again = Calls()
    again.adopt(0, 2_500_000, depth.time_ns + 1)
    assert auction(again, depth.book(0), depth.time_ns, listed)["auction_state"] == "call"
