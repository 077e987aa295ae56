"""TEST AVERAGE: a future on the average of a month.

Takes   a month.
Gives   its name and its terms row.
Keeps   every term within the bounds that SET allows.
Source  Rulebook 4.1, 8.3; decision 0025.
"""

from datetime import date

from chiphour.contracts import table
from chiphour.contracts.average import Average
from chiphour.units import NS_PER_DAY
from chiphour.units import strike_ns

AUGUST = Average("CHR.H100.SXM.OD", 2, date(2026, 8, 14))


def test_it_counts_every_day_of_its_month():
    row = AUGUST.lower()
    assert row[table.AVERAGE_DAYS] == 31
    assert row[table.AVERAGE_FIRST_NS] == strike_ns(date(2026, 8, 1))
    assert row[table.EXPIRY_NS] == strike_ns(date(2026, 8, 31))
    last_ns = row[table.AVERAGE_FIRST_NS] + (row[table.AVERAGE_DAYS] - 1) * NS_PER_DAY
    assert last_ns == row[table.EXPIRY_NS]
    assert row[table.AVERAGE_FIXES_MIN] == 10


def test_its_name_has_a_word_of_its_own():
    assert AUGUST.name == "H100SXMODAVG_USDC-31AUG26"


def test_every_term_is_one_that_set_allows():
    for term, value in zip(table.TERMS, AUGUST.lower(), strict=True):
        assert term.least <= value <= term.most, term.name


def test_it_says_what_it_settles_on_without_fixes():
    assert "at least 10" in AUGUST.waterfall
