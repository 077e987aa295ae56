"""STATE: all that the exchange knows, in nine tables of int64.

Takes   limits.
Gives   `State`, allocated once; the names of every column.
Keeps   a row is the thing's own number where the rulebook numbers it: accounts, contracts,
        indexes; a position's row is contract x accounts + account. Row 0 of the orders and of the
        positions (an account that never trades) is nobody's, so that 0 can mean none. Rows begin
        on cache lines. Memory is taken as it is first touched.
Source  Decision 0005. What a digest counts stands in `sections.py`; all else is bookkeeping.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.contracts.table import CONTRACT_COLUMNS
from chiphour.exchange.limits import ACCOUNTS_RESERVED
from chiphour.exchange.limits import CASH_MICROUSD_MAX
from chiphour.exchange.limits import Limits
from chiphour.exchange.limits import check_limits
from chiphour.ledger import post

Table = NDArray[np.int64]

NONE = 0  # No order, no position.
NEVER_NS = 1 << 62  # Nothing is due.
CACHE_LINE_WORDS = 8

# The market: one row. First what changes ...
SEQUENCE = 0
TIME_NS = 1
NEXT_DUE_NS = 2
SWEEP_ACTIVE = 3
SWEEP_ACCOUNT = 4
INSTANT_DONE_NS = 5  # The last instant that is done.
EPOCH = 6  # Grows when a mark, a settlement price or a state changed: margins must be recomputed.
POSITIONS = 7  # How many exist.
ORDERS = 8  # How many rest.
ORDERS_USED = 9  # Rows of the orders table that were ever in use ...
ORDERS_FREE = 10  # ... and the first of those that are free again (chained by ORDER_NEXT).
# ... then the capacities, which never do.
POSITIONS_MAX = 11
POSITIONS_PER_ACCOUNT = 12
WINDOW_TICKS = 13
PRICE_MICROUSD_MAX = 14
POSITION_LOTS_MAX = 15
EVENTS_PER_COMMAND = 16
ORDERS_MAX = 17
WINDOW_SHIFT = 18  # WINDOW_TICKS = 1 << WINDOW_SHIFT.
MARKET_COLUMNS = 24

# Accounts. A margin is true while the account's epoch is the market's.
ACCOUNT_CASH = post.CASH
ACCOUNT_GROUP = 1  # For self-trade: as given, or -1 - account when alone. 0: no such account.
ACCOUNT_POSITIONS = 2  # How many positions ...
ACCOUNT_FIRST = 3  # ... and the first of them (chained by POSITION_NEXT).
ACCOUNT_EPOCH = 4
ACCOUNT_UNREALISED = 5  # Sum of lots x (M - S).
ACCOUNT_MARGIN = 6  # Sum of POSITION_MARGIN.
ACCOUNT_RESERVES = 7  # Sum of POSITION_RESERVE: true at any epoch.
ACCOUNT_COLUMNS = 8

# Indexes.
INDEX_PROVISIONAL_NS = 0  # The last strikes ...
INDEX_FINAL_NS = 1
INDEX_FIX = 2  # ... and the three last fit fixes, in this column (the last) and the two after it.
INDEX_COLUMNS = 8

# Positions: one exists when its lots, open buys or open sells are not all zero.
POSITION_LOTS = 0
POSITION_OPEN_BUY = 1
POSITION_OPEN_SELL = 2
POSITION_VALUE_SEEN = 3  # V when it was last touched.
POSITION_RESERVE = 4
POSITION_MARGIN = 5  # im(W), as it stands in ACCOUNT_MARGIN.
POSITION_NEXT = 6  # Its neighbours among the positions of its account.
POSITION_PREVIOUS = 7
POSITION_COLUMNS = 8

# Orders. The place is ladder x window + rank: contract, side and price in one number.
ORDER_ID = 0
ORDER_HOLDER = 1  # account x 2^24 + lots: see HOLDER_SHIFT.
ORDER_PLACE = 2
ORDER_NEXT = 3  # Its neighbours in time at its price.
ORDER_PREVIOUS = 4
ORDER_RESERVE = 5  # Per lot.
ORDER_CLIENT_ORDER_ID = 6
ORDER_LABEL = 7
ORDER_COLUMNS = 8
HOLDER_SHIFT = 24
HOLDER_LOTS = (1 << HOLDER_SHIFT) - 1

# Levels: a row for each place.
LEVEL_FIRST = 0
LEVEL_LAST = 1
LEVEL_LOTS = 2
LEVEL_ORDERS = 3
LEVEL_COLUMNS = 4

# Ladders: a row for each contract and side, 2 x contract + side - 1. The rank of a price counts
# from the best that its side could ever have, so that lower is better on both sides.
LADDER_BEST = 0  # The lowest rank with orders; the window when there is none.
LADDER_BITS = 8  # From here: a bit for each rank, then a bit for each word of those, and so on.
WORD_BITS = 32

# Where orders are found by their id: open addressing, one word for each slot (see orders.py).
SLOT_ORDER = 0


class State(NamedTuple):
    """The tables; every one is int64[rows, columns], C-contiguous."""

    market: Table
    accounts: Table
    contracts: Table
    indexes: Table
    positions: Table
    orders: Table
    levels: Table
    ladders: Table
    slots: Table


def words_per_ladder(window_ticks: int) -> int:
    """Count the words of a side's bitmap: one bit for each rank, up to a single word on top."""
    total, width = 0, window_ticks
    while width > 1:
        width = -(-width // WORD_BITS)
        total += width
    return total


def allocate(limits: Limits) -> State:
    """Make the empty market: the reserved accounts, and nothing else (rulebook 3.1)."""
    check_limits(limits)
    assert limits.orders < 1 << 23 and limits.contracts > 0 and limits.indexes > 0
    ladders = 2 * limits.contracts
    slots = CACHE_LINE_WORDS
    while slots < 2 * limits.orders:
        slots *= 2
    state = State(
        market=_table(1, MARKET_COLUMNS),
        accounts=_table(limits.accounts, ACCOUNT_COLUMNS),
        contracts=_table(limits.contracts, CONTRACT_COLUMNS),
        indexes=_table(limits.indexes, INDEX_COLUMNS),
        positions=_table(limits.contracts * limits.accounts, POSITION_COLUMNS),
        orders=_table(limits.orders + 1, ORDER_COLUMNS),
        levels=_table(ladders * limits.window_ticks, LEVEL_COLUMNS),
        ladders=_table(ladders, LADDER_BITS + words_per_ladder(limits.window_ticks)),
        slots=_table(slots, 1),
    )
    _begin(state, limits)
    return state


def _table(rows: int, columns: int) -> Table:
    """Take zeroed memory that begins on a cache line."""
    words = np.zeros(rows * columns + CACHE_LINE_WORDS, np.int64)
    first = -(words.ctypes.data // 8) % CACHE_LINE_WORDS
    return words[first : first + rows * columns].reshape(rows, columns)


def _begin(state: State, limits: Limits) -> None:
    market = state.market[0]
    market[NEXT_DUE_NS] = NEVER_NS
    market[EPOCH] = 1
    market[POSITIONS_MAX] = limits.positions
    market[POSITIONS_PER_ACCOUNT] = limits.positions_per_account
    market[WINDOW_TICKS] = limits.window_ticks
    market[PRICE_MICROUSD_MAX] = limits.price_microusd_max
    market[POSITION_LOTS_MAX] = limits.position_lots_max
    market[EVENTS_PER_COMMAND] = limits.events_per_command
    market[ORDERS_MAX] = limits.orders
    market[WINDOW_SHIFT] = limits.window_ticks.bit_length() - 1
    reserved = np.arange(ACCOUNTS_RESERVED)
    state.accounts[reserved, ACCOUNT_GROUP] = -1 - reserved
    state.ladders[:, LADDER_BEST] = limits.window_ticks


assert CASH_MICROUSD_MAX == post.CASH_MICROUSD_MAX
