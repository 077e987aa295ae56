"""BOOK: orders: what is refused, how they match, how they rest.

Takes   an ORDER or CANCEL: row `i` of the commands; or TAKER, whoever made it (taker.py).
Gives   its events, from row `written` of the events on; the row after them.
Keeps   price, then time; no crossed book while a contract is OPEN; a plain limit order, IOC or
        CANCEL passes one test for all that is rare.
Source  Rulebook 6.6, 9.1 to 9.11; decision 0005. A rank counts from the best price of a side
        (ladder.py), so a taker meets the orders of the other side while their best rank is at
        most its own price's rank on that side.
"""

from chiphour.contracts import table as term
from chiphour.contracts.table import State
from chiphour.exchange import commands as ask
from chiphour.exchange import state as col
from chiphour.exchange.bands import dynamic_ticks
from chiphour.exchange.calls import begin_call
from chiphour.exchange.checks import live_reason
from chiphour.exchange.checks import meets_book
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import Stp
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.emit import emit_fill
from chiphour.exchange.emit import emit_taker
from chiphour.exchange.events import CallReason
from chiphour.exchange.events import Cause
from chiphour.exchange.events import Kind
from chiphour.exchange.fees import charge
from chiphour.exchange.ladder import next_rank
from chiphour.exchange.limits import FILLS_MAX
from chiphour.exchange.links import filled as links_filled
from chiphour.exchange.links import taker_done
from chiphour.exchange.links import tie
from chiphour.exchange.margin import reserve_per_lot
from chiphour.exchange.orders import find_order
from chiphour.exchange.orders import free_row
from chiphour.exchange.positions import change_position
from chiphour.exchange.protection import count as count_protected
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reducing import cut_taker
from chiphour.exchange.reducing import trim
from chiphour.exchange.resting import cancel_inline
from chiphour.exchange.resting import drop
from chiphour.exchange.resting import leave_book
from chiphour.exchange.resting import leave_reducing
from chiphour.exchange.resting import part
from chiphour.exchange.resting import place_of
from chiphour.exchange.resting import refresh_row
from chiphour.exchange.resting import rest
from chiphour.exchange.rounding import divide_up
from chiphour.exchange.self_trade import meet_own
from chiphour.exchange.self_trade import mode_of
from chiphour.exchange.state import NONE
from chiphour.exchange.taker import may_rest
from chiphour.exchange.taker import price_taker
from chiphour.exchange.taker import rank_of
from chiphour.exchange.taker import turn_live
from chiphour.exchange.trader import trader_reason
from chiphour.exchange.triggers import look_at_last
from chiphour.exchange.waiting import hold
from chiphour.ledger.kernel import cold
from chiphour.ledger.kernel import hot
from chiphour.ledger.kernel import kernel
from chiphour.ledger.post import post

# As plain numbers: of a reason that may also be none.
_IMMEDIATE_OR_CANCEL = int(Reason.IMMEDIATE_OR_CANCEL)
_FILL_OR_KILL = int(Reason.FILL_OR_KILL)
_WORK_LIMIT = int(Reason.WORK_LIMIT)
_CALL_BEGUN = int(Reason.CALL_BEGUN)


@hot
def order(state, commands, i, events, written):
    """Do an ORDER that nothing refuses: TAKER holds it."""
    market = state.market
    account = market[col.TAKER, col.TAKER_ACCOUNT]
    lots = market[col.TAKER, col.TAKER_LOTS]
    written = emit_taker(events, written, market, Kind.ACCEPTED, 0, lots, 0)
    before = state.accounts[account, col.ACCOUNT_ORDER]
    state.accounts[account, col.ACCOUNT_ORDER_BEFORE] = before
    state.accounts[account, col.ACCOUNT_ORDER] = commands[i, ask.SEQUENCE]
    order_type = market[col.TAKER, col.TAKER_TYPE]
    if order_type > OrderType.MARKET and order_type != OrderType.ICEBERG:
        return hold(state, events, written)
    if market[col.TAKER, col.TAKER_PARENT] | market[col.TAKER, col.TAKER_PARTNER] != NONE:
        if market[col.TAKER, col.TAKER_PARENT] != NONE:
            return hold(state, events, written)
        tie(state)
    return _act(state, events, written)


@kernel
def act(state, events, written):
    """Let TAKER match, then rest or go; it was checked, and told of.

    This and `match` are compiled once, for all but the ORDER itself, which has copies of its own.
    """
    written, left = _begin(state, events, written)
    reason = 0
    if left > 0 and _matches(state):
        written, left, reason = match(state, events, written)
    return _finish(state, left, reason, events, written)


@hot
def _act(state, events, written):
    written, left = _begin(state, events, written)
    reason = 0
    if left > 0 and _matches(state):
        written, left, reason = _match(state, events, written)
    return _finish(state, left, reason, events, written)


