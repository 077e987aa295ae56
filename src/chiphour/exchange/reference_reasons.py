"""REFERENCE REASONS: what the plain exchange refuses, and why, in the order of `reasons.py`.

Takes   the state and one command, as a row and by the names of its columns.
Gives   the reasons that hold, lowest first; the caller stops at the first.
Keeps   the state as it is: nothing here changes anything (rulebook 1.3).
Source  Rulebook 1 to 4, 6, 8 and 9; kept apart from `reference.py`, which makes the changes.
"""

from collections.abc import Callable
from collections.abc import Iterator

from chiphour.contracts import table
from chiphour.contracts.table import TERMS
from chiphour.contracts.table import State
from chiphour.exchange import limits as bounds
from chiphour.exchange import reference_rules as rules
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.commands import Vintage
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reference_state import Index
from chiphour.exchange.reference_state import MarketState

Ask = dict[str, int]  # A command by the names of its columns.
Reasons = Iterator[Reason]


def first_reason(state: MarketState, row: list[int], ask: Ask) -> Reason:
    """Give the first reason to refuse a command, or NONE."""
    return next(_reasons(state, row, ask), Reason.NONE)


def _reasons(state: MarketState, row: list[int], ask: Ask) -> Reasons:
    if rules.malformed(row):
        yield Reason.MALFORMED
    if ask["time_ns"] < state.time_ns:
        yield Reason.TIME_DECREASES
    if ask["kind"] != Kind.ADVANCE and ask["time_ns"] >= state.next_due_ns:  # Rulebook 2.2.
        yield Reason.ADVANCE_DUE
    yield from _REASONS[Kind(ask["kind"])](state, ask)


def _open_account_reasons(state: MarketState, ask: Ask) -> Reasons:
    if not 0 <= ask["account"] < state.limits.accounts:
        yield Reason.ACCOUNT_UNKNOWN
    if ask["account"] < bounds.ACCOUNTS_RESERVED:
        yield Reason.ACCOUNT_RESERVED
    if ask["account"] in state.accounts:
        yield Reason.ACCOUNT_EXISTS


def _deposit_reasons(state: MarketState, ask: Ask) -> Reasons:
    if ask["account"] not in state.accounts:
        yield Reason.ACCOUNT_UNKNOWN
    if ask["account"] == bounds.OUTSIDE:
        yield Reason.ACCOUNT_RESERVED
    yield from _amount_reasons(state, ask)
    paid_in = -state.accounts[bounds.OUTSIDE].cash_microusd
    if paid_in + ask["amount_microusd"] > bounds.MONEY_MICROUSD_MAX:
        yield Reason.MONEY_ABOVE_MAX


def _withdraw_reasons(state: MarketState, ask: Ask) -> Reasons:
    if ask["account"] not in state.accounts:
        yield Reason.ACCOUNT_UNKNOWN
    if ask["account"] == bounds.OUTSIDE:
        yield Reason.ACCOUNT_RESERVED
    yield from _amount_reasons(state, ask)
    if ask["amount_microusd"] > state.withdrawable_microusd(ask["account"]):
        yield Reason.FUNDS_INSUFFICIENT


def _transfer_reasons(state: MarketState, ask: Ask) -> Reasons:
    if ask["account"] not in state.accounts or ask["target"] not in state.accounts:
        yield Reason.ACCOUNT_UNKNOWN
    if bounds.OUTSIDE in (ask["account"], ask["target"]):
        yield Reason.ACCOUNT_RESERVED
    yield from _amount_reasons(state, ask)
    if ask["amount_microusd"] > state.withdrawable_microusd(ask["account"]):
        yield Reason.FUNDS_INSUFFICIENT


def _amount_reasons(state: MarketState, ask: Ask) -> Reasons:
    if ask["amount_microusd"] <= 0:
        yield Reason.AMOUNT_NOT_POSITIVE
    if ask["amount_microusd"] > bounds.MONEY_MICROUSD_MAX:
        yield Reason.AMOUNT_ABOVE_MAX


def _list_reasons(state: MarketState, ask: Ask) -> Reasons:
    if not 0 <= ask["contract"] < state.limits.contracts:
        yield Reason.CONTRACT_UNKNOWN
    if ask["contract"] in state.contracts:
        yield Reason.CONTRACT_EXISTS


def _set_reasons(state: MarketState, ask: Ask) -> Reasons:
    yield from _listed_reasons(state, ask)
    term = TERMS[ask["parameter"]]
    if not term.least <= ask["value"] <= term.most:
        yield Reason.PARAMETER_OUT_OF_RANGE


def _open_reasons(state: MarketState, ask: Ask) -> Reasons:
    yield from _listed_reasons(state, ask)
    row = state.contracts[ask["contract"]].row
    if not rules.terms_make_sense(row, ask["time_ns"], state.limits):
        yield Reason.PARAMETER_OUT_OF_RANGE
    if not state.fixes_microusd(row[table.INDEX]):
        yield Reason.INDEX_UNKNOWN


