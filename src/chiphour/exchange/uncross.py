"""UNCROSS: the end of a call: one price, at which the orders that gathered are matched.

Takes   an instant at which calls end.
Gives   UNCROSSED, fills and cuts, so many pairs for one command; whether all is done.
Keeps   price, then time; lots shown and hidden alike; no fill between accounts of one group.
Source  Rulebook 9.6, 9.8, 9.12. UNCROSS_LOTS above 0 is the place where the next ADVANCE goes on.
"""

from chiphour.contracts import table as term
from chiphour.contracts.table import State
from chiphour.exchange import state as col
from chiphour.exchange.bands import dynamic_ticks
from chiphour.exchange.calls import end_call
from chiphour.exchange.calls import extend_call
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Side
from chiphour.exchange.emit import emit_fill
from chiphour.exchange.emit import emit_uncrossed
from chiphour.exchange.events import Cause
from chiphour.exchange.events import Kind
from chiphour.exchange.fees import charge
from chiphour.exchange.limits import PAIRS_MAX
from chiphour.exchange.links import filled
from chiphour.exchange.orders import free_row
from chiphour.exchange.orders import unchain
from chiphour.exchange.positions import change_position
from chiphour.exchange.protection import count
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reducing import trim
from chiphour.exchange.resting import cancel_row
from chiphour.exchange.resting import open_lots
from chiphour.exchange.resting import part
from chiphour.exchange.resting import take_off
from chiphour.exchange.resting import tell_row
from chiphour.exchange.state import NONE
from chiphour.exchange.triggers import look_at_last
from chiphour.ledger.kernel import kernel
from chiphour.ledger.post import post


@kernel
def end_calls(state, instant, events, written):
    """Match the contracts whose call is over; gives (row, whether all of them are done)."""
    contracts = state.contracts
    pairs = 0
    for contract in range(contracts.shape[0]):
        if contracts[contract, term.STATE] != State.CALL:
            continue
        if contracts[contract, term.CALL_END_NS] > instant:
            continue
        if contracts[contract, term.UNCROSS_LOTS] == 0:
            written = _begin(state, contract, events, written)
            if contracts[contract, term.CALL_END_NS] > instant:
                continue  # It was extended.
        written, pairs, complete = _match_pairs(state, contract, pairs, events, written)
        if not complete:
            return written, False
        end_call(contracts, contract)
        contracts[contract, term.STATE] = State.OPEN
    return written, True


@kernel
def _begin(state, contract, events, written):
    """Find the price of a call; tell it, or let the call go on when it lies beyond the band."""
    contracts = state.contracts
    found, price_ticks, lots, surplus = clearing_price(state, contract)
    if not found:
        return written
    lowest, highest = dynamic_ticks(contracts, contract)
    beyond = price_ticks < lowest or price_ticks > highest
    if beyond and contracts[contract, term.CALL_EXTENDED] == 0:
        return extend_call(state, contract, events, written)
    contracts[contract, term.UNCROSS_TICKS] = price_ticks
    contracts[contract, term.UNCROSS_LOTS] = lots
    return emit_uncrossed(events, written, state.market, contract, price_ticks, lots, surplus)


@kernel
def clearing_price(state, contract):
    """Give (whether the book crosses, the price in ticks, the lots matched, bids less asks).

    The most lots; then the least surplus; then the highest price where all have a surplus of
    bids, the lowest where all have one of asks; else nearest to M; then the lowest (9.6).
    """
    contracts = state.contracts
    window = state.market[0, col.WINDOW_TICKS]
    # The offsets of the best bid and ask from the lowest price of the window.
    bid = window - 1 - state.ladders[2 * contract, col.LADDER_BEST]
    ask = state.ladders[2 * contract + 1, col.LADDER_BEST]
    if bid < 0 or ask >= window or ask > bid:
        return False, 0, 0, 0
    bids, asks = 0, 0
    for offset in range(ask, bid + 1):
        bids += _lots_at(state, 2 * contract * window + window - 1 - offset)
    least = contracts[contract, term.PRICE_TICKS_MIN]
    tick = contracts[contract, term.TICK_MICROUSD]
    mark = contracts[contract, term.MARK_MICROUSD]
    most, surplus, away = -1, 0, 0
    low, high, near, near_surplus = 0, 0, 0, 0
    all_bids, all_asks = True, True
    for offset in range(ask, bid + 1):
        bid_lots = _lots_at(state, 2 * contract * window + window - 1 - offset)
        ask_lots = _lots_at(state, (2 * contract + 1) * window + offset)
        asks += ask_lots
        lots = min(bids, asks)
        excess = bids - asks
        bids -= bid_lots
        if bid_lots == 0 and ask_lots == 0:
            continue
        better = lots > most or (lots == most and abs(excess) < surplus)
        if not better and (lots < most or abs(excess) > surplus):
            continue
        distance = abs((least + offset) * tick - mark)
        if better:
            most, surplus, low = lots, abs(excess), offset
            all_bids, all_asks = True, True
        high = offset
        all_bids = all_bids and excess > 0
        all_asks = all_asks and excess < 0
        if better or distance < away:
            near, away, near_surplus = offset, distance, excess
    if all_bids:
        return True, least + high, most, surplus
    if all_asks:
        return True, least + low, most, -surplus
    return True, least + near, most, near_surplus


@kernel
def _lots_at(state, place):
    """Count the lots at a place, hidden ones too."""
    lots = 0
    row = state.levels[place, col.LEVEL_FIRST]
    while row != NONE:
        lots += open_lots(state.orders, row)
        row = state.orders[row, col.ORDER_NEXT]
    return lots


