"""INVARIANTS: what is true of the exchange after every command, whatever was commanded.

Takes   the sections of a state (rulebook 13), and the events of one command or many.
Gives   a list of violations in words, empty when all is well.
Keeps   its own arithmetic, in Python integers: it shares nothing with kernel or reference.
Source  Rulebook 1, 2, 3, 6 and 9.
"""

from collections import Counter
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange import events as said
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Side
from chiphour.exchange.compose import EVENT_PLACES
from chiphour.exchange.digest import Sections
from chiphour.exchange.events import Kind
from chiphour.exchange.limits import CASH_MICROUSD_MAX
from chiphour.exchange.limits import FEES
from chiphour.exchange.limits import INSURANCE_FUND
from chiphour.exchange.limits import MONEY_MICROUSD_MAX
from chiphour.exchange.limits import OPEN_INTEREST_LOTS_MAX
from chiphour.exchange.limits import ORDER_LOTS_MAX
from chiphour.exchange.limits import OUTSIDE
from chiphour.exchange.limits import REDUCING_MAX
from chiphour.exchange.limits import Limits
from chiphour.exchange.reasons import Reason

# Columns of the orders and waiting sections (rulebook 13.1).
FLAGS, HIDDEN, PRIORITY, PARTNER = 11, 13, 16, 17
WAITING_PARTNER = 15
ENDS = (Kind.RESTED, Kind.HELD, Kind.CANCELLED)

Rows = NDArray[np.int64]
Found = Iterator[str]


def violations(sections: Sections, limits: Limits | None = None) -> list[str]:
    """Name all that is wrong with a state; the bounds of `limits` are checked when given."""
    found = [text for check in CHECKS for text in check(sections)]
    return found if limits is None else [*found, *_beyond(sections, limits)]


def event_violations(events: Rows) -> list[str]:
    """Name all that is wrong with the events of whole commands."""
    return [text for check in EVENT_CHECKS for text in check(events.tolist())]


def money_sums_to_zero(sections: Sections) -> Found:
    """All cash, OUTSIDE's included, and what V still owes to untouched positions, is nothing."""
    cash = sum(amount for _, _, amount, *_ in sections.accounts.tolist())
    values = _column(sections, table.VALUE_PER_LOT_MICROUSD)
    owed = sum(
        lots * (values[contract] - seen)
        for _, contract, lots, seen, *_ in sections.positions.tolist()
    )
    if cash + owed != 0:
        yield f"expected money to sum to 0, found cash {cash} and owed {owed}"


def positions_sum_to_zero(sections: Sections) -> Found:
    """In each contract the longs are the shorts, until it is EXPIRED and being paid out."""
    net: Counter[int] = Counter()
    for _, contract, lots, *_ in sections.positions.tolist():
        net[contract] += lots
    for contract, state in _column(sections, table.STATE).items():
        if state != State.EXPIRED and net[contract] != 0:
            yield f"expected positions to sum to 0, found {net[contract]} in contract {contract}"


def open_interest_is_the_longs(sections: Sections) -> Found:
    """Open interest is the sum of long lots; 0 in an EXPIRED contract."""
    longs: Counter[int] = Counter()
    states = _column(sections, table.STATE)
    for _, contract, lots, *_ in sections.positions.tolist():
        longs[contract] += max(lots, 0) if states[contract] != State.EXPIRED else 0
    for contract, lots in _column(sections, table.OPEN_INTEREST_LOTS).items():
        if lots != longs[contract]:
            yield f"expected open interest {longs[contract]}, found {lots} in contract {contract}"


def book_is_not_crossed(sections: Sections) -> Found:
    """The best bid lies below the best ask, but in a call."""
    states = _column(sections, table.STATE)
    best: dict[tuple[int, int], int] = {}
    for _, _, contract, side, price, *_ in sections.orders.tolist():
        best.setdefault((contract, side), price)
    for (contract, side), price in best.items():
        ask = best.get((contract, Side.SELL))
        crossed = side == Side.BUY and ask is not None and price >= ask
        if crossed and states[contract] not in (State.CALL, State.STOPPED):
            yield f"expected bid below ask, found {price} and {ask} in contract {contract}"


def orders_keep_their_rank(sections: Sections) -> Found:
    """By contract: bids fall, then asks rise; within a price the lower priority is first."""
    ranks = [
        (row[2], row[3], -row[4] if row[3] == Side.BUY else row[4], row[PRIORITY])
        for row in sections.orders.tolist()
    ]
    for before, after in pairwise(ranks):
        if before >= after:
            yield f"expected rank (contract, side, price, priority) {before} before {after}"


