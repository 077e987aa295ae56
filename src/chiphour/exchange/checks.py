"""CHECKS: what an order must pass before it acts or waits.

Takes   an ORDER (row `i` of the commands), or TAKER, whoever made it.
Gives   the first reason to refuse it, by number, or NONE.
Keeps   everything that a digest counts: the reasons are the rulebook's, in the order of
        `reasons.py`. A plain order passes one test for all that is rare.
Source  Rulebook 1.2, 1.3, 6.6, 9.5 to 9.7, 9.10 to 9.12, 9.16, 9.17, 9.19, 10.2, 10.3.
"""

from chiphour.contracts import table as term
from chiphour.contracts.table import State
from chiphour.exchange import commands as ask
from chiphour.exchange import state as col
from chiphour.exchange.bands import in_static_band
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Mode
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.limits import OPEN_INTEREST_LOTS_MAX
from chiphour.exchange.limits import ORDER_LOTS_MAX
from chiphour.exchange.limits import REDUCING_MAX
from chiphour.exchange.links import link_reason
from chiphour.exchange.listed import is_listed
from chiphour.exchange.margin import order_is_covered
from chiphour.exchange.margin import raises_worst
from chiphour.exchange.protection import frozen
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reducing import closes
from chiphour.exchange.state import NONE
from chiphour.exchange.taker import may_rest
from chiphour.exchange.taker import price_taker
from chiphour.exchange.taker import rank_of
from chiphour.exchange.taker import take_command
from chiphour.exchange.taker import waits_for_trigger
from chiphour.exchange.trader import trader_reason
from chiphour.exchange.waiting import hold_reason
from chiphour.ledger.kernel import cold
from chiphour.ledger.kernel import hot
from chiphour.ledger.kernel import kernel
from chiphour.units import NS_PER_HOUR

assert ORDER_LOTS_MAX == col.HOLDER_LOTS
_POST = Flag.POST_ONLY | Flag.POST_SLIDE
_SPECIAL = _POST | Flag.REDUCE_ONLY | Flag.PROTECTED
_LINKED = Flag.OCO | Flag.CHILD


@hot
def order_reason(state, commands, i):
    """Give the first reason to refuse an ORDER, or NONE; its form and account are right."""
    contract = commands[i, ask.CONTRACT]
    lots = commands[i, ask.LOTS]
    if not is_listed(state.contracts, contract):
        return Reason.CONTRACT_UNKNOWN
    take_command(state, commands, i)
    order_type = commands[i, ask.ORDER_TYPE]
    linked = commands[i, ask.FLAGS] & _LINKED
    if linked | commands[i, ask.EXPIRE_NS] != 0 or order_type > OrderType.MARKET:
        return _rare_order_reason(state, commands, i)
    reason = acting_reason(state)
    if reason != Reason.NONE:
        return reason
    if lots <= 0:
        return Reason.LOTS_NOT_POSITIVE
    if lots > ORDER_LOTS_MAX:
        return Reason.LOTS_ABOVE_MAX
    return _book_reason(state, 0, 0, 0)


@cold
def _rare_order_reason(state, commands, i):
    """Check an order that has an end, a link, or a type other than LIMIT and MARKET."""
    order_type = commands[i, ask.ORDER_TYPE]
    link = Reason.NONE
    if commands[i, ask.FLAGS] & _LINKED != 0:
        link = link_reason(state, commands, i)
    waits = order_type == OrderType.BLOCK or waits_for_trigger(order_type)
    waits = waits or state.market[col.TAKER, col.TAKER_PARENT] != NONE
    if waits:
        reason = trading_reason(state)
    else:
        price_taker(state)
        reason = acting_reason(state)
    if reason != Reason.NONE:
        return reason
    if not _terms_hold(state, commands, i):
        return Reason.PARAMETER_OUT_OF_RANGE
    if link != Reason.NONE:
        return link
    lots = commands[i, ask.LOTS]
    if lots <= 0:
        return Reason.LOTS_NOT_POSITIVE
    if lots > ORDER_LOTS_MAX:
        return Reason.LOTS_ABOVE_MAX
    return hold_reason(state) if waits else _rare_book_reason(state, 0, 0, 0)


