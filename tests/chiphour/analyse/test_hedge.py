"""TEST HEDGE: months, the contracts that fit them, and what lots cost at a book.

Takes   `analyse/hedge.py`, the listing rule.
Gives   failures.
Keeps   what is refused refused in one line; what a book lacks counted, not made up.
Source  docs/how-to/hedge.md; decision 0044.
"""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.analyse.hedge import HOURS_MAX
from chiphour.analyse.hedge import Bought
from chiphour.analyse.hedge import HedgeRefused
from chiphour.analyse.hedge import Month
from chiphour.analyse.hedge import buy
from chiphour.analyse.hedge import choose
from chiphour.analyse.hedge import exposure_of
from chiphour.analyse.hedge import lots_of
from chiphour.analyse.hedge import month_from
from chiphour.analyse.hedge import price_of
from chiphour.contracts.cycle import listed_on

TODAY = date(2026, 8, 13)
LISTED = listed_on(TODAY, "CHR.H100.SXM.OD", 2)


@pytest.mark.parametrize(
    ("word", "name", "match"),
    [
        ("2026-09", "H100SXMODAVG_USDC-30SEP26", "average"),
        ("2026-10", "H100SXMOD_USDC-31OCT26", "month end"),
        ("2026-11", "H100SXMOD_USDC-31DEC26", "later"),
        ("2027-06", "H100SXMOD_USDC-30JUN27", "month end"),
    ],
)
def test_a_month_takes_its_average_else_its_end_else_the_next_later(word, name, match):
    found = choose(month_from(word, 10), LISTED)
    assert (found.contract.name, found.match) == (name, match)


def test_a_month_beyond_all_that_is_listed_has_no_contract():
    found = choose(month_from("2027-07", 10), LISTED)
    assert found.contract is None
    assert found.reason == "the last one listed ends on 2027-06-30: it cannot be hedged yet"
    assert "no contract is listed" in choose(month_from("2026-09", 10), ()).reason


@pytest.mark.parametrize("word", ["2026-08", "2026-07", "2020-01"])
def test_a_month_that_is_over_or_has_begun_is_refused(word):
    with pytest.raises(HedgeRefused, match=f"expected 2026-09 or later.*found {word}"):
        exposure_of([month_from(word, 10)], TODAY)


def test_the_first_day_of_a_month_is_within_it():
    with pytest.raises(HedgeRefused, match="expected 2026-09 or later"):
        exposure_of([month_from("2026-08", 10)], date(2026, 8, 1))
    assert exposure_of([month_from("2026-08", 10)], date(2026, 7, 31))


@pytest.mark.parametrize("hours", [0, -1, HOURS_MAX + 1])
def test_hours_that_are_not_positive_or_too_many_are_refused(hours):
    with pytest.raises(HedgeRefused, match=f"found {hours}"):
        month_from("2026-09", hours)


@pytest.mark.parametrize("word", ["2026-13", "2026-00", "2026-9", "1999-01", "soon", ""])
def test_what_is_no_month_is_refused(word):
    with pytest.raises(HedgeRefused, match="expected one such as 2026-09"):
        month_from(word, 1)


def test_a_month_twice_none_and_too_many_are_refused():
    month = month_from("2026-09", 10)
    with pytest.raises(HedgeRefused, match="found 2026-09 twice"):
        exposure_of([month, month._replace(hours=11)], TODAY)
    with pytest.raises(HedgeRefused, match="found 0"):
        exposure_of([], TODAY)
    with pytest.raises(HedgeRefused, match="found 37"):
        exposure_of([Month(date(2030 + n // 12, n % 12 + 1, 1), 1) for n in range(37)], TODAY)


def test_months_come_in_order():
    months = [month_from(word, 1) for word in ("2026-12", "2026-09", "2026-10")]
    assert [m.word for m in exposure_of(months, TODAY)] == ["2026-09", "2026-10", "2026-12"]


def test_lots_are_hours_by_the_ratio_to_the_nearest():
    assert lots_of(50_000, 1_000_000) == 50_000
    assert lots_of(3, 500_000) == 2
    assert lots_of(10, 0) == 0
    with pytest.raises(HedgeRefused, match="ratio: expected 0 to 2"):
        lots_of(10, 2_000_001)


def test_buying_walks_the_book_and_stops_at_its_end():
    asks = [(3_000_000, 10), (3_100_000, 5)]
    assert buy(asks, 12) == Bought(12, 36_200_000, 3_100_000)
    short = buy(asks, 20)
    assert short == Bought(15, 45_500_000, 3_100_000)
    assert price_of(short, 20) == (45_500_000 + 5 * 3_100_000) // 20
    assert buy([], 5) == Bought(0, 0, 0)


@given(
    st.lists(st.tuples(st.integers(1, 1 << 29), st.integers(1, 1 << 20)), min_size=1, max_size=20),
    st.integers(1, 1 << 24),
)
def test_the_price_of_lots_lies_within_the_book(asks, lots):
    """Whatever the book: never below its best price, never above the worst that was needed."""
    asks.sort()
    found = buy(asks, lots)
    assert 0 < found.filled_lots <= min(lots, sum(size for _, size in asks))
    assert asks[0][0] <= price_of(found, lots) <= found.last_microusd
