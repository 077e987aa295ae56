"""PRICING: the pricing model over the fixings that are kept.

Takes   a way to ask for the fixings of a series.
Gives   the calibration of a series; the model of its forward curve; every contract that the last
        day lists, priced; the difference of two series on a day.
Keeps   one calibration for both, so that page, API and command line tell the same price.
Source  docs/pricing/README.md; decision 0045.
"""

from collections.abc import Callable
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from chiphour.adapters.fixings import NothingRecorded
from chiphour.analyse.curve import Model
from chiphour.analyse.curve import Point
from chiphour.analyse.pricing.borrowing import Calibration
from chiphour.analyse.pricing.borrowing import calibrate
from chiphour.analyse.pricing.fixed import Priced
from chiphour.analyse.pricing.fixed import fixed_histories
from chiphour.analyse.pricing.fixed import kin_of
from chiphour.analyse.pricing.fixed import last_day
from chiphour.analyse.pricing.fixed import price_basis
from chiphour.analyse.pricing.fixed import price_future
from chiphour.analyse.pricing.fixed import priced_averages
from chiphour.analyse.pricing.fixed import priced_futures
from chiphour.analyse.pricing.outlook import shock_correlation
from chiphour.contracts.basis import Basis
from chiphour.contracts.basis import Leg
from chiphour.contracts.future import Future
from chiphour.index.fixing import Fixing
from chiphour.index.series import BY_TICKER
from chiphour.units import MICROUSD_PER_USD
from chiphour.units import day_from_ns

FixingsOf = Callable[[str], Sequence[Fixing]]


def calibration_of(fixings_of: FixingsOf, ticker: str) -> Calibration:
    """Calibrate a series from its own fixings, or from those of all series of its tenor."""
    fixings = (fixing for kin in kin_of(ticker) for fixing in fixings_of(kin))
    return calibrate(fixed_histories(fixings), ticker)


def model_of(calibration: Calibration, ticker: str) -> Model:
    """Give the model that a forward curve asks for the day of each future.

    A day without a price has the reason; one that is not after the last fixing has no point.
    """
    number = BY_TICKER[ticker].number

    def model(day: date) -> Point | None:
        """Give the model's price of a day."""
        if calibration.fit is not None and day <= last_day(calibration):
            return None
        found = price_future(calibration, Future(ticker, number, day))
        name = calibration.name if calibration.fit is not None else ""
        if found.value is None:
            return Point(day, "model", name, None, None, None, found.reason)
        price, low, high = map(microusd, found.value)
        return Point(day, "model", name, price, low, high, "")

    return model


class Outlook(NamedTuple):
    """What the model says of a series, from the fixings of its tenor."""

    ticker: str
    calibration: Calibration
    futures: Sequence[Priced]
    averages: Sequence[Priced]


def outlook_of(fixings_of: FixingsOf, ticker: str) -> Outlook:
    """Price the futures and averages that are listed on the day of the last fixing.

    Raises NothingRecorded where the series was never fixed.
    """
    calibration = calibration_of(fixings_of, ticker)
    fixings = fixings_of(ticker)
    fixed = [day_from_ns(f.strike_ns) for f in fixings if f.fix_ticks is not None]
    if not fixed:
        raise NothingRecorded(f"expected a series that was fixed, found {ticker}, which was not")
    return Outlook(
        ticker,
        calibration,
        priced_futures(calibration, ticker, fixed[-1]),
        priced_averages(calibration, ticker, fixed[-1], fixings),
    )


def basis_of(fixings_of: FixingsOf, outlook: Outlook, ticker: str) -> list[Priced]:
    """Price the difference of a series less another on the days of its futures."""
    other = calibration_of(fixings_of, ticker)
    kin = fixed_histories((*fixings_of(outlook.ticker), *fixings_of(ticker)))
    _, low = shock_correlation(kin.get(outlook.ticker, []), kin.get(ticker, []))
    legs = [Leg(name, BY_TICKER[name].number) for name in (outlook.ticker, ticker)]
    days = [each.expiry for each in outlook.futures]
    return [
        price_basis(outlook.calibration, other, Basis(legs[0], legs[1], day), low) for day in days
    ]


def microusd(dollars: float) -> int:
    """Round a model's dollars to micro-dollars, half to even."""
    return round(dollars * MICROUSD_PER_USD)
