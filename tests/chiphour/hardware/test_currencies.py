"""TEST CURRENCIES: a money is read from its code, name or sign; what may be several is none.

Takes   CURRENCIES and the words of sources.
Gives   claims on `currency_named`.
Keeps   the US dollar apart from the other dollars.
Source  ISO 4217.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.hardware import CURRENCIES
from chiphour.hardware import currency_named


@pytest.mark.parametrize("code", sorted(CURRENCIES))
def test_codes_and_names_are_read_in_any_case(code):
    currency = CURRENCIES[code]
    assert currency.code == code
    assert currency.minor_per_one in (1, 100)
    for word in (code, code.lower(), currency.name, currency.name.upper(), f" {code} "):
        assert currency_named(word) == code


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("$", "USD"),
        ("US$", "USD"),
        ("usd", "USD"),
        ("CA$", "CAD"),
        ("A$", "AUD"),
        ("\N{EURO SIGN}", "EUR"),
        ("euro", "EUR"),
        ("\N{POUND SIGN}", "GBP"),
        ("\N{INDIAN RUPEE SIGN}", "INR"),
        ("Swiss franc", "CHF"),
    ],
)
def test_signs_and_other_words_are_read(word, code):
    assert currency_named(word) == code


@pytest.mark.parametrize(
    "word", ["", "kr", "dollar", "\N{YEN SIGN}", "XYZ", "USDT", "BTC", "credits"]
)
def test_what_may_be_several_or_is_no_money_is_none(word):
    assert currency_named(word) is None


def test_a_yen_has_no_smaller_part():
    assert CURRENCIES["JPY"].minor_per_one == 1
    assert CURRENCIES["USD"].minor_per_one == 100


@given(st.text(max_size=20))
def test_any_text_is_a_known_money_or_none(word):
    assert currency_named(word) in {None, *CURRENCIES}
