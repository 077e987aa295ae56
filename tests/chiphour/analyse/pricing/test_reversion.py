"""TEST REVERSION: the likelihood against dense matrices, and what a fit must keep.

Takes   seeded histories.
Gives   failures.
Keeps   the second road apart: whole covariance matrices, no steps.
Source  Harville (1977), equation for restricted likelihood; decision 0045.
"""

import numpy as np
import pytest

from chiphour.analyse.pricing.history import History
from chiphour.analyse.pricing.reversion import fit
from chiphour.analyse.pricing.reversion import parameters_of
from chiphour.analyse.pricing.reversion import step_variance
from chiphour.simulate.price_paths import Truth
from planted import simulated


def dense(histories, kappa):
    """Give coefficients, variance and restricted log likelihood by whole matrices."""
    last = max(each.days[-1] for each in histories)
    days = np.concatenate([each.days for each in histories])
    owner = np.concatenate([[n] * len(each.days) for n, each in enumerate(histories)])
    y = np.concatenate([each.logs for each in histories])
    apart = np.abs(days[:, None] - days[None]) / 365.25
    covariance = np.exp(-kappa * apart) / (2 * kappa) * (owner[:, None] == owner[None])
    x = np.column_stack([*(owner == n for n in range(len(histories))), (days - last) / 365.25])
    inverse = np.linalg.inv(covariance)
    a = x.T @ inverse @ x
    b = np.linalg.solve(a, x.T @ inverse @ y)
    left = y - x @ b
    freedom = len(y) - x.shape[1]
    squares = left @ inverse @ left
    logs = [np.linalg.slogdet(m)[1] for m in (covariance, a)]
    return b, squares / freedom, -0.5 * (sum(logs) + freedom * np.log(squares))


def test_it_is_the_likelihood_of_the_whole_covariance():
    rng = np.random.default_rng(3)
    histories = [simulated(rng, 60, Truth(8.0), name) for name in "AB"]
    found = fit(histories, no_trend_years=0)
    for at in range(0, len(found.kappa), 9):
        b, variance, likelihood = dense(histories, found.kappa[at])
        assert found.coefficients[at] == pytest.approx(b)
        assert found.variance[at] == pytest.approx(variance)
        assert found.likelihood[at] == pytest.approx(likelihood)


def test_two_steps_add_up_to_one():
    kappa, a, b = 7.0, np.array(0.01), np.array(0.03)
    both = np.exp(-2 * kappa * b) * step_variance(kappa, a) + step_variance(kappa, b)
    assert step_variance(kappa, a + b) == pytest.approx(both)


def test_the_scale_of_prices_moves_the_level_alone():
    history = simulated(np.random.default_rng(4), 90)
    dearer = history._replace(logs=history.logs + np.log(3))
    ours, theirs = (parameters_of(fit([each])) for each in (history, dearer))
    for one, other in zip(ours[:3], theirs[:3], strict=True):
        assert one == pytest.approx(other)
    assert theirs.level.value - ours.level.value == pytest.approx(np.log(3))


def test_a_year_without_trend_draws_a_short_trend_to_zero():
    days = np.arange(40)
    logs = 0.01 * days + np.random.default_rng(5).normal(0, 0.01, 40)
    free, drawn = (parameters_of(fit([History("A", days, logs)], years)) for years in (0, 1))
    assert free.trend.value == pytest.approx(3.65, rel=0.1)
    assert 0 < drawn.trend.value < free.trend.value


def test_weights_sum_to_one_and_the_same_gives_the_same():
    history = simulated(np.random.default_rng(6), 50)
    found, again = fit([history]), fit([history])
    assert found.weight.sum() == pytest.approx(1)
    assert all(np.array_equal(a, b) for a, b in zip(found[2:8], again[2:8], strict=True))


@pytest.mark.parametrize("logs", [[1.0, 1.1], [1.0] * 30])
def test_what_cannot_be_fitted_is_refused(logs):
    with pytest.raises(ValueError, match="expected histories that move"):
        fit([History("A", np.arange(len(logs)), np.array(logs))])
