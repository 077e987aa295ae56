"""RESTORE: a state from its twelve sections, to go on as the one that they are of.

Takes   an empty state; the sections of a market whose instants are done.
Gives   every table: the books and their ladders, every chain, the heap of ends, slots and ids.
Keeps   what a digest counts, to the last column; what it does not count either follows from that
        or is a sum that is found anew. Plain numpy: a start does it once.
Source  Rulebook 13.1; decisions 0005 and 0026. Chains stand in the order that `orders.py`,
        `waiting.py`, `links.py` and `timers.py` keep: by id, in time, by end.
"""

from collections.abc import Callable
from typing import Any
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.contracts import table as term
from chiphour.exchange import ids as id_table
from chiphour.exchange import orders as order_table
from chiphour.exchange import sections as section
from chiphour.exchange import state as col
from chiphour.exchange import waiting
from chiphour.exchange.commands import SOURCE_SHIFT
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import Source
from chiphour.exchange.digest import Sections
from chiphour.exchange.state import State
from chiphour.exchange.work import Item

Rows = NDArray[np.int64]
Places = NDArray[np.intp]

_RARE_FLAGS = int(Flag.REDUCE_ONLY | Flag.PROTECTED)
_WORD_SHIFT = 5
_WORD_MASK = col.WORD_BITS - 1
assert 1 << _WORD_SHIFT == col.WORD_BITS


class _Orders(NamedTuple):
    """All orders, resting ones first in the order of the section; the row of each is its place + 1.

    Columns of either section under one name: int64[orders] each.
    """

    order: Rows
    account: Rows
    contract: Rows
    side: Rows
    lots: Rows
    client_order_id: Rows
    label: Rows
    type: Rows
    time_in_force: Rows
    flags: Rows
    expire_ns: Rows
    partner: Rows
    parent: Rows


# The same columns in the sections of rulebook 13.1.
_RESTING = (0, 1, 2, 3, 5, 7, 8, 9, 10, 11, 12, 17, 18)
_WAITING = (0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 15, 16)


def restore(state: State, sections: Sections) -> None:
    """Fill an empty state, as `allocate` makes it, from the sections of a market.

    No sweep may be in work: what made its instant stands in no section (rulebook 2.5).
    """
    assert sections.market[0, col.SWEEP_ACTIVE] == 0
    state.market[0, : col.PRIORITY + 1] = sections.market[0]
    state.market[col.SETTINGS, : sections.settings.shape[1]] = sections.settings[0]
    _numbered(state.contracts, sections.contracts)
    _numbered(state.indexes, sections.indexes)
    _numbered(state.volumes, sections.volumes)
    _accounts(state, sections.accounts)
    _positions(state, sections)
    _orders(state, sections)
    _work(state, sections.work)
    _ids(state, sections.ids)


def _numbered(table: Rows, rows: Rows) -> None:
    """Write rows whose first column is their number."""
    table[rows[:, 0], : rows.shape[1] - 1] = rows[:, 1:]


def _accounts(state: State, rows: Rows) -> None:
    number, group = rows[:, 0], rows[:, 1]
    state.accounts[number, col.ACCOUNT_GROUP] = np.where(group > 0, group, -1 - number)
    for place, column in enumerate(section._ACCOUNT_COLUMNS, 2):
        state.accounts[number, column] = rows[:, place]


