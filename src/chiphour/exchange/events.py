"""EVENTS: all that the exchange says. An event is one row of 16 int64.

Takes   nothing: this file is a language, not a program.
Gives   the columns, the kinds, and for each kind the columns that it fills.
Keeps   every unused column at zero; SEQUENCE is that of the command that caused the event.
Source  Rulebook 1; decision 0005.
"""

from enum import IntEnum

EVENT_COLUMNS = 16

SEQUENCE = 0
TIME_NS = 1
KIND = 2
ACCOUNT = 3
CONTRACT = 4
ORDER = 5
SIDE = 6
REASON = 7  # REFUSED and CANCELLED: why (exchange.reasons). PAYMENT: see Cause.
PRICE_TICKS = 8
LOTS = 9
LOTS_LEFT = 10  # What stays in the book, or, on CANCELLED, what was taken out of it.
CLIENT_ORDER_ID = 11
LABEL = 12
CASH_MICROUSD = 13  # The account's cash after the event.
AMOUNT_MICROUSD = 14  # What the account receives; negative when it pays.
# FILL: the two sides stand in one event; the maker gives price and priority.
MAKER_ACCOUNT = 3
TAKER_ACCOUNT = 7
MAKER_ORDER = 5
TAKER_ORDER = 13
MAKER_LOTS_LEFT = 10
TAKER_LOTS_LEFT = 14
# SIDE of a FILL is the taker's. CLIENT_ORDER_ID and LABEL are the maker's; the taker's are known
# from its own ACCEPTED event.
# Money moved to another account.
TARGET = 5
RUN = 9
ITEM = 10
# Contracts.
PARAMETER = 5
VALUE = 9
INDEX = 5
STRIKE_NS = 6
VALUE_MICROUSD = 8
INDEX_MICROUSD = 9  # MARKED: I; SETTLED, FUNDED: the index used.
MARK_MICROUSD = 10
RATE_PPM = 11  # FUNDED: F per 8 h in ppm of B, toward zero; for display, the amount decides.
PER_LOT_MICROUSD = 14  # SETTLED, FUNDED: what a long lot receives.


class Kind(IntEnum):
    """What happened."""

    REFUSED = 1
    ACCOUNT_OPENED = 2
    DEPOSITED = 3
    WITHDRAWN = 4
    TRANSFERRED = 5
    LISTED = 6
    PARAMETER_SET = 7
    OPENED = 8
    FIXED = 9  # A fixing was taken in.
    MARKED = 10  # One for each contract that a MARK touched.
    ACCEPTED = 11  # An order passed every check; its fills follow.
    FILL = 12
    RESTED = 13  # What was left joined the book.
    CANCELLED = 14
    FUNDED = 15  # Funding moved V of a contract.
    SETTLED = 16  # Variation moved V of a contract; at expiry PRICE is the fix.
    EXPIRED = 17  # A contract stopped trading (REASON 0) or left positions at zero (REASON 1).
    PAYMENT = 18  # A position received what V had moved since it was last touched.


# The columns that each kind fills, after SEQUENCE, TIME_NS and KIND.
FILLS: dict[Kind, tuple[str, ...]] = {
    Kind.REFUSED: ("ACCOUNT", "CONTRACT", "ORDER", "REASON", "CLIENT_ORDER_ID", "LABEL"),
    Kind.ACCOUNT_OPENED: ("ACCOUNT",),
    Kind.DEPOSITED: ("ACCOUNT", "CASH_MICROUSD", "AMOUNT_MICROUSD"),
    Kind.WITHDRAWN: ("ACCOUNT", "CASH_MICROUSD", "AMOUNT_MICROUSD"),
    Kind.TRANSFERRED: ("ACCOUNT", "TARGET", "RUN", "ITEM", "CASH_MICROUSD", "AMOUNT_MICROUSD"),
    Kind.LISTED: ("CONTRACT",),
    Kind.PARAMETER_SET: ("CONTRACT", "PARAMETER", "VALUE"),
    Kind.OPENED: ("CONTRACT",),
    Kind.FIXED: ("INDEX", "STRIKE_NS", "REASON", "VALUE_MICROUSD"),
    Kind.MARKED: ("CONTRACT", "INDEX_MICROUSD", "MARK_MICROUSD"),
    Kind.ACCEPTED: (
        "ACCOUNT",
        "CONTRACT",
        "ORDER",
        "SIDE",
        "PRICE_TICKS",
        "LOTS",
        "CLIENT_ORDER_ID",
        "LABEL",
    ),
    Kind.FILL: (
        "MAKER_ACCOUNT",
        "TAKER_ACCOUNT",
        "CONTRACT",
        "MAKER_ORDER",
        "TAKER_ORDER",
        "SIDE",
        "PRICE_TICKS",
        "LOTS",
        "MAKER_LOTS_LEFT",
        "TAKER_LOTS_LEFT",
        "CLIENT_ORDER_ID",
        "LABEL",
    ),
    Kind.RESTED: (
        "ACCOUNT",
        "CONTRACT",
        "ORDER",
        "SIDE",
        "PRICE_TICKS",
        "LOTS_LEFT",
        "CLIENT_ORDER_ID",
        "LABEL",
    ),
    Kind.CANCELLED: (
        "ACCOUNT",
        "CONTRACT",
        "ORDER",
        "SIDE",
        "REASON",
        "PRICE_TICKS",
        "LOTS_LEFT",
        "CLIENT_ORDER_ID",
        "LABEL",
    ),
    Kind.FUNDED: (
        "CONTRACT",
        "INDEX_MICROUSD",
        "MARK_MICROUSD",
        "RATE_PPM",
        "PER_LOT_MICROUSD",
    ),
    Kind.SETTLED: (
        "CONTRACT",
        "VALUE_MICROUSD",
        "INDEX_MICROUSD",
        "MARK_MICROUSD",
        "PER_LOT_MICROUSD",
    ),
    Kind.EXPIRED: ("CONTRACT", "REASON"),
    Kind.PAYMENT: ("ACCOUNT", "CONTRACT", "LOTS", "CASH_MICROUSD", "AMOUNT_MICROUSD"),
}
