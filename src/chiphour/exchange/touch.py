"""TOUCH: read ahead what the next commands will need, so that the processor fetches it all at once.

Takes   the state and some commands ahead.
Gives   nothing: a word of all that was read, kept where no digest counts it.
Keeps   every row within its table, whatever a command says; changes nothing else.
Source  Decision 0005. An order's account, position, level and neighbours lie anywhere in memory:
        fetched one after another they are most of a message's time, fetched together they are not.
"""

from chiphour.contracts import table as term
from chiphour.exchange import commands as ask
from chiphour.exchange import state as col
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Side
from chiphour.exchange.orders import row_near
from chiphour.exchange.state import PLACE_WAITING
from chiphour.ledger.kernel import kernel

AHEAD = 64  # Commands touched together.
_LINE = 8  # Words of a cache line.
_BUY = int(Side.BUY)


@kernel
def touch(state, commands, first, last):
    """Read what the commands from `first` to before `last` need.

    In rounds: first what a command names, then what that leads to.
    """
    market = state.market
    total = 0
    for i in range(first, last):
        account = commands[i, ask.ACCOUNT]
        if account >= 0 and account < state.accounts.shape[0]:
            total ^= state.accounts[account, 0] ^ state.accounts[account, _LINE]
            if commands[i, ask.KIND] == Kind.ORDER:
                total ^= _of_order(
                    market, state.contracts, state.positions, state.levels, commands, i
                )
        if commands[i, ask.KIND] == Kind.CANCEL:
            total ^= row_near(state.slots, commands[i, ask.ORDER])
    for i in range(first, last):
        if commands[i, ask.KIND] == Kind.CANCEL:
            row = row_near(state.slots, commands[i, ask.ORDER])
            total ^= state.orders[row, 0] ^ state.orders[row, _LINE]
    for i in range(first, last):
        if commands[i, ask.KIND] == Kind.CANCEL:
            row = row_near(state.slots, commands[i, ask.ORDER])
            total ^= _of_row(state.orders, state.positions, state.levels, market, row)
    market[0, col.TOUCHED] = total & 1


@kernel
def _of_order(market, contracts, positions, levels, commands, i):
    """Read the position of an ORDER, and the level on which it would rest."""
    contract = commands[i, ask.CONTRACT]
    if contract < 0 or contract >= contracts.shape[0]:
        return 0
    place = contract * market[0, col.ACCOUNTS] + commands[i, ask.ACCOUNT]
    total = positions[place, 0] ^ positions[place, _LINE]
    price_ticks = commands[i, ask.PRICE_TICKS]
    least = contracts[contract, term.PRICE_TICKS_MIN]
    window = market[0, col.WINDOW_TICKS]
    if price_ticks < least or price_ticks >= least + window:
        return total
    offset = price_ticks - least
    buys = commands[i, ask.SIDE] == _BUY
    rank = window - 1 - offset if buys else offset
    ladder = 2 * contract if buys else 2 * contract + 1
    return total ^ levels[ladder * window + rank, 0]


@kernel
def _of_row(orders, positions, levels, market, row):
    """Read what lies around an order: its level, its neighbours in time and in its position."""
    place = orders[row, col.ORDER_PLACE]
    total = orders[orders[row, col.ORDER_NEXT], 0] ^ orders[orders[row, col.ORDER_PREVIOUS], 0]
    total ^= orders[orders[row, col.ORDER_LATER], _LINE]
    total ^= orders[orders[row, col.ORDER_EARLIER], _LINE]
    if place < PLACE_WAITING:
        contract = place >> market[0, col.WINDOW_SHIFT] + 1
        total ^= levels[place, 0]
        at = contract * market[0, col.ACCOUNTS] + (
            orders[row, col.ORDER_HOLDER] >> col.HOLDER_SHIFT
        )
        total ^= positions[at, 0] ^ positions[at, _LINE]
    return total
