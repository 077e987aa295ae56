"""SCARCITY: reserve is priced as the reference says, and its curve falls and keeps the cap.

Takes   case S7: one and two reserve products; random rules; measured shortfalls.
Gives   the published values to 1e-4, and steps.
Keeps   no step above the cap, no price that rises with reserve.
Source  docs/formulation/guards.md, section 2 and section 9, S7.
"""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.fields import RequestMalformed
from chiphour.auction.scarcity import ReserveRule
from chiphour.auction.scarcity import Step
from chiphour.auction.scarcity import cut_to_cap
from chiphour.auction.scarcity import reserve_steps
from chiphour.auction.scarcity import reserve_value_usd
from chiphour.auction.scarcity import rule_from_shortfalls
from chiphour.auction.scarcity import two_reserve_values_usd

TWO = ReserveRule(18_514, 121_789, 200_000, 90_000_000)
ONE = ReserveRule(85_000, 120_000, 300_000, 50_000_000)
RULES = st.builds(
    ReserveRule,
    st.integers(-100_000, 100_000),
    st.integers(1, 100_000),
    st.integers(0, 100_000),
    st.integers(1, 10_000_000),
)


@pytest.mark.parametrize(
    ("running", "total", "price", "expected"),
    [
        (2500, 3500, 50, ("2050.5507", "627.1955")),
        (3000, 4000, 50, ("958.0910", "304.7032")),
        (4000, 5000, 50, ("106.4713", "46.5814")),
        (6000, 7500, 30, ("0.0414", "0.0286")),
        (1900, 2600, 900, ("5535.0862", "1485.0862")),
    ],
)
def test_s7_two_products(running, total, price, expected):
    found = two_reserve_values_usd(TWO, 100 * running, 100 * total, 10_000 * price)
    for each, value in zip(found, expected, strict=True):
        assert abs(each - Decimal(value)) <= Decimal("0.0001")


@pytest.mark.parametrize(
    ("reserve", "expected"),
    [(3000, "5000"), (3500, "3073.6463"), (4500, "1470.1204"), (6500, "68.0526")],
)
def test_s7_one_step(reserve, expected):
    assert abs(reserve_value_usd(ONE, 100 * reserve) - Decimal(expected)) <= Decimal("0.0001")


@given(RULES, st.integers(0, 500_000), st.integers(0, 500_000))
def test_more_reserve_is_never_worth_more(rule, one, other):
    low, high = sorted((one, other))
    assert reserve_value_usd(rule, low) >= reserve_value_usd(rule, high) >= 0


@given(RULES, st.integers(1, 100_000), st.integers(1, 1_000_000), st.integers(1, 1 << 28))
def test_steps_fall_and_never_pass_the_cap(rule, width, reach, cap):
    """Any rule, width and cap: the curve's steps fall, fit in the reach and keep the cap."""
    width = max(width, reach // 500)
    steps = reserve_steps(rule, width, reach, cap)
    prices = [step.price_ticks for step in steps]
    assert prices == sorted(set(prices), reverse=True)
    assert all(0 < price <= min(cap, rule.cutoff_ticks) for price in prices)
    assert sum(step.size_hundredths for step in steps) <= reach
    assert all(step.size_hundredths > 0 for step in steps)
    assert cut_to_cap(steps, cap) == steps


def test_steps_follow_the_curve():
    """The first step ends at the least reserve; each other one is priced at its middle."""
    steps = reserve_steps(ONE, 50_000, 500_000, 90_000_000)
    assert steps[0] == Step(300_000, 50_000_000)
    middles = (3250, 3750, 4250, 4750)
    expected = [round(10_000 * reserve_value_usd(ONE, 100 * middle)) for middle in middles]
    assert [step.price_ticks for step in steps[1:]] == expected
    assert steps[0].texts() == ("3000", "5000.0000")


def test_a_low_cap_joins_the_steps_that_it_cuts():
    steps = reserve_steps(ONE, 50_000, 500_000, 20_000_000)
    assert steps[0] == Step(400_000, 20_000_000)
    assert cut_to_cap(reserve_steps(ONE, 50_000, 500_000, 50_000_000), 20_000_000) == steps


def test_a_curve_without_least_reserve_has_no_first_step():
    assert reserve_steps(ONE._replace(least_hundredths=0), 100, 100, 50_000_000)[0][0] == 100


def test_a_rule_comes_from_measured_shortfalls():
    """Half the hours 10 chips short, half 30: mean 20, s.d. 10 times the root of 48/47."""
    rule = rule_from_shortfalls([1_000, 3_000] * 24, 5_000, 100_000)
    assert rule == ReserveRule(2_000, 1_011, 5_000, 100_000)
    shifted = rule_from_shortfalls([1_000, 3_000] * 24, 5_000, 100_000, shift_ppm=500_000)
    assert shifted.mean_hundredths == 2_505
    assert reserve_value_usd(shifted, 8_000) > reserve_value_usd(rule, 8_000)


@pytest.mark.parametrize(
    ("fault", "where"),
    [
        (lambda: reserve_value_usd(ONE._replace(sd_hundredths=0), 1), "reserve.sd_hundredths"),
        (lambda: reserve_value_usd(ONE._replace(cutoff_ticks="gas"), 1), "reserve.cutoff_ticks"),
        (lambda: reserve_value_usd(ONE._replace(least_hundredths=-1), 1), "reserve.least"),
        (lambda: two_reserve_values_usd(TWO, 2, 1, 0), "reserve.total"),
        (lambda: reserve_steps(ONE, 1, 400_000, 1), "reserve.width"),
        (lambda: reserve_steps(ONE, 1, 1, 0), "reserve.cap_ticks"),
        (lambda: cut_to_cap([Step(1, 1), Step(1, 2)], 5), r"reserve.steps\[1\].price"),
        (lambda: rule_from_shortfalls([1] * 23, 0, 1), "24 hours"),
        (lambda: rule_from_shortfalls([1] * 24, 0, 1), "all equal"),
    ],
)
def test_a_rule_or_curve_out_of_bounds_is_refused(fault, where):
    with pytest.raises(RequestMalformed, match=where):
        fault()
