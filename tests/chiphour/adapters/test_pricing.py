"""TEST PRICING: the model of a curve from kept fixings.

Takes   fixings made by hand.
Gives   failures.
Keeps   a day that is past without a point, one that cannot be priced with a reason.
Source  Decision 0045.
"""

from datetime import date
from datetime import timedelta

import numpy as np
import pytest

from chiphour.adapters.fixings import NothingRecorded
from chiphour.adapters.pricing import basis_of
from chiphour.adapters.pricing import calibration_of
from chiphour.adapters.pricing import microusd
from chiphour.adapters.pricing import model_of
from chiphour.adapters.pricing import outlook_of
from chiphour.analyse.pricing.fixed import TOO_FAR
from chiphour.analyse.pricing.history import FEW_FIXINGS
from chiphour.simulate.price_paths import path
from chiphour.units import strike_ns
from records import fixing

H100, H200 = "CHR.H100.SXM.OD", "CHR.H200.SXM.OD"
FIRST = date(2026, 6, 1)


def fixings_of(count):
    """Give a way to ask for this many days of two series."""

    def asked(series):
        seeds = {H100: 1, H200: 2}
        if series not in seeds:
            return []
        logs = path(np.random.default_rng(seeds[series]), np.arange(count))
        return [
            fixing(
                series=series,
                strike_ns=strike_ns(FIRST + timedelta(days=day)),
                fix_ticks=round(10_000 * np.exp(log)),
            )
            for day, log in enumerate(logs)
        ]

    return asked


def test_a_later_day_has_a_price_in_its_band_and_a_past_one_no_point():
    model = model_of(calibration_of(fixings_of(50), H100), H100)
    point = model(date(2026, 8, 31))
    assert (point.source, point.name, point.reason) == ("model", "own history", "")
    assert 0 < point.low_microusd < point.price_microusd < point.high_microusd
    assert model(date(2026, 7, 20)) is None
    assert model(date(2027, 12, 31))[3:] == (None, None, None, TOO_FAR)


def test_too_little_is_told_with_its_reason():
    point = model_of(calibration_of(fixings_of(2), H100), H100)(date(2026, 8, 31))
    assert point == (date(2026, 8, 31), "model", "", None, None, None, FEW_FIXINGS)


def test_an_outlook_holds_what_is_listed_and_a_basis_its_days():
    outlook = outlook_of(fixings_of(50), H100)
    assert len(outlook.averages) == 2
    basis = basis_of(fixings_of(50), outlook, H200)
    assert [each.expiry for each in basis] == [each.expiry for each in outlook.futures]
    near, other = outlook.futures[0].value, outlook_of(fixings_of(50), H200).futures[0].value
    assert basis[0].value.price == pytest.approx(near.price - other.price)


def test_a_series_that_was_never_fixed_is_refused():
    with pytest.raises(NothingRecorded, match=r"never|was not"):
        outlook_of(fixings_of(50), "CHR.T4.OD")


def test_dollars_round_to_micro_dollars():
    assert microusd(3.2000004) == 3_200_000
