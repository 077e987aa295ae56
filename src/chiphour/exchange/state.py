"""STATE: all that the exchange knows, in thirteen tables of int64.

Takes   limits.
Gives   `State`, allocated once; the names of every column.
Keeps   a row is the thing's own number where the rulebook numbers it: accounts, contracts,
        indexes; a position's row is contract x accounts + account. Row 0 of the orders and of the
        positions (an account that never trades) is nobody's, so that 0 can mean none. Rows begin
        on cache lines. Memory is taken as it is first touched.
Source  Decision 0005. What a digest counts stands in `sections.py`; all else is bookkeeping.
"""

from collections.abc import Collection
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.contracts.settings import SETTINGS as SETTINGS_TABLE
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
LARGE_PAGE_WORDS = 1 << 18

# The market's rows. Row 0: first what changes ...
SEQUENCE = 0
TIME_NS = 1
NEXT_DUE_NS = 2
SWEEP_ACTIVE = 3
SWEEP_ACCOUNT = 4
SCAN_LEFT = 5  # Rows of accounts that the scan's round still has to look at; 0: no round.
SCAN_ACCOUNT = 6  # Where it goes on.
PRIORITY = 7  # Of the last order that joined a queue of the book.
INSTANT_DONE_NS = 8  # The last instant that is done.
EPOCH = 9  # Grows when a mark, a settlement price or a state changed: margins must be recomputed.
POSITIONS = 10  # How many exist.
ORDERS = 11  # How many rest or wait.
ORDERS_USED = 12  # Rows of the orders table that were ever in use ...
ORDERS_FREE = 13  # ... and the first of those that are free again (chained by ORDER_NEXT).
WORK_FIRST = 14  # The queue of work: a ring of rows of `work`, from this one ...
WORK_COUNT = 15  # ... so many.
TIMERS = 16  # How many orders have an end: a heap in the column ORDER_HEAP (timers.py).
IDS_NEW = 17  # Ids of this age of the table, and of the one before.
IDS_OLD = 18
AGE = 19  # Grows at each 00:30 sweep.
MOVE = 20  # A bound on what any mark, base or rate moved since the beginning (safety.py).
DRAIN_FILLS = 21  # Fills made in this draining.
SCAN_EPOCH = 28  # The epoch up to which MOVE is true; another one makes no account safe.
WORK_HINT = 23  # The id of the order at which CANCEL_ALL probably goes on (cancel_all.py).
INSTANT_MADE = 25  # 1 when the sweep in work is of a FIXING or SETTLE (rulebook 2.5).
DUE_MOVED = 26  # Something of rulebook 2.6 changed: NEXT_DUE_NS must be found anew.
# ... then the capacities, which never do.
POSITIONS_MAX = 32
POSITIONS_PER_ACCOUNT = 33
WINDOW_TICKS = 34
PRICE_MICROUSD_MAX = 35
POSITION_LOTS_MAX = 36
EVENTS_PER_COMMAND = 37
ORDERS_MAX = 38
WINDOW_SHIFT = 39  # WINDOW_TICKS = 1 << WINDOW_SHIFT.
TRIGGERS_MAX = 40
IDS_MAX = 41
ACCOUNTS = 42
MARKET_COLUMNS = 64
# Row 1: the settings (contracts/settings.py). Row 2: the order that acts now, from wherever it
# came: a command, a trigger, an amendment, a liquidation.
MARKET = 0
SETTINGS = 1
TAKER = 2
TAKER_ORDER = 0
TAKER_ACCOUNT = 1
TAKER_CONTRACT = 2
TAKER_SIDE = 3
TAKER_TYPE = 4
TAKER_TIME_IN_FORCE = 5
TAKER_PRICE_TICKS = 6
TAKER_LOTS = 7
TAKER_FLAGS = 8
TAKER_CLIENT_ORDER_ID = 9
TAKER_LABEL = 10
TAKER_TRIGGER = 11  # Or display, or counterparty.
TAKER_EXPIRE_NS = 12  # The real end: that of DAY too; 0 for none.
TAKER_TRADED = 13  # Lots that it traded before (amended orders).
TAKER_CAUSE = 14  # events.Cause.
TAKER_PARTNER = 15  # Row of its OCO partner, or NONE.
TAKER_PARENT = 16  # Row of its parent, or NONE.
TAKER_LOW_TICKS = 17  # Of its fills, when TAKER_FILLED > 0.
TAKER_HIGH_TICKS = 18
TAKER_FILLED = 19  # Lots filled in this run.
TAKER_ROW = 20  # The row that it already has (triggered, child, amended), or NONE.
# Rows from 3: scratch for ranking and for the legs of the scenario.
RANKING = 3
RANKED_MAX = 64
RANK_SCORE = 0
RANK_ACCOUNT = 1
LEGS = 4  # Three columns for each index of the account: see margin.py.
BEFORE_MARK = 8  # In row RANKING alone: what a mark is going to change (safety.py), and three ...
BEFORE_LEG_A = 9
BEFORE_LEG_B = 10
BEFORE_TIER = 11  # ... more of these.
FETCHED = 20  # See scan.py.
FETCHED_ACCOUNT = 21
MARKET_ROWS = 3 + RANKED_MAX

