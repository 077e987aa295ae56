"""TOUCH: ask ahead for what the next commands will need: the processor fetches it all at once.

Takes   the state and some commands ahead.
Gives   nothing: what is asked for lies in the processor's cache when its command comes.
Keeps   every row that is read or asked for within its table, whatever a command says; changes
        nothing.
Source  Decisions 0005 and 0027. An order's account, position, level and neighbours lie anywhere in
        memory: fetched one after another they are most of a message's time, together they are not.
"""

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

# How many commands before its own each round is done, at about 0.15 us a command.
NAMED = 12  # What a command names;
LED_TO = 8  # the order that a CANCEL leads to;
AROUND = 4  # what lies around that.
_LINE = 8  # Words of a cache line.


@hot
def touch(state, commands, done):
    """Ask for what commands soon to come need; called before each of them.

    In three rounds, so that each finds what the one before asked for.
    """
    end = commands.shape[0]
    if done + NAMED < end:
        _ask_for_named(state, commands, done + NAMED)
    if done + LED_TO < end:
        _ask_for_led_to(state, commands, done + LED_TO)
    if done + AROUND < end and commands[done + AROUND, ask.KIND] == Kind.CANCEL:
        _ask_around(state, row_near(state.slots, commands[done + AROUND, ask.ORDER]))


@kernel
def begin_touching(state, commands):
    """Ask for what the first commands need."""
    for i in range(min(NAMED, commands.shape[0])):
        _ask_for_named(state, commands, i)
    for i in range(min(LED_TO, commands.shape[0])):
        _ask_for_led_to(state, commands, i)


@hot
def _ask_for_led_to(state, commands, i):
    if commands[i, ask.KIND] == Kind.CANCEL:
        row = row_near(state.slots, commands[i, ask.ORDER])
        fetch(state.orders, row, 0)
        fetch(state.orders, row, _LINE)


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
