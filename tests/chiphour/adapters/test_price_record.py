"""TEST PRICE RECORD: prices by day out of fixings, and what is refused of them.

Takes   `adapters/price_record.py`, fixings of made-up days.
Gives   failures.
Keeps   a suppressed day without a fix; an unknown name in one line with those that are known.
Source  Decision 0044.
"""

from datetime import date
from fractions import Fraction

import pytest

from chiphour.adapters.price_record import PriceUnknown
from chiphour.adapters.price_record import record_of
from chiphour.adapters.price_record import series_of_name
from chiphour.adapters.price_record import share_ppm
from chiphour.adapters.price_record import venues_in
from chiphour.index.series import BY_TICKER
from priced import LAST
from priced import TICKER
from priced import Priced
from priced import fixings_of
from records import fixing

H100 = BY_TICKER[TICKER]


def test_fixes_and_rates_stand_by_day():
    record = record_of(Priced(fixings_of(3)), H100)
    assert record.last == LAST
    assert record.fix_ticks[LAST] == fixings_of(3)[-1].fix_ticks
    assert record.venue_nanousd["verda"][LAST] == (record.fix_ticks[LAST] + 500) * 100_000


def test_the_mean_of_venues_has_the_days_of_all():
    found = fixings_of(3)
    found[0] = found[0]._replace(members=found[0].members[:1])
    record = record_of(Priced(found), H100)
    mean = record.mean_rate(("lambda", "verda"))
    assert len(mean) == 2
    rate = record.venue_nanousd["verda"][LAST]
    assert mean[LAST] == Fraction(4 * 10**9 + rate, 2)


def test_a_suppressed_day_has_no_fix():
    found = fixings_of(3)
    found[1] = found[1]._replace(fix_ticks=None, state="suppressed", reason="FEW_MEMBERS")
    record = record_of(Priced(found), H100)
    assert len(record.fix_ticks) == 2
    assert len(record.changes(()).days) == 0  # Neither of them follows the other.


def test_a_series_that_was_never_fixed_says_why():
    one = fixing(series=TICKER, fix_ticks=None, state="suppressed", reason="FEW_MEMBERS", panel=1)
    with pytest.raises(PriceUnknown, match="found none: FEW_MEMBERS, 1 in its panel"):
        record_of(Priced([one]), H100)
    with pytest.raises(PriceUnknown, match="found none: no strike"):
        record_of(Priced([]), H100)
    assert not record_of(Priced([]), H100, needed=False).fix_ticks


def test_an_unknown_chip_is_refused_with_known_ones():
    with pytest.raises(PriceUnknown, match=r"expected one such as h100-sxm-spot.*found 'h1000'"):
        series_of_name("h1000")


def test_a_narrower_series_carries_no_contract():
    with pytest.raises(PriceUnknown, match=r"found CHR\.H100\.SXM\.OD\.US"):
        series_of_name("h100-sxm-od-us")


def test_unknown_venues_and_doubles_are_refused():
    record = record_of(Priced(fixings_of(3)), H100)
    with pytest.raises(PriceUnknown, match=r"\(lambda, verda\), found 'acme'"):
        venues_in(record, ["acme"])
    with pytest.raises(PriceUnknown, match="expected each once"):
        venues_in(record, ["verda", "verda"])
    assert venues_in(record, ["verda"]) == ("verda",)


def test_venues_that_never_met_are_refused():
    found = fixings_of(2)
    first, second = found[0].members
    found = [found[0]._replace(members=(first,)), found[1]._replace(members=(second,))]
    record = record_of(Priced(found), H100)
    with pytest.raises(PriceUnknown, match="expected a day with all of lambda, verda"):
        venues_in(record, ["lambda", "verda"])


def test_a_week_that_is_missing_breaks_the_changes():
    gap = [date(2026, 8, day) for day in range(1, 8)]
    whole, cut = fixings_of(40), fixings_of(40, missing=gap)
    assert len(record_of(Priced(whole), H100).changes(("verda",)).days) == 39
    assert len(record_of(Priced(cut), H100).changes(("verda",)).days) == 31


def test_a_share_is_rounded_to_the_millionth():
    assert share_ppm(1.0000004) == 1_000_000
    assert share_ppm(0.1234567) == 123_457