def _positions(state: State, sections: Sections) -> None:
    """Write positions and protections, and chain those of each account.

    Margins stay 0: the market's first epoch ends what MOVE knows, so that they are summed at the
    account's next use.
    """
    count, rows = len(state.accounts), sections.positions
    account, place = rows[:, 0], rows[:, 1] * count + rows[:, 0]
    columns = (
        *(col.POSITION_LOTS, col.POSITION_VALUE_SEEN, col.POSITION_OPEN_BUY),
        *(col.POSITION_OPEN_SELL, col.POSITION_RESERVE, col.POSITION_ENTRY),
    )
    for at, column in enumerate(columns, 2):
        state.positions[place, column] = rows[:, at]
    np.add.at(state.accounts[:, col.ACCOUNT_RESERVES], account, rows[:, 6])
    np.add.at(state.accounts[:, col.ACCOUNT_POSITIONS], account, 1)
    reach = np.abs(rows[:, 2]) + rows[:, 4] + rows[:, 5]
    np.add.at(state.accounts[:, col.ACCOUNT_REACH], account, reach)
    _chain(state.positions, place, account, (col.POSITION_PREVIOUS, col.POSITION_NEXT))
    first = _firsts(account)
    state.accounts[account[first], col.ACCOUNT_FIRST] = place[first]
    state.market[0, col.POSITIONS] = len(rows)
    guarded = sections.protections
    place = guarded[:, 1] * count + guarded[:, 0]
    columns_of_it = slice(col.PROTECTION_INTERVAL_S, col.PROTECTION_UNTIL_NS + 1)
    state.positions[place, columns_of_it] = guarded[:, 2:]


def _orders(state: State, sections: Sections) -> None:
    resting, held = sections.orders, sections.waiting
    parts = (resting[:, _RESTING], held[:, _WAITING])
    orders = _Orders(*np.concatenate(parts).T)
    count = len(orders.order)
    rows = np.arange(1, count + 1)
    table = state.orders
    assert count < len(table)
    table[rows, col.ORDER_ID] = orders.order
    table[rows, col.ORDER_HOLDER] = orders.account << col.HOLDER_SHIFT | orders.lots
    table[rows, col.ORDER_CLIENT_ORDER_ID] = orders.client_order_id
    table[rows, col.ORDER_LABEL] = orders.label
    table[rows, col.ORDER_EXPIRE_NS] = orders.expire_ns
    words = orders.flags | orders.type << col.WORDS_TYPE_SHIFT
    words |= orders.time_in_force << col.WORDS_TIME_IN_FORCE_SHIFT
    table[rows, col.ORDER_WORDS] = words | orders.side << col.WORDS_SIDE_SHIFT
    state.market[0, col.ORDERS] = state.market[0, col.ORDERS_USED] = count
    _slots(state, orders.order)
    _books(state, resting)
    _waiting(state, orders, rows[len(resting) :], held)
    _of_positions(state, orders, rows, len(resting))
    _links(state, orders, rows)
    _ends(state, orders, rows)
    rare = orders.flags & _RARE_FLAGS | orders.expire_ns | orders.partner
    rare |= (orders.type != OrderType.LIMIT) | table[rows, col.ORDER_CHILD]
    is_rare = (rare != 0) | (rows > len(resting))
    table[rows[is_rare], col.ORDER_WORDS] |= col.WORDS_RARE


def _slots(state: State, orders: Rows) -> None:
    """Enter each id where it is looked for (orders.py)."""
    home, mask = _plain(order_table._home), len(state.slots) - 1
    slots = [0] * len(state.slots)
    for row, order in enumerate(orders.tolist(), 1):
        tag = order & order_table._TAG
        slot = home(tag, mask)
        while slots[slot]:
            slot = (slot + 1) & mask
        slots[slot] = tag << order_table._ROW_BITS | row
    state.slots[:, col.SLOT_ORDER] = slots


def _books(state: State, resting: Rows) -> None:
    """Put resting orders at their prices in time, and mark the prices in the ladders."""
    window = int(state.market[0, col.WINDOW_TICKS])
    contract, side, price = resting[:, 2], resting[:, 3], resting[:, 4]
    rows = np.arange(1, len(resting) + 1)
    offset = price - state.contracts[contract, term.PRICE_TICKS_MIN]
    assert ((offset >= 0) & (offset < window)).all()
    rank = np.where(side == Side.BUY, window - 1 - offset, offset)
    ladder = 2 * contract + side - 1
    place = ladder * window + rank
    table = state.orders
    table[rows, col.ORDER_PLACE] = place
    table[rows, col.ORDER_RESERVE] = resting[:, 6]
    table[rows, col.ORDER_HIDDEN] = resting[:, 13]
    table[rows, col.ORDER_DISPLAY] = resting[:, 14]
    table[rows, col.ORDER_TRADED] = resting[:, 15]
    table[rows, col.ORDER_PRIORITY] = resting[:, 16]
    _chain(table, rows, place, (col.ORDER_PREVIOUS, col.ORDER_NEXT))
    first, last = _firsts(place), _lasts(place)
    state.levels[place[first], col.LEVEL_FIRST] = rows[first]
    state.levels[place[last], col.LEVEL_LAST] = rows[last]
    np.add.at(state.levels[:, col.LEVEL_LOTS], place, resting[:, 5])
    np.add.at(state.levels[:, col.LEVEL_ORDERS], place, 1)
    np.minimum.at(state.ladders[:, col.LADDER_BEST], ladder, rank)
    _ladders(state, ladder, rank, window)