@kernel
def _terms_hold(state, commands, i):
    """Tell whether an order's end and counterparty are possible (rulebook 9.10, 9.16)."""
    time_ns = commands[i, ask.TIME_NS]
    expire_ns = commands[i, ask.EXPIRE_NS]
    if commands[i, ask.TIME_IN_FORCE] == TimeInForce.GTD and expire_ns <= time_ns:
        return False
    if commands[i, ask.ORDER_TYPE] != OrderType.BLOCK:
        return True
    other = commands[i, ask.COUNTERPARTY]
    if expire_ns - time_ns > NS_PER_HOUR or trader_reason(state.accounts, other) != Reason.NONE:
        return False
    group = state.accounts[commands[i, ask.ACCOUNT], col.ACCOUNT_GROUP]
    return state.accounts[other, col.ACCOUNT_GROUP] != group


@kernel
def trading_reason(state):
    """Tell why TAKER may neither act nor wait now: contract's state, member's or its own mode."""
    market = state.market
    contract = market[col.TAKER, col.TAKER_CONTRACT]
    phase = state.contracts[contract, term.STATE]
    if phase != State.OPEN and phase != State.CALL:
        return Reason.CONTRACT_NOT_OPEN
    account = market[col.TAKER, col.TAKER_ACCOUNT]
    return _mode_reason(state, account, contract, market[col.TAKER, col.TAKER_FLAGS])


@hot
def acting_reason(state):
    """Tell why TAKER may not act now; a call takes only what may rest (rulebook 9.6)."""
    market = state.market
    contract = market[col.TAKER, col.TAKER_CONTRACT]
    account = market[col.TAKER, col.TAKER_ACCOUNT]
    flags = market[col.TAKER, col.TAKER_FLAGS]
    if state.contracts[contract, term.STATE] != State.OPEN:
        if state.contracts[contract, term.STATE] != State.CALL:
            return Reason.CONTRACT_NOT_OPEN
        if not may_rest(market[col.TAKER, col.TAKER_TIME_IN_FORCE]) or flags & _POST != 0:
            return Reason.CONTRACT_NOT_OPEN
    blocks = state.accounts[account, col.ACCOUNT_MODE]
    blocks |= state.accounts[account, col.ACCOUNT_LIQUIDATION]
    blocks |= state.contracts[contract, term.MODE]
    return Reason.NONE if blocks == 0 else _mode_reason(state, account, contract, flags)


@kernel
def _mode_reason(state, account, contract, flags):
    """Tell whether a member's or a contract's mode, or liquidation, bars an order (7.2, 10.3)."""
    if state.accounts[account, col.ACCOUNT_MODE] == Mode.HALTED:
        return Reason.ACCOUNT_BLOCKED
    if state.accounts[account, col.ACCOUNT_LIQUIDATION] != 0 and flags & Flag.REDUCE_ONLY == 0:
        return Reason.ACCOUNT_BLOCKED
    if state.contracts[contract, term.MODE] == Mode.HALTED:
        return Reason.CONTRACT_HALTED
    return Reason.NONE


@kernel
def live_reason(state, less_buy, less_sell, less_reserve):
    """Give the first reason why TAKER, of LIMIT or MARKET, may not act now, or NONE.

    What it has open itself, an amended order's lots and reserve, is left out of account.
    """
    reason = acting_reason(state)
    if reason != Reason.NONE:
        return reason
    return _rare_book_reason(state, less_buy, less_sell, less_reserve)


@kernel
def _rare_book_reason(state, less_buy, less_sell, less_reserve):
    """Do `_book_reason` for all but a plain ORDER, which has a copy of its own."""
    return _book_reason(state, less_buy, less_sell, less_reserve)