@hot
def _begin(state, events, written):
    """Cut what may only reduce; give the row after the events, and the lots that act."""
    if state.market[col.TAKER, col.TAKER_FLAGS] & Flag.REDUCE_ONLY != 0:
        written = cut_taker(state, events, written)
    return written, state.market[col.TAKER, col.TAKER_LOTS]


@hot
def _matches(state):
    """Tell whether TAKER meets the book now, and as it wants to."""
    market = state.market
    contract = market[col.TAKER, col.TAKER_CONTRACT]
    if not meets_book(state, contract, market[col.TAKER, col.TAKER_PRICE_TICKS]):
        return False
    if state.contracts[contract, term.STATE] != State.OPEN:
        return False
    return market[col.TAKER, col.TAKER_TIME_IN_FORCE] != TimeInForce.FOK or _can_fill(state)


@hot
def _finish(state, left, reason, events, written):
    """Let what is left of TAKER rest, or cancel it; then do what follows."""
    market = state.market
    contract = market[col.TAKER, col.TAKER_CONTRACT]
    time_in_force = market[col.TAKER, col.TAKER_TIME_IN_FORCE]
    rests = left > 0 and (reason == 0 or reason == _CALL_BEGUN) and may_rest(time_in_force)
    if rests:
        _rest(state, contract, market[col.TAKER, col.TAKER_PRICE_TICKS], left)
        written = emit_taker(events, written, market, Kind.RESTED, 0, 0, left)
    elif left > 0:
        if reason == 0:
            ended = time_in_force == TimeInForce.FOK and market[col.TAKER, col.TAKER_FILLED] == 0
            reason = _FILL_OR_KILL if ended else _IMMEDIATE_OR_CANCEL
        written = emit_taker(events, written, market, Kind.CANCELLED, reason, 0, left)
    account = market[col.TAKER, col.TAKER_ACCOUNT]
    position = contract * state.accounts.shape[0] + account
    more = state.positions[position, col.POSITION_REDUCING]
    more |= market[col.TAKER, col.TAKER_PARTNER] | market[col.TAKER, col.TAKER_ROW]
    if market[col.TAKER, col.TAKER_FILLED] != 0:
        more |= state.contracts[contract, term.WAITING]
    if more != 0:
        return _end(state, rests, events, written)
    return written


@hot
def _rest(state, contract, price_ticks, lots):
    """Let what is left of TAKER join the book, and count it among its position's open lots."""
    market = state.market
    side = market[col.TAKER, col.TAKER_SIDE]
    buys = side == Side.BUY
    rank = rank_of(state, contract, side, price_ticks)
    place = (2 * contract + side - 1 << market[0, col.WINDOW_SHIFT]) + rank
    reserve = reserve_per_lot(state.contracts, contract, side, price_ticks)
    change_position(
        state,
        market[col.TAKER, col.TAKER_ACCOUNT],
        contract,
        0,
        lots if buys else 0,
        0 if buys else lots,
        lots * reserve,
        0,
    )
    rest(state, place, lots, reserve)


@cold
def _end(state, rests, events, written):
    """Do what follows when TAKER has rested or gone: reduce-only cuts, triggers, links."""
    market = state.market
    contract = market[col.TAKER, col.TAKER_CONTRACT]
    account = market[col.TAKER, col.TAKER_ACCOUNT]
    row = market[col.TAKER, col.TAKER_ROW]
    fills = market[col.TAKER, col.TAKER_FILLED]
    written = trim(state, account, contract, events, written)
    if fills != 0 and state.contracts[contract, term.WAITING] != 0:
        low = market[col.TAKER, col.TAKER_LOW_TICKS]
        look_at_last(state, contract, low, market[col.TAKER, col.TAKER_HIGH_TICKS])
    if row == NONE:
        if market[col.TAKER, col.TAKER_PARTNER] != NONE:
            taker_done(state)
    elif rests:
        if fills != 0:
            links_filled(state, row)
    else:
        state.orders[row, col.ORDER_TRADED] = market[col.TAKER, col.TAKER_TRADED] + fills
        drop(state, contract * state.accounts.shape[0] + account, row)
    return written


@kernel
def match(state, events, written):
    """Do `_match` for all but the ORDER itself."""
    return _match(state, events, written)


