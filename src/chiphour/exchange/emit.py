"""EMIT: write events, one function for each family of kinds.

Takes   the events buffer (int64[row, EVENT_COLUMNS]), the row to write, and the market, whose
        SEQUENCE and TIME_NS are those of the command in work.
Gives   the row after it.
Keeps   every column that `events.FILLS` does not name at zero.
Source  Rulebook 1.3, 9.4; decision 0005; `events.py`. An order that acts now stands in the
        market's row TAKER, one that rests or waits in its own row.
"""

import numpy as np

from chiphour.contracts import table as term
from chiphour.exchange import commands as ask
from chiphour.exchange import events as tell
from chiphour.exchange import state as col
from chiphour.exchange.commands import COMMAND_COLUMNS
from chiphour.exchange.commands import USES
from chiphour.exchange.commands import OrderType
from chiphour.exchange.events import EVENT_COLUMNS
from chiphour.exchange.events import Kind
from chiphour.ledger.kernel import kernel

# For each kind of command and column: -1 where REFUSED repeats what stands there.
_NAMED = {"ACCOUNT", "CONTRACT", "CLIENT_ORDER_ID", "LABEL", "ORDER"}
_NAMES = np.zeros((max(USES) + 1, COMMAND_COLUMNS), np.int64)
for _kind, _read in USES.items():
    _NAMES[_kind, [getattr(ask, name) for name in _read if name in _NAMED]] = -1
assert tell.ORDERS == tell.LOTS


@kernel
def _begin(events, row, market, kind):
    for column in range(EVENT_COLUMNS):
        events[row, column] = 0
    events[row, tell.SEQUENCE] = market[0, col.SEQUENCE]
    events[row, tell.TIME_NS] = market[0, col.TIME_NS]
    events[row, tell.KIND] = kind


@kernel
def emit_refused(events, row, market, commands, i, reason):
    """Tell a refusal, with what of the command names it (rulebook 1.3)."""
    _begin(events, row, market, Kind.REFUSED)
    events[row, tell.TIME_NS] = commands[i, ask.TIME_NS]  # It may lie before the market's.
    events[row, tell.REASON] = reason
    kind = commands[i, ask.KIND]
    if kind < 1 or kind >= _NAMES.shape[0]:
        return row + 1
    events[row, tell.ACCOUNT] = commands[i, ask.ACCOUNT] & _NAMES[kind, ask.ACCOUNT]
    events[row, tell.CONTRACT] = commands[i, ask.CONTRACT] & _NAMES[kind, ask.CONTRACT]
    events[row, tell.ORDER] = commands[i, ask.ORDER] & _NAMES[kind, ask.ORDER]
    number = commands[i, ask.CLIENT_ORDER_ID] & _NAMES[kind, ask.CLIENT_ORDER_ID]
    events[row, tell.CLIENT_ORDER_ID] = number
    events[row, tell.LABEL] = commands[i, ask.LABEL] & _NAMES[kind, ask.LABEL]
    if kind == ask.Kind.ORDER:
        events[row, tell.ORDER] = commands[i, ask.SEQUENCE]
    return row + 1


@kernel
def emit_repeated(events, row, market, commands, i, order, answer):
    """Tell that an ORDER's id was used before with the same body (rulebook 12.2)."""
    _begin(events, row, market, Kind.REPEATED)
    events[row, tell.ACCOUNT] = commands[i, ask.ACCOUNT]
    events[row, tell.CONTRACT] = commands[i, ask.CONTRACT]
    events[row, tell.ORDER] = order
    events[row, tell.REASON] = answer
    events[row, tell.CLIENT_ORDER_ID] = commands[i, ask.CLIENT_ORDER_ID]
    events[row, tell.LABEL] = commands[i, ask.LABEL]
    return row + 1


@kernel
def emit_money(events, row, market, kind, account, cash_microusd, amount_microusd):
    """Tell a deposit, a withdrawal, FUND_PAID, or (more columns by the caller) a transfer."""
    _begin(events, row, market, kind)
    events[row, tell.ACCOUNT] = account
    events[row, tell.CASH_MICROUSD] = cash_microusd
    events[row, tell.AMOUNT_MICROUSD] = amount_microusd
    return row + 1


@kernel
def emit_payment(events, row, market, account, contract, lots, cash_microusd, amount_microusd):
    """Tell what a position received from its contract's V."""
    _begin(events, row, market, Kind.PAYMENT)
    events[row, tell.ACCOUNT] = account
    events[row, tell.CONTRACT] = contract
    events[row, tell.LOTS] = lots
    events[row, tell.CASH_MICROUSD] = cash_microusd
    events[row, tell.AMOUNT_MICROUSD] = amount_microusd
    return row + 1


