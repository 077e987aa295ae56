"""FIGURES: who leaves, and what is published of those who stay, at every limit.

Takes   rates in whole numbers.
Gives   a failure where a limit lies on the wrong side, or a figure differs from its formula.
Keeps   expected values written by hand, or from exact fractions.
Source  docs/methodology/v2026_1.md, "Unit error" to "Fit for settlement".
"""

from fractions import Fraction
from math import comb

import pytest

from audited import TABLES
from chiphour.audit.books import Owner
from chiphour.audit.books import Tally
from chiphour.audit.figures import band_notes
from chiphour.audit.figures import figures_of
from chiphour.audit.figures import grade_of
from chiphour.audit.figures import interval_of
from chiphour.audit.figures import measure_of
from chiphour.audit.figures import movement_of
from chiphour.audit.figures import reason_of
from chiphour.audit.figures import screened
from chiphour.audit.figures import unit_errors
from chiphour.units import NS_PER_DAY

D = 64
USD = D * 10**9
V2026_1 = TABLES.parameters["v2026_1"]
LETTERS = V2026_1["grade_members_min"]


def named(*rates):
    return {f"m{at}": rate for at, rate in enumerate(rates)}


def test_a_fix_measures_from_one_day_to_seven():
    strike = 20 * NS_PER_DAY
    ages = (NS_PER_DAY - 1, NS_PER_DAY, 7 * NS_PER_DAY, 7 * NS_PER_DAY + 1)
    found = [
        measure_of({"strike_ns": strike - age, "fix_ticks": 20_000}, strike, D, V2026_1)
        for age in ages
    ]
    assert found == [None, 2 * USD, 2 * USD, None]
    assert measure_of(None, strike, D, V2026_1) is None


def test_a_member_at_six_times_the_others_leaves():
    rates = named(2 * USD, 2 * USD, 2 * USD, 12 * USD)
    assert unit_errors(rates, None, D, V2026_1) == [
        ("m3", "UNIT", "12.000000000", "1/6 to 6 times 2.000000000")
    ]
    assert unit_errors(rates | {"m3": 12 * USD - 1}, None, D, V2026_1) == []
    low = named(6 * USD, 6 * USD, 6 * USD, USD)
    assert [word[0] for word in unit_errors(low, None, D, V2026_1)] == ["m3"]
    assert unit_errors(low | {"m3": USD + 1}, None, D, V2026_1) == []


def test_few_others_leave_the_measure_to_the_fix_before():
    rates = named(2 * USD, 2 * USD, 12 * USD)
    assert unit_errors(rates, None, D, V2026_1) == []
    assert [word[0] for word in unit_errors(rates, 2 * USD, D, V2026_1)] == ["m2"]


