"""TEST BASKETS: the fleet's price of throughput, and the quarterly index.

Takes   prices worked by hand, over quarters.
Gives   exact values; the splice; what a missing price does.
Keeps   a level that no new chip moves on the day on which it enters.
Source  Decision 0021.
"""

from datetime import date
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.index.baskets import BASKET_MIN
from chiphour.index.baskets import FLEET
from chiphour.index.baskets import Basket
from chiphour.index.baskets import baskets_of
from chiphour.index.baskets import broad_of
from chiphour.index.baskets import laspeyres_of
from chiphour.index.baskets import nanousd_per_unit
from chiphour.index.baskets import prices_of
from chiphour.units import strike_ns
from records import fixing

H100, H200, B200, L40S = (
    "CHR.H100.SXM.OD",
    "CHR.H200.SXM.OD",
    "CHR.B200.SXM.OD",
    "CHR.L40S.OD",
)
PRICES = {
    "CHR.A100.SXM.OD": 16_000,
    B200: 67_000,
    H100: 32_000,
    H200: 40_000,
    L40S: 15_000,
}


def days(first, last, prices):
    """Give a history of one price list from a day to another, both included."""
    count = (last - first).days + 1
    return {strike_ns(first + timedelta(days=n)): dict(prices) for n in range(count)}


def test_the_fleet_costs_its_prices_over_what_it_can_do():
    """17.00 dollars an hour; 4,903,050 GFLOP/s and 19,053 GB/s together."""
    broad = broad_of(PRICES, "OD")
    assert broad.bf16_nanousd == round(17 * 10**9 * 10**6 / 4_903_050) == 3_467_229_582
    assert broad.bandwidth_nanousd == round(17 * 10**9 * 10**3 / 19_053) == 892_247_940
    assert broad.missing == ()


def test_a_missing_chip_leaves_the_fleet_without_a_price():
    broad = broad_of({**PRICES} | {"CHR.T4.OD": 1}, "SPOT")
    assert (broad.bf16_nanousd, len(broad.missing)) == (None, len(FLEET))
    without = {ticker: price for ticker, price in PRICES.items() if ticker != L40S}
    assert broad_of(without, "OD").missing == (L40S,)


def test_the_two_units_can_disagree_about_two_chips():
    """From H100 to H200 the arithmetic got dearer and the bandwidth cheaper."""
    h100, h200 = PRICES[H100], PRICES[H200]
    assert nanousd_per_unit(h200, 989_500, 10**6) > nanousd_per_unit(h100, 989_500, 10**6)
    assert nanousd_per_unit(h200, 4_800, 10**3) < nanousd_per_unit(h100, 3_350, 10**3)


FIRST = date(2026, 7, 6)
FORMED = FIRST + timedelta(days=19)  # The twentieth strike with every fix.


def test_the_first_basket_forms_once_enough_chips_are_steady():
    history = days(FIRST, FORMED, PRICES)
    before = laspeyres_of(history, strike_ns(FORMED - timedelta(days=1)), "OD")
    assert (before.reason, before.level_ppm) == ("NO_BASE", None)
    found = laspeyres_of(history, strike_ns(FORMED), "OD")
    assert (found.reason, found.level_ppm, found.chips) == ("", 1_000_000, 5)
    assert found.linked_ns == strike_ns(FORMED)


def test_each_chip_has_an_equal_share_of_value_at_the_link():
    """Five chips: one doubles, the level rises by a fifth."""
    history = days(FIRST, FORMED, PRICES)
    after = strike_ns(FORMED + timedelta(days=1))
    history[after] = PRICES | {L40S: 30_000}
    assert laspeyres_of(history, after, "OD").level_ppm == 1_200_000


def test_a_missing_price_leaves_the_day_without_a_level_and_the_next_as_it_is():
    history = days(FIRST, FORMED + timedelta(days=2), PRICES)
    gap = strike_ns(FORMED + timedelta(days=1))
    del history[gap][H100]
    assert laspeyres_of(history, gap, "OD").reason == "CONSTITUENT_MISSING"
    after = strike_ns(FORMED + timedelta(days=2))
    assert laspeyres_of(history, after, "OD").level_ppm == 1_000_000


