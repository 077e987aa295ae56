"""PREVIEW: what an order would be answered if it came now.

Takes   an ORDER, stamped: row 0 of the commands.
Gives   the first reason to refuse it, or NONE; its account's equity and initial margin with it.
Keeps   the state as a digest counts it: TAKER and sums of margins alone are written anew.
Source  Rulebook 1.3, 6.6.
"""

from chiphour.exchange import commands as ask
from chiphour.exchange import state as col
from chiphour.exchange.checks import order_reason
from chiphour.exchange.commands import COMMAND_COLUMNS
from chiphour.exchange.commands import Side
from chiphour.exchange.flatten import flatten
from chiphour.exchange.form import form_reason
from chiphour.exchange.margin import equity
from chiphour.exchange.margin import initial_margin
from chiphour.exchange.margin import reserve_per_lot
from chiphour.exchange.margin import worst_lots
from chiphour.exchange.reasons import Reason
from chiphour.exchange.tiers import tier_margin
from chiphour.exchange.trader import trader_reason
from chiphour.ledger.flat import flat
from chiphour.ledger.kernel import door
from chiphour.ledger.kernel import kernel


@door
def preview(state, commands):
    """Give (reason, equity, initial margin with the order) of an ORDER; the latter two may be 0."""
    state = flatten(state)
    commands = flat(commands, COMMAND_COLUMNS, "commands")
    reason = _reason(state, commands)
    if reason != Reason.NONE and reason != Reason.MARGIN_INSUFFICIENT:
        return reason, 0, 0
    account = commands[0, ask.ACCOUNT]
    needed = initial_margin(state, account) + _added(state)
    return reason, equity(state.accounts, account), needed


@kernel
def _reason(state, commands):
    reason = form_reason(commands, 0) + 0
    if reason != Reason.NONE:
        return reason
    if commands[0, ask.TIME_NS] >= state.market[0, col.NEXT_DUE_NS]:
        return Reason.ADVANCE_DUE + 0
    reason = trader_reason(state.accounts, commands[0, ask.ACCOUNT]) + 0
    if reason != Reason.NONE:
        return reason
    return order_reason(state, commands, 0) + 0


@kernel
def _added(state):
    """Give what TAKER adds to its account's initial margin, as open lots (rulebook 6.5, 6.6)."""
    market, positions = state.market, state.positions
    account = market[col.TAKER, col.TAKER_ACCOUNT]
    contract = market[col.TAKER, col.TAKER_CONTRACT]
    lots = market[col.TAKER, col.TAKER_LOTS]
    side = market[col.TAKER, col.TAKER_SIDE]
    place = contract * state.accounts.shape[0] + account
    net = positions[place, col.POSITION_LOTS]
    open_buy = positions[place, col.POSITION_OPEN_BUY]
    open_sell = positions[place, col.POSITION_OPEN_SELL]
    before = worst_lots(net, open_buy, open_sell)
    if side == Side.BUY:
        after = worst_lots(net, open_buy + lots, open_sell)
    else:
        after = worst_lots(net, open_buy, open_sell + lots)
    price_ticks = market[col.TAKER, col.TAKER_PRICE_TICKS]
    added = lots * reserve_per_lot(state.contracts, contract, side, price_ticks)
    if after > before:
        added += tier_margin(state.contracts, contract, after)
        added -= tier_margin(state.contracts, contract, before)
    return added
