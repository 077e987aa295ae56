"""HALTS: a mode is given to a contract, to all of them, or to a member; the kill switch cancels.

Takes   each mode, given and taken back; accounts and contracts that there are not.
Gives   MODE_SET and what follows it, or the reason.
Keeps   orders that a mode forbids refused; cancels always possible.
Source  Rulebook 10.3.
"""

import pytest

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Mode


def halt(market, mode, **columns):
    return market.do(Kind.HALT, mode=mode, **columns)


def told(events):
    return [(event["kind"], event.get("contract")) for event in events]


def answer(events):
    return events[0]["reason"] if events[0]["kind"] == "REFUSED" else events[0]["kind"]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"contract": 1}, "CONTRACT_UNKNOWN"),
        ({"contract": 3}, "CONTRACT_UNKNOWN"),
        ({"contract": -2}, "CONTRACT_UNKNOWN"),
        ({"account": -1}, "ACCOUNT_UNKNOWN"),
        ({"account": 12}, "ACCOUNT_UNKNOWN"),
        ({"account": 16}, "ACCOUNT_UNKNOWN"),
        ({"account": 1}, "ACCOUNT_RESERVED"),
        ({"mode": 3}, "MALFORMED"),
        ({"flags": 2}, "MALFORMED"),
    ],
)
def test_a_halt_is_refused(columns, reason, market):
    assert market.reason(Kind.HALT, **{"mode": 2} | columns) == reason


def test_a_halted_contract_takes_no_orders_but_cancels(market):
    order = market.order(8, "buy", 299, 5)[0]["order"]
    (event,) = halt(market, Mode.HALTED, contract=0)
    assert (event["account"], event["contract"]) == (0, 0)
    assert answer(market.order(8, "buy", 299, 1)) == "CONTRACT_HALTED"
    assert market.do(Kind.CANCEL, account=8, order=order)[0]["kind"] == "CANCELLED"
    assert told(market.mark(3_000_000)) == [("MARKED", 0)]


def test_what_trades_again_begins_with_a_call(market):
    market.set(call_s=60)
    assert told(halt(market, Mode.REDUCE_ONLY, contract=0)) == [("MODE_SET", 0)]
    halt(market, Mode.HALTED, contract=0)
    events = halt(market, Mode.NORMAL, contract=0)
    assert told(events) == [("MODE_SET", 0), ("CALL_BEGUN", 0)]
    assert events[1]["reason"] == "RESUMED"
    assert market.contract()[table.STATE] == State.CALL
    assert market.engine.next_due_ns == events[1]["end_ns"]


def test_without_a_call_it_trades_at_once(market):
    market.set(call_s=0)
    halt(market, Mode.HALTED, contract=0)
    assert told(halt(market, Mode.NORMAL, contract=0)) == [("MODE_SET", 0)]
    assert market.contract()[table.STATE] == State.OPEN


def test_all_contracts_are_halted_at_once(market):
    market.do(Kind.LIST, contract=2)
    assert told(halt(market, Mode.HALTED, contract=-1)) == [("MODE_SET", -1)]
    assert [row[table.MODE] for _, row in market.engine.contracts()] == [Mode.HALTED] * 2
    events = halt(market, Mode.NORMAL, contract=-1)
    assert told(events) == [("MODE_SET", -1), ("CALL_BEGUN", 0)]


def test_a_contract_that_only_reduces_takes_no_new_risk(market):
    market.order(8, "buy", 300, 5)
    market.order(9, "sell", 300, 5)
    halt(market, Mode.REDUCE_ONLY, contract=0)
    assert answer(market.order(10, "buy", 299, 1)) == "REDUCE_ONLY"
    assert answer(market.order(8, "buy", 299, 1)) == "REDUCE_ONLY"
    assert answer(market.order(8, "sell", 301, 5)) == "ACCEPTED"


def test_a_member_is_halted_in_every_contract(market):
    market.list(1)
    (event,) = halt(market, Mode.HALTED, account=8)
    assert (event["account"], event["contract"]) == (8, 0)
    assert market.engine.account(8).mode == Mode.HALTED
    for contract in (0, 1):
        assert answer(market.order(8, "buy", 299, 1, contract=contract)) == "ACCOUNT_BLOCKED"
        assert answer(market.order(9, "buy", 299, 1, contract=contract)) == "ACCEPTED"


@pytest.mark.parametrize(
    ("columns", "cancelled"),
    [
        ({"contract": 0}, [(8, 0), (9, 0)]),
        ({"contract": -1}, [(8, 0), (8, 1), (9, 0)]),
        ({"account": 8}, [(8, 0), (8, 1)]),
    ],
)
def test_the_kill_switch_cancels_through_the_queue(columns, cancelled, market):
    """Accounts by number, of each contracts by number; with the next command."""
    market.list(1)
    for account, contract in ((9, 0), (8, 1), (8, 0)):
        market.order(account, "buy", 299, 5, contract=contract)
    assert [event["kind"] for event in halt(market, Mode.HALTED, flags=1, **columns)] == [
        "MODE_SET"
    ]
    events = market.advance()
    assert [(event["account"], event["contract"]) for event in events] == cancelled
    assert {event["reason"] for event in events} == {"HALTED"}
