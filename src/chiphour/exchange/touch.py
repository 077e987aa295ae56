"""TOUCH: ask ahead for what the next commands will need: the processor fetches it all at once.

Takes   the state and some commands ahead.
Gives   nothing: what is asked for lies in the processor's cache when its command comes.
Keeps   every row that is read or asked for within its table, whatever a command says; changes
        nothing.
Source  Decisions 0005 and 0027. An order's account, position, level and neighbours lie anywhere in
        memory: fetched one after another they are most of a message's time, together they are not.
"""

import numpy as np

from chiphour.contracts import table as term
from chiphour.exchange import commands as ask
from chiphour.exchange import state as col
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Side
from chiphour.exchange.orders import fetch_slot
from chiphour.exchange.orders import position_of
from chiphour.exchange.orders import row_near
from chiphour.exchange.taker import rank_of
from chiphour.ledger.flat import fetch
from chiphour.ledger.kernel import hot
from chiphour.ledger.kernel import kernel

STEP = 16  # Commands asked for together, while as many before them are done.
WORTH = 4096  # Positions and orders; the rows of fewer lie in the processor's cache anyway.
_LINE = 8  # Words of a cache line.


@hot
def is_worth_touching(market, commands):
    """Tell whether the market is so large, and the commands so many, that `touch` saves time."""
    rows = market[0, col.POSITIONS] + market[0, col.ORDERS]
    return rows > WORTH and commands.shape[0] > STEP


@kernel
def touch(state, commands, done):
    """Ask for what the commands from `done` on need; called at every STEP of them.

    In three rounds, each of which is done a step later: what a command names; the order that a
    CANCEL leads to; what lies around that. So each round finds what the one before asked for.
    """
    end = np.int64(commands.shape[0])
    first = done + 2 * STEP if done > 0 else done
    for i in range(first, min(end, done + 3 * STEP)):
        _ask_for_named(state, commands, i)
    first = done + STEP if done > 0 else done
    for i in range(first, min(end, done + 2 * STEP)):
        if commands[i, ask.KIND] == Kind.CANCEL:
            row = row_near(state.slots, commands[i, ask.ORDER])
            fetch(state.orders, row, 0)
            fetch(state.orders, row, _LINE)
    for i in range(done, min(end, done + STEP)):
        if commands[i, ask.KIND] == Kind.CANCEL:
            _ask_around(state, row_near(state.slots, commands[i, ask.ORDER]))


@hot
def _ask_for_named(state, commands, i):
    """Ask for the account of a command; of an ORDER or CANCEL for more."""
    account = commands[i, ask.ACCOUNT]
    if account < 0 or account >= state.accounts.shape[0]:
        return
    fetch(state.accounts, account, 0)
    fetch(state.accounts, account, _LINE)
    if commands[i, ask.KIND] == Kind.ORDER:
        _ask_for_order(state, commands, i, account)
    elif commands[i, ask.KIND] == Kind.CANCEL:
        fetch_slot(state.slots, commands[i, ask.ORDER])


@hot
def _ask_for_order(state, commands, i, account):
    """Ask for the position of an ORDER, the level on which it would rest, and its id's slot."""
    fetch_slot(state.slots, commands[i, ask.SEQUENCE])
    contract = commands[i, ask.CONTRACT]
    if contract < 0 or contract >= state.contracts.shape[0]:
        return
    place = contract * state.accounts.shape[0] + account
    fetch(state.positions, place, 0)
    fetch(state.positions, place, _LINE)
    price_ticks = commands[i, ask.PRICE_TICKS]
    least = state.contracts[contract, term.PRICE_TICKS_MIN]
    window = state.market[0, col.WINDOW_TICKS]
    if price_ticks < least or price_ticks >= least + window:
        return
    side = commands[i, ask.SIDE]
    ladder = 2 * contract if side == Side.BUY else 2 * contract + 1
    fetch(state.levels, ladder * window + rank_of(state, contract, side, price_ticks), 0)


@hot
def _ask_around(state, row):
    """Ask for what lies around an order: its level, its position, its neighbours in both chains."""
    orders = state.orders
    fetch(orders, orders[row, col.ORDER_NEXT], 0)
    fetch(orders, orders[row, col.ORDER_PREVIOUS], 0)
    fetch(orders, orders[row, col.ORDER_LATER], _LINE)
    fetch(orders, orders[row, col.ORDER_EARLIER], _LINE)
    if orders[row, col.ORDER_PLACE] < col.PLACE_WAITING:
        fetch(state.levels, orders[row, col.ORDER_PLACE], 0)
    position = position_of(state, row)
    fetch(state.positions, position, 0)
    fetch(state.positions, position, _LINE)
