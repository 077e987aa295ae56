"""TEST PREMIUM: what a traded price pays, and what a price of risk gives.

Takes   a fit of a seeded history.
Gives   failures.
Keeps   one road into the other: a forward made with a price of risk gives it back.
Source  Lucia and Schwartz (2002); decision 0045.
"""

import numpy as np
import pytest

from chiphour.analyse.pricing.outlook import expected
from chiphour.analyse.pricing.outlook import future_value
from chiphour.analyse.pricing.premium import forward_price
from chiphour.analyse.pricing.premium import premium_of
from chiphour.analyse.pricing.reversion import fit
from planted import simulated

FOUND = fit([simulated(np.random.default_rng(21), 300)])
DAY = 330
VALUE = future_value(FOUND, DAY)


def test_no_price_of_risk_is_the_expectation():
    assert forward_price(FOUND, DAY, 0.0) == pytest.approx(float(expected(FOUND, [DAY])[0]))


def test_sellers_who_pay_for_certainty_push_the_forward_down():
    asked = forward_price(FOUND, DAY, 0.5)
    assert asked < VALUE.price
    assert premium_of(FOUND, DAY, VALUE, asked, asked, asked).price_of_risk == pytest.approx(
        0.5, abs=0.02
    )


def test_a_premium_tells_only_outside_the_models_band():
    near = premium_of(FOUND, DAY, VALUE, VALUE.price, VALUE.price * 0.99, VALUE.price * 1.01)
    assert (near.share, near.tells) == (0, False)
    assert (near.low, near.high) == pytest.approx((-0.01, 0.01))
    far = VALUE.high * 1.1
    assert premium_of(FOUND, DAY, VALUE, far, far, far).tells


def test_a_book_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="expected 0 < bid <= price <= ask"):
        premium_of(FOUND, DAY, VALUE, 1.0, 2.0, 3.0)
