"""TEST REFERENCE RULES: the formulas, against fractions; bands, rates, due times.

Takes   numbers up to the bounds of the rulebook.
Gives   a failure where a formula is rounded otherwise than it says.
Keeps   Python's fractions as the judge.
Source  Rulebook 1, 2.6, 4, 5, 6 and 9.5 to 9.8.
"""

from fractions import Fraction
from math import ceil
from math import floor
from math import trunc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.contracts.table import Type
from chiphour.exchange import reference_rules as rules
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.limits import Limits
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_SECOND
from chiphour.units import ns_from_iso

NOW = ns_from_iso("2026-07-06T01:00:00+00:00")
AMOUNTS = st.integers(0, 1 << 56)
RATES = st.integers(0, 2_000_000)
PRICES = st.integers(1, (1 << 30) - 1)
LIMITS = Limits(window_ticks=4096)
MOST = LIMITS.price_microusd_max


def opened(**terms):
    """Give an open row at $2.50 and a live index, terms by their lower-case names."""
    row = rules.new_row()
    row[table.INDEX], row[table.PRICE_TICKS_MIN] = 1, 23_000
    for name, value in terms.items():
        row[getattr(table, name.upper())] = value
    row[table.INDEX_MICROUSD] = row[table.BASE_MICROUSD] = 2_500_000
    row[table.QUALITY] = Quality.LIVE
    rules.open_row(row, 2_500_000, NOW)
    rules.take_rates(row)
    return row


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**20))
def test_division_toward_nought(numerator, denominator):
    assert rules.div_zero(numerator, denominator) == trunc(Fraction(numerator, denominator))


@given(AMOUNTS, RATES)
def test_ppm_is_the_exact_share_rounded_as_said(amount, rate_ppm):
    exact = Fraction(amount * rate_ppm, 1_000_000)
    assert rules.ppm_down(amount, rate_ppm) == floor(exact)
    assert rules.ppm_up(amount, rate_ppm) == ceil(exact)


@given(st.integers(), st.integers(0))
def test_clamp_moves_inside_and_leaves_what_is_inside(value, bound):
    clamped = rules.clamp(value, bound)
    assert -bound <= clamped <= bound
    assert clamped == value or abs(value) > bound


@given(st.integers(0, 2_000_000), PRICES)
def test_tier_margin_is_marginal_and_each_tier_is_rounded_up(lots, index_microusd):
    row = opened(tier_1_lots=7, tier_2_lots=90, tier_3_lots=1_000_000, tier_1_ppm=33_333)
    row[table.BASE_MICROUSD] = index_microusd
    ends, rates = (0, 7, 90, 1_000_000, lots), (33_333, 200_000, 400_000, 1_000_000)
    expected = 0
    for number, rate in enumerate(rates):
        in_tier = max(0, min(lots, ends[number + 1]) - ends[number])
        expected += ceil(Fraction(index_microusd * in_tier * rate, 1_000_000))
    assert rules.tier_margin_microusd(row, lots) == expected


def test_rates_rise_to_the_whole_between_two_open_interests():
    row = opened(open_interest_lower_lots=100, open_interest_upper_lots=300)
    for lots, rate_ppm in ((100, 100_000), (200, 550_000), (300, 1_000_000), (999, 1_000_000)):
        row[table.OPEN_INTEREST_LOTS] = lots
        rules.take_rates(row)  # Rulebook 6.2: 10 % + 90 % x (O - 100) / 200.
        assert row[table.RATE_1_PPM] == rate_ppm
    row[table.OPEN_INTEREST_LOWER_LOTS] = 300  # A live SET may leave no room between them.
    rules.take_rates(row)
    assert row[table.RATE_1_PPM] == 1_000_000
    row[table.OPEN_INTEREST_UPPER_LOTS] = 0
    rules.take_rates(row)
    assert row[table.RATE_1_PPM] == 100_000


@given(st.integers(-(1 << 30), 1 << 30), RATES, st.sampled_from((1, 7, 100)))
def test_market_price_is_the_last_tick_within_the_band(settlement, band_ppm, tick):
    row = opened(market_band_ppm=band_ppm, tick_microusd=tick)
    row[table.SETTLEMENT_MICROUSD] = settlement
    row[table.STATIC_BAND_PPM] = 2_000_000
    row[table.BASE_MICROUSD] = 1 << 32
    row[table.PRICE_TICKS_MIN] = settlement // tick - 2048
    low, high = row[table.PRICE_TICKS_MIN], rules.price_ticks_max(row, LIMITS)
    band = floor(Fraction(max(settlement, 1) * band_ppm, 1_000_000))
    buy = rules.market_price_ticks(row, Side.BUY, LIMITS)
    sell = rules.market_price_ticks(row, Side.SELL, LIMITS)
    assert buy == min(high, max(low, floor(Fraction(settlement + band, tick))))
    assert sell == min(high, max(low, ceil(Fraction(settlement - band, tick))))


