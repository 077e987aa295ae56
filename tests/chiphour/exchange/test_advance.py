"""ADVANCE: what is due is done, in order, once, and a bounded part of it at a time.

Takes   contracts with several things due at one instant; more orders and positions than one
        command may touch.
Gives   the order of events; how many each ADVANCE gave; what is due next.
Keeps   everything else refused until the instant is done.
Source  Rulebook 2.2 to 2.6.
"""

import numpy as np
import pytest

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.contracts.table import Type
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.commands import Vintage
from chiphour.exchange.limits import CANCELS_MAX
from chiphour.exchange.limits import PAYMENTS_MAX
from chiphour.exchange.listing import STOP_BEFORE_EXPIRY_NS
from chiphour.exchange.state import NEVER_NS
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_SECOND

DAY_S = 86_400


def told(events):
    return [(event["kind"], event.get("contract")) for event in events]


def test_an_empty_market_has_nothing_due(empty):
    market = empty()
    assert market.engine.next_due_ns == NEVER_NS
    assert market.advance() == []


def test_before_its_time_an_advance_does_nothing(market):
    before = market.engine.sections()
    market.time_ns = market.engine.next_due_ns - 1
    assert market.advance() == []
    after = market.engine.sections()
    for section, other in zip(before[1:], after[1:], strict=True):
        assert np.array_equal(section, other)


def test_what_is_due_comes_first(market):
    market.time_ns = market.engine.next_due_ns
    assert market.order(8, "buy", 300, 1)[0]["reason"] == "ADVANCE_DUE"
    assert market.reason(Kind.DEPOSIT, account=8, amount_microusd=1) == "ADVANCE_DUE"
    assert told(market.advance()) == [("SETTLED", 0)]
    assert market.order(8, "buy", 300, 1)[0]["kind"] == "ACCEPTED"


def test_the_steps_of_an_instant_have_their_order(market):
    """At one 00:30: 1 funds, then 0 and 1 settle; positions are paid by account."""
    market.list(1, funding_period_s=DAY_S, funding_dead_band_ppm=0)
    for contract in (1, 0):
        market.order(9, "buy", 300, 1_000, contract=contract)
        market.order(8, "sell", 300, 1_000, contract=contract)
    market.order(10, "buy", 301, 500, contract=1)
    market.order(11, "sell", 310, 500, contract=1)
    market.time_ns += NS_PER_HOUR
    market.mark(3_000_100)
    events = market.until(market.engine.next_due_ns)
    assert told(events) == [
        ("FUNDED", 1),
        ("SETTLED", 0),
        ("SETTLED", 1),
        ("PAYMENT", 0),
        ("PAYMENT", 1),
        ("PAYMENT", 0),
        ("PAYMENT", 1),
    ]
    assert [event["account"] for event in events[3:]] == [8, 8, 9, 9]
    market.check()


def test_instants_come_one_by_one_however_late_it_is(market):
    market.list(1, funding_period_s=43_200)
    market.time_ns += 2 * NS_PER_DAY
    due = []
    while market.engine.next_due_ns <= market.time_ns:
        due.append((market.engine.next_due_ns, told(market.advance())))
    start = market.time_ns - 2 * NS_PER_DAY
    both = [("FUNDED", 1), ("SETTLED", 0), ("SETTLED", 1)]
    assert due == [
        (start + 12 * NS_PER_HOUR, [("FUNDED", 1)]),
        (start + 24 * NS_PER_HOUR, both),
        (start + 36 * NS_PER_HOUR, [("FUNDED", 1)]),
        (start + 48 * NS_PER_HOUR, both),
    ]


@pytest.fixture
def expiring(empty):
    """Give a market with two futures and a way to rest orders in the first."""

    def make(orders):
        market = empty()
        for account in (8, 9):
            market.member(account)
        market.fix()
        for contract in (0, 1):
            expiry_ns = market.time_ns + NS_PER_DAY
            market.list(contract, type=Type.FUTURE, expiry_ns=expiry_ns)
        market.order(9, "sell", 310, 1, contract=1)
        for number in range(orders):
            side = "buy" if number % 2 else "sell"
            market.order(8, side, 290 if number % 2 else 310, 1)
        market.time_ns = market.engine.next_due_ns
        assert market.time_ns == expiry_ns - STOP_BEFORE_EXPIRY_NS
        return market

    return make


def test_a_contract_stops_ten_minutes_before_its_expiry(expiring):
    market = expiring(4)
    events = market.advance()
    assert [(event["kind"], event["contract"]) for event in events] == [
        ("EXPIRED", 0),
        *[("CANCELLED", 0)] * 4,
        ("EXPIRED", 1),
        ("CANCELLED", 1),
    ]
    assert [event["side"] for event in events[1:5]] == ["BUY", "BUY", "SELL", "SELL"]
    assert events[1]["order"] < events[2]["order"]
    assert {event["reason"] for event in events[1:5]} == {"CONTRACT_STOPPED"}
    assert market.order(8, "buy", 300, 1)[0]["reason"] == "CONTRACT_NOT_OPEN"
    assert market.engine.next_due_ns == market.contract()[table.EXPIRY_NS] + 72 * NS_PER_HOUR