@kernel
def emit_account_opened(events, row, market, account):
    """Tell that an account exists."""
    _begin(events, row, market, Kind.ACCOUNT_OPENED)
    events[row, tell.ACCOUNT] = account
    return row + 1


@kernel
def emit_contract(events, row, market, kind, contract, reason):
    """Tell of a contract: LISTED, EXPIRED, QUALITY."""
    _begin(events, row, market, kind)
    events[row, tell.CONTRACT] = contract
    events[row, tell.REASON] = reason
    return row + 1


@kernel
def emit_parameter_set(events, row, market, contract, parameter, value):
    """Tell the new value of a term."""
    _begin(events, row, market, Kind.PARAMETER_SET)
    events[row, tell.CONTRACT] = contract
    events[row, tell.PARAMETER] = parameter
    events[row, tell.VALUE] = value
    return row + 1


@kernel
def emit_fixed(events, row, market, index, strike_ns, vintage, value_microusd):
    """Tell that a fixing was taken in."""
    _begin(events, row, market, Kind.FIXED)
    events[row, tell.INDEX] = index
    events[row, tell.STRIKE_NS] = strike_ns
    events[row, tell.REASON] = vintage
    events[row, tell.VALUE_MICROUSD] = value_microusd
    return row + 1


@kernel
def emit_valued(events, row, market, contracts, contract, kind):
    """Tell I and M: MARKED, OPENED, or (with more columns by the caller) FUNDED, SETTLED."""
    _begin(events, row, market, kind)
    events[row, tell.CONTRACT] = contract
    events[row, tell.INDEX_MICROUSD] = contracts[contract, term.INDEX_MICROUSD]
    events[row, tell.MARK_MICROUSD] = contracts[contract, term.MARK_MICROUSD]
    return row + 1


@kernel
def emit_taker(events, row, market, kind, reason, lots, lots_left):
    """Tell of the order that acts now: any kind of `events.py` whose columns begin as an order's.

    The trigger is told where the kind has one and the type too (HELD, AMENDED).
    """
    _begin(events, row, market, kind)
    events[row, tell.ACCOUNT] = market[col.TAKER, col.TAKER_ACCOUNT]
    events[row, tell.CONTRACT] = market[col.TAKER, col.TAKER_CONTRACT]
    events[row, tell.ORDER] = market[col.TAKER, col.TAKER_ORDER]
    events[row, tell.SIDE] = market[col.TAKER, col.TAKER_SIDE]
    events[row, tell.REASON] = reason
    events[row, tell.PRICE_TICKS] = market[col.TAKER, col.TAKER_PRICE_TICKS]
    events[row, tell.LOTS] = lots
    events[row, tell.LOTS_LEFT] = lots_left
    events[row, tell.CLIENT_ORDER_ID] = market[col.TAKER, col.TAKER_CLIENT_ORDER_ID]
    events[row, tell.LABEL] = market[col.TAKER, col.TAKER_LABEL]
    if kind == Kind.HELD or kind == Kind.AMENDED:
        order_type = market[col.TAKER, col.TAKER_TYPE]
        if order_type >= OrderType.STOP_LIMIT and order_type <= OrderType.TRAILING:
            events[row, tell.TRIGGER_TICKS] = market[col.TAKER, col.TAKER_TRIGGER]
    return row + 1


@kernel
def emit_order(
    events, row, market, orders, order_row, contract, side, price_ticks, kind, reason, lots, left
):
    """Tell of an order that rests or waits: CANCELLED, REDUCED, REFRESHED."""
    _begin(events, row, market, kind)
    events[row, tell.ACCOUNT] = orders[order_row, col.ORDER_HOLDER] >> col.HOLDER_SHIFT
    events[row, tell.CONTRACT] = contract
    events[row, tell.ORDER] = orders[order_row, col.ORDER_ID]
    events[row, tell.SIDE] = side
    events[row, tell.REASON] = reason
    events[row, tell.PRICE_TICKS] = price_ticks
    events[row, tell.LOTS] = lots
    events[row, tell.LOTS_LEFT] = left
    events[row, tell.CLIENT_ORDER_ID] = orders[order_row, col.ORDER_CLIENT_ORDER_ID]
    events[row, tell.LABEL] = orders[order_row, col.ORDER_LABEL]
    return row + 1


