"""TEST FIXED: fixings as histories; futures, averages and basis priced or refused.

Takes   fixings made by hand.
Gives   failures.
Keeps   the rulebook's count of an average.
Source  Rulebook 8.2 and 8.3; decision 0045.
"""

from datetime import date
from datetime import timedelta

import numpy as np
import pytest

from chiphour.analyse.pricing.borrowing import calibrate
from chiphour.analyse.pricing.fixed import FEW_LEFT
from chiphour.analyse.pricing.fixed import TOO_FAR
from chiphour.analyse.pricing.fixed import begins_anew
from chiphour.analyse.pricing.fixed import farthest
from chiphour.analyse.pricing.fixed import fixed_histories
from chiphour.analyse.pricing.fixed import kin_of
from chiphour.analyse.pricing.fixed import last_day
from chiphour.analyse.pricing.fixed import price_average
from chiphour.analyse.pricing.fixed import price_basis
from chiphour.analyse.pricing.fixed import priced_averages
from chiphour.analyse.pricing.fixed import priced_futures
from chiphour.analyse.pricing.history import FEW_FIXINGS
from chiphour.contracts.average import Average
from chiphour.contracts.basis import Basis
from chiphour.contracts.basis import Leg
from chiphour.simulate.price_paths import path
from chiphour.units import strike_ns
from records import fixing

H100, H200 = "CHR.H100.SXM.OD", "CHR.H200.SXM.OD"
FIRST, LAST = date(2026, 6, 1), date(2026, 7, 20)


def fixings(series=H100, seed=1, last=LAST):
    """Give fixings of each day that move as the model says."""
    days = [FIRST + timedelta(days=n) for n in range((last - FIRST).days + 1)]
    logs = path(np.random.default_rng(seed), np.arange(len(days)))
    return [
        fixing(series=series, strike_ns=strike_ns(day), fix_ticks=round(10_000 * np.exp(log)))
        for day, log in zip(days, logs, strict=True)
    ]


@pytest.fixture(scope="module")
def calibration():
    return calibrate(fixed_histories(fixings()), H100)


def test_a_move_of_the_panel_begins_anew_and_one_of_price_does_not():
    moved = {"fix_ticks": 11_000, "change_ticks": 1_000}
    assert begins_anew(fixing(**moved, matched_ticks=0))
    assert not begins_anew(fixing(**moved, matched_ticks=1_000))
    assert not begins_anew(fixing(**moved, matched_ticks=500))  # 5 % is allowed.
    assert not begins_anew(fixing(change_ticks=None))
    gap = fixing(strike_ns=strike_ns(LAST), state="suppressed", fix_ticks=None, change_ticks=None)
    (only,) = fixed_histories([*fixings()[:3], gap])[H100]
    assert len(only.days) == 3


def test_kin_trade_by_the_same_terms_and_a_narrow_series_replaces_its_whole():
    assert kin_of(H100)[-1] == H100
    assert all(each.endswith(".OD") for each in kin_of(H100))
    narrow = kin_of("CHR.H100.SXM.OD.US")
    assert narrow[-1] == "CHR.H100.SXM.OD.US" and H100 not in narrow


def test_listed_futures_have_a_price_as_far_as_the_history_reaches(calibration):
    assert (last_day(calibration), farthest(calibration)) == (LAST, LAST + timedelta(days=98))
    found = priced_futures(calibration, H100, LAST)
    assert [each.name.partition("-")[2] for each in found][:3] == ["24JUL26", "31JUL26", "31AUG26"]
    assert all((each.value is None) == (each.expiry > farthest(calibration)) for each in found)
    assert {each.reason for each in found} == {"", TOO_FAR}
    for each in found:
        assert each.value is None or each.value.low < each.value.price < each.value.high


def test_an_average_of_a_month_partly_fixed_counts_fit_fixes(calibration):
    known = fixings()
    july, august = priced_averages(calibration, H100, LAST, known)
    assert (july.known, august.known) == (20, 0)
    assert july.value.high - july.value.low < august.value.high - august.value.low
    unfit = [each._replace(fit=at % 2 == 0) for at, each in enumerate(known)]
    assert price_average(calibration, Average(H100, 2, LAST), unfit).known == 10
    sunk = [each._replace(fit=False) for each in known]
    late = calibrate(fixed_histories(fixings(last=date(2026, 7, 29))), H100)
    found = price_average(late, Average(H100, 2, LAST), sunk)
    assert (found.value, found.reason) == (None, FEW_LEFT)


def test_basis_has_a_price_where_both_legs_have(calibration):
    histories = fixed_histories([*fixings(), *fixings(H200, 2)])
    other = calibrate(histories, H200)
    legs = Leg(H100, 2), Leg(H200, 6)
    found = price_basis(calibration, other, Basis(*legs, date(2026, 8, 31)), 0.0)
    assert found.name == "H100SXMODH200SXMOD_USDC-31AUG26"
    assert found.value.low < found.value.price < found.value.high
    far = price_basis(calibration, other, Basis(*legs, date(2027, 3, 31)), 0.0)
    assert (far.value, far.reason) == (None, TOO_FAR)


def test_two_fixings_only_are_not_enough():
    little = calibrate(fixed_histories(fixings()[:2]), H100)
    for each in (*priced_futures(little, H100, LAST), *priced_averages(little, H100, LAST, [])):
        assert (each.value, each.reason) == (None, FEW_FIXINGS)
    basis = Basis(Leg(H100, 2), Leg(H200, 6), date(2026, 8, 31))
    assert price_basis(little, little, basis, 0.0).reason == FEW_FIXINGS
