"""TEST SPREAD: a calendar spread of two futures.

Takes   two days and two contracts.
Gives   its name and its terms row.
Keeps   every term within the bounds that SET allows.
Source  Rulebook 4.1, 8.2; decision 0025.
"""

from datetime import date

from chiphour.contracts import table
from chiphour.contracts.spread import Spread
from chiphour.units import strike_ns

SPREAD = Spread("CHR.H100.SXM.OD", 2, date(2026, 10, 31), date(2026, 9, 30), 4, 3)


def test_it_ends_with_the_earlier_future():
    row = SPREAD.lower()
    assert row[table.TYPE] == table.Type.CALENDAR
    assert (row[table.LEG_FAR], row[table.LEG_NEAR]) == (4, 3)
    assert row[table.EXPIRY_NS] == strike_ns(date(2026, 9, 30))
    assert row[table.PRICE_TICKS_MIN] == -(1 << 17)
    for term, value in zip(table.TERMS, row, strict=True):
        assert term.least <= value <= term.most, term.name


def test_its_name_has_both_days():
    assert SPREAD.name == "H100SXMODTO31OCT26_USDC-30SEP26"


def test_it_says_what_it_settles_on():
    assert "the later one's mark" in SPREAD.waterfall