@hot
def _book_reason(state, less_buy, less_sell, less_reserve):
    """Check an order that acts: price, flags, room, open interest, margin."""
    market = state.market
    contract = market[col.TAKER, col.TAKER_CONTRACT]
    account = market[col.TAKER, col.TAKER_ACCOUNT]
    lots = market[col.TAKER, col.TAKER_LOTS]
    price_ticks = market[col.TAKER, col.TAKER_PRICE_TICKS]
    least = state.contracts[contract, term.PRICE_TICKS_MIN]
    if price_ticks < least or price_ticks >= least + market[0, col.WINDOW_TICKS]:
        return Reason.PRICE_OUT_OF_RANGE
    flags = market[col.TAKER, col.TAKER_FLAGS]
    if flags & Flag.POST_ONLY != 0 and meets_book(state, contract, price_ticks):
        return Reason.POST_ONLY_CROSSES
    if not in_static_band(state.contracts, contract, price_ticks):
        return Reason.PRICE_OUT_OF_BAND
    modes = state.contracts[contract, term.MODE] | state.accounts[account, col.ACCOUNT_MODE]
    halted = state.contracts[contract, term.QUALITY] == Quality.HALTED
    if flags & _SPECIAL | modes != 0 or halted:
        reason = _special_reason(state, less_buy, less_sell)
        if reason != Reason.NONE:
            return reason
    reason = _room_reason(state, account, contract, lots - less_buy - less_sell)
    if reason != Reason.NONE:
        return reason
    if market[0, col.ORDERS] >= market[0, col.ORDERS_MAX] and needs_row(market):
        return Reason.ORDERS_FULL
    interest = state.contracts[contract, term.OPEN_INTEREST_LOTS] + lots
    if interest > OPEN_INTEREST_LOTS_MAX:
        return Reason.OPEN_INTEREST_ABOVE_MAX
    cap = state.contracts[contract, term.OPEN_INTEREST_CAP_LOTS]
    if cap != 0 and interest > cap and raises_worst(state, less_buy, less_sell):
        return Reason.OPEN_INTEREST_ABOVE_MAX
    if not order_is_covered(state, less_buy, less_sell, less_reserve):
        return Reason.MARGIN_INSUFFICIENT
    return Reason.NONE


@kernel
def needs_row(market):
    """Tell whether TAKER may need a row of the orders table, having none yet."""
    if market[col.TAKER, col.TAKER_ROW] != NONE:
        return False
    return may_rest(market[col.TAKER, col.TAKER_TIME_IN_FORCE])


@cold
def _special_reason(state, less_buy, less_sell):
    """Check what only some flags, modes and a halted index ask (9.17, 9.19, 10.2, 10.3)."""
    market = state.market
    account = market[col.TAKER, col.TAKER_ACCOUNT]
    contract = market[col.TAKER, col.TAKER_CONTRACT]
    flags = market[col.TAKER, col.TAKER_FLAGS]
    if flags & Flag.REDUCE_ONLY != 0:
        if not closes(state):
            return Reason.REDUCE_ONLY
        position = contract * state.accounts.shape[0] + account
        others = state.positions[position, col.POSITION_REDUCING_COUNT]
        row = market[col.TAKER, col.TAKER_ROW]
        if row != NONE and state.orders[row, col.ORDER_PLACE] < col.PLACE_WAITING:
            others -= 1  # An order that is amended rests until nothing refuses it.
        if others >= REDUCING_MAX and may_rest(market[col.TAKER, col.TAKER_TIME_IN_FORCE]):
            return Reason.REDUCE_ONLY_FULL
    else:
        reduces = state.contracts[contract, term.MODE] != Mode.NORMAL
        reduces = reduces or state.accounts[account, col.ACCOUNT_MODE] != Mode.NORMAL
        reduces = reduces or state.contracts[contract, term.QUALITY] == Quality.HALTED
        if reduces and raises_worst(state, less_buy, less_sell):
            return Reason.REDUCE_ONLY
    if flags & Flag.PROTECTED != 0 and frozen(state, account, contract):
        return Reason.PROTECTION_FROZEN
    return Reason.NONE


@hot
def _room_reason(state, account, contract, lots):
    """Check the bounds of a position and of the positions tables (rulebook 1.2, 1.6, 9.5)."""
    positions = state.positions
    position = contract * state.accounts.shape[0] + account
    held = abs(positions[position, col.POSITION_LOTS])
    held += positions[position, col.POSITION_OPEN_BUY] + positions[position, col.POSITION_OPEN_SELL]
    if held + lots > state.market[0, col.POSITION_LOTS_MAX]:
        return Reason.POSITION_ABOVE_MAX
    if held == 0:
        most = state.market[0, col.POSITIONS_PER_ACCOUNT]
        if state.accounts[account, col.ACCOUNT_POSITIONS] >= most:
            return Reason.POSITIONS_FULL
        if state.market[0, col.POSITIONS] >= state.market[0, col.POSITIONS_MAX]:
            return Reason.POSITIONS_FULL
    return Reason.NONE


@hot
def meets_book(state, contract, price_ticks):
    """Tell whether TAKER's price meets the best of the other side."""
    side = state.market[col.TAKER, col.TAKER_SIDE]
    opposite = 2 * contract + (1 if side == Side.BUY else 0)
    rank = rank_of(state, contract, side, price_ticks)
    return state.ladders[opposite, col.LADDER_BEST] < state.market[0, col.WINDOW_TICKS] - rank
