"""PANEL_MARKET: the market is as it says, and its two roads to a fix are one.

Takes   the synthetic market; the benchmark's own way from rates to a fix.
Gives   a failure where a day differs from what the market promises, or the roads part.
Keeps   the benchmark's floats honest: what it searches with is held to the methodology.
Source  docs/methodology/statistics.md.
"""

import sys
from pathlib import Path

import numpy as np
import pytest

from chiphour.index.carry import carried
from chiphour.index.parameters import V2026_1
from chiphour.index.v2026_1 import fix_one
from chiphour.simulate import panel_market
from chiphour.simulate.panel_market import BOOKS
from chiphour.simulate.panel_market import SERIES
from chiphour.simulate.panel_market import VENUES
from chiphour.simulate.panel_market import Market
from chiphour.simulate.panel_market import day_of
from chiphour.simulate.panel_market import observations_of
from chiphour.simulate.panel_market import offers_of
from chiphour.simulate.panel_market import paths_of
from chiphour.simulate.panel_market import poll_of
from chiphour.simulate.panel_market import row
from chiphour.simulate.panel_market import strike_of
from chiphour.units import NS_PER_HOUR

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "benchmarks"))
import index_attacks
import index_panels

WHOLE = Market(days=40, outage=0.0)
SOME = Market(days=40)


def test_a_day_has_2_847_offers():
    day = day_of(WHOLE, 3)
    assert {venue: int(offers.slices.sum()) for venue, offers in day.items()} == {
        venue.name: venue.offers for venue in VENUES
    }
    assert sum(venue.offers for venue in VENUES) == 2_847


def test_the_largest_host_of_a_book_has_its_share():
    for number, venue in enumerate(VENUES):
        if venue.is_book:
            hosts = offers_of(WHOLE, number, 3).host
            counts = np.bincount(hosts)
            assert len(counts) == venue.hosts and counts.min() > 0
            assert counts[0] == counts.max() == round(venue.host_share * len(hosts))


def test_a_day_is_the_same_in_any_order():
    first = day_of(WHOLE, 5)
    panel_market._fleet.cache_clear()
    panel_market.paths_of.cache_clear()
    day_of(WHOLE, 9)
    again = day_of(WHOLE, 5)
    assert first.keys() == again.keys()
    for venue in first:
        assert all(map(np.array_equal, first[venue], again[venue]))


def test_machines_stay_for_days_and_go():
    for number, venue in enumerate(VENUES):
        if venue.is_book:
            one, two = (set(offers_of(WHOLE, number, day).key.tolist()) for day in (20, 21))
            assert 0.5 < len(one & two) / len(one) < 0.7


def test_paths_have_the_spreads_of_the_market():
    """Many days: the walk, the venues' spread and memory, the outages, cards that stand still."""
    paths = paths_of(Market(days=20_000))
    effect = paths.log_rate[:, :3] - paths.log_price[:, None]
    assert np.std(np.diff(paths.log_price)) == pytest.approx(0.006, rel=0.03)
    assert np.std(effect) == pytest.approx(0.07, rel=0.1)
    assert np.corrcoef(effect[1:, 0], effect[:-1, 0])[0, 1] == pytest.approx(0.97, abs=0.01)
    assert 1 - paths.answered.mean() == pytest.approx(0.05, rel=0.05)
    still = (np.diff(paths.log_rate[:, 3:], axis=0) == 0).mean()
    assert still == pytest.approx(0.9, rel=0.01)


def test_errors_and_decoys_lie_over_the_same_offers():
    clean = offers_of(WHOLE, 0, 7)
    gross = offers_of(WHOLE._replace(gross=0.1), 0, 7)
    decoys = offers_of(WHOLE._replace(decoys=0.25), 0, 7)
    for other, share in ((gross, 0.1), (decoys, 0.25)):
        assert np.array_equal(other.key, clean.key) and np.array_equal(other.host, clean.host)
        changed = (other.rate_nanousd != clean.rate_nanousd).any(axis=0)
        assert changed.mean() == pytest.approx(share, abs=0.04)
    dear = decoys.rate_nanousd > 2 * clean.rate_nanousd
    assert np.array_equal(dear, decoys.rate_nanousd != clean.rate_nanousd)


