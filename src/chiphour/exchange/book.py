"""BOOK: orders: what is refused, how they match, how they rest and leave.

Takes   an ORDER or CANCEL: row `i` of the commands.
Gives   its events, from row `written` of the events on; the row after them.
Keeps   price, then time; no crossed book; a position's open lots and reserve equal to its orders'.
Source  Rulebook 6.5, 9; decision 0005. A rank counts from the best price of a side (ladder.py),
        so a taker meets the orders of the other side while their best rank is at most its own
        price's rank on that side.
"""

from chiphour.contracts import table as term
from chiphour.contracts.table import State
from chiphour.exchange import commands as ask
from chiphour.exchange import state as col
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.emit import emit_accepted
from chiphour.exchange.emit import emit_cancelled
from chiphour.exchange.emit import emit_fill
from chiphour.exchange.emit import emit_rest_cancelled
from chiphour.exchange.emit import emit_rested
from chiphour.exchange.ladder import clear_rank
from chiphour.exchange.ladder import join_level
from chiphour.exchange.ladder import leave_level
from chiphour.exchange.ladder import set_rank
from chiphour.exchange.limits import ACCOUNTS_RESERVED
from chiphour.exchange.limits import FILLS_MAX
from chiphour.exchange.limits import OPEN_INTEREST_LOTS_MAX
from chiphour.exchange.limits import ORDER_LOTS_MAX
from chiphour.exchange.margin import order_is_covered
from chiphour.exchange.margin import refresh
from chiphour.exchange.margin import reserve_per_lot
from chiphour.exchange.orders import find_order
from chiphour.exchange.orders import free_row
from chiphour.exchange.orders import take_row
from chiphour.exchange.positions import change_position
from chiphour.exchange.reasons import Reason
from chiphour.exchange.rounding import divide_up
from chiphour.exchange.rounding import ppm_down
from chiphour.exchange.state import NONE
from chiphour.ledger.kernel import hot
from chiphour.ledger.kernel import kernel
from chiphour.ledger.post import post

assert ORDER_LOTS_MAX == col.HOLDER_LOTS


@hot
def trader_reason(accounts, account):
    """Give the reason why an account may not trade, or NONE."""
    if account < 0 or account >= accounts.shape[0]:
        return Reason.ACCOUNT_UNKNOWN
    if accounts[account, col.ACCOUNT_GROUP] == 0:
        return Reason.ACCOUNT_UNKNOWN
    if account < ACCOUNTS_RESERVED:
        return Reason.ACCOUNT_RESERVED
    return Reason.NONE


@hot
def entry_price_ticks(market, contracts, commands, i):
    """Give the price of an order, which for a market order is its band limit (rulebook 6.5)."""
    if commands[i, ask.ORDER_TYPE] == OrderType.LIMIT:
        return commands[i, ask.PRICE_TICKS]
    contract = commands[i, ask.CONTRACT]
    settlement = contracts[contract, term.SETTLEMENT_MICROUSD]
    tick = contracts[contract, term.TICK_MICROUSD]
    band = ppm_down(max(settlement, 1), contracts[contract, term.MARKET_BAND_PPM])
    if commands[i, ask.SIDE] == Side.BUY:
        price_ticks = (settlement + band) // tick
    else:
        price_ticks = divide_up(settlement - band, tick)
    least = contracts[contract, term.PRICE_TICKS_MIN]
    return max(least, min(least + market[0, col.WINDOW_TICKS] - 1, price_ticks))


@hot
def order_reason(state, commands, i):
    """Give the first reason to refuse an ORDER, or NONE; its form is right."""
    account = commands[i, ask.ACCOUNT]
    contract = commands[i, ask.CONTRACT]
    lots = commands[i, ask.LOTS]
    reason = trader_reason(state.accounts, account)
    if reason != Reason.NONE:
        return reason
    if contract < 0 or contract >= state.contracts.shape[0]:
        return Reason.CONTRACT_UNKNOWN
    if state.contracts[contract, term.STATE] == State.ABSENT:
        return Reason.CONTRACT_UNKNOWN
    if state.contracts[contract, term.STATE] != State.OPEN:
        return Reason.CONTRACT_NOT_OPEN
    if lots <= 0:
        return Reason.LOTS_NOT_POSITIVE
    if lots > ORDER_LOTS_MAX:
        return Reason.LOTS_ABOVE_MAX
    price_ticks = entry_price_ticks(state.market, state.contracts, commands, i)
    offset_min = state.contracts[contract, term.PRICE_TICKS_MIN]
    if price_ticks < offset_min or price_ticks >= offset_min + state.market[0, col.WINDOW_TICKS]:
        return Reason.PRICE_OUT_OF_RANGE
    reason = _room_reason(state.market, state.accounts, state.positions, account, contract, lots)
    if reason != Reason.NONE:
        return reason
    rests = commands[i, ask.TIME_IN_FORCE] == TimeInForce.GTC
    if rests and state.market[0, col.ORDERS] >= state.market[0, col.ORDERS_MAX]:
        return Reason.ORDERS_FULL
    if state.contracts[contract, term.OPEN_INTEREST_LOTS] + lots > OPEN_INTEREST_LOTS_MAX:
        return Reason.OPEN_INTEREST_ABOVE_MAX
    refresh(state.market, state.accounts, state.contracts, state.positions, account)
    if not order_is_covered(
        state.accounts,
        state.contracts,
        state.positions,
        account,
        contract,
        commands[i, ask.SIDE],
        price_ticks,
        lots,
    ):
        return Reason.MARGIN_INSUFFICIENT
    return Reason.NONE


