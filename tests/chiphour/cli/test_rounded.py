"""ROUNDED: an amount has so many decimals, half-even, whatever rounding its thread has.

Takes   decimal text; a thread whose decimals round otherwise and are short.
Gives   amounts.
Keeps   ties to the even digit.
Source  Decision 0002.
"""

from decimal import ROUND_HALF_UP
from decimal import Context
from decimal import Decimal
from decimal import localcontext

import pytest

from chiphour.cli.rounded import rounded


@pytest.mark.parametrize(
    ("text", "decimals", "expected"),
    [
        ("1.125", 2, "1.12"),
        ("3.225", 2, "3.22"),
        ("-0.5", 0, "-0"),
        ("12345678.9", 4, "12345678.9000"),
    ],
)
def test_ties_go_to_the_even_digit_whatever_the_thread_does(text, decimals, expected):
    with localcontext(Context(prec=3, rounding=ROUND_HALF_UP)):
        found = rounded(text, decimals)
    assert str(found) == expected
    assert rounded(Decimal(text), decimals) == found
