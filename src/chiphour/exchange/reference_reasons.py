"""REFERENCE REASONS: what the plain exchange refuses, and why, in the order of `reasons.py`.

Takes   the state and one command, as a row and by the names of its columns.
Gives   the reasons that hold, lowest first; the caller stops at the first.
Keeps   the state as it is: nothing here changes anything (rulebook 1.3).
Source  Rulebook 1 to 4, 8 and 10.3; what is refused of orders stands in `reference_checks.py`.
"""

from collections.abc import Callable
from collections.abc import Iterator

from chiphour.contracts import table
from chiphour.contracts.settings import SETTINGS
from chiphour.contracts.table import TERMS
from chiphour.contracts.table import State
from chiphour.exchange import limits as bounds
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Vintage
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reference_checks import amend_reasons
from chiphour.exchange.reference_checks import cancel_all_reasons
from chiphour.exchange.reference_checks import cancel_reasons
from chiphour.exchange.reference_checks import confirm_reasons
from chiphour.exchange.reference_checks import order_reasons
from chiphour.exchange.reference_checks import protect_reasons
from chiphour.exchange.reference_form import malformed
from chiphour.exchange.reference_margin import first_index
from chiphour.exchange.reference_market import ALL
from chiphour.exchange.reference_market import has_index
from chiphour.exchange.reference_market import terms_make_sense
from chiphour.exchange.reference_state import Index
from chiphour.exchange.reference_state import MarketState

Ask = dict[str, int]  # A command by the names of its columns.
Reasons = Iterator[Reason]


def first_reason(state: MarketState, row: list[int], ask: Ask) -> Reason:
    """Give the first reason to refuse a command, or NONE (rulebook 1.3)."""
    return next(_reasons(state, row, ask), Reason.NONE)


def _reasons(state: MarketState, row: list[int], ask: Ask) -> Reasons:
    if malformed(row):  # Rulebook 1.4.
        yield Reason.MALFORMED
    if ask["time_ns"] < state.time_ns:  # Rulebook 2.1.
        yield Reason.TIME_DECREASES
    if ask["kind"] != Kind.ADVANCE and ask["time_ns"] >= state.next_due_ns:  # Rulebook 2.2.
        yield Reason.ADVANCE_DUE
    yield from _REASONS[Kind(ask["kind"])](state, ask)


def _advance_reasons(state: MarketState, ask: Ask) -> Reasons:
    yield from ()  # An early ADVANCE is no fault: it does nothing of its own (rulebook 2.3).


# Accounts and money: rulebook 3.


def _open_account_reasons(state: MarketState, ask: Ask) -> Reasons:
    if not 0 <= ask["account"] < state.limits.accounts:
        yield Reason.ACCOUNT_UNKNOWN
    if ask["account"] < bounds.ACCOUNTS_RESERVED:
        yield Reason.ACCOUNT_RESERVED
    if ask["account"] in state.accounts:
        yield Reason.ACCOUNT_EXISTS


def _deposit_reasons(state: MarketState, ask: Ask) -> Reasons:
    yield from _outside_reasons(state, ask)
    yield from _amount_reasons(ask)
    paid_in = -state.accounts[bounds.OUTSIDE].cash_microusd
    if paid_in + ask["amount_microusd"] > bounds.MONEY_MICROUSD_MAX:
        yield Reason.MONEY_ABOVE_MAX


def _withdraw_reasons(state: MarketState, ask: Ask) -> Reasons:
    yield from _outside_reasons(state, ask)
    yield from _amount_reasons(ask)
    if ask["amount_microusd"] > state.withdrawable_microusd(ask["account"]):
        yield Reason.FUNDS_INSUFFICIENT


def _outside_reasons(state: MarketState, ask: Ask) -> Reasons:
    if ask["account"] not in state.accounts:
        yield Reason.ACCOUNT_UNKNOWN
    if ask["account"] == bounds.OUTSIDE:
        yield Reason.ACCOUNT_RESERVED


def _transfer_reasons(state: MarketState, ask: Ask) -> Reasons:
    if ask["account"] not in state.accounts or ask["target"] not in state.accounts:
        yield Reason.ACCOUNT_UNKNOWN
    if bounds.OUTSIDE in (ask["account"], ask["target"]):
        yield Reason.ACCOUNT_RESERVED
    yield from _amount_reasons(ask)
    if ask["amount_microusd"] > state.withdrawable_microusd(ask["account"]):
        yield Reason.FUNDS_INSUFFICIENT


def _amount_reasons(ask: Ask) -> Reasons:
    if ask["amount_microusd"] <= 0:
        yield Reason.AMOUNT_NOT_POSITIVE
    if ask["amount_microusd"] > bounds.MONEY_MICROUSD_MAX:
        yield Reason.AMOUNT_ABOVE_MAX


# Contracts: rulebook 8.2, 8.7 and 10.3.


def _list_reasons(state: MarketState, ask: Ask) -> Reasons:
    number = ask["contract"]
    if not 0 <= number < state.limits.contracts:
        yield Reason.CONTRACT_UNKNOWN
    if number in state.contracts and not _is_over(state, number):
        yield Reason.CONTRACT_EXISTS


def _is_over(state: MarketState, number: int) -> bool:
    """Tell whether a contract is EXPIRED, without positions or orders."""
    held = any(number in account.positions for account in state.accounts.values())
    open_orders = any(order.contract == number for order in state.orders.values())
    return state.row(number)[table.STATE] == State.EXPIRED and not held and not open_orders


