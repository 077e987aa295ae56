"""EMIT: write events, one function for each family of kinds.

Takes   the events buffer (int64[row, EVENT_COLUMNS]), the row to write, and the market, whose
        SEQUENCE and TIME_NS are those of the command in work.
Gives   the row after it.
Keeps   every column that `events.FILLS` does not name at zero.
Source  Rulebook 1.3, 9.4; `events.py`.
"""

from chiphour.contracts import table as term
from chiphour.exchange import commands as ask
from chiphour.exchange import events as tell
from chiphour.exchange import state as col
from chiphour.exchange.events import EVENT_COLUMNS
from chiphour.exchange.events import Kind
from chiphour.ledger.kernel import kernel


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
    kind = commands[i, ask.KIND]
    events[row, tell.TIME_NS] = commands[i, ask.TIME_NS]  # It may lie before the market's.
    events[row, tell.REASON] = reason
    if (
        (kind >= ask.Kind.OPEN_ACCOUNT and kind <= ask.Kind.TRANSFER)
        or kind == ask.Kind.ORDER
        or kind == ask.Kind.CANCEL
    ):
        events[row, tell.ACCOUNT] = commands[i, ask.ACCOUNT]
    if (kind >= ask.Kind.LIST and kind <= ask.Kind.OPEN) or kind == ask.Kind.ORDER:
        events[row, tell.CONTRACT] = commands[i, ask.CONTRACT]
    if kind == ask.Kind.CANCEL:
        events[row, tell.ORDER] = commands[i, ask.ORDER]
    if kind == ask.Kind.ORDER:
        events[row, tell.ORDER] = commands[i, ask.SEQUENCE]
        events[row, tell.CLIENT_ORDER_ID] = commands[i, ask.CLIENT_ORDER_ID]
        events[row, tell.LABEL] = commands[i, ask.LABEL]
    return row + 1


@kernel
def emit_money(events, row, market, kind, account, cash_microusd, amount_microusd):
    """Tell a deposit, a withdrawal, or (with more columns filled by the caller) a transfer."""
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
    """Tell of a contract: LISTED, OPENED (reason 0) or EXPIRED."""
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
    """Tell I and M of a contract: MARKED, or (with more columns by the caller) FUNDED, SETTLED."""
    _begin(events, row, market, kind)
    events[row, tell.CONTRACT] = contract
    events[row, tell.INDEX_MICROUSD] = contracts[contract, term.INDEX_MICROUSD]
    events[row, tell.MARK_MICROUSD] = contracts[contract, term.MARK_MICROUSD]
    return row + 1


@kernel
def emit_accepted(events, row, market, commands, i, price_ticks):
    """Tell that an order passed every check."""
    _begin(events, row, market, Kind.ACCEPTED)
    _order(events, row, commands, i, price_ticks)
    events[row, tell.LOTS] = commands[i, ask.LOTS]
    return row + 1


@kernel
def emit_rested(events, row, market, commands, i, price_ticks, lots_left):
    """Tell that the rest of an order joined the book."""
    _begin(events, row, market, Kind.RESTED)
    _order(events, row, commands, i, price_ticks)
    events[row, tell.LOTS_LEFT] = lots_left
    return row + 1


@kernel
def emit_rest_cancelled(events, row, market, commands, i, price_ticks, lots_left, reason):
    """Tell that the rest of an order was cancelled before it joined the book."""
    _begin(events, row, market, Kind.CANCELLED)
    _order(events, row, commands, i, price_ticks)
    events[row, tell.LOTS_LEFT] = lots_left
    events[row, tell.REASON] = reason
    return row + 1


@kernel
def _order(events, row, commands, i, price_ticks):
    events[row, tell.ACCOUNT] = commands[i, ask.ACCOUNT]
    events[row, tell.CONTRACT] = commands[i, ask.CONTRACT]
    events[row, tell.ORDER] = commands[i, ask.SEQUENCE]
    events[row, tell.SIDE] = commands[i, ask.SIDE]
    events[row, tell.PRICE_TICKS] = price_ticks
    events[row, tell.CLIENT_ORDER_ID] = commands[i, ask.CLIENT_ORDER_ID]
    events[row, tell.LABEL] = commands[i, ask.LABEL]


@kernel
def emit_cancelled(events, row, market, orders, order_row, contract, side, price_ticks, reason):
    """Tell that a resting order was taken out of the book."""
    _begin(events, row, market, Kind.CANCELLED)
    holder = orders[order_row, col.ORDER_HOLDER]
    events[row, tell.ACCOUNT] = holder >> col.HOLDER_SHIFT
    events[row, tell.CONTRACT] = contract
    events[row, tell.ORDER] = orders[order_row, col.ORDER_ID]
    events[row, tell.SIDE] = side
    events[row, tell.REASON] = reason
    events[row, tell.PRICE_TICKS] = price_ticks
    events[row, tell.LOTS_LEFT] = holder & col.HOLDER_LOTS
    events[row, tell.CLIENT_ORDER_ID] = orders[order_row, col.ORDER_CLIENT_ORDER_ID]
    events[row, tell.LABEL] = orders[order_row, col.ORDER_LABEL]
    return row + 1


@kernel
def emit_fill(events, row, market, commands, i, orders, order_row, price_ticks, lots, lots_left):
    """Tell a fill; the maker's row already holds what is left of it, `lots_left` is the taker's."""
    _begin(events, row, market, Kind.FILL)
    holder = orders[order_row, col.ORDER_HOLDER]
    events[row, tell.MAKER_ACCOUNT] = holder >> col.HOLDER_SHIFT
    events[row, tell.CONTRACT] = commands[i, ask.CONTRACT]
    events[row, tell.MAKER_ORDER] = orders[order_row, col.ORDER_ID]
    events[row, tell.SIDE] = commands[i, ask.SIDE]
    events[row, tell.TAKER_ACCOUNT] = commands[i, ask.ACCOUNT]
    events[row, tell.PRICE_TICKS] = price_ticks
    events[row, tell.LOTS] = lots
    events[row, tell.MAKER_LOTS_LEFT] = holder & col.HOLDER_LOTS
    events[row, tell.CLIENT_ORDER_ID] = orders[order_row, col.ORDER_CLIENT_ORDER_ID]
    events[row, tell.LABEL] = orders[order_row, col.ORDER_LABEL]
    events[row, tell.TAKER_ORDER] = commands[i, ask.SEQUENCE]
    events[row, tell.TAKER_LOTS_LEFT] = lots_left
    return row + 1