def test_a_new_quarter_is_joined_where_both_baskets_were_priced():
    """The old basket ends at 1.10; the new one goes on from there, whatever the new chip costs.

    On 30 September all prices stand 10 % higher; MI300X has been there since August and is not in
    the old basket. On 1 October it doubles: six chips, so the level rises by a sixth of 1.10.
    """
    history = days(FIRST, date(2026, 9, 29), PRICES)
    chip = "CHR.MI300X.OD"
    for strike in list(history):
        if strike >= strike_ns(date(2026, 8, 10)):
            history[strike][chip] = 26_000
    raised = {ticker: price * 11 // 10 for ticker, price in PRICES.items()}
    link = strike_ns(date(2026, 9, 30))
    history[link] = raised | {chip: 26_000}
    assert laspeyres_of(history, link, "OD").level_ppm == 1_100_000
    first = strike_ns(date(2026, 10, 1))
    history[first] = raised | {chip: 52_000}
    found = laspeyres_of(history, first, "OD")
    assert (found.level_ppm, found.linked_ns, found.chips) == (1_283_333, link, 6)


def test_a_chip_that_enters_moves_nothing():
    """No same-day reset: with prices held, the level over the link is what it was."""
    history = days(FIRST, date(2026, 10, 2), PRICES)
    for strike in list(history):
        if strike >= strike_ns(date(2026, 9, 1)):
            history[strike]["CHR.MI300X.OD"] = 26_000
    levels = {laspeyres_of(history, strike, "OD").level_ppm for strike in sorted(history)[19:]}
    assert levels == {1_000_000}


def test_where_the_last_day_has_no_level_the_one_before_it_is_the_link():
    history = days(FIRST, date(2026, 10, 1), PRICES)
    del history[strike_ns(date(2026, 9, 30))][H100]
    found = laspeyres_of(history, strike_ns(date(2026, 10, 1)), "OD")
    assert found.linked_ns == strike_ns(date(2026, 9, 29))


def test_too_few_steady_chips_keep_the_old_basket():
    history = days(FIRST, date(2026, 8, 20), PRICES) | days(
        date(2026, 9, 29), date(2026, 10, 1), PRICES
    )
    found = laspeyres_of(history, strike_ns(date(2026, 10, 1)), "OD")
    assert (found.level_ppm, found.linked_ns) == (1_000_000, strike_ns(FORMED))
    assert found.chips >= BASKET_MIN


def test_broad_baskets_are_companions_of_both_tenors():
    history = days(FIRST, FORMED, PRICES)
    strike = strike_ns(FORMED)
    fixings = [
        fixing(series=ticker, strike_ns=strike, known_ns=strike + 1, fix_ticks=price)
        for ticker, price in PRICES.items()
    ]
    found = {each.ticker: each for each in baskets_of(fixings, history)}
    assert found["CHR.BROAD.OD.LASPEYRES"].value == 1_000_000
    assert found["CHR.BROAD.OD.BF16"].value == 3_467_229_582
    assert found["CHR.BROAD.SPOT.BF16"].reason == "CONSTITUENT_MISSING"
    assert found["CHR.BROAD.SPOT.LASPEYRES"].reason == "NO_BASE"
    assert len(found) == 6


def test_a_suppressed_fix_has_no_price():
    assert prices_of([fixing(fix_ticks=None), fixing(series=H200, fix_ticks=5)]) == {H200: 5}


@settings(max_examples=25)
@given(st.dictionaries(st.sampled_from(sorted(PRICES)), st.integers(1, 10**6), min_size=5))
def test_a_level_lies_between_the_least_and_the_greatest_relative(prices):
    basket = Basket(0, 1, tuple(sorted(PRICES.items())))
    relatives = [prices[ticker] / PRICES[ticker] for ticker in PRICES]
    level = float(basket.level_at(prices))
    assert min(relatives) <= level * (1 + 1e-9) and level <= max(relatives) * (1 + 1e-9)


@pytest.mark.parametrize("later", [1, 10**6])
def test_no_later_price_changes_a_level(later):
    history = days(FIRST, FORMED, PRICES)
    known = laspeyres_of(history, strike_ns(FORMED), "OD")
    history |= days(FORMED + timedelta(days=1), FORMED + timedelta(days=9), {H100: later})
    assert laspeyres_of(history, strike_ns(FORMED), "OD") == known