def test_market_price_stays_in_the_static_band_and_scales_with_b_where_prices_are_differences():
    row = opened(static_band_ppm=10_000)
    assert rules.market_price_ticks(row, Side.BUY, LIMITS) == 25_250  # Rulebook 6.7, 9.7.
    assert rules.market_price_ticks(row, Side.SELL, LIMITS) == 24_750
    row = opened(index_b=2, static_band_ppm=2_000_000, price_ticks_min=-2_000)
    row[table.SETTLEMENT_MICROUSD] = 10_000  # One cent between the two: 20 % of B, not of it.
    assert rules.market_price_ticks(row, Side.BUY, Limits(window_ticks=1 << 14)) == 100 + 5_000


def test_bands_are_inclusive_and_double_when_the_index_is_not_live():
    row = opened(static_band_ppm=10_000, dynamic_band_ppm=1_000)
    row[table.MARK_MICROUSD] = 2_500_050
    assert [rules.in_static_band(row, p) for p in (24_749, 24_750, 25_250, 25_251)] == [
        False,
        True,
        True,
        False,
    ]
    assert rules.dynamic_ticks(row) == (24_976, 25_025)  # $2.50005 -+ $0.0025, inward.
    row[table.QUALITY] = Quality.STALE
    assert rules.in_static_band(row, 25_500) and not rules.in_static_band(row, 25_501)
    assert rules.dynamic_ticks(row) == (24_951, 25_050)
    row[table.CALL_S] = 0  # Rulebook 9.8: without a call there is no band.
    assert rules.dynamic_ticks(row) is None


def test_reserve_is_what_an_open_lot_would_lose_at_the_mark_and_its_fee():
    row = opened(taker_fee_ppm=500)
    assert rules.reserve_microusd(row, Side.BUY, 26_000) == 100_000 + 1_300  # Rulebook 6.3.
    assert rules.reserve_microusd(row, Side.BUY, 24_000) == 1_250
    assert rules.reserve_microusd(row, Side.SELL, 24_000) == 100_000 + 1_250
    assert rules.reserve_microusd(row, Side.SELL, 26_000) == 1_300


def test_window_and_bounds_both_hold():
    row = opened()
    assert [rules.in_window(row, p, LIMITS) for p in (22_999, 23_000, 27_095, 27_096)] == [
        False,
        True,
        True,
        False,
    ]
    assert rules.into_window(row, 10, LIMITS) == 23_000
    row[table.TICK_MICROUSD] = 1_000_000  # Rulebook 1.2: 23,000 dollars are above every bound.
    assert not rules.in_window(row, 23_000, LIMITS)


@given(st.integers(NS_PER_DAY, 1 << 61), st.integers(1, 604_800))
def test_next_after_is_the_first_multiple_that_is_later(time_ns, period_s):
    period_ns = period_s * NS_PER_SECOND
    found = rules.next_after(time_ns, period_ns)
    assert time_ns < found <= time_ns + period_ns
    assert (found - 1_800 * NS_PER_SECOND) % period_ns == 0


@given(PRICES, PRICES, PRICES, st.integers(0, 400), st.integers(-(10**9), 10**9))
def test_mark_moves_toward_the_book_and_never_past_it(index, bid, spread, seconds, basis):
    row = opened(premium_clamp_ppm=20_000)
    row[table.BASIS_NANOUSD] = basis
    row[table.INDEX_MICROUSD] = row[table.BASE_MICROUSD] = index
    rules.mark_row(row, (bid, bid + spread), NOW + seconds * NS_PER_SECOND, MOST)
    bound = floor(Fraction(index * 20_000, 1_000_000))
    target = 1000 * max(-bound, min(bound, trunc(Fraction(2 * bid + spread, 2)) - index))
    low, high = min(basis, target), max(basis, target)
    assert low <= row[table.BASIS_NANOUSD] <= high
    assert row[table.BASIS_NANOUSD] == target or seconds < 150
    held = max(-bound, min(bound, trunc(Fraction(row[table.BASIS_NANOUSD], 1000))))
    assert row[table.MARK_MICROUSD] == min(MOST, index + held)
    assert row[table.MARKED_NS] == NOW + seconds * NS_PER_SECOND


