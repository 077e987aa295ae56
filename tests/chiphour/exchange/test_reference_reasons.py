"""TEST REFERENCE REASONS: of all reasons that hold, the first of the list is given.

Takes   commands at fault in several ways, on states made by a flow.
Gives   a failure when a later reason hides an earlier one, or deciding changes the state.
Keeps   every reason in its order: generators are drained here, not stopped at the first.
Source  Rulebook 1.3, 2.1, 2.2, 3.1, 3.6, 4.4, 8.2, 8.3, 8.7; `exchange/reasons.py`.
"""

from copy import deepcopy

import pytest

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange.commands import AMOUNT_MICROUSD
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.compose import named_command
from chiphour.exchange.limits import Limits
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reference import Reference
from chiphour.exchange.reference_reasons import first_reason
from chiphour.exchange.reference_state import Index
from chiphour.exchange.reference_state import Position

NOW = 1_783_299_600 * 10**9
RANGE = Reason.PARAMETER_OUT_OF_RANGE
FIXING = {"index": 1, "strike_ns": NOW, "vintage": 1, "fit": 1, "value_microusd": 5}


@pytest.fixture
def state():
    """Give a market with the accounts 8 and 9, $1 in 8, and contract 1 listed."""
    reference = Reference(Limits(16, 3, 4, 4, 4, 2, 64, ids=4))
    rows = [
        command(Kind.OPEN_ACCOUNT, account=8),
        command(Kind.OPEN_ACCOUNT, account=9),
        command(Kind.DEPOSIT, account=8, amount_microusd=1_000_000),
        command(Kind.LIST, contract=1),
    ]
    for number, row in enumerate(rows, 1):
        row[0], row[1] = number, NOW
        reference.apply(row[None])
    return reference.state


@pytest.mark.parametrize(
    ("kind", "columns", "reason"),
    [
        (Kind.OPEN_ACCOUNT, {"account": 16}, Reason.ACCOUNT_UNKNOWN),
        (Kind.OPEN_ACCOUNT, {"account": -1}, Reason.ACCOUNT_UNKNOWN),
        (Kind.OPEN_ACCOUNT, {"account": 3}, Reason.ACCOUNT_RESERVED),
        (Kind.OPEN_ACCOUNT, {"account": 8}, Reason.ACCOUNT_EXISTS),
        (Kind.OPEN_ACCOUNT, {"account": 15}, Reason.NONE),
        (Kind.DEPOSIT, {"account": 10, "amount_microusd": 0}, Reason.ACCOUNT_UNKNOWN),
        (Kind.DEPOSIT, {"account": 0, "amount_microusd": 0}, Reason.ACCOUNT_RESERVED),
        (Kind.DEPOSIT, {"account": 1, "amount_microusd": 1}, Reason.NONE),
        (Kind.WITHDRAW, {"account": 8, "amount_microusd": 1_000_001}, Reason.FUNDS_INSUFFICIENT),
        (Kind.WITHDRAW, {"account": 8, "amount_microusd": 1_000_000}, Reason.NONE),
        (Kind.TRANSFER, {"account": 0, "target": 10}, Reason.ACCOUNT_UNKNOWN),
        (Kind.TRANSFER, {"account": 0, "target": 8}, Reason.ACCOUNT_RESERVED),
        (Kind.TRANSFER, {"account": 8, "target": 9}, Reason.AMOUNT_NOT_POSITIVE),
        (Kind.LIST, {"contract": 3}, Reason.CONTRACT_UNKNOWN),
        (Kind.LIST, {"contract": 1}, Reason.CONTRACT_EXISTS),
        (Kind.SET, {"contract": 0, "value": 1}, Reason.CONTRACT_UNKNOWN),
        (Kind.SET, {"contract": 1, "value": 4}, Reason.PARAMETER_OUT_OF_RANGE),
        (Kind.OPEN, {"contract": 1}, Reason.PARAMETER_OUT_OF_RANGE),
        (Kind.MARK, {"index": 0, "fit": 1, "value_microusd": -1}, Reason.PARAMETER_OUT_OF_RANGE),
        (Kind.MARK, {"index": 1, "fit": 3}, Reason.INDEX_UNKNOWN),
        (Kind.MARK, {"index": 1, "fit": 3, "value_microusd": 1}, Reason.NONE),
        (Kind.CANCEL, {"account": 10, "order": 1}, Reason.ACCOUNT_UNKNOWN),
        (Kind.CANCEL, {"account": 7, "order": 1}, Reason.ACCOUNT_RESERVED),
        (Kind.CANCEL, {"account": 8, "order": 1}, Reason.ORDER_UNKNOWN),
        (Kind.MARK, {"index": 1, "fit": 3, "value_microusd": 1, "strike_ns": NOW + 1}, RANGE),
        (Kind.FIXING, FIXING | {"strike_ns": NOW + 1}, RANGE),
        (Kind.FIXING, FIXING | {"value_microusd": 0}, RANGE),
        (Kind.FIXING, FIXING | {"fit": 0}, RANGE),
        (Kind.FIXING, FIXING | {"index": 4}, Reason.INDEX_UNKNOWN),
        (Kind.FIXING, FIXING, Reason.NONE),
        (Kind.SET, {"contract": -2, "value": 1}, Reason.CONTRACT_UNKNOWN),
        (Kind.SET, {"contract": -1, "value": -1}, RANGE),
        (Kind.SET, {"contract": -1, "value": 1}, Reason.NONE),
        (Kind.SETTLE, {"contract": 0, "value_microusd": 1 << 40}, Reason.CONTRACT_UNKNOWN),
        (Kind.SETTLE, {"contract": 1, "value_microusd": 1 << 40}, Reason.CONTRACT_NOT_OPEN),
        (Kind.HALT, {"account": 10, "contract": 1}, Reason.ACCOUNT_UNKNOWN),
        (Kind.HALT, {"account": 7, "contract": 1}, Reason.ACCOUNT_RESERVED),
        (Kind.HALT, {"contract": 2}, Reason.CONTRACT_UNKNOWN),
        (Kind.HALT, {"contract": -1}, Reason.NONE),
        (Kind.ADVANCE, {}, Reason.NONE),
    ],
)
def test_first_reason(state, kind, columns, reason):
    row = command(kind, sequence=5, time_ns=NOW, **columns).tolist()
    before = deepcopy(state)
    assert first_reason(state, row, named_command(row)) == reason
    assert state == before
    row[1] -= 1
    assert first_reason(state, row, named_command(row)) == Reason.TIME_DECREASES
    row[15] = 1
    assert first_reason(state, row, named_command(row)) == Reason.MALFORMED