def test_rates_are_whole_grains_and_rows_carry_them():
    offers = offers_of(WHOLE, 2, 4)
    assert not (offers.rate_nanousd % panel_market.GRAIN_NANOUSD).any()
    rows = list(observations_of(offers, strike_of(4)))
    seen = (offers.rate_nanousd > 0) * offers.slices
    assert len(rows) == seen.sum()
    assert len({row.observed_ns for row in rows}) == len(panel_market.POLLS_BEFORE_NS)
    assert all(row.machine_key and row.host_key and row.feed == "book" for row in rows)
    rates = {row.price_nanousd // row.gpus for row in rows}
    assert rates == set(offers.rate_nanousd.ravel().tolist()) - {0}


def test_an_offer_without_a_machine_is_a_rate_card():
    card = row("lambda", 8, 2, 0)
    assert (card.feed, card.kind, card.price_nanousd) == ("posted", "list", 16)


def test_the_window_and_the_days_before_it_carry_machines():
    offers = offers_of(WHOLE, 0, 10)
    polls = [
        row
        for hours in (2, 6, 10, 14)
        for row in poll_of(offers, 0, strike_of(10) - hours * NS_PER_HOUR)
    ]
    found = carried(polls, set(), strike_of(10), V2026_1)
    assert len(found) == (offers.rate_nanousd[0] > 0).sum()


@pytest.mark.long
@pytest.mark.suite
@pytest.mark.parametrize("number", [1, 17, 33])
@pytest.mark.parametrize("market", [SOME, SOME._replace(gross=0.1), SOME._replace(decoys=0.25)])
def test_rows_and_rates_give_one_fix(market, number):
    """The benchmark fixes venue rates; every row through the methodology must give the same."""
    day = day_of(market, number)
    rates = index_panels.rates_of(day)
    for parameters in index_panels.SETS:
        by_rows = index_panels.fix_rows(day, number, parameters)
        by_rates = index_panels.fix_rates(rates, number, parameters)
        assert by_rows.fix_ticks == by_rates.fix_ticks
        members = {(m.name, m.rate_numerator, m.rate_denominator) for m in by_rows.members}
        assert members == {(n, r.numerator, r.denominator) for n, r in rates.items()}
        assert {m.name for m in by_rows.members if m.kept} == {
            m.name for m in by_rates.members if m.kept
        }


@pytest.mark.parametrize("hosts", [1, 200])
def test_rows_and_rates_give_one_fix_under_a_flood(hosts):
    day = day_of(WHOLE, 8)
    _, after = index_attacks.flood(day, 8, BOOKS[1], 1_000, hosts, 1)
    by_rows = index_panels.fix_rows(after, 8)
    assert by_rows.fix_ticks == index_panels.fix_rates(index_panels.rates_of(after), 8).fix_ticks


def test_one_host_moves_a_book_less_than_many():
    day = day_of(WHOLE, 8)
    one, many = (
        float(
            index_panels.venue_rate(index_attacks.flooded(day[BOOKS[0]], 5_000, hosts, 2.5))
            / index_panels.venue_rate(day[BOOKS[0]])
        )
        for hosts in (1, 200)
    )
    assert one < 1.1 and many == pytest.approx(2.5, rel=0.02)


def test_uncapped_weights_are_one_for_each_machine():
    offers = offers_of(WHOLE, 2, 8)
    uncapped = index_panels.venue_rate(offers, index_panels.UNCAPPED)
    assert float(uncapped) == np.median(index_panels.machine_rates(offers))


@pytest.mark.parametrize("members", [3, 4, 5, 8, 9])
def test_what_is_searched_is_what_the_methodology_fixes(members):
    """The search in floats and the exact fix agree on random panels, to the tick of the fix."""
    drawn = np.random.default_rng(members)
    panels = np.rint(panel_market.BASE_NANOUSD * np.exp(drawn.normal(0, 0.1, (60, members))))
    for parameters in index_panels.SETS:
        found = index_panels.searched(panels, parameters)
        exact = [index_panels.fix_of(panel, parameters) for panel in panels]
        assert np.abs(found - exact).max() <= 50_001  # Half a tick, and a float's error.


def test_a_captured_venue_at_its_own_price_moves_nothing():
    """The grid starts at the median of the panel: the shift of an attack is never negative."""
    rates = index_attacks.rates_array(index_panels.rates_of(day_of(WHOLE, 8)))
    for way in index_attacks.WAYS.values():
        lowest = index_attacks.captured(rates, 1, way, V2026_1)
        assert 0 <= lowest <= index_attacks.captured_any(rates, 1, way, V2026_1) + 1e-9


def test_a_wrong_unit_is_logged_and_left_out():
    rates = index_panels.rates_of(day_of(WHOLE, 8))
    shift, logged = index_attacks.unit_error(rates, 8)
    assert logged == 1.0
    array = index_attacks.rates_array(rates)
    assert shift == pytest.approx(index_attacks.silenced(array, 1, V2026_1))


@pytest.mark.long
@pytest.mark.suite
def test_rented_machines_count_until_a_day_has_passed():
    """The cheapest machines of every book vanish before the window: carried, the fix stands."""
    found = dict(index_attacks.rented(WHOLE._replace(days=12), 9))
    assert abs(found["carried", 300]) < 0.3 < found["not carried", 300]


def test_the_fix_of_a_day_needs_no_other_day():
    day = day_of(WHOLE, 2)
    rows = [row for offers in day.values() for row in observations_of(offers, strike_of(2))]
    fixing = fix_one(SERIES, rows, strike_of(2), None)
    assert (fixing.state, fixing.panel, fixing.grade) == ("fixed", 9, "A")
