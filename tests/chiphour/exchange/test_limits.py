"""LIMITS: capacities under which no formula can overflow, and none beyond.

Takes   the default limits, and one of them too large at a time.
Gives   nothing, or an assertion.
Keeps   room for the events of any command.
Source  Rulebook 1.2.
"""

import pytest

from chiphour.exchange import limits as bounds
from chiphour.exchange.limits import Limits
from chiphour.exchange.limits import check_limits


def test_the_default_limits_hold():
    check_limits(Limits())


@pytest.mark.parametrize(
    "wrong",
    [
        {"positions_per_account": 17},
        {"position_lots_max": 1 << 27},
        {"price_microusd_max": 1 << 31},
        {"window_ticks": 100},
        {"window_ticks": 32},
        {"accounts": bounds.ACCOUNTS_RESERVED},
    ],
)
def test_a_limit_too_large_or_too_small_is_our_fault(wrong):
    with pytest.raises(AssertionError):
        check_limits(Limits()._replace(**wrong))


def test_what_marks_move_an_account_by_is_bounded_even_where_prices_are_low():
    cheap = Limits()._replace(price_microusd_max=1 << 20)
    check_limits(cheap._replace(position_lots_max=(1 << 29) - 1))
    with pytest.raises(AssertionError):
        check_limits(cheap._replace(position_lots_max=1 << 29))


def test_there_is_room_for_the_events_of_any_command():
    limits = Limits(contracts=7)
    an_order = 2 + bounds.FILLS_MAX
    an_advance = bounds.CANCELS_MAX + bounds.PAYMENTS_MAX + 3 * limits.contracts
    assert limits.events_per_command >= max(an_order, an_advance)
