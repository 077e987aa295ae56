"""CLEAR: the reference cases and a real market come out, to the last digit.

Takes   E1, E2; the Italian market where its data lies.
Gives   prices, quantities, surplus.
Keeps   the answers in one place: benchmarks/auction_cases.py and the published prices.
Source  docs/formulation/auction.md, section 8.
"""

from decimal import Decimal

import pytest

import italy
from auction_cases import E1
from auction_cases import E2
from chiphour.auction.clear import clear
from chiphour.auction.instance import from_fields
from chiphour.auction.prices import ClearingFailed
from chiphour.auction.result import to_json
from chiphour.auction.solve import solve
from chiphour.units import NANOUSD_PER_USD

FOLDER = italy.reference("italy-2025-04")
needs_italy = pytest.mark.skipif(FOLDER is None, reason="no Italian reference data")


@pytest.mark.parametrize("case", [E1, E2])
def test_the_reference_cases_come_out_exactly(case):
    result = clear(from_fields(case.fields), solve)
    assert [price.dual_nanousd for price in result.prices] == case.dual_nanousd
    assert {part.name: part.lines for part in result.award.parts} == case.lines
    assert result.welfare_nanousd == case.welfare_nanousd
    assert result.award.rent_microusd == 0


def test_a_run_of_nothing_clears_to_nothing(e1):
    e1["bids"], e1["offers"] = [], []
    result = clear(from_fields(e1), solve)
    assert result.award.parts == result.transfers == ()
    assert result.welfare_nanousd == 0


def test_the_same_run_in_another_order_gives_the_same_bytes(e2):
    first = from_fields(e2)
    body = to_json(first, clear(first, solve))
    for name in ("bids", "offers", "products"):
        e2[name].reverse()
    second = from_fields(e2)
    assert to_json(second, clear(second, solve)) == body


def test_a_solver_that_errs_is_caught_by_the_check(e1):
    """A solution whose prices were doubled on the way must not be published."""

    def false(program):
        solution = solve(program)
        return solution._replace(dual=solution.dual * 2)

    with pytest.raises(ClearingFailed, match="expected"):
        clear(from_fields(e1), false)


def errors(days):
    """Give |our price - published| of every zone and hour of these days, in EUR/MWh."""
    assert FOLDER is not None
    found = []
    for hour in italy.italian_hours(FOLDER, days):
        run = from_fields(hour.fields)
        result, numbers = clear(run, solve), run.grid.product_numbers
        for zone, published in hour.published.items():
            dual = result.prices[numbers[italy.product_id(zone)]].dual_nanousd
            found.append(abs(Decimal(dual) / NANOUSD_PER_USD - published))
    return found


@needs_italy
def test_one_italian_day_is_reproduced():
    found = errors(italy.DAYS[:1])
    assert len(found) == 7 * 24
    assert max(found) <= italy.ERROR_USD_MAX


@needs_italy
@pytest.mark.long
def test_twenty_italian_days_are_reproduced():
    found = errors(italy.DAYS)
    assert len(found) == 3_360
    assert max(found) <= italy.ERROR_USD_MAX
