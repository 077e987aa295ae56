"""TEST REFERENCE REASONS: of all reasons that hold, the first of the list is given.

Takes   commands at fault in several ways, on states made by a flow.
Gives   a failure when a later reason hides an earlier one, or deciding changes the state.
Keeps   every reason in its order: generators are drained here, not stopped at the first.
Source  Rulebook 1.3; `exchange/reasons.py`.
"""

from copy import deepcopy

import pytest

from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.compose import named_command
from chiphour.exchange.limits import Limits
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reference import Reference
from chiphour.exchange.reference_reasons import first_reason

NOW = 1_783_299_600 * 10**9


@pytest.fixture
def state():
    """Give a market with the accounts 8 and 9, $1 in 8, and contract 1 listed."""
    reference = Reference(Limits(16, 3, 4, 4, 4, 2, 64))
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
        (Kind.SET, {"contract": 1, "value": 3}, Reason.PARAMETER_OUT_OF_RANGE),
        (Kind.OPEN, {"contract": 1}, Reason.PARAMETER_OUT_OF_RANGE),
        (Kind.MARK, {"index": 0, "fit": 1, "value_microusd": -1}, Reason.PARAMETER_OUT_OF_RANGE),
        (Kind.MARK, {"index": 1, "fit": 3}, Reason.INDEX_UNKNOWN),
        (Kind.MARK, {"index": 1, "fit": 3, "value_microusd": 1}, Reason.NONE),
        (Kind.CANCEL, {"account": 10, "order": 1}, Reason.ACCOUNT_UNKNOWN),
        (Kind.CANCEL, {"account": 7, "order": 1}, Reason.ACCOUNT_RESERVED),
        (Kind.CANCEL, {"account": 8, "order": 1}, Reason.ORDER_UNKNOWN),
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
