"""TEST REFERENCE TIME: an ADVANCE does what is due, in its order, in parts.

Takes   instants with much to do.
Gives   events in the order of the steps; a next due time that stays until all is done.
Keeps   the next instant waiting.
Source  Rulebook 2, 3.3, 5.2 and 8.1.
"""

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.contracts.table import Type
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.limits import Limits
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_SECOND
from chiphour.units import ns_from_iso
from told import NOW
from told import Told
from told import kinds
from told import order
from told import told_market

EXPIRY_NS = ns_from_iso("2026-07-07T00:30:00+00:00")
STOP_NS = EXPIRY_NS - 600 * NS_PER_SECOND


def advance_to(told, time_ns):
    """Send one ADVANCE at a time."""
    told.time_ns = time_ns
    return told.do(Kind.ADVANCE)


def test_early_advance_does_nothing_and_another_command_waits_for_a_late_one():
    told = told_market()
    due_ns = told.reference.next_due_ns
    assert due_ns == EXPIRY_NS  # The daily settlement.
    assert advance_to(told, due_ns - 1) == []
    told.time_ns = due_ns
    assert told.reason(Kind.MARK, index=1, fit=1) == "ADVANCE_DUE"  # Rulebook 2.2.
    assert kinds(told.do(Kind.ADVANCE)) == ["SETTLED"]


def test_contract_stops_then_its_bids_asks_and_waiting_orders_go():
    told = told_market()
    told.list(1, type=Type.FUTURE, expiry_ns=EXPIRY_NS)
    told.tell(
        order(8, "sell", 260, 1, contract=1),
        order(8, "buy", 230, 1, contract=1),
        order(8, "buy", 240, 1, contract=1),
        order(8, "buy", 240, 1, contract=0),
    )
    events = advance_to(told, STOP_NS)
    assert kinds(events) == ["EXPIRED"] + ["CANCELLED"] * 3
    assert events[0]["reason"] == 0
    assert [e["price_ticks"] for e in events[1:]] == [240, 230, 260]  # Rulebook 2.3.1.
    assert {e["reason"] for e in events[1:]} == {"CONTRACT_STOPPED"}
    assert told.row(1)[table.STATE] == State.STOPPED and len(told.standing()) == 1


def test_one_advance_cancels_at_most_256_orders_and_the_next_goes_on():
    told = told_market()
    told.list(1, type=Type.FUTURE, expiry_ns=EXPIRY_NS)
    told.tell(*[order(8, "buy", 240, 1, contract=1) for _ in range(255)])
    gone = {"time_in_force": TimeInForce.GTD, "expire_ns": STOP_NS}
    told.tell(*[order(9, "buy", 230, 1, **gone) for _ in range(3)])
    first = told.reference.sequence - 2
    events = advance_to(told, STOP_NS)
    assert kinds(events) == ["EXPIRED"] + ["CANCELLED"] * 256  # Both steps together.
    assert events[-1]["reason"] == "GOOD_TILL_PASSED" and events[-1]["order"] == first
    assert told.reference.next_due_ns == STOP_NS
    assert [e["order"] for e in told.do(Kind.ADVANCE)] == [first + 1, first + 2]
    assert told.reference.next_due_ns > STOP_NS


def test_orders_end_by_their_time_then_their_id():
    told = told_market()
    for end_ns in (NOW + 2, NOW + 1, NOW + 1):
        told.tell(order(8, "buy", 240, 1, time_in_force=TimeInForce.GTD, expire_ns=end_ns))
    first = told.reference.sequence - 2
    assert told.reference.next_due_ns == NOW + 1
    assert [e["order"] for e in advance_to(told, NOW + 9)] == [first + 1, first + 2]
    assert [e["order"] for e in told.do(Kind.ADVANCE)] == [first]


def test_funding_then_settlement_then_payment():
    told = told_market(funding_period_s=86_400, impact_lots=1)
    told.tell(order(9, "sell", 250, 2), order(8, "buy", 250, 2))
    told.row()[table.PREMIUM_SUM_MICROUSD], told.row()[table.PREMIUM_COUNT] = 11_250, 1
    told.row()[table.MARK_MICROUSD] += 7
    told.row()[table.NEXT_FUNDING_NS] = EXPIRY_NS
    events = advance_to(told, EXPIRY_NS)
    assert kinds(events) == ["FUNDED", "SETTLED", "PAYMENT", "PAYMENT"]
    # Rulebook 5.2: 11,250 less the dead band of 1,250, for three times 8 hours.
    assert (events[0]["per_lot_microusd"], events[0]["rate_ppm"]) == (-30_000, 4_000)
    assert (events[0]["period_s"], events[1]["per_lot_microusd"]) == (86_400, 7)
    assert [(e["account"], e["amount_microusd"]) for e in events[2:]] == [(8, -59_986), (9, 59_986)]
    assert told.row()[table.NEXT_SETTLEMENT_NS] == EXPIRY_NS + 24 * NS_PER_HOUR


def test_one_advance_pays_at_most_1024_positions():
    told = Told(Limits(1_100, 1, 2, 10, 1_100, 1, 1024))
    fix = {"strike_ns": NOW - 1, "vintage": 1, "fit": 1, "value_microusd": 2_500_000}
    told.do(Kind.FIXING, index=1, **fix)
    told.list(0)
    rows = range(8, 8 + 1_026)
    for account in rows:
        told.do(Kind.OPEN_ACCOUNT, account=account)
        told.do(Kind.DEPOSIT, account=account, amount_microusd=10**9)
    for account in rows[::2]:
        told.tell(order(account, "buy", 250, 1), order(account + 1, "sell", 250, 1))
    told.row()[table.MARK_MICROUSD] += 1
    assert kinds(advance_to(told, EXPIRY_NS)).count("PAYMENT") == 1_024  # Rulebook 2.3.
    sections = told.reference.sections()
    assert sections.market[0, 2:5].tolist() == [EXPIRY_NS, 1, rows[1_024]]
    assert kinds(told.do(Kind.ADVANCE)) == ["PAYMENT"] * 2
    assert told.reference.sections().market[0, 3:5].tolist() == [0, 0]
    assert sum(a.cash_microusd for a in told.state.accounts.values()) == 0


def test_sweep_that_a_fixing_causes_closes_no_day():
    told = told_market()
    told.state.accounts[8].lots_today = 5
    told.time_ns = EXPIRY_NS - 1
    told.reference.now_ns = EXPIRY_NS
    told.reference.begin_sweep()  # As if a FIXING at 00:30:00 had settled something (2.5).
    assert told.reference.next_due_ns == EXPIRY_NS
    age = told.state.age
    advance_to(told, EXPIRY_NS)
    assert (told.state.accounts[8].lots_today, told.state.age) == (5, age)
    told.do(Kind.ADVANCE)  # The instant that was scheduled for this time closes it.
    assert (told.state.accounts[8].lots_today, told.state.age) == (0, age + 1)