@hot
def _room_reason(market, accounts, positions, account, contract, lots):
    """Check the bounds of a position and of the positions tables (rulebook 1.2, 9.5)."""
    place = contract * accounts.shape[0] + account
    held = abs(positions[place, col.POSITION_LOTS])
    held += positions[place, col.POSITION_OPEN_BUY] + positions[place, col.POSITION_OPEN_SELL]
    if held + lots > market[0, col.POSITION_LOTS_MAX]:
        return Reason.POSITION_ABOVE_MAX
    if held == 0:
        if accounts[account, col.ACCOUNT_POSITIONS] >= market[0, col.POSITIONS_PER_ACCOUNT]:
            return Reason.POSITIONS_FULL
        if market[0, col.POSITIONS] >= market[0, col.POSITIONS_MAX]:
            return Reason.POSITIONS_FULL
    return Reason.NONE


@hot
def order(state, commands, i, events, written):
    """Do an ORDER that nothing refuses: match it, then let its rest join the book or go."""
    contract = commands[i, ask.CONTRACT]
    side = commands[i, ask.SIDE]
    price_ticks = entry_price_ticks(state.market, state.contracts, commands, i)
    written = emit_accepted(events, written, state.market, commands, i, price_ticks)
    window = state.market[0, col.WINDOW_TICKS]
    offset = price_ticks - state.contracts[contract, term.PRICE_TICKS_MIN]
    rank = window - 1 - offset if side == Side.BUY else offset
    opposite = 2 * contract + (1 if side == Side.BUY else 0)
    left = commands[i, ask.LOTS]
    meets = state.ladders[opposite, col.LADDER_BEST] < window - rank
    limited = False
    if meets:
        written, left, limited = _match(
            state, commands, i, opposite, window - 1 - rank, events, written
        )
    rests = left > 0 and not limited and commands[i, ask.TIME_IN_FORCE] == TimeInForce.GTC
    _take_on(state, commands, i, left, rests, price_ticks)
    if rests:
        _rest(state, commands, i, (2 * contract + side - 1) * window + rank, left, price_ticks)
        return emit_rested(events, written, state.market, commands, i, price_ticks, left)
    if left > 0:
        reason = Reason.WORK_LIMIT if limited else Reason.IMMEDIATE_OR_CANCEL
        return emit_rest_cancelled(
            events, written, state.market, commands, i, price_ticks, left, reason
        )
    return written


@hot
def _match(state, commands, i, opposite, rank_most, events, written):
    """Fill an order against the ranks up to `rank_most` of the opposite ladder (rulebook 9).

    Gives the row after the events, the lots left, and whether the work limit ended it.
    """
    account = commands[i, ask.ACCOUNT]
    group = state.accounts[account, col.ACCOUNT_GROUP]
    left = commands[i, ask.LOTS]
    window = state.market[0, col.WINDOW_TICKS]
    work = 0
    while left > 0 and state.ladders[opposite, col.LADDER_BEST] <= rank_most:
        if work == FILLS_MAX:
            return written, left, True
        work += 1
        place = opposite * window + state.ladders[opposite, col.LADDER_BEST]
        row = state.levels[place, col.LEVEL_FIRST]
        maker = state.orders[row, col.ORDER_HOLDER] >> col.HOLDER_SHIFT
        if state.accounts[maker, col.ACCOUNT_GROUP] == group:
            written = cancel_row(state, row, Reason.SELF_TRADE, events, written)
            continue
        written, left = _fill(state, commands, i, row, left, events, written)
    return written, left, False


@hot
def _fill(state, commands, i, row, left, events, written):
    """Trade with one resting order, at its price; give the row after the event and what is left."""
    holder = state.orders[row, col.ORDER_HOLDER]
    maker = holder >> col.HOLDER_SHIFT
    lots = min(left, holder & col.HOLDER_LOTS)
    place = state.orders[row, col.ORDER_PLACE]
    contract, _, price_ticks = place_of(state.market, state.contracts, place)
    price = price_ticks * state.contracts[contract, term.TICK_MICROUSD]
    bought = lots if commands[i, ask.SIDE] == Side.BUY else -lots
    pays = bought * (price - state.contracts[contract, term.SETTLEMENT_MICROUSD])
    post(state.accounts, commands[i, ask.ACCOUNT], maker, pays)
    change_position(
        state.market,
        state.accounts,
        state.contracts,
        state.positions,
        maker,
        contract,
        -bought,
        min(bought, 0),
        min(-bought, 0),
        -lots * state.orders[row, col.ORDER_RESERVE],
    )
    state.orders[row, col.ORDER_HOLDER] = holder - lots
    left -= lots
    written = emit_fill(
        events, written, state.market, commands, i, state.orders, row, price_ticks, lots, left
    )
    if (holder - lots) & col.HOLDER_LOTS == 0:
        _leave(state, row, place, lots)
    else:
        state.levels[place, col.LEVEL_LOTS] -= lots
    return written, left


