"""TEST REASONS: a reason keeps its number for good, and its place in the order.

Takes   `exchange/reasons.py`.
Gives   a failure when a number has moved.
Keeps   the numbers that stand in journals, written down here a second time.
Source  Rulebook 1.3; decision 0005.
"""

from chiphour.exchange.reasons import Reason

REFUSALS = """MALFORMED TIME_DECREASES ADVANCE_DUE ACCOUNT_UNKNOWN ACCOUNT_EXISTS ACCOUNT_RESERVED
CONTRACT_UNKNOWN CONTRACT_EXISTS CONTRACT_ALREADY_OPEN CONTRACT_NOT_OPEN PARAMETER_OUT_OF_RANGE
INDEX_UNKNOWN FIXING_OUT_OF_ORDER AMOUNT_NOT_POSITIVE AMOUNT_ABOVE_MAX MONEY_ABOVE_MAX
FUNDS_INSUFFICIENT ORDER_UNKNOWN LOTS_NOT_POSITIVE LOTS_ABOVE_MAX PRICE_OUT_OF_RANGE
POSITION_ABOVE_MAX POSITIONS_FULL ORDERS_FULL OPEN_INTEREST_ABOVE_MAX MARGIN_INSUFFICIENT"""
CANCELS = "CANCEL_REQUESTED IMMEDIATE_OR_CANCEL SELF_TRADE WORK_LIMIT CONTRACT_STOPPED"


def test_numbers_of_reasons_stand_in_journals_and_stay():
    expected = {"NONE": 0}
    expected |= {name: number for number, name in enumerate(REFUSALS.split(), 1)}
    expected |= {name: number for number, name in enumerate(CANCELS.split(), 100)}
    assert {reason.name: int(reason) for reason in Reason} == expected