def _ladders(state: State, ladder: Rows, rank: Rows, window: int) -> None:
    """Set the bit of each rank, and on each storey that of each word that is not zero."""
    base, width = col.LADDER_BITS, window
    while width > 1:
        width = (width + _WORD_MASK) >> _WORD_SHIFT
        place = (ladder, base + (rank >> _WORD_SHIFT))
        np.bitwise_or.at(state.ladders, place, 1 << (rank & _WORD_MASK))
        base += width
        rank = rank >> _WORD_SHIFT


def _waiting(state: State, orders: _Orders, rows: Rows, held: Rows) -> None:
    """Chain the waiting orders of each contract by id; watch the last price where they do."""
    table = state.orders
    contract = held[:, 2]
    table[rows, col.ORDER_PLACE] = col.PLACE_WAITING + contract
    table[rows, col.ORDER_PRICE_TICKS] = held[:, 4]
    table[rows, col.ORDER_TRIGGER] = held[:, 12]
    shows = np.where(held[:, 8] == OrderType.ICEBERG, held[:, 12], 0)
    table[rows, col.ORDER_DISPLAY] = shows
    table[rows, col.ORDER_EXTREME] = held[:, 13]
    table[rows, col.ORDER_FIRED] = held[:, 14]
    by_id = np.lexsort((held[:, 0], contract))
    rows, held, contract = rows[by_id], held[by_id], contract[by_id]
    _chain(table, rows, contract, (col.ORDER_PREVIOUS, col.ORDER_NEXT))
    first, last = _firsts(contract), _lasts(contract)
    state.ladders[2 * contract[first], col.LADDER_WAITING_FIRST] = rows[first]
    state.ladders[2 * contract[last], col.LADDER_WAITING_LAST] = rows[last]
    np.add.at(state.positions[:, col.POSITION_WAITING], _place(state, held[:, 1], contract), 1)
    is_trigger = (held[:, 8] >= OrderType.STOP_LIMIT) & (held[:, 8] <= OrderType.TRAILING)
    of_last = is_trigger & (held[:, 10] >> SOURCE_SHIFT & waiting._SOURCE == Source.LAST)
    for number in np.unique(contract[of_last]).tolist():
        ladder = state.ladders[2 * number]
        mine = held[of_last & (contract == number)]
        ladder[col.LADDER_LASTS] = len(mine)
        # A bound, not a count: an order that its parent still hides only makes it narrower.
        stops = (mine[:, 8] == OrderType.STOP_LIMIT) | (mine[:, 8] == OrderType.STOP_MARKET)
        upward = stops == (mine[:, 3] == Side.BUY)
        far = waiting._FAR_TICKS
        ladder[col.LADDER_LAST_UP] = np.min(mine[upward, 12], initial=far)
        ladder[col.LADDER_LAST_DOWN] = np.max(mine[~upward, 12], initial=-far)


def _of_positions(state: State, orders: _Orders, rows: Rows, resting: int) -> None:
    """Chain the orders of each position by id, and its resting reduce-only ones."""
    place = _place(state, orders.account, orders.contract)
    by_id = np.lexsort((orders.order, place))
    chained, of = rows[by_id], place[by_id]
    _chain(state.orders, chained, of, (col.ORDER_EARLIER, col.ORDER_LATER))
    first, last = _firsts(of), _lasts(of)
    state.positions[of[first], col.POSITION_ORDER_FIRST] = chained[first]
    state.positions[of[last], col.POSITION_ORDER_LAST] = chained[last]
    reducing = np.flatnonzero(orders.flags[:resting] & Flag.REDUCE_ONLY)
    priority = state.orders[rows[reducing], col.ORDER_PRIORITY]
    for at in reducing[np.argsort(priority)].tolist():  # Each new one joined in front.
        position = state.positions[place[at]]
        state.orders[rows[at], col.ORDER_REDUCING] = position[col.POSITION_REDUCING]
        position[col.POSITION_REDUCING] = rows[at]
        position[col.POSITION_REDUCING_COUNT] += 1


