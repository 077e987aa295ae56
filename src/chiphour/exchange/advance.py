"""ADVANCE: what time brings: stops, fallbacks, funding, settlement, and the payments they cause.

Takes   an ADVANCE: row `i` of the commands.
Gives   its events, from row `written` on; the row after them.
Keeps   instants in order, the steps of one in order, each step once; the work of one command
        bounded, so that no member waits long; NEXT_DUE_NS true.
Source  Rulebook 2. While an instant is in work NEXT_DUE_NS stays at it, so the next ADVANCE
        finds the place where the last one stopped: orders left in a stopped contract, or the
        sweep's account.
"""

from chiphour.contracts import table as term
from chiphour.contracts.table import State
from chiphour.exchange import commands as ask
from chiphour.exchange import events as tell
from chiphour.exchange import state as col
from chiphour.exchange.book import cancel_row
from chiphour.exchange.emit import emit_contract
from chiphour.exchange.emit import emit_payment
from chiphour.exchange.funding import fund
from chiphour.exchange.limits import CANCELS_MAX
from chiphour.exchange.limits import PAYMENTS_MAX
from chiphour.exchange.listing import STOP_BEFORE_EXPIRY_NS
from chiphour.exchange.positions import end_position
from chiphour.exchange.positions import position_exists
from chiphour.exchange.reasons import Reason
from chiphour.exchange.settlement import FALLBACK_AFTER_EXPIRY_NS
from chiphour.exchange.settlement import STOPPED
from chiphour.exchange.settlement import fall_back
from chiphour.exchange.settlement import settle_daily
from chiphour.exchange.state import NEVER_NS
from chiphour.ledger.kernel import kernel
from chiphour.ledger.post import credit


@kernel
def advance(state, commands, i, events, written):
    """Do the earliest due instant, or as much of it as one command may (rulebook 2.3)."""
    market = state.market
    instant = market[0, col.NEXT_DUE_NS]
    if commands[i, ask.TIME_NS] < instant:
        return written
    if market[0, col.SWEEP_ACTIVE] == 0:
        written, complete = _stop(state, instant, events, written)
        if not complete:
            return written
        written = _settle_due(state, instant, events, written)
        begin_sweep(market)
    written, complete = _sweep(state, events, written)
    if complete:
        market[0, col.SWEEP_ACTIVE] = 0
        market[0, col.SWEEP_ACCOUNT] = 0
        market[0, col.INSTANT_DONE_NS] = instant
        renew_due(market, state.contracts)
    return written


@kernel
def begin_sweep(market):
    """Let the sweep begin at the first account; margins are no longer what they were."""
    market[0, col.SWEEP_ACTIVE] = 1
    market[0, col.SWEEP_ACCOUNT] = 0
    market[0, col.EPOCH] += 1


@kernel
def renew_due(market, contracts):
    """Find the earliest time at which something is due; no instant is in work (rulebook 2.6)."""
    due = NEVER_NS
    for contract in range(contracts.shape[0]):
        state = contracts[contract, term.STATE]
        expiry = contracts[contract, term.EXPIRY_NS]
        if state == State.OPEN:
            due = min(due, contracts[contract, term.NEXT_SETTLEMENT_NS])
            if contracts[contract, term.FUNDING_PERIOD_S] > 0:
                due = min(due, contracts[contract, term.NEXT_FUNDING_NS])
            if expiry > 0:
                due = min(due, expiry - STOP_BEFORE_EXPIRY_NS)
        fallback = expiry + FALLBACK_AFTER_EXPIRY_NS
        if state == State.STOPPED and fallback > market[0, col.INSTANT_DONE_NS]:
            due = min(due, fallback)
    market[0, col.NEXT_DUE_NS] = due


