"""WORK: the queue of what one command causes for many orders: its items, and how rows join it.

Takes   the tables `market` and `work`.
Gives   `Item`, and the kernel's way to put one last, to see the first, to take it off.
Keeps   first in, first out; the ring is never full (limits.py: every item has a cause that is
        bounded, and a command drains more than it can add for long).
Source  Rulebook 2.7. What an item does stands in `draining.py`.
"""

from enum import IntEnum

from chiphour.exchange import state as col
from chiphour.ledger.kernel import kernel


class Item(IntEnum):
    """What waits to be done. The columns of a row: `state.py`, "The queue of work"."""

    TRIGGERED = 1  # SUBJECT: an order whose condition came true.
    CANCEL = 2  # SUBJECT: an order; REASON: why.
    ACTIVATE = 3  # SUBJECT: a child; REASON: the lots that its parent traded.
    CANCEL_ALL = 4  # SUBJECT: an account, or below 0 all of them (see cancel_all.py).
    LIQUIDATE = 5  # SUBJECT: an account.


FLAGS_SHIFT = 16  # WHY of a CANCEL_ALL: the reason + 2^16 x the flags that an order must have.


@kernel
def put(state, kind, subject, reason, side, label, before, why):
    """Put an item last in the queue of work (rulebook 2.7)."""
    market = state.market
    work = state.work
    count = market[0, col.WORK_COUNT]
    assert count < work.shape[0]
    at = (market[0, col.WORK_FIRST] + count) % work.shape[0]
    work[at, col.WORK_KIND] = kind
    work[at, col.WORK_SUBJECT] = subject
    work[at, col.WORK_REASON] = reason
    work[at, col.WORK_SIDE] = side
    work[at, col.WORK_LABEL] = label
    work[at, col.WORK_BEFORE] = before
    work[at, col.WORK_DONE] = 0
    work[at, col.WORK_WHY] = why
    market[0, col.WORK_COUNT] = count + 1


@kernel
def take_off(state):
    """Take the first item off the queue; nothing of it stays."""
    market = state.market
    first = market[0, col.WORK_FIRST]
    assert market[0, col.WORK_COUNT] > 0
    for column in range(col.WORK_COLUMNS):
        state.work[first, column] = 0
    market[0, col.WORK_FIRST] = (first + 1) % state.work.shape[0]
    market[0, col.WORK_COUNT] -= 1
