"""SCHEDULE: the best way to be on and off is the best of all ways.

Takes   small random gains, starts, runs and rests.
Gives   answers by trying every way; small ones by hand.
Keeps   integers.
Source  docs/formulation/auction.md, equations 5, 8 and 12.
"""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.schedule import best_output
from chiphour.auction.schedule import best_schedule
from chiphour.auction.schedule import starts
from chiphour.auction.schedule import too_short


def test_a_start_must_pay_for_itself_over_its_least_run():
    assert best_schedule([5], 4, 1, 1) == 1
    assert best_schedule([5], 6, 1, 1) == 0
    assert best_schedule([5, -4, 5], 3, 1, 1) == 4  # On twice.
    assert best_schedule([5, -4, 5], 3, 2, 1) == 3  # On throughout.
    assert best_schedule([5, -4, -9, 5], 1, 2, 2) == 4  # Only the last interval, cut by the end.
    assert best_schedule([5, -9, 5], 1, 1, 2) == 4  # No rest of two fits between.
    assert best_schedule([], 1, 1, 1) == 0


@given(
    st.lists(st.integers(-9, 9), max_size=8), st.integers(0, 9), st.integers(1, 9),
    st.integers(1, 9),
)  # fmt: skip
def test_no_allowed_way_gains_more_and_one_gains_as_much(gains, startup, run_min, rest_min):
    ways = [
        on
        for on in product((0, 1), repeat=len(gains))
        if not list(too_short(on, run_min, rest_min))
    ]
    best = max(
        sum(gain for gain, now in zip(gains, on, strict=True) if now) - startup * starts(on)
        for on in ways
    )
    assert best_schedule(gains, startup, run_min, rest_min) == best


def test_runs_and_rests_too_short_are_told_with_their_place():
    assert list(too_short((0, 1, 0, 0, 1, 1), 2, 3)) == [(1, 1, 1), (2, 0, 2)]
    assert list(too_short((0, 0, 1), 2, 3)) == []  # Off before; the end cuts the run.
    assert list(too_short((1, 1, 0), 2, 3)) == []
    assert list(too_short((), 2, 3)) == []


def test_a_start_is_an_interval_on_after_one_off():
    assert starts((1, 1, 0, 1)) == 2
    assert starts(()) == starts((0, 0)) == 0


def test_the_least_output_is_sold_at_any_margin_and_the_rest_where_it_gains_most():
    assert best_output([3, 1, -2], [4, 4, 4], 0, 20, 0) == 16
    assert best_output([3, 1, -2], [4, 4, 4], 10, 20, 0) == 12
    assert best_output([3, 1, -2], [4, 4, 4], 10, 20, 2) == 12 + 2 * 10
    assert best_output([3, 1, -2], [4, 4, 4], 0, 20, 2) == 12 + 2 * 16
    assert best_output([3], [4], 0, 4, -5) == 12