def positions_match_orders(sections: Sections) -> Found:
    """Open lots and reserves of each position are those of its resting orders."""
    found: dict[tuple[int, int], list[int]] = {}
    for row in sections.orders.tolist():
        _, account, contract, side, _, lots, reserve, *_ = row
        lots += row[HIDDEN]
        opened = found.setdefault((account, contract), [0, 0, 0])
        opened[0 if side == Side.BUY else 1] += lots
        opened[2] += lots * reserve
    for account, contract, _, _, *opened, _ in sections.positions.tolist():
        expected = found.pop((account, contract), [0, 0, 0])
        if opened != expected:
            yield (
                f"expected open buys, open sells, reserve {expected}, found {opened}"
                f" of account {account} in contract {contract}"
            )
    for account, contract in found:
        yield f"expected a position behind orders of account {account} in contract {contract}"


def positions_are_not_empty(sections: Sections) -> Found:
    """A position without lots and open lots does not exist; V is seen unless a sweep is in work."""
    values = _column(sections, table.VALUE_PER_LOT_MICROUSD)
    sweeping = bool(sections.market[0, 3])
    for account, contract, lots, seen, buys, sells, _, entry in sections.positions.tolist():
        where = f"account {account}, contract {contract}"
        if lots == 0 and buys == 0 and sells == 0:
            yield f"expected no empty position, found one: {where}"
        if seen != values[contract] and not sweeping:
            yield f"expected V {values[contract]} to be seen, found {seen}: {where}"
        if lots == 0 and entry != 0:
            yield f"expected no entry price without lots, found {entry}: {where}"


def orders_are_where_they_may_be(sections: Sections) -> Found:
    """Orders have lots and rest in OPEN or CALL, or in STOPPED while that is being emptied."""
    states = _column(sections, table.STATE)
    due = bool(sections.market[0, 2] <= sections.market[0, 1])
    for row in sections.orders.tolist():
        order, _, contract, _, _, lots, reserve, *_ = row
        if not 0 < lots + row[HIDDEN] <= ORDER_LOTS_MAX or lots <= 0 or reserve < 0:
            yield f"expected an order with lots, found {lots} lots, reserve {reserve}: {order}"
        stopping = states[contract] == State.STOPPED and due
        if states[contract] not in (State.OPEN, State.CALL) and not stopping:
            yield f"expected no order in contract {contract}, found {order}"


def reduce_only_orders_reduce(sections: Sections) -> Found:
    """Resting reduce-only orders close a position, and no more than it (rulebook 9.17)."""
    held = {(row[0], row[1]): row[2] for row in sections.positions.tolist()}
    found: dict[tuple[int, int], list[int]] = {}
    for row in sections.orders.tolist():
        if row[FLAGS] & Flag.REDUCE_ONLY:
            sign = 1 if row[3] == Side.BUY else -1
            total = found.setdefault((row[1], row[2]), [])
            total.append(sign * (row[5] + row[HIDDEN]))
    for place, lots in found.items():
        signs = {each > 0 for each in lots}
        fits = abs(sum(lots)) <= abs(held[place]) and sum(lots) * held[place] < 0
        if len(signs) > 1 or not fits or len(lots) > REDUCING_MAX:
            yield f"expected reduce-only lots within the position {held[place]}, found {lots}"


def partners_are_mutual(sections: Sections) -> Found:
    """Each of two partners names the other, unless one has gone and the other is about to."""
    named = {row[0]: row[PARTNER] for row in sections.orders.tolist()}
    named |= {row[0]: row[WAITING_PARTNER] for row in sections.waiting.tolist()}
    for order, partner in named.items():
        if partner in named and named[partner] != order:
            yield f"expected order {partner} to name {order}, found {named[partner]}"


def the_fund_is_not_in_debt(sections: Sections) -> Found:
    """The insurance fund and the fees never fall below nought."""
    for account, _, cash, *_ in sections.accounts.tolist():
        if account in (INSURANCE_FUND, FEES) and cash < 0:
            yield f"expected account {account} at 0 or above, found {cash}"


CHECKS: tuple[Callable[[Sections], Iterable[str]], ...] = (
    money_sums_to_zero,
    positions_sum_to_zero,
    open_interest_is_the_longs,
    book_is_not_crossed,
    orders_keep_their_rank,
    positions_match_orders,
    positions_are_not_empty,
    orders_are_where_they_may_be,
    reduce_only_orders_reduce,
    partners_are_mutual,
    the_fund_is_not_in_debt,
)


