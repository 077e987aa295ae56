"""HEDGE: hours that a buyer must pay for, month by month, and the contracts that lock their price.

Takes   an exposure by month, the contracts that are listed, their books, a ratio.
Gives   for each month the contract that fits it best and its lots; what buying them costs now.
Keeps   a month that has begun or is over out; a month without a contract as such, with the reason.
        What a book does not hold is never priced as if it did: the lots that it lacks are counted.
Source  Rulebook 8.2 (what is listed); Stulz, "Optimal Hedging Policies", 1984: what is hedged is
        the quantity that will be bought, whatever one thinks of the price.
"""

import re
from collections.abc import Iterable
from collections.abc import Sequence
from datetime import date
from datetime import timedelta
from fractions import Fraction
from typing import NamedTuple

from chiphour.contracts.average import Average
from chiphour.contracts.cycle import Contract
from chiphour.contracts.cycle import month_end
from chiphour.contracts.future import Future
from chiphour.observe.observation import MarketError
from chiphour.units import PPM
from chiphour.units import div_ceil
from chiphour.units import div_half_even

MONTHS_MAX = 36
HOURS_MAX = (1 << 24) - 1  # A month's lots fit one order (rulebook 1.2).
RATIO_PPM_MAX = 2 * PPM
AVERAGE, MONTH_END, LATER, UNLISTED = "average", "month end", "later", "none"
MONTH = re.compile(r"(\d{4})-(\d{2})")


class HedgeRefused(MarketError):
    """An exposure or a ratio that cannot be hedged as it was given."""


class Month(NamedTuple):
    """Hours that will be bought in the month that begins on `first`."""

    first: date
    hours: int

    @property
    def last(self) -> date:
        """Give the last day of the month."""
        return month_end(self.first)

    @property
    def word(self) -> str:
        """Write the month: 2026-09."""
        return f"{self.first:%Y-%m}"


class Choice(NamedTuple):
    """The contract for a month, how well it fits, and why there is none or it fits badly."""

    month: Month
    contract: Contract | None
    match: str
    reason: str


class Bought(NamedTuple):
    """What lots cost at a book: `cost_microusd` of the `filled_lots` that it holds."""

    filled_lots: int
    cost_microusd: int
    last_microusd: int  # The worst price that was needed.


def month_from(text: str, hours: int) -> Month:
    """Read a month such as 2026-09; raises HedgeRefused."""
    found = MONTH.fullmatch(text)
    if not found or not 1 <= int(found[2]) <= 12 or not 2000 <= int(found[1]) < 2100:
        raise HedgeRefused(f"month: expected one such as 2026-09, found {text[:40]!r}")
    if not 1 <= hours <= HOURS_MAX:
        raise HedgeRefused(f"hours of {text}: expected 1 to {HOURS_MAX} GPU-hours, found {hours}")
    return Month(date(int(found[1]), int(found[2]), 1), hours)


def exposure_of(months: Iterable[Month], today: date) -> tuple[Month, ...]:
    """Give the months in order, all to come; raises HedgeRefused for one that has begun."""
    found = sorted(months)
    if not 1 <= len(found) <= MONTHS_MAX:
        raise HedgeRefused(f"months: expected 1 to {MONTHS_MAX}, found {len(found)}")
    for month, after in zip(found, [*found[1:], None], strict=True):
        if after is not None and after.first == month.first:
            raise HedgeRefused(f"months: expected each once, found {month.word} twice")
        if month.first <= today:
            to_come = month_end(today) + timedelta(days=1)
            raise HedgeRefused(
                f"month: expected {to_come:%Y-%m} or later, as today is {today}, found {month.word}"
            )
    return tuple(found)


def choose(month: Month, listed: Sequence[Contract]) -> Choice:
    """Give the contract whose end fits a month best: its average, its end, or the next later one.

    An average settles on what a buyer who buys evenly pays; a later contract is closed as the
    hours are used, at whatever the curve then says.
    """
    futures = sorted((c for c in listed if isinstance(c, Future)), key=lambda c: c.expiry)
    for contract in listed:
        if isinstance(contract, Average) and contract.expiry == month.last:
            return Choice(month, contract, AVERAGE, "")
    for future in futures:
        if future.expiry == month.last:
            words = "settles on the last day alone: the days before it stay open"
            return Choice(month, future, MONTH_END, words)
        if future.expiry > month.last:
            words = "a stand-in until a contract of its own is listed: close it as hours are used"
            return Choice(month, future, LATER, words)
    last = futures[-1].expiry if futures else None
    words = "no contract is listed" if last is None else f"the last one listed ends on {last}"
    return Choice(month, None, UNLISTED, f"{words}: it cannot be hedged yet")


def lots_of(hours: int, ratio_ppm: int) -> int:
    """Give the lots that hedge so many hours: one lot is one GPU-hour; to the nearest."""
    if not 0 <= ratio_ppm <= RATIO_PPM_MAX:
        most = RATIO_PPM_MAX // PPM
        raise HedgeRefused(f"ratio: expected 0 to {most}, found {Fraction(ratio_ppm, PPM)}")
    return min(HOURS_MAX, div_half_even(hours * ratio_ppm, PPM))


def buy(asks: Sequence[tuple[int, int]], lots: int) -> Bought:
    """Walk the asks, (price in micro-dollars, lots) best first, until `lots` are bought."""
    cost = filled = last = 0
    for price, offered in asks:
        taken = min(offered, lots - filled)
        if taken <= 0:
            break
        cost, filled, last = cost + taken * price, filled + taken, price
    return Bought(filled, cost, last)


def price_of(bought: Bought, lots: int) -> int:
    """Give the price of all lots, rounded up; what the book lacks at the worst that it held."""
    assert bought.filled_lots > 0
    missing = lots - bought.filled_lots
    return div_ceil(bought.cost_microusd + missing * bought.last_microusd, lots)
