"""TERM: a curve knows what was published, and how far it lay from what came.

Takes   the prices of a week of runs.
Gives   paths, curves, distances.
Keeps   no knowledge of later runs in an earlier curve.
Source  docs/formulation/runs.md, section 7.
"""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.fields import RequestMalformed
from chiphour.auction.positions import PHYSICAL
from chiphour.auction.positions import Slot
from chiphour.auction.positions import Trade
from chiphour.auction.term import KINDS
from chiphour.auction.term import Convergence
from chiphour.auction.term import DayPoint
from chiphour.auction.term import RunPrice
from chiphour.auction.term import convergence
from chiphour.auction.term import days
from chiphour.auction.term import forward_curve
from chiphour.auction.term import from_json
from chiphour.auction.term import paths
from chiphour.auction.term import run_prices
from chiphour.auction.term import to_json
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_SECOND
from settled import H100
from settled import HOUR_NS
from settled import NEW

AHEAD_NS = {"month": 30 * NS_PER_DAY, "week": 7 * NS_PER_DAY, "day-ahead": NS_PER_DAY}
SLOT = Slot(H100, "on-demand", HOUR_NS)


def price(kind, ticks, slot=SLOT, run=1):
    published = slot.hour_ns - AHEAD_NS.get(kind, NS_PER_HOUR)
    return RunPrice(run, kind, published, *slot, ticks, 500)


WEEK = [price("real-time", 29_000, run=4), price("month", 24_000), price("day-ahead", 27_000)]


def test_a_path_is_in_the_order_of_publication():
    (path,) = paths(WEEK)
    assert path.slot == SLOT
    assert [point.kind for point in path.prices] == ["month", "day-ahead", "real-time"]


def test_a_curve_knows_no_later_run():
    """A second before the day-ahead run is published the month's price stands."""
    published = HOUR_NS - NS_PER_DAY
    assert [p.price_ticks for p in forward_curve(WEEK, published - 1)] == [24_000]
    assert [p.price_ticks for p in forward_curve(WEEK, published)] == [27_000]
    assert [p.price_ticks for p in forward_curve(WEEK, HOUR_NS + NS_PER_HOUR - 1)] == [29_000]
    assert forward_curve(WEEK, HOUR_NS + NS_PER_HOUR) == ()
    assert forward_curve(WEEK, 0) == ()


def test_a_day_is_the_mean_of_its_hours():
    hours = [SLOT._replace(hour_ns=HOUR_NS + hour * NS_PER_HOUR) for hour in (0, 1, 20)]
    curve = [price("day-ahead", ticks, slot) for ticks, slot in zip((1, 2, 9), hours, strict=True)]
    assert days(curve) == (
        DayPoint(H100, "on-demand", date(2026, 9, 12), 2, 2),  # 1.5, to the even neighbour.
        DayPoint(H100, "on-demand", date(2026, 9, 13), 1, 9),
    )


def test_convergence_is_counted_by_kind_against_the_real_time_price():
    other = SLOT._replace(product=NEW)
    rows = [*WEEK, price("day-ahead", 33_000, other), price("real-time", 30_000, other)]
    assert convergence(rows) == (
        Convergence("month", 1, -500_000_000, 500_000_000, 500_000_000),
        Convergence("day-ahead", 2, 50_000_000, 250_000_000, 254_950_975),
    )
    assert convergence([price("month", 1)]) == ()


def test_the_slots_own_price_is_the_one_most_bought():
    trades = [
        Trade(1, 8, PHYSICAL, *SLOT, 800, 24_000),
        Trade(1, 9, PHYSICAL, *SLOT, 300, 31_000),
        Trade(1, 10, PHYSICAL, *SLOT, -800, 24_000),
        Trade(1, 10, PHYSICAL, *SLOT, -300, 31_000),
    ]
    assert run_prices(trades, "week", 5) == (RunPrice(1, "week", 5, *SLOT, 24_000, 1_100),)


PRICES = st.lists(
    st.builds(
        RunPrice,
        st.integers(1, 5),
        st.sampled_from(KINDS),
        st.integers(0, 10**9).map(lambda s: s * NS_PER_SECOND),
        st.sampled_from((H100, NEW)),
        st.just("on-demand"),
        st.integers(0, 3).map(lambda hour: HOUR_NS + hour * NS_PER_HOUR),
        st.integers(-1_000, 10**6),
        st.integers(0, 10**6),
        st.just(60),
    ).map(lambda p: p._replace(minutes=15 if p.product == NEW else 60)),
    unique_by=lambda p: (p.run, p.published_ns, p.slot),
)


@given(PRICES)
def test_the_term_structure_comes_back_from_json(prices):
    body = to_json(prices)
    again = from_json(body)
    assert sorted(again) == sorted(prices) and to_json(again) == body


def test_quarters_end_with_themselves_and_count_by_their_length():
    """Of a day with an hour at 4 and a quarter at 9 the mean is 5; each ends at its own end."""
    hour = RunPrice(1, "day-ahead", 0, *SLOT, 4, 100)
    quarter = hour._replace(hour_ns=HOUR_NS + NS_PER_HOUR, price_ticks=9, minutes=15)
    (day,) = days((hour, quarter))
    assert (day.hours, day.price_ticks) == (2, 5)
    ends_ns = HOUR_NS + NS_PER_HOUR + NS_PER_HOUR // 4
    assert forward_curve((hour, quarter), ends_ns - 1) == (quarter,)
    assert forward_curve((hour, quarter), ends_ns) == ()


@given(PRICES)
def test_runs_at_the_real_time_price_have_converged(prices):
    flat = [p._replace(price_ticks=7) for p in prices]
    assert all(part[2:] == (0, 0, 0) for part in convergence(flat))


def test_a_term_structure_whose_figures_were_changed_is_refused():
    body = to_json(WEEK).replace(b'"mean":"-0.2', b'"mean":"-0.1')
    assert body != to_json(WEEK)
    with pytest.raises(RequestMalformed, match="the convergence that they give"):
        from_json(body)