def test_a_member_beyond_five_times_the_fix_before_is_noted():
    rates = named(10 * USD, 10 * USD + 1, 2 * USD // 5, 2 * USD // 5 - 1)
    said = "1/5 to 5 times 2.000000000"
    assert band_notes(rates, 2 * USD, D, V2026_1) == [
        ("m1", "BAND", "10.000000000", said),
        ("m3", "BAND", "0.400000000", said),
    ]
    assert band_notes(rates, None, D, V2026_1) == []


def test_the_screen_keeps_what_lies_at_its_reach():
    """Three at 2 dollars: the floor of half a percent is the deviation, and 0.03 the reach."""
    rates = named(2 * USD, 2 * USD, 2 * USD, 2 * USD + USD * 3 // 100)
    assert screened(rates, D, V2026_1) == (set(rates), [])
    kept, words = screened(rates | {"m3": rates["m3"] + 64}, D, V2026_1)
    assert kept == {"m0", "m1", "m2"}
    assert words == [("m3", "SCREEN", "0.030000001", "0.030000000")]


def test_the_screen_is_scaled_or_left_out_by_its_set():
    rates = named(10 * USD, 11 * USD, 12 * USD, 13 * USD, 16 * USD)
    assert screened(rates, D, V2026_1)[0] == {"m0", "m1", "m2", "m3"}
    assert screened(rates, D, TABLES.parameters["robust"])[0] == set(rates)
    assert screened(rates, D, TABLES.parameters["plain"])[0] == set(rates)
    assert screened(named(1, 2, 10**9), D, V2026_1)[0] == {"m0", "m1", "m2"}


def test_reasons_are_given_in_their_order():
    cases = ((False, False, 0, 0), (True, False, 0, 0), (True, True, 2, 2), (True, True, 4, 2))
    found = [reason_of(*case, V2026_1) for case in (*cases, (True, True, 3, 3))]
    assert found == ["NO_DATA", "STALE", "FEW_MEMBERS", "FEW_AFTER_SCREEN", ""]


def test_grades():
    assert [grade_of(n, n, True, LETTERS) for n in (3, 4, 5, 6, 7, 20)] == [*"CCBBAA"]
    assert [grade_of(8, kept, True, LETTERS) for kept in (4, 3)] == [*"AB"]
    assert grade_of(3, 1, True, LETTERS) == "C"
    assert grade_of(9, 9, False, LETTERS) == "C"


@pytest.mark.parametrize("count", [3, 4])
def test_few_values_state_the_level_that_they_can(count):
    rates = list(range(count))
    assert interval_of(rates, 900_000) == (0, count - 1, 1, {3: 750_000, 4: 875_000}[count])


@pytest.mark.parametrize("level_ppm", [500_000, 625_000, 900_000])
@pytest.mark.parametrize("count", range(5, 30))
def test_the_interval_follows_its_formula(count, level_ppm):
    def g(depth):
        return 1 - 2 * Fraction(sum(comb(count, below) for below in range(depth)), 2**count)

    rates = [n * n for n in range(count)]
    p = Fraction(level_ppm, 10**6)
    d = max(depth for depth in range(1, count // 2 + 1) if g(depth) >= p)
    i = (g(d) - p) / (g(d) - g(d + 1))
    part = (count - d) * i / (d + (count - 2 * d) * i)
    low, high, weight, stated = interval_of(rates, level_ppm)
    assert Fraction(low, weight) == (1 - part) * rates[d - 1] + part * rates[d]
    assert Fraction(high, weight) == (1 - part) * rates[-d] + part * rates[-d - 1]
    assert stated == level_ppm


def test_a_spot_fix_without_a_book_is_of_the_last_grade():
    rates = named(*[2 * USD] * 7)
    owners = {name: Owner([name], rate, name == "m0", 1, "") for name, rate in rates.items()}
    tally = Tally(D, owners, [], [], 7, "")
    kept = set(rates)
    assert figures_of("SPOT", tally, rates, kept, V2026_1) == {
        "fix_ticks": 20_000,
        "grade": "A",
        "interval_low_ticks": 20_000,
        "interval_high_ticks": 20_000,
        "level_ppm": 900_000,
    }
    assert figures_of("SPOT", tally, rates, kept - {"m0"}, V2026_1)["grade"] == "C"
    assert figures_of("OD", tally, rates, kept - {"m0"}, V2026_1)["grade"] == "A"


def fixing(fix_ticks, rates, kept):
    members = [
        {"name": n, "rate_numerator": r * 10**9, "rate_denominator": 1, "kept": n in kept}
        for n, r in rates.items()
    ]
    return {"strike_ns": 1, "grade": "B", "fix_ticks": fix_ticks, "members": members}


def test_a_split_by_hand():
    """Before 1, 2, 3; now 2, 3, 4 and a fifth at 9 that was screened: all moved by one dollar."""
    before = fixing(20_000, {"a": 1, "b": 2, "c": 3}, "abc")
    now = fixing(30_000, {"a": 2, "b": 3, "c": 4, "d": 9}, "abc")
    assert movement_of(now, before, V2026_1) == {
        "fit": True,
        "previous_strike_ns": 1,
        "change_ticks": 10_000,
        "matched_ticks": 10_000,
        "screen_ticks": -5_000,
        "composition_ticks": 5_000,
    }
    strangers = fixing(20_000, {"x": 2, "y": 2, "z": 2}, "xyz")
    moved = movement_of(now, strangers, V2026_1)
    assert (moved["matched_ticks"], moved["fit"]) == (0, False)
    assert movement_of(now | {"grade": "C"}, before, V2026_1)["fit"] is False
