"""BLOCKS: two members trade many lots at an agreed price, outside the book.

Takes   a CONFIRM: row `i` of the commands; the BLOCK order that it names waits for it.
Gives   the reason to refuse it; one FILL.
Keeps   both sides checked as any new order at that price; no last price moved.
Source  Rulebook 9.16.
"""

from chiphour.contracts import table as term
from chiphour.contracts.table import State
from chiphour.exchange import commands as ask
from chiphour.exchange import state as col
from chiphour.exchange.checks import live_reason
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.emit import emit_fill
from chiphour.exchange.events import Cause
from chiphour.exchange.fees import charge
from chiphour.exchange.orders import contract_of
from chiphour.exchange.orders import find_order
from chiphour.exchange.orders import position_of
from chiphour.exchange.orders import side_of
from chiphour.exchange.orders import type_of
from chiphour.exchange.positions import change_position
from chiphour.exchange.positions import position_exists
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reducing import trim
from chiphour.exchange.resting import drop
from chiphour.exchange.state import NONE
from chiphour.exchange.taker import take_row_back
from chiphour.exchange.trader import trader_reason
from chiphour.exchange.waiting import unhold
from chiphour.ledger.kernel import kernel
from chiphour.ledger.post import post


@kernel
def confirm_reason(state, commands, i):
    """Give the first reason to refuse a CONFIRM, or NONE: the confirming side's first."""
    account = commands[i, ask.ACCOUNT]
    reason = trader_reason(state.accounts, account)
    if reason != Reason.NONE:
        return reason
    row = find_order(state.orders, state.slots, commands[i, ask.ORDER])
    if row == NONE or type_of(state.orders[row, col.ORDER_WORDS]) != OrderType.BLOCK:
        return Reason.ORDER_UNKNOWN
    if state.orders[row, col.ORDER_TRIGGER] != account:
        return Reason.ORDER_UNKNOWN
    contract = contract_of(state.market, state.orders, row)
    if state.contracts[contract, term.STATE] != State.OPEN:
        return Reason.CONTRACT_NOT_OPEN
    _take_side(state, row, account)
    reason = live_reason(state, 0, 0, 0)
    if reason != Reason.NONE:
        return reason
    first = state.orders[row, col.ORDER_HOLDER] >> col.HOLDER_SHIFT
    _take_side(state, row, first)
    reason = live_reason(state, 0, 0, 0)
    if reason != Reason.NONE:
        return reason
    begun = contract * state.accounts.shape[0]
    new = not position_exists(state.positions, begun + first)
    both_new = new and not position_exists(state.positions, begun + account)
    if both_new and state.market[0, col.POSITIONS] + 2 > state.market[0, col.POSITIONS_MAX]:
        return Reason.POSITIONS_FULL  # Each alone would have had room.
    return Reason.NONE


@kernel
def _take_side(state, row, account):
    """Let one side of a block be the order that acts: a limit order that would not rest."""
    market = state.market
    take_row_back(state, row)
    if account != market[col.TAKER, col.TAKER_ACCOUNT]:
        side = market[col.TAKER, col.TAKER_SIDE]
        market[col.TAKER, col.TAKER_SIDE] = Side.SELL if side == Side.BUY else Side.BUY
        market[col.TAKER, col.TAKER_ACCOUNT] = account
        market[col.TAKER, col.TAKER_ORDER] = market[0, col.SEQUENCE]
    market[col.TAKER, col.TAKER_TYPE] = OrderType.LIMIT
    market[col.TAKER, col.TAKER_TIME_IN_FORCE] = TimeInForce.IOC
    market[col.TAKER, col.TAKER_ROW] = NONE


@kernel
def confirm(state, commands, i, events, written):
    """Do a CONFIRM that nothing refuses: the block trades, and its order is gone."""
    orders = state.orders
    row = find_order(orders, state.slots, commands[i, ask.ORDER])
    position = position_of(state, row)
    contract = position // state.accounts.shape[0]
    maker = position % state.accounts.shape[0]
    taker = commands[i, ask.ACCOUNT]
    lots = orders[row, col.ORDER_HOLDER] & col.HOLDER_LOTS
    price_ticks = orders[row, col.ORDER_PRICE_TICKS]
    sells = side_of(orders[row, col.ORDER_WORDS]) == Side.BUY  # The confirming side.
    price = price_ticks * state.contracts[contract, term.TICK_MICROUSD]
    bought = -lots if sells else lots
    settlement = state.contracts[contract, term.SETTLEMENT_MICROUSD]
    post(state.accounts, taker, maker, bought * (price - settlement))
    fee, rebate = charge(state, taker, maker, contract, lots, Cause.BLOCK)
    change_position(state, maker, contract, -bought, 0, 0, 0, price)
    change_position(state, taker, contract, bought, 0, 0, 0, price)
    orders[row, col.ORDER_TRADED] += lots
    written = emit_fill(
        events,
        written,
        state.market,
        contract,
        price_ticks,
        lots,
        Side.SELL if sells else Side.BUY,
        maker,
        orders[row, col.ORDER_ID],
        0,
        taker,
        state.market[0, col.SEQUENCE],
        0,
        fee,
        rebate,
        Cause.BLOCK,
    )
    unhold(state, row)
    written = trim(state, maker, contract, events, written)
    written = trim(state, taker, contract, events, written)
    drop(state, position, row)
    return written
