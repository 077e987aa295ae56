"""TIERS: margins and rates worked by hand, to the micro-dollar.

Takes   a contract's row with four tiers.
Gives   im(W) at the ends of the tiers, and the rates at the ends of the open interest.
Keeps   each tier rounded up.
Source  Rulebook 6.1, 6.2.
"""

import numpy as np
import pytest

from chiphour.contracts import table as term
from chiphour.exchange.tiers import take_rates
from chiphour.exchange.tiers import tier_margin


def contract_row(base=3_000_000, ends=(10, 20, 30), rates=(100_000, 200_000, 400_000, 1_000_000)):
    contracts = np.zeros((1, term.CONTRACT_COLUMNS), np.int64)
    contracts[0, term.BASE_MICROUSD] = base
    contracts[0, term.TIER_1_LOTS : term.TIER_3_LOTS + 1] = ends
    contracts[0, term.TIER_1_PPM : term.TIER_4_PPM + 1] = rates
    contracts[0, term.RATE_1_PPM : term.RATE_4_PPM + 1] = rates
    return contracts


@pytest.mark.parametrize(
    ("lots", "margin"),
    [(0, 0), (1, 300_000), (10, 3_000_000), (11, 3_600_000), (20, 9_000_000), (32, 27_000_000)],
)
def test_tiers_are_charged_one_after_another(lots, margin, callable_from_python):
    """Rulebook 6.1."""
    assert callable_from_python(tier_margin)(contract_row(), 0, lots) == margin


def test_each_tier_is_rounded_up(callable_from_python):
    contracts = contract_row(base=1, ends=(1, 2, 3), rates=(1, 1, 1, 1))
    found = [callable_from_python(tier_margin)(contracts, 0, lots) for lots in range(6)]
    assert found == [0, 1, 2, 3, 4, 4]


@pytest.mark.parametrize(
    ("interest", "rates"),
    [
        (0, (100_000, 200_000, 400_000, 1_000_000)),
        (1_000, (100_000, 200_000, 400_000, 1_000_000)),
        (1_001, (100_899, 200_799, 400_599, 1_000_000)),  # A thousandth of the way, less a bit.
        (2_000, (999_100, 999_200, 999_400, 1_000_000)),
        (2_001, (1_000_000, 1_000_000, 1_000_000, 1_000_000)),
        (9_000, (1_000_000, 1_000_000, 1_000_000, 1_000_000)),
    ],
)
def test_rates_rise_with_the_open_interest(interest, rates, callable_from_python):
    """Rulebook 6.2: 1/1001 of the way is 999 ppm."""
    contracts = contract_row()
    contracts[0, term.OPEN_INTEREST_LOWER_LOTS] = 1_000
    contracts[0, term.OPEN_INTEREST_UPPER_LOTS] = 2_001
    contracts[0, term.OPEN_INTEREST_LOTS] = interest
    callable_from_python(take_rates)(contracts, 0)
    assert tuple(contracts[0, term.RATE_1_PPM : term.RATE_4_PPM + 1]) == rates


@pytest.mark.parametrize(("upper", "first"), [(0, 100_000), (900, 1_000_000), (1_000, 1_000_000)])
def test_without_room_between_the_bounds_the_whole_is_asked(upper, first, callable_from_python):
    """U = 0 says that rates never rise; a U that SET brought below L, that they have risen."""
    contracts = contract_row()
    contracts[0, term.OPEN_INTEREST_LOWER_LOTS] = 1_000
    contracts[0, term.OPEN_INTEREST_UPPER_LOTS] = upper
    contracts[0, term.OPEN_INTEREST_LOTS] = 1_001
    callable_from_python(take_rates)(contracts, 0)
    assert contracts[0, term.RATE_1_PPM] == first


def test_a_rate_above_the_whole_stays(callable_from_python):
    contracts = contract_row(rates=(1_500_000, 1_500_000, 2_000_000, 2_000_000))
    contracts[0, term.OPEN_INTEREST_UPPER_LOTS] = 1
    contracts[0, term.OPEN_INTEREST_LOTS] = 1
    callable_from_python(take_rates)(contracts, 0)
    assert contracts[0, term.RATE_1_PPM] == 1_500_000
