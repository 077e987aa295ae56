"""TEST DISTRIBUTION: the figures of a panel.

Takes   panels, rows and histories worked by hand.
Gives   exact figures.
Keeps   a figure that cannot be told out of the record.
Source  Decision 0021.
"""

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.index.distribution import distribution_of
from chiphour.index.distribution import percentile
from chiphour.index.distribution import sensitivities
from chiphour.index.fixing import Member
from chiphour.index.fixing import Note
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from records import fixing
from records import observation

STRIKE_NS = fixing().strike_ns
RATES = st.lists(st.fractions(1, 100), min_size=1, max_size=12)


def panel(rates, dropped=(), strike_ns=STRIKE_NS, **fields):
    members = tuple(
        Member(name, (name,), rate * 10**8, 1, name not in dropped, 1, "")
        for name, rate in rates.items()
    )
    return fixing(members=members, strike_ns=strike_ns, notes=(), **fields)


def test_quartiles_spread_and_deviation_are_of_the_panel():
    """1.0, 2.0, 3.0, 4.0, 9.0: deviations 2, 1, 0, 1, 6."""
    rates = {"a": 10, "b": 20, "c": 30, "d": 40, "e": 90}
    found = distribution_of(panel(rates, dropped=("e",)), ())
    assert (found["percentile_25_ticks"], found["percentile_75_ticks"]) == (20_000, 40_000)
    assert (found["spread_ticks"], found["deviation_ticks"]) == (80_000, 10_000)
    assert (found["median_ticks"], found["members"]) == (30_000, 5)


@pytest.mark.parametrize(
    ("percent", "expected"), [(0, 1), (25, Fraction(7, 4)), (50, Fraction(5, 2)), (100, 4)]
)
def test_a_percentile_lies_between_two_values_in_proportion(percent, expected):
    assert percentile([Fraction(value) for value in (4, 2, 1, 3)], percent) == expected


def test_of_an_odd_panel_the_middle_member_holds_the_whole_fix():
    """Moved by 1 %, only the middle one moves the median: all sensitivity is its own."""
    found = distribution_of(panel({"a": 10, "b": 20, "c": 30}), ())
    assert (found["pivotal_members"], found["supplier_concentration_ppm"]) == (1, 1_000_000)
    assert found["equal_share_ppm"] == 333_333


def test_of_an_even_panel_the_middle_two_share_it():
    """Of 10, 20, 30, 40 the middle two move the median by a hundredth of 20 and of 30."""
    found = distribution_of(panel({"a": 10, "b": 20, "c": 30, "d": 40}), ())
    assert (found["pivotal_members"], found["supplier_concentration_ppm"]) == (2, 600_000)


def test_members_at_one_price_share_the_fix_evenly():
    """Three at 2.00: whichever one moves, the other two hold the median."""
    found = distribution_of(panel({"a": 20, "b": 20, "c": 20}), ())
    assert (found["pivotal_members"], found["supplier_concentration_ppm"]) == (0, 0)


def test_whom_the_screen_dropped_holds_nothing():
    found = distribution_of(panel({"a": 10, "b": 20, "c": 30, "z": 25}, dropped=("z",)), ())
    assert found["equal_share_ppm"] == 333_333


def book_row(machine, host, minutes=5, **fields):
    made = observation(STRIKE_NS - minutes * NS_PER_MINUTE, venue="vast", source="vast")
    quality = json.dumps({"verification": "verified"})
    book = {"feed": "book", "kind": "ask", "tenor": "SPOT", "spec": quality}
    return made._replace(machine_key=machine, host_key=host, **book | fields)


def test_hosts_are_counted_by_machines_of_books():
    """Six machines: 3, 2 and 1 by host. 9 + 4 + 1 of 36 is the concentration."""
    hosts = {"m1": "x", "m2": "x", "m3": "x", "m4": "y", "m5": "y", "m6": "z"}
    rows = [book_row(machine, host, at) for machine, host in hosts.items() for at in (5, 6)]
    rows.append(observation(STRIKE_NS - NS_PER_HOUR, gpus=8))
    found = distribution_of(panel({"a": 10}), rows)
    assert (found["hosts"], found["top_host_ppm"]) == (3, 500_000)
    assert found["host_hhi_ppm"] == 388_889
    assert (found["rows"], found["one_gpu_rows_ppm"]) == (13, 923_077)


def test_without_a_book_no_host_is_told():
    found = distribution_of(panel({"a": 10}), [observation(STRIKE_NS - NS_PER_HOUR)])
    assert "hosts" not in found and "top_host_ppm" not in found


def test_stale_rows_are_older_than_half_a_day_and_doubtful_rows_do_not_count():
    ages = (1, 12, 13, 20)
    rows = [observation(STRIKE_NS - age * NS_PER_HOUR) for age in ages]
    rows.append(observation(STRIKE_NS - 20 * NS_PER_HOUR, flags=("REPEATED",)))
    found = distribution_of(panel({"a": 10}), rows)
    assert (found["rows"], found["stale_rows_ppm"]) == (4, 500_000)


def test_carried_machines_are_told_by_the_notes():
    notes = (
        Note("vast", "VANISHED", "12 machines", "vanished under 24 hours ago"),
        Note("hyperbolic", "VANISHED", "1 machines", "vanished under 24 hours ago"),
        Note("ovh", "OUTAGE", "9", "a price in the window"),
    )
    found = distribution_of(panel({"a": 10})._replace(notes=notes), ())
    assert found["carried_machines"] == 13


def test_moving_venues_had_another_rate_within_thirty_days():
    days = (
        panel({"still": 10, "moved": 11, "old": 1}, strike_ns=STRIKE_NS - NS_PER_DAY),
        panel({"still": 10, "moved": 12}, strike_ns=STRIKE_NS - 30 * NS_PER_DAY),
        panel({"still": 99, "old": 5}, strike_ns=STRIKE_NS - 31 * NS_PER_DAY),
    )
    found = distribution_of(panel({"still": 10, "moved": 11, "new": 7, "old": 1}), (), days)
    assert (found["seen_venues_30d"], found["moving_venues_30d"]) == (3, 1)


def test_an_empty_panel_has_counts_alone():
    found = distribution_of(panel({}), ())
    assert found == {
        "members": 0,
        "carried_machines": 0,
        "rows": 0,
        "seen_venues_30d": 0,
        "moving_venues_30d": 0,
    }


@given(RATES, st.integers(0, 100))
def test_percentiles_lie_within_the_values(rates, percent):
    assert min(rates) <= percentile(rates, percent) <= max(rates)


@given(RATES)
def test_no_member_moves_the_median_further_than_itself(rates):
    for rate, moved in zip(rates, sensitivities(rates), strict=True):
        assert 0 <= moved <= rate * Fraction(2, 100)
