"""GUARDS: the limits bind when they should, end when they should, and refuse what is no number.

Takes   random prices, buyers, times.
Gives   caps, violations, the last moment of a correction.
Keeps   the fold equal to a sum written out, whatever the prices.
Source  docs/formulation/guards.md, sections 1 and 4 to 6.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.fields import RequestMalformed
from chiphour.auction.guards import NOTHING_EARNED
from chiphour.auction.guards import Buyer
from chiphour.auction.guards import CapRule
from chiphour.auction.guards import CorrectionRule
from chiphour.auction.guards import Earned
from chiphour.auction.guards import ExposureRule
from chiphour.auction.guards import above_cap
from chiphour.auction.guards import after_hour
from chiphour.auction.guards import caps_ticks
from chiphour.auction.guards import checked_cap
from chiphour.auction.guards import coming_cap_ticks
from chiphour.auction.guards import correction_violation
from chiphour.auction.guards import exposure_microusd
from chiphour.auction.guards import exposure_violations
from chiphour.auction.guards import final_ns
from chiphour.auction.guards import open_most_hundredths
from chiphour.units import NS_PER_HOUR

# Cost 10, cap 100, then 20; more than 300 above cost within 6 hours is too much.
RULE = CapRule(10, 100, 20, 1_000, 300_000, 6)
WANTED = st.lists(st.integers(-50, 150), max_size=60)
BUYERS = st.builds(
    lambda open_, share, money: Buyer("b", open_, open_ * share // 100, money),
    st.integers(0, 10_000),
    st.integers(0, 100),
    st.integers(0, 10**9),
)


def played(wanted):
    """Give the prices that these wishes make under the caps, and the caps."""
    earned, prices = NOTHING_EARNED, []
    for each in wanted:
        prices.append(min(each, coming_cap_ticks(RULE, earned)))
        earned = after_hour(RULE, earned, prices[-1])
    return prices, caps_ticks(RULE, prices)


@given(WANTED)
def test_the_cap_is_low_exactly_while_the_window_holds_too_much(wanted):
    """The fold's cap of every hour is that of a sum over the six hours before it."""
    prices, caps = played(wanted)
    assert len(caps) == len(prices) + 1
    for hour, cap in enumerate(caps):
        window = prices[max(0, hour - 6) : hour]
        earned = sum(max(0, price - 10) for price in window)
        assert cap == (20 if earned > 300 else 100)
    assert all(price <= cap for price, cap in zip(prices, caps, strict=False))


@given(WANTED)
def test_the_low_cap_ends_of_itself(wanted):
    """Whatever is asked, even the cap for ever: no low cap lasts longer than the window."""
    _, caps = played([*wanted, *[150] * 20])
    lasts = [len(run) for run in "".join("l" if cap == 20 else " " for cap in caps).split()]
    assert max(lasts) <= 6


def test_a_low_cap_that_would_keep_itself_in_force_is_refused():
    """At 60 a window earns 300 above cost, which is the limit; at 61 it would earn 306."""
    assert checked_cap(RULE._replace(low_cap_ticks=60)).limit_ticks == 300
    with pytest.raises(RequestMalformed, match="at most 300 in 6 hours, found one that earns 306"):
        checked_cap(RULE._replace(low_cap_ticks=61))


def test_the_threshold_acts_after_the_hour_that_passes_it():
    """90 an hour at the cap: 270 after three is allowed, 360 is not. Three hours at 20 end it."""
    assert played([200] * 7)[1] == (100, 100, 100, 100, 20, 20, 20, 100)
    assert coming_cap_ticks(RULE, Earned((300,), 300)) == 100  # At the limit, not above it.


def test_a_price_above_the_cap_in_force_is_refused():
    with pytest.raises(RequestMalformed, match=r"cap.price_ticks: .* to 20, found 21"):
        caps_ticks(RULE, [100, 100, 100, 100, 21])