@hot
def place_of(market, contracts, place):
    """Split a place into contract, side and price in ticks."""
    window = market[0, col.WINDOW_TICKS]
    ladder = place >> market[0, col.WINDOW_SHIFT]
    contract = ladder >> 1
    side = 1 + (ladder & 1)
    rank = place & window - 1
    offset = window - 1 - rank if side == Side.BUY else rank
    return contract, side, offset + contracts[contract, term.PRICE_TICKS_MIN]


@hot
def _leave(state, row, place, lots):
    """Take an order out of its level and of the orders table."""
    if leave_level(state.levels, state.orders, place, row, lots):
        window = state.market[0, col.WINDOW_TICKS]
        ladder = place >> state.market[0, col.WINDOW_SHIFT]
        clear_rank(state.ladders, ladder, window, place & window - 1)
    free_row(state.market, state.orders, state.slots, row)


@hot
def _take_on(state, commands, i, left, rests, price_ticks):
    """Give the taker the lots that it traded, and the open lots and reserve of what will rest."""
    contract = commands[i, ask.CONTRACT]
    side = commands[i, ask.SIDE]
    traded = commands[i, ask.LOTS] - left
    opened = left if rests else 0
    if traded == 0 and opened == 0:
        return
    buys = side == Side.BUY
    change_position(
        state.market,
        state.accounts,
        state.contracts,
        state.positions,
        commands[i, ask.ACCOUNT],
        contract,
        traded if buys else -traded,
        opened if buys else 0,
        0 if buys else opened,
        opened * reserve_per_lot(state.contracts, contract, side, price_ticks),
    )


@hot
def _rest(state, commands, i, place, lots, price_ticks):
    """Let the rest of an order join the book."""
    contract = commands[i, ask.CONTRACT]
    side = commands[i, ask.SIDE]
    orders = state.orders
    row = take_row(state.market, orders, state.slots, commands[i, ask.SEQUENCE])
    orders[row, col.ORDER_HOLDER] = commands[i, ask.ACCOUNT] << col.HOLDER_SHIFT | lots
    orders[row, col.ORDER_PLACE] = place
    orders[row, col.ORDER_RESERVE] = reserve_per_lot(state.contracts, contract, side, price_ticks)
    orders[row, col.ORDER_CLIENT_ORDER_ID] = commands[i, ask.CLIENT_ORDER_ID]
    orders[row, col.ORDER_LABEL] = commands[i, ask.LABEL]
    if join_level(state.levels, orders, place, row, lots):
        window = state.market[0, col.WINDOW_TICKS]
        ladder = place >> state.market[0, col.WINDOW_SHIFT]
        set_rank(state.ladders, ladder, window, place & window - 1)


@hot
def cancel_reason(state, commands, i):
    """Give the first reason to refuse a CANCEL, or NONE."""
    account = commands[i, ask.ACCOUNT]
    reason = trader_reason(state.accounts, account)
    if reason != Reason.NONE:
        return reason
    row = find_order(state.orders, state.slots, commands[i, ask.ORDER])
    if row == NONE or state.orders[row, col.ORDER_HOLDER] >> col.HOLDER_SHIFT != account:
        return Reason.ORDER_UNKNOWN
    return Reason.NONE


@hot
def cancel(state, commands, i, events, written):
    """Do a CANCEL that nothing refuses."""
    row = find_order(state.orders, state.slots, commands[i, ask.ORDER])
    return cancel_row(state, row, Reason.CANCEL_REQUESTED, events, written)


@kernel
def cancel_row(state, row, reason, events, written):
    """Take a resting order out of the book, whoever wants it."""
    place = state.orders[row, col.ORDER_PLACE]
    holder = state.orders[row, col.ORDER_HOLDER]
    lots = holder & col.HOLDER_LOTS
    contract, side, price_ticks = place_of(state.market, state.contracts, place)
    written = emit_cancelled(
        events, written, state.market, state.orders, row, contract, side, price_ticks, reason
    )
    change_position(
        state.market,
        state.accounts,
        state.contracts,
        state.positions,
        holder >> col.HOLDER_SHIFT,
        contract,
        0,
        -lots if side == Side.BUY else 0,
        0 if side == Side.BUY else -lots,
        -lots * state.orders[row, col.ORDER_RESERVE],
    )
    _leave(state, row, place, lots)
    return written
