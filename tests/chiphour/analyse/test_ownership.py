"""TEST OWNERSHIP: the cost of owning, and where it meets a rent.

Takes   `analyse/ownership.py`, figures that are summed by hand.
Gives   failures.
Keeps   a loan that ends at nought; a break-even at which both cost the same.
Source  docs/how-to/rent-or-buy.md; decision 0044.
"""

import pytest
from hypothesis import assume
from hypothesis import given
from hypothesis import strategies as st

from chiphour.adapters.assumptions import assumptions_for
from chiphour.analyse.ownership import HOURS_PER_MONTH
from chiphour.analyse.ownership import AssumptionRefused
from chiphour.analyse.ownership import breakeven_committed
from chiphour.analyse.ownership import breakeven_hourly
from chiphour.analyse.ownership import cost_of
from chiphour.analyse.ownership import hours_most
from chiphour.analyse.ownership import moved
from chiphour.analyse.ownership import overridden
from chiphour.analyse.ownership import rent_over_life
from chiphour.analyse.ownership import values_of

PLAIN = {
    "capital_usd": 30_000.0,
    "months": 48.0,
    "resale_share": 0.2,
    "financing_rate": 0.0,
    "maintenance_share": 0.04,
    "failure_share": 0.0,
    "load_share": 0.8,
    "idle_share": 0.2,
    "pue": 1.5,
    "colocation_usd_kw_month": 100.0,
    "staff_usd_month": 50.0,
    "power_kw": 1.0,
    "electricity_usd_mwh": 100.0,
    "rent_decline": 0.0,
}
OURS = assumptions_for("H100", "SXM", "us-ohio")


def test_each_line_is_the_plain_sum():
    found = cost_of(PLAIN, 500)
    assert found.depreciation == pytest.approx(24_000 / 48)
    assert found.financing == pytest.approx(0)
    assert found.maintenance == pytest.approx(100)
    assert found.colocation == pytest.approx(100)
    assert found.staff == 50
    kwh = 500 * 0.8 + 230 * 0.2
    assert found.electricity == pytest.approx(kwh * 1.5 * 0.1)
    assert found.month == pytest.approx(500 + 100 + 100 + 50 + kwh * 0.15)


def test_payments_with_interest_pay_the_capital_off():
    """Walk the loan month by month: after the last payment the resale clears what is owed."""
    values = PLAIN | {"financing_rate": 0.12}
    found = cost_of(values, 500)
    owed = 30_000.0
    for _ in range(48):
        owed = owed * 1.01 - (found.depreciation + found.financing)
    assert owed == pytest.approx(6_000)


def test_hours_that_failures_take_cost_electricity():
    broken = PLAIN | {"failure_share": 0.1}
    assert hours_most(broken) == pytest.approx(657)
    assert cost_of(broken, 600).electricity > cost_of(PLAIN, 600).electricity


def test_a_falling_rent_is_taken_at_its_mean():
    """Sum the rents of 48 months, each a little lower: their mean is the figure."""
    values = PLAIN | {"rent_decline": 0.2}
    months = [3.0 * 0.8 ** ((month + 0.5) / 12) for month in range(48)]
    assert rent_over_life(values, 3.0) == pytest.approx(sum(months) / 48, rel=1e-4)
    assert rent_over_life(PLAIN, 3.0) == 3.0


@given(st.floats(0.5, 20), st.floats(0, 0.5))
def test_at_the_breakeven_both_cost_the_same(rent, decline):
    values = values_of(OURS) | {"rent_decline": decline}
    found = breakeven_hourly(values, rent)
    assume(found.hours is not None)
    cost = cost_of(values, found.hours).month
    assert cost == pytest.approx(rent_over_life(values, rent) * found.hours)
    assert cost_of(values, found.hours * 0.9).month > 0.9 * found.hours * (cost / found.hours)


@given(st.floats(0.01, 0.99))
def test_a_commitment_is_met_where_owning_costs_its_whole_month(share):
    """For a rent between owning idle and owning in full use, the hours lie between too."""
    values = values_of(OURS) | {"rent_decline": 0.0}
    ends = [cost_of(values, hours).month for hours in (0, hours_most(values))]
    rent = (ends[0] + share * (ends[1] - ends[0])) / HOURS_PER_MONTH
    found = breakeven_committed(values, rent)
    assert found.hours == pytest.approx(share * hours_most(values))
    assert cost_of(values, found.hours).month == pytest.approx(rent * HOURS_PER_MONTH)


def test_no_breakeven_says_why():
    values = values_of(OURS)
    assert "even at 708 hours" in breakeven_hourly(values, 1.5).reason
    assert "electricity alone" in breakeven_hourly(values, 0.05).reason
    assert "cheaper at any use" in breakeven_committed(values, 0.5).reason
    assert "owning is cheaper at any use" in breakeven_committed(values, 20).reason


def test_dearer_electricity_makes_owning_dearer():
    (low, early), (high, late) = moved(OURS, "electricity_usd_mwh", 500, 5.0)
    assert low < high and early < late


@pytest.mark.parametrize(
    ("given_values", "words"),
    [
        ({"pue": 0.9}, "pue: expected 1 to 3"),
        ({"capital_usd": -1}, "capital_usd: expected 100"),
        ({"months": 0}, "months: expected 6 to 120"),
        ({"gold": 1}, "assumptions: expected one of .*, found 'gold'"),
        ({"idle_share": 0.9}, "idle_share: expected at most load_share, 0.8"),
        ({"failure_share": 0.6}, "failure_share: expected 0 to 0.5"),
    ],
)
def test_what_is_out_of_bounds_is_refused(given_values, words):
    with pytest.raises(AssumptionRefused, match=words):
        overridden(OURS, given_values)


def test_what_is_stated_says_so():
    found = overridden(OURS, {"pue": 1.2})
    assert (found["pue"].value, found["pue"].overridden) == (1.2, True)
    assert found["pue"].source == "stated by you"
    assert not OURS["pue"].overridden
