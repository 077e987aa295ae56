"""AMEND: an order gets a new price, new lots, a new trigger.

Takes   an AMEND: row `i` of the commands.
Gives   AMENDED, and what follows where the order comes again.
Keeps   an order's place in time when its price stays and its lots do not grow; its id always.
Source  Rulebook 9.14, 10.3.
"""

from chiphour.exchange import commands as ask
from chiphour.exchange import state as col
from chiphour.exchange.book import act
from chiphour.exchange.checks import acting_reason
from chiphour.exchange.checks import live_reason
from chiphour.exchange.checks import trading_reason
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.emit import emit_taker
from chiphour.exchange.events import Kind
from chiphour.exchange.limits import ORDER_LOTS_MAX
from chiphour.exchange.orders import find_order
from chiphour.exchange.orders import type_of
from chiphour.exchange.reasons import Reason
from chiphour.exchange.resting import cancel_row
from chiphour.exchange.resting import open_lots
from chiphour.exchange.resting import place_of
from chiphour.exchange.resting import take_out
from chiphour.exchange.resting import withdraw_row
from chiphour.exchange.state import NONE
from chiphour.exchange.taker import price_taker
from chiphour.exchange.taker import take_row_back
from chiphour.exchange.taker import waits_for_trigger
from chiphour.exchange.trader import trader_reason
from chiphour.exchange.waiting import has_price
from chiphour.exchange.waiting import hold_reason
from chiphour.exchange.waiting import retrigger
from chiphour.ledger.kernel import kernel

_ACTIVATE_WAITS = 2  # Of ORDER_FIRED: a child whose parent has gone.


@kernel
def amend_reason(state, commands, i):
    """Give the first reason to refuse an AMEND, or NONE; TAKER is then the order to be."""
    account = commands[i, ask.ACCOUNT]
    reason = trader_reason(state.accounts, account)
    if reason != Reason.NONE:
        return reason
    row = find_order(state.orders, state.slots, commands[i, ask.ORDER])
    if row == NONE or state.orders[row, col.ORDER_HOLDER] >> col.HOLDER_SHIFT != account:
        return Reason.ORDER_UNKNOWN
    if _cancels(state.orders, row, commands[i, ask.LOTS]):
        return Reason.NONE
    waits = state.orders[row, col.ORDER_PLACE] >= col.PLACE_WAITING
    stays = _stays(state, row, commands, i)
    _take(state, row, commands, i)
    reason = trading_reason(state) if waits or stays else acting_reason(state)
    if reason == Reason.NONE:
        reason = _terms_reason(state, row, commands, i)
    if reason != Reason.NONE or stays:
        return reason
    if waits:
        reason = hold_reason(state)  # Its row, and its place among those that wait, it has.
        return reason if reason < Reason.ORDERS_FULL else Reason.NONE
    return _coming_reason(state, row)


@kernel
def _may_change(orders, row):
    """Tell whether an order is neither a BLOCK nor a child that waits."""
    if orders[row, col.ORDER_PARENT] != NONE or orders[row, col.ORDER_FIRED] >= _ACTIVATE_WAITS:
        return False
    return type_of(orders[row, col.ORDER_WORDS]) != OrderType.BLOCK


@kernel
def _cancels(orders, row, lots):
    """Tell whether an order has traded its new total already."""
    return lots <= orders[row, col.ORDER_TRADED]


@kernel
def _stays(state, row, commands, i):
    """Tell whether a resting order keeps its place in time: same price, no more lots."""
    place = state.orders[row, col.ORDER_PLACE]
    if place >= col.PLACE_WAITING:
        return False
    _, _, price_ticks = place_of(state.market, state.contracts, place)
    lots = commands[i, ask.LOTS] - state.orders[row, col.ORDER_TRADED]
    return commands[i, ask.PRICE_TICKS] == price_ticks and lots <= open_lots(state.orders, row)


@kernel
def _take(state, row, commands, i):
    """Let TAKER hold the order as it will be."""
    take_row_back(state, row)
    market = state.market
    market[col.TAKER, col.TAKER_PRICE_TICKS] = commands[i, ask.PRICE_TICKS]
    lots = commands[i, ask.LOTS] - state.orders[row, col.ORDER_TRADED]
    market[col.TAKER, col.TAKER_LOTS] = lots
    if waits_for_trigger(market[col.TAKER, col.TAKER_TYPE]):
        market[col.TAKER, col.TAKER_TRIGGER] = commands[i, ask.TRIGGER_TICKS]


@kernel
def _terms_reason(state, row, commands, i):
    """Check that a type gets what it has, that the order may change, and the bound of its lots."""
    order_type = state.market[col.TAKER, col.TAKER_TYPE]
    trigger = commands[i, ask.TRIGGER_TICKS]
    if commands[i, ask.PRICE_TICKS] != 0 and not has_price(order_type):
        return Reason.PARAMETER_OUT_OF_RANGE
    if trigger != 0 and not waits_for_trigger(order_type):
        return Reason.PARAMETER_OUT_OF_RANGE
    if trigger <= 0 and order_type == OrderType.TRAILING:
        return Reason.PARAMETER_OUT_OF_RANGE
    if not _may_change(state.orders, row):
        return Reason.ORDER_UNKNOWN
    if commands[i, ask.LOTS] > ORDER_LOTS_MAX:
        return Reason.LOTS_ABOVE_MAX
    return Reason.NONE


@kernel
def _coming_reason(state, row):
    """Check an order that leaves the book and comes again, without what it has open now."""
    price_taker(state)
    lots = open_lots(state.orders, row)
    reserve = lots * state.orders[row, col.ORDER_RESERVE]
    buys = state.market[col.TAKER, col.TAKER_SIDE] == Side.BUY
    return live_reason(state, lots if buys else 0, 0 if buys else lots, reserve)


@kernel
def amend(state, commands, i, events, written):
    """Do an AMEND that nothing refuses."""
    row = find_order(state.orders, state.slots, commands[i, ask.ORDER])
    if _cancels(state.orders, row, commands[i, ask.LOTS]):
        return cancel_row(state, row, Reason.CANCEL_REQUESTED, events, written)
    waits = state.orders[row, col.ORDER_PLACE] >= col.PLACE_WAITING
    stays = _stays(state, row, commands, i)
    lots = state.market[col.TAKER, col.TAKER_LOTS]
    written = emit_taker(events, written, state.market, Kind.AMENDED, 0, lots, 0)
    if waits:
        _change_waiting(state, row)
    elif stays:
        cut = open_lots(state.orders, row) - lots
        hidden = min(cut, state.orders[row, col.ORDER_HIDDEN])
        take_out(state, row, hidden, cut - hidden)
    else:
        withdraw_row(state, row)
        written = act(state, events, written)
    return written


@kernel
def _change_waiting(state, row):
    market = state.market
    account = market[col.TAKER, col.TAKER_ACCOUNT]
    lots = market[col.TAKER, col.TAKER_LOTS]
    state.orders[row, col.ORDER_HOLDER] = account << col.HOLDER_SHIFT | lots
    state.orders[row, col.ORDER_PRICE_TICKS] = market[col.TAKER, col.TAKER_PRICE_TICKS]
    state.orders[row, col.ORDER_TRIGGER] = market[col.TAKER, col.TAKER_TRIGGER]
    retrigger(state, row)
