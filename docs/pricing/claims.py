"""CLAIMS: what the paper says in words and not in numbers, held against the world.

Takes   the world.
Gives   each claim, and whether it is so.
Keeps   the text from outliving its numbers: the build stops where one holds no longer.
Source  docs/pricing/text.md.
"""

from desks import OWNER
from spelling import last_price
from world import H100
from world import World
from world import book_price
from world import continuous

from chiphour.analyse.pricing.borrowing import calibrate
from chiphour.analyse.pricing.structure import implied_decline
from chiphour.analyse.pricing.structure import required_price


def claims(world: World) -> dict[str, bool]:
    """Give what the text says in words, and whether it is so."""
    price = last_price(world, H100)
    implied, at_book = implied_decline(OWNER, price), implied_decline(OWNER, book_price())
    loans, book = world.loans, world.neoclouds["book"]
    never, steep = (required_price(OWNER, continuous(fall)) for fall in (0.0, 0.6))
    day, *later = world.skills["books"]
    steady = {each.chip: each for each in world.declines["hour"]}
    return {
        "no series is enough alone": all(calibrate(world.kin, s).own_reason for s in world.kin),
        "together they are": not calibrate(world.kin, H100).reason,
        "at the book's price rents must rise": at_book is not None and at_book < 0,
        "only a day ahead on a book is better": day.verdict == "better"
        and not any(e.verdict == "better" for e in (*later, *world.skills["fixings"])),
        "no verdict on a cloud's spot": all(e.low is None for e in world.skills["spot"]),
        "bands of fixes hold too often": all(e.inside > 0.9 for e in world.skills["fixings"]),
        "bands of a book hold too seldom": day.inside < 0.9 and later[-1].inside < 0.8,
        "no region lowered an A100": not any(steady[f"A100 {gb} GB"].falls for gb in (40, 80)),
        "20 % a year is sound": loans[0.2].under_water is None and loans[0.2].coverage[30] > 1,
        "40 % is covered for a year": loans[0.4].coverage[12] >= 1 > loans[0.4].coverage[24],
        "40 % is under water early": loans[0.4].under_water == 1,
        "60 % at once": loans[0.6].under_water == 0,
        "the market's decline is between": implied is not None
        and continuous(0.2) < implied < continuous(0.4),
        "the month is safe at the fix": world.neoclouds["listed"].short_bare == 0,
        "a hedge makes the loss surer": book.short_hedged > book.short_bare > 0.5,
        "depreciation matters most": steep > 3 * never,
    }
