"""FACTS: what a report may write is what the answers hold, each number with its unit.

Takes   tests/reported.py.
Gives   a failure where a number is missing, has another unit, or belongs to another chip.
Keeps   the figures written out by hand.
Source  Decision 0043.
"""

from datetime import date
from decimal import Decimal

import pytest

from chiphour.analyse.facts import days_of_data
from chiphour.analyse.facts import known_of
from chiphour.analyse.facts import unit_of
from reported import ANSWERS
from reported import VERDICTS
from reported import answers

KNOWN = known_of(ANSWERS, VERDICTS)


def facts(value: str, unit: str):
    return [each for each in KNOWN.facts if (each.value, each.unit) == (Decimal(value), unit)]


@pytest.mark.parametrize(
    ("name", "unit", "one"),
    [
        ("floor_nanousd", "usd", "1e-9"),
        ("sd_usd", "usd", "1"),
        ("day_change_ppm", "share", "1e-6"),
        ("trend_ppm_per_day", "share", "1e-6"),
        ("cv", "share", "1"),
        ("largest_host_gpus", "gpus", "1"),
        ("week_samples", "samples", "1"),
        ("whole_days", "days", "1"),
        ("anything", "count", "1"),
    ],
)
def test_the_unit_of_a_field_is_the_end_of_its_name(name, unit, one):
    assert unit_of(name) == (unit, Decimal(one))


def test_a_price_belongs_to_its_chip_and_venue():
    (found,) = facts("0.69", "usd")
    assert (found.goods, found.venues) == ({"RTX4090"}, {"vast"})


def test_each_price_of_a_pair_belongs_to_its_own_venue():
    assert {one for each in facts("2.99", "usd") for one in each.venues} == {"lambda"}


def test_a_change_has_its_sign():
    assert [each.value for each in KNOWN.facts if each.is_signed and each.unit == "share"] == [
        Decimal("-0.031636"),
        Decimal("0.03"),
    ]


def test_a_verdict_is_in_its_unit():
    assert facts("0.87", "usd")
    assert facts("0.162", "share")
    assert facts("348.0", "gpus")
    assert facts("0.15", "share")


def test_a_sentence_of_ours_gives_its_numbers():
    """Of `Lacking`: expected at least 7 whole days, found 2."""
    assert any(each.goods == {"H100 SXM"} for each in facts("7", "count"))


def test_the_colours_of_all_verdicts_are_counted():
    assert len(VERDICTS) == 16
    assert facts("16", "count")


def test_days_and_times_are_those_of_the_data():
    assert {date(2026, 7, 20), date(2026, 7, 13), date(2026, 7, 15)} <= KNOWN.days
    assert date(2026, 7, 11) not in KNOWN.days
    assert {"07:00", "06:00", "02:00"} <= KNOWN.clocks


@pytest.mark.parametrize("days", [0, 1, 2, 5])
def test_days_of_data_are_whole_days(days):
    assert days_of_data(answers(days)) == days


def test_no_points_are_no_days():
    assert days_of_data(ANSWERS._replace(floors=())) == 0
