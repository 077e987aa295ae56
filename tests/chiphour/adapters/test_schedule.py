"""TEST SCHEDULE: lanes come round, and the times before a strike are bound beforehand, and hidden.

Takes   seeds, venues, days.
Gives   laws of the five times, of commitment and reveal, and of what is due.
Keeps   the strike itself out of the window.
Source  Requirement O3; index design, "Window".
"""

from datetime import date
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.adapters.schedule import BOOK_NS
from chiphour.adapters.schedule import GUARD_NS
from chiphour.adapters.schedule import LANES
from chiphour.adapters.schedule import ROUND_NS
from chiphour.adapters.schedule import SLOT_NS
from chiphour.adapters.schedule import STRIKE_POLLS
from chiphour.adapters.schedule import WINDOW_NS
from chiphour.adapters.schedule import _hash_of
from chiphour.adapters.schedule import check_reveal
from chiphour.adapters.schedule import commitment
from chiphour.adapters.schedule import due_ns
from chiphour.adapters.schedule import lanes_of
from chiphour.adapters.schedule import next_strike_day
from chiphour.adapters.schedule import next_strike_poll_ns
from chiphour.adapters.schedule import offsets_ns
from chiphour.adapters.schedule import requests_of
from chiphour.adapters.schedule import reveal
from chiphour.adapters.schedule import strike_polls_ns
from chiphour.observe.venue import Request
from chiphour.units import NS_PER_MINUTE
from chiphour.units import ns_from_iso
from chiphour.units import strike_ns
from served import PageReader
from served import venue

SEED = b"sixteen bytes of" * 2
SEEDS = st.binary(min_size=16, max_size=64)
VENUES = st.text(st.characters(codec="utf-8"), max_size=20)
DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
NOW = ns_from_iso("2026-08-01T00:00:00Z")


@given(SEEDS, VENUES, DAYS)
def test_five_polls_lie_in_the_window_apart_and_end_before_the_strike(seed, name, day):
    times = strike_polls_ns(seed, name, day)
    opens_ns, ends_ns = strike_ns(day) - WINDOW_NS, strike_ns(day)
    assert len(times) == STRIKE_POLLS == 5
    assert opens_ns <= times[0]
    assert times[-1] < ends_ns - GUARD_NS
    assert all(later - time > GUARD_NS for time, later in pairwise(times))
    slots = [(time - opens_ns) // SLOT_NS for time in times]
    assert slots == [0, 1, 2, 3, 4]


@given(SEEDS, SEEDS, VENUES, VENUES, DAYS, DAYS)
def test_times_differ_by_seed_venue_and_day(seed, other_seed, name, other, day, other_day):
    times = offsets_ns(seed, name, day)
    assert (times == offsets_ns(other_seed, name, day)) == (seed == other_seed)
    assert (times == offsets_ns(seed, other, day)) == (name == other)
    assert (times == offsets_ns(seed, name, other_day)) == (day == other_day)


def test_times_fill_their_slots_evenly():
    """Over many days each tenth of what is free of a slot has about a tenth of the polls."""
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(2000)]
    for slot in range(STRIKE_POLLS):
        width_ns = SLOT_NS - GUARD_NS
        tenths = [
            (offsets_ns(SEED, "vast", day)[slot] - slot * SLOT_NS) * 10 // width_ns for day in days
        ]
        assert all(140 < tenths.count(tenth) < 260 for tenth in range(10))


@given(SEEDS, VENUES, DAYS)
def test_a_reveal_verifies(seed, name, day):
    committed = commitment(seed, name, day)
    revealed = reveal(seed, name, day)
    assert check_reveal(committed, revealed)
    assert revealed.offsets_ns == offsets_ns(seed, name, day)


@given(SEEDS, VENUES, DAYS, st.integers(0, 4), st.integers(1, SLOT_NS))
def test_a_changed_reveal_does_not_verify(seed, name, day, slot, more_ns):
    committed = commitment(seed, name, day)
    revealed = reveal(seed, name, day)
    changed = list(revealed.offsets_ns)
    changed[slot] += more_ns
    for false in (
        revealed._replace(offsets_ns=tuple(changed)),
        revealed._replace(offsets_ns=revealed.offsets_ns[:-1]),
        revealed._replace(nonce="0" * 64),
        revealed._replace(venue=name + "x"),
        revealed._replace(day=day + timedelta(days=1)),
    ):
        assert not check_reveal(committed, false)
    assert not check_reveal("0" * 64, revealed)


