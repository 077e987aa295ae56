"""UNITS: conversions are exact or refused, and each rounding goes the way its name says.

Takes   decimal texts, integers, times.
Gives   the same value by Python's own fractions and dates.
Keeps   every expectation computed another way than in the file under test.
Source  Decision 0002; rulebook 1.
"""

from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from fractions import Fraction
from math import ceil
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour import units

WHOLE = st.integers(-(10**24), 10**24)
POSITIVE = st.integers(1, 10**12)


@given(WHOLE, POSITIVE)
def test_divisions_go_the_way_their_names_say(numerator, denominator):
    exact = Fraction(numerator, denominator)
    assert units.div_floor(numerator, denominator) == floor(exact)
    assert units.div_ceil(numerator, denominator) == ceil(exact)
    assert units.div_half_even(numerator, denominator) == round(exact)
    assert units.round_half_even(exact) == round(exact)


@given(WHOLE)
def test_writing_and_reading_money_is_the_identity(amount):
    amount %= 10**15
    assert units.microusd_from_text(units.text_from_microusd(amount)) == amount
    assert units.ticks_from_text(units.text_from_ticks(-amount)) == -amount
    assert units.nanousd_from_text(units.text_from_nanousd(amount)) == amount


def test_an_observed_price_is_rounded_half_to_even():
    assert units.nanousd_from_text("0.0000000005") == 0
    assert units.nanousd_from_text("0.0000000015") == 2
    assert units.nanousd_from_text("3.2e-3") == 3_200_000


@pytest.mark.parametrize("text", ["1.23456", "0.00005", "1e-5"])
def test_a_price_off_the_tick_is_refused(text):
    with pytest.raises(units.InexactAmount, match="tick"):
        units.ticks_from_text(text)


def test_money_finer_than_a_microdollar_is_refused():
    assert units.microusd_from_text("1.000001") == 1_000_001
    with pytest.raises(units.InexactAmount, match="micro-dollar"):
        units.microusd_from_text("1.0000001")


@pytest.mark.parametrize("text", ["", " 1", "1 ", "nan", "inf", "1_000", "1,5", "0x1", "--1", "1."])
def test_what_is_no_plain_decimal_is_refused(text):
    with pytest.raises(units.InexactAmount, match="expected a decimal number"):
        units.decimal_from_text(text)


def test_a_negative_price_keeps_its_sign_below_one():
    assert units.text_from_ticks(-1) == "-0.0001"
    assert units.text_from_ticks(32_000) == "3.2000"


@given(st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1)), st.integers(-14, 14))
def test_times_agree_with_the_calendar(moment, hours):
    moment = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    time_ns = units.ns_from_datetime(moment)
    assert units.ns_from_iso(moment.isoformat()) == time_ns
    assert datetime.fromisoformat(units.iso_from_ns(time_ns)) == moment
    assert units.day_from_ns(time_ns) == moment.astimezone(UTC).date()


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        units.ns_from_iso("2026-07-20T00:30:00")


def test_the_strike_is_half_past_midnight():
    assert units.iso_from_ns(units.strike_ns(date(2026, 7, 20))) == "2026-07-20T00:30:00Z"


@pytest.mark.parametrize(
    ("rate_ppm", "share", "percent"),
    [
        (900_000, "0.900000", "90"),
        (875_000, "0.875000", "87.5"),
        (1, "0.000001", "0.0001"),
        (0, "0.000000", "0"),
        (1_000_000, "1.000000", "100"),
        (-12_500, "-0.012500", "-1.25"),
    ],
)
def test_rates_are_written_exactly(rate_ppm, share, percent):
    assert units.text_from_ppm(rate_ppm) == share
    assert units.percent_from_ppm(rate_ppm) == percent