# Accounts. What every order and fill reads stands on the first two cache lines; of a position and
# an order on the first one or two. The sums of an account are true while it is fresh; else
# they are as far from the truth as its drift says (margin.py).
ACCOUNT_CASH = post.CASH
ACCOUNT_GROUP = 1  # For self-trade: as given, or -1 - account when alone. 0: no such account.
ACCOUNT_UNREALISED = 2  # Sum of lots x (M - S).
ACCOUNT_MARGIN = 3  # Sum of POSITION_MARGIN: im(W).
ACCOUNT_RESERVES = 4  # Sum of POSITION_RESERVE: always true.
ACCOUNT_REACH = 5  # Sum of |lots| and open lots over its positions: always true.
ACCOUNT_DRIFT = 6  # What marks may have moved its sums by, micro-dollars, up to ...
ACCOUNT_MOVE = 7  # ... this MOVE.
ACCOUNT_SAFE = 8  # Not to be looked at by the scan while MOVE is below; also in `safety`.
ACCOUNT_ORDER = 9  # The last order accepted from it.
ACCOUNT_POSITIONS = 10  # How many positions ...
ACCOUNT_MODE = 11
ACCOUNT_LIQUIDATION = 12  # 0 no, 1 begun, 2 after its first step.
ACCOUNT_TIER = 13
ACCOUNT_LOTS_TODAY = 14
ACCOUNT_FIRST = 15  # ... and the first of them (chained by POSITION_NEXT).
ACCOUNT_ORDER_BEFORE = 16  # The order accepted before ACCOUNT_ORDER.
ACCOUNT_SCENARIO_KNOWN = 17  # Of scenario.py: whether these three are true of a fresh account:
ACCOUNT_NET_MARGIN = 18  # ... the sum of im(|n|) ...
ACCOUNT_SCENARIO = 19  # ... P of positions that are not FROZEN ...
ACCOUNT_FROZEN = 20  # ... and the part of those that are.
ACCOUNT_CALLED = 21
ACCOUNT_STEPS = 22  # Of liquidation without a fill.
ACCOUNT_QUEUED = 23  # A LIQUIDATE item of it waits.
ACCOUNT_COLUMNS = 24

# Safety: a row for each account.
SAFETY_MOVE = 0  # Its ACCOUNT_SAFE: the scan reads no more than this of an account that is safe.
SAFETY_COLUMNS = 1

# Volumes: a row for each account, a column for each of 30 days, by day number mod 30.
VOLUME_DAYS = 30
VOLUME_COLUMNS = 32

# Indexes.
INDEX_PROVISIONAL_NS = 0  # The last strikes ...
INDEX_FINAL_NS = 1
INDEX_FIX = 2  # ... and the three last fit fixes, in this column (the last) and the two after it.
INDEX_FIX_NS = 5  # The strike of the last fit PROVISIONAL fix ...
INDEX_FINAL_FIX = 6  # ... the last fit FINAL one, and its strike.
INDEX_FINAL_FIX_NS = 7
INDEX_FIT = 8  # Whether the last PROVISIONAL fixing was fit.
INDEX_QUALITY = 9  # Of the last MARK; LIVE before the first.
INDEX_TICK_NS = 10  # The time of the last tick ...
INDEX_TICK_COUNT = 11  # ... how many are held ...
INDEX_TICK = 12  # ... and the last 20, oldest first.
INDEX_TICKS_MAX = 20
INDEX_COLUMNS = 32