@pytest.mark.parametrize("more", [0, 1, 2])
def test_one_advance_cancels_so_many_orders(more, expiring):
    """The second contract holds one order: it is the 257th when `more` is nought."""
    market = expiring(CANCELS_MAX - 1 + more)
    first = market.advance()
    assert told(first).count(("CANCELLED", 0)) == min(CANCELS_MAX, CANCELS_MAX - 1 + more)
    assert (("EXPIRED", 1) in told(first)) == (more < 2)
    second = market.advance() if more else []
    assert len([e for e in first + second if e["kind"] == "CANCELLED"]) == CANCELS_MAX + more
    if more:
        assert market.engine.sections().market[0].tolist()[2] > market.time_ns
    assert [row[table.STATE] for _, row in market.engine.contracts()] == [State.STOPPED] * 2


@pytest.mark.parametrize(("members", "advances"), [(PAYMENTS_MAX, 1), (PAYMENTS_MAX + 2, 2)])
def test_one_advance_pays_so_many_positions(members, advances, empty):
    market = empty(accounts=1100, positions=1100)
    for account in range(8, 8 + members):
        market.member(account, dollars=10)
    market.fix()
    market.list(0)
    for account in range(8, 8 + members, 2):
        market.order(account, "buy", 300, 1)
        market.order(account + 1, "sell", 300, 1)
    market.mark(3_010_000)
    market.time_ns = market.engine.next_due_ns
    given = [market.advance()]
    while market.engine.next_due_ns <= market.time_ns:
        _, _, due, active, account, *_ = market.engine.sections().market[0].tolist()
        assert (due, active, account) == (market.time_ns, 1, 8 + PAYMENTS_MAX)
        assert market.reason(Kind.DEPOSIT, account=8, amount_microusd=1) == "ADVANCE_DUE"
        given.append(market.advance())
    payments = [[e["account"] for e in events if e["kind"] == "PAYMENT"] for events in given]
    assert len(given) == advances
    # Rulebook 2.4: the settlement itself is of the first ADVANCE alone.
    assert [told(events).count(("SETTLED", 0)) for events in given] == [1, 0][:advances]
    assert [account for part in payments for account in part] == list(range(8, 8 + members))
    assert len(payments[0]) == PAYMENTS_MAX
    market.check()


def test_a_fixing_that_settles_is_swept_at_once(expiring):
    market = expiring(0)
    market.advance()
    market.until(market.contract()[table.EXPIRY_NS])
    market.fix(3_100_000, market.time_ns)
    sections = market.engine.sections()
    assert sections.market[0].tolist()[2:5] == [market.time_ns, 1, 0]
    market.advance()
    market.fix(3_100_000, market.time_ns, Vintage.FINAL)
    market.advance()
    assert market.engine.sections().market[0].tolist()[2:5] == [NEVER_NS, 0, 0]


def ends(market, seconds, account=8, price=299):
    columns = {"time_in_force": TimeInForce.GTD, "order_type": 1, "side": 1, "lots": 1}
    columns |= {"expire_ns": market.time_ns + seconds * NS_PER_SECOND, "price_ticks": price}
    return market.do(Kind.ORDER, account=account, contract=0, **columns)[0]["order"]


def test_orders_end_by_time_and_then_by_id(market):
    """Rulebook 2.3.2: the second and third end at one instant, before the first."""
    orders = [ends(market, 9), ends(market, 7), ends(market, 7, account=9)]
    assert market.engine.next_due_ns == market.time_ns + 7 * NS_PER_SECOND
    market.do(Kind.CANCEL, account=8, order=ends(market, 3))
    assert market.engine.next_due_ns == market.time_ns + 7 * NS_PER_SECOND
    events = market.until(market.time_ns + 10 * NS_PER_SECOND)
    assert [event["order"] for event in events] == [orders[1], orders[2], orders[0]]
    assert {event["reason"] for event in events} == {"GOOD_TILL_PASSED"}


@pytest.mark.parametrize("more", [0, 1])
def test_stops_and_ends_share_one_bound(more, expiring):
    """Rulebook 2.3: orders of a contract that stops come first, then those that end then."""
    market = expiring(CANCELS_MAX - 1)
    market.time_ns -= NS_PER_SECOND
    market.list(2)
    columns = {"time_in_force": TimeInForce.GTD, "order_type": 1, "side": 1, "lots": 1}
    columns |= {"expire_ns": market.engine.next_due_ns, "price_ticks": 290, "contract": 2}
    for _ in range(more):
        market.do(Kind.ORDER, account=8, **columns)
    market.time_ns = due = market.engine.next_due_ns
    first = market.advance()
    assert len([event for event in first if event["kind"] == "CANCELLED"]) == CANCELS_MAX
    assert (market.engine.next_due_ns == due) == (more == 1)
    if more:
        assert market.reason(Kind.DEPOSIT, account=8, amount_microusd=1) == "ADVANCE_DUE"
        (event,) = market.advance()
        assert (event["reason"], event["contract"]) == ("GOOD_TILL_PASSED", 2)
        assert market.engine.next_due_ns > due


def test_a_contract_that_stops_in_a_call_is_called_no_more(empty):
    """Rulebook 2.3.1: a contract in CALL stops as an open one does."""
    market = empty()
    market.member(8)
    market.fix()
    expiry_ns = market.time_ns + NS_PER_DAY
    market.list(0, type=Type.FUTURE, expiry_ns=expiry_ns, opening_call_s=DAY_S)
    assert market.contract()[table.STATE] == State.CALL
    market.order(8, "buy", 300, 1)
    market.time_ns = market.engine.next_due_ns
    assert told(market.advance()) == [("EXPIRED", 0), ("CANCELLED", 0)]
    assert market.contract()[table.STATE] == State.STOPPED
    assert market.contract()[table.CALL_END_NS] == 0