def test_one_cap_holds_for_work_and_for_reserve():
    prices = {"H100/node8/us 3": 100, "reserve us 3": 101}
    found = list(above_cap(prices, 100))
    assert [(each.rule, each.where, each.found) for each in found] == [
        ("cap", "reserve us 3", "0.0101")
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"low_cap_ticks": 101},  # Texas: the fallback would have been above the cap.
        {"cap_ticks": "50 x gas"},
        {"cap_ticks": 0},
        {"reference_cost_ticks": -1},
        {"entry_cost_ticks": 0},
        {"multiple_ppm": 0},
        {"window_hours": 0},
        {"window_hours": True},
    ],
)
def test_a_rule_of_caps_out_of_bounds_is_refused(change):
    with pytest.raises(RequestMalformed, match=f"cap.{next(iter(change))}: expected an integer"):
        checked_cap(RULE._replace(**change))


def test_the_default_rules_are_within_their_bounds():
    rule = checked_cap(CapRule(20_000))
    assert rule.limit_ticks == 20_000_000
    assert final_ns(CorrectionRule(), 0) == 48 * NS_PER_HOUR
    assert exposure_microusd(ExposureRule(), Buyer("b", 100, 50, 0)) == 50_000_000


@given(BUYERS, st.integers(1, 1_000_000), st.integers(0, 1_000_000))
def test_a_buyer_may_open_as_much_as_is_said_and_no_hundredth_more(buyer, stressed, hedged_ppm):
    """At the most no limit is broken; at one hundredth more at least one is."""
    rule = ExposureRule(stressed, hedged_ppm)
    most = open_most_hundredths(rule, buyer)
    assert not list(exposure_violations(rule, buyer._replace(open_hundredths=most)))
    assert list(exposure_violations(rule, buyer._replace(open_hundredths=most + 1)))
    broken = list(exposure_violations(rule, buyer))
    assert bool(broken) == (buyer.open_hundredths > most)


def test_a_buyer_is_told_what_it_lacks():
    """10 chips open of which 2 hedged: 8 at $3 need $24, and half must be hedged."""
    buyer = Buyer("lab", 1_000, 200, 23_999_999)
    found = list(exposure_violations(ExposureRule(30_000, 500_000), buyer))
    assert [(each.rule, each.where) for each in found] == [("exposure", "lab"), ("hedge", "lab")]
    assert found[0].expected == "collateral of 24.000000"
    assert found[1].expected == "5 chip-hours hedged, 50 % of those open"


@pytest.mark.parametrize(
    ("rule", "buyer", "where"),
    [
        (ExposureRule(0), Buyer("b", 1, 1, 1), "stressed_price"),
        (ExposureRule(1, 1_000_001), Buyer("b", 1, 1, 1), "hedged_ppm"),
        (ExposureRule(), Buyer("b", -1, 0, 1), "open_hundredths"),
        (ExposureRule(), Buyer("b", 1, 2, 1), "hedged_hundredths"),
        (ExposureRule(), Buyer("b", 1, 0, -1), "collateral"),
    ],
)
def test_an_exposure_out_of_bounds_is_refused(rule, buyer, where):
    with pytest.raises(RequestMalformed, match=where):
        list(exposure_violations(rule, buyer))


def test_a_run_is_final_when_its_window_ends():
    rule = CorrectionRule(2)
    assert correction_violation(rule, "DA", 0, 0) is None
    assert correction_violation(rule, "DA", 0, 2 * NS_PER_HOUR - 1) is None
    found = correction_violation(rule, "DA", 0, 2 * NS_PER_HOUR)
    assert (found.rule, found.where, found.found) == ("correction", "DA", "1970-01-01T02:00:00Z")
    with pytest.raises(RequestMalformed, match="correction"):
        correction_violation(rule, "DA", 1, 0)
    with pytest.raises(RequestMalformed, match=r"correction\.hours"):
        final_ns(CorrectionRule(0), 0)