def _set_reasons(state: MarketState, ask: Ask) -> Reasons:
    if ask["contract"] == ALL:
        term = SETTINGS[ask["parameter"]]
    else:
        if ask["contract"] not in state.contracts:
            yield Reason.CONTRACT_UNKNOWN
        term = TERMS[ask["parameter"]]
        stage = state.row(ask["contract"])[table.STATE]
        over = stage in (State.FROZEN, State.EXPIRED)
        if stage != State.LISTED and (over or not term.live):
            yield Reason.CONTRACT_ALREADY_OPEN
    if not term.least <= ask["value"] <= term.most:
        yield Reason.PARAMETER_OUT_OF_RANGE


def _open_reasons(state: MarketState, ask: Ask) -> Reasons:
    if ask["contract"] not in state.contracts:
        yield Reason.CONTRACT_UNKNOWN
    if state.row(ask["contract"])[table.STATE] != State.LISTED:
        yield Reason.CONTRACT_ALREADY_OPEN
    if not terms_make_sense(state, ask["contract"], ask["time_ns"]):
        yield Reason.PARAMETER_OUT_OF_RANGE
    if not has_index(state, ask["contract"]):
        yield Reason.INDEX_UNKNOWN


def _settle_reasons(state: MarketState, ask: Ask) -> Reasons:
    if ask["contract"] not in state.contracts:
        yield Reason.CONTRACT_UNKNOWN
    row = state.row(ask["contract"])
    waits = row[table.STATE] == State.STOPPED and row[table.FALLBACK_PASSED]
    if not waits and row[table.STATE] != State.FROZEN:
        yield Reason.CONTRACT_NOT_OPEN
    if abs(ask["value_microusd"]) > state.limits.price_microusd_max:
        yield Reason.PARAMETER_OUT_OF_RANGE


def _halt_reasons(state: MarketState, ask: Ask) -> Reasons:
    if ask["account"] != 0:
        if ask["account"] not in state.accounts:
            yield Reason.ACCOUNT_UNKNOWN
        if ask["account"] < bounds.ACCOUNTS_RESERVED:
            yield Reason.ACCOUNT_RESERVED
    elif ask["contract"] != ALL and ask["contract"] not in state.contracts:
        yield Reason.CONTRACT_UNKNOWN


# Index: rulebook 4.4 and 8.3.


def _mark_reasons(state: MarketState, ask: Ask) -> Reasons:
    value, index = ask["value_microusd"], state.indexes.get(ask["index"], Index())
    tick_ns = ask["strike_ns"] or ask["time_ns"]
    if not 0 <= value <= state.limits.price_microusd_max or tick_ns > ask["time_ns"]:
        yield Reason.PARAMETER_OUT_OF_RANGE
    if not 1 <= ask["index"] < state.limits.indexes:
        yield Reason.INDEX_UNKNOWN
    if value == 0 and not index.ticks_microusd and not index.fixes_microusd:
        yield Reason.INDEX_UNKNOWN
    if value > 0 and tick_ns < index.tick_ns:
        yield Reason.FIXING_OUT_OF_ORDER


def _fixing_reasons(state: MarketState, ask: Ask) -> Reasons:
    value = ask["value_microusd"]
    if ask["strike_ns"] > ask["time_ns"] or abs(value) > state.limits.price_microusd_max:
        yield Reason.PARAMETER_OUT_OF_RANGE
    if (ask["fit"] == 1 and value <= 0) or (ask["fit"] == 0 and value != 0):
        yield Reason.PARAMETER_OUT_OF_RANGE
    if not 1 <= ask["index"] < state.limits.indexes:
        yield Reason.INDEX_UNKNOWN
    index = state.indexes.get(ask["index"], Index())
    final = ask["vintage"] == Vintage.FINAL
    last_ns = index.final_strike_ns
    if not final:
        last_ns = max(last_ns, index.provisional_strike_ns)
    if ask["strike_ns"] <= last_ns and not (final and _is_awaited(state, ask)):
        yield Reason.FIXING_OUT_OF_ORDER


def _is_awaited(state: MarketState, ask: Ask) -> bool:
    """Tell whether a contract on this index waits for just this strike (rulebook 8.3)."""
    for _, contract in state.in_states(State.STOPPED, State.FROZEN):
        row = contract.row
        stopped = row[table.STATE] == State.STOPPED
        strike_ns = row[table.EXPIRY_NS if stopped else table.SETTLED_STRIKE_NS]
        on = (first_index(state, row), row[table.INDEX_B], row[table.FALLBACK_INDEX])
        if ask["index"] in on and strike_ns == ask["strike_ns"]:
            return True
    return False


_REASONS: dict[Kind, Callable[[MarketState, Ask], Reasons]] = {
    Kind.ADVANCE: _advance_reasons,
    Kind.OPEN_ACCOUNT: _open_account_reasons,
    Kind.DEPOSIT: _deposit_reasons,
    Kind.WITHDRAW: _withdraw_reasons,
    Kind.TRANSFER: _transfer_reasons,
    Kind.LIST: _list_reasons,
    Kind.SET: _set_reasons,
    Kind.OPEN: _open_reasons,
    Kind.FIXING: _fixing_reasons,
    Kind.MARK: _mark_reasons,
    Kind.ORDER: order_reasons,
    Kind.CANCEL: cancel_reasons,
    Kind.AMEND: amend_reasons,
    Kind.CANCEL_ALL: cancel_all_reasons,
    Kind.PROTECT: protect_reasons,
    Kind.CONFIRM: confirm_reasons,
    Kind.HALT: _halt_reasons,
    Kind.SETTLE: _settle_reasons,
}
