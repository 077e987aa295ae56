"""TEST MP: the day change of matched members.

Takes   two panels, a day apart.
Gives   exact changes, and when there is none.
Keeps   who came or went without effect.
Source  Decision 0021.
"""

from chiphour.index.companions.mp import companion
from chiphour.units import NS_PER_DAY

BEFORE = {"a": "2", "b": "3", "c": "4", "gone": "1"}
NOW = {"a": "2", "b": "3.3", "c": "4", "new": "50"}


def yesterday(panel, rates, **fields):
    today = panel(NOW)
    return panel(rates, strike_ns=today.strike_ns - NS_PER_DAY, **fields)


def test_only_members_of_both_days_count(given, panel):
    """The median of a, b, c goes from 3.00 to 3.30: ten per cent."""
    found = companion(given(NOW, previous=yesterday(panel, BEFORE)))
    assert (found.value, found.unit) == (100_000, "ppm")
    assert dict(found.figures) == {
        "before_ticks": 30_000,
        "change_ticks": 3_000,
        "matched_members": 3,
        "moved_members": 1,
        "now_ticks": 33_000,
    }


def test_a_screened_member_is_matched_all_the_same(given, panel):
    found = companion(given(NOW, dropped=("b",), previous=yesterday(panel, BEFORE)))
    assert found.value == 100_000


def test_a_fall_is_below_zero(given, panel):
    """The median of 1, 2, 3, 4 is 2.50; with 2.9999 in the place of 3 it is 2.49995."""
    found = companion(given({**BEFORE, "b": "2.9999"}, previous=yesterday(panel, BEFORE)))
    assert (found.value, dict(found.figures)["change_ticks"]) == (-20, 0)


def test_too_few_matched_members_are_no_change(given, panel):
    found = companion(given(NOW, previous=yesterday(panel, {"a": "2", "b": "3"})))
    assert (found.reason, dict(found.figures)) == ("FEW_MATCHED", {"matched_members": 2})


def test_a_day_that_is_not_the_day_before_is_none(given, panel):
    assert companion(given(NOW)).reason == "NO_PREVIOUS"
    early = panel(BEFORE, strike_ns=panel(NOW).strike_ns - 2 * NS_PER_DAY)
    assert companion(given(NOW, previous=early)).reason == "NO_PREVIOUS"