@kernel
def _match_pairs(state, contract, pairs, events, written):
    """Match first bid and first ask; gives (row, pairs so far, whether all of it is done)."""
    contracts = state.contracts
    price_ticks = contracts[contract, term.UNCROSS_TICKS]
    traded = False
    complete = True
    while contracts[contract, term.UNCROSS_LOTS] > 0:
        bid = _first(state, 2 * contract, price_ticks)
        ask = _first(state, 2 * contract + 1, price_ticks)
        if bid == NONE or ask == NONE:
            break  # Reduce-only cuts took what would have been matched.
        if pairs == PAIRS_MAX:
            complete = False
            break
        pairs += 1
        lots = min(open_lots(state.orders, bid), open_lots(state.orders, ask))
        lots = min(lots, contracts[contract, term.UNCROSS_LOTS])
        contracts[contract, term.UNCROSS_LOTS] -= lots
        if _group_of(state, bid) == _group_of(state, ask):
            written = _decrement(state, ask, lots, events, written)
            written = _decrement(state, bid, lots, events, written)
        else:
            traded = True
            written = _trade(state, contract, bid, ask, lots, price_ticks, events, written)
    if traded:
        look_at_last(state, contract, price_ticks, price_ticks)
    return written, pairs, complete


@kernel
def _first(state, ladder, price_ticks):
    """Give the first order of a side at a price or better, or NONE."""
    window = state.market[0, col.WINDOW_TICKS]
    rank = state.ladders[ladder, col.LADDER_BEST]
    offset = price_ticks - state.contracts[ladder >> 1, term.PRICE_TICKS_MIN]
    if rank > (offset if ladder & 1 == 1 else window - 1 - offset):
        return NONE
    return state.levels[ladder * window + rank, col.LEVEL_FIRST]


@kernel
def _account_of(state, row):
    return state.orders[row, col.ORDER_HOLDER] >> col.HOLDER_SHIFT


@kernel
def _group_of(state, row):
    return state.accounts[_account_of(state, row), col.ACCOUNT_GROUP]


@kernel
def _decrement(state, row, lots, events, written):
    """Take lots off one order of a pair of one group (rulebook 9.3, 9.6)."""
    if lots == open_lots(state.orders, row):
        return cancel_row(state, row, Reason.SELF_TRADE, events, written)
    left = take_off(state, row, lots)
    return tell_row(state, row, Kind.REDUCED, Reason.SELF_TRADE, lots, left, events, written)


@kernel
def _trade(state, contract, bid, ask, lots, price_ticks, events, written):
    """Fill one order with the other: the one of later priority is the taker (rulebook 9.6)."""
    orders = state.orders
    bid_takes = orders[bid, col.ORDER_PRIORITY] > orders[ask, col.ORDER_PRIORITY]
    maker, taker = (ask, bid) if bid_takes else (bid, ask)
    side = Side.BUY + 0 if bid_takes else Side.SELL + 0
    bought = lots if bid_takes else -lots
    maker_account = _account_of(state, maker)
    taker_account = _account_of(state, taker)
    price = price_ticks * state.contracts[contract, term.TICK_MICROUSD]
    pays = bought * (price - state.contracts[contract, term.SETTLEMENT_MICROUSD])
    post(state.accounts, taker_account, maker_account, pays)
    fee, rebate = charge(state, taker_account, maker_account, contract, lots, Cause.CALL)
    change_position(state, maker_account, contract, -bought, 0, 0, 0, price)
    change_position(state, taker_account, contract, bought, 0, 0, 0, price)
    maker_left = take_off(state, maker, lots)
    taker_left = take_off(state, taker, lots)
    orders[maker, col.ORDER_TRADED] += lots
    orders[taker, col.ORDER_TRADED] += lots
    state.contracts[contract, term.LAST_TICKS] = price_ticks
    state.contracts[contract, term.HAS_LAST] = 1
    written = emit_fill(
        events,
        written,
        state.market,
        contract,
        price_ticks,
        lots,
        side,
        maker_account,
        orders[maker, col.ORDER_ID],
        maker_left,
        taker_account,
        orders[taker, col.ORDER_ID],
        taker_left,
        fee,
        rebate,
        Cause.CALL,
    )
    written = _after_fill(state, contract, maker, taker, lots, events, written)
    written = trim(state, maker_account, contract, events, written)
    return trim(state, taker_account, contract, events, written)


@kernel
def _after_fill(state, contract, maker, taker, lots, events, written):
    """Let links and protection know of a fill; orders that are gone leave the table."""
    orders = state.orders
    protected = orders[maker, col.ORDER_WORDS] & Flag.PROTECTED != 0
    _tell_links(state, maker)
    _tell_links(state, taker)
    _leave_if_gone(state, contract, maker)
    _leave_if_gone(state, contract, taker)
    if protected:
        written = count(state, maker, lots, events, written)
    for row in (maker, taker):
        if open_lots(orders, row) == 0:
            free_row(state.market, orders, state.slots, row)
    return written


@kernel
def _tell_links(state, row):
    if state.orders[row, col.ORDER_WORDS] >= col.WORDS_RARE:
        filled(state, row)


@kernel
def _leave_if_gone(state, contract, row):
    """Take an order without lots out of its position's, its timer and links; it keeps its row."""
    if open_lots(state.orders, row) > 0:
        return
    position = contract * state.accounts.shape[0] + _account_of(state, row)
    if state.orders[row, col.ORDER_WORDS] >= col.WORDS_RARE:
        part(state, position, row)
    else:
        unchain(state.positions, state.orders, position, row)
