"""TEST BORROWING: whose history speaks.

Takes   seeded histories of several series.
Gives   failures.
Keeps   the asked series last in every fit.
Source  docs/pricing/README.md, section 4; decision 0045.
"""

import numpy as np

from chiphour.analyse.pricing.borrowing import NO_FIXING
from chiphour.analyse.pricing.borrowing import calibrate
from chiphour.analyse.pricing.history import CONSTANT
from chiphour.analyse.pricing.history import FEW_FIXINGS
from chiphour.analyse.pricing.history import History
from planted import simulated

RNG = np.random.default_rng(2)
LONG = simulated(RNG, 60, series="LONG")
STILL = History("STILL", np.arange(40), np.full(40, 0.5))
PAIR = History("PAIR", np.array([3, 4]), np.array([0.1, 0.2]))
ALL = {"LONG": [LONG], "STILL": [STILL], "PAIR": [PAIR]}


def test_a_series_that_says_enough_speaks_for_itself():
    found = calibrate(ALL, "LONG")
    assert (found.series, found.own_reason, found.reason, found.name) == (1, "", "", "own history")
    assert np.array_equal(found.fit.histories[0].logs, LONG.logs)


def test_one_that_says_too_little_borrows_and_tells_why():
    found = calibrate(ALL, "STILL")
    assert (found.series, found.own_reason, found.reason) == (3, CONSTANT, "")
    assert found.name == "histories of 3 series"
    assert found.fit.histories[-1].series == "STILL"


def test_what_is_long_past_is_not_learned_from():
    old = LONG._replace(days=LONG.days - 5_000)
    assert calibrate({"LONG": [old, LONG]}, "LONG").fit.histories[0].days[0] == 0
    assert calibrate({"STILL": [STILL], "OLD": [old]}, "STILL").reason == CONSTANT


def test_where_nobody_says_enough_there_is_no_fit():
    assert calibrate({"STILL": [STILL]}, "STILL")[0] is None
    assert calibrate({"STILL": [STILL]}, "STILL").reason == CONSTANT
    assert calibrate({"PAIR": [PAIR]}, "PAIR").reason == FEW_FIXINGS
    assert calibrate(ALL, "NONE") == (None, 0, NO_FIXING, NO_FIXING)
