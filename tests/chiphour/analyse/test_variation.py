"""TEST VARIATION: a trend is no variation, a noise that is planted is found.

Takes   sums of days made from planted series.
Gives   claims on the figures and their intervals.
Keeps   the stated figure exact.
Source  Decision 0042.
"""

import math
import random
from statistics import stdev

import pytest

from chiphour.analyse.aggregates import MovedRow
from chiphour.analyse.aggregates import OfDayRow
from chiphour.analyse.variation import detrended
from chiphour.analyse.variation import jackknife
from chiphour.analyse.variation import matched_swing
from chiphour.analyse.variation import tod_patterns
from chiphour.analyse.variation import volatilities


def panel(logs, venue="v", each=24):
    """Give the sums of the days of a venue, of which each hour's logarithm is given."""
    middle = sum(logs) / len(logs)
    for day in range(len(logs) // each):
        points = [(hour / 24, logs[hour] - middle) for hour in range(day * each, (day + 1) * each)]
        sums = [
            math.fsum(t for t, _ in points),
            math.fsum(y for _, y in points),
            math.fsum(t * t for t, _ in points),
            math.fsum(t * y for t, y in points),
            math.fsum(y * y for _, y in points),
        ]
        yield MovedRow("H100", "SXM", "OD", venue, day, each, 0, 0, *sums)


def market(prices):
    return [
        MovedRow("H100", "SXM", "", "", day, 1, price, price * price, *[0.0] * 5)
        for day, price in enumerate(prices)
    ]


def test_a_trend_alone_is_no_variation_whatever_the_stated_figure():
    logs = [hour / 240 for hour in range(30 * 24)]  # Ten per cent a day.
    found = detrended(list(panel(logs)), range(30))
    assert found.value == pytest.approx(0, abs=1e-6)


def test_a_planted_noise_is_found_within_its_interval_in_most_histories():
    """Sixty seeded histories of independent noise: the 90 % interval holds it in at least 45."""
    held = 0
    for seed in range(60):
        rng = random.Random(seed)
        logs = [0.001 * hour + rng.gauss(0, 0.05) for hour in range(20 * 24)]
        found = detrended(list(panel(logs)), range(20))
        held += found.low <= 0.05 <= found.high
    assert held >= 45


def test_the_stated_figures_are_those_of_statistics():
    prices = [2_000_000_000, 2_500_000_001, 1_999_999_999]
    (found,) = volatilities(market(prices))
    assert found.sd_usd == round(stdev(prices) / 1e9, 6)
    assert found.cv == round(stdev(prices) / (sum(prices) / 3), 6)
    assert found.mean_nanousd == round(sum(prices) / 3)


def test_a_constant_price_has_no_variation_at_all():
    (found,) = volatilities([*market([10**9] * 20), *panel([0.0] * 20 * 24)])
    assert (found.cv, found.log_variation, found.low, found.high) == (0, 0, 0, 0)


def test_too_few_days_are_told():
    (found,) = volatilities([*market([1, 2]), *panel([0.0] * 48)])
    assert found.log_variation is None
    assert [(each.found, each.needed) for each in found.lacking] == [(2, 14)]


def test_the_jackknife_of_a_mean_is_its_standard_error():
    values = [1.0, 2.0, 4.0, 9.0]
    found = jackknife(
        range(4),
        lambda out: sum(v for n, v in enumerate(values) if n != out) / (4 - (out is not None)),
    )
    error = stdev(values) / 2
    assert found.value == 4
    assert found.high - found.low == pytest.approx(2 * 1.6448536269514722 * error)


def test_the_jackknife_of_one_day_is_nothing():
    assert jackknife([1], lambda out: 1.0) is None
    assert jackknife([1, 2], lambda out: None if out == 2 else 1.0) is None


def whole_days(days, swing):
    for day in range(days):
        for hour in range(24):
            y = swing * math.sin(2 * math.pi * hour / 24)
            yield OfDayRow("H100", "SXM", True, day, hour, 1, 0, y)


def test_a_planted_swing_is_found():
    found = matched_swing(list(whole_days(10, 0.1)), range(10))
    assert found.value == pytest.approx(math.exp(0.2) - 1)
    assert found.low == pytest.approx(found.high)


def test_hours_of_day_are_means_of_their_samples():
    rows = [
        OfDayRow("H100", "SXM", False, day, hour, 2, 2 * usd, 0.0)
        for day, hour, usd in ((0, 3, 100), (1, 3, 200), (1, 5, 300))
    ]
    (found,) = tod_patterns(rows)
    assert [(hour[0], hour[1], hour[2]) for hour in found.hours] == [(3, 150, 4), (5, 300, 2)]
    assert found.swing_ppm == 666_667
    assert (found.days, found.matched_swing_ppm, found.lacking[0].needed) == (2, None, 7)


def test_one_hour_of_the_day_has_no_swing():
    (found,) = tod_patterns([OfDayRow("H100", "SXM", False, 0, 3, 1, 100, 0.0)])
    assert found.swing_ppm is None
    assert (found.lacking[0].found, found.lacking[0].needed) == (1, 2)