def test_a_commitment_to_unlawful_times_does_not_verify():
    """One may commit to anything; a reveal of times outside their slots is refused all the same."""
    unlawful = reveal(SEED, "vast", date(2026, 8, 1))._replace(offsets_ns=(0, 1, 2, 3, 4))
    assert not check_reveal(_hash_of(unlawful), unlawful)


@given(SEEDS, VENUES, DAYS)
def test_a_commitment_hides_what_the_reveal_tells(seed, name, day):
    """The hash is over a nonce that only the seed gives: guessing the times confirms nothing."""
    revealed = reveal(seed, name, day)
    assert len(revealed.nonce) == 64
    assert revealed.nonce not in commitment(seed, name, day)
    assert revealed.nonce != reveal(seed, name, day + timedelta(days=1)).nonce
    assert not check_reveal(commitment(seed, name, day), revealed._replace(nonce=""))


def test_a_short_seed_is_a_fault_of_ours():
    with pytest.raises(AssertionError, match="guessed"):
        commitment(b"short", "vast", date(2026, 8, 1))


@given(SEEDS, VENUES, DAYS)
def test_a_strikes_polls_come_one_after_the_other(seed, name, day):
    """Ask as the collector does: each poll once, and after the last the next day's first."""
    now_ns = strike_ns(day) - WINDOW_NS - NS_PER_MINUTE
    last_ns, found = 0, []
    for _ in range(STRIKE_POLLS + 1):
        due_at_ns = next_strike_poll_ns(seed, name, last_ns, now_ns)
        now_ns = last_ns = max(due_at_ns, now_ns)
        found.append(due_at_ns)
    tomorrow = strike_polls_ns(seed, name, day + timedelta(days=1))
    assert found == [*strike_polls_ns(seed, name, day), tomorrow[0]]


@given(SEEDS, DAYS, st.integers(0, 4), st.integers(0, SLOT_NS))
def test_a_poll_may_be_late_until_its_slots_guard(seed, day, slot, into_ns):
    now_ns = strike_ns(day) - WINDOW_NS + slot * SLOT_NS + into_ns
    times = strike_polls_ns(seed, "vast", day)
    expected = slot if into_ns < SLOT_NS - GUARD_NS else slot + 1
    days = strike_polls_ns(seed, "vast", day + timedelta(days=1))
    assert next_strike_poll_ns(seed, "vast", 0, now_ns) == (*times, days[0])[expected]


def test_the_next_strike_is_later_than_now():
    day = date(2026, 8, 1)
    assert next_strike_day(strike_ns(day) - 1) == day
    assert next_strike_day(strike_ns(day)) == date(2026, 8, 2)


def test_repeating_lanes_come_round():
    assert LANES == {"book": BOOK_NS, "round": ROUND_NS}
    assert due_ns("book", 0, NOW) == NOW
    assert due_ns("book", NOW - 1, NOW) == NOW - 1 + BOOK_NS
    assert due_ns("round", NOW - 1, NOW) == NOW - 1 + ROUND_NS
    assert due_ns("round", NOW - 1, NOW, NS_PER_MINUTE) == NOW - 1 + NS_PER_MINUTE
    assert due_ns("round", NOW - ROUND_NS, NOW) == NOW
    assert due_ns("round", NOW - ROUND_NS + 1, NOW) == NOW + 1


def test_a_clock_that_was_set_back_stops_no_lane():
    assert due_ns("round", NOW + 1, NOW) == NOW


def test_only_books_are_polled_before_the_strike():
    assert lanes_of(venue(feed="book")) == ("strike", "round", "book")
    assert lanes_of(venue(feed="posted")) == ("round",)


def test_the_lane_book_asks_for_less_where_the_reader_says_so():
    reader = PageReader(venue(feed="book"), ("/all", "/more"))
    everything = (Request("page", "/all"), Request("page", "/more"))
    assert requests_of(reader, "book") == requests_of(reader, "strike") == everything
    reader.requests_book = lambda: iter([Request("page", "/h100")])
    assert requests_of(reader, "book") == (Request("page", "/h100"),)
    assert requests_of(reader, "round") == requests_of(reader, "strike") == everything
