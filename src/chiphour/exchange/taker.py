"""TAKER: the order that acts now, in the market's row TAKER, whoever made it.

Takes   an ORDER (row `i` of the commands), or the row of an order that rests or waits.
Gives   the row TAKER, from which all functions of the book read.
Keeps   the price that stands there the one of its events: a market order's limit, a slid price.
Source  Rulebook 6.7, 9.10 to 9.12.
"""

from chiphour.contracts import table as term
from chiphour.exchange import commands as ask
from chiphour.exchange import state as col
from chiphour.exchange.bands import market_price_ticks
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.orders import contract_of
from chiphour.exchange.orders import side_of
from chiphour.exchange.orders import time_in_force_of
from chiphour.exchange.orders import type_of
from chiphour.exchange.resting import place_of
from chiphour.exchange.state import NONE
from chiphour.ledger.kernel import hot
from chiphour.ledger.kernel import kernel
from chiphour.units import NS_PER_DAY
from chiphour.units import STRIKE_OFFSET_NS


@hot
def take_command(state, commands, i):
    """Let an ORDER act: its form is right, its contract exists."""
    market = state.market
    market[col.TAKER, col.TAKER_ORDER] = commands[i, ask.SEQUENCE]
    market[col.TAKER, col.TAKER_ACCOUNT] = commands[i, ask.ACCOUNT]
    market[col.TAKER, col.TAKER_CONTRACT] = commands[i, ask.CONTRACT]
    market[col.TAKER, col.TAKER_SIDE] = commands[i, ask.SIDE]
    order_type = commands[i, ask.ORDER_TYPE]
    market[col.TAKER, col.TAKER_TYPE] = order_type
    time_in_force = commands[i, ask.TIME_IN_FORCE]
    market[col.TAKER, col.TAKER_TIME_IN_FORCE] = time_in_force
    market[col.TAKER, col.TAKER_PRICE_TICKS] = commands[i, ask.PRICE_TICKS]
    market[col.TAKER, col.TAKER_LOTS] = commands[i, ask.LOTS]
    flags = commands[i, ask.FLAGS]
    market[col.TAKER, col.TAKER_FLAGS] = flags
    market[col.TAKER, col.TAKER_CLIENT_ORDER_ID] = commands[i, ask.CLIENT_ORDER_ID]
    market[col.TAKER, col.TAKER_LABEL] = commands[i, ask.LABEL]
    market[col.TAKER, col.TAKER_TRIGGER] = commands[i, ask.TRIGGER_TICKS]
    market[col.TAKER, col.TAKER_EXPIRE_NS] = commands[i, ask.EXPIRE_NS]
    for column in range(col.TAKER_TRADED, col.TAKER_ROW + 1):
        market[col.TAKER, column] = 0
    if order_type == OrderType.MARKET or flags != 0 or time_in_force == TimeInForce.DAY:
        _complete(state)


@kernel
def _complete(state):
    """Find what the command left open: the end of a DAY order, the price of a type without one."""
    if state.market[col.TAKER, col.TAKER_TIME_IN_FORCE] == TimeInForce.DAY:
        state.market[col.TAKER, col.TAKER_EXPIRE_NS] = day_end_ns(state.market[0, col.TIME_NS])
    if state.market[col.TAKER, col.TAKER_FLAGS] & (Flag.CHILD | Flag.OCO) == 0:
        price_taker(state)  # Of a linked order it is not known yet whether it waits.


