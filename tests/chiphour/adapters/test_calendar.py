"""TEST CALENDAR: what is due when, and what becomes of what was missed.

Takes   times drawn by Hypothesis, and the calendar of a market.
Gives   laws on the next moment of a task, and examples that a reader can check by hand.
Keeps   a moment from being done twice, or before its time.
Source  Decision 0033.
"""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.adapters.calendar import CATCH_UPS
from chiphour.adapters.calendar import GATE_OPEN_FOR_NS
from chiphour.adapters.calendar import Entry
from chiphour.adapters.calendar import Times
from chiphour.adapters.calendar import calendar
from chiphour.adapters.calendar import due
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from chiphour.units import NS_PER_SECOND
from chiphour.units import iso_from_ns
from chiphour.units import ns_from_iso
from chiphour.units import strike_ns

STRIKE = strike_ns(date(2026, 7, 20))
TIMES = st.builds(
    Times,
    st.sampled_from([NS_PER_SECOND, NS_PER_MINUTE, NS_PER_HOUR, NS_PER_DAY]),
    st.integers(0, NS_PER_DAY),
)
MOMENTS = st.integers(STRIKE - 3 * NS_PER_DAY, STRIKE + 3 * NS_PER_DAY)
BY_NAME = {entry.task: entry for entry in calendar()}


def at(text: str) -> int:
    return ns_from_iso(f"2026-07-{text}Z")


@given(TIMES, MOMENTS)
def test_moments_tile_time(times, time_ns):
    """Any time lies in one stretch, from the last moment on and before the next."""
    assert times.last(time_ns) <= time_ns < times.after(time_ns)
    assert times.after(time_ns) - times.last(time_ns) == times.every_ns
    assert times.last(times.after(time_ns)) == times.after(time_ns)


@given(st.builds(Entry, st.just("x"), TIMES, st.sampled_from(CATCH_UPS[:4])), MOMENTS, MOMENTS)
def test_what_is_due_is_one_of_its_moments_after_all_that_is_done(entry, done_ns, now_ns):
    """Whatever the rule: a moment of its own, later than what is done; none is left out untold."""
    if entry.times.every_ns < NS_PER_HOUR:
        done_ns = max(done_ns, now_ns - NS_PER_HOUR)  # A list of passed moments stays short.
    found = due(entry, done_ns, now_ns)
    assert found.moment_ns > done_ns
    assert entry.times.last(found.moment_ns) == found.moment_ns
    assert list(found.passed_over) == sorted(found.passed_over)
    assert all(done_ns < passed < found.moment_ns for passed in found.passed_over)
    if entry.catch_up == "each":
        assert (found.moment_ns, list(found.passed_over)) == (entry.times.after(done_ns), [])
    if entry.catch_up in ("newest", "all at once"):
        assert found.moment_ns >= entry.times.last(now_ns)
    if entry.catch_up in ("newest", "within its day"):
        left = range(entry.times.after(done_ns), found.moment_ns, entry.times.every_ns)
        assert list(found.passed_over) == list(left)
    if entry.catch_up == "within its day":
        assert found.moment_ns + GATE_OPEN_FOR_NS > now_ns


@pytest.mark.parametrize(
    ("task", "after", "expected"),
    [
        ("tick", "20T12:00:00", "2026-07-20T12:00:15Z"),
        ("fix", "20T00:30:00", "2026-07-20T00:35:00Z"),
        ("marks", "20T12:00:00", "2026-07-20T12:01:00Z"),
        ("members", "20T12:00:00", "2026-07-20T12:30:00Z"),
        ("timers", "20T12:00:00", "2026-07-20T12:00:01Z"),
        ("funding", "20T12:00:00", "2026-07-20T12:30:00Z"),
        ("settlement", "20T00:30:00", "2026-07-21T00:30:00Z"),
        ("auction", "20T00:30:00", "2026-07-20T12:30:00Z"),
        ("runs", "20T12:00:00", "2026-07-20T12:00:01Z"),
        ("release", "20T00:30:00", "2026-07-21T00:30:00Z"),
        ("report", "20T00:30:00", "2026-07-20T07:00:00Z"),
    ],
)
def test_the_calendar_of_a_market(task, after, expected):
    time_ns = at(after)
    assert iso_from_ns(due(BY_NAME[task], time_ns, time_ns).moment_ns) == expected


def test_every_task_is_in_it_once_and_only_collection_has_no_moments():
    assert len(BY_NAME) == len(calendar())
    assert [entry.task for entry in calendar() if entry.times is None] == ["collection"]
    assert {entry.catch_up for entry in calendar()} == set(CATCH_UPS)


def test_every_missed_strike_is_fixed_in_order():
    done_ns, now_ns, found = at("17T00:35:00"), at("20T09:00:00"), []
    while due(BY_NAME["fix"], done_ns, now_ns).moment_ns <= now_ns:
        done_ns = due(BY_NAME["fix"], done_ns, now_ns).moment_ns
        found.append(iso_from_ns(done_ns)[8:10])
    assert found == ["18", "19", "20"]


def test_of_missed_marks_the_newest_is_sent_and_the_others_are_told():
    found = due(BY_NAME["marks"], at("20T12:00:00"), at("20T12:05:30"))
    assert iso_from_ns(found.moment_ns) == "2026-07-20T12:05:00Z"
    assert len(found.passed_over) == 4


def test_time_passes_to_the_newest_hour_at_once_and_nothing_is_missed_by_it():
    found = due(BY_NAME["funding"], at("18T12:30:00"), at("20T12:40:00"))
    assert (iso_from_ns(found.moment_ns), found.passed_over) == ("2026-07-20T12:30:00Z", ())


def test_a_missed_gate_is_cleared_until_its_day_ends_then_told():
    done_ns = at("18T12:30:00")
    late = due(BY_NAME["auction"], done_ns, at("20T00:29:59"))
    assert iso_from_ns(late.moment_ns) == "2026-07-19T12:30:00Z"
    too_late = due(BY_NAME["auction"], done_ns, at("20T00:30:00"))
    assert iso_from_ns(too_late.moment_ns) == "2026-07-20T12:30:00Z"
    assert [iso_from_ns(moment) for moment in too_late.passed_over] == ["2026-07-19T12:30:00Z"]


def test_a_gate_that_was_begun_is_ended_however_late():
    begun = at("19T12:30:00")
    found = due(BY_NAME["auction"], at("17T12:30:00"), at("25T00:00:00"), lambda ns: ns == begun)
    assert found.moment_ns == begun
    assert [iso_from_ns(moment)[8:10] for moment in found.passed_over] == ["18"]


def test_a_batch_on_its_way_is_waited_for():
    entry = {entry.task: entry for entry in calendar(grace_ns=10 * NS_PER_SECOND)}["fix"]
    assert due(entry, STRIKE, STRIKE).moment_ns == STRIKE + 310 * NS_PER_SECOND
