"""TEST PRICES: means, changes, gaps, supply and floors from aggregate rows.

Takes   rows as the database gives them.
Gives   claims on roundings and on what counts together.
Keeps   expected figures written down.
Source  Decision 0042.
"""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.analyse.aggregates import ChangedRow
from chiphour.analyse.aggregates import FloorRow
from chiphour.analyse.aggregates import FreeRow
from chiphour.analyse.aggregates import QuotedRow
from chiphour.analyse.goods import Good
from chiphour.analyse.prices import cross_deltas
from chiphour.analyse.prices import current_prices
from chiphour.analyse.prices import floor_series
from chiphour.analyse.prices import price_changes
from chiphour.analyse.prices import supply_metrics
from chiphour.analyse.thresholds import FEE_PPM
from chiphour.contracts import table

H100 = Good("H100", "SXM")


def quoted(venue, floor, tenor="OD", **more):
    row = QuotedRow("H100", "SXM", tenor, venue, "posted", 0, floor, floor, floor, 1, 0)
    return row._replace(**more)


def test_a_mean_is_rounded_half_even_and_no_host_is_not_known():
    row = quoted("lambda", 1, total_nanousd=5, ceiling_nanousd=4, offers=2)
    (found,) = current_prices([row])
    assert (found.mean_nanousd, found.spread_nanousd, found.hosts) == (2, 3, None)


@given(st.lists(st.integers(1, 10**12), min_size=2, max_size=6))
def test_gaps_are_of_every_two_venues_and_exact(floors):
    prices = current_prices([quoted(f"v{n}", floor) for n, floor in enumerate(floors)])
    found = [delta for delta in cross_deltas(prices) if delta.tenor == "OD"]
    assert len(found) == len(floors) * (len(floors) - 1) // 2
    for delta in found:
        assert delta.delta_nanousd == delta.dear_nanousd - delta.cheap_nanousd >= 0
        both = delta.dear_nanousd + delta.cheap_nanousd
        assert abs(Fraction(2 * delta.delta_nanousd * 10**6, both) - delta.delta_ppm) <= Fraction(
            1, 2
        )
        assert 0 <= delta.fee_nanousd - Fraction(both * FEE_PPM, 10**6) < 1
        assert delta.after_fees_nanousd == delta.delta_nanousd - delta.fee_nanousd


def test_across_terms_each_venue_counts_with_its_cheapest():
    prices = current_prices(
        [quoted("runpod", 300), quoted("lambda", 500), quoted("runpod", 200, "SPOT")]
    )
    found = {
        (delta.tenor, delta.cheap_nanousd, delta.dear_nanousd) for delta in cross_deltas(prices)
    }
    assert found == {("", 200, 500), ("OD", 300, 500)}


def test_the_fee_is_the_takers_of_the_contracts_that_we_list():
    (fee,) = [term for term in table.TERMS if term.name == "taker_fee_ppm"]
    assert fee.default == FEE_PPM


def changed(venue, now, day=(0, 0), week=(0, 0, 0)):
    return ChangedRow("H100", "SXM", "OD", venue, now, 1, *day, *week)


def test_together_counts_only_venues_with_a_price_before():
    rows = [changed("a", 30, (20, 1), (40, 2, 2)), changed("b", 100)]
    one, other, every = price_changes(rows)
    assert (one.day_change_nanousd, one.week_change_ppm) == (10, 500_000)
    assert other.day_before_nanousd is None
    assert [lack.found for lack in other.lacking] == [0, 0]
    assert (every.venue, every.now_nanousd) == ("", 65)
    assert (every.day_before_nanousd, every.day_change_nanousd, every.day_samples) == (20, 10, 1)


def test_a_week_of_one_day_is_not_enough():
    (one, _) = price_changes([changed("a", 30, (20, 1), (20, 5, 1))])
    assert one.week_change_nanousd is None
    assert one.week_samples == 5
    assert (one.lacking[0].found, one.lacking[0].needed) == (1, 2)


def test_supply_before_alone_is_no_supply_now():
    assert supply_metrics([FreeRow("H100", "SXM", "vast", 1, 0, 1, 8, 8)]) == ()


def test_supply_with_nothing_the_day_before_has_no_change():
    one, every = supply_metrics([FreeRow("H100", "SXM", "vast", 0, 5, 2, 12, 8)])
    assert (one.gpus, one.gpus_change, every.gpus_change) == (12, None, None)
    assert one.lacking[0].words() == "expected at least 1 polls 24 hours before, found 0"
    assert every.largest_host_gpus == 8


@pytest.mark.parametrize(("hours", "enough"), [(13, False), (14, True)])
def test_a_trend_needs_samples_and_finds_a_planted_one(hours, enough):
    rows = [
        FloorRow("H100", "SXM", 24 * day, round(10**9 * 1.01**day), "v") for day in range(hours)
    ]
    (found,) = floor_series(rows)
    assert len(found.points) == hours
    assert found.points[1].observed_ns == 24 * 3_600 * 10**9
    assert found.trend_ppm_per_day == (9950 if enough else None)
    assert (found.lacking == ()) is enough
