"""PLANTED: one simulated history of a series, with gaps.

Takes   a seeded generator; how many days; the parameters.
Gives   a history as the model takes it.
Keeps   the parameters known.
Source  simulate/price_paths.py.
"""

from chiphour.analyse.pricing.history import History
from chiphour.simulate.price_paths import TRUTH
from chiphour.simulate.price_paths import gappy_days
from chiphour.simulate.price_paths import path


def simulated(rng, count=365, truth=TRUTH, series="S"):
    """Give one simulated history with gaps."""
    days = gappy_days(rng, count)
    return History(series, days, path(rng, days, truth))