def _listed_reasons(state: MarketState, ask: Ask) -> Reasons:
    if ask["contract"] not in state.contracts:
        yield Reason.CONTRACT_UNKNOWN
    if state.contracts[ask["contract"]].row[table.STATE] != State.LISTED:
        yield Reason.CONTRACT_ALREADY_OPEN


def _mark_reasons(state: MarketState, ask: Ask) -> Reasons:
    if not 0 <= ask["value_microusd"] <= state.limits.price_microusd_max:
        yield Reason.PARAMETER_OUT_OF_RANGE
    if not 1 <= ask["index"] < state.limits.indexes:
        yield Reason.INDEX_UNKNOWN
    if ask["value_microusd"] == 0 and not state.fixes_microusd(ask["index"]):
        yield Reason.INDEX_UNKNOWN


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
    last_ns = index.final_strike_ns if final else index.provisional_strike_ns
    if ask["strike_ns"] <= last_ns and not (final and _is_awaited(state, ask)):
        yield Reason.FIXING_OUT_OF_ORDER


def _is_awaited(state: MarketState, ask: Ask) -> bool:
    """Tell whether a contract waits for just this strike (rulebook 8.3)."""
    stopped = state.by_number(State.STOPPED, ask["index"])
    frozen = state.by_number(State.FROZEN, ask["index"])
    return any(c.row[table.EXPIRY_NS] == ask["strike_ns"] for _, c in stopped) or any(
        c.row[table.SETTLED_STRIKE_NS] == ask["strike_ns"] for _, c in frozen
    )


def _advance_reasons(state: MarketState, ask: Ask) -> Reasons:
    yield from ()  # An early ADVANCE is no fault: it does nothing (rulebook 2.3).


def _order_reasons(state: MarketState, ask: Ask) -> Reasons:
    yield from _member_reasons(state, ask)
    if ask["contract"] not in state.contracts:
        yield Reason.CONTRACT_UNKNOWN
    contract = state.contracts[ask["contract"]]
    if contract.row[table.STATE] != State.OPEN:
        yield Reason.CONTRACT_NOT_OPEN
    if ask["lots"] <= 0:
        yield Reason.LOTS_NOT_POSITIVE
    if ask["lots"] > bounds.ORDER_LOTS_MAX:
        yield Reason.LOTS_ABOVE_MAX
    if ask["order_type"] == OrderType.LIMIT and not _price_in_range(state, ask, contract.row):
        yield Reason.PRICE_OUT_OF_RANGE
    yield from _capacity_reasons(state, ask, contract.row)
    taker = rules.order_of(ask, contract.row, state.limits)
    if state.equity_microusd(ask["account"]) < state.needed_microusd(taker):
        yield Reason.MARGIN_INSUFFICIENT


def _member_reasons(state: MarketState, ask: Ask) -> Reasons:
    if ask["account"] not in state.accounts:
        yield Reason.ACCOUNT_UNKNOWN
    if ask["account"] < bounds.ACCOUNTS_RESERVED:
        yield Reason.ACCOUNT_RESERVED


def _price_in_range(state: MarketState, ask: Ask, row: rules.Row) -> bool:
    """Tell whether a limit price lies within the bounds and the window (rulebook 9.5)."""
    in_window = (
        row[table.PRICE_TICKS_MIN] <= ask["price_ticks"] <= rules.price_ticks_max(row, state.limits)
    )
    price = ask["price_ticks"] * row[table.TICK_MICROUSD]
    return in_window and abs(price) <= state.limits.price_microusd_max


def _capacity_reasons(state: MarketState, ask: Ask, row: rules.Row) -> Reasons:
    """Give the reasons of full tables and bounds (rulebook 1.2, 9.5)."""
    positions = state.accounts[ask["account"]].positions
    position = state.position(ask["account"], ask["contract"])
    open_lots = position.buy_lots + position.sell_lots + ask["lots"]
    if abs(position.lots) + open_lots > state.limits.position_lots_max:
        yield Reason.POSITION_ABOVE_MAX
    if ask["contract"] not in positions:
        everywhere = sum(len(account.positions) for account in state.accounts.values())
        full = len(positions) >= state.limits.positions_per_account
        if full or everywhere >= state.limits.positions:
            yield Reason.POSITIONS_FULL
    if ask["time_in_force"] == TimeInForce.GTC and len(state.orders) >= state.limits.orders:
        yield Reason.ORDERS_FULL
    if row[table.OPEN_INTEREST_LOTS] + ask["lots"] > bounds.OPEN_INTEREST_LOTS_MAX:
        yield Reason.OPEN_INTEREST_ABOVE_MAX


def _cancel_reasons(state: MarketState, ask: Ask) -> Reasons:
    yield from _member_reasons(state, ask)
    order = state.orders.get(ask["order"])
    if order is None or order.account != ask["account"]:
        yield Reason.ORDER_UNKNOWN


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
    Kind.ORDER: _order_reasons,
    Kind.CANCEL: _cancel_reasons,
}