def test_a_gap_of_the_index_leaves_the_mark_inside_the_clamp_and_the_bounds():
    row = opened(premium_clamp_ppm=300_000)
    row[table.BASIS_NANOUSD] = -900_000_000  # From the days when the index stood at 3 dollars.
    row[table.INDEX_MICROUSD] = row[table.BASE_MICROUSD] = 100_000
    rules.mark_row(row, (None, None), NOW, MOST)
    assert row[table.MARK_MICROUSD] == 100_000 - 30_000
    row[table.BASIS_NANOUSD] = 10**12
    row[table.INDEX_MICROUSD] = row[table.BASE_MICROUSD] = MOST
    rules.mark_row(row, (None, None), NOW, MOST)
    assert row[table.MARK_MICROUSD] == MOST


def test_mark_without_both_impact_prices_keeps_the_basis():
    row = opened(funding_period_s=3_600)
    row[table.BASIS_NANOUSD] = -1_999
    row[table.INDEX_MICROUSD] = row[table.BASE_MICROUSD] = 2_600_000
    rules.mark_row(row, (2_000_000, None), NOW + NS_PER_SECOND, MOST)
    assert row[table.MARK_MICROUSD] == 2_600_000 - 1
    assert (row[table.PREMIUM_SUM_MICROUSD], row[table.PREMIUM_COUNT]) == (0, 1)


def test_in_a_call_neither_basis_nor_sample_looks_at_the_book():
    row = opened(funding_period_s=3_600)
    row[table.STATE] = State.CALL
    rules.mark_row(row, (2_600_000, 2_700_000), NOW + 9 * NS_PER_SECOND, MOST)
    assert (row[table.BASIS_NANOUSD], row[table.PREMIUM_SUM_MICROUSD]) == (0, 0)
    assert row[table.PREMIUM_COUNT] == 1  # Rulebook 5.1: a sample of 0.


@given(
    st.integers(-(10**9), 10**9), st.integers(1, 50), st.integers(-28_799, 28_799), PRICES, RATES
)
def test_funding_pays_all_but_a_rest_smaller_than_one(total, count, rest, index, cap_ppm):
    row = opened(funding_period_s=3_600, funding_cap_ppm=cap_ppm)
    row[table.PREMIUM_SUM_MICROUSD], row[table.PREMIUM_COUNT] = total, count
    row[table.FUNDING_REST], row[table.BASE_MICROUSD] = rest, index
    due_ns = row[table.NEXT_FUNDING_NS]
    paid, rate_ppm = rules.fund_row(row)
    average = trunc(Fraction(total, count))
    dead = floor(Fraction(index * 500, 1_000_000))
    cap = floor(Fraction(index * cap_ppm, 1_000_000))
    rate = average - max(-dead, min(dead, average))
    rate = max(-cap, min(cap, rate))
    assert rate * 3_600 + rest == 28_800 * paid + row[table.FUNDING_REST]
    assert abs(row[table.FUNDING_REST]) < 28_800
    assert row[table.VALUE_PER_LOT_MICROUSD] == -paid
    assert rate_ppm == trunc(Fraction(rate * 1_000_000, index))
    assert row[table.PREMIUM_COUNT] == 0
    assert row[table.NEXT_FUNDING_NS] == due_ns + 3_600 * NS_PER_SECOND


@pytest.mark.parametrize(
    ("samples", "expected", "pays"), [(0, 0, False), (2, 5, False), (2, 4, True)]
)
def test_funding_needs_half_the_samples(samples, expected, pays):
    row = opened(funding_period_s=28_800, funding_samples_expected=expected)
    row[table.PREMIUM_SUM_MICROUSD], row[table.PREMIUM_COUNT] = 20_000 * samples, samples
    row[table.FUNDING_REST] = 77
    assert rules.fund_row(row) == ((20_000 - 1_250, 7_500) if pays else (0, 0))
    assert row[table.FUNDING_REST] == 77


def test_due_times_by_the_life_of_a_contract():
    expiry_ns = ns_from_iso("2026-07-07T00:30:00+00:00")
    row = opened(type=Type.FUTURE, expiry_ns=expiry_ns)
    assert rules.due_ns(row, False) == expiry_ns - rules.STOP_NS
    row[table.STATE], row[table.CALL_END_NS] = State.CALL, NOW + 5
    assert rules.due_ns(row, False) == NOW + 5  # Rulebook 2.6.
    row[table.STATE] = State.STOPPED
    assert rules.due_ns(row, True) == expiry_ns - rules.STOP_NS
    assert rules.due_ns(row, False) == expiry_ns + 72 * 3_600 * NS_PER_SECOND
    row[table.FALLBACK_PASSED] = 1
    assert rules.due_ns(row, False) == 1 << 62
    for state in (State.LISTED, State.FROZEN, State.EXPIRED):
        row[table.STATE] = state
        assert rules.due_ns(row, False) == 1 << 62
    row = opened(funding_period_s=3_600)
    assert rules.due_ns(row, True) == ns_from_iso("2026-07-06T01:30:00+00:00")
