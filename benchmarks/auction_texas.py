"""AUCTION_TEXAS: does the price leave the cap in the first hour of recovered reserve.

Takes   the stylised hours of February 2021.
Gives   hours at the cap after recovery, when the threshold acted, the highest prices.
Keeps   the stylised part named as such in every figure.
Source  docs/formulation/guards.md, section 8.
"""

from collections.abc import Iterator
from typing import Any

from chiphour.simulate.texas import HELD_UNTIL
from chiphour.simulate.texas import RECOVERED
from chiphour.simulate.texas import texas_hours
from chiphour.simulate.texas import texas_summary
from chiphour.units import TICKS_PER_USD

PARAMS = {"reserve": "stylised", "held then, hours": HELD_UNTIL - RECOVERED}


def figures() -> Iterator[dict[str, Any]]:
    """Yield every figure with its name, parameters, value and unit."""
    found = texas_summary(texas_hours())
    yield _figure("Texas: hours at cap after recovery", found.hours_at_cap_after_recovery)
    yield _figure("Texas: hours to the low cap", found.low_cap_from)
    yield _figure("Texas: hours to its end", found.low_cap_until)
    yield _figure("Texas: highest price", found.price_most_ticks // TICKS_PER_USD, "$/MWh")
    reserve = found.reserve_most_ticks // TICKS_PER_USD
    yield _figure("Texas: highest price of reserve", reserve, "$/MWh")
    yield _figure("Texas: taken beyond these prices", found.paid_beyond_usd, "$/MW")


def _figure(name: str, value: int | None, unit: str = "hours") -> dict[str, Any]:
    return {"name": name, "params": PARAMS, "value": value, "unit": unit}


if __name__ == "__main__":
    for figure in figures():
        print(figure["name"], figure["value"], figure["unit"])