@hot
def day_end_ns(time_ns):
    """Give the first 00:30:00 UTC after a time (rulebook 9.10)."""
    return ((time_ns - STRIKE_OFFSET_NS) // NS_PER_DAY + 1) * NS_PER_DAY + STRIKE_OFFSET_NS


@kernel
def price_taker(state):
    """Give TAKER the price at which it acts: a market order's limit, a post-only one's slid price.

    A post-only order that would meet the book takes the price one tick behind it (rulebook 9.11).
    """
    market = state.market
    contract = market[col.TAKER, col.TAKER_CONTRACT]
    side = market[col.TAKER, col.TAKER_SIDE]
    if market[col.TAKER, col.TAKER_TYPE] == OrderType.MARKET:
        price_ticks = market_price_ticks(state, contract, side)
        market[col.TAKER, col.TAKER_PRICE_TICKS] = price_ticks
    if market[col.TAKER, col.TAKER_FLAGS] & Flag.POST_SLIDE == 0:
        return
    opposite = 2 * contract + (1 if side == Side.BUY else 0)
    window = market[0, col.WINDOW_TICKS]
    best = state.ladders[opposite, col.LADDER_BEST]
    if best < window:
        _, _, best_ticks = place_of(market, state.contracts, opposite * window + best)
        price_ticks = market[col.TAKER, col.TAKER_PRICE_TICKS]
        if side == Side.BUY:
            price_ticks = min(price_ticks, best_ticks - 1)
        else:
            price_ticks = max(price_ticks, best_ticks + 1)
        market[col.TAKER, col.TAKER_PRICE_TICKS] = price_ticks


@kernel
def take_row_back(state, row):
    """Let an order that rests or waits act: with all its lots, hidden ones too, and its row."""
    market = state.market
    orders = state.orders
    words = orders[row, col.ORDER_WORDS]
    place = orders[row, col.ORDER_PLACE]
    holder = orders[row, col.ORDER_HOLDER]
    price_ticks = orders[row, col.ORDER_PRICE_TICKS]
    if place < col.PLACE_WAITING:
        _, _, price_ticks = place_of(market, state.contracts, place)
    contract = contract_of(market, orders, row)
    order_type = type_of(words)
    trigger = orders[row, col.ORDER_TRIGGER]
    if orders[row, col.ORDER_DISPLAY] != 0:  # Of an iceberg that waited the trigger says it.
        trigger = orders[row, col.ORDER_DISPLAY]
    market[col.TAKER, col.TAKER_ORDER] = orders[row, col.ORDER_ID]
    market[col.TAKER, col.TAKER_ACCOUNT] = holder >> col.HOLDER_SHIFT
    market[col.TAKER, col.TAKER_CONTRACT] = contract
    market[col.TAKER, col.TAKER_SIDE] = side_of(words)
    market[col.TAKER, col.TAKER_TYPE] = order_type
    market[col.TAKER, col.TAKER_TIME_IN_FORCE] = time_in_force_of(words)
    market[col.TAKER, col.TAKER_PRICE_TICKS] = price_ticks
    market[col.TAKER, col.TAKER_LOTS] = (holder & col.HOLDER_LOTS) + orders[row, col.ORDER_HIDDEN]
    market[col.TAKER, col.TAKER_FLAGS] = words & col.WORDS_FLAGS
    market[col.TAKER, col.TAKER_CLIENT_ORDER_ID] = orders[row, col.ORDER_CLIENT_ORDER_ID]
    market[col.TAKER, col.TAKER_LABEL] = orders[row, col.ORDER_LABEL]
    market[col.TAKER, col.TAKER_TRIGGER] = trigger
    market[col.TAKER, col.TAKER_EXPIRE_NS] = orders[row, col.ORDER_EXPIRE_NS]
    market[col.TAKER, col.TAKER_TRADED] = orders[row, col.ORDER_TRADED]
    market[col.TAKER, col.TAKER_CAUSE] = 0
    market[col.TAKER, col.TAKER_PARTNER] = orders[row, col.ORDER_PARTNER]
    market[col.TAKER, col.TAKER_PARENT] = orders[row, col.ORDER_PARENT]
    market[col.TAKER, col.TAKER_FILLED] = 0
    market[col.TAKER, col.TAKER_ROW] = row


@kernel
def turn_live(state):
    """Let a triggered order be what it becomes: LIMIT, or MARKET for a type without a price."""
    market = state.market
    order_type = market[col.TAKER, col.TAKER_TYPE]
    if order_type == OrderType.STOP_LIMIT or order_type == OrderType.TAKE_LIMIT:
        market[col.TAKER, col.TAKER_TYPE] = OrderType.LIMIT
    else:
        market[col.TAKER, col.TAKER_TYPE] = OrderType.MARKET
        market[col.TAKER, col.TAKER_TIME_IN_FORCE] = TimeInForce.IOC
    market[col.TAKER, col.TAKER_TRIGGER] = 0


@hot
def waits_for_trigger(order_type):
    """Tell whether a type waits until a price fires it."""
    return order_type >= OrderType.STOP_LIMIT and order_type <= OrderType.TRAILING


@hot
def may_rest(time_in_force):
    """Tell whether what is left of an order may join the book."""
    return time_in_force != TimeInForce.IOC and time_in_force != TimeInForce.FOK


@hot
def rank_of(state, contract, side, price_ticks):
    """Give the rank of a price on a side's ladder: 0 is the best that the side could have."""
    offset = price_ticks - state.contracts[contract, term.PRICE_TICKS_MIN]
    return state.market[0, col.WINDOW_TICKS] - 1 - offset if side == Side.BUY else offset


assert NONE == 0 and col.TAKER_ROW == col.TAKER_TRADED + 7
