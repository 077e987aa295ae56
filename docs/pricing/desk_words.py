"""DESK WORDS: the numbers and tables of section 10, as text.

Takes   the world.
Gives   a word or a table for each mark.
Keeps   as `words`.
Source  docs/pricing/text.md.
"""

import math

import numpy as np
from desks import FEE
from desks import HALF_SPREAD
from desks import MARGIN
from desks import Spread
from desks import even_half_spread
from spelling import NONE
from spelling import last_price
from spelling import money
from spelling import percent
from spelling import table
from spelling import usd
from world import AHEAD
from world import CHIPS
from world import CUT
from world import DEBT
from world import DECLINES
from world import H100
from world import HOLD_DAYS
from world import HOURS
from world import JUMP
from world import NOISES
from world import SOLD
from world import World
from world import jumps_of


def lab(world: World) -> dict[str, str]:
    """Give what section 10 says of the lab."""
    rows = []
    for noise, each in zip(NOISES, world.labs, strict=True):
        for name, found in (
            ("none", each.bare),
            ("average", each.averaged),
            ("future", each.dated),
        ):
            rows.append((f"{percent(noise)}, {name}", *money(found)))
    exact = world.labs[0]
    noisy = world.labs[NOISES.index(0.05)]
    apart = world.venues
    spiked = world.spike

    def cut(one: Spread, other: Spread) -> str:
        return percent(1 - (one.high - one.low) / (other.high - other.low))

    return {
        "hours": f"{HOURS:,}",
        "half_spread": percent(HALF_SPREAD, 1),
        "fee": percent(FEE, 2),
        "margin": percent(MARGIN),
        "lab_table": table(("venue's noise, hedge", "mean cost", "5 %", "95 %"), rows),
        "lab_locked": usd(exact.locked_usd, 0),
        "lab_bare": usd(exact.bare.mean, 0),
        "lab_price": usd(exact.locked_usd - exact.bare.mean, 0),
        "lab_margin": usd(exact.margin_usd, 0),
        "lab_ratio": f"{exact.ratio:.2f}",
        "lab_cut_5": cut(noisy.averaged, noisy.bare),
        "lab_cut_10": cut(world.labs[-1].averaged, world.labs[-1].bare),
        "spike_bare": usd(spiked.bare.mean, 0),
        "spike_hedged": usd(spiked.averaged.mean, 0),
        "spike_dated": usd(spiked.dated.mean, 0),
        "spike_saved": usd(spiked.bare.mean - spiked.averaged.mean, 0),
        "venue_sd": percent(float(apart.apart.std())),
        "venue_median": percent(float(np.median(np.abs(apart.apart)))),
        "venue_count": str(len(apart.apart)),
        "venue_still": percent(float(np.mean(apart.apart == 0))),
        "venue_steps": f"{apart.steps:,}",
        "venue_moves": str(apart.moves),
        "venue_together": str(apart.together),
        "ahead": str(AHEAD),
    }


def others(world: World) -> dict[str, str]:
    """Give what section 10 says of the neocloud and the maker."""
    listed, book = world.neoclouds["listed"], world.neoclouds["book"]
    rows = []
    for name, each in (("at the fix", listed), ("at the book's level", book)):
        rows.append((f"{name}, no hedge", *money(each.bare), percent(each.short_bare)))
        rows.append((f"{name}, hedged", *money(each.hedged), percent(each.short_hedged)))
    deal = world.maker
    quick = even_half_spread(*jumps_of(world.kin), 1, deal.day_sd)
    return {
        "chips": f"{CHIPS:,}",
        "debt": percent(DEBT),
        "sold": percent(SOLD),
        "cloud_table": table(("month's cash after debt", "mean", "5 %", "95 %", "short"), rows),
        "cloud_debt": usd(listed.debt_usd, 0),
        "cloud_even": usd(listed.even_price),
        "cloud_even_share": percent(1 - listed.even_price / last_price(world, H100)),
        "maker_day": percent(deal.day_sd, 1),
        "maker_hold": percent(deal.hold_sd, 1),
        "maker_worst": percent(deal.hold_worst, 1),
        "maker_jump": percent(math.expm1(deal.jump), 1),
        "maker_even": percent(deal.even_half_spread, 1),
        "maker_year": f"{jumps_of(world.kin)[1]:.0f}",
        "maker_day_share": percent(quick / deal.even_half_spread),
        "jump": percent(JUMP),
        "hold": str(HOLD_DAYS),
    }


def lender(world: World) -> dict[str, str]:
    """Give what section 10 says of the lender."""
    rows = []
    for fall in DECLINES:
        each = world.loans[fall]
        under = NONE if each.under_water is None else str(each.under_water)
        cover = [f"{each.coverage[month]:.2f}" for month in (0, 12, 24)]
        worth = [usd(each.worth_usd[month], 0) for month in (0, 12, 24)]
        rows.append((percent(fall), *cover, *worth, under))
    owed = world.loans[DECLINES[0]].owed_usd
    header = (
        "rents fall a year",
        "cover at once",
        "after 1 y",
        "after 2 y",
        "worth at once",
        "after 1 y",
        "after 2 y",
        "under water from month",
    )
    return {
        "loan_table": table(header, rows),
        "loan_owed": usd(owed[0], 0),
        "loan_owed_1": usd(owed[12], 0),
        "loan_owed_2": usd(owed[24], 0),
        "cut": percent(CUT),
        "cut_cover": f"{world.cut_loan.coverage[0]:.2f}",
    }
