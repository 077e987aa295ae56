"""TEXAS: February 2021 once more, under our guard rails.

Takes   nothing, or a rule of caps other than the one here.
Gives   the hours from 15 to 24 February: reserve, cap, prices of energy and of reserve; and when
        the price left the cap.
Keeps   apart what is public and what is made up. Public: load was shed from 01:20 on 15 February to
        23:55 on the 17th; the price stayed at $9,000 for about 32 hours more, until 09:00 on the
        19th, which the market's monitor puts at $16 billion; reserve was sold at up to $24,000
        and more; the fallback cap, tied to the price of gas, would have been above the cap; its
        trigger was $315,000 per MW, three times the yearly cost of a new plant. Made up (STYLISED):
        the megawatts of reserve by hour and the offer of the dearest plant.
Source  docs/formulation/guards.md, section 8; Potomac Economics' letters to the Public Utility
        Commission of Texas, docket 51812, March 2021.
"""

from typing import NamedTuple

from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.guards import NOTHING_EARNED
from chiphour.auction.guards import CapRule
from chiphour.auction.guards import after_hour
from chiphour.auction.guards import checked_cap
from chiphour.auction.guards import coming_cap_ticks
from chiphour.auction.scarcity import ReserveRule
from chiphour.auction.scarcity import two_reserve_values_usd
from chiphour.units import TICKS_PER_USD

# One chip stands for one megawatt, a chip-hour for a megawatt-hour. Hours are those of Texas.
RESERVE = ReserveRule(18_514, 121_789, 200_000, 90_000_000)  # S7: ERCOT's curve to $9,000.
CAPS = CapRule(
    reference_cost_ticks=150 * TICKS_PER_USD,  # STYLISED: ten times gas at $15.
    cap_ticks=9_000 * TICKS_PER_USD,
    low_cap_ticks=2_000 * TICKS_PER_USD,
    entry_cost_ticks=105_000 * TICKS_PER_USD,
    multiple_ppm=3_000_000,
    window_hours=168,
)
SHED_FIRST = 1  # Hours since 00:00 on 15 February.
RECOVERED = 72  # 00:00 on the 18th: the order of 23:55 has ended the shedding.
HELD_UNTIL = 105  # 09:00 on the 19th: so long the price was held at $9,000 by order.
HOURS = 240  # To the end of the 24th, so that the window of seven days can be seen to empty.

# STYLISED, in MW: by (hours from, hours to). Below 2,000 MW load is shed.
RESERVE_MW = (
    (0, 1, 2_600),
    (1, 6, 900),
    (6, 24, 1_400),
    (24, 48, 1_200),
    (48, 66, 1_600),
    (66, 72, 1_900),
    (72, 78, 4_000),
    (78, 96, 5_500),
    (96, 120, 8_000),
    (120, 240, 12_000),
)
STARTABLE_MW = 1_000  # STYLISED: what could be started within the hour, once nothing is shed.
DEAREST_USD = 400  # STYLISED: the dearest plant in use while gas was short; then $30.
CALM_FROM = 120


class TexasHour(NamedTuple):
    """One hour: reserve in MW, prices and cap in ticks of $0.0001 per megawatt-hour."""

    reserve_mw: int
    is_shed: bool
    cap_ticks: int
    price_ticks: int
    reserve_ticks: int


def texas_hours(rule: CapRule = CAPS) -> tuple[TexasHour, ...]:
    """Price every hour from its reserve under a rule of caps; nothing else enters."""
    checked_cap(rule)
    earned = NOTHING_EARNED
    hours = []
    for begin, end, reserve_mw in RESERVE_MW:
        for hour in range(begin, end):
            found = _hour(hour, reserve_mw, coming_cap_ticks(rule, earned))
            earned = after_hour(rule, earned, found.price_ticks)
            hours.append(found)
    assert len(hours) == HOURS
    return tuple(hours)


def _hour(hour: int, reserve_mw: int, cap_ticks: int) -> TexasHour:
    is_shed = SHED_FIRST <= hour < RECOVERED
    dearest = (DEAREST_USD if hour < CALM_FROM else 30) * TICKS_PER_USD
    total_mw = reserve_mw if is_shed else reserve_mw + STARTABLE_MW
    running_usd, _ = two_reserve_values_usd(
        RESERVE, reserve_mw * HUNDREDTHS, total_mw * HUNDREDTHS, dearest
    )
    reserve_ticks = min(cap_ticks, round(running_usd * TICKS_PER_USD))
    price_ticks = min(cap_ticks, dearest + reserve_ticks)  # It contains the price of reserve.
    return TexasHour(reserve_mw, is_shed, cap_ticks, price_ticks, reserve_ticks)


class TexasSummary(NamedTuple):
    """What the replay shows, in hours since 00:00 on 15 February, and dollars per MW."""

    first_hour_at_cap: int
    first_recovered_hour: int
    hours_at_cap_after_recovery: int  # There it was 33: RECOVERED to HELD_UNTIL.
    low_cap_from: int | None  # The first hour under the low cap, and the first after it.
    low_cap_until: int | None
    price_most_ticks: int
    reserve_most_ticks: int
    paid_beyond_usd: int  # Per MW: what $9,000 held to the 19th took beyond these prices.


def texas_summary(hours: tuple[TexasHour, ...]) -> TexasSummary:
    """Say when the price met and left the cap, and when the threshold acted and ended."""
    at_cap = [number for number, hour in enumerate(hours) if hour.price_ticks == hour.cap_ticks]
    recovered = next(n for n, hour in enumerate(hours) if n > SHED_FIRST and not hour.is_shed)
    low = [n for n, hour in enumerate(hours) if hour.cap_ticks < hours[0].cap_ticks]
    held = sum(
        hours[0].cap_ticks - hours[number].price_ticks for number in range(RECOVERED, HELD_UNTIL)
    )
    return TexasSummary(
        at_cap[0],
        recovered,
        sum(number >= recovered for number in at_cap),
        low[0] if low else None,
        low[-1] + 1 if low else None,
        max(hour.price_ticks for hour in hours),
        max(hour.reserve_ticks for hour in hours),
        held // TICKS_PER_USD,
    )