@kernel
def emit_fill(
    events,
    row,
    market,
    contract,
    price_ticks,
    lots,
    side,
    maker,
    maker_order,
    maker_left,
    taker,
    taker_order,
    taker_left,
    fee,
    rebate,
    cause,
):
    """Tell a fill; `side` is the taker's, `..._left` what is left of each order after it."""
    _begin(events, row, market, Kind.FILL)
    events[row, tell.MAKER_ACCOUNT] = maker
    events[row, tell.TAKER_ACCOUNT] = taker
    events[row, tell.CONTRACT] = contract
    events[row, tell.MAKER_ORDER] = maker_order
    events[row, tell.TAKER_ORDER] = taker_order
    events[row, tell.SIDE] = side
    events[row, tell.PRICE_TICKS] = price_ticks
    events[row, tell.LOTS] = lots
    events[row, tell.MAKER_LOTS_LEFT] = maker_left
    events[row, tell.TAKER_LOTS_LEFT] = taker_left
    events[row, tell.TAKER_FEE_MICROUSD] = fee
    events[row, tell.MAKER_REBATE_MICROUSD] = rebate
    events[row, tell.CAUSE] = cause
    return row + 1


@kernel
def emit_counted(events, row, market, kind, account, contract, number):
    """Tell of an account in a contract: CANCELLED_ALL, PROTECTION_SET, PROTECTED (lots)."""
    _begin(events, row, market, kind)
    events[row, tell.ACCOUNT] = account
    events[row, tell.CONTRACT] = contract
    events[row, tell.LOTS] = number
    return row + 1


@kernel
def emit_call_begun(events, row, market, contract, reason, end_ns):
    """Tell that orders gather until `end_ns` (rulebook 9.6)."""
    _begin(events, row, market, Kind.CALL_BEGUN)
    events[row, tell.CONTRACT] = contract
    events[row, tell.REASON] = reason
    events[row, tell.END_NS] = end_ns
    return row + 1


@kernel
def emit_uncrossed(events, row, market, contract, price_ticks, lots, surplus_lots):
    """Tell the price at which a call is matched (rulebook 9.6)."""
    _begin(events, row, market, Kind.UNCROSSED)
    events[row, tell.CONTRACT] = contract
    events[row, tell.PRICE_TICKS] = price_ticks
    events[row, tell.LOTS] = lots
    events[row, tell.SURPLUS_LOTS] = surplus_lots
    return row + 1


@kernel
def emit_mode_set(events, row, market, account, contract, mode):
    """Tell what the operator lets a contract or a member do (rulebook 10.3)."""
    _begin(events, row, market, Kind.MODE_SET)
    events[row, tell.ACCOUNT] = account
    events[row, tell.CONTRACT] = contract
    events[row, tell.REASON] = mode
    return row + 1


@kernel
def emit_risk(events, row, market, kind, account, equity_microusd, maintenance_microusd):
    """Tell how an account stood: MARGIN_CALLED, LIQUIDATION_BEGUN, LIQUIDATION_ENDED."""
    _begin(events, row, market, kind)
    events[row, tell.ACCOUNT] = account
    events[row, tell.EQUITY_MICROUSD] = equity_microusd
    events[row, tell.MAINTENANCE_MICROUSD] = maintenance_microusd
    return row + 1


@kernel
def emit_liquidated(events, row, market, account, contract, side, price_ticks, lots):
    """Tell a closing order (rulebook 7.3)."""
    _begin(events, row, market, Kind.LIQUIDATED)
    events[row, tell.ACCOUNT] = account
    events[row, tell.CONTRACT] = contract
    events[row, tell.SIDE] = side
    events[row, tell.PRICE_TICKS] = price_ticks
    events[row, tell.LOTS] = lots
    return row + 1


@kernel
def emit_fee_paid(events, row, market, account, reason, cash_microusd, amount_microusd):
    """Tell a fee to the fund; the amount is what the account receives, so not above 0."""
    _begin(events, row, market, Kind.FEE_PAID)
    events[row, tell.ACCOUNT] = account
    events[row, tell.REASON] = reason
    events[row, tell.CASH_MICROUSD] = cash_microusd
    events[row, tell.AMOUNT_MICROUSD] = amount_microusd
    return row + 1


@kernel
def emit_ranked(events, row, market, account, contract, lots, score, rank):
    """Tell a place in the list of auto-deleveraging (rulebook 7.7)."""
    _begin(events, row, market, Kind.RANKED)
    events[row, tell.ACCOUNT] = account
    events[row, tell.CONTRACT] = contract
    events[row, tell.LOTS] = lots
    events[row, tell.SCORE] = score
    events[row, tell.RANK] = rank
    return row + 1


@kernel
def emit_tier_set(events, row, market, account, tier):
    """Tell an account's tier of fees from now (rulebook 11.3)."""
    _begin(events, row, market, Kind.TIER_SET)
    events[row, tell.ACCOUNT] = account
    events[row, tell.VALUE] = tier
    return row + 1


@kernel
def emit_window_moved(events, row, market, contract, price_ticks_min):
    """Tell the lowest price of a contract's window from now (rulebook 9.18)."""
    _begin(events, row, market, Kind.WINDOW_MOVED)
    events[row, tell.CONTRACT] = contract
    events[row, tell.VALUE] = price_ticks_min
    return row + 1