# Positions: one exists when its lots, open buys or open sells are not all zero.
POSITION_LOTS = 0
POSITION_OPEN_BUY = 1
POSITION_OPEN_SELL = 2
POSITION_RESERVE = 3
POSITION_MARGIN = 4  # im(W), as it stands in ACCOUNT_MARGIN.
POSITION_ORDER_FIRST = 5  # Its orders, resting and waiting, by id (chained by ORDER_LATER).
POSITION_ORDER_LAST = 6
POSITION_REDUCING = 7  # The first of its resting reduce-only orders (chained by ORDER_REDUCING).
POSITION_ENTRY = 8  # The average price, micro-dollars.
POSITION_VALUE_SEEN = 9  # V when it was last touched.
POSITION_NEXT = 10  # Its neighbours among the positions of its account.
POSITION_PREVIOUS = 11
POSITION_REDUCING_COUNT = 12  # How many reduce-only orders of it rest.
POSITION_WAITING = 13  # How many of its orders wait.
# Market-maker protection stays when the position goes.
PROTECTION_INTERVAL_S = 16
PROTECTION_FROZEN_S = 17
PROTECTION_LIMIT_LOTS = 18  # 0: none.
PROTECTION_START_NS = 19
PROTECTION_LOTS = 20
PROTECTION_UNTIL_NS = 21  # Frozen until then; NEVER_NS until reset.
POSITION_COLUMNS = 24

# Orders. The place is ladder x window + rank: contract, side and price in one number; PLACE_WAITING
# + contract for an order that waits.
ORDER_ID = 0
ORDER_HOLDER = 1  # account x 2^24 + lots (an iceberg's: displayed): see HOLDER_SHIFT.
ORDER_PLACE = 2
ORDER_NEXT = 3  # Its neighbours in time at its price; of a waiting order, by id in its contract.
ORDER_PREVIOUS = 4
ORDER_RESERVE = 5  # Per lot.
ORDER_WORDS = 6  # flags + type x 2^16 + time in force x 2^24 + side x 2^32 + WORDS_RARE.
ORDER_TRADED = 7
ORDER_CLIENT_ORDER_ID = 8
ORDER_LABEL = 9
ORDER_PRIORITY = 10
ORDER_LATER = 11  # Its neighbours among the orders of its position, by id.
ORDER_EARLIER = 12
ORDER_HIDDEN = 13  # Lots of an iceberg that do not show.
ORDER_DISPLAY = 14  # How many show at a time; 0 for other types.
ORDER_EXPIRE_NS = 15
ORDER_TRIGGER = 16  # As the command gave it: price, offset or counterparty.
ORDER_EXTREME = 17  # TRAILING: the highest or lowest source since entry, micro-dollars.
ORDER_PRICE_TICKS = 18  # Of a waiting order; of others the place says it.
ORDER_PARTNER = 19  # Rows of other orders, or NONE.
ORDER_PARENT = 20
ORDER_CHILD = 21  # The first child; the second is its partner or ORDER_SIBLING.
ORDER_SIBLING = 22
ORDER_REDUCING = 23
ORDER_FIRED = 24  # A TRIGGERED or ACTIVATE item of it waits.
ORDER_TIMER = 25  # Its place in the heap of ends, from 1; 0 when it has none.
ORDER_HEAP = 26  # Not this order's: the heap (timers.py) takes one word of each row.
ORDER_COLUMNS = 32
HOLDER_SHIFT = 24
HOLDER_LOTS = (1 << HOLDER_SHIFT) - 1
PLACE_WAITING = 1 << 60
WORDS_FLAGS = (1 << 16) - 1
WORDS_TYPE_SHIFT = 16
WORDS_TIME_IN_FORCE_SHIFT = 24
WORDS_SIDE_SHIFT = 32
WORDS_BYTE = (1 << 8) - 1  # Of type, time in force and side.
WORDS_RARE = 1 << 40  # It has more to it than a plain limit order: the columns from HIDDEN on.

# Levels: a row for each place.
LEVEL_FIRST = 0
LEVEL_LAST = 1
LEVEL_LOTS = 2  # Displayed.
LEVEL_ORDERS = 3
LEVEL_COLUMNS = 4

# Ladders: a row for each contract and side, 2 x contract + side - 1. The rank of a price counts
# from the best that its side could ever have, so that lower is better on both sides.
LADDER_BEST = 0  # The lowest rank with orders; the window when there is none.
LADDER_WAITING_FIRST = 1  # Of the contract's first ladder: its waiting orders, by id.
LADDER_WAITING_LAST = 2
LADDER_LASTS = 3  # How many of those wait for the last price; if any, none of them fires ...
LADDER_LAST_UP = 4  # ... while fills are below this many ticks ...
LADDER_LAST_DOWN = 5  # ... and above this many.
LADDER_BITS = 8  # From here: a bit for each rank, then a bit for each word of those, and so on.
WORD_BITS = 32