@hot
def _match(state, events, written):
    """Fill TAKER against the other side of its book (rulebook 9.1 to 9.3, 9.8).

    Gives the row after the events, the lots left, and the reason that ended it or NONE (0). The
    taker's cash, fees and position are done with each fill; its open lots are the caller's.
    """
    market = state.market
    contract = market[col.TAKER, col.TAKER_CONTRACT]
    side = market[col.TAKER, col.TAKER_SIDE]
    account = market[col.TAKER, col.TAKER_ACCOUNT]
    group = state.accounts[account, col.ACCOUNT_GROUP]
    left = market[col.TAKER, col.TAKER_LOTS]
    window = market[0, col.WINDOW_TICKS]
    opposite = 2 * contract + (1 if side == Side.BUY else 0)
    most = window - 1 - rank_of(state, contract, side, market[col.TAKER, col.TAKER_PRICE_TICKS])
    first, last = _band_ranks(state, contract, opposite)
    work = 0
    reason = 0
    while left > 0 and state.ladders[opposite, col.LADDER_BEST] <= most:
        rank = state.ladders[opposite, col.LADDER_BEST]
        row = state.levels[opposite * window + rank, col.LEVEL_FIRST]
        maker = state.orders[row, col.ORDER_HOLDER] >> col.HOLDER_SHIFT
        own = state.accounts[maker, col.ACCOUNT_GROUP] == group
        if not own and (rank < first or rank > last):
            seconds = state.contracts[contract, term.CALL_S]
            written = begin_call(state, contract, CallReason.BAND, seconds, events, written)
            reason = _CALL_BEGUN
            break
        if work == FILLS_MAX:
            reason = _WORK_LIMIT
            break
        work += 1
        if own:
            written, left, reason = meet_own(state, row, left, events, written)
            if reason != 0:
                break
        else:
            written, left = _fill(state, row, maker, left, events, written)
    return written, left, reason


@hot
def _band_ranks(state, contract, opposite):
    """Give the first and the last rank of a ladder at which a fill may happen (rulebook 9.8)."""
    if state.market[col.TAKER, col.TAKER_CAUSE] == Cause.LIQUIDATION:
        return -col.NEVER_NS, col.NEVER_NS
    lowest, highest = dynamic_ticks(state.contracts, contract)
    least = state.contracts[contract, term.PRICE_TICKS_MIN]
    if opposite & 1 == 1:
        return lowest - least, highest - least
    top = least + state.market[0, col.WINDOW_TICKS] - 1
    return top - highest, top - lowest


@hot
def _fill(state, row, maker, left, events, written):
    """Trade with one resting order, at its price; give the row after the events, and what is left.

    `TAKER_LOTS` stays what it was; `TAKER_FILLED` tells what of it is done.
    """
    market = state.market
    holder = state.orders[row, col.ORDER_HOLDER]
    shown = holder & col.HOLDER_LOTS
    lots = min(left, shown)
    left -= lots
    place = state.orders[row, col.ORDER_PLACE]
    contract, _, price_ticks = place_of(market, state.contracts, place)
    price = price_ticks * state.contracts[contract, term.TICK_MICROUSD]
    account = market[col.TAKER, col.TAKER_ACCOUNT]
    side = market[col.TAKER, col.TAKER_SIDE]
    cause = market[col.TAKER, col.TAKER_CAUSE]
    bought = lots if side == Side.BUY else -lots
    settlement = state.contracts[contract, term.SETTLEMENT_MICROUSD]
    post(state.accounts, account, maker, bought * (price - settlement))
    fee, rebate = charge(state, account, maker, contract, lots, cause)
    change_position(
        state,
        maker,
        contract,
        -bought,
        min(bought, 0),
        min(-bought, 0),
        -lots * state.orders[row, col.ORDER_RESERVE],
        price,
    )
    change_position(state, account, contract, bought, 0, 0, 0, price)
    _note(state, contract, price_ticks, lots)
    state.orders[row, col.ORDER_HOLDER] = holder - lots
    state.orders[row, col.ORDER_TRADED] += lots
    rare = state.orders[row, col.ORDER_WORDS] >= col.WORDS_RARE
    maker_left = shown - lots
    if rare:
        maker_left += state.orders[row, col.ORDER_HIDDEN]
    written = emit_fill(
        events,
        written,
        market,
        contract,
        price_ticks,
        lots,
        side,
        maker,
        state.orders[row, col.ORDER_ID],
        maker_left,
        account,
        market[col.TAKER, col.TAKER_ORDER],
        left,
        fee,
        rebate,
        cause,
    )
    position = contract * state.accounts.shape[0] + maker
    if rare:
        written = _end_fill(state, row, place, position, lots, events, written)
    elif shown == lots:
        leave_book(state, row, place, lots)
        drop(state, position, row)
    else:
        state.levels[place, col.LEVEL_LOTS] -= lots
    if state.positions[position, col.POSITION_REDUCING] != NONE:
        written = trim(state, maker, contract, events, written)
    return written, left


