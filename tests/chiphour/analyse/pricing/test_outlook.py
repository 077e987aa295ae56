"""TEST OUTLOOK: futures, averages and basis against drawn paths.

Takes   fits of seeded histories, cut to one speed so that a path can be drawn from it.
Gives   failures.
Keeps   tolerances at three standard errors of what was drawn.
Source  Schwartz (1997), Kemna and Vorst (1990); decision 0045.
"""

import numpy as np
import pytest

from chiphour.analyse.pricing.history import History
from chiphour.analyse.pricing.outlook import average_value
from chiphour.analyse.pricing.outlook import basis_value
from chiphour.analyse.pricing.outlook import draw
from chiphour.analyse.pricing.outlook import expected
from chiphour.analyse.pricing.outlook import future_value
from chiphour.analyse.pricing.outlook import moments
from chiphour.analyse.pricing.outlook import quantile
from chiphour.analyse.pricing.outlook import shock_correlation
from chiphour.analyse.pricing.reversion import fit
from chiphour.simulate.price_paths import Truth
from chiphour.simulate.price_paths import path
from planted import simulated

PATHS = 20_000


def one_speed(found, known=True):
    """Keep the likeliest speed alone; with `known` the parameters are not in doubt."""
    at = int(np.argmax(found.weight))
    cut = found._replace(
        kappa=found.kappa[[at]],
        weight=np.ones(1),
        coefficients=found.coefficients[[at]],
        inverse=found.inverse[[at]] * (0 if known else 1),
        variance=found.variance[[at]],
    )
    return cut


def drawn(found, days, rng):
    """Draw log prices of later days, float64[path, day], step by step."""
    kappa, sigma = float(found.kappa[0]), float(np.sqrt(found.variance[0]))
    level, trend = found.coefficients[0, -2:]
    last = found.histories[-1]
    now = int(last.days[-1])
    truth = Truth(
        np.log(2) / kappa * 365.25, sigma, trend, level + trend * (now - found.last_day) / 365.25
    )
    begin = last.logs[-1] - truth.level
    whole = [
        path(
            rng,
            [now, *days],
            truth._replace(level=truth.level + trend * (days[-1] - now) / 365.25),
            begin,
        )
        for _ in range(PATHS // 10)
    ]
    return np.array(whole)[:, 1:]


@pytest.fixture(scope="module")
def found():
    return fit([simulated(np.random.default_rng(8), 200, Truth(20.0))])


def test_expectation_is_the_mean_of_drawn_paths(found):
    known = one_speed(found)
    prices = np.exp(drawn(known, [209, 229, 259], np.random.default_rng(9)))
    error = prices.std(axis=0) / np.sqrt(len(prices))
    assert np.all(np.abs(expected(known, [209, 229, 259]) - prices.mean(axis=0)) < 3 * error)


def test_a_future_is_an_average_of_one_day_and_its_band_holds_ninety_percent(found):
    known = one_speed(found)
    value = future_value(known, 229)
    assert value == average_value(known, (), [229])
    assert value.price == pytest.approx(float(expected(known, [229])[0]))
    prices = np.exp(drawn(known, [229], np.random.default_rng(10)))[:, 0]
    assert np.mean((prices >= value.low) & (prices <= value.high)) == pytest.approx(0.9, abs=0.021)


def test_an_average_counts_what_is_known_and_what_is_to_come(found):
    known, days, fixes = one_speed(found), list(range(200, 215)), [3.0, 3.5, 2.5]
    value = average_value(known, fixes, days)
    prices = np.exp(drawn(known, days, np.random.default_rng(11)))
    averages = (sum(fixes) + prices.sum(axis=1)) / 18
    assert abs(value.price - averages.mean()) < 3 * averages.std() / np.sqrt(len(averages))
    assert np.mean((averages >= value.low) & (averages <= value.high)) == pytest.approx(
        0.9, abs=0.021
    )


def test_an_average_whose_month_is_over_is_known():
    assert (
        average_value(fit([simulated(np.random.default_rng(1), 60)]), [1.0, 2.0], []) == (1.5,) * 3
    )


def test_an_average_is_surer_than_a_future_of_its_last_day(found):
    days = list(range(200, 230))
    average, future = average_value(found, (), days), future_value(found, 229)
    assert average.high - average.low < future.high - future.low


def test_doubt_of_the_parameters_widens_the_band_and_leaves_the_price(found):
    sure, unsure = future_value(one_speed(found), 289), future_value(one_speed(found, False), 289)
    assert sure.price == pytest.approx(unsure.price)
    assert unsure.low < sure.low < sure.high < unsure.high


def test_later_days_are_asked_for(found):
    with pytest.raises(ValueError, match="expected days after 199"):
        moments(found, [199])


def test_basis_is_the_difference_and_correlation_narrows_it(found):
    other = fit([simulated(np.random.default_rng(12), 200, Truth(20.0, level=0.5))])
    apart, joined = (basis_value(found, other, 229, rho) for rho in (-1.0, 0.9))
    prices = [float(expected(each, [229])[0]) for each in (found, other)]
    assert apart.price == joined.price == pytest.approx(prices[0] - prices[1])
    assert joined.high - joined.low < apart.high - apart.low
    same = basis_value(found, found, 229, 1.0)
    assert same == pytest.approx((0, 0, 0), abs=1e-6)


def test_correlation_is_found_with_a_band_or_is_the_widest():
    rng, days = np.random.default_rng(13), np.arange(200)
    shocks = rng.multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], 200) * 0.01
    pair = [
        [History(name, days, logs)]
        for name, logs in zip("AB", shocks.cumsum(axis=0).T, strict=True)
    ]
    value, low = shock_correlation(*pair)
    assert low < value
    assert value == pytest.approx(0.7, abs=0.1)
    still = [History("C", days, np.zeros(200))]
    assert shock_correlation(pair[0], still) == (-1.0, -1.0)
    assert shock_correlation(pair[0], []) == (-1.0, -1.0)


def test_quantile_of_one_normal_and_of_a_point():
    one = np.ones(1)
    assert quantile(one, one * 2, one * 3, 0.95) == pytest.approx(2 + 3 * 1.6448536)
    assert quantile(one, one * 2, one * 0, 0.95) == pytest.approx(2)


def test_drawn_prices_lie_in_the_band_as_often_as_it_says(found):
    days = [209, 229, 259]
    prices = draw(found, days, np.random.default_rng(14), 5_000)
    for at, day in enumerate(days):
        value = future_value(found, day)
        inside = (prices[:, at] >= value.low) & (prices[:, at] <= value.high)
        assert np.mean(inside) == pytest.approx(0.9, abs=0.015)
    averages = prices.mean(axis=1)
    value = average_value(found, (), days)
    assert np.mean((averages >= value.low) & (averages <= value.high)) == pytest.approx(
        0.9, abs=0.015
    )