@kernel
def _stop(state, instant, events, written):
    """Stop what expires soon and cancel its orders; gives (row, whether all of it is done)."""
    cancels = 0
    contracts = state.contracts
    for contract in range(contracts.shape[0]):
        expiry = contracts[contract, term.EXPIRY_NS]
        is_open = contracts[contract, term.STATE] == State.OPEN
        if is_open and expiry > 0 and expiry - STOP_BEFORE_EXPIRY_NS == instant:
            contracts[contract, term.STATE] = State.STOPPED
            written = emit_contract(
                events, written, state.market, tell.Kind.EXPIRED, contract, STOPPED
            )
        if contracts[contract, term.STATE] == State.STOPPED:
            written, cancels, complete = _empty_book(state, contract, cancels, events, written)
            if not complete:
                return written, False
    return written, True


@kernel
def _empty_book(state, contract, cancels, events, written):
    """Cancel a contract's orders, best first; gives (row, cancels so far, whether none is left)."""
    window = state.market[0, col.WINDOW_TICKS]
    for ladder in range(2 * contract, 2 * contract + 2):
        while state.ladders[ladder, col.LADDER_BEST] < window:
            if cancels == CANCELS_MAX:
                return written, cancels, False
            cancels += 1
            place = ladder * window + state.ladders[ladder, col.LADDER_BEST]
            row = state.levels[place, col.LEVEL_FIRST]
            written = cancel_row(state, row, Reason.CONTRACT_STOPPED, events, written)
    return written, cancels, True


@kernel
def _settle_due(state, instant, events, written):
    """Do fallbacks, funding and settlement of an instant, in this order (rulebook 2.3)."""
    contracts = state.contracts
    for contract in range(contracts.shape[0]):
        fallback = contracts[contract, term.EXPIRY_NS] + FALLBACK_AFTER_EXPIRY_NS
        if contracts[contract, term.STATE] == State.STOPPED and fallback == instant:
            written = fall_back(state, contract, events, written)
    for contract in range(contracts.shape[0]):
        funded = contracts[contract, term.FUNDING_PERIOD_S] > 0
        due = funded and contracts[contract, term.NEXT_FUNDING_NS] == instant
        if contracts[contract, term.STATE] == State.OPEN and due:
            written = fund(state.market, contracts, contract, events, written)
    for contract in range(contracts.shape[0]):
        due = contracts[contract, term.NEXT_SETTLEMENT_NS] == instant
        if contracts[contract, term.STATE] == State.OPEN and due:
            written = settle_daily(state.market, contracts, contract, events, written)
    return written


@kernel
def _sweep(state, events, written):
    """Pay every position what V has moved; gives (row, whether all of them are paid)."""
    payments = 0
    accounts = state.accounts
    for account in range(state.market[0, col.SWEEP_ACCOUNT], accounts.shape[0]):
        if accounts[account, col.ACCOUNT_POSITIONS] == 0:
            continue
        for contract in range(state.contracts.shape[0]):
            place = contract * accounts.shape[0] + account
            if not position_exists(state.positions, place):
                continue
            if owed(state, contract, place) != 0:
                if payments == PAYMENTS_MAX:
                    state.market[0, col.SWEEP_ACCOUNT] = account
                    return written, False
                payments += 1
            written = _touch(state, account, contract, place, events, written)
    return written, True


@kernel
def owed(state, contract, place):
    """Give what a position is owed: its lots times the move of V since it was touched."""
    moved = state.contracts[contract, term.VALUE_PER_LOT_MICROUSD]
    moved -= state.positions[place, col.POSITION_VALUE_SEEN]
    return state.positions[place, col.POSITION_LOTS] * moved


@kernel
def _touch(state, account, contract, place, events, written):
    """Pay one position; one in an expired contract then vanishes (rulebook 3.3, 8.5)."""
    amount = owed(state, contract, place)
    value = state.contracts[contract, term.VALUE_PER_LOT_MICROUSD]
    state.positions[place, col.POSITION_VALUE_SEEN] = value
    if amount != 0:
        credit(state.accounts, account, amount)
        cash = state.accounts[account, col.ACCOUNT_CASH]
        lots = state.positions[place, col.POSITION_LOTS]
        written = emit_payment(events, written, state.market, account, contract, lots, cash, amount)
    if state.contracts[contract, term.STATE] == State.EXPIRED:
        end_position(state.market, state.accounts, state.positions, account, place)
    return written
