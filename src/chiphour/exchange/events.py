"""EVENTS: all that the exchange says. An event is one row of 16 int64.

Takes   nothing: this file is a language, not a program.
Gives   the columns, the kinds, and for each kind the columns that it fills.
Keeps   every unused column at zero; SEQUENCE is that of the command that caused the event.
Source  Rulebook 1, 7, 9 and 10; decision 0005.
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
REASON = 7  # REFUSED, CANCELLED, REDUCED: why (exchange.reasons); others: see the kind.
PRICE_TICKS = 8  # Of a FILL of CAUSE DELEVERAGING: micro-dollars, on no tick (rulebook 7.7).
LOTS = 9
LOTS_LEFT = 10  # What stays in the book, or, on CANCELLED, what was taken out: hidden lots too.
CLIENT_ORDER_ID = 11
LABEL = 12
CASH_MICROUSD = 13  # The account's cash after the event.
AMOUNT_MICROUSD = 14  # What the account receives; negative when it pays.
TRIGGER_TICKS = 14  # HELD, AMENDED: as of the command; for an order without one 0.
# FILL: the two sides stand in one event; the maker gives price and priority. What the members call
# their orders is known from ACCEPTED.
MAKER_ACCOUNT = 3
TAKER_ACCOUNT = 7
MAKER_ORDER = 5
TAKER_ORDER = 13
MAKER_LOTS_LEFT = 10  # Hidden lots included.
TAKER_LOTS_LEFT = 14
TAKER_FEE_MICROUSD = 11  # What the taker paid ...
MAKER_REBATE_MICROUSD = 12  # ... and what the maker received of it.
CAUSE = 15  # See Cause.
# SIDE of a FILL is the taker's.
# Money moved to another account.
TARGET = 5
RUN = 9
ITEM = 10
# Risk: an account as it stood.
EQUITY_MICROUSD = 13
MAINTENANCE_MICROUSD = 14
SCORE = 10  # RANKED: of the counterparty (rulebook 7.8) ...
RANK = 11  # ... and its place, from 1.
ORDERS = 9  # CANCELLED_ALL: how many.
# Contracts.
PARAMETER = 5
VALUE = 9
INDEX = 5
STRIKE_NS = 6
VALUE_MICROUSD = 8
INDEX_MICROUSD = 9  # MARKED: I; SETTLED, FUNDED: the index used.
MARK_MICROUSD = 10
RATE_PPM = 11  # FUNDED: F per 8 h in ppm of B, toward zero; for display, the amount decides.
PERIOD_S = 12
END_NS = 9  # CALL_BEGUN: when orders will be matched.
SURPLUS_LOTS = 10  # UNCROSSED: bids less asks at the price.
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
    RESTED = 13  # What was left joined the book. LOTS_LEFT has hidden lots too.
    CANCELLED = 14
    FUNDED = 15  # Funding moved V of a contract.
    SETTLED = 16  # Variation moved V of a contract; at expiry PRICE is the fix.
    EXPIRED = 17  # A contract stopped trading (REASON 0) or left positions at zero (REASON 1).
    PAYMENT = 18  # A position received what V had moved since it was last touched.
    HELD = 19  # An order waits: for its trigger, its parent, its counterparty.
    TRIGGERED = 20
    AMENDED = 21  # LOTS is what is open now; its new total less what it traded.
    REDUCED = 22  # LOTS were taken out of an order, LOTS_LEFT stay: see REASON.
    REFRESHED = 23  # An iceberg shows its next LOTS, last at its price.
    REPEATED = 24  # The id was used before, with the same body; REASON is the answer of then.
    CANCELLED_ALL = 25
    PROTECTION_SET = 26
    PROTECTED = 27  # Market-maker protection has struck.
    CALL_BEGUN = 28  # REASON: see CallReason.
    UNCROSSED = 29
    MODE_SET = 30  # REASON is the mode; CONTRACT -1 for all; ACCOUNT 0 where it is no member's.
    QUALITY = 31  # The quality of a contract's index changed; REASON is the quality.
    MARGIN_CALLED = 32
    LIQUIDATION_BEGUN = 33
    LIQUIDATED = 34  # A closing order: its side, limit price and lots.
    LIQUIDATION_ENDED = 35
    FEE_PAID = 36  # To the fund: REASON is FeeReason. CASH_MICROUSD is the account's after.
    FUND_PAID = 37  # By the fund, to the account.
    RANKED = 38  # A place in the list of auto-deleveraging.
    TIER_SET = 39  # VALUE is the account's tier of fees from now.
    WINDOW_MOVED = 40  # VALUE is the lowest price of the window, in ticks.


class Cause(IntEnum):
    """Why lots changed hands."""

    ORDER = 0
    LIQUIDATION = 1
    DELEVERAGING = 2
    CALL = 3
    BLOCK = 4


class CallReason(IntEnum):
    """Why a call began, or goes on."""

    OPENING = 1
    BAND = 2
    RESUMED = 3
    EXTENDED = 4


class FeeReason(IntEnum):
    """What a fee was paid for."""

    LIQUIDATION_FEE = 1


_ORDER = ("ACCOUNT", "CONTRACT", "ORDER", "SIDE", "CLIENT_ORDER_ID", "LABEL")

# The columns that each kind fills, after SEQUENCE, TIME_NS and KIND.
FILLS: dict[Kind, tuple[str, ...]] = {
    Kind.REFUSED: ("ACCOUNT", "CONTRACT", "ORDER", "REASON", "CLIENT_ORDER_ID", "LABEL"),
    Kind.ACCOUNT_OPENED: ("ACCOUNT",),
    Kind.DEPOSITED: ("ACCOUNT", "CASH_MICROUSD", "AMOUNT_MICROUSD"),
    Kind.WITHDRAWN: ("ACCOUNT", "CASH_MICROUSD", "AMOUNT_MICROUSD"),
    Kind.TRANSFERRED: ("ACCOUNT", "TARGET", "RUN", "ITEM", "CASH_MICROUSD", "AMOUNT_MICROUSD"),
    Kind.LISTED: ("CONTRACT",),
    Kind.PARAMETER_SET: ("CONTRACT", "PARAMETER", "VALUE"),
    Kind.OPENED: ("CONTRACT", "INDEX_MICROUSD", "MARK_MICROUSD"),
    Kind.FIXED: ("INDEX", "STRIKE_NS", "REASON", "VALUE_MICROUSD"),
    Kind.MARKED: ("CONTRACT", "INDEX_MICROUSD", "MARK_MICROUSD"),
    Kind.ACCEPTED: (*_ORDER, "PRICE_TICKS", "LOTS"),
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
        "TAKER_FEE_MICROUSD",
        "MAKER_REBATE_MICROUSD",
        "CAUSE",
    ),
    Kind.RESTED: (*_ORDER, "PRICE_TICKS", "LOTS_LEFT"),
    Kind.CANCELLED: (*_ORDER, "REASON", "PRICE_TICKS", "LOTS_LEFT"),
    Kind.FUNDED: (
        "CONTRACT",
        "INDEX_MICROUSD",
        "MARK_MICROUSD",
        "RATE_PPM",
        "PERIOD_S",
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
    Kind.HELD: (*_ORDER, "PRICE_TICKS", "LOTS", "TRIGGER_TICKS"),
    Kind.TRIGGERED: (*_ORDER, "PRICE_TICKS", "LOTS"),
    Kind.AMENDED: (*_ORDER, "PRICE_TICKS", "LOTS", "TRIGGER_TICKS"),
    Kind.REDUCED: (*_ORDER, "REASON", "PRICE_TICKS", "LOTS", "LOTS_LEFT"),
    Kind.REFRESHED: (*_ORDER, "PRICE_TICKS", "LOTS", "LOTS_LEFT"),
    Kind.REPEATED: ("ACCOUNT", "CONTRACT", "ORDER", "REASON", "CLIENT_ORDER_ID", "LABEL"),
    Kind.CANCELLED_ALL: ("ACCOUNT", "CONTRACT", "ORDERS"),
    Kind.PROTECTION_SET: ("ACCOUNT", "CONTRACT", "LOTS"),
    Kind.PROTECTED: ("ACCOUNT", "CONTRACT", "LOTS"),
    Kind.CALL_BEGUN: ("CONTRACT", "REASON", "END_NS"),
    Kind.UNCROSSED: ("CONTRACT", "PRICE_TICKS", "LOTS", "SURPLUS_LOTS"),
    Kind.MODE_SET: ("ACCOUNT", "CONTRACT", "REASON"),
    Kind.QUALITY: ("CONTRACT", "REASON"),
    Kind.MARGIN_CALLED: ("ACCOUNT", "EQUITY_MICROUSD", "MAINTENANCE_MICROUSD"),
    Kind.LIQUIDATION_BEGUN: ("ACCOUNT", "EQUITY_MICROUSD", "MAINTENANCE_MICROUSD"),
    Kind.LIQUIDATED: ("ACCOUNT", "CONTRACT", "SIDE", "PRICE_TICKS", "LOTS"),
    Kind.LIQUIDATION_ENDED: ("ACCOUNT", "EQUITY_MICROUSD", "MAINTENANCE_MICROUSD"),
    Kind.FEE_PAID: ("ACCOUNT", "REASON", "CASH_MICROUSD", "AMOUNT_MICROUSD"),
    Kind.FUND_PAID: ("ACCOUNT", "CASH_MICROUSD", "AMOUNT_MICROUSD"),
    Kind.RANKED: ("ACCOUNT", "CONTRACT", "LOTS", "SCORE", "RANK"),
    Kind.TIER_SET: ("ACCOUNT", "VALUE"),
    Kind.WINDOW_MOVED: ("CONTRACT", "VALUE"),
}
