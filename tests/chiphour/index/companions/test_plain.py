"""TEST PLAIN: the median without the screen.

Takes   the record of the parameter set "plain".
Gives   its value beside the headline.
Keeps   a missing record apart from one without a fix.
Source  Decision 0021.
"""

from chiphour.index.companions.plain import companion

RATES = {"a": "2", "b": "3", "c": "4", "d": "9"}


def test_it_is_the_fix_of_the_set_plain(given, panel):
    """Headline 3.00 of the three kept, plain 3.50 of all four: the screen took 0.50."""
    found = companion(given(RATES, dropped=("d",), sets={"plain": panel(RATES)}))
    assert found.value == 35_000
    assert dict(found.figures) == {"members": 4, "screen_ticks": -5_000}


def test_it_needs_the_record_and_its_fix(given, panel):
    assert companion(given(RATES)).reason == "NO_SET"
    without = companion(given(RATES, sets={"plain": panel({"a": "2"})}))
    assert without.reason == "HEADLINE_SUPPRESSED"
