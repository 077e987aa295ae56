"""UNITS: the numbers of the market, and the only ways to round them.

Takes   integers and decimal text.
Gives   nano-dollars (observed prices), ticks (prices of orders and fixings), micro-dollars
        (money), lots (GPU-hours), parts per million (rates), nanoseconds UTC (time).
Keeps   every conversion exact, or rounded the one way that its name says.
Source  Rulebook 1; decision 0002.
"""

import re
from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

NANOUSD_PER_USD = 1_000_000_000
MICROUSD_PER_USD = 1_000_000
TICKS_PER_USD = 10_000  # One tick is $0.0001 for one GPU-hour: the fix's four decimals.
MICROUSD_PER_TICK = MICROUSD_PER_USD // TICKS_PER_USD
NANOUSD_PER_TICK = NANOUSD_PER_USD // TICKS_PER_USD
PPM = 1_000_000

NS_PER_SECOND = 1_000_000_000
NS_PER_MINUTE = 60 * NS_PER_SECOND
NS_PER_HOUR = 60 * NS_PER_MINUTE
NS_PER_DAY = 24 * NS_PER_HOUR
STRIKE_OFFSET_NS = 30 * NS_PER_MINUTE  # The daily strike: 00:30 UTC.

DECIMAL_TEXT = re.compile(r"-?\d{1,15}(\.\d{1,30})?([eE][+-]?\d{1,2})?")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class InexactAmount(ValueError):
    """A decimal text that is malformed, or finer than the unit asked for."""


def div_floor(numerator: int, denominator: int) -> int:
    """Divide integers toward minus infinity; the denominator is positive."""
    assert denominator > 0
    return numerator // denominator


def div_ceil(numerator: int, denominator: int) -> int:
    """Divide integers toward plus infinity; the denominator is positive."""
    assert denominator > 0
    return -((-numerator) // denominator)


def div_half_even(numerator: int, denominator: int) -> int:
    """Divide integers to the nearest, a tie to the even neighbour; the denominator is positive."""
    assert denominator > 0
    quotient, rest = divmod(numerator, denominator)
    if 2 * rest > denominator or (2 * rest == denominator and quotient % 2 == 1):
        quotient += 1
    return quotient


def round_half_even(value: Fraction) -> int:
    """Round an exact fraction to the nearest integer, a tie to the even neighbour."""
    return div_half_even(value.numerator, value.denominator)


def decimal_from_text(text: str) -> Decimal:
    """Read a plain decimal number; raises InexactAmount on anything else (no NaN, no space)."""
    if not DECIMAL_TEXT.fullmatch(text):
        raise InexactAmount(f"expected a decimal number, found {text!r}")
    return Decimal(text)


def nanousd_from_text(text: str) -> int:
    """Read dollars as integer nano-dollars, half-even: for observed prices only."""
    return round_half_even(Fraction(decimal_from_text(text)) * NANOUSD_PER_USD)


def exact_from_text(text: str, units_per_one: int, unit: str) -> int:
    """Read a decimal as a whole number of units; raises InexactAmount when it is finer."""
    value = Fraction(decimal_from_text(text)) * units_per_one
    if value.denominator != 1:
        raise InexactAmount(f"expected a multiple of one {unit}, found {text}")
    return value.numerator


def microusd_from_text(text: str) -> int:
    """Read dollars as integer micro-dollars; raises InexactAmount when finer."""
    return exact_from_text(text, MICROUSD_PER_USD, "micro-dollar")


def ticks_from_text(text: str) -> int:
    """Read a price in dollars as integer ticks of $0.0001; raises InexactAmount off the tick."""
    return exact_from_text(text, TICKS_PER_USD, "tick of 0.0001")


def text_from_ticks(price_ticks: int) -> str:
    """Write ticks as dollars with four decimals: 32000 is 3.2000."""
    return _fixed(price_ticks, 4)


def text_from_microusd(amount_microusd: int) -> str:
    """Write micro-dollars as dollars with six decimals."""
    return _fixed(amount_microusd, 6)


def text_from_nanousd(price_nanousd: int) -> str:
    """Write nano-dollars as dollars with nine decimals."""
    return _fixed(price_nanousd, 9)


def text_from_ppm(rate_ppm: int) -> str:
    """Write parts per million as a share of one with six decimals: 900000 is 0.900000."""
    return _fixed(rate_ppm, 6)


def percent_from_ppm(rate_ppm: int) -> str:
    """Write parts per million as per cent, no idle zeros: 875000 is 87.5, 900000 is 90."""
    return _fixed(rate_ppm, 4).rstrip("0").rstrip(".")


def _fixed(value: int, decimals: int) -> str:
    whole, part = divmod(abs(value), 10**decimals)
    return f"{'-' if value < 0 else ''}{whole}.{part:0{decimals}d}"


def ns_from_datetime(moment: datetime) -> int:
    """Give UTC nanoseconds; raises ValueError when the moment carries no time zone."""
    if moment.tzinfo is None:
        raise ValueError(f"expected a time with a zone, found {moment.isoformat()}")
    return (moment - EPOCH) // timedelta(microseconds=1) * 1_000


def ns_from_iso(text: str) -> int:
    """Read an ISO 8601 time with its zone as UTC nanoseconds; raises ValueError."""
    return ns_from_datetime(datetime.fromisoformat(text))


def iso_from_ns(time_ns: int) -> str:
    """Write UTC nanoseconds as ISO 8601 with `Z`, to the second where that is exact."""
    moment = EPOCH + timedelta(microseconds=time_ns // 1_000)
    return moment.isoformat().replace("+00:00", "Z")


def strike_ns(day: date) -> int:
    """Give the strike of a day: 00:30 UTC, in nanoseconds."""
    return (day - EPOCH.date()).days * NS_PER_DAY + STRIKE_OFFSET_NS


def day_from_ns(time_ns: int) -> date:
    """Give the UTC calendar day in which a time lies."""
    return EPOCH.date() + timedelta(days=time_ns // NS_PER_DAY)
