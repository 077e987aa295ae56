"""TEST TOKENS: the headline for each million tokens of a named benchmark.

Takes   a panel, and the table of results.
Gives   the exact value, and when there is none.
Keeps   a chip without a cited result without a value.
Source  Decision 0021.
"""

from fractions import Fraction

from chiphour.index.companions.tokens import companion


def test_it_is_the_fix_over_the_tokens_of_an_hour(given):
    """24,524.9 tokens a second of eight: 11,036,205 an hour of one, at 3.20 dollars."""
    found = companion(given({"a": "3.2", "b": "3.2", "c": "3.2"}))
    per_hour = Fraction("24524.9") / 8 * 3_600
    assert per_hour == 11_036_205
    assert found.value == round(Fraction(32 * 10**8 * 10**6) / per_hour) == 289_954_744
    assert dict(found.figures) == {"system_gpus": 8, "system_millitokens_per_s": 24_524_900}


def test_a_chip_that_the_table_lacks_has_none(given):
    found = companion(given({"a": "1", "b": "1", "c": "1"}, ticker="CHR.A100.SXM.OD"))
    assert found.reason == "NO_FACT"
