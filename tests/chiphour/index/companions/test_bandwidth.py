"""TEST BANDWIDTH: the headline for each unit of a stated peak.

Takes   a panel, and the table of throughputs.
Gives   the exact value, and when there is none.
Keeps   a chip without a cited figure without a value.
Source  Decision 0021.
"""

from chiphour.index.companions.bandwidth import companion


def test_it_is_the_fix_over_the_stated_peak(given):
    """3.20 dollars an hour of an H100 SXM."""
    found = companion(given({"a": "3.2", "b": "3.2", "c": "3.2"}))
    assert found.value == 955_223_881
    assert dict(found.figures) == {"memory_gb_per_s": 3_350}


def test_a_chip_that_the_table_lacks_has_none(given):
    found = companion(given({"a": "1", "b": "1", "c": "1"}, ticker="CHR.T4.OD"))
    assert found.reason == "NO_FACT"
