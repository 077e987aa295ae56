"""TEXAS: under our rules the price of February 2021 leaves the cap when reserve is back.

Takes   the stylised hours; the rule of caps, and one whose threshold is out of reach.
Gives   the first recovered hour below the cap, and the hours of the low cap.
Keeps   no price above the cap in any hour, of energy or of reserve.
Source  docs/formulation/guards.md, section 8.
"""

import pytest

from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.guards import above_cap
from chiphour.auction.guards import caps_ticks
from chiphour.auction.scarcity import reserve_steps
from chiphour.simulate.texas import CAPS
from chiphour.simulate.texas import HELD_UNTIL
from chiphour.simulate.texas import HOURS
from chiphour.simulate.texas import RECOVERED
from chiphour.simulate.texas import RESERVE
from chiphour.simulate.texas import SHED_FIRST
from chiphour.simulate.texas import texas_hours
from chiphour.simulate.texas import texas_summary

NO_THRESHOLD = CAPS._replace(multiple_ppm=100_000_000)


@pytest.mark.parametrize("rule", [CAPS, NO_THRESHOLD])
def test_the_price_leaves_the_cap_in_the_first_recovered_hour(rule):
    """With the threshold and without: at the cap in every hour of shedding, in none after it."""
    hours = texas_hours(rule)
    assert len(hours) == HOURS
    shed = [number for number, hour in enumerate(hours) if hour.is_shed]
    assert shed == list(range(SHED_FIRST, RECOVERED))
    assert all(hours[number].price_ticks == hours[number].cap_ticks for number in shed)
    assert all(hour.price_ticks < hour.cap_ticks for hour in hours[RECOVERED:])
    summary = texas_summary(hours)
    assert summary.first_recovered_hour == RECOVERED
    assert summary.hours_at_cap_after_recovery == 0 < HELD_UNTIL - RECOVERED


@pytest.mark.parametrize("rule", [CAPS, NO_THRESHOLD])
def test_no_price_passes_the_cap(rule):
    for hour in texas_hours(rule):
        prices = {"energy": hour.price_ticks, "reserve": hour.reserve_ticks}
        assert not list(above_cap(prices, hour.cap_ticks))


def test_the_threshold_acts_and_ends_of_itself():
    """$8,850 above cost an hour: $315,000 are passed after 36 hours at the cap, from hour 1."""
    hours = texas_hours()
    summary = texas_summary(hours)
    assert summary.low_cap_from == SHED_FIRST + 36 < RECOVERED
    assert RECOVERED < summary.low_cap_until < HOURS
    assert summary.low_cap_until <= summary.low_cap_from + CAPS.window_hours
    assert {hour.cap_ticks for hour in hours[37 : summary.low_cap_until]} == {CAPS.low_cap_ticks}
    assert caps_ticks(CAPS, [hour.price_ticks for hour in hours])[:-1] == tuple(
        hour.cap_ticks for hour in hours
    )
    assert texas_summary(texas_hours(NO_THRESHOLD)).low_cap_from is None


def test_the_steps_of_a_run_leave_the_cap_at_the_same_megawatt():
    """What a run bids: the first step ends at 2,000 MW, the next is below the cap."""
    width, reach = 250 * HUNDREDTHS, 10_000 * HUNDREDTHS
    first, second, *_ = reserve_steps(RESERVE, width, reach, CAPS.cap_ticks)
    assert first.texts() == ("2000", "9000.0000")
    assert second.price_ticks < CAPS.cap_ticks


def test_holding_the_cap_by_order_took_most_of_it():
    """33 hours at $9,000, less what reserve was worth: above $250,000 for every megawatt."""
    taken = texas_summary(texas_hours()).paid_beyond_usd
    assert 250_000 < taken < 33 * 9_000


def test_a_fallback_tied_to_gas_is_no_rule():
    """$15,000, fifty times the price of gas, is above the cap; and a formula is no number."""
    with pytest.raises(RequestMalformed, match="low_cap_ticks"):
        texas_hours(CAPS._replace(low_cap_ticks=150_000_000))
    with pytest.raises(RequestMalformed, match="low_cap_ticks"):
        texas_hours(CAPS._replace(low_cap_ticks="50 x gas"))
