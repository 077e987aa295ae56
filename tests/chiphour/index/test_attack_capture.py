"""TEST ATTACK_CAPTURE: how far captured and silent members move a fix, beside trying everything.

Takes   small panels, and every rate of a grid for the members that are captured.
Gives   a failure where the grid moves the fix further than what is published.
Keeps   every published shift one that the rule gives for the rates named with it.
Source  docs/methodology/attack-cost.md; decision 0022.
"""

from itertools import combinations
from itertools import combinations_with_replacement

import pytest
from hypothesis import assume
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.index.attack_capture import FAR
from chiphour.index.attack_capture import Members
from chiphour.index.attack_capture import breakdown
from chiphour.index.attack_capture import captured
from chiphour.index.attack_capture import concentration
from chiphour.index.attack_capture import shift_ppm
from chiphour.index.attack_capture import silenced
from chiphour.index.attack_rule import outcome_of
from chiphour.index.parameters import PLAIN
from chiphour.index.parameters import ROBUST
from chiphour.index.parameters import V2026_1

RATES = st.lists(st.integers(30, 60), min_size=3, max_size=5)
SETS = st.sampled_from((V2026_1, ROBUST, PLAIN))
# A grid over and far beyond the rates, and what no bound holds.
COARSE = (*range(1, 20, 4), *range(20, 100), *range(100, 420, 8), 60 * FAR)


def members_of(rates, parameters=V2026_1, spot=False, books=()):
    named = {f"m{at}": rate for at, rate in enumerate(rates)}
    return Members(named, frozenset(books), spot, None, parameters, 1)


def fix_of(members, rates):
    return outcome_of(rates, members.measure, members.parameters).fix_doubled


def furthest(members, count, direction, grid):
    best = fix_of(members, list(members.rates.values()))
    for by in combinations(members.rates, count):
        others = [rate for name, rate in members.rates.items() if name not in by]
        for rates in combinations_with_replacement(grid, count):
            fix = fix_of(members, [*others, *rates])
            if fix is not None and direction * (fix - best) > 0:
                best = fix
    return best


def assert_no_grid_goes_further(members, count, grid):
    fix = fix_of(members, list(members.rates.values()))
    assume(fix is not None)
    for shift, direction in zip(captured(members, count), (1, -1), strict=True):
        others = [rate for name, rate in members.rates.items() if name not in shift.by]
        moved = fix_of(members, [*others, *shift.rates_nanousd])
        assert shift_ppm(moved, fix) == shift.shift_ppm
        if not shift.unbounded:
            tried = shift_ppm(furthest(members, count, direction, grid), fix)
            assert direction * (shift.shift_ppm - tried) >= 0


@settings(max_examples=40)
@given(RATES, SETS)
def test_no_rate_of_one_captured_member_moves_the_fix_further(rates, parameters):
    assert_no_grid_goes_further(members_of(rates, parameters), 1, (*range(1, 420), 60 * FAR))


@pytest.mark.long
@pytest.mark.suite
@settings(max_examples=12)
@given(RATES, SETS)
def test_no_rates_of_two_captured_members_move_the_fix_further(rates, parameters):
    assert_no_grid_goes_further(members_of(rates, parameters), 2, COARSE)


def test_a_majority_moves_the_fix_without_bound():
    members = members_of([100, 101, 102, 103, 104])
    assert [captured(members, count)[0].unbounded for count in (1, 2, 3)] == [False, False, True]
    assert breakdown(members) == 3
    assert breakdown(members_of(range(100, 109))) == 5


def test_one_of_five_moves_a_median_no_further_than_its_neighbour():
    up, down = captured(members_of([100, 110, 120, 130, 140], PLAIN), 1)
    assert (up.shift_ppm, down.shift_ppm) == (83_334, -83_334)  # 130 and 110 for 120.
    assert up.by in {("m0",), ("m1",), ("m2",)}


def test_many_members_are_captured_from_the_best_of_fewer():
    """Of 16 members 560 sets of three are too many: the sets grow; the shift still does too."""
    members = members_of(range(2_000, 2_160, 10))
    shifts = [captured(members, count)[0].shift_ppm for count in (1, 2, 3)]
    assert shifts == sorted(shifts)
    assert shifts[0] > 0


@settings(max_examples=60)
@given(RATES, SETS, st.integers(1, 3))
def test_every_set_of_silent_members_is_tried(rates, parameters, count):
    members = members_of(rates, parameters)
    fix = fix_of(members, rates)
    assume(fix is not None)
    found = silenced(members, count)
    fixes = [
        fix_of(members, [rate for name, rate in members.rates.items() if name not in silent])
        for silent in combinations(members.rates, count)
    ]
    left = [each for each in fixes if each is not None]
    assert found.suppressed == len(fixes) - len(left)
    if left:
        shifts = (found.up.shift_ppm, found.down.shift_ppm)
        assert shifts == (shift_ppm(max(left), fix), shift_ppm(min(left), fix))
    else:
        assert (found.up, found.grade) == (None, "")


def test_a_grade_falls_with_silence_and_a_marketplace_needs_its_book():
    rates = [100, 101, 102, 103, 104, 105, 106]
    assert silenced(members_of(rates), 1).grade == "B"
    assert silenced(members_of(rates), 3).grade == "C"
    assert silenced(members_of(rates, spot=True, books=("m0", "m6")), 1).grade == "B"
    assert silenced(members_of(rates, spot=True, books=("m0",)), 1).grade == "C"


def test_a_median_of_an_odd_panel_listens_to_its_middle_member():
    assert concentration(members_of([1000, 1200, 1400], PLAIN)) == ("m1", 1_000_000)
    assert concentration(members_of([1000, 1200, 1400, 1600], PLAIN)) == ("m2", 538_462)
    assert concentration(members_of([100, 100, 100, 100, 100], PLAIN)) == ("", 0)


@pytest.mark.parametrize(("moved", "shift"), [(301, 3_334), (299, -3_334), (300, 0)])
def test_a_shift_is_rounded_away_from_zero(moved, shift):
    assert shift_ppm(moved, 300) == shift
