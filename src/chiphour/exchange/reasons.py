"""REASONS: why a command is refused or an order cancelled, in order of precedence.

Takes   nothing: this file is a language, not a program.
Gives   `Reason`; of several that hold, the one with the lowest number is reported.
Keeps   a number for good, within a version of the rulebook: they stand in journals.
Source  Rulebook 1, 6, 8, 9 and 10; decision 0005.
"""

from enum import IntEnum


class Reason(IntEnum):
    """Why a command is refused (1 to 99) or an order cancelled or cut (100 on)."""

    NONE = 0
    MALFORMED = 1  # An unknown kind, side, type, flag or parameter; an unused column not zero.
    TIME_DECREASES = 2
    ADVANCE_DUE = 3  # Something is due first: the sequencer must ADVANCE.
    ACCOUNT_UNKNOWN = 4
    ACCOUNT_EXISTS = 5
    ACCOUNT_RESERVED = 6
    ID_REUSED = 7  # The client's id stands for another order.
    IDS_FULL = 8
    CONTRACT_UNKNOWN = 9
    CONTRACT_EXISTS = 10
    CONTRACT_ALREADY_OPEN = 11
    CONTRACT_NOT_OPEN = 12  # Or in a call that does not take such an order.
    ACCOUNT_BLOCKED = 13  # Halted by the operator, or in liquidation.
    CONTRACT_HALTED = 14
    PARAMETER_OUT_OF_RANGE = 15
    INDEX_UNKNOWN = 16  # Neither a fit fix nor a tick is known of the index.
    FIXING_OUT_OF_ORDER = 17
    AMOUNT_NOT_POSITIVE = 18
    AMOUNT_ABOVE_MAX = 19
    MONEY_ABOVE_MAX = 20
    FUNDS_INSUFFICIENT = 21
    ORDER_UNKNOWN = 22  # No such order of this account that rests or waits.
    LINK_UNKNOWN = 23
    LOTS_NOT_POSITIVE = 24
    LOTS_ABOVE_MAX = 25
    LOTS_BELOW_MIN = 26
    PRICE_OUT_OF_RANGE = 27
    TRIGGER_PASSED = 28  # The condition of a waiting order holds already.
    POST_ONLY_CROSSES = 29
    PRICE_OUT_OF_BAND = 30
    REDUCE_ONLY = 31  # It would not reduce a position, where it must.
    REDUCE_ONLY_FULL = 32
    PROTECTION_FROZEN = 33
    POSITION_ABOVE_MAX = 34
    POSITIONS_FULL = 35
    ORDERS_FULL = 36
    TRIGGERS_FULL = 37
    OPEN_INTEREST_ABOVE_MAX = 38
    MARGIN_INSUFFICIENT = 39

    CANCEL_REQUESTED = 100
    IMMEDIATE_OR_CANCEL = 101
    SELF_TRADE = 102
    WORK_LIMIT = 103
    CONTRACT_STOPPED = 104
    FILL_OR_KILL = 105
    GOOD_TILL_PASSED = 106
    ONE_CANCELS_OTHER = 107
    PARENT_ENDED = 108
    MASS_CANCELLED = 109
    PROTECTION = 110
    LIQUIDATION = 111
    REDUCE_ONLY_CUT = 112
    OUT_OF_RANGE = 113  # The window of prices moved away.
    CALL_BEGUN = 114
    HALTED = 115
