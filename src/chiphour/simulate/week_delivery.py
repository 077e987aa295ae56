"""WEEK_DELIVERY: what a simulated week owes after its last run, metered, judged and paid for.

Takes   a week of runs.
Gives   `Delivered`: obligations, what counted of each hour, payments at real-time prices.
Keeps   every step the auction's own: obligations, readings, cases, settlement. Signatures are left
        out: nobody here could forge one.
Source  docs/formulation/runs.md, sections 3, 4, 8, 9 and 11.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from chiphour.auction.award import AUCTION_ACCOUNT
from chiphour.auction.delivery import Window
from chiphour.auction.delivery import advanced
from chiphour.auction.delivery import deliveries
from chiphour.auction.delivery import opened
from chiphour.auction.delivery import submitted
from chiphour.auction.meter import CHIP_SECONDS_PER_HUNDREDTH
from chiphour.auction.meter import SECONDS_PER_HOUR
from chiphour.auction.meter import SIGNATURE_BYTES
from chiphour.auction.meter import Count
from chiphour.auction.meter import Reading
from chiphour.auction.meter import Signed
from chiphour.auction.obligations import Obligation
from chiphour.auction.obligations import chips_max
from chiphour.auction.obligations import obligations_of
from chiphour.auction.positions import ON_DEMAND
from chiphour.auction.positions import RESERVED
from chiphour.auction.positions import Tier
from chiphour.auction.settle import Payment
from chiphour.auction.settle import settle_delivery
from chiphour.auction.settle import transfers
from chiphour.auction.shortfall import Delivery
from chiphour.auction.shortfall import Penalty
from chiphour.auction.shortfall import metered_of
from chiphour.auction.shortfall import penalties
from chiphour.auction.slots import GANG
from chiphour.exchange.limits import INSURANCE_FUND
from chiphour.simulate.week import Week
from chiphour.simulate.week import available
from chiphour.simulate.week_market import HOURS
from chiphour.simulate.week_market import OPENS_NS
from chiphour.units import NS_PER_HOUR
from chiphour.units import PPM

SPOT = Tier("spot", 2, 150_000, 1_250_000)
TIERS = (RESERVED, Tier(GANG, 0, 0, PPM), ON_DEMAND, SPOT)
WINDOW = Window(1, 1, 1, 1, 0)
METER_ACCOUNT = 9
PENALTY = Penalty(200_000, None)
INTERRUPTED, BEYOND = 0.5, 0.04  # Of the hours on spot: interrupted at all, more than published.


class Delivered(NamedTuple):
    """All that was delivered. `payments` sum to zero; `ledger` is the week's with them in it."""

    obligations: tuple[Obligation, ...]
    deliveries: tuple[Delivery, ...]
    payments: tuple[Payment, ...]
    ledger: dict[int, int]


def deliver(week: Week) -> Delivered:
    """Meter and settle what a week's positions owe; the same week, the same readings."""
    drawn = np.random.default_rng([week.market.seed, 12])
    suppliers = week.market.suppliers
    pools = {(supplier.account, supplier.product): supplier.id for supplier in suppliers}
    pools |= {(INSURANCE_FUND, product): "arcs" for product in week.market.products}
    owed = obligations_of(week.award, week.positions, pools)
    found = tuple(row for one in owed for row in _judged(week, one, drawn))
    number, prices = len(week.runs) + 1, week.real_time_ticks()
    payments = settle_delivery(number, week.positions, metered_of(found, TIERS), prices)
    payments += penalties(number, found, TIERS, prices, PENALTY)
    ledger = dict(week.ledger)
    for transfer in transfers(payments, number, AUCTION_ACCOUNT):
        for account, sign in ((transfer.source, -1), (transfer.target, 1)):
            ledger[account] = ledger.get(account, 0) + sign * transfer.amount_microusd
    return Delivered(owed, found, payments, ledger)


def _judged(week: Week, owed: Obligation, drawn: np.random.Generator) -> tuple[Delivery, ...]:
    """Give what counts of an obligation: its supplier's readings, which nobody disputes."""
    case = opened(owed, WINDOW, METER_ACCOUNT)
    shares = [_share(week, owed, hour, drawn) for hour in range(len(owed.awarded_hundredths))]
    counts = tuple(_joined(_counts(owed, shares)))
    reading = Reading(owed.supplier, owed.hash, owed.from_ns, counts, None)
    case = submitted(case, Signed(reading, bytes(SIGNATURE_BYTES)), owed.end_ns)
    return deliveries(advanced(case, case.disputed_until_ns))


def _share(week: Week, owed: Obligation, hour: int, drawn: np.random.Generator) -> float:
    """Draw the share of an hour's award that is delivered: spot is interrupted, gangs by outage."""
    if owed.tier == SPOT.name:
        published = SPOT.interruption_ppm / PPM
        chance = float(drawn.uniform())
        if chance < BEYOND:
            return 1 - published * float(drawn.uniform(1, 2))
        return 1 - published * float(drawn.uniform()) if chance < INTERRUPTED else 1.0
    if owed.tier == GANG:
        supplier = next(s for s in week.market.suppliers if s.account == owed.supplier)
        at = (owed.from_ns - OPENS_NS) // NS_PER_HOUR + hour
        left = available(supplier.account, supplier.chips, at, week.outage)
        wanted = sum(
            gang.chips
            for gang in week.market.gangs
            if gang.product == owed.product
            and gang.first_day <= at // HOURS < gang.first_day + gang.days
        )
        return min(1.0, left / max(1, wanted))
    return 1.0


def _counts(owed: Obligation, shares: list[float]) -> Iterator[Count]:
    """Yield each hour's chips and seconds: all chips at first, then none."""
    for awarded, share in zip(owed.awarded_hundredths, shares, strict=True):
        whole = awarded * CHIP_SECONDS_PER_HUNDREDTH
        seconds = whole if share >= 1 else int(whole * share)
        chips = chips_max(awarded)
        full, rest = divmod(seconds, chips)
        for count in (Count(chips, full), Count(rest, 1 if rest else 0)):
            if count.seconds:
                yield count
        if left := SECONDS_PER_HOUR - full - (1 if rest else 0):
            yield Count(0, left)


def _joined(counts: Iterator[Count]) -> Iterator[Count]:
    """Yield counts with neighbours of the same chips as one."""
    last = next(counts)
    for count in counts:
        if count.chips == last.chips:
            last = last._replace(seconds=last.seconds + count.seconds)
        else:
            yield last
            last = count
    yield last
