"""DRAINING: before a command is looked at, what earlier ones left to do is done, a bounded part.

Takes   the queue of work; then the scan of accounts.
Gives   the events of at most 64 steps, and of the scan once the queue is empty.
Keeps   first in, first out; no further step once 256 fills were made; an item whose order is gone
        is off the queue as a step of its own.
Source  Rulebook 2.7, 2.8; 9.12 and 9.13 for what an order then does. The caller calls this only
        while nothing is due.
"""

from chiphour.exchange import cancel_all
from chiphour.exchange import events as tell
from chiphour.exchange import liquidation
from chiphour.exchange import state as col
from chiphour.exchange.book import cancel_taker
from chiphour.exchange.book import go_live
from chiphour.exchange.book import trigger_live
from chiphour.exchange.checks import trading_reason
from chiphour.exchange.emit import emit_taker
from chiphour.exchange.limits import FILLS_MAX
from chiphour.exchange.limits import STEPS_MAX
from chiphour.exchange.orders import find_order
from chiphour.exchange.reasons import Reason
from chiphour.exchange.resting import cancel_row
from chiphour.exchange.scan import scan
from chiphour.exchange.state import NONE
from chiphour.exchange.taker import take_row_back
from chiphour.exchange.taker import waits_for_trigger
from chiphour.exchange.waiting import hold
from chiphour.exchange.waiting import hold_reason
from chiphour.exchange.waiting import unhold
from chiphour.exchange.work import Item
from chiphour.exchange.work import take_off
from chiphour.ledger.kernel import kernel


@kernel
def drain(state, events, written):
    """Do what waits in the queue, then go on with the scan, as far as one command may."""
    market = state.market
    steps = 0
    market[0, col.DRAIN_FILLS] = 0
    while market[0, col.WORK_COUNT] > 0 and steps < STEPS_MAX:
        if market[0, col.DRAIN_FILLS] >= FILLS_MAX:
            break
        begin = written
        written = _step(state, events, written)
        market[0, col.DRAIN_FILLS] += _fills(events, begin, written)
        steps += 1
    if market[0, col.WORK_COUNT] == 0:
        written = scan(state, events, written)
    return written


@kernel
def _fills(events, begin, end):
    """Count the fills among the events of a step: they may have many causes."""
    fills = 0
    for row in range(begin, end):
        if events[row, tell.KIND] == tell.Kind.FILL:
            fills += 1
    return fills


@kernel
def _step(state, events, written):
    """Do one step of the first item; an item that is finished leaves the queue."""
    at = state.market[0, col.WORK_FIRST]
    kind = state.work[at, col.WORK_KIND]
    subject = state.work[at, col.WORK_SUBJECT]
    reason = state.work[at, col.WORK_REASON]
    if kind == Item.CANCEL_ALL:
        written, finished = cancel_all.step(state, events, written)
        if finished:
            take_off(state)
        return written
    if kind == Item.LIQUIDATE:
        written, finished = liquidation.step(state, subject, events, written)
        if finished:
            take_off(state)
        return written
    take_off(state)
    row = find_order(state.orders, state.slots, subject)
    if row == NONE:
        return written
    if kind == Item.CANCEL:
        return cancel_row(state, row, reason, events, written)
    if kind == Item.TRIGGERED:
        return _trigger(state, row, events, written)
    assert kind == Item.ACTIVATE
    return _activate(state, row, reason, events, written)


@kernel
def _trigger(state, row, events, written):
    """Let an order whose condition came true act (rulebook 9.12)."""
    unhold(state, row)
    take_row_back(state, row)
    lots = state.market[col.TAKER, col.TAKER_LOTS]
    kind = tell.Kind.TRIGGERED
    written = emit_taker(events, written, state.market, kind, Reason.NONE, lots, 0)
    return trigger_live(state, events, written)


@kernel
def _activate(state, row, lots, events, written):
    """Let a child act whose parent has gone with lots traded; a stop then waits (rulebook 9.13)."""
    market = state.market
    unhold(state, row)
    take_row_back(state, row)
    market[col.TAKER, col.TAKER_LOTS] = min(lots, market[col.TAKER, col.TAKER_LOTS])
    if not waits_for_trigger(market[col.TAKER, col.TAKER_TYPE]):
        return go_live(state, events, written)
    reason = trading_reason(state)
    if reason == Reason.NONE:
        reason = hold_reason(state)
    if reason == Reason.NONE:
        return hold(state, events, written)
    return cancel_taker(state, reason, events, written)