# Where orders are found by their id: open addressing, one word for each slot (see orders.py).
SLOT_ORDER = 0
SLOT_COLUMNS = 1

# The queue of work: a ring.
WORK_KIND = 0  # exchange.work.Item
WORK_SUBJECT = 1  # An order's id, an account, or -1.
WORK_REASON = 2  # CANCEL: the reason. ACTIVATE: the lots at most. CANCEL_ALL: the contract, or -1.
WORK_SIDE = 3
WORK_LABEL = 4
WORK_BEFORE = 5  # CANCEL_ALL: orders with a lower id are meant.
WORK_DONE = 6  # CANCEL_ALL: how many it cancelled.
WORK_WHY = 7  # CANCEL_ALL: the reason of its cancels; a flag mask in FLAGS places (see work.py).
WORK_COLUMNS = 8

# Ids of members, open addressing (ids.py).
ID_ACCOUNT = 0
ID_NUMBER = 1
ID_SEQUENCE = 2
ID_BODY = 3
ID_ANSWER = 4
ID_AGE = 5
ID_COLUMNS = 8


class State(NamedTuple):
    """The tables; every one is int64[rows, columns], C-contiguous."""

    market: Table
    accounts: Table
    safety: Table
    volumes: Table
    contracts: Table
    indexes: Table
    positions: Table
    orders: Table
    levels: Table
    ladders: Table
    slots: Table
    work: Table
    ids: Table


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
    id_slots = CACHE_LINE_WORDS
    while id_slots < 2 * limits.ids:
        id_slots *= 2
    shapes = {
        "market": (MARKET_ROWS, MARKET_COLUMNS),
        "accounts": (limits.accounts, ACCOUNT_COLUMNS),
        "safety": (limits.accounts, SAFETY_COLUMNS),
        "volumes": (limits.accounts, VOLUME_COLUMNS),
        "contracts": (limits.contracts, CONTRACT_COLUMNS),
        "indexes": (limits.indexes, INDEX_COLUMNS),
        "positions": (limits.contracts * limits.accounts, POSITION_COLUMNS),
        "orders": (limits.orders + 1, ORDER_COLUMNS),
        "levels": (ladders * limits.window_ticks, LEVEL_COLUMNS),
        "ladders": (ladders, LADDER_BITS + words_per_ladder(limits.window_ticks)),
        "slots": (slots, SLOT_COLUMNS),
        "work": (limits.work, WORK_COLUMNS),
        "ids": (id_slots, ID_COLUMNS),
    }
    state = State(**dict(zip(shapes, _tables(shapes.values()), strict=True)))
    _begin(state, limits)
    return state


def _tables(shapes: Collection[tuple[int, int]]) -> Iterator[Table]:
    """Yield zeroed tables out of one piece of memory, each beginning on a cache line.

    A large piece begins on a page of 2 MiB, which the system may then give it: fewer addresses
    to look up (decision 0027).
    """
    sizes = [-(-rows * columns // CACHE_LINE_WORDS) * CACHE_LINE_WORDS for rows, columns in shapes]
    total = sum(sizes)
    line = LARGE_PAGE_WORDS if total >= 2 * LARGE_PAGE_WORDS else CACHE_LINE_WORDS
    words = np.zeros(total + line, np.int64)
    first = -(words.ctypes.data // 8) % line
    for size, (rows, columns) in zip(sizes, shapes, strict=True):
        yield words[first : first + rows * columns].reshape(rows, columns)
        first += size


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
    market[TRIGGERS_MAX] = limits.triggers
    market[IDS_MAX] = limits.ids
    market[ACCOUNTS] = limits.accounts
    market[AGE] = 2  # Above the age of an empty row by more than one.
    for setting in SETTINGS_TABLE:
        state.market[SETTINGS, setting.column] = setting.default
    reserved = np.arange(ACCOUNTS_RESERVED)
    state.accounts[reserved, ACCOUNT_GROUP] = -1 - reserved
    state.ladders[:, LADDER_BEST] = limits.window_ticks


assert CASH_MICROUSD_MAX == post.CASH_MICROUSD_MAX
