"""TEST CW: the capacity-weighted median.

Takes   panels worked by hand, with tiers.
Gives   exact values, and when there is none.
Keeps   the headline's survivors, whatever they weigh.
Source  Decision 0021.
"""

from fractions import Fraction
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.index.companion import rate_of
from chiphour.index.companion import ticks_of
from chiphour.index.companions import cw
from chiphour.index.companions.cw import companion
from chiphour.index.companions.cw import weight_of
from chiphour.index.fixing import Member
from chiphour.index.statistics import median


@pytest.fixture
def tiers(monkeypatch):
    """Let each venue have the tier that a test says, else none."""
    known: dict[str, int] = {}
    monkeypatch.setattr(cw, "standing", lambda venue: SimpleNamespace(tier=known.get(venue, 0)))
    return known


def test_large_venues_weigh_three_times_small_ones(given, tiers):
    """Weights 3, 2, 1, 1 of 7: the second passes 3.5. The plain median is 2.50."""
    tiers |= {"a": 1, "b": 2, "c": 3}
    found = companion(given({"a": "1", "b": "2", "c": "3", "d": "4"}))
    assert (found.state, found.value, found.unit) == ("fixed", 20_000, "ticks")
    assert dict(found.figures) == {"known_tiers": 3, "members": 4, "weight": 7}


def test_at_exactly_half_the_next_counts_too(given, tiers):
    """Weights 3, 2, 1 of 6: the first is exactly half."""
    tiers |= {"a": 1, "b": 2, "c": 3}
    assert companion(given({"a": "1", "b": "2", "c": "3"})).value == 15_000


def test_whom_the_screen_dropped_does_not_weigh(given, tiers):
    tiers |= {"a": 1, "b": 2, "z": 1}
    rates = {"a": "1", "b": "2", "c": "3", "z": "100"}
    assert companion(given(rates, dropped=("z",))).value == 15_000


def test_a_member_weighs_as_much_as_its_greatest_venue(tiers):
    tiers |= {"small": 3, "large": 1}
    assert weight_of(Member("m", ("small", "large"), 1, 1, True, 1, "")) == 3
    assert weight_of(Member("m", ("unheard of",), 1, 1, True, 1, "")) == 1


def test_unknown_capacity_is_no_tier(given, tiers):
    """One known tier beside unknown ones does not make two."""
    tiers |= {"a": 1, "b": 1}
    found = companion(given({"a": "1", "b": "2", "c": "3"}))
    assert (found.reason, dict(found.figures)["known_tiers"]) == ("FEW_TIERS", 1)


def test_the_register_of_today_knows_one_tier_only(given):
    """Capacity is cited for three owners, all of the first tier: honest, and so no value."""
    found = companion(given({"lambda": "1", "coreweave": "2", "nebius": "3"}))
    assert found.reason == "FEW_TIERS"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@drawn(st.lists(st.integers(1, 10**6), min_size=3, max_size=9))
def test_at_equal_tiers_it_is_the_median(given, tiers, monkeypatch, rates):
    monkeypatch.setattr(cw, "TIERS_MIN", 1)
    tiers |= {str(number): 2 for number in range(len(rates))}
    asked = given({str(number): str(Fraction(rate, 10**4)) for number, rate in enumerate(rates)})
    expected = median(rate_of(member) for member in asked.fixing.members)
    assert companion(asked).value == ticks_of(expected)