@hot
def _note(state, contract, price_ticks, lots):
    """Note a fill: the contract's last price, the lowest and highest of TAKER's fills."""
    market = state.market
    state.contracts[contract, term.LAST_TICKS] = price_ticks
    state.contracts[contract, term.HAS_LAST] = 1
    if market[col.TAKER, col.TAKER_FILLED] == 0:
        market[col.TAKER, col.TAKER_LOW_TICKS] = price_ticks
        market[col.TAKER, col.TAKER_HIGH_TICKS] = price_ticks
    low = min(market[col.TAKER, col.TAKER_LOW_TICKS], price_ticks)
    high = max(market[col.TAKER, col.TAKER_HIGH_TICKS], price_ticks)
    market[col.TAKER, col.TAKER_LOW_TICKS] = low
    market[col.TAKER, col.TAKER_HIGH_TICKS] = high
    market[col.TAKER, col.TAKER_FILLED] += lots


@cold
def _end_fill(state, row, place, position, lots, events, written):
    """Do what follows a fill of a maker that is no plain limit order."""
    links_filled(state, row)
    gone = False
    if state.orders[row, col.ORDER_HOLDER] & col.HOLDER_LOTS != 0:
        state.levels[place, col.LEVEL_LOTS] -= lots
    elif state.orders[row, col.ORDER_HIDDEN] != 0:
        state.levels[place, col.LEVEL_LOTS] -= lots
        written = refresh_row(state, row, events, written)
    else:
        gone = True
        leave_reducing(state, row)
        leave_book(state, row, place, lots)
        part(state, position, row)
    if state.orders[row, col.ORDER_WORDS] & Flag.PROTECTED != 0:
        written = count_protected(state, row, lots, events, written)
    if gone:
        free_row(state.market, state.orders, state.slots, row)
    return written


@kernel
def _can_fill(state):
    """Tell whether a FOK order would be filled whole, within the work limit (rulebook 9.11)."""
    market = state.market
    orders = state.orders
    contract = market[col.TAKER, col.TAKER_CONTRACT]
    side = market[col.TAKER, col.TAKER_SIDE]
    group = state.accounts[market[col.TAKER, col.TAKER_ACCOUNT], col.ACCOUNT_GROUP]
    window = market[0, col.WINDOW_TICKS]
    opposite = 2 * contract + (1 if side == Side.BUY else 0)
    most = window - 1 - rank_of(state, contract, side, market[col.TAKER, col.TAKER_PRICE_TICKS])
    first, last = _band_ranks(state, contract, opposite)
    wanted = market[col.TAKER, col.TAKER_LOTS]
    passes = mode_of(market[col.TAKER, col.TAKER_FLAGS]) == Stp.CANCEL_MAKER
    fills = 0
    rank = state.ladders[opposite, col.LADDER_BEST]
    while rank <= most:
        row = state.levels[opposite * window + rank, col.LEVEL_FIRST]
        while row != NONE:
            holder = orders[row, col.ORDER_HOLDER]
            fills += 1
            if state.accounts[holder >> col.HOLDER_SHIFT, col.ACCOUNT_GROUP] == group:
                if not passes or fills > FILLS_MAX:
                    return False
            else:
                hidden = orders[row, col.ORDER_HIDDEN]
                if hidden != 0:
                    fills += divide_up(hidden, orders[row, col.ORDER_DISPLAY])
                if rank < first or rank > last or fills > FILLS_MAX:
                    return False
                wanted -= (holder & col.HOLDER_LOTS) + hidden
                if wanted <= 0:
                    return True
            row = orders[row, col.ORDER_NEXT]
        rank = next_rank(state.ladders, opposite, window, rank)
    return False


@kernel
def trigger_live(state, events, written):
    """Let a triggered order act: TAKER holds it, TRIGGERED was told (rulebook 9.12)."""
    turn_live(state)
    price_taker(state)
    if state.market[col.TAKER, col.TAKER_FLAGS] & Flag.REDUCE_ONLY != 0:
        written = cut_taker(state, events, written)
        if state.market[col.TAKER, col.TAKER_LOTS] == 0:
            return _end(state, False, events, written)
    return _act_checked(state, events, written)


@kernel
def go_live(state, events, written):
    """Let a child whose type acts at once do so: TAKER holds it (rulebook 9.13)."""
    price_taker(state)
    return _act_checked(state, events, written)


@kernel
def _act_checked(state, events, written):
    reason = live_reason(state, 0, 0, 0)
    if reason == Reason.NONE:
        return act(state, events, written)
    return cancel_taker(state, reason, events, written)


@kernel
def cancel_taker(state, reason, events, written):
    """Cancel TAKER whole, before it acted."""
    lots = state.market[col.TAKER, col.TAKER_LOTS]
    written = emit_taker(events, written, state.market, Kind.CANCELLED, reason, 0, lots)
    return _end(state, False, events, written)


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
    return cancel_inline(state, row, Reason.CANCEL_REQUESTED, events, written)
