"""PREMIUM: what a traded price pays beyond what is expected, and what it asks for bearing risk.

Takes   the expected value of a contract with its band; the price that is traded, bid and asked.
Gives   the premium as a share of what is expected, and the price of risk that it implies.
Keeps   a premium unknown where nothing is traded: spot prices alone cannot tell it.
Source  Lucia and Schwartz (2002), section 3: the forward price of what cannot be stored is the
        expectation less a premium; Schwartz (1997), model 1, for its shape over time.
        docs/pricing/README.md, section 5; decision 0045.

With a price of risk lambda the factor's drift is lower by lambda sigma, so that

    log F(T) - log E[P(T)] = -lambda sigma (1 - exp(-kappa T)) / kappa
"""

from typing import NamedTuple

import numpy as np

from chiphour.analyse.pricing.history import Floats
from chiphour.analyse.pricing.outlook import Value
from chiphour.analyse.pricing.outlook import expected
from chiphour.analyse.pricing.reversion import DAYS_PER_YEAR
from chiphour.analyse.pricing.reversion import Fit


class Premium(NamedTuple):
    """Shares of the expected price: of the traded price, of the bid and of the ask.

    `tells` is whether the traded interval lies outside the model's own band: only then is it clear
    that it is a premium and not the model's doubt. `price_of_risk` a root of a year.
    """

    share: float
    low: float
    high: float
    tells: bool
    price_of_risk: float


def exposure(found: Fit, day: int) -> Floats:
    """Give sigma (1 - exp(-kappa T)) / kappa for each kappa, float64[k]: what lambda multiplies."""
    years = (day - int(found.histories[-1].days[-1])) / DAYS_PER_YEAR
    return np.asarray(np.sqrt(found.variance) * -np.expm1(-found.kappa * years) / found.kappa)


def premium_of(
    found: Fit, day: int, value: Value, traded: float, bid: float, ask: float
) -> Premium:
    """Compare a future's traded price with its value, all in dollars and above zero."""
    if not 0 < bid <= traded <= ask:
        raise ValueError(f"expected 0 < bid <= price <= ask, found {bid}, {traded}, {ask}")
    typical = float(found.weight @ exposure(found, day))
    return Premium(
        share=traded / value.price - 1,
        low=bid / value.price - 1,
        high=ask / value.price - 1,
        tells=bid > value.high or ask < value.low,
        price_of_risk=-float(np.log(traded / value.price)) / typical,
    )


def forward_price(found: Fit, day: int, price_of_risk: float) -> float:
    """Give the forward price at a stated price of risk; 0 gives the expectation.

    Positive where sellers pay to be rid of risk: the forward lies below what is expected.
    """
    asked = np.exp(-price_of_risk * exposure(found, day))
    return float(expected(found, [day])[0] * (found.weight @ asked))
