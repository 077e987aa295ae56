"""CALLS: a call begins, says until when, and is due then.

Takes   contracts that open in a call, meet their band, or trade again.
Gives   CALL_BEGUN with its reason; what is due next.
Keeps   orders that rest, where they rest.
Source  Rulebook 8.2, 9.6, 9.8, 10.3.
"""

import pytest

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange.commands import Kind
from chiphour.units import NS_PER_SECOND


def open_in_call(market):
    return market.list(1, opening_call_s=60)


def meet_band(market):
    market.list(1, dynamic_band_ppm=10_000, call_s=60)
    market.order(9, "sell", 304, 1, contract=1)
    return market.order(8, "buy", 304, 1, contract=1)


def trade_again(market):
    market.list(1, call_s=60)
    market.do(Kind.HALT, contract=1, mode=2)
    return market.do(Kind.HALT, contract=1, mode=0)


@pytest.mark.parametrize(
    ("begin", "reason"), [(open_in_call, "OPENING"), (meet_band, "BAND"), (trade_again, "RESUMED")]
)
def test_a_call_says_why_and_until_when(begin, reason, market):
    (event,) = [event for event in begin(market) if event["kind"] == "CALL_BEGUN"]
    end_ns = market.time_ns + 60 * NS_PER_SECOND
    assert (event["contract"], event["reason"], event["end_ns"]) == (1, reason, end_ns)
    row = market.contract(1)
    assert (row[table.STATE], row[table.CALL_END_NS]) == (State.CALL, end_ns)
    assert market.engine.next_due_ns == end_ns
    market.until(end_ns + 60 * NS_PER_SECOND)  # The one beyond the band is extended once.
    assert market.contract(1)[table.STATE] == State.OPEN
    assert market.contract(0)[table.STATE] == State.OPEN
