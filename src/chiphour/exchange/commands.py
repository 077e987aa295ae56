"""COMMANDS: all that can be said to the exchange. A command is one row of 16 int64.

Takes   nothing: this file is a language, not a program.
Gives   the columns, the kinds, and for each kind the columns that it reads.
Keeps   every unused column at zero (else MALFORMED); a column name has one place everywhere.
Source  Rulebook 1 and 2; decision 0005. What needs more columns is several commands in a frame.
"""

from enum import IntEnum

COMMAND_COLUMNS = 16

# Every command.
SEQUENCE = 0  # Stamped by the sequencer: 1, 2, 3, ... without a gap.
TIME_NS = 1  # Market time, UTC; never decreases.
KIND = 2
ACCOUNT = 3  # A row of the accounts table; members' rows are random numbers.
CONTRACT = 4  # A row of the contracts table.
# Orders.
ORDER = 5  # An order's id: the SEQUENCE of the command that placed it.
SIDE = 6
ORDER_TYPE = 7
TIME_IN_FORCE = 8
PRICE_TICKS = 9  # In ticks of the contract; zero for a market order.
LOTS = 10
FLAGS = 11  # Bits for post-only, reduce-only and the like; none is defined yet, so zero.
CLIENT_ORDER_ID = 12  # A member's own number, echoed in every event of the order; 0 for none.
LABEL = 13  # A member's group number, echoed; 0 for none.
# 14 and 15 are kept for trigger and display quantities.
# Money. AMOUNT_MICROUSD shares its place with PRICE_TICKS; no kind reads both.
AMOUNT_MICROUSD = 9
TARGET = 5  # TRANSFER: the account that receives.
RUN = 10  # TRANSFER: the auction run, or 0.
ITEM = 11  # TRANSFER: the line within the run.
# Members.
GROUP = 5  # OPEN_ACCOUNT: the group for self-trade prevention; 0 means the account alone.
# Contracts and parameters.
PARAMETER = 5  # SET: a column of `contracts.table`, or of the market when CONTRACT is -1.
VALUE = 9
# Index.
INDEX = 5  # The number of a series.
STRIKE_NS = 6
VINTAGE = 7
FIT = 8  # FIXING: 1 when fit for settlement. MARK: the quality, see Quality.
VALUE_MICROUSD = 9  # The fix, or the index, in micro-dollars per GPU-hour; 0 means none.


class Kind(IntEnum):
    """What a command asks."""

    ADVANCE = 1  # Do what is due at TIME_NS: expiry of orders, funding, settlement.
    OPEN_ACCOUNT = 2
    DEPOSIT = 3
    WITHDRAW = 4
    TRANSFER = 5
    LIST = 6  # Bring a contract into being with the row's defaults; it is not yet open.
    SET = 7  # Give one parameter of a contract its value.
    OPEN = 8  # Open a listed contract for trading.
    FIXING = 9
    MARK = 10
    ORDER = 11
    CANCEL = 12


class Side(IntEnum):
    """The side of an order."""

    BUY = 1
    SELL = 2


class OrderType(IntEnum):
    """How an order is priced."""

    LIMIT = 1
    MARKET = 2


class TimeInForce(IntEnum):
    """How long an order lives."""

    GTC = 1  # Until cancelled, or until its contract stops trading.
    IOC = 2  # What cannot be filled at once is cancelled.


class Vintage(IntEnum):
    """Which word of the index a fixing is."""

    PROVISIONAL = 1
    FINAL = 2


class Quality(IntEnum):
    """How good an index value is (rulebook 10)."""

    LIVE = 1
    STALE = 2
    HALTED = 3


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
    Kind.MARK: ("INDEX", "FIT", "VALUE_MICROUSD"),
    Kind.ORDER: (
        "ACCOUNT",
        "CONTRACT",
        "SIDE",
        "ORDER_TYPE",
        "TIME_IN_FORCE",
        "PRICE_TICKS",
        "LOTS",
        "FLAGS",
        "CLIENT_ORDER_ID",
        "LABEL",
    ),
    Kind.CANCEL: ("ACCOUNT", "ORDER"),
}
