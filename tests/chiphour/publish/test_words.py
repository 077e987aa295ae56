"""WORDS: codes, days and signs as people read them.

Takes   every series, every code.
Gives   failures.
Keeps   a sentence for each series; an unknown code as it is.
Source  Decision 0010.
"""

from datetime import date

import pytest

from chiphour.index.series import BY_SLUG
from chiphour.index.series import SERIES
from chiphour.index.series import Series
from chiphour.index.v2026_1 import REASONS
from chiphour.publish import words


def test_every_series_says_in_one_sentence_what_it_measures():
    sentences = [words.measures(series) for series in SERIES]
    assert len(set(sentences)) == len(SERIES)
    assert all(each.endswith(".") and each.count(". ") == 0 for each in sentences)


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("h100-sxm-od", "H100 SXM, on demand"),
        ("h100-pcie-spot", "H100 PCIe, marketplace"),
        ("gb200-r1y", "GB200, reserved 1 year"),
        ("rtxpro6000-od", "RTX PRO 6000, on demand"),
        ("a100-40-sxm-od", "A100 40 GB SXM, on demand"),
        ("b200-sxm-int", "B200 SXM, interruptible"),
    ],
)
def test_names_of_series(slug, name):
    assert words.series_words(BY_SLUG[slug]) == name


def test_an_unknown_tenor_or_code_stands_for_itself():
    odd = Series(99, "CHR.X9.Q2W", "X9", "", "Q2W")
    assert words.series_words(odd) == "X9, Q2W"
    assert "tenor Q2W" in words.measures(odd)
    assert words.reason_words("NEW_GUARD") == "NEW_GUARD"
    assert words.rule_words("NEW_RULE") == "NEW_RULE"


def test_reserved_terms_are_counted():
    assert words.tenor_words("R6M") == "reserved 6 months"
    assert words.tenor_words("R3Y") == "reserved 3 years"


def test_every_reason_is_a_sentence():
    for code in REASONS:
        text = words.reason_words(code)
        assert text[0].isupper()
        assert text.endswith(".")


def test_days_and_signs():
    assert words.day_words(date(2026, 7, 1)) == "1 July 2026"
    assert words.short_day(date(2026, 9, 12)) == "12 Sep"
    assert [words.signed_ticks(each) for each in (250, -300, 0)] == [
        "+0.0250",
        "\u22120.0300",
        "0.0000",
    ]
    assert words.percent_words(875_000) == "87.5\u00a0%"
    assert words.counted(1, "bid") == "1 bid"
    assert words.counted(12_400, "lot") == "12\u202f400 lots"


def test_prices_of_contracts_are_exact():
    assert words.price_text(31_820, 100) == "3.1820"
    assert words.price_text(-5, 100) == "-0.0005"
    assert words.price_text(3_182_013, 1) == "3.182013"
    assert words.price_text(3, 1_000_000) == "3.0000"


def test_an_age_is_told_in_its_largest_whole_unit():
    second_ns = 1_000_000_000
    ages = [words.age_words(each * second_ns) for each in (-1, 0, 59, 60, 7_199, 7_200, 86_400)]
    assert ages == ["0 s", "0 s", "59 s", "1 min", "1 h", "2 h", "1 d"]
