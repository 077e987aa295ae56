"""TEST DISPERSION: the distance of the quartiles.

Takes   a panel worked by hand.
Gives   the value; its figures are those of `test_distribution`.
Keeps   a panel of one without a value.
Source  Decision 0021.
"""

from chiphour.index.companions.dispersion import companion


def test_it_is_the_distance_of_the_quartiles(given):
    """Of 1, 2, 3, 4, 9 the quartiles are 2 and 4."""
    found = companion(given({"a": "1", "b": "2", "c": "3", "d": "4", "e": "9"}))
    assert (found.value, found.unit) == (20_000, "ticks")
    assert dict(found.figures)["percentile_75_ticks"] == 40_000


def test_one_member_has_no_dispersion(given):
    assert companion(given({"a": "1"})).reason == "FEW_MEMBERS"
