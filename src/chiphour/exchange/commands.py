"""COMMANDS: all that can be said to the exchange. A command is one row of 16 int64.

Takes   nothing: this file is a language, not a program.
Gives   the columns, the kinds, and for each kind the columns that it reads.
Keeps   every unused column at zero (else MALFORMED); a column name has one place everywhere.
Source  Rulebook 1, 2, 9 and 10; decision 0005. What needs more columns is several commands.
"""

from enum import IntEnum

COMMAND_COLUMNS = 16

# Every command.
SEQUENCE = 0  # Stamped by the sequencer: 1, 2, 3, ... without a gap.
TIME_NS = 1  # Market time, UTC; never decreases.
KIND = 2
ACCOUNT = 3  # A row of the accounts table; members' rows are random numbers.
CONTRACT = 4  # A row of the contracts table; -1 where all of them are meant.
# Orders.
ORDER = 5  # An order's id: the SEQUENCE of the command that placed it.
LINK = 5  # ORDER: the id of another order, or -1 and -2: the last ones accepted of the account.
SIDE = 6
ORDER_TYPE = 7
TIME_IN_FORCE = 8
PRICE_TICKS = 9  # In ticks of the contract; zero for a type without a price.
LOTS = 10
FLAGS = 11  # Bits: see Flag, STP_SHIFT and SOURCE_SHIFT. HALT: 1 cancels all orders too.
CLIENT_ORDER_ID = 12  # A member's own number, echoed in every event of the order; 0 for none.
LABEL = 13  # A member's group number, echoed; 0 for none.
TRIGGER_TICKS = 14  # Stop, take: the price that fires. TRAILING: the offset, above 0.
DISPLAY_LOTS = 14  # ICEBERG: how many lots show.
COUNTERPARTY = 14  # BLOCK: the account that may confirm.
EXPIRE_NS = 15  # GTD: when the order ends.
# Money. AMOUNT_MICROUSD shares its place with PRICE_TICKS; no kind reads both.
AMOUNT_MICROUSD = 9
TARGET = 5  # TRANSFER: the account that receives.
RUN = 10  # TRANSFER: the auction run, or 0.
ITEM = 11  # TRANSFER: the line within the run.
# Members.
GROUP = 5  # OPEN_ACCOUNT: the group for self-trade prevention; 0 means the account alone.
INTERVAL_S = 8  # PROTECT: the length of a window, in seconds.
FROZEN_S = 9  # PROTECT: how long orders are refused after it; 0: until the next PROTECT.
# Contracts and parameters.
PARAMETER = 5  # SET: a column of `contracts.table`, or of `contracts.settings` when CONTRACT is -1.
VALUE = 9
MODE = 9  # HALT: see Mode.
# Index.
INDEX = 5  # The number of a series.
STRIKE_NS = 6  # FIXING: the strike. MARK: the time of the tick; 0 for now.
VINTAGE = 7
FIT = 8  # FIXING: 1 when fit for settlement. MARK: the quality, see Quality.
VALUE_MICROUSD = 9  # The fix, the tick, or a final price, in micro-dollars; 0 on MARK: none.


class Kind(IntEnum):
    """What a command asks."""

    ADVANCE = 1  # Do what is due at TIME_NS: expiry of orders, auctions, funding, settlement.
    OPEN_ACCOUNT = 2
    DEPOSIT = 3
    WITHDRAW = 4
    TRANSFER = 5
    LIST = 6  # Bring a contract into being with the row's defaults; it is not yet open.
    SET = 7  # Give one parameter of a contract, or of the market, its value.
    OPEN = 8  # Open a listed contract for trading.
    FIXING = 9
    MARK = 10
    ORDER = 11
    CANCEL = 12
    AMEND = 13
    CANCEL_ALL = 14
    PROTECT = 15  # Market-maker protection.
    CONFIRM = 16  # The second party agrees to a block trade.
    HALT = 17  # Give a contract, all of them or a member a mode.
    SETTLE = 18  # The operator's final price where no fix came.


class Side(IntEnum):
    """The side of an order."""

    BUY = 1
    SELL = 2