def _beyond(sections: Sections, limits: Limits) -> Found:
    """Name every bound of rulebook 1.2 that a state is beyond."""
    counts = Counter(account for account, *_ in sections.positions.tolist())
    sizes = {
        "orders": (len(sections.orders) + len(sections.waiting), limits.orders),
        "positions": (len(sections.positions), limits.positions),
        "contracts": (len(sections.contracts), limits.contracts),
        "accounts": (len(sections.accounts), limits.accounts),
        "positions of an account": (max(counts.values(), default=0), limits.positions_per_account),
    }
    for name, (count, most) in sizes.items():
        if count > most:
            yield f"expected at most {most} {name}, found {count}"
    for account, contract, lots, _, buys, sells, *_ in sections.positions.tolist():
        if abs(lots) + buys + sells > limits.position_lots_max:
            yield f"expected fewer lots of account {account} in contract {contract}"
    for contract, lots in _column(sections, table.OPEN_INTEREST_LOTS).items():
        if lots > OPEN_INTEREST_LOTS_MAX:
            yield f"expected less open interest in contract {contract}, found {lots}"
    for account, _, cash, *_ in sections.accounts.tolist():
        if abs(cash) > CASH_MICROUSD_MAX or (account == OUTSIDE and -cash > MONEY_MICROUSD_MAX):
            yield f"expected less money in account {account}, found {cash}"


def events_fill_their_columns(events: list[list[int]]) -> Found:
    """Every event is of a known kind, and columns that its kind does not fill are zero."""
    for event in events:
        if event[said.KIND] not in EVENT_PLACES:
            yield f"expected a kind of event, found {event}"
            continue
        filled = {said.KIND, *EVENT_PLACES[Kind(event[said.KIND])].values()}
        if any(value for place, value in enumerate(event) if place not in filled):
            yield f"expected zero in unused columns, found {event}"


def lots_are_accounted_for(events: list[list[int]]) -> Found:
    """What a taker began with is its fills, its cuts, and what then rests, waits or is gone."""
    left: dict[int, int] = {}
    for event in events:
        kind, order = event[said.KIND], event[said.ORDER]
        if kind in (Kind.ACCEPTED, Kind.TRIGGERED):
            left[order] = event[said.LOTS]
        elif kind == Kind.FILL and event[said.TAKER_ORDER] in left:
            taker = event[said.TAKER_ORDER]
            left[taker] -= event[said.LOTS]
            if left[taker] != event[said.TAKER_LOTS_LEFT]:
                yield f"expected {left[taker]} lots left of the taker: {event}"
        elif kind == Kind.REDUCED and order in left:
            left[order] -= event[said.LOTS]
            if left[order] != event[said.LOTS_LEFT]:
                yield f"expected {left[order]} lots left: {event}"
        elif kind in ENDS and order in left:
            lots = event[said.LOTS if kind == Kind.HELD else said.LOTS_LEFT]
            if left.pop(order) != lots:
                yield f"expected all lots of the order, found {lots}: {event}"
    for order, lots in left.items():
        if lots != 0:
            yield f"expected all lots of order {order} accounted for, found {lots} missing"


EVENT_CHECKS: tuple[Callable[[list[list[int]]], Iterable[str]], ...] = (
    events_fill_their_columns,
    lots_are_accounted_for,
)


def front_violations(before: Sections, events: Rows) -> list[str]:
    """Name what one ORDER took from the book other than from its front (rulebook 9.1, 9.3).

    `before` is the state before the command, with no work waiting. The orders that a taker met,
    filled or cut for self-trade, must be the first ones of the opposite side, in their order; one
    that shows lots again is met again, and one cut with its owner's position was passed over.
    """
    told = events.tolist()
    accepted = [row for row in told if row[said.KIND] == Kind.ACCEPTED]
    if len(accepted) != 1 or before.work.size or before.market[0, 5]:
        return []
    taker, contract, side = (accepted[0][at] for at in (said.ORDER, said.CONTRACT, said.SIDE))
    met: dict[int, None] = {}
    cut = set()
    for row in told:
        if row[said.KIND] == Kind.FILL and row[said.TAKER_ORDER] == taker:
            met[row[said.MAKER_ORDER]] = None
        elif row[said.KIND] in (Kind.CANCELLED, Kind.REDUCED) and row[said.ORDER] != taker:
            if row[said.REASON] == Reason.SELF_TRADE:
                met[row[said.ORDER]] = None
            elif row[said.REASON] == Reason.REDUCE_ONLY_CUT and row[said.KIND] == Kind.CANCELLED:
                cut.add(row[said.ORDER])
    front = [
        row[0]
        for row in before.orders.tolist()
        if row[2] == contract and row[3] != side and (row[0] in met or row[0] not in cut)
    ]
    found = list(met)
    return [] if front[: len(met)] == found else [f"expected {front[: len(met)]}, found {found}"]


def _column(sections: Sections, column: int) -> dict[int, int]:
    """Give one column of the contracts table by contract."""
    return {row[0]: row[1 + column] for row in sections.contracts.tolist()}
