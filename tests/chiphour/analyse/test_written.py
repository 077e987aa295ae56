"""WRITTEN: what stands in a text is read with its unit, and no digit is passed over.

Takes   sentences.
Gives   a failure where a number, day, name or address is read wrongly.
Keeps   a law: every ASCII digit of a text is read or told.
Source  Decision 0043.
"""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.analyse.written import read_text

GOODS = ("H100 SXM", "H100 PCIE", "RTX4090", "A100-40 SXM", "L40", "L40S")

NUMBERS = {
    "$2.19/h": ("usd", "2.19", "0.01"),
    "2.5 dollars": ("usd", "2.5", "0.1"),
    "41 cents": ("usd", "0.41", "0.01"),
    "US$1,234.50": ("usd", "1234.50", "0.01"),
    "$1.2k": ("usd", "1200", "100"),
    "3.2 %": ("share", "0.032", "0.001"),
    "\uff13\uff05": ("share", "0.03", "0.01"),
    "7 percent": ("share", "0.07", "0.01"),
    "30 basis points": ("share", "0.0030", "0.0001"),
    "24 h": ("hours", "24", "1"),
    "24-hour": ("hours", "24", "1"),
    "7 days": ("days", "7", "1"),
    "2 weeks": ("days", "14", "7"),
    "1,240 GPUs": ("gpus", "1240", "1"),
    "12 cheap hosts": ("hosts", "12", "1"),
    "9 listings": ("offers", "9", "1"),
    "twenty-one venues": ("venues", "21", "1"),
    "50,000 GPU-hours": ("gpu_hours", "50000", "1"),
    "5x": ("times", "5", "1"),
    "twice": ("times", "2", "1"),
    "0.15": ("count", "0.15", "0.01"),
}


@pytest.mark.parametrize(("text", "expected"), NUMBERS.items())
def test_a_number_has_the_unit_that_stands_by_it(text, expected):
    if not text.isascii():
        assert read_text(f"It was {text} then.", GOODS).unread  # Told, and read besides.
    (number,) = read_text(f"It was {text} then.", GOODS).numbers
    unit, value, quantum = expected
    assert (number.unit, number.value, number.quantum) == (unit, Decimal(value), Decimal(quantum))


@pytest.mark.parametrize(("text", "sign"), [("-3.2 %", "-"), ("\u22123.2 %", "-"), ("+3.2 %", "+")])
def test_a_sign_is_kept(text, sign):
    assert read_text(f"It moved {text}.", ()).numbers[0].sign == sign


def test_a_range_is_two_numbers_and_no_sign():
    low, high = read_text("between $2.10\u2013$2.40", ()).numbers
    assert (low.value, high.value, high.sign) == (Decimal("2.10"), Decimal("2.40"), "")


@pytest.mark.parametrize(
    ("text", "goods"),
    [
        ("H100 SXM", {"H100 SXM"}),
        ("H100", {"H100 SXM", "H100 PCIE"}),
        ("rtx 4090", {"RTX4090"}),
        ("RTX-4090", {"RTX4090"}),
        ("A100-40", {"A100-40 SXM"}),
        ("L40S", {"L40S"}),
    ],
)
def test_digits_of_a_name_are_no_number(text, goods):
    found = read_text(f"The {text}'s price.", GOODS)
    assert [set(each.goods) for each in found.mentions] == [goods]
    assert found.numbers == found.unread == ()


@pytest.mark.parametrize("text", ["H300", "80GB", "5th", "1e5", "100,00", "3m", "1.2.3.4", "9O0"])
def test_what_is_neither_number_nor_name_is_told(text):
    assert any(text in each for each in read_text(f"About {text} here", GOODS).unread)


@pytest.mark.parametrize("text", ["\u0663", "\u00bd", "\u2460", "9\u200b9", "\u202e9", "\x009"])
def test_a_digit_in_disguise_is_told(text):
    assert read_text(text, ()).unread


@pytest.mark.parametrize(
    "text",
    [
        "2026-07-20",
        "2026-07-20T07:00:00Z",
        "20 July 2026",
        "20th July",
        "July 20, 2026",
        "Jul 20",
        "July 2026",
        "in 2026",
    ],
)
def test_a_day_is_a_day(text):
    found = read_text(f"It was {text}.", ())
    assert found.days[0].possible([date(2026, 7, 20), date(2025, 1, 1)]) == [date(2026, 7, 20)]
    assert found.numbers == found.unread == ()


def test_a_year_before_a_noun_is_a_number():
    assert read_text("of 2026 GPUs", ()).numbers[0].unit == "gpus"


def test_a_time_of_day_is_read():
    assert [each.text for each in read_text("at 7:00 UTC", ()).clocks] == ["07:00"]


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/b?c=1",
        "HTTP://A.EXAMPLE",
        "www.a.example",
        "a.example/x",
        "evil.com",
        "javascript:alert(1)",
        "mailto:a@b.example",
    ],
)
def test_an_address_is_found(text):
    found = read_text(f"See ({text}).", ()).addresses
    assert found[0].text.rstrip(")") == text.rstrip(")")


@given(st.text(alphabet="0123456789 ,.-$%:/abHGTkxUSD\n", max_size=40))
def test_every_digit_is_accounted_for(text):
    """Any text: its digits are those of what was read, and of what is told as unread."""
    found = read_text(text, GOODS)
    pieces = (
        [each.text for each in (*found.numbers, *found.days, *found.addresses)]
        + [each.written for each in found.clocks]
        + list(found.unread)
    )
    names = sum(_digits(text[m.start :].split("\n")[0][:6]) for m in found.mentions)
    assert sum(map(_digits, pieces)) + names >= _digits(text)


def _digits(text: str) -> int:
    return sum(each in "0123456789" for each in text)
