"""AUCTION_BACKED: what is offered in a run is there: bought before, or not yet sold by its pool.

Takes   bids of a run, open positions of all runs, the runs that were cleared before it.
Gives   the leasebacks and pools that are not backed, each with why.
Keeps   nothing sold twice, across runs and tiers (equations 10 and 28).
Source  docs/formulation/runs.md, section 5.
"""

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence

from chiphour.adapters.auction_run import AuctionRun
from chiphour.auction.bids import Bid
from chiphour.auction.fields import hundredths_text
from chiphour.auction.leaseback import Offer
from chiphour.auction.leaseback import sold_twice
from chiphour.auction.pool import Pool
from chiphour.auction.positions import Position
from chiphour.auction.positions import Tier
from chiphour.auction.slots import chip_hours_of
from chiphour.auction.slots import position_tier
from chiphour.auction.slots import slots_of
from chiphour.units import PPM
from chiphour.units import iso_from_ns

LEASEBACK = "leaseback"


def unbacked(bids: Iterable[Bid], held: Sequence[Position], run: AuctionRun) -> dict[str, str]:
    """Give the leasebacks that promise more than their account holds, by id, with why.

    Where several of one account do so together, none of them is backed.
    """
    leased = [bid for bid in bids if isinstance(bid, Pool) and bid.kind == LEASEBACK]
    if not leased:
        return {}
    accounts = {bid.account for bid in leased}
    tiers = {tier.name: tier for tier in run.rules.tiers}
    own = [each for each in held if each.account in accounts and each.quantity_hundredths > 0]
    known = {each.tier for each in own} - tiers.keys()
    ranked = [*tiers.values(), *(Tier(name, len(tiers), 0, PPM) for name in sorted(known))]
    offers = [offer for bid in leased for offer in _offers(bid, run, ranked)]
    why: dict[str, str] = {}
    for broken in sold_twice(own, offers, (), ranked):
        account = int(broken.where.split()[1])
        for bid in leased:
            if bid.account == account:
                why.setdefault(
                    bid.id,
                    f"{broken.where}: expected {broken.expected}, found {broken.found}",
                )
    return why


def oversold(bids: Iterable[Bid], before: Iterable[AuctionRun], run: AuctionRun) -> dict[str, str]:
    """Give the pools that offer more than is left of them, by id, with why (equation 28).

    A pool's id names the same chips in every run: the most that it ever offered for an hour. What
    runs before sold of them is gone. New chips are a new pool.
    """
    offered = {bid.id: bid for bid in bids if isinstance(bid, Pool) and bid.kind != LEASEBACK}
    owned: dict[tuple[str, int], int] = {}
    sold: dict[tuple[str, int], int] = defaultdict(int)
    for other in before:
        if other.run >= run.run or not other.overlaps(run):
            continue
        parts = {part.id: part for part in other.result.award.parts}
        for bid in other.instance.bids:
            if isinstance(bid, Pool) and bid.id in offered:
                part = parts.get(bid.id)
                used = bid.chips_used(part.held) if part else [0] * other.grid.intervals
                for hour, chips, gone in _by_hour(other, bid.inventory_hundredths, used):
                    owned[bid.id, hour] = max(chips, owned.get((bid.id, hour), 0))
                    sold[bid.id, hour] += gone
    why: dict[str, str] = {}
    for name, bid in offered.items():
        for hour, chips, _ in _by_hour(run, bid.inventory_hundredths, bid.inventory_hundredths):
            left = owned.get((name, hour), chips) - sold[name, hour]
            if chips > left and name not in why:
                expected = (
                    f"expected at most {hundredths_text(max(left, 0))} chips, the rest is sold"
                )
                why[name] = (
                    f"{name} {iso_from_ns(hour)}: {expected}, found {hundredths_text(chips)}"
                )
    return why


def _by_hour(
    run: AuctionRun, chips: Sequence[int], used: Sequence[int]
) -> Iterator[tuple[int, int, int]]:
    """Yield each hour, or shorter slot, with the chips and the used ones of its interval."""
    for interval, (one, other) in enumerate(zip(chips, used, strict=True)):
        for slot in slots_of(run.grid, "", "", interval):
            yield slot.hour_ns, one, other


def _offers(bid: Pool, run: AuctionRun, tiers: Sequence[Tier]) -> Iterator[Offer]:
    """Yield what a leaseback promises, on the firmest tier that it sells."""
    sold = {position_tier(name) for name, _ in bid.tiers}
    tier = min((each for each in tiers if each.name in sold), key=lambda each: each.rank)
    for interval, chips in enumerate(bid.inventory_hundredths):
        if quantity := chip_hours_of(run.grid, chips):
            for slot in slots_of(run.grid, bid.product, tier.name, interval):
                yield Offer(bid.id, bid.account, *slot, quantity)