def test_what_is_due_comes_before_all_but_form_and_time(state):
    state.sweep_ns = NOW
    row = command(Kind.CANCEL, sequence=5, time_ns=NOW, account=10, order=1).tolist()
    assert first_reason(state, row, named_command(row)) == Reason.ADVANCE_DUE
    row = command(Kind.ADVANCE, sequence=5, time_ns=NOW).tolist()
    assert first_reason(state, row, named_command(row)) == Reason.NONE


def test_fixing_after_the_last_of_its_vintage_or_of_the_final_one(state):
    def reason(vintage, strike_ns):
        columns = FIXING | {"vintage": vintage, "strike_ns": strike_ns}
        row = command(Kind.FIXING, sequence=5, time_ns=NOW, **columns).tolist()
        return first_reason(state, row, named_command(row))

    late = Reason.FIXING_OUT_OF_ORDER
    state.indexes[1] = Index(provisional_strike_ns=50, final_strike_ns=60)
    assert [reason(1, ns) for ns in (50, 60, 61)] == [late, late, Reason.NONE]  # Rulebook 8.3.
    assert [reason(2, ns) for ns in (55, 60, 61)] == [late, late, Reason.NONE]
    row = state.row(1)
    row[table.STATE], row[table.EXPIRY_NS], row[table.FALLBACK_INDEX] = State.STOPPED, 55, 1
    row[table.FALLBACK_PASSED] = 1
    assert reason(2, 55) == Reason.NONE  # It waits for this strike.
    row[table.STATE], row[table.SETTLED_STRIKE_NS] = State.FROZEN, 40
    assert [reason(2, ns) for ns in (55, 40)] == [late, Reason.NONE]


def test_number_of_an_expired_contract_may_be_listed_anew_once_it_is_empty(state):
    row = command(Kind.LIST, sequence=5, time_ns=NOW, contract=1).tolist()
    state.row(1)[table.STATE] = State.EXPIRED
    assert first_reason(state, row, named_command(row)) == Reason.NONE  # Rulebook 8.2.
    state.accounts[8].positions[1] = Position(0, lots=1)
    assert first_reason(state, row, named_command(row)) == Reason.CONTRACT_EXISTS


def test_money_paid_in_has_an_end(state):
    columns = {"account": 9, "amount_microusd": (1 << 60) - 1_000_000}
    row = command(Kind.DEPOSIT, sequence=5, time_ns=NOW, **columns).tolist()
    assert first_reason(state, row, named_command(row)) == Reason.NONE  # Rulebook 3.6.
    row[AMOUNT_MICROUSD] += 1
    assert first_reason(state, row, named_command(row)) == Reason.MONEY_ABOVE_MAX
    row[AMOUNT_MICROUSD] = (1 << 60) + 1
    assert first_reason(state, row, named_command(row)) == Reason.AMOUNT_ABOVE_MAX