class OrderType(IntEnum):
    """How an order is priced, and what it waits for (rulebook 9.10)."""

    LIMIT = 1
    MARKET = 2
    STOP_LIMIT = 3
    STOP_MARKET = 4
    TAKE_LIMIT = 5
    TAKE_MARKET = 6
    TRAILING = 7
    ICEBERG = 8
    BLOCK = 9


class TimeInForce(IntEnum):
    """How long an order lives."""

    GTC = 1  # Until cancelled, or until its contract stops trading.
    IOC = 2  # What cannot be filled at once is cancelled.
    FOK = 3  # All of it at once, or nothing.
    GTD = 4  # Until EXPIRE_NS.
    DAY = 5  # Until the next 00:30:00 UTC.


class Flag(IntEnum):
    """Bits of an order's FLAGS."""

    POST_ONLY = 1  # Refused if it would meet the book.
    POST_SLIDE = 2  # Moved behind the book if it would meet it.
    REDUCE_ONLY = 4
    OCO = 8  # One cancels the other: with the order that LINK names.
    CHILD = 16  # Waits for the order that LINK names.
    PROTECTED = 32  # Counts for market-maker protection.


STP_SHIFT = 6  # Two bits: see Stp.
SOURCE_SHIFT = 8  # Two bits: see Source.
FLAGS_END = 1 << 10


class Stp(IntEnum):
    """What happens when an order meets one of its own group (rulebook 9.3)."""

    CANCEL_MAKER = 0
    CANCEL_TAKER = 1
    CANCEL_BOTH = 2
    DECREMENT = 3


class Source(IntEnum):
    """Which price fires a waiting order (rulebook 9.12)."""

    MARK = 0
    INDEX = 1
    LAST = 2


class Vintage(IntEnum):
    """Which word of the index a fixing is."""

    PROVISIONAL = 1
    FINAL = 2


class Quality(IntEnum):
    """How good an index value is (rulebook 10)."""

    LIVE = 1
    STALE = 2
    HALTED = 3


class Mode(IntEnum):
    """What the operator lets a contract or a member do (rulebook 10.3)."""

    NORMAL = 0
    REDUCE_ONLY = 1
    HALTED = 2


# The columns that each kind reads, after SEQUENCE, TIME_NS and KIND. All others must be zero.
USES: dict[Kind, tuple[str, ...]] = {
    Kind.ADVANCE: (),
    Kind.OPEN_ACCOUNT: ("ACCOUNT", "GROUP"),
    Kind.DEPOSIT: ("ACCOUNT", "AMOUNT_MICROUSD"),
    Kind.WITHDRAW: ("ACCOUNT", "AMOUNT_MICROUSD"),
    Kind.TRANSFER: ("ACCOUNT", "TARGET", "AMOUNT_MICROUSD", "RUN", "ITEM"),
    Kind.LIST: ("CONTRACT",),
    Kind.SET: ("CONTRACT", "PARAMETER", "VALUE"),
    Kind.OPEN: ("CONTRACT",),
    Kind.FIXING: ("INDEX", "STRIKE_NS", "VINTAGE", "FIT", "VALUE_MICROUSD"),
    Kind.MARK: ("INDEX", "STRIKE_NS", "FIT", "VALUE_MICROUSD"),
    Kind.ORDER: (
        "ACCOUNT",
        "CONTRACT",
        "LINK",
        "SIDE",
        "ORDER_TYPE",
        "TIME_IN_FORCE",
        "PRICE_TICKS",
        "LOTS",
        "FLAGS",
        "CLIENT_ORDER_ID",
        "LABEL",
        "TRIGGER_TICKS",
        "EXPIRE_NS",
    ),
    Kind.CANCEL: ("ACCOUNT", "ORDER"),
    Kind.AMEND: ("ACCOUNT", "ORDER", "PRICE_TICKS", "LOTS", "TRIGGER_TICKS"),
    Kind.CANCEL_ALL: ("ACCOUNT", "CONTRACT", "SIDE", "LABEL"),
    Kind.PROTECT: ("ACCOUNT", "CONTRACT", "INTERVAL_S", "FROZEN_S", "LOTS"),
    Kind.CONFIRM: ("ACCOUNT", "ORDER"),
    Kind.HALT: ("ACCOUNT", "CONTRACT", "MODE", "FLAGS"),
    Kind.SETTLE: ("CONTRACT", "VALUE_MICROUSD"),
}
