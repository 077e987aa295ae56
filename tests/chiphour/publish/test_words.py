"""WORDS: codes, days and signs as people read them.

Takes   every series, every code.
Gives   failures.
Keeps   a sentence for each series; an unknown code as it is.
Source  Decision 0010.
"""

from datetime import date

import pytest

from chiphour.hardware.regions import countries_in
from chiphour.index.series import ALL_SERIES
from chiphour.index.series import BY_SLUG
from chiphour.index.series import Filter
from chiphour.index.series import Series
from chiphour.index.v2026_1 import NOTES
from chiphour.index.v2026_1 import REASONS
from chiphour.publish import words


def test_every_series_says_in_one_sentence_what_it_measures():
    sentences = [words.measures(series) for series in ALL_SERIES]
    assert len(set(sentences)) == len(ALL_SERIES)
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
        ("h100-sxm-od-eu", "H100 SXM, on demand, in Europe"),
        ("h200-sxm-spot-x8", "H200 SXM, marketplace, 8 GPUs or more together"),
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


@pytest.mark.parametrize(
    ("only", "text"),
    [
        (Filter(), ""),
        (Filter(places=("US",)), "in the United States"),
        (Filter(places=("EU", *countries_in("EU"))), "in Europe"),
        (Filter(places=("US", "CA")), "in the United States or CA"),
        (Filter(interconnects=("INFINIBAND", "ROCE")), "over InfiniBand or ROCE"),
        (Filter(gpus_min=8), "8 GPUs or more together"),
        (Filter(vcpus_min=16, memory_gb_min=128), "with 16 vCPUs and 128 GB or more per GPU"),
        (
            Filter(places=("US",), memory_gb_min=9),
            "in the United States, with 9 GB or more per GPU",
        ),
    ],
)
def test_a_filter_is_said_in_words(only, text):
    assert words.filter_words(only) == text


def test_a_narrower_series_says_what_counts():
    narrower = words.measures(BY_SLUG["h100-sxm-od-us"])
    assert narrower.endswith("; only offers that say so count: in the United States.")
    whole = words.measures(BY_SLUG["h100-sxm-od"])
    assert narrower.startswith(whole.removesuffix("."))


def test_every_note_is_a_sentence():
    assert all(words.note_words(code).endswith(".") for code in NOTES)
    assert words.note_words("NEW_NOTE") == "NEW_NOTE"


def test_a_time_is_told_to_the_second_where_it_has_seconds():
    assert words.time_words(0) == "1970-01-01 00:00 UTC"
    assert words.time_words(61_500_000_000) == "1970-01-01 00:01:01 UTC"


def test_a_noun_may_have_a_plural_of_its_own():
    assert words.counted(1, "row or owner", "rows and owners") == "1 row or owner"
    assert words.counted(2, "row or owner", "rows and owners") == "2 rows and owners"
