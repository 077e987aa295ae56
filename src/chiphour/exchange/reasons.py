"""REASONS: why a command is refused or an order cancelled, in order of precedence.

Takes   nothing: this file is a language, not a program.
Gives   `Reason`; of several that hold, the one with the lowest number is reported.
Keeps   a number for good: they stand in journals.
Source  Rulebook 1, 6 and 9; decision 0005.
"""

from enum import IntEnum


class Reason(IntEnum):
    """Why a command is refused (1 to 99) or an order cancelled (100 on)."""

    NONE = 0
    MALFORMED = 1  # An unknown kind, side, type, flag or parameter; an unused column not zero.
    TIME_DECREASES = 2
    ADVANCE_DUE = 3  # Something is due first: the sequencer must ADVANCE.
    ACCOUNT_UNKNOWN = 4
    ACCOUNT_EXISTS = 5
    ACCOUNT_RESERVED = 6
    CONTRACT_UNKNOWN = 7
    CONTRACT_EXISTS = 8
    CONTRACT_ALREADY_OPEN = 9
    CONTRACT_NOT_OPEN = 10
    PARAMETER_OUT_OF_RANGE = 11
    INDEX_UNKNOWN = 12  # No fit fix is known for the contract's index.
    FIXING_OUT_OF_ORDER = 13
    AMOUNT_NOT_POSITIVE = 14
    AMOUNT_ABOVE_MAX = 15
    MONEY_ABOVE_MAX = 16
    FUNDS_INSUFFICIENT = 17
    ORDER_UNKNOWN = 18  # No such resting order of this account.
    LOTS_NOT_POSITIVE = 19
    LOTS_ABOVE_MAX = 20
    PRICE_OUT_OF_RANGE = 21
    POSITION_ABOVE_MAX = 22
    POSITIONS_FULL = 23
    ORDERS_FULL = 24
    OPEN_INTEREST_ABOVE_MAX = 25
    MARGIN_INSUFFICIENT = 26

    CANCEL_REQUESTED = 100
    IMMEDIATE_OR_CANCEL = 101
    SELF_TRADE = 102
    WORK_LIMIT = 103
    CONTRACT_STOPPED = 104