def _links(state: State, orders: _Orders, rows: Rows) -> None:
    """Tie partners, and parents to their children by id (links.py)."""
    table = state.orders
    row_of = dict(zip(orders.order.tolist(), rows.tolist(), strict=True))
    for at in np.flatnonzero(orders.partner).tolist():
        table[rows[at], col.ORDER_PARTNER] = row_of[int(orders.partner[at])]
    children = np.flatnonzero(orders.parent)
    for at in children[np.argsort(orders.order[children])].tolist():
        parent, child = row_of[int(orders.parent[at])], int(rows[at])
        table[child, col.ORDER_PARENT] = parent
        first = table[parent, col.ORDER_CHILD]
        if first == col.NONE:
            table[parent, col.ORDER_CHILD] = child
        else:
            table[first, col.ORDER_SIBLING] = child


def _ends(state: State, orders: _Orders, rows: Rows) -> None:
    """Make the heap of ends: rows sorted by (end, id) are one (timers.py)."""
    ending = np.flatnonzero(orders.expire_ns)
    ending = ending[np.lexsort((orders.order[ending], orders.expire_ns[ending]))]
    places = np.arange(1, len(ending) + 1)
    state.orders[places, col.ORDER_HEAP] = rows[ending]
    state.orders[rows[ending], col.ORDER_TIMER] = places
    state.market[0, col.TIMERS] = len(ending)


def _work(state: State, rows: Rows) -> None:
    state.work[: len(rows), : rows.shape[1]] = rows
    state.market[0, col.WORK_FIRST] = 0
    state.market[0, col.WORK_COUNT] = len(rows)
    liquidated = rows[rows[:, col.WORK_KIND] == Item.LIQUIDATE, col.WORK_SUBJECT]
    state.accounts[liquidated, col.ACCOUNT_QUEUED] = 1


def _ids(state: State, rows: Rows) -> None:
    """Enter the ids where they are looked for; the section tells how many sweeps they saw."""
    home, mask = _plain(id_table._home), len(state.ids) - 1
    market_age = int(state.market[0, col.AGE])
    for account, number, sequence, body, answer, age in rows.tolist():
        row = home(state.ids, account, number)
        while state.ids[row, col.ID_ACCOUNT]:
            row = (row + 1) & mask
        entry = (account, number, sequence, body, answer, market_age - age)
        state.ids[row, : len(entry)] = entry
    state.market[0, col.IDS_OLD] = np.count_nonzero(rows[:, col.ID_AGE])
    state.market[0, col.IDS_NEW] = len(rows) - state.market[0, col.IDS_OLD]


def _place(state: State, account: Rows, contract: Rows) -> Rows:
    place: Rows = contract * len(state.accounts) + account
    return place


def _chain(table: Rows, rows: Rows, group: Rows, columns: tuple[int, int]) -> None:
    """Chain neighbouring rows of one group: each knows the one before and the one after."""
    same = np.flatnonzero(group[1:] == group[:-1])
    table[rows[same + 1], columns[0]] = rows[same]
    table[rows[same], columns[1]] = rows[same + 1]


def _firsts(group: Rows) -> Places:
    """Give where a new group begins among neighbours."""
    return np.flatnonzero(
        np.concatenate([np.ones(min(1, len(group)), bool), group[1:] != group[:-1]])
    )


def _lasts(group: Rows) -> Places:
    """Give where a group ends among neighbours."""
    return np.flatnonzero(
        np.concatenate([group[1:] != group[:-1], np.ones(min(1, len(group)), bool)])
    )


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a function of the kernel as Python can call it, compiled or not."""
    plain: Callable[..., Any] = getattr(function, "py_func", function)
    return plain
